/* The job that scans. The engine runs in a jailed child; here its findings, pages,
 * progress and journal become rows as they come. What the journal says was done is
 * written only after what was found by it, so a scan that dies at any moment goes on
 * from its journal and loses nothing.
 *
 * Nothing is written unless the job's lease is still ours (job_fence). */
#include "app/asset.h"
#include "app/document.h"
#include "app/finding.h"
#include "app/jslibs.h"
#include "app/notify.h"
#include "app/oob.h"
#include "app/outgoing.h"
#include "app/pack.h"
#include "app/reconcile.h"
#include "app/scans.h"
#include "app/shot.h"
#include "app/site.h"
#include "app/verify.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/vec.h"
#include "base/utf8.h"
#include "job/schedule.h"
#include "net/url.h"
#include "scan/browse.h"
#include "scan/score.h"
#include "scan/tech/tech.h"

#define PROGRESS_MS 600	   /* between two writes of progress: under 2 a second */
#define FRESH_MS (10 * 60 * 1000LL) /* a proof looked at so lately is not looked at again */

struct run {
	struct job_ctx *ctx;
	struct app_call c;
	struct app_actor actor;
	struct store_scan scan;
	struct store_site site;
	/* waiting to be written */
	VEC(struct store_journal_record) records;
	VEC(struct store_scan_page) pages;
	struct arena *pending; /* what those point to */
	int64_t seq;
	size_t pending_bytes;
	int64_t progress_at;
	VEC(uint64_t) told; /* of each check, what was written last */
	char doing[2][240]; /* what the scan's texts point to: those of an event live only as long as it */
	bool replaying; /* what comes was stored before */
	bool broken; /* writing failed: stop, try again later */
	struct error why;
};

static void refresh(struct run *r)
{
	r->c.now = job_now(r->ctx);
}

static void broken(struct run *r, const struct error *why)
{
	if (!r->broken)
		r->why = *why;
	r->broken = true;
}

/* ---- journal and pages ---- */

static int flush_tx(struct app_call *c, void *arg, struct error *e)
{
	struct run *r = arg;

	if (job_fence(r->ctx, e) < 0)
		return -1;
	for (size_t i = 0; i < r->pages.len; i++)
		if (store_scan_page_put(c->db, r->scan.tenant, r->scan.id, &r->pages.ptr[i], e) < 0)
			return -1;
	return store_journal_append(c->db, r->scan.id, r->records.ptr, r->records.len, e);
}

static int flush(struct run *r, struct error *e)
{
	if (!r->records.len && !r->pages.len)
		return 0;
	if (app_tx(&r->c, flush_tx, r, e) < 0)
		return -1;
	vec_clear(&r->records);
	vec_clear(&r->pages);
	arena_reset(r->pending);
	r->pending_bytes = 0;
	return 0;
}

static int journal_append(void *ctx, struct str kind, struct str key, struct str bytes,
			  struct error *e)
{
	struct run *r = ctx;
	struct store_journal_record *rec;

	if (r->broken) {
		if (e)
			*e = r->why;
		return -1;
	}
	rec = vec_push(&r->records);
	rec->seq = ++r->seq;
	rec->kind = arena_str(r->pending, kind);
	rec->key = arena_str(r->pending, key);
	rec->bytes = arena_str(r->pending, bytes);
	r->pending_bytes += kind.len + key.len + bytes.len;
	if (r->records.len < 512 && r->pending_bytes < 4 * MIB)
		return 0;
	return flush(r, e);
}

static int journal_flush(void *ctx, struct error *e)
{
	return flush(ctx, e);
}

struct replay {
	int (*each)(void *arg, struct str kind, struct str key, struct str bytes);
	void *arg;
	int64_t last;
	int stopped;
};

static int replay_one(const struct store_journal_record *rec, void *user)
{
	struct replay *p = user;

	p->last = rec->seq;
	p->stopped = p->each(p->arg, rec->kind, rec->key, rec->bytes);
	return p->stopped;
}

static int journal_replay(void *ctx, int (*each)(void *arg, struct str kind, struct str key,
						 struct str bytes), void *arg, struct error *e)
{
	struct run *r = ctx;
	struct replay p = { each, arg, 0, 0 };
	int n;

	r->replaying = true;
	do {
		n = store_journal_read(r->c.db, r->scan.id, p.last, 500, replay_one, &p, e);
	} while (n == 500 && !p.stopped);
	r->replaying = false;
	if (n < 0)
		return -1;
	return p.stopped < 0 ? p.stopped : 0;
}

/* ---- events of the engine ---- */

static int finding_tx(struct app_call *c, void *arg, struct error *e)
{
	void **args = arg;
	struct run *r = args[0];
	const struct scan_finding *f = args[1];

	if (job_fence(r->ctx, e) < 0)
		return -1;
	return app_finding_seen(c, &r->scan, f, e);
}

/* A retest reports what else it meets on the way; only its own place counts. */
static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct run *r = ctx;
	struct scan_finding copy = *f;
	void *args[] = { r, &copy };
	struct error e = { 0 };
	_cleanup_arena_ struct arena *scratch = arena_new(64 * MIB);
	struct app_call own = r->c;

	if (r->broken)
		return;
	refresh(r);
	own.now = r->c.now;
	own.arena = scratch;
	if (app_tx(&own, finding_tx, args, &e) < 0)
		broken(r, &e);
}

struct tech_row {
	struct run *r;
	const struct scan_tech *t;
	struct str url;
};

static int tech_tx(struct app_call *c, void *arg, struct error *e)
{
	const struct tech_row *row = arg;
	const struct scan_tech *t = row->t;
	const struct tech_category *cat = tech_category_find(t->category);
	_cleanup_json_ json_t *detail = json_object();

	if (job_fence(row->r->ctx, e) < 0)
		return -1;
	json_put(detail, "id", json_str(t->id));
	json_put(detail, "category", json_str(t->category));
	json_put(detail, "category_zh", json_c(cat ? cat->zh : ""));
	json_put(detail, "category_en", json_c(cat ? cat->en : ""));
	json_put(detail, "url", json_str(row->url));

	struct app_asset_fact f = { .kind = "software", .key = app_asset_software_key(c->arena, t->id, row->r->site.port),
				    .port = row->r->site.port,
				    .title = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(t->name),
							  t->version.len ? " " : "", STR_ARG(t->version)),
				    .product = t->name, .version = t->version, .cpe = t->cpe,
				    .confidence = t->confidence, .detail = app_json_text(c->arena, detail),
				    .source = "tech", .run = row->r->scan.id };

	return app_asset_fact_put(c, row->r->scan.site, &f, e) < 0 ? -1 : 0;
}

/* A recognised technology is a fact about the site. */
static void on_tech(void *ctx, const struct scan_tech *t, struct str url)
{
	struct run *r = ctx;
	struct tech_row row = { r, t, url };
	struct error e = { 0 };
	_cleanup_arena_ struct arena *scratch = arena_new(8 * MIB);
	struct app_call own = r->c;

	if (r->broken || r->scan.finding.len || !r->scan.site.len)
		return;
	refresh(r);
	own.now = r->c.now;
	own.arena = scratch;
	if (app_tx(&own, tech_tx, &row, &e) < 0)
		broken(r, &e);
}

static int shot_tx(struct app_call *c, void *arg, struct error *e)
{
	void **args = arg;
	struct run *r = args[0];

	return job_fence(r->ctx, e) < 0 ? -1 : app_shot_keep(c, &r->scan, args[1], e);
}

/* A picture is worth having and worth nothing more: without it the scan goes on. */
static void on_shot(void *ctx, const struct scan_shot *s)
{
	struct run *r = ctx;
	struct scan_shot copy = *s;
	void *args[] = { r, &copy };
	struct error e = { 0 };
	_cleanup_arena_ struct arena *scratch = arena_new(8 * MIB);
	struct app_call own = r->c;

	if (r->broken || !r->scan.site.len)
		return;
	refresh(r);
	own.now = r->c.now;
	own.arena = scratch;
	app_tx(&own, shot_tx, args, &e);
}

static void on_page(void *ctx, const struct scan_page_info *p)
{
	struct run *r = ctx;
	struct store_scan_page *page;

	if (r->replaying || (p->missing && p->status < 400))
		return; /* what the site answers for nonsense is no page of it */
	page = vec_push(&r->pages);
	page->url = arena_str(r->pending, p->url);
	page->method = arena_str(r->pending, p->method);
	page->type = arena_str(r->pending, p->mime);
	page->title = arena_str(r->pending, str_sub(p->title, 0, 500));
	page->status = p->status;
	page->depth = p->depth;
	page->size = (int64_t)p->size;
	page->etag = arena_str(r->pending, p->etag);
	page->modified = arena_str(r->pending, p->modified);
	page->digest = p->digest ? arena_printf(r->pending, "%016llx", (unsigned long long)p->digest) : STR("");
	page->unchanged = p->unchanged;
}

struct moved {
	struct run *r;
	const struct scan_progress *p;
};

/* Rows of the checks that did something since they were last told. What they came to in the
 * end is written with the end (app_reconcile). */
static int save_checks(struct run *r, const struct scan_progress *p, struct error *e)
{
	while (r->told.len < p->checks_len)
		*vec_push(&r->told) = UINT64_MAX;
	for (size_t i = 0; i < p->checks_len; i++) {
		const struct scan_check_stat *s = &p->checks[i];
		bool pending = strcmp(s->state, "not-reached") == 0;
		uint64_t now = s->requests * 3 + s->findings * 2 + (s->tasks > 0);

		if (now == r->told.ptr[i])
			continue;
		if (store_scan_check_put(r->c.db, r->scan.id, str_c(s->check->id),
					 s->tasks ? STR("running") : pending ? STR("pending") : str_c(s->state),
					 (int64_t)s->findings, (int64_t)s->requests, e) < 0)
			return -1;
		r->told.ptr[i] = now;
	}
	return 0;
}

static int progress_tx(struct app_call *c, void *arg, struct error *e)
{
	const struct moved *m = arg;

	if (job_fence(m->r->ctx, e) < 0 || save_checks(m->r, m->p, e) < 0 ||
	    store_scan_save_progress(c->db, &m->r->scan, e) < 0)
		return -1;
	return app_scan_event(c, &m->r->scan, "scan.progress", e);
}

static void take_stats(struct store_scan *s, const struct scan_stats *st)
{
	s->requests = (int64_t)st->requests;
	s->pages = (int64_t)st->pages;
	s->errors = (int64_t)st->errors;
	s->bytes = (int64_t)st->bytes;
	s->seconds = (int64_t)st->seconds;
	s->unchanged = (int64_t)st->unchanged;
	s->saved = (int64_t)st->saved;
	s->spared = (int64_t)st->spared;
}

/* A copy in `room`, cut between characters. */
static struct str kept(char room[240], const char *text)
{
	struct str s = utf8_truncate(str_c(text), 240);

	memcpy(room, s.ptr, s.len);
	return str_make(room, s.len);
}

static void on_progress(void *ctx, const struct scan_progress *p)
{
	struct run *r = ctx;
	struct store_scan *s = &r->scan;
	int64_t mono = clock_mono_ms(&clock_system);
	struct error e = { 0 };

	if (r->broken)
		return;
	/* 100.00 is said by the end itself, when everything is written. */
	s->progress = p->basis > 9999 ? 9999 : p->basis;
	s->doing = kept(r->doing[0], p->doing_zh);
	s->doing_en = kept(r->doing[1], p->doing_en);
	take_stats(s, &p->stats);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		s->counts[i] = (int64_t)p->counts[i];
	if (p->done && p->stats.seconds > 1)
		s->remaining = (int64_t)((double)p->remaining * p->stats.seconds / (double)p->done);
	job_progress(r->ctx, (int)s->progress, s->doing, s->doing_en,
		     s->remaining < 0 ? -1 : s->remaining * 1000);
	if (r->progress_at && mono - r->progress_at < PROGRESS_MS && !p->checks_len)
		return;
	r->progress_at = mono;
	refresh(r);
	if (flush(r, &e) < 0 || app_tx(&r->c, progress_tx, &(struct moved){ r, p }, &e) < 0)
		broken(r, &e);
}

static enum scan_verdict on_should_stop(void *ctx)
{
	struct run *r = ctx;

	if (r->broken)
		return SCAN_PAUSE;
	switch (job_should_stop(r->ctx)) {
	case JOB_GO:
		return SCAN_GO;
	case JOB_CANCEL:
		return SCAN_CANCEL;
	default:
		return SCAN_PAUSE;
	}
}

/* ---- before ---- */

static int set_state(struct run *r, struct str state, struct str waiting, struct error *e)
{
	r->scan.state = state;
	r->scan.waiting = waiting;
	if (store_scan_set_state(r->c.db, &r->scan, e) < 0)
		return -1;
	return app_scan_event(&r->c, &r->scan, "scan.changed", e);
}

/* Ownership is looked at again before every scan. 1: it holds. */
static int still_ours(struct run *r, struct error *why, struct error *e)
{
	bool ok = true;

	if (app_site_load(&r->c, r->scan.site, &r->site, e) < 0)
		return -1;
	if (!str_eq(r->site.origin, r->scan.origin)) {
		error_set(why, "scan.domain-replaced", "网站的域名已变更，本次扫描作废",
			  "the site's domain was replaced: this scan is void");
		return 0;
	}
	if (r->site.verify_checked_at > r->c.now - FRESH_MS && app_site_proven(&r->site, NULL) == 0 &&
	    !r->site.verify_error.len)
		return 1;
	if (app_verify_again(&r->c, r->scan.site, false, &ok, why, e) < 0)
		return -1;
	return ok;
}

static int open_policy(struct run *r, struct app_outgoing *out, struct error *e)
{
	struct str *ranges;
	struct url u;
	size_t n;

	if (app_outgoing_open(&r->c, out, e) < 0 ||
	    app_letter_ranges(&r->c, &r->site, &ranges, &n, e) < 0)
		return -1;
	/* Ranges of an approved letter were listed by a platform administrator too. */
	for (size_t i = 0; i < n; i++)
		if (net_policy_allow_cidr(out->policy, ranges[i], e) < 0)
			return -1;
	if (url_parse(r->c.arena, r->scan.url, NULL, 0, &u, e) < 0)
		return -1;
	return net_policy_scope_add(out->policy, u.host, u.port, e);
}

struct seeds {
	struct app_call *c;
	struct str *list;
	size_t n, max;
};

static void note_seed(const struct store_finding *f, void *user)
{
	struct seeds *s = user;

	if (s->n < s->max && str_eq(f->method, STR("GET")))
		s->list[s->n++] = f->url;
}

/* Places of known findings are visited again even when no link leads there now, so
 * that "fixed" is something that was seen. */
static int take_seeds(struct run *r, struct scan_options *o, struct error *e)
{
	struct seeds s = { &r->c, NULL, 0, LIMIT_SCAN_SEEDS };

	s.list = arena_array(r->c.arena, s.max, sizeof(*s.list));
	if (store_finding_live(r->c.db, r->scan.tenant, r->scan.site, r->scan.origin, false,
			       LIMIT_SCAN_SEEDS, r->c.arena, note_seed, &s, e) < 0)
		return -1;
	o->seeds = s.list;
	o->seeds_len = s.n;
	return 0;
}

static int take_retest(struct run *r, struct scan_options *o, struct error *e)
{
	struct scan_retest *t = arena_new_of(r->c.arena, struct scan_retest);
	struct store_finding f;

	if (app_finding_load(&r->c, r->scan.finding, &f, e) < 0)
		return -1;
	*t = (struct scan_retest){ f.check, f.fingerprint, f.method, f.url, f.parameter };
	if (str_eq(f.check, STR("xss-dom"))) { /* was seen in the browser, whatever the site's settings say by now */
		_cleanup_json_ json_t *evidence = app_text_json(f.evidence);

		t->proof = arena_str(r->c.arena, json_get_str(evidence, "proof"));
		o->browser = SCAN_BROWSER_ON;
	}
	o->retest = t;
	o->retest_len = 1;
	o->mode = SCAN_DEEP; /* every check may be retested, whatever mode found it */
	return 0;
}

/* The tenant's rule packs instead of the ones built in; what is off is skipped by id. */
static int take_packs(struct run *r, struct scan_options *o, struct error *e)
{
	struct app_pack_set set;
	struct str *skip, *bundles;
	size_t n = 0;

	if (app_pack_set(&r->c, &set, e) < 0)
		return -1;
	bundles = arena_array(r->c.arena, set.packs_len + 1, sizeof(*bundles));
	for (size_t i = 0; i < set.packs_len; i++)
		bundles[i] = set.packs[i].bytes;
	skip = arena_array(r->c.arena, o->skip_checks_len + set.off_len + 1, sizeof(*skip));
	for (size_t i = 0; i < o->skip_checks_len; i++)
		skip[n++] = o->skip_checks[i];
	for (size_t i = 0; i < set.off_len; i++)
		skip[n++] = arena_printf(r->c.arena, "template:%.*s", STR_ARG(set.off[i]));
	o->skip_checks = skip;
	o->skip_checks_len = n;
	o->templates = bundles;
	o->templates_len = set.packs_len;
	o->no_builtin_templates = true;
	return 0;
}

struct known {
	struct arena *arena;
	struct buf b;
	VEC(struct str) pieces;
};

static void note_known(const struct store_scan_page *p, void *user)
{
	struct known *k = user;
	struct scan_page_info i = { .url = p->url, .method = p->method, .mime = p->type, .title = p->title,
				    .etag = p->etag, .modified = p->modified, .status = (int)p->status,
				    .depth = (unsigned)p->depth, .size = (uint64_t)p->size };

	for (size_t n = 0; n < p->digest.len; n++) {
		char c = p->digest.ptr[n];

		i.digest = i.digest << 4 | (uint64_t)(ascii_digit(c) ? c - '0' : c - 'a' + 10);
	}
	scan_known_put(&k->b, &i);
	if (k->b.len < 1 * MIB)
		return;
	*vec_push(&k->pieces) = arena_str(k->arena, buf_view(&k->b));
	buf_clear(&k->b);
}

/* What the last complete scan saw, when this one may be incremental: same mode, same rules,
 * and not the N-th in a row. */
static int take_known(struct run *r, struct scan_options *o, struct error *e)
{
	_cleanup_json_ json_t *settings = app_text_json(r->scan.settings);
	int64_t every = json_get_int(settings, "incremental", 0);
	struct store_scan before;
	struct known k = { .arena = r->c.arena };
	int found;

	r->scan.incremental = 0;
	if (every < 2 || r->scan.finding.len)
		return 0;
	found = store_scan_previous(r->c.db, r->scan.tenant, r->scan.site, r->scan.origin, r->scan.created,
				    r->c.arena, &before, e);
	if (found <= 0)
		return found;
	if (!str_eq(before.mode, r->scan.mode) || !str_eq(before.rule_version, str_c(scan_rule_version())) ||
	    before.incremental + 1 >= every)
		return 0;
	buf_init(&k.b, 2 * MIB);
	found = store_scan_pages(r->c.db, r->scan.tenant, before.id, LIMIT_SITE_PAGES, r->c.arena, note_known, &k, e);
	if (found == 0 && k.b.len)
		*vec_push(&k.pieces) = arena_str(r->c.arena, buf_view(&k.b));
	buf_free(&k.b);
	if (found == 0 && k.pieces.len) {
		struct str *list = arena_array(r->c.arena, k.pieces.len, sizeof(*list));

		memcpy(list, k.pieces.ptr, k.pieces.len * sizeof(*list));
		o->known = list;
		o->known_len = k.pieces.len;
		r->scan.incremental = before.incremental + 1;
	}
	vec_free(&k.pieces);
	return found;
}

static int options(struct run *r, struct scan_options *o, struct error *e)
{
	struct store_site copy = r->site;

	copy.settings = r->scan.settings;
	copy.secrets = r->scan.secrets;
	copy.url = r->scan.url;
	if (app_site_options(&r->c, &copy, o, e) < 0)
		return -1;
	scan_mode_parse(r->scan.mode, &o->mode);
	if (r->scan.finding.len ? take_retest(r, o, e) < 0 : take_seeds(r, o, e) < 0)
		return -1;
	if (app_document_texts(&r->c, r->scan.site, r->scan.created, &o->apis, &o->apis_len, e) < 0 ||
	    app_jslibs_text(&r->c, &o->js_libraries, e) < 0 ||
	    take_packs(r, o, e) < 0 || take_known(r, o, e) < 0)
		return -1;
	return scan_options_complete(o, e);
}

/* ---- the end ---- */

static json_t *outcome_json(const struct store_scan *s, const struct app_reconciled *rec)
{
	json_t *o = json_object();

	json_put(o, "scan_id", json_str(s->id));
	json_put(o, "site_id", json_str(s->site));
	json_put(o, "site_name", json_str(s->site_name));
	json_put(o, "url", json_str(s->url));
	json_put(o, "mode", json_str(s->mode));
	json_put(o, "complete", json_boolean(s->complete));
	json_put(o, "score", app_score_json(s->score));
	json_put(o, "counts", app_counts_json(s->counts));
	json_put(o, "new", json_integer(rec->fresh));
	json_put(o, "reappeared", json_integer(rec->reappeared));
	json_put(o, "fixed", json_integer(rec->fixed));
	return o;
}

static int raise_all(struct app_call *c, const struct store_scan *s,
		     const struct app_reconciled *rec, struct error *e)
{
	_cleanup_json_ json_t *o = outcome_json(s, rec);

	if (s->finding.len)
		return 0;
	if (app_notify_raise(c, "scan.done", SEVERITY_INFO, s->site, o, e) < 0)
		return -1;
	if (rec->fresh &&
	    app_notify_raise(c, "finding.new", rec->worst_fresh, s->site, o, e) < 0)
		return -1;
	if (rec->reappeared &&
	    app_notify_raise(c, "finding.reappeared", rec->worst_reappeared, s->site, o, e) < 0)
		return -1;
	return 0;
}

struct finish {
	struct run *r;
	const struct scan_summary *summary;
};

static int finish_tx(struct app_call *c, void *arg, struct error *e)
{
	struct finish *f = arg;
	struct run *r = f->r;
	struct store_scan s = r->scan;
	const struct scan_summary *sum = f->summary;
	struct app_reconciled rec;
	int saved;

	if (job_fence(r->ctx, e) < 0 || app_reconcile(c, &s, sum, &rec, e) < 0)
		return -1;
	if (sum->complete && !s.finding.len && !sum->stats.unchanged &&
	    app_asset_facts_gone(c, s.site, "tech", s.id, NULL, NULL, e) < 0)
		return -1;
	take_stats(&s, &sum->stats);
	s.state = STR("done");
	s.complete = sum->complete;
	s.progress = 10000;
	s.doing = s.doing_en = STR_NULL;
	s.remaining = 0;
	s.finished = c->now;
	s.rule_version = str_c(scan_rule_version());
	s.formula_version = STR(SCORE_FORMULA_VERSION);
	if (!sum->complete) {
		struct error why = { 0 };

		error_set(&why, "scan.partial", "%s", "%s", "");
		snprintf(why.code, sizeof(why.code), "scan.%s", sum->reason);
		snprintf(why.zh, sizeof(why.zh), "%s", sum->reason_zh);
		snprintf(why.en, sizeof(why.en), "%s", sum->reason_en);
		_cleanup_json_ json_t *o = app_error_json(&why);

		s.error = app_json_text(c->arena, o);
	}
	saved = store_scan_finish(c->db, &s, e);
	if (saved <= 0)
		return saved;
	if (store_journal_drop(c->db, s.id, e) < 0 ||
	    store_site_unclaim(c->db, s.tenant, s.site, s.id, !s.finding.len, c->now, e) < 0 ||
	    raise_all(c, &s, &rec, e) < 0)
		return -1;
	r->scan = s;
	if (app_scan_event(c, &s, "scan.done", e) < 0)
		return -1;
	return app_site_load(c, s.site, &r->site, e) < 0 ? -1 : app_site_event(c, &r->site, e);
}

/* Stopped: why, and what the row says until it goes on. */
static int stopped(struct run *r, struct error *e)
{
	struct job_windows w;
	const struct job *job = job_self(r->ctx);
	enum job_stop stop = job_should_stop(r->ctx);

	refresh(r);
	if (flush(r, e) < 0)
		return -1;
	if (stop == JOB_CANCEL)
		return JOB_STOPPED; /* the job's end writes the row */
	if (stop == JOB_SHUTDOWN)
		return set_state(r, STR("queued"), STR("shutdown"), e) < 0 ? -1 : JOB_STOPPED;
	if (job->windows.len && job_windows_parse_text(job->windows, &w, NULL) == 0 &&
	    !job_windows_open(&w, r->c.now))
		return set_state(r, STR("queued"), STR("window"), e) < 0 ? -1 : JOB_STOPPED;
	return set_state(r, STR("paused"), STR_NULL, e) < 0 ? -1 : JOB_STOPPED;
}

static int conclude(struct run *r, const struct scan_summary *summary, struct error *e)
{
	struct finish f = { r, summary };

	if (r->broken) {
		*e = r->why;
		return -1;
	}
	if (strcmp(summary->reason, "paused") == 0 || strcmp(summary->reason, "stopped") == 0)
		return stopped(r, e);
	if (strcmp(summary->reason, "engine.crashed") == 0) { /* twice: what was found is kept */
		if (flush(r, e) < 0)
			return -1;
		error_set(e, "scan.engine-crashed", "%s", "%s", summary->reason_zh);
		snprintf(e->en, sizeof(e->en), "%s", summary->reason_en);
		return JOB_FAILED;
	}
	refresh(r);
	if (flush(r, e) < 0 || app_tx(&r->c, finish_tx, &f, e) < 0)
		return -1;
	return JOB_DONE;
}

static bool wants_oob(const struct run *r)
{
	_cleanup_json_ json_t *settings = app_text_json(r->scan.settings);

	return json_get_bool(settings, "oob", true);
}

static int run_engine(struct run *r, struct error *e)
{
	struct scan_state state = { r, journal_append, journal_flush, journal_replay };
	struct scan_events events = { r, on_finding, on_page, on_progress, NULL, on_should_stop, .shot = on_shot,
				       .tech = on_tech };
	_cleanup_outgoing_ struct app_outgoing out = { 0 };
	_cleanup_arena_ struct arena *oob_texts = arena_new(1 * MIB);
	struct scan_oob oob;
	struct scan_options o;
	struct scan_summary summary = { 0 };
	struct error why = { 0 };
	int result;

	if (open_policy(r, &out, e) < 0)
		return JOB_FAILED;
	if (options(r, &o, e) < 0)
		return JOB_FAILED;
	if (store_journal_last(r->c.db, r->scan.id, &r->seq, e) < 0)
		return -1;
	if (!r->c.app->spawner)
		return error_set(e, "scan.no-spawner", "本进程不能启动扫描引擎", "this process may not start the engine");
	if (o.mode != SCAN_QUICK && wants_oob(r) && app_oob_door(&r->c, oob_texts, &oob))
		events.oob = &oob;
	result = scan_run_jailed(r->c.app->spawner, out.policy, &o, &state, &events, &summary, &why);
	if (result < 0) {
		*e = r->broken ? r->why : why;
		result = r->broken ? -1 : JOB_FAILED;
	} else {
		result = conclude(r, &summary, e);
	}
	scan_summary_free(&summary);
	return result;
}

static int scan_run_job(struct job_ctx *ctx, struct error *e)
{
	struct run r = { .ctx = ctx };
	struct str id = json_get_str(job_payload(ctx), "scan_id");
	int ok, result;

	app_actor_system(&r.actor, APP_VIA_JOB, job_self(ctx)->tenant);
	r.c = (struct app_call){ .app = job_app(ctx), .actor = &r.actor, .db = job_conn(ctx),
				 .arena = job_arena(ctx), .now = job_now(ctx) };
	if (app_scan_load(&r.c, id, &r.scan, e) < 0)
		return error_is(e, "scan.not-found") ? JOB_FAILED : -1;
	if (app_scan_ended(&r.scan))
		return JOB_DONE;
	ok = still_ours(&r, e, e);
	if (ok <= 0)
		return ok < 0 ? -1 : JOB_FAILED;
	error_clear(e);
	if (!r.scan.started)
		r.scan.started = r.c.now;
	if (set_state(&r, STR("running"), STR_NULL, e) < 0)
		return -1;
	r.pending = arena_new(256 * MIB);
	result = run_engine(&r, e);
	arena_free(r.pending);
	vec_free(&r.records);
	vec_free(&r.pages);
	vec_free(&r.told);
	return result;
}

/* The job has ended for good in another way than by finish_tx(): cancelled, failed,
 * or lost with its last worker. What was found stays found. */
static int scan_ended(struct store_conn *db, const struct job *job, const struct error *err,
		      int64_t now, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	struct app_actor actor;
	struct app_call c = { .actor = &actor, .db = db, .arena = a, .now = now };
	struct app_reconciled none = { 0 };
	_cleanup_json_ json_t *why = NULL;
	_cleanup_json_ json_t *o = NULL;
	struct store_scan s;
	int found;

	app_actor_system(&actor, APP_VIA_JOB, job->tenant);
	found = store_scan_get(db, job->tenant, json_get_str(payload, "scan_id"), a, &s, e);
	if (found <= 0 || app_scan_ended(&s))
		return found < 0 ? -1 : 0;
	if (store_finding_scan_counts(db, s.tenant, s.id, s.counts, e) < 0)
		return -1;
	s.state = err ? STR("failed") : STR("cancelled");
	s.complete = false;
	s.score = -1;
	s.finished = now;
	if (err) {
		why = app_error_json(err);
		s.error = app_json_text(a, why);
	}
	if (store_scan_finish(db, &s, e) < 0 || store_journal_drop(db, s.id, e) < 0 ||
	    store_site_unclaim(db, s.tenant, s.site, s.id, !s.finding.len, now, e) < 0)
		return -1;
	if (err && !s.finding.len) {
		o = outcome_json(&s, &none);
		json_put(o, "reason", json_c(err->zh));
		json_put(o, "reason_en", json_c(err->en));
		if (app_notify_raise(&c, "scan.failed", SEVERITY_HIGH, s.site, o, e) < 0)
			return -1;
	}
	return app_scan_event(&c, &s, err ? "scan.failed" : "scan.cancelled", e);
}

const struct job_kind app_job_scan = {
	.name = "scan",
	.long_running = true,
	.max_attempts = 5,
	.run = scan_run_job,
	.ended = scan_ended,
};
