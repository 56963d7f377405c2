/* The door, on both databases: values, answers, errors, transactions, schema,
 * waiting, reconnecting. */
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/test_db.h"

static struct error e;

static void make_table(struct test_db *db)
{
	assert_ok(store_exec(db->conn, &e,
			     "CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT, r {{real}}, "
			     "b {{blob}}, flag INTEGER NOT NULL DEFAULT 0 CHECK (flag IN (0, 1)))"));
}

static void test_values(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn;
	_cleanup_rows_ struct store_rows *rows = NULL;
	static const char bytes[] = "\0\xff'\\x\n";

	make_table(db);
	assert_ok(store_exec(c, &e, "INSERT INTO t (id, n, r, b) VALUES (?, ?, ?, ?)",
			     SV_C("站卫 'a' ? \"b\" {{x"), SV_INT(INT64_MIN), SV_REAL(-0.125),
			     SV_BLOB(str_make(bytes, sizeof(bytes)))));
	assert_int_equal(store_changed(c), 1);
	assert_ok(store_exec(c, &e, "INSERT INTO t (id, n, r, b) VALUES (?, ?, ?, ?)", SV_C(""),
			     SV_NULL, SV_NULL, SV_NULL));
	assert_ok(store_query(c, &rows, &e, "SELECT id, n, r, b, flag FROM t ORDER BY length(id)"));
	assert_int_equal(store_count(rows), 2);
	assert_int_equal(store_cols(rows), 5);
	assert_true(store_next(rows));
	assert_str_c(store_col_str(rows, 0), "");
	assert_false(store_col_is_null(rows, 0));
	assert_true(store_col_is_null(rows, 1));
	assert_int_equal(store_col_int(rows, 1), 0);
	assert_int_equal(store_col_str(rows, 3).len, 0);
	assert_true(store_next(rows));
	assert_str_c(store_col_str(rows, 0), "站卫 'a' ? \"b\" {{x");
	assert_true(store_col_int(rows, 1) == INT64_MIN);
	assert_str_c(store_col_str(rows, 1), "-9223372036854775808");
	assert_true(store_col_real(rows, 2) == -0.125);
	assert_str(store_col_blob(rows, 3), str_make(bytes, sizeof(bytes)));
	assert_false(store_col_bool(rows, 4));
	assert_false(store_next(rows));
}

static void test_sums_and_types(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn;
	_cleanup_rows_ struct store_rows *rows = NULL;
	static const int64_t n[] = { 4000000000000000000, 123456789012, -7, 10000 };

	make_table(db);
	for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
		struct id id = id_new(db->now);

		assert_ok(store_exec(c, &e, "INSERT INTO t (id, n) VALUES (?, ?)", SV_ID(&id),
				     SV_INT(n[i])));
	}
	assert_int_equal(store_row(c, &rows, &e,
				   "SELECT SUM(n), COUNT(*), MAX(n), MIN(n) = -7, AVG(flag + 0.5), ? "
				   "FROM t WHERE n > ? - 1000",
				   SV_INT(1LL << 40), SV_INT(0)),
			 1);
	assert_true(store_col_int(rows, 0) == 4000000123456799005);
	assert_int_equal(store_col_int(rows, 1), 4);
	assert_true(store_col_int(rows, 2) == n[0]);
	assert_true(store_col_bool(rows, 3));
	assert_true(store_col_real(rows, 4) == 0.5);
	assert_true(store_col_int(rows, 5) == 1LL << 40);
}

static void test_dirty_text_is_made_clean(void **state)
{
	struct test_db *db = *state;
	_cleanup_rows_ struct store_rows *rows = NULL;

	make_table(db);
	assert_ok(store_exec(db->conn, &e, "INSERT INTO t (id) VALUES (?)",
			     SV_STR(str_make("a\0b\xff" "c\xe7\xab", 7))));
	assert_int_equal(store_row(db->conn, &rows, &e, "SELECT id FROM t"), 1);
	assert_str_c(store_col_str(rows, 0), "a\uFFFDb\uFFFDc\uFFFD");
}

static void test_errors_have_codes(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn;
	_cleanup_rows_ struct store_rows *rows = NULL;
	int64_t n = 77;

	make_table(db);
	assert_ok(store_exec(c, &e, "CREATE TABLE child (t_id TEXT NOT NULL REFERENCES t (id))"));
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES (?)", SV_C("a")));
	assert_true(store_exec(c, &e, "INSERT INTO t (id) VALUES (?)", SV_C("a")) < 0);
	assert_string_equal(e.code, "store.unique");
	assert_true(store_exec(c, &e, "INSERT INTO child VALUES (?)", SV_C("zz")) < 0);
	assert_string_equal(e.code, "store.foreign");
	assert_true(store_exec(c, &e, "INSERT INTO child VALUES (?)", SV_NULL) < 0);
	assert_string_equal(e.code, "store.check");
	assert_true(store_exec(c, &e, "UPDATE t SET flag = 2") < 0);
	assert_string_equal(e.code, "store.check");
	assert_true(store_exec(c, &e, "SELEC 1") < 0);
	assert_string_equal(e.code, "store.sql");
	assert_true(store_exec(c, &e, "SELECT {{nonsense}}") < 0);
	assert_string_equal(e.code, "store.sql");
	assert_true(store_exec(c, &e, "SELECT ?, ?", SV_INT(1)) < 0);
	assert_string_equal(e.code, "store.sql");
	assert_int_equal(store_row(c, &rows, &e, "SELECT id FROM t WHERE id = ?", SV_C("q")), 0);
	assert_int_equal(store_int(c, &n, &e, "SELECT n FROM t WHERE id = ?", SV_C("q")), 0);
	assert_int_equal(n, 77);
	/* The connection is as good as before. */
	assert_int_equal(store_int(c, &n, &e, "SELECT COUNT(*) FROM t"), 1);
	assert_int_equal(n, 1);
}

static void test_upsert_returning(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn;
	int64_t n = 0;

	make_table(db);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(store_int(c, &n, &e,
					   "INSERT INTO t (id, n) VALUES (?, 1) ON CONFLICT (id) DO "
					   "UPDATE SET n = t.n + excluded.n RETURNING n",
					   SV_C("k")),
				 1);
		assert_int_equal(n, i);
	}
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES (?) ON CONFLICT DO NOTHING",
			     SV_C("k")));
	assert_int_equal(store_changed(c), 0);
}

static void test_builder_and_like(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn;
	static const char *const ids[] = { "100%", "100x", "a_b", "aXb", "Wow!", "网站" };
	static const struct { const char *q; size_t n; } cases[] = {
		{ "100%", 1 }, { "a_b", 1 }, { "WOW!", 1 }, { "站", 1 }, { "100", 2 }, { "", 6 }
	};
	static const struct str list[] = { STR_INIT("aXb"), STR_INIT("网站"), STR_INIT("none") };

	make_table(db);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES (?)", SV_C(ids[i])));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_rows_ struct store_rows *rows = NULL;
		_cleanup_buf_ struct buf like = BUF_INIT(200);
		_cleanup_sql_ struct store_sql q;

		store_like(&like, str_c(cases[i].q));
		store_sql_init(&q, "SELECT id FROM t WHERE flag = ?", SV_BOOL(false));
		store_sql_add(&q, " AND lower(id) LIKE lower(?) ESCAPE '!'",
			      SV_STR(buf_view(&like)));
		assert_ok(store_sql_query(c, &rows, &e, &q));
		assert_int_equal(store_count(rows), cases[i].n);
	}
	for (size_t n = 0; n <= 3; n += 3) {
		_cleanup_rows_ struct store_rows *rows = NULL;
		_cleanup_sql_ struct store_sql q;

		store_sql_init(&q, "SELECT id FROM t WHERE id");
		store_sql_add_list(&q, "IN", list, n);
		assert_ok(store_sql_query(c, &rows, &e, &q));
		assert_int_equal(store_count(rows), n ? 2 : 0);
	}
}

static void test_many_statements(void **state)
{
	struct test_db *db = *state;

	for (int i = 0; i < 700; i++) {
		char sql[64];
		int64_t n = 0;

		snprintf(sql, sizeof(sql), "SELECT %d + ?", i);
		assert_int_equal(store_int(db->conn, &n, &e, sql, SV_INT(1)), 1);
		assert_int_equal(n, i + 1);
	}
}

static int64_t count(struct store_conn *c)
{
	int64_t n = -1;

	assert_int_equal(store_int(c, &n, &e, "SELECT COUNT(*) FROM t"), 1);
	return n;
}

static void test_nested_transactions(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn, *other;

	make_table(db);
	assert_ok(store_acquire(db->store, &other, &e));
	assert_ok(store_begin(c, &e));
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('a')"));
	assert_ok(store_begin(c, &e));
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('b')"));
	store_rollback(c);
	assert_ok(store_begin(c, &e));
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('c')"));
	assert_ok(store_commit(c, &e));
	assert_true(store_in_tx(c));
	assert_int_equal(count(other), 0);
	assert_ok(store_commit(c, &e));
	assert_false(store_in_tx(c));
	assert_int_equal(count(other), 2);
	store_release(other);
}

/* On both databases a failed statement dooms its transaction, and no more. */
static void test_failed_statement_dooms(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c = db->conn;

	make_table(db);
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('a')"));
	assert_ok(store_begin(c, &e));
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('b')"));
	assert_ok(store_begin(c, &e));
	assert_true(store_exec(c, &e, "INSERT INTO t (id) VALUES ('a')") < 0);
	assert_true(store_exec(c, &e, "INSERT INTO t (id) VALUES ('c')") < 0);
	assert_string_equal(e.code, "store.aborted");
	store_rollback(c);
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('d')"));
	assert_ok(store_commit(c, &e));
	assert_int_equal(count(c), 3);
	assert_ok(store_begin(c, &e));
	assert_true(store_exec(c, &e, "INSERT INTO t (id) VALUES ('a')") < 0);
	assert_true(store_commit(c, &e) < 0);
	assert_string_equal(e.code, "store.aborted");
	assert_false(store_in_tx(c));
	assert_int_equal(count(c), 3);
}

static void test_release_rolls_back(void **state)
{
	struct test_db *db = *state;
	struct store_conn *c;

	make_table(db);
	assert_ok(store_acquire(db->store, &c, &e));
	assert_ok(store_begin(c, &e));
	assert_ok(store_begin(c, &e));
	assert_ok(store_exec(c, &e, "INSERT INTO t (id) VALUES ('a')"));
	store_release(c);
	assert_int_equal(count(db->conn), 0);
}

/* "Read, decide, write" by many threads at once loses nothing: the reason that
 * store_tx() is serializable and repeats. */
struct adder {
	struct store *store;
	int times, failed;
};

static int add_one(struct store_conn *c, void *arg, struct error *err)
{
	int64_t n = 0;

	(void)arg;
	if (store_int(c, &n, err, "SELECT n FROM t WHERE id = 'sum'") < 0)
		return -1;
	return store_exec(c, err, "UPDATE t SET n = ? WHERE id = 'sum'", SV_INT(n + 1));
}

static void *add_many(void *arg)
{
	struct adder *a = arg;
	struct store_conn *c;
	struct error err;

	if (store_acquire(a->store, &c, &err) < 0)
		return NULL;
	for (int i = 0; i < a->times; i++)
		if (store_tx(c, add_one, NULL, &err) < 0)
			a->failed++;
	store_release(c);
	return NULL;
}

static void test_read_decide_write(void **state)
{
	struct test_db *db = *state;
	struct adder a[4];
	pthread_t t[4];
	int64_t n = 0, failed = 0;

	make_table(db);
	assert_ok(store_exec(db->conn, &e, "INSERT INTO t (id, n) VALUES ('sum', 0)"));
	for (int i = 0; i < 4; i++) {
		a[i] = (struct adder){ db->store, 25, 0 };
		pthread_create(&t[i], NULL, add_many, &a[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		failed += a[i].failed;
	}
	assert_int_equal(store_int(db->conn, &n, &e, "SELECT n FROM t WHERE id = 'sum'"), 1);
	assert_int_equal(n, 100 - failed);
	assert_true(failed <= 5);
}

static int lock_and_add(struct store_conn *c, void *arg, struct error *err)
{
	return store_lock(c, STR("sum"), err) < 0 ? -1 : add_one(c, arg, err);
}

static void *lock_many(void *arg)
{
	struct adder *a = arg;
	struct store_conn *c;
	struct error err;

	if (store_acquire(a->store, &c, &err) < 0)
		return NULL;
	for (int i = 0; i < a->times; i++)
		if (store_tx_locking(c, lock_and_add, NULL, &err) < 0)
			a->failed++;
	store_release(c);
	return NULL;
}

static void test_named_lock(void **state)
{
	struct test_db *db = *state;
	struct adder a[4];
	pthread_t t[4];
	int64_t n = 0;

	make_table(db);
	assert_ok(store_exec(db->conn, &e, "INSERT INTO t (id, n) VALUES ('sum', 0)"));
	for (int i = 0; i < 4; i++) {
		a[i] = (struct adder){ db->store, 25, 0 };
		pthread_create(&t[i], NULL, lock_many, &a[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(a[i].failed, 0);
	}
	assert_int_equal(store_int(db->conn, &n, &e, "SELECT n FROM t WHERE id = 'sum'"), 1);
	assert_int_equal(n, 100);
}

/* ---- schema ---- */

static void test_migrations(void **state)
{
	struct test_db *db = *state;
	int version = 0;

	assert_ok(store_schema_version(db->conn, &version, &e));
	assert_int_equal(version, store_schema_latest());
	assert_ok(store_migrate(db->store, &e)); /* again: nothing to do */
	assert_ok(store_exec(db->conn, &e,
			     "INSERT INTO schema_migration VALUES (9999, 'future', 0)"));
	assert_true(store_migrate(db->store, &e) < 0);
	assert_string_equal(e.code, "store.schema-newer");
	assert_non_null(strstr(e.zh, "9999"));
}

/* Several processes start on an empty database at once. */
static void test_migrate_race(void **state)
{
	struct test_db *db = *state, fresh;
	pid_t pids[4];

	assert_true(test_db_make(db->dialect, &fresh));
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct store *s;
			struct error err = { 0 };

			if (store_open(str_c(fresh.url), NULL, &s, &err) < 0 ||
			    store_migrate(s, &err) < 0) {
				fprintf(stderr, "child: %s %s\n", err.code, err.en);
				_exit(1);
			}
			store_close(s);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	test_db_drop(&fresh);
}

/* ---- waiting ---- */

static void *notify_later(void *arg)
{
	struct test_db *db = arg;
	struct timespec ts = { 0, 50 * 1000000 };
	struct error err;

	nanosleep(&ts, NULL);
	if (store_begin(db->conn, &err) == 0 && store_notify(db->conn, "job", &err) == 0)
		store_commit(db->conn, &err);
	return NULL;
}

static void test_notify(void **state)
{
	struct test_db *db = *state;
	struct store_conn *w;
	pthread_t t;
	int64_t before;

	assert_ok(store_acquire(db->store, &w, &e));
	assert_int_equal(store_wait(w, "job", 0, &e), 1); /* the first look is always due */
	assert_int_equal(store_wait(w, "job", 20, &e), 0);
	pthread_create(&t, NULL, notify_later, db);
	before = clock_mono_ms(&clock_system);
	assert_int_equal(store_wait(w, "job", 5000, &e), 1);
	assert_true(clock_mono_ms(&clock_system) - before < 2000);
	pthread_join(t, NULL);
	store_wait(w, "job", 0, &e);
	assert_int_equal(store_wait(w, "job", 20, &e), 0);
	store_wake(db->store);
	assert_int_equal(store_wait(w, "job", 5000, &e), 1);
	store_release(w);
}

/* Another process's commit is heard too. */
static void test_notify_across_processes(void **state)
{
	struct test_db *db = *state;
	struct store_conn *w;
	int status;
	pid_t pid;

	make_table(db);
	assert_ok(store_acquire(db->store, &w, &e));
	while (store_wait(w, "job", 0, &e) == 1)
		;
	pid = fork();
	if (pid == 0) {
		struct store *s;
		struct store_conn *c;
		struct error err = { 0 };

		if (store_open(str_c(db->url), NULL, &s, &err) < 0 ||
		    store_acquire(s, &c, &err) < 0 || store_begin(c, &err) < 0 ||
		    store_exec(c, &err, "INSERT INTO t (id) VALUES ('x')") < 0 ||
		    store_notify(c, "job", &err) < 0 || store_commit(c, &err) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(store_wait(w, "job", 10000, &e), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store_release(w);
}

/* ---- the rest ---- */

static void test_files_are_private(void **state)
{
	struct test_db *db = *state;
	char path[800];
	struct stat st;

	if (db->dialect != STORE_SQLITE)
		return;
	make_table(db);
	for (int i = 0; i < 3; i++) {
		static const char *const tails[] = { "", "/zhanwei.db", "/zhanwei.db-wal" };

		snprintf(path, sizeof(path), "%s%s", db->url, tails[i]);
		assert_ok(stat(path, &st));
		assert_int_equal(st.st_mode & 077, 0);
	}
}

static void test_reconnect(void **state)
{
	struct test_db *db = *state;
	int64_t n = 0;

	if (db->dialect != STORE_PGSQL || !test_db_server(false))
		return;
	assert_true(store_int(db->conn, &n, &e, "SELECT 1") < 0);
	assert_string_equal(e.code, "store.unavailable");
	assert_true(store_int(db->conn, &n, &e, "SELECT 1") < 0);
	assert_string_equal(e.code, "store.unavailable");
	assert_true(test_db_server(true));
	assert_int_equal(store_int(db->conn, &n, &e, "SELECT 1"), 1);
	/* Lost inside a transaction: never silently outside of it. */
	assert_ok(store_begin(db->conn, &e));
	assert_true(test_db_server(false) && test_db_server(true));
	assert_true(store_int(db->conn, &n, &e, "SELECT 1") < 0);
	assert_string_equal(e.code, "store.unavailable");
	assert_true(store_int(db->conn, &n, &e, "SELECT 1") < 0);
	store_rollback(db->conn);
	assert_int_equal(store_int(db->conn, &n, &e, "SELECT 1"), 1);
}

static void test_open_says_why(void **state)
{
	struct test_db *db = *state;
	struct store *s = NULL;
	static const char *const bad[] = { "", "/proc/nowhere/data",
					   "postgresql://zhanwei:s3cret@127.0.0.1:1/none" };

	(void)db;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		error_clear(&e);
		assert_true(store_open(str_c(bad[i]), NULL, &s, &e) < 0);
		assert_null(s);
		assert_true(e.code[0] && e.zh[0] && e.en[0]);
		assert_null(strstr(e.en, "s3cret"));
	}
	assert_null(strstr(store_describe(db->store).ptr, "s3cret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_values),
		TEST_DB(test_sums_and_types),
		TEST_DB(test_dirty_text_is_made_clean),
		TEST_DB(test_errors_have_codes),
		TEST_DB(test_upsert_returning),
		TEST_DB(test_builder_and_like),
		TEST_DB(test_many_statements),
		TEST_DB(test_nested_transactions),
		TEST_DB(test_failed_statement_dooms),
		TEST_DB(test_release_rolls_back),
		TEST_DB(test_read_decide_write),
		TEST_DB(test_named_lock),
		TEST_DB(test_migrations),
		TEST_DB(test_migrate_race),
		TEST_DB(test_notify),
		TEST_DB(test_notify_across_processes),
		TEST_DB(test_files_are_private),
		TEST_DB(test_reconnect),
		TEST_DB(test_open_says_why),
	};

	return test_db_run("store", tests, ARRAY_SIZE(tests));
}
