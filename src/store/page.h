/* One page of a list. A resource sorts by one key (a column, then the id) and goes
 * on after the last row it gave; the API turns `next` into an opaque signed cursor. */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H
#include "base/arena.h"
#include "base/str.h"

struct store_page {
	/* asked */
	unsigned limit;	  /* rows wanted, 1 … 200 */
	struct str after; /* what `next` was on the page before, "" for the first page */
	struct str sort;  /* one of the names the route allows, "" for its default */
	bool desc;
	bool want_total;
	/* answered */
	struct str next; /* "" when this was the last page; in the caller's arena */
	int64_t total;	 /* -1 when not counted */
};

/* Keys of two parts for `after`/`next`: "<column value>\x1f<id>". */
struct str store_page_key(struct arena *a, struct str value, struct str id);
/* False (both untouched) when `key` is no such pair. */
bool store_page_split(struct str key, struct str *ret_value, struct str *ret_id);
#endif
