/* The overview, and what the sites area adds to global search and to the first-steps
 * checklist. Days are those of the tenant's time zone. */
#include "app/overview.h"

#include <time.h>

#include "app/finding.h"
#include "app/guide.h"
#include "app/message.h"
#include "app/monitor.h"
#include "app/notify.h"
#include "app/reports.h"
#include "app/scans.h"
#include "app/search.h"
#include "app/site.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/map.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define TREND_DAYS 30

/* ---- trends ---- */

struct day {
	char date[16];
	int64_t score_sum, scores;
	int64_t counts[SEVERITY_COUNT];
};

struct site_state {
	int64_t score;
	int64_t counts[SEVERITY_COUNT];
};

struct trend {
	struct arena *arena;
	struct map *sites; /* site id -> struct site_state, as of the day walked to */
	struct day days[TREND_DAYS];
	int at;
	int64_t first; /* midnight that begins days[0], ms */
};

/* What every site had at the end of the day is that day's value. */
static void close_day(struct trend *t)
{
	struct day *d = &t->days[t->at];
	struct map_iter it = { 0 };
	struct str key;
	void *value;

	while (map_next(t->sites, &it, &key, &value)) {
		const struct site_state *s = value;

		d->score_sum += s->score;
		d->scores++;
		for (int i = 0; i < SEVERITY_COUNT; i++)
			d->counts[i] += s->counts[i];
	}
}

static void trend_scan(const struct store_scan *s, void *user)
{
	struct trend *t = user;
	int day = s->finished < t->first ? 0 : (int)((s->finished - t->first) / DAY_MS);
	struct site_state *st = map_get(t->sites, s->site);

	if (day >= TREND_DAYS)
		day = TREND_DAYS - 1;
	for (; t->at < day; t->at++)
		close_day(t);
	if (!st) {
		st = arena_new_of(t->arena, struct site_state);
		map_put(t->sites, s->site, st);
	}
	st->score = s->score < 0 ? 0 : s->score;
	memcpy(st->counts, s->counts, sizeof(st->counts));
}

static void date_text(int64_t ms, char out[16])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(out, 16, "%04d-%02d-%02d", (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
		 tm.tm_mday % 100);
}

static int put_trends(struct app_call *c, json_t *o, struct error *e)
{
	_cleanup_map_ struct map *sites = map_new();
	struct trend *t = arena_new_of(c->arena, struct trend);
	json_t *scores = json_array(), *levels = json_array();

	json_put(o, "score_trend", scores);
	json_put(o, "severity_trend", levels);
	t->arena = c->arena;
	t->sites = sites;
	/* Chinese days: UTC+8 has no daylight saving, and is what the product ships for. */
	t->first = (c->now + 8 * 3600000LL) / DAY_MS * DAY_MS - 8 * 3600000LL -
		   (TREND_DAYS - 1) * DAY_MS;
	for (int i = 0; i < TREND_DAYS; i++)
		date_text(t->first + i * DAY_MS + 8 * 3600000LL, t->days[i].date);
	if (store_scan_trend(c->db, c->actor->tenant_id, t->first - 365 * DAY_MS, c->arena, trend_scan,
			     t, e) < 0)
		return -1;
	for (; t->at < TREND_DAYS; t->at++)
		close_day(t);
	for (int i = 0; i < TREND_DAYS; i++) {
		const struct day *d = &t->days[i];
		json_t *s, *l;

		if (!d->scores)
			continue;
		int64_t tenths = d->score_sum * 10 / d->scores;

		s = json_object();
		json_put(s, "date", json_c(d->date));
		json_put(s, "avg_score", json_real((double)tenths / 10.0));
		json_array_append_new(scores, s);
		l = app_counts_json(d->counts);
		json_put(l, "date", json_c(d->date));
		json_array_append_new(levels, l);
	}
	return 0;
}

/* ---- parts ---- */

static int put_findings(struct app_call *c, json_t *o, struct error *e)
{
	struct store_finding_filter open = { .state = STR("open") };
	struct store_finding_filter recent = { .tenant = c->actor->tenant_id,
					       .since = c->now - 7 * DAY_MS };
	struct store_page page = { .limit = 1, .want_total = true };
	_cleanup_json_ json_t *stats = NULL;
	json_t *f = json_object(), *checks, *items;
	int64_t fixed;

	json_put(o, "findings", f);
	if (app_finding_stats(c, &open, &stats, e) < 0 ||
	    app_finding_list(c, &recent, &page, &items, e) < 0)
		return -1;
	json_decref(items);
	if (store_finding_event_count(c->db, c->actor->tenant_id, "fixed", c->now - 7 * DAY_MS, &fixed,
				      e) < 0)
		return -1;
	json_put(f, "counts", json_deep_copy(json_object_get(stats, "by_severity")));
	json_put(f, "new_7d", json_integer(page.total));
	json_put(f, "fixed_7d", json_integer(fixed));
	checks = json_deep_copy(json_object_get(stats, "by_check"));
	while (json_array_size(checks) > 10)
		json_array_remove(checks, json_array_size(checks) - 1);
	json_put(o, "top_checks", checks);
	return 0;
}

static int put_scans(struct app_call *c, json_t *o, struct error *e)
{
	struct store_scan_filter running = { .state = STR("queued,running,pausing,paused") };
	struct store_scan_filter recent = { .state = STR("done,failed,cancelled") };
	struct store_page one = { .limit = 20 }, two = { .limit = 10 };
	json_t *s = json_object(), *list;

	json_put(o, "scans", s);
	if (app_scan_list(c, &running, &one, &list, e) < 0)
		return -1;
	json_put(s, "running", list);
	if (app_scan_list(c, &recent, &two, &list, e) < 0)
		return -1;
	json_put(s, "recent", list);
	return 0;
}

static int put_next_runs(struct app_call *c, json_t *o, struct error *e)
{
	struct store_monitor_filter active = { .state = STR("active") };
	struct store_page page = { .limit = 50 };
	_cleanup_json_ json_t *list = NULL;
	json_t *out = json_array();

	json_put(o, "next_runs", out);
	if (!app_may(c, PERM_MONITOR_READ))
		return 0;
	if (app_monitor_list(c, &active, &page, &list, e) < 0)
		return -1;
	/* The five soonest; RFC 3339 in UTC sorts as text. */
	for (int n = 0; n < 5; n++) {
		json_t *best = NULL, *v;
		size_t at = 0;

		for (size_t i = 0; i < json_array_size(list); i++) {
			json_t *m = json_array_get(list, i);

			if (json_get_str(m, "next_run").len &&
			    (!best || str_cmp(json_get_str(m, "next_run"),
					      json_get_str(best, "next_run")) < 0)) {
				best = m;
				at = i;
			}
		}
		if (!best)
			break;
		v = json_object();
		json_put(v, "monitor_id", json_str(json_get_str(best, "id")));
		json_put(v, "name", json_str(json_get_str(best, "name")));
		json_put(v, "next_run", json_str(json_get_str(best, "next_run")));
		json_array_append_new(out, v);
		json_array_remove(list, at);
	}
	return 0;
}

struct events {
	struct app_call *c;
	json_t *list;
};

static void put_event(const struct store_notice *n, void *user)
{
	struct events *ev = user;
	const struct app_notify_event *kind = app_notify_event_find(n->event);
	_cleanup_json_ json_t *p = app_text_json(n->payload);
	struct str name = json_get_str(p, "site_name"), scan = json_get_str(p, "scan_id");
	json_t *o = json_object();

	if (!name.len)
		name = json_get_str(p, "monitor_name");
	json_put(o, "time", json_time(n->created));
	json_put(o, "type", json_str(n->event));
	json_put(o, "text", json_str(arena_printf(ev->c->arena, "%s：%.*s", kind ? kind->zh : "",
						  STR_ARG(name))));
	json_put(o, "text_en", json_str(arena_printf(ev->c->arena, "%s: %.*s", kind ? kind->en : "",
						     STR_ARG(name))));
	if (scan.len)
		json_put(o, "url", json_str(arena_printf(ev->c->arena, "/scan/runs/%.*s", STR_ARG(scan))));
	else if (n->site.len)
		json_put(o, "url", json_str(arena_printf(ev->c->arena, "/scan/sites/%.*s",
							 STR_ARG(n->site))));
	else
		json_put(o, "url", json_c("/scan/monitors"));
	json_array_append_new(ev->list, o);
}

int app_overview(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();
	json_t *summary, *list = json_array();
	struct events ev = { c, list };

	json_put(o, "events", list);
	if (app_site_summary(c, &summary, e) < 0)
		return -1;
	json_put(o, "sites", summary);
	if (put_findings(c, o, e) < 0 || put_scans(c, o, e) < 0 || put_trends(c, o, e) < 0 ||
	    put_next_runs(c, o, e) < 0 ||
	    store_notice_recent(c->db, c->actor->tenant_id, 10, c->arena, put_event, &ev, e) < 0)
		return -1;
	*ret = take_ptr(o);
	return 0;
}

/* ---- global search ---- */

struct search {
	struct app_call *c;
	json_t *items;
};

static void found_site(const struct store_site *s, void *user)
{
	struct search *f = user;

	app_search_add(f->items, "site", s->id, s->name, s->url,
		       arena_printf(f->c->arena, "/scan/sites/%.*s", STR_ARG(s->id)));
}

static int find_sites(struct app_call *c, struct str q, int limit, json_t *items,
		      struct error *e)
{
	struct store_site_filter f = { .tenant = c->actor->tenant_id, .q = q };
	struct store_page page = { .limit = (unsigned)limit };
	struct search s = { c, items };

	return store_site_list(c->db, &f, &page, c->arena, found_site, &s, e);
}

static void found_finding(const struct store_finding *v, void *user)
{
	struct search *f = user;
	bool en = str_eq(f->c->actor->lang, STR("en"));

	app_search_add(f->items, "finding", v->id, en ? v->title_en : v->title, v->url,
		       arena_printf(f->c->arena, "/scan/vulns/%.*s", STR_ARG(v->id)));
}

static int find_findings(struct app_call *c, struct str q, int limit, json_t *items,
			 struct error *e)
{
	struct store_finding_filter f = { .tenant = c->actor->tenant_id, .q = q };
	struct store_page page = { .limit = (unsigned)limit };
	struct search s = { c, items };

	return store_finding_list(c->db, &f, &page, c->arena, found_finding, &s, e);
}

static void found_scan(const struct store_scan *v, void *user)
{
	struct search *f = user;
	char time[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(v->created, time);
	app_search_add(f->items, "scan", v->id, v->site_name, str_c(time),
		       arena_printf(f->c->arena, "/scan/runs/%.*s", STR_ARG(v->id)));
}

static int find_scans(struct app_call *c, struct str q, int limit, json_t *items,
		      struct error *e)
{
	struct store_scan_filter f = { .tenant = c->actor->tenant_id, .q = q };
	struct store_page page = { .limit = (unsigned)limit };
	struct search s = { c, items };

	return store_scan_list(c->db, &f, &page, c->arena, found_scan, &s, e);
}

static void found_monitor(const struct store_monitor *v, void *user)
{
	struct search *f = user;

	app_search_add(f->items, "monitor", v->id, v->name, v->mode,
		       arena_printf(f->c->arena, "/scan/monitors?id=%.*s", STR_ARG(v->id)));
}

static int find_monitors(struct app_call *c, struct str q, int limit, json_t *items,
			 struct error *e)
{
	struct store_monitor_filter f = { .tenant = c->actor->tenant_id, .q = q };
	struct store_page page = { .limit = (unsigned)limit };
	struct search s = { c, items };

	return store_monitor_list(c->db, &f, &page, c->arena, found_monitor, &s, e);
}

static void found_report(const struct store_report *v, void *user)
{
	struct search *f = user;

	app_search_add(f->items, "report", v->id, v->title, v->site_name,
		       arena_printf(f->c->arena, "/scan/reports?id=%.*s", STR_ARG(v->id)));
}

static int find_reports(struct app_call *c, struct str q, int limit, json_t *items,
			struct error *e)
{
	struct store_page page = { .limit = (unsigned)limit };
	struct search s = { c, items };

	return store_report_list(c->db, c->actor->tenant_id, STR_NULL, STR_NULL, q, &page, c->arena,
				 found_report, &s, e);
}

extern const struct app_search_provider app_search_sites, app_search_findings, app_search_scans,
	app_search_monitors, app_search_reports;
const struct app_search_provider app_search_sites = { "site", PERM_SITE_READ, find_sites };
const struct app_search_provider app_search_findings = { "finding", PERM_FINDING_READ,
							 find_findings };
const struct app_search_provider app_search_scans = { "scan", PERM_SCAN_READ, find_scans };
const struct app_search_provider app_search_monitors = { "monitor", PERM_MONITOR_READ,
							 find_monitors };
const struct app_search_provider app_search_reports = { "report", PERM_REPORT_READ, find_reports };

/* ---- first steps ---- */

static int totals(struct app_call *c, struct store_site_totals *t, struct error *e)
{
	return store_site_totals(c->db, c->actor->tenant_id, t, e);
}

static int site_added(struct app_call *c, struct error *e)
{
	struct store_site_totals t;

	return totals(c, &t, e) < 0 ? -1 : t.total > 0;
}

static int site_verified(struct app_call *c, struct error *e)
{
	struct store_site_totals t;

	return totals(c, &t, e) < 0 ? -1 : t.verified + t.exempt > 0;
}

static int scanned(struct app_call *c, struct error *e)
{
	int64_t n;

	return store_scan_count_since(c->db, c->actor->tenant_id, 0, &n, e) < 0 ? -1 : n > 0;
}

static void count_monitor(const struct store_monitor *m, void *user)
{
	(*(int *)user)++;
}

static int scheduled(struct app_call *c, struct error *e)
{
	struct store_monitor_filter f = { .tenant = c->actor->tenant_id };
	struct store_page page = { .limit = 1 };
	int n = 0;

	return store_monitor_list(c->db, &f, &page, c->arena, count_monitor, &n, e) < 0 ? -1 : n > 0;
}

extern const struct app_guide_step app_guide_add_site, app_guide_verify, app_guide_scan,
	app_guide_schedule;
const struct app_guide_step app_guide_add_site = { "add_site", "添加网站", "Add a website",
						   "/scan/sites/new", site_added };
const struct app_guide_step app_guide_verify = { "verify", "完成所有权认证", "Prove that it is yours",
						 "/scan/sites", site_verified };
const struct app_guide_step app_guide_scan = { "scan", "开始第一次扫描", "Run the first scan",
					       "/scan/sites", scanned };
const struct app_guide_step app_guide_schedule = { "schedule", "设置定期监测", "Schedule monitoring",
						   "/scan/monitors", scheduled };
