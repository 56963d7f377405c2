/* The engine against servers inside the test: a Redis without a log-in, HTTP inside TLS,
 * and hostile ones - an endless greeting, single bytes, resets. */
#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/http.h"
#include "net/policy.h"
#include "net/test_server.h"
#include "scan/advice.h"
#include "scan/asset/asset.h"
#include "scan/asset/service.h"

static struct error e;

static void redis(struct test_conn *c)
{
	static const char info[] = "$90\r\n# Server\r\nredis_version:6.0.9\r\nos:Linux 5.10.0-8-amd64 x86_64\r\n";
	char in[512];
	ssize_t n;

	while ((n = recv(c->fd, in, sizeof(in) - 1, 0)) > 0) {
		in[n] = '\0';
		if (strncmp(in, "PING", 4) == 0)
			test_write(c, STR("+PONG\r\n"));
		else if (strncmp(in, "INFO", 4) == 0)
			test_write(c, str_c(info));
		else
			test_write(c, STR("-ERR unknown command `GET`\r\n"));
	}
}

static void website(struct test_conn *c)
{
	while (test_read_request(c))
		test_write(c, STR("HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Length: 2\r\n\r\nok"));
}

static void endless(struct test_conn *c)
{
	char piece[1024];

	memset(piece, 'A', sizeof(piece));
	while (test_write(c, str_make(piece, sizeof(piece))))
		;
}

static void drip(struct test_conn *c)
{
	while (test_write(c, STR("x")))
		test_sleep_ms(100);
}

static void reset(struct test_conn *c)
{
	struct linger hard = { 1, 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static void ssh(struct test_conn *c)
{
	char in[64];

	test_write(c, STR("SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.6\r\n"));
	recv(c->fd, in, sizeof(in), 0);
}

struct seen {
	struct buf facts, findings, checkpoint;
	struct str resume;
};

static void on_fact(void *ctx, const struct asset_fact *f)
{
	struct seen *s = ctx;

	buf_printf(&s->facts, "%.*s|%u|%.*s|%u\n", STR_ARG(f->kind), f->port, STR_ARG(f->title), f->confidence);
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct seen *s = ctx;

	buf_printf(&s->findings, "%.*s %.*s\n", STR_ARG(f->check), STR_ARG(f->url));
	assert_int_equal(f->fingerprint.len, 32);
	assert_non_null(scan_advice_find(f->check));
}

static void on_checkpoint(void *ctx, struct str text)
{
	struct seen *s = ctx;

	buf_clear(&s->checkpoint);
	buf_str(&s->checkpoint, text);
}

static bool saw(const struct buf *b, const char *fmt, unsigned port)
{
	char text[300];

	snprintf(text, sizeof(text), "%s", fmt);
	char *at = strstr(text, "PORT");

	if (at) {
		char with[320];

		snprintf(with, sizeof(with), "%.*s%u%s", (int)(at - text), text, port, at + 4);
		return str_has(buf_view(b), str_c(with));
	}
	return str_has(buf_view(b), str_c(text));
}

/* Looks at these ports of 127.0.0.1; milliseconds. */
static int64_t look(const uint16_t *ports, size_t n, struct seen *s, struct asset_summary *sum)
{
	struct asset_range list[16];
	struct asset_events events = { .ctx = s, .fact = on_fact, .finding = on_finding,
				       .checkpoint = on_checkpoint };
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	struct asset_job j = { .policy = policy, .no_dns = true };
	int64_t began = clock_mono_ms(&clock_system);

	for (size_t i = 0; i < n; i++)
		list[i] = (struct asset_range){ ports[i], ports[i] };
	net_policy_allow_own(policy);
	j.o.host = STR("127.0.0.1");
	j.o.ports = list;
	j.o.ports_len = n;
	j.o.resume = s->resume;
	buf_init(&s->facts, MIB);
	buf_init(&s->findings, MIB);
	buf_init(&s->checkpoint, MIB);
	if (asset_discover(&j, &events, sum, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	return clock_mono_ms(&clock_system) - began;
}

static void leave(struct seen *s)
{
	buf_free(&s->facts);
	buf_free(&s->findings);
	buf_free(&s->checkpoint);
}

static void test_services(void **state)
{
	SSL_CTX *tls = test_tls_context("DNS:localhost,IP:127.0.0.1", -1, 10);
	struct test_server *a = test_server_start(redis, NULL, NULL), *b = test_server_start(website, NULL, tls),
			   *c = test_server_start(ssh, NULL, NULL);
	uint16_t ports[] = { test_server_port(a), test_server_port(b), test_server_port(c), 1 };
	struct asset_summary sum;
	struct seen s = { 0 };

	look(ports, 4, &s, &sum);
	assert_true(sum.complete);
	assert_int_equal(sum.open, 3);
	assert_int_equal(sum.closed, 1);
	if (!saw(&s.facts, "service|PORT|redis · Redis 6.0.9|95", ports[0]) ||
	    !saw(&s.facts, "service|PORT|https · nginx 1.18.0|95", ports[1]) ||
	    !saw(&s.facts, "certificate|PORT|", ports[1]) || !saw(&s.facts, "tls|PORT|TLSv1.2, TLSv1.3", ports[1]) ||
	    !saw(&s.facts, "service|PORT|ssh · OpenSSH 8.9p1|95", ports[2]) ||
	    !saw(&s.facts, "system|0|Ubuntu Linux", 0))
		fail_msg("%s", s.facts.ptr);
	if (!saw(&s.findings, "asset-redis-unauth tcp://127.0.0.1:PORT/", ports[0]) ||
	    !saw(&s.findings, "asset-tls-certificate tls://127.0.0.1:PORT/", ports[1]) || /* 10 days left */
	    saw(&s.findings, "heartbleed", 0) || saw(&s.findings, "asset-tls-protocol", 0))
		fail_msg("%s", s.findings.ptr);
	leave(&s);
	test_server_stop(a);
	test_server_stop(b);
	test_server_stop(c);
}

/* A run that was cut off does not ask again what it knows; of other ports it knows nothing. */
static void test_resume(void **state)
{
	struct test_server *a = test_server_start(ssh, NULL, NULL);
	uint16_t ports[] = { test_server_port(a), 1 }, others[] = { 1 };
	struct asset_summary sum;
	struct seen s = { 0 }, again = { 0 }, other = { 0 };

	look(ports, 2, &s, &sum);
	assert_int_equal(sum.open, 1);
	test_server_stop(a);
	again.resume = other.resume = buf_view(&s.checkpoint);
	look(ports, 2, &again, &sum);
	assert_int_equal(sum.probed, 2);
	assert_int_equal(sum.open, 1);
	look(others, 1, &other, &sum);
	assert_int_equal(sum.open, 0);
	leave(&again);
	leave(&other);
	leave(&s);
}

/* None of them may cost more than its share, and none is taken for something. */
static void test_hostile(void **state)
{
	struct test_server *a = test_server_start(endless, NULL, NULL), *b = test_server_start(reset, NULL, NULL);
	uint16_t ports[] = { test_server_port(a), test_server_port(b) };
	struct asset_summary sum;
	struct seen s = { 0 };
	int64_t ms = look(ports, 2, &s, &sum);

	assert_true(sum.complete);
	assert_int_equal(sum.open, 2);
	if (!saw(&s.facts, "service|PORT|unknown|0", ports[0]) || !saw(&s.facts, "service|PORT|unknown|0", ports[1]))
		fail_msg("%s", s.facts.ptr);
	assert_int_equal(s.findings.len, 0);
	assert_true(ms < LIMIT_ASSET_PORT_MS);
	leave(&s);
	test_server_stop(a);
	test_server_stop(b);
}

static void test_slow_ones(void **state)
{
	struct test_server *a = test_server_start(drip, NULL, NULL);
	uint16_t ports[] = { test_server_port(a) };
	struct asset_summary sum;
	struct seen s = { 0 };
	int64_t ms = look(ports, 1, &s, &sum);

	assert_true(saw(&s.facts, "service|PORT|unknown|0", ports[0]));
	assert_true(ms < LIMIT_ASSET_PORT_MS + 15000);
	leave(&s);
	test_server_stop(a);
}

static void test_refused(void **state)
{
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	struct asset_job j = { .policy = policy, .no_dns = true, .o.host = STR("127.0.0.1") };
	struct asset_summary sum;

	assert_int_equal(asset_discover(&j, NULL, &sum, &e), -1);
	assert_string_equal(e.code, "policy.loopback");
	net_policy_allow_own(policy);
	j.o.host = STR("169.254.169.254");
	assert_int_equal(asset_discover(&j, NULL, &sum, &e), -1);
}

/* Every weakness has its words. */
static void test_advice(void **state)
{
	static const char *const ids[] = { "asset-vulnerable-version", "asset-end-of-life", "asset-zone-transfer",
					   "asset-tls-protocol", "asset-tls-cipher", "asset-tls-heartbleed",
					   "asset-tls-compression", "asset-tls-renegotiation", "asset-tls-no-fs",
					   "asset-tls-dh", "asset-tls-certificate" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_non_null(scan_advice_find(str_c(ids[i])));
	for (size_t i = 0; i < service_accesses_len; i++)
		if (!scan_advice_find(str_c(service_accesses[i].check)))
			fail_msg("data/advice has no row for %s", service_accesses[i].check);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest quick[] = {
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_advice),
	};
	const struct CMUnitTest slow[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_slow_ones),
	};

	assert_ok(net_http_global_init(&e));
	return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL) : cmocka_run_group_tests(quick, NULL, NULL);
}
