/* The matcher against brute force: random lists over small alphabets (terms within terms, equal
 * terms, one-symbol terms, the longest possible), both modes, every kernel that this processor
 * has; and damage to the block. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"
#include "lang/matcher_private.h"

struct hit {
	uint32_t id;
	size_t from, to;
};
struct hits {
	VEC(struct hit) of;
	size_t stop; /* end the scan after so many, 0: never */
};

static uint64_t seed = 88172645463325252u;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % n);
}

static bool collect(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct hits *h = ctx;

	*vec_push(&h->of) = (struct hit){ id, from, to };
	return h->of.len != h->stop;
}

struct list {
	struct matcher_term term[400];
	uint16_t sym[400][MATCHER_TERM_MAX];
	size_t n;
};

static const uint16_t letters[] = { 2, 0x4e2d, 3, 0xffff, 77, 0x56fd, 1, 5000 };

static void random_list(struct list *l, size_t n, uint32_t alphabet, uint32_t longest)
{
	l->n = n;
	for (size_t i = 0; i < n; i++) {
		uint16_t len = (uint16_t)(1 + below(longest));

		if (len == 1 && below(4))
			len = 2;
		for (size_t k = 0; k < len; k++)
			l->sym[i][k] = letters[below(alphabet)];
		l->term[i] = (struct matcher_term){ l->sym[i], len, (uint32_t)(i * 7 + below(3)) };
	}
}

static bool begins(const struct matcher_term *t, const uint16_t *sym, size_t have)
{
	return t->len <= have && memcmp(t->sym, sym, 2 * (size_t)t->len) == 0;
}

static void brute_all(const struct list *l, const uint16_t *sym, size_t len, struct hits *ret)
{
	for (size_t to = 1; to <= len; to++)
		for (size_t n = MATCHER_TERM_MAX; n; n--)
			for (size_t i = 0; n <= to && i < l->n; i++)
				if (l->term[i].len == n && begins(&l->term[i], sym + to - n, n))
					collect(ret, l->term[i].id, to - n, to);
}

static void brute_longest(const struct list *l, const uint16_t *sym, size_t len, struct hits *ret)
{
	for (size_t at = 0; at < len;) {
		size_t best = 0;

		for (size_t i = 0; i < l->n; i++)
			if (l->term[i].len > best && begins(&l->term[i], sym + at, len - at))
				best = l->term[i].len;
		for (size_t i = 0; best && i < l->n; i++)
			if (l->term[i].len == best && begins(&l->term[i], sym + at, len - at))
				collect(ret, l->term[i].id, at, at + best);
		at += best ? best : 1;
	}
}

static void same_hits(const struct hits *got, const struct hits *want)
{
	assert_int_equal(got->of.len, want->of.len);
	for (size_t i = 0; i < want->of.len; i++) {
		assert_int_equal(got->of.ptr[i].id, want->of.ptr[i].id);
		assert_int_equal(got->of.ptr[i].from, want->of.ptr[i].from);
		assert_int_equal(got->of.ptr[i].to, want->of.ptr[i].to);
	}
}

/* A stream that is made, from a text that is there. */
struct made {
	struct hits hits; /* first: collect() is given the whole */
	const uint16_t *sym;
};

static void make(void *ctx, size_t from, size_t to, uint16_t *out)
{
	const struct made *made = ctx;

	memcpy(out, made->sym + from, (to - from) * sizeof(*out));
}

/* Exactly as much memory as symbols, so that a look beyond the end is seen by the sanitizer. */
static void try_text(const struct matcher *m, const struct list *l, size_t len, uint32_t alphabet)
{
	uint16_t *sym = malloc(len * 2 + !len);

	for (size_t i = 0; i < len; i++)
		sym[i] = letters[below(alphabet)];
	for (int mode = MATCHER_ALL; mode <= MATCHER_LEFT_LONGEST; mode++) {
		struct hits want = { 0 };

		(mode == MATCHER_ALL ? brute_all : brute_longest)(l, sym, len, &want);
		for (const struct matcher_kernel *k = matcher_kernels; k->name; k++) {
			struct hits got = { 0 };

			if (!k->supported())
				continue;
			assert_true(matcher_scan_with(k, m, mode, sym, len, collect, &got));
			same_hits(&got, &want);
			vec_free(&got.of);
		}
		struct made made = { .sym = sym };

		assert_true(matcher_scan_made(m, mode, len, make, collect, &made));
		same_hits(&made.hits, &want);
		vec_free(&made.hits.of);
		vec_free(&want.of);
	}
	free(sym);
}

static void test_random(void **state)
{
	static struct list l;

	for (int round = 0; round < 300; round++) {
		uint32_t alphabet = 2 + below(7);
		struct matcher *m, *again;

		random_list(&l, below(round < 200 ? 12 : 300), alphabet, 1 + below(9));
		assert_ok(matcher_build(l.term, l.n, &m, NULL));
		assert_ok(matcher_open(matcher_bytes(m), &again, NULL));
		assert_int_equal(matcher_terms(again), l.n);
		try_text(again, &l, below(80), alphabet);
		try_text(m, &l, round % 50 ? below(30) : 5000, alphabet);
		matcher_free(again);
		matcher_free(m);
	}
}

static void test_longest_terms(void **state)
{
	static struct list l;
	struct matcher *m;

	/* aaaa…: every length ends everywhere. */
	l.n = MATCHER_TERM_MAX;
	for (size_t i = 0; i < l.n; i++) {
		for (size_t k = 0; k <= i; k++)
			l.sym[i][k] = letters[0];
		l.term[i] = (struct matcher_term){ l.sym[i], (uint16_t)(i + 1), (uint32_t)i };
	}
	assert_ok(matcher_build(l.term, l.n, &m, NULL));
	try_text(m, &l, 200, 1);
	try_text(m, &l, 63, 1);
	try_text(m, &l, 300, 2);
	matcher_free(m);
}

static void test_stop(void **state)
{
	static const uint16_t ab[] = { 7, 8 }, text[] = { 7, 8, 9, 7, 8, 7, 8 };
	const struct matcher_term t[] = { { ab, 2, 1 }, { ab, 2, 2 } };
	struct matcher *m;

	assert_ok(matcher_build(t, 2, &m, NULL));
	for (size_t stop = 1; stop < 6; stop++)
		for (int mode = MATCHER_ALL; mode <= MATCHER_LEFT_LONGEST; mode++) {
			struct hits h = { .stop = stop };

			assert_false(matcher_scan(m, mode, text, 7, collect, &h));
			assert_int_equal(h.of.len, stop);
			vec_free(&h.of);
		}
	matcher_free(m);
}

static void test_refused(void **state)
{
	static const uint16_t sym[MATCHER_TERM_MAX + 1] = { 5, 6, 0 };
	struct matcher_term t[] = { { sym, 2, 1 }, { sym, 0, 1 } };
	struct matcher *m = NULL;
	struct error e;

	assert_int_equal(matcher_build(t, 2, &m, &e), -1);
	assert_true(error_is(&e, "matcher.term-length"));
	t[1].len = MATCHER_TERM_MAX + 1;
	assert_int_equal(matcher_build(t, 2, &m, &e), -1);
	t[1].len = 3;
	assert_int_equal(matcher_build(t, 2, &m, &e), -1);
	assert_true(error_is(&e, "matcher.term-symbol"));
	assert_null(m);
	assert_ok(matcher_build(NULL, 0, &m, &e));
	struct hits none = { 0 };

	assert_true(matcher_scan(m, MATCHER_ALL, sym, 3, collect, &none));
	assert_int_equal(none.of.len, 0);
	matcher_free(m);
}

/* A block with any one word changed is refused; with the sum made right again it is refused or
 * scans without harm. */
static void test_damage(void **state)
{
	static struct list l;
	struct matcher *m, *bad = NULL;
	uint16_t text[300];

	random_list(&l, 60, 5, 6);
	assert_ok(matcher_build(l.term, l.n, &m, NULL));
	struct str whole = matcher_bytes(m);
	char *copy = aligned_alloc(64, (whole.len + 63) / 64 * 64);

	for (size_t i = 0; i < 300; i++)
		text[i] = letters[below(5)];
	for (size_t at = 0; at + 4 <= whole.len; at += at < 4096 ? 4 : 1236) {
		memcpy(copy, whole.ptr, whole.len);
		for (size_t k = 0; k < 4; k++)
			copy[at + k] = (char)(copy[at + k] + 1 + (int)below(255));
		assert_int_equal(matcher_open(str_make(copy, whole.len), &bad, NULL), -1);

		struct matcher_head *h = (void *)copy;

		if (h->size != whole.len)
			continue;
		h->sum = matcher_sum(h);
		if (matcher_open(str_make(copy, whole.len), &bad, NULL) < 0)
			continue;
		struct hits hits = { .stop = 100000 };

		matcher_scan(bad, MATCHER_ALL, text, 300, collect, &hits);
		matcher_scan(bad, MATCHER_LEFT_LONGEST, text, 300, collect, &hits);
		vec_free(&hits.of);
		matcher_free(bad);
	}
	for (size_t len = 0; len < 200; len++)
		assert_int_equal(matcher_open(str_make(whole.ptr, len), &bad, NULL), -1);
	free(copy);
	matcher_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random), cmocka_unit_test(test_longest_terms),
		cmocka_unit_test(test_stop),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
