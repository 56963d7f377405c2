/* API keys: programs' credentials in one tenant, kept as hashes. */
#ifndef STORE_APIKEY_H
#define STORE_APIKEY_H
#include "base/arena.h"
#include "store/store.h"

struct store_apikey {
	struct str id, tenant_id, account_id, account_name, name, prefix, hash, scopes;
	int64_t expires, last_used, created; /* expires 0: never */
};

int store_apikey_add(struct store_conn *c, const struct store_apikey *k, struct error *e);
/* 1, 0, negative. */
int store_apikey_find(struct store_conn *c, struct str hash, struct arena *a,
		      struct store_apikey *ret, struct error *e);
int store_apikey_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_apikey *ret, struct error *e);
int store_apikey_list(struct store_conn *c, struct str tenant, struct arena *a,
		      void (*fn)(void *arg, const struct store_apikey *k), void *arg,
		      struct error *e);
int store_apikey_used(struct store_conn *c, struct str id, int64_t now, struct error *e);
int store_apikey_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
int store_apikey_count(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e);
#endif
