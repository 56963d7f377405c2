/* Platform settings by name, and saved answers of idempotent requests. */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H
#include "base/arena.h"
#include "store/store.h"

/* 1, 0 (not set), negative. */
int store_setting_get(struct store_conn *c, struct str name, struct arena *a, struct str *ret,
		      struct error *e);
int store_setting_put(struct store_conn *c, struct str name, struct str value, int64_t now,
		      struct error *e);
/* A number that grows with every change of any setting. */
int store_setting_generation(struct store_conn *c, int64_t *ret, struct error *e);

struct store_replay {
	struct str tenant_id, account_id, key, request_hash, content_type, location, body;
	int status; /* 0: in progress */
	int64_t created;
};
/* Claims the key: 1 when it is ours now (an older one than `expired` is taken over), 0
 * when it was used before and *ret tells what is known. */
int store_replay_claim(struct store_conn *c, const struct store_replay *r, int64_t expired,
		       struct arena *a, struct store_replay *ret, struct error *e);
int store_replay_save(struct store_conn *c, const struct store_replay *r, struct error *e);
int store_replay_drop(struct store_conn *c, const struct store_replay *r, struct error *e);
int store_replay_prune(struct store_conn *c, int64_t before, struct error *e);
#endif
