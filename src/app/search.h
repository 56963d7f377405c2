/* Global search: asks every provider whose permission the actor has, in the order of
 * search_list.h, and joins what they find. */
#ifndef APP_SEARCH_H
#define APP_SEARCH_H
#include "app/context.h"

struct app_search_provider {
	const char *type; /* "site", "finding" … */
	enum app_permission need;
	/* Appends at most `limit` items by app_search_add(). q is trimmed, not empty. */
	int (*find)(struct app_call *c, struct str q, int limit, json_t *items, struct error *e);
};

void app_search_add(json_t *items, const char *type, struct str id, struct str title,
		    struct str subtitle, struct str url);
int app_search(struct app_call *c, struct str q, json_t **ret, struct error *e);
#endif
