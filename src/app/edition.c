/* The table of editions. */
#include "app/edition.h"

#include "base/check.h"

static const struct app_edition_info editions[] = {
	{ APP_EDITION_DEFAULT, "独立基础版", "Standalone Basic" },
	{ "standalone-pro", "独立专业版", "Standalone Pro" },
	{ "platform", "平台管理", "Platform" },
};

const struct app_edition_info *app_edition_find(struct str code)
{
	for (size_t i = 0; i < ARRAY_SIZE(editions); i++)
		if (str_eq(str_c(editions[i].code), code))
			return &editions[i];
	return NULL;
}

const struct app_edition_info *app_edition(struct str code)
{
	const struct app_edition_info *i = app_edition_find(code);
	return i ? i : &editions[0];
}
