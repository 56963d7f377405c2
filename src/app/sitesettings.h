/* How a site is to be scanned: mode, speed, caps, what to leave out, when, and what
 * to send along. */
#ifndef APP_SITESETTINGS_H
#define APP_SITESETTINGS_H
#include "app/site.h"

/* Checks and takes the members that are there; the others stay as they are. NULL
 * and null change nothing. Fills s->settings and s->secrets. */
int app_sitesettings_take(struct app_call *c, const json_t *in, struct store_site *s,
			  struct error *e);
/* As the API shows it: every member, secrets as "***". */
json_t *app_sitesettings_json(const struct store_site *s);
/* Names of the members of a change, for the audit log. */
json_t *app_sitesettings_changed(const json_t *in);
#endif
