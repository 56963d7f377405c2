/* The engine over the packs of the build: golden files, terms, rules, conditions, own lexicons,
 * positions. */
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/test.h"
#include "base/utf8.h"
#include "comply/comply.h"
#include "lang/fold.h"
#include "os/file.h"

static struct comply *engine;
static struct arena *arena;

static int open_engine(void **state)
{
	struct error e = { 0 };
	arena = arena_new(64 * MIB);
	if (comply_open(lang_pack_dir(arena), &engine, &e) < 0) {
		print_error("%s\n", e.en);
		return -1;
	}
	return 0;
}

static int close_engine(void **state)
{
	comply_close(engine);
	arena_free(arena);
	return 0;
}

static struct comply_result run_with(const char *text, const struct comply_options *o)
{
	struct comply_result r;
	struct error e = { 0 };
	arena_reset(arena);
	assert_ok(comply_check(engine, str_c(text), o, arena, &r, &e));
	return r;
}

static struct str source_file(const char *name, struct buf *b)
{
	char path[512];
	struct error e = { 0 };
	snprintf(path, sizeof(path), "%s/%s", getenv("ZHANWEI_SOURCE"), name);
	buf_init(b, 16 * MIB);
	assert_ok(os_file_read(path, b, &e));
	return buf_view(b);
}

static void test_deck(void **state)
{
	_cleanup_buf_ struct buf text, want;
	struct str t = source_file("tests/comply/deck.txt", &text), rest = source_file("tests/comply/deck.tsv", &want), line;
	struct comply_result r;
	struct error e = { 0 };
	arena_reset(arena);
	assert_ok(comply_check(engine, t, NULL, arena, &r, &e));
	assert_int_equal(r.chars, 339);
	assert_int_equal(r.merged_count, 10);
	assert_int_not_equal(r.suggestion, COMPLY_PASS);
	size_t n = 0;
	while (str_split(&rest, '\n', &line)) {
		struct str start, end;
		int64_t a, b;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		assert_true(str_split(&line, '\t', &start) && str_split(&line, '\t', &end));
		assert_ok(str_to_i64(start, &a));
		assert_ok(str_to_i64(end, &b));
		assert_true(n < r.hits_len);
		assert_str(r.hits[n].text, line);
		assert_int_equal(r.hits[n].start, a);
		assert_int_equal(r.hits[n].end, b);
		assert_str_c(r.hits[n].label, "adlaw");
		assert_true(r.hits[n].article.len > 0 && r.hits[n].reason.len > 0);
		n++;
	}
	assert_int_equal(n, r.hits_len);
}

/* ---- own lexicons: one entry, one text ---- */

static size_t hits_of_entry(struct comply_entry en, const char *text, struct comply_result *ret)
{
	struct comply_lexicon *x = NULL;
	struct error e = { 0 };
	if (comply_lexicon_build(engine, &en, 1, STR("t"), &x, &e) < 0) {
		print_error("%s %s\n", e.field, e.en);
		fail();
	}
	const struct comply_lexicon *list[] = { x };
	struct comply_options o = { .lexicons = list, .lexicons_len = 1, .no_model = true };
	struct comply_result r = run_with(text, &o);
	size_t n = 0;
	for (size_t i = 0; i < r.hits_len; i++)
		n += str_eq(r.hits[i].label, STR("测试"));
	if (ret)
		*ret = r; /* texts of entries go with the lexicon; positions stay */
	comply_lexicon_free(x);
	return n;
}

static struct comply_entry deny(const char *term, const char *match, const char *context)
{
	return (struct comply_entry){ .term = str_c(term), .label = STR("测试"), .level = COMPLY_LEVEL_REVIEW, .match = str_c(match),
				      .context = str_c(context) };
}

static void test_terms(void **state)
{
	static const struct {
		const char *term, *match, *context, *text;
		size_t hits;
	} cases[] = {
		{ "星辰杯", "", "", "参加星辰杯比赛", 1 },
		{ "星辰杯", "", "", "參加星辰盃比賽", 1 },
		{ "星辰杯", "", "", "星 辰 杯", 0 },
		{ "星辰杯", "g", "", "星 辰*杯", 1 },
		{ "星辰杯", "g", "", "星。辰来杯", 0 },
		{ "星辰{杯|赛}", "", "", "星辰赛与星辰杯", 2 },
		{ "abc社", "x", "", "ＡＢＣ社", 1 },
		{ "星辰", "", "!星辰大海", "星辰大海", 0 },
		{ "星辰", "", "!星辰大海", "星辰与大海", 1 },
		{ "星辰", "", "!<不是|禁止", "这不是星辰", 0 },
		{ "星辰", "", "!<不是|禁止", "这就是星辰", 1 },
		{ "星辰", "", "!>公司", "星辰（公司）", 0 },
		{ "星辰", "", "+报名", "星辰来了。快报名", 0 },
		{ "星辰", "", "+报名", "星辰来了，快报名", 1 },
		{ "星辰", "", "+<参加", "参加这一次的星辰", 1 },
		{ "星辰", "", "+>参加", "参加这一次的星辰", 0 },
		{ "甲乙~4~丙丁", "", "", "甲乙一二三丙丁", 1 },
		{ "甲乙~4~丙丁", "", "", "甲乙一二三四五丙丁", 0 },
		{ "甲~4~{丙丁|戊己}", "", "", "甲一戊己", 1 },
		{ "甲乙&丙丁", "", "", "丙丁在前，甲乙在后", 1 },
		{ "甲乙&丙丁", "", "", "丙丁在前。甲乙在后", 0 },
		{ "re:第[一1]名(师|校)", "", "", "第１名師", 1 },
		{ "re:星{2,3}辰光", "", "", "星星辰光，星辰光", 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = hits_of_entry(deny(cases[i].term, cases[i].match, cases[i].context), cases[i].text, NULL);
		if (n != cases[i].hits)
			print_error("%s [%s] {%s} in %s: %zu, want %zu\n", cases[i].term, cases[i].match, cases[i].context, cases[i].text, n,
				    cases[i].hits);
		assert_int_equal(n, cases[i].hits);
	}
}

static void test_positions(void **state)
{
	struct comply_result r;
	assert_int_equal(hits_of_entry(deny("星辰杯", "g", ""), "😀👨‍👩‍👧é\r\n星-辰-杯！", &r), 1);
	assert_int_equal(r.hits[0].start, 9);
	assert_int_equal(r.hits[0].end, 14);
	assert_int_equal(r.hits[0].start_utf16, 13);
	assert_int_equal(r.hits[0].end_utf16, 18);
	assert_str_c(r.hits[0].text, "星-辰-杯");
	assert_int_equal(r.hits[0].layer, COMPLY_LAYER_SPLIT);
}

static void test_bad_entries(void **state)
{
	static const struct {
		const char *term, *match, *context, *code;
	} cases[] = {
		{ "", "", "", "term.empty" },
		{ "甲", "", "", "term.no-characters" },
		{ "甲{乙", "", "", "term.braces" },
		{ "甲{乙|{丙|丁}}", "", "", "term.braces" },
		{ "甲~0~乙", "", "", "term.distance" },
		{ "甲~乙", "", "", "term.distance" },
		{ "re:(", "", "", "term.regex-loose" },
		{ "re:甲乙(", "", "", "term.regex" },
		{ "甲乙", "z", "", "term.match" },
		{ "甲乙", "", "?丙", "term.context" },
		{ "甲乙", "", "!", "term.context" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct comply_entry en[2] = { deny("好的词", "", ""), deny(cases[i].term, cases[i].match, cases[i].context) };
		struct comply_lexicon *x = NULL;
		struct error e = { 0 };
		assert_int_equal(comply_lexicon_build(engine, en, 2, STR("t"), &x, &e), -1);
		assert_null(x);
		assert_string_equal(e.code, cases[i].code);
		assert_string_equal(e.field, "entries.1.term");
	}
}

static void test_bad_text(void **state)
{
	struct comply_result r;
	struct error e = { 0 };
	assert_int_equal(comply_check(engine, str_make("好\xE6\x98", 5), NULL, arena, &r, &e), -1);
	assert_string_equal(e.code, "text.not-utf8");
	struct comply_options o = { .scene = STR("nowhere") };
	assert_int_equal(comply_check(engine, STR("好"), &o, arena, &r, &e), -1);
	assert_string_equal(e.code, "scene.unknown");
	assert_ok(comply_check(engine, STR(""), NULL, arena, &r, &e));
	assert_int_equal(r.suggestion, COMPLY_PASS);
}

static void test_own(void **state)
{
	const struct comply_entry en[] = {
		{ .term = STR("世界级"), .kind = COMPLY_ALLOW },
		{ .term = STR("老词新用"), .label = STR("内部词"), .level = COMPLY_LEVEL_BLOCK, .until = 1000, .id = STR("7") },
	};
	struct comply_lexicon *x = NULL;
	struct error e = { 0 };
	assert_ok(comply_lexicon_build(engine, en, 2, STR("own 1"), &x, &e));
	const struct comply_lexicon *list[] = { x };
	struct comply_options o = { .lexicons = list, .lexicons_len = 1, .now = 999, .no_model = true };
	struct comply_result r = run_with("这是老词新用。", &o);
	assert_int_equal(r.suggestion, COMPLY_BLOCK);
	assert_int_equal(r.hits_len, 1);
	assert_str_c(r.hits[0].label, "内部词");
	assert_str_c(r.hits[0].entry, "7");
	assert_int_equal(r.hits[0].layer, COMPLY_LAYER_LEXICON);
	assert_true(str_has(r.versions, STR("own 1")));
	const struct comply_rule off = { .label = STR("内部词"), .off = true }, soft = { .label = STR("*"), .action = COMPLY_REVIEW };
	o.rules = &off;
	o.rules_len = 1;
	assert_int_equal(run_with("这是老词新用。", &o).hits_len, 0);
	o.rules = &soft;
	assert_int_equal(run_with("这是老词新用。", &o).suggestion, COMPLY_REVIEW);
	o.rules_len = 0;
	o.now = 1001;
	assert_int_equal(run_with("这是老词新用。", &o).hits_len, 0);
	_cleanup_buf_ struct buf text;
	struct str t = source_file("tests/comply/deck.txt", &text);
	arena_reset(arena);
	assert_ok(comply_check(engine, t, &o, arena, &r, &e));
	assert_int_equal(r.merged_count, 9);
	comply_lexicon_free(x);
}

static void test_json_mask(void **state)
{
	struct comply_entry en = deny("星辰", "", "");
	en.replacement = STR("月亮");
	struct comply_lexicon *x = NULL;
	struct error e = { 0 };
	assert_ok(comply_lexicon_build(engine, &en, 1, STR("t"), &x, &e));
	const struct comply_lexicon *list[] = { x };
	struct comply_options o = { .lexicons = list, .lexicons_len = 1, .no_model = true };
	struct comply_result r = run_with("看星辰😀和星辰。", &o);
	assert_str_c(comply_mask(arena, STR("看星辰😀和星辰。"), &r, COMPLY_REVIEW, false, STR("*")), "看**😀和**。");
	assert_str_c(comply_mask(arena, STR("看星辰😀和星辰。"), &r, COMPLY_REVIEW, true, STR("*")), "看月亮😀和月亮。");
	_cleanup_json_ json_t *j = comply_result_json(&r);
	assert_str_c(json_get_str(j, "suggestion"), "review");
	assert_int_equal(json_get_int(j, "merged_count", -1), 2);
	const json_t *h = json_array_get(json_object_get(j, "hits"), 1);
	assert_int_equal(json_get_int(h, "start", -1), 5);
	assert_int_equal(json_get_int(h, "start_utf16", -1), 6);
	_cleanup_json_ json_t *found = comply_lookup(engine, STR("星辰大海"), &o, 10);
	assert_true(json_array_size(found) >= 1);
	assert_str_c(json_get_str(json_array_get(found, 0), "relation"), "within");
	/* words before the rules that hold the question somewhere */
	_cleanup_json_ json_t *biggest = comply_lookup(engine, STR("最大"), NULL, 50);
	assert_str_c(json_get_str(json_array_get(biggest, 0), "relation"), "equal");
	assert_str_c(json_get_str(json_array_get(biggest, 0), "label_en"), "Advertising law");
	for (size_t i = 1; i < 6; i++)
		assert_false(str_has(json_get_str(json_array_get(biggest, i), "term"), STR("{")));
	comply_lexicon_free(x);
}

/* Lines of suggestion, label of the first hit, text. */
static void test_structure(void **state)
{
	_cleanup_buf_ struct buf file;
	struct str rest = source_file("tests/comply/structure.tsv", &file), line;
	struct comply_options o = { .no_model = true };
	size_t wrong = 0;
	while (str_split(&rest, '\n', &line)) {
		struct str want, label, got = STR("-");
		struct comply_result r;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		assert_true(str_split(&line, '\t', &want) && str_split(&line, '\t', &label));
		arena_reset(arena);
		assert_ok(comply_check(engine, line, &o, arena, &r, NULL));
		if (r.hits_len)
			got = arena_printf(arena, "%.*s.%.*s", STR_ARG(r.hits[0].label), STR_ARG(r.hits[0].sub_label));
		if (!str_eq(want, str_c(comply_action_name(r.suggestion))) || !str_eq(got, label)) {
			print_error("%.*s: %s %.*s\n", STR_ARG(line), comply_action_name(r.suggestion), STR_ARG(got));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deck),	    cmocka_unit_test(test_terms),    cmocka_unit_test(test_positions),
		cmocka_unit_test(test_bad_entries), cmocka_unit_test(test_bad_text), cmocka_unit_test(test_own),
		cmocka_unit_test(test_json_mask),   cmocka_unit_test(test_structure),
	};
	return cmocka_run_group_tests(tests, open_engine, close_engine);
}
