/* Our own table of services (data/services): what is sent to an open port, how the answer
 * is recognised, what counts as access without a log-in, and which versions are known to
 * be vulnerable. Built into the binary by tools/make_services.py. */
#ifndef SCAN_ASSET_SERVICE_H
#define SCAN_ASSET_SERVICE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "scan/severity.h"

/* What is sent. "{host}" in a payload stands for the host name. */
struct service_probe {
	const char *id;
	const uint16_t *ports; /* where it is tried first */
	size_t ports_len;
	int order;   /* 0: only at its ports; 1 …: at every port, in that order */
	int wait_ms; /* for the first byte of the answer; 0: the usual */
	struct str payload;
};
struct service_rule {
	const char *id, *probes; /* ",null,http," */
	const char *pattern;	 /* PCRE2, bytes, DOTALL off */
	/* Templates: $1 text of a group, {u8:1} {be16:1} {le16:1} {be32:1} {le32:1} numbers,
	 * {w:1} UTF-16LE text, {tns:1} Oracle's packed version. */
	const char *service, *product, *version, *info, *os, *cpe; /* cpe "a:vendor:product" */
	bool generic; /* of the whole protocol: only when nothing better matches */
};
/* Harmless requests whose answer proves access without a log-in. */
struct service_access {
	const char *check;   /* id of the finding, with a row in data/advice */
	const char *service; /* ",redis," */
	const char *probe, *pattern;
	enum severity severity;
	unsigned cwe;
};
/* Versions in [from, before) of a product (as rules name it, any case). */
struct service_version {
	const char *product, *from, *before, *cve, *note_zh, *note_en; /* cve "": end of life */
	enum severity severity;
};
extern const struct service_probe service_probes[];
extern const size_t service_probes_len;
extern const struct service_rule service_rules[];
extern const size_t service_rules_len;
extern const struct service_access service_accesses[];
extern const size_t service_accesses_len;
extern const struct service_version service_versions[];
extern const size_t service_versions_len;
extern const uint16_t service_ports[]; /* the default list, most common first */
extern const size_t service_ports_len;
extern const char *const service_names[]; /* labels tried for sub-domains */
extern const size_t service_names_len;

const struct service_probe *service_probe_find(struct str id);

/* All patterns compiled once. */
struct service_set;
int service_set_new(struct service_set **ret, struct error *e);
void service_set_free(struct service_set *s);

struct service_match {
	const struct service_rule *rule; /* NULL: nothing matched */
	struct str service, product, version, info, os, cpe; /* cpe 2.3 form or "" */
};
/* The first rule of this probe that knows the bytes; generic ones last. Texts printable
 * UTF-8 in the arena, bounded. */
bool service_match(const struct service_set *s, struct str probe, struct str bytes, struct arena *a,
		   struct service_match *ret);
/* The texts of this one rule, when it knows the bytes. */
bool service_match_rule(const struct service_set *s, size_t rule, struct str bytes, struct arena *a,
			struct service_match *ret);
/* Does this one rule match? For tests of silence. */
bool service_rule_matches(const struct service_set *s, size_t rule, struct str bytes);
/* Does the answer prove access? *ret_proof (may be NULL): the bytes that do. */
bool service_access_proved(const struct service_set *s, size_t access, struct str bytes,
			   struct str *ret_proof);

/* -1, 0, 1 by numbers and letters: "1.9" < "1.10", "7.4p1" < "7.4p2", "2.0-beta" < "2.0". */
int service_version_cmp(struct str a, struct str b);
#endif
