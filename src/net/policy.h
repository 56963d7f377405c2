/* Where outgoing connections may go. Every component that connects asks here:
 * first by name (before resolving), then by the resolved address at connect time.
 * Link-local, metadata, unspecified, multicast and broadcast addresses are never
 * reached; loopback, private and other special-use ranges only when a platform
 * administrator listed the range; IPv4 addresses inside IPv6 ones (mapped, NAT64,
 * 6to4, Teredo …) count as what they embed. */
#ifndef NET_POLICY_H
#define NET_POLICY_H
#include <stdint.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

enum net_addr_class {
	NET_ADDR_PUBLIC,
	NET_ADDR_LOOPBACK,    /* 127/8, ::1 */
	NET_ADDR_PRIVATE,     /* RFC 1918, RFC 4193, RFC 6598 (CGN) */
	NET_ADDR_SPECIAL,     /* documentation, benchmark, protocol assignments */
	NET_ADDR_LINK_LOCAL,  /* never */
	NET_ADDR_METADATA,    /* never: cloud metadata services */
	NET_ADDR_MULTICAST,   /* never; broadcast too */
	NET_ADDR_UNSPECIFIED, /* never: 0/8, ::, 240/4 */
};

enum net_addr_class net_addr_classify(const struct sockaddr *sa);
const char *net_addr_class_name(enum net_addr_class c);
/* "192.0.2.1" or "2001:db8::1"; without port. */
#define NET_ADDR_TEXT 64
void net_addr_text(const struct sockaddr *sa, char out[NET_ADDR_TEXT]);
/* Numeric text to address; 0 or -1. */
int net_addr_parse(struct str text, uint16_t port, struct sockaddr_storage *ret,
		   socklen_t *ret_len);

struct net_policy;

/* A new policy reaches public addresses only. */
struct net_policy *net_policy_new(void);
void net_policy_free(struct net_policy *p);
/* "10.1.0.0/16", "127.0.0.1", "fd00::/8". "policy.bad-cidr" when malformed, or when
 * it lies in a class that is never allowed. */
int net_policy_allow_cidr(struct net_policy *p, struct str cidr, struct error *e);
/* Loopback and private ranges, all of them (command line, --i-own-this-target). */
void net_policy_allow_own(struct net_policy *p);
/* From the first call on, only listed (host, port) pairs may be reached. The host is
 * normalised as in a URL. Port 0: every port of that host. */
int net_policy_scope_add(struct net_policy *p, struct str host, uint16_t port, struct error *e);
bool net_policy_has_scope(const struct net_policy *p);

/* Before resolving: scope, numeric hosts, names that mean a forbidden thing
 * (localhost, metadata.google.internal). 0, or -1 with "policy.out-of-scope",
 * "policy.link-local", "policy.metadata", "policy.loopback", "policy.private",
 * "policy.special", "policy.multicast", "policy.unspecified" or "policy.bad-host". */
int net_policy_check_host(const struct net_policy *p, struct str host, uint16_t port,
			  struct error *e);
/* At connect time, for the very address that is connected to. */
int net_policy_check_addr(const struct net_policy *p, const struct sockaddr *sa, struct error *e);

DEFINE_CLEANUP(struct net_policy *, net_policy_free);
#define _cleanup_policy_ _cleanup_(net_policy_freep)
#endif
