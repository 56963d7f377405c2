/* Conformance cases as data (tests/templates/README.md says how they are written): parsing
 * them, and the server that each describes. */
#ifndef SCAN_TEMPLATE_TEST_CASES_H
#define SCAN_TEMPLATE_TEST_CASES_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "net/test_server.h"

struct case_rule {
	struct str method, target, when; /* target may end in '*'; when: bytes in the request */
	unsigned nth;			 /* only that time; 0: always */
	struct str text;		 /* what follows, as written */
};
struct test_case {
	struct str name, base, file;
	bool abstract;
	VEC(struct str) keys;
	VEC(struct str) values;
	struct str template, server, tcp, expect;
	VEC(struct str) extra_names;
	VEC(struct str) extra_texts;
};
struct case_list {
	struct arena *arena;
	VEC(struct test_case) list;
};
void cases_read(struct case_list *l, struct str file, struct str text);
/* Takes over what the base has and the case has not; then puts values for @KEY@. */
void cases_resolve(struct case_list *l);

/* The server of one running case. */
struct case_server {
	const struct test_case *c;
	struct arena *arena;
	VEC(struct case_rule) rules;
	unsigned *times;
	pthread_mutex_t lock;
	struct buf log; /* every request received, one after another */
	unsigned requests;
	struct buf oob; /* blobs: kind, token */
	unsigned oob_count;
};
void case_server_init(struct case_server *s, const struct test_case *c);
void case_server_free(struct case_server *s);
test_handler case_handler;
#define CASE_OOB_DOMAIN "oob.test"
#endif
