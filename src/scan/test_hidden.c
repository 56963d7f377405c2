/* Inputs that nothing on the site names, forms on numbered pages, quotes behind lead bytes, and
 * serialized objects: each page has a twin that looks alike and gives nothing. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/test_site.h"

#define LESSONS 9

static atomic_uint visits, deleted;

/* What addslashes() leaves of the value, read byte for byte or in GBK: does a quote get out? */
static bool quote_out(const char *v, bool gbk)
{
	char escaped[8192];
	size_t n = 0;
	for (; *v && n + 3 < sizeof(escaped); v++) {
		if (*v == '\'' || *v == '"' || *v == '\\')
			escaped[n++] = '\\';
		escaped[n++] = *v;
	}
	escaped[n] = 0;
	for (size_t i = 0; i < n; i++) {
		if (gbk && (unsigned char)escaped[i] >= 0x81 && i + 1 < n && (unsigned char)escaped[i + 1] >= 0x40)
			i++;
		else if (escaped[i] == '\\')
			i++;
		else if (escaped[i] == '\'')
			return !strstr(escaped + i, "-- ");
	}
	return false;
}

static void news(struct web *w, bool gbk)
{
	char v[4096];
	web_param(w, "id", v, sizeof(v));
	if (quote_out(v, gbk))
		web_text(w, "200 OK", "text/html; charset=gbk", "<p>error</p>");
	else
		web_text(w, "200 OK", "text/html; charset=gbk", strcmp(v, "1") == 0 ? "<p>first</p><p>text</p>" : "<p>no such news</p>");
}

#define JAVA_OBJECT "rO0ABXNyABFqYXZhLmxhbmcuSW50ZWdlcg=="

/* Reads the object, or keeps it and looks at nothing but its being there. */
static void load_java(struct web *w)
{
	char v[4096];
	bool whole = strcmp(web_param(w, "object", v, sizeof(v)), JAVA_OBJECT) == 0;
	web_html(w, whole || web_is(w, "/java-kept") ? "<p>7</p>" : "<pre>java.io.StreamCorruptedException: invalid stream header</pre>");
}

static void lesson(struct web *w, int number)
{
	char v[4096], out[16384];
	bool post = str_eq(w->method, STR("POST"));
	web_param(w, "uname", v, sizeof(v));
	web_html(w, "<title>Lesson %d</title><form method=post><input name=uname></form>%s", number,
		 post && number == LESSONS ? web_escape(v, "", out, sizeof(out)) : post ? "<p>thanks</p>" : "");
}

static void handle(struct web *w)
{
	char v[4096], out[16384];
	int number = 0;
	snprintf(v, sizeof(v), "%.*s", STR_ARG(w->path));
	if (sscanf(v, "/lesson-%d", &number) == 1 && number <= LESSONS) {
		lesson(w, number);
	} else if (web_is(w, "/tool")) {
		web_html(w, "<p>%s</p>", web_has(w, "debug") ? web_escape(web_param(w, "debug", v, sizeof(v)), "", out, sizeof(out)) : "tool");
	} else if (web_is(w, "/item-del") || web_is(w, "/list")) { /* acts on a number; the list's links say so */
		deleted += web_has(w, "id");
		web_html(w, "<p>%s</p>%s", web_has(w, "id") ? "gone" : "items", web_is(w, "/list") ? "<a href='/list?id=4'>删除</a>" : "");
	} else if (web_is(w, "/own-address")) {
		snprintf(v, sizeof(v), "%.*s", (int)w->query.len, w->query.ptr ? w->query.ptr : "");
		web_html(w, "<link rel=canonical href='/own-address?%s'><p>page</p>", web_escape(v, "<>&\"'", out, sizeof(out)));
	} else if (web_is(w, "/visits")) {
		web_html(w, "<p>visitor %u</p>", atomic_fetch_add(&visits, 1));
	} else if (web_is(w, "/plain")) {
		web_html(w, "<p>the same for everyone</p>");
	} else if (web_is(w, "/news-gbk") || web_is(w, "/news-utf8")) {
		news(w, web_is(w, "/news-gbk"));
	} else if (web_is(w, "/java") || web_is(w, "/java-kept")) {
		load_java(w);
	} else if (web_is(w, "/")) {
		struct buf b;
		buf_init(&b, 64 * KIB);
		buf_c(&b, "<a href=/tool>t</a><a href=/own-address>o</a><a href=/visits>v</a><a href=/plain>p</a><a href=/item-del>d</a><a href=/list>l</a>"
			  "<a href='/news-gbk?id=1'>g</a><a href='/news-utf8?id=1'>u</a>"
			  "<a href='/java?object=" JAVA_OBJECT "'>j</a><a href='/java-kept?object=" JAVA_OBJECT "'>k</a>");
		for (int i = 1; i <= LESSONS; i++)
			buf_printf(&b, "<a href=/lesson-%d>%d</a>", i, i);
		web_html(w, "%.*s", (int)b.len, b.ptr);
		buf_free(&b);
	} else {
		web_text(w, "404 Not Found", "text/html", "<p>nothing here</p>");
	}
}

static struct site site;

static void unnamed_parameters_are_found_and_probed(void **state)
{
	const struct str only[] = { STR("hidden-parameter"), STR("xss-reflected") };
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 2 });
	assert_true(site_found(&site, "hidden-parameter", "/tool debug"));
	assert_true(site_found(&site, "xss-reflected", "/tool debug"));
	assert_false(site_found(&site, "hidden-parameter", "/own-address"));
	assert_false(site_found(&site, "hidden-parameter", "/visits"));
	assert_false(site_found(&site, "hidden-parameter", "/plain"));
	assert_int_equal(deleted, 0);
}

static void every_numbered_lesson_is_probed(void **state)
{
	const struct str only[] = { STR("xss-reflected") };
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_true(site_found(&site, "xss-reflected", "/lesson-9 uname"));
	assert_false(site_found(&site, "xss-reflected", "/lesson-8"));
}

static void lead_bytes_free_quotes(void **state)
{
	const struct str only[] = { STR("sqli-error"), STR("sqli-boolean"), STR("sqli-wide-byte") };
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 3 });
	assert_true(site_found(&site, "sqli-wide-byte", "/news-gbk id"));
	assert_false(site_found(&site, "sqli-wide-byte", "/news-utf8"));
	assert_false(site_found(&site, "sqli-boolean", "/news-utf8"));
}

static void objects_that_are_loaded(void **state)
{
	const struct str only[] = { STR("unsafe-deserialization") };
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_int_equal(site_severity(&site, "unsafe-deserialization", "/java object"), SEVERITY_HIGH);
	assert_int_equal(site_severity(&site, "unsafe-deserialization", "/java-kept object"), SEVERITY_INFO);
}

static int set_up(void **state)
{
	site_start(&site, handle);
	return 0;
}

static int tear_down(void **state)
{
	site_stop(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unnamed_parameters_are_found_and_probed),
		cmocka_unit_test(every_numbered_lesson_is_probed),
		cmocka_unit_test(lead_bytes_free_quotes),
		cmocka_unit_test(objects_that_are_loaded),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
