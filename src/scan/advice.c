/* Looks up rows of the table that the build made from data/advice (advice_table.c,
 * generated, sorted by check). */
#include "scan/advice.h"

const struct scan_advice *scan_advice_find(struct str check)
{
	size_t low = 0, high = scan_advice_count;

	if (str_starts(check, STR("template:"))) /* each has words of its own; these are for all */
		check = STR("templates");

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(check, str_c(scan_advice_table[mid].check));

		if (c == 0)
			return &scan_advice_table[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
