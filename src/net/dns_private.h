/* DNS messages (RFC 1035 §4): writing questions and strictly reading answers. */
#ifndef NET_DNS_PRIVATE_H
#define NET_DNS_PRIVATE_H
#include "base/arena.h"
#include "base/buf.h"
#include "net/resolver.h"

enum { DNS_A = NET_DNS_A, DNS_CNAME = NET_DNS_CNAME, DNS_TXT = NET_DNS_TXT, DNS_AAAA = NET_DNS_AAAA };
#define DNS_NAME_MAX 255
#define DNS_ANSWERS_MAX 256 /* records looked at in one message */

/* A name in wire form, lower case, uncompressed. */
struct dns_name {
	unsigned char bytes[DNS_NAME_MAX];
	size_t len;
};
/* 0 or -1 when it cannot be a name (labels 1..63, 253 in all). */
int dns_name_from_text(struct str text, struct dns_name *ret);
void dns_write_question(struct buf *b, uint16_t id, const struct dns_name *name, uint16_t type);

struct dns_answer {
	int rcode;
	bool truncated;
	struct net_txt txt;     /* in the arena */
	struct net_addrs addrs; /* of the asked type */
	struct net_records records; /* the CNAME chain, and the asked type when it is none of the above */
};
/* One message of a zone transfer (RFC 5936): adds the names of records in it; *ret_soa counts
 * the SOA records (the second one ends the transfer). 0, or -1 when malformed or refused
 * (*ret_rcode says which, 0 when malformed). */
int dns_read_zone(struct arena *a, struct str packet, uint16_t id, struct str *names, size_t max,
		  size_t *n, int *ret_soa, int *ret_rcode, size_t *ret_records);
/* 0, or -1 when the message is not a well-formed answer to this very question. */
int dns_read_answer(struct arena *a, struct str packet, uint16_t id, const struct dns_name *name,
		    uint16_t type, struct dns_answer *ret);
#endif
