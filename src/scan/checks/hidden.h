/* Parameters that no link and no form has: names that many programs read, and those that the page
 * itself mentions in scripts, comments and fields. */
#ifndef SCAN_CHECKS_HIDDEN_H
#define SCAN_CHECKS_HIDDEN_H
#include "scan/check.h"

#define HIDDEN_NAMES 40

/* Names that the route's address does not have already; at most max. In the probe's arena. */
size_t hidden_names(struct probe *p, const struct scan_exchange *route, struct str *names, size_t max);
/* Headers that the page speaks of: a name in markup of its own beside the word "header" or 请求头. */
size_t hidden_headers(const struct scan_exchange *route, struct str *names, size_t max);
/* The address with these parameters behind its own ones. */
struct str hidden_url_all(struct probe *p, struct str url, const struct str *names, const struct str *values, size_t n);
/* With one; raw: the value as it is, blanks as '/'. */
struct str hidden_url(struct probe *p, struct str url, struct str name, struct str value, bool raw);
#endif
