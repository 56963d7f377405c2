/* The DNS client: one question at a time over a connected UDP socket (random id, random
 * source port), again over TCP when the answer is cut. Servers are asked in turn until the
 * time is up. Search lists do not apply: names are complete. */
#include "net/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/dns_private.h"
#include "net/wait_private.h"
#include "net/policy.h"

#define RESOLVER_MAGIC 0x72736c76u
#define SERVERS_MAX 4
#define ATTEMPTS 2 /* of each server */

struct server {
	struct sockaddr_storage ss;
	socklen_t len;
};

struct net_resolver {
	unsigned magic;
	struct server servers[SERVERS_MAX];
	size_t nservers;
};

static int bad_server(struct error *e, struct str text)
{
	return error_field(e, "dns", "dns.bad-server", "域名服务器“%.*s”应写作 地址[:端口]",
			   "The name server \"%.*s\" must be ADDRESS[:PORT]",
			   (int)(text.len > 80 ? 80 : text.len), text.ptr);
}

static int add_server(struct net_resolver *r, struct str text)
{
	struct str addr = text, port = STR("53");
	uint64_t number;

	if (r->nservers == SERVERS_MAX)
		return 0;
	if (text.ptr[0] == '[') {
		ssize_t close = str_chr(text, ']');

		if (close < 0)
			return -1;
		addr = str_sub(text, 1, (size_t)close);
		struct str rest = str_from(text, (size_t)close + 1);

		if (rest.len && rest.ptr[0] != ':')
			return -1;
		if (rest.len)
			port = str_from(rest, 1);
	} else if (str_chr(text, ':') >= 0 && str_chr(text, ':') == str_rchr(text, ':')) {
		addr = str_sub(text, 0, (size_t)str_chr(text, ':'));
		port = str_from(text, (size_t)str_chr(text, ':') + 1);
	}
	struct server *s = &r->servers[r->nservers];

	if (str_to_u64(port, &number) < 0 || number == 0 || number > UINT16_MAX ||
	    net_addr_parse(addr, (uint16_t)number, &s->ss, &s->len) < 0)
		return -1;
	r->nservers++;
	return 0;
}

static void read_resolv_conf(struct net_resolver *r)
{
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		struct str s = str_trim(str_c(line));

		if (!str_starts(s, STR("nameserver")) || s.len < 12 || !ascii_space(s.ptr[10]))
			continue;
		s = str_trim(str_from(s, 10));
		/* An address with a scope (fe80::1%eth0) is skipped. */
		add_server(r, s);
	}
	if (f)
		fclose(f);
	if (r->nservers == 0)
		add_server(r, STR("127.0.0.1"));
}

int net_resolver_new(struct str servers, struct net_resolver **ret, struct error *e)
{
	_cleanup_resolver_ struct net_resolver *r = mem_alloc(sizeof(*r));
	struct str rest = str_trim(servers);

	r->magic = RESOLVER_MAGIC;
	if (rest.len == 0)
		read_resolv_conf(r);
	while (rest.len) {
		size_t n = 0;

		while (n < rest.len && rest.ptr[n] != ',' && !ascii_space(rest.ptr[n]))
			n++;
		if (n > 0 && add_server(r, str_sub(rest, 0, n)) < 0)
			return bad_server(e, str_sub(rest, 0, n));
		rest = str_from(rest, n < rest.len ? n + 1 : n);
	}
	if (r->nservers == 0)
		return bad_server(e, servers);
	*ret = take_ptr(r);
	return 0;
}

void net_resolver_free(struct net_resolver *r)
{
	if (!r)
		return;
	CHECK_OBJ(r, RESOLVER_MAGIC);
	r->magic = 0;
	free(r);
}

struct question {
	const struct dns_name *name;
	uint16_t type;
};

enum outcome { ANSWERED, NO_ANSWER, BAD_ANSWER };

static enum outcome ask_udp(const struct server *s, const struct question *q, struct arena *a,
			    int64_t until, struct dns_answer *ret)
{
	_cleanup_close_ int fd = socket(s->ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
					0);
	_cleanup_buf_ struct buf b = BUF_INIT(512);
	enum outcome outcome = NO_ANSWER;
	char packet[4096];
	uint16_t id;

	random_bytes(&id, sizeof(id));
	dns_write_question(&b, id, q->name, q->type);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&s->ss, s->len) < 0 ||
	    send(fd, b.ptr, b.len, MSG_NOSIGNAL) < 0)
		return NO_ANSWER;
	while (net_wait(fd, POLLIN, until) == 0) {
		ssize_t n = recv(fd, packet, sizeof(packet), 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return outcome; /* port unreachable */
		if (dns_read_answer(a, str_make(packet, (size_t)n), id, q->name, q->type, ret) == 0)
			return ANSWERED;
		outcome = BAD_ANSWER; /* perhaps forged: the true one may still come */
	}
	return outcome;
}

static int tcp_read(int fd, char *out, size_t n, int64_t until)
{
	while (n) {
		ssize_t got = recv(fd, out, n, 0);

		if (got > 0) {
			out += got;
			n -= (size_t)got;
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR) ||
			   net_wait(fd, POLLIN, until) < 0) {
			return -1;
		}
	}
	return 0;
}

static enum outcome ask_tcp(const struct server *s, const struct question *q, struct arena *a,
			    int64_t until, struct dns_answer *ret)
{
	_cleanup_close_ int fd = socket(s->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
					0);
	_cleanup_buf_ struct buf b = BUF_INIT(600), framed = BUF_INIT(600),
				 in = BUF_INIT(UINT16_MAX);
	unsigned char size[2];
	uint16_t id;

	random_bytes(&id, sizeof(id));
	dns_write_question(&b, id, q->name, q->type);
	buf_char(&framed, (char)(b.len >> 8));
	buf_char(&framed, (char)b.len);
	buf_str(&framed, buf_view(&b));
	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)&s->ss, s->len) < 0 && errno != EINPROGRESS))
		return NO_ANSWER;
	/* The question fits any socket buffer: one send once connected. */
	if (net_wait(fd, POLLOUT, until) < 0 ||
	    send(fd, framed.ptr, framed.len, MSG_NOSIGNAL) != (ssize_t)framed.len ||
	    tcp_read(fd, (char *)size, 2, until) < 0)
		return NO_ANSWER;
	size_t n = (size_t)(size[0] << 8 | size[1]);

	if (n == 0 || tcp_read(fd, buf_reserve(&in, n), n, until) < 0)
		return NO_ANSWER;
	in.len = n;
	if (dns_read_answer(a, buf_view(&in), id, q->name, q->type, ret) < 0 || ret->truncated)
		return BAD_ANSWER;
	return ANSWERED;
}

static int no_answer(struct error *e, enum outcome worst, struct str name)
{
	if (worst == BAD_ANSWER)
		return error_field(e, "host", "dns.bad-answer", "域名服务器对 %.*s 的应答无法解析",
				   "The name server's answer for %.*s is malformed", STR_ARG(name));
	return error_field(e, "host", "dns.timeout", "查询 %.*s 时域名服务器没有应答",
			   "No answer from the name server for %.*s", STR_ARG(name));
}

/* rcodes other than 0 and 3 make the next server be asked. */
static int ask(struct net_resolver *r, struct arena *a, struct str name, uint16_t type,
	       struct dns_answer *ret, struct error *e)
{
	int64_t now = clock_mono_ms(&clock_system);
	size_t tries = r->nservers * ATTEMPTS;
	enum outcome worst = NO_ANSWER;
	struct dns_name wire;
	int refused = -1;

	CHECK_OBJ(r, RESOLVER_MAGIC);
	if (dns_name_from_text(name, &wire) < 0)
		return error_field(e, "host", "dns.bad-name", "域名“%.*s”无效",
				   "Invalid domain name \"%.*s\"",
				   (int)(name.len > 80 ? 80 : name.len), name.ptr ? name.ptr : "");
	struct question q = { &wire, type };

	for (size_t i = 0; i < tries; i++) {
		const struct server *s = &r->servers[i % r->nservers];
		int64_t until = now + (int64_t)(LIMIT_NET_DNS_MS * (i + 1) / tries);
		enum outcome o = ask_udp(s, &q, a, until, ret);

		if (o == ANSWERED && ret->truncated)
			o = ask_tcp(s, &q, a, now + LIMIT_NET_DNS_MS, ret);
		if (o == ANSWERED && (ret->rcode == 0 || ret->rcode == 3))
			return 0;
		if (o == ANSWERED)
			refused = ret->rcode;
		else if (o == BAD_ANSWER)
			worst = o;
	}
	if (refused >= 0)
		return error_field(e, "host", "dns.refused", "域名服务器拒绝回答 %.*s（代码 %d）",
				   "The name server refused to answer for %.*s (code %d)",
				   STR_ARG(name), refused);
	return no_answer(e, worst, name);
}

int net_resolver_txt(struct net_resolver *r, struct arena *a, struct str name, struct net_txt *ret,
		     struct error *e)
{
	struct dns_answer answer = { 0 };

	if (ask(r, a, name, DNS_TXT, &answer, e) < 0)
		return -1;
	*ret = answer.txt;
	return 0;
}

static void add_text(struct net_records *out, struct arena *a, uint16_t type, uint32_t ttl, struct str text)
{
	if (out->len < DNS_ANSWERS_MAX)
		out->ptr[out->len++] = (struct net_record){ type, ttl, arena_str(a, text) };
}

int net_resolver_query(struct net_resolver *r, struct arena *a, struct str name, uint16_t type,
		       struct net_records *ret, struct error *e)
{
	struct dns_answer answer = { 0 };
	struct net_records out = { 0 };
	char text[NET_ADDR_TEXT];

	if (ask(r, a, name, type, &answer, e) < 0)
		return -1;
	out.rcode = answer.rcode;
	out.ptr = arena_array(a, DNS_ANSWERS_MAX, sizeof(*out.ptr));
	for (size_t i = 0; i < answer.records.len; i++)
		out.ptr[out.len++] = answer.records.ptr[i];
	for (size_t i = 0; i < answer.txt.len; i++)
		add_text(&out, a, type, 0, answer.txt.ptr[i]);
	for (size_t i = 0; i < answer.addrs.len; i++) {
		net_addr_text((const struct sockaddr *)&answer.addrs.ptr[i], text);
		add_text(&out, a, type, answer.addrs.ttl_s, str_c(text));
	}
	*ret = out;
	return 0;
}

int net_resolver_addrs(struct net_resolver *r, struct str host, struct net_addrs *ret,
		       struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct dns_answer v4 = { 0 }, v6 = { 0 };
	struct error later = { 0 };

	int rc4 = ask(r, a, host, DNS_A, &v4, e);

	if (rc4 < 0 && e && error_is(e, "dns.bad-name"))
		return -1;
	/* One family may fail while the other answers. */
	int rc6 = ask(r, a, host, DNS_AAAA, &v6, &later);

	if (rc4 < 0 && rc6 < 0)
		return -1;
	struct net_addrs all = { .ttl_s = UINT32_MAX };

	for (int family = 0; family < 2; family++) {
		const struct net_addrs *part = family ? &v6.addrs : &v4.addrs;

		for (size_t i = 0; i < part->len && all.len < ARRAY_SIZE(all.ptr); i++)
			all.ptr[all.len++] = part->ptr[i];
		if (part->len && part->ttl_s < all.ttl_s)
			all.ttl_s = part->ttl_s;
	}
	if (all.len == 0)
		return error_field(e, "host", "dns.no-name", "域名 %.*s 没有可用的地址",
				   "The name %.*s has no address", STR_ARG(host));
	*ret = all;
	return 0;
}
