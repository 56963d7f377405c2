/* Doors: forms and interfaces that take a name and a password, and visitors who try them. Used by the
 * checks that log in (default_credentials.c, session_fixation.c). */
#ifndef SCAN_CHECKS_DOORS_H
#define SCAN_CHECKS_DOORS_H
#include "scan/checks/active_private.h"

/* Somebody without a session of ours, who keeps what cookies he is given. */
struct visitor {
	struct str cookies; /* "a=1; b=2" */
	bool as_user;	    /* the form is shown to the scan's user only: sent with his session */
};
/* Takes the cookies that an answer sets. */
void visitor_take(struct probe *p, struct visitor *v, const struct scan_exchange *x);
/* GET with exactly his cookies; NULL on failure. */
const struct scan_exchange *visitor_get(struct probe *p, struct visitor *v, struct str url);
/* The value of his cookie; empty: none. */
struct str visitor_cookie(const struct visitor *v, struct str name);

/* A member or field each for name and password. */
struct door {
	const struct scan_form *form; /* NULL: JSON */
	struct str user, password;    /* password "" : a name, or nothing at all, is enough */
};
/* The log-in form of a page. */
bool door_in_page(const struct scan_exchange *page, struct door *ret);
/* A request that takes a name and a password as JSON. */
bool door_in_request(const struct scan_exchange *x, struct door *ret);
/* Opens the page anew (tokens) and submits its form, or sends the JSON. with: more fields that the form has, by name. */
struct door_field {
	struct str name, value;
};
int door_knock(struct probe *p, const struct scan_exchange *x, const struct door *json, struct visitor *v, struct str user,
	       struct str password, const struct door_field *with, const struct scan_exchange **ret);
/* Does a cookie, field or parameter of this name hold a session's identifier? */
bool door_names_session(struct str name);
#endif
