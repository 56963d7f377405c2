/* Sites that answer for addresses nobody made: a server that runs the index above for any
 * unknown path, a page full of paths of the machine, session identifiers in the path. The scan
 * ends, after about as many pages as there are, and finds what is there. */
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/test_site.h"

static const char *const folders[] = { "brute", "exec", "sqli", "upload", "csp", "xss" };

static void menu(struct buf *b, const char *up)
{
	buf_printf(b, "<a href='%sindex.php'>Home</a> <a href='%sphpinfo.php'>Info</a> <a href='%snotes.txt'>Notes</a> ", up, up, up);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		buf_printf(b, "<a href='%sv/%s/'>%s</a> ", up, folders[i], folders[i]);
}

/* As PHP's own server does: a name with a dot is a file, anything else is the nearest index above. */
static void handle(struct web *w)
{
	struct buf b;
	char value[200], safe[2000];
	ssize_t slash = str_rchr(w->path, '/');
	bool file = str_chr(str_from(w->path, (size_t)slash), '.') >= 0, own = false;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		buf_clear(&b);
		buf_printf(&b, "/v/%s/", folders[i]);
		if (!str_starts(w->path, buf_view(&b)) || (file && !str_ends(w->path, STR("/index.php"))))
			continue;
		buf_clear(&b);
		buf_printf(&b, "<title>%s</title><h1>The %s exercise</h1>", folders[i], folders[i]);
		menu(&b, "../../");
		if (i == 5)
			buf_printf(&b, "<form action='#'><input name=name></form><p>%s</p>", web_param(w, "name", value, sizeof(value)));
		else
			buf_printf(&b, "<form action='#'><input name=name></form><p>%s</p>",
				   web_escape(web_param(w, "name", value, sizeof(value)), "<>&\"'", safe, sizeof(safe)));
		own = true;
		break;
	}
	if (!own && web_is(w, "/phpinfo.php")) {
		buf_c(&b, "<title>info</title><table>");
		for (unsigned i = 0; i < 40; i++)
			buf_printf(&b, "<tr><td>dir %u</td><td>/usr/lib/part%c/module /etc/php/conf.d/%u-x /opt/%c/bin</td></tr>", i, 'a' + i % 26, i,
				   'a' + i % 26);
		buf_c(&b, "</table>");
	} else if (!own && file && !web_is(w, "/index.php") && !str_starts(w->path, STR("/index.php/"))) {
		web_text(w, "404 Not Found", "text/html", "<h1>Not Found</h1><p>The requested resource was not found.</p>");
		buf_free(&b);
		return;
	} else if (!own) {
		buf_clear(&b);
		buf_c(&b, "<title>Welcome</title><h1>Welcome to the exercises</h1><p>Choose one of them.</p>");
		menu(&b, "");
	}
	web_html(w, "%.*s", STR_ARG(buf_view(&b)));
	buf_free(&b);
}

static void path_information(void **state)
{
	const struct str only[] = { STR("xss-reflected") };
	struct site site;
	site_start(&site, handle);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_true(site.sum.complete);
	assert_true(site_found(&site, "xss-reflected", "/v/xss/"));
	assert_in_range(site.sum.stats.pages, 15, 90);
	assert_in_range(site.sum.stats.requests, 30, 450);
	site_stop(&site);
}

/* Every link of every page carries a new identifier in its path. */
static void sessions(struct web *w)
{
	static unsigned n;
	struct buf b;
	struct str last = str_from(w->path, (size_t)(str_rchr(w->path, '/') + 1));
	buf_init(&b, 64 * KIB);
	buf_printf(&b, "<title>Shop</title><h1>Shop</h1><p>The page named %.*s</p>", STR_ARG(last));
	for (unsigned i = 0; i < 8; i++) {
		n++;
		buf_printf(&b, "<a href='/s/%08x%08xabcd/%c'>%c</a> ", n * 2654435761u, n * 40503u, 'a' + i, 'a' + i);
	}
	web_html(w, "%.*s", STR_ARG(buf_view(&b)));
	buf_free(&b);
}

static void identifiers_in_paths(void **state)
{
	const struct str only[] = { STR("xss-reflected") };
	struct site site;
	site_start(&site, sessions);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_true(site.sum.complete);
	assert_in_range(site.sum.stats.pages, 8, 1200);
	site_stop(&site);
}

/* For a second and a half every connection is dropped: a worker pool that restarts. */
static void dropping(struct web *w)
{
	static int64_t since;
	static unsigned n;
	int64_t now = clock_mono_us(&clock_system);
	if (__atomic_add_fetch(&n, 1, __ATOMIC_SEQ_CST) == 30)
		since = now;
	if (since && now - since < 1500000) {
		shutdown(w->conn->fd, SHUT_RDWR);
		return;
	}
	handle(w);
}

static void a_stall_is_not_the_end(void **state)
{
	const struct str only[] = { STR("xss-reflected") };
	struct site site;
	site_start(&site, dropping);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_true(site.sum.complete);
	assert_true(site.sum.stats.errors > 0 || site.sum.stats.requests > 60);
	assert_true(site_found(&site, "xss-reflected", "/v/xss/"));
	site_stop(&site);
}

/* A log of what was asked for: it shows inputs of earlier requests, and takes none. */
static void log_of_requests(struct web *w)
{
	if (web_is(w, "/log"))
		web_html(w, "<title>Log</title><ol><li>*)(|(objectClass=*)(uid=*)(cn=*)(mail=*)</li><li>*)(uid=*</li><li>x' or '1'='1</li>"
			    "<li>abc</li></ol><p>of today</p>");
	else
		web_html(w, "<title>Home</title><a href='/log?day=today'>log</a>");
}

static void what_a_page_shows_anyway_is_no_reaction(void **state)
{
	const struct str only[] = { STR("ldap-injection") };
	struct site site;
	site_start(&site, log_of_requests);
	site_scan(&site, (struct scan_options){ .mode = SCAN_DEEP, .only_checks = only, .only_checks_len = 1 });
	assert_true(site.sum.complete);
	assert_int_equal(map_len(site.found), 0);
	site_stop(&site);
}

/* One program that shows sixty pages by their names: every one is a page of its own. */
static void front_controller(struct web *w)
{
	struct buf b;
	char page[100], value[200];
	buf_init(&b, 64 * KIB);
	web_param(w, "page", page, sizeof(page));
	buf_printf(&b, "<title>%s</title><h1>About %s</h1>", page[0] ? "Topic" : "Home", page[0] ? "this topic" : "us");
	for (unsigned i = 0; i < 60; i++)
		buf_printf(&b, "<a href='/index.php?page=topic%c%c-v2.php'>%u</a> ", 'a' + i / 26, 'a' + i % 26, i);
	if (strcmp(page, "topiccd-v2.php") == 0) /* the 56th */
		buf_printf(&b, "<form action='/index.php?page=topiccd-v2.php' method=post><input name=wish></form><p>%s</p>",
			   web_param(w, "wish", value, sizeof(value)));
	if (strcmp(page, "topicce-v2.php") == 0)
		buf_printf(&b, "<form action='/index.php?page=topicce-v2.php' method=post><input name=note></form>");
	web_html(w, "%.*s", STR_ARG(buf_view(&b)));
	buf_free(&b);
}

static void pages_behind_one_program(void **state)
{
	const struct str only[] = { STR("xss-reflected") };
	struct site site;
	site_start(&site, front_controller);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_true(site.sum.complete);
	assert_true(site_found(&site, "xss-reflected", "/index.php wish"));
	assert_false(site_found(&site, "xss-reflected", "/index.php note"));
	assert_in_range(site.sum.stats.pages, 60, 80);
	site_stop(&site);
}

/* A menu is a form with one list, and each choice leads to a page; a list that only sorts leads nowhere. */
static unsigned sorted;

static void menu_form(struct buf *b, const char *action, const char *name)
{
	buf_printf(b, "<form method=post action=%s><select name=%s>", action, name);
	for (unsigned i = 0; i < 30; i++)
		buf_printf(b, "<option value=%u>%s %u</option>", i, name, i);
	buf_c(b, "</select><button name=go value=1>Go</button></form>");
}

static void choices(struct web *w)
{
	struct buf b;
	char v[200];
	buf_init(&b, 64 * KIB);
	if (web_is(w, "/go")) {
		buf_printf(&b, "Location: /topic-%.20s\r\n", web_param(w, "topic", v, sizeof(v)));
		web_reply(w, "302 Found", buf_view(&b).ptr, STR(""));
	} else if (web_is(w, "/sort")) {
		__atomic_add_fetch(&sorted, 1, __ATOMIC_SEQ_CST);
		web_html(w, "<title>Sorted</title><h1>Sorted</h1>");
	} else if (web_is(w, "/topic-23")) {
		web_html(w, "<title>23</title><form action=/topic-23><input name=wish></form><p>%s</p>", web_param(w, "wish", v, sizeof(v)));
	} else if (str_starts(w->path, STR("/topic-"))) {
		web_html(w, "<title>Topic</title><p>of %.*s</p>", STR_ARG(w->path));
	} else {
		buf_c(&b, "<title>Start</title><h1>Choose</h1>");
		menu_form(&b, "/go", "topic");
		menu_form(&b, "/sort", "order");
		web_html(w, "%.*s", STR_ARG(buf_view(&b)));
	}
	buf_free(&b);
}

static void menus_are_followed(void **state)
{
	const struct str only[] = { STR("xss-reflected") };
	struct site site;
	site_start(&site, choices);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 1 });
	assert_true(site.sum.complete);
	assert_true(site_found(&site, "xss-reflected", "/topic-23"));
	assert_in_range(sorted, 1, 12);
	site_stop(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(path_information), cmocka_unit_test(identifiers_in_paths),
					    cmocka_unit_test(pages_behind_one_program), cmocka_unit_test(menus_are_followed), cmocka_unit_test(what_a_page_shows_anyway_is_no_reaction), cmocka_unit_test(a_stall_is_not_the_end) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
