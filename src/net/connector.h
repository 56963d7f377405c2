/* The door through which every outgoing TCP connection of the product is opened.
 * `direct` resolves, asks the policy about each address and connects in this process;
 * `broker` asks the process at the other end of a socket pair, so that a jailed child
 * needs neither socket(), connect() nor DNS. */
#ifndef NET_CONNECTOR_H
#define NET_CONNECTOR_H
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "net/policy.h"

struct net_connector {
	/* A non-blocking, close-on-exec TCP socket; the connect may still be in progress
	 * (EAGAIN until then, ECONNREFUSED and friends when it fails). host is a name or a
	 * numeric address (IPv6 without brackets). 0, or -1 with "policy.…", "dns.…" or
	 * "net.connect-…". */
	int (*open)(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
		    struct error *e);
	void (*free)(struct net_connector *self);
	/* The same for a UDP socket, connected to the one address; NULL: "net.no-udp". */
	int (*open_udp)(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
			struct error *e);
};

static inline int net_connector_open(struct net_connector *c, struct str host, uint16_t port,
				     int *ret_fd, struct error *e)
{
	return c->open(c, host, port, ret_fd, e);
}
int net_connector_open_udp(struct net_connector *c, struct str host, uint16_t port, int *ret_fd,
			   struct error *e);
static inline void net_connector_free(struct net_connector *c)
{
	if (c)
		c->free(c);
}

struct net_direct_options {
	const struct net_policy *policy; /* borrowed, required */
	struct str dns_servers;          /* as net_resolver_new(); empty: getaddrinfo */
	/* Forward proxy: "http://[user:pass@]host:port" (CONNECT) or "socks5h://…". Its
	 * address is operator-trusted; the policy is asked about the target's name. */
	struct str proxy;
	int connect_timeout_ms; /* 0: LIMIT_NET_CONNECT_MS */
};
/* "proxy.bad-url", "dns.bad-server". Not thread-safe: one per thread. */
int net_connector_direct(const struct net_direct_options *o, struct net_connector **ret,
			 struct error *e);

/* Child side: asks over fd (one end of net_broker_pair(), not owned). */
struct net_connector *net_connector_broker(int fd);

/* A SOCK_SEQPACKET pair for the two ends, both close-on-exec. */
int net_broker_pair(int ret[2], struct error *e);

/* Parent side, written for a hostile child: messages are bounded, requests per second
 * and in total are bounded; how many sockets the child holds at once is bounded by
 * its RLIMIT_NOFILE. */
struct net_broker;
struct net_broker *net_broker_new(int fd, struct net_connector *direct); /* both borrowed */
void net_broker_free(struct net_broker *b);
/* From now on the child may have UDP sockets, too (each connected to one allowed address). */
void net_broker_allow_udp(struct net_broker *b);
/* Handles one request; call when fd is readable. 1 served (also when refused),
 * 0 the child closed its end, -1 the child broke the protocol: end it. */
int net_broker_serve(struct net_broker *b, struct error *e);

/* Waits until fd's connect has finished; 0, or -1 with "net.connect-timeout",
 * "net.connect-refused", … */
int net_connect_wait(int fd, int timeout_ms, struct error *e);
/* Fills e with the "net.connect-…" error for an errno; returns -1. */
int net_connect_error(struct error *e, int errnum, struct str host, uint16_t port);

DEFINE_CLEANUP(struct net_connector *, net_connector_free);
#define _cleanup_connector_ _cleanup_(net_connector_freep)
DEFINE_CLEANUP(struct net_broker *, net_broker_free);
#endif
