/* Any bytes as text: made UTF-8, folded, sounded, cut, read otherwise; every position must hold. */
#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "lang/fold.h"
#include "lang/pinyin.h"
#include "lang/reading.h"
#include "lang/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct lang *l, const struct fold_text *t, struct arena *a)
{
	struct pinyin_text p;
	struct segment_words w;
	struct reading r[READING_KINDS];
	struct segment_cache cache = { 0 };
	const uint32_t *map;
	double number;
	size_t from, to;

	pinyin_text(l, t, 0, t->len, a, &p);
	check(p.at[p.len] == t->len);
	segment_text(l, t, 0, t->len, a, &w);
	check(w.at[w.len] == t->len);
	for (size_t i = 0; i < t->len; i++) {
		check(t->from[i] < t->to[i] && t->to[i] <= t->source.len);
		check(segment_number(l, t, i, &number) <= t->len);
		segment_boundary(l, t, i, &cache);
		segment_sentence(t, i, &from, &to);
		check(from <= i && i < to && to <= t->len);
	}
	size_t n = reading_make(l, t, a, r, NULL);
	n += reading_restore(l, t, 0, t->len, a, &r[n]);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < r[k].text.len; i++) {
			reading_range(&r[k], i, r[k].text.len, &from, &to);
			check(from < to && to <= t->len);
			if (i > 64)
				break;
		}
	struct str s = fold_render(l, t, a, &map);
	check(utf8_invalid_at(s) < 0 && (s.len == 0 || map[s.len - 1] + 1 == t->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lang *l;
	static struct arena *a;
	struct fold_text t;
	struct error e;
	uint16_t syms[64];

	if (!l) {
		a = arena_new(256 * MIB);
		check(lang_open(lang_pack_dir(a), &l, &e) == 0);
	}
	arena_reset(a);
	struct buf b = BUF_INIT(1 * MIB);
	utf8_sanitize(&b, str_make(data, size));
	fold_text(l, buf_view(&b), a, &t);
	look_at(l, &t, a);
	fold_symbols(l, utf8_truncate(buf_view(&b), 200), syms, 64);
	buf_free(&b);
	return 0;
}
