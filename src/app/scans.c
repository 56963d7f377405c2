/* Use cases around scans: starting, steering, looking. What the worker does with
 * one stands in scanjob.c, what becomes of its findings in reconcile.c. */
#include "app/scans.h"

#include "app/finding.h"
#include "app/site.h"
#include "app/sitesettings.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/map.h"
#include "net/url.h"
#include "scan/check.h"
#include "scan/score.h"
#include "store/finding.h"

int app_scan_load(struct app_call *c, struct str id, struct store_scan *ret, struct error *e)
{
	int found = store_scan_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return found > 0 ? 0 : found < 0 ? -1 : app_missing(e, "scan", "扫描", "scan");
}

static json_t *stats_json(const struct store_scan *s)
{
	json_t *o = json_object();

	json_put(o, "requests", json_integer(s->requests));
	json_put(o, "pages", json_integer(s->pages));
	json_put(o, "errors", json_integer(s->errors));
	json_put(o, "bytes", json_integer(s->bytes));
	json_put(o, "seconds", json_integer(s->seconds));
	json_put(o, "saved", json_integer(s->saved));
	json_put(o, "spared", json_integer(s->spared));
	return o;
}

json_t *app_scan_json(const struct store_scan *s)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(s->id));
	json_put(o, "site_id", json_str(s->site));
	json_put(o, "site_name", json_str(s->site_name));
	json_put(o, "url", json_str(s->url));
	json_put(o, "mode", json_str(s->mode));
	json_put(o, "state", json_str(s->state));
	json_put(o, "progress", app_progress_json(s->progress));
	json_put(o, "doing", json_str(s->doing));
	json_put(o, "doing_en", json_str(s->doing_en));
	json_put(o, "remaining", s->remaining < 0 ? json_null() : json_integer(s->remaining));
	json_put(o, "waiting", app_str_or_null(s->waiting));
	json_put(o, "complete", json_boolean(s->complete));
	json_put(o, "score", app_score_json(s->score));
	json_put(o, "counts", app_counts_json(s->counts));
	json_put(o, "stats", stats_json(s));
	json_put(o, "trigger", json_str(s->cause));
	json_put(o, "finding_id", app_str_or_null(s->finding));
	json_put(o, "monitor_id", app_str_or_null(s->monitor));
	json_put(o, "incremental", json_integer(s->incremental));
	json_put(o, "unchanged", json_integer(s->unchanged));
	json_put(o, "previous_id", app_str_or_null(s->previous));
	json_put(o, "created", json_time(s->created));
	json_put(o, "started", json_time(s->started));
	json_put(o, "finished", json_time(s->finished));
	json_put(o, "error", app_text_json(s->error));
	json_put(o, "rule_version", json_str(s->rule_version));
	json_put(o, "revision", json_integer(s->revision));
	return o;
}

int app_scan_event(struct app_call *c, const struct store_scan *s, const char *type,
		   struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "scan_id", json_str(s->id));
	json_put(o, "site_id", json_str(s->site));
	json_put(o, "state", json_str(s->state));
	json_put(o, "progress", app_progress_json(s->progress));
	json_put(o, "doing", json_str(s->doing));
	json_put(o, "doing_en", json_str(s->doing_en));
	json_put(o, "remaining", s->remaining < 0 ? json_null() : json_integer(s->remaining));
	json_put(o, "waiting", app_str_or_null(s->waiting));
	json_put(o, "score", app_score_json(s->score));
	json_put(o, "counts", app_counts_json(s->counts));
	json_put(o, "stats", stats_json(s));
	return app_event(c, "scan", type, o, e);
}

/* ---- starting ---- */

static int enqueue(struct app_call *c, const struct store_site *site, struct store_scan *s,
		   struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct job_request r = { .tenant = s->tenant, .kind = STR("scan"),
				 .windows = app_site_windows(c, site),
				 .serial_key = arena_printf(c->arena, "site:%.*s", STR_ARG(s->site)) };
	struct id job;

	json_put(payload, "scan_id", json_str(s->id));
	r.payload = app_json_text(c->arena, payload);
	if (job_enqueue(c->db, &r, c->now, &job, NULL, e) < 0)
		return -1;
	s->job = arena_str(c->arena, id_str(&job));
	return store_scan_set_job(c->db, s->tenant, s->id, s->job, e);
}

/* Copies what the scan will work with, so that later edits of the site do not
 * change a scan that has begun. */
static int fill(struct app_call *c, const struct store_site *site,
		const struct app_scan_wish *wish, struct store_scan *s, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_site copy = *site;
	struct scan_options o;
	struct store_scan before;
	int found;

	if (app_sitesettings_take(c, wish->settings, &copy, e) < 0 ||
	    app_site_options(c, &copy, &o, e) < 0)
		return -1;
	if (wish->mode.len && scan_mode_parse(wish->mode, &o.mode) < 0)
		return error_field(e, "mode", "input.enum", "扫描模式只能是 quick、standard 或 deep",
				   "mode must be quick, standard or deep");
	found = store_scan_previous(c->db, site->tenant, site->id, site->origin, c->now, c->arena,
				    &before, e);
	if (found < 0)
		return -1;
	*s = (struct store_scan){
		.id = arena_str(c->arena, id_str(&id)), .tenant = site->tenant, .site = site->id,
		.site_name = site->name, .url = site->url, .origin = site->origin,
		.mode = str_c(scan_mode_name(o.mode)), .state = STR("queued"),
		.cause = str_c(wish->cause), .monitor = wish->monitor, .finding = wish->finding,
		.settings = copy.settings, .secrets = copy.secrets, .remaining = -1, .score = -1,
		.rule_version = str_c(scan_rule_version()),
		.formula_version = STR(SCORE_FORMULA_VERSION),
		.verify_method = site->verify_method, .verified_at = site->verified_at,
		.previous = found ? before.id : STR_NULL, .created_by = c->actor->user_name,
		.created = c->now, .revision = 1,
	};
	return 0;
}

int app_scan_create(struct app_call *c, const struct store_site *site,
		    const struct app_scan_wish *wish, struct store_scan *ret, struct error *e)
{
	struct store_scan s;
	_cleanup_json_ json_t *detail = json_object();
	int claimed;

	if (app_site_proven(site, e) < 0 || app_quota_check(c, "scans_month", 1, e) < 0 ||
	    fill(c, site, wish, &s, e) < 0)
		return -1;
	claimed = store_site_claim(c->db, site->tenant, site->id, s.id, e);
	if (claimed < 0)
		return -1;
	if (!claimed)
		return error_set(e, "scan.running", "网站“%.*s”已有一个扫描在进行",
				 "\"%.*s\" is being scanned already", STR_ARG(site->name));
	if (store_scan_insert(c->db, &s, e) < 0 || enqueue(c, site, &s, e) < 0)
		return -1;
	json_put(detail, "site_id", json_str(site->id));
	json_put(detail, "mode", json_str(s.mode));
	json_put(detail, "trigger", json_str(s.cause));
	if (app_audit(c, "scan.start", "scan", s.id, site->name, detail, e) < 0 ||
	    app_scan_event(c, &s, "scan.queued", e) < 0)
		return -1;
	*ret = s;
	return 0;
}

struct start {
	struct app_call *c;
	struct str site;
	struct app_scan_wish wish;
	struct store_scan scan;
};

static int start_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct start *st = arg;
	struct store_site site;

	if (app_site_load(st->c, st->site, &site, e) < 0)
		return -1;
	return app_scan_create(st->c, &site, &st->wish, &st->scan, e);
}

int app_scan_start(struct app_call *c, struct str site, const json_t *in, json_t **ret,
		   struct error *e)
{
	struct start st = { .c = c, .site = site };

	st.wish.mode = json_get_str(in, "mode");
	st.wish.settings = json_object_get(in, "settings");
	st.wish.cause = c->actor->via == APP_VIA_KEY ? "api" : "manual";
	if (app_require(c, PERM_SCAN_RUN, e) < 0 || store_tx(c->db, start_tx, &st, e) < 0)
		return -1;
	*ret = app_scan_json(&st.scan);
	return 0;
}

/* ---- steering ---- */

/* The row follows what the queue says of the job. */
static int follow_job(struct app_call *c, struct store_scan *s, struct error *e)
{
	struct job job;

	if (job_get(c->db, s->tenant, s->job, c->arena, &job, e) < 0)
		return -1;
	if (job.state == JOB_QUEUED)
		s->state = STR("queued");
	else if (job.state == JOB_PAUSED)
		s->state = STR("paused");
	else if (job.state == JOB_RUNNING)
		s->state = str_eq(job.want, STR("pause")) ? STR("pausing") : STR("running");
	else if (job.state == JOB_ENDED_CANCELLED) /* it was not running: nobody else tells */
		return app_job_scan.ended(c->db, &job, NULL, c->now, e);
	else
		return 0; /* ended: the job's end has written the row already */
	s->waiting = str_eq(job.reason, STR("window")) ? STR("window") : STR_NULL;
	return store_scan_set_state(c->db, s, e) < 0 ? -1 : 0;
}

struct control {
	struct app_call *c;
	struct str id;
	enum app_scan_wanted what;
};

static int control_tx(struct store_conn *db, void *arg, struct error *e)
{
	static int (*const ask[])(struct store_conn *, struct str, struct str, int64_t,
				  struct error *) = { job_pause, job_resume, job_cancel };
	static const char *const actions[] = { "scan.pause", "scan.resume", "scan.cancel" };
	struct control *k = arg;
	struct app_call *c = k->c;
	struct store_scan s;

	if (app_scan_load(c, k->id, &s, e) < 0)
		return -1;
	if (app_scan_ended(&s))
		return error_set(e, "scan.state", "扫描已经结束", "the scan has ended already");
	if (ask[k->what](db, s.tenant, s.job, c->now, e) < 0)
		return -1;
	if (app_scan_load(c, k->id, &s, e) < 0)
		return -1;
	if (!app_scan_ended(&s) && (follow_job(c, &s, e) < 0 || app_scan_load(c, k->id, &s, e) < 0))
		return -1;
	if (app_audit(c, actions[k->what], "scan", s.id, s.site_name, NULL, e) < 0)
		return -1;
	return app_scan_event(c, &s, "scan.changed", e);
}

int app_scan_control(struct app_call *c, struct str id, enum app_scan_wanted what, json_t **ret,
		     struct error *e)
{
	struct control k = { c, id, what };

	if (app_require(c, PERM_SCAN_RUN, e) < 0 || store_tx(c->db, control_tx, &k, e) < 0)
		return -1;
	return app_scan_get(c, id, ret, e);
}

/* ---- looking ---- */

int app_scan_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_scan s;

	if (app_require(c, PERM_SCAN_READ, e) < 0 || app_scan_load(c, id, &s, e) < 0)
		return -1;
	*ret = app_scan_json(&s);
	return 0;
}

static void list_one(const struct store_scan *s, void *user)
{
	json_array_append_new(user, app_scan_json(s));
}

int app_scan_list(struct app_call *c, const struct store_scan_filter *f, struct store_page *page,
		  json_t **ret, struct error *e)
{
	struct store_scan_filter own = *f;
	_cleanup_json_ json_t *items = json_array();

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_SCAN_READ, e) < 0 ||
	    store_scan_list(c->db, &own, page, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_scan_score(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_scan s;
	unsigned counts[SEVERITY_COUNT];
	struct score score;
	json_t *o;

	if (app_require(c, PERM_SCAN_READ, e) < 0 || app_scan_load(c, id, &s, e) < 0)
		return -1;
	for (int i = 0; i < SEVERITY_COUNT; i++)
		counts[i] = (unsigned)s.counts[i];
	score = score_compute(counts);
	o = score_json(&score);
	json_put(o, "formula_version",
		 s.formula_version.len ? json_str(s.formula_version) : json_c(SCORE_FORMULA_VERSION));
	if (s.score < 0) { /* partial: the sum is shown, but it is no score */
		json_put(o, "score", json_null());
		json_put(o, "explain", json_c("扫描没有完成，不计分；上一次完整扫描的分数保持不变"));
		json_put(o, "explain_en",
			 json_c("The scan is not complete, so it has no score; the last complete one stands."));
	}
	*ret = o;
	return 0;
}

static void list_page(const struct store_scan_page *p, void *user)
{
	json_array_append_new(user, app_scan_page_json(p));
}

int app_scan_pages(struct app_call *c, struct str id, struct str q, struct str status,
		   struct store_page *page, json_t **ret, struct error *e)
{
	struct store_scan s;
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_SCAN_READ, e) < 0 || app_scan_load(c, id, &s, e) < 0 ||
	    store_scan_page_list(c->db, s.tenant, s.id, q, status, page, c->arena, list_page, items,
				 e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static void list_check(struct str check, struct str state, int64_t count, int64_t requests, void *user)
{
	const struct scan_check *k = scan_check_find(check);
	json_t *o = json_object();

	json_put(o, "check", json_str(check));
	json_put(o, "title", k ? json_c(k->title_zh) : json_str(check));
	json_put(o, "title_en", k ? json_c(k->title_en) : json_str(check));
	json_put(o, "severity", k ? json_c(severity_name(k->severity)) : json_null());
	json_put(o, "state", json_str(state));
	json_put(o, "count", json_integer(count));
	json_put(o, "requests", json_integer(requests));
	json_array_append_new(user, o);
}

int app_scan_checks(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_scan s;
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_SCAN_READ, e) < 0 || app_scan_load(c, id, &s, e) < 0 ||
	    store_scan_checks(c->db, s.tenant, s.id, c->arena, list_check, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_check_catalogue(struct app_call *c, json_t **ret, struct error *e)
{
	static const enum scan_mode modes[] = { SCAN_QUICK, SCAN_STANDARD, SCAN_DEEP };
	json_t *items;

	if (app_require(c, PERM_SCAN_READ, e) < 0)
		return -1;
	items = json_array();
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *k = scan_checks[i];
		json_t *o = json_object(), *in = json_array();

		json_put(o, "check", json_c(k->id));
		json_put(o, "title", json_c(k->title_zh));
		json_put(o, "title_en", json_c(k->title_en));
		json_put(o, "severity", json_c(severity_name(k->severity)));
		for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++)
			if (!k->modes || (k->modes & modes[m]))
				json_array_append_new(in, json_c(scan_mode_name(modes[m])));
		json_put(o, "modes", in);
		json_put(o, "intrusive", json_boolean(k->flags & SCAN_INTRUSIVE));
		json_array_append_new(items, o);
	}
	*ret = items;
	return 0;
}

/* ---- directory tree ---- */

struct tree {
	struct app_call *c;
	json_t *root;
};

static json_t *child(json_t *node, struct str name, bool dir)
{
	json_t *children = json_object_get(node, "children"), *o;

	if (!children) {
		children = json_array();
		json_put(node, "children", children);
	}
	/* Pages come in order of address, so an equal folder is nearly always the last. */
	for (size_t i = json_array_size(children); i-- > 0;) {
		o = json_array_get(children, i);
		if (str_eq(json_get_str(o, "name"), name) && json_get_bool(o, "dir", false) == dir)
			return o;
		if (json_array_size(children) - i > 64)
			break;
	}
	o = json_object();
	json_put(o, "name", json_str(name));
	json_put(o, "dir", json_boolean(dir));
	json_put(o, "pages", json_integer(0));
	json_array_append_new(children, o);
	return o;
}

static void add_one(json_t *node)
{
	json_put(node, "pages", json_integer(json_get_int(node, "pages", 0) + 1));
}

static void tree_page(const struct store_scan_page *p, void *user)
{
	struct tree *t = user;
	json_t *node = t->root;
	struct url u;
	struct str rest, part;
	int depth = 0;

	if (url_parse(t->c->arena, p->url, NULL, URL_RAW_PATH, &u, NULL) < 0)
		return;
	rest = str_from(u.path, 1);
	add_one(node);
	while (depth++ < 32 && str_has(rest, STR("/")) && str_split(&rest, '/', &part)) {
		node = child(node, part, true);
		add_one(node);
	}
	node = child(node, rest.len ? rest : STR("/"), false);
	add_one(node);
	json_put(node, "url", json_str(p->url));
	json_put(node, "status", json_integer(p->status));
	json_put(node, "title", json_str(p->title));
}

int app_scan_tree(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_scan s;
	_cleanup_json_ json_t *root = json_object();
	struct tree t = { c, root };

	if (app_require(c, PERM_SCAN_READ, e) < 0 || app_scan_load(c, id, &s, e) < 0)
		return -1;
	json_put(root, "name", json_str(s.origin));
	json_put(root, "dir", json_true());
	json_put(root, "pages", json_integer(0));
	json_put(root, "children", json_array());
	if (store_scan_pages(c->db, s.tenant, s.id, LIMIT_SCAN_TREE, c->arena, tree_page, &t, e) < 0)
		return -1;
	*ret = take_ptr(root);
	return 0;
}

/* ---- comparison ---- */

struct seen {
	struct map *status; /* finding id -> char * status, in the arena */
	struct arena *arena;
};

static void note_seen(struct str finding, struct str status, void *user)
{
	struct seen *s = user;

	map_put(s->status, finding, arena_cstr(s->arena, status));
}

static bool present(const struct map *m, struct str id)
{
	const char *status = map_get(m, id);

	return status && strcmp(status, "fixed") != 0;
}

static int put_short(struct app_call *c, json_t *list, struct str id, struct error *e)
{
	struct store_finding f;
	int found = store_finding_get(c->db, c->actor->tenant_id, id, c->arena, &f, e);

	if (found > 0)
		json_array_append_new(list, app_finding_json(c, &f));
	return found < 0 ? -1 : 0;
}

static int compare(struct app_call *c, const struct map *now, const struct map *before, json_t *o,
		   struct error *e)
{
	json_t *fresh = json_array(), *fixed = json_array();
	struct map_iter it = { 0 };
	struct str id;
	void *status;
	int64_t same = 0;

	json_put(o, "new", fresh);
	json_put(o, "fixed", fixed);
	while (map_next(now, &it, &id, &status)) {
		if (present(now, id) && present(before, id))
			same++;
		else if (present(now, id) && strcmp(status, "carried") != 0 &&
			 put_short(c, fresh, id, e) < 0)
			return -1;
	}
	it = (struct map_iter){ 0 };
	while (map_next(before, &it, &id, &status))
		if (present(before, id) && !present(now, id) && put_short(c, fixed, id, e) < 0)
			return -1;
	json_put(o, "unchanged_count", json_integer(same));
	return 0;
}

int app_scan_compare(struct app_call *c, struct str id, struct str with, json_t **ret,
		     struct error *e)
{
	struct store_scan s, other;
	_cleanup_map_ struct map *now = map_new();
	_cleanup_map_ struct map *before = map_new();
	struct seen a = { now, c->arena }, b = { before, c->arena };
	_cleanup_json_ json_t *o = json_object();

	if (app_require(c, PERM_SCAN_READ, e) < 0 || app_scan_load(c, id, &s, e) < 0)
		return -1;
	if (!with.len)
		with = s.previous;
	json_put(o, "with", json_null());
	if (with.len) {
		if (app_scan_load(c, with, &other, e) < 0)
			return -1;
		if (!str_eq(other.site, s.site))
			return error_field(e, "with", "scan.other-site", "只能与同一网站的扫描比较",
					   "only scans of the same site can be compared");
		json_put(o, "with", app_scan_short_json(&other));
		if (store_scan_findings(c->db, s.tenant, other.id, c->arena, note_seen, &b, e) < 0)
			return -1;
	}
	if (store_scan_findings(c->db, s.tenant, s.id, c->arena, note_seen, &a, e) < 0 ||
	    compare(c, now, before, o, e) < 0)
		return -1;
	*ret = take_ptr(o);
	return 0;
}
