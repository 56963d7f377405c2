/* Quotas: what a tenant may have, how much it has, and asking for more. One line per
 * quota in quota.c's table. */
#ifndef APP_QUOTA_H
#define APP_QUOTA_H
#include "app/context.h"
#include "store/page.h"

int app_quota_list(struct app_call *c, json_t **ret, struct error *e);
/* {quota, total, reason} */
int app_quota_ask(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
/* Of the own tenant; of all tenants for those who decide. */
int app_quota_requests(struct app_call *c, struct str state, struct store_page *page,
		       json_t **ret, struct error *e);
/* {decision: approve|reject, total?, reason?} */
int app_quota_decide(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		     struct error *e);
#endif
