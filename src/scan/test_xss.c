/* Cross-site scripting, reflected and stored: each page differs in how the input gets into
 * it, and each has a twin that looks alike and is safe. */
#include <pthread.h>
#include <stdio.h>

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/test_site.h"

#define ALL "<>&\"'"

/* What to do with the input, and where it goes. %s is the value. */
struct variant {
	const char *path;
	bool hole;
	const char *escape;	 /* characters that become references */
	const char *strip;	 /* text taken out once, or NULL */
	const char *html;
	const char *type, *fields; /* NULL: text/html; charset=utf-8 */
	bool backslash;		 /* quotes get a backslash, but backslashes do not */
	bool twice, entity, base64;
	const char *spoil;	 /* in small letters first, then this gets a '_' inside wherever it stands */
	bool gaps;		 /* blanks, tabs and slashes become &nbsp; */
};

#define SLASHED .backslash = true
static const struct variant variants[] = {
	{ "/text", true, "", NULL, "<p>%s</p>" },
	{ "/text-safe", false, "<>", NULL, "<p>%s</p>" },
	{ "/dq", true, "<>", NULL, "<input value=\"%s\">" },
	{ "/dq-safe", false, "<>\"", NULL, "<input value=\"%s\">" },
	{ "/sq", true, "<>\"", NULL, "<input value='%s'>" },
	{ "/sq-safe", false, "<>'", NULL, "<input value='%s'>" },
	{ "/bare", true, ALL, NULL, "<input value=%s>" },
	{ "/href", true, ALL, NULL, "<a href=\"%s\">x</a>" },
	{ "/href-safe", false, ALL, NULL, "<a href=\"/go?%s\">x</a>" },
	{ "/img-safe", false, ALL, NULL, "<img src=\"%s\">" },
	{ "/handler", true, ALL, NULL, "<button onclick=\"go('%s')\">x</button>" },
	{ "/data-safe", false, ALL, NULL, "<button data-on=\"go('%s')\">x</button>" },
	{ "/js-sq", true, "<>\"", NULL, "<script>var a = '%s';</script>" },
	{ "/js-sq-safe", false, "<>'\\", NULL, "<script>var a = '%s';</script>" },
	{ "/js-dq-slash", true, "<>", NULL, "<script>var a = \"%s\";</script>", SLASHED },
	{ "/js-tpl", true, ALL "`", NULL, "<script>var a = `%s`;</script>" },
	{ "/js-code", true, ALL, NULL, "<script>var a = %s;</script>" },
	{ "/js-json", true, "\"'\\", NULL, "<script>var a = {\"q\":\"%s\"};</script>" },
	{ "/js-line", true, ALL, NULL, "<script>// %s\n</script>" },
	{ "/js-block", true, ALL, NULL, "<script>/* %s */</script>" },
	{ "/js-type-safe", false, "<>", NULL, "<script type=\"application/json\">{\"a\": \"%s\"}</script>" },
	{ "/js-template-safe", false, "<>", NULL, "<script type=\"text/x-handlebars\">var a = '%s';</script>" },
	{ "/js-src-safe", false, "<>", NULL, "<script src=/none.js>var a = '%s';</script>" },
	{ "/comment", true, "", NULL, "<!-- %s --><p>x</p>" },
	{ "/comment-safe", false, "<>", NULL, "<!-- %s --><p>x</p>" },
	{ "/textarea", true, "", NULL, "<textarea>%s</textarea>" },
	{ "/textarea-safe", false, "<", NULL, "<textarea>%s</textarea>" },
	{ "/title", true, "", NULL, "<title>%s</title>" },
	{ "/style", true, "", NULL, "<style>b{color:%s}</style>" },
	{ "/style-safe", false, "<", NULL, "<style>b{color:%s}</style>" },
	{ "/noscript", true, "", NULL, "<noscript>%s</noscript>" },
	{ "/template", true, "", NULL, "<template><p>%s</p></template>" },
	{ "/srcdoc", true, ALL, NULL, "<iframe srcdoc=\"%s\"></iframe>" },
	{ "/srcdoc-safe", false, ALL, NULL, "<iframe sandbox srcdoc=\"%s\"></iframe>" },
	{ "/svg", true, "", NULL, "<svg><text>%s</text></svg>" },
	{ "/tagname", true, "<>", NULL, "<font%s>x</font>" },
	{ "/script-gone", true, "", "<script>", "<p>%s</p>" },
	{ "/js-url", true, "<>\"", NULL, "<a href=\"javascript:go('%s')\">x</a>" },
	{ "/colon-once", true, ALL, "javascript:", "<a href=\"%s\">x</a>" },
	{ "/handler-once", true, "<>", "on", "<input value=\"%s\">", .spoil = "script" },
	{ "/address-spoilt", true, "<>\"'", NULL, "<a href=\"%s\">x</a>", .spoil = "script" },
	{ "/address-spoilt-safe", false, ALL, NULL, "<a href=\"%s\">x</a>", .spoil = "script" },
	{ "/gaps", true, "", NULL, "<center>%s</center>", .gaps = true, .spoil = "script" },
	{ "/twice", true, "<>", NULL, "<p>%s</p>", .twice = true },
	{ "/entity", true, "<>", NULL, "<p>%s</p>", .entity = true },
	{ "/b64", true, "", NULL, "<p>%s</p>", .base64 = true },
	{ "/json-html", true, "\"'\\", NULL, "{\"q\":\"%s\"}" },
	{ "/plain-safe", false, "", NULL, "<p>%s</p>", "text/plain" },
	{ "/json-safe", false, "", NULL, "{\"q\":\"%s\"}", "application/json" },
	{ "/sniffed", true, "", NULL, "<html><p>%s</p>", "" },
	{ "/nosniff-safe", false, "", NULL, "<html><p>%s</p>", "", "X-Content-Type-Options: nosniff\r\n" },
	{ "/download-safe", false, "", NULL, "<p>%s</p>", NULL, "Content-Disposition: attachment\r\n" },
	{ "/nonce", true, "", NULL, "<p>%s</p>", NULL, "Content-Security-Policy: script-src 'nonce-abc' 'unsafe-inline'\r\n" },
};

static void take_out(char *v, const char *what)
{
	char *at = strstr(v, what);
	if (at)
		memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
}

static void spoil(char *v, size_t size, const char *what)
{
	char out[4096];
	size_t n = 0;
	for (char *s = v; *s && n + 2 < sizeof(out); s++) {
		*s = ascii_lower(*s);
		if (s > v && str_istarts(str_c(s - 1), str_c(what)))
			out[n++] = '_';
		out[n++] = *s;
	}
	out[n] = 0;
	snprintf(v, size, "%s", out);
}

static void close_gaps(char *v, size_t size)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	for (char *s = v; *s; s++)
		if (strchr(" \t/", *s))
			buf_c(&b, "&nbsp;");
		else
			buf_char(&b, *s);
	snprintf(v, size, "%.*s", (int)b.len, b.ptr ? b.ptr : "");
	buf_free(&b);
}

static void slashes(char *v, size_t size)
{
	char out[4096];
	size_t n = 0;
	for (char *s = v; *s && n + 3 < sizeof(out); s++) {
		if (*s == '"' || *s == '\'')
			out[n++] = '\\';
		out[n++] = *s;
	}
	out[n] = 0;
	snprintf(v, size, "%s", out);
}

static void decode_with(char *v, size_t size, const struct variant *t)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	if (t->twice) {
		decode_percent(&b, str_c(v), true);
	} else if (t->base64) {
		if (decode_base64(&b, str_c(v)) < 0)
			buf_clear(&b);
	} else {
		for (char *s = v; *s; s++) {
			int c = strncmp(s, "&#", 2) == 0 ? (int)strtol(s + 2, NULL, 10) : 0;
			char *end = c ? strchr(s, ';') : NULL;
			buf_char(&b, end ? (char)c : *s);
			s = end ? end : s;
		}
	}
	snprintf(v, size, "%.*s", (int)b.len, b.ptr ? b.ptr : "");
	buf_free(&b);
}

static void show(struct web *w, const struct variant *t)
{
	char v[4096], out[16384], fields[400];
	struct buf b;
	web_param(w, "q", v, sizeof(v));
	if (t->spoil)
		spoil(v, sizeof(v), t->spoil);
	if (t->strip)
		take_out(v, t->strip);
	if (t->gaps)
		close_gaps(v, sizeof(v));
	if (t->backslash)
		slashes(v, sizeof(v));
	web_escape(v, t->escape, out, sizeof(out));
	if (t->twice || t->entity || t->base64)
		decode_with(out, sizeof(out), t);
	buf_init(&b, 64 * KIB);
	const char *hole = strstr(t->html, "%s");
	buf_add(&b, t->html, (size_t)(hole - t->html));
	buf_c(&b, out);
	buf_c(&b, hole + 2);
	if (t->type && !*t->type)
		snprintf(fields, sizeof(fields), "%s", t->fields ? t->fields : "");
	else
		snprintf(fields, sizeof(fields), "Content-Type: %s\r\n%s", t->type ? t->type : "text/html; charset=utf-8",
			 t->fields ? t->fields : "");
	web_reply(w, "200 OK", fields, buf_view(&b));
	buf_free(&b);
}

/* ---- stored ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[8][4096];
static unsigned posted;

static void keep(struct web *w, int slot, const char *name)
{
	char v[4096];
	pthread_mutex_lock(&lock);
	if (web_has(w, name))
		snprintf(kept[slot], sizeof(kept[slot]), "%s", web_param(w, name, v, sizeof(v)));
	pthread_mutex_unlock(&lock);
}

static const char *shown(int slot, const char *which, char *out, size_t size)
{
	pthread_mutex_lock(&lock);
	web_escape(kept[slot], which, out, size);
	pthread_mutex_unlock(&lock);
	return out;
}

static void form(struct web *w, const char *to)
{
	web_html(w, "<form action=%s method=post><input name=text><textarea name=note></textarea><button>OK</button></form>", to);
}

static bool stored(struct web *w)
{
	char a[16384], b[16384], v[4096];
	bool post = str_eq(w->method, STR("POST"));
	posted += post;
	if (web_is(w, "/board")) { /* raw on the same page */
		keep(w, 0, "text");
		keep(w, 1, "note");
		if (post)
			web_reply(w, "302 Found", "Location: /board\r\n", STR(""));
		else
			web_html(w, "<form action=/board method=post><input name=text><textarea name=note></textarea></form><p>%s</p><p>%s</p>",
				 shown(0, "", a, sizeof(a)), shown(1, ALL, b, sizeof(b)));
	} else if (web_is(w, "/profile")) { /* into an attribute of another page, one value only */
		keep(w, 2, "text");
		keep(w, 3, "note");
		form(w, "/profile");
	} else if (web_is(w, "/card")) {
		web_html(w, "<input value=\"%s\"><b>%s</b>", shown(2, "<>", a, sizeof(a)), shown(3, ALL, b, sizeof(b)));
	} else if (web_is(w, "/safe-post")) { /* kept, shown escaped and in a text area */
		keep(w, 4, "text");
		keep(w, 5, "note");
		form(w, "/safe-post");
	} else if (web_is(w, "/safe-show")) {
		web_html(w, "<b>%s</b><textarea>%s</textarea><a href='/look?q=1'>x</a>", shown(4, ALL, a, sizeof(a)),
			 shown(5, "<", b, sizeof(b)));
	} else if (web_is(w, "/look")) { /* searches are kept for the administrator */
		web_param(w, "q", v, sizeof(v));
		pthread_mutex_lock(&lock); /* the last few */
		snprintf(a, sizeof(a), "%s<br>%.1500s", v, kept[6]);
		snprintf(kept[6], sizeof(kept[6]), "%.3000s", a);
		pthread_mutex_unlock(&lock);
		web_html(w, "<p>%s</p>", web_escape(web_param(w, "q", v, sizeof(v)), ALL, a, sizeof(a)));
	} else if (web_is(w, "/admin-log")) {
		web_html(w, "<li>%s</li>", shown(6, "", a, sizeof(a)));
	} else {
		return false;
	}
	return true;
}

static void handle(struct web *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (web_is(w, variants[i].path)) {
			show(w, &variants[i]);
			return;
		}
	if (stored(w))
		return;
	if (!web_is(w, "/")) {
		web_text(w, "404 Not Found", "text/html", "<p>nothing here</p>");
		return;
	}
	struct buf b;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		buf_printf(&b, "<a href='%s?q=%s'>%zu</a>\n", variants[i].path, variants[i].base64 ? "aGVsbG8gdGhlcmU=" : "hello", i);
	buf_c(&b, "<a href=/board>b</a><a href=/profile>p</a><a href=/card>c</a><a href=/safe-post>s</a>"
		  "<a href=/safe-show>s</a><a href='/look?q=1'>l</a><a href=/admin-log>a</a>");
	web_html(w, "%.*s", (int)b.len, b.ptr);
	buf_free(&b);
}

static struct site site;

static void every_hole_and_only_those(void **state)
{
	const struct str only[] = { STR("xss-reflected"), STR("xss-stored") };
	unsigned failed = 0;
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 2 });
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (site_found(&site, "xss-reflected", variants[i].path) != variants[i].hole) {
			print_error("%s: %s\n", variants[i].path, variants[i].hole ? "missed" : "false");
			failed++;
		}
	static const struct {
		const char *key;
		bool hole;
	} stores[] = { { "/board text", true },	   { "/board note", false },	 { "/profile text", true },
		       { "/profile note", false }, { "/safe-post text", false }, { "/safe-post note", false },
		       { "/look q", true } };
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++)
		if (site_found(&site, "xss-stored", stores[i].key) != stores[i].hole) {
			print_error("stored %s: %s\n", stores[i].key, stores[i].hole ? "missed" : "false");
			failed++;
		}
	assert_int_equal(site_severity(&site, "xss-reflected", "/nonce"), SEVERITY_MEDIUM);
	assert_int_equal(site_severity(&site, "xss-reflected", "/text"), SEVERITY_HIGH);
	assert_int_equal(failed, 0);
}

/* No link of these pages has a parameter. */
static void unnamed(struct web *w)
{
	char v[400], safe[1200];
	unsigned a, b;
	struct buf out;
	buf_init(&out, 4 * KIB);
	if (web_is(w, "/message") || web_is(w, "/message-safe"))
		web_html(w, "<title>M</title><p>%s</p>", web_escape(web_param(w, "msg", v, sizeof(v)), web_is(w, "/message") ? "" : "<>&\"'", safe, sizeof(safe)));
	else if (web_is(w, "/address"))
		web_html(w, "<title>A</title><p>%.*s?%.*s</p>", STR_ARG(w->path), STR_ARG(w->query));
	else if (web_is(w, "/door") && sscanf(web_param(w, "eval", v, sizeof(v)), "print(strrev(%u*%u));", &a, &b) == 2) {
		for (uint64_t n = (uint64_t)a * b; n; n /= 10)
			buf_char(&out, (char)('0' + n % 10));
		web_html(w, "<title>D</title><p>%.*s</p>", STR_ARG(buf_view(&out)));
	} else if (web_is(w, "/door"))
		web_html(w, "<title>D</title><p>closed</p>");
	else
		web_html(w, "<title>I</title><a href=/message>1</a><a href=/message-safe>2</a><a href=/address>3</a><a href=/door>4</a>");
	buf_free(&out);
}

static void parameters_that_no_link_has(void **state)
{
	const struct str only[] = { STR("xss-reflected"), STR("code-injection") };
	struct site other;
	site_start(&other, unnamed);
	site_scan(&other, (struct scan_options){ .mode = SCAN_STANDARD, .only_checks = only, .only_checks_len = 2 });
	assert_true(site_found(&other, "xss-reflected", "/message msg"));
	assert_false(site_found(&other, "xss-reflected", "/message-safe"));
	assert_int_equal(site_severity(&other, "xss-reflected", "/address"), SEVERITY_LOW);
	assert_true(site_found(&other, "code-injection", "/door eval"));
	assert_false(site_found(&other, "code-injection", "/message"));
	site_stop(&other);
}

static int set_up(void **state)
{
	site_start(&site, handle);
	return 0;
}

static int tear_down(void **state)
{
	site_stop(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_hole_and_only_those), cmocka_unit_test(parameters_that_no_link_has) };
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
