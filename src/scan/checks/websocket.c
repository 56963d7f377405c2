/* Active: WebSockets that any website may open in a visitor's name (CWE-1385). The handshake is
 * done with a foreign Origin; 101 with the right answer to our key, twice, is proof. */
#include <openssl/sha.h>

#include "base/encode.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/checks/active_private.h"
#include "scan/form.h"

#define HANDSHAKE_MS 2000 /* an open socket stays open: the head is all there is to wait for */

static bool may_be_one(const struct scan_exchange *x)
{
	static const char *const ends[] = { "ws", "wss", "websocket", "socket", "chat", "live", "stream", "cable", "realtime", "push", "notify",
					    "events", "echo", "hub", "socket.io", "sockjs", "signalr", "feed", "ticker", "notifications", "messages", "subscribe",
					    "subscriptions", "mqtt", "terminal", "console", "tty" };
	ssize_t slash = str_rchr(x->path, '/');
	struct str last = str_from(x->path, (size_t)slash + 1);
	if (!last.len && x->path.len > 1) { /* "/socket.io/" */
		struct str path = str_sub(x->path, 0, x->path.len - 1);
		last = str_from(path, (size_t)str_rchr(path, '/') + 1);
	}
	if (x->status == 426 || str_ihas(scan_header_get(&x->headers, "upgrade"), STR("websocket")))
		return true;
	if (x->status == 400 && str_ihas(str_sub(active_content(x), 0, 500), STR("websocket")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ieq(last, str_c(ends[i])))
			return x->media != MEDIA_HTML || x->status >= 400;
	return false;
}

/* The page's script makes a socket of this address. */
static bool named_as_one(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *page;
	struct str from = probe_from(p);
	if (x->media == MEDIA_HTML && x->status < 400)
		return false;
	return from.len && probe_get(p, from, &page) == 0 && str_has(page->text, STR("WebSocket(")) && str_has(page->text, x->path);
}

/* What only this session's pages know stands in the address: another site cannot open it. */
static bool holds_secret(struct probe *p, const struct scan_exchange *x)
{
	struct str rest = x->query, pair;
	while (str_split(&rest, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		if (eq > 0 && pair.len - (size_t)eq > 12 && form_is_token(url_form_decode(probe_arena(p), str_sub(pair, 0, (size_t)eq)), str_from(pair, (size_t)eq + 1)))
			return true;
	}
	return false;
}

/* 101 and the accept value that belongs to the key. */
static bool opens(struct probe *p, const struct scan_exchange *x, struct str origin, const struct scan_exchange **ret)
{
	unsigned char raw[16], sum[20];
	struct buf key, want;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (unsigned char)probe_number(p, 0, 255);
	buf_init(&key, 256);
	buf_init(&want, 256);
	encode_base64(&key, str_make(raw, sizeof(raw)));
	struct str k = arena_str(probe_arena(p), buf_view(&key));
	buf_c(&key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	SHA1((const unsigned char *)key.ptr, key.len, sum);
	encode_base64(&want, str_make(sum, sizeof(sum)));
	struct str accept = arena_str(probe_arena(p), buf_view(&want));
	buf_free(&key);
	buf_free(&want);
	struct scan_header h[] = { { STR_INIT("Connection"), STR("Upgrade") }, { STR_INIT("Upgrade"), STR("websocket") },
				   { STR_INIT("Sec-WebSocket-Version"), STR("13") }, { STR_INIT("Sec-WebSocket-Key"), k },
				   { STR_INIT("Origin"), origin } };
	return probe_send(p, &(struct scan_mutation){ .url = x->url, .headers = h, .headers_len = ARRAY_SIZE(h), .timeout_ms = HANDSHAKE_MS, .fresh = true }, ret) == 0 &&
	       (*ret)->status == 101 && str_eq(str_trim(scan_header_get(&(*ret)->headers, "sec-websocket-accept")), accept);
}

static void probe_origin(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r;
	const char *s = x->https ? "https" : "http";
	if ((!may_be_one(x) && !named_as_one(p, x)) || holds_secret(p, x))
		return;
	for (int kind = 0; kind < 4; kind++) {
		struct str origins[2];
		for (int i = 0; i < 2; i++) {
			struct str w = probe_word(p, 8);
			origins[i] = kind == 0 ? probe_printf(p, "https://%.*s.example", STR_ARG(w)) :
				     kind == 1 ? probe_printf(p, "%s://%.*s.%.*s.example", s, STR_ARG(x->host), STR_ARG(w)) :
				     kind == 2 ? probe_printf(p, "%s://%.*s%.*s", s, STR_ARG(w), STR_ARG(x->host)) :
						 STR("null"); /* a sandboxed frame */
		}
		if (!opens(p, x, origins[0], &r) || !opens(p, x, origins[1], &r))
			continue;
		bool session = probe_has_session(p) && scan_header_get(&x->request_headers, "cookie").ptr;
		probe_report(p, &(struct scan_report){
					.exchange = r,
					.about = x,
					.proof = scan_header_get(&r->headers, "sec-websocket-accept"),
					.severity_set = true,
					.severity = session ? SEVERITY_MEDIUM : SEVERITY_LOW,
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = probe_printf(p, "来源 %.*s 的握手被接受%s。", STR_ARG(origins[1]), session ? "，并带有会话 Cookie" : ""),
					.detail_en = probe_printf(p, "A handshake from origin %.*s is accepted%s.", STR_ARG(origins[1]),
								  session ? ", with the session's cookie" : "") });
		return;
	}
}

const struct scan_check check_websocket_origin = {
	.id = "websocket-origin",
	.title_zh = "WebSocket 不检查来源，可被跨站劫持",
	.title_en = "WebSocket does not check the origin: cross-site hijacking",
	.severity = SEVERITY_MEDIUM,
	.cwe = 1385,
	.owasp = "A07:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_origin,
};
