/* Content-Security-Policy (CSP Level 3) as browsers read it: several policies all have to
 * agree, the first directive of a name counts, script-src falls back to default-src, a
 * nonce or hash switches 'unsafe-inline' off, 'strict-dynamic' switches hosts off. */
#ifndef SCAN_CSP_H
#define SCAN_CSP_H
#include "scan/exchange.h"

/* Value of a directive of one policy; .ptr NULL when it is not there. */
struct str csp_directive(struct str policy, const char *name);
/* What governs scripts: script-src-elem, script-src or default-src; .ptr NULL: nothing. */
struct str csp_script_sources(struct str policy);
bool csp_has_source(struct str list, const char *want);
/* A 'nonce-…' or 'sha256-…' stands in the list. */
bool csp_has_nonce(struct str list);
bool csp_has_hash(struct str list);
/* Next policy of the answer: headers (comma-separated ones apart), then meta elements. Start
 * with zeroed `it`. */
struct csp_iter {
	size_t header, meta;
	struct str rest;
};
bool csp_next(const struct scan_exchange *x, struct csp_iter *it, struct str *ret);

enum csp_stops {
	CSP_STOPS_NOTHING,
	CSP_STOPS_INLINE,  /* inline script does not run; script from some other place might */
	CSP_STOPS_SCRIPTS, /* nothing injected runs: sandbox, or no usable source */
};
/* What the policies of this answer do to an injected script; *ret_why is the directive.
 * *ret_bypass: an allowed source that serves anybody's code or JSONP; empty: none known. */
enum csp_stops csp_judge(const struct scan_exchange *x, struct str *ret_why, struct str *ret_bypass);
/* A host expression of the list whose host serves anybody's scripts; .ptr NULL none. */
struct str csp_bypass_host(struct str list);
#endif
