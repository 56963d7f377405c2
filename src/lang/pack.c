/* Data packs: header, directory, sections; the layout stands in tools/packfile.py. What is read
 * of a file before its sums are right is bounded by its size, so a damaged one is an error. */
#include "lang/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"

#define PACK_MAGIC 0x7a77706bu
#define NAME_SIZE 16
#define VERSION_SIZE 48
#define ALIGNMENT 64

struct header {
	char magic[8];
	uint32_t format, sections;
	uint64_t size;
	char version[VERSION_SIZE];
	uint32_t directory_sum, header_sum;
};
struct entry {
	char name[NAME_SIZE];
	uint64_t offset, size;
	uint32_t sum, zero;
};
_Static_assert(sizeof(struct header) == 80 && sizeof(struct entry) == 40, "layout of packs");

struct pack {
	uint32_t magic;
	struct str bytes;
	const struct header *head;
	const struct entry *dir;
	bool mapped;
};

/* CRC-32 (IEEE 802.3, reflected), four bits at a step: small, and fast enough for a check. */
static uint32_t crc_step(uint32_t crc, struct str s)
{
	static const uint32_t nibble[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
					     0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
					     0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t table[256];
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t half = nibble[i & 15] ^ (i >> 4);
		table[i] = nibble[half & 15] ^ (half >> 4);
	}
	for (size_t i = 0; i < s.len; i++)
		crc = table[(crc ^ (uint8_t)s.ptr[i]) & 255] ^ (crc >> 8);
	return crc;
}

static uint32_t crc32_of(struct str s)
{
	return ~crc_step(UINT32_MAX, s);
}

static int damaged(struct error *e, const char *what)
{
	return error_set(e, "pack.damaged", "数据包已损坏（%s）；请重新安装或构建",
			 "The data pack is damaged (%s); install or build it again", what);
}

static int check_all(struct str b, struct error *e)
{
	const struct header *h = (const void *)b.ptr;
	if (b.len < sizeof(*h) || memcmp(h->magic, "ZWPACK1", 8) != 0 || h->format != 1)
		return damaged(e, "header");
	if (h->header_sum != crc32_of(str_make(b.ptr, sizeof(*h) - 4)) || h->size != b.len ||
	    h->version[VERSION_SIZE - 1] != '\0')
		return damaged(e, "header");
	if (h->sections > LIMIT_PACK_SECTIONS || h->sections > (b.len - sizeof(*h)) / sizeof(struct entry))
		return damaged(e, "directory");
	struct str dir = str_make(b.ptr + sizeof(*h), h->sections * sizeof(struct entry));
	if (h->directory_sum != crc32_of(dir))
		return damaged(e, "directory");
	const struct entry *d = (const void *)dir.ptr;
	for (uint32_t i = 0; i < h->sections; i++)
		if (d[i].name[NAME_SIZE - 1] != '\0' || d[i].offset % ALIGNMENT || d[i].offset > b.len ||
		    d[i].size > b.len - d[i].offset)
			return damaged(e, "section");
	return 0;
}

int pack_open_bytes(struct str bytes, struct pack **ret, struct error *e)
{
	if ((uintptr_t)bytes.ptr % 8)
		return damaged(e, "alignment");
	if (check_all(bytes, e) < 0)
		return -1;
	struct pack *p = mem_alloc(sizeof(*p));
	p->magic = PACK_MAGIC;
	p->bytes = bytes;
	p->head = (const void *)bytes.ptr;
	p->dir = (const void *)(bytes.ptr + sizeof(struct header));
	*ret = p;
	return 0;
}

int pack_open(const char *path, struct pack **ret, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 && errno == ENOENT)
		return error_set(e, "pack.missing", "缺少数据包 %s", "The data pack %s is missing", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(e, errno, path);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct header))
		return damaged(e, path);
	void *m = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED)
		return error_os(e, errno, path);
	if (pack_open_bytes(str_make(m, (size_t)st.st_size), ret, e) < 0) {
		munmap(m, (size_t)st.st_size);
		return -1;
	}
	(*ret)->mapped = true;
	return 0;
}

void pack_close(struct pack *p)
{
	if (!p)
		return;
	check(p->magic == PACK_MAGIC);
	p->magic = 0;
	if (p->mapped)
		munmap((void *)(uintptr_t)p->bytes.ptr, p->bytes.len);
	free(p);
}

struct str pack_version(const struct pack *p)
{
	return str_c(p->head->version);
}

size_t pack_sections(const struct pack *p)
{
	return p->head->sections;
}

struct str pack_section_name(const struct pack *p, size_t i)
{
	check(i < p->head->sections);
	return str_c(p->dir[i].name);
}

static struct str section_at(const struct pack *p, size_t i)
{
	return str_make(p->bytes.ptr + p->dir[i].offset, p->dir[i].size);
}

struct str pack_section(const struct pack *p, const char *name)
{
	check(p->magic == PACK_MAGIC);
	for (size_t i = 0; i < p->head->sections; i++)
		if (strcmp(p->dir[i].name, name) == 0)
			return section_at(p, i);
	return STR_NULL;
}

int pack_array(const struct pack *p, const char *name, size_t size, const void **ret,
	       size_t *ret_n, struct error *e)
{
	struct str s = pack_section(p, name);
	if (!s.ptr || s.len % size)
		return damaged(e, name);
	*ret = s.ptr;
	*ret_n = s.len / size;
	return 0;
}

int pack_verify(const struct pack *p, struct error *e)
{
	for (size_t i = 0; i < p->head->sections; i++)
		if (crc32_of(section_at(p, i)) != p->dir[i].sum)
			return damaged(e, p->dir[i].name);
	return 0;
}

static void pad(struct buf *b, size_t start)
{
	static const char zero[ALIGNMENT];
	size_t over = (b->len - start) % ALIGNMENT;
	if (over)
		buf_add(b, zero, ALIGNMENT - over);
}

void pack_build(struct str version, const struct pack_part *parts, size_t n, struct buf *ret)
{
	check(version.len < VERSION_SIZE && n <= LIMIT_PACK_SECTIONS);
	size_t start = ret->len, at = sizeof(struct header) + n * sizeof(struct entry);
	struct entry *dir = mem_array(n ? n : 1, sizeof(*dir));
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(parts[i].name);
		check(len < NAME_SIZE);
		at = (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		memcpy(dir[i].name, parts[i].name, len);
		dir[i].offset = at;
		dir[i].size = parts[i].bytes.len;
		dir[i].sum = crc32_of(parts[i].bytes);
		at += parts[i].bytes.len;
	}
	struct header h = { .magic = "ZWPACK1", .format = 1, .sections = (uint32_t)n, .size = at };
	memcpy(h.version, version.ptr, version.len);
	h.directory_sum = crc32_of(str_make(dir, n * sizeof(*dir)));
	h.header_sum = crc32_of(str_make(&h, sizeof(h) - 4));
	buf_add(ret, &h, sizeof(h));
	buf_add(ret, dir, n * sizeof(*dir));
	for (size_t i = 0; i < n; i++) {
		pad(ret, start);
		buf_str(ret, parts[i].bytes);
	}
	free(dir);
}
