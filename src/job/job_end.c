/* What becomes of a job when a start of it is over: because run() returned, or
 * because its worker has died. Either way one transaction, under the lease, writes
 * the new state and calls the kind's ended(). A start that went wrong counts; one
 * that moved the progress number begins the count anew, so long work survives any
 * number of deaths as long as it gets on, and what kills its worker at the same
 * place each time fails with a reason. */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "job/worker_private.h"

#define RETRY_MAX_MS (15 * 60 * 1000)
#define ATTEMPTS 5
#define UNASKED_MS 1000 /* before a job that stopped by itself goes on */

struct ending {
	struct job_worker *worker;
	const struct job_kind *kind;
	const struct job *job;
	int result; /* of run(); negative also for a dead worker */
	bool dead;
	bool quiet; /* ended() has refused: the queue must not hang on it */
	const struct error *err;
	int basis;
	int64_t again_at, window_close;
};

static int max_attempts(const struct ending *x)
{
	if (x->job->max_attempts > 0)
		return x->job->max_attempts;
	return x->kind->max_attempts > 0 ? x->kind->max_attempts : ATTEMPTS;
}

static int64_t back_off(const struct job_worker *w, int fails)
{
	int64_t ms = w->retry_ms;
	uint32_t r;

	for (int i = 1; i < fails && ms < RETRY_MAX_MS; i++)
		ms *= 3;
	if (ms > RETRY_MAX_MS)
		ms = RETRY_MAX_MS;
	random_bytes(&r, sizeof(r));
	return ms * 4 / 5 + (int64_t)(r % 1000) * ms * 2 / 5 / 1000; /* 80 … 120 % */
}

/* Something went wrong: try again, later each time, or give up. */
static void went_wrong(const struct ending *x, struct store_job_end *end)
{
	const struct job *j = x->job;
	bool moved = x->basis > j->progress_at_start;

	end->fails = moved ? 1 : j->fails + 1;
	end->error = x->err;
	if (x->result == JOB_FAILED || end->fails >= max_attempts(x)) {
		end->state = JOB_ENDED_FAILED;
		end->reason = "";
		return;
	}
	end->state = JOB_QUEUED;
	end->reason = x->dead ? "worker-lost" : "retry";
	/* After a death the first new start need not wait: the machine was at fault. */
	end->run_at = end->now + (x->dead && end->fails == 1 ? 0 : back_off(x->worker, end->fails));
}

/* run() stopped in good order: this start does not count. */
static void stopped(const struct ending *x, struct store_job_end *end)
{
	bool window = end->now >= x->window_close;
	struct job_windows w;

	end->state = JOB_QUEUED;
	end->attempts = x->job->attempts - 1;
	end->fails = x->job->fails;
	if (x->result == JOB_LATER) {
		end->reason = "later";
		end->run_at = x->again_at > end->now ? x->again_at : end->now + UNASKED_MS;
	} else if (window && job_windows_parse_text(x->job->windows, &w, NULL) == 0) {
		end->reason = "window";
		end->run_at = job_windows_next_open(&w, end->now);
	} else {
		end->reason = x->worker->stopping ? "shutdown" : "later";
		end->run_at = end->now + (x->worker->stopping ? 0 : UNASKED_MS);
	}
}

static void decide(const struct ending *x, enum store_job_wish want, struct store_job_end *end)
{
	*end = (struct store_job_end){ .id = x->job->id,
				       .lease = x->job->lease,
				       .reason = "",
				       .now = job_worker_now(x->worker),
				       .attempts = x->job->attempts,
				       .progress = x->basis };
	if (x->result == JOB_DONE && !x->dead) {
		end->state = JOB_ENDED_DONE;
		return;
	}
	if (want == STORE_JOB_CANCEL) {
		end->state = JOB_ENDED_CANCELLED;
		return;
	}
	if (x->dead || x->result < 0 || x->result == JOB_FAILED)
		went_wrong(x, end);
	else
		stopped(x, end);
	if (want == STORE_JOB_PAUSE && end->state == JOB_QUEUED) {
		end->state = JOB_PAUSED;
		end->reason = "";
	}
}

/* The kind's own rows; its checkpoints are still there to be read. */
static int tell_kind(struct store_conn *c, const struct ending *x, const struct store_job_end *end,
		     struct error *e)
{
	struct job after = *x->job;

	after.state = end->state;
	after.progress = end->state == JOB_ENDED_DONE ? 10000 : x->basis;
	after.finished = after.updated = end->now;
	after.attempts = end->attempts;
	after.fails = end->fails;
	after.want = after.reason = STR("");
	if (end->error)
		after.error = *end->error;
	return x->kind->ended(c, &after, end->state == JOB_ENDED_FAILED ? end->error : NULL,
			      end->now, e);
}

static int end_tx(struct store_conn *c, void *arg, struct error *e)
{
	const struct ending *x = arg;
	struct store_job_end end;
	enum store_job_wish want;
	int r = store_job_lock(c, x->job->id, x->job->lease, &want, e);

	if (r <= 0)
		return r;
	decide(x, want, &end);
	if (end.state >= JOB_ENDED_DONE && x->kind->ended && !x->quiet &&
	    tell_kind(c, x, &end, e) < 0)
		return -1;
	return store_job_end(c, &end, e);
}

static bool worth_a_wait(const struct error *e)
{
	return error_is(e, "store.busy") || error_is(e, "store.unavailable");
}

/* An ended() that refuses makes the start one that went wrong; one that refuses
 * even the failure is left out. */
static int end_somehow(struct store_conn *c, struct ending *x, struct error *e)
{
	struct error why = { 0 }, first;
	int r = store_tx_locking(c, end_tx, x, &why);

	if (r < 0 && !worth_a_wait(&why) && x->kind->ended) {
		log_event(LOG_ERROR, "job", "job.ended-refused", LOG_STR("job", x->job->id),
			  LOG_STR("kind", x->job->kind), LOG_ERR(&why), LOG_END);
		first = why;
		if (x->result >= 0) {
			x->result = -1;
			x->err = &first;
			r = store_tx_locking(c, end_tx, x, &why);
		}
		if (r < 0 && !worth_a_wait(&why)) {
			x->quiet = true;
			r = store_tx_locking(c, end_tx, x, &why);
		}
	}
	if (r < 0 && e)
		*e = why;
	return r;
}

int job_ctx_settle(struct job_ctx *ctx, int result, const struct error *err, struct error *e)
{
	struct ending x = { .worker = ctx->worker,
			    .kind = ctx->kind,
			    .job = &ctx->job,
			    .result = result,
			    .err = err,
			    .again_at = ctx->again_at,
			    .window_close = ctx->window_close };

	pthread_mutex_lock(&ctx->worker->lock);
	x.basis = ctx->basis;
	pthread_mutex_unlock(&ctx->worker->lock);
	return end_somehow(ctx->conn, &x, e);
}

/* ---- jobs of dead workers ---- */

struct reap {
	struct job_worker *worker;
	struct arena *arena;
	bool quiet;
};

static int reap_tx(struct store_conn *c, void *arg, struct error *e)
{
	const struct reap *r = arg;
	struct job_worker *w = r->worker;
	struct error lost;
	struct job j;
	int n = store_job_expired(c, w->kinds, w->n_kinds, job_worker_now(w), r->arena, &j, 1, e);

	if (n <= 0)
		return n;
	error_set(&lost, "job.worker-lost", "执行此任务的工作进程 %.*s 中断",
		  "the worker %.*s that ran this job has died", STR_ARG(j.worker));
	struct ending x = { .worker = w,
			    .kind = job_worker_kind(w, j.kind),
			    .job = &j,
			    .result = -1,
			    .dead = true,
			    .quiet = r->quiet,
			    .err = &lost,
			    .basis = j.progress,
			    .window_close = INT64_MAX };

	return end_tx(c, &x, e) < 0 ? -1 : 1;
}

int job_worker_reap(struct job_worker *w, struct store_conn *c, struct error *e)
{
	int total = 0;

	for (;;) {
		_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
		struct reap r = { .worker = w, .arena = a };
		struct error why = { 0 };
		int n = store_tx_locking(c, reap_tx, &r, &why);

		if (n < 0 && !worth_a_wait(&why)) {
			log_event(LOG_ERROR, "job", "job.ended-refused", LOG_ERR(&why), LOG_END);
			r.quiet = true;
			n = store_tx_locking(c, reap_tx, &r, &why);
		}
		if (n < 0) {
			if (e)
				*e = why;
			return -1;
		}
		if (!n || ++total >= 100)
			return total;
	}
}
