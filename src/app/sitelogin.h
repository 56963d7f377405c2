/* How a site is logged in to: kept like its other settings, with password and script sealed and
 * never shown again ("***" coming back means "as before"). */
#ifndef APP_SITELOGIN_H
#define APP_SITELOGIN_H
#include "app/context.h"
#include "scan/scan.h"

/* Takes member `name` ("login" or "second_login") of in, when it is there. *touched: the
 * secrets have changed. */
int app_sitelogin_take(json_t *settings, json_t *secrets, const json_t *in, const char *name, bool *touched,
		       struct error *e);
/* As the API shows it: an object, or null. */
json_t *app_sitelogin_json(const json_t *settings, const char *name);
/* For a scan; texts in the arena. */
struct scan_login app_sitelogin_options(struct arena *a, const json_t *settings, const json_t *secrets, const char *name);
#endif
