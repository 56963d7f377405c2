/* Settings and saved answers: their rows and nothing else. */
#include "store/setting.h"

int store_setting_get(struct store_conn *c, struct str name, struct arena *a, struct str *ret,
		      struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, "SELECT value FROM setting WHERE name = ?", SV_STR(name));
	if (r > 0)
		*ret = arena_str(a, store_col_str(rows, 0));
	return r;
}

int store_setting_put(struct store_conn *c, struct str name, struct str value, int64_t now,
		      struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO setting (name, value, updated) VALUES (?, ?, ?) ON CONFLICT (name) "
			  "DO UPDATE SET value = excluded.value, updated = excluded.updated",
			  SV_STR(name), SV_STR(value), SV_INT(now));
}

int store_setting_generation(struct store_conn *c, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COALESCE(MAX(updated), 0) FROM setting") < 0 ? -1 : 0;
}

struct claim {
	const struct store_replay *r;
	int64_t expired;
	struct arena *a;
	struct store_replay *ret;
};

static int claim(struct store_conn *c, void *arg, struct error *e)
{
	struct claim *k = arg;
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_exec(c, e,
		       "DELETE FROM idempotency WHERE tenant_id = ? AND account_id = ? AND key = ? AND "
		       "created < ?",
		       SV_STR(k->r->tenant_id), SV_STR(k->r->account_id), SV_STR(k->r->key),
		       SV_INT(k->expired)) < 0)
		return -1;
	if (store_exec(c, e,
		       "INSERT INTO idempotency (tenant_id, account_id, key, request_hash, status, "
		       "content_type, location, body, created) VALUES (?, ?, ?, ?, 0, '', '', '', ?) "
		       "ON CONFLICT (tenant_id, account_id, key) DO NOTHING",
		       SV_STR(k->r->tenant_id), SV_STR(k->r->account_id), SV_STR(k->r->key),
		       SV_STR(k->r->request_hash), SV_INT(k->r->created)) < 0)
		return -1;
	if (store_changed(c) > 0)
		return 1;
	int r = store_row(c, &rows, e,
			  "SELECT request_hash, status, content_type, location, body, created "
			  "FROM idempotency WHERE tenant_id = ? AND account_id = ? AND key = ?",
			  SV_STR(k->r->tenant_id), SV_STR(k->r->account_id), SV_STR(k->r->key));
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "store.busy", "请稍后重试。", "Try again.");
	*k->ret = (struct store_replay){
		.request_hash = arena_str(k->a, store_col_str(rows, 0)),
		.status = (int)store_col_int(rows, 1),
		.content_type = arena_str(k->a, store_col_str(rows, 2)),
		.location = arena_str(k->a, store_col_str(rows, 3)),
		.body = arena_str(k->a, store_col_str(rows, 4)), .created = store_col_int(rows, 5),
	};
	return 0;
}

int store_replay_claim(struct store_conn *c, const struct store_replay *r, int64_t expired,
		       struct arena *a, struct store_replay *ret, struct error *e)
{
	struct claim k = { r, expired, a, ret };
	return store_tx(c, claim, &k, e);
}

int store_replay_save(struct store_conn *c, const struct store_replay *r, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE idempotency SET status = ?, content_type = ?, location = ?, body = ? "
			  "WHERE tenant_id = ? AND account_id = ? AND key = ?",
			  SV_INT(r->status), SV_STR(r->content_type), SV_STR(r->location),
			  SV_STR(r->body), SV_STR(r->tenant_id), SV_STR(r->account_id),
			  SV_STR(r->key));
}

int store_replay_drop(struct store_conn *c, const struct store_replay *r, struct error *e)
{
	return store_exec(c, e,
			  "DELETE FROM idempotency WHERE tenant_id = ? AND account_id = ? AND key = ? AND "
			  "status = 0",
			  SV_STR(r->tenant_id), SV_STR(r->account_id), SV_STR(r->key));
}

int store_replay_prune(struct store_conn *c, int64_t before, struct error *e)
{
	return store_exec(c, e, "DELETE FROM idempotency WHERE created < ?", SV_INT(before));
}
