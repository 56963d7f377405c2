/* Asset facts, their history and runs: see asset.h. */
#include "store/asset.h"

#include "base/check.h"

#define FACT                                                                                       \
	"f.id, f.tenant_id, f.site_id, f.kind, f.fact_key, f.title, f.host, f.port, f.product, "   \
	"f.version, f.cpe, f.confidence, f.detail, f.source, f.state, f.run_id, f.first_seen, "    \
	"f.last_seen, f.changed_at, f.gone_at, s.name"
#define FACT_FROM "asset_fact f JOIN site s ON s.id = f.site_id"

static void read_fact(struct store_reader *r, struct store_asset_fact *f)
{
	f->id = store_read_str(r);
	f->tenant = store_read_str(r);
	f->site = store_read_str(r);
	f->kind = store_read_str(r);
	f->key = store_read_str(r);
	f->title = store_read_str(r);
	f->host = store_read_str(r);
	f->port = store_read_int(r);
	f->product = store_read_str(r);
	f->version = store_read_str(r);
	f->cpe = store_read_str(r);
	f->confidence = store_read_int(r);
	f->detail = store_read_str(r);
	f->source = store_read_str(r);
	f->state = store_read_str(r);
	f->run = store_read_str(r);
	f->first_seen = store_read_int(r);
	f->last_seen = store_read_int(r);
	f->changed_at = store_read_int(r);
	f->gone_at = store_read_int(r);
	f->site_name = store_read_str(r);
}

int store_asset_fact_insert(struct store_conn *c, const struct store_asset_fact *f, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO asset_fact (id, tenant_id, site_id, kind, fact_key, title, "
			  "host, port, product, version, cpe, confidence, detail, source, state, "
			  "run_id, first_seen, last_seen, changed_at) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(f->id), SV_STR(f->tenant), SV_STR(f->site), SV_STR(f->kind),
			  SV_STR(f->key), SV_STR(f->title), SV_STR(f->host), SV_INT(f->port),
			  SV_STR(f->product), SV_STR(f->version), SV_STR(f->cpe),
			  SV_INT(f->confidence), SV_STR(f->detail), SV_STR(f->source),
			  SV_STR(f->state), SV_STR(f->run), SV_INT(f->first_seen),
			  SV_INT(f->last_seen), SV_INT(f->changed_at));
}

int store_asset_fact_find(struct store_conn *c, struct str tenant, struct str site, struct str kind,
			  struct str key, struct arena *a, struct store_asset_fact *ret,
			  struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " FACT " FROM " FACT_FROM " WHERE f.tenant_id = ? AND "
			      "f.site_id = ? AND f.kind = ? AND f.fact_key = ?",
			      SV_STR(tenant), SV_STR(site), SV_STR(kind), SV_STR(key));

	if (found > 0)
		read_fact(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_asset_fact_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			 struct store_asset_fact *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " FACT " FROM " FACT_FROM " WHERE f.id = ? AND f.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_fact(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_asset_fact_save(struct store_conn *c, const struct store_asset_fact *f, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE asset_fact SET title = ?, host = ?, port = ?, product = ?, "
			  "version = ?, cpe = ?, confidence = ?, detail = ?, source = ?, state = ?, "
			  "run_id = ?, last_seen = ?, changed_at = ?, gone_at = ? "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(f->title), SV_STR(f->host), SV_INT(f->port), SV_STR(f->product),
			  SV_STR(f->version), SV_STR(f->cpe), SV_INT(f->confidence),
			  SV_STR(f->detail), SV_STR(f->source), SV_STR(f->state), SV_STR(f->run),
			  SV_INT(f->last_seen), SV_INT(f->changed_at), SV_INT(f->gone_at),
			  SV_STR(f->id), SV_STR(f->tenant));
}

struct each_fact {
	void (*fn)(const struct store_asset_fact *f, void *user);
	void *user;
};

static void each_fact(struct store_reader *r, void *user)
{
	struct each_fact *each = user;
	struct store_asset_fact f = { 0 };

	read_fact(r, &f);
	each->fn(&f, each->user);
}

static const struct store_sort fact_sorts[] = {
	{ "last_seen", "f.last_seen", false, true },
	{ "first_seen", "f.first_seen", false, true },
	{ "title", "lower(f.title)", true, false },
	{ "port", "f.port", false, false },
	{ "product", "lower(f.product)", true, false },
	{ "site", "lower(s.name)", true, false },
	{ 0 },
};

int store_asset_fact_list(struct store_conn *c, const struct store_asset_filter *f,
			  struct store_page *page, struct arena *a,
			  void (*fn)(const struct store_asset_fact *s, void *user), void *user,
			  struct error *e)
{
	static const char *const searched[] = { "f.title", "f.host", "f.version", "f.cpe", "s.name" };
	struct each_fact each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, FACT, FACT_FROM);
	store_select_str(&q, "f.tenant_id = ?", f->tenant);
	if (f->site.len)
		store_select_str(&q, "f.site_id = ?", f->site);
	if (f->product.len)
		store_select_str(&q, "lower(f.product) = lower(?)", f->product);
	if (f->port)
		store_select_int(&q, "f.port = ?", f->port);
	store_select_in(&q, "f.kind", f->kind);
	store_select_in(&q, "f.state", f->state);
	store_select_in(&q, "f.source", f->source);
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, fact_sorts, "f.id", page, a, each_fact, &each, e);
}

int store_asset_fact_stale(struct store_conn *c, struct str tenant, struct str site,
			   const char *source, struct str run, int limit, struct arena *a,
			   void (*fn)(const struct store_asset_fact *s, void *user), void *user,
			   struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " FACT " FROM " FACT_FROM " WHERE f.tenant_id = ? AND f.site_id = ? "
			"AND f.source = ? AND f.state = 'present' AND f.run_id <> ? "
			"ORDER BY f.id LIMIT ?",
			SV_STR(tenant), SV_STR(site), SV_C(source), SV_STR(run), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_asset_fact f = { 0 };

		read_fact(&(struct store_reader){ rows, a, 0 }, &f);
		fn(&f, user);
	}
	return 0;
}

int store_asset_fact_counts(struct store_conn *c, struct str tenant, struct str site,
			    struct arena *a, void (*fn)(struct str kind, int64_t n, void *user),
			    void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT kind, COUNT(*) FROM asset_fact WHERE tenant_id = ? AND "
			"state = 'present' AND (site_id = ? OR ? = '') GROUP BY kind ORDER BY kind",
			SV_STR(tenant), SV_STR(site), SV_STR(site)) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), store_col_int(rows, 1), user);
	return 0;
}

/* ---- history ---- */

#define EVENT                                                                                      \
	"v.id, v.tenant_id, v.site_id, v.fact_id, v.time, v.type, v.kind, v.title, v.was, "        \
	"v.run_id, s.name, (SELECT f.port FROM asset_fact f WHERE f.id = v.fact_id)"

int store_asset_event_add(struct store_conn *c, const struct store_asset_event *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO asset_event (id, tenant_id, site_id, fact_id, time, type, "
			  "kind, title, was, run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->site), SV_STR(v->fact),
			  SV_INT(v->time), SV_STR(v->type), SV_STR(v->kind), SV_STR(v->title),
			  SV_STR(v->was), SV_STR(v->run));
}

struct each_event {
	void (*fn)(const struct store_asset_event *v, void *user);
	void *user;
};

static void each_event(struct store_reader *r, void *user)
{
	struct each_event *each = user;
	struct store_asset_event v = { 0 };

	v.id = store_read_str(r);
	v.tenant = store_read_str(r);
	v.site = store_read_str(r);
	v.fact = store_read_str(r);
	v.time = store_read_int(r);
	v.type = store_read_str(r);
	v.kind = store_read_str(r);
	v.title = store_read_str(r);
	v.was = store_read_str(r);
	v.run = store_read_str(r);
	v.site_name = store_read_str(r);
	v.port = store_read_int(r);
	each->fn(&v, each->user);
}

static const struct store_sort event_sorts[] = {
	{ "time", "v.time", false, true },
	{ 0 },
};

int store_asset_event_list(struct store_conn *c, struct str tenant, struct str site, struct str fact,
			   struct store_page *page, struct arena *a,
			   void (*fn)(const struct store_asset_event *v, void *user), void *user,
			   struct error *e)
{
	struct each_event each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, EVENT, "asset_event v JOIN site s ON s.id = v.site_id");
	store_select_str(&q, "v.tenant_id = ?", tenant);
	if (site.len)
		store_select_str(&q, "v.site_id = ?", site);
	if (fact.len)
		store_select_str(&q, "v.fact_id = ?", fact);
	return store_select_page(c, &q, event_sorts, "v.id", page, a, each_event, &each, e);
}

/* ---- runs ---- */

#define RUN                                                                                        \
	"r.id, r.tenant_id, r.site_id, r.site_name, r.host, r.state, r.cause, r.job_id, r.ports, " \
	"r.options, r.progress, r.doing, r.doing_en, r.complete, r.probed, r.open, r.facts, "      \
	"r.changes, r.error, r.created_by, r.created, r.started, r.finished, r.revision"

static void read_run(struct store_reader *r, struct store_asset_run *x)
{
	x->id = store_read_str(r);
	x->tenant = store_read_str(r);
	x->site = store_read_str(r);
	x->site_name = store_read_str(r);
	x->host = store_read_str(r);
	x->state = store_read_str(r);
	x->cause = store_read_str(r);
	x->job = store_read_str(r);
	x->ports = store_read_str(r);
	x->options = store_read_str(r);
	x->progress = store_read_int(r);
	x->doing = store_read_str(r);
	x->doing_en = store_read_str(r);
	x->complete = store_read_bool(r);
	x->probed = store_read_int(r);
	x->open = store_read_int(r);
	x->facts = store_read_int(r);
	x->changes = store_read_int(r);
	x->error = store_read_str(r);
	x->created_by = store_read_str(r);
	x->created = store_read_int(r);
	x->started = store_read_int(r);
	x->finished = store_read_int(r);
	x->revision = store_read_int(r);
}

int store_asset_run_insert(struct store_conn *c, const struct store_asset_run *r, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO asset_run (id, tenant_id, site_id, site_name, host, state, "
			  "cause, ports, options, created_by, created) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(r->id), SV_STR(r->tenant), SV_STR(r->site), SV_STR(r->site_name),
			  SV_STR(r->host), SV_STR(r->state), SV_STR(r->cause), SV_STR(r->ports),
			  SV_STR(r->options), SV_STR(r->created_by), SV_INT(r->created));
}

int store_asset_run_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			struct store_asset_run *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " RUN " FROM asset_run r WHERE r.id = ? AND r.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_run(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_asset_run_save(struct store_conn *c, const struct store_asset_run *r, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE asset_run SET state = ?, job_id = ?, progress = ?, doing = ?, "
			  "doing_en = ?, complete = ?, probed = ?, open = ?, facts = ?, changes = ?, "
			  "error = ?, started = ?, finished = ?, revision = revision + 1 "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(r->state), SV_STR(r->job), SV_INT(r->progress), SV_STR(r->doing),
			  SV_STR(r->doing_en), SV_BOOL(r->complete), SV_INT(r->probed),
			  SV_INT(r->open), SV_INT(r->facts), SV_INT(r->changes), SV_STR(r->error),
			  SV_INT(r->started), SV_INT(r->finished), SV_STR(r->id), SV_STR(r->tenant));
}

int store_asset_run_options(struct store_conn *c, struct str tenant, struct str id, struct str options,
			    struct error *e)
{
	return store_exec(c, e, "UPDATE asset_run SET options = ? WHERE id = ? AND tenant_id = ?",
			  SV_STR(options), SV_STR(id), SV_STR(tenant));
}

struct each_run {
	void (*fn)(const struct store_asset_run *r, void *user);
	void *user;
};

static void each_run(struct store_reader *r, void *user)
{
	struct each_run *each = user;
	struct store_asset_run x = { 0 };

	read_run(r, &x);
	each->fn(&x, each->user);
}

static const struct store_sort run_sorts[] = {
	{ "created", "r.created", false, true },
	{ 0 },
};

int store_asset_run_list(struct store_conn *c, struct str tenant, struct str site, struct str state,
			 struct store_page *page, struct arena *a,
			 void (*fn)(const struct store_asset_run *r, void *user), void *user,
			 struct error *e)
{
	struct each_run each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, RUN, "asset_run r");
	store_select_str(&q, "r.tenant_id = ?", tenant);
	if (site.len)
		store_select_str(&q, "r.site_id = ?", site);
	store_select_in(&q, "r.state", state);
	return store_select_page(c, &q, run_sorts, "r.id", page, a, each_run, &each, e);
}

int store_asset_run_active(struct store_conn *c, struct str tenant, struct str site, struct arena *a,
			   struct str *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT id FROM asset_run WHERE tenant_id = ? AND site_id = ? AND "
			      "state IN ('queued', 'running') ORDER BY id LIMIT 1",
			      SV_STR(tenant), SV_STR(site));

	if (found > 0)
		*ret = arena_str(a, store_col_str(rows, 0));
	return found;
}
