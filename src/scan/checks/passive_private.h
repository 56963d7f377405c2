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
/* Seen, but as something that is told or quoted: 提示, one for the whole site. */
void passive_report_quoted(struct scan_ctx *c, const struct scan_exchange *x, struct str proof);
/* By its address a sample, a manual or the source of one: what stands there is meant to be read. */
bool passive_is_sample(struct str path);
/* The words around text[at, at + len) say that it is an example. */
bool passive_says_example(struct str text, size_t at, size_t len);
/* What people write where a secret will stand: "your_password", "******", "<key>", "${X}", "changeme". */
bool passive_is_placeholder(struct str value);
/* The line of text that byte `at` stands in, at most max bytes, blanks trimmed. */
struct str passive_line(struct str text, size_t at, size_t max);
#endif
