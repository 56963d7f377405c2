/* The queue of jobs as administrators see it. */
#ifndef APP_QUEUE_H
#define APP_QUEUE_H
#include "app/context.h"
#include "store/page.h"

/* Of the actor's tenant, newest first; in the platform tenant those of all. */
int app_queue_list(struct app_call *c, struct str kind, struct str state, struct store_page *page,
		   json_t **ret, struct error *e);
#endif
