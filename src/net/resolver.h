/* A small DNS client (RFC 1035, UDP then TCP when truncated) for what getaddrinfo
 * cannot do: TXT records, and A/AAAA through a name server of the operator's choice.
 * Blocking, bounded in time; answers are parsed strictly. Name-server addresses are
 * operator-trusted and do not pass the outgoing policy. */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

struct net_resolver;

/* servers: "ADDRESS[:PORT]" separated by commas or spaces ("[::1]:53" for IPv6);
 * empty: those of /etc/resolv.conf, else 127.0.0.1. "dns.bad-server" when malformed. */
int net_resolver_new(struct str servers, struct net_resolver **ret, struct error *e);
void net_resolver_free(struct net_resolver *r);

struct net_txt {
	struct str *ptr; /* each record's character-strings joined; raw bytes */
	size_t len;
};
/* TXT records of `name` (CNAMEs followed in the answer). 0 with ret->len == 0 when the
 * name or type does not exist. -1 with "dns.timeout", "dns.refused", "dns.bad-answer",
 * "dns.bad-name". */
int net_resolver_txt(struct net_resolver *r, struct arena *a, struct str name, struct net_txt *ret,
		     struct error *e);

struct net_addrs {
	struct sockaddr_storage ptr[8];
	size_t len;
	uint32_t ttl_s; /* smallest of the answer */
};
/* A and AAAA, IPv4 first. "dns.no-name" when there is no address. Port is 0. */
int net_resolver_addrs(struct net_resolver *r, struct str host, struct net_addrs *ret,
		       struct error *e);

enum {
	NET_DNS_A = 1,
	NET_DNS_NS = 2,
	NET_DNS_CNAME = 5,
	NET_DNS_SOA = 6,
	NET_DNS_PTR = 12,
	NET_DNS_MX = 15,
	NET_DNS_TXT = 16,
	NET_DNS_AAAA = 28,
	NET_DNS_DS = 43,
	NET_DNS_DNSKEY = 48,
	NET_DNS_CAA = 257,
};
struct net_record {
	uint16_t type;
	uint32_t ttl_s;
	struct str text; /* NS, CNAME, PTR: a name; MX "10 mail.example"; SOA "master mail serial";
			  * CAA "0 issue ca.example"; A and AAAA addresses; TXT bytes; others hex */
};
struct net_records {
	struct net_record *ptr;
	size_t len;
	int rcode; /* 0 or 3: no such name */
};
/* Records of any type, and the CNAMEs that led to them. 0 with none of the type when the name
 * or type does not exist; CNAMEs with rcode 3 lead to a name that does not exist. Errors as
 * net_resolver_txt(). */
int net_resolver_query(struct net_resolver *r, struct arena *a, struct str name, uint16_t type,
		       struct net_records *ret, struct error *e);

DEFINE_CLEANUP(struct net_resolver *, net_resolver_free);
#define _cleanup_resolver_ _cleanup_(net_resolver_freep)
#endif
