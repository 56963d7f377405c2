/* Inside the room: a worker and the job that one of its slots runs. */
#ifndef JOB_WORKER_PRIVATE_H
#define JOB_WORKER_PRIVATE_H
#include <pthread.h>
#include <stdatomic.h>

#include "job/job.h"
#include "job/schedule.h"

#define JOB_WORKER_MAGIC 0x5a570020u
#define JOB_CTX_MAGIC 0x5a570021u
#define JOB_SLOTS_MAX 64

struct job_worker {
	unsigned magic;
	const struct job_worker_config *config;
	const struct clock *clock;
	char name[120];
	struct str kinds[64], short_kinds[64]; /* all that are served; the short ones */
	size_t n_kinds, n_short;
	unsigned slots, short_slots;
	int64_t lease_ms, poll_ms, retry_ms;

	_Atomic int64_t clock_offset_ms; /* database's clock minus ours */
	atomic_bool stopping;		 /* told to: no new jobs, running ones to stop */
	atomic_bool over;		 /* every slot has ended */

	pthread_mutex_t lock; /* everything below */
	pthread_cond_t news;  /* something may be due, or told to stop */
	uint64_t generation;  /* of news */
	struct job_ctx *running[JOB_SLOTS_MAX];
	unsigned live_slots;
};

struct job_ctx {
	unsigned magic;
	struct job_worker *worker;
	const struct job_kind *kind;
	struct job job;
	json_t *payload;
	struct arena *arena;
	struct store_conn *conn;
	int64_t again_at;
	int saved_basis; /* of the job's own thread: progress last put into the row */

	_Atomic int want; /* enum store_job_wish */
	atomic_bool lost; /* the lease is another's */
	int64_t window_close; /* ms, INT64_MAX: none */

	/* Under worker->lock: what the job says of itself, and what the row knows. */
	bool dirty;
	int basis;
	char doing[256], doing_en[256];
	int64_t remaining_ms;
	int64_t beaten_ms, reported_ms; /* monotonic */
};

int64_t job_worker_now(const struct job_worker *w);
/* job_end.c: after run() returned, and for jobs whose worker died. */
int job_ctx_settle(struct job_ctx *ctx, int result, const struct error *err, struct error *e);
/* Number of jobs taken from dead workers, or negative. */
int job_worker_reap(struct job_worker *w, struct store_conn *c, struct error *e);
const struct job_kind *job_worker_kind(const struct job_worker *w, struct str name);

#endif
