/* The table of checks, from checks/list.h. */
#include <stddef.h>

#include "scan/check.h"

#define SCAN_CHECK(x) extern const struct scan_check check_##x;
#include "scan/checks/list.h"
#undef SCAN_CHECK

const struct scan_check *const scan_checks[] = {
#define SCAN_CHECK(x) &check_##x,
#include "scan/checks/list.h"
#undef SCAN_CHECK
	NULL,
};

size_t scan_checks_count(void)
{
	return sizeof(scan_checks) / sizeof(scan_checks[0]) - 1;
}

const struct scan_check *scan_check_find(struct str id)
{
	for (size_t i = 0; scan_checks[i]; i++)
		if (str_eq(id, str_c(scan_checks[i]->id)))
			return scan_checks[i];
	/* templates are findings of one check, each with an id of its own */
	return str_starts(id, STR("template:")) ? &check_templates : NULL;
}
