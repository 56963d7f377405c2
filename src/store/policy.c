/* Text policies and the tenant's state: see policy.h. */
#include "store/policy.h"

#define COLUMNS                                                                                    \
	"p.id, p.tenant_id, p.name, p.scene, p.base, p.rules, p.note, p.created_by, p.enabled, "   \
	"p.starts, p.ends, p.created, p.updated, p.revision"

static void read_policy(struct store_reader *r, struct store_policy *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->name = store_read_str(r);
	v->scene = store_read_str(r);
	v->base = store_read_str(r);
	v->rules = store_read_str(r);
	v->note = store_read_str(r);
	v->created_by = store_read_str(r);
	v->enabled = store_read_bool(r);
	v->starts = store_read_int(r);
	v->ends = store_read_int(r);
	v->created = store_read_int(r);
	v->updated = store_read_int(r);
	v->revision = store_read_int(r);
}

int store_policy_insert(struct store_conn *c, const struct store_policy *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_policy (id, tenant_id, name, scene, base, rules, enabled, starts, "
			  "ends, note, created_by, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->name), SV_STR(v->scene), SV_STR(v->base),
			  SV_STR(v->rules), SV_BOOL(v->enabled), SV_INT(v->starts), SV_INT(v->ends),
			  SV_STR(v->note), SV_STR(v->created_by), SV_INT(v->created), SV_INT(v->updated));
}

int store_policy_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_policy *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e, "SELECT " COLUMNS " FROM text_policy p WHERE p.id = ? AND p.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_policy(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_policy_save(struct store_conn *c, const struct store_policy *v, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE text_policy SET name = ?, scene = ?, base = ?, rules = ?, enabled = ?, starts = ?, "
		       "ends = ?, note = ?, updated = ?, revision = revision + 1 "
		       "WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(v->name), SV_STR(v->scene), SV_STR(v->base), SV_STR(v->rules), SV_BOOL(v->enabled),
		       SV_INT(v->starts), SV_INT(v->ends), SV_STR(v->note), SV_INT(v->updated), SV_STR(v->id),
		       SV_STR(v->tenant), SV_INT(v->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_policy_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM text_policy WHERE id = ? AND tenant_id = ?", SV_STR(id), SV_STR(tenant));
}

int store_policy_list(struct store_conn *c, struct str tenant, struct arena *a, store_policy_fn *fn,
		      void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e, "SELECT " COLUMNS " FROM text_policy p WHERE p.tenant_id = ? ORDER BY p.id",
			SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_policy v = { 0 };

		read_policy(&(struct store_reader){ rows, a, 0 }, &v);
		fn(&v, user);
	}
	return 0;
}

/* ---- the tenant's state ---- */

int store_text_state(struct store_conn *c, struct str tenant, struct arena *a, int64_t *ret_generation,
		     struct str *ret_settings, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e, "SELECT generation, settings FROM text_state WHERE tenant_id = ?",
			      SV_STR(tenant));

	if (found < 0)
		return -1;
	*ret_generation = found ? store_col_int(rows, 0) : 0;
	*ret_settings = found ? arena_str(a, store_col_str(rows, 1)) : STR("{}");
	return 0;
}

int store_text_generation(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e)
{
	int found = store_int(c, ret, e, "SELECT generation FROM text_state WHERE tenant_id = ?", SV_STR(tenant));

	if (found == 0)
		*ret = 0;
	return found < 0 ? -1 : 0;
}

int store_text_bump(struct store_conn *c, struct str tenant, struct str settings, struct error *e)
{
	if (settings.len)
		return store_exec(c, e,
				  "INSERT INTO text_state (tenant_id, generation, settings) VALUES (?, 1, ?) "
				  "ON CONFLICT (tenant_id) DO UPDATE SET generation = text_state.generation + 1, "
				  "settings = excluded.settings",
				  SV_STR(tenant), SV_STR(settings));
	return store_exec(c, e,
			  "INSERT INTO text_state (tenant_id, generation) VALUES (?, 1) "
			  "ON CONFLICT (tenant_id) DO UPDATE SET generation = text_state.generation + 1",
			  SV_STR(tenant));
}

int store_text_tenants(struct store_conn *c, struct arena *a,
		       void (*fn)(struct str tenant, struct str settings, void *user), void *user,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e, "SELECT t.id, COALESCE(s.settings, '{}') FROM tenant t "
				     "LEFT JOIN text_state s ON s.tenant_id = t.id") < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), arena_str(a, store_col_str(rows, 1)), user);
	return 0;
}
