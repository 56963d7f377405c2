/* Exchanges from files, for the tests of passive checks. The parser is strict about what
 * it does not know: a misspelt directive fails the test instead of being ignored. */
#include "scan/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/http.h"
#include "net/tlsfacts.h"
#include "net/url.h"
#include "scan/jslib.h"
#include "scan/literals.h"
#include "scan/page.h"
#include "scan/scan_private.h"

#define LIMIT_FIXTURE (4 * MIB)
#define FIXTURE_HEADERS 100

struct directives {
	struct str url, parameter, severity, proof;
	bool expect, missing, has_tls;
	struct tls_facts *tls;
};

static int bad(struct error *e, const char *what, struct str s)
{
	return error_set(e, "fixture.bad", "样例有误（%s）：%.*s", "Bad fixture (%s): %.*s", what,
			 STR_ARG(str_sub(s, 0, 100)));
}

static struct str line_of(struct str *rest)
{
	ssize_t nl = str_chr(*rest, '\n');
	struct str line = str_sub(*rest, 0, nl < 0 ? rest->len : (size_t)nl);
	*rest = str_from(*rest, nl < 0 ? rest->len : (size_t)nl + 1);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool yes(struct str v)
{
	return str_eq(v, STR("1")) || str_eq(v, STR("yes")) || str_eq(v, STR("true"));
}

static enum tls_support support(struct str v)
{
	return yes(v) ? TLS_YES : TLS_NO;
}

static int set_cert(struct tls_cert *c, struct arena *a, struct str k, struct str v)
{
	int64_t n;
	if (str_eq(k, STR("not_before")) || str_eq(k, STR("not_after"))) {
		if (clock_parse_rfc3339(v, &n) < 0)
			return -1;
		*(str_eq(k, STR("not_before")) ? &c->not_before_ms : &c->not_after_ms) = n;
	} else if (str_eq(k, STR("key_bits"))) {
		if (str_to_i64(v, &n) < 0)
			return -1;
		c->key_bits = (int)n;
	} else if (str_eq(k, STR("names"))) {
		struct str part;
		c->names = arena_array(a, 32, sizeof(*c->names));
		while (c->nnames < 32 && str_split(&v, ',', &part))
			c->names[c->nnames++] = part;
	} else if (str_eq(k, STR("key_type"))) {
		c->key_type = v;
	} else if (str_eq(k, STR("signature"))) {
		c->signature = v;
	} else if (str_eq(k, STR("subject"))) {
		c->subject = c->common_name = v;
	} else if (str_eq(k, STR("issuer"))) {
		c->issuer = v;
	} else if (str_eq(k, STR("self_signed"))) {
		c->self_signed = yes(v);
	} else {
		return -1;
	}
	return 0;
}

static int set_tls(struct tls_facts *f, struct arena *a, struct str k, struct str v)
{
	struct {
		const char *name;
		enum tls_support *at;
	} versions[] = { { "ssl2", &f->ssl2 },	 { "ssl3", &f->ssl3 },	 { "tls10", &f->tls10 },
			 { "tls11", &f->tls11 }, { "tls12", &f->tls12 }, { "tls13", &f->tls13 } };
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
		if (str_eq(k, str_c(versions[i].name))) {
			*versions[i].at = support(v);
			return 0;
		}
	struct {
		const char *name;
		bool *at;
	} flags[] = { { "chain_ok", &f->chain_ok }, { "host_match", &f->host_match }, { "expired", &f->expired },
		      { "not_yet_valid", &f->not_yet_valid } };
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (str_eq(k, str_c(flags[i].name))) {
			*flags[i].at = yes(v);
			return 0;
		}
	struct {
		const char *name;
		struct str *at;
	} texts[] = { { "protocol", &f->protocol }, { "cipher", &f->cipher }, { "alpn", &f->alpn },
		      { "chain_error", &f->chain_error }, { "weak_ciphers", &f->weak_ciphers } };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(k, str_c(texts[i].name))) {
			*texts[i].at = v;
			return 0;
		}
	return set_cert(&f->certs[0], a, k, v);
}

static int parse_tls(struct directives *d, struct arena *a, struct str words, struct error *e)
{
	struct str word;
	if (!d->tls) {
		d->tls = arena_new_of(a, struct tls_facts);
		d->tls->certs = arena_new_of(a, struct tls_cert);
		d->tls->ncerts = 1;
	}
	while (str_split(&words, ' ', &word)) {
		ssize_t eq = str_chr(word, '=');
		if (str_empty(word))
			continue;
		if (eq < 0 || set_tls(d->tls, a, str_sub(word, 0, (size_t)eq), str_from(word, (size_t)eq + 1)) < 0)
			return bad(e, "@tls", word);
	}
	return 0;
}

static int parse_expect(struct directives *d, struct str words, struct error *e)
{
	d->expect = true;
	while (!str_empty(words = str_trim(words))) {
		if (str_starts(words, STR("proof="))) {
			d->proof = str_from(words, 6);
			return 0;
		}
		ssize_t blank = str_chr(words, ' ');
		struct str word = str_sub(words, 0, blank < 0 ? words.len : (size_t)blank);
		words = str_from(words, word.len);
		if (str_starts(word, STR("parameter=")))
			d->parameter = str_from(word, 10);
		else if (str_starts(word, STR("severity=")))
			d->severity = str_from(word, 9);
		else
			return bad(e, "@expect", word);
	}
	return 0;
}

static int parse_directives(struct str *rest, struct arena *a, struct directives *d, struct error *e)
{
	d->url = STR("http://site.test/");
	while (rest->len && (rest->ptr[0] == '#' || rest->ptr[0] == '@')) {
		struct str line = line_of(rest);
		if (line.ptr[0] == '#')
			continue;
		if (str_starts(line, STR("@url ")))
			d->url = str_trim(str_from(line, 5));
		else if (str_starts(line, STR("@expect ")))
			d->expect = parse_expect(d, str_from(line, 8), e) == 0;
		else if (str_eq(str_trim(line), STR("@missing")))
			d->missing = true;
		else if (!str_starts(line, STR("@tls ")) || parse_tls(d, a, str_from(line, 5), e) < 0)
			return e && e->code[0] ? -1 : bad(e, "directive", line);
	}
	return 0;
}

/* Header lines up to the empty one; the raw bytes of them with CR LF go to *raw. */
static size_t parse_head(struct str *rest, struct arena *a, struct str *ret_first, struct http_header **ret,
			 struct str *ret_raw)
{
	struct http_header *list = arena_array(a, FIXTURE_HEADERS, sizeof(*list));
	size_t n = 0, at[FIXTURE_HEADERS + 1][2];
	struct buf raw;
	buf_init(&raw, LIMIT_FIXTURE);
	struct str line = line_of(rest);
	size_t first_len = line.len;
	buf_str(&raw, line);
	buf_c(&raw, "\r\n");
	while (rest->len && (line = line_of(rest)).len) {
		if (n < FIXTURE_HEADERS) {
			at[n][0] = raw.len;
			at[n][1] = raw.len + line.len;
			n++;
		}
		buf_str(&raw, line);
		buf_c(&raw, "\r\n");
	}
	buf_c(&raw, "\r\n");
	*ret_raw = arena_str(a, buf_view(&raw));
	buf_free(&raw);
	*ret_first = str_sub(*ret_raw, 0, first_len);
	for (size_t i = 0; i < n; i++) {
		struct str h = str_sub(*ret_raw, at[i][0], at[i][1]);
		ssize_t colon = str_chr(h, ':');
		list[i].name = str_trim(str_sub(h, 0, colon < 0 ? h.len : (size_t)colon));
		list[i].value = colon < 0 ? STR("") : str_trim(str_from(h, (size_t)colon + 1));
	}
	*ret = list;
	return n;
}

static int parse_status(struct str line, struct http_response *r, struct error *e)
{
	int64_t status;
	if (!str_starts(line, STR("HTTP/")) || line.len < 12 || str_to_i64(str_sub(line, 9, 12), &status) < 0)
		return bad(e, "status line", line);
	r->status = (int)status;
	r->version = str_starts(line, STR("HTTP/1.0")) ? 10 : 11;
	r->reason = str_trim(str_from(line, 12));
	return 0;
}

static int parse(struct str text, struct arena *a, struct directives *d, struct scan_exchange **ret, struct error *e)
{
	struct str rest = text, line, raw_request, request_body = STR("");
	struct http_header *qh;
	struct http_response *r = arena_new_of(a, struct http_response);
	struct exchange_request q = { 0 };
	struct url u;
	int64_t length = 0;
	if (parse_directives(&rest, a, d, e) < 0)
		return -1;
	size_t qn = parse_head(&rest, a, &line, &qh, &raw_request);
	ssize_t blank = str_chr(line, ' ');
	if (blank <= 0)
		return bad(e, "request line", line);
	struct str n = http_header_get(qh, qn, STR("content-length"));
	if (n.ptr && str_to_i64(n, &length) == 0 && length > 0) {
		request_body = str_sub(rest, 0, (size_t)length);
		rest = str_from(rest, (size_t)length);
		while (rest.len && !str_starts(rest, STR("HTTP/")))
			rest = str_from(rest, 1);
	}
	q.method = str_sub(line, 0, (size_t)blank);
	struct scan_header *copy = arena_array(a, qn + 1, sizeof(*copy));
	for (size_t i = 0; i < qn; i++)
		copy[i] = (struct scan_header){ qh[i].name, qh[i].value };
	q.headers = copy;
	q.headers_len = qn;
	q.body = request_body;
	if (url_parse(a, d->url, NULL, 0, &u, e) < 0)
		return -1;
	q.url = url_text(a, &u, URL_NO_FRAGMENT);
	r->sent = arena_printf(a, "%.*s%.*s", STR_ARG(raw_request), STR_ARG(request_body));
	r->nheaders = parse_head(&rest, a, &line, &r->headers, &r->head);
	if (parse_status(line, r, e) < 0)
		return -1;
	r->body = rest;
	struct scan_exchange *x = arena_new_of(a, struct scan_exchange);
	exchange_fill(x, a, &q, &u, r);
	x->missing = x->missing || d->missing;
	x->tls = d->tls;
	*ret = x;
	return 0;
}

int fixture_parse(struct str text, struct arena *a, struct scan_exchange **ret, struct error *e)
{
	struct directives d = { 0 };
	return parse(text, a, &d, ret, e);
}

struct collector {
	const struct scan_check *check;
	const struct scan_exchange *x;
	struct scan_ctx ctx;
	struct fixture_hit *hits;
	size_t len, max;
	struct arena *a;
};

static void collect(void *arg, const struct scan_report *r)
{
	struct collector *c = arg;
	if (c->len < c->max) {
		struct fixture_hit *h = &c->hits[c->len];
		h->parameter = arena_str(c->a, r->parameter);
		h->proof = arena_str(c->a, r->proof);
		h->url = arena_str(c->a, r->url.len ? r->url : r->exchange->url);
		h->severity = r->severity_set ? r->severity : c->check->severity;
		h->confidence = r->confidence_set ? r->confidence : CONFIDENCE_CERTAIN;
	}
	c->len++;
}

static void on_literal(void *arg, const struct scan_check *check, size_t which, size_t at)
{
	struct collector *c = arg;
	check->on_literal(&c->ctx, c->x, which, at);
}

size_t fixture_run(const struct scan_check *check, const struct scan_exchange *x, struct arena *a,
		   struct fixture_hit *hits, size_t max)
{
	struct collector c = { .check = check, .x = x, .hits = hits, .max = max, .a = a };
	c.ctx = (struct scan_ctx){ .check = check, .arena = arena_new(64 * MIB), .sink = collect, .sink_arg = &c,
				   .origin = x->origin, .mode = SCAN_STANDARD };
	bool sees = (!x->missing || (check->flags & SCAN_MISSING_TOO)) &&
		    (!x->probe || (check->flags & SCAN_PROBES_TOO));
	if (check->on_host)
		check->on_host(&c.ctx, x);
	if (sees && check->on_literal) {
		const struct scan_check *one[] = { check, NULL };
		struct literals *l = literals_new(one);
		literals_scan(l, x->text.len ? x->text : x->body, on_literal, &c);
		literals_free(l);
	}
	if (sees && check->on_exchange)
		check->on_exchange(&c.ctx, x);
	if (sees && check->on_page && x->page)
		check->on_page(&c.ctx, x);
	jslib_free(c.ctx.jslib);
	arena_free(c.ctx.arena);
	return c.len;
}

static int read_text(const char *path, struct buf *b, struct error *e)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return error_set(e, "fixture.open", "无法打开 %s。", "Cannot open %s.", path);
	char chunk[8192];
	size_t n;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	fclose(f);
	return 0;
}

static bool satisfied(const struct directives *d, const struct fixture_hit *h)
{
	return (!d->parameter.len || str_eq(d->parameter, h->parameter)) &&
	       (!d->severity.len || str_eq(d->severity, str_c(severity_name(h->severity)))) &&
	       (!d->proof.len || str_has(h->proof, d->proof));
}

static int judge(const struct scan_check *c, const char *path, const struct directives *d,
		 const struct fixture_hit *hits, size_t n, struct error *e)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (strncmp(base, "neg", 3) == 0)
		return n == 0 ? 0 :
				error_set(e, "fixture.false", "%s 误报 %zu 处：%.*s", "%s: %zu false reports: %.*s", path,
					  n, STR_ARG(hits[0].proof));
	if (n == 0)
		return error_set(e, "fixture.missed", "%s 没有报告（%s）。", "%s: %s did not report.", path, c->id);
	if (!d->expect)
		return 0;
	for (size_t i = 0; i < n && i < 16; i++)
		if (satisfied(d, &hits[i]))
			return 0;
	return error_set(e, "fixture.differs", "%s 的报告与 @expect 不符：%.*s", "%s: reports are not as @expect says: %.*s",
			 path, STR_ARG(hits[0].proof));
}

int fixture_file(const struct scan_check *c, const char *path, struct error *e)
{
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	struct scan_exchange *x;
	struct fixture_hit hits[16];
	struct directives d = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_FIXTURE);
	int r = read_text(path, &b, e);
	if (r == 0)
		r = parse(buf_view(&b), a, &d, &x, e);
	if (r == 0)
		r = judge(c, path, &d, hits, fixture_run(c, x, a, hits, ARRAY_SIZE(hits)), e);
	buf_free(&b);
	arena_free(a);
	return r;
}
