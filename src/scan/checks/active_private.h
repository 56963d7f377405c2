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
/* Origin of the base with `path` behind it. */
struct str active_url(struct probe *p, const char *path);
#endif
