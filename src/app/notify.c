/* The outbox and its jobs: see notify.h. Quiet hours put a delivery off to their
 * end; they never drop it. */
#include "app/notify.h"

#include "app/channel.h"
#include "app/send.h"
#include "app/view.h"
#include "base/limits.h"
#include "job/schedule.h"

const struct app_notify_event app_notify_events[] = {
	{ "scan.done", "扫描完成", "Scan finished", false },
	{ "scan.failed", "扫描失败", "Scan failed", false },
	{ "finding.new", "发现新漏洞", "New findings", true },
	{ "finding.reappeared", "漏洞复现", "Findings reappeared", true },
	{ "site.verify-expired", "网站认证失效", "Site verification expired", false },
	{ "monitor.missed", "监测任务未按时执行", "Monitoring task missed", false },
	{ 0 },
};

const struct app_notify_event *app_notify_event_find(struct str name)
{
	for (const struct app_notify_event *ev = app_notify_events; ev->name; ev++)
		if (str_eq(str_c(ev->name), name))
			return ev;
	return NULL;
}

static int enqueue(struct app_call *c, const char *kind, const char *key, struct str id,
		   int64_t run_at, struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct job_request r = { .tenant = c->actor->tenant_id, .kind = str_c(kind),
				 .run_at = run_at, .priority = 10 };
	struct id job;

	json_put(payload, key, json_str(id));
	r.payload = app_json_text(c->arena, payload);
	return job_enqueue(c->db, &r, c->now, &job, NULL, e);
}

int app_notify_raise(struct app_call *c, const char *event, enum severity severity,
		     struct str site, const json_t *payload, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_notice n = { .id = arena_str(c->arena, id_str(&id)),
				  .tenant = c->actor->tenant_id, .event = str_c(event),
				  .site = site, .payload = app_json_text(c->arena, payload),
				  .severity = severity, .created = c->now };

	if (store_notice_insert(c->db, &n, e) < 0)
		return -1;
	return enqueue(c, "notify", "notice_id", n.id, 0, e);
}

/* ---- notice -> deliveries ---- */

static bool listed(const json_t *list, struct str value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_eq(str_c(json_string_value(json_array_get(list, i))), value))
			return true;
	return false;
}

static bool rule_wants(const json_t *rule, const struct store_notice *n)
{
	const struct app_notify_event *ev = app_notify_event_find(n->event);
	const json_t *sites = json_object_get(rule, "site_ids");
	enum severity least;

	if (!listed(json_object_get(rule, "events"), n->event))
		return false;
	if (n->site.len && json_array_size(sites) && !listed(sites, n->site))
		return false;
	return !ev || !ev->by_level ||
	       severity_parse(json_get_str(rule, "min_severity"), &least) < 0 ||
	       (enum severity)n->severity >= least;
}

/* When quiet hours are on now: their end; else 0. */
static int64_t quiet_until(const json_t *rule, int64_t now)
{
	const json_t *quiet = json_object_get(rule, "quiet");
	_cleanup_json_ json_t *o = NULL;
	json_t *list, *w;
	struct job_windows hours;

	if (!json_is_object(quiet))
		return 0;
	o = json_object();
	list = json_array();
	w = json_object();
	json_put(w, "from", json_str(json_get_str(quiet, "from")));
	json_put(w, "to", json_str(json_get_str(quiet, "to")));
	json_array_append_new(list, w);
	json_put(o, "windows", list);
	if (json_get_str(quiet, "timezone").len)
		json_put(o, "timezone", json_str(json_get_str(quiet, "timezone")));
	if (job_windows_parse(o, &hours, NULL) < 0 || !job_windows_open(&hours, now))
		return 0;
	return job_windows_next_close(&hours, now);
}

struct spread {
	struct app_call *c;
	struct store_notice notice;
	bool failed;
	struct error *e;
};

static int deliver_to(struct spread *s, struct str channel, int64_t not_before)
{
	struct app_call *c = s->c;
	struct id id = id_new(c->now);
	struct store_channel ch;
	struct store_delivery d;
	int r = store_channel_get(c->db, s->notice.tenant, channel, c->arena, &ch, s->e);

	if (r <= 0 || !ch.enabled)
		return r < 0 ? -1 : 0;
	d = (struct store_delivery){ .id = arena_str(c->arena, id_str(&id)),
				     .tenant = s->notice.tenant, .channel = ch.id,
				     .channel_name = ch.name, .notice = s->notice.id,
				     .event = s->notice.event, .state = STR("queued"),
				     .not_before = not_before, .created = c->now };
	r = store_delivery_insert(c->db, &d, s->e);
	if (r <= 0)
		return r;
	return enqueue(c, "deliver", "delivery_id", d.id, not_before, s->e);
}

static void apply_rule(const struct store_rule *row, void *user)
{
	struct spread *s = user;
	_cleanup_json_ json_t *rule = app_text_json(row->rule);
	const json_t *channels = json_object_get(rule, "channel_ids");
	int64_t not_before;

	if (s->failed || !row->enabled || !rule_wants(rule, &s->notice))
		return;
	not_before = quiet_until(rule, s->c->now);
	for (size_t i = 0; i < json_array_size(channels) && !s->failed; i++)
		s->failed = deliver_to(s, str_c(json_string_value(json_array_get(channels, i))),
				       not_before) < 0;
}

static int spread_tx(struct app_call *c, void *arg, struct error *e)
{
	struct spread *s = arg;
	struct store_page page = { .limit = LIMIT_RULES };
	int r = store_notice_set_spread(c->db, s->notice.tenant, s->notice.id, e);

	if (r <= 0)
		return r;
	s->e = e;
	s->failed = false;
	if (store_rule_list(c->db, s->notice.tenant, &page, c->arena, apply_rule, s, e) < 0)
		return -1;
	return s->failed ? -1 : 0;
}

static void job_call(struct job_ctx *ctx, struct app_actor *actor, struct app_call *c)
{
	app_actor_system(actor, APP_VIA_JOB, job_self(ctx)->tenant);
	*c = (struct app_call){ .app = job_app(ctx), .actor = actor, .db = job_conn(ctx),
				.arena = job_arena(ctx), .now = job_now(ctx) };
}

static int notify_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c;
	struct spread s = { .c = &c };
	int r;

	job_call(ctx, &actor, &c);
	r = store_notice_get(c.db, actor.tenant_id, json_get_str(job_payload(ctx), "notice_id"),
			     c.arena, &s.notice, e);
	if (r <= 0)
		return r < 0 ? -1 : JOB_DONE;
	return app_tx(&c, spread_tx, &s, e) < 0 ? -1 : JOB_DONE;
}

const struct job_kind app_job_notify = { .name = "notify", .max_attempts = 20, .run = notify_run };

/* ---- one delivery ---- */

static json_t *delivery_json(const struct store_delivery *d)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(d->id));
	json_put(o, "channel_id", json_str(d->channel));
	json_put(o, "channel_name", json_str(d->channel_name));
	json_put(o, "event", json_str(d->event));
	json_put(o, "state", json_str(d->state));
	json_put(o, "attempts", json_integer(d->attempts));
	json_put(o, "last_error", app_text_json(d->last_error));
	json_put(o, "not_before", json_time(d->not_before));
	json_put(o, "created", json_time(d->created));
	json_put(o, "sent", json_time(d->sent));
	json_put(o, "stable_id", json_str(d->notice));
	return o;
}

/* What the last attempt came to, on the delivery and on its channel. */
static int save_attempt(struct app_call *c, struct store_delivery *d, const struct error *why,
			struct error *e)
{
	_cleanup_json_ json_t *result = json_object();
	_cleanup_json_ json_t *event = NULL;
	_cleanup_json_ json_t *error = why->code[0] ? app_error_json(why) : NULL;

	d->attempts++;
	d->last_error = error ? app_json_text(c->arena, error) : STR_NULL;
	if (!error) {
		d->state = STR("sent");
		d->sent = c->now;
	}
	json_put(result, "time", json_time(c->now));
	json_put(result, "ok", json_boolean(!error));
	json_put(result, "error", error ? json_incref(error) : json_null());
	if (store_delivery_save(c->db, d, e) < 0 ||
	    store_channel_set_result(c->db, d->tenant, d->channel, app_json_text(c->arena, result), e) < 0)
		return -1;
	event = delivery_json(d);
	return app_event(c, "notify", "delivery.changed", event, e);
}

static int give_up(struct error *e, const struct error *why)
{
	*e = *why;
	return JOB_FAILED;
}

static int deliver_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c;
	struct store_delivery d;
	struct store_channel ch;
	struct store_notice n;
	struct error why = { 0 };
	int r;

	job_call(ctx, &actor, &c);
	r = store_delivery_get(c.db, actor.tenant_id, json_get_str(job_payload(ctx), "delivery_id"),
			       c.arena, &d, e);
	if (r <= 0 || !str_eq(d.state, STR("queued")))
		return r < 0 ? -1 : JOB_DONE;
	r = store_channel_get(c.db, d.tenant, d.channel, c.arena, &ch, e);
	if (r < 0)
		return -1;
	if (!r || !ch.enabled) {
		error_set(&why, "channel.gone", "通知渠道已删除或停用", "the channel is gone or switched off");
		return give_up(e, &why);
	}
	r = store_notice_get(c.db, d.tenant, d.notice, c.arena, &n, e);
	if (r <= 0)
		return r < 0 ? -1 : JOB_DONE;
	r = app_send(&c, &ch, &n, &why);
	c.now = job_now(ctx);
	if (save_attempt(&c, &d, &why, e) < 0)
		return -1;
	if (r == 0)
		return JOB_DONE;
	*e = why;
	/* Where we may not go we need not try again. */
	return str_starts(str_c(why.code), STR("policy.")) ? JOB_FAILED : -1;
}

static int deliver_ended(struct store_conn *db, const struct job *job, const struct error *err,
			 int64_t now, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	_cleanup_json_ json_t *error = NULL;
	struct store_delivery d;
	int r = store_delivery_get(db, job->tenant, json_get_str(payload, "delivery_id"), a, &d, e);

	if (r <= 0 || !str_eq(d.state, STR("queued")))
		return r < 0 ? -1 : 0;
	d.state = STR("failed");
	if (err) {
		error = app_error_json(err);
		d.last_error = app_json_text(a, error);
	}
	return store_delivery_save(db, &d, e);
}

const struct job_kind app_job_deliver = {
	.name = "deliver",
	.max_attempts = LIMIT_SEND_ATTEMPTS,
	.run = deliver_run,
	.ended = deliver_ended,
};

/* ---- deliveries as people see them ---- */

static void list_delivery(const struct store_delivery *d, void *user)
{
	json_array_append_new(user, delivery_json(d));
}

int app_delivery_list(struct app_call *c, struct str channel, struct str state,
		      struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_NOTIFY_READ, e) < 0 ||
	    store_delivery_list(c->db, c->actor->tenant_id, channel, state, page, c->arena,
				list_delivery, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

struct retry {
	struct str id;
	struct store_delivery d;
};

static int retry_tx(struct app_call *c, void *arg, struct error *e)
{
	struct retry *k = arg;
	int r = store_delivery_get(c->db, c->actor->tenant_id, k->id, c->arena, &k->d, e);

	if (r <= 0)
		return r < 0 ? -1 : app_missing(e, "delivery", "投递", "delivery");
	if (!str_eq(k->d.state, STR("failed")))
		return error_set(e, "delivery.state", "只有失败的投递可以重试", "only failed deliveries can be retried");
	k->d.state = STR("queued");
	k->d.not_before = 0;
	if (store_delivery_save(c->db, &k->d, e) < 0 ||
	    enqueue(c, "deliver", "delivery_id", k->d.id, 0, e) < 0)
		return -1;
	return app_audit(c, "delivery.retry", "delivery", k->d.id, k->d.channel_name, NULL, e);
}

int app_delivery_retry(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct retry k = { .id = id };

	if (app_require(c, PERM_NOTIFY_WRITE, e) < 0 || app_tx(c, retry_tx, &k, e) < 0)
		return -1;
	*ret = delivery_json(&k.d);
	return 0;
}

/* ---- test ---- */

int app_channel_test(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct id notice = id_new(c->now), delivery = id_new(c->now);
	struct store_channel ch;
	struct store_notice n = { .id = arena_str(c->arena, id_str(&notice)),
				  .tenant = c->actor->tenant_id, .event = STR("test"),
				  .payload = STR("{}"), .created = c->now, .spread = true };
	struct store_delivery d;
	struct error why = { 0 };
	int r;

	if (app_require(c, PERM_NOTIFY_WRITE, e) < 0)
		return -1;
	r = store_channel_get(c->db, c->actor->tenant_id, id, c->arena, &ch, e);
	if (r <= 0)
		return r < 0 ? -1 : app_missing(e, "channel", "通知渠道", "channel");
	d = (struct store_delivery){ .id = arena_str(c->arena, id_str(&delivery)),
				     .tenant = ch.tenant, .channel = ch.id,
				     .channel_name = ch.name, .notice = n.id, .event = n.event,
				     .state = STR("failed"), .created = c->now };
	if (store_notice_insert(c->db, &n, e) < 0 || store_delivery_insert(c->db, &d, e) < 0)
		return -1;
	app_send(c, &ch, &n, &why);
	if (save_attempt(c, &d, &why, e) < 0 ||
	    app_audit(c, "channel.test", "channel", ch.id, ch.name, NULL, e) < 0)
		return -1;
	*ret = delivery_json(&d);
	return 0;
}
