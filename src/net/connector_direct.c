/* The direct connector: resolves, asks the policy about the very address it connects to,
 * connects without blocking and tries a name's addresses in order. With a forward proxy it
 * connects to the proxy instead and asks it for a tunnel (connector_proxy.c). Names are
 * asked for in threads beside (os/errand.h); answers are kept for a short time, so
 * re-pointed names are noticed soon; each use is checked again. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/connector_private.h"
#include "net/resolver.h"
#include "os/errand.h"

#define DIRECT_MAGIC 0x64697265u
/* How long one address may hold up the next (RFC 8305 says 250 ms). */
#define NEXT_ADDRESS_MS 250
#define STALE_MS 60000 /* known addresses serve so much longer while they are asked for again */
#define AGAIN_MS 3000  /* a name server that did not answer is left alone for so long */

struct direct {
	struct net_connector base;
	unsigned magic;
	const struct net_policy *policy;
	char *dns_servers;       /* NULL: getaddrinfo */
	struct net_proxy *proxy; /* NULL: none */
	struct map *cache;       /* host -> struct entry */
	struct os_errands *errands;
	int timeout_ms;
};

struct entry {
	struct net_addrs addrs; /* none: not found yet */
	int64_t until_ms;
	int64_t stale_ms;  /* until then the addresses serve while they are asked for again */
	int64_t asked_ms;
	int64_t again_ms; /* not before that, after no answer */
	struct error why; /* of the last answer */
	bool asking;
	size_t first; /* the address that worked last */
};

static int dns_error(struct error *e, const char *code, struct str host)
{
	if (strcmp(code, "dns.timeout") == 0)
		return error_field(e, "host", code, "查询 %.*s 时域名服务器没有应答",
				   "No answer from the name server for %.*s", STR_ARG(host));
	return error_field(e, "host", code, "域名 %.*s 没有可用的地址",
			   "The name %.*s has no address", STR_ARG(host));
}

static int lookup_system(struct str host, struct net_addrs *ret, struct error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	struct addrinfo *list = NULL;
	char name[LIMIT_NET_HOST + 1];

	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	int rc = getaddrinfo(name, NULL, &hints, &list);

	if (rc == EAI_AGAIN)
		return dns_error(e, "dns.timeout", host);
	if (rc != 0)
		return dns_error(e, "dns.no-name", host);
	ret->len = 0;
	ret->ttl_s = LIMIT_NET_DNS_CACHE_S;
	for (struct addrinfo *i = list; i && ret->len < ARRAY_SIZE(ret->ptr); i = i->ai_next) {
		if (i->ai_addrlen > sizeof(ret->ptr[0]))
			continue;
		memcpy(&ret->ptr[ret->len++], i->ai_addr, i->ai_addrlen);
	}
	freeaddrinfo(list);
	return ret->len ? 0 : dns_error(e, "dns.no-name", host);
}

/* One name asked for in another thread, with a resolver of its own. */
struct ask {
	struct os_errand base;
	struct net_resolver *resolver; /* NULL: getaddrinfo */
	char *host;
	int result;
	struct net_addrs addrs;
	struct error why;
};

static void ask_run(struct os_errand *e)
{
	struct ask *a = (struct ask *)e;
	struct str host = str_c(a->host);

	a->result = a->resolver ? net_resolver_addrs(a->resolver, host, &a->addrs, &a->why)
				: lookup_system(host, &a->addrs, &a->why);
}

static void ask_free(struct os_errand *e)
{
	struct ask *a = (struct ask *)e;

	net_resolver_free(a->resolver);
	free(a->host);
	free(a);
}

static struct entry *entry_of(struct direct *d, struct str host)
{
	struct entry *en = map_get(d->cache, host);

	if (en)
		return en;
	if (map_len(d->cache) >= LIMIT_NET_DNS_CACHE) {
		map_free_values(d->cache, free);
		d->cache = map_new();
	}
	en = mem_alloc(sizeof(*en));
	map_put(d->cache, host, en);
	return en;
}

/* What was asked for and came. A name that could not be found keeps the addresses it had. */
static void take_asks(struct direct *d, int wait_ms)
{
	struct os_errand *e;

	while ((e = os_errands_take(d->errands, wait_ms))) {
		struct ask *a = (struct ask *)e;
		struct entry *en = entry_of(d, str_c(a->host));
		int64_t now = clock_mono_ms(&clock_system), ttl = a->addrs.ttl_s < 1 ? 1 : a->addrs.ttl_s;

		en->asking = false;
		en->why = a->why;
		if (a->result == 0) {
			ttl = ttl > LIMIT_NET_DNS_CACHE_S ? LIMIT_NET_DNS_CACHE_S : ttl;
			en->addrs = a->addrs;
			en->first = 0;
			en->until_ms = now + 1000 * ttl;
			en->stale_ms = en->until_ms + STALE_MS;
		} else {
			en->again_ms = error_is(&a->why, "dns.timeout") ? now + AGAIN_MS : 0;
		}
		e->free(e);
		wait_ms = 0;
	}
}

static int ask(struct direct *d, struct entry *en, struct str host, struct error *e)
{
	struct ask *a = mem_alloc(sizeof(*a));

	a->base = (struct os_errand){ .run = ask_run, .free = ask_free };
	a->host = str_dup(host);
	if (d->dns_servers && net_resolver_new(str_c(d->dns_servers), &a->resolver, e) < 0) {
		ask_free(&a->base);
		return -1;
	}
	en->asking = true;
	en->asked_ms = clock_mono_ms(&clock_system);
	os_errands_send(d->errands, &a->base);
	return 0;
}

static struct entry *not_found(const struct entry *en, struct str host, struct error *e)
{
	if (en->asking || !en->why.code[0])
		dns_error(e, "dns.timeout", host);
	else if (e)
		*e = en->why;
	return NULL;
}

/* Waits for a name that was never found before, and not for long; one that is known is asked for
 * again beside, and the addresses it had serve meanwhile. */
static struct entry *lookup(struct direct *d, struct str host, struct error *e)
{
	struct sockaddr_storage numeric;
	socklen_t len;

	if (host.len > LIMIT_NET_HOST || memchr(host.ptr, 0, host.len)) {
		dns_error(e, "dns.no-name", host);
		return NULL;
	}
	take_asks(d, 0);
	struct entry *en = entry_of(d, host);
	int64_t now = clock_mono_ms(&clock_system);

	if (en->addrs.len && now < en->until_ms)
		return en;
	if (net_addr_parse(host, 0, &numeric, &len) == 0) {
		*en = (struct entry){ .addrs = { .ptr = { numeric }, .len = 1 }, .until_ms = INT64_MAX };
		return en;
	}
	if (!en->asking && now < en->again_ms)
		return not_found(en, host, e);
	if (!en->asking && ask(d, en, host, e) < 0)
		return NULL;
	if (en->addrs.len && now < en->stale_ms)
		return en;
	for (int64_t until = en->asked_ms + LIMIT_NET_DNS_MS; en->asking && now < until; now = clock_mono_ms(&clock_system)) {
		take_asks(d, (int)(until - now));
		en = entry_of(d, host);
	}
	return !en->asking && en->addrs.len && now < en->until_ms ? en : not_found(en, host, e);
}

int net_connect_error(struct error *e, int errnum, struct str host, uint16_t port)
{
	static const struct {
		int errnum;
		const char *code, *zh, *en;
	} table[] = {
		{ ECONNREFUSED, "net.connect-refused", "%.*s:%u 拒绝连接",
		  "%.*s:%u refused the connection" },
		{ ETIMEDOUT, "net.connect-timeout", "连接 %.*s:%u 超时",
		  "Connecting to %.*s:%u timed out" },
		{ EHOSTUNREACH, "net.connect-unreachable", "无法到达 %.*s:%u",
		  "%.*s:%u cannot be reached" },
		{ ENETUNREACH, "net.connect-unreachable", "无法到达 %.*s:%u",
		  "%.*s:%u cannot be reached" },
		{ EMFILE, "net.too-many-sockets", "打开的连接太多，无法连接 %.*s:%u",
		  "Too many open connections to reach %.*s:%u" },
		{ ENFILE, "net.too-many-sockets", "打开的连接太多，无法连接 %.*s:%u",
		  "Too many open connections to reach %.*s:%u" },
		{ 0, "net.connect-failed", "无法连接 %.*s:%u", "Could not connect to %.*s:%u" },
	};
	size_t i = 0;

	while (table[i].errnum && table[i].errnum != errnum)
		i++;
	return error_field(e, "host", table[i].code, table[i].zh, table[i].en, STR_ARG(host), port);
}

static void set_port(struct sockaddr_storage *ss, uint16_t port)
{
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)ss)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)ss)->sin6_port = htons(port);
}

/* A started connect: 0 done, EINPROGRESS, or the errno of its failure. */
static int start_connect(const struct sockaddr_storage *addr, uint16_t port, int timeout_ms,
			 int *ret_fd)
{
	struct sockaddr_storage ss = *addr;
	socklen_t len = ss.ss_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6);
	_cleanup_close_ int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
					IPPROTO_TCP);
	int one = 1;
	unsigned user_timeout = (unsigned)timeout_ms;
	int rc = 0;

	if (fd < 0)
		return errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* Bounds the handshake, and later how long sent bytes may stay unacknowledged. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof(user_timeout));
	set_port(&ss, port);
	if (connect(fd, (struct sockaddr *)&ss, len) < 0)
		rc = errno;
	if (rc == 0 || rc == EINPROGRESS)
		*ret_fd = take_fd(fd);
	return rc;
}

/* 0 connected, EINPROGRESS still waiting, or the errno of the failure. */
static int connect_state(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t len = sizeof(err);
	int rc = poll(&p, 1, timeout_ms);

	if (rc < 0)
		return errno == EINTR ? EINPROGRESS : errno;
	if (rc == 0)
		return EINPROGRESS;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return errno;
	return err;
}

int net_connect_wait(int fd, int timeout_ms, struct error *e)
{
	int64_t until = clock_mono_ms(&clock_system) + timeout_ms;
	int rc = EINPROGRESS;

	while (rc == EINPROGRESS) {
		int64_t left = until - clock_mono_ms(&clock_system);

		if (left <= 0) {
			rc = ETIMEDOUT;
			break;
		}
		rc = connect_state(fd, (int)left);
	}
	return rc == 0 ? 0 : net_connect_error(e, rc, STR("?"), 0);
}

/* Tries the allowed addresses in order. One that does not answer soon is kept as second
 * choice while the next is tried. */
static int connect_addrs(struct direct *d, struct entry *en, struct str host, uint16_t port,
			 bool policed, int *ret_fd, struct error *e)
{
	_cleanup_close_ int waiting = -1;
	struct error refusal = { 0 };
	int failure = 0;

	for (size_t i = 0; i < en->addrs.len; i++) {
		size_t at = (en->first + i) % en->addrs.len;
		const struct sockaddr_storage *ss = &en->addrs.ptr[at];
		_cleanup_close_ int fd = -1;

		if (policed && net_policy_check_addr(d->policy, (const struct sockaddr *)ss,
						     refusal.code[0] ? NULL : &refusal) < 0)
			continue;
		int rc = start_connect(ss, port, d->timeout_ms, &fd);

		if (rc == EINPROGRESS && en->addrs.len > 1)
			rc = connect_state(fd, NEXT_ADDRESS_MS);
		if (rc == 0 || (rc == EINPROGRESS && en->addrs.len == 1)) {
			en->first = at;
			*ret_fd = take_fd(fd);
			return 0;
		}
		if (rc == EINPROGRESS && waiting < 0)
			waiting = take_fd(fd);
		else if (rc != EINPROGRESS)
			failure = rc;
	}
	if (waiting >= 0) {
		*ret_fd = take_fd(waiting);
		return 0;
	}
	if (failure == 0 && refusal.code[0]) {
		if (e)
			*e = refusal;
		return -1;
	}
	return net_connect_error(e, failure, host, port);
}

static int open_direct(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
		       struct error *e)
{
	struct direct *d = (struct direct *)self;

	CHECK_OBJ(d, DIRECT_MAGIC);
	if (net_policy_check_host(d->policy, host, port, e) < 0)
		return -1;
	struct entry *en = lookup(d, host, e);

	if (!en)
		return -1;
	return connect_addrs(d, en, host, port, true, ret_fd, e);
}

int net_connector_open_udp(struct net_connector *c, struct str host, uint16_t port, int *ret_fd,
			   struct error *e)
{
	if (!c->open_udp)
		return error_set(e, "net.no-udp", "这里不能发送 UDP", "UDP is not possible here");
	return c->open_udp(c, host, port, ret_fd, e);
}

static int open_udp(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
		    struct error *e)
{
	struct direct *d = (struct direct *)self;
	struct error refusal = { 0 };

	CHECK_OBJ(d, DIRECT_MAGIC);
	if (net_policy_check_host(d->policy, host, port, e) < 0)
		return -1;
	struct entry *en = lookup(d, host, e);

	for (size_t i = 0; en && i < en->addrs.len; i++) {
		struct sockaddr_storage ss = en->addrs.ptr[i];
		socklen_t len = ss.ss_family == AF_INET ? sizeof(struct sockaddr_in)
							: sizeof(struct sockaddr_in6);

		if (net_policy_check_addr(d->policy, (const struct sockaddr *)&ss,
					  refusal.code[0] ? NULL : &refusal) < 0)
			continue;
		_cleanup_close_ int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		set_port(&ss, port);
		if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len) < 0)
			return net_connect_error(e, errno, host, port);
		*ret_fd = take_fd(fd);
		return 0;
	}
	if (en && e)
		*e = refusal;
	return -1;
}

static int open_proxied(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
			struct error *e)
{
	struct direct *d = (struct direct *)self;
	_cleanup_close_ int fd = -1;

	CHECK_OBJ(d, DIRECT_MAGIC);
	if (net_policy_check_host(d->policy, host, port, e) < 0)
		return -1;
	struct entry *en = lookup(d, d->proxy->host, e);

	if (!en || connect_addrs(d, en, d->proxy->host, d->proxy->port, false, &fd, e) < 0 ||
	    net_proxy_handshake(d->proxy, fd, host, port, d->timeout_ms, e) < 0)
		return -1;
	*ret_fd = take_fd(fd);
	return 0;
}

static void free_direct(struct net_connector *self)
{
	struct direct *d = (struct direct *)self;

	CHECK_OBJ(d, DIRECT_MAGIC);
	map_free_values(d->cache, free);
	os_errands_free(d->errands);
	free(d->dns_servers);
	net_proxy_free(d->proxy);
	d->magic = 0;
	free(d);
}

int net_connector_direct(const struct net_direct_options *o, struct net_connector **ret,
			 struct error *e)
{
	check(o->policy);
	struct direct *d = mem_alloc(sizeof(*d));
	_cleanup_connector_ struct net_connector *c = &d->base;

	d->magic = DIRECT_MAGIC;
	d->base.open = o->proxy.len ? open_proxied : open_direct;
	d->base.free = free_direct;
	d->base.open_udp = o->proxy.len ? NULL : open_udp;
	d->policy = o->policy;
	d->cache = map_new();
	d->timeout_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms : LIMIT_NET_CONNECT_MS;
	d->errands = os_errands_new();
	if (o->dns_servers.len) {
		_cleanup_resolver_ struct net_resolver *r = NULL;

		if (net_resolver_new(o->dns_servers, &r, e) < 0)
			return -1;
		d->dns_servers = str_dup(o->dns_servers);
	}
	if (o->proxy.len && net_proxy_new(o->proxy, &d->proxy, e) < 0)
		return -1;
	*ret = take_ptr(c);
	return 0;
}
