/* Tenants and their people: what a tenant administrator changes in the own house, what a
 * platform administrator does about houses, and the grants to look into one. JSON forms
 * are those of the API; *ret is the caller's. */
#ifndef APP_TENANT_H
#define APP_TENANT_H
#include "app/context.h"
#include "store/page.h"

int app_tenant_own(struct app_call *c, json_t **ret, struct error *e);
int app_tenant_own_update(struct app_call *c, const json_t *in, json_t **ret, struct error *e);

/* Platform administrators. Create: {name, kind, admin{name,email,password?}, edition?} */
int app_tenant_list(struct app_call *c, struct str q, struct store_page *page, json_t **ret,
		    struct error *e);
int app_tenant_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_tenant_create(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_tenant_update(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		      struct error *e);

int app_grant_create(struct app_call *c, struct str tenant, struct str reason, int hours,
		     json_t **ret, struct error *e);
int app_grant_list(struct app_call *c, struct str tenant, json_t **ret, struct error *e);
int app_grant_end(struct app_call *c, struct str tenant, struct str id, struct error *e);

/* Members of the actor's tenant. Add: {name, email, role, password?}; the answer carries
 * initial_password when none was given and the account is new. The last administrator
 * cannot be removed, disabled or demoted: "member.last-conflict". */
int app_member_list(struct app_call *c, struct str q, struct str role, struct store_page *page,
		    json_t **ret, struct error *e);
int app_member_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_member_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_member_update(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		      struct error *e);
int app_member_remove(struct app_call *c, struct str id, struct error *e);
json_t *app_roles_view(void);
#endif
