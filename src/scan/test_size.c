/* Big and long scans: the queue that leaves memory, what the site answers for nonsense known
 * while crawling, incremental scans, technologies told and kept over a restart. */
#include <pthread.h>
#include <signal.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "base/vec.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"
#include "scan/aside.h"
#include "scan/scan.h"
#include "scan/seen.h"
#include "scan/tech/tech.h"

struct site {
	pthread_mutex_t lock;
	unsigned requests, conditional, not_modified, probes;
	bool changed; /* the page /b says something new */
	unsigned wide; /* pages that the start page links to */
	bool folders;
};
static struct site site;

static void count(unsigned *n)
{
	pthread_mutex_lock(&site.lock);
	(*n)++;
	pthread_mutex_unlock(&site.lock);
}

static void send_page(struct test_conn *c, const char *status, const char *more, struct str body)
{
	test_writef(c, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\n%sContent-Length: %zu\r\n\r\n", status,
		    more, body.len);
	test_write(c, body);
}

static void wide_page(struct test_conn *c, struct str path)
{
	struct buf b;
	buf_init(&b, 4 * MIB);
	buf_c(&b, "<html><head><title>wide</title></head><body>");
	if (str_eq(path, STR("/")))
		for (unsigned i = 0; i < site.wide; i++)
			buf_printf(&b, "<a href=\"/%c%c%c/%c/\">x</a>", 'a' + i / 17576 % 26, 'a' + i / 676 % 26,
				   'a' + i / 26 % 26, 'a' + i % 26);
	buf_c(&b, "</body></html>");
	send_page(c, "200 OK", "", buf_view(&b));
	buf_free(&b);
}

/* Pages /a and /b have an ETag; everything that is not there is a friendly 200. */
static void small_page(struct test_conn *c, struct str path)
{
	struct str request = buf_view(&c->request);
	bool b = str_eq(path, STR("/b")) || str_starts(path, STR("/b?")), known = str_eq(path, STR("/a")) || b || str_eq(path, STR("/"));
	bool asks = str_ihas(request, STR("If-None-Match: \"v1\""));
	if (asks)
		count(&site.conditional);
	if (str_has(path, STR("?id=")) && !str_eq(str_from(path, (size_t)str_chr(path, '?')), STR("?id=1")))
		count(&site.probes);
	if (asks && known && !(b && site.changed)) {
		count(&site.not_modified);
		test_writef(c, "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
		return;
	}
	if (!known && !str_starts(path, STR("/a?")) && !str_starts(path, STR("/robots")) && !str_starts(path, STR("/sitemap")))
		send_page(c, "200 OK", "", STR("<html><head><title>Oops</title></head><body><h1>We could not find that</h1>"
					       "<p>Sorry, please use the menu to find what you want.</p></body></html>"));
	else if (str_eq(path, STR("/")))
		send_page(c, "200 OK", "X-Powered-By: PHP/8.2.7\r\n",
			  STR("<html><head><title>start</title></head><body><a href=/a>a</a> <a href=/b>b</a> "
			      "<a href='/a?id=1'>c</a> <a href='/b?id=1'>d</a> <a href=/gone>e</a></body></html>"));
	else
		send_page(c, "200 OK", "ETag: \"v1\"\r\n",
			  b && site.changed ? STR("<html><head><title>b</title></head><body><p>something new</p></body></html>") :
					      STR("<html><head><title>p</title></head><body><p>as ever</p></body></html>"));
}

/* Anything below /order/7/ is that order, anything else a friendly 200; the start page leads there. */
static void folder_page(struct test_conn *c, struct str path)
{
	const char *line = str_starts(path, STR("/order/7")) ? "Order for Mary, two lamps" : str_eq(path, STR("/few")) ? "A few words" : "Sorry, nothing";
	char text[400];
	int n = snprintf(text, sizeof(text), "<html><head><title>shop</title></head><body><h1>shop</h1><p>%s</p>%s</body></html>",
			 str_eq(path, STR("/")) ? "Welcome" : line,
			 str_eq(path, STR("/")) ? "<a href=/order/7/view>a</a><a href=/few>b</a><a href=/gone>c</a><a href=/gone/too>d</a>" : "");
	send_page(c, "200 OK", "", str_make(text, (size_t)n));
}

static void serve(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str line = buf_view(&c->request), path;
		str_split(&line, ' ', &path);
		str_split(&line, ' ', &path);
		count(&site.requests);
		if (site.wide)
			wide_page(c, path);
		else if (site.folders)
			folder_page(c, path);
		else
			small_page(c, path);
	}
}

struct seen_by_test {
	struct map *pages; /* path -> status; missing: 1000; unchanged: 2000 */
	struct map *techs; /* id -> 1 */
	struct buf known;
	struct str php;
};

static void on_page(void *ctx, const struct scan_page_info *p)
{
	struct seen_by_test *s = ctx;
	struct str path = str_from(p->url, (size_t)str_find(str_from(p->url, 8), STR("/")) + 8);
	map_put(s->pages, path, (void *)(uintptr_t)((unsigned)p->status + (p->missing ? 1000 : 0) + (p->unchanged ? 2000 : 0)));
	scan_known_put(&s->known, p);
}

static void on_tech(void *ctx, const struct scan_tech *t, struct str url)
{
	struct seen_by_test *s = ctx;
	map_add(s->techs, t->id);
	if (str_eq(t->id, STR("php")))
		assert_true(str_eq(t->version, STR("8.2.7")));
}

static unsigned page_of(const struct seen_by_test *s, const char *path)
{
	return (unsigned)(uintptr_t)map_get(s->pages, str_c(path));
}

static void fresh(struct seen_by_test *s)
{
	*s = (struct seen_by_test){ .pages = map_new(), .techs = map_new() };
	buf_init(&s->known, 4 * MIB);
}

static void done(struct seen_by_test *s)
{
	map_free(s->pages);
	map_free(s->techs);
	buf_free(&s->known);
}

static void run(struct test_server *server, struct scan_options *o, struct seen_by_test *s, struct scan_summary *sum)
{
	char url[64];
	struct error e = { 0 };
	struct net_policy *policy = net_policy_new();
	struct net_connector *c;
	struct scan_events events = { .ctx = s, .page = on_page, .tech = on_tech };
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", test_server_port(server));
	o->target = str_c(url);
	net_policy_allow_own(policy);
	assert_int_equal(net_http_global_init(&e), 0);
	assert_int_equal(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e), 0);
	if (scan_run(o, c, NULL, &events, sum, &e) < 0)
		fail_msg("%s", e.en);
	net_connector_free(c);
	net_policy_free(policy);
}

static const struct str only[] = { STR_INIT("sqli-boolean"), STR_INIT("sqli-error") };

static struct scan_options options(void)
{
	return (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 2 };
}

static void unchanged_pages_are_not_probed_again(void **state)
{
	struct test_server *server = test_server_start(serve, NULL, NULL);
	struct scan_options o = options();
	struct scan_summary sum;
	struct seen_by_test first, second, third;
	site = (struct site){ .lock = PTHREAD_MUTEX_INITIALIZER };
	fresh(&first);
	run(server, &o, &first, &sum);
	assert_true(sum.complete && site.conditional == 0 && sum.stats.unchanged == 0);
	unsigned all = site.probes;
	assert_true(all > 4);
	scan_summary_free(&sum);

	struct str known = buf_view(&first.known);
	o = options();
	o.known = &known;
	o.known_len = 1;
	site.probes = 0;
	fresh(&second);
	run(server, &o, &second, &sum);
	assert_true(sum.complete && sum.stats.unchanged >= 4);
	assert_true(site.not_modified >= 3);
	assert_int_equal(site.probes, 0);
	assert_int_equal(page_of(&second, "/a"), 2200);
	assert_int_equal(page_of(&second, "/"), 200); /* always looked at */
	scan_summary_free(&sum);

	struct str known_now = buf_view(&second.known); /* also knows what was not sent again */
	o = options();
	o.known = &known_now;
	o.known_len = 1;
	site.changed = true;
	fresh(&third);
	run(server, &o, &third, &sum);
	assert_int_equal(page_of(&third, "/a"), 2200);
	assert_int_equal(page_of(&third, "/b"), 200);
	assert_int_equal(page_of(&third, "/b?id=1"), 200);
	assert_true(site.probes > 0 && site.probes < all);
	scan_summary_free(&sum);
	done(&first);
	done(&second);
	done(&third);
	test_server_stop(server);
}

static void friendly_not_found_pages_are_known_while_crawling(void **state)
{
	struct test_server *server = test_server_start(serve, NULL, NULL);
	struct scan_options o = options();
	struct scan_summary sum;
	struct seen_by_test s;
	site = (struct site){ .lock = PTHREAD_MUTEX_INITIALIZER };
	fresh(&s);
	run(server, &o, &s, &sum);
	assert_int_equal(page_of(&s, "/gone"), 1200);
	assert_int_equal(page_of(&s, "/a"), 200);
	assert_true(map_has(s.techs, STR("php")));
	scan_summary_free(&sum);
	done(&s);
	test_server_stop(server);
}

static void linked_pages_with_words_of_their_own_are_there(void **state)
{
	struct test_server *server = test_server_start(serve, NULL, NULL);
	struct scan_options o = options();
	struct scan_summary sum;
	struct seen_by_test s;
	site = (struct site){ .lock = PTHREAD_MUTEX_INITIALIZER, .folders = true };
	fresh(&s);
	run(server, &o, &s, &sum);
	assert_int_equal(page_of(&s, "/order/7/view"), 200);
	assert_int_equal(page_of(&s, "/few"), 200);
	assert_int_equal(page_of(&s, "/gone"), 1200);
	assert_int_equal(page_of(&s, "/gone/too"), 1200);
	scan_summary_free(&sum);
	done(&s);
	test_server_stop(server);
}

static void the_queue_leaves_memory_and_comes_back(void **state)
{
	struct test_server *server = test_server_start(serve, NULL, NULL);
	static const struct str none[] = { STR_INIT("technologies") };
	struct scan_options o = { .mode = SCAN_DEEP, .only_checks = none, .only_checks_len = 1, .max_pages = 6000,
				  .max_requests = 20000 };
	struct scan_summary sum;
	struct seen_by_test s;
	site = (struct site){ .lock = PTHREAD_MUTEX_INITIALIZER, .wide = 4900 };
	fresh(&s);
	run(server, &o, &s, &sum);
	assert_true(sum.complete);
	/* every one exactly once; the start page, robots.txt, sitemap.xml and some nonsense besides */
	assert_int_equal(page_of(&s, "/aaa/a/"), 200 + (page_of(&s, "/aaa/a/") > 1000 ? 1000 : 0));
	assert_true(map_len(s.pages) >= 4900);
	assert_true(site.requests >= 4900 && site.requests < 4900 + 700);
	scan_summary_free(&sum);
	done(&s);
	test_server_stop(server);
}

static void what_is_put_aside_comes_back(void **state)
{
	struct aside *a;
	struct error e = { 0 };
	struct buf b;
	uint64_t one, two;
	assert_int_equal(aside_open(&a, &e), 0);
	assert_int_equal(aside_put(a, STR("first"), &one, &e), 0);
	assert_int_equal(aside_put(a, STR("second piece"), &two, &e), 0);
	buf_init(&b, 64);
	assert_int_equal(aside_get(a, two, 12, &b, &e), 0);
	assert_int_equal(aside_get(a, one, 5, &b, &e), 0);
	assert_true(str_eq(buf_view(&b), STR("second piecefirst")));
	assert_int_equal(aside_get(a, two, 13, &b, &e), -1);
	assert_int_equal(aside_get(a, 1000, 1, &b, &e), -1);
	buf_free(&b);
	aside_close(a);
}

static void a_set_of_hashes_remembers(void **state)
{
	struct seen *s = seen_new();
	char key[40];
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "%032x", i * 2654435761u);
		assert_true(seen_add(s, str_c(key)));
	}
	assert_int_equal(seen_len(s), 100000);
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "%032x", i * 2654435761u);
		assert_true(seen_has(s, str_c(key)) && !seen_add(s, str_c(key)));
	}
	assert_false(seen_has(s, STR("something else")));
	seen_free(s);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unchanged_pages_are_not_probed_again),
		cmocka_unit_test(friendly_not_found_pages_are_known_while_crawling),
		cmocka_unit_test(linked_pages_with_words_of_their_own_are_there),
		cmocka_unit_test(the_queue_leaves_memory_and_comes_back),
		cmocka_unit_test(what_is_put_aside_comes_back),
		cmocka_unit_test(a_set_of_hashes_remembers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
