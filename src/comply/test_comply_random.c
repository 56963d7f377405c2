/* Random texts of everything that makes positions hard - emoji, joiners, combining marks, CRLF, wide
 * and traditional characters, letters of other alphabets, bytes that are no UTF-8: the text of every
 * hit is the reported term after folding, and its positions are those a naive count gives.
 * test_comply_random [N]: N texts (default 20,000). */
#include "base/test.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "comply/comply.h"
#include "lang/fold.h"

static size_t rounds = 20000;
static uint64_t seed = 0x9E3779B97F4A7C15u;

static uint32_t draw(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static const char *const pieces[] = {
	"星", "辰", "杯", "月", "亮", "湾", "辰", "星", "abc", "ＡＢＣ", "ａ", "B", "c", "😀", "👨‍👩‍👧", "🇨🇳", "👍🏽", "é", "é",
	"\r\n", "\n", " ", "　", "\t", "，", "。", "！", "-", "*", "·", "\xE2\x80\x8B", "\xEF\xBB\xBF", "\xE2\x80\xAE", "①", "１", "1", "一", "臺", "灣", "ﾊﾟ", "가",
	"а", "Ω", "ß", "ﬁ", "㍿", "𠮷", "𝒂", "\xF0\x9F\x92\xA9", "氵去", "️", "✊", "加", "微", "信", "❤️", "ก็", "་", "\x7F", "'", "\"", "\\",
};
static const char *const bad[] = { "\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE6\x98", "\x80" };
static const struct {
	const char *term, *match;
} terms[] = { { "星辰", "g" }, { "星辰杯", "" }, { "月亮湾", "gps" }, { "abc", "g" }, { "台湾", "" }, { "加微信", "gp" }, { "一1", "" } };
#define TERMS (sizeof(terms) / sizeof(*terms))

/* Counts from the start, character by character. */
static void naive(struct str text, size_t byte, size_t *cp, size_t *utf16)
{
	*cp = *utf16 = 0;
	for (size_t at = 0; at < byte;) {
		uint32_t c = utf8_next(text, &at);
		*cp += 1;
		*utf16 += c > 0xFFFF ? 2 : 1;
	}
}

static void check_hit(const struct lang *l, struct str text, const struct comply_hit *h)
{
	size_t from = (size_t)(h->text.ptr - text.ptr), cp, utf16;
	assert_true(h->text.ptr >= text.ptr && from + h->text.len <= text.len);
	naive(text, from, &cp, &utf16);
	assert_int_equal(h->start, cp);
	assert_int_equal(h->start_utf16, utf16);
	naive(text, from + h->text.len, &cp, &utf16);
	assert_int_equal(h->end, cp);
	assert_int_equal(h->end_utf16, utf16);
	if (!str_eq(h->label, STR("测试")) || (h->layer != COMPLY_LAYER_LEXICON && h->layer != COMPLY_LAYER_SPLIT))
		return;
	uint16_t got[64], want[64];
	ssize_t a = fold_symbols(l, h->text, got, 64), b = fold_symbols(l, h->term, want, 64);
	/* other readings leave out what is doubled or decoration, or turn the order */
	if (h->layer == COMPLY_LAYER_SPLIT && a != b)
		return;
	assert_int_equal(a, b);
	bool same = memcmp(got, want, (size_t)a * sizeof(*got)) == 0;
	for (ssize_t i = 0, back = 1; !same && h->layer == COMPLY_LAYER_SPLIT && back && i < a; i++) {
		back = got[a - 1 - i] == want[i];
		same = back && i == a - 1;
	}
	if (!same)
		print_error("\"%.*s\" for %.*s in \"%.*s\"\n", STR_ARG(h->text), STR_ARG(h->term), STR_ARG(text));
	assert_true(same);
}

static void test_random(void **state)
{
	struct comply *engine = NULL;
	struct lang *lang = NULL;
	struct error e = { 0 };
	struct comply_entry en[TERMS];
	struct comply_lexicon *x = NULL;
	size_t hits = 0, refused = 0;
	struct arena *a = arena_new(64 * MIB);
	assert_ok(comply_open(lang_pack_dir(a), &engine, &e));
	assert_ok(lang_open(lang_pack_dir(a), &lang, &e));
	for (size_t i = 0; i < TERMS; i++)
		en[i] = (struct comply_entry){ .term = str_c(terms[i].term), .match = str_c(terms[i].match), .label = STR("测试"),
					       .level = COMPLY_LEVEL_REVIEW };
	assert_ok(comply_lexicon_build(engine, en, TERMS, STR("r"), &x, &e));
	const struct comply_lexicon *list[] = { x };
	struct comply_options o = { .lexicons = list, .lexicons_len = 1 };
	for (size_t n = 0; n < rounds; n++) {
		char buf[512];
		size_t len = 0, want = 1 + draw(24);
		bool broken = draw(50) == 0;
		for (size_t i = 0; i < want; i++) {
			const char *p = draw(3) ? pieces[draw(9)] : pieces[draw(sizeof(pieces) / sizeof(*pieces))];
			memcpy(buf + len, p, strlen(p));
			len += strlen(p);
		}
		if (broken) {
			const char *p = bad[draw(sizeof(bad) / sizeof(*bad))];
			memcpy(buf + len, p, strlen(p));
			len += strlen(p);
		}
		struct str text = str_make(buf, len);
		struct comply_result r;
		o.no_model = draw(20) != 0;
		arena_reset(a);
		memset(&e, 0, sizeof(e));
		if (comply_check(engine, text, &o, a, &r, &e) < 0) {
			assert_true(broken);
			assert_string_equal(e.code, "text.not-utf8");
			refused++;
			continue;
		}
		assert_false(broken);
		assert_int_equal(r.chars, utf8_count(text));
		for (size_t i = 0; i < r.hits_len; i++)
			check_hit(lang, text, &r.hits[i]);
		hits += r.hits_len;
	}
	assert_true(hits > rounds / 10 && refused > 0);
	print_message("%zu texts, %zu hits, %zu refused\n", rounds, hits, refused);
	comply_lexicon_free(x);
	comply_close(engine);
	lang_close(lang);
	arena_free(a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };
	int64_t n;
	if (argc > 1 && str_to_i64(str_c(argv[1]), &n) == 0)
		rounds = (size_t)n;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
