/* The byte-exact sender. Nothing of the request is looked at; the answer is read until one
 * response is whole (or the peer closes, or a bound is met). */
#include "net/rawsend.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/http_private.h"
#include "net/tls_connection_private.h"

static SSL_CTX *lenient_context(void)
{
	SSL_CTX *ctx = net_http_global_init(NULL) == 0 ? SSL_CTX_new(TLS_client_method()) : NULL;

	if (!ctx)
		return NULL;
	http_tls_lenient(ctx);
	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return ctx;
}

static struct str sni_of(const struct raw_request *q)
{
	struct sockaddr_storage ss;
	socklen_t len;

	if (q->sni.len)
		return q->sni;
	return net_addr_parse(q->host, 0, &ss, &len) == 0 ? STR("") : q->host;
}

static int read_answer(struct net_stream *s, const struct raw_request *q, struct buf *out,
		       int64_t *ret_us, struct error *e)
{
	int64_t sent_us = clock_mono_us(&clock_system);
	size_t from = out->len, max = q->max_bytes ? q->max_bytes : LIMIT_HTTP_BODY;
	size_t checked = 0;
	char piece[16 * 1024];

	while (out->len - from < max && !out->overflow) {
		size_t room = max - (out->len - from);
		ssize_t n = net_stream_read(s, piece, room < sizeof(piece) ? room : sizeof(piece));

		if (n <= 0) {
			if (out->len > from)
				return 0;
			return n == -2 ? error_set(e, "net.timeout", "服务器在限定时间内没有答复",
						   "The server did not answer in time")
				       : error_set(e, "net.empty-answer",
						   "服务器关闭了连接，没有答复",
						   "The server closed the connection without an "
						   "answer");
		}
		if (out->len == from && ret_us)
			*ret_us = clock_mono_us(&clock_system) - sent_us;
		buf_add(out, piece, (size_t)n);
		/* Looking again only when the answer has grown by an eighth keeps this linear. */
		if (out->len - from < checked + checked / 8)
			continue;
		checked = out->len - from;
		if (!q->whole && raw_response_complete(str_from(buf_view(out), from)))
			return 0;
	}
	return 0;
}

int raw_send(struct net_connector *c, const struct raw_request *q, struct buf *out, int64_t *ret_us,
	     struct error *e)
{
	int timeout = q->timeout_ms > 0 ? q->timeout_ms : LIMIT_HTTP_TIMEOUT_MS;
	struct net_stream s = { .fd = -1, .until_ms = clock_mono_ms(&clock_system) + timeout, .waiter = q->waiter };
	SSL_CTX *ctx = NULL;
	int rc = -1;

	if (net_connector_open(c, q->host, q->port, &s.fd, e) < 0)
		return -1;
	if (q->tls) {
		ctx = lenient_context();
		if (!ctx)
			error_set(e, "net.init", "无法初始化 TLS 库",
				  "The TLS library did not start");
		else
			rc = net_stream_tls(&s, ctx, sni_of(q), e);
	} else {
		rc = net_stream_connected(&s, e);
	}
	/* A peer that answers and closes before it has read all is still heard. */
	if (rc == 0 && net_stream_write(&s, q->bytes) < 0)
		rc = net_stream_wait(&s, POLLIN) < 0
			     ? error_set(e, "net.reset", "发送请求时连接中断",
					 "The connection broke while sending the request")
			     : 0;
	if (rc == 0 && q->half_close && !q->tls)
		shutdown(s.fd, SHUT_WR);
	if (rc == 0)
		rc = read_answer(&s, q, out, ret_us, e);
	net_stream_close(&s);
	SSL_CTX_free(ctx);
	return rc;
}
