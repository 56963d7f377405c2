/* The engine with a real Chromium against the applications of tests/fixtures/spa: each
 * interface that only their scripts know becomes something that is probed; a page that hangs
 * its tab costs that tab and nothing else. */
#include <pthread.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"
#include "os/file.h"
#include "scan/browse.h"
#include "scan/scan.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map *lines;  /* requests, with query and body: once each */
static struct map *counts; /* "METHOD path" -> how many different ones */
static struct buf plain, frame, router;

static void note(struct str request)
{
	struct str all = request, line;
	struct buf b;
	str_split(&all, '\r', &line);
	ssize_t version = str_rchr(line, ' '), end = str_find(request, STR("\r\n\r\n"));
	line = str_sub(line, 0, version < 0 ? line.len : (size_t)version);
	ssize_t mark = str_chr(line, '?');
	struct str place = mark < 0 ? line : str_sub(line, 0, (size_t)mark);
	buf_init(&b, 64 * KIB);
	buf_str(&b, line);
	buf_str(&b, end < 0 ? STR("") : str_from(request, (size_t)end));
	pthread_mutex_lock(&lock);
	if (map_add(lines, buf_view(&b)))
		map_put(counts, place, (void *)((uintptr_t)map_get(counts, place) + 1));
	pthread_mutex_unlock(&lock);
	buf_free(&b);
}

static uintptr_t seen(const char *place)
{
	pthread_mutex_lock(&lock);
	uintptr_t n = (uintptr_t)map_get(counts, str_c(place));
	pthread_mutex_unlock(&lock);
	return n;
}

static void answer(struct test_conn *c, const char *head, const char *type, struct str body)
{
	test_writef(c, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%.*s", head, type, body.len, STR_ARG(body));
}

static const char *const reached[] = {
	"GET /api/list", "POST /api/save",   "GET /api/search",	 "GET /api/kind",   "GET /api/tab",	"POST /api/export",
	"POST /api/shade", "POST /api/dark", "POST /api/track",	 "POST /api/opinion", "GET /api/more",	"GET /live-feed",
	"GET /api/orders", "GET /api/people", "POST /api/order", "POST /api/remark", NULL,
};

static bool known(struct str method, struct str path)
{
	char place[200];
	snprintf(place, sizeof(place), "%.*s %.*s", STR_ARG(method), STR_ARG(path));
	for (size_t i = 0; reached[i]; i++)
		if (strcmp(reached[i], place) == 0)
			return true;
	return false;
}

/* Each interface says something of its own. */
static void own_answer(struct test_conn *c, struct str path)
{
	char body[400];
	snprintf(body, sizeof(body), "{\"of\":\"%.*s\",\"items\":[%zu,%zu],\"total\":%zu}", STR_ARG(path), path.len, 7 * path.len,
		 path.len % 5);
	answer(c, "200 OK", "application/json", str_c(body));
}

static void handle(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str request = buf_view(&c->request), rest = request, method, path;
		note(request);
		str_split(&rest, ' ', &method);
		str_split(&rest, ' ', &path);
		ssize_t mark = str_chr(path, '?');
		path = mark < 0 ? path : str_sub(path, 0, (size_t)mark);
		if (str_eq(path, STR("/")))
			answer(c, "200 OK", "text/html", STR("<title>Start</title><a href=/plain>1</a> <a href=/app>2</a> <a href=/hang>3</a><script>1</script>"));
		else if (str_eq(path, STR("/plain")))
			answer(c, "200 OK", "text/html", buf_view(&plain));
		else if (str_eq(path, STR("/frame")))
			answer(c, "200 OK", "text/html", buf_view(&frame));
		else if (str_eq(path, STR("/app")) || str_starts(path, STR("/app/")))
			answer(c, "200 OK", "text/html", buf_view(&router));
		else if (str_eq(path, STR("/hang")))
			answer(c, "200 OK", "text/html", STR("<title>Busy</title><p>...</p><script>for(;;);</script>"));
		else if (str_eq(path, STR("/api/orders")))
			answer(c, "200 OK", "application/json", STR("[{\"id\":11,\"name\":\"甲\"},{\"id\":12,\"name\":\"乙\"}]"));
		else if (known(method, path))
			own_answer(c, path);
		else
			answer(c, "404 Not Found", "text/plain", STR("nothing"));
	}
}

static void hidden_interfaces_become_points(void **state)
{
	struct test_server *server = test_server_start(handle, NULL, NULL);
	struct net_policy *policy = net_policy_new();
	struct scan_events ev = { 0 };
	struct scan_browser_host *host = NULL;
	struct net_connector *c = NULL;
	struct scan_summary sum = { 0 };
	struct error e = { 0 };
	char url[64];
	struct str only[] = { STR("sqli-error"), STR("xss-reflected") };
	unsigned lost = 0;
	if (!scan_browser_there()) {
		print_message("SKIPPED: no Chromium on this machine\n");
		skip();
	}
	net_policy_allow_own(policy);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", test_server_port(server));
	struct scan_options o = { .mode = SCAN_STANDARD, .target = str_c(url), .browser = SCAN_BROWSER_ON, .only_checks = only,
				  .only_checks_len = 2 };
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e));
	assert_ok(scan_browser_start(&o, policy, NULL, NULL, &host, &e));
	struct scan_browser door = scan_browser_door(host);
	ev.browser = &door;
	assert_ok(scan_run(&o, c, NULL, &ev, &sum, &e));
	assert_true(sum.complete);
	assert_true(seen("GET /hang") > 0);
	for (size_t i = 0; reached[i]; i++)
		if (seen(reached[i]) < 3) { /* as it is, and with other values */
			print_message("not probed: %s (%u)\n", reached[i], (unsigned)seen(reached[i]));
			lost++;
		}
	assert_int_equal(lost, 0);
	scan_browser_stop(host);
	net_connector_free(c);
	scan_summary_free(&sum);
	test_server_stop(server);
	net_policy_free(policy);
}

static void load(struct buf *b, const char *name)
{
	char path[400];
	struct error e = { 0 };
	buf_init(b, 64 * KIB);
	snprintf(path, sizeof(path), "%s/tests/fixtures/spa/%s.html", getenv("ZHANWEI_SOURCE"), name);
	assert_ok(os_file_read(path, b, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hidden_interfaces_become_points) };
	struct error e = { 0 };
	net_http_global_init(&e);
	lines = map_new();
	counts = map_new();
	load(&plain, "plain");
	load(&frame, "frame");
	load(&router, "router");
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	map_free(lines);
	map_free(counts);
	buf_free(&plain);
	buf_free(&frame);
	buf_free(&router);
	return r;
}
