/* Set-Cookie lines, dates, and who gets which cookie. */
#include "base/test.h"

#include "base/check.h"
#include "base/limits.h"
#include "net/cookie.h"

#define NOW ((int64_t)1763769600000) /* 2025-11-22T00:00:00Z */

static void lines(void **state)
{
	(void)state;
	struct set_cookie c;

	assert_ok(cookie_parse(
		STR("sid=a=b; Path=/x; Domain=.Example.com; Secure; HttpOnly; SameSite=lax"), NOW,
		&c));
	assert_str_c(c.name, "sid");
	assert_str_c(c.value, "a=b");
	assert_str_c(c.path, "/x");
	assert_str_c(c.domain, "Example.com");
	assert_true(c.secure && c.http_only && !c.has_expires);
	assert_int_equal(c.same_site, COOKIE_SAME_SITE_LAX);
	assert_ok(cookie_parse(STR("a=1; SameSite=whatever; partitioned ; path=x"), NOW, &c));
	assert_int_equal(c.same_site, COOKIE_SAME_SITE_UNKNOWN);
	assert_true(c.partitioned);
	assert_int_equal(c.path.len, 0);
	assert_ok(cookie_parse(STR("a=1; max-age=10; expires=Thu, 01 Jan 1970 00:00:00 GMT"), NOW,
			       &c));
	assert_true(c.has_expires);
	assert_int_equal(c.expires_ms, NOW + 10000);
	assert_ok(cookie_parse(STR("a=1; max-age=-5"), NOW, &c));
	assert_int_equal(c.expires_ms, 0);
	assert_ok(cookie_parse(STR("a=1; max-age=99999999999999999999"), NOW, &c));
	assert_int_equal(c.expires_ms, NOW + (int64_t)400 * 86400 * 1000);
	assert_ok(cookie_parse(STR("a=1; max-age=1x"), NOW, &c));
	assert_false(c.has_expires);
	assert_ok(cookie_parse(STR("novalue"), NOW, &c));
	assert_str_c(c.name, "");
	assert_str_c(c.value, "novalue");
	assert_ok(cookie_parse(STR("  a  =  b  ;"), NOW, &c));
	assert_str_c(c.name, "a");
	assert_str_c(c.value, "b");
	assert_int_equal(cookie_parse(STR(""), NOW, &c), -1);
	assert_int_equal(cookie_parse(STR("="), NOW, &c), -1);
	assert_int_equal(cookie_parse(STR("a=\x01"), NOW, &c), -1);
	assert_int_equal(cookie_parse(STR("; Secure"), NOW, &c), -1);
}

static void dates(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t want;
	} v[] = {
		{ "Thu, 01 Jan 1970 00:00:01 GMT", 1000 },
		{ "Sat, 22 Nov 2025 00:00:00 GMT", NOW },
		{ "Saturday, 22-Nov-25 00:00:00 GMT", NOW },
		{ "Sat Nov 22 00:00:00 2025", NOW },
		{ "22 nov 2025 0:0:0", NOW },
		{ "Thu, 01-Jan-70 00:00:00 GMT", 0 },
		{ "29 Feb 2024 12:00:00", 1709208000000 },
		{ "31 Feb 2024 12:00:00", -1 },
		{ "01 Jan 2024", -1 },
		{ "01 Foo 2024 00:00:00", -1 },
		{ "01 Jan 2024 24:00:00", -1 },
		{ "01 Jan 1600 00:00:00", -1 },
		{ "", -1 },
		{ "0", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		int64_t got = -1;

		cookie_parse_date(str_c(v[i].text), &got);
		if (got != v[i].want)
			fail_msg("%s: %lld", v[i].text, (long long)got);
	}
}

static const char *sent(struct cookie_jar *j, struct arena *a, const char *url)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	struct url u;

	assert_ok(url_parse(a, str_c(url), NULL, 0, &u, NULL));
	cookie_jar_get(j, &u, NOW, &b);
	return arena_cstr(a, buf_view(&b));
}

static bool set(struct cookie_jar *j, struct arena *a, const char *url, const char *line)
{
	struct url u;

	assert_ok(url_parse(a, str_c(url), NULL, 0, &u, NULL));
	return cookie_jar_set(j, &u, str_c(line), NOW);
}

static void who_gets_what(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	_cleanup_jar_ struct cookie_jar *j = cookie_jar_new();

	assert_true(set(j, a, "https://www.example.com/a/b", "host=1"));
	assert_true(set(j, a, "https://www.example.com/a/b", "dom=2; Domain=example.com; Path=/"));
	assert_true(set(j, a, "https://www.example.com/a/b", "sec=3; Secure; Path=/"));
	assert_string_equal(sent(j, a, "https://www.example.com/a/x"), "host=1; dom=2; sec=3");
	assert_string_equal(sent(j, a, "https://www.example.com/ab"), "dom=2; sec=3");
	assert_string_equal(sent(j, a, "http://www.example.com/a"), "host=1; dom=2");
	assert_string_equal(sent(j, a, "https://other.example.com/a/x"), "dom=2");
	assert_string_equal(sent(j, a, "https://badexample.com/a/x"), "");
	assert_string_equal(sent(j, a, "https://www.example.com.evil.test/a"), "");
	/* Same name, domain and path: replaced; expired: gone. */
	assert_true(set(j, a, "https://www.example.com/a/b", "host=9"));
	assert_string_equal(sent(j, a, "http://www.example.com/a/"), "host=9; dom=2");
	assert_true(set(j, a, "https://www.example.com/a/b", "host=; Max-Age=0"));
	assert_string_equal(sent(j, a, "http://www.example.com/a/"), "dom=2");
	/* What may not be set. */
	assert_false(set(j, a, "https://www.example.com/", "x=1; Domain=other.com"));
	assert_false(set(j, a, "https://www.example.com/", "x=1; Domain=com"));
	assert_false(set(j, a, "https://a.github.io/", "x=1; Domain=github.io"));
	assert_false(set(j, a, "http://www.example.com/", "x=1; Secure"));
	assert_false(set(j, a, "https://www.example.com/", "__Host-x=1; Secure"));
	assert_false(set(j, a, "https://www.example.com/",
			 "__Host-x=1; Secure; Path=/; Domain=example.com"));
	assert_true(set(j, a, "https://www.example.com/", "__Host-x=1; Secure; Path=/"));
	assert_false(set(j, a, "https://www.example.com/", "__Secure-x=1"));
	assert_false(set(j, a, "https://www.example.com/", "=__Host-x=1"));
	assert_true(set(j, a, "http://127.0.0.1:8080/", "ip=1; Domain=127.0.0.1"));
	assert_string_equal(sent(j, a, "http://127.0.0.1/"), "ip=1");
	assert_false(set(j, a, "http://127.0.0.1/", "ip=1; Domain=0.0.1"));
}

static void a_users_cookie_header(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	_cleanup_jar_ struct cookie_jar *j = cookie_jar_new(), *k = cookie_jar_new();
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);
	struct url u;

	assert_ok(url_parse(a, STR("http://h.test/deep/page"), NULL, 0, &u, NULL));
	cookie_jar_set_header(j, &u, STR("PHPSESSID=abc; security=low"));
	assert_string_equal(sent(j, a, "http://h.test/"), "PHPSESSID=abc; security=low");
	assert_string_equal(sent(j, a, "http://x.h.test/"), "");
	/* The server's own renewal takes its place. */
	assert_true(set(j, a, "http://h.test/", "PHPSESSID=new; path=/"));
	assert_string_equal(sent(j, a, "http://h.test/"), "PHPSESSID=new; security=low");
	cookie_jar_save(j, &b);
	assert_ok(cookie_jar_load(k, buf_view(&b)));
	assert_string_equal(sent(k, a, "http://h.test/"), "PHPSESSID=new; security=low");
	assert_int_equal(cookie_jar_load(k, STR("junk")), -1);
	assert_true(cookie_looks_like_session(STR("PHPSESSID")));
	assert_true(cookie_looks_like_session(STR("my_session_id")));
	assert_false(cookie_looks_like_session(STR("theme")));
}

static void the_jar_is_bounded(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	_cleanup_jar_ struct cookie_jar *j = cookie_jar_new();

	for (int i = 0; i < 1000; i++)
		set(j, a, "http://h.test/", arena_printf(a, "c%d=1", i).ptr);
	assert_int_equal(cookie_jar_len(j), LIMIT_COOKIES_PER_HOST);
	for (int i = 0; i < 4000; i++)
		set(j, a, arena_printf(a, "http://h%d.test/", i).ptr, "c=1");
	assert_int_equal(cookie_jar_len(j), LIMIT_COOKIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(dates),
		cmocka_unit_test(who_gets_what),
		cmocka_unit_test(a_users_cookie_header),
		cmocka_unit_test(the_jar_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
