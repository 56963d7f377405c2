/* People who log in: accounts, their sessions, and the brake on guessing. Tokens and
 * passwords come here only as hashes. */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H
#include "base/arena.h"
#include "store/store.h"

struct store_account {
	struct str id, name, email, password, lang, settings;
	struct str totp, totp_pending; /* sealed; "" when none */
	int64_t totp_step;	       /* last time step used */
	struct str state;
	int64_t last_login, created, updated;
};

/* E-mail addresses are one account whatever their ASCII case: "store.unique". */
int store_account_add(struct store_conn *c, const struct store_account *u, struct error *e);
int store_account_get(struct store_conn *c, struct str id, struct arena *a,
		      struct store_account *ret, struct error *e);
int store_account_by_email(struct store_conn *c, struct str email, struct arena *a,
			   struct store_account *ret, struct error *e);
int store_account_count(struct store_conn *c, int64_t *ret, struct error *e);
int store_account_update(struct store_conn *c, struct str id, struct str name, struct str lang,
			 struct str settings, int64_t now, struct error *e);
int store_account_set_password(struct store_conn *c, struct str id, struct str hash,
			       int64_t now, struct error *e);
int store_account_set_totp(struct store_conn *c, struct str id, struct str totp,
			   struct str pending, int64_t now, struct error *e);
/* Claims a time step: store_changed() is 0 when it or a later one was used before. */
int store_account_use_totp(struct store_conn *c, struct str id, int64_t step, struct error *e);
int store_account_logged_in(struct store_conn *c, struct str id, int64_t now, struct error *e);

struct store_session {
	struct str id, token_hash, account_id, tenant_id, ip, user_agent;
	int64_t created, seen, expires;
};
int store_session_add(struct store_conn *c, const struct store_session *s, struct error *e);
/* 1, 0, negative. */
int store_session_find(struct store_conn *c, struct str token_hash, struct arena *a,
		       struct store_session *ret, struct error *e);
int store_session_seen(struct store_conn *c, struct str id, int64_t now, struct error *e);
int store_session_set_tenant(struct store_conn *c, struct str id, struct str tenant,
			     struct str token_hash, struct error *e);
int store_session_list(struct store_conn *c, struct str account, int64_t now, int64_t idle_since,
		       struct arena *a, void (*fn)(void *arg, const struct store_session *s),
		       void *arg, struct error *e);
int store_session_delete(struct store_conn *c, struct str account, struct str id,
			 struct error *e);
/* All of an account but one ("" for none). */
int store_session_delete_others(struct store_conn *c, struct str account, struct str keep,
				struct error *e);
int store_session_delete_in(struct store_conn *c, struct str account, struct str tenant,
			    struct error *e);
/* Keeps the newest `keep` of an account. */
int store_session_trim(struct store_conn *c, struct str account, int keep, struct error *e);
int store_session_prune(struct store_conn *c, int64_t now, int64_t idle_since, struct error *e);

struct store_throttle {
	int64_t fails, until;
};
int store_throttle_get(struct store_conn *c, struct str key, struct store_throttle *ret,
		       struct error *e);
int store_throttle_put(struct store_conn *c, struct str key, const struct store_throttle *t,
		       int64_t now, struct error *e);
int store_throttle_clear(struct store_conn *c, struct str key, struct error *e);
int store_throttle_prune(struct store_conn *c, int64_t before, struct error *e);
#endif
