/* Byte-exact sending, tolerant reading, and facts about TLS. */
#include "base/test.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/rawsend.h"
#include "net/test_server.h"
#include "net/tls_hello_private.h"
#include "net/tlsfacts.h"

static struct http_response *parse(struct str bytes, size_t *ret_used)
{
	struct http_response *r = NULL;

	return raw_parse_response(bytes, &r, ret_used, NULL) == 0 ? r : NULL;
}

static void odd_responses_are_read(void **state)
{
	(void)state;
	static const struct {
		struct str bytes;
		int status;
		const char *body;
		bool truncated;
		int used; /* -1: all */
	} v[] = {
		{ STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1"), 200, "hi",
		  false, 40 },
		{ STR_INIT("HTTP/1.0 404 Not Found\n\nbody"), 404, "body", false, -1 },
		{ STR_INIT("http/1.1 200\r\n\r\n"), 200, "", false, -1 },
		{ STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhi"), 200, "hi", true,
		  -1 },
		{ STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\nhi"), 200, "hi", false,
		  -1 },
		{ STR_INIT("HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nhi"), 204, "", false, 38 },
		{ STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n1 "
			   "\r\n!\r\n0\r\nT: 1\r\n\r\nrest"),
		  200, "hi!", false, 76 },
		{ STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nhi"),
		  200, "hi", true, -1 },
		{ STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi"), 200,
		  "", false, 47 },
		{ STR_INIT("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nnocolon\r\n\r\n"), 200, "", false,
		  -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		size_t used = 0;
		_cleanup_response_ struct http_response *r = parse(v[i].bytes, &used);

		assert_non_null(r);
		if (r->status != v[i].status || !str_eq(r->body, str_c(v[i].body)) ||
		    r->truncated != v[i].truncated ||
		    used != (v[i].used < 0 ? v[i].bytes.len : (size_t)v[i].used))
			fail_msg("%zu: %d \"%.*s\" %d used %zu", i, r->status, STR_ARG(r->body),
				 r->truncated, used);
	}
	static const char *const bad[] = {
		"", "x", "HTTP/", "HTTP/1.1", "HTTP/1.1 2x0 OK\r\n\r\n", "<html>"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(parse(str_c(bad[i]), NULL));
}

static void raw_site(struct test_conn *c)
{
	if (!test_read_request(c))
		return;
	if (str_has(buf_view(&c->request), STR("/slow"))) {
		test_sleep_ms(400);
		return;
	}
	test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", c->request.len);
	test_write(c, buf_view(&c->request));
	while (test_read_request(c))
		test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n#%u", c->number);
}

struct fixture {
	struct test_server *server;
	struct net_policy *policy;
	struct net_connector *connector;
};

static void plain_site(struct test_conn *c)
{
	test_writef(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

static void setup_with(struct fixture *f, test_handler *handler, SSL_CTX *ctx)
{
	struct net_direct_options d = { 0 };

	f->server = test_server_start(handler, NULL, ctx);
	f->policy = net_policy_new();
	net_policy_allow_own(f->policy);
	d.policy = f->policy;
	assert_ok(net_connector_direct(&d, &f->connector, NULL));
}

static void setup(struct fixture *f, SSL_CTX *ctx)
{
	setup_with(f, raw_site, ctx);
}

static void teardown(struct fixture *f)
{
	net_connector_free(f->connector);
	net_policy_free(f->policy);
	test_server_stop(f->server);
}

static void exchange(bool tls)
{
	struct fixture f;
	struct error e = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT(MIB);
	struct str odd = STR("GET  /\x01 HTTP/9.9\nX : y\r\nEvil\rZ: 1\r\n\r\n");
	int64_t us = -1;

	setup(&f, tls ? test_tls_context("IP:127.0.0.1", -1, 30) : NULL);
	struct raw_request q = { .host = STR("127.0.0.1"),
				 .port = test_server_port(f.server),
				 .tls = tls,
				 .bytes = odd,
				 .timeout_ms = 3000 };

	if (raw_send(f.connector, &q, &out, &us, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	assert_true(us >= 0);
	_cleanup_response_ struct http_response *r = parse(buf_view(&out), NULL);

	assert_str(r->body, odd); /* byte for byte */
	/* Two requests in one write; the answers come one behind the other. */
	buf_clear(&out);
	q.bytes = STR("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
	q.whole = true;
	q.timeout_ms = 300;
	assert_ok(raw_send(f.connector, &q, &out, &us, &e));
	assert_true(str_ends(buf_view(&out), STR("#2")));
	buf_clear(&out);
	q = (struct raw_request){ .host = STR("127.0.0.1"),
				  .port = test_server_port(f.server),
				  .tls = tls,
				  .bytes = STR("GET /slow HTTP/1.1\r\n\r\n"),
				  .timeout_ms = 150 };
	assert_int_equal(raw_send(f.connector, &q, &out, NULL, &e), -1);
	assert_string_equal(e.code, "net.timeout");
	q.timeout_ms = 3000;
	assert_int_equal(raw_send(f.connector, &q, &out, NULL, &e), -1);
	assert_string_equal(e.code, "net.empty-answer");
	q.host = STR("169.254.169.254");
	assert_int_equal(raw_send(f.connector, &q, &out, NULL, &e), -1);
	assert_string_equal(e.code, "policy.metadata");
	teardown(&f);
}

static void bytes_go_out_as_given(void **state)
{
	(void)state;
	exchange(false);
	exchange(true);
}

static void the_answer_is_bounded(void **state)
{
	(void)state;
	struct fixture f;
	_cleanup_buf_ struct buf out = BUF_INIT(MIB);

	setup(&f, NULL);
	struct raw_request q = { .host = STR("127.0.0.1"),
				 .port = test_server_port(f.server),
				 .bytes = STR("GET / HTTP/1.1\r\n\r\n"),
				 .max_bytes = 20 };

	assert_ok(raw_send(f.connector, &q, &out, NULL, NULL));
	assert_int_equal(out.len, 20);
	/* Plain bytes to a TLS port of nobody: a clear word, not a hang. */
	struct raw_request t = { .host = STR("127.0.0.1"),
				 .port = test_server_port(f.server),
				 .tls = true,
				 .bytes = STR("x"),
				 .timeout_ms = 500 };
	struct error e = { 0 };

	assert_int_equal(raw_send(f.connector, &t, &out, NULL, &e), -1);
	assert_string_equal(e.code, "tls.handshake");
	teardown(&f);
}

static void certificates_are_described(void **state)
{
	(void)state;
	int64_t now = clock_wall_ms(&clock_system), day = 86400000;
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct error e = { 0 };
	struct tls_facts t;
	struct fixture f;
	SSL_CTX *ctx = test_tls_context("DNS:localhost,IP:127.0.0.1,DNS:*.example.com", -1, 30);

	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_cipher_list(ctx, "ALL:aNULL:eNULL:@SECLEVEL=0");
	setup(&f, ctx);
	if (tls_facts_get(f.connector, STR("127.0.0.1"), test_server_port(f.server), true, now, a,
			  &t, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	assert_str_c(t.protocol, "TLSv1.2");
	assert_true(t.cipher.len > 0 && t.cipher_bits >= 128);
	assert_int_equal(t.ncerts, 1);
	assert_str_c(t.certs[0].subject, "CN=test.localhost");
	assert_str_c(t.certs[0].common_name, "test.localhost");
	assert_int_equal(t.certs[0].nnames, 3);
	assert_str_c(t.certs[0].names[1], "127.0.0.1");
	assert_str_c(t.certs[0].names[2], "*.example.com");
	assert_str_c(t.certs[0].key_type, "EC");
	assert_int_equal(t.certs[0].key_bits, 256);
	assert_str_c(t.certs[0].signature, "ecdsa-with-SHA256");
	assert_str_c(t.certs[0].serial, "1267");
	assert_int_equal(t.certs[0].sha256.len, 64);
	assert_true(t.certs[0].self_signed);
	assert_false(t.chain_ok);
	assert_int_equal(t.chain_error_code, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
	assert_true(t.host_match);
	assert_false(t.expired || t.not_yet_valid);
	assert_int_equal(t.tls13, TLS_NO);
	assert_int_equal(t.tls12, TLS_YES);
	assert_int_equal(t.tls11, TLS_YES);
	assert_int_equal(t.tls10, TLS_NO);
	assert_int_equal(t.ssl3, TLS_NO);
	assert_int_equal(t.ssl2, TLS_NO);
	assert_true(str_has(t.weak_ciphers, STR("NULL")) || str_has(t.weak_ciphers, STR("AECDH")));
	/* Seen from another day and by another name. */
	assert_ok(tls_facts_get(f.connector, STR("localhost"), test_server_port(f.server), false,
				now + 60 * day, a, &t, &e));
	assert_true(t.expired && t.host_match);
	assert_int_equal(t.tls10, TLS_UNKNOWN);
	assert_ok(tls_facts_get(f.connector, STR("127.0.0.1"), test_server_port(f.server), false,
				now - 60 * day, a, &t, &e));
	assert_true(t.not_yet_valid);
	teardown(&f);
	setup(&f, test_tls_context("DNS:other.example", -60, -30));
	assert_ok(tls_facts_get(f.connector, STR("127.0.0.1"), test_server_port(f.server), true,
				now, a, &t, &e));
	assert_true(t.expired);
	assert_false(t.host_match);
	assert_str_c(t.protocol, "TLSv1.3");
	assert_int_equal(t.tls13, TLS_YES);
	assert_int_equal(t.tls12, TLS_YES);
	assert_str_c(t.weak_ciphers, "");
	teardown(&f);
	/* A plain server is no TLS server. */
	setup_with(&f, plain_site, NULL);
	assert_int_equal(tls_facts_get(f.connector, STR("127.0.0.1"), test_server_port(f.server),
				       true, now, a, &t, &e),
			 -1);
	assert_string_equal(e.code, "tls.handshake");
	teardown(&f);
}

static void first_answers_of_old_servers(void **state)
{
	(void)state;
	uint16_t v = 0, s = 0;
	char hello[64] = "\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00";

	hello[45] = 0x05;
	assert_int_equal(tls_hello_read(str_make(hello, 46), &v, &s), TLS_REPLY_HELLO);
	assert_int_equal(v, TLS_WIRE_SSL3);
	assert_int_equal(s, 0x0005);
	for (size_t n = 0; n < 46; n++)
		assert_int_equal(tls_hello_read(str_make(hello, n), &v, &s), TLS_REPLY_MORE);
	assert_int_equal(tls_hello_read(STR("\x15\x03\x01\x00\x02\x02\x28"), &v, &s),
			 TLS_REPLY_ALERT);
	assert_int_equal(tls_hello_read(STR("HTTP/1.1 400"), &v, &s), TLS_REPLY_OTHER);
	hello[43] = 33;
	assert_int_equal(tls_hello_read(str_make(hello, 64), &v, &s), TLS_REPLY_OTHER);
	assert_int_equal(tls_hello_read_ssl2(STR("\x83\x12\x04\x00\x01\x00\x02")), TLS_REPLY_HELLO);
	assert_int_equal(tls_hello_read_ssl2(STR("HTTP/1.1 400")), TLS_REPLY_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_responses_are_read),
		cmocka_unit_test(bytes_go_out_as_given),
		cmocka_unit_test(the_answer_is_bounded),
		cmocka_unit_test(certificates_are_described),
		cmocka_unit_test(first_answers_of_old_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
