/* Editions of the product as tenants have them; data, not code paths. */
#ifndef APP_EDITION_H
#define APP_EDITION_H
#include "base/str.h"

struct app_edition_info {
	const char *code, *zh, *en;
};
#define APP_EDITION_DEFAULT "standalone-basic"
/* Never NULL: an unknown code reads as itself in neither language, so the default. */
const struct app_edition_info *app_edition(struct str code);
/* The same, NULL when there is none of that code. */
const struct app_edition_info *app_edition_find(struct str code);
#endif
