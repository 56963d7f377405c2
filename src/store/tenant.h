/* Tenants, who belongs to them, and a platform administrator's grants to look in.
 * Slices of answers live in the arena given. */
#ifndef STORE_TENANT_H
#define STORE_TENANT_H
#include "base/arena.h"
#include "store/page.h"
#include "store/store.h"

struct store_tenant {
	struct str id, name, kind, edition, timezone, state;
	bool guide_dismissed;
	int64_t created, updated;
};

int store_tenant_add(struct store_conn *c, const struct store_tenant *t, struct error *e);
/* 1, 0 (none), negative. */
int store_tenant_get(struct store_conn *c, struct str id, struct arena *a,
		     struct store_tenant *ret, struct error *e);
/* All but the platform's, newest first, calling fn for each. page->next is set. */
int store_tenant_list(struct store_conn *c, struct store_page *page, struct str q,
		      struct arena *a, void (*fn)(void *arg, const struct store_tenant *t),
		      void *arg, struct error *e);
/* name, kind, timezone, edition, state, guide_dismissed as in *t. */
int store_tenant_update(struct store_conn *c, const struct store_tenant *t, struct error *e);

struct store_member {
	struct str id, tenant_id, account_id, role, state;
	struct str name, email, account_state;	  /* of the account */
	struct str tenant_name, tenant_kind, tenant_state;
	int64_t last_login, created;
};

/* "store.unique" when the account is a member already. */
int store_member_add(struct store_conn *c, const struct store_member *m, struct error *e);
int store_member_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_member *ret, struct error *e);
int store_member_find(struct store_conn *c, struct str tenant, struct str account,
		      struct arena *a, struct store_member *ret, struct error *e);
int store_member_list(struct store_conn *c, struct str tenant, struct store_page *page,
		      struct str q, struct str role, struct arena *a,
		      void (*fn)(void *arg, const struct store_member *m), void *arg,
		      struct error *e);
/* Memberships of one account, oldest first; the platform's last. */
int store_member_of_account(struct store_conn *c, struct str account, struct arena *a,
			    void (*fn)(void *arg, const struct store_member *m), void *arg,
			    struct error *e);
int store_member_update(struct store_conn *c, struct str tenant, struct str id, struct str role,
			struct str state, int64_t now, struct error *e);
int store_member_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
/* Active members with an active account and one of these roles; `except` is not counted. */
int store_member_count(struct store_conn *c, struct str tenant, const struct str *roles,
		       size_t n_roles, struct str except, int64_t *ret, struct error *e);
int store_member_count_all(struct store_conn *c, struct str tenant, int64_t *ret,
			   struct error *e);

struct store_grant {
	struct str id, tenant_id, account_id, account_name, reason;
	int64_t expires, created;
};
int store_grant_add(struct store_conn *c, const struct store_grant *g, struct error *e);
/* The longest one of this account in this tenant that is still good: 1, 0, negative. */
int store_grant_active(struct store_conn *c, struct str tenant, struct str account, int64_t now,
		       struct arena *a, struct store_grant *ret, struct error *e);
int store_grant_list(struct store_conn *c, struct str tenant, int64_t now, struct arena *a,
		     void (*fn)(void *arg, const struct store_grant *g), void *arg,
		     struct error *e);
/* Ends it now; store_changed() tells whether there was one. */
int store_grant_end(struct store_conn *c, struct str tenant, struct str id, int64_t now,
		    struct error *e);
#endif
