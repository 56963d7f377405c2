/* Cookies (RFC 6265bis): parsing of Set-Cookie with all its attributes (for the jar and
 * for the passive checks) and a bounded jar. */
#ifndef NET_COOKIE_H
#define NET_COOKIE_H
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "net/url.h"

enum cookie_same_site {
	COOKIE_SAME_SITE_UNSET,
	COOKIE_SAME_SITE_NONE,
	COOKIE_SAME_SITE_LAX,
	COOKIE_SAME_SITE_STRICT,
	COOKIE_SAME_SITE_UNKNOWN
};

struct set_cookie {
	struct str name, value; /* slices of the header value */
	struct str domain;      /* as written, without a leading dot; empty when absent */
	struct str path;        /* as written; empty when absent or not starting with '/' */
	bool secure, http_only, partitioned;
	bool has_expires;   /* Expires or Max-Age present and understood */
	int64_t expires_ms; /* wall time; in the past: delete. Valid with has_expires */
	enum cookie_same_site same_site;
};
/* 0, or -1 when a browser would ignore the line altogether (no name and no value,
 * control characters, over 4096 bytes). now_ms: wall time, for Max-Age. */
int cookie_parse(struct str set_cookie_value, int64_t now_ms, struct set_cookie *ret);
/* The cookie-date of RFC 6265 §5.1.1. 0 or -1. */
int cookie_parse_date(struct str s, int64_t *ret_ms);
/* Session identifiers by name (PHPSESSID, JSESSIONID, sid, token …): for checks. */
bool cookie_looks_like_session(struct str name);

struct cookie_jar;
struct cookie_jar *cookie_jar_new(void);
void cookie_jar_free(struct cookie_jar *j);
/* Stores by the rules (domain, public suffix, path, Secure, __Host-/__Secure- prefixes,
 * caps). True when it was stored or deleted something. */
bool cookie_jar_set(struct cookie_jar *j, const struct url *u, struct str set_cookie_value,
		    int64_t now_ms);
/* Cookies of a "Cookie:" header line, as host-only cookies of u's host on path "/". */
void cookie_jar_set_header(struct cookie_jar *j, const struct url *u, struct str cookie_header);
/* Appends the value of the Cookie header for u; nothing when none matches. Longer paths
 * first, then older ones. */
void cookie_jar_get(struct cookie_jar *j, const struct url *u, int64_t now_ms, struct buf *out);
size_t cookie_jar_len(const struct cookie_jar *j);
/* Whole jar to bytes and back, for the scan journal. */
void cookie_jar_save(const struct cookie_jar *j, struct buf *out);
int cookie_jar_load(struct cookie_jar *j, struct str bytes);

DEFINE_CLEANUP(struct cookie_jar *, cookie_jar_free);
#define _cleanup_jar_ _cleanup_(cookie_jar_freep)
#endif
