/* API keys of the actor's tenant: shown once, kept as a hash, bound to the scopes given
 * and to what their maker may do at the moment of use. */
#ifndef APP_APIKEY_H
#define APP_APIKEY_H
#include "app/context.h"

int app_apikey_list(struct app_call *c, json_t **ret, struct error *e);
/* {name, scopes[], expires?}; the answer carries `key`. */
int app_apikey_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_apikey_remove(struct app_call *c, struct str id, struct error *e);
#endif
