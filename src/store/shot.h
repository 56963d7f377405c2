/* Rows of pictures of pages. The picture itself is a blob; a row holds one reference. */
#ifndef STORE_SHOT_H
#define STORE_SHOT_H
#include "store/select.h"

struct store_shot {
	struct str id, tenant, site, scan;
	struct str kind; /* "page", "proof" */
	struct str url, title, blob;
	int64_t width, height, size, created;
};
/* Within a transaction: the row and its blob's reference belong together. A picture of the
 * same page and kind in the same scan is replaced. */
int store_shot_put(struct store_conn *c, const struct store_shot *s, struct error *e);
int store_shot_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_shot *ret, struct error *e);
struct store_shot_filter {
	struct str site, scan, kind, url; /* empty: any */
};
int store_shot_list(struct store_conn *c, struct str tenant, const struct store_shot_filter *f,
		    struct store_page *page, struct arena *a,
		    void (*fn)(const struct store_shot *s, void *user), void *user,
		    struct error *e);
int store_shot_count(struct store_conn *c, struct str scan, struct str kind, int64_t *ret,
		     struct error *e);
/* The oldest of a site beyond `keep`, with their blobs' references; all with 0. */
int store_shot_trim(struct store_conn *c, struct str tenant, struct str site, int64_t keep,
		    struct error *e);
#endif
