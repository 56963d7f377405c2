/* Rows of the durable queue: all its SQL. The rules (what a result means, when to
 * try again) are in src/job; callers above use job/job.h. Times are ms UTC. */
#ifndef STORE_JOB_ROW_H
#define STORE_JOB_ROW_H
#include "base/arena.h"
#include "store/store.h"

#define STORE_JOB_CHANNEL "job"

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_PAUSED, JOB_ENDED_DONE, JOB_ENDED_FAILED,
		 JOB_ENDED_CANCELLED };
/* "queued" … "cancelled" as in the API. */
const char *job_state_name(enum job_state s);

struct job_request {
	struct str tenant;	 /* "" for work of the platform */
	struct str kind;
	struct str payload;	 /* JSON object, ≤ 64 KiB; "" for {} */
	int priority;		 /* −100 … 100, higher first; default 0 */
	int64_t run_at;		 /* 0: now */
	struct str dedupe_key;	 /* not empty: while a job of this tenant and key has not ended,
				  * asking again gives that one */
	struct str serial_key;	 /* not empty: one running at a time per tenant and key */
	struct str windows;	 /* JSON as in job/schedule.h; outside it is told to pause and goes
				  * on by itself at the next opening; "" for always */
	int max_attempts;	 /* 0: the kind's */
};

/* A snapshot; texts live in the arena. */
struct job {
	struct str id, tenant, kind, payload, serial_key, dedupe_key, windows;
	enum job_state state;
	struct str want;   /* what a running job was asked to do: "", "pause", "cancel" */
	struct str reason; /* why it waits: "", "retry", "window", "later", "worker-lost",
			    * "shutdown" */
	int priority, max_attempts;
	int attempts;	      /* starts so far */
	int fails;	      /* starts in a row that went wrong without progress */
	int progress;	      /* basis points, 0 … 10000; 10000 if and only if done */
	int progress_at_start; /* of the latest start */
	int64_t remaining_ms; /* estimate, −1 when unknown */
	struct str doing, doing_en;
	int64_t created, started, finished, run_at, updated; /* ms, 0 when not yet */
	struct str worker, lease; /* who runs it, and the token that proves it */
	int64_t lease_until;
	struct error error; /* of the last attempt; code "" when none */
};

int store_job_insert(struct store_conn *c, const struct job_request *r, int64_t now,
		     struct id *ret, bool *ret_new, struct error *e);
int store_job_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		  struct job *ret, struct error *e);
int store_job_list(struct store_conn *c, struct str tenant, struct str kind, struct str state,
		   struct str before, struct arena *a, struct job *ret, int max,
		   struct error *e);
enum store_job_wish { STORE_JOB_PAUSE, STORE_JOB_RESUME, STORE_JOB_CANCEL };
/* The state after it, or negative. */
int store_job_wish(struct store_conn *c, struct str tenant, struct str id,
		   enum store_job_wish wish, int64_t now, struct error *e);
int store_job_prune(struct store_conn *c, int64_t before, struct error *e);

/* Locks the job of these kinds whose turn it is, within a transaction: higher
 * priority first, where each job that a tenant has running counts 10 against it;
 * then the tenant served longest ago; then the oldest. 1, 0 (none due), negative. */
int store_job_due(struct store_conn *c, const struct str *kinds, size_t n, int64_t now,
		  struct arena *a, struct job *ret, struct error *e);
struct store_job_start {
	struct str worker, lease;
	int64_t now, lease_until;
};
/* Makes that job running under the lease and updates *job. store.unique when
 * another with its serial_key has just started. */
int store_job_start(struct store_conn *c, struct job *job, const struct store_job_start *s,
		    struct error *e);

struct store_job_beat {
	struct str id, lease;
	int64_t now, lease_until;
	bool report; /* the fields below are news */
	int progress;
	struct str doing, doing_en;
	int64_t remaining_ms;
};
/* Renews the lease and reports progress. 1 and what the job was asked to do, 0 when
 * the lease is another's, negative. */
int store_job_beat(struct store_conn *c, const struct store_job_beat *b,
		   enum store_job_wish *ret_want /* RESUME: nothing */, struct error *e);

/* How a start ended. In a transaction; the row is changed only under its lease. */
struct store_job_end {
	struct str id, lease;
	enum job_state state;
	const char *reason;
	int64_t now, run_at; /* run_at when state is JOB_QUEUED */
	int attempts, fails; /* as they are to be */
	int progress;
	const struct error *error; /* NULL: none */
};
/* 1, or 0 when the lease is another's. */
int store_job_end(struct store_conn *c, const struct store_job_end *end, struct error *e);
/* Locks up to `max` running jobs of these kinds whose lease has run out. */
int store_job_expired(struct store_conn *c, const struct str *kinds, size_t n, int64_t now,
		      struct arena *a, struct job *ret, int max, struct error *e);
/* Ends the leases of workers called NAME:anything; their jobs are then expired. */
int store_job_let_go(struct store_conn *c, struct str name, struct error *e);
/* Moves a queued job that may not start now: its windows are closed. */
int store_job_postpone(struct store_conn *c, struct str id, int64_t run_at, const char *reason,
		       int64_t now, struct error *e);
/* Locks the row within the transaction: 1 and what the job was asked to do while the
 * lease is ours, else 0. */
int store_job_lock(struct store_conn *c, struct str id, struct str lease,
		   enum store_job_wish *ret_want, struct error *e);
/* Leases of this worker whose job was asked for something, and those alone. */
int store_job_wants(struct store_conn *c, struct str worker,
		    void (*fn)(void *arg, struct str lease, enum store_job_wish want), void *arg,
		    struct error *e);
/* The earliest run_at of queued jobs of these kinds: 1, 0 none, negative. */
int store_job_next_due(struct store_conn *c, const struct str *kinds, size_t n, int64_t *ret,
		       struct error *e);

/* Raises the progress number of a row that this transaction has locked. */
int store_job_progress(struct store_conn *c, struct str id, int progress, struct error *e);
int store_job_checkpoint_set(struct store_conn *c, struct str id, struct str key,
			     struct str value, struct error *e);
int store_job_checkpoint_get(struct store_conn *c, struct str id, struct str key,
			     struct buf *out, struct error *e);
int store_job_checkpoint_delete(struct store_conn *c, struct str id, struct str key,
				struct error *e);
#endif
