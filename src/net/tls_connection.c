/* One connection with a deadline: non-blocking socket, poll, optionally OpenSSL over it. */
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/connector.h"
#include "net/tls_connection_private.h"
#include "net/wait_private.h"

int net_stream_wait(const struct net_stream *s, short events)
{
	if (s->waiter)
		return s->waiter->wait(s->waiter->ctx, s->fd, events, s->until_ms);
	return net_wait(s->fd, events, s->until_ms);
}

int net_stream_connected(const struct net_stream *s, struct error *e)
{
	int64_t left = s->until_ms - clock_mono_ms(&clock_system);

	if (s->waiter && net_stream_wait(s, POLLOUT) < 0)
		return error_set(e, "net.timeout", "连接超时", "Connecting timed out");
	return net_connect_wait(s->fd, left > 0 ? (int)left : 1, e);
}

/* Waits for what OpenSSL wants next. 0: try again. */
static int want(struct net_stream *s, int rc)
{
	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return net_stream_wait(s, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return net_stream_wait(s, POLLOUT);
	default:
		return -1;
	}
}

int net_stream_tls(struct net_stream *s, SSL_CTX *ctx, struct str sni, struct error *e)
{
	char name[LIMIT_NET_HOST + 1];
	int rc;

	if (net_stream_connected(s, e) < 0)
		return -1;
	ERR_clear_error();
	s->ssl = SSL_new(ctx);
	if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1)
		return error_set(e, "net.init", "无法初始化 TLS 连接",
				 "The TLS connection did not start");
	if (sni.len && sni.len < sizeof(name)) {
		memcpy(name, sni.ptr, sni.len);
		name[sni.len] = '\0';
		SSL_set_tlsext_host_name(s->ssl, name);
	}
	/* the thread's queue of errors may hold those of others that ran while we waited */
	while (ERR_clear_error(), (rc = SSL_connect(s->ssl)) != 1) {
		if (want(s, rc) == 0)
			continue;
		unsigned long code = ERR_peek_last_error();
		const char *why = code ? ERR_reason_error_string(code) : NULL;

		ERR_clear_error();
		return error_set(e, "tls.handshake", "TLS 握手失败：%s",
				 "The TLS handshake failed: %s", why ? why : "connection closed");
	}
	return 0;
}

int net_stream_write(struct net_stream *s, struct str bytes)
{
	while (bytes.len) {
		ssize_t n;

		if (s->ssl) {
			size_t done = 0;
			ERR_clear_error();
			int rc = SSL_write_ex(s->ssl, bytes.ptr, bytes.len, &done);

			if (rc != 1 && want(s, rc) < 0)
				return -1;
			n = rc == 1 ? (ssize_t)done : 0;
		} else {
			n = send(s->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				return -1;
			if (n < 0 && net_stream_wait(s, POLLOUT) < 0)
				return -1;
			if (n < 0)
				n = 0;
		}
		bytes = str_from(bytes, (size_t)n);
	}
	return 0;
}

ssize_t net_stream_read(struct net_stream *s, void *p, size_t n)
{
	for (;;) {
		if (s->ssl) {
			size_t got = 0;
			ERR_clear_error();
			int rc = SSL_read_ex(s->ssl, p, n, &got);

			if (rc == 1)
				return (ssize_t)got;
			if (SSL_get_error(s->ssl, rc) == SSL_ERROR_ZERO_RETURN)
				return 0;
			if (want(s, rc) < 0)
				return clock_mono_ms(&clock_system) >= s->until_ms ? -2 : -1;
		} else {
			ssize_t got = recv(s->fd, p, n, 0);

			if (got >= 0)
				return got;
			if (errno != EAGAIN && errno != EINTR)
				return -1;
			if (net_stream_wait(s, POLLIN) < 0)
				return -2;
		}
	}
}

void net_stream_close(struct net_stream *s)
{
	if (s->ssl) {
		SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
	}
	s->ssl = NULL;
	closep(&s->fd);
	s->fd = -1;
	ERR_clear_error();
}
