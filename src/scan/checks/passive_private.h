/* What several passive checks ask of an exchange. */
#ifndef SCAN_CHECKS_PASSIVE_PRIVATE_H
#define SCAN_CHECKS_PASSIVE_PRIVATE_H
#include "base/check.h"
#include "base/clock.h"
#include "scan/check.h"

/* A page a visitor gets on purpose: HTML, 2xx, not a not-found page, not empty. */
bool passive_is_page(const struct scan_exchange *x);
/* The origin cannot be listened to on the way: https, or a loopback address, which
 * W3C Secure Contexts §3.1 calls potentially trustworthy. */
bool passive_is_secure(const struct scan_exchange *x);
/* Text that stands for data rather than for prose: JSON, XML, plain text, CSV; not HTML,
 * where documentation shows such things on purpose. */
bool passive_is_raw(const struct scan_exchange *x);
void passive_report(struct scan_ctx *c, const struct scan_exchange *x, struct str proof,
		    struct str parameter);
/* The same with another level than the check's own. */
void passive_report_as(struct scan_ctx *c, const struct scan_exchange *x, struct str proof,
		       enum severity severity, enum confidence confidence);
/* The line of text that byte `at` stands in, at most max bytes, blanks trimmed. */
struct str passive_line(struct str text, size_t at, size_t max);
#endif
