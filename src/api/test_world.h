/* For tests of the web side: a real server on a loopback port over a fresh database, people
 * with any role without the cost of password hashing, and an HTTP client. */
#ifndef API_TEST_WORLD_H
#define API_TEST_WORLD_H
#include "api/api.h"
#include "api/route.h"
#include "base/buf.h"
#include "store/test_db.h"

struct world {
	struct test_db *db;
	struct app app;
	struct api *api;
	uint16_t port;
	unsigned people;
};

/* Who calls: a session, an API key, or nobody. */
struct who {
	char cookie[80], csrf[80], bearer[80];
	char account[ID_LEN + 1], tenant[ID_LEN + 1], member[ID_LEN + 1];
};

struct answer {
	int status;
	struct buf head, body;
	json_t *json; /* NULL when the body is none */
};

void world_open(struct world *w, struct test_db *db);
void world_close(struct world *w);
void world_tenant(struct world *w, const char *name, char ret_id[ID_LEN + 1]);
/* A new person with that role in that tenant, logged in. role2 (or NULL) in the platform. */
void world_person(struct world *w, const char *tenant, const char *role, bool platform,
		  struct who *ret);
/* Another session of the same person. */
void world_login(struct world *w, const struct who *as, struct who *ret);
/* A call as the system in a tenant, for making rows directly. Uses w->db->conn. */
struct app_call world_call(struct world *w, struct app_actor *actor, const char *tenant,
			   struct arena *a);

/* path: below /api/v1 unless it starts with "/:" (then as it is behind the colon).
 * body NULL: none. headers: further lines, each ended by \r\n, or NULL. */
void ask_with(struct world *w, const struct who *as, const char *method, const char *path,
	      const char *body, const char *headers, struct answer *ret);
static inline void ask(struct world *w, const struct who *as, const char *method,
		       const char *path, const char *body, struct answer *ret)
{
	ask_with(w, as, method, path, body, NULL, ret);
}
/* Bytes as they are; reads until the other side is done or `ms` passed. */
void ask_raw(struct world *w, struct str bytes, int ms, struct answer *ret);
int world_connect(const struct world *w);
void answer_free(struct answer *a);
#define _cleanup_answer_ _cleanup_(answer_free)
/* Header's value in `out`, "" when absent. */
const char *answer_header(const struct answer *a, const char *name, char out[512]);
struct str answer_str(const struct answer *a, const char *key);

/* Fails with method, path and the whole answer when the status is another. */
void expect_(const struct answer *a, int status, const char *code, const char *file, int line);
#define expect(a, status) expect_(a, status, NULL, __FILE__, __LINE__)
#define expect_problem(a, status, code) expect_(a, status, code, __FILE__, __LINE__)
#endif
