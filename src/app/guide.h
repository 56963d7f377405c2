/* The first-steps checklist: a line is done when the thing exists, not when somebody
 * clicked it away. Steps of other use cases are listed in guide_list.h. */
#ifndef APP_GUIDE_H
#define APP_GUIDE_H
#include "app/context.h"

struct app_guide_step {
	const char *id, *zh, *en, *url;
	/* 1 done, 0 not yet, negative. */
	int (*done)(struct app_call *c, struct error *e);
};

int app_guide(struct app_call *c, json_t **ret, struct error *e);
int app_guide_dismiss(struct app_call *c, bool dismissed, json_t **ret, struct error *e);
#endif
