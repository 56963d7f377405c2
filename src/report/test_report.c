/* What a reader of a report would notice: the numbers agree everywhere, secrets are
 * gone, foreign markup is dead, nothing claims more than was looked at. */
#include "base/test.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/html.h"
#include "report/report_private.h"
#include "report/test_model.h"

static struct str render(const char *format, const json_t *model, enum lang lang, struct buf *out)
{
	struct error e = { 0 };

	buf_free(out);
	buf_init(out, LIMIT_REPORT_FILE);
	if (report_render(report_format_find(str_c(format)), model, lang, out, &e) < 0)
		fail_msg("%s: %s", e.code, e.en);
	return buf_view(out);
}

static void assert_has(struct str text, const char *part)
{
	if (!str_has(text, str_c(part)))
		fail_msg("missing: %s", part);
}

static void assert_lacks(struct str text, const char *part)
{
	if (str_has(text, str_c(part)))
		fail_msg("must not be there: %s", part);
}

/* ---- JSON ---- */

static void test_json_shape(void **state)
{
	_cleanup_json_ json_t *m = test_model(9), *got = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct str text;
	const json_t *f;

	json_put(json_array_get(json_object_get(m, "findings"), 3), "state", json_c("ignored"));
	text = render("json", m, LANG_ZH, &out);
	/* exactly these members in this order, nothing else */
	assert_true(str_starts(text, STR("{\"target\":\"http://127.0.0.1:8080/\",\"started\":"
					 "\"2026-11-22T06:00:00.000Z\",\"finished\":\"2026-11-22T07:00:00.000Z\","
					 "\"complete\":true,\"score\":")));
	got = json_parse(text, NULL);
	assert_int_equal(json_object_size(got), 10);
	assert_int_equal(json_array_size(json_object_get(got, "findings")), 8);
	/* 3 high, 2 low, 2 medium, 1 info: the ignored one is not counted */
	assert_int_equal(json_get_int(json_object_get(got, "counts"), "high", 0), 3);
	assert_int_equal(json_get_int(json_object_get(got, "counts"), "info", 0), 1);
	/* 100 - 20 - 5 - 1.5 */
	assert_int_equal(json_get_int(got, "score", 0), 73);
	f = json_array_get(json_object_get(got, "findings"), 0);
	assert_int_equal(json_object_size(f), 12);
	assert_str_c(json_get_str(f, "check"), "sqli-error");
	assert_int_equal(json_get_int(f, "cwe", 0), 89);
	assert_int_equal(json_object_size(json_object_get(f, "evidence")), 3);
	assert_int_equal(json_object_size(json_array_get(json_object_get(got, "pages"), 0)), 3);
}

/* What the scan left behind has a list of its own, for people and for programs. */
static void test_left_behind(void **state)
{
	_cleanup_json_ json_t *m = test_model(3), *got = NULL;
	_cleanup_buf_ struct buf out = { 0 }, page = { 0 };
	json_t *f = json_array_get(json_object_get(m, "findings"), 1);

	assert_lacks(render("html", m, LANG_ZH, &page), "扫描遗留（请清理）");
	json_put(f, "check", json_c("left-behind"));
	json_put(f, "parameter", json_c("pic"));
	json_put(f, "detail", json_c("qwertz.php"));
	got = json_parse(render("json", m, LANG_ZH, &out), NULL);
	assert_int_equal(json_array_size(json_object_get(got, "left_behind")), 1);
	f = json_array_get(json_object_get(got, "left_behind"), 0);
	assert_str_c(json_get_str(f, "parameter"), "pic");
	assert_str_c(json_get_str(f, "what"), "qwertz.php");
	buf_free(&page);
	page = (struct buf){ 0 };
	struct str text = render("html", m, LANG_ZH, &page);
	assert_has(text, "扫描遗留（请清理）");
	assert_has(text, "qwertz.php");
}

static void test_json_is_a_model(void **state)
{
	_cleanup_json_ json_t *m = test_model(5), *again = NULL;
	_cleanup_buf_ struct buf one = { 0 }, two = { 0 };

	again = json_parse(render("json", m, LANG_ZH, &one), NULL);
	assert_str(render("json", again, LANG_ZH, &two), buf_view(&one));
}

static void test_never_scanned(void **state)
{
	_cleanup_json_ json_t *m = json_pack("{s:s,s:n,s:b}", "target", "http://x/", "score", "complete", 0);
	_cleanup_buf_ struct buf out = { 0 };

	assert_has(render("json", m, LANG_ZH, &out), "\"score\":null");
	assert_has(render("html", m, LANG_ZH, &out), ">--</text>");
	assert_has(buf_view(&out), "扫描未完成，尚不能下结论");
	assert_has(buf_view(&out), "授权记录：未提供");
}

/* ---- SARIF ---- */

static void test_sarif(void **state)
{
	_cleanup_json_ json_t *m = test_model(9), *log = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	const json_t *run, *rules, *results, *r;

	json_put(json_array_get(json_object_get(m, "findings"), 1), "state", json_c("false_positive"));
	log = json_parse(render("sarif", m, LANG_ZH, &out), NULL);
	assert_str_c(json_get_str(log, "version"), "2.1.0");
	run = json_array_get(json_object_get(log, "runs"), 0);
	rules = json_object_get(json_object_get(json_object_get(run, "tool"), "driver"), "rules");
	results = json_object_get(run, "results");
	assert_int_equal(json_array_size(rules), 4);
	assert_int_equal(json_array_size(results), 9);
	for (size_t i = 0; i < 9; i++) {
		r = json_array_get(results, i);
		const json_t *rule = json_array_get(rules, (size_t)json_get_int(r, "ruleIndex", 99));

		assert_str(json_get_str(r, "ruleId"), json_get_str(rule, "id"));
		assert_int_equal(json_get_str(json_object_get(r, "partialFingerprints"),
					      "zhanweiFinding/v1").len, 32);
		/* a URI holds ASCII only */
		const json_t *at = json_object_get(json_object_get(json_array_get(
			json_object_get(r, "locations"), 0), "physicalLocation"), "artifactLocation");

		assert_has(json_get_str(at, "uri"), "http://127.0.0.1:8080/%E6%A0%8F%E7%9B%AE/page");
	}
	assert_str_c(json_get_str(json_array_get(results, 0), "level"), "error");
	r = json_array_get(results, 8);
	assert_str_c(json_get_str(json_array_get(json_object_get(r, "suppressions"), 0), "kind"), "external");
	r = json_object_get(json_array_get(rules, 0), "properties");
	assert_str_c(json_get_str(r, "security-severity"), "8.0");
}

/* ---- hostile text ---- */

struct seen {
	size_t tags, marks, styles, titles;
};

static int look(void *ctx, const struct html_token *t)
{
	static const char *const tags[] = {
		"html", "head", "meta", "title", "style", "body", "header", "section", "nav", "article",
		"div", "p", "b", "i", "h1", "h2", "h3", "h4", "dl", "dt", "dd", "ul", "ol", "li", "a", "code",
		"pre", "mark", "small", "span", "br", "table", "colgroup", "col", "thead", "tbody", "tr", "th",
		"td", "details", "summary", "figure", "figcaption", "svg", "path", "circle", "rect", "text",
	};
	static const char *const attrs[] = {
		"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "scope", "open",
		"viewbox", "role", "aria-label", "d", "fill", "stroke", "stroke-width", "stroke-linecap",
		"stroke-dasharray", "x", "y", "cx", "cy", "r", "rx", "width", "height", "text-anchor",
	};
	struct seen *s = ctx;
	bool known = false;

	if (t->kind == HTML_COMMENT)
		fail_msg("a comment");
	if (t->kind != HTML_START_TAG)
		return 0;
	s->tags++;
	s->marks += str_eq(t->name, STR("mark"));
	s->styles += str_eq(t->name, STR("style"));
	s->titles += str_eq(t->name, STR("title"));
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		known = known || str_eq(t->name, str_c(tags[i]));
	if (!known)
		fail_msg("live foreign tag <%.*s>", STR_ARG(t->name));
	for (size_t i = 0; i < t->nattrs; i++) {
		known = false;
		for (size_t k = 0; k < ARRAY_SIZE(attrs); k++)
			known = known || str_eq(t->attrs[i].name, str_c(attrs[k]));
		if (!known)
			fail_msg("live foreign attribute %.*s", STR_ARG(t->attrs[i].name));
		if (str_eq(t->attrs[i].name, STR("href")))
			assert_true(str_starts(t->attrs[i].value, STR("#")));
	}
	return 0;
}

static void test_hostile_html(void **state)
{
	_cleanup_json_ json_t *m = test_model(12), *bad = test_poison(m);
	_cleanup_buf_ struct buf clean = { 0 }, out = { 0 };
	struct html_options o = { 0 };
	struct seen want = { 0 }, got = { 0 };

	for (enum lang lang = LANG_ZH; lang <= LANG_EN; lang++) {
		want = got = (struct seen){ 0 };
		html_tokenize(render("html", bad, lang, &out), &o, look, &got);
		html_tokenize(render("html", m, lang, &clean), &o, look, &want);
		assert_int_equal(got.styles, 1);
		assert_int_equal(got.titles, 1);
		assert_true(want.tags > 500 && got.tags > 500);
	}
	/* what is invisible or turns the line is shown */
	assert_has(buf_view(&out), "⟦U+202E⟧");
	assert_has(buf_view(&out), "␁");
	assert_int_equal(utf8_invalid_at(buf_view(&out)), -1);
}

static void test_html_is_self_contained(void **state)
{
	_cleanup_json_ json_t *m = test_model(3);
	_cleanup_buf_ struct buf out = { 0 };
	struct str text = render("html", m, LANG_ZH, &out);

	assert_has(text, "default-src 'none'; style-src 'sha256-");
	assert_lacks(text, " src=");
	assert_lacks(text, "url(");
	assert_lacks(text, "@import");
	assert_lacks(text, " style=");
	assert_lacks(text, "<script");
}

/* The picture of a finding's page stands by it; what is no PNG in base64 is not written. */
static void test_pictures(void **state)
{
	_cleanup_json_ json_t *m = test_model(3);
	_cleanup_buf_ struct buf out = { 0 }, png = BUF_INIT(4 * KIB), docx = { 0 };
	json_t *shots = json_array();

	buf_c(&png, "iVBORw0KGgo");
	for (int i = 0; i < 80; i++)
		buf_c(&png, "A");
	json_object_set_new(m, "shots", shots);
	json_array_append_new(shots, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "kind", "page", "url", "http://127.0.0.1/",
					       "title", "首页<b>", "png", "iVBORw0KGgo\" onerror=\"x", "width", 800, "height", 560));
	json_array_append_new(shots, json_pack("{s:s, s:s, s:s, s:s#, s:i, s:i}", "kind", "page", "url", "http://127.0.0.1/",
					       "title", "首页<b>", "png", png.ptr, (int)png.len, "width", 800, "height", 560));

	struct str text = render("html", m, LANG_ZH, &out);

	assert_has(text, "img-src data:");
	assert_has(text, "src=\"data:image/png;base64,iVBORw0KGgoAAAA");
	assert_has(text, "首页&lt;b&gt;");
	assert_lacks(text, "onerror=\"x");
	render("docx", m, LANG_ZH, &docx);
}

/* ---- what it says ---- */

static void test_marks_and_masks(void **state)
{
	_cleanup_json_ json_t *m = test_model(4);
	_cleanup_buf_ struct buf out = { 0 };
	struct str text = render("html", m, LANG_ZH, &out);

	assert_has(text, "<mark>You have an error in your SQL syntax</mark>");
	assert_has(text, "Server: <mark>nginx/1.18.0</mark>");
	assert_has(text, "Cookie: sid=***");
	assert_lacks(text, "secret0");
	assert_has(text, "curl -i --path-as-is &#39;http://127.0.0.1:8080/");
}

static void test_same_numbers_everywhere(void **state)
{
	_cleanup_json_ json_t *m = test_model(9);
	_cleanup_buf_ struct buf out = { 0 };
	struct str text = render("html", m, LANG_EN, &out);

	/* 3 high, 2 medium, 2 low, 2 info */
	assert_has(text, "The scan found 9 open findings of 4 kinds.");
	assert_has(text, "100 − 20 (3 High) − 5 (2 Medium) − 1.5 (2 Low) = 73.5, rounded down: 73");
	assert_has(text, "High-risk findings: fix them soon");
	assert_has(text, "SQL injection (error)");
	assert_lacks(text, "结论");
	assert_has(text, "counter(page)");
}

static void test_decisions_are_listed(void **state)
{
	_cleanup_json_ json_t *m = test_model(4);
	json_t *f = json_array_get(json_object_get(m, "findings"), 0);
	_cleanup_buf_ struct buf out = { 0 };

	json_put(f, "state", json_c("false_positive"));
	json_put(f, "decision", json_pack("{s:s,s:s,s:s}", "reason", "已由防火墙统一处理", "owner", "王主任",
					  "expires", "2027-01-31T16:00:00.000Z"));
	struct str text = render("html", m, LANG_ZH, &out);

	assert_has(text, "已由防火墙统一处理");
	assert_has(text, "王主任");
	assert_has(text, "2027/02/01"); /* midnight in Beijing */
	assert_has(text, "未处理的问题 3 处");
	assert_lacks(text, "<mark>You have an error");
}

/* ---- clauses ---- */

static enum clause_state state_of(const json_t *m, const char *number)
{
	struct report_ctx c;
	enum clause_state s = CLAUSE_MANUAL;
	size_t hits;

	assert_ok(report_ctx_open(&c, m, LANG_ZH, NULL));
	for (size_t i = 0; i < report_clauses_count; i++) {
		if (strcmp(report_clauses[i].number, number) == 0)
			s = clause_state(&c, &report_clauses[i], &hits);
	}
	report_ctx_close(&c);
	return s;
}

static void test_clauses(void **state)
{
	_cleanup_json_ json_t *m = test_model(4), *none = test_model(0);
	_cleanup_buf_ struct buf out = { 0 };

	assert_int_equal(state_of(m, "8.1.4.4 d)"), CLAUSE_BAD);    /* SQL injection */
	assert_int_equal(state_of(m, "8.1.4.2"), CLAUSE_BAD);	    /* directory listing */
	assert_int_equal(state_of(m, "8.1.4.9"), CLAUSE_MANUAL);    /* backups: never from a scan */
	assert_int_equal(state_of(none, "8.1.4.4 d)"), CLAUSE_GOOD);
	assert_int_equal(state_of(none, "8.1.4.11"), CLAUSE_MANUAL);
	/* an unfinished scan, or one that looked at nothing, speaks for nothing */
	json_put(none, "complete", json_false());
	assert_int_equal(state_of(none, "8.1.4.4 d)"), CLAUSE_MANUAL);
	json_put(none, "complete", json_true());
	json_put(none, "pages", json_array());
	json_put(none, "stats", json_object());
	assert_int_equal(state_of(none, "8.1.4.4 d)"), CLAUSE_MANUAL);
	assert_lacks(render("html", m, LANG_ZH, &out), "通过等保");
	assert_has(buf_view(&out), "不符合线索");
	assert_has(buf_view(&out), "需人工核查");
}

/* ---- evidence ---- */

static void test_mask_moves_the_mark(void **state)
{
	struct report_ctx c;
	_cleanup_json_ json_t *m = json_object();
	struct str msg = STR("HTTP/1.1 200 OK\r\nSet-Cookie: sid=0123456789abcdef; path=/\r\n"
			     "Authorization: Bearer abc.def\r\nX-Proof: here\r\n\r\nCookie: body stays");
	size_t at = (size_t)str_find(msg, STR("here"));
	struct str got;

	assert_ok(report_ctx_open(&c, m, LANG_ZH, NULL));
	got = report_mask(&c, msg, &at, 4);
	assert_str_c(got, "HTTP/1.1 200 OK\r\nSet-Cookie: sid=***; path=/\r\n"
			  "Authorization: Bearer ***\r\nX-Proof: here\r\n\r\nCookie: body stays");
	assert_str_c(str_sub(got, at, at + 4), "here");
	/* a proof inside a cookie is not hidden */
	msg = STR("HTTP/1.1 200 OK\r\nSet-Cookie: zw=injected\r\n\r\n");
	at = (size_t)str_find(msg, STR("injected"));
	assert_str(report_mask(&c, msg, &at, 8), msg);
	report_ctx_close(&c);
}

static void test_curl(void **state)
{
	struct report_ctx c;
	_cleanup_json_ json_t *m = json_parse(
		STR("{\"findings\":[{\"url\":\"http://h/a?x='$(id)'\",\"method\":\"POST\",\"evidence\":{"
		    "\"request\":\"POST /a HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 5\\r\\nX-A: it's\\r\\n"
		    "\\r\\nq=1\\u001b\"}}]}"), NULL);

	assert_ok(report_ctx_open(&c, m, LANG_ZH, NULL));
	assert_str_c(finding_curl(&c, c.open[0]),
		     "curl -i --path-as-is -X 'POST' 'http://h/a?x='\\''$(id)'\\''' \\\n"
		     "  -H 'X-A: it'\\''s' \\\n  --data-binary $'q=1\\x1b'");
	report_ctx_close(&c);
}

static void test_long_evidence_keeps_the_proof(void **state)
{
	_cleanup_json_ json_t *m = test_model(1);
	json_t *ev = json_object_get(json_array_get(json_object_get(m, "findings"), 0), "evidence");
	_cleanup_buf_ struct buf big = BUF_INIT(4 * MIB), out = { 0 };

	buf_c(&big, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n");
	for (int i = 0; i < 60000; i++)
		buf_c(&big, "文");
	buf_c(&big, "PROOF-IN-THE-MIDDLE");
	for (int i = 0; i < 60000; i++)
		buf_c(&big, "字");
	json_put(ev, "response", json_str(buf_view(&big)));
	json_put(ev, "proof", json_c("PROOF-IN-THE-MIDDLE"));
	struct str text = render("html", m, LANG_ZH, &out);

	assert_has(text, "文<mark>PROOF-IN-THE-MIDDLE</mark>字");
	assert_has(text, "HTTP/1.1 200 OK\nServer: x\n");
	assert_has(text, "〔此处省略 ");
	assert_lacks(text, "�");
	assert_true(text.len < 100 * KIB);
}

/* ---- the door ---- */

static void test_door(void **state)
{
	_cleanup_json_ json_t *m = test_model(1), *list = json_array();
	_cleanup_buf_ struct buf out = BUF_INIT(MIB), tiny = BUF_INIT(KIB);
	struct error e = { 0 };

	assert_null(report_format_find(STR("exe")));
	for (size_t i = 0; report_formats[i]; i++)
		assert_ptr_equal(report_format_find(str_c(report_formats[i]->name)), report_formats[i]);
	assert_int_equal(report_render(report_format_find(STR("html")), list, LANG_ZH, &out, &e), -1);
	assert_true(error_is(&e, "report.bad-model"));
	assert_int_equal(report_render(report_format_find(STR("html")), m, LANG_ZH, &tiny, &e), -1);
	assert_true(error_is(&e, "report.too-large"));
	report_file_name(report_format_find(STR("pdf")), m, &out);
	assert_str_c(buf_view(&out), "127.0.0.1-8080-20261122-1500.pdf");
	json_put(m, "target", json_c("https://x/../..\"\r\n"));
	buf_clear(&out);
	report_file_name(report_format_find(STR("docx")), m, &out);
	assert_str_c(buf_view(&out), "x-20261122-1500.docx");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_shape),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_json_is_a_model),
		cmocka_unit_test(test_never_scanned),
		cmocka_unit_test(test_sarif),
		cmocka_unit_test(test_hostile_html),
		cmocka_unit_test(test_html_is_self_contained),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_marks_and_masks),
		cmocka_unit_test(test_same_numbers_everywhere),
		cmocka_unit_test(test_decisions_are_listed),
		cmocka_unit_test(test_clauses),
		cmocka_unit_test(test_mask_moves_the_mark),
		cmocka_unit_test(test_curl),
		cmocka_unit_test(test_long_evidence_keeps_the_proof),
		cmocka_unit_test(test_door),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
