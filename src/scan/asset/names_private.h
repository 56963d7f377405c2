/* DNS of one host and its domain, outside the jail. */
#ifndef SCAN_ASSET_NAMES_PRIVATE_H
#define SCAN_ASSET_NAMES_PRIVATE_H
#include <sys/socket.h>

#include "base/json.h"
#include "base/vec.h"
#include "scan/asset/asset.h"

struct net_resolver;
struct net_records;

#define NAMES_SERVERS 4
struct names {
	struct net_resolver *resolver;
	const struct asset_events *events;
	struct arena *arena;
	struct str domain; /* registrable; "" for addresses */
	struct sockaddr_storage servers[NAMES_SERVERS]; /* the domain's own name servers */
	size_t nservers;
	bool mx, spf, dmarc;
	uint32_t facts, findings;
};
struct names_list {
	struct str *ptr;
	size_t len, cap;
};
/* detail is stolen. */
void names_fact(struct names *n, const char *kind, struct str key, struct str title, struct str host, json_t *detail);
void names_facts(struct names *n, struct str host);
/* dangling.c: the end of a chain of CNAMEs ("" without any) and whether it exists; reports the
 * name when it is an alias of nothing. */
struct names_alias {
	struct str to;
	bool gone;
};
struct names_alias names_alias(const struct net_records *r);
void names_dangling(struct names *n, struct str name, const struct names_alias *alias);
void names_subdomains(struct names *n, const struct names_list *certificates, const struct str *links, size_t nlinks);
#endif
