/* One exchange: a request copied into one buffer, the libcurl options it needs, and the
 * callbacks that collect what is sent and received within the limits. */
#include <errno.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/http_private.h"

static bool token_ok(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c <= ' ' || c == 0x7f)
			return false;
	}
	return s.len > 0 && s.len <= 256;
}

static bool line_ok(struct str s)
{
	return str_chr(s, '\r') < 0 && str_chr(s, '\n') < 0 && str_chr(s, '\0') < 0;
}

static int add_header(struct exchange *x, struct str name, struct str value, struct error *e)
{
	if (!line_ok(name) || !line_ok(value) || name.len == 0 || str_chr(name, ':') >= 0 ||
	    str_chr(name, ';') >= 0)
		return error_field(e, "header", "http.bad-header", "请求头“%.*s”含有不允许的字符",
				   "The request header \"%.*s\" holds forbidden characters",
				   (int)(name.len > 60 ? 60 : name.len), name.ptr ? name.ptr : "");
	*vec_push(&x->header_at) = x->text.len;
	buf_str(&x->text, name);
	/* libcurl's notation for a header with nothing in it. */
	if (value.len == 0) {
		buf_c(&x->text, ";");
	} else {
		buf_c(&x->text, ": ");
		buf_str(&x->text, value);
	}
	buf_char(&x->text, '\0');
	return 0;
}

/* "Name:" tells libcurl to leave its own default out. */
static void suppress(struct exchange *x, const char *name)
{
	*vec_push(&x->header_at) = x->text.len;
	buf_c(&x->text, name);
	buf_add(&x->text, ":", 2);
}

static int add_headers(struct exchange *x, const struct http_request *q,
		       const struct http_header *defaults, size_t ndefaults, struct error *e)
{
	struct str accept = http_header_get(q->headers, q->nheaders, STR("Accept"));

	for (size_t i = 0; i < q->nheaders; i++)
		if (add_header(x, q->headers[i].name, q->headers[i].value, e) < 0)
			return -1;
	for (size_t i = 0; i < ndefaults; i++) {
		if (http_header_get(q->headers, q->nheaders, defaults[i].name).ptr)
			continue;
		if (str_ieq(defaults[i].name, STR("Accept")))
			accept = defaults[i].value;
		if (add_header(x, defaults[i].name, defaults[i].value, e) < 0)
			return -1;
	}
	if (q->jar && !http_header_get(q->headers, q->nheaders, STR("Cookie")).ptr) {
		_cleanup_buf_ struct buf cookies = BUF_INIT(64 * KIB);

		cookie_jar_get(q->jar, q->url, clock_wall_ms(&clock_system), &cookies);
		if (cookies.len && add_header(x, STR("Cookie"), buf_view(&cookies), e) < 0)
			return -1;
	}
	if (!accept.ptr)
		suppress(x, "Accept");
	if (q->has_body) {
		if (!http_header_get(q->headers, q->nheaders, STR("Content-Type")).ptr)
			suppress(x, "Content-Type");
		if (!http_header_get(q->headers, q->nheaders, STR("Expect")).ptr)
			suppress(x, "Expect");
	}
	return 0;
}

static void link_headers(struct exchange *x)
{
	vec_clear(&x->headers);
	for (size_t i = 0; i < x->header_at.len; i++)
		vec_push(&x->headers)->data = x->text.ptr + x->header_at.ptr[i];
	for (size_t i = 0; i + 1 < x->headers.len; i++)
		x->headers.ptr[i].next = &x->headers.ptr[i + 1];
}

int exchange_prepare(struct exchange *x, const struct http_request *q,
		     const struct http_header *defaults, size_t ndefaults, struct error *e)
{
	struct str method = q->method.len ? q->method : STR("GET");

	buf_clear(&x->text);
	buf_clear(&x->body);
	vec_clear(&x->header_at);
	if (!token_ok(method) || (str_eq(method, STR("HEAD")) && q->has_body))
		return error_field(e, "method", "http.bad-method", "请求方法无效",
				   "The request method is not valid");
	if (!line_ok(q->target))
		return error_field(e, "target", "http.bad-header", "请求目标含有换行",
				   "The request target holds a line break");
	buf_str(&x->text, method);
	buf_char(&x->text, '\0');
	x->target_at = x->text.len;
	if (q->target.len)
		buf_str(&x->text, q->target);
	else
		url_write_target(&x->text, q->url);
	buf_char(&x->text, '\0');
	if (add_headers(x, q, defaults, ndefaults, e) < 0)
		return -1;
	if (q->has_body)
		buf_str(&x->body, q->body);
	if (x->text.overflow || x->body.overflow ||
	    (q->has_body && q->body.len > LIMIT_HTTP_REQUEST))
		return error_set(e, "http.too-big", "请求太大（上限 %d MiB）",
				 "The request is too large (limit %d MiB)",
				 (int)(LIMIT_HTTP_REQUEST / MIB));
	link_headers(x);
	x->has_body = q->has_body;
	x->is_head = str_eq(method, STR("HEAD"));
	x->raw_encoding = q->raw_encoding;
	x->fresh = q->fresh_connection;
	x->http1_only = q->http1_only;
	x->jar = q->jar;
	x->url = NULL;
	if (q->jar) {
		_cleanup_buf_ struct buf b = BUF_INIT(16 * LIMIT_URL);

		url_write(&b, q->url, URL_NO_FRAGMENT | URL_NO_USERINFO);
		x->url = str_dup(buf_view(&b));
	}
	return 0;
}

/* Callbacks; userdata is the handle. */

static size_t on_body(char *p, size_t size, size_t n, void *userdata)
{
	struct exchange *x = ((struct handle *)userdata)->exchange;
	struct response *r = x->res;

	x->body_begun = true;
	buf_add(&r->body, p, size * n);
	if (r->body.overflow) {
		r->pub.truncated = true;
		x->stopped = STOP_BODY_LIMIT;
		return 0;
	}
	return size * n;
}

static bool is_interim(const struct response *r)
{
	struct str s = buf_view(&r->head);
	ssize_t space = str_chr(s, ' ');

	return space >= 0 && (size_t)space + 1 < s.len && s.ptr[space + 1] == '1';
}

static size_t on_header(char *p, size_t size, size_t n, void *userdata)
{
	struct exchange *x = ((struct handle *)userdata)->exchange;
	struct response *r = x->res;
	struct str line = str_make(p, size * n);

	if (x->head_done) {
		/* A final head after an interim one (1xx); anything else is a trailer. */
		if (x->body_begun || !is_interim(r)) {
			/* libcurl keeps every trailer; their number is bounded with the head's. */
			if (++x->header_lines <= 2 * LIMIT_HTTP_HEADERS)
				return line.len;
			x->stopped = STOP_HEAD_LIMIT;
			return 0;
		}
		buf_clear(&r->head);
		x->head_done = false;
		x->header_lines = 0;
	}
	if (r->head.len == 0)
		r->pub.ttfb_us = clock_mono_us(&clock_system) - r->pub.started_us;
	buf_str(&r->head, line);
	if (r->head.overflow || ++x->header_lines > LIMIT_HTTP_HEADERS + 2) {
		x->stopped = STOP_HEAD_LIMIT;
		return 0;
	}
	if (str_trim(line).len == 0)
		x->head_done = true;
	return line.len;
}

static int on_debug(CURL *easy, curl_infotype type, char *p, size_t n, void *userdata)
{
	struct exchange *x = ((struct handle *)userdata)->exchange;

	if (!x || (type != CURLINFO_HEADER_OUT && type != CURLINFO_DATA_OUT))
		return 0;
	struct buf *sent = &x->res->sent;

	/* libcurl sends again from the start when a kept connection turned out dead. */
	if (type == CURLINFO_HEADER_OUT && sent->len && n > x->target_at &&
	    memcmp(p, x->text.ptr, x->target_at - 1) == 0 && p[x->target_at - 1] == ' ')
		buf_clear(sent);
	buf_add(sent, p, n);
	return 0;
}

static curl_socket_t on_open_socket(void *userdata, curlsocktype purpose,
				    struct curl_sockaddr *addr)
{
	struct exchange *x = ((struct handle *)userdata)->exchange;
	int fd = http_client_open_socket(x);

	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int on_sockopt(void *userdata, curl_socket_t fd, curlsocktype purpose)
{
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *userdata)
{
	X509_STORE *store = http_ca_store();

	if (userdata) {
		if (store)
			SSL_CTX_set1_cert_store(ctx, store);
	} else {
		http_tls_lenient(ctx);
	}
	return CURLE_OK;
}

void handle_open(struct handle *h, CURLSH *share, bool verify_tls)
{
	CURL *easy = curl_easy_init();

	check(easy);
	*h = (struct handle){ .easy = easy, .timeout_ms = -1 };
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* never the environment's */
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(easy, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4); /* of the dummy address */
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 0L); /* the connector has set it */
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, h);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, h);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)LIMIT_HTTP_LOW_SPEED_BPS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)LIMIT_HTTP_LOW_SPEED_S);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br");
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify_tls ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify_tls ? 2L : 0L);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, verify_tls ? h : NULL);
	if (!verify_tls)
		curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_SHARE, share);
}

static void apply_method(struct exchange *x, struct handle *h)
{
	if (x->is_head && !x->has_body) {
		curl_easy_setopt(h->easy, CURLOPT_NOBODY, 1L);
		h->nobody = true;
	} else if (x->has_body) {
		curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, x->body.ptr ? x->body.ptr : "");
		h->posted = true;
		h->nobody = false;
	} else if (h->nobody || h->posted) {
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, NULL);
		curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
		h->nobody = h->posted = false;
	}
	curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, x->text.ptr);
}

void exchange_apply(struct exchange *x, struct handle *h)
{
	CURL *easy = h->easy;

	if (h->origin != x->origin) {
		curl_easy_setopt(easy, CURLOPT_URL, x->origin->key.ptr);
		h->origin = x->origin;
	}
	/* libcurl keeps the dummy address in the cache that all handles share. */
	if (x->origin->connect_to)
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, x->origin->connect_to);
	if (!x->origin->resolve_given)
		curl_easy_setopt(easy, CURLOPT_RESOLVE, x->origin->resolve);
	x->origin->resolve_given = true;
	apply_method(x, h);
	curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, x->text.ptr + x->target_at);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers.len ? x->headers.ptr : NULL);
	if (h->timeout_ms != x->timeout_ms)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)x->timeout_ms);
	h->timeout_ms = x->timeout_ms;
	if (h->raw_encoding != x->raw_encoding)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING,
				 x->raw_encoding ? NULL : "gzip, deflate, br");
	h->raw_encoding = x->raw_encoding;
	if (h->fresh != x->fresh) {
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)x->fresh);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)x->fresh);
	}
	h->fresh = x->fresh;
	if (h->http1_only != x->http1_only)
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				 x->http1_only ? (long)CURL_HTTP_VERSION_1_1
					       : (long)CURL_HTTP_VERSION_2TLS);
	h->http1_only = x->http1_only;
	h->exchange = x;
	x->handle = h;
}
