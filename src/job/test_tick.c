/* Schedules: what is made when, what a stopped machine makes up for, and several that tick at once. */
#include "job/test_bench.h"

static struct job_schedule_row daily(const char *id, const char *more)
{
	static char spec[200];

	snprintf(spec, sizeof(spec), "{\"kind\":\"daily\",\"time\":\"01:00\",\"timezone\":\"UTC\"%s}",
		 more);
	return (struct job_schedule_row){ .id = str_c(id),
					  .tenant = STR("t"),
					  .kind = STR("note"),
					  .payload = STR("{\"n\":\"s\"}"),
					  .spec = str_c(spec),
					  .active = true };
}

static struct job_schedule_row schedule(struct bench *b, const char *id)
{
	struct job_schedule_row r;

	assert_ok(job_schedule_get(b->db->conn, STR("t"), str_c(id), b->arena, &r, &e));
	return r;
}

#define HOUR 3600000LL

static void test_schedule_runs(void **state)
{
	struct bench *b = bench_new(*state);
	struct store_conn *c = b->db->conn;
	struct job_schedule_row r = daily("m1", "");
	struct id job;

	assert_ok(job_schedule_put(c, &r, TEST_DB_NOW, &e));
	assert_true(schedule(b, "m1").next_run == TEST_DB_NOW + HOUR);
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + HOUR - 1, &e), 0);
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + HOUR, &e), 1);
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + HOUR, &e), 0);
	r = schedule(b, "m1");
	assert_true(r.next_run == TEST_DB_NOW + 25 * HOUR && r.last_run == TEST_DB_NOW + HOUR);
	assert_int_equal(r.last_job.len, ID_LEN);
	/* The run before is still waiting: the next joins it. */
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + 25 * HOUR, &e), 0);
	assert_int_equal(schedule(b, "m1").missed, 1);
	b->clock.now_ms = TEST_DB_NOW + 25 * HOUR;
	assert_int_equal(turn(b), 1);
	assert_int_equal(turn(b), 0);
	/* Paused: nothing, and nothing is made up for afterwards. */
	assert_ok(job_schedule_set_active(c, STR("t"), STR("m1"), false, TEST_DB_NOW, &e));
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + 50 * HOUR, &e), 0);
	assert_ok(job_schedule_set_active(c, STR("t"), STR("m1"), true, TEST_DB_NOW + 60 * HOUR,
					  &e));
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + 60 * HOUR, &e), 0);
	assert_ok(job_schedule_run_now(c, STR("t"), STR("m1"), TEST_DB_NOW, &job, &e));
	assert_int_equal(get(b, "t", &job).state, JOB_QUEUED);
	assert_ok(job_schedule_delete(c, STR("t"), STR("m1"), &e));
	assert_true(job_schedule_run_now(c, STR("t"), STR("m1"), TEST_DB_NOW, &job, &e) < 0);
	assert_string_equal(e.code, "schedule.missing");
	bench_free(b);
}

static void test_missed_runs(void **state)
{
	struct bench *b = bench_new(*state);
	struct store_conn *c = b->db->conn;
	struct job_schedule_row r = daily("skips", ",\"missed\":\"skip\"");

	assert_ok(job_schedule_put(c, &r, TEST_DB_NOW, &e));
	r = daily("runs", "");
	assert_ok(job_schedule_put(c, &r, TEST_DB_NOW, &e));
	/* The machine was off for three days. */
	assert_int_equal(job_schedule_tick(c, TEST_DB_NOW + 74 * HOUR, &e), 1);
	r = schedule(b, "skips");
	assert_int_equal(r.missed, 4);
	assert_true(r.last_run == 0 && r.next_run == TEST_DB_NOW + 97 * HOUR);
	r = schedule(b, "runs");
	assert_int_equal(r.missed, 3);
	assert_true(r.last_run == TEST_DB_NOW + 74 * HOUR && r.next_run == TEST_DB_NOW + 97 * HOUR);
	bench_free(b);
}

struct ticker {
	struct test_db *db;
	int made;
};

static void *tick_many(void *arg)
{
	struct ticker *t = arg;
	struct store_conn *c;
	struct error err = { 0 };

	if (store_acquire(t->db->store, &c, &err) < 0)
		return NULL;
	for (int i = 0; i < 5; i++) {
		int n = job_schedule_tick(c, TEST_DB_NOW + 2 * HOUR, &err);

		t->made += n < 0 ? 1000 : n;
	}
	store_release(c);
	return NULL;
}

static void test_tick_by_several(void **state)
{
	struct bench *b = bench_new(*state);
	struct ticker t[3];
	pthread_t threads[3];
	struct job jobs[50];
	int made = 0;

	for (int i = 0; i < 20; i++) {
		char id[20];

		snprintf(id, sizeof(id), "m%d", i);
		struct job_schedule_row r = daily(id, "");

		assert_ok(job_schedule_put(b->db->conn, &r, TEST_DB_NOW, &e));
	}
	for (int i = 0; i < 3; i++) {
		t[i] = (struct ticker){ b->db, 0 };
		pthread_create(&threads[i], NULL, tick_many, &t[i]);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		made += t[i].made;
	}
	assert_int_equal(made, 20);
	assert_int_equal(job_list(b->db->conn, STR("t"), STR("note"), STR("queued"), STR(""),
				  b->arena, jobs, 50, &e),
			 20);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_schedule_runs),
		TEST_DB(test_missed_runs),
		TEST_DB(test_tick_by_several),
	};

	return test_db_run("job_tick", tests, ARRAY_SIZE(tests));
}
