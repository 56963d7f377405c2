/* Reconciliation: a finding of this origin that the scan did not report is either
 * fixed or was not looked at. It counts as looked at only when the scan is complete,
 * its check ran to the end in this mode, and its place was visited: the page for
 * points and pages, any page below it for folders, any page at all for what is
 * found once per site. Everything else is carried on unchanged, also what stands on a
 * page that an incremental scan left out because it had not changed. */
#include "app/reconcile.h"

#include "app/finding.h"
#include "app/scans.h"
#include "app/site.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/map.h"
#include "net/url.h"
#include "scan/check.h"
#include "scan/score.h"
#include "store/finding.h"
#include "store/rulepack.h"

struct work {
	struct app_call *c;
	struct store_scan *scan;
	const struct scan_summary *summary;
	struct map *seen;  /* ids of findings that the scan saw */
	struct map *paths; /* paths visited */
	struct map *dirs;  /* folders in which a page was visited */
	struct app_reconciled *ret;
	bool failed;
	struct error *e;
};

static struct str path_of(struct arena *a, struct str url)
{
	struct url u;

	return url_parse(a, url, NULL, URL_RAW_PATH, &u, NULL) < 0 ? STR_NULL : u.path;
}

static void note_page(const struct store_scan_page *p, void *user)
{
	struct work *w = user;
	struct str path = path_of(w->c->arena, p->url);

	if (!path.len || p->unchanged)
		return; /* an unchanged page was not looked at again: what it has, it keeps */
	map_add(w->paths, path);
	for (ssize_t slash; (slash = str_rchr(path, '/')) >= 0; path = str_sub(path, 0, (size_t)slash))
		if (!map_add(w->dirs, str_sub(path, 0, (size_t)slash + 1)))
			break;
}

static void note_seen(struct str finding, struct str status, void *user)
{
	struct work *w = user;

	map_add(w->seen, finding);
	if (str_eq(status, STR("new")))
		w->ret->fresh++;
	else if (str_eq(status, STR("reappeared")))
		w->ret->reappeared++;
	else
		w->ret->still++;
}

static bool check_ran(const struct scan_summary *s, struct str id)
{
	if (str_starts(id, STR("template:")))
		id = STR("templates"); /* they run together */
	for (size_t i = 0; i < s->checks_len; i++)
		if (str_eq(str_c(s->checks[i].check->id), id))
			return strcmp(s->checks[i].state, "ran") == 0;
	return false;
}

static bool place_visited(const struct work *w, const struct store_finding *f)
{
	const struct scan_check *check = scan_check_find(f->check);
	struct str path = path_of(w->c->arena, f->url);
	ssize_t slash = str_rchr(path, '/');

	if (!check || slash < 0)
		return false;
	if (w->summary->stats.unchanged && (check->place == PLACE_SITE || check->place == PLACE_DIR))
		return false; /* it may stand on a page that was left out */
	if (check->place == PLACE_SITE)
		return map_len(w->paths) > 0;
	if (check->place == PLACE_DIR)
		return map_has(w->dirs, str_sub(path, 0, (size_t)slash + 1));
	return map_has(w->paths, path);
}

/* Of a template: it runs at fixed places, so what counts is that it ran: that neither it nor its
 * pack is off now, or was switched while the scan went on, or needs leave that the site did not give. With many templates
 * a scan leaves out those of products it has not seen (deep scans do not). */
#define TEMPLATES_ALL_RUN 600

static bool template_ran(const struct work *w, const struct store_finding *f)
{
	_cleanup_json_ json_t *settings = app_text_json(w->scan->settings);
	int64_t all;
	bool runs;

	if (store_template_runs(w->c->db, f->tenant, str_from(f->check, 9), json_get_bool(settings, "intrusive", false),
				w->scan->started, &runs, &all, NULL) < 0)
		return false;
	return runs && (all < TEMPLATES_ALL_RUN || str_eq(w->scan->mode, STR("deep"))) &&
	       map_len(w->paths) > 0;
}

static bool looked_at(const struct work *w, const struct store_finding *f)
{
	if (!w->summary->complete)
		return false;
	/* A retest looks at one place only; when it could not get there it proves nothing. */
	if (w->scan->finding.len)
		return str_eq(w->scan->finding, f->id) && check_ran(w->summary, f->check);
	if (str_starts(f->check, STR("template:")))
		return check_ran(w->summary, f->check) && template_ran(w, f);
	return check_ran(w->summary, f->check) && place_visited(w, f);
}

static int mark_fixed(struct work *w, struct store_finding *f)
{
	struct app_call *c = w->c;

	f->state = STR("fixed");
	f->fixed_at = c->now;
	f->reappeared = false;
	f->decision = STR_NULL;
	f->proposal = STR_NULL;
	if (store_finding_save_state(c->db, f, w->e) < 0 ||
	    store_finding_event_add(c->db, f->tenant, f->id, "fixed", STR_NULL, w->scan->id,
				    STR_NULL, c->now, w->e) < 0)
		return -1;
	w->ret->fixed++;
	return store_scan_finding_put(c->db, f->tenant, w->scan->id, f->id, "fixed", f->severity,
				      f->instances, w->e);
}

static void judge(const struct store_finding *f, void *user)
{
	struct work *w = user;
	struct store_finding copy = *f;
	bool retest = w->scan->finding.len > 0;

	if (w->failed)
		return;
	if (map_has(w->seen, f->id)) {
		bool fresh = f->first_seen >= w->scan->started;

		if (fresh && (enum severity)f->severity > w->ret->worst_fresh)
			w->ret->worst_fresh = (enum severity)f->severity;
		if (f->reappeared && (enum severity)f->severity > w->ret->worst_reappeared)
			w->ret->worst_reappeared = (enum severity)f->severity;
		return;
	}
	if (looked_at(w, f)) {
		/* A false positive that is gone stays decided: it never was a flaw. */
		if (!str_eq(f->state, STR("false_positive")))
			w->failed = mark_fixed(w, &copy) < 0;
		return;
	}
	w->ret->carried++;
	if (!retest)
		w->failed = store_scan_finding_put(w->c->db, f->tenant, w->scan->id, f->id,
						   "carried", f->severity, f->instances, w->e) < 0;
}

static int save_score(struct app_call *c, struct store_scan *s, struct error *e)
{
	unsigned counts[SEVERITY_COUNT];
	struct store_site site;

	if (store_finding_counts(c->db, s->tenant, s->site, s->origin, INT64_MAX, s->counts, e) < 0 ||
	    app_site_load(c, s->site, &site, e) < 0)
		return -1;
	for (int i = 0; i < SEVERITY_COUNT; i++)
		counts[i] = (unsigned)s->counts[i];
	s->score = score_compute(counts).score;
	if (!str_eq(site.origin, s->origin))
		return 0; /* the domain was replaced meanwhile */
	site.score = s->score;
	memcpy(site.counts, s->counts, sizeof(site.counts));
	site.score_scan = s->id;
	site.score_at = c->now;
	site.updated = c->now;
	return store_site_save_score(c->db, &site, e);
}

static int save_checks(struct work *w)
{
	const struct scan_summary *s = w->summary;

	for (size_t i = 0; i < s->checks_len; i++)
		if (store_scan_check_put(w->c->db, w->scan->id, str_c(s->checks[i].check->id),
					 str_c(s->checks[i].state), (int64_t)s->checks[i].findings,
					 (int64_t)s->checks[i].requests, w->e) < 0)
			return -1;
	return 0;
}

static int work_through(struct work *w)
{
	struct app_call *c = w->c;
	struct store_scan *s = w->scan;

	if (store_scan_findings(c->db, s->tenant, s->id, c->arena, note_seen, w, w->e) < 0 ||
	    store_scan_pages(c->db, s->tenant, s->id, LIMIT_SITE_PAGES, c->arena, note_page, w, w->e) < 0 ||
	    save_checks(w) < 0)
		return -1;
	if (store_finding_live(c->db, s->tenant, s->site, s->origin, false, LIMIT_RECONCILE, c->arena,
			       judge, w, w->e) < 0 ||
	    w->failed)
		return -1;
	if (w->summary->complete && !s->finding.len)
		return save_score(c, s, w->e);
	return store_finding_scan_counts(c->db, s->tenant, s->id, s->counts, w->e);
}

int app_reconcile(struct app_call *c, struct store_scan *s, const struct scan_summary *summary,
		  struct app_reconciled *ret, struct error *e)
{
	_cleanup_map_ struct map *seen = map_new();
	_cleanup_map_ struct map *paths = map_new();
	_cleanup_map_ struct map *dirs = map_new();
	struct work w = { c, s, summary, seen, paths, dirs, ret, false, e };

	*ret = (struct app_reconciled){ .worst_fresh = SEVERITY_INFO };
	s->score = -1;
	return work_through(&w);
}
