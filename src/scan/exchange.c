/* Builds an exchange from what was sent and what came back: header lists, media type
 * (declared or sniffed), text in UTF-8, page facts. Bodies are never copied unless
 * their charset must be converted. */
#include "scan/exchange.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/charset.h"
#include "net/http.h"
#include "scan/page.h"

#define LIMIT_EXCHANGE_TEXT (12 * MIB) /* 4 MiB of GBK can become 6 MiB of UTF-8 */

struct str scan_header_get(const struct scan_headers *h, const char *name)
{
	struct str want = str_c(name);
	for (size_t i = 0; i < h->len; i++)
		if (str_ieq(h->list[i].name, want))
			return h->list[i].value;
	return STR_NULL;
}

bool scan_header_next(const struct scan_headers *h, const char *name, size_t *at, struct str *ret)
{
	struct str want = str_c(name);
	while (*at < h->len) {
		const struct scan_header *f = &h->list[(*at)++];
		if (str_ieq(f->name, want)) {
			*ret = f->value;
			return true;
		}
	}
	return false;
}

static bool any_of(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_istarts(s, list[i]))
			return true;
	return false;
}

struct str page_sniff(struct str body)
{
	static const struct str html[] = { STR_INIT("<!doctype html"), STR_INIT("<html"), STR_INIT("<head"),
					   STR_INIT("<body"), STR_INIT("<script"), STR_INIT("<title"),
					   STR_INIT("<div"), STR_INIT("<table"), STR_INIT("<a "),
					   STR_INIT("<p>"), STR_INIT("<br"), STR_INIT("<h1"),
					   STR_INIT("<form"), STR_INIT("<!--") };
	struct str s = str_trim(str_sub(body, 0, 1024));
	if (str_starts(s, STR("\xEF\xBB\xBF")))
		s = str_trim(str_from(s, 3));
	if (str_empty(s))
		return STR("");
	if (str_istarts(s, STR("<?xml")))
		return STR("text/xml");
	if (any_of(s, html, ARRAY_SIZE(html)))
		return STR("text/html");
	if (s.ptr[0] == '{' || s.ptr[0] == '[')
		return STR("application/json");
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 9 || s.ptr[i] == 0x7f)
			return STR("application/octet-stream");
	return STR("text/plain");
}

enum scan_media page_media(struct str mime)
{
	if (str_empty(mime))
		return MEDIA_EMPTY;
	if (str_eq(mime, STR("text/html")) || str_eq(mime, STR("application/xhtml+xml")))
		return MEDIA_HTML;
	if (str_has(mime, STR("javascript")) || str_has(mime, STR("ecmascript")))
		return MEDIA_SCRIPT;
	if (str_eq(mime, STR("text/css")))
		return MEDIA_STYLE;
	if (str_has(mime, STR("json")))
		return MEDIA_JSON;
	if (str_ends(mime, STR("/xml")) || str_ends(mime, STR("+xml")))
		return MEDIA_XML;
	bool yaml = str_has(mime, STR("yaml")) || str_starts(mime, STR("application/vnd.oai.openapi"));
	return yaml || str_starts(mime, STR("text/")) ? MEDIA_TEXT : MEDIA_BINARY;
}

static void fill_mime(struct scan_exchange *x)
{
	struct str type = scan_header_get(&x->headers, "content-type");
	ssize_t semi = str_chr(type, ';');
	if (semi >= 0)
		type = str_sub(type, 0, (size_t)semi);
	type = str_trim(type);
	x->mime_declared = str_chr(type, '/') > 0;
	if (x->mime_declared && type.len < 128) {
		char *low = arena_cstr(x->arena, type);
		for (size_t i = 0; i < type.len; i++)
			low[i] = ascii_lower(low[i]);
		x->mime = str_make(low, type.len);
	} else {
		x->mime = page_sniff(x->body);
	}
	x->media = str_empty(x->body) ? MEDIA_EMPTY : page_media(x->mime);
}

static void fill_text(struct scan_exchange *x)
{
	if (x->media == MEDIA_EMPTY)
		return;
	if (x->media == MEDIA_BINARY) { /* a key or a dump sent as octets is text all the same */
		bool plain = str_eq(x->mime, STR("application/octet-stream")) &&
			     memchr(x->body.ptr, 0, x->body.len) == NULL && utf8_invalid_at(x->body) < 0;
		x->text = plain ? x->body : STR("");
		return;
	}
	struct charset cs = charset_detect(x->body, scan_header_get(&x->headers, "content-type"));
	x->charset = str_c(cs.name);
	bool bom = str_starts(x->body, STR("\xEF\xBB\xBF"));
	if (strcmp(cs.name, "utf-8") == 0 && !bom && utf8_invalid_at(x->body) < 0) {
		x->text = x->body;
		return;
	}
	_cleanup_buf_ struct buf out;
	buf_init(&out, LIMIT_EXCHANGE_TEXT);
	if (charset_to_utf8(&out, x->body, cs.name) < 0) {
		buf_clear(&out);
		utf8_sanitize(&out, x->body);
	}
	x->text = arena_str(x->arena, buf_view(&out));
}

static void fill_request(struct scan_exchange *x, const struct exchange_request *q, const struct url *u)
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	url_write_origin(&b, u);
	x->origin = arena_str(x->arena, buf_view(&b));
	buf_free(&b);
	x->url = q->url;
	x->scheme = u->scheme;
	x->host = u->host;
	x->port = u->port;
	x->path = u->path;
	x->query = u->query;
	x->https = url_is_https(u);
	x->method = q->method;
	x->request_headers = (struct scan_headers){ q->headers, q->headers_len };
	x->request_body = q->body;
	x->depth = q->depth;
	x->probe = q->probe;
}

void exchange_fill(struct scan_exchange *x, struct arena *a, const struct exchange_request *q,
		   const struct url *u, const struct http_response *r)
{
	x->arena = a;
	fill_request(x, q, u);
	x->request = str_empty(r->sent) ? q->sent : r->sent;
	x->status = r->status;
	x->reason = r->reason;
	x->version = r->version == 20 ? STR("HTTP/2") : r->version == 10 ? STR("HTTP/1.0") : STR("HTTP/1.1");
	struct scan_header *list = arena_array(a, r->nheaders ? r->nheaders : 1, sizeof(*list));
	for (size_t i = 0; i < r->nheaders; i++)
		list[i] = (struct scan_header){ r->headers[i].name, r->headers[i].value };
	x->headers = (struct scan_headers){ list, r->nheaders };
	x->head = r->head;
	x->body = r->body;
	x->truncated = r->truncated;
	x->ttfb_us = r->ttfb_us;
	x->total_us = r->total_us;
	x->missing = r->status == 404 || r->status == 410;
	fill_mime(x);
	fill_text(x);
	if (x->media == MEDIA_HTML)
		x->page = page_parse(a, x->text, u);
}
