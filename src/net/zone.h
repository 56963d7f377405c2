/* Asks a name server for a whole zone (AXFR, RFC 5936) over the connector. A server that
 * answers anyone gives away every name of the zone; properly set up it refuses. */
#ifndef NET_ZONE_H
#define NET_ZONE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "net/connector.h"

#define NET_ZONE_NAMES 1000 /* names kept */

struct net_zone {
	struct str *names; /* of A, AAAA and CNAME records; may hold doubles */
	size_t nnames, records;
};
/* 1 the zone was given (at least in part), 0 refused or closed, -1 ("net.…", "policy.…",
 * "dns.bad-answer", "dns.bad-name"). The arena needs 1 MiB. */
int net_zone_transfer(struct net_connector *c, struct str server, uint16_t port, struct str zone,
		      struct arena *a, struct net_zone *ret, struct error *e);
#endif
