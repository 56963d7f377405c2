/* A website on loopback for the tests of use cases, with the engine and the fetch in their real jail. */
#ifndef APP_TEST_WEBSITE_H
#define APP_TEST_WEBSITE_H
#include <stdatomic.h>

#include "base/mem.h"
#include "net/test_server.h"
#include "app/test_world.h"

/* A website with a home page, a page that leaks or does not, and a token file. */
struct website {
	char token_path[200], token[100];
	bool catch_all, redirect, huge, leak, comment, tag, nacos;
	atomic_uint requests;
	void (*on_request)(struct website *w, unsigned n);
	void *user;
	struct test_server *server;
	char url[64];
};

int website_setup(void **state);
int website_teardown(void **state);
#define TEST_WEBSITE(f) cmocka_unit_test_setup_teardown(f, website_setup, website_teardown)
/* main() of such a test: starts the jail and runs them on both databases. */
#define website_run(name, tests) website_run_tests(name, tests, ARRAY_SIZE(tests))
int website_run_tests(const char *name, const struct CMUnitTest *tests, size_t n);

/* An answer of a server. */
void page(struct test_conn *c, int status, const char *type, const char *body);

struct str add_site(struct world *w);
json_t *start_proof(struct world *w, struct str site, const char *method);
struct str check_proof(struct world *w, struct str site, const json_t *proof);
struct str verified_site(struct world *w);

struct str start_scan(struct world *w, struct str site);
json_t *scan(struct world *w, struct str id);
json_t *finished_scan(struct world *w, struct str site);
#endif
