/* Actions waiting for a second person: their rows. */
#ifndef STORE_APPROVAL_H
#define STORE_APPROVAL_H
#include "base/arena.h"
#include "store/store.h"

struct store_approval {
	struct str id, tenant_id, kind, object_type, object_id, object_name, detail, reason, state;
	struct str account_id, account_name, decided_by, decided_name, decided_reason;
	int64_t decided, expires, created;
};

int store_approval_add(struct store_conn *c, const struct store_approval *a, struct error *e);
/* tenant "": any. 1, 0, negative. */
int store_approval_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct store_approval *ret, struct error *e);
/* The pending, not yet expired one for this object: 1, 0, negative. */
int store_approval_pending(struct store_conn *c, struct str tenant, struct str kind,
			   struct str object, int64_t now, struct arena *a,
			   struct store_approval *ret, struct error *e);
/* Newest first, at most 200. tenant "": any; state "" for all, "expired" counts by time. */
int store_approval_list(struct store_conn *c, struct str tenant, struct str state, int64_t now,
			struct arena *a, void (*fn)(void *arg, const struct store_approval *a),
			void *arg, struct error *e);
/* Only while pending and not expired; store_changed() tells. */
int store_approval_decide(struct store_conn *c, const struct store_approval *a, struct error *e);
#endif
