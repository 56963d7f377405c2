/* Out-of-band proof: what the target sends by itself, to a name that only one request of
 * this scan carried. The engine asks for hits through this door; who listens (the command
 * line, the server's store) is behind it. */
#ifndef SCAN_OOB_H
#define SCAN_OOB_H
#include "scan/check.h"

enum scan_oob_kind { SCAN_OOB_DNS = 1, SCAN_OOB_HTTP = 2, SCAN_OOB_LDAP = 4 };
#define SCAN_OOB_ANY (SCAN_OOB_DNS | SCAN_OOB_HTTP | SCAN_OOB_LDAP)

struct scan_oob_hit {
	enum scan_oob_kind kind;
	struct str token;
	struct str from; /* address that it came from */
	struct str what; /* DNS: "A name"; HTTP: the request's head and the start of its body */
	int64_t at_ms;	 /* wall clock */
};

/* Handed to a scan in scan_events.oob; forwarded into the jail. */
struct scan_oob {
	void *ctx;
	struct str domain; /* a zone whose name server we are: "oob.example.cn"; empty: no DNS */
	struct str url;	   /* how the target reaches our HTTP listener: "http://192.0.2.7:8088"; empty: none */
	/* Every hit numbered above *after whose token begins with prefix; *after becomes the
	 * highest number seen. 0 or -1. */
	int (*poll)(void *ctx, struct str prefix, uint64_t *after,
		    void (*each)(void *arg, const struct scan_oob_hit *hit), void *arg);
};

/* ---- for checks and templates, in their fiber ---- */

struct scan_oob_name {
	struct str token;
	struct str host; /* unique: "TOKEN.oob.example.cn", or the listener's host when there is no zone */
	struct str url;	 /* unique: "http://TOKEN.oob.example.cn/TOKEN" or "http://192.0.2.7:8088/TOKEN" */
	bool dns;	 /* host alone tells: resolving it is a hit */
};
/* Does anybody listen? Checks without other means return when not. */
bool probe_oob_ready(struct probe *p);
/* A new name, for one request. False when nobody listens. */
bool probe_oob_host(struct probe *p, struct scan_oob_name *ret);
/* Waits up to ms for hits of that token (0: looks once). How many; -1 at the end of the scan. */
int probe_oob_wait(struct probe *p, struct str token, unsigned ms, struct scan_oob_hit *ret, size_t max);
/* The better way where nothing else depends on it: goes on, and reports when a hit comes, now
 * or in the rest of the scan. The exchange is the one that carried the token. Which kinds are
 * proof is said in `kinds` (SCAN_OOB_ANY). */
void probe_oob_expect(struct probe *p, struct str token, unsigned kinds, const struct scan_report *rep);
#endif
