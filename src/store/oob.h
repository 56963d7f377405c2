/* Out-of-band hits: written by the process that listens, read by the workers that scan. */
#ifndef STORE_OOB_H
#define STORE_OOB_H
#include "base/arena.h"
#include "store/store.h"

#define LIMIT_OOB_ROWS 50000 /* kept at most */

struct store_oob_hit {
	int64_t number, kind, time;
	struct str token, source, what;
};
/* prefix: the scan's part of the token. */
int store_oob_put(struct store_conn *c, struct str prefix, const struct store_oob_hit *h, struct error *e);
/* Hits of one scan numbered above `after`, at most 500; the texts live in the arena. */
int store_oob_after(struct store_conn *c, struct str prefix, int64_t after, struct arena *a,
		    struct store_oob_hit **ret, size_t *ret_len, struct error *e);
/* Older ones than `before`, and all but the newest LIMIT_OOB_ROWS, go. */
int store_oob_prune(struct store_conn *c, int64_t before, struct error *e);
#endif
