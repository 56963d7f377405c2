/* What several active checks share. */
#include "scan/checks/active_private.h"

bool active_served(struct probe *p, const struct scan_exchange *x)
{
	return x->status >= 200 && x->status < 300 && !str_empty(x->body) &&
	       probe_missing(p, x) == 0;
}

struct str active_url(struct probe *p, const char *path)
{
	return probe_printf(p, "%.*s%s", STR_ARG(probe_base(p)->origin), path);
}
