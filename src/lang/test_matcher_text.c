/* The way in one pass against the way in two: random texts of every kind of character (all widths,
 * disguises, gaps, splits, expansions, invisible ones), every pair of kernels, both modes; and
 * all folding kernels against each other. */
#include "lang/test_lang.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "lang/fold_run_private.h"
#include "lang/matcher_private.h"

static uint64_t seed = 88172645463325252u;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % n);
}

struct spans {
	VEC(struct matcher_span) of;
	const struct fold_text *fold;
};

static bool on_span(void *ctx, const struct matcher_span *s)
{
	*vec_push(&((struct spans *)ctx)->of) = *s;
	return true;
}

static bool on_hit(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct spans *h = ctx;
	struct matcher_span *s = vec_push(&h->of);

	*s = (struct matcher_span){ .id = id,
				    .from = h->fold->from[from],
				    .to = h->fold->to[to - 1] };
	for (size_t i = from + 1; i < to; i++)
		if (h->fold->gap[i] > s->gap)
			s->gap = h->fold->gap[i];
	return true;
}

static void same_spans(const struct spans *got, const struct spans *want)
{
	assert_int_equal(got->of.len, want->of.len);
	for (size_t i = 0; i < want->of.len; i++) {
		assert_int_equal(got->of.ptr[i].id, want->of.ptr[i].id);
		assert_int_equal(got->of.ptr[i].from, want->of.ptr[i].from);
		assert_int_equal(got->of.ptr[i].to, want->of.ptr[i].to);
		assert_int_equal(got->of.ptr[i].gap, want->of.ptr[i].gap);
	}
}

static const char *const pieces[] = {
	"中",      "国",
	"人",      "法",
	"去",      "氵去",
	"氵",      "去",
	"微信",    "ｖ",
	"Ｖ",      "v",
	"x",       "1",
	"①",       "⑩",
	"㍿",      "𝐕",
	"é",       "ß",
	"жд",      "馬",
	"马",      "，",
	"。",      "\n",
	" ",       "-*-",
	"\u200b",  "\u0301",
	"😀",       "👨‍👩‍👧",
	"1️⃣", "\xf0\xa0\x80\x80",
	"\uffff",  "\ufeff",
	"中国",    "中国人",
	"  ",      "的",
};

/* Mostly plain text, so that long runs go through the vectors too. */
static struct str random_text(struct arena *a, size_t n)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	uint32_t kinds = below(3) ? ARRAY_SIZE(pieces) : 6;

	for (size_t i = 0; i < n; i++) {
		if (below(16) == 0) {
			char c[4];
			uint32_t cp = below(8) ? below(0x10000) : below(0x110000);

			if (cp >= 0xd800 && cp < 0xe000)
				cp = 'a';
			buf_add(&b, c, utf8_encode(cp, c));
		}
		buf_str(&b, str_c(pieces[below(kinds)]));
	}
	return arena_str(a, buf_view(&b));
}

static void same_folds(const struct fold_text *got, const struct fold_text *want)
{
	size_t n = want->len;

	assert_int_equal(got->len, n);
	assert_memory_equal(got->sym, want->sym, n * 2);
	assert_memory_equal(got->from, want->from, (n + 1) * 4);
	assert_memory_equal(got->to, want->to, (n + 1) * 4);
	assert_memory_equal(got->gap, want->gap, n);
	assert_memory_equal(got->skipped, want->skipped, n);
	assert_int_equal(got->disguised, want->disguised);
}

static struct matcher *random_matcher(struct arena *a, size_t n)
{
	struct matcher_term *t = arena_array(a, n, sizeof(*t));
	struct matcher *m;
	size_t len = 0;

	while (len < n) {
		uint16_t *sym = arena_array(a, MATCHER_TERM_MAX, sizeof(*sym));
		ssize_t k = fold_symbols(lang, random_text(a, 1 + below(below(9) ? 4 : 20)), sym,
					 MATCHER_TERM_MAX);

		if (k > 0) {
			t[len] = (struct matcher_term){ sym, (uint16_t)k, (uint32_t)len };
			len++;
		}
	}
	assert_ok(matcher_build(t, n, &m, NULL));
	return m;
}

static void try_one(const struct matcher *m, struct str text, struct arena *a)
{
	struct fold_text want, got;
	const struct fold_kernel *plain = fold_kernels;

	/* Exactly as much memory as text: no look beyond its end. */
	char *exact = malloc(text.len + !text.len);

	memcpy(exact, text.ptr, text.len);
	text.ptr = exact;
	while (plain[1].name)
		plain++;
	fold_text_with(plain, lang, text, a, &want);
	for (const struct fold_kernel *f = fold_kernels; f->name; f++) {
		if (!f->supported())
			continue;
		fold_text_with(f, lang, text, a, &got);
		same_folds(&got, &want);
	}
	for (int mode = MATCHER_ALL; mode <= MATCHER_LEFT_LONGEST; mode++) {
		struct spans two = { .fold = &want };

		assert_true(matcher_scan(m, mode, want.sym, want.len, on_hit, &two));
		for (const struct fold_kernel *f = fold_kernels; f->name; f++)
			for (const struct matcher_kernel *k = matcher_kernels; k->name; k++) {
				struct spans one = { 0 };

				if (!f->supported() || !k->supported())
					continue;
				assert_true(matcher_scan_text_with(f, k, m, lang, mode, text,
								   on_span, &one));
				same_spans(&one, &two);
				vec_free(&one.of);
			}
		vec_free(&two.of);
	}
	free(exact);
}

static void test_one_pass_is_two(void **state)
{
	for (int round = 0; round < 120; round++) {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
		struct matcher *m = random_matcher(a, 1 + below(round % 10 ? 20 : 400));

		for (int i = 0; i < 12; i++)
			try_one(m, random_text(a, below(60)), a);
		try_one(m, random_text(a, round % 10 ? 300 : 9000), a);
		matcher_free(m);
	}
}

/* A stretch of gaps longer than any buffer inside a hit, and hits on either side of a refill. */
static void test_wide_gaps(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
	uint16_t sym[2];
	struct matcher *m;

	assert_int_equal(fold_symbols(lang, STR("中国"), sym, 2), 2);
	assert_ok(matcher_build(&(struct matcher_term){ sym, 2, 7 }, 1, &m, NULL));
	buf_str(&b, STR("中"));
	for (int i = 0; i < 20000; i++)
		buf_str(&b, STR(" "));
	buf_str(&b, STR("，国"));
	for (int i = 0; i < 5000; i++)
		buf_str(&b, STR("人中国"));
	try_one(m, buf_view(&b), a);
	struct spans s = { 0 };

	assert_true(matcher_scan_text(m, lang, MATCHER_ALL, buf_view(&b), on_span, &s));
	assert_int_equal(s.of.len, 5001);
	assert_int_equal(s.of.ptr[0].to, 20009);
	assert_int_equal(s.of.ptr[0].gap, FOLD_GAP_CLAUSE);
	vec_free(&s.of);
	matcher_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_pass_is_two),
		cmocka_unit_test(test_wide_gaps),
	};

	return cmocka_run_group_tests(tests, open_language, close_language);
}
