/* Monitoring tasks: see monitor.h. */
#include "store/monitor.h"

#include "base/check.h"

#define COLUMNS                                                                                    \
	"m.id, m.tenant_id, m.name, m.mode, m.schedule, m.state, m.last_scan_id, m.created_by, "   \
	"m.next_run, m.last_run, m.missed, m.created, m.updated, m.revision"

static void read_monitor(struct store_reader *r, struct store_monitor *m)
{
	m->id = store_read_str(r);
	m->tenant = store_read_str(r);
	m->name = store_read_str(r);
	m->mode = store_read_str(r);
	m->schedule = store_read_str(r);
	m->state = store_read_str(r);
	m->last_scan = store_read_str(r);
	m->created_by = store_read_str(r);
	m->next_run = store_read_int(r);
	m->last_run = store_read_int(r);
	m->missed = store_read_int(r);
	m->created = store_read_int(r);
	m->updated = store_read_int(r);
	m->revision = store_read_int(r);
}

int store_monitor_insert(struct store_conn *c, const struct store_monitor *m, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO monitor (id, tenant_id, name, mode, schedule, state, "
			  "created_by, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(m->id), SV_STR(m->tenant), SV_STR(m->name), SV_STR(m->mode),
			  SV_STR(m->schedule), SV_STR(m->state), SV_STR(m->created_by),
			  SV_INT(m->created), SV_INT(m->updated));
}

int store_monitor_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_monitor *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM monitor m WHERE m.id = ? AND m.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_monitor(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_monitor_save(struct store_conn *c, const struct store_monitor *m, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE monitor SET name = ?, mode = ?, schedule = ?, state = ?, "
		       "updated = ?, revision = revision + 1 "
		       "WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(m->name), SV_STR(m->mode), SV_STR(m->schedule), SV_STR(m->state),
		       SV_INT(m->updated), SV_STR(m->id), SV_STR(m->tenant),
		       SV_INT(m->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_monitor_save_run(struct store_conn *c, const struct store_monitor *m, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE monitor SET next_run = ?, last_run = ?, last_scan_id = ?, "
			  "missed = ? WHERE id = ? AND tenant_id = ?",
			  SV_INT(m->next_run), SV_INT(m->last_run), SV_STR(m->last_scan),
			  SV_INT(m->missed), SV_STR(m->id), SV_STR(m->tenant));
}

int store_monitor_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM monitor WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

struct each {
	void (*fn)(const struct store_monitor *m, void *user);
	void *user;
};

static void each_monitor(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_monitor m = { 0 };

	read_monitor(r, &m);
	each->fn(&m, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "m.created", false, true },
	{ "name", "lower(m.name)", true, false },
	{ "next_run", "m.next_run", false, false },
	{ "last_run", "m.last_run", false, true },
	{ 0 },
};

int store_monitor_list(struct store_conn *c, const struct store_monitor_filter *f,
		       struct store_page *page, struct arena *a,
		       void (*fn)(const struct store_monitor *m, void *user), void *user,
		       struct error *e)
{
	static const char *const searched[] = { "m.name" };
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, COLUMNS, "monitor m");
	store_select_str(&q, "m.tenant_id = ?", f->tenant);
	store_select_in(&q, "m.state", f->state);
	if (f->site.len)
		store_select_str(&q,
				 "EXISTS (SELECT 1 FROM monitor_site x WHERE x.monitor_id = m.id "
				 "AND x.site_id = ?)",
				 f->site);
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, sorts, "m.id", page, a, each_monitor, &each, e);
}

int store_monitor_active(struct store_conn *c, struct str after, int limit, struct arena *a,
			 void (*fn)(const struct store_monitor *m, void *user), void *user,
			 struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM monitor m WHERE m.state = 'active' AND m.id > ? "
			"ORDER BY m.id LIMIT ?",
			SV_STR(after), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_monitor m = { 0 };

		read_monitor(&(struct store_reader){ rows, a, 0 }, &m);
		fn(&m, user);
	}
	return 0;
}

int store_monitor_set_sites(struct store_conn *c, struct str monitor, const struct str *sites,
			    size_t n, struct error *e)
{
	if (store_exec(c, e, "DELETE FROM monitor_site WHERE monitor_id = ?", SV_STR(monitor)) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (store_exec(c, e,
			       "INSERT INTO monitor_site (monitor_id, site_id, position) "
			       "VALUES (?, ?, ?) ON CONFLICT (monitor_id, site_id) DO NOTHING",
			       SV_STR(monitor), SV_STR(sites[i]), SV_INT(i)) < 0)
			return -1;
	return 0;
}

int store_monitor_sites(struct store_conn *c, struct str tenant, struct str monitor,
			struct arena *a,
			void (*fn)(struct str id, struct str name, struct str url,
				   struct str verify_state, void *user),
			void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT s.id, s.name, s.url, s.verify_state FROM monitor_site x "
			"JOIN site s ON s.id = x.site_id WHERE x.monitor_id = ? AND s.tenant_id = ? "
			"ORDER BY x.position, s.id",
			SV_STR(monitor), SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), arena_str(a, store_col_str(rows, 1)),
		   arena_str(a, store_col_str(rows, 2)), arena_str(a, store_col_str(rows, 3)),
		   user);
	return 0;
}
