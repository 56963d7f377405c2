/* Connecting: policy at connect time, broker against a hostile child, forward proxies. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/limits.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"

static void hello(struct test_conn *c)
{
	while (test_read_request(c))
		test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

static struct net_connector *direct(const struct net_policy *p, const char *proxy)
{
	struct net_direct_options o = { .policy = p, .proxy = str_c(proxy) };
	struct net_connector *c = NULL;
	struct error e = { 0 };

	if (net_connector_direct(&o, &c, &e) < 0)
		fail_msg("%s", e.en);
	return c;
}

static void addresses_are_checked_at_connect_time(void **state)
{
	(void)state;
	struct test_server *s = test_server_start(hello, NULL, NULL);
	_cleanup_policy_ struct net_policy *closed = net_policy_new(), *open = net_policy_new();
	_cleanup_connector_ struct net_connector *c = direct(closed, NULL), *d = direct(open, NULL);
	struct error e = { 0 };
	int fd = -1;

	assert_int_equal(net_connector_open(c, STR("127.0.0.1"), test_server_port(s), &fd, &e), -1);
	assert_string_equal(e.code, "policy.loopback");
	/* A name for it fares no better, whatever it is called. */
	assert_int_equal(net_connector_open(c, STR("localhost"), test_server_port(s), &fd, &e), -1);
	assert_string_equal(e.code, "policy.loopback");
	assert_int_equal(fd, -1);
	assert_ok(net_policy_allow_cidr(open, STR("127.0.0.0/8"), &e));
	assert_ok(net_policy_scope_add(open, STR("localhost"), test_server_port(s), &e));
	/* localhost may be ::1 as well, which is not listed: the listed one is taken. */
	assert_ok(net_connector_open(d, STR("localhost"), test_server_port(s), &fd, &e));
	assert_ok(net_connect_wait(fd, 1000, &e));
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	assert_int_equal(net_connector_open(d, STR("127.0.0.1"), test_server_port(s), &fd, &e), -1);
	assert_string_equal(e.code, "policy.out-of-scope");
	assert_int_equal(net_connector_open(d, STR("localhost"), 1, &fd, &e), -1);
	assert_int_equal(net_connector_open(c, STR("no-such-host.invalid"), 80, &fd, &e), -1);
	assert_true(error_is(&e, "dns.no-name") || error_is(&e, "dns.timeout"));
	test_server_stop(s);
}

struct served {
	struct net_broker *broker;
	int last; /* what net_broker_serve() said in the end */
};

static void *serve_loop(void *p)
{
	struct served *s = p;

	do {
		test_sleep_ms(1);
		s->last = net_broker_serve(s->broker, NULL);
	} while (s->last == 1);
	return NULL;
}

static void the_broker_hands_out_sockets(void **state)
{
	(void)state;
	struct test_server *s = test_server_start(hello, NULL, NULL);
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	_cleanup_connector_ struct net_connector *d = direct(p, NULL);
	struct error e = { 0 };
	int pair[2], fd = -1;
	pthread_t thread;

	assert_ok(net_policy_allow_cidr(p, STR("127.0.0.1"), &e));
	assert_ok(net_broker_pair(pair, &e));
	struct served served = { .broker = net_broker_new(pair[0], d) };
	struct net_connector *child = net_connector_broker(pair[1]);

	assert_ok(pthread_create(&thread, NULL, serve_loop, &served));
	assert_ok(net_connector_open(child, STR("127.0.0.1"), test_server_port(s), &fd, &e));
	assert_ok(net_connect_wait(fd, 1000, &e));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	assert_int_equal(net_connector_open(child, STR("169.254.169.254"), 80, &fd, &e), -1);
	assert_string_equal(e.code, "policy.metadata");
	assert_true(e.zh[0] && e.en[0]);
	/* The HTTP client through it. */
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct http_client_options o = { .connector = child };
	struct http_client *client = NULL;
	struct http_response *r = NULL;
	struct url u;
	struct http_request q = { .url = &u };

	assert_ok(http_client_new(&o, &client, &e));
	assert_ok(url_parse(a, arena_printf(a, "http://127.0.0.1:%u/", test_server_port(s)), NULL,
			    0, &u, &e));
	assert_ok(http_fetch(client, &q, &r, &e));
	assert_str_c(r->body, "hello");
	http_response_free(r);
	http_client_free(client);
	net_connector_free(child);
	close(pair[1]);
	pthread_join(thread, NULL);
	assert_int_equal(served.last, 0);
	net_broker_free(served.broker);
	close(pair[0]);
	test_server_stop(s);
}

static void a_hostile_child_is_ended(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
	} packets[] = {
		{ "x", 1 },
		{ "\120\0\0\0\377\377\377\377", 8 }, /* a host of 4 GiB */
		{ "\120\0\0\0\0\0\0\0", 8 },         /* no host */
		{ "\0\0\0\0\1\0\0\0a", 9 },          /* port 0 */
		{ "\0\0\1\0\1\0\0\0a", 9 },          /* port 65536 */
		{ "\120\0\0\0\1\0\0\0ab", 10 },      /* something behind it */
	};
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	_cleanup_connector_ struct net_connector *d = direct(p, NULL);

	for (size_t i = 0; i <= ARRAY_SIZE(packets); i++) {
		char big[4000] = { 80 };
		struct error e = { 0 };
		int pair[2];

		assert_ok(net_broker_pair(pair, NULL));
		struct net_broker *b = net_broker_new(pair[0], d);

		assert_int_equal(net_broker_serve(b, &e), 1); /* nothing there yet */
		if (i < ARRAY_SIZE(packets))
			assert_true(send(pair[1], packets[i].bytes, packets[i].len, 0) > 0);
		else
			assert_true(send(pair[1], big, sizeof(big), 0) > 0);
		assert_int_equal(net_broker_serve(b, &e), -1);
		assert_string_equal(e.code, "net.broker-protocol");
		net_broker_free(b);
		close(pair[0]);
		close(pair[1]);
	}
	/* One that asks and asks and never takes an answer fills its channel and is ended. */
	int pair[2], rc = 1;

	assert_ok(net_broker_pair(pair, NULL));
	struct net_broker *b = net_broker_new(pair[0], d);

	for (int i = 0; i < 2000 && rc == 1; i++) {
		send(pair[1], "\120\0\0\0\011\0\0\000127.0.0.1", 17, MSG_DONTWAIT);
		rc = net_broker_serve(b, NULL);
	}
	assert_int_equal(rc, -1);
	net_broker_free(b);
	close(pair[0]);
	close(pair[1]);
}

/* A proxy that says hello itself once the tunnel stands. */
static void http_proxy(struct test_conn *c)
{
	struct buf *seen = c->ctx;

	if (!test_read_request(c))
		return;
	buf_str(seen, buf_view(&c->request));
	if (str_has(buf_view(&c->request), STR("refused.example"))) {
		test_writef(c, "HTTP/1.1 403 Forbidden\r\n\r\n");
		return;
	}
	test_writef(c, "HTTP/1.1 200 Connection established\r\n\r\n");
	hello(c);
}

static void socks_proxy(struct test_conn *c)
{
	struct buf *seen = c->ctx;
	unsigned char b[300];

	check(recv(c->fd, b, 2, MSG_WAITALL) == 2 && recv(c->fd, b + 2, b[1], MSG_WAITALL) == b[1]);
	test_write(c, STR("\5\2"));
	check(recv(c->fd, b, 2, MSG_WAITALL) == 2 && recv(c->fd, b + 2, b[1], MSG_WAITALL) == b[1]);
	size_t user = b[1];

	buf_add(seen, b + 2, user);
	check(recv(c->fd, b, 1, MSG_WAITALL) == 1 && recv(c->fd, b + 1, b[0], MSG_WAITALL) == b[0]);
	buf_add(seen, b + 1, b[0]);
	test_write(c, STR("\1\0"));
	check(recv(c->fd, b, 5, MSG_WAITALL) == 5 &&
	      recv(c->fd, b + 5, b[4] + 2, MSG_WAITALL) == b[4] + 2);
	buf_add(seen, b + 5, b[4]);
	test_write(c, STR("\5\0\0\1\0\0\0\0\0\0"));
	hello(c);
}

static void fetch_through(const char *proxy, const char *target, const char *want_code)
{
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	_cleanup_connector_ struct net_connector *d = direct(p, proxy);
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct http_client_options o = { .connector = d };
	struct http_client *client = NULL;
	struct http_response *r = NULL;
	struct url u;
	struct http_request q = { .url = &u };

	assert_ok(http_client_new(&o, &client, NULL));
	assert_ok(url_parse(a, str_c(target), NULL, 0, &u, NULL));
	assert_ok(http_fetch(client, &q, &r, NULL));
	assert_string_equal(r->error.code, want_code);
	if (!want_code[0])
		assert_str_c(r->body, "hello");
	http_response_free(r);
	http_client_free(client);
}

static void proxies_tunnel(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf seen = BUF_INIT(4096);
	struct test_server *s = test_server_start(http_proxy, &seen, NULL);
	char proxy[100];

	snprintf(proxy, sizeof(proxy), "http://us%%65r:pw@127.0.0.1:%u", test_server_port(s));
	fetch_through(proxy, "http://some.example/x", "");
	assert_true(str_starts(buf_view(&seen), STR("CONNECT some.example:80 HTTP/1.1\r\n")));
	assert_true(str_has(buf_view(&seen), STR("Proxy-Authorization: Basic dXNlcjpwdw==\r\n")));
	fetch_through(proxy, "http://refused.example/", "proxy.refused");
	/* The policy still holds for what can be told from the name. */
	buf_clear(&seen);
	fetch_through(proxy, "http://169.254.169.254/", "policy.metadata");
	fetch_through(proxy, "http://10.0.0.1/", "policy.private");
	assert_int_equal(seen.len, 0);
	test_server_stop(s);
	s = test_server_start(socks_proxy, &seen, NULL);
	snprintf(proxy, sizeof(proxy), "socks5h://me:secret@127.0.0.1:%u", test_server_port(s));
	fetch_through(proxy, "http://other.example/", "");
	assert_str_c(buf_view(&seen), "mesecretother.example");
	test_server_stop(s);
	struct net_policy *p = net_policy_new();
	struct net_direct_options o = { .policy = p, .proxy = STR("ftp://x") };
	struct net_connector *c = NULL;
	struct error e = { 0 };

	assert_int_equal(net_connector_direct(&o, &c, &e), -1);
	assert_string_equal(e.code, "proxy.bad-url");
	net_policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_checked_at_connect_time),
		cmocka_unit_test(the_broker_hands_out_sockets),
		cmocka_unit_test(a_hostile_child_is_ended),
		cmocka_unit_test(proxies_tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
