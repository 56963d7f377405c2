/* Tokens, interfaces, sockets, uploads and passwords: holes of a small application, and twins of
 * them that are none. */
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/test_site.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map *files;

#define STRONG "Xk2-91f0-long-and-random-key"

static void sign(const char *head, const char *claims, const char *key, char *out, size_t size)
{
	unsigned char mac[64];
	unsigned n = 0;
	struct buf b;
	buf_init(&b, 4 * KIB);
	encode_base64url(&b, str_c(head));
	buf_char(&b, '.');
	encode_base64url(&b, str_c(claims));
	HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)b.ptr, b.len, mac, &n);
	buf_char(&b, '.');
	encode_base64url(&b, str_make(mac, n));
	snprintf(out, size, "%.*s", (int)b.len, b.ptr);
	buf_free(&b);
}

/* Is it ours? none: alg "none" will do; blind: any signature will do. */
static bool verify(const char *token, const char *key, bool none, bool blind)
{
	char again[2000], head[300] = "", claims[600] = "";
	struct str rest = str_c(token), h, c, s;
	struct buf b;
	if (!str_split(&rest, '.', &h) || !str_split(&rest, '.', &c))
		return false;
	s = rest;
	buf_init(&b, 2 * KIB);
	if (decode_base64(&b, h) == 0)
		snprintf(head, sizeof(head), "%.*s", (int)b.len, b.ptr);
	buf_clear(&b);
	if (decode_base64(&b, c) == 0)
		snprintf(claims, sizeof(claims), "%.*s", (int)b.len, b.ptr);
	buf_free(&b);
	if (!strstr(claims, "\"sub\""))
		return false;
	if (blind || (none && strstr(head, "\"none\"") && s.len == 0))
		return true;
	sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, key, again, sizeof(again));
	return strcmp(again, token) == 0;
}

static bool tokens(struct web *w)
{
	static const struct {
		const char *path, *cookie, *key;
		bool none, blind;
	} cases[] = { { "/t/none", "tn", STRONG, true, false }, { "/t/blind", "tb", STRONG, false, true },
		      { "/t/weak", "tw", "secret", false, false }, { "/t/safe", "ts", STRONG, false, false } };
	char token[2000], f[2300], mine[2000];
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!web_is(w, cases[i].path))
			continue;
		sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"sub\":\"joe\",\"exp\":4000000000}", cases[i].key, mine, sizeof(mine));
		snprintf(f, sizeof(f), "Content-Type: text/html\r\nSet-Cookie: %s=%s; Path=%s\r\n", cases[i].cookie, mine, cases[i].path);
		if (!web_cookie(w, cases[i].cookie, token, sizeof(token)))
			web_reply(w, "200 OK", f, STR("<title>T</title><p>hello stranger</p>"));
		else if (verify(token, cases[i].key, cases[i].none, cases[i].blind))
			web_html(w, "<title>T</title><p>Joe, you are a user with three messages</p>");
		else
			web_text(w, "401 Unauthorized", "text/html", "<p>bad token</p>");
		return true;
	}
	return false;
}

static bool interfaces(struct web *w)
{
	bool open = web_is(w, "/g/graphql"), closed = web_is(w, "/g2/graphql");
	if (!open && !closed)
		return false;
	if (!str_eq(w->method, STR("POST")))
		web_text(w, "400 Bad Request", "application/json", "{\"errors\":[{\"message\":\"Must provide query string.\"}]}");
	else if (str_has(w->body, STR("__schema")))
		web_text(w, "200 OK", "application/json", open ? "{\"data\":{\"__schema\":{\"types\":[{\"name\":\"Query\"}]}}}" :
								  "{\"errors\":[{\"message\":\"introspection is not allowed\"}]}");
	else if (str_has(w->body, STR("\"{__typename}\"")))
		web_text(w, "200 OK", "application/json", "{\"data\":{\"__typename\":\"Query\"}}");
	else
		web_text(w, "200 OK", "application/json", "{\"errors\":[{\"message\":\"no such field\"}]}");
	return true;
}

static bool sockets(struct web *w)
{
	bool any = web_is(w, "/ws/chat"), strict = web_is(w, "/ws2/chat");
	unsigned char sum[20];
	char f[300], host[100];
	struct buf b;
	if (!any && !strict)
		return false;
	struct str key = web_header(w, "Sec-WebSocket-Key"), origin = web_header(w, "Origin");
	snprintf(host, sizeof(host), "http://%.*s", STR_ARG(web_header(w, "Host")));
	if (!key.ptr) {
		web_text(w, "426 Upgrade Required", "text/html", "<p>upgrade</p>");
		return true;
	}
	if (strict && !str_eq(origin, str_c(host))) {
		web_text(w, "403 Forbidden", "text/html", "<p>no</p>");
		return true;
	}
	buf_init(&b, 1 * KIB);
	buf_str(&b, key);
	buf_c(&b, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	SHA1((const unsigned char *)b.ptr, b.len, sum);
	buf_clear(&b);
	encode_base64(&b, str_make(sum, 20));
	snprintf(f, sizeof(f), "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n", (int)b.len, b.ptr);
	web_reply(w, "101 Switching Protocols", f, STR(""));
	buf_free(&b);
	return true;
}

#define FILE_FORM "<title>U</title><form method=post action=%s enctype='multipart/form-data'><input name=t value=a><input type=file name=f><button>Go</button></form>"

/* Kept under the name that was sent, or with .txt behind it. */
static bool uploads(struct web *w)
{
	bool raw = str_starts(w->path, STR("/up1")), safe = str_starts(w->path, STR("/up2"));
	char name[200];
	if (!raw && !safe)
		return false;
	if (str_eq(w->method, STR("POST"))) {
		ssize_t at = str_find(w->body, STR("filename=\""));
		struct str rest = at < 0 ? STR("") : str_from(w->body, (size_t)at + 10);
		ssize_t q = str_chr(rest, '"'), head = str_find(rest, STR("\r\n\r\n")), end = str_find(rest, STR("\r\n--"));
		struct str data = head < 0 || end < head + 4 ? STR("") : str_sub(rest, (size_t)head + 4, (size_t)end);
		snprintf(name, sizeof(name), "%s/%.*s%s", raw ? "/up1/files" : "/up2/files", (int)(q < 0 ? 0 : q), rest.ptr, raw ? "" : ".txt");
		pthread_mutex_lock(&lock);
		free(map_put(files, str_c(name), str_dup(data)));
		pthread_mutex_unlock(&lock);
		web_html(w, "<title>U</title><p>saved</p><a href='%s'>file</a>", name);
		return true;
	}
	pthread_mutex_lock(&lock);
	const char *held = map_get(files, w->path);
	char *copy = held ? str_dup(str_c(held)) : NULL;
	pthread_mutex_unlock(&lock);
	if (copy)
		web_text(w, "200 OK", str_ends(w->path, STR(".html")) ? "text/html" : str_ends(w->path, STR(".svg")) ? "image/svg+xml" : "text/plain", "%s", copy);
	else if (web_is(w, "/up1") || web_is(w, "/up2"))
		web_html(w, FILE_FORM, raw ? "/up1" : "/up2");
	else
		web_text(w, "404 Not Found", "text/html", "<p>nothing</p>");
	free(copy);
	return true;
}

#define LOG_IN "<title>L</title><form method=post><input name=username><input type=password name=password><button>Log in</button></form>"

static atomic_uint admins; /* attempts at one account, from one form on many pages */

static bool passwords(struct web *w)
{
	char u[100], p[100], e[400];
	struct str given = web_header(w, "Authorization");
	if (web_is(w, "/p/basic") || web_is(w, "/p/basic-safe")) {
		bool ok = web_is(w, "/p/basic") && str_eq(given, STR("Basic YWRtaW46YWRtaW4="));
		web_reply(w, ok ? "200 OK" : "401 Unauthorized", ok ? "Content-Type: text/html\r\n" : web_is(w, "/p/basic") ?
			  "WWW-Authenticate: Basic realm=x\r\nContent-Type: text/html\r\n" : "WWW-Authenticate: Basic realm=y\r\nContent-Type: text/html\r\n",
			  ok ? STR("<p>device</p>") : STR("<p>401</p>"));
	} else if (web_is(w, "/p/form") || web_is(w, "/p/form-safe") || web_is(w, "/p/echo-safe")) {
		web_param(w, "username", u, sizeof(u));
		web_param(w, "password", p, sizeof(p));
		if (!str_eq(w->method, STR("POST")))
			web_html(w, LOG_IN);
		else if (web_is(w, "/p/form") && strcmp(u, "admin") == 0 && strcmp(p, "123456") == 0)
			web_reply(w, "302 Found", "Location: /p/inside\r\nSet-Cookie: in=1\r\n", STR(""));
		else if (web_is(w, "/p/echo-safe"))
			web_html(w, LOG_IN "<p>Welcome %s, now enter the code</p>", web_escape(u, "<>&\"'", e, sizeof(e)));
		else
			web_html(w, LOG_IN "<p>user name or password incorrect</p>");
	} else if (web_is(w, "/m/login")) {
		web_param(w, "username", u, sizeof(u));
		admins += strcmp(u, "admin") == 0;
		web_html(w, "<p>user name or password incorrect</p>");
	} else if (web_is(w, "/m/news") || web_is(w, "/m/about") || web_is(w, "/m/help") || web_is(w, "/m/shop")) {
		web_html(w, "<form method=post action='/m/login?back=%.*s'><input name=username type=text><input name=password type=password>"
			    "<input type=submit></form><p>%.*s", STR_ARG(w->path), STR_ARG(w->path));
	} else {
		return false;
	}
	return true;
}

static void handle(struct web *w)
{
	if (web_is(w, "/"))
		web_html(w, "<title>S</title><a href=/t/none>1</a><a href=/t/blind>2</a><a href=/t/weak>3</a><a href=/t/safe>4</a><a href=/g/graphql>5</a>"
			    "<a href=/g2/graphql>6</a><a href=/ws/chat>7</a><a href=/ws2/chat>8</a><a href=/up1>9</a><a href=/up2>a</a><a href=/p/basic>b</a>"
			    "<a href=/p/basic-safe>c</a><a href=/p/form>d</a><a href=/p/form-safe>e</a><a href=/p/echo-safe>f</a>"
			    "<a href=/m/news>g</a><a href=/m/about>h</a><a href=/m/help>i</a><a href=/m/shop>j</a>");
	else if (!tokens(w) && !interfaces(w) && !sockets(w) && !uploads(w) && !passwords(w))
		web_text(w, "404 Not Found", "text/html", "<p>nothing here</p>");
}

static struct site site;

static void every_hole_and_only_those(void **state)
{
	const struct str only[] = { STR("jwt-forgeable"), STR("graphql-exposed"), STR("websocket-origin"), STR("file-upload"), STR("default-credentials") };
	static const struct {
		const char *check, *path;
		bool hole;
	} wanted[] = { { "jwt-forgeable", "/t/none", true },	{ "jwt-forgeable", "/t/blind", true },	     { "jwt-forgeable", "/t/safe", false },
		       { "graphql-exposed", "/g/graphql", true }, { "graphql-exposed", "/g2/graphql", false }, { "websocket-origin", "/ws/chat", true },
		       { "websocket-origin", "/ws2/chat", false }, { "file-upload", "/up1", true },	     { "file-upload", "/up2", false },
		       { "default-credentials", "/p/basic", true }, { "default-credentials", "/p/basic-safe", false },
		       { "default-credentials", "/p/form", true },  { "default-credentials", "/p/form-safe", false },
		       { "default-credentials", "/p/echo-safe", false } };
	unsigned failed = 0;
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = ARRAY_SIZE(only), .intrusive = true,
						.try_logins = true });
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (site_found(&site, wanted[i].check, wanted[i].path) != wanted[i].hole) {
			print_error("%s %s: %s\n", wanted[i].check, wanted[i].path, wanted[i].hole ? "missed" : "false");
			failed++;
		}
	struct map_iter it = { 0 };
	struct str key;
	void *v;
	bool weak = false, safe = false;
	while (map_next(site.found, &it, &key, &v)) { /* cookies of "/" go everywhere: told apart by name */
		weak = weak || (str_starts(key, STR("jwt-forgeable")) && str_ends(key, STR(" tw")));
		safe = safe || (str_starts(key, STR("jwt-forgeable")) && str_ends(key, STR(" ts")));
	}
	assert_false(safe);
	assert_in_range(admins, 4, 5); /* not for every page that shows the form */
	assert_int_equal(failed, 0);
	(void)weak;
}

static int set_up(void **state)
{
	files = map_new();
	site_start(&site, handle);
	return 0;
}

static int tear_down(void **state)
{
	site_stop(&site);
	map_free_values(files, free);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_hole_and_only_those) };
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
