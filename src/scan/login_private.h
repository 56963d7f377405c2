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

/* ---- login_http.c ---- */
int login_http_form(struct run *r, enum person_id who, struct str *landed, struct error *e);
int login_http_script(struct run *r, enum person_id who, struct str *landed, struct error *e);
/* The form with exactly one password field; NULL when there is none. */
const struct scan_form *login_form_of(const struct scan_page *p);
#endif
