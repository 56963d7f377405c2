/* Tenants, memberships, grants: their rows and nothing else. */
#include "store/tenant.h"

static struct str col(struct arena *a, struct store_rows *r, int i)
{
	return arena_str(a, store_col_str(r, i));
}

int store_tenant_add(struct store_conn *c, const struct store_tenant *t, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO tenant (id, name, kind, edition, timezone, state, created, updated) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(t->id), SV_STR(t->name), SV_STR(t->kind), SV_STR(t->edition),
			  SV_STR(t->timezone), SV_STR(t->state), SV_INT(t->created), SV_INT(t->updated));
}

#define TENANT_COLS "id, name, kind, edition, timezone, state, guide_dismissed, created, updated"

static void tenant_of(struct arena *a, struct store_rows *r, struct store_tenant *t)
{
	*t = (struct store_tenant){
		.id = col(a, r, 0), .name = col(a, r, 1), .kind = col(a, r, 2),
		.edition = col(a, r, 3), .timezone = col(a, r, 4), .state = col(a, r, 5),
		.guide_dismissed = store_col_bool(r, 6), .created = store_col_int(r, 7),
		.updated = store_col_int(r, 8),
	};
}

int store_tenant_get(struct store_conn *c, struct str id, struct arena *a,
		     struct store_tenant *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, "SELECT " TENANT_COLS " FROM tenant WHERE id = ?", SV_STR(id));
	if (r > 0)
		tenant_of(a, rows, ret);
	return r;
}

int store_tenant_list(struct store_conn *c, struct store_page *page, struct str q,
		      struct arena *a, void (*fn)(void *arg, const struct store_tenant *t),
		      void *arg, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_buf_ struct buf like = BUF_INIT(1024);
	store_like(&like, q);
	if (page->want_total &&
	    store_int(c, &page->total, e,
		      "SELECT COUNT(*) FROM tenant WHERE kind <> 'platform' AND lower(name) LIKE lower(?) ESCAPE '!'",
		      SV_STR(buf_view(&like))) < 0)
		return -1;
	if (store_query(c, &rows, e,
			"SELECT " TENANT_COLS " FROM tenant WHERE kind <> 'platform' "
			"AND lower(name) LIKE lower(?) ESCAPE '!' AND (? = '' OR id < ?) "
			"ORDER BY id DESC LIMIT ?",
			SV_STR(buf_view(&like)), SV_STR(page->after), SV_STR(page->after),
			SV_INT(page->limit + 1)) < 0)
		return -1;
	struct store_tenant t = { 0 };
	for (unsigned n = 0; store_next(rows); n++) {
		if (n == page->limit) {
			page->next = t.id;
			break;
		}
		tenant_of(a, rows, &t);
		fn(arg, &t);
	}
	return 0;
}

int store_tenant_update(struct store_conn *c, const struct store_tenant *t, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE tenant SET name = ?, kind = ?, timezone = ?, edition = ?, state = ?, "
			  "guide_dismissed = ?, updated = ? WHERE id = ?",
			  SV_STR(t->name), SV_STR(t->kind), SV_STR(t->timezone), SV_STR(t->edition),
			  SV_STR(t->state), SV_BOOL(t->guide_dismissed), SV_INT(t->updated),
			  SV_STR(t->id));
}

/* ---- memberships ---- */

int store_member_add(struct store_conn *c, const struct store_member *m, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO membership (id, tenant_id, account_id, role, state, created, updated) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(m->id), SV_STR(m->tenant_id), SV_STR(m->account_id), SV_STR(m->role),
			  SV_STR(m->state), SV_INT(m->created), SV_INT(m->created));
}

#define MEMBER_SELECT                                                                      \
	"SELECT m.id, m.tenant_id, m.account_id, m.role, m.state, u.name, u.email, u.state, " \
	"t.name, t.kind, t.state, u.last_login, m.created FROM membership m "                 \
	"JOIN account u ON u.id = m.account_id JOIN tenant t ON t.id = m.tenant_id "

static void member_of(struct arena *a, struct store_rows *r, struct store_member *m)
{
	*m = (struct store_member){
		.id = col(a, r, 0), .tenant_id = col(a, r, 1), .account_id = col(a, r, 2),
		.role = col(a, r, 3), .state = col(a, r, 4), .name = col(a, r, 5),
		.email = col(a, r, 6), .account_state = col(a, r, 7), .tenant_name = col(a, r, 8),
		.tenant_kind = col(a, r, 9), .tenant_state = col(a, r, 10),
		.last_login = store_col_int(r, 11), .created = store_col_int(r, 12),
	};
}

int store_member_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_member *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, MEMBER_SELECT "WHERE m.tenant_id = ? AND m.id = ?",
			  SV_STR(tenant), SV_STR(id));
	if (r > 0)
		member_of(a, rows, ret);
	return r;
}

int store_member_find(struct store_conn *c, struct str tenant, struct str account,
		      struct arena *a, struct store_member *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, MEMBER_SELECT "WHERE m.tenant_id = ? AND m.account_id = ?",
			  SV_STR(tenant), SV_STR(account));
	if (r > 0)
		member_of(a, rows, ret);
	return r;
}

int store_member_list(struct store_conn *c, struct str tenant, struct store_page *page,
		      struct str q, struct str role, struct arena *a,
		      void (*fn)(void *arg, const struct store_member *m), void *arg,
		      struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_buf_ struct buf like = BUF_INIT(1024);
	store_like(&like, q);
#define MEMBER_WHERE                                                                  \
	"m.tenant_id = ? AND (lower(u.name) LIKE lower(?) ESCAPE '!' OR u.email_key LIKE " \
	"lower(?) ESCAPE '!') AND (? = '' OR m.role = ?) "
	struct str l = buf_view(&like);
	if (page->want_total &&
	    store_int(c, &page->total, e,
		      "SELECT COUNT(*) FROM membership m JOIN account u ON u.id = m.account_id "
		      "WHERE " MEMBER_WHERE,
		      SV_STR(tenant), SV_STR(l), SV_STR(l), SV_STR(role), SV_STR(role)) < 0)
		return -1;
	if (store_query(c, &rows, e,
			MEMBER_SELECT "WHERE " MEMBER_WHERE
				      "AND (? = '' OR m.id > ?) ORDER BY m.id LIMIT ?",
			SV_STR(tenant), SV_STR(l), SV_STR(l), SV_STR(role), SV_STR(role),
			SV_STR(page->after), SV_STR(page->after), SV_INT(page->limit + 1)) < 0)
		return -1;
#undef MEMBER_WHERE
	struct store_member m = { 0 };
	for (unsigned n = 0; store_next(rows); n++) {
		if (n == page->limit) {
			page->next = m.id;
			break;
		}
		member_of(a, rows, &m);
		fn(arg, &m);
	}
	return 0;
}

int store_member_of_account(struct store_conn *c, struct str account, struct arena *a,
			    void (*fn)(void *arg, const struct store_member *m), void *arg,
			    struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_query(c, &rows, e,
			MEMBER_SELECT "WHERE m.account_id = ? AND m.state = 'active' AND "
				      "t.state = 'active' ORDER BY m.tenant_id = "
				      "'00000000000000000000000000', m.id LIMIT 200",
			SV_STR(account)) < 0)
		return -1;
	struct store_member m;
	while (store_next(rows)) {
		member_of(a, rows, &m);
		fn(arg, &m);
	}
	return 0;
}

int store_member_update(struct store_conn *c, struct str tenant, struct str id, struct str role,
			struct str state, int64_t now, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE membership SET role = ?, state = ?, updated = ? "
			  "WHERE tenant_id = ? AND id = ?",
			  SV_STR(role), SV_STR(state), SV_INT(now), SV_STR(tenant), SV_STR(id));
}

int store_member_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM membership WHERE tenant_id = ? AND id = ?",
			  SV_STR(tenant), SV_STR(id));
}

int store_member_count(struct store_conn *c, struct str tenant, const struct str *roles,
		       size_t n_roles, struct str except, int64_t *ret, struct error *e)
{
	_cleanup_sql_ struct store_sql q;
	_cleanup_rows_ struct store_rows *rows = NULL;
	store_sql_init(&q,
		       "SELECT COUNT(*) FROM membership m JOIN account u ON u.id = m.account_id "
		       "WHERE m.tenant_id = ? AND m.account_id <> ? AND m.state = 'active' "
		       "AND u.state = 'active' AND",
		       SV_STR(tenant), SV_STR(except));
	store_sql_add_list(&q, "m.role IN", roles, n_roles);
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	*ret = store_next(rows) ? store_col_int(rows, 0) : 0;
	return 0;
}

int store_member_count_all(struct store_conn *c, struct str tenant, int64_t *ret,
			   struct error *e)
{
	return store_int(c, ret, e, "SELECT COUNT(*) FROM membership WHERE tenant_id = ?",
			 SV_STR(tenant)) < 0 ? -1 : 0;
}

/* ---- grants ---- */

int store_grant_add(struct store_conn *c, const struct store_grant *g, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO tenant_grant (id, tenant_id, account_id, reason, expires, created) "
			  "VALUES (?, ?, ?, ?, ?, ?)",
			  SV_STR(g->id), SV_STR(g->tenant_id), SV_STR(g->account_id),
			  SV_STR(g->reason), SV_INT(g->expires), SV_INT(g->created));
}

#define GRANT_SELECT                                                              \
	"SELECT g.id, g.tenant_id, g.account_id, u.name, g.reason, g.expires, g.created " \
	"FROM tenant_grant g JOIN account u ON u.id = g.account_id "

static void grant_of(struct arena *a, struct store_rows *r, struct store_grant *g)
{
	*g = (struct store_grant){
		.id = col(a, r, 0), .tenant_id = col(a, r, 1), .account_id = col(a, r, 2),
		.account_name = col(a, r, 3), .reason = col(a, r, 4),
		.expires = store_col_int(r, 5), .created = store_col_int(r, 6),
	};
}

int store_grant_active(struct store_conn *c, struct str tenant, struct str account, int64_t now,
		       struct arena *a, struct store_grant *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  GRANT_SELECT "WHERE g.tenant_id = ? AND g.account_id = ? AND g.expires > ? "
				       "ORDER BY g.expires DESC LIMIT 1",
			  SV_STR(tenant), SV_STR(account), SV_INT(now));
	if (r > 0)
		grant_of(a, rows, ret);
	return r;
}

int store_grant_list(struct store_conn *c, struct str tenant, int64_t now, struct arena *a,
		     void (*fn)(void *arg, const struct store_grant *g), void *arg,
		     struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_query(c, &rows, e,
			GRANT_SELECT "WHERE g.tenant_id = ? ORDER BY g.id DESC LIMIT 200",
			SV_STR(tenant)) < 0)
		return -1;
	struct store_grant g;
	while (store_next(rows)) {
		grant_of(a, rows, &g);
		fn(arg, &g);
	}
	return 0;
}

int store_grant_end(struct store_conn *c, struct str tenant, struct str id, int64_t now,
		    struct error *e)
{
	return store_exec(c, e,
			  "UPDATE tenant_grant SET expires = ? WHERE tenant_id = ? AND id = ? AND expires > ?",
			  SV_INT(now), SV_STR(tenant), SV_STR(id), SV_INT(now));
}
