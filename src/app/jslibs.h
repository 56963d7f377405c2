/* The platform's list of vulnerable JavaScript libraries (repository format of retire.js): an
 * administrator gives it, every scan puts it before the built-in one. */
#ifndef APP_JSLIBS_H
#define APP_JSLIBS_H
#include "app/context.h"

/* {"name","size","libraries","dropped","updated","updated_by"}, or null members when only the
 * built-in list is there; "builtin" is the number of libraries in that one. */
int app_jslibs_view(struct app_call *c, json_t **ret, struct error *e);
/* {name, file_base64} */
int app_jslibs_put(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_jslibs_delete(struct app_call *c, struct error *e);
/* For scans: the text, empty when there is none. In the call's arena. */
int app_jslibs_text(struct app_call *c, struct str *ret, struct error *e);
#endif
