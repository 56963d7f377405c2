/* The work of a text task: reads its blob, checks text after text by the tenant's lexicons and
 * policies, and writes results with the numbers of the task in one transaction, so that a worker
 * that dies loses nothing and counts nothing twice. */
#include "app/text.h"
#include "app/textserve.h"
#include "app/texttask.h"
#include "app/view.h"
#include "base/limits.h"
#include "store/blob.h"

#define PART 100

struct part {
	struct job_ctx *ctx;
	struct store_text_task task; /* as it will be after this part */
	struct store_text_item items[PART];
	size_t n;
	enum comply_action queue; /* from this on into the review queue; PASS: none */
};

static int to_queue(struct app_call *c, const struct part *p, const struct store_text_item *i, struct error *e)
{
	struct id id = id_new(c->now);
	const struct store_text row = {
		.id = id_str(&id), .tenant = p->task.tenant, .source = STR("task"), .account_id = p->task.account_id,
		.account_name = p->task.account_name, .task = p->task.id, .scene = p->task.scene,
		.policy = p->task.policy, .suggestion = i->suggestion, .label = i->label, .sub_label = i->sub_label,
		.text = i->text, .result = i->result, .score = i->score, .chars = i->chars, .merged = i->merged,
		.created = c->now };
	bool block = str_eq(i->suggestion, STR("block")), pass = str_eq(i->suggestion, STR("pass"));

	if (pass || p->queue == COMPLY_PASS || (p->queue == COMPLY_BLOCK && !block))
		return 0;
	return text_row_write(c->db, &row, true, e);
}

static int save_tx(struct app_call *c, void *arg, struct error *e)
{
	struct part *p = arg;

	if (job_fence(p->ctx, e) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (store_text_item_insert(c->db, &p->items[i], e) < 0 || to_queue(c, p, &p->items[i], e) < 0)
			return -1;
	return store_text_task_save(c->db, &p->task, e);
}

/* Positions of a piece counted from the start of the whole text. */
static void shift(json_t *doc, struct str ref)
{
	struct str cp, rest = ref;
	int64_t by_cp = 0, by_utf16 = 0;
	size_t i;
	json_t *h;

	if (!str_split(&rest, ':', &cp) || str_to_i64(cp, &by_cp) < 0 || str_to_i64(rest, &by_utf16) < 0)
		return;
	json_array_foreach(json_object_get(doc, "hits"), i, h) {
		json_put(h, "start", json_integer(json_get_int(h, "start", 0) + by_cp));
		json_put(h, "end", json_integer(json_get_int(h, "end", 0) + by_cp));
		json_put(h, "start_utf16", json_integer(json_get_int(h, "start_utf16", 0) + by_utf16));
		json_put(h, "end_utf16", json_integer(json_get_int(h, "end_utf16", 0) + by_utf16));
	}
	json_put(doc, "offset", json_integer(by_cp));
}

struct work {
	const struct comply *engine;
	const struct text_tenant *t;
	struct comply_options o;
};

static int check_one(struct app_call *c, const struct work *w, struct part *p, struct str ref, struct str text,
		     struct error *e)
{
	struct store_text_item *i = &p->items[p->n];
	_cleanup_json_ json_t *doc = NULL;
	struct comply_result r;

	if (comply_check(w->engine, text, &w->o, c->arena, &r, e) < 0)
		return -1;
	doc = comply_result_json(&r);
	if (p->task.whole)
		shift(doc, ref);
	app_text_count(c->app, &(struct text_note){ p->task.tenant, STR("task"), p->task.scene, &r, c->now });
	*i = (struct store_text_item){ .task = p->task.id, .ref = arena_str(c->arena, ref), .n = p->task.done,
				       .suggestion = str_c(comply_action_name(r.suggestion)),
				       .text = arena_str(c->arena, text), .result = app_json_text(c->arena, doc),
				       .score = (int64_t)(r.score * 10000 + .5), .chars = (int64_t)r.chars,
				       .merged = (int64_t)r.merged_count };
	if (r.labels_len) {
		i->label = r.labels[0].label;
		i->sub_label = r.labels[0].sub_label;
	}
	p->n++;
	p->task.done++;
	p->task.chars += (int64_t)r.chars;
	p->task.passed += r.suggestion == COMPLY_PASS;
	p->task.review += r.suggestion == COMPLY_REVIEW;
	p->task.block += r.suggestion == COMPLY_BLOCK;
	return 0;
}

static int open_work(struct app_call *c, const struct store_text_task *task, struct work *w, struct error *e)
{
	const struct app_text_way way = { .scene = task->scene, .policy = task->policy, .person = task->account_id };

	if (app_texts_engine(c->app, &w->engine, e) < 0 || app_text_tenant(c, &w->t, e) < 0)
		return -1;
	if (app_text_options(c, w->t, &way, &w->o, e) == 0)
		return 0;
	app_text_tenant_put(c->app, w->t);
	return -1;
}

/* At most PART texts; lexicons and policies are those of now. 1: more to do. */
static int run_part(struct app_call *c, struct part *p, struct reader *in, struct error *e)
{
	struct work w = { 0 };
	struct str ref, text = STR_NULL;
	size_t bytes = 0;
	int r;

	if (open_work(c, &p->task, &w, e) < 0)
		return -1;
	p->queue = w.t->settings.queue;
	p->n = 0;
	r = 0;
	while (r == 0 && p->n < PART && bytes < MIB && p->task.done < p->task.total) {
		if (reader_blob(in, &ref) < 0 || reader_blob(in, &text) < 0)
			r = error_set(e, "text.task-broken", "任务的文本不完整", "the task's texts are incomplete");
		else
			r = check_one(c, &w, p, ref, text, e);
		bytes += text.len;
	}
	app_text_tenant_put(c->app, w.t);
	if (r < 0)
		return -1;
	if (p->task.done == p->task.total) {
		p->task.state = STR("done");
		p->task.finished = c->now;
	}
	if (app_tx(c, save_tx, p, e) < 0)
		return -1;
	return p->task.done < p->task.total;
}

static int skip(struct reader *in, int64_t n, struct error *e)
{
	struct str s;

	for (int64_t i = 0; i < n; i++)
		if (reader_blob(in, &s) < 0 || reader_blob(in, &s) < 0)
			return error_set(e, "text.task-broken", "任务的文本不完整", "the task's texts are incomplete");
	return 0;
}

static int run_all(struct job_ctx *ctx, struct app_call *c, struct part *p, struct reader *in, struct error *e)
{
	int more = 1;

	while (more > 0) {
		_cleanup_arena_ struct arena *a = arena_new(256 * MIB);
		struct app_call own = *c;

		if (job_should_stop(ctx) != JOB_GO)
			return JOB_STOPPED;
		own.arena = a;
		own.now = job_now(ctx);
		more = run_part(&own, p, in, e);
		/* What the arena held is written; the task's texts are the longer-lived ones. */
		if (more < 0 || app_texts_flush(c->app, c->db, e) < 0)
			return -1;
		job_progress(ctx, (int)(p->task.done * 10000 / (p->task.total ? p->task.total : 1)), STR("检测文本"),
			     STR("checking texts"), -1);
	}
	return JOB_DONE;
}

static int text_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c = { .app = job_app(ctx), .actor = &actor, .db = job_conn(ctx), .arena = job_arena(ctx),
			      .now = job_now(ctx) };
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_BLOB);
	struct part *p = arena_new_of(c.arena, struct part);
	struct reader in;
	int found;

	app_actor_system(&actor, APP_VIA_JOB, job_self(ctx)->tenant);
	found = store_text_task_get(c.db, actor.tenant_id, json_get_str(job_payload(ctx), "task_id"), c.arena,
				    &p->task, e);
	if (found <= 0 || !p->task.blob.len)
		return found < 0 ? -1 : JOB_DONE;
	p->ctx = ctx;
	p->task.state = STR("running");
	if (store_blob_get(c.db, p->task.tenant, p->task.blob, &bytes, e) < 0)
		return error_is(e, "blob.missing") ? JOB_FAILED : -1;
	in = reader_of(buf_view(&bytes));
	if (skip(&in, p->task.done, e) < 0)
		return JOB_FAILED;
	return run_all(ctx, &c, p, &in, e);
}

/* However it ended, the input goes and the row says so. */
static int text_ended(struct store_conn *db, const struct job *job, const struct error *err, int64_t now,
		      struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	struct store_text_task v;
	int found = store_text_task_get(db, job->tenant, json_get_str(payload, "task_id"), a, &v, e);

	if (found <= 0)
		return found;
	if (v.blob.len && store_blob_delete(db, v.tenant, v.blob, e) < 0)
		return -1;
	v.blob = STR("");
	if (!v.finished) {
		_cleanup_json_ json_t *o = err ? app_error_json(err) : NULL;

		v.state = err ? STR("failed") : STR("cancelled");
		v.error = o ? app_json_text(a, o) : STR("");
		v.finished = now;
	}
	return store_text_task_save(db, &v, e);
}

const struct job_kind app_job_text = {
	.name = "text-check",
	.long_running = true,
	.max_attempts = 5,
	.run = text_run,
	.ended = text_ended,
};
