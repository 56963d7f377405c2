/* Rows of findings: see finding.h. What a scan writes and what a person decides are
 * saved by separate statements. Lists never read the evidence. */
#include "store/finding.h"

#include "base/check.h"
#include "base/limits.h"

#define BARE                                                                                       \
	"f.id, f.tenant_id, f.site_id, f.origin, f.fingerprint, f.check_id, f.title, f.title_en, " \
	"f.severity, f.confidence, f.url, f.method, f.parameter, f.cwe, f.owasp, f.state, "        \
	"f.reappeared, f.instances, f.first_seen, f.last_seen, f.fixed_at, f.scan_id, "            \
	"f.decision_id, f.proposal_id, f.revision, s.name"
#define FULL BARE ", f.evidence"
#define FROM "finding f JOIN site s ON s.id = f.site_id"

static void read_finding(struct store_reader *r, struct store_finding *f)
{
	f->id = store_read_str(r);
	f->tenant = store_read_str(r);
	f->site = store_read_str(r);
	f->origin = store_read_str(r);
	f->fingerprint = store_read_str(r);
	f->check = store_read_str(r);
	f->title = store_read_str(r);
	f->title_en = store_read_str(r);
	f->severity = store_read_int(r);
	f->confidence = store_read_int(r);
	f->url = store_read_str(r);
	f->method = store_read_str(r);
	f->parameter = store_read_str(r);
	f->cwe = store_read_int(r);
	f->owasp = store_read_str(r);
	f->state = store_read_str(r);
	f->reappeared = store_read_bool(r);
	f->instances = store_read_int(r);
	f->first_seen = store_read_int(r);
	f->last_seen = store_read_int(r);
	f->fixed_at = store_read_int(r);
	f->scan = store_read_str(r);
	f->decision = store_read_str(r);
	f->proposal = store_read_str(r);
	f->revision = store_read_int(r);
	f->site_name = store_read_str(r);
	if (r->at < store_cols(r->rows))
		f->evidence = store_read_str(r);
	if (f->severity < 0 || f->severity >= SEVERITY_COUNT)
		f->severity = SEVERITY_INFO;
}

int store_finding_insert(struct store_conn *c, const struct store_finding *f, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO finding (id, tenant_id, site_id, origin, fingerprint, "
			  "check_id, title, title_en, severity, confidence, url, method, parameter, "
			  "cwe, owasp, state, instances, evidence, first_seen, last_seen, scan_id) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(f->id), SV_STR(f->tenant), SV_STR(f->site), SV_STR(f->origin),
			  SV_STR(f->fingerprint), SV_STR(f->check), SV_STR(f->title),
			  SV_STR(f->title_en), SV_INT(f->severity), SV_INT(f->confidence),
			  SV_STR(f->url), SV_STR(f->method), SV_STR(f->parameter), SV_INT(f->cwe),
			  SV_STR(f->owasp), SV_STR(f->state), SV_INT(f->instances),
			  SV_STR(f->evidence), SV_INT(f->first_seen), SV_INT(f->last_seen),
			  SV_STR(f->scan));
}

int store_finding_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_finding *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " FULL " FROM " FROM " WHERE f.id = ? AND f.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_finding(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_finding_by_fingerprint(struct store_conn *c, struct str tenant, struct str site,
				 struct str origin, struct str fingerprint, struct arena *a,
				 struct store_finding *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " BARE " FROM " FROM " WHERE f.site_id = ? AND f.origin = ? "
			      "AND f.fingerprint = ? AND f.tenant_id = ?",
			      SV_STR(site), SV_STR(origin), SV_STR(fingerprint), SV_STR(tenant));

	if (found > 0)
		read_finding(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_finding_save_seen(struct store_conn *c, const struct store_finding *f, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE finding SET title = ?, title_en = ?, severity = ?, "
			  "confidence = ?, url = ?, method = ?, parameter = ?, cwe = ?, owasp = ?, "
			  "state = ?, reappeared = ?, fixed_at = ?, instances = ?, evidence = ?, "
			  "last_seen = ?, scan_id = ?, revision = revision + 1 "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(f->title), SV_STR(f->title_en), SV_INT(f->severity),
			  SV_INT(f->confidence), SV_STR(f->url), SV_STR(f->method),
			  SV_STR(f->parameter), SV_INT(f->cwe), SV_STR(f->owasp), SV_STR(f->state),
			  SV_BOOL(f->reappeared), SV_INT(f->fixed_at), SV_INT(f->instances),
			  SV_STR(f->evidence), SV_INT(f->last_seen), SV_STR(f->scan), SV_STR(f->id),
			  SV_STR(f->tenant));
}

int store_finding_save_state(struct store_conn *c, const struct store_finding *f, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE finding SET state = ?, reappeared = ?, fixed_at = ?, "
			  "decision_id = ?, proposal_id = ?, revision = revision + 1 "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(f->state), SV_BOOL(f->reappeared), SV_INT(f->fixed_at),
			  SV_STR(f->decision), SV_STR(f->proposal), SV_STR(f->id),
			  SV_STR(f->tenant));
}

/* "f.severity IN (4,3)" from "critical,high"; a word nobody knows matches nothing. */
static void add_words(struct store_select *s, const char *column, struct str csv,
		      int (*parse)(struct str, int64_t *))
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	struct str part;
	int64_t v;

	if (str_empty(csv))
		return;
	buf_printf(&b, "%s IN (-1", column);
	for (int n = 0; n < 10 && str_split(&csv, ',', &part); n++)
		if (parse(part, &v) == 0)
			buf_printf(&b, ", %d", (int)v);
	buf_char(&b, ')');
	store_select_and(s, b.ptr);
}

static int word_severity(struct str word, int64_t *ret)
{
	enum severity s;

	if (severity_parse(word, &s) < 0)
		return -1;
	*ret = s;
	return 0;
}

static int word_confidence(struct str word, int64_t *ret)
{
	enum confidence v;

	if (confidence_parse(word, &v) < 0)
		return -1;
	*ret = v;
	return 0;
}

static void add_filter(struct store_select *s, const struct store_finding_filter *f,
		       struct arena *a)
{
	static const char *const searched[] = { "f.title", "f.title_en", "f.url", "f.parameter",
						"f.check_id", "s.name" };

	store_select_str(s, "f.tenant_id = ?", f->tenant);
	if (f->site.len)
		store_select_str(s, "f.site_id = ?", f->site);
	if (f->origin.len)
		store_select_str(s, "f.origin = ?", f->origin);
	if (f->scan.len)
		store_select_str(s,
				 "EXISTS (SELECT 1 FROM scan_finding x WHERE x.finding_id = f.id "
				 "AND x.status <> 'fixed' AND x.scan_id = ?)",
				 f->scan);
	if (f->reappeared)
		store_select_and(s, "f.reappeared = 1");
	if (f->since)
		store_select_int(s, "f.first_seen >= ?", f->since);
	store_select_in(s, "f.state", f->state);
	store_select_in(s, "f.check_id", f->check);
	add_words(s, "f.severity", f->severity, word_severity);
	add_words(s, "f.confidence", f->confidence, word_confidence);
	store_select_like(s, searched, ARRAY_SIZE(searched), f->q, a);
}

struct each {
	void (*fn)(const struct store_finding *f, void *user);
	void *user;
};

static void each_finding(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_finding f = { 0 };

	read_finding(r, &f);
	each->fn(&f, each->user);
}

/* Most dangerous first; equally dangerous ones in order of sight. */
static const struct store_sort sorts[] = {
	{ "severity", "f.severity", false, true },
	{ "last_seen", "f.last_seen", false, true },
	{ "first_seen", "f.first_seen", false, true },
	{ "title", "f.title", true, false },
	{ "url", "f.url", true, false },
	{ "check", "f.check_id", true, false },
	{ "state", "f.state", true, false },
	{ "confidence", "f.confidence", false, true },
	{ "site_name", "lower(s.name)", true, false },
	{ 0 },
};

int store_finding_list(struct store_conn *c, const struct store_finding_filter *f,
		       struct store_page *page, struct arena *a,
		       void (*fn)(const struct store_finding *s, void *user), void *user,
		       struct error *e)
{
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, BARE, FROM);
	add_filter(&q, f, a);
	return store_select_page(c, &q, sorts, "f.id", page, a, each_finding, &each, e);
}

static void give(struct store_rows *rows, struct arena *a,
		 void (*fn)(const struct store_finding *s, void *user), void *user)
{
	while (store_next(rows)) {
		struct store_finding f = { 0 };

		read_finding(&(struct store_reader){ rows, a, 0 }, &f);
		fn(&f, user);
	}
}

int store_finding_live(struct store_conn *c, struct str tenant, struct str site,
		       struct str origin, bool evidence, int limit, struct arena *a,
		       void (*fn)(const struct store_finding *s, void *user), void *user,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	static const char full[] = "SELECT " FULL " FROM " FROM
				   " WHERE f.tenant_id = ? AND f.site_id = ? AND f.origin = ? "
				   "AND f.state <> 'fixed' ORDER BY f.severity DESC, f.id LIMIT ?";
	static const char bare[] = "SELECT " BARE " FROM " FROM
				   " WHERE f.tenant_id = ? AND f.site_id = ? AND f.origin = ? "
				   "AND f.state <> 'fixed' ORDER BY f.severity DESC, f.id LIMIT ?";

	if (store_query(c, &rows, e, evidence ? full : bare, SV_STR(tenant), SV_STR(site),
			SV_STR(origin), SV_INT(limit)) < 0)
		return -1;
	give(rows, a, fn, user);
	return 0;
}

int store_finding_of_scan(struct store_conn *c, struct str tenant, struct str scan, int limit,
			  struct arena *a,
			  void (*fn)(const struct store_finding *s, void *user), void *user,
			  struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " FULL " FROM " FROM " JOIN scan_finding x ON x.finding_id = f.id "
			"WHERE x.scan_id = ? AND f.tenant_id = ? AND x.status <> 'fixed' "
			"ORDER BY f.severity DESC, f.check_id, f.url, f.id LIMIT ?",
			SV_STR(scan), SV_STR(tenant), SV_INT(limit)) < 0)
		return -1;
	give(rows, a, fn, user);
	return 0;
}

static void read_counts(struct store_rows *rows, int64_t ret[SEVERITY_COUNT])
{
	memset(ret, 0, SEVERITY_COUNT * sizeof(*ret));
	while (store_next(rows)) {
		int64_t s = store_col_int(rows, 0);

		if (s >= 0 && s < SEVERITY_COUNT)
			ret[s] = store_col_int(rows, 1);
	}
}

int store_finding_counts(struct store_conn *c, struct str tenant, struct str site,
			 struct str origin, int64_t until, int64_t ret[SEVERITY_COUNT],
			 struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT severity, COUNT(*) FROM finding WHERE tenant_id = ? "
			"AND site_id = ? AND origin = ? AND state = 'open' AND first_seen <= ? "
			"GROUP BY severity",
			SV_STR(tenant), SV_STR(site), SV_STR(origin), SV_INT(until)) < 0)
		return -1;
	read_counts(rows, ret);
	return 0;
}

int store_finding_scan_counts(struct store_conn *c, struct str tenant, struct str scan,
			      int64_t ret[SEVERITY_COUNT], struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT f.severity, COUNT(*) FROM finding f "
			"JOIN scan_finding x ON x.finding_id = f.id WHERE x.scan_id = ? "
			"AND f.tenant_id = ? AND f.state = 'open' AND x.status <> 'fixed' "
			"GROUP BY f.severity",
			SV_STR(scan), SV_STR(tenant)) < 0)
		return -1;
	read_counts(rows, ret);
	return 0;
}

int store_finding_stats(struct store_conn *c, const struct store_finding_filter *f,
			enum store_finding_group group, int limit, struct arena *a,
			void (*fn)(struct str value, struct str extra, int64_t n, void *user),
			void *user, struct error *e)
{
	static const char *const columns[] = { "f.severity", "f.check_id", "f.state", "f.confidence" };
	_cleanup_(store_select_free) struct store_select s;
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_sql_ struct store_sql q;
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	const char *column = columns[group];

	store_select_init(&s, "", FROM);
	add_filter(&s, f, a);
	buf_printf(&b, "SELECT %s, MAX(f.title), MAX(f.title_en), COUNT(*) FROM " FROM, column);
	store_sql_init(&q, b.ptr);
	store_sql_addv(&q, buf_view(&s.where.text).ptr, s.where.args, s.where.n);
	buf_clear(&b);
	buf_printf(&b, " GROUP BY %s ORDER BY COUNT(*) DESC, %s LIMIT ?", column, column);
	store_sql_add(&q, b.ptr, SV_INT(limit));
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), arena_str(a, store_col_str(rows, 1)),
		   store_col_int(rows, 3), user);
	return 0;
}

/* ---- decisions ---- */

#define DECISION                                                                                   \
	"id, tenant_id, finding_id, decision, reason, state, owner_id, owner_name, decided_by, "   \
	"decided_name, decided_reason, expires, decided_at, created"

static void read_decision(struct store_reader *r, struct store_decision *d)
{
	d->id = store_read_str(r);
	d->tenant = store_read_str(r);
	d->finding = store_read_str(r);
	d->decision = store_read_str(r);
	d->reason = store_read_str(r);
	d->state = store_read_str(r);
	d->owner_id = store_read_str(r);
	d->owner_name = store_read_str(r);
	d->decided_by = store_read_str(r);
	d->decided_name = store_read_str(r);
	d->decided_reason = store_read_str(r);
	d->expires = store_read_int(r);
	d->decided_at = store_read_int(r);
	d->created = store_read_int(r);
}

int store_decision_insert(struct store_conn *c, const struct store_decision *d, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO finding_decision (" DECISION ") "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(d->id), SV_STR(d->tenant), SV_STR(d->finding), SV_STR(d->decision),
			  SV_STR(d->reason), SV_STR(d->state), SV_STR(d->owner_id),
			  SV_STR(d->owner_name), SV_STR(d->decided_by), SV_STR(d->decided_name),
			  SV_STR(d->decided_reason), SV_INT(d->expires), SV_INT(d->decided_at),
			  SV_INT(d->created));
}

int store_decision_get(struct store_conn *c, struct str tenant, struct str finding, struct str id,
		       struct arena *a, struct store_decision *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " DECISION " FROM finding_decision "
			      "WHERE id = ? AND finding_id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(finding), SV_STR(tenant));

	if (found > 0)
		read_decision(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_decision_save(struct store_conn *c, const struct store_decision *d, const char *was,
			struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE finding_decision SET state = ?, decided_by = ?, decided_name = ?, "
		       "decided_at = ?, decided_reason = ? WHERE id = ? AND tenant_id = ? "
		       "AND state = ?",
		       SV_STR(d->state), SV_STR(d->decided_by), SV_STR(d->decided_name),
		       SV_INT(d->decided_at), SV_STR(d->decided_reason), SV_STR(d->id),
		       SV_STR(d->tenant), SV_C(was)) < 0)
		return -1;
	return store_changed(c) > 0;
}

static void give_decisions(struct store_rows *rows, struct arena *a,
			   void (*fn)(const struct store_decision *d, void *user), void *user)
{
	while (store_next(rows)) {
		struct store_decision d = { 0 };

		read_decision(&(struct store_reader){ rows, a, 0 }, &d);
		fn(&d, user);
	}
}

int store_decision_list(struct store_conn *c, struct str tenant, struct str finding,
			struct arena *a,
			void (*fn)(const struct store_decision *d, void *user), void *user,
			struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " DECISION " FROM finding_decision WHERE finding_id = ? "
			"AND tenant_id = ? ORDER BY created DESC, id DESC LIMIT 100",
			SV_STR(finding), SV_STR(tenant)) < 0)
		return -1;
	give_decisions(rows, a, fn, user);
	return 0;
}

int store_decision_expired(struct store_conn *c, int64_t now, int limit, struct arena *a,
			   void (*fn)(const struct store_decision *d, void *user), void *user,
			   struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " DECISION " FROM finding_decision WHERE state = 'in_force' "
			"AND expires > 0 AND expires <= ? ORDER BY expires, id LIMIT ?",
			SV_INT(now), SV_INT(limit)) < 0)
		return -1;
	give_decisions(rows, a, fn, user);
	return 0;
}

/* ---- history ---- */

int store_finding_event_add(struct store_conn *c, struct str tenant, struct str finding,
			    const char *type, struct str actor, struct str scan, struct str detail,
			    int64_t now, struct error *e)
{
	struct id id = id_new(now);

	return store_exec(c, e,
			  "INSERT INTO finding_event (id, tenant_id, finding_id, time, type, actor, "
			  "scan_id, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_ID(&id), SV_STR(tenant), SV_STR(finding), SV_INT(now), SV_C(type),
			  SV_STR(actor), SV_STR(scan), SV_STR(detail));
}

int store_finding_events(struct store_conn *c, struct str tenant, struct str finding, json_t **ret,
			 struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	json_t *list;

	if (store_query(c, &rows, e,
			"SELECT id, time, type, actor, scan_id, detail FROM finding_event "
			"WHERE finding_id = ? AND tenant_id = ? ORDER BY time DESC, id DESC LIMIT 200",
			SV_STR(finding), SV_STR(tenant)) < 0)
		return -1;
	list = json_array();
	while (store_next(rows)) {
		json_t *o = json_object();
		struct str scan = store_col_str(rows, 4);

		json_put(o, "id", json_str(store_col_str(rows, 0)));
		json_put(o, "time", json_time(store_col_int(rows, 1)));
		json_put(o, "type", json_str(store_col_str(rows, 2)));
		json_put(o, "actor", json_str(store_col_str(rows, 3)));
		json_put(o, "scan_id", scan.len ? json_str(scan) : json_null());
		json_put(o, "detail", json_str(store_col_str(rows, 5)));
		json_array_append_new(list, o);
	}
	*ret = list;
	return 0;
}

int store_finding_event_count(struct store_conn *c, struct str tenant, const char *type,
			      int64_t since, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e,
			 "SELECT COUNT(DISTINCT finding_id) FROM finding_event "
			 "WHERE tenant_id = ? AND type = ? AND time >= ?",
			 SV_STR(tenant), SV_C(type), SV_INT(since)) < 0 ?
		       -1 :
		       0;
}
