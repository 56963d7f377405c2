/* The application and the scan of test_site.h. */
#include "scan/test_site.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/test.h"
#include "net/connector.h"

static web_handler *current;

static bool find_pair(struct str pairs, const char *name, struct str *ret)
{
	struct str pair;
	while (str_split(&pairs, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		struct str n = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
		if (!str_eq(n, str_c(name)))
			continue;
		*ret = eq < 0 ? STR("") : str_from(pair, (size_t)eq + 1);
		return true;
	}
	return false;
}

bool web_has(struct web *w, const char *name)
{
	struct str raw;
	return find_pair(w->query, name, &raw) || find_pair(w->body, name, &raw);
}

const char *web_param(struct web *w, const char *name, char *out, size_t size)
{
	struct str raw;
	out[0] = 0;
	if (!find_pair(w->query, name, &raw) && !find_pair(w->body, name, &raw))
		return out;
	struct buf b;
	buf_init(&b, 64 * KIB);
	decode_percent(&b, raw, true);
	snprintf(out, size, "%.*s", (int)b.len, b.ptr ? b.ptr : "");
	buf_free(&b);
	return out;
}

struct str web_header(struct web *w, const char *name)
{
	struct str rest = w->head, line;
	while (str_split(&rest, '\n', &line)) {
		ssize_t colon = str_chr(line, ':');
		if (colon > 0 && str_ieq(str_sub(line, 0, (size_t)colon), str_c(name)))
			return str_trim(str_from(line, (size_t)colon + 1));
	}
	return STR_NULL;
}

bool web_cookie(struct web *w, const char *name, char *out, size_t size)
{
	struct str rest = web_header(w, "Cookie"), part;
	out[0] = 0;
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		if (eq <= 0 || !str_eq(str_sub(part, 0, (size_t)eq), str_c(name)))
			continue;
		snprintf(out, size, "%.*s", STR_ARG(str_from(part, (size_t)eq + 1)));
		return true;
	}
	return false;
}

bool web_is(struct web *w, const char *path)
{
	return str_eq(w->path, str_c(path));
}

void web_reply(struct web *w, const char *status, const char *fields, struct str body)
{
	bool head = str_eq(w->method, STR("HEAD"));
	test_writef(w->conn, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%.*s", status, fields, body.len,
		    head ? 0 : (int)body.len, body.ptr);
}

__attribute__((format(printf, 4, 0)))
static void reply_v(struct web *w, const char *status, const char *fields, const char *fmt, va_list ap)
{
	struct buf b;
	buf_init(&b, 1 * MIB);
	buf_vprintf(&b, fmt, ap);
	web_reply(w, status, fields, buf_view(&b));
	buf_free(&b);
}

void web_text(struct web *w, const char *status, const char *type, const char *fmt, ...)
{
	char fields[300];
	va_list ap;
	snprintf(fields, sizeof(fields), "Content-Type: %s\r\n", type);
	va_start(ap, fmt);
	reply_v(w, status, fields, fmt, ap);
	va_end(ap);
}

void web_html(struct web *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	reply_v(w, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", fmt, ap);
	va_end(ap);
}

const char *web_escape(const char *s, const char *which, char *out, size_t size)
{
	size_t n = 0;
	for (; *s && n + 8 < size; s++) {
		if (strchr(which, *s))
			n += (size_t)snprintf(out + n, size - n, "&#%d;", *s);
		else
			out[n++] = *s;
	}
	out[n] = 0;
	return out;
}

static void serve(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct web w = { .conn = c };
		struct str all = buf_view(&c->request);
		ssize_t end = str_find(all, STR("\r\n\r\n"));
		w.head = str_sub(all, 0, end < 0 ? all.len : (size_t)end);
		w.body = end < 0 ? STR("") : str_from(all, (size_t)end + 4);
		struct str line = w.head;
		line = str_sub(line, 0, (size_t)(str_find(line, STR(" HTTP/")) < 0 ? 0 : str_find(line, STR(" HTTP/"))));
		ssize_t blank = str_chr(line, ' ');
		w.method = str_sub(line, 0, (size_t)(blank < 0 ? 0 : blank));
		w.path = str_from(line, (size_t)blank + 1);
		ssize_t mark = str_chr(w.path, '?');
		w.query = mark < 0 ? STR("") : str_from(w.path, (size_t)mark + 1);
		if (mark >= 0)
			w.path = str_sub(w.path, 0, (size_t)mark);
		current(&w);
	}
}

void site_start(struct site *s, web_handler *handler)
{
	memset(s, 0, sizeof(*s));
	current = handler;
	s->server = test_server_start(serve, NULL, NULL);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/", test_server_port(s->server));
	snprintf(s->origin, sizeof(s->origin), "http://127.0.0.1:%u", test_server_port(s->server));
	s->found = map_new();
}

void site_stop(struct site *s)
{
	test_server_stop(s->server);
	map_free(s->found);
	scan_summary_free(&s->sum);
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct site *s = ctx;
	struct str path = str_from(f->url, strlen(s->origin));
	ssize_t mark = str_chr(path, '?');
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_printf(&b, "%.*s %.*s", STR_ARG(f->check), STR_ARG(mark < 0 ? path : str_sub(path, 0, (size_t)mark)));
	map_put(s->found, buf_view(&b), (void *)(uintptr_t)(f->severity + 1));
	buf_printf(&b, " %.*s", STR_ARG(f->parameter));
	map_put(s->found, buf_view(&b), (void *)(uintptr_t)(f->severity + 1));
	if (getenv("TEST_VERBOSE"))
		fprintf(stderr, "%d %d %.*s | %.*s | %.*s\n", f->severity, f->confidence, (int)b.len, b.ptr, STR_ARG(f->evidence.proof),
			STR_ARG(f->detail_zh));
	buf_free(&b);
}

void site_scan(struct site *s, struct scan_options o)
{
	struct scan_events ev = { .ctx = s, .finding = on_finding };
	struct error e = { 0 };
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	_cleanup_connector_ struct net_connector *c = NULL;
	net_policy_allow_own(policy);
	scan_summary_free(&s->sum);
	map_free(s->found);
	s->found = map_new();
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e));
	o.target = o.target.len ? o.target : str_c(s->url);
	if (scan_run(&o, c, NULL, &ev, &s->sum, &e) < 0)
		fail_msg("%s", e.en);
	s->requests = s->sum.stats.requests;
}

int site_severity(struct site *s, const char *check, const char *path)
{
	char key[600];
	snprintf(key, sizeof(key), "%s %s", check, path);
	return (int)(uintptr_t)map_get(s->found, str_c(key)) - 1;
}

bool site_found(struct site *s, const char *check, const char *path)
{
	return site_severity(s, check, path) >= 0;
}

void site_print(struct site *s)
{
	struct map_iter it = { 0 };
	struct str key;
	void *v;
	while (map_next(s->found, &it, &key, &v))
		print_error("  %.*s\n", STR_ARG(key));
}
