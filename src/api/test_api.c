/* What a person and a program notice of accounts: set-up, log-in and its brake, sessions,
 * CSRF, second factor, keys, members, audit, quotas, idempotency, pages, live events. On
 * both databases, over real HTTP. */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "api/test_world.h"
#include "app/approval.h"
#include "app/setup.h"
#include "app/totp.h"
#include "base/encode.h"
#include "base/limits.h"
#include "store/event.h"

#define PASSWORD "correct horse battery"

static void take_session(const struct answer *a, struct who *who)
{
	char cookie[512];
	*who = (struct who){ 0 };
	answer_header(a, "Set-Cookie", cookie);
	struct str c = str_c(cookie);
	assert_true(str_starts(c, STR("zw_session=")));
	assert_true(str_has(c, STR("HttpOnly")) && str_has(c, STR("SameSite=Lax")));
	struct str token = str_sub(c, 11, (size_t)str_chr(c, ';'));
	snprintf(who->cookie, sizeof(who->cookie), "%.*s", STR_ARG(token));
	snprintf(who->csrf, sizeof(who->csrf), "%.*s", STR_ARG(answer_str(a, "csrf_token")));
}

static void set_up(struct world *w, struct who *who)
{
	_cleanup_buf_ struct buf token = BUF_INIT(256), body = BUF_INIT(2048);
	_cleanup_answer_ struct answer a;
	assert_ok(app_setup_token(&w->app, &token, NULL));
	buf_printf(&body,
		   "{\"token\":\"%s\",\"tenant_name\":\"甲公司\",\"tenant_kind\":\"company\","
		   "\"name\":\"张三\",\"email\":\"Zhang@Example.com\",\"password\":\"" PASSWORD "\"}",
		   token.ptr);
	ask(w, NULL, "POST", "/setup", body.ptr, &a);
	expect(&a, 201);
	take_session(&a, who);
}

static void test_setup(void **state)
{
	struct world w;
	struct who who;
	char path[512];
	world_open(&w, *state);
	{
		_cleanup_answer_ struct answer a, b, c, d;
		ask(&w, NULL, "GET", "/setup", NULL, &a);
		expect(&a, 200);
		assert_true(json_get_bool(a.json, "needed", false));
		ask(&w, NULL, "GET", "/:/", NULL, &b);
		expect(&b, 200);
		ask(&w, NULL, "GET", "/sessions", NULL, &c);
		expect_problem(&c, 401, "auth.required-login");
		ask(&w, NULL, "POST", "/setup",
		    "{\"token\":\"x\",\"tenant_name\":\"a\",\"tenant_kind\":\"company\",\"name\":\"b\","
		    "\"email\":\"a@example.com\",\"password\":\"" PASSWORD "\"}",
		    &d);
		expect_problem(&d, 403, "setup.token-wrong");
	}
	set_up(&w, &who);
	snprintf(path, sizeof(path), "%s/setup-token", w.db->dir);
	assert_int_not_equal(access(path, F_OK), 0); /* one use */
	{
		_cleanup_answer_ struct answer a, b;
		ask(&w, &who, "GET", "/session", NULL, &a);
		expect(&a, 200);
		assert_str_c(json_get_str(json_object_get(a.json, "tenant"), "edition_name"), "独立基础版");
		assert_str_c(answer_str(&a, "role"), "tenant_admin");
		assert_true(json_get_bool(a.json, "platform_admin", false));
		ask(&w, NULL, "POST", "/setup",
		    "{\"token\":\"x\",\"tenant_name\":\"a\",\"tenant_kind\":\"company\",\"name\":\"b\","
		    "\"email\":\"a@example.com\",\"password\":\"" PASSWORD "\"}",
		    &b);
		expect_problem(&b, 409, "setup.done");
	}
	world_close(&w);
}

static void test_login(void **state)
{
	struct world w;
	struct who first, second;
	char text[512];
	world_open(&w, *state);
	set_up(&w, &first);
	{
		_cleanup_answer_ struct answer a, b, c, d, e;
		ask(&w, NULL, "POST", "/session", "{\"email\":\"nobody@example.com\",\"password\":\"x\"}", &a);
		expect_problem(&a, 401, "auth.bad-credentials");
		ask(&w, NULL, "POST", "/session", "{\"email\":\"zhang@example.com\",\"password\":\"x\"}", &b);
		expect_problem(&b, 401, "auth.bad-credentials");
		assert_str(answer_str(&a, "detail"), answer_str(&b, "detail"));
		/* Case of the address does not matter; the old session ends. */
		ask(&w, &first, "POST", "/session",
		    "{\"email\":\"ZHANG@example.com\",\"password\":\"" PASSWORD "\"}", &c);
		expect(&c, 200);
		take_session(&c, &second);
		assert_string_not_equal(first.cookie, second.cookie);
		ask(&w, &first, "GET", "/session", NULL, &d);
		expect_problem(&d, 401, "auth.required-login");
		ask(&w, &second, "DELETE", "/session", NULL, &e);
		expect(&e, 204);
	}
	for (int i = 0; i < 5; i++) {
		_cleanup_answer_ struct answer a;
		ask(&w, NULL, "POST", "/session", "{\"email\":\"zhang@example.com\",\"password\":\"x\"}", &a);
		expect_problem(&a, 401, "auth.bad-credentials");
	}
	{
		/* The right password does not help while the brake is on. */
		_cleanup_answer_ struct answer a, b;
		ask(&w, NULL, "POST", "/session",
		    "{\"email\":\"zhang@example.com\",\"password\":\"" PASSWORD "\"}", &a);
		expect_problem(&a, 429, "auth.too-many");
		int64_t wait = 0;
		assert_ok(str_to_i64(str_c(answer_header(&a, "Retry-After", text)), &wait));
		assert_true(wait >= 1);
		ask(&w, &second, "GET", "/session", NULL, &b);
		expect(&b, 401);
	}
	world_close(&w);
}

static void test_forgery(void **state)
{
	struct world w;
	struct who who, bad;
	char tenant[ID_LEN + 1], headers[200];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", true, &who);
	bad = who;
	bad.csrf[0] ^= 1;
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f;
		ask(&w, &bad, "PATCH", "/me", "{\"lang\":\"en\"}", &a);
		expect_problem(&a, 403, "auth.csrf-forbidden");
		ask_with(&w, &who, "PATCH", "/me", "{\"lang\":\"en\"}", "Origin: https://evil.example\r\n", &b);
		expect_problem(&b, 403, "auth.origin-forbidden");
		ask_with(&w, NULL, "POST", "/session", "{\"email\":\"a@example.com\",\"password\":\"x\"}",
			 "Sec-Fetch-Site: cross-site\r\n", &c);
		expect_problem(&c, 403, "auth.origin-forbidden");
		snprintf(headers, sizeof(headers), "Origin: http://127.0.0.1:%u\r\n", w.port);
		ask_with(&w, &who, "PATCH", "/me", "{\"lang\":\"en\"}", headers, &d);
		expect(&d, 200);
		assert_str_c(json_get_str(json_object_get(d.json, "user"), "lang"), "en");
		ask_raw(&w, STR("GET /api/v1/health HTTP/1.1\r\nHost: rebind.example\r\n\r\n"), 5000, &e);
		expect_problem(&e, 421, "host.not-allowed");
		ask(&w, &who, "PATCH", "/settings", "{\"allowed_hosts\":[\"rebind.example\"]}", &f);
		expect(&f, 200);
		_cleanup_answer_ struct answer g;
		ask_raw(&w, STR("GET /api/v1/health HTTP/1.1\r\nHost: rebind.example:99\r\n\r\n"), 5000, &g);
		expect(&g, 200);
	}
	world_close(&w);
}

static void test_totp(void **state)
{
	struct world w;
	struct who who;
	char body[300];
	_cleanup_buf_ struct buf secret = BUF_INIT(64);
	unsigned code;
	world_open(&w, *state);
	set_up(&w, &who);
	{
		_cleanup_answer_ struct answer a, b, c, d, e;
		ask(&w, &who, "POST", "/me/totp", NULL, &a);
		expect(&a, 200);
		assert_true(str_starts(answer_str(&a, "uri"), STR("otpauth://totp/")));
		_cleanup_free_ char *lower = str_dup(answer_str(&a, "secret"));
		for (char *p = lower; *p; p++)
			*p = ascii_lower(*p);
		assert_ok(decode_base32(&secret, str_c(lower)));
		code = totp_code((unsigned char *)secret.ptr, secret.len,
				 clock_wall_ms(&clock_system) / 30000);
		snprintf(body, sizeof(body), "{\"code\":\"%06u\"}", code);
		ask(&w, &who, "POST", "/me/totp/confirm", body, &b);
		expect(&b, 204);
		ask(&w, NULL, "POST", "/session", "{\"email\":\"zhang@example.com\",\"password\":\"" PASSWORD "\"}",
		    &c);
		expect_problem(&c, 401, "auth.totp-required");
		/* A code works once, also when it was used to switch the factor on. */
		snprintf(body, sizeof(body),
			 "{\"email\":\"zhang@example.com\",\"password\":\"" PASSWORD "\",\"totp\":\"%06u\"}", code);
		ask(&w, NULL, "POST", "/session", body, &d);
		expect_problem(&d, 401, "auth.bad-credentials");
		code = totp_code((unsigned char *)secret.ptr, secret.len,
				 clock_wall_ms(&clock_system) / 30000 + 1);
		snprintf(body, sizeof(body),
			 "{\"email\":\"zhang@example.com\",\"password\":\"" PASSWORD "\",\"totp\":\"%06u\"}", code);
		ask(&w, NULL, "POST", "/session", body, &e);
		expect(&e, 200);
	}
	world_close(&w);
}

static void test_members_and_keys(void **state)
{
	struct world w;
	struct who admin, operator, key = { 0 };
	char tenant[ID_LEN + 1], path[100], id[ID_LEN + 1];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", false, &admin);
	world_person(&w, tenant, "operator", false, &operator);
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f, g, h, i;
		ask(&w, &admin, "POST", "/members",
		    "{\"name\":\"李四\",\"email\":\"li@example.com\",\"role\":\"auditor\"}", &a);
		expect(&a, 201);
		assert_int_equal(answer_str(&a, "initial_password").len, 19);
		ask(&w, &admin, "POST", "/members",
		    "{\"name\":\"李四\",\"email\":\"LI@example.com\",\"role\":\"auditor\"}", &b);
		expect_problem(&b, 409, "member.exists");
		ask(&w, &admin, "POST", "/members",
		    "{\"name\":\"王\",\"email\":\"w@example.com\",\"role\":\"platform_admin\"}", &c);
		expect_problem(&c, 422, "input.role");
		/* Nobody can lock everybody out. */
		snprintf(path, sizeof(path), "/members/%s", admin.member);
		ask(&w, &admin, "PATCH", path, "{\"role\":\"operator\"}", &d);
		expect_problem(&d, 409, "member.last-conflict");
		ask(&w, &admin, "DELETE", path, NULL, &e);
		expect_problem(&e, 409, "member.last-conflict");
		/* A changed role ends what was opened with the old one. */
		ask(&w, &operator, "GET", "/session", NULL, &f);
		expect(&f, 200);
		snprintf(path, sizeof(path), "/members/%s", operator.member);
		ask(&w, &admin, "PATCH", path, "{\"state\":\"disabled\"}", &g);
		expect(&g, 200);
		ask(&w, &operator, "GET", "/session", NULL, &h);
		expect(&h, 401);
		ask(&w, &admin, "POST", "/api-keys", "{\"name\":\"机\",\"scopes\":[\"audit:export\"]}", &i);
		expect_problem(&i, 422, "input.scope");
	}
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f;
		ask(&w, &admin, "POST", "/api-keys", "{\"name\":\"构建机\",\"scopes\":[\"member:read\"]}", &a);
		expect(&a, 201);
		snprintf(key.bearer, sizeof(key.bearer), "%.*s", STR_ARG(answer_str(&a, "key")));
		snprintf(id, sizeof(id), "%.*s", STR_ARG(answer_str(&a, "id")));
		ask(&w, &key, "GET", "/members", NULL, &b);
		expect(&b, 200);
		ask(&w, &key, "GET", "/audit-events", NULL, &c);
		expect_problem(&c, 403, "auth.forbidden");
		ask(&w, &admin, "GET", "/api-keys", NULL, &d);
		expect(&d, 200);
		assert_false(str_has(buf_view(&d.body), str_c(key.bearer)));
		snprintf(path, sizeof(path), "/api-keys/%s", id);
		ask(&w, &admin, "DELETE", path, NULL, &e);
		expect(&e, 204);
		ask(&w, &key, "GET", "/members", NULL, &f);
		expect_problem(&f, 401, "auth.required-login");
	}
	world_close(&w);
}

static void test_audit(void **state)
{
	struct world w;
	struct who admin, auditor;
	char tenant[ID_LEN + 1];
	struct error e = { 0 };
	world_open(&w, *state);
	struct store_conn *db = w.db->conn;
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", false, &admin);
	world_person(&w, tenant, "auditor", false, &auditor);
	{
		_cleanup_answer_ struct answer a, b, c, d, f;
		ask(&w, &admin, "PATCH", "/tenant", "{\"name\":\"=1+1\"}", &a);
		expect(&a, 200);
		ask(&w, &auditor, "GET", "/audit-events?action=tenant.&total=true", NULL, &b);
		expect(&b, 200);
		assert_int_equal(json_get_int(b.json, "total", -1), 1);
		ask(&w, &admin, "GET", "/audit-events/export?format=csv", NULL, &c);
		expect_problem(&c, 403, "auth.forbidden");
		ask(&w, &auditor, "GET", "/audit-events/export?format=csv", NULL, &d);
		expect(&d, 200);
		assert_true(str_has(buf_view(&d.body), STR("\"'=1+1\"")));
		ask(&w, &auditor, "GET", "/audit-events/verify", NULL, &f);
		expect(&f, 200);
		assert_true(json_get_bool(f.json, "ok", false));
	}
	/* The database itself refuses, whoever asks. */
	assert_int_equal(store_exec(db, &e, "UPDATE audit_event SET action = 'x'"), -1);
	assert_int_equal(store_exec(db, &e, "DELETE FROM audit_event"), -1);
	assert_int_equal(store_exec(db, &e, "UPDATE audit_head SET seq = seq - 1"), -1);
	/* Whoever goes around that is found out. */
	const char *drop = w.db->dialect == STORE_SQLITE ? "DROP TRIGGER audit_event_no_update" :
							   "DROP TRIGGER audit_event_no_change ON audit_event";
	assert_ok(store_exec(db, &e, drop));
	assert_ok(store_exec(db, &e, "UPDATE audit_event SET object_name = 'x' WHERE seq = 2"));
	{
		_cleanup_answer_ struct answer a;
		ask(&w, &auditor, "GET", "/audit-events/verify", NULL, &a);
		expect(&a, 200);
		assert_false(json_get_bool(a.json, "ok", true));
		assert_int_equal(json_get_int(a.json, "broken_seq", 0), 2);
	}
	world_close(&w);
}

static void test_quota(void **state)
{
	struct world w;
	struct who admin, boss;
	char tenant[ID_LEN + 1], other[ID_LEN + 1], path[100];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_tenant(&w, "乙", other);
	world_person(&w, tenant, "tenant_admin", false, &admin);
	world_person(&w, other, "tenant_admin", true, &boss);
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f, g, h;
		ask(&w, &admin, "GET", "/quotas", NULL, &a);
		expect(&a, 200);
		json_t *sites = json_array_get(json_object_get(a.json, "items"), 0);
		assert_int_equal(json_get_int(sites, "total", 0), 5);
		json_t *apps = json_array_get(json_object_get(a.json, "items"), 1);
		assert_false(json_get_bool(apps, "enabled", true));
		ask(&w, &admin, "POST", "/quota-requests", "{\"quota\":\"sites\",\"total\":5,\"reason\":\"没变\"}",
		    &b);
		expect_problem(&b, 422, "input.range");
		ask(&w, &admin, "POST", "/quota-requests",
		    "{\"quota\":\"sites\",\"total\":20,\"reason\":\"下属单位\"}", &c);
		expect(&c, 201);
		ask(&w, &admin, "POST", "/quota-requests",
		    "{\"quota\":\"sites\",\"total\":30,\"reason\":\"又来\"}", &d);
		expect_problem(&d, 409, "quota-request.exists");
		snprintf(path, sizeof(path), "/quota-requests/%.*s/decide", STR_ARG(answer_str(&c, "id")));
		ask(&w, &admin, "POST", path, "{\"decision\":\"approve\"}", &e);
		expect_problem(&e, 403, "auth.forbidden");
		ask(&w, &boss, "POST", path, "{\"decision\":\"approve\",\"total\":12}", &f);
		expect(&f, 200);
		ask(&w, &boss, "POST", path, "{\"decision\":\"approve\"}", &g);
		expect_problem(&g, 409, "quota-request.state");
		ask(&w, &admin, "GET", "/quotas", NULL, &h);
		sites = json_array_get(json_object_get(h.json, "items"), 0);
		assert_int_equal(json_get_int(sites, "total", 0), 12);
	}
	world_close(&w);
}

static void test_grant(void **state)
{
	struct world w;
	struct who boss, inside;
	char tenant[ID_LEN + 1], own[ID_LEN + 1], path[120], body[100];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_tenant(&w, "平台方", own);
	world_person(&w, own, "tenant_admin", true, &boss);
	snprintf(body, sizeof(body), "{\"tenant_id\":\"%s\"}", tenant);
	snprintf(path, sizeof(path), "/tenants/%s/grants", tenant);
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f;
		ask(&w, &boss, "PATCH", "/session", body, &a);
		expect_problem(&a, 404, "tenant.not-found");
		ask(&w, &boss, "POST", path, "{\"reason\":\"客户报障\",\"hours\":2}", &b);
		expect(&b, 201);
		ask(&w, &boss, "PATCH", "/session", body, &c);
		expect(&c, 200);
		take_session(&c, &inside);
		assert_true(json_get_bool(c.json, "granted", false));
		ask(&w, &inside, "GET", "/members", NULL, &d);
		expect(&d, 200);
		ask(&w, &inside, "POST", "/members",
		    "{\"name\":\"李四\",\"email\":\"li@example.com\",\"role\":\"auditor\"}", &e);
		expect_problem(&e, 403, "auth.forbidden");
		/* The tenant sees who looked in, and why. */
		ask(&w, &inside, "GET", "/audit-events?action=grant.", NULL, &f);
		expect(&f, 200);
		assert_int_equal(json_array_size(json_object_get(f.json, "items")), 2);
		assert_true(str_has(buf_view(&f.body), STR("客户报障")));
		/* When it ends, the session is back at home. */
		_cleanup_answer_ struct answer g, h;
		snprintf(path, sizeof(path), "/tenants/%s/grants/%.*s", tenant, STR_ARG(answer_str(&b, "id")));
		ask(&w, &inside, "DELETE", path, NULL, &g);
		expect(&g, 204);
		ask(&w, &inside, "GET", "/session", NULL, &h);
		expect(&h, 200);
		assert_str_c(json_get_str(json_object_get(h.json, "tenant"), "id"), own);
	}
	world_close(&w);
}

static void test_conditions(void **state)
{
	struct world w;
	struct who admin;
	char tenant[ID_LEN + 1], etag[512], headers[600];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", true, &admin);
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f, g, h, i;
		ask(&w, &admin, "GET", "/tenant", NULL, &a);
		snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", answer_header(&a, "ETag", etag));
		ask_with(&w, &admin, "GET", "/tenant", NULL, headers, &b);
		assert_int_equal(b.status, 304);
		snprintf(headers, sizeof(headers), "If-Match: %s\r\n", etag);
		ask_with(&w, &admin, "PATCH", "/tenant", "{\"name\":\"乙\"}", headers, &c);
		expect(&c, 200);
		ask_with(&w, &admin, "PATCH", "/tenant", "{\"name\":\"丙\"}", headers, &d);
		expect_problem(&d, 412, "etag.mismatch");
		/* The same key: the same answer, and only one member. */
		const char *li = "{\"name\":\"李\",\"email\":\"li@example.com\",\"role\":\"auditor\"}";
		ask_with(&w, &admin, "POST", "/members", li, "Idempotency-Key: k1\r\n", &e);
		expect(&e, 201);
		ask_with(&w, &admin, "POST", "/members", li, "Idempotency-Key: k1\r\n", &f);
		expect(&f, 201);
		assert_str(buf_view(&e.body), buf_view(&f.body));
		ask_with(&w, &admin, "POST", "/members", "{\"name\":\"x\"}", "Idempotency-Key: k1\r\n", &g);
		expect(&g, 422);
		const char *wang = "{\"name\":\"王\",\"email\":\"wang@example.com\",\"role\":\"auditor\"}";
		ask_with(&w, &admin, "POST", "/members", wang, "Idempotency-Key: k1\r\n", &h);
		expect_problem(&h, 422, "idempotency.reused");
		ask(&w, &admin, "GET", "/members?total=true", NULL, &i);
		assert_int_equal(json_get_int(i.json, "total", 0), 2);
	}
	world_close(&w);
}

static void test_pages(void **state)
{
	struct world w;
	struct who admin, other;
	char tenant[ID_LEN + 1], another[ID_LEN + 1], path[300], cursor[200];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_tenant(&w, "乙", another);
	world_person(&w, tenant, "tenant_admin", true, &admin);
	world_person(&w, another, "tenant_admin", false, &other);
	for (int i = 0; i < 4; i++) {
		struct who extra;
		world_person(&w, tenant, "auditor", false, &extra);
	}
	_cleanup_json_ json_t *seen = json_object();
	snprintf(path, sizeof(path), "/members?limit=2&total=true");
	for (int page = 0; page < 3; page++) {
		_cleanup_answer_ struct answer a;
		size_t i;
		json_t *m;
		ask(&w, &admin, "GET", path, NULL, &a);
		expect(&a, 200);
		assert_int_equal(json_get_int(a.json, "total", 0), 5);
		json_array_foreach(json_object_get(a.json, "items"), i, m)
		{
			const char *id = json_string_value(json_object_get(m, "id"));
			assert_null(json_object_get(seen, id));
			json_put(seen, id, json_true());
		}
		snprintf(cursor, sizeof(cursor), "%.*s", STR_ARG(answer_str(&a, "next_cursor")));
		assert_int_equal(page == 2, cursor[0] == '\0');
		snprintf(path, sizeof(path), "/members?limit=2&total=true&cursor=%s", cursor);
		if (page == 0) {
			_cleanup_answer_ struct answer b, c, d;
			ask(&w, &other, "GET", path, NULL, &b);
			expect_problem(&b, 400, "cursor.bad");
			snprintf(path, sizeof(path), "/audit-events?cursor=%s", cursor);
			ask(&w, &admin, "GET", path, NULL, &c);
			expect_problem(&c, 400, "cursor.bad");
			snprintf(path, sizeof(path), "/members?limit=2&total=true&cursor=%s", cursor);
			ask(&w, &admin, "GET", "/members?limit=999", NULL, &d);
			expect_problem(&d, 400, "input.bad-query");
		}
	}
	assert_int_equal(json_object_size(seen), 5);
	world_close(&w);
}

/* Reads from a stream until `want` came or time is up. */
static bool stream_has_in(int fd, struct buf *in, const char *want, int tenths)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char chunk[4096];
	for (int i = 0; i < tenths && !str_has(buf_view(in), str_c(want)); i++) {
		if (poll(&p, 1, 100) <= 0)
			continue;
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		buf_add(in, chunk, (size_t)n);
	}
	return str_has(buf_view(in), str_c(want));
}

static bool stream_has(int fd, struct buf *in, const char *want)
{
	return stream_has_in(fd, in, want, 100);
}

static int stream_open(struct world *w, const struct who *who, const char *more)
{
	char head[600];
	int fd = world_connect(w);
	int n = snprintf(head, sizeof(head),
			 "GET /api/v1/events?topics=scan HTTP/1.1\r\nHost: localhost\r\nCookie: "
			 "zw_session=%s\r\n%s\r\n", who->cookie, more);
	assert_int_equal(write(fd, head, (size_t)n), n);
	return fd;
}

static void test_events(void **state)
{
	struct world w;
	struct who mine, theirs;
	char a[ID_LEN + 1], b[ID_LEN + 1], last[80];
	struct error e = { 0 };
	int64_t id;
	_cleanup_buf_ struct buf in = BUF_INIT(1 * MIB), in2 = BUF_INIT(1 * MIB), in3 = BUF_INIT(1 * MIB);
	world_open(&w, *state);
	world_tenant(&w, "甲", a);
	world_tenant(&w, "乙", b);
	world_person(&w, a, "operator", false, &mine);
	world_person(&w, b, "operator", false, &theirs);
	int fd = stream_open(&w, &mine, ""), other = stream_open(&w, &theirs, "");
	assert_true(stream_has(fd, &in, "retry:") && stream_has(other, &in2, "retry:"));
	assert_true(str_has(buf_view(&in), STR("text/event-stream")));
	assert_ok(store_event_last(w.db->conn, &id, &e));
	assert_ok(store_event_append(w.db->conn, str_c(a), "scan", "scan.progress",
				     STR("{\"progress\":12.34}"), 1, &e));
	assert_ok(store_event_append(w.db->conn, str_c(a), "job", "job.x", STR("{}"), 1, &e));
	assert_ok(store_event_append(w.db->conn, str_c(a), "scan", "scan.done", STR("{}"), 1, &e));
	assert_true(stream_has(fd, &in, "event: scan.done"));
	assert_true(str_has(buf_view(&in), STR("data: {\"progress\":12.34}")));
	assert_false(str_has(buf_view(&in), STR("job.x")));
	assert_false(stream_has_in(other, &in2, "event:", 10));
	/* Back after a break: nothing is missed. */
	snprintf(last, sizeof(last), "Last-Event-ID: %lld\r\n", (long long)id);
	int again = stream_open(&w, &mine, last);
	assert_true(stream_has(again, &in3, "event: scan.progress"));
	{
		_cleanup_answer_ struct answer p, q;
		snprintf(last, sizeof(last), "/events/poll?after=%lld&topics=scan", (long long)id);
		ask(&w, &mine, "GET", last, NULL, &p);
		expect(&p, 200);
		assert_int_equal(json_array_size(json_object_get(p.json, "items")), 2);
		ask(&w, &theirs, "GET", last, NULL, &q);
		assert_int_equal(json_array_size(json_object_get(q.json, "items")), 0);
	}
	close(fd);
	close(other);
	close(again);
	world_close(&w);
}

static void test_secrets(void **state)
{
	struct world w;
	struct who boss;
	char tenant[ID_LEN + 1];
	struct error e = { 0 };
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", true, &boss);
	{
		_cleanup_answer_ struct answer a, b, c;
		_cleanup_rows_ struct store_rows *rows = NULL;
		ask(&w, &boss, "PATCH", "/settings",
		    "{\"smtp\":{\"host\":\"mail.example.com\",\"port\":465,\"security\":\"tls\","
		    "\"username\":\"u\",\"password\":\"hunter2hunter2\",\"from\":\"a@example.com\"}}",
		    &a);
		expect(&a, 200);
		assert_false(str_has(buf_view(&a.body), STR("hunter2")));
		ask(&w, &boss, "GET", "/settings", NULL, &b);
		assert_str_c(json_get_str(json_object_get(b.json, "smtp"), "password"), "***");
		assert_int_equal(store_row(w.db->conn, &rows, &e, "SELECT value FROM setting"), 1);
		assert_false(str_has(store_col_str(rows, 0), STR("hunter2")));
		ask(&w, &boss, "PATCH", "/settings", "{\"private_ranges\":[\"10.0.0.0/99\"]}", &c);
		expect_problem(&c, 422, "input.cidr");
	}
	world_close(&w);
}

/* Deleting a site takes two people where there are two, and a typed reason where not. */
static void test_two_people(void **state)
{
	struct world w;
	struct who one, two;
	char tenant[ID_LEN + 1], site[100], path[120], jobs[80];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", false, &one);
	{
		_cleanup_answer_ struct answer a, b, c, d, e;
		ask(&w, &one, "POST", "/sites", "{\"url\":\"https://a.example.com/\",\"name\":\"甲站\"}", &a);
		expect(&a, 201);
		snprintf(site, sizeof(site), "/sites/%.*s", STR_ARG(answer_str(&a, "id")));
		ask(&w, &one, "DELETE", site, NULL, &b);
		expect_problem(&b, 422, "approval.reason-missing");
		ask(&w, &one, "DELETE", site, "{\"reason\":\"网站已下线\"}", &c);
		expect(&c, 204);
		ask(&w, &one, "GET", site, NULL, &d);
		expect(&d, 404);
		ask(&w, &one, "GET", "/audit-events?action=approval.alone", NULL, &e);
		assert_true(str_has(buf_view(&e.body), STR("网站已下线")));
	}
	world_person(&w, tenant, "tenant_admin", false, &two);
	{
		_cleanup_answer_ struct answer a, b, c, d, e, f, g;
		ask(&w, &one, "POST", "/sites", "{\"url\":\"https://b.example.com/\",\"name\":\"乙站\"}", &a);
		expect(&a, 201);
		snprintf(site, sizeof(site), "/sites/%.*s", STR_ARG(answer_str(&a, "id")));
		ask(&w, &one, "DELETE", site, "{\"reason\":\"网站已下线\"}", &b);
		expect(&b, 202);
		snprintf(path, sizeof(path), "/approvals/%.*s/approve", STR_ARG(answer_str(&b, "id")));
		ask(&w, &one, "POST", path, NULL, &c);
		expect_problem(&c, 403, "approval.same-person-forbidden");
		ask(&w, &two, "GET", "/approvals?state=pending", NULL, &d);
		assert_int_equal(json_array_size(json_object_get(d.json, "items")), 1);
		ask(&w, &two, "POST", path, NULL, &e);
		expect(&e, 200);
		ask(&w, &one, "GET", site, NULL, &f);
		expect(&f, 404);
		ask(&w, &two, "POST", path, NULL, &g);
		expect_problem(&g, 409, "approval.state");
	}
	snprintf(jobs, sizeof(jobs), "/jobs?limit=1");
	{
		_cleanup_answer_ struct answer a;
		ask(&w, &one, "GET", jobs, NULL, &a);
		expect(&a, 200);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_setup),	  TEST_DB(test_login),	 TEST_DB(test_forgery),
		TEST_DB(test_totp),	  TEST_DB(test_members_and_keys), TEST_DB(test_audit),
		TEST_DB(test_quota),	  TEST_DB(test_grant),	 TEST_DB(test_conditions),
		TEST_DB(test_pages),	  TEST_DB(test_events),	 TEST_DB(test_secrets),
		TEST_DB(test_two_people),
	};
	return test_db_run("api", tests, ARRAY_SIZE(tests));
}
