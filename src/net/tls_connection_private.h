/* A blocking-with-deadline connection, plain or TLS, for the raw sender and TLS facts. */
#ifndef NET_TLS_CONNECTION_PRIVATE_H
#define NET_TLS_CONNECTION_PRIVATE_H
#include <openssl/ssl.h>

#include "base/error.h"
#include "base/str.h"
#include "net/waiter.h"

struct net_stream {
	int fd;
	SSL *ssl;         /* NULL: plain */
	int64_t until_ms; /* mono */
	const struct net_waiter *waiter; /* NULL: blocks */
};
/* Waits for events on the fd until the deadline: 0 or -1. */
int net_stream_wait(const struct net_stream *s, short events);
/* Until the fd is connected: 0, or -1 with "net.…". */
int net_stream_connected(const struct net_stream *s, struct error *e);
/* TLS over a connecting fd; ctx is borrowed. 0, or -1 with "tls.handshake" or "net.…". */
int net_stream_tls(struct net_stream *s, SSL_CTX *ctx, struct str sni, struct error *e);
/* All of it: 0; -1 when the peer is gone or time is up. */
int net_stream_write(struct net_stream *s, struct str bytes);
/* Bytes read; 0 at the end; -1 broken; -2 time is up. */
ssize_t net_stream_read(struct net_stream *s, void *p, size_t n);
void net_stream_close(struct net_stream *s);
#endif
