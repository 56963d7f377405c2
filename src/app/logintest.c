/* Trying a log-in: see logintest.h. */
#include "app/logintest.h"

#include "app/outgoing.h"
#include "app/site.h"
#include "app/verify.h"
#include "app/view.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/scan.h"

#define KIND "login-test"
#define LOGIN_TEST_SECONDS 180
#define FRESH_MS (10 * 60 * 1000LL) /* a proof looked at so lately is not looked at again */

static json_t *view(const struct job *j)
{
	_cleanup_json_ json_t *p = app_text_json(j->payload);
	json_t *o = json_object();
	bool done = j->state == JOB_ENDED_DONE, ended = j->state >= JOB_ENDED_DONE;

	json_put(o, "id", json_str(j->id));
	json_put(o, "site_id", json_str(json_get_str(p, "site_id")));
	json_put(o, "account", json_str(json_get_str(p, "account")));
	json_put(o, "state", json_c(job_state_name(j->state)));
	json_put(o, "ok", ended ? json_boolean(done) : json_null());
	json_put(o, "code", json_c(ended && !done ? j->error.code : ""));
	json_put(o, "message", ended && !done ? json_c(j->error.zh) : json_str(j->doing));
	json_put(o, "message_en", ended && !done ? json_c(j->error.en) : json_str(j->doing_en));
	json_put(o, "created", json_time(j->created));
	json_put(o, "finished", j->finished ? json_time(j->finished) : json_null());
	return o;
}

struct start {
	struct str site, account;
	struct id job;
};

static int start_tx(struct app_call *c, void *arg, struct error *e)
{
	struct start *t = arg;
	struct store_site s;
	struct scan_options o;
	_cleanup_json_ json_t *payload = json_object();
	_cleanup_json_ json_t *detail = json_object();
	bool second = str_eq(t->account, STR("second"));
	struct job_request r = { .tenant = c->actor->tenant_id, .kind = STR(KIND), .priority = 50, .max_attempts = 1 };

	if (app_site_load(c, t->site, &s, e) < 0 || app_site_proven(&s, e) < 0)
		return -1;
	if (s.active_scan.len)
		return error_set(e, "scan.running", "网站“%.*s”正在扫描，请等扫描结束后再测试登录",
				 "\"%.*s\" is being scanned: try the log-in when that has ended", STR_ARG(s.name));
	if (app_site_options(c, &s, &o, e) < 0)
		return -1;
	if (second ? o.second.login.kind == SCAN_LOGIN_NONE :
		     o.login.kind == SCAN_LOGIN_NONE && !o.cookie.len && !o.headers_len)
		return error_set(e, "login.none", "这个账号还没有保存登录方式", "no log-in is saved for this account");
	json_put(payload, "site_id", json_str(s.id));
	json_put(payload, "account", json_c(second ? "second" : "first"));
	r.payload = app_json_text(c->arena, payload);
	r.dedupe_key = arena_printf(c->arena, KIND ":%.*s:%d", STR_ARG(s.id), second);
	json_put(detail, "account", json_c(second ? "second" : "first"));
	if (job_enqueue(c->db, &r, c->now, &t->job, NULL, e) < 0)
		return -1;
	return app_audit(c, "site.login-test", "site", s.id, s.name, detail, e);
}

int app_logintest_start(struct app_call *c, struct str site, struct str account, json_t **ret, struct error *e)
{
	struct start t = { .site = site, .account = account };

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || app_tx(c, start_tx, &t, e) < 0)
		return -1;
	return app_logintest_get(c, site, arena_str(c->arena, id_str(&t.job)), ret, e);
}

int app_logintest_get(struct app_call *c, struct str site, struct str id, json_t **ret, struct error *e)
{
	struct store_site s;
	struct job j;

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || app_site_load(c, site, &s, e) < 0)
		return -1;
	if (job_get(c->db, c->actor->tenant_id, id, c->arena, &j, e) < 0) {
		if (!error_is(e, "job.missing"))
			return -1;
		error_clear(e);
		return app_missing(e, "login-test", "登录测试", "log-in test");
	}
	_cleanup_json_ json_t *p = app_text_json(j.payload);

	if (!str_eq(j.kind, STR(KIND)) || !str_eq(json_get_str(p, "site_id"), s.id))
		return app_missing(e, "login-test", "登录测试", "log-in test");
	*ret = view(&j);
	return 0;
}

/* ---- the job ---- */

struct work {
	struct job_ctx *ctx;
	struct app_call c;
	struct app_actor actor;
	struct store_site site;
	struct str zh, en; /* the engine's last words */
};

static void on_log(void *ctx, struct str zh, struct str en)
{
	struct work *w = ctx;

	w->zh = arena_str(w->c.arena, zh);
	w->en = arena_str(w->c.arena, en);
}

static enum scan_verdict on_stop(void *ctx)
{
	struct work *w = ctx;

	return job_should_stop(w->ctx) == JOB_GO ? SCAN_GO : SCAN_CANCEL;
}

static int still_ours(struct work *w, struct error *e)
{
	bool ok = true;

	if (app_site_proven(&w->site, e) < 0)
		return -1;
	if (w->site.verify_checked_at > w->c.now - FRESH_MS && !w->site.verify_error.len)
		return 0;
	return app_verify_again(&w->c, w->site.id, false, &ok, e, e) < 0 || !ok ? -1 : 0;
}

static int open_policy(struct work *w, struct app_outgoing *out, struct error *e)
{
	struct str *ranges;
	struct url u;
	size_t n;

	if (app_outgoing_open(&w->c, out, e) < 0 || app_letter_ranges(&w->c, &w->site, &ranges, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (net_policy_allow_cidr(out->policy, ranges[i], e) < 0)
			return -1;
	if (url_parse(w->c.arena, w->site.url, NULL, 0, &u, e) < 0)
		return -1;
	return net_policy_scope_add(out->policy, u.host, u.port, e);
}

static int try_it(struct work *w, bool second, struct error *e)
{
	struct scan_events events = { .ctx = w, .log = on_log, .should_stop = on_stop };
	_cleanup_outgoing_ struct app_outgoing out = { 0 };
	struct scan_summary sum = { 0 };
	struct scan_options o;

	if (!w->c.app->spawner)
		return error_set(e, "scan.no-spawner", "本进程不能启动扫描引擎", "this process may not start the engine");
	if (open_policy(w, &out, e) < 0 || app_site_options(&w->c, &w->site, &o, e) < 0)
		return -1;
	o.login_only = second ? 2 : 1;
	o.no_builtin_templates = true;
	o.max_seconds = LOGIN_TEST_SECONDS;
	if (scan_options_complete(&o, e) < 0 ||
	    scan_run_jailed(w->c.app->spawner, out.policy, &o, NULL, &events, &sum, e) < 0)
		return -1;
	scan_summary_free(&sum);
	return job_progress_now(w->ctx, 9999, w->zh, w->en, e);
}

static int logintest_run(struct job_ctx *ctx, struct error *e)
{
	const json_t *p = job_payload(ctx);
	struct work w = { .ctx = ctx };

	app_actor_system(&w.actor, APP_VIA_JOB, job_self(ctx)->tenant);
	w.c = (struct app_call){ .app = job_app(ctx), .actor = &w.actor, .db = job_conn(ctx), .arena = job_arena(ctx),
				 .now = job_now(ctx) };
	job_progress(ctx, 500, STR("正在登录"), STR("Logging in"), -1);
	if (app_site_load(&w.c, json_get_str(p, "site_id"), &w.site, e) < 0 || still_ours(&w, e) < 0)
		return JOB_FAILED;
	error_clear(e);
	if (try_it(&w, str_eq(json_get_str(p, "account"), STR("second")), e) == 0)
		return JOB_DONE;
	return job_should_stop(ctx) != JOB_GO ? JOB_STOPPED : JOB_FAILED;
}

const struct job_kind app_job_logintest = { .name = KIND, .max_attempts = 1, .run = logintest_run };
