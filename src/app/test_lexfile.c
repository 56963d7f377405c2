/* Lexicons as files: XLSX of LibreOffice and our own, read in the real jail; what is no sheet is refused
 * with a reason; names and dates as people write them. */
#include "app/jobs.h"
#include "app/lexicon.h"
#include "app/sheetread.h"
#include "app/textserve.h"
#include "base/check.h"
#include "base/encode.h"
#include "doc/sheet.h"
#include "os/file.h"
#include "app/test_world.h"

static int setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	struct world *w = *state;

	w->app.reader = w->app.spawner;
	return 0;
}

static struct str make(struct world *w, const char *name)
{
	_cleanup_json_ json_t *in = json_pack("{s:s}", "name", name), *v = NULL;

	assert_ok(app_lexicon_add(&w->c, in, &v, &e));
	return arena_str(w->c.arena, json_get_str(v, "id"));
}

static int import_as(struct world *w, struct str lexicon, struct str bytes, bool dry, json_t **ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT(32 * MIB);
	_cleanup_json_ json_t *in = json_object();

	encode_base64(&b, bytes);
	json_put(in, "name", json_c("file"));
	json_put(in, "file_base64", json_str(buf_view(&b)));
	json_put(in, "dry_run", json_boolean(dry));
	return app_lexicon_import(&w->c, lexicon, in, ret, &e);
}

static int import(struct world *w, struct str lexicon, struct str bytes, json_t **ret)
{
	return import_as(w, lexicon, bytes, false, ret);
}

/* The entries, as "term kind label level until note" lines. */
static char *entries(struct world *w, struct str lexicon)
{
	struct store_entry_filter f = { 0 };
	struct store_page page = { .limit = 200, .sort = STR("term") };
	_cleanup_json_ json_t *items = NULL;
	struct buf b = BUF_INIT(64 * KIB);
	size_t i;
	json_t *v;

	if (app_entry_list(&w->c, lexicon, &f, &page, &items, &e) < 0)
		fail_msg("%s", e.zh);
	json_array_foreach(items, i, v)
		buf_printf(&b, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s\n", STR_ARG(json_get_str(v, "term")), STR_ARG(json_get_str(v, "kind")),
			   STR_ARG(json_get_str(v, "label")), STR_ARG(json_get_str(v, "level")), STR_ARG(json_get_str(v, "until")),
			   STR_ARG(json_get_str(v, "note")));
	return buf_take(&b, NULL);
}

static void has(const char *all, const char *line)
{
	if (!strstr(all, line))
		fail_msg("no \"%s\" in:\n%s", line, all);
}

static void read_fixture(struct buf *b)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/tests/fixtures/documents/libreoffice.xlsx", getenv("ZHANWEI_SOURCE"));
	assert_ok(os_file_read(path, b, &e));
}

static void test_import(void **state)
{
	struct world *w = *state;
	_cleanup_buf_ struct buf file = BUF_INIT(1 * MIB), out = BUF_INIT(1 * MIB);
	_cleanup_json_ json_t *v = NULL, *again = NULL, *dry = NULL;
	struct str lexicon = make(w, "竞品"), copy = make(w, "抄本"), name;

	read_fixture(&file);
	/* a check counts, and changes nothing */
	assert_ok(import_as(w, lexicon, buf_view(&file), true, &dry));
	assert_int_equal(json_get_int(dry, "added", -1), 4);
	assert_true(json_is_false(json_object_get(dry, "saved")));
	assert_int_equal(json_get_int(json_object_get(dry, "lexicon"), "entries", -1), 0);
	if (import(w, lexicon, buf_view(&file), &v) < 0)
		fail_msg("%s: %s", e.code, e.zh);
	assert_int_equal(json_get_int(v, "added", -1), 4);
	assert_int_equal(json_get_int(json_object_get(v, "lexicon"), "version", -1), 1);
	assert_int_equal(json_get_int(v, "good", -1), 4);
	assert_int_equal(json_get_int(v, "bad", -1), 0);
	_cleanup_free_ char *all = entries(w, lexicon);
	/* a date alone is its last second, in the tenant's zone */
	has(all, "样例山寨品|deny|竞品|block|2026-12-31T15:59:59.000Z|第一行 第二行\n");
	has(all, "样例放行语|allow|竞品|review|2027-01-02T00:30:00.000Z|\n");
	has(all, "样例 & <复核>|deny|ad.diversion|review||=不是公式\n");
	has(all, "样例六|deny|自定义|review||\n");
	assert_ok(app_lexicon_export(&w->c, lexicon, STR("xlsx"), &out, &name, &e));
	assert_true(str_ends(name, STR(".xlsx")));
	assert_ok(import(w, copy, buf_view(&out), &again));
	_cleanup_free_ char *second = entries(w, copy);
	assert_string_equal(all, second);
}

static void test_columns(void **state)
{
	struct world *w = *state;
	_cleanup_json_ json_t *v = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT(1 * MIB), text = BUF_INIT(1 * MIB);
	struct doc_sheet_writer *s = doc_sheet_new(1 * MIB);
	static const char *const rows[][5] = {
		{ "Remark", "编号", "Expires", "敏感词", "分类" },
		{ "一", "1", "2026/3/1", "甲甲甲", "极限词" },
		{ "二", "2", "2026年3月1日 18:00", "#乙乙乙", "Superlatives" },
		{ "#三", "3", "2026-02-31x", "丙丙丙", "我的类" },
		{ "四", "4", "", "", "我的类" },
	};
	struct str lexicon = make(w, "列"), name;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t k = 0; k < 5; k++)
			doc_sheet_cell(s, str_c(rows[i][k]));
		doc_sheet_row(s);
		if (i == 0)
			doc_sheet_row(s); /* an empty line between */
	}
	assert_ok(doc_sheet_finish(s, &out, &e));
	doc_sheet_free(s);
	if (import(w, lexicon, buf_view(&out), &v) < 0)
		fail_msg("%s: %s", e.code, e.zh);
	assert_int_equal(json_get_int(v, "good", -1), 2);
	const json_t *errors = json_object_get(v, "errors"), *first = json_array_get(errors, 0);
	assert_int_equal(json_array_size(errors), 2);
	assert_int_equal(json_get_int(first, "row", 0), 5); /* as the program shows it */
	assert_str_c(json_get_str(first, "field"), "until");
	assert_str_c(json_get_str(json_array_get(errors, 1), "field"), "term");
	_cleanup_free_ char *all = entries(w, lexicon);
	has(all, "甲甲甲|deny|adlaw.superlative|review|2026-03-01T15:59:59.000Z|一\n");
	has(all, "#乙乙乙|deny|adlaw.superlative|review|2026-03-01T10:00:00.000Z|二\n");
	/* a term that looks like a remark survives the text form, too */
	assert_ok(app_lexicon_export(&w->c, lexicon, STR("tsv"), &text, &name, &e));
	assert_true(str_has(buf_view(&text), STR("\n'#乙乙乙\t")));
	json_decref(v);
	v = NULL;
	assert_ok(import(w, lexicon, buf_view(&text), &v));
	assert_int_equal(json_get_int(v, "good", -1), 2);
	assert_int_equal(json_get_int(v, "added", -1), 0);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	_cleanup_buf_ struct buf file = BUF_INIT(1 * MIB);
	struct str lexicon = make(w, "坏");
	json_t *v = NULL;

	assert_true(import(w, lexicon, STR("PK\x03\x04nonsense"), &v) < 0);
	assert_string_equal(e.code, "sheet.not-package");
	assert_string_equal(e.field, "file_base64");
	error_clear(&e);
	assert_true(import(w, lexicon, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), &v) < 0);
	assert_string_equal(e.code, "sheet.not-package");
	assert_true(str_has(str_c(e.zh), STR(".xls")));
	error_clear(&e);
	read_fixture(&file);
	w->app.reader = NULL;
	assert_true(import(w, lexicon, buf_view(&file), &v) < 0);
	assert_string_equal(e.code, "sheet.no-jail");
	w->app.reader = w->app.spawner;
	error_clear(&e);
}

/* What people write as the end of an entry. */
static void test_until(void **state)
{
	static const struct {
		const char *text, *want; /* "": none */
		bool local;
	} cases[] = {
		{ "2026-12-31", "2026-12-31T23:59:59.000Z", true },
		{ "2026/1/2", "2026-01-02T23:59:59.000Z", true },
		{ "2026.1.2 8:05", "2026-01-02T08:05:00.000Z", true },
		{ "2026年12月31日", "2026-12-31T23:59:59.000Z", true },
		{ "2026-12-31 18:00:01", "2026-12-31T18:00:01.000Z", true },
		{ "2026-12-31T18:00:01+08:00", "2026-12-31T10:00:01.000Z", false },
		{ "1798761600000", "2027-01-01T00:00:00.000Z", false },
		{ "2026-13-01", "", false }, { "2026-12", "", false },	{ "明年", "", false },
		{ "31/12/2026", "", false }, { "2026-1-2 9", "", false }, { "-5", "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char got[CLOCK_RFC3339_SIZE] = "";
		int64_t ms = 0;
		bool local = false;

		if (comply_until(str_c(cases[i].text), &ms, &local) == 0)
			clock_format_rfc3339(ms, got);
		assert_string_equal(got, cases[i].want);
		assert_int_equal(local, cases[i].local);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_until),
	};

	return world_run_tests("lexfile", app_web_jail_kinds, tests, ARRAY_SIZE(tests), setup, world_teardown);
}
