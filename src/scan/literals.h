/* The fixed strings of all checks, found in one pass over a text. A filter over
 * groups of three bytes passes few positions; those are compared with the strings that
 * start with that group (the idea of Wu and Manber 1994, block length 3, without
 * skips). Built once per run, read-only afterwards. */
#ifndef SCAN_LITERALS_H
#define SCAN_LITERALS_H
#include "scan/check.h"

struct literals;

/* checks: NULL-terminated, borrowed. */
struct literals *literals_new(const struct scan_check *const *checks);
void literals_free(struct literals *l);
DEFINE_CLEANUP(struct literals *, literals_free);
/* Calls hit() for every occurrence in order of position, at most LIMIT_LITERAL_HITS times
 * per string. */
void literals_scan(const struct literals *l, struct str text,
		   void (*hit)(void *arg, const struct scan_check *c, size_t which, size_t at),
		   void *arg);
#endif
