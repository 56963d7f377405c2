/* Log-in scripts, and logging in over plain HTTP: the form is found by itself, a lost session
 * is noticed and made again, what it hid is asked for once more; a captcha and a wrong
 * password are said clearly. */
#include <pthread.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"
#include "scan/login_private.h"
#include "scan/login_script.h"
#include "scan/scan.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned logins, lost_after, member_hits, logouts;
static bool alive, captcha, searches, hidden;
static struct map *pages, *inside; /* inside: identifiers that are logged in */
static enum { ONE_SID, KEEPS_SID, RENEWS_SID } sids;
static unsigned given, fixations;
static bool strangers_sid;

static void answer(struct test_conn *c, const char *head, const char *more, const char *body)
{
	test_writef(c, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\n%sContent-Length: %zu\r\n\r\n%s", head, more,
		    strlen(body), body);
}

/* Who comes is given an identifier; logging in keeps it, or makes another. */
static bool login_with_sid(struct test_conn *c, struct str q, bool post, bool right)
{
	char more[200] = "", go[300];
	ssize_t at = str_find(q, STR("sid=v"));
	struct str sid = at < 0 ? STR("") : str_sub(q, (size_t)at + 4, (size_t)at + 4 + 12);
	if (sids == ONE_SID)
		return false;
	if (!sid.len || (right && sids == RENEWS_SID)) {
		snprintf(more, sizeof(more), "Set-Cookie: sid=v%011u; HttpOnly; Path=/\r\n", ++given * 7919);
		sid = str_make(more + 16, 12);
	}
	if (right)
		map_add(inside, sid);
	snprintf(go, sizeof(go), "%sLocation: /member\r\n", more);
	if (right)
		answer(c, "302 Found", go, "");
	else
		answer(c, "200 OK", more, post ? "<title>Log in</title><p>用户名或密码不正确</p>" : "<title>Log in</title><form action=/login method=post>"
		       "<input name=csrf type=hidden value=tok12345678><input name=username><input type=password name=password></form>");
	return true;
}

static void login(struct test_conn *c, struct str q, bool post)
{
	bool right = post && str_has(q, STR("username=ann")) && str_has(q, STR("password=Right1")) && str_has(q, STR("csrf=tok12345678"));
	if (login_with_sid(c, q, post, right))
		return;
	char page[1000];
	if (right) {
		logins++;
		alive = true;
		member_hits = 0;
		answer(c, "302 Found", "Location: /member\r\nSet-Cookie: sid=good; HttpOnly; Path=/\r\n", "");
		return;
	}
	snprintf(page, sizeof(page),
		 "<title>Log in</title>%s<form action=/login method=post><input name=csrf type=hidden value=tok12345678>"
		 "<input name=username id=u><input type=password name=password id=p>%s<input type=submit value=登录 id=go></form>",
		 post ? "<p>用户名或密码不正确</p>" : "", captcha ? "<input name=captcha placeholder=验证码>" : "");
	answer(c, "200 OK", post && strangers_sid ? "Set-Cookie: sid=stranger; Path=/\r\n" : "", page);
}

/* ---- without a form ---- */

static enum { BY_FORM, BY_JSON, BY_BASIC, BY_DIGEST } entry;

/* Of a Digest header. */
static struct str part(struct str header, const char *before, char end)
{
	ssize_t at = str_find(header, str_c(before));
	struct str v = str_from(header, at < 0 ? header.len : (size_t)at + strlen(before));
	ssize_t n = str_chr(v, end);
	return str_sub(v, 0, n < 0 ? v.len : (size_t)n);
}

static bool digest_right(struct str q, struct str path)
{
	char want[65];
	ssize_t at = str_find(q, STR("Authorization: Digest "));
	struct str h = str_from(q, at < 0 ? q.len : (size_t)at), line;
	if (at < 0)
		return false;
	str_split(&h, '\r', &line);
	struct login_digest d = { STR("SHA-256"), STR("ann"), STR("Members, only"), STR("Right1"), STR("n0nce"), part(line, "cnonce=\"", '"'),
				  STR("GET"), part(line, "uri=\"", '"'), (unsigned)strtoul(part(line, "nc=", ',').ptr, NULL, 16), true };
	if (!str_eq(d.uri, path) || str_starts(q, STR("POST")))
		return false;
	login_digest(&d, want);
	return str_eq(part(line, "response=\"", '"'), str_c(want)) && str_has(line, STR("opaque=\"opq\""));
}

/* True when it was answered. */
static bool other_door(struct test_conn *c, struct str q, struct str path)
{
	bool in = entry == BY_JSON ? alive && str_has(q, STR("\r\nX-Access-Token: tok-0123456789\r\n")) :
		  entry == BY_BASIC ? str_has(q, STR("\r\nAuthorization: Basic YW5uOlJpZ2h0MQ==\r\n")) : digest_right(q, path);
	if (entry == BY_FORM)
		return false;
	if (in && str_starts(path, STR("/member")))
		return false;
	if (entry == BY_JSON && str_eq(path, STR("/api/login"))) {
		bool right = str_starts(q, STR("POST")) && str_has(q, STR("{\"username\":\"ann\",\"password\":\"Right1\"}"));
		logins += right;
		alive = alive || right;
		const char *body = right ? "{\"code\":0,\"data\":{\"refreshToken\":\"ref-9999999\",\"accessToken\":\"tok-0123456789\"}}" :
					   "{\"code\":500,\"msg\":\"密码错误\"}";
		test_writef(c, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			    str_starts(q, STR("POST")) ? "200 OK" : "405 Method Not Allowed", strlen(body), body);
		return true;
	}
	if (!str_starts(path, STR("/member")))
		return false;
	answer(c, "401 Unauthorized", entry == BY_BASIC ? "WWW-Authenticate: Basic realm=\"M\"\r\n" : entry == BY_DIGEST ?
	       "WWW-Authenticate: Digest realm=\"Members, only\", qop=\"auth,auth-int\", algorithm=SHA-256, nonce=\"n0nce\", opaque=\"opq\"\r\n" : "", "no");
	return true;
}

static void member(struct test_conn *c, struct str q, struct str path)
{
	if (other_door(c, q, path))
		return;
	char page[4000], links[3000] = "";
	if (lost_after && ++member_hits > lost_after) {
		lost_after = 0;
		alive = false;
	}
	ssize_t at = str_find(q, STR("sid=v"));
	bool known = at >= 0 && map_has(inside, str_sub(q, (size_t)at + 4, (size_t)at + 4 + 12));
	if (entry == BY_FORM && (sids != ONE_SID ? !known : !alive || !str_has(q, STR("sid=good")))) {
		answer(c, "302 Found", "Location: /login\r\n", "");
		return;
	}
	for (size_t i = 0, n = 0; searches && i < 40; i++)
		n += (size_t)snprintf(links + n, sizeof(links) - n, "<a href=/member/find%zu/%c?p=a>%zu</a>", i, 'a' + (char)(i % 26), i);
	snprintf(page, sizeof(page),
		 "<title>M</title>%s<h1>Welcome</h1><a href=/logout>退出登录</a> <a href=/member/1>1</a> <a href=/member/2>2</a>"
		 "<a href=/member/3>3</a><a href=/member/4>4</a><a href=/member/5>5</a><p>%.*s</p>",
		 links, STR_ARG(str_sub(path, 0, 400)));
	answer(c, "200 OK", "", page);
}

static void handle(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str q = buf_view(&c->request), line, rest = q;
		str_split(&rest, '\r', &line);
		ssize_t a = str_chr(line, ' '), b = str_rchr(line, ' ');
		struct str path = str_sub(line, (size_t)a + 1, (size_t)b);
		pthread_mutex_lock(&lock);
		if (str_eq(path, STR("/")))
			answer(c, "200 OK", "", hidden ? "<title>Home</title><a href=/login>登录</a>" :
						       "<title>Home</title><a href=/member>members</a> <a href=/login>登录</a>");
		else if (str_starts(path, STR("/login")))
			login(c, q, str_starts(line, STR("POST")));
		else if (str_starts(path, STR("/member")) || (entry == BY_JSON && str_eq(path, STR("/api/login"))))
			member(c, q, path);
		else
			answer(c, "404 Not Found", "", "nothing");
		logouts += str_has(path, STR("logout"));
		pthread_mutex_unlock(&lock);
	}
}

static struct test_server *server;
static char url[64];
static struct net_policy *policy;
static char said[4000];

static void on_page(void *ctx, const struct scan_page_info *p)
{
	if (p->status == 200)
		map_add(pages, str_from(p->url, strlen(url) - 1));
}

static void on_log(void *ctx, struct str zh, struct str en)
{
	size_t n = strlen(said);
	snprintf(said + n, sizeof(said) - n, "%.*s\n", STR_ARG(en));
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	fixations += str_eq(f->check, STR("session-fixation"));
}

static int run(struct scan_login l, struct scan_summary *sum, struct error *e)
{
	struct str only = sids ? STR("session-fixation") : searches ? STR("command-injection-time") : STR("hsts-weak");
	struct scan_options o = { .target = str_c(url), .mode = searches ? SCAN_DEEP : SCAN_STANDARD, .browser = SCAN_BROWSER_OFF, .only_checks = &only, .only_checks_len = 1,
				  .login = l, .concurrency = 1 };
	struct scan_events ev = { .page = on_page, .log = on_log, .finding = on_finding };
	_cleanup_connector_ struct net_connector *c = NULL;
	map_free(pages);
	pages = map_new();
	logins = logouts = member_hits = 0;
	alive = false;
	said[0] = 0;
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, e));
	return scan_run(&o, c, NULL, &ev, sum, e);
}

static const struct scan_login ann = { .kind = SCAN_LOGIN_FORM, .user = STR_INIT("ann"), .password = STR_INIT("Right1") };

static void assert_all_seen(void)
{
	static const char *const list[] = { "/member", "/member/1", "/member/2", "/member/3", "/member/4", "/member/5" };
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (!map_has(pages, str_c(list[i])))
			fail_msg("not seen: %s\n%s", list[i], said);
}

static void the_form_is_found_and_used(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	assert_ok(run(ann, &s, &e));
	assert_int_equal(logins, 1);
	assert_int_equal(logouts, 0);
	assert_all_seen();
	scan_summary_free(&s);
}

/* Who was given the identifier before somebody logged in under it is inside; not so when it is changed. */
static void an_identifier_kept_over_the_log_in_is_told(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	for (sids = KEEPS_SID; sids <= RENEWS_SID; sids++) {
		fixations = 0;
		inside = map_new();
		assert_ok(run(ann, &s, &e));
		assert_int_equal(fixations, sids == KEEPS_SID ? 1 : 0);
		scan_summary_free(&s);
		map_free(inside);
	}
	sids = ONE_SID;
}

/* No public page links to the members' pages: the log-in itself leads there. */
static void the_crawl_begins_where_the_log_in_led(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	hidden = true;
	assert_ok(run(ann, &s, &e));
	hidden = false;
	assert_all_seen();
	scan_summary_free(&s);
}

static void a_lost_session_is_made_again(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	lost_after = 7; /* in the middle of the crawl */
	assert_ok(run(ann, &s, &e));
	assert_int_equal(logins, 2);
	assert_true(strstr(said, "lost"));
	assert_all_seen();
	assert_true(s.complete);
	scan_summary_free(&s);
	lost_after = 0;
}

/* Time is measured with nothing else under way: the look at the session waits for its end. */
static void a_measurement_and_a_look_at_the_session_do_not_wait_for_each_other(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	searches = true;
	alarm(60);
	assert_ok(run(ann, &s, &e));
	alarm(0);
	searches = false;
	assert_true(s.complete);
	if (s.stats.requests < 900)
		fail_msg("%llu requests: too few for two looks", (unsigned long long)s.stats.requests);
	scan_summary_free(&s);
}

/* A log-in form that is tried as a stranger gives the stranger a session: the scan keeps its own. */
static void a_stranger_s_session_is_not_taken_for_ours(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	strangers_sid = true;
	assert_ok(run(ann, &s, &e));
	strangers_sid = false;
	assert_int_equal(logins, 1);
	assert_all_seen();
	scan_summary_free(&s);
}

static void interfaces_and_http_authentication_are_recognised(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	struct scan_login l = ann;
	l.check_url = STR("/member");
	for (entry = BY_JSON; entry <= BY_DIGEST; entry++) {
		l.url = entry == BY_JSON ? STR("/api/login") : STR("/member");
		l.password = STR("Right1");
		lost_after = entry == BY_JSON ? 7 : 0; /* is made again, too */
		assert_ok(run(l, &s, &e));
		assert_int_equal(logins, entry == BY_JSON ? 2 : 0);
		assert_all_seen();
		scan_summary_free(&s);
		lost_after = 0;
		l.password = STR("Wrong1");
		assert_int_equal(run(l, &s, &e), -1);
		assert_string_equal(e.code, "login.refused-words");
	}
	entry = BY_FORM;
}

static void digests_are_those_of_the_standard(void **state)
{
	struct login_digest d = { STR("MD5"), STR("Mufasa"), STR("testrealm@host.com"), STR("Circle Of Life"),
				  STR("dcd98b7102dd2f0e8b11d0f600bfb0c093"), STR("0a4f113b"),
				  STR("GET"), STR("/dir/index.html"), 1, true };
	char out[65];
	login_digest(&d, out);
	assert_string_equal(out, "6629fae49393a05397450978507c4ef1");
	d.algorithm = STR("SHA-256");
	login_digest(&d, out);
	assert_string_equal(out, "5abdd07184ba512a22c53f41470e5eea7dcaa3a93a59b630c13dfe0a5dc6e38b");
}

static void what_is_wrong_is_said(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	struct scan_login wrong = ann;
	wrong.password = STR("Wrong1");
	assert_int_equal(run(wrong, &s, &e), -1);
	assert_string_equal(e.code, "login.refused-words");
	assert_false(strstr(e.zh, "Wrong1") || strstr(e.en, "Wrong1"));
	captcha = true;
	assert_int_equal(run(ann, &s, &e), -1);
	assert_string_equal(e.code, "login.captcha");
	captcha = false;
}

static void scripts_run_without_a_browser(void **state)
{
	struct scan_summary s;
	struct error e = { 0 };
	struct scan_login l = { .kind = SCAN_LOGIN_SCRIPT, .user = STR("ann"), .password = STR("Right1"),
				.script = STR("# members\ngoto /login\nfill #u ${user}\nfill input[name=password] \"${password}\"\n"
					      "click \"text=登录\"\nexpect text 退出登录\nexpect url /member\n") };
	assert_ok(run(l, &s, &e));
	assert_all_seen();
	scan_summary_free(&s);
	l.script = STR("goto /login\nfill #nobody x\n");
	assert_int_equal(run(l, &s, &e), -1);
	assert_string_equal(e.code, "login.step");
	assert_true(strstr(e.zh, "第 2 步"));
}

/* ---- the parser ---- */

static void assert_bad(const char *text, const char *part)
{
	struct arena *a = arena_new(1 * MIB);
	const struct login_step *steps;
	size_t n;
	struct error e = { 0 };
	assert_int_equal(login_script_parse(a, str_c(text), &steps, &n, &e), -1);
	assert_string_equal(e.code, "login.bad-script");
	if (!strstr(e.en, part))
		fail_msg("\"%s\" lacks \"%s\"", e.en, part);
	arena_free(a);
}

static void scripts_are_parsed_with_clear_errors(void **state)
{
	struct arena *a = arena_new(1 * MIB);
	const struct login_step *steps;
	size_t n;
	struct error e = { 0 };
	assert_ok(login_script_parse(a, STR("goto /a\r\n\n  # note\nfill '#x y' \"a \\\" b\"\nwait 500ms\nwait #menu\nexpect-not text no\n"),
				     &steps, &n, &e));
	assert_int_equal(n, 5);
	assert_str(steps[1].a, STR("#x y"));
	assert_str(steps[1].b, STR("a \" b"));
	assert_int_equal(steps[1].line, 4);
	assert_int_equal(steps[2].ms, 500);
	assert_int_equal(steps[3].ms, 0);
	assert_str(login_script_text(a, STR("<${user}:${password}:${other}>"), STR("u"), STR("${user}")), STR("<u:${user}:${other}>"));
	assert_ok(login_script_parse(a, STR("{\"title\":\"x\",\"steps\":[{\"type\":\"setViewport\"},{\"type\":\"navigate\",\"url\":\"http://h/login\"},"
					    "{\"type\":\"change\",\"value\":\"v\",\"selectors\":[[\"aria/Name\"],[\"#name\"]]},{\"type\":\"click\",\"selectors\":[[\"aria/Log in\"]]}]}"),
				     &steps, &n, &e));
	assert_int_equal(n, 3);
	assert_str(steps[1].a, STR("#name"));
	assert_str(steps[2].a, STR("text=Log in"));
	arena_free(a);
	assert_bad("", "empty");
	assert_bad("goto /\njump #x", "Line 2");
	assert_bad("fill #x", "fill #user");
	assert_bad("fill \"#x y", "quote");
	assert_bad("expect colour red", "expect text");
	assert_bad("goto file:///etc/passwd", "http");
	assert_bad("wait 99999999", "30000");
	assert_bad("{\"a\":1}", "Recorder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_are_parsed_with_clear_errors), cmocka_unit_test(the_form_is_found_and_used),
		cmocka_unit_test(a_lost_session_is_made_again), cmocka_unit_test(an_identifier_kept_over_the_log_in_is_told),
		cmocka_unit_test(the_crawl_begins_where_the_log_in_led),	       cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(scripts_run_without_a_browser), cmocka_unit_test(digests_are_those_of_the_standard),
		cmocka_unit_test(a_stranger_s_session_is_not_taken_for_ours),
		cmocka_unit_test(interfaces_and_http_authentication_are_recognised),
		cmocka_unit_test(a_measurement_and_a_look_at_the_session_do_not_wait_for_each_other),
	};
	struct error e = { 0 };
	net_http_global_init(&e);
	server = test_server_start(handle, NULL, NULL);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", test_server_port(server));
	policy = net_policy_new();
	net_policy_allow_own(policy);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	test_server_stop(server);
	net_policy_free(policy);
	map_free(pages);
	return r;
}
