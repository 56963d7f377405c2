/* Rows of text policies, and the tenant's state of text checks: its settings and the number that
 * grows with every change of lists, policies or settings. */
#ifndef STORE_POLICY_H
#define STORE_POLICY_H
#include "store/select.h"

struct store_policy {
	struct str id, tenant, name, scene, base, rules, note, created_by; /* rules: JSON */
	bool enabled;
	int64_t starts, ends, created, updated, revision; /* 0: without limit */
};
int store_policy_insert(struct store_conn *c, const struct store_policy *v, struct error *e);
int store_policy_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_policy *ret, struct error *e);
/* 1 when the revision still stood. */
int store_policy_save(struct store_conn *c, const struct store_policy *v, struct error *e);
int store_policy_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
typedef void store_policy_fn(const struct store_policy *v, void *user);
/* Oldest first. */
int store_policy_list(struct store_conn *c, struct str tenant, struct arena *a, store_policy_fn *fn,
		      void *user, struct error *e);

/* 0 and "{}" when there is no row yet. */
int store_text_state(struct store_conn *c, struct str tenant, struct arena *a, int64_t *ret_generation,
		     struct str *ret_settings, struct error *e);
int store_text_generation(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e);
/* Adds one; settings empty: as they were. */
int store_text_bump(struct store_conn *c, struct str tenant, struct str settings, struct error *e);
/* Every tenant that has a row. */
int store_text_tenants(struct store_conn *c, struct arena *a,
		       void (*fn)(struct str tenant, struct str settings, void *user), void *user,
		       struct error *e);
#endif
