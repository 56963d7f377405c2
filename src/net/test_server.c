/* The tests' server. */
#include "net/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"

#define CONNS_MAX 512

struct test_server {
	test_handler *handler;
	void *ctx;
	SSL_CTX *ssl;
	int fd;
	uint16_t port;
	pthread_t acceptor, threads[CONNS_MAX];
	int conn_fds[CONNS_MAX];
	atomic_uint connections;
	atomic_bool stop;
};

struct start {
	struct test_server *server;
	unsigned slot;
};

static void *serve(void *p)
{
	struct start *st = p;
	struct test_server *s = st->server;
	struct test_conn c = { .server = s, .ctx = s->ctx, .fd = s->conn_fds[st->slot] };

	free(st);
	buf_init(&c.request, 16 * MIB);
	if (s->ssl) {
		c.ssl = SSL_new(s->ssl);
		SSL_set_fd(c.ssl, c.fd);
		if (SSL_accept(c.ssl) == 1)
			s->handler(&c);
		SSL_free(c.ssl);
	} else {
		s->handler(&c);
	}
	shutdown(c.fd, SHUT_WR);
	buf_free(&c.request);
	/* A reset must not overtake what was written. */
	char drain[256];
	struct pollfd pfd = { .fd = c.fd, .events = POLLIN };

	while (poll(&pfd, 1, 200) > 0 && recv(c.fd, drain, sizeof(drain), 0) > 0)
		;
	close(c.fd);
	return NULL;
}

static void *accept_loop(void *p)
{
	struct test_server *s = p;

	while (!atomic_load(&s->stop)) {
		struct pollfd pfd = { .fd = s->fd, .events = POLLIN };

		if (poll(&pfd, 1, 20) <= 0)
			continue;
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		int one = 1;

		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		unsigned slot = atomic_load(&s->connections);

		check(slot < CONNS_MAX);
		s->conn_fds[slot] = fd;
		struct start *st = mem_alloc(sizeof(*st));

		st->server = s;
		st->slot = slot;
		check(pthread_create(&s->threads[slot], NULL, serve, st) == 0);
		atomic_fetch_add(&s->connections, 1);
	}
	return NULL;
}

struct test_server *test_server_start(test_handler *handler, void *ctx, SSL_CTX *ssl)
{
	struct test_server *s = mem_alloc(sizeof(*s));
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	s->handler = handler;
	s->ctx = ctx;
	s->ssl = ssl;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 && listen(s->fd, 128) == 0);
	check(getsockname(s->fd, (struct sockaddr *)&sin, &len) == 0);
	s->port = ntohs(sin.sin_port);
	check(pthread_create(&s->acceptor, NULL, accept_loop, s) == 0);
	return s;
}

void test_server_stop(struct test_server *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->acceptor, NULL);
	unsigned n = atomic_load(&s->connections);

	for (unsigned i = 0; i < n; i++)
		pthread_join(s->threads[i], NULL);
	close(s->fd);
	SSL_CTX_free(s->ssl);
	free(s);
}

uint16_t test_server_port(const struct test_server *s)
{
	return s->port;
}

unsigned test_server_connections(struct test_server *s)
{
	return atomic_load(&s->connections);
}

static ssize_t read_some(struct test_conn *c, char *p, size_t n)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };

	while (!(c->ssl && SSL_pending(c->ssl))) {
		if (atomic_load(&c->server->stop))
			return 0;
		if (poll(&pfd, 1, 20) > 0)
			break;
	}
	return c->ssl ? SSL_read(c->ssl, p, (int)n) : recv(c->fd, p, n, 0);
}

static size_t content_length(struct str head)
{
	ssize_t at = str_ifind(head, STR("\r\ncontent-length:"));
	int64_t n = 0;

	if (at < 0)
		return 0;
	struct str v = str_from(head, (size_t)at + 17);

	v = str_trim(str_sub(v, 0, (size_t)str_chr(v, '\r')));
	return str_to_i64(v, &n) < 0 || n < 0 ? 0 : (size_t)n;
}

bool test_read_request(struct test_conn *c)
{
	size_t need = 0;

	buf_clear(&c->request);
	for (;;) {
		ssize_t end = str_find(buf_view(&c->request), STR("\r\n\r\n"));

		if (end >= 0) {
			need = (size_t)end + 4 +
			       content_length(str_sub(buf_view(&c->request), 0, (size_t)end + 2));
			if (c->request.len >= need)
				break;
		}
		char *p = buf_reserve(&c->request, 4096);
		ssize_t n = p ? read_some(c, p, end >= 0 ? 4096 : 1) : 0;

		if (n <= 0)
			return false;
		c->request.len += (size_t)n;
		c->request.ptr[c->request.len] = '\0';
	}
	c->number++;
	return true;
}

bool test_write(struct test_conn *c, struct str s)
{
	while (s.len) {
		ssize_t n = c->ssl ? SSL_write(c->ssl, s.ptr, (int)s.len)
				   : send(c->fd, s.ptr, s.len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

void test_writef(struct test_conn *c, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	test_write(c, buf_view(&b));
}

void test_sleep_ms(int ms)
{
	clock_system.sleep_ms(&clock_system, ms);
}

SSL_CTX *test_tls_context(const char *alt_names, int from_days, int to_days)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
	X509_gmtime_adj(X509_getm_notBefore(x), from_days * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(x), to_days * 86400L);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const unsigned char *)"test.localhost", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt_names);

	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	check(X509_sign(x, key, EVP_sha256()) > 0);
	check(SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}
