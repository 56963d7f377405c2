/* Rows of scans: see scan.h. A scan that has ended is never changed again: every
 * statement that moves its state says so in its condition. */
#include "store/scan.h"

#include "base/check.h"
#include "base/limits.h"

#define COLUMNS                                                                                    \
	"id, tenant_id, site_id, site_name, url, origin, mode, state, cause, job_id, finding_id, " \
	"monitor_id, settings, secrets, progress, doing, doing_en, remaining, waiting, complete, " \
	"score, info, low, medium, high, critical, requests, pages, errors, bytes, seconds, "      \
	"error, rule_version, formula_version, verify_method, verify_token, verified_at, "         \
	"previous_id, created_by, created, started, finished, revision, incremental, unchanged, "\
	"saved, spared"
#define NOT_ENDED "state NOT IN ('done', 'failed', 'cancelled')"

static void read_scan(struct store_reader *r, struct store_scan *s)
{
	s->id = store_read_str(r);
	s->tenant = store_read_str(r);
	s->site = store_read_str(r);
	s->site_name = store_read_str(r);
	s->url = store_read_str(r);
	s->origin = store_read_str(r);
	s->mode = store_read_str(r);
	s->state = store_read_str(r);
	s->cause = store_read_str(r);
	s->job = store_read_str(r);
	s->finding = store_read_str(r);
	s->monitor = store_read_str(r);
	s->settings = store_read_str(r);
	s->secrets = store_read_blob(r);
	s->progress = store_read_int(r);
	s->doing = store_read_str(r);
	s->doing_en = store_read_str(r);
	s->remaining = store_read_int(r);
	s->waiting = store_read_str(r);
	s->complete = store_read_bool(r);
	s->score = store_read_opt(r);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		s->counts[i] = store_read_int(r);
	s->requests = store_read_int(r);
	s->pages = store_read_int(r);
	s->errors = store_read_int(r);
	s->bytes = store_read_int(r);
	s->seconds = store_read_int(r);
	s->error = store_read_str(r);
	s->rule_version = store_read_str(r);
	s->formula_version = store_read_str(r);
	s->verify_method = store_read_str(r);
	s->verify_token = store_read_str(r);
	s->verified_at = store_read_int(r);
	s->previous = store_read_str(r);
	s->created_by = store_read_str(r);
	s->created = store_read_int(r);
	s->started = store_read_int(r);
	s->finished = store_read_int(r);
	s->revision = store_read_int(r);
	s->incremental = store_read_int(r);
	s->unchanged = store_read_int(r);
	s->saved = store_read_int(r);
	s->spared = store_read_int(r);
}

int store_scan_insert(struct store_conn *c, const struct store_scan *s, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO scan (id, tenant_id, site_id, site_name, url, origin, mode, "
			  "state, cause, finding_id, monitor_id, settings, secrets, remaining, "
			  "rule_version, formula_version, verify_method, verify_token, verified_at, "
			  "previous_id, created_by, created) VALUES "
			  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, -1, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(s->id), SV_STR(s->tenant), SV_STR(s->site), SV_STR(s->site_name),
			  SV_STR(s->url), SV_STR(s->origin), SV_STR(s->mode), SV_STR(s->state),
			  SV_STR(s->cause), SV_STR(s->finding), SV_STR(s->monitor),
			  SV_STR(s->settings), SV_BLOB(s->secrets), SV_STR(s->rule_version),
			  SV_STR(s->formula_version), SV_STR(s->verify_method),
			  SV_STR(s->verify_token), SV_INT(s->verified_at), SV_STR(s->previous),
			  SV_STR(s->created_by), SV_INT(s->created));
}

int store_scan_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_scan *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM scan WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_scan(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_scan_set_job(struct store_conn *c, struct str tenant, struct str id, struct str job,
		       struct error *e)
{
	return store_exec(c, e, "UPDATE scan SET job_id = ? WHERE id = ? AND tenant_id = ?",
			  SV_STR(job), SV_STR(id), SV_STR(tenant));
}

int store_scan_set_state(struct store_conn *c, const struct store_scan *s, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE scan SET state = ?, waiting = ?, started = ?, error = ?, "
		       "revision = revision + 1 WHERE id = ? AND tenant_id = ? AND " NOT_ENDED,
		       SV_STR(s->state), SV_STR(s->waiting), SV_INT(s->started), SV_STR(s->error),
		       SV_STR(s->id), SV_STR(s->tenant)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_scan_save_progress(struct store_conn *c, const struct store_scan *s, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE scan SET progress = CASE WHEN progress < ? THEN ? ELSE progress END, "
			  "doing = ?, doing_en = ?, remaining = ?, info = ?, low = ?, medium = ?, "
			  "high = ?, critical = ?, requests = ?, pages = ?, errors = ?, bytes = ?, "
			  "seconds = ?, saved = ?, spared = ?, revision = revision + 1 "
			  "WHERE id = ? AND tenant_id = ? AND " NOT_ENDED,
			  SV_INT(s->progress), SV_INT(s->progress), SV_STR(s->doing),
			  SV_STR(s->doing_en), SV_INT(s->remaining), SV_INT(s->counts[0]),
			  SV_INT(s->counts[1]), SV_INT(s->counts[2]), SV_INT(s->counts[3]),
			  SV_INT(s->counts[4]), SV_INT(s->requests), SV_INT(s->pages),
			  SV_INT(s->errors), SV_INT(s->bytes), SV_INT(s->seconds), SV_INT(s->saved),
			  SV_INT(s->spared), SV_STR(s->id), SV_STR(s->tenant));
}

int store_scan_finish(struct store_conn *c, const struct store_scan *s, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE scan SET state = ?, waiting = '', progress = ?, doing = ?, "
		       "doing_en = ?, remaining = 0, complete = ?, score = ?, info = ?, low = ?, "
		       "medium = ?, high = ?, critical = ?, requests = ?, pages = ?, errors = ?, "
		       "bytes = ?, seconds = ?, error = ?, rule_version = ?, formula_version = ?, "
		       "previous_id = ?, finished = ?, incremental = ?, unchanged = ?, saved = ?, spared = ?, revision = revision + 1 "
		       "WHERE id = ? AND tenant_id = ? AND " NOT_ENDED,
		       SV_STR(s->state), SV_INT(s->progress), SV_STR(s->doing), SV_STR(s->doing_en),
		       SV_BOOL(s->complete), s->score < 0 ? SV_NULL : SV_INT(s->score),
		       SV_INT(s->counts[0]), SV_INT(s->counts[1]), SV_INT(s->counts[2]),
		       SV_INT(s->counts[3]), SV_INT(s->counts[4]), SV_INT(s->requests),
		       SV_INT(s->pages), SV_INT(s->errors), SV_INT(s->bytes), SV_INT(s->seconds),
		       SV_STR(s->error), SV_STR(s->rule_version), SV_STR(s->formula_version),
		       SV_STR(s->previous), SV_INT(s->finished), SV_INT(s->incremental),
		       SV_INT(s->unchanged), SV_INT(s->saved), SV_INT(s->spared), SV_STR(s->id),
		       SV_STR(s->tenant)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_scan_previous(struct store_conn *c, struct str tenant, struct str site,
			struct str origin, int64_t before, struct arena *a,
			struct store_scan *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM scan WHERE tenant_id = ? AND site_id = ? "
			      "AND origin = ? AND created < ? AND complete = 1 "
			      "AND cause <> 'retest' ORDER BY created DESC, id DESC LIMIT 1",
			      SV_STR(tenant), SV_STR(site), SV_STR(origin), SV_INT(before));

	if (found > 0)
		read_scan(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

struct each {
	void (*fn)(const struct store_scan *s, void *user);
	void *user;
};

static void each_scan(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_scan s = { 0 };

	read_scan(r, &s);
	each->fn(&s, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "created", false, true },
	{ "finished", "finished", false, true },
	{ "score", "COALESCE(score, 101)", false, false },
	{ "site_name", "lower(site_name)", true, false },
	{ 0 },
};

int store_scan_list(struct store_conn *c, const struct store_scan_filter *f,
		    struct store_page *page, struct arena *a,
		    void (*fn)(const struct store_scan *s, void *user), void *user,
		    struct error *e)
{
	static const char *const searched[] = { "site_name", "url" };
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, COLUMNS, "scan");
	store_select_str(&q, "tenant_id = ?", f->tenant);
	if (f->site.len)
		store_select_str(&q, "site_id = ?", f->site);
	if (f->monitor.len)
		store_select_str(&q, "monitor_id = ?", f->monitor);
	store_select_in(&q, "state", f->state);
	store_select_in(&q, "cause", f->cause);
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, sorts, "id", page, a, each_scan, &each, e);
}

int store_scan_trend(struct store_conn *c, struct str tenant, int64_t since, struct arena *a,
		     void (*fn)(const struct store_scan *s, void *user), void *user,
		     struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM scan WHERE tenant_id = ? AND complete = 1 "
			"AND cause <> 'retest' AND finished >= ? ORDER BY finished, id LIMIT 5000",
			SV_STR(tenant), SV_INT(since)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_scan s = { 0 };

		read_scan(&(struct store_reader){ rows, a, 0 }, &s);
		fn(&s, user);
	}
	return 0;
}

int store_scan_count_since(struct store_conn *c, struct str tenant, int64_t since, int64_t *ret,
			   struct error *e)
{
	return store_int(c, ret, e, "SELECT COUNT(*) FROM scan WHERE tenant_id = ? AND created >= ?",
			 SV_STR(tenant), SV_INT(since)) < 0 ?
		       -1 :
		       0;
}

/* ---- journal ---- */

int store_journal_append(struct store_conn *c, struct str scan,
			 const struct store_journal_record *r, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++)
		if (store_exec(c, e,
			       "INSERT INTO scan_journal (scan_id, seq, kind, k, bytes) "
			       "VALUES (?, ?, ?, ?, ?)",
			       SV_STR(scan), SV_INT(r[i].seq), SV_STR(r[i].kind), SV_BLOB(r[i].key),
			       SV_BLOB(r[i].bytes)) < 0)
			return -1;
	return 0;
}

int store_journal_read(struct store_conn *c, struct str scan, int64_t after, int limit,
		       int (*fn)(const struct store_journal_record *r, void *user), void *user,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int n = 0;

	if (store_query(c, &rows, e,
			"SELECT seq, kind, k, bytes FROM scan_journal "
			"WHERE scan_id = ? AND seq > ? ORDER BY seq LIMIT ?",
			SV_STR(scan), SV_INT(after), SV_INT(limit)) < 0)
		return -1;
	for (; store_next(rows); n++) {
		struct store_journal_record r = { store_col_int(rows, 0), store_col_str(rows, 1),
						  store_col_blob(rows, 2), store_col_blob(rows, 3) };

		if (fn(&r, user))
			break;
	}
	return n;
}

int store_journal_last(struct store_conn *c, struct str scan, int64_t *ret, struct error *e)
{
	int r = store_int(c, ret, e,
			  "SELECT COALESCE(MAX(seq), 0) FROM scan_journal WHERE scan_id = ?",
			  SV_STR(scan));

	return r < 0 ? -1 : 0;
}

int store_journal_drop(struct store_conn *c, struct str scan, struct error *e)
{
	return store_exec(c, e, "DELETE FROM scan_journal WHERE scan_id = ?", SV_STR(scan));
}

/* ---- pages ---- */

#define PAGE_COLUMNS \
	"url, method, status, type, title, depth, size, etag, modified, digest, unchanged"

static void read_page(struct store_reader *r, struct store_scan_page *p)
{
	p->url = store_read_str(r);
	p->method = store_read_str(r);
	p->status = store_read_int(r);
	p->type = store_read_str(r);
	p->title = store_read_str(r);
	p->depth = store_read_int(r);
	p->size = store_read_int(r);
	p->etag = store_read_str(r);
	p->modified = store_read_str(r);
	p->digest = store_read_str(r);
	p->unchanged = store_read_bool(r);
}

int store_scan_page_put(struct store_conn *c, struct str tenant, struct str scan,
			const struct store_scan_page *p, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO scan_page (scan_id, tenant_id, " PAGE_COLUMNS ") "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (scan_id, url, method) DO UPDATE SET "
			  "status = excluded.status, type = excluded.type, title = excluded.title, "
			  "size = excluded.size, etag = excluded.etag, modified = excluded.modified, "
			  "digest = excluded.digest, unchanged = excluded.unchanged",
			  SV_STR(scan), SV_STR(tenant), SV_STR(p->url), SV_STR(p->method),
			  SV_INT(p->status), SV_STR(p->type), SV_STR(p->title), SV_INT(p->depth),
			  SV_INT(p->size), SV_STR(p->etag), SV_STR(p->modified), SV_STR(p->digest),
			  SV_BOOL(p->unchanged));
}

struct each_page {
	void (*fn)(const struct store_scan_page *p, void *user);
	void *user;
};

static void each_page(struct store_reader *r, void *user)
{
	struct each_page *each = user;
	struct store_scan_page p = { 0 };

	read_page(r, &p);
	each->fn(&p, each->user);
}

/* The id of a page is its method and address; both lists and cursors use it. */
#define PAGE_ID "url || ' ' || method"

static const struct store_sort page_sorts[] = {
	{ "url", "url", true, false },
	{ "status", "status", false, false },
	{ "depth", "depth", false, false },
	{ "size", "size", false, true },
	{ 0 },
};

int store_scan_page_list(struct store_conn *c, struct str tenant, struct str scan, struct str q,
			 struct str status, struct store_page *page, struct arena *a,
			 void (*fn)(const struct store_scan_page *p, void *user), void *user,
			 struct error *e)
{
	static const char *const searched[] = { "url", "title" };
	struct each_page each = { fn, user };
	_cleanup_(store_select_free) struct store_select s;
	int64_t code;

	store_select_init(&s, PAGE_COLUMNS, "scan_page");
	store_select_str(&s, "scan_id = ?", scan);
	store_select_str(&s, "tenant_id = ?", tenant);
	if (str_to_i64(status, &code) == 0)
		store_select_int(&s, "status = ?", code);
	store_select_like(&s, searched, ARRAY_SIZE(searched), q, a);
	return store_select_page(c, &s, page_sorts, PAGE_ID, page, a, each_page, &each, e);
}

int store_scan_pages(struct store_conn *c, struct str tenant, struct str scan, int limit,
		     struct arena *a, void (*fn)(const struct store_scan_page *p, void *user),
		     void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " PAGE_COLUMNS " FROM scan_page WHERE scan_id = ? AND tenant_id = ? "
			"ORDER BY url, method LIMIT ?",
			SV_STR(scan), SV_STR(tenant), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_scan_page p = { 0 };

		read_page(&(struct store_reader){ rows, a, 0 }, &p);
		fn(&p, user);
	}
	return 0;
}

/* ---- checks ---- */

int store_scan_check_put(struct store_conn *c, struct str scan, struct str check, struct str state,
			 int64_t count, int64_t requests, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO scan_check (scan_id, check_id, state, count, requests) "
			  "VALUES (?, ?, ?, ?, ?) ON CONFLICT (scan_id, check_id) DO UPDATE SET "
			  "state = excluded.state, count = excluded.count, requests = excluded.requests",
			  SV_STR(scan), SV_STR(check), SV_STR(state), SV_INT(count), SV_INT(requests));
}

int store_scan_checks(struct store_conn *c, struct str tenant, struct str scan, struct arena *a,
		      void (*fn)(struct str check, struct str state, int64_t count, int64_t requests, void *user),
		      void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT k.check_id, k.state, k.count, k.requests FROM scan_check k "
			"JOIN scan s ON s.id = k.scan_id WHERE k.scan_id = ? AND s.tenant_id = ? "
			"ORDER BY k.count DESC, k.check_id",
			SV_STR(scan), SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), arena_str(a, store_col_str(rows, 1)),
		   store_col_int(rows, 2), store_col_int(rows, 3), user);
	return 0;
}

/* ---- findings of a scan ---- */

int store_scan_finding_put(struct store_conn *c, struct str tenant, struct str scan,
			   struct str finding, const char *status, int64_t severity,
			   int64_t instances, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO scan_finding (scan_id, finding_id, tenant_id, status, "
			  "severity, instances) VALUES (?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (scan_id, finding_id) DO UPDATE SET "
			  "severity = excluded.severity, instances = excluded.instances",
			  SV_STR(scan), SV_STR(finding), SV_STR(tenant), SV_C(status),
			  SV_INT(severity), SV_INT(instances));
}

int store_scan_findings(struct store_conn *c, struct str tenant, struct str scan, struct arena *a,
			void (*fn)(struct str finding, struct str status, void *user), void *user,
			struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT finding_id, status FROM scan_finding "
			"WHERE scan_id = ? AND tenant_id = ? ORDER BY severity DESC, finding_id",
			SV_STR(scan), SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), arena_str(a, store_col_str(rows, 1)), user);
	return 0;
}
