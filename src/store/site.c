/* Sites: one row per website of a tenant. Profile, proof, score and the claim of a
 * running scan are saved by separate statements, so that a worker and a person who
 * write at the same time never undo each other's columns. */
#include "store/site.h"

#include "base/check.h"
#include "base/json.h"

#define COLUMNS                                                                                    \
	"id, tenant_id, name, url, origin, host, host_display, grp, port, settings, secrets, "     \
	"verify_state, verify_method, verify_id, verified_at, verify_checked_at, "                 \
	"verify_failures, verify_error, score, info, low, medium, high, critical, "                \
	"score_scan_id, last_scan_id, active_scan_id, score_at, last_scan_at, created, updated, "  \
	"revision"

static void read_site(struct store_reader *r, struct store_site *s)
{
	s->id = store_read_str(r);
	s->tenant = store_read_str(r);
	s->name = store_read_str(r);
	s->url = store_read_str(r);
	s->origin = store_read_str(r);
	s->host = store_read_str(r);
	s->host_display = store_read_str(r);
	s->group = store_read_str(r);
	s->port = store_read_int(r);
	s->settings = store_read_str(r);
	s->secrets = store_read_blob(r);
	s->verify_state = store_read_str(r);
	s->verify_method = store_read_str(r);
	s->verify_id = store_read_str(r);
	s->verified_at = store_read_int(r);
	s->verify_checked_at = store_read_int(r);
	s->verify_failures = store_read_int(r);
	s->verify_error = store_read_str(r);
	s->score = store_read_opt(r);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		s->counts[i] = store_read_int(r);
	s->score_scan = store_read_str(r);
	s->last_scan = store_read_str(r);
	s->active_scan = store_read_str(r);
	s->score_at = store_read_int(r);
	s->last_scan_at = store_read_int(r);
	s->created = store_read_int(r);
	s->updated = store_read_int(r);
	s->revision = store_read_int(r);
}

int store_site_insert(struct store_conn *c, const struct store_site *s, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO site (id, tenant_id, name, url, origin, host, host_display, "
			  "port, grp, settings, secrets, verify_state, created, updated) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(s->id), SV_STR(s->tenant), SV_STR(s->name), SV_STR(s->url),
			  SV_STR(s->origin), SV_STR(s->host), SV_STR(s->host_display),
			  SV_INT(s->port), SV_STR(s->group), SV_STR(s->settings),
			  SV_BLOB(s->secrets), SV_STR(s->verify_state), SV_INT(s->created),
			  SV_INT(s->updated));
}

static int one(struct store_rows *rows, int found, struct arena *a, struct store_site *ret)
{
	if (found > 0)
		read_site(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_site_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_site *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM site WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	return one(rows, found, a, ret);
}

int store_site_by_origin(struct store_conn *c, struct str tenant, struct str origin,
			 struct arena *a, struct store_site *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM site WHERE origin = ? AND tenant_id = ?",
			      SV_STR(origin), SV_STR(tenant));

	return one(rows, found, a, ret);
}

int store_site_save(struct store_conn *c, const struct store_site *s, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE site SET name = ?, url = ?, origin = ?, host = ?, host_display = ?, "
		       "port = ?, grp = ?, settings = ?, secrets = ?, updated = ?, "
		       "revision = revision + 1 WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(s->name), SV_STR(s->url), SV_STR(s->origin), SV_STR(s->host),
		       SV_STR(s->host_display), SV_INT(s->port), SV_STR(s->group),
		       SV_STR(s->settings), SV_BLOB(s->secrets), SV_INT(s->updated), SV_STR(s->id),
		       SV_STR(s->tenant), SV_INT(s->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_site_save_verify(struct store_conn *c, const struct store_site *s, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE site SET verify_state = ?, verify_method = ?, verify_id = ?, "
			  "verified_at = ?, verify_checked_at = ?, verify_failures = ?, "
			  "verify_error = ?, updated = ?, revision = revision + 1 "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(s->verify_state), SV_STR(s->verify_method), SV_STR(s->verify_id),
			  SV_INT(s->verified_at), SV_INT(s->verify_checked_at),
			  SV_INT(s->verify_failures), SV_STR(s->verify_error), SV_INT(s->updated),
			  SV_STR(s->id), SV_STR(s->tenant));
}

int store_site_save_score(struct store_conn *c, const struct store_site *s, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE site SET score = ?, info = ?, low = ?, medium = ?, high = ?, "
			  "critical = ?, score_scan_id = ?, score_at = ?, updated = ?, "
			  "revision = revision + 1 WHERE id = ? AND tenant_id = ?",
			  s->score < 0 ? SV_NULL : SV_INT(s->score),
			  SV_INT(s->counts[SEVERITY_INFO]), SV_INT(s->counts[SEVERITY_LOW]),
			  SV_INT(s->counts[SEVERITY_MEDIUM]), SV_INT(s->counts[SEVERITY_HIGH]),
			  SV_INT(s->counts[SEVERITY_CRITICAL]), SV_STR(s->score_scan),
			  SV_INT(s->score_at), SV_INT(s->updated), SV_STR(s->id),
			  SV_STR(s->tenant));
}

int store_site_claim(struct store_conn *c, struct str tenant, struct str id, struct str scan,
		     struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE site SET active_scan_id = ?, revision = revision + 1 "
		       "WHERE id = ? AND tenant_id = ? AND active_scan_id = ''",
		       SV_STR(scan), SV_STR(id), SV_STR(tenant)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_site_unclaim(struct store_conn *c, struct str tenant, struct str id, struct str scan,
		       bool is_last, int64_t now, struct error *e)
{
	if (is_last && store_exec(c, e,
				  "UPDATE site SET last_scan_id = ?, last_scan_at = ? "
				  "WHERE id = ? AND tenant_id = ?",
				  SV_STR(scan), SV_INT(now), SV_STR(id), SV_STR(tenant)) < 0)
		return -1;
	return store_exec(c, e,
			  "UPDATE site SET active_scan_id = '', revision = revision + 1 "
			  "WHERE id = ? AND tenant_id = ? AND active_scan_id = ?",
			  SV_STR(id), SV_STR(tenant), SV_STR(scan));
}

int store_site_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM site WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

struct each {
	void (*fn)(const struct store_site *s, void *user);
	void *user;
};

static void each_site(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_site s = { 0 };

	read_site(r, &s);
	each->fn(&s, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "created", false, true },
	{ "name", "lower(name)", true, false },
	{ "url", "host", true, false },
	{ "score", "COALESCE(score, 101)", false, false },
	{ "last_scan", "last_scan_at", false, true },
	{ "verify_state", "verify_state", true, false },
	{ 0 },
};

int store_site_list(struct store_conn *c, const struct store_site_filter *f,
		    struct store_page *page, struct arena *a,
		    void (*fn)(const struct store_site *s, void *user), void *user, struct error *e)
{
	static const char *const searched[] = { "name", "url", "host_display", "grp" };
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, COLUMNS, "site");
	store_select_str(&q, "tenant_id = ?", f->tenant);
	store_select_in(&q, "verify_state", f->verify_state);
	if (f->group.len)
		store_select_str(&q, "grp = ?", f->group);
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, sorts, "id", page, a, each_site, &each, e);
}

int store_site_totals(struct store_conn *c, struct str tenant, struct store_site_totals *ret,
		      struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct store_site_totals t = { 0 };

	if (store_query(c, &rows, e,
			"SELECT verify_state, COUNT(*) FROM site WHERE tenant_id = ? "
			"GROUP BY verify_state",
			SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows)) {
		struct str state = store_col_str(rows, 0);
		int64_t n = store_col_int(rows, 1);

		t.total += n;
		if (str_eq(state, STR("verified")))
			t.verified = n;
		else if (str_eq(state, STR("expired")))
			t.expired = n;
		else if (str_eq(state, STR("exempt")))
			t.exempt = n;
		else
			t.unverified += n;
	}
	*ret = t;
	return 0;
}

int store_site_most_dangerous(struct store_conn *c, struct str tenant, struct arena *a,
			      struct store_site *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM site WHERE tenant_id = ? AND score < 100 "
			      "ORDER BY score, critical DESC, high DESC, medium DESC, score_at, "
			      "name, id LIMIT 1",
			      SV_STR(tenant));

	return one(rows, found, a, ret);
}

int store_site_due_checks(struct store_conn *c, int64_t before, int limit, struct arena *a,
			  void (*fn)(const struct store_site *s, void *user), void *user,
			  struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM site WHERE verify_state IN ('verified', 'exempt') "
			"AND verify_checked_at < ? ORDER BY verify_checked_at, id LIMIT ?",
			SV_INT(before), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_site s = { 0 };

		read_site(&(struct store_reader){ rows, a, 0 }, &s);
		fn(&s, user);
	}
	return 0;
}

int store_site_domain_add(struct store_conn *c, const struct store_site *before, struct str new_url,
			  struct str new_origin, struct str by, int64_t now, struct error *e)
{
	struct id id = id_new(now);

	return store_exec(c, e,
			  "INSERT INTO site_domain (id, tenant_id, site_id, old_url, old_origin, "
			  "new_url, new_origin, changed_by, changed_at) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_ID(&id), SV_STR(before->tenant), SV_STR(before->id),
			  SV_STR(before->url), SV_STR(before->origin), SV_STR(new_url),
			  SV_STR(new_origin), SV_STR(by), SV_INT(now));
}

int store_site_domains(struct store_conn *c, struct str tenant, struct str site, json_t **ret,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	json_t *list;

	if (store_query(c, &rows, e,
			"SELECT old_url, new_url, changed_at FROM site_domain "
			"WHERE tenant_id = ? AND site_id = ? ORDER BY changed_at DESC, id DESC "
			"LIMIT 50",
			SV_STR(tenant), SV_STR(site)) < 0)
		return -1;
	list = json_array();
	while (store_next(rows)) {
		json_t *o = json_object();

		json_put(o, "old_url", json_str(store_col_str(rows, 0)));
		json_put(o, "new_url", json_str(store_col_str(rows, 1)));
		json_put(o, "changed_at", json_time(store_col_int(rows, 2)));
		json_array_append_new(list, o);
	}
	*ret = list;
	return 0;
}

int store_site_clear_last(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE site SET last_scan_id = '', last_scan_at = 0 "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(id), SV_STR(tenant));
}
