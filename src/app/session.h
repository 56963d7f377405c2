/* Logging in and being logged in: from a password, a cookie's token or an API key to
 * the actor that use cases are given. */
#ifndef APP_SESSION_H
#define APP_SESSION_H
#include "app/context.h"

#define APP_TOKEN_SIZE 48 /* 43 characters of base64url and a NUL */
#define APP_CSRF_SIZE 65

/* c->actor may carry only ip, user_agent and request_id here. Fills *ret (texts in
 * c->arena) and the new session's token. old_token: of the cookie that came along, its
 * session ends (rotation). Errors: auth.bad-credentials, auth.totp-required,
 * auth.too-many (with c->retry_after), auth.busy, auth.no-tenant. */
int app_login(struct app_call *c, struct str email, struct str password, struct str totp,
	      struct str old_token, struct app_actor *ret, char ret_token[APP_TOKEN_SIZE],
	      struct error *e);
/* A session without asking for anything: set-up. */
int app_session_start(struct app_call *c, struct str account_id, struct str tenant_id,
		      struct app_actor *ret, char ret_token[APP_TOKEN_SIZE], struct error *e);
/* From a cookie. 1, 0 (no such session, or it ended), negative. */
int app_session_resume(struct app_call *c, struct str token, struct app_actor *ret,
		       struct error *e);
/* From "Authorization: Bearer zw_…". 1, 0, negative. */
int app_key_resume(struct app_call *c, struct str key, struct app_actor *ret, struct error *e);
void app_csrf_token(const struct app *app, struct str session_token, char ret[APP_CSRF_SIZE]);

int app_logout(struct app_call *c, struct error *e);
/* Moves the session to another tenant of the person, or into one under a grant; the
 * token changes. */
int app_session_switch(struct app_call *c, struct str tenant_id, struct app_actor *ret,
		       char ret_token[APP_TOKEN_SIZE], struct error *e);
/* GET /session without csrf_token. */
int app_session_view(struct app_call *c, json_t **ret, struct error *e);
int app_session_list(struct app_call *c, json_t **ret, struct error *e);
int app_session_revoke(struct app_call *c, struct str id, struct error *e);
/* Forgets what ran out: sessions, brakes, saved answers. Cheap; call now and then. */
int app_session_prune(struct app_call *c, struct error *e);

/* ---- the person ---- */

/* {name?, lang?, settings?} */
int app_me_update(struct app_call *c, const json_t *in, struct error *e);
/* Ends all other sessions of the person. */
int app_me_password(struct app_call *c, struct str old_password, struct str new_password,
		    struct error *e);
int app_me_totp_begin(struct app_call *c, json_t **ret, struct error *e);
int app_me_totp_confirm(struct app_call *c, struct str code, struct error *e);
int app_me_totp_disable(struct app_call *c, struct str password, struct error *e);
#endif
