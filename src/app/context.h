/* What every use case is given: the application, who asks, a connection, the time.
 * Use cases decide; the API, the command line and jobs only call them.
 *
 *     int app_site_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
 *     {
 *             if (app_require(c, PERM_SITE_WRITE, e) < 0)
 *                     return -1;
 *             …store_site_insert(c->db, c->actor->tenant_id, …)…
 *             return app_audit(c, "site.add", "site", id, name, detail, e);
 *     }
 *
 * Everything a use case reads or writes is of c->actor->tenant_id; a thing of
 * another tenant is "x.not-found", never "forbidden".
 *
 * Codes of errors and their HTTP status (src/api/problem.c): the last word of the
 * code decides: not-found 404; forbidden 403; required-login 401; exists, conflict,
 * state, running, in-progress, exceeded 409; gone 410; too-large 413; busy 503 with
 * Retry-After; any other code of a use case 422. */
#ifndef APP_CONTEXT_H
#define APP_CONTEXT_H
#include "app/role.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "store/store.h"

struct os_spawner;
struct app_settings_cache;
struct app_texts;

/* The tenant of the platform itself: its members are the platform administrators,
 * its audit log is the system's. */
#define APP_PLATFORM_TENANT "00000000000000000000000000"
#define APP_PLATFORM STR(APP_PLATFORM_TENANT)

#define APP_MAGIC 0x7a610a99u
struct app {
	unsigned magic;
	struct store *store;
	const struct clock *clock;
	struct os_spawner *spawner; /* NULL in processes that start no jailed child for jobs */
	struct os_spawner *reader;  /* of the web process: uploads read within a request; may be NULL */
	struct str data_dir;	    /* absolute */
	unsigned char key[32];	    /* from DATA/secret.key (0600); see secret.h */
	char version[32];
	struct app_texts *texts;    /* checking texts, see textserve.h */
	volatile int *stop; /* non-zero while the process shuts down; may be NULL */
};

/* How the actor came in. */
enum app_via { APP_VIA_SESSION, APP_VIA_KEY, APP_VIA_JOB, APP_VIA_CLI };

struct app_actor {
	struct str user_id; /* "" for the system itself */
	struct str user_name, email, lang; /* lang "zh-CN" or "en" */
	struct str tenant_id, tenant_name;
	enum app_role role;   /* in that tenant */
	bool platform_admin;  /* also a member of the platform tenant */
	bool granted;	      /* sees this tenant under a time-limited grant only */
	uint64_t permissions; /* bit per enum app_permission, scopes of a key applied */
	enum app_via via;
	struct str session_id, key_id; /* whichever applies */
	int64_t key_expires;	       /* ms, 0: never */
	struct str ip, user_agent, request_id;
};

struct app_call {
	struct app *app;
	const struct app_actor *actor;
	struct store_conn *db;
	struct arena *arena; /* lives as long as the call and what it returns */
	int64_t now;	     /* ms, one moment for the whole call */
	unsigned retry_after; /* out: seconds, with errors that say "later" */
};

/* Loads or makes DATA/secret.key and fills *ret. data_dir is made absolute and copied;
 * app_free() gives it back. store and clock are borrowed. */
int app_init(struct app *ret, struct store *store, const struct clock *clock, struct str data_dir,
	     struct str version, struct error *e);
void app_free(struct app *app);

/* store_tx() for use cases: all or nothing, run again on conflicts (so fn decides
 * from scratch each time). */
int app_tx(struct app_call *c, int (*fn)(struct app_call *c, void *arg, struct error *e),
	   void *arg, struct error *e);

static inline bool app_may(const struct app_call *c, enum app_permission p)
{
	return p == PERM_NONE || (c->actor->permissions & app_permission_bit(p));
}
/* 0, or -1 with "auth.forbidden". */
int app_require(const struct app_call *c, enum app_permission p, struct error *e);

/* For jobs and the command line: acts as the system in one tenant with every
 * permission a tenant's own members can have. Texts are borrowed. */
void app_actor_system(struct app_actor *a, enum app_via via, struct str tenant_id);

/* What happened, at the end of the audit log of the actor's tenant (hash chain).
 * Inside a transaction of c->db it commits with it. detail may be NULL (borrowed
 * otherwise) and must carry no secret. action: "site.delete". */
int app_audit(struct app_call *c, const char *action, const char *object_type,
	      struct str object_id, struct str object_name, const json_t *detail,
	      struct error *e);
/* The same in another tenant's log (the platform's own: APP_PLATFORM). */
int app_audit_in(struct app_call *c, struct str tenant_id, const char *action,
		 const char *object_type, struct str object_id, struct str object_name,
		 const json_t *detail, struct error *e);
/* Tells the console's live streams (store/event.h); data is borrowed. */
int app_event(struct app_call *c, const char *topic, const char *type, const json_t *data,
	      struct error *e);

/* "quota.exceeded" (with used and total in the sentence) when `more` further units
 * of that quota would pass the tenant's total. Call it in the transaction that
 * adds. How much is used: src/app/quota.c's table. */
int app_quota_check(struct app_call *c, const char *quota, int64_t more, struct error *e);
#endif
