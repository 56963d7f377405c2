/* The queue and its workers, on both databases: what a user or an operator would
 * notice. */
#include "job/test_bench.h"

static void test_done(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "note", "{\"n\":\"a\"}"));
	struct job j = get(b, "t", &id);
	struct str topic = STR("job");
	int events = 0;

	assert_int_equal(j.state, JOB_QUEUED);
	assert_int_equal(j.progress, 0);
	assert_int_equal(turn(b), 1);
	assert_int_equal(turn(b), 0);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_ENDED_DONE);
	assert_int_equal(j.progress, 10000);
	assert_int_equal(j.attempts, 1);
	assert_true(j.started >= j.created && j.finished >= j.started);
	assert_int_equal(ends(b), 1);
	/* queued, running, done: the console heard of each */
	assert_true(store_events_after(b->db->conn, STR("t"), &topic, 1, 0, 100, count_one, &events,
				       &e) >= 0);
	assert_int_equal(events, 3);
	/* Another tenant has no such job. */
	assert_true(job_get(b->db->conn, STR("u"), id_str(&id), b->arena, &j, &e) < 0);
	assert_string_equal(e.code, "job.missing");
	assert_true(job_cancel(b->db->conn, STR("u"), id_str(&id), 0, &e) < 0);
	assert_string_equal(e.code, "job.missing");
	bench_free(b);
}

static void test_dedupe(void **state)
{
	struct bench *b = bench_new(*state);
	struct job_request r = ask("t", "note", "{\"n\":\"a\"}");
	struct id first, second, other;
	bool fresh = false;

	r.dedupe_key = STR("site:1");
	first = put(b, r);
	assert_ok(job_enqueue(b->db->conn, &r, b->clock.now_ms, &second, &fresh, &e));
	assert_false(fresh);
	assert_string_equal(first.text, second.text);
	r.tenant = STR("u");
	assert_ok(job_enqueue(b->db->conn, &r, b->clock.now_ms, &other, &fresh, &e));
	assert_true(fresh);
	while (turn(b))
		;
	r.tenant = STR("t");
	assert_ok(job_enqueue(b->db->conn, &r, b->clock.now_ms, &second, &fresh, &e));
	assert_true(fresh); /* the first has ended */
	assert_string_not_equal(first.text, second.text);
	bench_free(b);
}

static void test_priority_then_turns(void **state)
{
	struct bench *b = bench_new(*state);
	struct job_request r;

	/* One tenant floods the queue; the others do not wait behind it. */
	put(b, ask("big", "note", "{\"n\":\"b1\"}"));
	put(b, ask("big", "note", "{\"n\":\"b2\"}"));
	put(b, ask("big", "note", "{\"n\":\"b3\"}"));
	put(b, ask("small", "note", "{\"n\":\"s1\"}"));
	put(b, ask("tiny", "note", "{\"n\":\"t1\"}"));
	r = ask("big", "note", "{\"n\":\"urgent\"}");
	r.priority = 5;
	put(b, r);
	r = ask("tiny", "note", "{\"n\":\"idle\"}");
	r.priority = -5;
	put(b, r);
	r = ask("tiny", "note", "{\"n\":\"future\"}");
	r.run_at = b->clock.now_ms + 60000;
	put(b, r);
	while (turn(b))
		b->clock.now_ms++;
	assert_string_equal(b->app.log, "urgent s1 t1 b1 b2 b3 idle ");
	b->clock.now_ms += 60000;
	assert_int_equal(turn(b), 1);
	assert_non_null(strstr(b->app.log, "future"));
	bench_free(b);
}

static void test_retry_then_failed(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "scripted", "{\"n\":\"a\"}"));
	struct job j;
	int64_t last = 0;

	b->app.result = -1;
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(turn(b), 1);
		j = get(b, "t", &id);
		assert_int_equal(j.state, JOB_QUEUED);
		assert_str_c(j.reason, "retry");
		assert_string_equal(j.error.code, "test.broken");
		assert_true(j.run_at - b->clock.now_ms > last); /* longer each time */
		last = j.run_at - b->clock.now_ms;
		assert_int_equal(turn(b), 0);
		b->clock.now_ms = j.run_at;
	}
	assert_int_equal(turn(b), 1);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_ENDED_FAILED);
	assert_int_equal(j.attempts, 3);
	assert_string_equal(j.error.zh, "坏了");
	assert_int_equal(j.progress, 0);
	assert_int_equal(ends(b), 1);
	bench_free(b);
}

static void test_failed_for_good(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "scripted", "{\"n\":\"a\"}"));

	b->app.result = JOB_FAILED;
	assert_int_equal(turn(b), 1);
	assert_int_equal(get(b, "t", &id).state, JOB_ENDED_FAILED);
	bench_free(b);
}

static void test_later(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "scripted", "{\"n\":\"a\"}"));
	struct job j;

	b->app.result = JOB_LATER;
	b->app.again_at = b->clock.now_ms + 5000;
	for (int i = 0; i < 10; i++) { /* more than max_attempts: it does not count */
		assert_int_equal(turn(b), 1);
		j = get(b, "t", &id);
		assert_int_equal(j.state, JOB_QUEUED);
		assert_str_c(j.reason, "later");
		assert_int_equal(turn(b), 0);
		b->clock.now_ms = j.run_at;
	}
	b->app.result = JOB_DONE;
	assert_int_equal(turn(b), 1);
	assert_int_equal(get(b, "t", &id).state, JOB_ENDED_DONE);
	bench_free(b);
}

static void test_pause_resume_cancel_while_waiting(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "note", "{\"n\":\"a\"}"));
	struct store_conn *c = b->db->conn;

	assert_int_equal(job_pause(c, STR("t"), id_str(&id), 1, &e), JOB_PAUSED);
	assert_int_equal(job_pause(c, STR("t"), id_str(&id), 1, &e), JOB_PAUSED);
	assert_int_equal(turn(b), 0);
	assert_int_equal(job_resume(c, STR("t"), id_str(&id), b->clock.now_ms, &e), JOB_QUEUED);
	assert_int_equal(job_cancel(c, STR("t"), id_str(&id), 1, &e), JOB_ENDED_CANCELLED);
	assert_int_equal(job_cancel(c, STR("t"), id_str(&id), 1, &e), JOB_ENDED_CANCELLED);
	assert_int_equal(turn(b), 0);
	assert_true(job_resume(c, STR("t"), id_str(&id), 1, &e) < 0);
	assert_string_equal(e.code, "job.state");
	bench_free(b);
}

static void test_bad_requests(void **state)
{
	struct bench *b = bench_new(*state);
	struct job_request r = ask("t", "note", "[1]");
	struct id id;

	assert_true(job_enqueue(b->db->conn, &r, 1, &id, NULL, &e) < 0);
	assert_string_equal(e.code, "job.bad-payload");
	r = ask("t", "", "{}");
	assert_true(job_enqueue(b->db->conn, &r, 1, &id, NULL, &e) < 0);
	r = ask("t", "note", "{}");
	r.windows = STR("[{\"from\":\"25:00\"}]");
	assert_true(job_enqueue(b->db->conn, &r, 1, &id, NULL, &e) < 0);
	assert_string_equal(e.code, "schedule.bad-window");
	r.windows = STR("");
	r.priority = 101;
	assert_true(job_enqueue(b->db->conn, &r, 1, &id, NULL, &e) < 0);
	bench_free(b);
}

static void test_rolled_back_request(void **state)
{
	struct bench *b = bench_new(*state);

	assert_ok(store_begin(b->db->conn, &e));
	put(b, ask("t", "note", "{\"n\":\"a\"}"));
	store_rollback(b->db->conn);
	assert_int_equal(turn(b), 0);
	bench_free(b);
}

/* ---- windows ---- */

static void test_windows(void **state)
{
	struct bench *b = bench_new(*state);
	struct job_request r = ask("t", "long", "{\"n\":\"a\"}");
	struct id id;
	struct job j;

	/* TEST_DB_NOW is Monday 00:00 UTC. */
	r.windows = STR("{\"timezone\":\"UTC\",\"windows\":[{\"from\":\"02:00\",\"to\":\"04:00\"}]}");
	id = put(b, r);
	assert_int_equal(turn(b), 0);
	j = get(b, "t", &id);
	assert_int_equal(j.run_at, TEST_DB_NOW + 2 * 3600000);
	assert_str_c(j.reason, "window");
	/* It starts within and is told to pause at the end: the clock of this test runs
	 * while the job sleeps. */
	b->clock.now_ms = TEST_DB_NOW + 4 * 3600000 - 50;
	assert_int_equal(turn(b), 1);
	assert_int_equal(b->app.seen, JOB_PAUSE);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_QUEUED);
	assert_str_c(j.reason, "window");
	assert_int_equal(j.run_at, TEST_DB_NOW + 26 * 3600000);
	assert_int_equal(j.attempts, 0);
	assert_true(j.progress == 5000);
	b->clock.now_ms = j.run_at;
	__atomic_store_n(&b->app.release, true, __ATOMIC_SEQ_CST);
	assert_int_equal(turn(b), 1);
	assert_int_equal(get(b, "t", &id).state, JOB_ENDED_DONE);
	bench_free(b);
}

/* ---- dead workers ---- */

static void die_in_child(struct bench *b)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct store *s;
		struct job_worker_config config = b->config;

		if (store_open(str_c(b->db->url), NULL, &s, &e) < 0)
			_exit(1);
		config.store = s;
		job_run_one(&config, &e);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 9);
}

static void test_dead_worker(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "die", "{}")), other;
	struct job j;

	die_in_child(b);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_RUNNING);
	assert_int_equal(turn(b), 0); /* the lease still stands */
	b->clock.now_ms += 31000;
	other = put(b, ask("t", "note", "{\"n\":\"x\"}"));
	assert_ok(job_pause(b->db->conn, STR("t"), id_str(&other), 1, &e) == JOB_PAUSED ? 0 : 1);
	die_in_child(b); /* collected and started again, and dies again */
	b->clock.now_ms += 31000;
	assert_int_equal(turn(b), 0);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_ENDED_FAILED);
	assert_string_equal(j.error.code, "job.worker-lost");
	assert_int_equal(j.attempts, 2);
	assert_int_equal(ends(b), 1);
	bench_free(b);
}

static void test_cancel_of_a_dead_workers_job(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "die", "{}"));

	die_in_child(b);
	assert_int_equal(job_cancel(b->db->conn, STR("t"), id_str(&id), 1, &e), JOB_RUNNING);
	b->clock.now_ms += 31000;
	assert_int_equal(turn(b), 0);
	assert_int_equal(get(b, "t", &id).state, JOB_ENDED_CANCELLED);
	assert_int_equal(ends(b), 1);
	bench_free(b);
}

static void test_lease_taken_over(void **state)
{
	struct bench *b = bench_new(*state);
	struct clock_fake later = b->clock;
	struct job_worker_config rival = b->config;
	struct id id = put(b, ask("t", "overtaken", "{\"n\":\"a\"}"));
	struct job j;

	later.now_ms += 100000;
	rival.clock = &later.base;
	b->app.rival = &rival;
	assert_int_equal(turn(b), 1);
	assert_int_equal(read_int(b, &b->app.runs), 2);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_ENDED_DONE);
	assert_int_equal(j.attempts, 2);
	bench_free(b);
}

static void test_ended_that_refuses(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "refuse", "{\"n\":\"a\"}"));
	struct job j;

	assert_int_equal(turn(b), 1);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_ENDED_FAILED);
	assert_string_equal(j.error.code, "test.refused");
	assert_int_equal(ends(b), 1);
	bench_free(b);
}

/* ---- with threads and the real clock ---- */

struct server {
	struct job_worker_config config;
	bool stop;
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	struct error err = { 0 };

	if (job_worker_run(&s->config, &s->stop, &err) < 0)
		fprintf(stderr, "worker: %s %s\n", err.code, err.en);
	return NULL;
}

static void server_start(struct server *s, struct bench *b, unsigned slots)
{
	*s = (struct server){ .config = b->config };
	s->config.clock = NULL;
	s->config.slots = slots;
	s->config.poll_ms = 100;
	b->clock.now_ms = clock_wall_ms(&clock_system) - 1000;
	pthread_create(&s->thread, NULL, serve, s);
}

static void server_stop(struct server *s)
{
	__atomic_store_n(&s->stop, true, __ATOMIC_RELAXED);
	pthread_join(s->thread, NULL);
}

static bool becomes(struct bench *b, const struct id *id, enum job_state want)
{
	for (int i = 0; i < 500; i++) {
		if (get(b, "t", id).state == want)
			return true;
		clock_system.sleep_ms(&clock_system, 10);
	}
	return false;
}

static void wait_progress(struct bench *b, const struct id *id, int want)
{
	for (int i = 0; i < 500 && get(b, "t", id).progress < want; i++)
		clock_system.sleep_ms(&clock_system, 10);
	assert_int_equal(get(b, "t", id).progress, want);
}

/* The next worker of a name that one process has at a time does not wait. */
static void test_successor_does_not_wait(void **state)
{
	struct bench *b = bench_new(*state);
	struct server s;
	struct id id;

	b->clock.now_ms = clock_wall_ms(&clock_system) + 20000; /* a lease that lasts */
	id = put(b, ask("t", "die", "{}"));
	die_in_child(b);
	assert_ok(job_cancel(b->db->conn, STR("t"), id_str(&id), 1, &e) == JOB_RUNNING ? 0 : 1);
	b->config.sole = true;
	server_start(&s, b, 2);
	assert_true(becomes(b, &id, JOB_ENDED_CANCELLED));
	server_stop(&s);
	bench_free(b);
}

static void test_pause_and_resume_while_running(void **state)
{
	struct bench *b = bench_new(*state);
	struct store_conn *c = b->db->conn;
	struct server s;
	struct id id;
	struct job j;

	server_start(&s, b, 2);
	id = put(b, ask("t", "long", "{\"n\":\"a\"}"));
	wait_progress(b, &id, 5000);
	assert_int_equal(job_pause(c, STR("t"), id_str(&id), 1, &e), JOB_RUNNING);
	assert_true(becomes(b, &id, JOB_PAUSED));
	j = get(b, "t", &id);
	assert_int_equal(j.progress, 5000);
	assert_int_equal(j.attempts, 0);
	__atomic_store_n(&b->app.release, true, __ATOMIC_SEQ_CST);
	assert_int_equal(job_resume(c, STR("t"), id_str(&id), b->clock.now_ms, &e), JOB_QUEUED);
	assert_true(becomes(b, &id, JOB_ENDED_DONE));
	assert_int_equal(read_int(b, &b->app.runs), 2);
	assert_int_equal(ends(b), 1);
	server_stop(&s);
	bench_free(b);
}

static void test_cancel_while_running(void **state)
{
	struct bench *b = bench_new(*state);
	struct server s;
	struct id id;

	server_start(&s, b, 2);
	id = put(b, ask("t", "long", "{\"n\":\"a\"}"));
	wait_progress(b, &id, 5000);
	assert_int_equal(job_cancel(b->db->conn, STR("t"), id_str(&id), 1, &e), JOB_RUNNING);
	/* A cancel is not taken back by a resume. */
	assert_int_equal(job_resume(b->db->conn, STR("t"), id_str(&id), 1, &e), JOB_RUNNING);
	assert_true(becomes(b, &id, JOB_ENDED_CANCELLED));
	assert_int_equal(get(b, "t", &id).progress, 5000);
	assert_int_equal(ends(b), 1);
	server_stop(&s);
	bench_free(b);
}

static void test_shutdown_keeps_the_job(void **state)
{
	struct bench *b = bench_new(*state);
	struct server s;
	struct id id;
	struct job j;
	int64_t before;

	server_start(&s, b, 2);
	id = put(b, ask("t", "long", "{\"n\":\"a\"}"));
	wait_progress(b, &id, 5000);
	before = clock_mono_ms(&clock_system);
	server_stop(&s);
	assert_true(clock_mono_ms(&clock_system) - before < 3000);
	j = get(b, "t", &id);
	assert_int_equal(j.state, JOB_QUEUED);
	assert_str_c(j.reason, "shutdown");
	assert_int_equal(j.progress, 5000);
	__atomic_store_n(&b->app.release, true, __ATOMIC_SEQ_CST);
	server_start(&s, b, 1);
	assert_true(becomes(b, &id, JOB_ENDED_DONE));
	server_stop(&s);
	bench_free(b);
}

/* The database goes away under a running job and comes back. */
static void test_database_restart(void **state)
{
	struct bench *b = bench_new(*state);
	struct server s;
	struct id id, quick;

	if (b->db->dialect != STORE_PGSQL || !test_db_server(true)) {
		bench_free(b);
		return;
	}
	b->config.retry_ms = 50;
	server_start(&s, b, 2);
	id = put(b, ask("t", "long", "{\"n\":\"a\"}"));
	wait_progress(b, &id, 5000);
	assert_true(test_db_server(false));
	clock_system.sleep_ms(&clock_system, 200);
	assert_true(test_db_server(true));
	store_exec(b->db->conn, NULL, "SELECT 1"); /* notices that its connection is gone */
	__atomic_store_n(&b->app.release, true, __ATOMIC_SEQ_CST);
	assert_true(becomes(b, &id, JOB_ENDED_DONE));
	quick = put(b, ask("t", "note", "{\"n\":\"b\"}"));
	assert_true(becomes(b, &quick, JOB_ENDED_DONE));
	server_stop(&s);
	bench_free(b);
}

/* Long jobs fill what slots they may; short ones still get through. */
static void test_short_ones_get_through(void **state)
{
	struct bench *b = bench_new(*state);
	struct server s;
	struct id longs[5], quick;

	for (int i = 0; i < 5; i++)
		longs[i] = put(b, ask("t", "long", "{\"n\":\"long\"}"));
	server_start(&s, b, 3);
	wait_progress(b, &longs[0], 5000);
	wait_progress(b, &longs[1], 5000);
	quick = put(b, ask("t", "note", "{\"n\":\"quick\"}"));
	assert_true(becomes(b, &quick, JOB_ENDED_DONE));
	assert_int_equal(read_int(b, &b->app.most_at_once), 3); /* two long ones and it */
	__atomic_store_n(&b->app.release, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 5; i++)
		assert_true(becomes(b, &longs[i], JOB_ENDED_DONE));
	server_stop(&s);
	bench_free(b);
}

static void test_two_workers_share(void **state)
{
	struct bench *b = bench_new(*state);
	struct server one, two;
	enum { JOBS = 60 };
	struct id ids[JOBS];

	b->app.stall_ms = 2;
	server_start(&one, b, 3);
	server_start(&two, b, 3);
	for (int i = 0; i < JOBS; i++) {
		struct job_request r = ask("t", "note", "{\"n\":\"x\"}");

		/* Every third pair shares a serial key. */
		if (i % 3 == 0)
			r.serial_key = i % 2 ? STR("odd") : STR("even");
		ids[i] = put(b, r);
	}
	for (int i = 0; i < JOBS; i++) {
		assert_true(becomes(b, &ids[i], JOB_ENDED_DONE));
		assert_int_equal(get(b, "t", &ids[i]).attempts, 1);
	}
	assert_int_equal(read_int(b, &b->app.runs), JOBS);
	assert_int_equal(ends(b), JOBS);
	server_stop(&one);
	server_stop(&two);
	bench_free(b);
}

static void test_serial_key(void **state)
{
	struct bench *b = bench_new(*state);
	struct server s;
	struct id ids[8];

	b->app.stall_ms = 5;
	server_start(&s, b, 4);
	for (int i = 0; i < 8; i++) {
		struct job_request r = ask("t", "note", "{\"n\":\"x\"}");

		r.serial_key = STR("site:1");
		ids[i] = put(b, r);
	}
	for (int i = 0; i < 8; i++)
		assert_true(becomes(b, &ids[i], JOB_ENDED_DONE));
	assert_int_equal(read_int(b, &b->app.most_at_once), 1);
	server_stop(&s);
	bench_free(b);
}

static void test_prune(void **state)
{
	struct bench *b = bench_new(*state);
	struct id id = put(b, ask("t", "note", "{\"n\":\"a\"}")), waiting;
	struct job j;

	assert_int_equal(turn(b), 1);
	waiting = put(b, ask("t", "note", "{\"n\":\"b\"}"));
	assert_ok(job_prune(b->db->conn, b->clock.now_ms + 1000, &e));
	assert_true(job_get(b->db->conn, STR("t"), id_str(&id), b->arena, &j, &e) < 0);
	assert_int_equal(get(b, "t", &waiting).state, JOB_QUEUED);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_done),
		TEST_DB(test_dedupe),
		TEST_DB(test_priority_then_turns),
		TEST_DB(test_retry_then_failed),
		TEST_DB(test_failed_for_good),
		TEST_DB(test_later),
		TEST_DB(test_pause_resume_cancel_while_waiting),
		TEST_DB(test_bad_requests),
		TEST_DB(test_rolled_back_request),
		TEST_DB(test_windows),
		TEST_DB(test_dead_worker),
		TEST_DB(test_cancel_of_a_dead_workers_job),
		TEST_DB(test_successor_does_not_wait),
		TEST_DB(test_lease_taken_over),
		TEST_DB(test_ended_that_refuses),
		TEST_DB(test_pause_and_resume_while_running),
		TEST_DB(test_cancel_while_running),
		TEST_DB(test_shutdown_keeps_the_job),
		TEST_DB(test_database_restart),
		TEST_DB(test_short_ones_get_through),
		TEST_DB(test_two_workers_share),
		TEST_DB(test_serial_key),
		TEST_DB(test_prune),
	};

	return test_db_run("job", tests, ARRAY_SIZE(tests));
}
