/* Interface documents of a site: one row each, the bytes as a blob. */
#ifndef STORE_DOCUMENT_H
#define STORE_DOCUMENT_H
#include "base/arena.h"
#include "store/store.h"

struct store_document {
	/* state: "checking", "ready", "failed" (then error is {"code","detail","detail_en"}) */
	struct str id, tenant, site, name, kind, state, blob, error, created_by;
	int64_t requests, size, created;
};
int store_document_insert(struct store_conn *c, const struct store_document *d, struct error *e);
/* 1 found, 0 not. site "": of whatever site. */
int store_document_get(struct store_conn *c, struct str tenant, struct str site, struct str id, struct arena *a,
		       struct store_document *ret, struct error *e);
/* kind, state, requests and error. */
int store_document_save(struct store_conn *c, const struct store_document *d, struct error *e);
int store_document_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
/* All of a site, the oldest first. */
int store_document_list(struct store_conn *c, struct str tenant, struct str site, struct arena *a,
			void (*fn)(const struct store_document *d, void *user), void *user, struct error *e);
#endif
