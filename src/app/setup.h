/* First run: whoever holds the link that serve printed makes the first tenant and its
 * administrator, who administers the platform too. */
#ifndef APP_SETUP_H
#define APP_SETUP_H
#include "app/context.h"
#include "app/session.h"

/* True while there is no account at all. Negative on error. */
int app_setup_needed(struct app_call *c, struct error *e);
/* Makes (or finds) the one-time token, DATA/setup-token, 0600. */
int app_setup_token(struct app *app, struct buf *out, struct error *e);
/* {token, tenant_name, tenant_kind, name, email, password}; logs the person in. Errors:
 * setup.token-wrong, setup.done. */
int app_setup(struct app_call *c, const json_t *in, struct app_actor *ret,
	      char ret_token[APP_TOKEN_SIZE], struct error *e);

/* A person by the command line: into `tenant` (id, or "" for the only or a new one named
 * tenant_name). *ret_id: the account. "account.exists". */
struct app_user_new {
	struct str name, email, password, role, tenant_id, tenant_name;
};
int app_user_add(struct app_call *c, const struct app_user_new *u, struct id *ret_id,
		 struct error *e);
#endif
