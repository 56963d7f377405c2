/* Out-of-band hits: their rows and nothing else. */
#include "store/oob.h"

#define OOB_AT_ONCE 500

int store_oob_put(struct store_conn *c, struct str prefix, const struct store_oob_hit *h, struct error *e)
{
	return store_exec(c, e, "INSERT INTO oob_hit (prefix, token, kind, source, what, time) VALUES (?, ?, ?, ?, ?, ?)",
			  SV_STR(prefix), SV_STR(h->token), SV_INT(h->kind), SV_STR(h->source), SV_STR(h->what),
			  SV_INT(h->time));
}

int store_oob_after(struct store_conn *c, struct str prefix, int64_t after, struct arena *a,
		    struct store_oob_hit **ret, size_t *ret_len, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct store_oob_hit *list = arena_array(a, OOB_AT_ONCE, sizeof(*list));
	size_t n = 0;
	if (store_query(c, &rows, e,
			"SELECT number, kind, time, token, source, what FROM oob_hit WHERE prefix = ? AND number > ? "
			"ORDER BY number LIMIT ?",
			SV_STR(prefix), SV_INT(after), SV_INT(OOB_AT_ONCE)) < 0)
		return -1;
	while (n < OOB_AT_ONCE && store_next(rows))
		list[n++] = (struct store_oob_hit){ store_col_int(rows, 0), store_col_int(rows, 1), store_col_int(rows, 2),
						    arena_str(a, store_col_str(rows, 3)), arena_str(a, store_col_str(rows, 4)),
						    arena_str(a, store_col_str(rows, 5)) };
	*ret = list;
	*ret_len = n;
	return 0;
}

int store_oob_prune(struct store_conn *c, int64_t before, struct error *e)
{
	if (store_exec(c, e, "DELETE FROM oob_hit WHERE time < ?", SV_INT(before)) < 0)
		return -1;
	return store_exec(c, e,
			  "DELETE FROM oob_hit WHERE number <= (SELECT COALESCE(MAX(number), 0) FROM oob_hit) - ?",
			  SV_INT(LIMIT_OOB_ROWS));
}
