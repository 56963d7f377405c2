/* Decisions on findings: 误报 (false positive), 忽略 (ignored), 已修复 (fixed), reopen.
 * Whoever may only propose leaves a proposal for an administrator. A decision has a
 * reason, an owner and, unless it says the flaw is gone, an end, after which the
 * finding is open again. */
#include "app/asset.h"
#include "app/finding.h"
#include "app/scans.h"
#include "app/site.h"
#include "app/view.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/asset/asset.h"

#define DAY_MS (24 * 3600 * 1000LL)

static bool known(struct str decision)
{
	return str_eq(decision, STR("false_positive")) || str_eq(decision, STR("ignored")) ||
	       str_eq(decision, STR("fixed")) || str_eq(decision, STR("reopen"));
}

/* False positives and ignored ones come up again after at most two years. */
static int take_expiry(struct app_call *c, const json_t *in, struct store_decision *d,
		       struct error *e)
{
	struct str text = json_get_str(in, "expires");
	bool lasting = str_eq(d->decision, STR("fixed")) || str_eq(d->decision, STR("reopen"));

	if (lasting)
		return 0;
	d->expires = c->now + LIMIT_DECISION_DAYS * DAY_MS;
	if (!text.len)
		return 0;
	if (clock_parse_rfc3339(text, &d->expires) < 0)
		return error_field(e, "expires", "input.type", "到期时间格式不正确", "expires is no time");
	if (d->expires <= c->now || d->expires > c->now + 2 * LIMIT_DECISION_DAYS * DAY_MS)
		return error_field(e, "expires", "decision.bad-expiry", "到期时间应在今后两年之内",
				   "expires must lie within the next two years");
	return 0;
}

static int take(struct app_call *c, const json_t *in, struct store_decision *d, struct error *e)
{
	struct id id = id_new(c->now);

	*d = (struct store_decision){
		.id = arena_str(c->arena, id_str(&id)), .tenant = c->actor->tenant_id,
		.decision = json_get_str(in, "decision"),
		.reason = utf8_truncate(str_trim(json_get_str(in, "reason")), 2000),
		.owner_id = c->actor->user_id, .owner_name = c->actor->user_name,
		.created = c->now,
	};
	if (!known(d->decision))
		return error_field(e, "decision", "input.enum",
				   "处理方式只能是误报、忽略、已修复或重新打开",
				   "decision must be false_positive, ignored, fixed or reopen");
	if (!d->reason.len && !str_eq(d->decision, STR("reopen")))
		return error_field(e, "reason", "input.required", "请填写理由", "give a reason");
	return take_expiry(c, in, d, e);
}

static int tell(struct app_call *c, const struct store_finding *f, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "finding_id", json_str(f->id));
	json_put(o, "site_id", json_str(f->site));
	json_put(o, "state", json_str(f->state));
	return app_event(c, "finding", "finding.changed", o, e);
}

/* Puts the decision in force on the finding and on the site's score. */
static int apply(struct app_call *c, struct store_finding *f, const struct store_decision *d,
		 struct error *e)
{
	bool reopen = str_eq(d->decision, STR("reopen"));
	bool fixed = str_eq(d->decision, STR("fixed"));
	_cleanup_json_ json_t *detail = json_object();

	if (f->decision.len) {
		struct store_decision old = { .id = f->decision, .tenant = f->tenant,
					      .state = STR("superseded"),
					      .decided_by = c->actor->user_id,
					      .decided_name = c->actor->user_name,
					      .decided_at = c->now };

		if (store_decision_save(c->db, &old, "in_force", e) < 0)
			return -1;
	}
	f->state = reopen ? STR("open") : d->decision;
	f->decision = reopen ? STR_NULL : d->id;
	f->proposal = STR_NULL;
	f->fixed_at = fixed ? c->now : 0;
	if (fixed || reopen)
		f->reappeared = false;
	if (store_finding_save_state(c->db, f, e) < 0 ||
	    store_finding_event_add(c->db, f->tenant, f->id,
				    reopen ? "reopened" : arena_cstr(c->arena, d->decision),
				    d->owner_name, STR_NULL, d->reason, c->now, e) < 0)
		return -1;
	json_put(detail, "decision", json_str(d->decision));
	json_put(detail, "reason", json_str(d->reason));
	json_put(detail, "url", json_str(f->url));
	if (app_audit(c, "finding.decide", "finding", f->id, f->title, detail, e) < 0 ||
	    app_site_rescore(c, f->site, e) < 0)
		return -1;
	return tell(c, f, e);
}

static int propose(struct app_call *c, struct store_finding *f, const struct store_decision *d,
		   struct error *e)
{
	if (f->proposal.len) {
		struct store_decision old = { .id = f->proposal, .tenant = f->tenant,
					      .state = STR("superseded") };

		if (store_decision_save(c->db, &old, "proposed", e) < 0)
			return -1;
	}
	f->proposal = d->id;
	if (store_finding_save_state(c->db, f, e) < 0 ||
	    store_finding_event_add(c->db, f->tenant, f->id, "proposed", d->owner_name, STR_NULL,
				    d->reason, c->now, e) < 0 ||
	    app_audit(c, "finding.propose", "finding", f->id, f->title, NULL, e) < 0)
		return -1;
	return tell(c, f, e);
}

struct decide {
	struct str id;
	const json_t *in;
};

static int decide_tx(struct app_call *c, void *arg, struct error *e)
{
	struct decide *k = arg;
	struct store_finding f;
	struct store_decision d;
	bool may = app_may(c, PERM_FINDING_DECIDE);

	if (app_finding_load(c, k->id, &f, e) < 0 || take(c, k->in, &d, e) < 0)
		return -1;
	d.finding = f.id;
	d.state = may ? STR("in_force") : STR("proposed");
	if (may && str_eq(d.decision, STR("reopen")))
		d.state = STR("done");
	if (store_decision_insert(c->db, &d, e) < 0)
		return -1;
	return may ? apply(c, &f, &d, e) : propose(c, &f, &d, e);
}

static int may_propose(struct app_call *c, struct error *e)
{
	return app_may(c, PERM_FINDING_DECIDE) ? 0 : app_require(c, PERM_FINDING_PROPOSE, e);
}

int app_finding_decide(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		       struct error *e)
{
	struct decide k = { id, in };

	if (may_propose(c, e) < 0 || app_tx(c, decide_tx, &k, e) < 0)
		return -1;
	return app_finding_get(c, id, ret, e);
}

int app_finding_decide_many(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();
	json_t *failed = json_array();
	struct str *ids;
	size_t n;
	int64_t done = 0;

	json_put(o, "failed", failed);
	if (may_propose(c, e) < 0 ||
	    app_json_strings(c->arena, json_object_get(in, "ids"), "ids", LIMIT_BATCH, &ids, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct decide k = { ids[i], in };
		struct error why = { 0 };
		json_t *v;

		if (app_tx(c, decide_tx, &k, &why) == 0) {
			done++;
			continue;
		}
		v = app_error_json(&why);
		json_put(v, "id", json_str(ids[i]));
		json_array_append_new(failed, v);
	}
	json_put(o, "done", json_integer(done));
	*ret = take_ptr(o);
	return 0;
}

struct judge {
	struct str id, decision, reason;
	bool approve;
};

static int judge_tx(struct app_call *c, void *arg, struct error *e)
{
	struct judge *j = arg;
	struct store_finding f;
	struct store_decision d;
	int r;

	if (app_finding_load(c, j->id, &f, e) < 0)
		return -1;
	r = store_decision_get(c->db, f.tenant, f.id, j->decision, c->arena, &d, e);
	if (r <= 0)
		return r < 0 ? -1 : app_missing(e, "decision", "处理意见", "decision");
	d.state = !j->approve ? STR("rejected") :
		  str_eq(d.decision, STR("reopen")) ? STR("done") : STR("in_force");
	d.decided_by = c->actor->user_id;
	d.decided_name = c->actor->user_name;
	d.decided_at = c->now;
	d.decided_reason = j->reason;
	r = store_decision_save(c->db, &d, "proposed", e);
	if (r <= 0)
		return r < 0 ? -1 :
			       error_set(e, "decision.state", "这条意见已经处理过",
					 "this proposal was handled before");
	if (j->approve)
		return apply(c, &f, &d, e);
	f.proposal = STR_NULL;
	if (store_finding_save_state(c->db, &f, e) < 0 ||
	    store_finding_event_add(c->db, f.tenant, f.id, "rejected", d.decided_name, STR_NULL,
				    j->reason, c->now, e) < 0 ||
	    app_audit(c, "finding.reject", "finding", f.id, f.title, NULL, e) < 0)
		return -1;
	return tell(c, &f, e);
}

int app_finding_judge(struct app_call *c, struct str id, struct str decision, bool approve,
		      struct str reason, json_t **ret, struct error *e)
{
	struct judge j = { id, decision, utf8_truncate(str_trim(reason), 2000), approve };

	if (app_require(c, PERM_FINDING_DECIDE, e) < 0 || app_tx(c, judge_tx, &j, e) < 0)
		return -1;
	return app_finding_get(c, id, ret, e);
}

/* ---- retest ---- */

struct retest {
	struct str id;
	struct store_site site;
	struct store_scan scan;
	struct store_asset_run run; /* when it hangs on an asset */
};

/* What an asset run found is looked for by one: of its port, or, when it hangs on no port, as usual. */
static int retest_asset(struct app_call *c, struct retest *k, const struct store_finding *f, struct error *e)
{
	int64_t port = app_asset_finding_port(f);
	bool udp = str_starts(f->url, STR("udp:"));
	struct str ports = !port ? STR("")
			   : port == k->site.port && !udp ? STR("own")
			   : arena_printf(c->arena, "%lld", (long long)port);

	if (app_asset_create(c, f->site, ports, 0, udp, "retest", &k->run, e) < 0)
		return -1;
	return store_finding_event_add(c->db, f->tenant, f->id, "retest", c->actor->user_name, STR_NULL, STR_NULL,
				       c->now, e);
}

static int retest_tx(struct app_call *c, void *arg, struct error *e)
{
	struct retest *k = arg;
	struct app_scan_wish wish = { .cause = "retest" };
	struct store_finding f;
	struct store_site site;

	if (app_finding_load(c, k->id, &f, e) < 0 || app_site_load(c, f.site, &site, e) < 0)
		return -1;
	if (!str_eq(f.origin, site.origin))
		return error_set(e, "finding.state", "网站的域名已变更，旧域名的漏洞不能复测",
				 "the site has another domain now: this finding cannot be retested");
	k->site = site;
	if (asset_check(f.check))
		return retest_asset(c, k, &f, e);
	wish.finding = f.id;
	if (app_scan_create(c, &site, &wish, &k->scan, e) < 0)
		return -1;
	return store_finding_event_add(c->db, f.tenant, f.id, "retest", c->actor->user_name,
				       k->scan.id, STR_NULL, c->now, e);
}

int app_finding_retest(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct retest k = { .id = id };

	if (app_require(c, PERM_SCAN_RUN, e) < 0 || app_tx(c, retest_tx, &k, e) < 0)
		return -1;
	*ret = k.run.id.len ? app_asset_run_json(&k.run) : app_scan_json(&k.scan);
	json_put(*ret, "kind", json_c(k.run.id.len ? "assets" : "scan"));
	return 0;
}

/* ---- time running out ---- */

struct due {
	struct store_decision list[64];
	size_t n;
};

static void note_due(const struct store_decision *d, void *user)
{
	struct due *due = user;

	due->list[due->n++] = *d;
}

static int expire_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_decision *d = arg;
	struct store_finding f;

	d->state = STR("expired");
	if (store_decision_save(c->db, d, "in_force", e) < 0 ||
	    app_finding_load(c, d->finding, &f, e) < 0)
		return -1;
	if (!str_eq(f.decision, d->id))
		return 0;
	f.state = STR("open");
	f.decision = STR_NULL;
	if (store_finding_save_state(c->db, &f, e) < 0 ||
	    store_finding_event_add(c->db, f.tenant, f.id, "expired", STR_NULL, STR_NULL, d->decision,
				    c->now, e) < 0 ||
	    app_site_rescore(c, f.site, e) < 0)
		return -1;
	return tell(c, &f, e);
}

int app_finding_expire(struct app_call *c, struct error *e)
{
	struct due due = { .n = 0 };

	if (store_decision_expired(c->db, c->now, ARRAY_SIZE(due.list), c->arena, note_due, &due, e) < 0)
		return -1;
	for (size_t i = 0; i < due.n; i++) {
		struct app_actor actor;
		struct app_call own = *c;

		app_actor_system(&actor, APP_VIA_JOB, due.list[i].tenant);
		own.actor = &actor;
		if (app_tx(&own, expire_tx, &due.list[i], e) < 0)
			return -1;
	}
	return (int)due.n;
}
