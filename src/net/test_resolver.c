/* The DNS client against a server inside the test, over UDP and TCP. */
#include "base/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/limits.h"
#include "net/connector.h"
#include "net/dns_private.h"
#include "net/resolver.h"
#include "net/zone.h"

struct server {
	int udp, tcp;
	uint16_t port;
	atomic_bool stop;
	atomic_uint forged;
	pthread_t thread;
};

static void put16(struct buf *b, unsigned v)
{
	buf_char(b, (char)(v >> 8));
	buf_char(b, (char)v);
}

static void record(struct buf *b, const char *owner, size_t owner_len, unsigned type, unsigned ttl,
		   const void *data, size_t n)
{
	buf_add(b, owner, owner_len);
	put16(b, type);
	put16(b, 1);
	put16(b, 0);
	put16(b, ttl);
	put16(b, (unsigned)n);
	buf_add(b, data, n);
}

#define QNAME "\300\014", 2

/* Builds the answer to the question q by its first label. */
static void answer(struct buf *b, struct str q, bool tcp)
{
	struct str label = str_sub(q, 13, 13 + (size_t)(unsigned char)q.ptr[12]);
	unsigned type = (unsigned char)q.ptr[q.len - 3];
	unsigned flags = 0x8180, count = 1;
	_cleanup_buf_ struct buf body = BUF_INIT(60000);

	if (str_eq(label, STR("nx"))) {
		flags |= 3;
		count = 0;
	} else if (str_eq(label, STR("gone"))) {
		flags |= 3;
		record(&body, QNAME, DNS_CNAME, 60, "\4old1\300\021", 7);
	} else if (str_eq(label, STR("servfail"))) {
		flags |= 2;
		count = 0;
	} else if (str_eq(label, STR("two"))) {
		count = 2;
		record(&body, QNAME, DNS_TXT, 60, "\3one\4more", 9);
		record(&body, QNAME, DNS_TXT, 60, "\0", 1);
	} else if (str_eq(label, STR("alias"))) {
		count = 2;
		record(&body, QNAME, DNS_CNAME, 60, "\4real\300\022", 7);
		record(&body, "\4real\300\022", 7, DNS_TXT, 60, "\5token", 6);
	} else if (str_eq(label, STR("big")) && !tcp) {
		flags |= 0x0200;
		count = 0;
	} else if (str_eq(label, STR("big"))) {
		char data[256 * 20];

		for (int i = 0; i < 20; i++) {
			data[256 * i] = (char)255;
			memset(data + 256 * i + 1, 'a' + i, 255);
		}
		record(&body, QNAME, DNS_TXT, 60, data, sizeof(data));
	} else if (str_eq(label, STR("broken"))) {
		record(&body, QNAME, DNS_TXT, 60, "\11short", 6);
	} else if (str_eq(label, STR("stranger"))) {
		record(&body, "\5other\0", 7, DNS_TXT, 60, "\5token", 6);
	} else if (str_eq(label, STR("host")) && type == DNS_A) {
		record(&body, QNAME, DNS_A, 7, "\177\0\0\1", 4);
	} else if (str_eq(label, STR("host")) && type == DNS_AAAA) {
		record(&body, QNAME, DNS_AAAA, 9, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	} else if (str_eq(label, STR("all")) && type == NET_DNS_MX) {
		record(&body, QNAME, NET_DNS_MX, 60, "\0\12\4mail\300\014", 9);
	} else if (str_eq(label, STR("all")) && type == NET_DNS_SOA) {
		record(&body, QNAME, NET_DNS_SOA, 60, "\2ns\300\014\5admin\300\014\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", 33);
	} else if (str_eq(label, STR("zone")) && type == 252) {
		static const char soa[] = "\2ns\300\014\5admin\300\014\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";

		count = 4;
		record(&body, QNAME, NET_DNS_SOA, 60, soa, 33);
		record(&body, "\3www\300\014", 6, DNS_A, 60, "\12\0\0\1", 4);
		record(&body, "\2db\300\014", 5, DNS_A, 60, "\12\0\0\2", 4);
		record(&body, QNAME, NET_DNS_SOA, 60, soa, 33);
	} else if (str_eq(label, STR("refused"))) {
		flags |= 5;
		count = 0;
	} else {
		count = 0;
	}
	buf_add(b, q.ptr, 2);
	put16(b, flags);
	put16(b, 1);
	put16(b, count);
	put16(b, 0);
	put16(b, 0);
	buf_add(b, q.ptr + 12, q.len - 12);
	buf_str(b, buf_view(&body));
}

static void serve_udp(struct server *s)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char q[512];
	ssize_t n = recvfrom(s->udp, q, sizeof(q), 0, (struct sockaddr *)&from, &len);
	_cleanup_buf_ struct buf b = BUF_INIT(65000);

	if (n < 17)
		return;
	answer(&b, str_make(q, (size_t)n), false);
	if (str_has(str_make(q, (size_t)n), STR("\6forged"))) {
		/* A wrong id first, then the truth. */
		b.ptr[0] ^= 1;
		sendto(s->udp, b.ptr, b.len, 0, (struct sockaddr *)&from, len);
		b.ptr[0] ^= 1;
		atomic_fetch_add(&s->forged, 1);
	}
	sendto(s->udp, b.ptr, b.len, 0, (struct sockaddr *)&from, len);
}

static void serve_tcp(struct server *s)
{
	int fd = accept(s->tcp, NULL, NULL);
	char q[514];
	ssize_t n = recv(fd, q, sizeof(q), 0);
	_cleanup_buf_ struct buf b = BUF_INIT(65000), framed = BUF_INIT(65537);

	if (n > 19) {
		answer(&b, str_make(q + 2, (size_t)n - 2), true);
		put16(&framed, (unsigned)b.len);
		buf_str(&framed, buf_view(&b));
		check(send(fd, framed.ptr, framed.len, MSG_NOSIGNAL) == (ssize_t)framed.len);
	}
	close(fd);
}

static void *loop(void *p)
{
	struct server *s = p;

	while (!atomic_load(&s->stop)) {
		struct pollfd fds[2] = { { .fd = s->udp, .events = POLLIN },
					 { .fd = s->tcp, .events = POLLIN } };

		if (poll(fds, 2, 20) <= 0)
			continue;
		if (fds[0].revents)
			serve_udp(s);
		if (fds[1].revents)
			serve_tcp(s);
	}
	return NULL;
}

static void start(struct server *s)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	*s = (struct server){ .udp = socket(AF_INET, SOCK_DGRAM, 0),
			      .tcp = socket(AF_INET, SOCK_STREAM, 0) };
	assert_ok(bind(s->tcp, (struct sockaddr *)&sin, sizeof(sin)));
	assert_ok(getsockname(s->tcp, (struct sockaddr *)&sin, &len));
	assert_ok(bind(s->udp, (struct sockaddr *)&sin, sizeof(sin)));
	assert_ok(listen(s->tcp, 8));
	s->port = ntohs(sin.sin_port);
	assert_ok(pthread_create(&s->thread, NULL, loop, s));
}

static void stop(struct server *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	close(s->udp);
	close(s->tcp);
}

static struct net_resolver *resolver(const struct server *s)
{
	struct net_resolver *r = NULL;
	char text[40];

	snprintf(text, sizeof(text), "127.0.0.1:%u", s->port);
	assert_ok(net_resolver_new(str_c(text), &r, NULL));
	return r;
}

static void txt_records(void **state)
{
	(void)state;
	struct server s;
	struct net_txt t;
	struct error e = { 0 };
	_cleanup_arena_ struct arena *a = arena_new(MIB);

	start(&s);
	_cleanup_resolver_ struct net_resolver *r = resolver(&s);

	assert_ok(net_resolver_txt(r, a, STR("two.example"), &t, &e));
	assert_int_equal(t.len, 2);
	assert_str_c(t.ptr[0], "onemore");
	assert_str_c(t.ptr[1], "");
	assert_ok(net_resolver_txt(r, a, STR("Alias.Example."), &t, &e));
	assert_int_equal(t.len, 1);
	assert_str_c(t.ptr[0], "token");
	assert_ok(net_resolver_txt(r, a, STR("nx.example"), &t, &e));
	assert_int_equal(t.len, 0);
	assert_ok(net_resolver_txt(r, a, STR("empty.example"), &t, &e));
	assert_int_equal(t.len, 0);
	/* Records of other names are not taken. */
	assert_ok(net_resolver_txt(r, a, STR("stranger.example"), &t, &e));
	assert_int_equal(t.len, 0);
	assert_ok(net_resolver_txt(r, a, STR("big.example"), &t, &e));
	assert_int_equal(t.len, 1);
	assert_int_equal(t.ptr[0].len, 255 * 20);
	assert_ok(net_resolver_txt(r, a, STR("forged.two.example"), &t, &e));
	assert_true(atomic_load(&s.forged) > 0);
	assert_int_equal(net_resolver_txt(r, a, STR("servfail.example"), &t, &e), -1);
	assert_string_equal(e.code, "dns.refused");
	static const char *const bad[] = {
		"",
		".",
		"a..b",
		"a b",
		"\xe4\xb8\xad.cn",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(net_resolver_txt(r, a, str_c(bad[i]), &t, &e), -1);
		assert_string_equal(e.code, "dns.bad-name");
	}
	stop(&s);
}

static void addresses_and_the_connector(void **state)
{
	(void)state;
	struct server s;
	struct net_addrs got;
	struct error e = { 0 };

	start(&s);
	_cleanup_resolver_ struct net_resolver *r = resolver(&s);

	assert_ok(net_resolver_addrs(r, STR("host.example"), &got, &e));
	assert_int_equal(got.len, 2);
	assert_int_equal(got.ptr[0].ss_family, AF_INET);
	assert_int_equal(got.ptr[1].ss_family, AF_INET6);
	assert_int_equal(got.ttl_s, 7);
	assert_int_equal(net_resolver_addrs(r, STR("nx.example"), &got, &e), -1);
	assert_string_equal(e.code, "dns.no-name");
	/* A public name that points inside is stopped at connect time. */
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	char servers[40];
	int fd;

	snprintf(servers, sizeof(servers), "127.0.0.1:%u", s.port);
	struct net_direct_options o = { .policy = p, .dns_servers = str_c(servers) };
	struct net_connector *c = NULL;

	assert_ok(net_connector_direct(&o, &c, &e));
	assert_int_equal(net_connector_open(c, STR("host.example"), s.port, &fd, &e), -1);
	assert_string_equal(e.code, "policy.loopback");
	assert_ok(net_policy_allow_cidr(p, STR("127.0.0.1"), &e));
	assert_ok(net_connector_open(c, STR("host.example"), s.port, &fd, &e));
	close(fd);
	net_connector_free(c);
	stop(&s);
}

static void servers_are_addresses(void **state)
{
	(void)state;
	static const char *const good[] = { "",
					    "192.0.2.1",
					    "192.0.2.1:5353",
					    "[::1]:53",
					    "::1",
					    "[::1]",
					    "192.0.2.1, 192.0.2.2  192.0.2.3" };
	static const char *const bad[] = {
		"dns.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:99999", "[::1", "[::1]x", ","
	};
	struct error e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_resolver_ struct net_resolver *r = NULL;

		assert_ok(net_resolver_new(str_c(good[i]), &r, &e));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct net_resolver *r = NULL;

		if (net_resolver_new(str_c(bad[i]), &r, &e) == 0)
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(e.code, "dns.bad-server");
	}
}

static void malformed_answers(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf q = BUF_INIT(600), b = BUF_INIT(65000);
	struct dns_name name;
	struct dns_answer got;

	assert_ok(dns_name_from_text(STR("two.example"), &name));
	dns_write_question(&q, 77, &name, DNS_TXT);
	answer(&b, buf_view(&q), false);
	assert_ok(dns_read_answer(a, buf_view(&b), 77, &name, DNS_TXT, &got));
	assert_int_equal(got.txt.len, 2);
	assert_int_equal(dns_read_answer(a, buf_view(&b), 78, &name, DNS_TXT, &got), -1);
	assert_int_equal(dns_read_answer(a, buf_view(&b), 77, &name, DNS_A, &got), -1);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(
			dns_read_answer(a, str_sub(buf_view(&b), 0, n), 77, &name, DNS_TXT, &got),
			-1);
	/* A compression pointer to itself. */
	b.ptr[q.len + 1] = (char)q.len;
	assert_int_equal(dns_read_answer(a, buf_view(&b), 77, &name, DNS_TXT, &got), -1);
	assert_ok(dns_name_from_text(STR("broken.example"), &name));
	buf_clear(&q);
	buf_clear(&b);
	dns_write_question(&q, 77, &name, DNS_TXT);
	answer(&b, buf_view(&q), false);
	assert_int_equal(dns_read_answer(a, buf_view(&b), 77, &name, DNS_TXT, &got), -1);
}

static void records_and_zones(void **state)
{
	struct server s;
	struct error e;
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	_cleanup_resolver_ struct net_resolver *r = NULL;
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	_cleanup_connector_ struct net_connector *c = NULL;
	struct net_records got;
	struct net_zone zone;
	char text[40];

	start(&s);
	snprintf(text, sizeof(text), "127.0.0.1:%u", s.port);
	assert_ok(net_resolver_new(str_c(text), &r, &e));
	assert_ok(net_resolver_query(r, a, STR("all.example"), NET_DNS_MX, &got, &e));
	assert_int_equal(got.len, 1);
	assert_str_c(got.ptr[0].text, "10 mail.all.example");
	assert_ok(net_resolver_query(r, a, STR("all.example"), NET_DNS_SOA, &got, &e));
	assert_str_c(got.ptr[0].text, "ns.all.example admin.all.example 7");
	assert_ok(net_resolver_query(r, a, STR("host.example"), NET_DNS_A, &got, &e));
	assert_str_c(got.ptr[0].text, "127.0.0.1");
	assert_ok(net_resolver_query(r, a, STR("gone.example"), NET_DNS_A, &got, &e));
	assert_int_equal(got.rcode, 3);
	assert_int_equal(got.len, 1);
	assert_str_c(got.ptr[0].text, "old1.example");
	assert_ok(net_resolver_query(r, a, STR("nx.example"), NET_DNS_NS, &got, &e));
	assert_int_equal(got.len, 0);

	net_policy_allow_own(policy);
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e));
	assert_int_equal(net_zone_transfer(c, STR("127.0.0.1"), s.port, STR("zone.example"), a, &zone, &e), 1);
	assert_int_equal(zone.records, 4);
	assert_int_equal(zone.nnames, 2);
	assert_str_c(zone.names[1], "db.zone.example");
	assert_int_equal(net_zone_transfer(c, STR("127.0.0.1"), s.port, STR("refused.example"), a, &zone, &e), 0);
	stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(txt_records),
		cmocka_unit_test(addresses_and_the_connector),
		cmocka_unit_test(servers_are_addresses),
		cmocka_unit_test(malformed_answers),
		cmocka_unit_test(records_and_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
