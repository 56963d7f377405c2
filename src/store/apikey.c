/* API keys: their rows and nothing else. */
#include "store/apikey.h"

static struct str col(struct arena *a, struct store_rows *r, int i)
{
	return arena_str(a, store_col_str(r, i));
}

int store_apikey_add(struct store_conn *c, const struct store_apikey *k, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO api_key (id, tenant_id, account_id, name, prefix, hash, scopes, "
			  "expires, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(k->id), SV_STR(k->tenant_id), SV_STR(k->account_id), SV_STR(k->name),
			  SV_STR(k->prefix), SV_STR(k->hash), SV_STR(k->scopes),
			  SV_INT_OR_NULL(k->expires), SV_INT(k->created));
}

#define KEY_SELECT                                                                   \
	"SELECT k.id, k.tenant_id, k.account_id, u.name, k.name, k.prefix, k.hash, k.scopes, " \
	"k.expires, k.last_used, k.created FROM api_key k JOIN account u ON u.id = k.account_id "

static void key_of(struct arena *a, struct store_rows *r, struct store_apikey *k)
{
	*k = (struct store_apikey){
		.id = col(a, r, 0), .tenant_id = col(a, r, 1), .account_id = col(a, r, 2),
		.account_name = col(a, r, 3), .name = col(a, r, 4), .prefix = col(a, r, 5),
		.hash = col(a, r, 6), .scopes = col(a, r, 7), .expires = store_col_int(r, 8),
		.last_used = store_col_int(r, 9), .created = store_col_int(r, 10),
	};
}

int store_apikey_find(struct store_conn *c, struct str hash, struct arena *a,
		      struct store_apikey *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, KEY_SELECT "WHERE k.hash = ?", SV_STR(hash));
	if (r > 0)
		key_of(a, rows, ret);
	return r;
}

int store_apikey_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_apikey *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, KEY_SELECT "WHERE k.tenant_id = ? AND k.id = ?",
			  SV_STR(tenant), SV_STR(id));
	if (r > 0)
		key_of(a, rows, ret);
	return r;
}

int store_apikey_list(struct store_conn *c, struct str tenant, struct arena *a,
		      void (*fn)(void *arg, const struct store_apikey *k), void *arg,
		      struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_query(c, &rows, e, KEY_SELECT "WHERE k.tenant_id = ? ORDER BY k.id DESC LIMIT 200",
			SV_STR(tenant)) < 0)
		return -1;
	struct store_apikey k;
	while (store_next(rows)) {
		key_of(a, rows, &k);
		fn(arg, &k);
	}
	return 0;
}

int store_apikey_used(struct store_conn *c, struct str id, int64_t now, struct error *e)
{
	return store_exec(c, e, "UPDATE api_key SET last_used = ? WHERE id = ?", SV_INT(now),
			  SV_STR(id));
}

int store_apikey_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM api_key WHERE tenant_id = ? AND id = ?",
			  SV_STR(tenant), SV_STR(id));
}

int store_apikey_count(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COUNT(*) FROM api_key WHERE tenant_id = ?",
			 SV_STR(tenant)) < 0 ? -1 : 0;
}
