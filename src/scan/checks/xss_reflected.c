/* Active: reflected cross-site scripting. A harmless word is sent first; where it comes
 * back is found with the tokenizer. A second request tells which characters come through
 * there. Then inputs made for that very place are tried, and the answer is parsed again:
 * only when the injected element, handler or code really stands there as one, twice with
 * fresh random names, is it reported. */
#include "scan/checks/active_private.h"
#include "scan/checks/hidden.h"
#include "base/check.h"
#include "base/encode.h"
#include "scan/checks/xss.h"

struct reflection {
	enum xss_wire wire; /* how the parameter wants it */
	const struct scan_point *pt; /* NULL: a header or a parameter that `route` does not name */
	const struct scan_exchange *route;
	size_t header;	 /* which one: index in headers[] */
	struct str name; /* the parameter; "" a header */
	bool raw;	 /* the page shows the whole address as it came: nothing is encoded */
	bool named;	 /* `name` is that of a header, which the page speaks of */
};

#define NAMED_HEADERS 3
/* What visitors' programs say of themselves, and pages like to show. */
static const struct str headers[] = { STR_INIT("Referer"), STR_INIT("User-Agent"), STR_INIT("X-Forwarded-For") };

/* The input in its place. A header brings words of their own in the others along, for what is
 * kept and shown elsewhere. */
static int put(struct probe *p, const struct reflection *f, struct str value, const struct scan_exchange **ret)
{
	struct scan_header h[ARRAY_SIZE(headers)];
	if (f->pt)
		return probe_value(p, value, ret);
	if (f->named)
		return probe_send(p, &(struct scan_mutation){ .url = f->route->url, .headers = &(struct scan_header){ f->name, value }, .headers_len = 1 }, ret);
	if (f->name.len)
		return probe_send(p, &(struct scan_mutation){ .url = hidden_url(p, f->route->url, f->name, value, f->raw) }, ret);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		h[i] = (struct scan_header){ headers[i], i == f->header ? value : probe_tag_for(p, WHERE_HEADER, headers[i]) };
	return probe_send(p, &(struct scan_mutation){ .url = f->route->url, .headers = h, .headers_len = ARRAY_SIZE(h) }, ret);
}

static struct str dress(struct probe *p, const struct reflection *f, struct str input)
{
	struct buf b;
	if (f->wire != XSS_BASE64)
		return input;
	buf_init(&b, 64 * 1024);
	encode_base64(&b, input);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

/* Characters that do not come through at any place where the word came back. Told from
 * what stands between digits behind it: word1'2"3>4<5\6. */
static const char *lost_characters(struct probe *p, const struct reflection *f)
{
	static const char chars[] = "'\"><`";
	struct str word = probe_tag(p);
	const struct scan_exchange *x;
	char *gone = arena_alloc(probe_arena(p), sizeof(chars));
	size_t at[XSS_PLACES], n, g = 0;
	struct str sent = probe_printf(p, "%.*s1'2\"3>4<5`6", STR_ARG(word));
	if (put(p, f, dress(p, f, sent), &x) < 0 || (n = xss_places(x, word, at)) == 0)
		return ""; /* filtered as a whole: the single inputs may fare better */
	for (size_t c = 0; c + 1 < sizeof(chars); c++) {
		bool raw = false, told = false;
		for (size_t i = 0; i < n; i++) {
			struct str tail = str_sub(x->text, at[i] + word.len, at[i] + word.len + 60);
			char from = (char)('1' + c), to = (char)('2' + c);
			ssize_t a = str_chr(tail, from), b = a < 0 ? -1 : str_chr(str_from(tail, (size_t)a + 1), to);
			struct str between = b < 0 ? STR_NULL : str_sub(tail, (size_t)a + 1, (size_t)a + 1 + (size_t)b);
			if (b < 0) { /* cut off there: say nothing about it */
				raw = true;
				continue;
			}
			told = true;
			raw = raw || str_chr(between, chars[c]) >= 0 || str_empty(between);
		}
		if (told && !raw)
			gone[g++] = chars[c];
	}
	gone[g] = 0;
	return gone;
}

static bool works(struct probe *p, const struct reflection *f, const struct xss_attempt *t,
		  const struct scan_exchange **ret_x, struct str *ret_proof)
{
	struct str word = probe_tag(p);
	if (put(p, f, dress(p, f, xss_input(probe_arena(p), t, word)), ret_x) < 0 || !xss_is_page(*ret_x))
		return false;
	*ret_proof = xss_proof(probe_arena(p), *ret_x, t->kind, word);
	return ret_proof->ptr != NULL;
}

static bool try_attempt(struct probe *p, const struct reflection *f, const struct xss_attempt *t)
{
	const struct scan_exchange *x;
	struct str proof;
	if (!works(p, f, t, &x, &proof) || !works(p, f, t, &x, &proof))
		return false;
	struct scan_report r = {
		.exchange = x,
		.proof = proof,
		.detail_zh = STR("输入原样成为页面中可执行的标签或脚本，已用两组随机值复现。"),
		.detail_en = STR("The input becomes a live element or script in the page; replayed with two sets of random values."),
	};
	xss_judge(probe_arena(p), x, &r);
	bool own_only = f->pt ? f->pt->where == WHERE_COOKIE ||
					(f->pt->where == WHERE_HEADER && !str_ieq(f->pt->name, STR("Referer")))
			      : (f->header != 0 || f->named) && (f->named || !f->name.len);
	if (!f->pt) {
		r.about = f->route;
		r.parameter = f->name.len ? f->name : headers[f->header];
	}
	if (f->raw) {
		r.parameter = STR("");
		r.severity_set = r.confidence_set = true;
		r.severity = SEVERITY_LOW;
		r.confidence = CONFIDENCE_FIRM;
		r.detail_zh = STR("页面原样写出请求的网址：其中的标签成为页面的一部分。现代浏览器会先把这些符号编码，旧浏览器、其他客户端和缓存不一定。");
		r.detail_en = STR("The page writes out the address it was asked for: markup in it becomes part of the page. Today's browsers "
				  "encode these signs before; old ones, other clients and caches may not.");
	}
	if (own_only && (!r.severity_set || r.severity > SEVERITY_MEDIUM)) {
		r.severity_set = true;
		r.severity = SEVERITY_MEDIUM; /* nobody can make a visitor's browser send it; caches can */
	}
	probe_report(p, &r);
	return true;
}

static void try_contexts(struct probe *p, const struct reflection *f, const struct scan_exchange *x, const size_t *at,
			 size_t n)
{
	struct html_context found[XSS_PLACES];
	struct xss_attempt list[XSS_ATTEMPTS];
	size_t kinds = 0;
	html_locate(x->text, at, n, found);
	const char *gone = lost_characters(p, f);
	for (size_t i = 0; i < n && kinds < XSS_KINDS; i++) {
		bool known = false;
		for (size_t j = 0; j < i; j++)
			known = known || xss_same_context(&found[i], &found[j]);
		if (known)
			continue;
		kinds++;
		size_t tries = xss_attempts(probe_arena(p), x, &found[i], at[i], probe_mode(p), gone, list);
		for (size_t k = 0; k < tries; k++)
			if (try_attempt(p, f, &list[k]))
				return;
	}
}

/* A value that is base64 of text. */
static bool looks_base64(struct str v)
{
	struct buf b;
	if (v.len < 8 || v.len % 4)
		return false;
	buf_init(&b, 64 * 1024);
	bool ok = decode_base64(&b, v) == 0 && b.len > 4;
	for (size_t i = 0; ok && i < b.len; i++)
		ok = (unsigned char)b.ptr[i] >= ' ' && (unsigned char)b.ptr[i] != 0x7f;
	buf_free(&b);
	return ok;
}

static void probe(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *x;
	struct reflection f = { .pt = pt };
	size_t at[XSS_PLACES], n = 0;
	if (probe_reported(p))
		return;
	struct str word = probe_tag(p);
	if (probe_value(p, word, &x) < 0)
		return;
	if (xss_is_page(x))
		n = xss_places(x, word, at);
	if (n == 0 && looks_base64(pt->value)) {
		f.wire = XSS_BASE64;
		word = probe_tag(p);
		if (probe_value(p, dress(p, &f, word), &x) < 0 || !xss_is_page(x))
			return;
		n = xss_places(x, word, at);
	}
	if (n)
		try_contexts(p, &f, x, at, n);
}

/* Names that programs read although no link or form of theirs has them. */
static void try_hidden(struct probe *p, const struct scan_exchange *route, const struct scan_exchange *x, const struct str *names,
		       const struct str *words, size_t n)
{
	const struct scan_exchange *y;
	size_t at[XSS_PLACES], seen = 0, places;
	for (size_t i = 0; i < n; i++)
		seen += xss_places(x, words[i], at) > 0;
	/* one after the other: the address as a whole is shown */
	bool whole = seen > 4 && seen > n / 2;
	for (size_t i = 0, tried = 0; i < n && tried < 3; i++) {
		struct reflection f = { .route = route, .name = names[i], .raw = whole };
		struct str word = probe_tag(p);
		if (xss_places(x, words[i], at) == 0)
			continue;
		tried++;
		if (put(p, &f, word, &y) < 0 || !xss_is_page(y) || (places = xss_places(y, word, at)) == 0)
			continue;
		try_contexts(p, &f, y, at, places);
		if (whole)
			return;
	}
}

/* Headers and hidden parameters are inputs of every page; one request asks about all of them (about
 * headers outside deep scans, where they are points of their own). */
static void probe_route(struct probe *p, const struct scan_exchange *route)
{
	const struct scan_exchange *x, *y;
	struct str words[ARRAY_SIZE(headers)], names[HIDDEN_NAMES], marks[HIDDEN_NAMES];
	struct scan_header h[ARRAY_SIZE(headers) + NAMED_HEADERS];
	size_t at[XSS_PLACES], n, usual = 0;
	struct str named[NAMED_HEADERS];
	bool standard = probe_mode(p) == SCAN_STANDARD;
	if (probe_mode(p) == SCAN_QUICK || route->media != MEDIA_HTML || route->missing)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		words[i] = probe_tag_for(p, WHERE_HEADER, headers[i]);
		if (standard)
			h[usual++] = (struct scan_header){ headers[i], words[i] };
	}
	size_t spoken = hidden_headers(route, named, NAMED_HEADERS);
	for (size_t i = 0; i < spoken; i++)
		h[usual + i] = (struct scan_header){ named[i], probe_tag(p) };
	size_t hidden = hidden_names(p, route, names, HIDDEN_NAMES);
	for (size_t i = 0; i < hidden; i++)
		marks[i] = probe_tag(p);
	if (probe_send(p, &(struct scan_mutation){ .url = hidden_url_all(p, route->url, names, marks, hidden), .headers = h,
						   .headers_len = usual + spoken }, &x) < 0 ||
	    !xss_is_page(x))
		return;
	for (size_t i = 0; i < spoken; i++) {
		struct reflection f = { .route = route, .name = named[i], .named = true };
		struct str word = probe_tag(p);
		if (xss_places(x, h[usual + i].value, at) && put(p, &f, word, &y) == 0 && (n = xss_places(y, word, at)) > 0)
			try_contexts(p, &f, y, at, n);
	}
	for (size_t i = 0; i < usual; i++) {
		struct reflection f = { .route = route, .header = i };
		struct str word = probe_tag_for(p, WHERE_HEADER, headers[i]);
		if (xss_places(x, words[i], at) == 0 || put(p, &f, word, &y) < 0 || (n = xss_places(y, word, at)) == 0)
			continue; /* not there, or from the page's own memory */
		try_contexts(p, &f, y, at, n);
	}
	try_hidden(p, route, x, names, marks, hidden);
}

const struct scan_check check_xss_reflected = {
	.id = "xss-reflected",
	.title_zh = "反射型跨站脚本（XSS）",
	.title_en = "Reflected cross-site scripting",
	.severity = SEVERITY_HIGH,
	.cwe = 79,
	.owasp = "A03:2021",
	.flags = SCAN_FILE_NAMES,
	.on_point = probe,
	.on_route = probe_route,
};
