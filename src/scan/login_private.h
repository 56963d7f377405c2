/* Logging in over plain HTTP, for session.c. */
#ifndef SCAN_LOGIN_PRIVATE_H
#define SCAN_LOGIN_PRIVATE_H
#include "scan/scan_private.h"

/* ---- session.c ---- */
struct fetch {
	enum person_id who;
	struct str url, from;
	struct str body, type; /* body.ptr set: POST */
	bool follow;	       /* redirects within scope */
};
/* One request at once, ahead of all others; cookies are kept for `who`. NULL on failure. */
struct answer *session_fetch(struct run *r, const struct fetch *f);
int session_log_in(struct run *r, enum person_id who, struct str *landed, struct error *e);
bool session_leads_to_login(const struct run *r, const struct scan_exchange *x);
/* What session_log_in() and session_leads_to_login() need. */
void session_make(struct run *r);
/* The last page that answered, without its query; status 0: it was seen by the browser. */
bool session_seen(const struct run *r, struct str *url, int *status);

/* ---- login_http.c ---- */
int login_http_form(struct run *r, enum person_id who, struct str *landed, struct error *e);
int login_http_script(struct run *r, enum person_id who, struct str *landed, struct error *e);
/* A link or a form to log out by. */
bool login_offers_logout(const struct scan_page *p);
/* The form with exactly one password field; NULL when there is none. */
const struct scan_form *login_form_of(const struct scan_page *p);

/* ---- login_auth.c ---- */
/* By HTTP authentication, or by an interface that takes JSON. 1: logged in, 0: neither is asked for, -1: refused. */
int login_without_form(struct run *r, enum person_id who, struct str *landed, struct error *e);
/* A token in a JSON answer becomes what is sent from then on; false when there is none. */
bool login_take_token(struct run *r, enum person_id who, const struct answer *a);
struct login_digest {
	struct str algorithm, user, realm, password, nonce, cnonce, method, uri;
	unsigned nc;
	bool qop; /* "auth" */
};
int login_digest(const struct login_digest *d, char out[65]);
#endif
