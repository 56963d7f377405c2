/* DNS messages (RFC 1035 §4): writing questions and strictly reading answers. */
#ifndef NET_DNS_PRIVATE_H
#define NET_DNS_PRIVATE_H
#include "base/arena.h"
#include "base/buf.h"
#include "net/resolver.h"

enum { DNS_A = 1, DNS_CNAME = 5, DNS_TXT = 16, DNS_AAAA = 28 };
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
};
/* 0, or -1 when the message is not a well-formed answer to this very question. */
int dns_read_answer(struct arena *a, struct str packet, uint16_t id, const struct dns_name *name,
		    uint16_t type, struct dns_answer *ret);
#endif
