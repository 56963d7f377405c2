/* For tests of everything that stands on the store: a fresh, migrated database per
 * test, on SQLite and on PostgreSQL. A private PostgreSQL 15 is started from
 * Debian's package once per test program (unix socket in a temporary directory,
 * fsync off, as user postgres when we are root), or PG_TEST_URL names a server
 * where databases may be made. Without either the PostgreSQL half says SKIP.
 *
 *     static void test_rename(void **state)
 *     {
 *             struct test_db *db = *state;
 *             ... db->store, db->conn, db->now ...
 *     }
 *     int main(void)
 *     {
 *             const struct CMUnitTest tests[] = { TEST_DB(test_rename) };
 *             return test_db_run("site", tests, ARRAY_SIZE(tests));
 *     }
 */
#ifndef STORE_TEST_DB_H
#define STORE_TEST_DB_H
#include "base/check.h"
#include "base/test.h"
#include "store/store.h"

struct test_db {
	struct store *store;
	struct store_conn *conn; /* one at hand, released by the teardown */
	enum store_dialect dialect;
	char url[600]; /* for store_open() by other processes */
	char dir[200]; /* temporary directory of this test, removed afterwards */
	int64_t now;   /* 2026-01-05T00:00:00Z, a Monday */
};

#define TEST_DB_NOW 1767571200000LL

int test_db_setup(void **state);
int test_db_teardown(void **state);
#define TEST_DB(f) cmocka_unit_test_setup_teardown(f, test_db_setup, test_db_teardown)
/* Every test on SQLite, then every test on PostgreSQL. Number of failures. */
int test_db_run(const char *name, const struct CMUnitTest *tests, size_t n);
/* The same with one database for all tests of a run, and whatever else open() puts around it: both get
 * what test_db_setup() made as their state and hand it on. Tests are plain cmocka_unit_test()s; each
 * must keep to rows of its own. */
int test_db_run_shared(const char *name, const struct CMUnitTest *tests, size_t n, CMFixtureFunction open,
		       CMFixtureFunction close);
/* By hand: a fresh database of this kind, not migrated and not opened. False when
 * it cannot be had (said on stderr). */
bool test_db_make(enum store_dialect dialect, struct test_db *db);
void test_db_drop(struct test_db *db);
/* Stops (false) and starts (true) the private server: tests of reconnecting. False
 * when the server is not ours. */
bool test_db_server(bool up);
#endif
