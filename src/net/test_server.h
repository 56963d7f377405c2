/* A small server on loopback for the tests of this room: one thread accepts, one thread
 * per connection runs the handler. */
#ifndef NET_TEST_SERVER_H
#define NET_TEST_SERVER_H
#include <openssl/ssl.h>

#include "base/buf.h"

struct test_server;

/* One connection as the handler sees it. */
struct test_conn {
	struct test_server *server;
	void *ctx;
	int fd;
	SSL *ssl;           /* NULL: plain */
	struct buf request; /* of the last test_read_request() */
	unsigned number;    /* requests read on this connection so far */
};
typedef void test_handler(struct test_conn *c);

/* ssl: NULL for plain TCP. */
struct test_server *test_server_start(test_handler *handler, void *ctx, SSL_CTX *ssl);
void test_server_stop(struct test_server *s);
uint16_t test_server_port(const struct test_server *s);
unsigned test_server_connections(struct test_server *s);

/* Reads a head (and Content-Length bytes) into c->request. False at the end. */
bool test_read_request(struct test_conn *c);
bool test_write(struct test_conn *c, struct str s);
void test_writef(struct test_conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void test_sleep_ms(int ms);

/* A server context with a fresh self-signed EC certificate for these names
 * ("DNS:localhost,IP:127.0.0.1"), valid from..to days from now. */
SSL_CTX *test_tls_context(const char *alt_names, int from_days, int to_days);
#endif
