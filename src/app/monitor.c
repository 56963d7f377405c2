/* Monitoring tasks: see monitor.h. The schedule is a row of the job room under the
 * task's id; its job, of kind "monitor", starts one scan per site. */
#include "app/monitor.h"

#include "app/asset.h"
#include "app/notify.h"
#include "app/scans.h"
#include "app/site.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "job/schedule.h"
#include "store/tenant.h"

static int load(struct app_call *c, struct str id, struct store_monitor *ret, struct error *e)
{
	int r = store_monitor_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "monitor", "监测任务", "monitoring task");
}

/* ---- shape ---- */

struct site_lists {
	json_t *ids, *sites;
};

static void list_site(struct str id, struct str name, struct str url, struct str verify_state,
		      void *user)
{
	struct site_lists *l = user;
	json_t *o = json_object();

	json_put(o, "id", json_str(id));
	json_put(o, "name", json_str(name));
	json_put(o, "url", json_str(url));
	json_put(o, "verify_state", json_str(verify_state));
	json_array_append_new(l->sites, o);
	json_array_append_new(l->ids, json_str(id));
}

static void put_schedule(json_t *o, const struct store_monitor *m)
{
	_cleanup_buf_ struct buf zh = BUF_INIT(KIB), en = BUF_INIT(KIB);
	struct job_schedule s;

	json_put(o, "schedule", app_text_json(m->schedule));
	if (job_schedule_parse_text(m->schedule, &s, NULL) == 0) {
		job_schedule_text(&s, false, &zh);
		job_schedule_text(&s, true, &en);
	}
	json_put(o, "schedule_text", json_str(buf_view(&zh)));
	json_put(o, "schedule_text_en", json_str(buf_view(&en)));
}

static json_t *monitor_json(struct app_call *c, const struct store_monitor *m)
{
	json_t *o = json_object();
	struct site_lists l = { json_array(), json_array() };
	struct job_schedule_row row = { 0 };
	struct store_scan scan;
	bool active = str_eq(m->state, STR("active"));
	int found = 0;

	store_monitor_sites(c->db, m->tenant, m->id, c->arena, list_site, &l, NULL);
	json_put(o, "id", json_str(m->id));
	json_put(o, "name", json_str(m->name));
	json_put(o, "site_ids", l.ids);
	json_put(o, "sites", l.sites);
	json_put(o, "mode", json_str(m->mode));
	put_schedule(o, m);
	json_put(o, "state", json_str(m->state));
	if (job_schedule_get(c->db, m->tenant, m->id, c->arena, &row, NULL) < 0)
		row.next_run = 0;
	json_put(o, "next_run", json_time(active ? row.next_run : 0));
	json_put(o, "last_run", json_time(m->last_run));
	json_put(o, "missed", json_integer(row.missed));
	if (m->last_scan.len)
		found = store_scan_get(c->db, m->tenant, m->last_scan, c->arena, &scan, NULL);
	json_put(o, "last_scan", found > 0 ? app_scan_short_json(&scan) : json_null());
	json_put(o, "created", json_time(m->created));
	json_put(o, "updated", json_time(m->updated));
	json_put(o, "revision", json_integer(m->revision));
	return o;
}

struct listing {
	struct app_call *c;
	json_t *items;
};

static void list_one(const struct store_monitor *m, void *user)
{
	struct listing *l = user;

	json_array_append_new(l->items, monitor_json(l->c, m));
}

int app_monitor_list(struct app_call *c, const struct store_monitor_filter *f,
		     struct store_page *page, json_t **ret, struct error *e)
{
	struct store_monitor_filter own = *f;
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { c, items };

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_MONITOR_READ, e) < 0 ||
	    store_monitor_list(c->db, &own, page, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_monitor_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_monitor m;

	if (app_require(c, PERM_MONITOR_READ, e) < 0 || load(c, id, &m, e) < 0)
		return -1;
	*ret = monitor_json(c, &m);
	return 0;
}

/* ---- adding and changing ---- */

static int take_schedule(struct app_call *c, const json_t *in, struct store_monitor *m,
			 struct error *e)
{
	const json_t *v = json_object_get(in, "schedule");
	_cleanup_json_ json_t *full = NULL;
	_cleanup_json_ json_t *out = NULL;
	struct store_tenant tenant;
	struct job_schedule s;

	if (!v)
		return m->schedule.len ? 0 :
					 error_field(e, "schedule", "input.required", "请设置监测周期",
						     "say when to run");
	full = json_deep_copy(v);
	if (!json_get_str(full, "timezone").len &&
	    store_tenant_get(c->db, c->actor->tenant_id, c->arena, &tenant, NULL) > 0 &&
	    tenant.timezone.len)
		json_put(full, "timezone", json_str(tenant.timezone));
	if (job_schedule_parse(full, &s, e) < 0) {
		if (e && !e->field[0])
			snprintf(e->field, sizeof(e->field), "schedule");
		return -1;
	}
	out = job_schedule_json(&s);
	m->schedule = app_json_text(c->arena, out);
	return 0;
}

static int take_sites(struct app_call *c, const json_t *in, struct str **ret, size_t *n,
		      struct error *e)
{
	struct store_site s;

	if (app_json_strings(c->arena, json_object_get(in, "site_ids"), "site_ids",
			     LIMIT_MONITOR_SITES, ret, n, e) < 0)
		return -1;
	if (!*n)
		return error_field(e, "site_ids", "input.required", "请至少选择一个网站",
				   "choose at least one site");
	for (size_t i = 0; i < *n; i++) {
		if (app_site_load(c, (*ret)[i], &s, NULL) < 0)
			return error_field(e, "site_ids", "site.unknown", "所选的网站不存在", "no such site");
		if (app_site_proven(&s, e) < 0) {
			if (e)
				snprintf(e->field, sizeof(e->field), "site_ids");
			return -1;
		}
	}
	return 0;
}

static int take(struct app_call *c, const json_t *in, struct store_monitor *m, struct error *e)
{
	struct str name = str_trim(json_get_str(in, "name")), mode = json_get_str(in, "mode");
	enum scan_mode parsed;

	if (json_object_get(in, "name"))
		m->name = name;
	if (!m->name.len || utf8_count(m->name) > LIMIT_SITE_NAME)
		return error_field(e, "name", "input.length", "任务名称应为 1 到 %d 个字",
				   "name: 1 to %d characters", LIMIT_SITE_NAME);
	if (json_object_get(in, "mode"))
		m->mode = mode;
	if (!m->mode.len)
		m->mode = STR("quick");
	if (!str_eq(m->mode, STR("assets")) && scan_mode_parse(m->mode, &parsed) < 0)
		return error_field(e, "mode", "input.enum", "扫描模式只能是 quick、standard、deep 或 assets（资产发现）",
				   "mode must be quick, standard, deep or assets (asset discovery)");
	return take_schedule(c, in, m, e);
}

static int put_row(struct app_call *c, const struct store_monitor *m, struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct job_schedule_row row = { .id = m->id, .tenant = m->tenant, .kind = STR("monitor"),
					.spec = m->schedule,
					.active = str_eq(m->state, STR("active")) };

	json_put(payload, "monitor_id", json_str(m->id));
	row.payload = app_json_text(c->arena, payload);
	return job_schedule_put(c->db, &row, c->now, e);
}

static int tell(struct app_call *c, const struct store_monitor *m, const char *action,
		struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "monitor_id", json_str(m->id));
	json_put(o, "state", json_str(m->state));
	if (app_audit(c, action, "monitor", m->id, m->name, NULL, e) < 0)
		return -1;
	return app_event(c, "monitor", "monitor.changed", o, e);
}

struct edit {
	struct str id; /* empty: add */
	const json_t *in;
};

static int edit_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct id id = id_new(c->now);
	bool add = !k->id.len;
	struct store_monitor m = { .id = arena_str(c->arena, id_str(&id)),
				   .tenant = c->actor->tenant_id, .state = STR("active"),
				   .created_by = c->actor->user_name, .created = c->now,
				   .revision = 1 };
	struct str *sites = NULL;
	size_t n = 0;
	int r;

	if (!add && load(c, k->id, &m, e) < 0)
		return -1;
	m.updated = c->now;
	if (take(c, k->in, &m, e) < 0)
		return -1;
	if ((add || json_object_get(k->in, "site_ids")) && take_sites(c, k->in, &sites, &n, e) < 0)
		return -1;
	r = add ? store_monitor_insert(c->db, &m, e) : store_monitor_save(c->db, &m, e);
	if (r < 0)
		return -1;
	if (!add && !r)
		return app_conflict(e, "monitor");
	if (n && store_monitor_set_sites(c->db, m.id, sites, n, e) < 0)
		return -1;
	if (put_row(c, &m, e) < 0)
		return -1;
	k->id = m.id;
	return tell(c, &m, add ? "monitor.add" : "monitor.edit", e);
}

static int edit(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		struct error *e)
{
	struct edit k = { id, in };

	if (app_require(c, PERM_MONITOR_WRITE, e) < 0)
		return -1;
	if (app_tx(c, edit_tx, &k, e) < 0)
		return -1;
	return app_monitor_get(c, k.id, ret, e);
}

int app_monitor_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	return edit(c, STR_NULL, in, ret, e);
}

int app_monitor_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		       struct error *e)
{
	return edit(c, id, in, ret, e);
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_monitor m;

	if (load(c, *(struct str *)arg, &m, e) < 0 ||
	    job_schedule_delete(c->db, m.tenant, m.id, e) < 0 ||
	    store_monitor_delete(c->db, m.tenant, m.id, e) < 0)
		return -1;
	m.state = STR("deleted");
	return tell(c, &m, "monitor.delete", e);
}

int app_monitor_delete(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_MONITOR_WRITE, e) < 0)
		return -1;
	return app_tx(c, delete_tx, &id, e);
}

struct control {
	struct str id;
	enum app_monitor_wanted what;
};

static int control_tx(struct app_call *c, void *arg, struct error *e)
{
	static const char *const actions[] = { "monitor.pause", "monitor.resume", "monitor.run" };
	struct control *k = arg;
	struct store_monitor m;
	struct id job;

	if (load(c, k->id, &m, e) < 0)
		return -1;
	if (k->what == APP_MONITOR_RUN) {
		if (job_schedule_run_now(c->db, m.tenant, m.id, c->now, &job, e) < 0)
			return -1;
	} else {
		m.state = k->what == APP_MONITOR_PAUSE ? STR("paused") : STR("active");
		m.updated = c->now;
		if (store_monitor_save(c->db, &m, e) < 0 ||
		    job_schedule_set_active(c->db, m.tenant, m.id, k->what == APP_MONITOR_RESUME,
					    c->now, e) < 0)
			return -1;
	}
	return tell(c, &m, actions[k->what], e);
}

int app_monitor_control(struct app_call *c, struct str id, enum app_monitor_wanted what,
			json_t **ret, struct error *e)
{
	struct control k = { id, what };

	if (app_require(c, PERM_MONITOR_WRITE, e) < 0 || app_tx(c, control_tx, &k, e) < 0)
		return -1;
	return app_monitor_get(c, id, ret, e);
}

/* ---- the run ---- */

struct due {
	struct str ids[LIMIT_MONITOR_SITES], names[LIMIT_MONITOR_SITES];
	size_t n;
};

static void note_site(struct str id, struct str name, struct str url, struct str verify_state,
		      void *user)
{
	struct due *d = user;

	if (d->n < LIMIT_MONITOR_SITES) {
		d->ids[d->n] = id;
		d->names[d->n++] = name;
	}
}

struct start {
	struct store_monitor *monitor;
	struct str site;
};

static int start_tx(struct app_call *c, void *arg, struct error *e)
{
	struct start *s = arg;
	struct app_scan_wish wish = { .mode = s->monitor->mode, .cause = "schedule",
				      .monitor = s->monitor->id };
	struct store_site site;
	struct store_scan scan;

	if (str_eq(s->monitor->mode, STR("assets"))) {
		struct store_asset_run run;

		s->monitor->last_run = c->now;
		return app_asset_create(c, s->site, STR_NULL, 0, false, "schedule", &run, e) < 0 ?
			       -1 :
			       store_monitor_save_run(c->db, s->monitor, e);
	}
	if (app_site_load(c, s->site, &site, e) < 0 ||
	    app_scan_create(c, &site, &wish, &scan, e) < 0)
		return -1;
	s->monitor->last_scan = scan.id;
	s->monitor->last_run = c->now;
	return store_monitor_save_run(c->db, s->monitor, e);
}

static int raise_missed(struct app_call *c, const struct store_monitor *m, struct str site,
			struct str site_name, const struct error *why, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "monitor_id", json_str(m->id));
	json_put(o, "monitor_name", json_str(m->name));
	if (site.len) {
		json_put(o, "site_id", json_str(site));
		json_put(o, "site_name", json_str(site_name));
	}
	json_put(o, "reason", json_c(why->zh));
	json_put(o, "reason_en", json_c(why->en));
	return app_notify_raise(c, "monitor.missed", SEVERITY_MEDIUM, site, o, e);
}

static int monitor_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c = { .app = job_app(ctx), .actor = &actor, .db = job_conn(ctx),
			      .arena = job_arena(ctx), .now = job_now(ctx) };
	struct store_monitor m;
	struct due due = { .n = 0 };

	app_actor_system(&actor, APP_VIA_JOB, job_self(ctx)->tenant);
	if (load(&c, json_get_str(job_payload(ctx), "monitor_id"), &m, e) < 0)
		return error_is(e, "monitor.not-found") ? JOB_DONE : -1;
	if (store_monitor_sites(c.db, m.tenant, m.id, c.arena, note_site, &due, e) < 0)
		return -1;
	for (size_t i = 0; i < due.n; i++) {
		struct start s = { &m, due.ids[i] };
		struct error why = { 0 };

		if (app_tx(&c, start_tx, &s, &why) == 0)
			continue;
		if (str_starts(str_c(why.code), STR("store."))) {
			*e = why;
			return -1; /* started ones are claimed: trying again skips them */
		}
		if (!error_is(&why, "scan.running") && !error_is(&why, "asset.running") &&
		    raise_missed(&c, &m, due.ids[i], due.names[i], &why, e) < 0)
			return -1;
	}
	return JOB_DONE;
}

const struct job_kind app_job_monitor = { .name = "monitor", .run = monitor_run };

/* ---- runs that did not happen ---- */

struct watch {
	struct store_monitor list[200];
	size_t n;
};

static void note_monitor(const struct store_monitor *m, void *user)
{
	struct watch *w = user;

	w->list[w->n++] = *m;
}

static int watch_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_monitor *m = arg;
	struct job_schedule_row row;
	struct error why = { 0 };

	if (job_schedule_get(c->db, m->tenant, m->id, c->arena, &row, NULL) < 0 ||
	    row.missed <= m->missed)
		return 0;
	error_set(&why, "monitor.missed", "服务停止期间错过了 %lld 次运行，按设置没有补做",
		  "%lld runs were missed while the service was down and, as set, not made up for",
		  (long long)(row.missed - m->missed));
	m->missed = row.missed;
	m->next_run = row.next_run;
	if (store_monitor_save_run(c->db, m, e) < 0)
		return -1;
	return raise_missed(c, m, STR_NULL, STR_NULL, &why, e);
}

int app_monitor_watch(struct app_call *c, struct error *e)
{
	struct str after = STR("");
	struct watch *w = arena_new_of(c->arena, struct watch);

	do {
		w->n = 0;
		if (store_monitor_active(c->db, after, 200, c->arena, note_monitor, w, e) < 0)
			return -1;
		for (size_t i = 0; i < w->n; i++) {
			struct app_actor actor;
			struct app_call own = *c;

			app_actor_system(&actor, APP_VIA_JOB, w->list[i].tenant);
			own.actor = &actor;
			if (app_tx(&own, watch_tx, &w->list[i], e) < 0)
				return -1;
			after = w->list[i].id;
		}
	} while (w->n == 200);
	return 0;
}
