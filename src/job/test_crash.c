/* kill -9 at random moments: two worker processes share the queue, one of them is
 * killed every round, and in the end every job is done, every step counted exactly
 * once, every end told exactly once. On both databases. */
#include <signal.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "base/mem.h"
#include "job/job.h"
#include "store/event.h"
#include "store/test_db.h"

enum { JOBS = 4, STEPS = 400, ROUNDS = 20, WORKERS = 2 };

static struct error e;

/* One step: read the count, leave a mark, count on: one transaction. */
static int step_tx(struct store_conn *c, void *arg, struct error *err)
{
	struct job_ctx *ctx = arg;
	_cleanup_buf_ struct buf n = BUF_INIT(100), trail = BUF_INIT(8 * KIB);
	int64_t done = 0;
	char text[20];

	(void)c;
	if (job_fence(ctx, err) < 0 || job_checkpoint_get(ctx, STR("n"), &n, err) < 0 ||
	    job_checkpoint_get(ctx, STR("trail"), &trail, err) < 0)
		return -1;
	(void)str_to_i64(buf_view(&n), &done);
	if (done == STEPS)
		return STEPS;
	buf_printf(&trail, "%d,", (int)done);
	snprintf(text, sizeof(text), "%d", (int)++done);
	job_progress(ctx, (int)(done * 10000 / STEPS), STR("步骤"), STR("step"), -1);
	if (job_checkpoint_set(ctx, STR("trail"), buf_view(&trail), err) < 0 ||
	    job_checkpoint_set(ctx, STR("n"), str_c(text), err) < 0)
		return -1;
	return (int)done;
}

static int run_steps(struct job_ctx *ctx, struct error *err)
{
	int done;

	while ((done = store_tx_locking(job_conn(ctx), step_tx, ctx, err)) >= 0) {
		if (done == STEPS)
			return JOB_DONE;
		if (job_sleep(ctx, 2) != JOB_GO)
			return JOB_STOPPED;
	}
	return -1;
}

/* What came of the job, while its checkpoints are still there. */
static int steps_ended(struct store_conn *c, const struct job *job, const struct error *err,
		       int64_t now, struct error *ret)
{
	_cleanup_buf_ struct buf trail = BUF_INIT(8 * KIB);

	(void)err;
	if (store_job_checkpoint_get(c, job->id, STR("trail"), &trail, ret) < 0)
		return -1;
	return store_event_append(c, job->tenant, "trail", job_state_name(job->state),
				  buf_view(&trail), now, ret);
}

static const struct job_kind kind_steps = { .name = "steps",
					    .long_running = true,
					    .run = run_steps,
					    .ended = steps_ended };
static const struct job_kind *const kinds[] = { &kind_steps, NULL };

static bool told_to_stop;

static void on_term(int sig)
{
	(void)sig;
	__atomic_store_n(&told_to_stop, true, __ATOMIC_RELAXED);
}

static pid_t start_worker(const struct test_db *db)
{
	pid_t pid = fork();
	struct store *s = NULL;
	struct error err = { 0 };

	if (pid)
		return pid;
	signal(SIGTERM, on_term);
	if (store_open(str_c(db->url), NULL, &s, &err) < 0) {
		fprintf(stderr, "worker: %s\n", err.en);
		_exit(1);
	}
	struct job_worker_config config = { .store = s,
					    .kinds = kinds,
					    .slots = 3,
					    .lease_ms = 600,
					    .poll_ms = 50,
					    .retry_ms = 20 };

	if (job_worker_run(&config, &told_to_stop, &err) < 0) {
		fprintf(stderr, "worker: %s\n", err.en);
		_exit(1);
	}
	store_close(s);
	_exit(0);
}

static void pause_ms(int64_t ms)
{
	clock_system.sleep_ms(&clock_system, ms);
}

static int all_done(struct test_db *db, const struct id *ids)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	int done = 0;

	for (int i = 0; i < JOBS; i++) {
		struct job j;

		assert_ok(job_get(db->conn, STR("t"), id_str(&ids[i]), a, &j, &e));
		if (j.state == JOB_ENDED_FAILED)
			fail_msg("failed: %s %s", j.error.code, j.error.en);
		assert_true((j.progress == 10000) == (j.state == JOB_ENDED_DONE));
		done += j.state == JOB_ENDED_DONE;
	}
	return done;
}

static int check_trail(void *arg, const struct store_event *ev)
{
	struct str rest = ev->data, part;
	int n = 0;

	assert_str_c(ev->type, "done");
	while (str_split(&rest, ',', &part) && part.len) {
		int64_t v = -1;

		assert_ok(str_to_i64(part, &v));
		assert_int_equal(v, n);
		n++;
	}
	assert_int_equal(n, STEPS);
	++*(int *)arg;
	return 0;
}

static void test_kill_nine(void **state)
{
	struct test_db *db = *state;
	struct id ids[JOBS];
	pid_t pids[WORKERS];
	struct str topic = STR("trail");
	int told = 0, status;
	uint32_t r;

	for (int i = 0; i < JOBS; i++) {
		struct job_request q = { .tenant = STR("t"), .kind = STR("steps") };

		assert_ok(job_enqueue(db->conn, &q, clock_wall_ms(&clock_system) - 1000, &ids[i],
				      NULL, &e));
	}
	for (int i = 0; i < WORKERS; i++)
		pids[i] = start_worker(db);
	for (int round = 0; round < ROUNDS; round++) {
		int victim = round % WORKERS;

		random_bytes(&r, sizeof(r));
		pause_ms(20 + r % 200);
		kill(pids[victim], SIGKILL);
		assert_int_equal(waitpid(pids[victim], &status, 0), pids[victim]);
		pids[victim] = start_worker(db);
	}
	for (int i = 0; i < 1500 && all_done(db, ids) < JOBS; i++)
		pause_ms(20);
	for (int i = 0; i < WORKERS; i++) {
		kill(pids[i], SIGTERM);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(all_done(db, ids), JOBS);
	assert_true(store_events_after(db->conn, STR("t"), &topic, 1, 0, 100, check_trail, &told,
				       &e) >= 0);
	assert_int_equal(told, JOBS);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_DB(test_kill_nine) };

	return test_db_run("kill -9", tests, ARRAY_SIZE(tests));
}
