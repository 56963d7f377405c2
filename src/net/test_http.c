/* The HTTP client against a scripted server on loopback. */
#include "base/test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/http.h"
#include "net/test_server.h"

static bool path_is(const struct test_conn *c, const char *path)
{
	struct str r = buf_view(&c->request);
	ssize_t a = str_chr(r, ' ');
	struct str rest = str_from(r, (size_t)a + 1);

	return str_eq(str_sub(rest, 0, (size_t)str_chr(rest, ' ')), str_c(path));
}

static void ok(struct test_conn *c, struct str body, const char *extra)
{
	test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n%s\r\n", body.len, extra);
	test_write(c, body);
}

static void write_gzip(struct test_conn *c, size_t n)
{
	z_stream z = { 0 };
	char *in = mem_alloc(65536);
	_cleanup_buf_ struct buf out = BUF_INIT(64 * MIB);

	check(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	while (n || z.avail_in) {
		size_t part = n > 65536 ? 65536 : n;

		n -= part;
		z.next_in = (unsigned char *)in;
		z.avail_in = (unsigned)part;
		do {
			char *p = buf_reserve(&out, 65536);

			z.next_out = (unsigned char *)p;
			z.avail_out = 65536;
			deflate(&z, n ? Z_NO_FLUSH : Z_FINISH);
			out.len += 65536 - z.avail_out;
		} while (z.avail_out == 0);
	}
	deflateEnd(&z);
	free(in);
	ok(c, buf_view(&out), "Content-Encoding: gzip\r\n");
}

/* Strange answers; false: not one of them. */
static bool misbehave(struct test_conn *c)
{
	if (path_is(c, "/short")) {
		test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
	} else if (path_is(c, "/nothing")) {
	} else if (path_is(c, "/garbage")) {
		test_writef(c, "SSH-2.0-OpenSSH_9.2\r\n");
	} else if (path_is(c, "/headers")) {
		test_writef(c, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 100000; i++)
			if (!test_write(
				    c,
				    STR("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")))
				break;
	} else if (path_is(c, "/longheader")) {
		test_writef(c, "HTTP/1.1 200 OK\r\nX: ");
		for (int i = 0; i < 100000; i++)
			if (!test_write(c, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")))
				break;
	} else if (path_is(c, "/drip")) {
		test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
		for (int i = 0; i < 200 && test_write(c, STR("x")); i++)
			test_sleep_ms(10);
	} else if (path_is(c, "/badgzip")) {
		ok(c, STR("this is not gzip at all"), "Content-Encoding: gzip\r\n");
	} else if (path_is(c, "/badchunk")) {
		test_writef(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
			       "chunked\r\n\r\nffffffffffffffffff\r\nx");
	} else {
		return false;
	}
	return true;
}

static void site(struct test_conn *c)
{
	while (test_read_request(c)) {
		if (misbehave(c))
			return;
		if (path_is(c, "/hello")) {
			ok(c, STR("hello"), "X-A: 1\r\nx-a: 2\r\nServer:test\r\nEmpty:\r\n");
		} else if (path_is(c, "/gzip")) {
			write_gzip(c, 100000);
		} else if (path_is(c, "/bomb")) {
			write_gzip(c, 200 * MIB);
		} else if (path_is(c, "/early")) {
			test_writef(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
			ok(c, STR("late"), "");
		} else if (path_is(c, "/chunked")) {
			test_writef(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				       "5\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n");
		} else if (path_is(c, "/loop")) {
			test_writef(c, "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: "
				       "0\r\n\r\n");
		} else if (path_is(c, "/moved")) {
			test_writef(c, "HTTP/1.1 301 Moved\r\nLocation: hello#x\r\nContent-Length: "
				       "0\r\n\r\n");
		} else if (path_is(c, "/outside")) {
			test_writef(c, "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n"
				       "Content-Length: 0\r\n\r\n");
		} else if (path_is(c, "/setcookie")) {
			ok(c, STR(""),
			   "Set-Cookie: sid=abc; HttpOnly\r\nSet-Cookie: b=2; Path=/x\r\n");
		} else if (path_is(c, "/close")) {
			ok(c, STR("bye"), "Connection: close\r\n");
			return;
		} else if (path_is(c, "/hangup")) {
			ok(c, STR("bye"), ""); /* keep-alive promised, then closed */
			return;
		} else if (str_starts(buf_view(&c->request), STR("HEAD "))) {
			test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
		} else {
			ok(c, buf_view(&c->request), ""); /* echo */
		}
	}
}

struct fixture {
	struct test_server *server;
	struct net_policy *policy;
	struct net_connector *connector;
	struct http_client *client;
	struct arena *arena;
};

static void open_client(struct fixture *f, struct http_client_options o)
{
	struct net_direct_options d = { 0 };
	struct error e = { 0 };

	f->policy = net_policy_new();
	net_policy_allow_own(f->policy);
	d.policy = f->policy;
	assert_ok(net_connector_direct(&d, &f->connector, &e));
	o.connector = f->connector;
	assert_ok(http_client_new(&o, &f->client, &e));
	f->arena = arena_new(16 * MIB);
}

static struct fixture setup(void)
{
	struct fixture f = { .server = test_server_start(site, NULL, NULL) };

	open_client(&f, (struct http_client_options){ 0 });
	return f;
}

static void teardown(struct fixture *f)
{
	http_client_free(f->client);
	net_connector_free(f->connector);
	net_policy_free(f->policy);
	arena_free(f->arena);
	test_server_stop(f->server);
}

static struct url at(struct fixture *f, const char *path)
{
	struct url u;
	struct str text = arena_printf(f->arena, "http://127.0.0.1:%u%s",
				       test_server_port(f->server), path);

	assert_ok(url_parse(f->arena, text, NULL, 0, &u, NULL));
	return u;
}

static struct http_response *get(struct fixture *f, const char *path)
{
	struct url u = at(f, path);
	struct http_request q = { .url = &u, .timeout_ms = 30000 };
	struct http_response *r = NULL;
	struct error e = { 0 };

	assert_ok(http_fetch(f->client, &q, &r, &e));
	return r;
}

static void an_answer_in_full(void **state)
{
	(void)state;
	struct fixture f = setup();
	_cleanup_response_ struct http_response *r = get(&f, "/hello");

	assert_string_equal(r->error.code, "");
	assert_int_equal(r->status, 200);
	assert_int_equal(r->version, 11);
	assert_str_c(r->reason, "OK");
	assert_str_c(r->body, "hello");
	assert_int_equal(r->nheaders, 5);
	assert_str_c(r->headers[1].name, "X-A");
	assert_str_c(r->headers[2].name, "x-a");
	assert_str_c(http_response_header(r, "SERVER"), "test");
	assert_non_null(http_response_header(r, "empty").ptr);
	assert_null(http_response_header(r, "absent").ptr);
	assert_str_c(r->head,
		     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\nServer:test\r\n"
		     "Empty:\r\n\r\n");
	assert_true(r->ttfb_us > 0 && r->total_us >= r->ttfb_us);
	_cleanup_response_ struct http_response *late = get(&f, "/early");

	assert_int_equal(late->status, 200);
	assert_str_c(late->body, "late");
	assert_true(str_starts(late->head, STR("HTTP/1.1 200")));
	_cleanup_response_ struct http_response *chunked = get(&f, "/chunked");

	assert_str_c(chunked->body, "hello!");
	assert_false(str_has(chunked->head, STR("X-Trailer")));
	teardown(&f);
}

static void requests_are_exact(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct url u = at(&f, "/ignored");
	struct http_header h[] = { { STR("X-First"), STR("1") },
				   { STR("User-Agent"), STR("zw") },
				   { STR("X-Empty"), STR("") },
				   { STR("Accept"), STR("*/*") },
				   { STR("x-last"), STR("\xe4\xb8\xad") } };
	struct http_request q = { .method = STR("PROPFIND"),
				  .url = &u,
				  .target = STR("/a/../%2e%2e/b c?x='\"<>|"),
				  .headers = h,
				  .nheaders = 5,
				  .raw_encoding = true };
	struct http_response *r = NULL;
	char want[300];

	assert_ok(http_fetch(f.client, &q, &r, NULL));
	snprintf(want, sizeof(want),
		 "PROPFIND /a/../%%2e%%2e/b c?x='\"<>| HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
		 "X-First: 1\r\nUser-Agent: zw\r\nX-Empty:\r\nAccept: */*\r\nx-last: "
		 "\xe4\xb8\xad\r\n\r\n",
		 u.port);
	assert_str_c(r->body, want); /* what the server saw */
	assert_str_c(r->sent, want); /* what we say we sent */
	http_response_free(r);
	/* Bodies, then back to none, then HEAD, then GET: nothing of the one before stays. */
	q = (struct http_request){
		.method = STR("POST"), .url = &u, .body = STR("a=\0b"), .has_body = true
	};
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_true(str_ends(r->body, STR("\r\n\r\na=\0b")));
	assert_true(str_has(r->body, STR("Content-Length: 4\r\n")));
	assert_false(str_ihas(r->body, STR("Content-Type")));
	assert_str(r->sent, r->body);
	http_response_free(r);
	q = (struct http_request){ .method = STR("POST"), .url = &u, .has_body = true };
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_true(str_has(r->body, STR("Content-Length: 0\r\n")));
	http_response_free(r);
	q = (struct http_request){ .method = STR("HEAD"), .url = &u };
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_int_equal(r->status, 200);
	assert_int_equal(r->body.len, 0);
	assert_string_equal(r->error.code, "");
	http_response_free(r);
	q = (struct http_request){ .url = &u };
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	snprintf(want, sizeof(want),
		 "GET /ignored HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept-Encoding: gzip, deflate, "
		 "br\r\n\r\n",
		 u.port);
	assert_str_c(r->body, want);
	http_response_free(r);
	struct http_header host[] = { { STR("Host"), STR("other.example") } };

	q = (struct http_request){ .url = &u, .headers = host, .nheaders = 1 };
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_true(str_has(r->body, STR("Host: other.example\r\n")));
	assert_false(str_has(r->body, STR("127.0.0.1")));
	http_response_free(r);
	assert_int_equal(test_server_connections(f.server), 1);
	teardown(&f);
}

static void what_cannot_be_written_is_refused(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct url u = at(&f, "/");
	struct http_response *r = NULL;
	struct error e = { 0 };
	struct http_header bad[] = { { STR("X"), STR("a\r\nEvil: 1") } };
	struct http_request q = { .url = &u, .headers = bad, .nheaders = 1 };

	assert_int_equal(http_fetch(f.client, &q, &r, &e), -1);
	assert_string_equal(e.code, "http.bad-header");
	q = (struct http_request){ .url = &u, .method = STR("GE T") };
	assert_int_equal(http_fetch(f.client, &q, &r, &e), -1);
	assert_string_equal(e.code, "http.bad-method");
	q = (struct http_request){ .url = &u, .target = STR("/a\r\nX: y") };
	assert_int_equal(http_fetch(f.client, &q, &r, &e), -1);
	teardown(&f);
}

static void compressed_bodies_are_bounded(void **state)
{
	(void)state;
	struct fixture f = setup();
	_cleanup_response_ struct http_response *r = get(&f, "/gzip");

	assert_int_equal(r->body.len, 100000);
	assert_true(r->wire_bytes < 5000);
	assert_false(r->truncated);
	_cleanup_response_ struct http_response *bomb = get(&f, "/bomb");

	assert_int_equal(bomb->status, 200);
	assert_true(bomb->truncated);
	assert_int_equal(bomb->body.len, LIMIT_HTTP_BODY);
	assert_string_equal(bomb->error.code, "");
	_cleanup_response_ struct http_response *after = get(&f, "/hello");

	assert_str_c(after->body, "hello");
	struct url u = at(&f, "/gzip");
	struct http_request q = { .url = &u, .max_body = 10 };
	struct http_response *small = NULL;

	assert_ok(http_fetch(f.client, &q, &small, NULL));
	assert_int_equal(small->body.len, 10);
	assert_true(small->truncated);
	http_response_free(small);
	teardown(&f);
}

static void bad_answers_end_with_a_clear_word(void **state)
{
	(void)state;
	static const struct {
		const char *path, *code;
		int status;
	} v[] = {
		{ "/short", "http.partial", 200 },         { "/nothing", "net.empty-answer", 0 },
		{ "/garbage", "http.bad-response", 0 },    { "/headers", "http.too-big", 200 },
		{ "/longheader", "http.too-big", 200 },    { "/badgzip", "http.bad-encoding", 200 },
		{ "/badchunk", "http.bad-response", 200 },
	};
	struct fixture f = setup();

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		_cleanup_response_ struct http_response *r = get(&f, v[i].path);

		if (strcmp(r->error.code, v[i].code) != 0 || r->status != v[i].status)
			fail_msg("%s: %s %d %s", v[i].path, r->error.code, r->status, r->error.en);
		assert_true(r->error.zh[0] && r->error.en[0]);
	}
	struct url u = at(&f, "/drip");
	struct http_request q = { .url = &u, .timeout_ms = 300 };
	struct http_response *r = NULL;
	int64_t from = clock_mono_ms(&clock_system);

	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_string_equal(r->error.code, "net.timeout");
	assert_true(r->truncated && r->body.len > 0);
	assert_true(clock_mono_ms(&clock_system) - from < 1500);
	http_response_free(r);
	teardown(&f);
}

static void connections_are_kept_and_replaced(void **state)
{
	(void)state;
	struct fixture f = setup();

	for (int i = 0; i < 20; i++)
		http_response_free(get(&f, "/hello"));
	assert_int_equal(test_server_connections(f.server), 1);
	http_response_free(get(&f, "/close"));
	http_response_free(get(&f, "/hello"));
	assert_int_equal(test_server_connections(f.server), 2);
	/* The server breaks its promise to keep the connection: nobody notices. */
	http_response_free(get(&f, "/hangup"));
	test_sleep_ms(50);
	_cleanup_response_ struct http_response *r = get(&f, "/hello");

	assert_str_c(r->body, "hello");
	assert_string_equal(r->error.code, "");
	struct http_stats s;

	http_client_stats(f.client, &s);
	assert_int_equal(s.requests, 24);
	assert_int_equal(s.connections, 3);
	teardown(&f);
}

static void redirects_only_on_demand(void **state)
{
	(void)state;
	struct fixture f = setup();
	_cleanup_response_ struct http_response *r = get(&f, "/moved");
	struct url u = at(&f, "/moved"), end;

	assert_int_equal(r->status, 301);
	struct http_request q = { .url = &u };
	struct http_response *got = NULL;

	assert_ok(http_fetch_follow(f.client, &q, 5, f.arena, &end, &got, NULL));
	assert_str_c(got->body, "hello");
	assert_str_c(end.path, "/hello");
	assert_str_c(end.fragment, "x");
	http_response_free(got);
	u = at(&f, "/loop");
	assert_ok(http_fetch_follow(f.client, &q, 5, f.arena, &end, &got, NULL));
	assert_string_equal(got->error.code, "http.too-many-redirects");
	http_response_free(got);
	u = at(&f, "/outside");
	assert_ok(http_fetch_follow(f.client, &q, 5, f.arena, &end, &got, NULL));
	assert_string_equal(got->error.code, "policy.metadata");
	assert_int_equal(got->status, 0);
	http_response_free(got);
	teardown(&f);
}

static void cookies_come_back(void **state)
{
	(void)state;
	struct fixture f = setup();
	_cleanup_jar_ struct cookie_jar *jar = cookie_jar_new();
	struct url u = at(&f, "/setcookie");
	struct http_request q = { .url = &u, .jar = jar };
	struct http_response *r = NULL;

	assert_ok(http_fetch(f.client, &q, &r, NULL));
	http_response_free(r);
	u = at(&f, "/echo");
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_true(str_has(r->body, STR("\r\nCookie: sid=abc\r\n")));
	http_response_free(r);
	u = at(&f, "/x/y");
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_true(str_has(r->body, STR("\r\nCookie: b=2; sid=abc\r\n")));
	http_response_free(r);
	teardown(&f);
}

static void refused_connections_say_so(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct url u;
	struct http_request q = { .url = &u };
	struct http_response *r = NULL;

	assert_ok(bind(fd, (struct sockaddr *)&sin, sizeof(sin))); /* bound, not listening */
	assert_ok(getsockname(fd, (struct sockaddr *)&sin, &len));
	assert_ok(url_parse(f.arena,
			    arena_printf(f.arena, "http://127.0.0.1:%u/", ntohs(sin.sin_port)),
			    NULL, 0, &u, NULL));
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_string_equal(r->error.code, "net.connect-refused");
	http_response_free(r);
	assert_ok(url_parse(f.arena, STR("http://169.254.169.254/latest/"), NULL, 0, &u, NULL));
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_string_equal(r->error.code, "policy.metadata");
	http_response_free(r);
	teardown(&f);
}

static void ipv6_addresses_are_reached_and_policed(void **state)
{
	struct fixture f = setup();
	struct sockaddr_in6 sin = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(sin);
	_cleanup_close_ int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct url u;
	struct http_request q = { .url = &u };
	struct http_response *r = NULL;

	/* Bound, not listening: refused, which means that it was asked. */
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0) {
		assert_ok(getsockname(fd, (struct sockaddr *)&sin, &len));
		assert_ok(url_parse(f.arena,
				    arena_printf(f.arena, "http://[::1]:%u/", ntohs(sin.sin6_port)),
				    NULL, 0, &u, NULL));
		assert_ok(http_fetch(f.client, &q, &r, NULL));
		assert_string_equal(r->error.code, "net.connect-refused");
		http_response_free(r);
	}
	assert_ok(url_parse(f.arena, STR("http://[fe80::1]/"), NULL, 0, &u, NULL));
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_true(str_starts(str_c(r->error.code), STR("policy.")));
	http_response_free(r);
	teardown(&f);
}

/* A server whose queue is full answers the handshake only when it gets round to it. */
struct busy_server {
	int listener, filler;
};

static void *serve_late(void *arg)
{
	struct busy_server *b = arg;
	char text[1024];

	test_sleep_ms(300);
	close(accept(b->listener, NULL, NULL));
	int fd = accept(b->listener, NULL, NULL);

	if (read(fd, text, sizeof(text)) > 0 &&
	    send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate", 42, MSG_NOSIGNAL) > 0)
		test_sleep_ms(50);
	close(fd);
	return NULL;
}

static void a_slow_handshake_is_waited_for(void **state)
{
	struct fixture f = setup();
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	struct busy_server b = { .listener = socket(AF_INET, SOCK_STREAM, 0),
				 .filler = socket(AF_INET, SOCK_STREAM, 0) };
	struct url u;
	struct http_request q = { .url = &u, .timeout_ms = 8000 };
	struct http_response *r = NULL;
	pthread_t t;

	assert_ok(bind(b.listener, (struct sockaddr *)&sin, sizeof(sin)));
	assert_ok(listen(b.listener, 0));
	assert_ok(getsockname(b.listener, (struct sockaddr *)&sin, &len));
	assert_ok(connect(b.filler, (struct sockaddr *)&sin, sizeof(sin)));
	assert_ok(pthread_create(&t, NULL, serve_late, &b));
	assert_ok(url_parse(f.arena,
			    arena_printf(f.arena, "http://127.0.0.1:%u/", ntohs(sin.sin_port)),
			    NULL, 0, &u, NULL));
	assert_ok(http_fetch(f.client, &q, &r, NULL));
	assert_string_equal(r->error.code, "");
	assert_str(r->body, STR("late"));
	http_response_free(r);
	pthread_join(t, NULL);
	close(b.listener);
	close(b.filler);
	teardown(&f);
}

struct counter {
	unsigned done, cancelled, failed;
};

static void count(void *ctx, struct http_response *r)
{
	struct counter *c = ctx;

	c->done++;
	c->cancelled += error_is(&r->error, "http.cancelled");
	c->failed += r->error.code[0] != 0;
	http_response_free(r);
}

static void many_at_once(void **state)
{
	(void)state;
	struct fixture f = { .server = test_server_start(site, NULL, NULL) };
	struct counter n = { 0 };

	open_client(&f, (struct http_client_options){ .max_parallel = 16, .max_per_origin = 4 });
	struct url u = at(&f, "/hello");
	struct http_request q = { .url = &u };

	for (int i = 0; i < 1000; i++)
		assert_ok(http_submit(f.client, &q, count, &n, NULL));
	assert_int_equal(http_client_pending(f.client), 1000);
	while (http_client_run(f.client, 1000) > 0)
		;
	assert_int_equal(n.done, 1000);
	assert_int_equal(n.failed, 0);
	assert_int_equal(test_server_connections(f.server), 4);
	for (int i = 0; i < 100; i++)
		assert_ok(http_submit(f.client, &q, count, &n, NULL));
	http_client_run(f.client, 0);
	http_client_cancel(f.client);
	assert_int_equal(n.done, 1100);
	assert_true(n.cancelled > 50);
	assert_int_equal(http_client_pending(f.client), 0);
	teardown(&f);
}

static void tls_unverified_and_verified(void **state)
{
	(void)state;
	struct fixture f = { .server = test_server_start(
				     site, NULL, test_tls_context("IP:127.0.0.1", -1, 30)) };
	struct url u;
	struct http_request q = { .url = &u };
	struct http_response *r = NULL;

	open_client(&f, (struct http_client_options){ 0 });
	assert_ok(url_parse(
		f.arena,
		arena_printf(f.arena, "https://127.0.0.1:%u/hello", test_server_port(f.server)),
		NULL, 0, &u, NULL));
	for (int i = 0; i < 3; i++) {
		assert_ok(http_fetch(f.client, &q, &r, NULL));
		assert_string_equal(r->error.code, "");
		assert_str_c(r->body, "hello");
		assert_true(r->tls);
		assert_true(str_starts(r->sent, STR("GET /hello HTTP/1.1\r\n")));
		http_response_free(r);
	}
	assert_int_equal(test_server_connections(f.server), 1);
	struct http_client_options o = { .connector = f.connector, .verify_tls = true };
	_cleanup_http_client_ struct http_client *strict = NULL;

	assert_ok(http_client_new(&o, &strict, NULL));
	assert_ok(http_fetch(strict, &q, &r, NULL));
	assert_string_equal(r->error.code, "tls.untrusted");
	http_response_free(r);
	http_client_free(take_ptr(strict));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_in_full),
		cmocka_unit_test(requests_are_exact),
		cmocka_unit_test(what_cannot_be_written_is_refused),
		cmocka_unit_test(compressed_bodies_are_bounded),
		cmocka_unit_test(bad_answers_end_with_a_clear_word),
		cmocka_unit_test(connections_are_kept_and_replaced),
		cmocka_unit_test(redirects_only_on_demand),
		cmocka_unit_test(cookies_come_back),
		cmocka_unit_test(refused_connections_say_so),
		cmocka_unit_test(a_slow_handshake_is_waited_for),
		cmocka_unit_test(ipv6_addresses_are_reached_and_policed),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(tls_unverified_and_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
