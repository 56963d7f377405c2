/* Sites, proofs, scans, findings, monitoring and notification as their users meet
 * them: use cases called with an actor, jobs run by hand, a website and receivers on
 * loopback, the engine and the fetch in their real jail; on both databases. */
#include <stdatomic.h>
#include <unistd.h>

#include "app/finding.h"
#include "app/jobs.h"
#include "app/logintest.h"
#include "app/message.h"
#include "app/monitor.h"
#include "app/notify.h"
#include "app/outgoing.h"
#include "app/pack.h"
#include "app/reports.h"
#include "app/scans.h"
#include "app/settings.h"
#include "app/site.h"
#include "app/verify.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/mem.h"
#include "job/schedule.h"
#include "net/http.h"
#include "net/test_server.h"
#include "scan/jail.h"
#include "store/setting.h"
#include "store/tenant.h"
#include "store/test_db.h"

static struct error e;
static struct os_spawner *spawner;

/* A website with a home page, a page that leaks or does not, and a token file. */
struct website {
	char token_path[200], token[100];
	bool catch_all, redirect, huge, leak, comment, tag, nacos;
	atomic_uint requests;
	void (*on_request)(struct website *w, unsigned n);
	void *user;
};

struct world {
	struct test_db *db;
	struct app app;
	struct app_actor actor;
	struct app_call c;
	struct clock_fake clock;
	struct website site;
	struct test_server *server;
	char url[64];
};

static void page(struct test_conn *c, int status, const char *type, const char *body)
{
	test_writef(c,
		    "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		    "X-Content-Type-Options: nosniff\r\n\r\n%s",
		    status, type, strlen(body), body);
}

static void members(struct test_conn *c, const char *path)
{
	struct str q = buf_view(&c->request);

	if (strcmp(path, "/login") == 0 && str_starts(q, STR("POST")) && str_has(q, STR("pw=Right%2B1")))
		test_writef(c, "HTTP/1.1 302 X\r\nLocation: /member\r\nSet-Cookie: sid=good; Path=/\r\n"
			       "Content-Length: 0\r\n\r\n");
	else if (strcmp(path, "/login") == 0)
		page(c, 200, "text/html; charset=utf-8",
		     str_starts(q, STR("POST")) ?
			     "<title>登录</title><p>密码错误</p><form action=/login method=post><input name=u><input type=password name=pw></form>" :
			     "<title>登录</title><form action=/login method=post><input name=u><input type=password name=pw></form>");
	else if (str_has(q, STR("sid=good")))
		page(c, 200, "text/html; charset=utf-8", "<title>会员中心</title><a href=/logout>退出登录</a>");
	else
		test_writef(c, "HTTP/1.1 302 X\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n");
}

static void answer(struct test_conn *c, struct website *w, const char *path)
{
	char body[4096];

	if (strcmp(path, "/login") == 0 || strcmp(path, "/member") == 0) {
		members(c, path);
		return;
	}
	if (w->redirect && strstr(path, "zhanwei-verify")) {
		test_writef(c, "HTTP/1.1 302 X\r\nLocation: http://localhost.example/\r\n"
			       "Content-Length: 0\r\n\r\n");
	} else if (w->token[0] && (strcmp(path, w->token_path) == 0 ||
				   (w->catch_all && strstr(path, "zhanwei-verify")))) {
		snprintf(body, sizeof(body), "%s\n", w->token);
		if (w->huge)
			snprintf(body, sizeof(body), "%s%*s", w->token, 2000, "x");
		page(c, 200, "text/plain", body);
	} else if (strcmp(path, "/") == 0) {
		char tag[200] = "";

		if (w->tag || w->comment)
			snprintf(tag, sizeof(tag), "%s<meta name=\"zhanwei-site-verification\" content=\"%s\">%s",
				 w->comment ? "<!--" : "", w->token, w->comment ? "-->" : "");
		snprintf(body, sizeof(body),
			 "<!doctype html><html><head><meta charset=utf-8><title>云梦</title>%s</head>"
			 "<body><a href=\"/a\">a</a><a href=\"/b\">b</a></body></html>",
			 tag);
		page(c, 200, "text/html; charset=utf-8", body);
	} else if (w->nacos && strcmp(path, "/nacos/v1/auth/users?pageNo=1&pageSize=1") == 0) {
		page(c, 200, "application/json;charset=UTF-8",
		     "{\"totalCount\":1,\"pageNumber\":1,\"pageItems\":[{\"username\":\"nacos\","
		     "\"password\":\"$2a$10$abcdefghijklmnopqrstuv\"}]}");
	} else if (strcmp(path, "/a") == 0 || strcmp(path, "/b") == 0) {
		page(c, 200, "text/html; charset=utf-8",
		     w->leak && path[1] == 'a' ? "<title>a</title><p>身份证 11010519740817304X</p>" :
						 "<title>b</title><p>没有什么</p>");
	} else {
		page(c, 404, "text/html; charset=utf-8", "<title>404</title>没有");
	}
}

static void handle(struct test_conn *c)
{
	struct website *w = c->ctx;

	while (test_read_request(c)) {
		char path[400] = "";

		sscanf(c->request.ptr, "%*s %399s", path);
		unsigned n = atomic_fetch_add(&w->requests, 1) + 1;

		if (w->on_request)
			w->on_request(w, n);
		answer(c, w, path);
	}
}

static void set_settings(struct world *w, const char *json)
{
	assert_ok(store_setting_put(w->db->conn, STR("platform"), str_c(json), w->db->now, &e));
}

static int setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	void *db = NULL;

	if (test_db_setup(&db) != 0)
		return -1;
	w->db = db;
	clock_fake_init(&w->clock, w->db->now);
	assert_ok(app_init(&w->app, w->db->store, &w->clock.base, str_c(w->db->dir), STR("test"), &e));
	w->app.spawner = spawner;
	struct store_tenant t = { .id = STR("01testtenant0000000000000a"), .name = STR("云梦科技"),
				  .kind = STR("company"), .edition = STR("standard"),
				  .timezone = STR("Asia/Shanghai"), .state = STR("active"),
				  .created = w->db->now, .updated = w->db->now };
	assert_ok(store_tenant_add(w->db->conn, &t, &e));
	app_actor_system(&w->actor, APP_VIA_SESSION, STR("01testtenant0000000000000a"));
	w->actor.user_id = STR("01testuser00000000000000aa");
	w->actor.user_name = STR("管理员");
	w->c = (struct app_call){ .app = &w->app, .actor = &w->actor, .db = w->db->conn,
				  .arena = arena_new(64 * MIB), .now = w->db->now };
	w->site.leak = true;
	w->server = test_server_start(handle, &w->site, NULL);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/", test_server_port(w->server));
	set_settings(w, "{\"private_ranges\":[\"127.0.0.0/8\"]}");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *db = w->db;

	test_server_stop(w->server);
	arena_free(w->c.arena);
	app_free(&w->app);
	test_db_teardown(&db);
	free(w);
	return 0;
}

/* Jobs see the clock through the worker's; it stands still unless moved. */
static void run_jobs(struct world *w)
{
	struct job_worker_config config = { .store = w->db->store, .clock = &w->clock.base,
					    .kinds = app_job_kinds, .app = &w->app };
	int r, n = 0;

	while ((r = job_run_one(&config, &e)) > 0 && ++n < 50)
		w->c.now = w->clock.now_ms += 10;
	if (r < 0)
		print_error("%s: %s\n", e.code, e.en);
	assert_true(r == 0);
}

__attribute__((format(printf, 1, 2))) static json_t *in(const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	json_t *v = json_parse(buf_view(&b), &e);
	if (!v)
		print_error("%s\n", e.en);
	assert_non_null(v);
	return v;
}

static struct str id_of(struct world *w, const json_t *v)
{
	return arena_str(w->c.arena, json_get_str(v, "id"));
}

static void assert_code(int r, const char *code)
{
	if (r >= 0 || strcmp(e.code, code) != 0)
		print_error("r %d code %s (%s)\n", r, e.code, e.en);
	assert_true(r < 0);
	assert_string_equal(e.code, code);
	error_clear(&e);
}

static void ok(int r)
{
	if (r < 0)
		print_error("%s: %s\n", e.code, e.en);
	assert_true(r >= 0);
}

static struct str add_site(struct world *w)
{
	_cleanup_json_ json_t *body = in("{\"url\":\"%s\",\"name\":\"云梦官网\"}", w->url);
	_cleanup_json_ json_t *v = NULL;

	ok(app_site_add(&w->c, body, &v, &e));
	return id_of(w, v);
}

static json_t *start_proof(struct world *w, struct str site, const char *method)
{
	json_t *v;

	ok(app_verify_start(&w->c, site, str_c(method), &v, &e));
	snprintf(w->site.token, sizeof(w->site.token), "%s",
		 json_string_value(json_object_get(v, "token")));
	snprintf(w->site.token_path, sizeof(w->site.token_path), "%s",
		 json_string_value(json_object_get(json_object_get(v, "instructions"), "file_path")));
	return v;
}

static struct str check_proof(struct world *w, struct str site, const json_t *proof)
{
	_cleanup_json_ json_t *v = NULL;
	const json_t *first;

	ok(app_verify_check(&w->c, site, json_get_str(proof, "id"), &v, &e));
	first = json_array_get(json_object_get(v, "attempts"), 0);
	return arena_str(w->c.arena, json_get_str(first, "code"));
}

static struct str verified_site(struct world *w)
{
	struct str site = add_site(w);
	_cleanup_json_ json_t *proof = start_proof(w, site, "file");

	assert_str_c(check_proof(w, site, proof), "ok");
	return site;
}

/* ---- sites ---- */

static void test_site_rules(void **state)
{
	struct world *w = *state;
	static const char *const refused[][2] = {
		{ "ftp://a.example/", "url.scheme" },
		{ "http://u:p@a.example/", "url.userinfo" },
		{ "http://169.254.169.254/", "policy.metadata" },
		{ "http://0.0.0.0/", "policy.unspecified" },
	};
	struct str site = add_site(w);
	json_t *v;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_json_ json_t *body = in("{\"url\":\"%s\"}", refused[i][0]);
		assert_code(app_site_add(&w->c, body, &v, &e), refused[i][1]);
	}
	_cleanup_json_ json_t *again = in("{\"url\":\"%s?x=1\"}", w->url);
	assert_code(app_site_add(&w->c, again, &v, &e), "site.exists");
	_cleanup_json_ json_t *bad = in("{\"settings\":{\"excludes\":[\"(\"]}}");
	ok(-(app_site_change(&w->c, site, bad, &v, &e) == 0));
	assert_string_equal(e.field, "settings.excludes");

	_cleanup_json_ json_t *secret = in("{\"settings\":{\"headers\":[{\"name\":\"X-Key\",\"value\":"
					   "\"hush\"}],\"cookie\":\"a=b\",\"rate\":7}}");
	ok(app_site_change(&w->c, site, secret, &v, &e));
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	json_write(&text, v);
	assert_false(str_has(buf_view(&text), STR("hush")));
	assert_false(str_has(buf_view(&text), STR("a=b")));
	json_decref(v);
	_cleanup_json_ json_t *kept = in("{\"settings\":{\"headers\":[{\"name\":\"X-Key\",\"value\":"
					 "\"***\"},{\"name\":\"X-B\",\"value\":\"2\"}],\"cookie\":\"***\"}}");
	ok(app_site_change(&w->c, site, kept, &v, &e));
	json_decref(v);
	struct store_site row;
	struct scan_options o;
	ok(app_site_load(&w->c, site, &row, &e));
	assert_false(str_has(row.settings, STR("hush")));
	ok(app_site_options(&w->c, &row, &o, &e));
	assert_int_equal(o.headers_len, 2);
	assert_str_c(o.headers[0].value, "hush");
	assert_str_c(o.cookie, "a=b");
	assert_int_equal(o.rate, 7);
}

/* Passwords and scripts of log-ins go in, are used by scans, and never come out again. */
static void test_logins_are_write_only(void **state)
{
	struct world *w = *state;
	struct str site = add_site(w);
	json_t *v;
	_cleanup_json_ json_t *login = in("{\"settings\":{\"browser\":\"on\",\"login\":{\"kind\":\"form\",\"user\":\"ann\","
					  "\"password\":\"hush1\",\"url\":\"/login\"},\"second_login\":{\"kind\":\"script\","
					  "\"script\":\"goto /hush2\"}}}");
	ok(app_site_change(&w->c, site, login, &v, &e));
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	json_write(&text, v);
	json_decref(v);
	assert_false(str_has(buf_view(&text), STR("hush")));
	assert_true(str_has(buf_view(&text), STR("\"user\":\"ann\"")));
	_cleanup_json_ json_t *kept = in("{\"settings\":{\"login\":{\"kind\":\"form\",\"user\":\"bob\",\"password\":\"***\"}}}");
	ok(app_site_change(&w->c, site, kept, &v, &e));
	json_decref(v);
	struct store_site row;
	struct scan_options o;
	ok(app_site_load(&w->c, site, &row, &e));
	assert_false(str_has(row.settings, STR("hush")) || str_has(row.secrets, STR("hush")));
	ok(app_site_options(&w->c, &row, &o, &e));
	assert_int_equal(o.browser, SCAN_BROWSER_ON);
	assert_str_c(o.login.user, "bob");
	assert_str_c(o.login.password, "hush1");
	assert_int_equal(o.second.login.kind, SCAN_LOGIN_SCRIPT);
	assert_str_c(o.second.login.script, "goto /hush2");
	_cleanup_json_ json_t *bad = in("{\"settings\":{\"login\":{\"kind\":\"script\",\"script\":\"jump\"}}}");
	assert_int_equal(app_site_change(&w->c, site, bad, &v, &e), -1);
	assert_string_equal(e.field, "settings.login.script");
	_cleanup_json_ json_t *none = in("{\"settings\":{\"login\":null,\"second_login\":null}}");
	ok(app_site_change(&w->c, site, none, &v, &e));
	json_decref(v);
	ok(app_site_load(&w->c, site, &row, &e));
	ok(app_site_options(&w->c, &row, &o, &e));
	assert_int_equal(o.login.kind, SCAN_LOGIN_NONE);
}

/* Saves that log-in, tries it, and gives the answer: bool ok, sentences, and no secret. */
static json_t *try_login(struct world *w, struct str site, const char *settings, const char *account)
{
	_cleanup_json_ json_t *body = in("{\"settings\":%s}", settings);
	_cleanup_json_ json_t *started = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	json_t *v = NULL;

	ok(app_site_change(&w->c, site, body, &v, &e));
	json_decref(v);
	ok(app_logintest_start(&w->c, site, str_c(account), &started, &e));
	assert_true(json_is_null(json_object_get(started, "ok")));
	run_jobs(w);
	ok(app_logintest_get(&w->c, site, json_get_str(started, "id"), &v, &e));
	json_write(&text, v);
	assert_false(str_has(buf_view(&text), STR("Right")) || str_has(buf_view(&text), STR("Wr0ng")));
	return v;
}

static void assert_says(const json_t *v, bool good, const char *code, const char *zh, const char *en)
{
	if (json_get_bool(v, "ok", !good) != good || !str_eq(json_get_str(v, "code"), str_c(code)) ||
	    !str_has(json_get_str(v, "message"), str_c(zh)) || !str_has(json_get_str(v, "message_en"), str_c(en)))
		fail_msg("%s", json_dumps(v, 0));
}

static void test_login_is_tried(void **state)
{
	struct world *w = *state;
	struct str site = add_site(w);
	json_t *v;

	assert_code(app_logintest_start(&w->c, site, STR(""), &v, &e), "site.not-verified");
	_cleanup_json_ json_t *proof = start_proof(w, site, "file");
	assert_str_c(check_proof(w, site, proof), "ok");
	assert_code(app_logintest_start(&w->c, site, STR(""), &v, &e), "login.none");
	assert_code(app_logintest_get(&w->c, site, STR("01arz3ndektsv4rrffq69g5fav"), &v, &e), "login-test.not-found");
	_cleanup_json_ json_t *right = try_login(
		w, site, "{\"login\":{\"kind\":\"form\",\"user\":\"ann\",\"password\":\"Right+1\",\"url\":\"/login\"}}", "first");
	assert_says(right, true, "", "有退出登录链接", "/member, status 200");
	_cleanup_json_ json_t *wrong = try_login(
		w, site, "{\"second_login\":{\"kind\":\"form\",\"user\":\"ann\",\"password\":\"Wr0ng\",\"url\":\"/login\"}}", "second");
	assert_says(wrong, false, "login.refused-words", "用户名或密码不正确", "/login, status 200");
	_cleanup_json_ json_t *script = try_login(w, site, "{\"login\":{\"kind\":\"script\",\"user\":\"ann\",\"password\":\"Right+1\","
		"\"script\":\"goto /login\\nfill [name=pw] ${password}\\nenter [name=pw]\\nexpect text 退出登录\"}}", "first");
	assert_says(script, true, "", "登录成功", "a log-out link");
	_cleanup_json_ json_t *cookie = try_login(w, site, "{\"login\":null,\"cookie\":\"sid=Wr0ng\"}", "first");
	assert_says(cookie, false, "login.same-page", "无法确认", "the same with and without");
}

static void test_quota_and_tenants(void **state)
{
	struct world *w = *state;
	struct str site = add_site(w);
	struct app_actor other = w->actor;
	json_t *v;

	for (int i = 0; i < 5; i++) {
		_cleanup_json_ json_t *body = in("{\"url\":\"https://s%d.example.com/\"}", i);
		if (i < 4) {
			ok(app_site_add(&w->c, body, &v, &e));
			json_decref(v);
		} else {
			assert_code(app_site_add(&w->c, body, &v, &e), "quota.exceeded");
		}
	}
	other.tenant_id = STR("01testtenant0000000000000b");
	w->c.actor = &other;
	assert_code(app_site_get(&w->c, site, &v, &e), "site.not-found");
	assert_code(app_verify_start(&w->c, site, STR("file"), &v, &e), "site.not-found");
	assert_code(app_site_delete(&w->c, site, STR("理由充分得很"), &v, &e), "site.not-found");
	w->c.actor = &w->actor;
	ok(app_site_delete(&w->c, site, STR("这个网站已经下线不用了"), &v, &e));
	assert_null(v);
	assert_code(app_site_get(&w->c, site, &v, &e), "site.not-found");
}

/* ---- proofs ---- */

static void test_proofs(void **state)
{
	struct world *w = *state;
	struct str site = add_site(w);
	_cleanup_json_ json_t *body = in("{\"mode\":\"quick\"}");
	json_t *v;

	assert_code(app_scan_start(&w->c, site, body, &v, &e), "site.not-verified");
	_cleanup_json_ json_t *proof = start_proof(w, site, "file");
	assert_true(json_get_str(proof, "token").len >= 32); /* 160 bits in base32 */
	char token[100];
	snprintf(token, sizeof(token), "%s", w->site.token);

	w->site.token[0] = 0;
	assert_str_c(check_proof(w, site, proof), "verify.status");
	snprintf(w->site.token, sizeof(w->site.token), "someoneelsestoken");
	assert_str_c(check_proof(w, site, proof), "verify.mismatch");
	snprintf(w->site.token, sizeof(w->site.token), "%s", token);
	w->site.huge = true;
	assert_str_c(check_proof(w, site, proof), "verify.too-big");
	w->site.huge = false;
	w->site.catch_all = true;
	assert_str_c(check_proof(w, site, proof), "verify.catch-all");
	w->site.catch_all = false;
	w->site.redirect = true;
	assert_str_c(check_proof(w, site, proof), "verify.redirect-foreign");
	w->site.redirect = false;
	set_settings(w, "{}");
	assert_str_c(check_proof(w, site, proof), "policy.loopback");
	set_settings(w, "{\"private_ranges\":[\"127.0.0.0/8\"]}");
	ok(app_site_get(&w->c, site, &v, &e));
	assert_str_c(json_get_str(v, "verify_state"), "unverified");
	json_decref(v);
	assert_str_c(check_proof(w, site, proof), "ok");

	_cleanup_json_ json_t *meta = start_proof(w, site, "meta");
	assert_str_c(check_proof(w, site, meta), "verify.no-tag");
	w->site.comment = true;
	assert_str_c(check_proof(w, site, meta), "verify.no-tag");
	w->site.comment = false;
	w->site.tag = true;
	assert_str_c(check_proof(w, site, meta), "ok");

	_cleanup_json_ json_t *dns = start_proof(w, site, "dns");
	assert_str_c(check_proof(w, site, dns), "verify.no-domain"); /* an address */

	/* Another domain in the same slot must be proved anew. */
	_cleanup_json_ json_t *moved = in("{\"url\":\"https://new.example.com/\"}");
	ok(app_site_change(&w->c, site, moved, &v, &e));
	assert_str_c(json_get_str(v, "verify_state"), "unverified");
	assert_int_equal(json_array_size(json_object_get(v, "domains")), 1);
	json_decref(v);
}

static void test_proof_expires(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	struct error why = { 0 };
	bool holds;
	json_t *v;

	w->site.token[0] = 0;
	for (int day = 1; day <= 3; day++) {
		w->c.now = w->clock.now_ms += 25 * 3600 * 1000;
		ok(app_verify_again(&w->c, site, true, &holds, &why, &e));
		assert_false(holds);
		ok(app_site_get(&w->c, site, &v, &e));
		assert_str_c(json_get_str(v, "verify_state"), day < 3 ? "verified" : "expired");
		json_decref(v);
	}
	_cleanup_json_ json_t *body = in("{}");
	assert_code(app_scan_start(&w->c, site, body, &v, &e), "site.not-verified");
	ok(app_site_summary(&w->c, &v, &e));
	assert_int_equal(json_get_int(v, "expired", -1), 1);
	json_decref(v);
}

/* ---- scans and findings ---- */

static struct str start_scan(struct world *w, struct str site)
{
	_cleanup_json_ json_t *body = in("{\"mode\":\"standard\"}");
	json_t *v;

	ok(app_scan_start(&w->c, site, body, &v, &e));
	struct str id = id_of(w, v);
	json_decref(v);
	return id;
}

static json_t *scan(struct world *w, struct str id)
{
	json_t *v;

	ok(app_scan_get(&w->c, id, &v, &e));
	return v;
}

static json_t *finished_scan(struct world *w, struct str site)
{
	struct str id = start_scan(w, site);
	json_t *v;

	run_jobs(w);
	v = scan(w, id);
	if (!str_eq(json_get_str(v, "state"), STR("done"))) {
		char *text = json_dumps(v, 0);
		print_error("%s\n", text);
		free(text);
	}
	assert_str_c(json_get_str(v, "state"), "done");
	return v;
}

/* The finding on /a, whatever its state. */
static json_t *leak(struct world *w)
{
	struct store_finding_filter f = { .check = STR("idcard-exposed") };
	struct store_page p = { .limit = 10 };
	_cleanup_json_ json_t *items = NULL;
	json_t *v;

	ok(app_finding_list(&w->c, &f, &p, &items, &e));
	assert_int_equal(json_array_size(items), 1);
	ok(app_finding_get(&w->c, json_get_str(json_array_get(items, 0), "id"), &v, &e));
	return v;
}

static int64_t site_score(struct world *w, struct str site)
{
	struct store_site s;

	ok(app_site_load(&w->c, site, &s, &e));
	return s.score;
}

static void test_scan_and_decisions(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *one = finished_scan(w, site);
	_cleanup_json_ json_t *f = leak(w);
	struct str id = id_of(w, f);
	int64_t score = site_score(w, site);
	json_t *v;

	assert_true(json_get_bool(one, "complete", false));
	assert_true(json_number_value(json_object_get(one, "progress")) == 100.0);
	assert_int_equal(json_get_int(one, "score", -1), score);
	assert_true(score >= 0 && score < 100);
	assert_str_c(json_get_str(f, "state"), "open");
	const json_t *ev = json_object_get(f, "evidence");
	struct str response = json_get_str(ev, "response");
	int64_t at = json_get_int(ev, "proof_start", -1), len = json_get_int(ev, "proof_len", 0);
	assert_true(at > 0 && len > 0);
	assert_str(str_sub(response, (size_t)at, (size_t)(at + len)), json_get_str(ev, "proof"));
	assert_false(str_has(response, STR("11010519740817304X"))); /* masked */

	/* 误报 outlives a re-scan and the score follows. */
	_cleanup_json_ json_t *fp = in("{\"decision\":\"false_positive\",\"reason\":\"测试数据\"}");
	ok(app_finding_decide(&w->c, id, fp, &v, &e));
	json_decref(v);
	int64_t better = site_score(w, site);
	assert_true(better > score);
	_cleanup_json_ json_t *two = finished_scan(w, site);
	_cleanup_json_ json_t *still = leak(w);
	assert_str_c(json_get_str(still, "state"), "false_positive");
	assert_int_equal(json_get_int(two, "score", -1), better);

	/* When the decision runs out the finding is open again. */
	w->c.now = w->clock.now_ms += 400LL * 24 * 3600 * 1000;
	assert_int_equal(app_finding_expire(&w->c, &e), 1);
	_cleanup_json_ json_t *open = leak(w);
	assert_str_c(json_get_str(open, "state"), "open");
	assert_int_equal(site_score(w, site), score);

	/* Retest: fixed, without being a scan of the site. */
	w->site.leak = false;
	ok(app_finding_retest(&w->c, id, &v, &e));
	json_decref(v);
	run_jobs(w);
	_cleanup_json_ json_t *fixed = leak(w);
	assert_str_c(json_get_str(fixed, "state"), "fixed");
	assert_int_equal(site_score(w, site), score);

	/* And back again. */
	w->site.leak = true;
	json_decref(finished_scan(w, site));
	_cleanup_json_ json_t *back = leak(w);
	assert_str_c(json_get_str(back, "state"), "open");
	assert_true(json_get_bool(back, "reappeared", false));
	w->site.leak = false;
	_cleanup_json_ json_t *four = finished_scan(w, site);
	_cleanup_json_ json_t *gone = leak(w);
	assert_str_c(json_get_str(gone, "state"), "fixed");
	ok(app_scan_compare(&w->c, json_get_str(four, "id"), STR_NULL, &v, &e));
	assert_int_equal(json_array_size(json_object_get(v, "fixed")), 1);
	assert_int_equal(json_array_size(json_object_get(v, "new")), 0);
	json_decref(v);
}

static void test_proposals(void **state)
{
	struct world *w = *state;
	verified_site(w);
	struct app_actor operator = w->actor;
	json_t *v;

	{
		struct store_site s;
		ok(store_site_by_origin(w->c.db, w->actor.tenant_id,
					arena_printf(w->c.arena, "%.*s", (int)strlen(w->url) - 1, w->url),
					w->c.arena, &s, &e));
		json_decref(finished_scan(w, s.id));
	}
	_cleanup_json_ json_t *f = leak(w);
	_cleanup_json_ json_t *body = in("{\"decision\":\"ignored\",\"reason\":\"内部页面\"}");
	operator.permissions = app_role_permissions(ROLE_OPERATOR);
	w->c.actor = &operator;
	ok(app_finding_decide(&w->c, id_of(w, f), body, &v, &e));
	assert_str_c(json_get_str(v, "state"), "open"); /* only proposed */
	struct str proposal = id_of(w, json_object_get(v, "proposal"));
	json_decref(v);
	assert_code(app_finding_judge(&w->c, id_of(w, f), proposal, true, STR(""), &v, &e),
		    "auth.forbidden");
	w->c.actor = &w->actor;
	ok(app_finding_judge(&w->c, id_of(w, f), proposal, true, STR("同意"), &v, &e));
	assert_str_c(json_get_str(v, "state"), "ignored");
	assert_true(json_is_null(json_object_get(v, "proposal")));
	json_decref(v);
	assert_code(app_finding_judge(&w->c, id_of(w, f), proposal, true, STR(""), &v, &e),
		    "decision.state");
}

/* The person presses 暂停 while the engine is at work. */
static void pause_at_third(struct website *site, unsigned n)
{
	struct world *w = site->user;
	struct store_conn *db;
	struct error none;
	struct app_call c = w->c;
	json_t *v = NULL;

	if (n != 3)
		return;
	assert_ok(store_acquire(w->db->store, &db, &none));
	c.db = db;
	c.arena = arena_new(MIB);
	struct store_scan_filter f = { .tenant = w->actor.tenant_id, .state = STR("running") };
	struct store_page p = { .limit = 1 };
	if (app_scan_list(&c, &f, &p, &v, &none) == 0 && json_array_size(v)) {
		json_t *paused = NULL;
		app_scan_control(&c, json_get_str(json_array_get(v, 0), "id"), APP_SCAN_PAUSE, &paused,
				 &none);
		json_decref(paused);
	}
	json_decref(v);
	arena_free(c.arena);
	store_release(db);
}

static void test_pause_resume_cancel(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	struct str id = start_scan(w, site);
	json_t *v;

	_cleanup_json_ json_t *body = in("{}");
	assert_code(app_scan_start(&w->c, site, body, &v, &e), "scan.running");
	ok(app_scan_control(&w->c, id, APP_SCAN_PAUSE, &v, &e));
	assert_str_c(json_get_str(v, "state"), "paused");
	json_decref(v);
	run_jobs(w);
	assert_int_equal(site_score(w, site), -1);
	ok(app_scan_control(&w->c, id, APP_SCAN_RESUME, &v, &e));
	json_decref(v);

	w->site.user = w;
	atomic_store(&w->site.requests, 0);
	w->site.on_request = pause_at_third;
	run_jobs(w);
	w->site.on_request = NULL;
	_cleanup_json_ json_t *mid = scan(w, id);
	if (!str_eq(json_get_str(mid, "state"), STR("done"))) { /* small sites may be through */
		assert_str_c(json_get_str(mid, "state"), "paused");
		assert_int_equal(site_score(w, site), -1); /* a part is no score */
		ok(app_scan_control(&w->c, id, APP_SCAN_RESUME, &v, &e));
		json_decref(v);
		run_jobs(w);
	}
	_cleanup_json_ json_t *end = scan(w, id);
	assert_str_c(json_get_str(end, "state"), "done");
	assert_true(site_score(w, site) >= 0);
	int64_t score = site_score(w, site);

	/* Cancelled: ended, nothing changed, the site is free again. */
	id = start_scan(w, site);
	ok(app_scan_control(&w->c, id, APP_SCAN_CANCEL, &v, &e));
	json_decref(v);
	run_jobs(w); /* a worker ends what was cancelled before it began */
	_cleanup_json_ json_t *gone = scan(w, id);
	assert_str_c(json_get_str(gone, "state"), "cancelled");
	assert_int_equal(site_score(w, site), score);
	assert_code(app_scan_control(&w->c, id, APP_SCAN_RESUME, &v, &e), "scan.state");
	json_decref(finished_scan(w, site));
}

/* The allowed hours end while the engine is at work. */
static void hours_end_at_third(struct website *site, unsigned n)
{
	struct world *w = site->user;

	if (n == 3)
		w->clock.now_ms += 2 * 3600 * 1000LL;
	if (n >= 3 && n < 40)
		usleep(100000); /* not through before anybody looks at the clock */
}

static void test_hours_end_and_come_again(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	int64_t begun = w->clock.now_ms, minute = (begun / 60000 + 8 * 60) % (24 * 60); /* Asia/Shanghai */
	_cleanup_json_ json_t *change = in("{\"settings\":{\"windows\":[{\"from\":\"%02d:%02d\",\"to\":\"%02d:%02d\"}]}}",
					   (int)(minute / 60), (int)(minute % 60), (int)((minute / 60 + 1) % 24),
					   (int)(minute % 60));
	_cleanup_json_ json_t *changed = NULL;

	ok(app_site_change(&w->c, site, change, &changed, &e));
	struct str id = start_scan(w, site);

	w->site.user = w;
	atomic_store(&w->site.requests, 0);
	w->site.on_request = hours_end_at_third;
	run_jobs(w);
	w->site.on_request = NULL;
	_cleanup_json_ json_t *held = scan(w, id);
	assert_str_c(json_get_str(held, "state"), "queued");
	assert_str_c(json_get_str(held, "waiting"), "window");
	unsigned before = atomic_load(&w->site.requests);

	w->c.now = w->clock.now_ms += 3600 * 1000LL;
	run_jobs(w); /* still outside */
	assert_int_equal(atomic_load(&w->site.requests), before);

	w->c.now = w->clock.now_ms = begun + (24 * 60 + 5) * 60000LL;
	run_jobs(w);
	_cleanup_json_ json_t *end = scan(w, id);
	assert_str_c(json_get_str(end, "state"), "done");
	assert_true(json_get_bool(end, "complete", false));
	assert_true(atomic_load(&w->site.requests) > before);
}

static void test_proof_lost_before_scan(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);

	w->c.now = w->clock.now_ms += 3600 * 1000;
	w->site.token[0] = 0;
	struct str id = start_scan(w, site);
	atomic_store(&w->site.requests, 0);
	run_jobs(w);
	_cleanup_json_ json_t *v = scan(w, id);
	assert_str_c(json_get_str(v, "state"), "failed");
	assert_str_c(json_get_str(json_object_get(v, "error"), "code"), "verify.status");
	assert_true(atomic_load(&w->site.requests) <= 4); /* looked for the proof, scanned nothing */
}

/* ---- templates of rule packs ---- */

static struct str nacos_state(struct world *w)
{
	struct store_finding_filter filter = { .check = STR("template:nacos-users-unauth") };
	struct store_page page = { .limit = 10 };
	_cleanup_json_ json_t *items = NULL;

	ok(app_finding_list(&w->c, &filter, &page, &items, &e));
	if (!json_array_size(items))
		return STR("none");
	return arena_str(w->c.arena, json_get_str(json_array_get(items, 0), "state"));
}

static void scan_again(struct world *w, struct str site)
{
	json_decref(finished_scan(w, site));
}

/* Found, kept while its template is off, fixed when it runs and finds nothing. */
static void test_templates(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *packs = NULL, *off = in("{\"enabled\":false,\"ids\":[\"nacos-users-unauth\"]}"),
			      *on = in("{\"enabled\":true,\"ids\":[\"nacos-users-unauth\"]}"), *v = NULL, *v2 = NULL;
	struct str pack;

	w->site.nacos = true;
	scan_again(w, site);
	assert_str_c(nacos_state(w), "open");
	ok(app_pack_list(&w->c, &packs, &e));
	pack = id_of(w, json_array_get(packs, 0));
	ok(app_pack_switch(&w->c, pack, off, &v, &e));
	w->site.nacos = false;
	scan_again(w, site);
	assert_str_c(nacos_state(w), "open");
	ok(app_pack_switch(&w->c, pack, on, &v2, &e));
	scan_again(w, site);
	assert_str_c(nacos_state(w), "fixed");
	w->site.nacos = true;
	scan_again(w, site);
	assert_str_c(nacos_state(w), "open");
}

/* ---- monitoring ---- */

static void test_monitor(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *other = in("{\"url\":\"https://unproven.example.com/\"}");
	json_t *v;

	ok(app_site_add(&w->c, other, &v, &e));
	struct str unproven = id_of(w, v);
	json_decref(v);
	static const char form[] = "{\"name\":\"每周快扫\",\"site_ids\":[\"%.*s\"],\"mode\":\"quick\","
			   "\"schedule\":{\"kind\":\"weekly\",\"weekday\":0,\"time\":\"00:00\"}}";
	_cleanup_json_ json_t *bad = in(form, STR_ARG(unproven));
	assert_code(app_monitor_add(&w->c, bad, &v, &e), "site.not-verified");
	_cleanup_json_ json_t *good = in(form, STR_ARG(site));
	ok(app_monitor_add(&w->c, good, &v, &e));
	struct str id = id_of(w, v);
	assert_str_c(json_get_str(v, "schedule_text"), "每周日 00:00");
	assert_str_c(json_get_str(v, "next_run"), "2026-01-10T16:00:00.000Z"); /* Sunday in Shanghai */
	assert_true(json_is_null(json_object_get(v, "last_scan")));
	json_decref(v);

	/* Sunday comes. */
	w->c.now = w->clock.now_ms = TEST_DB_NOW + 6 * 24 * 3600 * 1000LL;
	ok(job_schedule_tick(w->c.db, w->c.now, &e));
	run_jobs(w);
	ok(app_monitor_get(&w->c, id, &v, &e));
	assert_str_c(json_get_str(json_object_get(v, "last_scan"), "state"), "done");
	json_decref(v);
	ok(app_monitor_control(&w->c, id, APP_MONITOR_PAUSE, &v, &e));
	assert_str_c(json_get_str(v, "state"), "paused");
	assert_true(json_is_null(json_object_get(v, "next_run")));
	json_decref(v);
}

/* ---- notification ---- */

struct receiver {
	struct buf got; /* all request or SMTP bytes */
	unsigned fail;	/* so many times first */
};

static void hook(struct test_conn *c)
{
	struct receiver *r = c->ctx;

	while (test_read_request(c)) {
		buf_str(&r->got, buf_view(&c->request));
		if (r->fail) {
			r->fail--;
			page(c, 500, "text/plain", "no");
		} else {
			page(c, 200, "application/json", "{\"errcode\":0,\"code\":0}");
		}
	}
}

static void smtp(struct test_conn *c)
{
	struct receiver *r = c->ctx;
	char line[2000];
	size_t n = 0;
	bool data = false;
	char ch;

	test_writef(c, "220 mail.test ESMTP\r\n");
	while (n < sizeof(line) - 1 && read(c->fd, &ch, 1) == 1) {
		line[n++] = ch;
		if (ch != '\n')
			continue;
		line[n] = 0;
		n = 0;
		buf_c(&r->got, line);
		if (data) {
			if (strcmp(line, ".\r\n") == 0) {
				data = false;
				test_writef(c, "250 taken\r\n");
			}
		} else if (strncmp(line, "DATA", 4) == 0) {
			data = true;
			test_writef(c, "354 go on\r\n");
		} else if (strncmp(line, "QUIT", 4) == 0) {
			test_writef(c, "221 bye\r\n");
			return;
		} else {
			test_writef(c, "250 fine\r\n");
		}
	}
}

static struct str add_channel(struct world *w, json_t *body)
{
	json_t *v;

	ok(app_channel_add(&w->c, body, &v, &e));
	struct str id = id_of(w, v);
	_cleanup_buf_ struct buf text = BUF_INIT(16 * KIB);
	json_write(&text, v);
	assert_false(str_has(buf_view(&text), STR("hush")));
	json_decref(v);
	json_decref(body);
	return id;
}

static void raise(struct world *w)
{
	_cleanup_json_ json_t *p = in("{\"site_name\":\"云梦官网\",\"url\":\"http://x/\",\"new\":2}");

	ok(app_notify_raise(&w->c, "finding.new", SEVERITY_HIGH, STR_NULL, p, &e));
}

static json_t *deliveries(struct world *w)
{
	struct store_page p = { .limit = 50 };
	json_t *v;

	ok(app_delivery_list(&w->c, STR_NULL, STR_NULL, &p, &v, &e));
	return v;
}

static void test_webhook_and_retry(void **state)
{
	struct world *w = *state;
	struct receiver r = { BUF_INIT(MIB), 1 };
	struct test_server *s = test_server_start(hook, &r, NULL);
	struct str ch = add_channel(w, in("{\"name\":\"钩子\",\"kind\":\"webhook\",\"config\":{\"url\":"
					  "\"http://127.0.0.1:%u/in\",\"secret\":\"hush\"}}",
					  test_server_port(s)));
	_cleanup_json_ json_t *high = in("{\"name\":\"高危\",\"events\":[\"finding.new\"],"
					 "\"min_severity\":\"high\",\"channel_ids\":[\"%.*s\"]}",
					 STR_ARG(ch));
	_cleanup_json_ json_t *worse = in("{\"name\":\"紧急\",\"events\":[\"finding.new\"],"
					  "\"min_severity\":\"critical\",\"channel_ids\":[\"%.*s\"]}",
					  STR_ARG(ch));
	json_t *v;

	ok(app_rule_add(&w->c, high, &v, &e));
	json_decref(v);
	ok(app_rule_add(&w->c, worse, &v, &e));
	json_decref(v);
	raise(w);
	run_jobs(w);
	_cleanup_json_ json_t *first = deliveries(w);
	assert_int_equal(json_array_size(first), 1); /* once, though two rules name the channel */
	assert_str_c(json_get_str(json_array_get(first, 0), "state"), "queued");
	assert_str_c(json_get_str(json_object_get(json_array_get(first, 0), "last_error"), "code"),
		     "notify.status");
	w->c.now = w->clock.now_ms += 3600 * 1000; /* the pause before the next try is over */
	run_jobs(w);
	_cleanup_json_ json_t *second = deliveries(w);
	const json_t *d = json_array_get(second, 0);
	assert_str_c(json_get_str(d, "state"), "sent");
	assert_int_equal(json_get_int(d, "attempts", 0), 2);

	/* The signature is what a receiver computes from what it got. */
	test_server_stop(s);
	struct str all = buf_view(&r.got), last = str_from(all, (size_t)str_find(str_from(all, 20), STR("POST /in")) + 20);
	struct str text = str_from(last, (size_t)str_find(last, STR("\r\n\r\n")) + 4);
	_cleanup_buf_ struct buf sign = BUF_INIT(256);
	int64_t ts = 0;
	ssize_t at = str_ifind(last, STR("X-Zhanwei-Timestamp: "));
	struct str rest = str_from(last, (size_t)at + 21), number;
	assert_true(str_split(&rest, '\r', &number));
	assert_ok(str_to_i64(number, &ts));
	app_message_sign(STR("hush"), json_get_str(d, "stable_id"), ts, text, &sign);
	assert_true(str_has(last, buf_view(&sign)));
	buf_free(&r.got);
}

static void test_quiet_hours_and_mail(void **state)
{
	struct world *w = *state;
	struct receiver r = { BUF_INIT(MIB), 0 };
	struct test_server *s = test_server_start(smtp, &r, NULL);
	struct str ch = add_channel(
		w, in("{\"name\":\"邮件\",\"kind\":\"email\",\"config\":{\"to\":[\"a@example.com\"],"
		      "\"smtp\":{\"host\":\"127.0.0.1\",\"port\":%u,\"security\":\"none\","
		      "\"from\":\"zw@example.com\"}}}",
		      test_server_port(s)));
	/* 2026-01-05T00:00Z is 08:00 in Shanghai: quiet until 09:00. */
	_cleanup_json_ json_t *rule = in("{\"name\":\"白天\",\"events\":[\"finding.new\"],"
					 "\"channel_ids\":[\"%.*s\"],\"quiet\":{\"from\":\"22:00\","
					 "\"to\":\"09:00\",\"timezone\":\"Asia/Shanghai\"}}",
					 STR_ARG(ch));
	json_t *v;

	ok(app_rule_add(&w->c, rule, &v, &e));
	json_decref(v);
	raise(w);
	run_jobs(w);
	_cleanup_json_ json_t *first = deliveries(w);
	assert_str_c(json_get_str(json_array_get(first, 0), "state"), "queued");
	assert_str_c(json_get_str(json_array_get(first, 0), "not_before"), "2026-01-05T01:00:00.000Z");
	w->c.now = w->clock.now_ms = TEST_DB_NOW + 3600 * 1000 + 1000;
	run_jobs(w);
	_cleanup_json_ json_t *second = deliveries(w);
	assert_str_c(json_get_str(json_array_get(second, 0), "state"), "sent");
	test_server_stop(s);
	assert_true(str_has(buf_view(&r.got), STR("RCPT TO:<a@example.com>")));
	assert_true(str_has(buf_view(&r.got), STR("Message-ID: <")));
	assert_true(str_has(buf_view(&r.got),
			    json_get_str(json_array_get(second, 0), "stable_id")));
	buf_free(&r.got);

	/* Where the policy forbids it nothing is sent, and the log says so. */
	set_settings(w, "{}");
	ok(app_channel_test(&w->c, ch, &v, &e));
	assert_str_c(json_get_str(v, "state"), "failed");
	assert_str_c(json_get_str(json_object_get(v, "last_error"), "code"), "policy.loopback");
	json_decref(v);
}

/* ---- small things ---- */

static void test_report(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *one = finished_scan(w, site);
	_cleanup_json_ json_t *body = in("{\"scan_id\":\"%s\",\"formats\":[\"html\",\"json\"],\"lang\":\"zh\"}",
					 json_string_value(json_object_get(one, "id")));
	json_t *v;
	_cleanup_buf_ struct buf html = BUF_INIT(LIMIT_BLOB);
	struct str name;
	const char *type;

	ok(app_report_add(&w->c, body, &v, &e));
	struct str id = id_of(w, v);
	json_decref(v);
	run_jobs(w);
	ok(app_report_get(&w->c, id, &v, &e));
	assert_str_c(json_get_str(v, "state"), "done");
	json_decref(v);
	ok(app_report_file(&w->c, id, STR("html"), &name, &type, &html, &e));
	assert_true(str_has(buf_view(&html), STR("云梦官网")));
	assert_true(str_has(buf_view(&html), STR("身份")));
	assert_code(app_report_file(&w->c, id, STR("pdf"), &name, &type, &html, &e),
		    "report-file.not-found");
	ok(app_report_delete(&w->c, id, &e));
	assert_code(app_report_get(&w->c, id, &v, &e), "report.not-found");
}

static void test_csv_cells(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);

	app_csv_cell(&b, STR("=1+1"));
	app_csv_cell(&b, STR("@x"));
	app_csv_cell(&b, STR("a\"b"));
	assert_str_c(buf_view(&b), "\"'=1+1\"\"'@x\"\"a\"\"b\"");
}

static void test_robots(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct store_notice n = { .id = STR("n1"), .event = STR("finding.new"),
				  .payload = STR("{\"site_name\":\"[x](http://evil)<at>\"}"),
				  .created = TEST_DB_NOW };
	struct app_message m;
	_cleanup_buf_ struct buf url = BUF_INIT(KIB), text = BUF_INIT(16 * KIB);

	app_message_make(a, &n, STR("https://zw.example/"), &m);
	_cleanup_json_ json_t *ding = app_message_dingtalk(&m);
	json_write(&text, json_object_get(json_object_get(ding, "markdown"), "text"));
	assert_false(str_has(buf_view(&text), STR("[x]")));
	assert_false(str_has(buf_view(&text), STR("<at>")));
	app_message_dingtalk_url(STR("https://d/?access_token=t"), STR("SEC"), 1700000000000, &url);
	assert_true(str_starts(buf_view(&url),
			       STR("https://d/?access_token=t&timestamp=1700000000000&sign=")));
	_cleanup_json_ json_t *fei = app_message_feishu(&m, STR("SEC"), 1700000000000);
	assert_str_c(json_get_str(fei, "timestamp"), "1700000000");
	assert_true(json_get_str(fei, "sign").len == 44);
	assert_ok(app_message_answer(STR("wecom"), 200, STR("{\"errcode\":0}"), &e));
	assert_code(app_message_answer(STR("wecom"), 200, STR("{\"errcode\":93000,\"errmsg\":\"bad\"}"), &e),
		    "notify.refused");
}

#define TEST_WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_WORLD(test_site_rules),
		TEST_WORLD(test_logins_are_write_only),
		TEST_WORLD(test_quota_and_tenants),
		TEST_WORLD(test_proofs),
		TEST_WORLD(test_proof_expires),
		TEST_WORLD(test_scan_and_decisions),
		TEST_WORLD(test_proposals),
		TEST_WORLD(test_pause_resume_cancel),
		TEST_WORLD(test_hours_end_and_come_again),
		TEST_WORLD(test_proof_lost_before_scan),
		TEST_WORLD(test_templates),
		TEST_WORLD(test_monitor),
		TEST_WORLD(test_webhook_and_retry),
		TEST_WORLD(test_quiet_hours_and_mail),
		TEST_WORLD(test_report),
		TEST_WORLD(test_login_is_tried),
		cmocka_unit_test(test_csv_cells),
		cmocka_unit_test(test_robots),
	};
	static const struct os_jail_kind *kinds[8];
	size_t n = 0;

	for (; app_jail_kinds[n]; n++)
		kinds[n] = app_jail_kinds[n];
	kinds[n] = &scan_jail_kind;
	if (os_spawner_start(kinds, &spawner, &e) < 0 || net_http_global_init(&e) < 0) {
		print_error("%s\n", e.en);
		return 1;
	}
	int failed = test_db_run("app_sites", tests, ARRAY_SIZE(tests));

	os_spawner_stop(spawner);
	return failed;
}
