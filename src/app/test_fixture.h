/* What the tests of use cases stand on: one tenant with an administrator on either database, a clock
 * that is moved by hand, a website on loopback, and the engine and the fetch in their real jail. */
#ifndef APP_TEST_FIXTURE_H
#define APP_TEST_FIXTURE_H
#include <stdatomic.h>

#include "app/context.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/test_server.h"
#include "store/test_db.h"

extern struct error e; /* of the last call; include this header last, for others call a parameter so */

/* A website with a home page, a page that leaks or does not, and a token file. */
struct website {
	char token_path[200], token[100];
	bool catch_all, redirect, huge, leak, comment, tag, nacos;
	atomic_uint requests;
	void (*on_request)(struct website *w, unsigned n);
	void *user;
};

struct world {
	struct test_db *db;
	struct app app;
	struct app_actor actor;
	struct app_call c;
	struct clock_fake clock;
	struct website site;
	struct test_server *server;
	char url[64];
};

int setup(void **state);
int teardown(void **state);
#define TEST_WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
/* main() of such a test: starts the jail and runs them on both databases. */
#define world_run(name, tests) world_run_tests(name, tests, ARRAY_SIZE(tests))
int world_run_tests(const char *name, const struct CMUnitTest *tests, size_t n);

/* An answer of a server. */
void page(struct test_conn *c, int status, const char *type, const char *body);
/* The platform's settings. */
void set_settings(struct world *w, const char *json);
/* All jobs that are due; they see the clock through the worker's, which stands still unless moved. */
void run_jobs(struct world *w);
/* JSON from text. */
__attribute__((format(printf, 1, 2))) json_t *in(const char *fmt, ...);
struct str id_of(struct world *w, const json_t *v);
void assert_code(int r, const char *code);
void ok(int r);

struct str add_site(struct world *w);
json_t *start_proof(struct world *w, struct str site, const char *method);
struct str check_proof(struct world *w, struct str site, const json_t *proof);
struct str verified_site(struct world *w);

struct str start_scan(struct world *w, struct str site);
json_t *scan(struct world *w, struct str id);
json_t *finished_scan(struct world *w, struct str site);
#endif
