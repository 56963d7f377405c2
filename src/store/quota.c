/* Quotas and quota requests: their rows and nothing else. */
#include "store/quota.h"

static struct str col(struct arena *a, struct store_rows *r, int i)
{
	return arena_str(a, store_col_str(r, i));
}

int store_quota_get(struct store_conn *c, struct str tenant, struct str name,
		    struct store_quota *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT total, enabled FROM quota WHERE tenant_id = ? AND name = ?",
			  SV_STR(tenant), SV_STR(name));
	if (r > 0)
		*ret = (struct store_quota){ .unlimited = store_col_is_null(rows, 0),
					     .total = store_col_int(rows, 0),
					     .enabled = store_col_bool(rows, 1) };
	return r;
}

int store_quota_put(struct store_conn *c, struct str tenant, struct str name,
		    const struct store_quota *q, struct error *e)
{
	struct store_value total = SV_INT(q->total);
	total.null = q->unlimited;
	return store_exec(c, e,
			  "INSERT INTO quota (tenant_id, name, total, enabled) VALUES (?, ?, ?, ?) "
			  "ON CONFLICT (tenant_id, name) DO UPDATE SET total = excluded.total, "
			  "enabled = excluded.enabled",
			  SV_STR(tenant), SV_STR(name), total, SV_BOOL(q->enabled));
}

int store_quota_request_add(struct store_conn *c, const struct store_quota_request *r,
			    struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO quota_request (id, tenant_id, quota, total, reason, state, "
			  "account_id, account_name, decided_by, decided_name, decided_reason, created) "
			  "VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, '', '', '', ?)",
			  SV_STR(r->id), SV_STR(r->tenant_id), SV_STR(r->quota), SV_INT(r->total),
			  SV_STR(r->reason), SV_STR(r->account_id), SV_STR(r->account_name),
			  SV_INT(r->created));
}

#define REQUEST_SELECT                                                                \
	"SELECT q.id, q.tenant_id, t.name, q.quota, q.total, q.reason, q.state, q.account_id, " \
	"q.account_name, q.decided_by, q.decided_name, q.decided_reason, q.decided_total, "     \
	"q.decided, q.created FROM quota_request q JOIN tenant t ON t.id = q.tenant_id "

static void request_of(struct arena *a, struct store_rows *r, struct store_quota_request *q)
{
	*q = (struct store_quota_request){
		.id = col(a, r, 0), .tenant_id = col(a, r, 1), .tenant_name = col(a, r, 2),
		.quota = col(a, r, 3), .total = store_col_int(r, 4), .reason = col(a, r, 5),
		.state = col(a, r, 6), .account_id = col(a, r, 7), .account_name = col(a, r, 8),
		.decided_by = col(a, r, 9), .decided_name = col(a, r, 10),
		.decided_reason = col(a, r, 11), .decided_total = store_col_int(r, 12),
		.decided = store_col_int(r, 13), .created = store_col_int(r, 14),
	};
}

int store_quota_request_get(struct store_conn *c, struct str tenant, struct str id,
			    struct arena *a, struct store_quota_request *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  REQUEST_SELECT "WHERE q.id = ? AND (? = '' OR q.tenant_id = ?)",
			  SV_STR(id), SV_STR(tenant), SV_STR(tenant));
	if (r > 0)
		request_of(a, rows, ret);
	return r;
}

int store_quota_request_list(struct store_conn *c, struct str tenant, struct str state,
			     struct store_page *page, struct arena *a,
			     void (*fn)(void *arg, const struct store_quota_request *r),
			     void *arg, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (page->want_total &&
	    store_int(c, &page->total, e,
		      "SELECT COUNT(*) FROM quota_request WHERE (? = '' OR tenant_id = ?) AND "
		      "(? = '' OR state = ?)",
		      SV_STR(tenant), SV_STR(tenant), SV_STR(state), SV_STR(state)) < 0)
		return -1;
	if (store_query(c, &rows, e,
			REQUEST_SELECT "WHERE (? = '' OR q.tenant_id = ?) AND (? = '' OR q.state = ?) "
				       "AND (? = '' OR q.id < ?) ORDER BY q.id DESC LIMIT ?",
			SV_STR(tenant), SV_STR(tenant), SV_STR(state), SV_STR(state),
			SV_STR(page->after), SV_STR(page->after), SV_INT(page->limit + 1)) < 0)
		return -1;
	struct store_quota_request q = { 0 };
	for (unsigned n = 0; store_next(rows); n++) {
		if (n == page->limit) {
			page->next = q.id;
			break;
		}
		request_of(a, rows, &q);
		fn(arg, &q);
	}
	return 0;
}

int store_quota_request_decide(struct store_conn *c, const struct store_quota_request *r,
			       struct error *e)
{
	return store_exec(c, e,
			  "UPDATE quota_request SET state = ?, decided_by = ?, decided_name = ?, "
			  "decided_reason = ?, decided_total = ?, decided = ? "
			  "WHERE id = ? AND state = 'pending'",
			  SV_STR(r->state), SV_STR(r->decided_by), SV_STR(r->decided_name),
			  SV_STR(r->decided_reason), SV_INT_OR_NULL(r->decided_total),
			  SV_INT(r->decided), SV_STR(r->id));
}

int store_quota_request_pending(struct store_conn *c, struct str tenant, struct str quota,
				int64_t *ret, struct error *e)
{
	return store_int(c, ret, e,
			 "SELECT COUNT(*) FROM quota_request WHERE tenant_id = ? AND quota = ? AND "
			 "state = 'pending'",
			 SV_STR(tenant), SV_STR(quota)) < 0 ? -1 : 0;
}
