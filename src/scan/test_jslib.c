/* Vulnerable libraries: the starter set is whole, an operator's file in the format of retire.js
 * goes before it, versions compare as people mean them. */
#include "base/test.h"
#include "scan/jslib.h"

static void versions(void **state)
{
	static const struct {
		const char *a, *b;
		int want;
	} cases[] = { { "1.2.3", "1.2.3", 0 },	 { "1.2", "1.2.0", 0 },	      { "1.10.0", "1.9.9", 1 },	  { "3.0.0-rc1", "3.0.0", -1 },
		      { "3.0.0-beta1", "3.0.0-beta2", -1 }, { "1.6.0.2", "1.6.0", 1 }, { "2", "10", -1 }, { "", "1", -1 } };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int c = jslib_version_cmp(str_c(cases[i].a), str_c(cases[i].b));
		assert_int_equal((c > 0) - (c < 0), cases[i].want);
	}
}

static void found(struct jslib *l, const char *url, const char *name, const char *version)
{
	struct jslib_hit h[4];
	size_t n = jslib_in_url(l, str_c(url), h, 4);
	if (!name) {
		if (n)
			fail_msg("%s: %.*s %.*s", url, STR_ARG(h[0].name), STR_ARG(h[0].version));
		return;
	}
	if (n != 1 || !str_eq(h[0].name, str_c(name)) || !str_eq(h[0].version, str_c(version)))
		fail_msg("%s: %zu hits, %.*s %.*s", url, n, n ? (int)h[0].name.len : 0, n ? h[0].name.ptr : "",
			 n ? (int)h[0].version.len : 0, n ? h[0].version.ptr : "");
}

static void the_starter_set(void **state)
{
	struct jslib *l = jslib_new(STR(""), NULL);
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);
	struct jslib_hit h[4];
	struct jslib_verdict v;
	assert_true(jslib_count(l) >= 35);
	assert_int_equal(jslib_dropped(l), 0);
	found(l, "https://cdn.test/ajax/libs/jquery/1.12.4/jquery.min.js", "jquery", "1.12.4");
	found(l, "https://cdn.test/npm/jquery@3.4.1/dist/jquery.min.js", "jquery", "3.4.1");
	found(l, "http://s.test/js/jquery-3.4.1.min.js", "jquery", "3.4.1");
	found(l, "http://s.test/js/bootstrap-3.3.7.js", "bootstrap", "3.3.7");
	found(l, "http://s.test/angular@1.5.8/angular.min.js", "angularjs", "1.5.8");
	/* named alike, or the application's own version */
	found(l, "http://s.test/js/jquery.cookie-1.4.1.js", NULL, NULL);
	found(l, "http://s.test/2.1.0/js/jquery.min.js", NULL, NULL);
	found(l, "http://s.test/js/bootstrap-datepicker-1.9.0.js", NULL, NULL);
	found(l, "http://s.test/themes/x/js/lodash.min.js?ver=1.0", NULL, NULL);
	assert_int_equal(jslib_in_text(l, STR("/*! jQuery v3.3.1 | (c) JS Foundation */ (function(){})"), h, 4), 1);
	assert_true(jslib_judge(l, a, &h[0], &v));
	assert_true(str_has(v.ids, STR("CVE-2020-11022")) && str_eq(v.fixed, STR("3.5.0")));
	assert_int_equal(v.severity, SEVERITY_MEDIUM);
	h[0].version = STR("3.5.0");
	assert_false(jslib_judge(l, a, &h[0], &v));
	assert_int_equal(jslib_in_text(l, STR("// see jQuery v1.2 docs"), h, 4), 0);
	/* every Lodash names the Underscore.js that it was made from */
	assert_int_equal(jslib_in_text(l, STR("/* Lodash lodash.com/license | Underscore.js 1.8.3 underscorejs.org/LICENSE */"), h, 4), 0);
	assert_int_equal(jslib_in_text(l, STR("//     Underscore.js 1.8.3\n//     http://underscorejs.org"), h, 4), 1);
	jslib_free(l);
}

static void an_operators_file(void **state)
{
	struct error e = { 0 };
	struct jslib *l = jslib_new(STR("{\"jquery\":{\"vulnerabilities\":[{\"below\":\"4.0.0\",\"severity\":\"critical\",\"identifiers\":{\"CVE\":[\"CVE-2099-1\"],"
					"\"summary\":\"x\"},\"info\":[]}],\"extractors\":{\"filename\":[\"jquery-(§§version§§)(.min)?\\\\.js\"],\"func\":[\"jQuery.fn.jquery\"]}},"
					"\"mine\":{\"vulnerabilities\":[{\"atOrAbove\":\"1.0\",\"below\":\"2.0\",\"excludes\":[\"1.5\"],\"severity\":\"low\",\"identifiers\":{}}],"
					"\"extractors\":{\"filecontent\":[\"/\\\\* mine v(§§version§§)\",\"(\"],\"hashes\":{\"a9993e364706816aba3e25717850c26c9cd0d89d\":\"1.1\"}}},"
					"\"dont check\":{\"extractors\":{\"uri\":[\"^http[s]?://(ssl|www).google-analytics.com/ga.js\"]}}}"), &e);
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);
	struct jslib_hit h[4];
	struct jslib_verdict v;
	assert_non_null(l);
	assert_int_equal(jslib_dropped(l), 1);
	assert_int_equal(jslib_in_url(l, STR("http://s.test/jquery-3.7.1.min.js"), h, 4), 1);
	assert_true(jslib_judge(l, a, &h[0], &v) && str_eq(v.ids, STR("CVE-2099-1")) && v.severity == SEVERITY_CRITICAL);
	assert_int_equal(jslib_in_text(l, STR("/* mine v1.5 */"), h, 4), 1);
	assert_false(jslib_judge(l, a, &h[0], &v));
	assert_int_equal(jslib_in_text(l, STR("abc"), h, 4), 1);
	assert_true(str_eq(h[0].name, STR("mine")) && jslib_judge(l, a, &h[0], &v) && v.severity == SEVERITY_LOW);
	jslib_free(l);
	assert_null(jslib_new(STR("[1]"), &e));
	assert_string_equal(e.code, "jslib.bad");
	assert_null(jslib_new(STR("{"), &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(versions), cmocka_unit_test(the_starter_set), cmocka_unit_test(an_operators_file) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
