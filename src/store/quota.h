/* Quotas of tenants and the requests to raise them. A tenant without a row for a
 * quota has the default of src/app/quota.c. */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H
#include "base/arena.h"
#include "store/page.h"
#include "store/store.h"

struct store_quota {
	bool unlimited, enabled;
	int64_t total;
};
/* 1, 0 (no row), negative. */
int store_quota_get(struct store_conn *c, struct str tenant, struct str name,
		    struct store_quota *ret, struct error *e);
int store_quota_put(struct store_conn *c, struct str tenant, struct str name,
		    const struct store_quota *q, struct error *e);

struct store_quota_request {
	struct str id, tenant_id, tenant_name, quota, reason, state, account_id, account_name;
	struct str decided_by, decided_name, decided_reason;
	int64_t total, decided_total, decided, created;
};
int store_quota_request_add(struct store_conn *c, const struct store_quota_request *r,
			    struct error *e);
/* tenant "": of any tenant. 1, 0, negative. */
int store_quota_request_get(struct store_conn *c, struct str tenant, struct str id,
			    struct arena *a, struct store_quota_request *ret, struct error *e);
int store_quota_request_list(struct store_conn *c, struct str tenant, struct str state,
			     struct store_page *page, struct arena *a,
			     void (*fn)(void *arg, const struct store_quota_request *r),
			     void *arg, struct error *e);
/* Only while pending; store_changed() tells. */
int store_quota_request_decide(struct store_conn *c, const struct store_quota_request *r,
			       struct error *e);
int store_quota_request_pending(struct store_conn *c, struct str tenant, struct str quota,
				int64_t *ret, struct error *e);
#endif
