/* Inside the room: making a member, also of a tenant that is just being made. */
#ifndef APP_MEMBER_PRIVATE_H
#define APP_MEMBER_PRIVATE_H
#include "app/context.h"
#include "app/password.h"

struct member_new {
	struct str name, email, role;
	char hash[APP_PASSWORD_HASH];
	char made[20]; /* the password we chose, "" when one was given */
	bool fresh;    /* out: the account did not exist */
	struct id id, account;
};

/* Outside of a transaction (hashing is slow): {name, email, password?} and p->role. */
int member_prepare(struct app_call *c, const json_t *in, struct member_new *p, struct error *e);
/* Inside one. */
int member_insert(struct app_call *c, struct str tenant, struct member_new *p, struct error *e);
#endif
