/* The end of a broken invariant: one line on stderr, then abort. The supervisor
 * restarts the process; nothing is repaired in place. */
#include "base/check.h"

void check_failed(const char *expr, const char *file, int line, const char *func)
{
	fprintf(stderr, "assertion failed: %s (%s:%d, %s)\n", expr, file, line, func);
	abort();
}
