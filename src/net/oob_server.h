/* The out-of-band listener: answers DNS for a zone of ours and HTTP for anything, and
 * remembers every query and request that carries a token (oob_token.h). Also what only
 * knocks on the HTTP port in another language (LDAP of JNDI look-ups). One thread, a fixed
 * number of connections, a ring of hits: nobody who sends much makes it grow. It never
 * sends more than it was sent, connects to nobody and parses no more than it must. */
#ifndef NET_OOB_SERVER_H
#define NET_OOB_SERVER_H
#include "base/error.h"
#include "base/str.h"
#include "net/oob_token.h"

enum oob_kind { OOB_DNS = 1, OOB_HTTP = 2, OOB_LDAP = 4 };

struct oob_hit {
	enum oob_kind kind;
	uint64_t number; /* from 1, in order */
	struct str token, from, what; /* what: "A name", a request's head, "LDAP name" */
	int64_t at_ms;
};

struct oob_options {
	struct str http; /* "ADDR:PORT" or "[ADDR]:PORT", port 0: any free one; empty: no HTTP */
	struct str dns;	 /* the same, UDP; empty: no DNS */
	struct str domain;  /* the zone we answer for: "oob.example.cn" */
	struct str address; /* IPv4 or IPv6 address that names in the zone have */
	/* Called from the server's thread for every hit, may be NULL; e.g. to store it. */
	void (*hit)(void *ctx, const struct oob_hit *h);
	void *ctx;
};

struct oob_server;
int oob_server_start(const struct oob_options *o, struct oob_server **ret, struct error *e);
void oob_server_stop(struct oob_server *s); /* NULL is fine */
uint16_t oob_server_http_port(const struct oob_server *s);
uint16_t oob_server_dns_port(const struct oob_server *s);
/* Every remembered hit numbered above *after whose token begins with prefix; *after becomes
 * the last number. The hit lives only during the call. */
int oob_server_poll(struct oob_server *s, struct str prefix, uint64_t *after,
		    void (*each)(void *arg, const struct oob_hit *h), void *arg);

/* The parsers, apart: pure functions for tests and fuzzing. */
struct oob_zone {
	struct str domain;
	unsigned char address[16];
	size_t address_len; /* 4, 16, or 0: none */
};
int oob_zone_set(struct oob_zone *z, struct str domain, struct str address, struct error *e);
/* The answer to a DNS query into out; 0: none is due. `name` receives the queried name in
 * lower case ("" when malformed), *type its type. Never longer than LIMIT_OOB_DNS_ANSWER. */
#define LIMIT_OOB_DNS_ANSWER 512
size_t oob_dns_answer(const struct oob_zone *z, struct str query, unsigned char out[LIMIT_OOB_DNS_ANSWER], char name[256],
		      unsigned *type);
#endif
