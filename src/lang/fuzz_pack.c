/* A damaged language pack: refused, or used without leading outside. Each four bytes of the input
 * change one byte of a private copy (place of 24 bits, value); the pack's header is left alone
 * when the first byte is even, as its sums would refuse everything. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "lang/pinyin.h"
#include "lang/reading.h"
#include "lang/segment.h"
#include "lang/words_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER 4096

static void use(const struct lang *l, struct arena *a)
{
	struct fold_text t;
	struct pinyin_text p;
	struct segment_words w;
	struct reading r[READING_KINDS];

	fold_text(l, STR("银行行长说：氵去律不许加ｖ❤️。㍿①⑩品产种各售出店本，加加微微信信 w e i x i n 𝐕三千五百"), a, &t);
	pinyin_text(l, &t, 0, t.len, a, &p);
	for (size_t i = 0; i < p.len; i++) {
		pinyin_name(l, p.id[i]);
		pinyin_initial(l, p.id[i]);
	}
	segment_text(l, &t, 0, t.len, a, &w);
	reading_make(l, &t, a, r, NULL);
	fold_render(l, &t, a, NULL);
}

/* Its own bytes as a whole pack. */
static void open_raw(const uint8_t *data, size_t size)
{
	struct pack *p;
	struct error e;
	char *copy = aligned_alloc(64, (size + 64) / 64 * 64);

	memcpy(copy, data, size);
	if (pack_open_bytes(str_make(copy, size), &p, &e) == 0) {
		pack_section(p, "fold.bmp");
		pack_verify(p, &e);
		pack_close(p);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	static int fd = -1;
	static size_t len;
	struct error e;
	struct pack *p;
	struct lang *l;

	if (fd < 0) {
		struct stat st;
		a = arena_new(64 * MIB);
		fd = open(arena_printf(a, "%.*s/zh.pack", STR_ARG(lang_pack_dir(a))).ptr, O_RDONLY | O_CLOEXEC);
		check(fd >= 0 && fstat(fd, &st) == 0);
		len = (size_t)st.st_size;
	}
	arena_reset(a);
	if (size == 0)
		return 0;
	open_raw(data, size);
	char *m = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(m != MAP_FAILED);
	size_t skip = data[0] & 1 ? 0 : HEADER;
	for (size_t i = 1; i + 4 <= size && i < 64; i += 4) {
		size_t at = (size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2];
		m[skip + at % (len - skip)] = (char)data[i + 3];
	}
	if (pack_open_bytes(str_make(m, len), &p, &e) == 0 && lang_open_pack(p, &l, &e) == 0) {
		use(l, a);
		lang_close(l);
	}
	munmap(m, len);
	return 0;
}
