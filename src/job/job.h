/* Work that outlives a request: a durable queue, the workers that serve it, and
 * schedules that feed it (schedule.h). Kinds are plugged in from src/app by one
 * table. Nothing is lost: a job is queued, running under a lease, paused, or ended
 * with a reason; a worker that dies is found by its lease running out, and the job
 * goes on from its checkpoint. */
#ifndef JOB_JOB_H
#define JOB_JOB_H
#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "store/job_row.h" /* struct job, struct job_request, enum job_state */
#include "store/store.h"

struct job_ctx;

/* What run() returns. Negative with *e filled: try again later with growing
 * pauses until max_attempts, then failed with that error. */
enum job_result {
	JOB_DONE = 0,
	JOB_STOPPED = 1, /* obeyed job_should_stop(); the checkpoint is complete */
	JOB_FAILED = 2,	 /* *e filled: failed for good, trying again is useless */
	JOB_LATER = 3,	 /* not yet: run again at job_again_at(), not counted as an attempt */
};

struct job_kind {
	const char *name;
	bool long_running; /* minutes or hours: never fills the slots kept for short ones */
	/* 0: 5. Starts in a row that ended by an error or a dead worker without the
	 * progress number having moved; then the job has failed. */
	int max_attempts;
	int (*run)(struct job_ctx *ctx, struct error *e);
	/* Optional: called by a worker in the transaction that ends the job for good
	 * (done, failed or cancelled, also after a dead worker's last attempt), so that
	 * the rows of the kind follow the job's; store_job_checkpoint_get() still works.
	 * err is NULL unless failed. Not called
	 * when job_cancel() ends a job that was not running: its caller, in the same
	 * transaction, sees the state and does what is needed. It may run again when the
	 * transaction is repeated. */
	int (*ended)(struct store_conn *c, const struct job *job, const struct error *err,
		     int64_t now, struct error *e);
};

/* ---- asking for work (API, schedules, other jobs) ---- */

/* May be part of a transaction. *ret_new (may be NULL) is false when dedupe_key
 * found an old one. */
int job_enqueue(struct store_conn *c, const struct job_request *r, int64_t now, struct id *ret,
		bool *ret_new, struct error *e);

/* "job.missing" unless the tenant has it. */
int job_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
	    struct job *ret, struct error *e);
/* Newest first; kind and state may be empty; before: id to go on from, or empty.
 * tenant empty: every tenant (platform administrator). Returns the number put into
 * ret[0..max) or negative. */
int job_list(struct store_conn *c, struct str tenant, struct str kind, struct str state,
	     struct str before, struct arena *a, struct job *ret, int max, struct error *e);

/* Pause: a queued job becomes paused at once, a running one is told and becomes
 * paused when it has stopped. Resume: paused → queued, and takes back a pause not
 * yet obeyed. Cancel: likewise, ends in cancelled. Returns the state after the call
 * (enum job_state: JOB_RUNNING means "told"), or negative: "job.missing", or
 * "job.state" when the job has ended; asking twice is fine. May be part of a
 * transaction. */
int job_pause(struct store_conn *c, struct str tenant, struct str id, int64_t now,
	      struct error *e);
int job_resume(struct store_conn *c, struct str tenant, struct str id, int64_t now,
	       struct error *e);
int job_cancel(struct store_conn *c, struct str tenant, struct str id, int64_t now,
	       struct error *e);
/* Removes ended jobs (and their checkpoints) finished before that time. */
int job_prune(struct store_conn *c, int64_t before, struct error *e);

/* ---- inside run() ---- */

const struct job *job_self(const struct job_ctx *ctx);
/* Parsed payload, owned by the context. Never NULL. */
const json_t *job_payload(const struct job_ctx *ctx);
struct store_conn *job_conn(struct job_ctx *ctx); /* this job's own, not in a transaction */
struct store *job_store(struct job_ctx *ctx);
struct arena *job_arena(struct job_ctx *ctx); /* freed when run() returns */
const struct clock *job_clock(const struct job_ctx *ctx);
int64_t job_now(const struct job_ctx *ctx); /* ms, corrected to the database's clock */
void *job_app(const struct job_ctx *ctx); /* what the worker's configuration carried */

/* Checkpoints: any number of keys (≤ 128 bytes) with bytes (≤ 16 MiB), kept over
 * pauses, retries and deaths, gone when the job ends. A write fails with "job.lost"
 * when the lease has gone to another worker: return at once. Inside a transaction
 * on job_conn() they commit with the work they describe. get: 1, 0 (absent), −1. */
int job_checkpoint_set(struct job_ctx *ctx, struct str key, struct str value, struct error *e);
int job_checkpoint_get(struct job_ctx *ctx, struct str key, struct buf *out, struct error *e);
int job_checkpoint_delete(struct job_ctx *ctx, struct str key, struct error *e);
/* Makes sure within the caller's transaction that the lease is still ours (locks
 * the job's row): call it first in a transaction whose work must count once. */
int job_fence(struct job_ctx *ctx, struct error *e);

/* basis: 0 … 10000 of the work; shown as 0.00 … 99.99 until done, never goes back.
 * remaining_ms: −1 unknown. No database here: the worker writes it once a second
 * and when the job stops. Any thread, as often as one likes. */
void job_progress(struct job_ctx *ctx, int basis, struct str doing, struct str doing_en,
		  int64_t remaining_ms);

/* The same, written to the row before it returns: for last words that people read afterwards.
 * Fails with "job.lost" when the lease has gone. */
int job_progress_now(struct job_ctx *ctx, int basis, struct str doing, struct str doing_en, struct error *e);

enum job_stop { JOB_GO, JOB_PAUSE, JOB_CANCEL, JOB_SHUTDOWN };
/* Cheap (no database); any thread. Not GO: save the checkpoint, return JOB_STOPPED
 * within some seconds. JOB_CANCEL also when the lease was lost. */
enum job_stop job_should_stop(struct job_ctx *ctx);
/* Sleeps, ended early by a stop. Returns job_should_stop(). */
enum job_stop job_sleep(struct job_ctx *ctx, int64_t ms);
/* Before returning JOB_LATER. */
void job_again_at(struct job_ctx *ctx, int64_t at_ms);

/* ---- workers ---- */

struct job_worker_config {
	struct store *store;
	const struct clock *clock; /* NULL: clock_system */
	const struct job_kind *const *kinds; /* NULL-terminated; only these are claimed */
	void *app;
	unsigned slots;		/* threads, 1 … 64; 0: 4 */
	unsigned short_slots;	/* of them kept for short kinds; 0: 1 (when slots > 1) */
	int64_t lease_ms;	/* 0: 30,000. Renewed at a third of it */
	int64_t poll_ms;	/* 0: 1,000. Longest wait between looks at the queue */
	int64_t retry_ms;	/* 0: 5,000. First pause after an error, tripled each time to 15 min */
	bool scheduler;		/* also turns due schedules into jobs */
	struct str name;	/* of this worker in job rows; "" for host:pid */
	bool sole;		/* no other process has this name now: what an earlier one of it
				 * left running is dead and need not wait for its lease. Were it
				 * alive after all, its work would be refused (job.lost) */
};

/* Serves the queue until *stop is true. Blocks; call it on a thread of its own or
 * as a worker's main(). At the end running jobs are told JOB_SHUTDOWN and go back
 * to queued with their checkpoints; it waits for them (a supervisor kills what does
 * not obey, and then the lease runs out). Negative when the store could not be used
 * at the start; later trouble is logged and waited out. */
int job_worker_run(const struct job_worker_config *config, const volatile bool *stop,
		   struct error *e);
/* Claims and runs one due job in the calling thread: for tests and one-shot
 * commands. 1 ran one, 0 nothing to do, negative on error. */
int job_run_one(const struct job_worker_config *config, struct error *e);
#endif
