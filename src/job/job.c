/* The queue as its users see it, and what a running job may ask of its context. */
#include "job/job.h"

#include "base/check.h"
#include "base/json.h"
#include "base/utf8.h"
#include "job/worker_private.h"

/* ---- asking for work ---- */

int job_enqueue(struct store_conn *c, const struct job_request *r, int64_t now, struct id *ret,
		bool *ret_new, struct error *e)
{
	struct job_windows w;
	_cleanup_json_ json_t *payload = NULL;

	if (job_windows_parse_text(r->windows, &w, e) < 0)
		return -1;
	if (!str_empty(r->payload)) {
		payload = json_parse(r->payload, e);
		if (!payload)
			return -1;
		if (!json_is_object(payload))
			return error_field(e, "payload", "job.bad-payload", "任务参数须是 JSON 对象",
					   "a job's payload is a JSON object");
	}
	return store_job_insert(c, r, now, ret, ret_new, e);
}

int job_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
	    struct job *ret, struct error *e)
{
	return store_job_get(c, tenant, id, a, ret, e);
}

int job_list(struct store_conn *c, struct str tenant, struct str kind, struct str state,
	     struct str before, struct arena *a, struct job *ret, int max, struct error *e)
{
	return store_job_list(c, tenant, kind, state, before, a, ret, max, e);
}

int job_pause(struct store_conn *c, struct str tenant, struct str id, int64_t now,
	      struct error *e)
{
	return store_job_wish(c, tenant, id, STORE_JOB_PAUSE, now, e);
}

int job_resume(struct store_conn *c, struct str tenant, struct str id, int64_t now,
	       struct error *e)
{
	return store_job_wish(c, tenant, id, STORE_JOB_RESUME, now, e);
}

int job_cancel(struct store_conn *c, struct str tenant, struct str id, int64_t now,
	       struct error *e)
{
	return store_job_wish(c, tenant, id, STORE_JOB_CANCEL, now, e);
}

int job_prune(struct store_conn *c, int64_t before, struct error *e)
{
	return store_job_prune(c, before, e);
}

/* ---- inside run() ---- */

static const struct job_ctx *checked(const struct job_ctx *ctx)
{
	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	return ctx;
}

const struct job *job_self(const struct job_ctx *ctx)
{
	return &checked(ctx)->job;
}

const json_t *job_payload(const struct job_ctx *ctx)
{
	return checked(ctx)->payload;
}

struct store_conn *job_conn(struct job_ctx *ctx)
{
	return checked(ctx)->conn;
}

struct store *job_store(struct job_ctx *ctx)
{
	return checked(ctx)->worker->config->store;
}

struct arena *job_arena(struct job_ctx *ctx)
{
	return checked(ctx)->arena;
}

const struct clock *job_clock(const struct job_ctx *ctx)
{
	return checked(ctx)->worker->clock;
}

int64_t job_worker_now(const struct job_worker *w)
{
	return clock_wall_ms(w->clock) + w->clock_offset_ms;
}

int64_t job_now(const struct job_ctx *ctx)
{
	return job_worker_now(checked(ctx)->worker);
}

void *job_app(const struct job_ctx *ctx)
{
	return checked(ctx)->worker->config->app;
}

/* ---- checkpoints ---- */

int job_fence(struct job_ctx *ctx, struct error *e)
{
	enum store_job_wish want;
	int r;

	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	check(store_in_tx(ctx->conn));
	r = store_job_lock(ctx->conn, ctx->job.id, ctx->job.lease, &want, e);
	if (r)
		return r < 0 ? -1 : 0;
	ctx->lost = true;
	return error_set(e, "job.lost", "任务已由其他工作进程接手",
			 "another worker has taken the job over");
}

/* The row never knows less of the progress than of the checkpoints: a job whose
 * worker dies often is seen to get on (job_end.c). */
static int save_progress(struct job_ctx *ctx, struct store_conn *c, struct error *e)
{
	int basis;

	pthread_mutex_lock(&ctx->worker->lock);
	basis = ctx->basis;
	pthread_mutex_unlock(&ctx->worker->lock);
	if (basis <= ctx->saved_basis)
		return 0;
	if (store_job_progress(c, ctx->job.id, basis, e) < 0)
		return -1;
	ctx->saved_basis = basis;
	return 0;
}

struct change {
	struct job_ctx *ctx;
	struct str key;
	const struct str *value; /* NULL: delete */
};

static int change_tx(struct store_conn *c, void *arg, struct error *e)
{
	const struct change *ch = arg;
	struct str id = ch->ctx->job.id;

	if (job_fence(ch->ctx, e) < 0 || save_progress(ch->ctx, c, e) < 0)
		return -1;
	if (!ch->value)
		return store_job_checkpoint_delete(c, id, ch->key, e);
	return store_job_checkpoint_set(c, id, ch->key, *ch->value, e);
}

int job_checkpoint_set(struct job_ctx *ctx, struct str key, struct str value, struct error *e)
{
	struct change ch = { ctx, key, &value };

	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	return store_tx_locking(ctx->conn, change_tx, &ch, e);
}

int job_checkpoint_delete(struct job_ctx *ctx, struct str key, struct error *e)
{
	struct change ch = { ctx, key, NULL };

	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	return store_tx_locking(ctx->conn, change_tx, &ch, e);
}

int job_checkpoint_get(struct job_ctx *ctx, struct str key, struct buf *out, struct error *e)
{
	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	return store_job_checkpoint_get(ctx->conn, ctx->job.id, key, out, e);
}

/* ---- progress, stopping ---- */

static void copy_text(char out[256], struct str s)
{
	s = utf8_truncate(s, 255);
	snprintf(out, 256, "%.*s", STR_ARG(s));
}

void job_progress(struct job_ctx *ctx, int basis, struct str doing, struct str doing_en,
		  int64_t remaining_ms)
{
	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	pthread_mutex_lock(&ctx->worker->lock);
	if (basis > 9999)
		basis = 9999;
	if (basis > ctx->basis)
		ctx->basis = basis;
	copy_text(ctx->doing, doing);
	copy_text(ctx->doing_en, doing_en);
	ctx->remaining_ms = remaining_ms < 0 ? -1 : remaining_ms;
	ctx->dirty = true;
	pthread_mutex_unlock(&ctx->worker->lock);
}

int job_progress_now(struct job_ctx *ctx, int basis, struct str doing, struct str doing_en, struct error *e)
{
	char zh[256], en[256];
	enum store_job_wish want;

	copy_text(zh, doing);
	copy_text(en, doing_en);
	job_progress(ctx, basis, str_c(zh), str_c(en), -1);
	struct store_job_beat b = { .id = ctx->job.id, .lease = ctx->job.lease, .now = job_now(ctx),
				    .lease_until = job_now(ctx) + ctx->worker->lease_ms, .report = true,
				    .progress = basis, .doing = str_c(zh), .doing_en = str_c(en), .remaining_ms = -1 };
	int r = store_job_beat(job_conn(ctx), &b, &want, e);

	if (r)
		return r < 0 ? -1 : 0;
	ctx->lost = true;
	return error_set(e, "job.lost", "任务已由其他工作进程接手",
			 "another worker has taken the job over");
}

enum job_stop job_should_stop(struct job_ctx *ctx)
{
	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	if (ctx->lost || ctx->want == STORE_JOB_CANCEL)
		return JOB_CANCEL;
	if (ctx->worker->stopping)
		return JOB_SHUTDOWN;
	if (ctx->want == STORE_JOB_PAUSE || job_now(ctx) >= ctx->window_close)
		return JOB_PAUSE;
	return JOB_GO;
}

enum job_stop job_sleep(struct job_ctx *ctx, int64_t ms)
{
	struct job_worker *w = ctx->worker;
	int64_t end = clock_mono_ms(w->clock) + ms, left;
	enum job_stop s;

	while ((s = job_should_stop(ctx)) == JOB_GO &&
	       (left = end - clock_mono_ms(w->clock)) > 0)
		w->clock->sleep_ms(w->clock, left < 50 ? left : 50);
	return s;
}

void job_again_at(struct job_ctx *ctx, int64_t at_ms)
{
	CHECK_OBJ(ctx, JOB_CTX_MAGIC);
	ctx->again_at = at_ms;
}
