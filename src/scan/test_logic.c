/* Checks of application logic against a small application with sessions, a cache and access
 * rules: each hole has a twin that looks alike and is none. */
#include <pthread.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/test_site.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map *files, *cached;

#define FORM_PAGE "<form method=post action=%s><input name=nick value=joe><input type=hidden name=csrf_token value=%s><button>Save</button></form>"

static const char *user(struct web *w, char *out, size_t size)
{
	if (!web_cookie(w, "sid", out, size))
		return NULL;
	return strcmp(out, "a1") == 0 ? "alice" : strcmp(out, "b2") == 0 ? "bobby" : NULL;
}

static const char *header(struct web *w, const char *name, char *out, size_t size)
{
	struct str v = web_header(w, name);
	if (!v.ptr)
		return NULL;
	snprintf(out, size, "%.*s", STR_ARG(v));
	return out;
}

static void redirect(struct web *w, const char *to)
{
	char f[600];
	snprintf(f, sizeof(f), "Location: %s\r\n", to);
	web_reply(w, "302 Found", f, STR(""));
}

/* ---- hosts ---- */

static bool hosts(struct web *w)
{
	char h[300], x[300], to[400];
	const char *host = header(w, "Host", h, sizeof(h)), *fwd = header(w, "X-Forwarded-Host", x, sizeof(x));
	if (web_is(w, "/h/link")) {
		web_html(w, "<title>H</title><a href='http://%s/reset?t=1'>r</a>", host);
	} else if (web_is(w, "/h/redirect")) {
		snprintf(to, sizeof(to), "http://%s/", host);
		redirect(w, to);
	} else if (web_is(w, "/h/forwarded")) {
		web_html(w, "<title>H</title><script src='//%s/a.js'></script>", fwd ? fwd : "cdn.site.test");
	} else if (web_is(w, "/h/json")) {
		web_text(w, "200 OK", "application/json", "{\"next\":\"http://%s/p2\"}", fwd ? fwd : host);
	} else if (web_is(w, "/h/text-safe")) { /* said, but leads nowhere */
		web_html(w, "<title>H</title><p>You asked %s</p><a href='/x?host=%s'>y</a>", host, host);
	} else if (web_is(w, "/h/fixed-safe")) {
		redirect(w, "http://127.0.0.1:1/");
	} else if (web_is(w, "/h/strict-safe")) {
		bool known = strncmp(host, "127.0.0.1", 9) == 0;
		if (known)
			web_html(w, "<title>H</title><a href='http://%s/'>h</a>", host);
		else
			web_text(w, "421 Misdirected Request", "text/html", "<a href='http://%s/'>unknown host</a>", host);
	} else if (web_is(w, "/h/query-safe")) {
		snprintf(to, sizeof(to), "/login?next=http://%s/", host);
		redirect(w, to);
	} else {
		return false;
	}
	return true;
}

/* ---- cache: keyed by path and query only ---- */

static bool caches(struct web *w)
{
	char key[900], x[300], body[600], sid[20];
	const char *fwd = header(w, "X-Forwarded-Host", x, sizeof(x));
	bool keyed = web_is(w, "/c/keyed-safe"), none = web_is(w, "/c/none-safe"), account = str_starts(w->path, STR("/c/account"));
	if (!web_is(w, "/c/page") && !keyed && !none && !account && !str_starts(w->path, STR("/c/strict")))
		return false;
	bool ext = str_ends(w->path, STR(".css"));
	if (str_starts(w->path, STR("/c/strict")) && !web_is(w, "/c/strict")) {
		web_text(w, "404 Not Found", "text/html", "<p>no such page</p>");
		return true;
	}
	snprintf(key, sizeof(key), "%.*s?%.*s|%s", STR_ARG(w->path), STR_ARG(w->query), keyed && fwd ? fwd : "");
	pthread_mutex_lock(&lock);
	const char *hit = (none || ((account || web_is(w, "/c/strict")) && !ext)) ? NULL : map_get(cached, str_c(key));
	if (hit)
		snprintf(body, sizeof(body), "%s", hit);
	else if (account || web_is(w, "/c/strict"))
		snprintf(body, sizeof(body), user(w, sid, sizeof(sid)) ? "<title>A</title><p>Dear %s, your balance is 4711 and your plan is golden</p>" :
									  "<title>L</title><p>Please log in first%s</p>",
			 user(w, sid, sizeof(sid)) ? user(w, sid, sizeof(sid)) : "");
	else
		snprintf(body, sizeof(body), "<title>C</title><script src='http://%s/a.js'></script>", fwd ? fwd : "static.test");
	if (!hit && !none && (!account || ext) && !web_is(w, "/c/strict"))
		free(map_put(cached, str_c(key), str_dup(str_c(body))));
	pthread_mutex_unlock(&lock);
	web_reply(w, "200 OK", hit ? "Content-Type: text/html\r\nX-Cache: HIT\r\nAge: 3\r\n" : "Content-Type: text/html\r\nX-Cache: MISS\r\n", str_c(body));
	return true;
}

/* ---- sharing between origins ---- */

static bool sharing(struct web *w)
{
	char o[300], f[500], sid[20];
	const char *origin = header(w, "Origin", o, sizeof(o)), *allow = NULL;
	if (web_is(w, "/o/echo"))
		allow = origin;
	else if (web_is(w, "/o/null"))
		allow = origin && strcmp(origin, "null") == 0 ? "null" : "https://app.site.test";
	else if (web_is(w, "/o/suffix"))
		allow = origin && strncmp(origin, "http://127.0.0.1", 16) == 0 ? origin : NULL;
	else if (web_is(w, "/o/prefix"))
		allow = origin && strlen(origin) >= 9 && strcmp(origin + strlen(origin) - 9, "127.0.0.1") == 0 ? origin : NULL;
	else if (web_is(w, "/o/fixed-safe"))
		allow = "https://app.site.test";
	else if (web_is(w, "/o/list-safe"))
		allow = origin && strcmp(origin, "https://app.site.test") == 0 ? origin : NULL;
	else if (!web_is(w, "/o/none-safe"))
		return false;
	snprintf(f, sizeof(f), "Content-Type: application/json\r\nVary: Origin\r\n%s%s%s%s", allow ? "Access-Control-Allow-Origin: " : "",
		 allow ? allow : "", allow ? "\r\n" : "", allow ? "Access-Control-Allow-Credentials: true\r\n" : "");
	web_reply(w, "200 OK", f, user(w, sid, sizeof(sid)) ? STR("{\"mail\":\"alice@site.test\",\"name\":\"Alice\"}") : STR("{\"error\":\"log in\"}"));
	return true;
}

/* ---- refused addresses ---- */

#define SECRET "<title>Back office</title><p>Ledger of the year with all salaries and accounts</p>"

static bool refused(struct web *w)
{
	char v[300];
	if (web_is(w, "/") && header(w, "X-Original-URL", v, sizeof(v)) && strcmp(v, "/r/original") == 0)
		web_html(w, SECRET);
	else if (web_is(w, "/r/original") || web_is(w, "/r/plain-safe"))
		web_text(w, "403 Forbidden", "text/html", "<p>Forbidden</p>");
	else if (web_is(w, "/r/address"))
		header(w, "X-Forwarded-For", v, sizeof(v)) && strcmp(v, "127.0.0.1") == 0 ? web_html(w, SECRET) :
											     web_text(w, "403 Forbidden", "text/html", "<p>No</p>");
	else if (web_is(w, "/r/verb"))
		str_eq(w->method, STR("GET")) ? web_text(w, "401 Unauthorized", "text/html", "<p>No</p>") : web_html(w, SECRET);
	else if (web_is(w, "/r/path") || web_is(w, "/r/path/"))
		web_text(w, "403 Forbidden", "text/html", "<p>No</p>");
	else if (web_is(w, "/r/path;") || web_is(w, "/r/;/path") || web_is(w, "/r//path"))
		web_html(w, SECRET);
	else if (str_starts(w->path, STR("/r/catchall-safe")) || str_starts(w->path, STR("/r//")))
		web_is(w, "/r/catchall-safe") ? web_text(w, "403 Forbidden", "text/html", "<p>No</p>") :
						 web_html(w, "<title>Start</title><p>Welcome to the shop of shops</p>");
	else if (web_is(w, "/r/status-safe")) /* the same refusal, only with another status */
		web_text(w, str_eq(w->method, STR("GET")) ? "403 Forbidden" : "200 OK", "text/html", "<p>You may not see this page, sorry.</p>");
	else
		return false;
	return true;
}

/* ---- writing files ---- */

static bool puts_files(struct web *w)
{
	bool real = str_starts(w->path, STR("/dav/")), fake = str_starts(w->path, STR("/fake/"));
	if (!real && !fake)
		return false;
	pthread_mutex_lock(&lock);
	const char *held = map_get(files, w->path);
	char copy[300];
	snprintf(copy, sizeof(copy), "%s", held ? held : "");
	if (real && str_eq(w->method, STR("PUT")))
		free(map_put(files, w->path, str_dup(w->body)));
	if (real && str_eq(w->method, STR("DELETE")))
		free(map_remove(files, w->path));
	pthread_mutex_unlock(&lock);
	if (str_eq(w->method, STR("PUT")) || str_eq(w->method, STR("DELETE")))
		web_text(w, "201 Created", "text/plain", "done");
	else if (held)
		web_text(w, "200 OK", "text/plain", "%s", copy);
	else if (str_ends(w->path, STR("/")))
		web_html(w, "<title>F</title><p>folder</p>");
	else
		web_text(w, "404 Not Found", "text/html", "<p>nothing</p>");
	return true;
}

/* ---- forms ---- */

static bool forms(struct web *w)
{
	char sid[20], t[100], o[200];
	if (!str_starts(w->path, STR("/f/")))
		return false;
	const char *who = user(w, sid, sizeof(sid));
	if (!who) {
		redirect(w, "/login");
		return true;
	}
	const char *token = strcmp(who, "alice") == 0 ? "0123456789abcdef" : "fedcba9876543210";
	char path[100];
	snprintf(path, sizeof(path), "%.*s", STR_ARG(w->path));
	if (!str_eq(w->method, STR("POST"))) {
		if (web_is(w, "/f/bare") || web_is(w, "/f/origin-safe"))
			web_html(w, "<title>F</title><form method=post action=%s><input name=nick><button>Save</button></form>", path);
		else
			web_html(w, "<title>F</title>" FORM_PAGE, path, token);
		return true;
	}
	bool right = strcmp(web_param(w, "csrf_token", t, sizeof(t)), token) == 0;
	bool here = !header(w, "Origin", o, sizeof(o)) || strncmp(o, "http://127.0.0.1:", 17) == 0;
	bool ok = web_is(w, "/f/bare") || web_is(w, "/f/unchecked") || (web_is(w, "/f/if-there") && (right || !*t)) ||
		  (web_is(w, "/f/token-safe") && right) || (web_is(w, "/f/origin-safe") && here);
	if (ok)
		web_html(w, "<title>F</title><p>Your profile was saved, thank you.</p>");
	else
		web_text(w, "403 Forbidden", "text/html", "<p>Bad token</p>");
	return true;
}

/* ---- whose is it ---- */

static bool owned(struct web *w)
{
	char sid[20], id[20];
	const char *u = user(w, sid, sizeof(sid));
	if (!str_starts(w->path, STR("/u/")))
		return false;
	if (!u) {
		redirect(w, "/login");
		return true;
	}
	web_param(w, "id", id, sizeof(id));
	bool alice = strcmp(u, "alice") == 0;
	if (web_is(w, "/u/"))
		web_html(w, "<title>Mine</title><p>Welcome %s</p><a href='/u/order?id=%s'>order</a> <a href='/u/safe?id=%s'>s</a>"
			    "<a href=/u/profile>p</a><a href='/u/news?id=3'>n</a>%s",
			 u, alice ? "17" : "18", alice ? "17" : "18", alice ? "<a href=/u/reports>r</a><a href=/u/closed>c</a>" : "");
	else if (web_is(w, "/u/order")) /* no owner asked for */
		web_html(w, "<title>O</title><p>Welcome %s</p><p>%s</p>", u,
			 strcmp(id, "17") == 0 ? "Order of Alice Archer, 12 Elm Street, three green bicycles" : "Order of Bob Baker, 9 Oak Lane, one lamp");
	else if (web_is(w, "/u/safe"))
		strcmp(id, alice ? "17" : "18") == 0 ? web_html(w, "<title>O</title><p>Order of %s, Elm Street, seven kettles and spoons</p>", u) :
							web_text(w, "403 Forbidden", "text/html", "<p>not yours</p>");
	else if (web_is(w, "/u/profile")) /* each sees the own one */
		web_html(w, "<title>P</title><p>%s</p>", alice ? "Alice Archer, 12 Elm Street, alice@site.test" : "Bob Baker, 9 Oak Lane, bob@site.test");
	else if (web_is(w, "/u/news")) /* meant for both */
		web_html(w, "<title>N</title><p>Members meeting on Friday at the town hall with dinner</p>");
	else if (web_is(w, "/u/reports")) /* of the boss, not checked */
		web_html(w, "<title>R</title><p>Quarterly salaries of every employee: Miller 5100, Smith 4800</p>");
	else if (web_is(w, "/u/closed"))
		alice ? web_html(w, "<title>R</title><p>Passwords of all branches, strictly confidential</p>") : redirect(w, "/u/");
	else
		web_text(w, "404 Not Found", "text/html", "<p>nothing</p>");
	return true;
}

/* ---- where a parameter sends the visitor ---- */

static bool overwrote; /* an editor was told to save to a file of the system */

static bool leads(struct web *w)
{
	char to[300];
	web_param(w, "to", to, sizeof(to));
	if (web_is(w, "/g/script"))
		web_html(w, "<title>G</title><script>function go(){window.location.replace('%s')}</script>", strpbrk(to, "'\\<") ? "/" : to);
	else if (web_is(w, "/g/script-safe")) /* the address is only a parameter of ours */
		web_html(w, "<title>G</title><script>location.href='/out?to=%s';var s='%s'</script>", strpbrk(to, "'\\<") ? "" : to,
			 strpbrk(to, "'\\<") ? "" : to);
	else if (web_is(w, "/g/prefix"))
		redirect(w, strncmp(to, "http://shop.test", 16) == 0 ? to : "/");
	else if (web_is(w, "/g/edit")) {
		web_param(w, "file", to, sizeof(to));
		overwrote = overwrote || strstr(to, "passwd") || strstr(to, "win.ini");
		web_html(w, "<title>E</title><form method=post action=/g/edit><input name=file value=a.html>"
			    "<textarea name=content>x</textarea><button>Preview</button></form>");
	} else if (web_is(w, "/g/prefix-safe"))
		redirect(w, strncmp(to, "http://shop.test/", 17) == 0 ? to : "/");
	else
		return false;
	return true;
}

/* ---- an interface that its document describes; what it lists is found in its answers only ---- */

static bool shelf(struct web *w)
{
	char sid[40];
	const char *who = user(w, sid, sizeof(sid));
	if (web_is(w, "/openapi.json"))
		web_text(w, "200 OK", "application/json",
			 "{\"openapi\":\"3.0.0\",\"paths\":{\"/shelf\":{\"get\":{}},\"/shelf/{bookTitle}\":{\"get\":{\"parameters\":[{\"name\":\"bookTitle\","
			 "\"in\":\"path\",\"example\":\"gone\"}]}},\"/notes\":{\"get\":{}},\"/notes/{noteId}\":{\"get\":{\"parameters\":[{\"name\":\"noteId\","
			 "\"in\":\"path\",\"example\":\"none\"}]}}}}");
	else if (web_is(w, "/shelf"))
		web_text(w, "200 OK", "application/json", "{\"books\":[{\"book_title\":\"b-81\"}]}");
	else if (web_is(w, "/notes"))
		web_text(w, "200 OK", "application/json", "[{\"id\":\"n-52\"}]");
	else if (web_is(w, "/shelf/b-81") && who) /* whoever is logged in */
		web_text(w, "200 OK", "application/json", "{\"book_title\":\"b-81\",\"owner\":\"alice\",\"secret\":\"the key lies under the third stone\"}");
	else if (web_is(w, "/notes/n-52") && who && strcmp(who, "alice") == 0)
		web_text(w, "200 OK", "application/json", "{\"id\":\"n-52\",\"owner\":\"alice\",\"note\":\"the key lies under the fourth stone\"}");
	else if (web_is(w, "/shelf/b-81") || web_is(w, "/notes/n-52"))
		web_text(w, who ? "403 Forbidden" : "401 Unauthorized", "application/json", "{\"error\":\"no\"}");
	else
		return false;
	return true;
}

static void handle(struct web *w)
{
	if (web_is(w, "/") && !web_header(w, "X-Original-URL").ptr) {
		web_html(w, "<title>Start</title><a href=/h/link>1</a><a href=/h/redirect>2</a><a href=/h/forwarded>3</a><a href=/h/json>4</a>"
			    "<a href=/h/text-safe>5</a><a href=/h/fixed-safe>6</a><a href=/h/strict-safe>7</a><a href=/h/query-safe>8</a>"
			    "<a href=/c/page>9</a><a href=/c/keyed-safe>a</a><a href=/c/none-safe>b</a><a href=/c/account>c</a><a href=/c/strict>d</a>"
			    "<a href=/o/echo>e</a><a href=/o/null>f</a><a href=/o/suffix>g</a><a href=/o/prefix>h</a><a href=/o/fixed-safe>i</a>"
			    "<a href=/o/list-safe>j</a><a href=/o/none-safe>k</a>"
			    "<a href=/r/original>l</a><a href=/r/plain-safe>m</a><a href=/r/address>n</a><a href=/r/verb>o</a><a href=/r/path>p</a>"
			    "<a href=/r/catchall-safe>q</a><a href=/r/status-safe>r</a><a href=/dav/>s</a><a href=/fake/>t</a>"
			    "<a href=/f/bare>u</a><a href=/f/unchecked>v</a><a href=/f/if-there>w</a><a href=/f/token-safe>x</a><a href=/f/origin-safe>y</a>"
			    "<a href='/g/script?to=/a'>z</a><a href='/g/script-safe?to=/a'>A</a><a href='/g/prefix?to=http://shop.test/'>B</a>"
			    "<a href='/g/prefix-safe?to=http://shop.test/'>C</a><a href=/g/edit>D</a><a href=/u/>mine</a>");
		return;
	}
	if (shelf(w) || hosts(w) || caches(w) || sharing(w) || refused(w) || puts_files(w) || forms(w) || leads(w) || owned(w))
		return;
	if (web_is(w, "/login"))
		web_html(w, "<title>L</title><form method=post action=/login><input name=user><input type=password name=pw></form>");
	else
		web_text(w, "404 Not Found", "text/html", "<p>nothing here</p>");
}

static struct site site;

static const struct {
	const char *check, *path;
	bool hole;
} wanted[] = {
	{ "host-header-injection", "/h/link", true },	    { "host-header-injection", "/h/redirect", true },
	{ "host-header-injection", "/h/forwarded", true },  { "host-header-injection", "/h/json", true },
	{ "host-header-injection", "/h/text-safe", false }, { "host-header-injection", "/h/fixed-safe", false },
	{ "host-header-injection", "/h/strict-safe", false }, { "host-header-injection", "/h/query-safe", false },
	{ "cache-poisoning", "/c/page", true },		    { "cache-poisoning", "/c/keyed-safe", false },
	{ "cache-poisoning", "/c/none-safe", false },	    { "cache-deception", "/c/account", true },
	{ "cache-deception", "/c/strict", false },	    { "cors-reflect", "/o/echo", true },
	{ "cors-reflect", "/o/null", true },		    { "cors-reflect", "/o/suffix", true },
	{ "cors-reflect", "/o/prefix", true },		    { "cors-reflect", "/o/fixed-safe", false },
	{ "cors-reflect", "/o/list-safe", false },	    { "cors-reflect", "/o/none-safe", false },
	{ "bypass-403", "/r/original", true },		    { "bypass-403", "/r/address", true },
	{ "bypass-403", "/r/verb", true },		    { "bypass-403", "/r/path", true },
	{ "bypass-403", "/r/plain-safe", false },	    { "bypass-403", "/r/catchall-safe", false },
	{ "bypass-403", "/r/status-safe", false },	    { "csrf", "/f/bare", true },
	{ "csrf", "/f/unchecked", true },		    { "csrf", "/f/if-there", true },
	{ "csrf", "/f/token-safe", false },		    { "csrf", "/f/origin-safe", false },
	{ "access-control", "/u/order", true },		    { "access-control", "/u/reports", true },
	{ "access-control", "/u/safe", false },		    { "access-control", "/u/profile", false },
	{ "open-redirect", "/g/script", true },		    { "open-redirect", "/g/script-safe", false },
	{ "open-redirect", "/g/prefix", true },		    { "open-redirect", "/g/prefix-safe", false },
	{ "access-control", "/shelf/b-81", true },	    { "access-control", "/notes/n-52", false },
	{ "access-control", "/u/news", false },		    { "access-control", "/u/closed", false },
};

static void every_hole_and_only_those(void **state)
{
	const struct str only[] = { STR("host-header-injection"), STR("cache-poisoning"), STR("cache-deception"), STR("cors-reflect"),
				    STR("bypass-403"), STR("csrf"), STR("access-control"), STR("http-put"), STR("open-redirect"), STR("path-traversal") };
	unsigned failed = 0;
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = ARRAY_SIZE(only),
						.cookie = STR("sid=a1"), .second.cookie = STR("sid=b2"), .intrusive = true });
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (site_found(&site, wanted[i].check, wanted[i].path) != wanted[i].hole) {
			print_error("%s %s: %s\n", wanted[i].check, wanted[i].path, wanted[i].hole ? "missed" : "false");
			failed++;
		}
	struct map_iter it = { 0 };
	struct str key;
	void *v;
	unsigned put = 0;
	while (map_next(site.found, &it, &key, &v)) {
		put += str_starts(key, STR("http-put /dav/"));
		failed += str_starts(key, STR("http-put /fake/"));
	}
	assert_false(overwrote);
	assert_true(put > 0);
	assert_int_equal(map_len(files), 0); /* cleaned up */
	assert_int_equal(failed, 0);
}

static int set_up(void **state)
{
	files = map_new();
	cached = map_new();
	site_start(&site, handle);
	return 0;
}

static int tear_down(void **state)
{
	site_stop(&site);
	map_free_values(files, free);
	map_free_values(cached, free);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_hole_and_only_those) };
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
