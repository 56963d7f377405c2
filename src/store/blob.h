/* Bytes too big for a row: files under DATA/blobs, or rows where machines share
 * nothing but PostgreSQL. Addressed by content (SHA-256, hex) within a tenant and
 * counted: every put wants one delete. A tenant can neither see nor learn of
 * another's blob. At most LIMIT_BLOB bytes each. */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H
#include "store/store.h"

#define STORE_BLOB_ID_LEN 64
struct blob_id {
	char text[STORE_BLOB_ID_LEN + 1];
};
static inline struct str blob_id_str(const struct blob_id *id)
{
	return str_make(id->text, strlen(id->text));
}

/* May be part of a transaction. */
int store_blob_put(struct store_conn *c, struct str tenant, struct str bytes, int64_t now,
		   struct blob_id *ret, struct error *e);
/* Appends to *out. "blob.missing" when this tenant has none of that id,
 * "blob.corrupt" when the bytes no longer match it. */
int store_blob_get(struct store_conn *c, struct str tenant, struct str id, struct buf *out,
		   struct error *e);
int store_blob_size(struct store_conn *c, struct str tenant, struct str id, int64_t *ret,
		    struct error *e);
/* Takes one reference away; the bytes go at a later store_blob_sweep(). A missing
 * blob is no error. */
int store_blob_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
/* Bytes this tenant's blobs take (quota). */
int store_blob_usage(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e);
/* Removes bytes that nobody refers to; returns how many blobs, or negative. Not
 * inside a transaction. Workers call it once an hour. */
int store_blob_sweep(struct store_conn *c, struct error *e);
#endif
