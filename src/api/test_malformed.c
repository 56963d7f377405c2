/* More than a hundred ways to ask wrongly. Each gets problem+json with a 4xx (or, where
 * the bytes are no HTTP at all, a refusal or a closed connection), and the server goes on. */
#include <stdio.h>

#include "api/test_world.h"
#include "base/limits.h"

struct bad {
	const char *method, *path, *body, *headers;
};

#define LOGIN "{\"email\":\"a@example.com\",\"password\":\"x\""

static const struct bad asked[] = {
	/* not JSON */
	{ "POST", "/session", "", NULL }, { "POST", "/session", " ", NULL },
	{ "POST", "/session", "x", NULL }, { "POST", "/session", "{", NULL },
	{ "POST", "/session", "}", NULL }, { "POST", "/session", "{}{}", NULL },
	{ "POST", "/session", "{'a':1}", NULL }, { "POST", "/session", "{\"a\":}", NULL },
	{ "POST", "/session", "{\"a\" 1}", NULL }, { "POST", "/session", "{a:1}", NULL },
	{ "POST", "/session", "{\"a\":1,}", NULL }, { "POST", "/session", "[1,", NULL },
	{ "POST", "/session", "\"\\u12\"", NULL }, { "POST", "/session", "\"\\ud800\"", NULL },
	{ "POST", "/session", "{\"a\":\"\\u0000\"}", NULL }, { "POST", "/session", "{\"a\":\"\x01\"}", NULL },
	{ "POST", "/session", "{\"a\":\"\xff\xfe\"}", NULL }, { "POST", "/session", "{\"a\":\"\xc0\xaf\"}", NULL },
	{ "POST", "/session", "{\"a\":\"\xed\xa0\x80\"}", NULL }, { "POST", "/session", "NaN", NULL },
	{ "POST", "/session", "{\"a\":NaN}", NULL }, { "POST", "/session", "{\"a\":1e999}", NULL },
	{ "POST", "/session", "{\"a\":0x1}", NULL }, { "POST", "/session", "{\"a\":01}", NULL },
	{ "POST", "/session", "{\"a\":99999999999999999999}", NULL },
	{ "POST", "/session", LOGIN ",\"email\":\"b@example.com\"}", NULL },
	{ "POST", "/session", "/* x */{}", NULL }, { "POST", "/session", "\xEF\xBB\xBF", NULL },
	/* JSON, but not what is wanted */
	{ "POST", "/session", "null", NULL }, { "POST", "/session", "true", NULL },
	{ "POST", "/session", "1", NULL }, { "POST", "/session", "\"x\"", NULL },
	{ "POST", "/session", "[]", NULL }, { "POST", "/session", "{}", NULL },
	{ "POST", "/session", "{\"email\":\"a@example.com\"}", NULL },
	{ "POST", "/session", LOGIN ",\"x\":1}", NULL }, { "POST", "/session", LOGIN ",\"totp\":1}", NULL },
	{ "POST", "/session", LOGIN ",\"totp\":{}}", NULL },
	{ "POST", "/session", "{\"email\":null,\"password\":\"x\"}", NULL },
	{ "POST", "/session", "{\"email\":1,\"password\":\"x\"}", NULL },
	{ "POST", "/session", "{\"email\":[],\"password\":\"x\"}", NULL },
	{ "POST", "/session", "{\"email\":\"\",\"password\":\"x\"}", NULL },
	{ "POST", "/session", "{\"email\":\"a@example.com\",\"password\":\"\"}", NULL },
	{ "POST", "/session", "{\"__proto__\":{},\"constructor\":1}", NULL },
	{ "POST", "/setup", "{\"token\":\"\"}", NULL }, { "POST", "/setup", "{\"tenant_kind\":\"x\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a@\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"@a.b\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a b@c.d\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a@b@c.d\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\\nb\",\"email\":\"a@b.cd\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\" \",\"email\":\"a@b.cd\",\"role\":\"operator\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a@b.cd\",\"role\":\"root\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a@b.cd\",\"role\":[\"operator\"]}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a@b.cd\",\"role\":\"operator\",\"password\":\"short\"}", NULL },
	{ "POST", "/members", "{\"name\":\"a\",\"email\":\"a@b.cd\",\"role\":\"operator\",\"password\":\"aaaaaaaaaaaa\"}", NULL },
	{ "POST", "/api-keys", "{\"name\":\"a\",\"scopes\":[]}", NULL },
	{ "POST", "/api-keys", "{\"name\":\"a\",\"scopes\":\"site:read\"}", NULL },
	{ "POST", "/api-keys", "{\"name\":\"a\",\"scopes\":[1]}", NULL },
	{ "POST", "/api-keys", "{\"name\":\"a\",\"scopes\":[\"x\"]}", NULL },
	{ "POST", "/api-keys", "{\"name\":\"a\",\"scopes\":[\"site:read\"],\"expires\":\"tomorrow\"}", NULL },
	{ "POST", "/api-keys", "{\"name\":\"a\",\"scopes\":[\"site:read\"],\"expires\":\"2001-01-01T00:00:00Z\"}", NULL },
	{ "POST", "/quota-requests", "{\"quota\":\"sites\",\"total\":\"7\",\"reason\":\"xx\"}", NULL },
	{ "POST", "/quota-requests", "{\"quota\":\"sites\",\"total\":7.5,\"reason\":\"xx\"}", NULL },
	{ "POST", "/quota-requests", "{\"quota\":\"sites\",\"total\":-1,\"reason\":\"xx\"}", NULL },
	{ "POST", "/quota-requests", "{\"quota\":\"sites\",\"total\":1e9,\"reason\":\"xx\"}", NULL },
	{ "POST", "/quota-requests", "{\"quota\":\"sites\",\"total\":9,\"reason\":\"\"}", NULL },
	{ "POST", "/quota-requests", "{\"quota\":\"apps\",\"total\":9,\"reason\":\"xx\"}", NULL },
	{ "PATCH", "/tenant", "{\"timezone\":\"../../etc/passwd\"}", NULL },
	{ "PATCH", "/tenant", "{\"timezone\":\"Mars/Olympus\"}", NULL },
	{ "PATCH", "/tenant", "{\"kind\":\"platform\"}", NULL },
	{ "PATCH", "/tenant", "{\"edition\":\"standalone-pro\"}", NULL },
	{ "PATCH", "/guide", "{\"dismissed\":\"yes\"}", NULL }, { "PATCH", "/me", "{\"lang\":\"fr\"}", NULL },
	{ "PATCH", "/me", "{\"email\":\"x@y.zz\"}", NULL }, { "PATCH", "/session", "{\"tenant_id\":\"x\"}", NULL },
	{ "PATCH", "/settings", "{\"scan_workers\":0}", NULL },
	{ "PATCH", "/settings", "{\"public_url\":\"javascript:alert(1)\"}", NULL },
	{ "PATCH", "/settings", "{\"allowed_hosts\":[\"a b\"]}", NULL },
	{ "PATCH", "/settings", "{\"smtp\":{\"host\":\"x\"}}", NULL },
	{ "DELETE", "/session", "{\"x\":1}", NULL },
	/* paths, methods, queries */
	{ "GET", "/nothing", NULL, NULL }, { "GET", "/members/", NULL, "X-HTTP-Method-Override: DELETE\r\nAccept: text/html\r\nIf-Match: x\r\nX: \xff\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n" },
	{ "GET", "/members/x", NULL, NULL }, { "GET", "/members/%00", NULL, NULL },
	{ "GET", "/members/%zz", NULL, NULL }, { "GET", "/members/%ff%fe", NULL, NULL },
	{ "GET", "/members/..%2f..%2fetc", NULL, NULL }, { "GET", "/members/01arz3ndektsv4rrffq69g5fav", NULL, NULL },
	{ "PUT", "/members", "{}", NULL }, { "DELETE", "/health", NULL, NULL }, { "TRACE", "/health", NULL, NULL },
	{ "BREW", "/members", NULL, NULL }, { "POST", "/:/index.html", "{}", NULL }, { "GET", "/:/api/v9/x", NULL, NULL },
	{ "GET", "/:/../../etc/passwd.txt", NULL, NULL }, { "GET", "/:/%2e%2e/%2e%2e/etc/passwd.x", NULL, NULL },
	{ "GET", "/members?limit=0", NULL, NULL }, { "GET", "/members?limit=-1", NULL, NULL },
	{ "GET", "/members?limit=201", NULL, NULL }, { "GET", "/members?limit=x", NULL, NULL },
	{ "GET", "/members?limit=1&limit=2", NULL, NULL }, { "GET", "/members?cursor=x", NULL, NULL },
	{ "GET", "/members?cursor=eA.00000000000000000000000000000000", NULL, NULL },
	{ "GET", "/members?role=root", NULL, NULL }, { "GET", "/members?nothing=1", NULL, NULL },
	{ "GET", "/members?q=%ff", NULL, NULL }, { "GET", "/members?q=%00", NULL, NULL },
	{ "GET", "/members?total=maybe", NULL, NULL }, { "GET", "/search", NULL, NULL },
	{ "GET", "/audit-events?from=yesterday", NULL, NULL }, { "GET", "/audit-events/export?format=exe", NULL, NULL },
	{ "GET", "/events/poll?after=x", NULL, NULL },
	{ "GET", "/events/poll?after=-99999999999999999999", NULL, NULL },
};

/* Whole requests as bytes. no_http: the server may also just close. */
static const struct {
	const char *bytes;
	bool no_http;
} raw[] = {
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", false },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", false },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b", false },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", false },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{}", false },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n0\r\n\r\n", false },
	{ "GET /api/v1/health HTTP/1.1\r\nHost:\r\n\r\n", false },
	{ "GET /api/v1/health HTTP/1.1\r\n\r\n", true },
	{ "GET /api/v1/health HTTP/1.1\r\nHost: localhost@evil\r\n\r\n", false },
	{ "GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", false },
	{ "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic eDp5\r\n\r\n", false },
	{ "GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer\r\n\r\n", false },
	{ "GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nCookie: zw_session=%00%00; zw_session\r\n\r\n", false },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", true },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", true },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n", true },
	{ "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", true },
	{ "GET api HTTP/1.1\r\nHost: localhost\r\n\r\n", true }, { "GET\r\n\r\n", true },
	{ "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", true }, { "\r\n\r\n\r\n\r\nx\r\n\r\n", true },
	{ "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", true },
	{ "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nno colon here\r\n\r\n", true },
};

static void expect_refusal(const struct answer *a, const char *what)
{
	char type[512];
	bool problem = strncmp(answer_header(a, "Content-Type", type), "application/problem+json", 24) == 0;
	if (a->status < 400 || a->status > 499 || !problem || str_empty(answer_str(a, "code")) ||
	    json_get_int(a->json, "status", 0) != a->status)
		fail_msg("%s: %d\n%.*s%.*s", what, a->status, STR_ARG(buf_view(&a->head)),
			 STR_ARG(buf_view(&a->body)));
}

static void well(struct world *w)
{
	_cleanup_answer_ struct answer a;
	ask(w, NULL, "GET", "/health", NULL, &a);
	expect(&a, 200);
}

static void test_asked(void **state)
{
	struct world w;
	struct who who;
	char tenant[ID_LEN + 1], what[400];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	world_person(&w, tenant, "tenant_admin", true, &who);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		_cleanup_answer_ struct answer a;
		ask_with(&w, &who, asked[i].method, asked[i].path, asked[i].body, asked[i].headers, &a);
		snprintf(what, sizeof(what), "%zu %s %s %s", i, asked[i].method, asked[i].path,
			 asked[i].body ? asked[i].body : "");
		if (asked[i].headers) /* a body that never comes: refused or dropped */
			continue;
		expect_refusal(&a, what);
	}
	well(&w);
	world_close(&w);
}

static void test_raw(void **state)
{
	struct world w;
	world_open(&w, *state);
	for (size_t i = 0; i < ARRAY_SIZE(raw); i++) {
		_cleanup_answer_ struct answer a;
		ask_raw(&w, str_c(raw[i].bytes), raw[i].no_http ? 300 : 5000, &a);
		char type[512];
		if (raw[i].no_http && a.status == 0)
			continue;
		/* The library may send its head twice before such a page. */
		if (raw[i].no_http)
			assert_string_equal(answer_header(&a, "Content-Type", type),
					    "application/problem+json; charset=utf-8");
		else
			expect_refusal(&a, raw[i].bytes);
	}
	well(&w);
	world_close(&w);
}

/* Large, deep, many. */
static void test_sizes(void **state)
{
	struct world w;
	_cleanup_buf_ struct buf b = BUF_INIT(4 * MIB), path = BUF_INIT(64 * KIB);
	world_open(&w, *state);
	{
		_cleanup_answer_ struct answer a, c, d, e, f;
		buf_c(&b, "{\"email\":\"");
		while (b.len < LIMIT_API_BODY + 10)
			buf_char(&b, 'a');
		buf_c(&b, "\"}");
		ask(&w, NULL, "POST", "/session", b.ptr, &a);
		expect_problem(&a, 413, "body.too-large");
		buf_clear(&b);
		for (int i = 0; i < 20000; i++)
			buf_char(&b, '[');
		ask(&w, NULL, "POST", "/session", b.ptr, &c);
		expect_problem(&c, 400, "json.bad");
		buf_clear(&b);
		buf_c(&b, "{");
		for (int i = 0; i < 5000; i++)
			buf_printf(&b, "%s\"k%d\":1", i ? "," : "", i);
		buf_c(&b, "}");
		ask(&w, NULL, "POST", "/session", b.ptr, &d);
		expect_problem(&d, 422, "input.invalid");
		assert_int_equal(json_array_size(json_object_get(d.json, "errors")), API_FAULTS_MAX);
		buf_c(&path, "/search?q=");
		while (path.len < LIMIT_API_URL + 10)
			buf_char(&path, 'a');
		ask(&w, NULL, "GET", path.ptr, NULL, &e);
		expect_problem(&e, 400, "request.malformed");
		buf_clear(&path);
		buf_c(&path, "/search?");
		for (int i = 0; i < 200; i++)
			buf_printf(&path, "a%d=1&", i);
		struct who who;
		char tenant[ID_LEN + 1];
		world_tenant(&w, "甲", tenant);
		world_person(&w, tenant, "operator", false, &who);
		ask(&w, &who, "GET", path.ptr, NULL, &f);
		expect_problem(&f, 400, "input.bad-query");
	}
	well(&w);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_DB(test_asked), TEST_DB(test_raw), TEST_DB(test_sizes) };
	check(ARRAY_SIZE(asked) + ARRAY_SIZE(raw) > 100);
	return test_db_run("malformed", tests, ARRAY_SIZE(tests));
}
