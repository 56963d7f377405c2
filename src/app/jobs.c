/* Job kinds: see jobs.h. Here also the small kinds that belong to no one use case:
 * a check that a person waits for, the daily look at a proof, and upkeep. */
#include "app/jobs.h"

#include "app/asset.h"
#include "app/document.h"
#include "app/fetch.h"
#include "app/finding.h"
#include "app/logintest.h"
#include "app/monitor.h"
#include "app/notify.h"
#include "app/pack.h"
#include "app/packread.h"
#include "app/sheetread.h"
#include "app/reports.h"
#include "app/scans.h"
#include "app/text.h"
#include "app/texttask.h"
#include "app/verify.h"
#include "app/view.h"
#include "job/schedule.h"
#include "scan/asset/asset.h"
#include "store/event.h"
#include "store/site.h"

#define DAY_MS (24 * 3600 * 1000LL)

static void job_call(struct job_ctx *ctx, struct app_actor *actor, struct app_call *c)
{
	app_actor_system(actor, APP_VIA_JOB, job_self(ctx)->tenant);
	*c = (struct app_call){ .app = job_app(ctx), .actor = actor, .db = job_conn(ctx),
				.arena = job_arena(ctx), .now = job_now(ctx) };
}

/* In the name of who asked (verify.c, check_by_job). */
static int verify_run(struct job_ctx *ctx, struct error *e)
{
	const json_t *p = job_payload(ctx);
	struct app_actor actor;
	struct app_call c;
	_cleanup_json_ json_t *view = NULL;

	job_call(ctx, &actor, &c);
	actor.user_id = json_get_str(p, "user_id");
	actor.user_name = json_get_str(p, "user_name");
	return app_verify_check(&c, json_get_str(p, "site_id"), json_get_str(p, "verification_id"),
				&view, e) < 0 ?
		       JOB_FAILED :
		       JOB_DONE;
}

static const struct job_kind job_verify = { .name = "verify", .max_attempts = 1, .run = verify_run };

static int reverify_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c;
	struct error why = { 0 };
	bool ok;

	job_call(ctx, &actor, &c);
	if (app_verify_again(&c, json_get_str(job_payload(ctx), "site_id"), true, &ok, &why, e) < 0)
		return error_is(e, "site.not-found") ? JOB_DONE : -1;
	return JOB_DONE;
}

static const struct job_kind job_reverify = { .name = "reverify", .max_attempts = 3, .run = reverify_run };

/* ---- upkeep ---- */

struct due {
	struct app_call *c;
	bool failed;
	struct error *e;
};

static void enqueue_reverify(const struct store_site *s, void *user)
{
	struct due *d = user;
	_cleanup_json_ json_t *payload = json_object();
	struct job_request r = { .tenant = s->tenant, .kind = STR("reverify"), .priority = -10 };
	struct id id;

	json_put(payload, "site_id", json_str(s->id));
	r.payload = app_json_text(d->c->arena, payload);
	r.dedupe_key = arena_printf(d->c->arena, "reverify:%.*s", STR_ARG(s->id));
	if (!d->failed)
		d->failed = job_enqueue(d->c->db, &r, d->c->now, &id, NULL, d->e) < 0;
}

static int upkeep_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c;
	struct due due = { &c, false, e };

	job_call(ctx, &actor, &c);
	if (app_finding_expire(&c, e) < 0 || app_monitor_watch(&c, e) < 0 || app_text_prune(&c, e) < 0)
		return -1;
	if (store_site_due_checks(c.db, c.now - DAY_MS, 500, c.arena, enqueue_reverify, &due, e) < 0 ||
	    due.failed)
		return -1;
	if (store_event_prune(c.db, c.now - DAY_MS, e) < 0 ||
	    store_notice_prune(c.db, c.now - 90 * DAY_MS, e) < 0 ||
	    job_prune(c.db, c.now - 30 * DAY_MS, e) < 0)
		return -1;
	return JOB_DONE;
}

static const struct job_kind job_upkeep = { .name = "upkeep", .max_attempts = 1, .run = upkeep_run };

int app_jobs_install(struct store_conn *c, int64_t now, struct error *e)
{
	struct job_schedule_row row = {
		.id = STR("upkeep"), .kind = STR("upkeep"), .payload = STR("{}"), .active = true,
		.spec = STR("{\"kind\":\"cron\",\"cron\":\"*/5 * * * *\",\"timezone\":\"UTC\","
			    "\"missed\":\"skip\"}"),
	};

	return job_schedule_put(c, &row, now, e);
}

const struct job_kind *const app_job_kinds[] = {
	&app_job_asset,
	&app_job_scan,	  &app_job_monitor, &app_job_notify, &app_job_deliver, &app_job_report,
	&job_verify,	  &job_reverify,    &job_upkeep,     &app_job_pack,    &app_job_logintest, &app_job_document, &app_job_text, NULL,
};

const struct os_jail_kind *const app_jail_kinds[] = { &asset_jail_kind, &app_fetch_jail, &app_pack_jail, &app_document_jail, &app_sheet_jail, NULL };
