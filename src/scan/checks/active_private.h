/* What several active checks share. Payloads are harmless: they read, echo or
 * compute, and never write. */
#ifndef SCAN_CHECKS_ACTIVE_PRIVATE_H
#define SCAN_CHECKS_ACTIVE_PRIVATE_H
#include "base/buf.h"
#include "base/check.h"
#include "scan/check.h"

/* printf into the probe's arena. */
#define probe_printf(p, ...) arena_printf(probe_arena(p), __VA_ARGS__)
/* Body as text where it is text, else as it came. */
static inline struct str active_content(const struct scan_exchange *x)
{
	return str_empty(x->text) ? x->body : x->text;
}
/* 2xx, with a body, and not what the site answers for nonsense. */
bool active_served(struct probe *p, const struct scan_exchange *x);
/* {0} … {9} of the form replaced by the arguments. */
struct str active_fill(struct probe *p, const char *form, const struct str *args);
/* Where `want` stands in the answer, body first, then head; .ptr NULL nowhere. */
struct str active_find(const struct scan_exchange *x, struct str want);
/* A sum or product of two random numbers, which the request names but does not hold. */
struct active_sum {
	struct str a, b, sum, product;
	struct str left, right; /* random words to stand around it */
};
struct active_sum active_numbers(struct probe *p);
/* A header that the answers of this request say they depend on (Vary), or that the site's own scripts
 * or interface documents send. */
bool active_own_header(const struct scan_point *pt);
/* Numbers, dates, flags: what no file, address or command would be. */
bool active_plain_number(struct str value);
/* A part of a multipart body. */
struct active_part {
	struct str name, file, value; /* file: its name, .ptr NULL when it is none */
};
/* .ptr NULL when the type is not multipart. */
struct str active_boundary(struct str content_type);
/* The next part of a body; *rest moves on. */
bool active_next_part(struct str boundary, struct str *rest, struct active_part *ret);
/* Does the answer hold a database's error message? */
bool active_sql_error(const struct scan_exchange *x, struct str *proof, const char **dbms);
/* Does a shared cache say that this answer came out of it? */
bool active_cache_hit(const struct scan_exchange *x);
/* The page asked for with an opaque origin and with random hosts in the headers by which proxies name
 * one: what several checks look at first, sent once for each address. NULL: none, or refused so. */
#define ACTIVE_FORWARDED 6
extern const char *const active_forwarded[ACTIVE_FORWARDED];
const struct scan_exchange *active_strange(struct probe *p, const struct scan_exchange *x, struct str hosts[ACTIVE_FORWARDED]);
/* Origin of the base with `path` behind it. */
struct str active_url(struct probe *p, const char *path);
#endif
