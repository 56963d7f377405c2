/* Text policies: what the labels mean in a scene, for a time or always. */
#ifndef APP_POLICY_H
#define APP_POLICY_H
#include "app/context.h"
#include "base/json.h"
#include "comply/comply.h"

int app_policy_list(struct app_call *c, json_t **ret, struct error *e);
int app_policy_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {name, scene, base?, rules?, enabled?, from?, until?, note?} */
int app_policy_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_policy_change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
int app_policy_delete(struct app_call *c, struct str id, struct error *e);

/* The engine's rules of a stored document, in the arena. */
const struct comply_rule *app_policy_rules(struct str json, struct arena *a, size_t *ret_len);
#endif
