/* A queue on a database with a clock of its own, and kinds of work that say what they did: for the
 * tests of the queue and of its schedules. Include it last: it declares `e`. */
#ifndef JOB_TEST_BENCH_H
#define JOB_TEST_BENCH_H
#include <pthread.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "base/mem.h"
#include "job/job.h"
#include "job/schedule.h"
#include "store/event.h"
#include "store/test_db.h"

static struct error e;

/* What the kinds below do and remember. */
struct app {
	struct test_db *db;
	pthread_mutex_t lock;
	char log[2000]; /* payload names in order of run */
	int runs, ended, at_once, most_at_once;
	int result;	      /* of "scripted" */
	int64_t again_at;
	int ended_states[6];
	bool release; /* long jobs may finish */
	enum job_stop seen;
	int64_t stall_ms;
	const struct job_worker_config *rival;
};

static inline void note(struct app *a, struct job_ctx *ctx)
{
	struct str name = str_c(json_string_value(json_object_get(job_payload(ctx), "n")));
	size_t at;

	pthread_mutex_lock(&a->lock);
	at = strlen(a->log);
	snprintf(a->log + at, sizeof(a->log) - at, "%.*s ", STR_ARG(name));
	a->runs++;
	if (++a->at_once > a->most_at_once)
		a->most_at_once = a->at_once;
	pthread_mutex_unlock(&a->lock);
}

static inline void note_end(struct app *a)
{
	pthread_mutex_lock(&a->lock);
	a->at_once--;
	pthread_mutex_unlock(&a->lock);
}

static inline int run_note(struct job_ctx *ctx, struct error *err)
{
	struct app *a = job_app(ctx);

	(void)err;
	note(a, ctx);
	if (a->stall_ms)
		job_sleep(ctx, a->stall_ms);
	note_end(a);
	return JOB_DONE;
}

static inline int run_scripted(struct job_ctx *ctx, struct error *err)
{
	struct app *a = job_app(ctx);

	note(a, ctx);
	note_end(a);
	if (a->result < 0 || a->result == JOB_FAILED)
		error_set(err, "test.broken", "坏了", "broken");
	job_again_at(ctx, a->again_at);
	return a->result;
}

/* Counts to 10 in checkpoints; waits at 5 for a stop or a release. */
static inline int run_steps(struct job_ctx *ctx, struct error *err)
{
	struct app *a = job_app(ctx);
	_cleanup_buf_ struct buf b = BUF_INIT(100);
	int64_t n = 0;

	note(a, ctx);
	if (job_checkpoint_get(ctx, STR("n"), &b, err) < 0)
		return -1;
	(void)str_to_i64(buf_view(&b), &n);
	for (; n < 10; n++) {
		char text[20];

		while (n == 5 && !__atomic_load_n(&a->release, __ATOMIC_SEQ_CST)) {
			enum job_stop seen = job_sleep(ctx, 5);

			__atomic_store_n(&a->seen, seen, __ATOMIC_SEQ_CST);
			if (seen != JOB_GO) {
				note_end(a);
				return JOB_STOPPED;
			}
		}
		job_progress(ctx, (int)(n + 1) * 1000, STR("第一步"), STR("step"), 1000);
		snprintf(text, sizeof(text), "%d", (int)n + 1);
		if (job_checkpoint_set(ctx, STR("n"), str_c(text), err) < 0)
			return -1;
	}
	note_end(a);
	return JOB_DONE;
}

static inline int run_die(struct job_ctx *ctx, struct error *err)
{
	(void)ctx;
	(void)err;
	_exit(9);
}

/* Another worker takes the job over while this one is asleep. */
static inline int run_overtaken(struct job_ctx *ctx, struct error *err)
{
	struct app *a = job_app(ctx);
	struct error mine = { 0 };

	(void)err;
	note(a, ctx);
	note_end(a);
	if (a->runs > 1)
		return JOB_DONE;
	assert_int_equal(job_run_one(a->rival, &mine), 1);
	assert_true(job_checkpoint_set(ctx, STR("k"), STR("late"), &mine) < 0);
	assert_string_equal(mine.code, "job.lost");
	assert_int_equal(job_should_stop(ctx), JOB_CANCEL);
	return JOB_DONE;
}

static inline int on_end(struct store_conn *c, const struct job *job, const struct error *err,
		  int64_t now, struct error *ret)
{
	static const char *const words[] = { "queued", "running", "paused",
					     "done",   "failed",  "cancelled" };

	assert_string_equal(words[job->state], job_state_name(job->state));
	assert_true((err != NULL) == (job->state == JOB_ENDED_FAILED));
	return store_event_append(c, job->tenant, "test", words[job->state], STR("{}"), now, ret);
}

/* Refuses to be told of a good end. */
static inline int on_end_refuse(struct store_conn *c, const struct job *job, const struct error *err,
			 int64_t now, struct error *ret)
{
	if (!err)
		return error_set(ret, "test.refused", "拒绝", "refused");
	return on_end(c, job, err, now, ret);
}

static const struct job_kind kind_refuse = { .name = "refuse",
					     .max_attempts = 1,
					     .run = run_note,
					     .ended = on_end_refuse };
static const struct job_kind kind_note = { .name = "note", .run = run_note, .ended = on_end };
static const struct job_kind kind_long = { .name = "long",
					   .long_running = true,
					   .run = run_steps,
					   .ended = on_end };
static const struct job_kind kind_scripted = { .name = "scripted",
					       .max_attempts = 3,
					       .run = run_scripted,
					       .ended = on_end };
static const struct job_kind kind_die = { .name = "die",
					  .max_attempts = 2,
					  .run = run_die,
					  .ended = on_end };
static const struct job_kind kind_overtaken = { .name = "overtaken", .run = run_overtaken };
static const struct job_kind *const kinds[] = { &kind_note,	&kind_long, &kind_scripted,
						&kind_die,	&kind_overtaken, &kind_refuse, NULL };

struct bench {
	struct test_db *db;
	struct app app;
	struct clock_fake clock;
	struct job_worker_config config;
	struct arena *arena;
};

static inline struct bench *bench_new(struct test_db *db)
{
	struct bench *b = mem_alloc(sizeof(*b));

	b->db = db;
	b->app.db = db;
	pthread_mutex_init(&b->app.lock, NULL);
	clock_fake_init(&b->clock, db->now);
	b->config = (struct job_worker_config){ .store = db->store,
						.clock = &b->clock.base,
						.kinds = kinds,
						.app = &b->app,
						.name = STR("w") };
	b->arena = arena_new(16 * MIB);
	return b;
}

static inline int read_int(struct bench *b, const int *p)
{
	int v;

	pthread_mutex_lock(&b->app.lock);
	v = *p;
	pthread_mutex_unlock(&b->app.lock);
	return v;
}

static inline void bench_free(struct bench *b)
{
	arena_free(b->arena);
	pthread_mutex_destroy(&b->app.lock);
	free(b);
}

static inline struct job_request ask(const char *tenant, const char *kind, const char *payload)
{
	return (struct job_request){ .tenant = str_c(tenant),
				     .kind = str_c(kind),
				     .payload = str_c(payload) };
}

static inline struct id put(struct bench *b, struct job_request r)
{
	struct id id;

	if (job_enqueue(b->db->conn, &r, b->clock.now_ms++, &id, NULL, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	return id;
}

static inline struct job get(struct bench *b, const char *tenant, const struct id *id)
{
	struct job j;

	if (job_get(b->db->conn, str_c(tenant), id_str(id), b->arena, &j, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	return j;
}

static inline int turn(struct bench *b)
{
	int r = job_run_one(&b->config, &e);

	if (r < 0)
		fail_msg("%s %s", e.code, e.en);
	return r;
}

static inline int count_one(void *arg, const struct store_event *ev)
{
	(void)ev;
	++*(int *)arg;
	return 0;
}

/* How often a kind was told of an end. */
static inline int ends(struct bench *b)
{
	struct str topic = STR("test");
	int n = 0;

	assert_true(store_events_after(b->db->conn, STR(""), &topic, 1, 0, 1000, count_one, &n,
				       &e) >= 0);
	return n;
}

/* ---- one after the other ---- */
#endif
