/* The whole engine against a small web application inside the test: what a user would
 * notice. The application has real holes (an input that becomes markup, an input that is
 * evaluated as an SQL condition) and safe twins of them. */
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"
#include "scan/scan.h"

struct app {
	pthread_mutex_t lock;
	struct map *hits; /* "METHOD path?query" -> count */
	unsigned posts, logouts, destroyed, refused, slow_ms;
	bool busy; /* answers 429 at first */
};

static struct app app;

static void note(struct str line)
{
	pthread_mutex_lock(&app.lock);
	uintptr_t n = (uintptr_t)map_get(app.hits, line);
	map_put(app.hits, line, (void *)(n + 1));
	pthread_mutex_unlock(&app.lock);
}

static unsigned hits(const char *line)
{
	pthread_mutex_lock(&app.lock);
	unsigned n = (unsigned)(uintptr_t)map_get(app.hits, str_c(line));
	pthread_mutex_unlock(&app.lock);
	return n;
}

static void answer(struct test_conn *c, const char *status, const char *type, const char *body)
{
	test_writef(c, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nX-Content-Type-Options: nosniff\r\n\r\n%s",
		    status, type, strlen(body), body);
}

static void html(struct test_conn *c, const char *body)
{
	answer(c, "200 OK", "text/html; charset=utf-8", body);
}

/* Value of a parameter, decoded, NUL-terminated. */
static void parameter(struct str query, const char *name, char *out, size_t size)
{
	struct str pair;
	out[0] = 0;
	while (str_split(&query, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		if (eq < 0 || !str_eq(str_sub(pair, 0, (size_t)eq), str_c(name)))
			continue;
		struct buf b;
		buf_init(&b, 64 * KIB);
		decode_percent(&b, str_from(pair, (size_t)eq + 1), true);
		snprintf(out, size, "%.*s", (int)b.len, b.ptr ? b.ptr : "");
		buf_free(&b);
	}
}

/* SELECT … WHERE id = '<id>': quotes matter, and a condition behind AND. Says whether a row
 * comes, or -1 for a syntax error. */
static int database(const char *id)
{
	int a, b;
	char tail[8];
	struct str s = str_c(id);
	ssize_t q = str_chr(s, '\'');
	if (q < 0)
		return strcmp(id, "1") == 0;
	if (sscanf(id, "1' AND '%d'='%d%7s", &a, &b, tail) == 2)
		return a == b;
	return -1;
}

/* Ignores its parameter; but an address asked for the first time also shows a message that
 * another request left in the session. */
static void flash(struct test_conn *c, struct str query)
{
	char v[4096], line[5000];
	parameter(query, "id", v, sizeof(v));
	snprintf(line, sizeof(line), "GET /flash?%.*s", STR_ARG(query));
	html(c, database(v) == 1 || hits(line) > 1 ? "<title>F</title><p>A quiet page.</p>"
						    : "<title>F</title><div>The token is incorrect, please try again</div><p>A quiet page.</p>");
}

static void page(struct test_conn *c, struct str path, struct str query)
{
	char v[4096], out[9000];
	if (str_eq(path, STR("/"))) {
		html(c, "<title>Home</title><a href=/a.html>a</a> <a href=/search?q=hello>s</a> <a href=/safe?q=hello>t</a>"
			"<a href=/item?id=1>i</a> <a href=/fixed?id=1>f</a> <a href=/logout>退出</a>"
			"<a href=/cal?day=1>calendar</a> <a href=/private/x.html>p</a> <a href=/flash?id=1>fl</a> <a href=/still?id=1>st</a> <a href=http://127.0.0.2:9/out>out</a>"
			"<script src=/app.js></script><link rel=stylesheet href=/app.css>"
			"<form action=/contact method=post><input name=mail><input type=submit value=Send></form>"
			"<form action=/wipe method=post><button>删除全部</button></form>");
	} else if (str_eq(path, STR("/a.html"))) {
		html(c, "<title>A</title><p>a page</p><!-- <a href='/old.html'>old</a> -->");
	} else if (str_eq(path, STR("/app.js"))) {
		answer(c, "200 OK", "application/javascript", "fetch('/api/list.php?page=1')");
	} else if (str_eq(path, STR("/app.css"))) {
		answer(c, "200 OK", "text/css", "@import '/more.css'; b{background:url(/x.png)}");
	} else if (str_eq(path, STR("/robots.txt"))) {
		answer(c, "200 OK", "text/plain", "User-agent: *\nDisallow: /hidden/\n");
	} else if (str_eq(path, STR("/sitemap.xml"))) {
		answer(c, "200 OK", "text/xml", "<urlset><url><loc>/mapped.html</loc></url></urlset>");
	} else if (str_eq(path, STR("/search"))) {
		parameter(query, "q", v, sizeof(v));
		snprintf(out, sizeof(out), "<title>S</title><p>You searched for %s</p>", v);
		html(c, out);
	} else if (str_eq(path, STR("/safe"))) {
		struct buf b;
		parameter(query, "q", v, sizeof(v));
		buf_init(&b, 64 * KIB);
		buf_c(&b, "<title>S</title><p>You searched for ");
		encode_html(&b, str_c(v));
		buf_c(&b, "</p>");
		html(c, b.ptr);
		buf_free(&b);
	} else if (str_eq(path, STR("/item"))) {
		parameter(query, "id", v, sizeof(v));
		int r = database(v);
		html(c, r > 0 ? "<title>I</title><p>User exists in our books.</p>" : "<title>I</title><p>Nobody of that number.</p>");
	} else if (str_eq(path, STR("/fixed"))) {
		parameter(query, "id", v, sizeof(v));
		html(c, strcmp(v, "1") == 0 ? "<title>I</title><p>User exists.</p>" : "<title>I</title><p>Nobody.</p>");
	} else if (str_eq(path, STR("/flash"))) {
		flash(c, query);
	} else if (str_eq(path, STR("/still"))) {
		html(c, "<title>Q</title><p>Chosen by a script in the browser.</p>");
	} else if (str_eq(path, STR("/cal"))) {
		parameter(query, "day", v, sizeof(v));
		snprintf(out, sizeof(out), "<title>C</title><a href='/cal?day=%ld'>next</a> <a href='/cal?day=%ld'>jump</a>",
			 strtol(v, NULL, 10) + 1, strtol(v, NULL, 10) * 3 + 7);
		html(c, out);
	} else if (str_eq(path, STR("/contact"))) {
		html(c, "<title>K</title><p>Thank you.</p>");
	} else if (str_eq(path, STR("/old.html")) || str_eq(path, STR("/mapped.html")) || str_eq(path, STR("/hidden/")) ||
		   str_eq(path, STR("/api/list.php")) || str_eq(path, STR("/private/x.html"))) {
		html(c, "<title>X</title><p>a quiet page</p>");
	} else {
		answer(c, "404 Not Found", "text/html", "<p>no such page</p>");
	}
}

static void handle(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str line = buf_view(&c->request);
		ssize_t end = str_find(line, STR(" HTTP/"));
		line = str_sub(line, 0, end < 0 ? 0 : (size_t)end);
		note(line);
		ssize_t blank = str_chr(line, ' ');
		struct str path = str_from(line, (size_t)blank + 1), query = STR("");
		ssize_t mark = str_chr(path, '?');
		if (mark >= 0) {
			query = str_from(path, (size_t)mark + 1);
			path = str_sub(path, 0, (size_t)mark);
		}
		if (str_starts(line, STR("POST")))
			__atomic_add_fetch(&app.posts, 1, __ATOMIC_SEQ_CST);
		if (str_eq(path, STR("/logout")))
			__atomic_add_fetch(&app.logouts, 1, __ATOMIC_SEQ_CST);
		if (str_eq(path, STR("/wipe")) && str_starts(line, STR("POST")))
			__atomic_add_fetch(&app.destroyed, 1, __ATOMIC_SEQ_CST);
		if (app.slow_ms)
			test_sleep_ms((int)app.slow_ms);
		if (app.busy && __atomic_fetch_add(&app.refused, 1, __ATOMIC_SEQ_CST) % 20 == 5)
			test_writef(c, "HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
		else
			page(c, path, query);
	}
}

/* ---- running ---- */

struct log {
	struct map *findings; /* "check parameter path" */
	struct map *pages;
	unsigned basis, last_basis;
	bool went_back;
	unsigned stop_after_pages;
	bool stop_asked_later;
	unsigned asked;
};

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct log *l = ctx;
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_printf(&b, "%.*s %.*s %.*s", STR_ARG(f->check), STR_ARG(f->parameter), STR_ARG(f->fingerprint));
	map_add(l->findings, buf_view(&b));
	buf_clear(&b);
	ssize_t slash = str_find(str_from(f->url, 8), STR("/"));
	buf_printf(&b, "%.*s %.*s %.*s", STR_ARG(f->check), STR_ARG(f->parameter), STR_ARG(str_from(f->url, 8 + (size_t)slash)));
	map_add(l->findings, buf_view(&b));
	buf_free(&b);
}

static void on_page(void *ctx, const struct scan_page_info *p)
{
	map_add(((struct log *)ctx)->pages, p->url);
}

static void on_progress(void *ctx, const struct scan_progress *p)
{
	struct log *l = ctx;
	l->went_back = l->went_back || p->basis < l->basis;
	l->basis = p->basis;
}

static enum scan_verdict should_stop(void *ctx)
{
	struct log *l = ctx;
	if (l->stop_asked_later && ++l->asked > 3)
		return SCAN_CANCEL;
	return l->stop_after_pages && map_len(l->pages) >= l->stop_after_pages ? SCAN_CANCEL : SCAN_GO;
}

struct fixture {
	struct test_server *server;
	char url[64];
	struct net_policy *policy;
};
static struct fixture fx;

static void log_clear(struct log *l)
{
	map_free(l->findings);
	map_free(l->pages);
	memset(l, 0, sizeof(*l));
	l->findings = map_new();
	l->pages = map_new();
}

static int run(struct scan_options o, struct log *l, const struct scan_state *state, struct scan_summary *sum,
	       struct error *e)
{
	struct scan_events ev = { l, on_finding, on_page, on_progress, NULL, should_stop };
	_cleanup_connector_ struct net_connector *c = NULL;
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = fx.policy }, &c, e));
	if (!o.target.len)
		o.target = str_c(fx.url);
	return scan_run(&o, c, state, &ev, sum, e);
}

static bool page_seen(struct log *l, const char *path)
{
	char url[200];
	snprintf(url, sizeof(url), "%s%s", fx.url, path[0] == '/' ? path + 1 : path);
	return map_has(l->pages, str_c(url));
}

static void reset(void)
{
	map_free(app.hits);
	app.hits = map_new();
	app.posts = app.logouts = app.destroyed = app.refused = app.slow_ms = 0;
	app.busy = false;
}

static void a_standard_scan_finds_the_holes_and_only_those(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	struct str exclude = STR("/private/");
	reset();
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .excludes = &exclude, .excludes_len = 1 }, &l, NULL, &s, &e));
	assert_true(s.complete);
	assert_string_equal(s.reason, "done");
	assert_int_equal(l.basis, 10000);
	assert_false(l.went_back);
	static const char *const pages[] = { "/", "/a.html", "/old.html", "/app.js", "/app.css", "/robots.txt",
					     "/sitemap.xml", "/mapped.html", "/hidden/", "/api/list.php?page=1", "/contact" };
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (!page_seen(&l, pages[i]))
			fail_msg("page not found: %s", pages[i]);
	assert_true(map_has(l.findings, STR("xss-reflected q /search?q=hello")));
	assert_false(map_has(l.findings, STR("xss-reflected q /safe?q=hello")));
	assert_true(map_has(l.findings, STR("sqli-boolean id /item?id=1")));
	assert_false(map_has(l.findings, STR("sqli-boolean id /fixed?id=1")));
	/* what must not be touched */
	assert_int_equal(app.logouts, 0);
	assert_int_equal(app.destroyed, 0);
	assert_int_equal(hits("GET /private/x.html"), 0);
	assert_true(app.posts > 0);
	/* a calendar ends */
	assert_true(s.stats.pages < 150);
	scan_summary_free(&s);
	log_clear(&l);
	map_free(l.findings);
	map_free(l.pages);
}

static unsigned hits_with(const char *start, const char *part)
{
	struct map_iter it = { 0 };
	struct str key;
	void *v;
	unsigned n = 0;
	while (map_next(app.hits, &it, &key, &v))
		n += str_starts(key, str_c(start)) && str_has(key, str_c(part));
	return n;
}

/* Messages that pop up on any page are no answer to a condition; a page that does not look
 * at its parameter is not asked for conditions at all. */
static void chance_changes_are_no_injection(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	struct str only = STR("sqli-boolean");
	reset();
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .only_checks = &only, .only_checks_len = 1 }, &l, NULL, &s, &e));
	assert_true(map_has(l.findings, STR("sqli-boolean id /item?id=1")));
	assert_false(map_has(l.findings, STR("sqli-boolean id /flash?id=1")));
	assert_true(hits_with("GET /flash?", "AND") > 2);
	assert_int_equal(hits_with("GET /still?", "AND"), 0);
	scan_summary_free(&s);
	map_free(l.findings);
	map_free(l.pages);
}

static void quick_mode_submits_no_form(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	reset();
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_QUICK }, &l, NULL, &s, &e));
	assert_true(s.complete);
	assert_int_equal(app.posts, 0);
	assert_int_equal(app.logouts, 0);
	scan_summary_free(&s);
	map_free(l.findings);
	map_free(l.pages);
}

static void assert_same_keys(const struct map *a, const struct map *b)
{
	struct map_iter it = { 0 };
	struct str key;
	void *v;
	while (map_next(a, &it, &key, &v))
		if (!map_has(b, key))
			fail_msg("only in one run: %.*s", STR_ARG(key));
	assert_int_equal(map_len(a), map_len(b));
}

static void two_runs_give_the_same(void **state)
{
	struct log one = { 0 }, two = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	reset();
	log_clear(&one);
	log_clear(&two);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD }, &one, NULL, &s, &e));
	scan_summary_free(&s);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .concurrency = 3 }, &two, NULL, &s, &e));
	scan_summary_free(&s);
	assert_same_keys(one.findings, two.findings);
	assert_same_keys(one.pages, two.pages);
	map_free(one.findings);
	map_free(one.pages);
	map_free(two.findings);
	map_free(two.pages);
}

static void refusals_slow_it_down_but_lose_nothing(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	struct str only = STR("sqli-boolean");
	reset();
	app.busy = true;
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_QUICK, .rate = 500, .max_pages = 8, .only_checks = &only, .only_checks_len = 1 },
		      &l, NULL, &s, &e));
	assert_true(page_seen(&l, "/a.html"));
	assert_true(s.stats.seconds >= 1.0);
	scan_summary_free(&s);
	map_free(l.findings);
	map_free(l.pages);
}

static void limits_end_it_and_say_so(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	reset();
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_QUICK, .max_pages = 3 }, &l, NULL, &s, &e));
	assert_false(s.complete);
	assert_string_equal(s.reason, "limit.pages");
	assert_int_equal(s.stats.pages, 3);
	scan_summary_free(&s);
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_QUICK, .max_requests = 5 }, &l, NULL, &s, &e));
	assert_string_equal(s.reason, "limit.requests");
	assert_true(s.stats.requests <= 5);
	scan_summary_free(&s);
	map_free(l.findings);
	map_free(l.pages);
}

static void nobody_there_is_an_error(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	log_clear(&l);
	assert_int_equal(run((struct scan_options){ .target = STR("http://127.0.0.1:1/"), .mode = SCAN_QUICK }, &l, NULL, &s, &e), -1);
	assert_string_equal(e.code, "scan.unreachable");
	map_free(l.findings);
	map_free(l.pages);
}

/* A run killed by kill -9 goes on from its journal: everything is found, what was finished
 * is not asked again. */
static void a_killed_run_goes_on(void **state)
{
	char path[] = "/tmp/zw-resume-XXXXXX";
	struct log whole = { 0 }, l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	struct scan_journal *j;
	close(mkstemp(path));
	reset();
	log_clear(&whole);
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD }, &whole, NULL, &s, &e));
	scan_summary_free(&s);
	reset();
	app.slow_ms = 2;
	for (int life = 0; life < 3; life++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct scan_state st;
			if (scan_journal_open(path, &j, &e) < 0)
				_exit(3);
			st = scan_journal_state(j);
			run((struct scan_options){ .mode = SCAN_STANDARD }, &l, &st, &s, &e);
			_exit(0);
		}
		test_sleep_ms(150 + life * 120);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	app.slow_ms = 0;
	assert_ok(scan_journal_open(path, &j, &e));
	struct scan_state st = scan_journal_state(j);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD }, &l, &st, &s, &e));
	assert_true(s.complete);
	assert_int_equal(l.basis, 10000);
	assert_same_keys(whole.findings, l.findings);
	assert_same_keys(whole.pages, l.pages);
	assert_true(hits("GET /robots.txt") <= 4); /* once, or in flight at a kill; a check may look too */
	scan_summary_free(&s);
	/* and once more: nothing left to do */
	unsigned before = hits("GET /");
	log_clear(&l);
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD }, &l, &st, &s, &e));
	assert_true(s.complete);
	assert_same_keys(whole.findings, l.findings);
	assert_true(hits("GET /") <= before + 1);
	scan_summary_free(&s);
	/* another target is refused */
	assert_int_equal(run((struct scan_options){ .target = STR("http://127.0.0.1:1/"), .mode = SCAN_STANDARD }, &l, &st, &s, &e), -1);
	assert_string_equal(e.code, "scan.resume-mismatch");
	scan_journal_close(j);
	unlink(path);
	map_free(whole.findings);
	map_free(whole.pages);
	map_free(l.findings);
	map_free(l.pages);
}

static void stopping_is_prompt_and_incomplete(void **state)
{
	struct log l = { 0 };
	struct scan_summary s;
	struct error e = { 0 };
	reset();
	log_clear(&l);
	app.slow_ms = 20;
	l.stop_after_pages = 2;
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .concurrency = 1 }, &l, NULL, &s, &e));
	assert_false(s.complete);
	assert_string_equal(s.reason, "stopped");
	assert_true(l.basis < 10000);
	assert_true(s.stats.seconds < 3);
	scan_summary_free(&s);
	map_free(l.findings);
	map_free(l.pages);
}

/* It takes connections and says nothing: the look at its TLS would last a minute. */
static void stopping_is_heard_while_tls_is_looked_at(void **state)
{
	struct log l = { 0 };
	struct scan_summary s = { 0 };
	struct error e = { 0 };
	char url[64];
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t from = clock_mono_ms(&clock_system);
	log_clear(&l);
	l.stop_asked_later = true;
	assert_true(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 50) == 0 &&
		    getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", (unsigned)ntohs(at.sin_port));
	if (run((struct scan_options){ .mode = SCAN_STANDARD, .target = str_c(url) }, &l, NULL, &s, &e) == 0)
		assert_string_equal(s.reason, "stopped");
	assert_in_range(clock_mono_ms(&clock_system) - from, 0, 4000);
	scan_summary_free(&s);
	map_free(l.findings);
	map_free(l.pages);
}

static int setup(void **state)
{
	struct error e = { 0 };
	pthread_mutex_init(&app.lock, NULL);
	app.hits = map_new();
	assert_ok(net_http_global_init(&e));
	fx.server = test_server_start(handle, NULL, NULL);
	snprintf(fx.url, sizeof(fx.url), "http://127.0.0.1:%u/", test_server_port(fx.server));
	fx.policy = net_policy_new();
	net_policy_allow_own(fx.policy);
	return 0;
}

static int teardown(void **state)
{
	test_server_stop(fx.server);
	net_policy_free(fx.policy);
	map_free(app.hits);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_standard_scan_finds_the_holes_and_only_those),
		cmocka_unit_test(chance_changes_are_no_injection),
		cmocka_unit_test(quick_mode_submits_no_form),
		cmocka_unit_test(two_runs_give_the_same),
		cmocka_unit_test(refusals_slow_it_down_but_lose_nothing),
		cmocka_unit_test(limits_end_it_and_say_so),
		cmocka_unit_test(nobody_there_is_an_error),
		cmocka_unit_test(a_killed_run_goes_on),
		cmocka_unit_test(stopping_is_prompt_and_incomplete),
		cmocka_unit_test(stopping_is_heard_while_tls_is_looked_at),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
