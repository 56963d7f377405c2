/* What the tests of use cases stand on: one tenant with an administrator on either database, a clock
 * that is moved by hand, jobs run by hand, and the jail where a test names what runs in it.
 *
 *     static void test_rename(void **state)
 *     {
 *             struct world *w = *state;
 *             ... &w->c, e ...
 *     }
 *     int main(void)
 *     {
 *             const struct CMUnitTest tests[] = { TEST_WORLD(test_rename) };
 *             return world_run("site", app_jail_kinds, tests);
 *     }
 */
#ifndef APP_TEST_WORLD_H
#define APP_TEST_WORLD_H
#include "app/context.h"
#include "base/json.h"
#include "base/limits.h"
#include "os/spawn.h"
#include "store/test_db.h"

extern struct error e; /* of the last call; include this header last, for others call a parameter so */

#define WORLD_TENANT STR("01testtenant0000000000000a")
#define WORLD_SITE STR("site")

struct website;

struct world {
	struct test_db *db;
	struct app app;
	struct app_actor actor;
	struct app_call c;
	struct clock_fake clock;
	struct str site;     /* the test's site, if it has one */
	struct website *web; /* what answers there, of test_fixture.h */
};

int world_setup(void **state);
int world_teardown(void **state);
#define TEST_WORLD(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
/* main() of such a test: starts the jail for the kinds (or NULL: none) and runs the tests on both databases. */
#define world_run(name, kinds, tests) world_run_tests(name, kinds, tests, ARRAY_SIZE(tests), NULL, NULL)
/* The same with open and close around all tests of a run, as test_db_run_shared() has it. */
int world_run_tests(const char *name, const struct os_jail_kind *const kinds[], const struct CMUnitTest *tests, size_t n,
		    CMFixtureFunction open, CMFixtureFunction close);

/* A site that may be looked at, WORLD_SITE at https://site.example/, straight into the database. */
void world_add_site(struct world *w);
/* The platform's settings. */
void set_settings(struct world *w, const char *json);
/* All jobs that are due, or one; they see the clock through the worker's, which stands still unless moved. */
void run_jobs(struct world *w);
void run_one_job(struct world *w);

/* JSON from text. */
__attribute__((format(printf, 1, 2))) json_t *in(const char *fmt, ...);
/* The "id" of an answer, in the call's arena. */
struct str id_of(struct world *w, const json_t *v);
void assert_code(int r, const char *code);
void ok(int r);
#endif
