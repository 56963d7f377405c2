/* The job that discovers assets. The engine runs in a jailed child; its facts and findings
 * become rows as they come, in one transaction per fact, so that a run that dies has lost
 * nothing it saw. What was there before and was looked at but not seen is gone only after
 * a complete run.
 *
 * A file or meta tag proves one origin: without DNS TXT or an approved letter only the
 * site's own port is visited. */
#include "app/asset.h"
#include "app/finding.h"
#include "app/outgoing.h"
#include "app/site.h"
#include "app/verify.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/map.h"
#include "net/url.h"
#include "scan/advice.h"
#include "scan/asset/asset.h"
#include "store/finding.h"

#define PROGRESS_MS 1000
#define FINDINGS_MAX 5000

static int load(struct app_call *c, struct str id, struct store_asset_run *ret, struct error *e)
{
	int r = store_asset_run_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "asset-run", "资产发现", "asset run");
}

static bool ended(const struct store_asset_run *r)
{
	return str_eq(r->state, STR("done")) || str_eq(r->state, STR("failed")) || str_eq(r->state, STR("cancelled"));
}

json_t *app_asset_run_json(const struct store_asset_run *r)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(r->id));
	json_put(o, "site_id", json_str(r->site));
	json_put(o, "site_name", json_str(r->site_name));
	json_put(o, "host", json_str(r->host));
	json_put(o, "state", json_str(r->state));
	json_put(o, "trigger", json_str(r->cause));
	json_put(o, "ports", json_str(r->ports));
	json_put(o, "progress", app_progress_json(r->progress));
	json_put(o, "doing", json_str(r->doing));
	json_put(o, "doing_en", json_str(r->doing_en));
	json_put(o, "complete", json_boolean(r->complete));
	json_put(o, "probed", json_integer(r->probed));
	json_put(o, "open", json_integer(r->open));
	json_put(o, "facts", json_integer(r->facts));
	json_put(o, "changes", json_integer(r->changes));
	json_put(o, "error", app_text_json(r->error));
	json_put(o, "created", json_time(r->created));
	json_put(o, "started", json_time(r->started));
	json_put(o, "finished", json_time(r->finished));
	return o;
}

static int tell(struct app_call *c, const struct store_asset_run *r, const char *type, struct error *e)
{
	_cleanup_json_ json_t *o = app_asset_run_json(r);

	return app_event(c, "asset", type, o, e);
}

/* ---- starting ---- */

/* Is more proved than the one origin? */
static bool whole_host(const struct store_site *s)
{
	return str_eq(s->verify_state, STR("exempt")) || str_eq(s->verify_method, STR("dns"));
}

static bool own_port_only(const struct store_site *s, struct str ports)
{
	return !whole_host(s) || str_eq(ports, STR("own"));
}

static int check_ports(struct app_call *c, const struct store_site *s, struct str ports, struct error *e)
{
	const struct asset_range *list;
	size_t n;

	if (!ports.len || str_eq(ports, STR("own")))
		return 0;
	if (asset_ports_parse(ports, c->arena, &list, &n, e) < 0)
		return -1;
	if (whole_host(s))
		return 0;
	return error_field(e, "ports", "asset.ports-need-dns",
			   "文件或标签认证只证明网站自己的端口；要探测其他端口，请用 DNS TXT 认证或提交授权书",
			   "a file or meta tag proves the site's own port only: other ports need DNS TXT or a letter");
}

/* UDP ports are the host's, not the site's. */
static int check_udp(const struct store_site *s, struct str ports, struct error *e)
{
	return !own_port_only(s, ports) ? 0 :
	       error_field(e, "udp", "asset.ports-need-dns",
			   "文件或标签认证只证明网站自己的端口；要探测 UDP 服务，请用 DNS TXT 认证或提交授权书",
			   "a file or meta tag proves the site's own port only: UDP services need DNS TXT or a letter");
}

int app_asset_create(struct app_call *c, struct str site, struct str ports, int64_t rate, bool udp, const char *cause,
		     struct store_asset_run *ret, struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct id id = id_new(c->now), job;
	struct store_site s;
	struct job_request q = { .tenant = c->actor->tenant_id, .kind = STR("asset") };
	struct str running;
	int active;

	if (app_site_load(c, site, &s, e) < 0 || app_site_proven(&s, e) < 0 || check_ports(c, &s, ports, e) < 0 ||
	    (udp && check_udp(&s, ports, e) < 0))
		return -1;
	active = store_asset_run_active(c->db, s.tenant, s.id, c->arena, &running, e);
	if (active < 0)
		return -1;
	if (active)
		return error_set(e, "asset.running", "网站“%.*s”已有一次资产发现在进行", "assets of \"%.*s\" are being looked for already",
				 STR_ARG(s.name));
	*ret = (struct store_asset_run){ .id = arena_str(c->arena, id_str(&id)), .tenant = s.tenant, .site = s.id,
					 .site_name = s.name, .host = s.host, .state = STR("queued"),
					 .cause = str_c(cause), .ports = ports, .created_by = c->actor->user_name,
					 .created = c->now, .revision = 1 };
	ret->options = arena_printf(c->arena, "{\"rate\":%lld,\"udp\":%s}", (long long)rate, udp ? "true" : "false");
	json_put(payload, "asset_run_id", json_str(ret->id));
	q.payload = app_json_text(c->arena, payload);
	q.windows = app_site_windows(c, &s);
	q.serial_key = arena_printf(c->arena, "asset:%.*s", STR_ARG(s.id));
	if (store_asset_run_insert(c->db, ret, e) < 0 || job_enqueue(c->db, &q, c->now, &job, NULL, e) < 0)
		return -1;
	ret->job = arena_str(c->arena, id_str(&job));
	if (store_asset_run_save(c->db, ret, e) < 0 ||
	    app_audit(c, "asset.start", "asset-run", ret->id, s.name, payload, e) < 0)
		return -1;
	return tell(c, ret, "asset.queued", e);
}

struct start {
	struct str site, ports;
	int64_t rate;
	bool udp;
	struct store_asset_run run;
};

static int start_tx(struct app_call *c, void *arg, struct error *e)
{
	struct start *s = arg;

	return app_asset_create(c, s->site, s->ports, s->rate, s->udp, c->actor->via == APP_VIA_KEY ? "api" : "manual", &s->run,
				e);
}

int app_asset_start(struct app_call *c, struct str site, const json_t *in, json_t **ret, struct error *e)
{
	struct start s = { .site = site, .ports = str_trim(json_get_str(in, "ports")),
			   .rate = json_get_int(in, "rate", 0), .udp = json_get_bool(in, "udp", false) };

	if (app_require(c, PERM_SCAN_RUN, e) < 0 || app_tx(c, start_tx, &s, e) < 0)
		return -1;
	*ret = app_asset_run_json(&s.run);
	return 0;
}

/* ---- runs as rows ---- */

static void list_run(const struct store_asset_run *r, void *user)
{
	json_array_append_new(user, app_asset_run_json(r));
}

int app_asset_runs(struct app_call *c, struct str site, struct str state, struct store_page *page, json_t **ret,
		   struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_SCAN_READ, e) < 0 ||
	    store_asset_run_list(c->db, c->actor->tenant_id, site, state, page, c->arena, list_run, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_asset_run_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_asset_run r;

	if (app_require(c, PERM_SCAN_READ, e) < 0 || load(c, id, &r, e) < 0)
		return -1;
	*ret = app_asset_run_json(&r);
	return 0;
}

static int cancel_tx(struct app_call *c, void *arg, struct error *e)
{
	struct str *id = arg;
	struct store_asset_run r;
	struct job job;

	if (load(c, *id, &r, e) < 0)
		return -1;
	if (ended(&r))
		return error_set(e, "asset.state", "这次资产发现已经结束", "this run has ended already");
	if (job_cancel(c->db, r.tenant, r.job, c->now, e) < 0 || job_get(c->db, r.tenant, r.job, c->arena, &job, e) < 0)
		return -1;
	if (job.state == JOB_ENDED_CANCELLED && app_job_asset.ended(c->db, &job, NULL, c->now, e) < 0)
		return -1;
	return app_audit(c, "asset.cancel", "asset-run", r.id, r.site_name, NULL, e);
}

int app_asset_run_cancel(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	if (app_require(c, PERM_SCAN_RUN, e) < 0 || app_tx(c, cancel_tx, &id, e) < 0)
		return -1;
	return app_asset_run_get(c, id, ret, e);
}

/* ---- the job ---- */

struct work {
	struct job_ctx *ctx;
	struct app_call c;
	struct app_actor actor;
	struct store_asset_run run;
	struct store_site site;
	struct map *seen; /* fingerprints of this run's findings */
	const struct asset_range *ports;
	size_t ports_len;
	int64_t saved_ms;
	struct str resume; /* the checkpoint that is being kept */
	bool own_only, udp, dead;
	struct error why;
};

static void broken(struct work *w, const struct error *why)
{
	if (!w->dead)
		w->why = *why;
	w->dead = true;
}

struct put {
	struct work *w;
	const struct asset_fact *fact;
	const struct scan_finding *finding;
};

static int fact_tx(struct app_call *c, void *arg, struct error *e)
{
	struct put *p = arg;
	const struct asset_fact *f = p->fact;
	char kind[32];
	int r;

	snprintf(kind, sizeof(kind), "%.*s", STR_ARG(f->kind));
	struct app_asset_fact x = { .kind = kind, .key = f->key, .title = f->title, .host = f->host, .port = f->port,
				    .product = f->product, .version = f->version, .cpe = f->cpe,
				    .confidence = f->confidence, .detail = f->detail, .source = "asset",
				    .run = p->w->run.id };

	if (job_fence(p->w->ctx, e) < 0)
		return -1;
	r = app_asset_fact_put(c, p->w->site.id, &x, e);
	if (r < 0)
		return -1;
	p->w->run.changes += r;
	p->w->run.facts++;
	return 0;
}

static bool known_kind(struct str kind)
{
	static const char *const kinds[] = { "port", "service", "system", "software", "certificate", "tls", "dns",
					     "subdomain" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(kind, str_c(kinds[i])))
			return true;
	return false;
}

static void in_tx(struct work *w, int (*fn)(struct app_call *c, void *arg, struct error *e), void *arg)
{
	_cleanup_arena_ struct arena *scratch = arena_new(64 * MIB);
	struct app_call own = w->c;
	struct error e = { 0 };

	if (w->dead)
		return;
	own.arena = scratch;
	own.now = w->c.now = job_now(w->ctx);
	if (app_tx(&own, fn, arg, &e) < 0)
		broken(w, &e);
}

static void on_fact(void *ctx, const struct asset_fact *f)
{
	struct work *w = ctx;
	struct put p = { .w = w, .fact = f };

	if (known_kind(f->kind) && w->run.facts < LIMIT_ASSET_FACTS)
		in_tx(w, fact_tx, &p);
}

static int finding_tx(struct app_call *c, void *arg, struct error *e)
{
	struct put *p = arg;
	int fresh = 0;

	if (job_fence(p->w->ctx, e) < 0)
		return -1;
	return app_finding_observed(c, p->w->site.id, p->w->site.origin, p->finding, &fresh, e);
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct work *w = ctx;
	const struct scan_advice *a = scan_advice_find(f->check);
	struct scan_finding copy = *f;
	struct put p = { .w = w, .finding = &copy };

	copy.title_zh = a ? str_c(a->title_zh) : f->check;
	copy.title_en = a ? str_c(a->title_en) : f->check;
	if (map_len(w->seen) >= FINDINGS_MAX)
		return; /* no engine in its right mind */
	map_add(w->seen, f->fingerprint);
	in_tx(w, finding_tx, &p);
}

static int progress_tx(struct app_call *c, void *arg, struct error *e)
{
	struct work *w = arg;

	if (job_fence(w->ctx, e) < 0 || store_asset_run_save(c->db, &w->run, e) < 0)
		return -1;
	return tell(c, &w->run, "asset.progress", e);
}

static void on_progress(void *ctx, const struct asset_progress *p)
{
	struct work *w = ctx;
	int64_t mono = clock_mono_ms(&clock_system);

	if (p->basis > w->run.progress)
		w->run.progress = p->basis > 9999 ? 9999 : p->basis;
	if (p->probed) {
		w->run.probed = p->probed;
		w->run.open = p->open;
	}
	if (mono - w->saved_ms < PROGRESS_MS)
		return;
	w->run.doing = arena_str(w->c.arena, str_c(p->doing_zh));
	w->run.doing_en = arena_str(w->c.arena, str_c(p->doing_en));
	job_progress(w->ctx, (int)w->run.progress, w->run.doing, w->run.doing_en, -1);
	w->saved_ms = mono;
	in_tx(w, progress_tx, w);
}

/* ---- what a process that dies leaves to the next one ---- */

static int checkpoint_tx(struct app_call *c, void *arg, struct error *e)
{
	struct work *w = arg;
	_cleanup_json_ json_t *o = json_parse(w->run.options, NULL);

	if (!o)
		o = json_object();
	json_put(o, "resume", json_str(w->resume));
	if (job_fence(w->ctx, e) < 0)
		return -1;
	return store_asset_run_options(c->db, w->run.tenant, w->run.id, app_json_text(c->arena, o), e);
}

static void on_checkpoint(void *ctx, struct str text)
{
	struct work *w = ctx;

	w->resume = text;
	in_tx(w, checkpoint_tx, w);
	w->resume = STR("");
}

static enum scan_verdict on_stop(void *ctx)
{
	struct work *w = ctx;

	return w->dead || job_should_stop(w->ctx) != JOB_GO ? SCAN_CANCEL : SCAN_GO;
}

/* ---- the end ---- */

static bool looked_at(const struct work *w, int64_t port)
{
	if (w->own_only)
		return port == w->site.port;
	if (!w->ports_len)
		return true; /* the default list: known ports were added to it */
	for (size_t i = 0; i < w->ports_len; i++)
		if (port >= w->ports[i].from && port <= w->ports[i].to)
			return true;
	return false;
}

/* With part of the ports, what is of no port (the system, names) was not really looked at. */
static bool stale(const struct store_asset_fact *f, void *user)
{
	const struct work *w = user;

	if (str_starts(f->key, STR("udp/")))
		return w->udp;
	if (f->port)
		return looked_at(w, f->port);
	return !str_eq(f->kind, STR("system")) || (!w->own_only && !w->ports_len);
}

struct fixing {
	struct work *w;
	struct app_call *c;
	struct error *e;
	bool failed;
};

int64_t app_asset_finding_port(const struct store_finding *f)
{
	struct str url = f->url;
	ssize_t colon = str_rchr(url, ':');
	struct str rest = str_from(url, colon < 0 ? url.len : (size_t)colon + 1);
	ssize_t slash = str_chr(rest, '/');
	uint64_t n = 0;

	str_to_u64(slash < 0 ? rest : str_sub(rest, 0, (size_t)slash), &n);
	return (int64_t)n;
}

static void fix(const struct store_finding *f, void *user)
{
	struct fixing *x = user;
	struct store_finding copy = *f;

	if (x->failed || !asset_check(f->check) || str_eq(f->state, STR("false_positive")) ||
	    map_has(x->w->seen, f->fingerprint) ||
	    !(str_starts(f->url, STR("udp:")) ? x->w->udp : looked_at(x->w, app_asset_finding_port(f))))
		return;
	copy.state = STR("fixed");
	copy.fixed_at = x->c->now;
	copy.reappeared = false;
	copy.decision = copy.proposal = STR_NULL;
	x->failed = store_finding_save_state(x->c->db, &copy, x->e) < 0 ||
		    store_finding_event_add(x->c->db, f->tenant, f->id, "fixed", STR_NULL, STR_NULL, STR_NULL, x->c->now,
					    x->e) < 0;
}

static int finish_tx(struct app_call *c, void *arg, struct error *e)
{
	struct work *w = arg;
	struct store_asset_run r = w->run;
	struct fixing x = { w, c, e, false };
	int gone = 0;

	if (job_fence(w->ctx, e) < 0)
		return -1;
	if (r.complete) {
		gone = app_asset_facts_gone(c, w->site.id, "asset", r.id, stale, w, e);
		if (gone < 0 || store_finding_live(c->db, r.tenant, w->site.id, w->site.origin, false, LIMIT_RECONCILE,
						   c->arena, fix, &x, e) < 0 ||
		    x.failed)
			return -1;
	}
	r.changes += gone;
	r.state = STR("done");
	r.progress = 10000;
	r.doing = r.doing_en = STR("");
	r.finished = c->now;
	if (store_asset_run_save(c->db, &r, e) < 0 || app_site_rescore(c, w->site.id, e) < 0)
		return -1;
	return tell(c, &r, "asset.done", e);
}

/* Ports known from before are looked at again even when the default list has them not. */
struct known {
	struct arena *arena;
	struct asset_range *list;
	size_t n;
};

static void note_port(const struct store_asset_fact *f, void *user)
{
	struct known *k = user;

	if (k->n < LIMIT_ASSET_RANGES && f->port > 0 && f->port < 65536)
		k->list[k->n++] = (struct asset_range){ (uint16_t)f->port, (uint16_t)f->port };
}

static int take_ports(struct work *w, struct asset_job *j, struct error *e)
{
	struct store_asset_filter f = { .tenant = w->run.tenant, .site = w->site.id, .kind = STR("port"),
					.state = STR("present") };
	struct store_page page = { .limit = LIMIT_API_PAGE };
	struct known k = { w->c.arena, arena_array(w->c.arena, LIMIT_ASSET_RANGES, sizeof(*k.list)), 0 };
	struct str ports = str_eq(w->run.ports, STR("own")) ? STR("") : w->run.ports;

	j->own_port_only = w->own_only = own_port_only(&w->site, w->run.ports);
	j->o.site_port = (uint16_t)w->site.port;
	if (w->own_only)
		return 0;
	if (asset_ports_parse(ports, w->c.arena, &w->ports, &w->ports_len, e) < 0)
		return -1;
	j->o.ports = w->ports;
	j->o.ports_len = w->ports_len;
	if (w->ports_len)
		return 0;
	if (store_asset_fact_list(w->c.db, &f, &page, w->c.arena, note_port, &k, e) < 0)
		return -1;
	j->o.more = k.list;
	j->o.more_len = k.n;
	return 0;
}

static int discover(struct work *w, struct error *e)
{
	struct asset_events events = { w, on_fact, on_finding, on_progress, NULL, on_stop, on_checkpoint };
	_cleanup_outgoing_ struct app_outgoing out = { 0 };
	_cleanup_json_ json_t *options = json_parse(w->run.options, NULL);
	struct asset_job j = { .spawner = w->c.app->spawner };
	struct asset_summary sum = { 0 };
	struct error why = { 0 };
	struct str *ranges;
	size_t n;

	if (!j.spawner)
		return error_set(e, "scan.no-spawner", "本进程不能启动扫描引擎", "this process may not start the engine");
	if (app_outgoing_open(&w->c, &out, e) < 0 || app_letter_ranges(&w->c, &w->site, &ranges, &n, e) < 0 ||
	    take_ports(w, &j, e) < 0)
		return JOB_FAILED;
	for (size_t i = 0; i < n; i++)
		if (net_policy_allow_cidr(out.policy, ranges[i], e) < 0)
			return JOB_FAILED;
	j.policy = out.policy;
	j.dns = out.dns;
	j.o.host = w->site.host;
	j.o.rate = (unsigned)json_get_int(options, "rate", 0);
	j.o.resume = json_get_str(options, "resume");
	j.o.udp = w->udp = !w->own_only && json_get_bool(options, "udp", false);
	if (asset_discover(&j, &events, &sum, &why) < 0) {
		*e = w->dead ? w->why : why;
		return w->dead ? -1 : JOB_FAILED;
	}
	if (w->dead) {
		*e = w->why;
		return -1;
	}
	if (job_should_stop(w->ctx) != JOB_GO)
		return JOB_STOPPED;
	w->run.complete = sum.complete;
	w->run.probed = sum.probed;
	w->run.open = sum.open;
	w->c.now = job_now(w->ctx);
	return app_tx(&w->c, finish_tx, w, e) < 0 ? -1 : JOB_DONE;
}

static int asset_job_run(struct job_ctx *ctx, struct error *e)
{
	struct work w = { .ctx = ctx };
	bool ok = true;
	int r;

	app_actor_system(&w.actor, APP_VIA_JOB, job_self(ctx)->tenant);
	w.c = (struct app_call){ .app = job_app(ctx), .actor = &w.actor, .db = job_conn(ctx), .arena = job_arena(ctx),
				 .now = job_now(ctx) };
	if (load(&w.c, json_get_str(job_payload(ctx), "asset_run_id"), &w.run, e) < 0)
		return error_is(e, "asset-run.not-found") ? JOB_DONE : -1;
	if (ended(&w.run))
		return JOB_DONE;
	if (app_site_load(&w.c, w.run.site, &w.site, e) < 0)
		return JOB_FAILED;
	/* Ownership is looked at again before every run. */
	if (!str_eq(w.site.verify_state, STR("exempt")) &&
	    (app_verify_again(&w.c, w.site.id, false, &ok, e, e) < 0 || !ok))
		return JOB_FAILED;
	error_clear(e);
	w.run.state = STR("running");
	if (!w.run.started)
		w.run.started = w.c.now;
	w.run.facts = 0; /* told again; changes stand in the history already */
	if (store_asset_run_save(w.c.db, &w.run, e) < 0)
		return -1;
	w.seen = map_new();
	r = discover(&w, e);
	map_free(w.seen);
	return r;
}

/* Ended for good in another way than by finish_tx(). What was seen stays. */
static int asset_job_ended(struct store_conn *db, const struct job *job, const struct error *err, int64_t now,
			   struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	struct app_actor actor;
	struct app_call c = { .actor = &actor, .db = db, .arena = a, .now = now };
	struct store_asset_run r;
	int found;

	app_actor_system(&actor, APP_VIA_JOB, job->tenant);
	found = store_asset_run_get(db, job->tenant, json_get_str(payload, "asset_run_id"), a, &r, e);
	if (found <= 0 || ended(&r))
		return found < 0 ? -1 : 0;
	r.state = err ? STR("failed") : STR("cancelled");
	r.finished = now;
	if (err) {
		_cleanup_json_ json_t *why = app_error_json(err);

		r.error = app_json_text(a, why);
	}
	if (store_asset_run_save(db, &r, e) < 0)
		return -1;
	return tell(&c, &r, err ? "asset.failed" : "asset.cancelled", e);
}

const struct job_kind app_job_asset = {
	.name = "asset",
	.long_running = true,
	.max_attempts = 3,
	.run = asset_job_run,
	.ended = asset_job_ended,
};
