/* Positions hold over random strings of everything that makes them hard: emoji, joiners, combining
 * marks, CRLF, surrogates' code points, split characters, expansions, bytes that are no UTF-8.
 * test_fold_random [STRINGS] */
#include "lang/test_lang.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/utf8.h"
#include "lang/pinyin.h"

static uint64_t seed = 0x9E3779B97F4A7C15u;
static size_t strings = 40000;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static const char *const pieces[] = {
	"微", "信", "的", "一", "氵", "去", "女", "马", "讠", "身", "寸", "木", "目", "艹", "化", "辶",
	"\r\n", "\n", " ", "。", "，", "*", "-", "a", "Z", "9", "ｖ", "Ｘ", "é", "е", "ß", "ﬁ",
	"\u200b", "\u200d", "\ufe0f", "\u0301", "\u20e3", "\u3164", "\u2028", "\ufeff", "①", "⑩", "㍿", "½", "Ⅷ", "㈱",
	"😀", "❤️", "👨‍👩‍👧", "🇨🇳", "1️⃣", "🐎", "💰", "𝐕", "𠮷", "\U000E0061", "馬", "說", "⼥", "⺮", "か", "한",
};

static void random_string(struct buf *b)
{
	buf_clear(b);
	for (size_t n = rnd(24); n > 0; n--) {
		if (rnd(8)) {
			buf_c(b, pieces[rnd(ARRAY_SIZE(pieces))]);
			continue;
		}
		uint32_t cp = rnd(rnd(2) ? 0x10000 : 0x110000);
		utf8_append(b, cp);
	}
}

/* The whole characters that symbols [i, j) stand for fold to the same symbols alone. */
static void range_folds_alike(const struct fold_text *t, struct arena *a)
{
	struct fold_text u;
	if (!t->len)
		return;
	size_t i = rnd((uint32_t)t->len), j = i + 1 + rnd((uint32_t)(t->len - i));
	while (i > 0 && t->from[i] == t->from[i - 1])
		i--;
	while (j < t->len && t->from[j] == t->from[j - 1])
		j++;
	fold_text(lang, str_sub(t->source, t->from[i], t->to[j - 1]), a, &u);
	assert_int_equal(u.len, j - i);
	assert_memory_equal(u.sym, t->sym + i, (j - i) * sizeof(*u.sym));
	for (size_t k = 1; k < u.len; k++) {
		assert_int_equal(u.gap[k], t->gap[i + k]);
		assert_int_equal(u.skipped[k], t->skipped[i + k]);
		assert_int_equal(u.from[k] + t->from[i], t->from[i + k]);
	}
}

/* Positions counted on the way are those counted from the start. */
static void positions_right(const struct fold_text *t)
{
	struct text_pos p = { 0 };
	for (size_t i = 0; i <= t->len; i++) {
		struct str before = str_sub(t->source, 0, t->from[i]);
		text_pos_advance(t->source, &p, t->from[i]);
		assert_int_equal(p.cp, utf8_count(before));
		assert_int_equal(p.utf16, utf8_count_utf16(before));
		if (i < t->len) {
			assert_true(t->from[i] < t->to[i] && t->to[i] <= t->source.len);
			assert_true(t->sym[i] > 0);
		}
		if (i && i < t->len)
			assert_true(t->from[i] >= t->to[i - 1] || t->from[i] == t->from[i - 1]);
	}
}

static void sounds_cover(const struct fold_text *t, struct arena *a)
{
	struct pinyin_text p;
	pinyin_text(lang, t, 0, t->len, a, &p);
	assert_int_equal(p.at[0], 0);
	assert_int_equal(p.at[p.len], t->len);
	for (size_t i = 0; i < p.len; i++)
		assert_true(p.id[i] > 0 && p.at[i] < p.at[i + 1]);
}

static void test_random(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	for (size_t n = 0; n < strings; n++) {
		struct fold_text t;
		arena_reset(a);
		random_string(&b);
		assert_int_equal(utf8_invalid_at(buf_view(&b)), -1);
		fold_text(lang, buf_view(&b), a, &t);
		range_folds_alike(&t, a);
		positions_right(&t);
		sounds_cover(&t, a);
	}
}

/* Users of this room ask utf8_invalid_at() first; it must refuse every broken string. */
static void test_refused(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	for (size_t n = 0; n < strings / 10; n++) {
		random_string(&b);
		if (!b.len)
			continue;
		size_t at = rnd((uint32_t)b.len);
		uint8_t old = (uint8_t)b.ptr[at];
		b.ptr[at] = old < 0x80 ? (char)(0x80 | old) : (char)(old < 0xC0 ? 'a' : 0xFF);
		assert_true(utf8_invalid_at(buf_view(&b)) >= 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_refused),
	};
	if (argc > 1)
		strings = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, open_language, close_language);
}
