/* The first page after logging in: how things stand over all sites. */
#ifndef APP_OVERVIEW_H
#define APP_OVERVIEW_H
#include "app/context.h"

int app_overview(struct app_call *c, json_t **ret, struct error *e);
#endif
