/* Approvals: their rows and nothing else. */
#include "store/approval.h"

static struct str col(struct arena *a, struct store_rows *r, int i)
{
	return arena_str(a, store_col_str(r, i));
}

int store_approval_add(struct store_conn *c, const struct store_approval *p, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO approval (id, tenant_id, kind, object_type, object_id, "
			  "object_name, detail, reason, state, account_id, account_name, decided_by, "
			  "decided_name, decided_reason, expires, created) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, '', '', '', ?, ?)",
			  SV_STR(p->id), SV_STR(p->tenant_id), SV_STR(p->kind),
			  SV_STR(p->object_type), SV_STR(p->object_id), SV_STR(p->object_name),
			  SV_STR(p->detail), SV_STR(p->reason), SV_STR(p->account_id),
			  SV_STR(p->account_name), SV_INT(p->expires), SV_INT(p->created));
}

#define APPROVAL_SELECT                                                                  \
	"SELECT id, tenant_id, kind, object_type, object_id, object_name, detail, reason, state, " \
	"account_id, account_name, decided_by, decided_name, decided_reason, decided, expires, "   \
	"created FROM approval "

static void approval_of(struct arena *a, struct store_rows *r, struct store_approval *p)
{
	*p = (struct store_approval){
		.id = col(a, r, 0), .tenant_id = col(a, r, 1), .kind = col(a, r, 2),
		.object_type = col(a, r, 3), .object_id = col(a, r, 4), .object_name = col(a, r, 5),
		.detail = col(a, r, 6), .reason = col(a, r, 7), .state = col(a, r, 8),
		.account_id = col(a, r, 9), .account_name = col(a, r, 10),
		.decided_by = col(a, r, 11), .decided_name = col(a, r, 12),
		.decided_reason = col(a, r, 13), .decided = store_col_int(r, 14),
		.expires = store_col_int(r, 15), .created = store_col_int(r, 16),
	};
}

int store_approval_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct store_approval *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, APPROVAL_SELECT "WHERE id = ? AND (? = '' OR tenant_id = ?)",
			  SV_STR(id), SV_STR(tenant), SV_STR(tenant));
	if (r > 0)
		approval_of(a, rows, ret);
	return r;
}

int store_approval_pending(struct store_conn *c, struct str tenant, struct str kind,
			   struct str object, int64_t now, struct arena *a,
			   struct store_approval *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  APPROVAL_SELECT "WHERE tenant_id = ? AND kind = ? AND object_id = ? AND "
					  "state = 'pending' AND expires > ? ORDER BY id DESC LIMIT 1",
			  SV_STR(tenant), SV_STR(kind), SV_STR(object), SV_INT(now));
	if (r > 0)
		approval_of(a, rows, ret);
	return r;
}

int store_approval_list(struct store_conn *c, struct str tenant, struct str state, int64_t now,
			struct arena *a, void (*fn)(void *arg, const struct store_approval *p),
			void *arg, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	bool expired = str_eq(state, STR("expired")), pending = str_eq(state, STR("pending"));
	struct str row_state = expired ? STR("pending") : state;
	if (store_query(c, &rows, e,
			APPROVAL_SELECT "WHERE (? = '' OR tenant_id = ?) AND (? = '' OR state = ?) AND "
					"(? = 0 OR expires > ?) AND (? = 0 OR expires <= ?) "
					"ORDER BY id DESC LIMIT 200",
			SV_STR(tenant), SV_STR(tenant), SV_STR(row_state), SV_STR(row_state),
			SV_BOOL(pending), SV_INT(now), SV_BOOL(expired), SV_INT(now)) < 0)
		return -1;
	struct store_approval p;
	while (store_next(rows)) {
		approval_of(a, rows, &p);
		fn(arg, &p);
	}
	return 0;
}

int store_approval_decide(struct store_conn *c, const struct store_approval *p, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE approval SET state = ?, decided_by = ?, decided_name = ?, "
			  "decided_reason = ?, decided = ? WHERE id = ? AND state = 'pending' AND expires > ?",
			  SV_STR(p->state), SV_STR(p->decided_by), SV_STR(p->decided_name),
			  SV_STR(p->decided_reason), SV_INT(p->decided), SV_STR(p->id),
			  SV_INT(p->decided));
}
