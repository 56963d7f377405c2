/* URLs of http and https, parsed the way browsers do (WHATWG URL Standard, the
 * part for special schemes): odd IPv4 forms, IDN, back slashes, dot segments.
 * All slices of a struct url live in the arena given to the parser (or are
 * literals); the struct may be copied freely while the arena lives. */
#ifndef NET_URL_H
#define NET_URL_H
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum url_host_kind { URL_HOST_NAME, URL_HOST_IPV4, URL_HOST_IPV6 };

struct url {
	struct str scheme;   /* "http" or "https" */
	struct str username; /* percent-encoded, as it stands in the URL; may be empty */
	struct str password;
	struct str host; /* ASCII, lower case, punycode; IPv6 without brackets, compressed */
	enum url_host_kind host_kind;
	uint16_t port;       /* always the effective one: 80/443 when none was written */
	struct str path;     /* starts with '/' */
	struct str query;    /* without '?' */
	struct str fragment; /* without '#' */
	bool has_query, has_fragment;
};

enum url_flags {
	/* Keep path and query bytes as they stand: dot segments, back slashes, raw
	 * bytes and %-forms untouched. For probes whose exact form matters. */
	URL_RAW_PATH = 1,
};

/* Parses `text`; relative references need `base` (NULL otherwise). ASCII white
 * space around and tabs/newlines inside are dropped as browsers do. 0 or -1 with
 * "url.scheme" (well-formed but neither http nor https: mailto:, javascript:, ...),
 * "url.relative" (no base), "url.host", "url.port", "url.too-long". */
int url_parse(struct arena *a, struct str text, const struct url *base, unsigned flags,
	      struct url *ret, struct error *e);

/* Scheme in front of ':' as written ("" when there is none), e.g. "mailto". */
struct str url_scheme_of(struct str text);

enum url_write_flags {
	URL_NO_FRAGMENT = 1,
	URL_NO_QUERY = 2, /* also drops the fragment */
	URL_NO_USERINFO = 4,
};
/* Serialises; a default port is left out, IPv6 gets its brackets. */
void url_write(struct buf *b, const struct url *u, unsigned flags);
/* The same into an arena. */
struct str url_text(struct arena *a, const struct url *u, unsigned flags);
/* "https://host[:port]". */
void url_write_origin(struct buf *b, const struct url *u);
/* "host[:port]" as in a Host header. */
void url_write_host(struct buf *b, const struct url *u);
/* Path and query as they stand in a request line. */
void url_write_target(struct buf *b, const struct url *u);

bool url_same_origin(const struct url *a, const struct url *b);
/* Same scheme-less site: equal registrable domains, or equal hosts where there is none. */
bool url_same_site(const struct url *a, const struct url *b);
bool url_equal(const struct url *a, const struct url *b, unsigned write_flags);
static inline bool url_is_https(const struct url *u)
{
	return u->scheme.len == 5;
}
static inline uint16_t url_default_port(const struct url *u)
{
	return url_is_https(u) ? 443 : 80;
}

/* Parses and normalises a host by itself ("0x7f.1", "例子.测试", "[::1]"). */
int url_parse_host(struct arena *a, struct str text, struct str *ret, enum url_host_kind *ret_kind,
		   struct error *e);
/* Registrable domain ("example.co.uk" of "a.b.example.co.uk") by the public suffix
 * list; a slice of `host`. Empty for IP addresses, public suffixes and single labels. */
struct str url_registrable_domain(struct str host);
/* Host as a person reads it: punycode labels in Unicode. */
struct str url_host_unicode(struct arena *a, struct str host);

/* One "name=value" of a query or form, raw bytes as written. */
struct url_pair {
	struct str name, value;
	bool has_eq; /* "a" and "a=" differ */
	char sep;    /* what stood before it: '&', or 0 for the first */
};
struct url_pairs {
	struct url_pair *ptr;
	size_t len;
};
/* Splits at '&', keeps order, duplicates and raw bytes; url_pairs_join() gives the
 * input back byte for byte. At most LIMIT_URL_PAIRS pairs: the last takes the rest. */
struct url_pairs url_pairs_split(struct arena *a, struct str query);
void url_pairs_join(struct buf *b, const struct url_pair *pairs, size_t n);
/* Decoded name or value ('+' is a space, %XX). */
struct str url_form_decode(struct arena *a, struct str raw);
/* application/x-www-form-urlencoded: letters, digits, "*-._", %XX. A space is %20, which who knows
 * no '+' reads as well (decodeURIComponent, Python's unquote). */
void url_form_encode(struct buf *b, struct str s);
/* Percent-encodes only what may not stand in a query as browsers send it. */
void url_query_encode(struct buf *b, struct str s);

/* Last path segment's extension in lower case without the dot ("" when none). */
struct str url_extension(struct arena *a, const struct url *u);
/* Path up to and including the last '/'. */
struct str url_directory(const struct url *u);
#endif
