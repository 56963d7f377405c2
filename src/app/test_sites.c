/* Sites, proofs, log-ins and notification as their users meet them: use cases called with an
 * actor, jobs run by hand, receivers of mail and hooks on loopback. */
#include <unistd.h>

#include "app/finding.h"
#include "app/logintest.h"
#include "app/message.h"
#include "app/notify.h"
#include "app/outgoing.h"
#include "app/reports.h"
#include "app/scans.h"
#include "app/settings.h"
#include "app/site.h"
#include "app/verify.h"
#include "app/view.h"
#include "app/test_website.h"

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
	_cleanup_json_ json_t *again = in("{\"url\":\"%s?x=1\"}", w->web->url);
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
	snprintf(token, sizeof(token), "%s", w->web->token);

	w->web->token[0] = 0;
	assert_str_c(check_proof(w, site, proof), "verify.status");
	snprintf(w->web->token, sizeof(w->web->token), "someoneelsestoken");
	assert_str_c(check_proof(w, site, proof), "verify.mismatch");
	snprintf(w->web->token, sizeof(w->web->token), "%s", token);
	w->web->huge = true;
	assert_str_c(check_proof(w, site, proof), "verify.too-big");
	w->web->huge = false;
	w->web->catch_all = true;
	assert_str_c(check_proof(w, site, proof), "verify.catch-all");
	w->web->catch_all = false;
	w->web->redirect = true;
	assert_str_c(check_proof(w, site, proof), "verify.redirect-foreign");
	w->web->redirect = false;
	set_settings(w, "{}");
	assert_str_c(check_proof(w, site, proof), "policy.loopback");
	set_settings(w, "{\"private_ranges\":[\"127.0.0.0/8\"]}");
	ok(app_site_get(&w->c, site, &v, &e));
	assert_str_c(json_get_str(v, "verify_state"), "unverified");
	json_decref(v);
	assert_str_c(check_proof(w, site, proof), "ok");

	_cleanup_json_ json_t *meta = start_proof(w, site, "meta");
	assert_str_c(check_proof(w, site, meta), "verify.no-tag");
	w->web->comment = true;
	assert_str_c(check_proof(w, site, meta), "verify.no-tag");
	w->web->comment = false;
	w->web->tag = true;
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

	w->web->token[0] = 0;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_WEBSITE(test_site_rules),
		TEST_WEBSITE(test_logins_are_write_only),
		TEST_WEBSITE(test_quota_and_tenants),
		TEST_WEBSITE(test_proofs),
		TEST_WEBSITE(test_proof_expires),
		TEST_WEBSITE(test_webhook_and_retry),
		TEST_WEBSITE(test_quiet_hours_and_mail),
		TEST_WEBSITE(test_login_is_tried),
		cmocka_unit_test(test_csv_cells),
		cmocka_unit_test(test_robots),
	};

	return website_run("app_sites", tests);
}
