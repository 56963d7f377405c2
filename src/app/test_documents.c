/* What people hand to scans: interface documents read in the real jail by the real job, the
 * platform's list of JavaScript libraries, and who may allow what may do harm. */
#include "app/document.h"
#include "app/jobs.h"
#include "app/jslibs.h"
#include "app/site.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/mem.h"
#include "app/test_world.h"

static int setup(void **state)
{
	_cleanup_json_ json_t *body = in("{\"url\":\"https://www.example.com/\",\"name\":\"官网\"}"), *v = NULL;

	if (world_setup(state) != 0)
		return -1;
	struct world *w = *state;

	ok(app_site_add(&w->c, body, &v, &e));
	w->site = id_of(w, v);
	return 0;
}

/* Uploads and has it read; gives what it came to. */
static json_t *upload(struct world *w, const char *name, struct str text)
{
	_cleanup_buf_ struct buf b = BUF_INIT(8 * MIB);
	_cleanup_json_ json_t *in = json_object(), *v = NULL;
	json_t *out = NULL;

	encode_base64(&b, text);
	json_put(in, "name", json_c(name));
	json_put(in, "file_base64", json_str(buf_view(&b)));
	if (app_document_add(&w->c, w->site, in, &v, &e) < 0)
		return NULL;
	assert_str_c(json_get_str(v, "state"), "checking");
	run_jobs(w);
	assert_ok(app_document_get(&w->c, w->site, json_get_str(v, "id"), &out, &e));
	return out;
}

static void expect_ready(struct world *w, const char *name, const char *text, const char *kind, int requests)
{
	_cleanup_json_ json_t *v = upload(w, name, str_c(text));

	if (!v || !str_eq(json_get_str(v, "state"), STR("ready")))
		fail_msg("%s: %s", name, v ? json_get_str(json_object_get(v, "error"), "detail_en").ptr : e.en);
	assert_str_c(json_get_str(v, "kind"), kind);
	assert_int_equal(json_get_int(v, "requests", -1), requests);
}

static void expect_failed(struct world *w, const char *name, const char *text, const char *code)
{
	_cleanup_json_ json_t *v = upload(w, name, str_c(text));

	assert_non_null(v);
	assert_str_c(json_get_str(v, "state"), "failed");
	assert_str_c(json_get_str(json_object_get(v, "error"), "code"), code);
}

#define ENTRY(method, url, mime)                                                                     \
	"{\"request\":{\"method\":\"" method "\",\"url\":\"" url "\",\"postData\":{\"mimeType\":"      \
	"\"application/json\",\"text\":\"{}\"}},\"response\":{\"content\":{\"mimeType\":\"" mime "\"}}}"

static void test_documents(void **state)
{
	struct world *w = *state;
	_cleanup_json_ json_t *list = NULL;
	const struct str *texts;
	size_t n;

	expect_ready(w, "api.json", "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{}},\"/b\":{\"get\":{},\"post\":{}}}}",
		     "openapi", 3);
	expect_ready(w, "api.yaml", "swagger: '2.0'\npaths:\n  /c:\n    get: {}\n", "openapi", 1);
	expect_ready(w, "postman.json",
		     "{\"info\":{\"schema\":\"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"},"
		     "\"item\":[{\"request\":{\"method\":\"GET\",\"url\":\"/d\"}}]}", "postman", 1);
	/* what is furniture, elsewhere or a log-out is no interface */
	expect_ready(w, "site.har",
		     "{\"log\":{\"entries\":[" ENTRY("POST", "https://www.example.com/e", "application/json") ","
		     ENTRY("GET", "https://www.example.com/x.png", "image/png") ","
		     ENTRY("GET", "https://other.example.org/f", "text/html") ","
		     ENTRY("GET", "https://www.example.com/logout", "text/html") "]}}", "har", 1);
	expect_failed(w, "readme.md", "# 说明\n这不是接口文档", "document.api.unknown");
	expect_failed(w, "broken.json", "{\"openapi\": ", "document.json.bad");
	expect_failed(w, "nothing.json", "{\"openapi\":\"3.0.0\",\"paths\":{}}", "document.api.empty");

	assert_ok(app_document_texts(&w->c, w->site, w->c.now, &texts, &n, &e));
	assert_int_equal(n, 4);
	assert_true(str_has(texts[0], STR("\"/b\"")));
	assert_ok(app_document_texts(&w->c, w->site, w->db->now - 1, &texts, &n, &e)); /* begun before they were there */
	assert_int_equal(n, 0);
	assert_ok(app_document_list(&w->c, w->site, &list, &e));
	assert_int_equal(json_array_size(list), 7);
	assert_ok(app_document_delete(&w->c, w->site, json_get_str(json_array_get(list, 0), "id"), &e));
	assert_ok(app_document_texts(&w->c, w->site, w->c.now, &texts, &n, &e));
	assert_int_equal(n, 3);
}

static void test_bounds(void **state)
{
	struct world *w = *state;
	size_t big = LIMIT_SITE_DOCUMENT_BYTES - 10;
	_cleanup_free_ char *text = mem_alloc(big + 20);
	_cleanup_json_ json_t *first = NULL;

	memset(text, ' ', big + 20);
	memcpy(text, "{\"a\":1}", 7);
	assert_null(upload(w, "big.json", str_make(text, big + 20)));
	assert_code(-1, "document.too-large");
	assert_null(upload(w, "empty.json", STR("  \n")));
	assert_code(-1, "document.empty");
	/* what failed takes no room, what is there does */
	first = upload(w, "most.json", str_make(text, big));
	assert_str_c(json_get_str(first, "state"), "failed");
	for (int i = 1; i < LIMIT_SITE_DOCUMENTS; i++)
		expect_ready(w, "api.json", "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{}}}}", "openapi", 1);
	assert_null(upload(w, "one-more.json", STR("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{}}}}")));
	assert_code(-1, "document.exceeded");
}

/* ---- settings ---- */

static int change(struct world *w, const char *settings)
{
	_cleanup_json_ json_t *s = json_parse(str_c(settings), &e), *in = json_object(), *v = NULL;

	assert_non_null(s);
	json_object_set(in, "settings", s);
	return app_site_change(&w->c, w->site, in, &v, &e);
}

static void options_of(struct world *w, struct scan_options *o)
{
	struct store_site s;

	assert_ok(app_site_load(&w->c, w->site, &s, &e));
	assert_ok(app_site_options(&w->c, &s, o, &e));
}

static void test_settings(void **state)
{
	struct world *w = *state;
	struct scan_options o;
	_cleanup_json_ json_t *shown = NULL;

	assert_ok(change(w, "{\"concurrency\":4,\"max_depth\":7,\"user_agent\":\"检查/1.0\",\"skip_checks\":[\"sqli-time\"],"
			    "\"second_cookie\":\"sid=2\",\"second_headers\":[{\"name\":\"X-User\",\"value\":\"two\"}],\"oob\":false}"));
	options_of(w, &o);
	assert_int_equal(o.concurrency, 4);
	assert_int_equal(o.max_depth, 7);
	assert_str_c(o.user_agent, "检查/1.0");
	assert_str_c(o.skip_checks[0], "sqli-time");
	assert_str_c(o.second.cookie, "sid=2");
	assert_str_c(o.second.headers[0].value, "two");
	assert_false(o.intrusive);
	/* secrets of the second account are shown to nobody and kept by "***" */
	assert_ok(app_site_get(&w->c, w->site, &shown, &e));
	assert_str_c(json_get_str(json_object_get(shown, "settings"), "second_cookie"), "***");
	assert_ok(change(w, "{\"second_cookie\":\"***\",\"second_headers\":[{\"name\":\"X-User\",\"value\":\"***\"}]}"));
	options_of(w, &o);
	assert_str_c(o.second.cookie, "sid=2");
	assert_str_c(o.second.headers[0].value, "two");
	assert_code(change(w, "{\"skip_checks\":[\"no-such-check\"]}"), "site.unknown-check");
	assert_code(change(w, "{\"user_agent\":\"a\\nb\"}"), "site.bad-header");
}

/* An operator may keep or take away what an administrator allowed, not allow it. */
static void test_risky(void **state)
{
	struct world *w = *state;
	struct scan_options o;
	uint64_t all = w->actor.permissions;

	w->actor.permissions = app_role_permissions(ROLE_OPERATOR);
	assert_code(change(w, "{\"intrusive\":true}"), "scan.intrusive-forbidden");
	assert_code(change(w, "{\"try_logins\":true}"), "scan.intrusive-forbidden");
	w->actor.permissions = all;
	assert_ok(change(w, "{\"intrusive\":true,\"try_logins\":true}"));
	w->actor.permissions = app_role_permissions(ROLE_OPERATOR);
	assert_ok(change(w, "{\"intrusive\":true,\"try_logins\":false}"));
	options_of(w, &o);
	assert_true(o.intrusive);
	assert_false(o.try_logins);
}

/* ---- JavaScript libraries ---- */

static int put_libraries(struct world *w, const char *text)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	_cleanup_json_ json_t *in = json_object(), *v = NULL;

	encode_base64(&b, str_c(text));
	json_put(in, "name", json_c("jsrepository.json"));
	json_put(in, "file_base64", json_str(buf_view(&b)));
	return app_jslibs_put(&w->c, in, &v, &e);
}

static void test_libraries(void **state)
{
	struct world *w = *state;
	_cleanup_json_ json_t *v = NULL, *again = NULL;
	struct str text;

	assert_code(app_jslibs_view(&w->c, &v, &e), "auth.forbidden");
	w->actor.permissions |= app_role_permissions(ROLE_PLATFORM_ADMIN);
	assert_ok(app_jslibs_view(&w->c, &v, &e));
	assert_true(json_is_null(json_object_get(v, "name")));
	assert_true(json_get_int(v, "builtin", 0) > 0);
	assert_code(put_libraries(w, "[1,2]"), "jslib.bad");
	assert_ok(put_libraries(w, "{\"zw-demo\":{\"vulnerabilities\":[{\"below\":\"2.0\",\"severity\":\"high\",\"identifiers\":{\"CVE\":[\"CVE-2020-1\"]}}],"
				   "\"extractors\":{\"uri\":[\"zw-demo-(§§version§§)\"]}}}"));
	assert_ok(app_jslibs_text(&w->c, &text, &e));
	assert_true(str_has(text, STR("zw-demo")));
	assert_ok(app_jslibs_view(&w->c, &again, &e));
	assert_int_equal(json_get_int(again, "libraries", 0), json_get_int(again, "builtin", 0) + 1);
	assert_ok(app_jslibs_delete(&w->c, &e));
	assert_ok(app_jslibs_text(&w->c, &text, &e));
	assert_int_equal(text.len, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_documents, setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_risky, setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_libraries, setup, world_teardown),
	};

	return world_run("documents", app_jail_kinds, tests);
}
