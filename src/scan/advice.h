/* What a person needs to know about a kind of finding: one row per check in
 * data/advice (*.tsv), which editors may change without C; the build checks every row
 * and compiles all of them into one constant table (tools/make_advice.py).
 *
 * One file per family of checks. The first line names the columns, separated by tabs:
 *
 *   check  title_zh  title_en  description_zh  description_en  impact_zh  impact_en
 *   advice_zh  advice_en  references  gbt_level
 *
 * description: what it is; impact: what can happen; advice: how to fix it, concretely.
 * All texts are whole sentences and none may be empty. `\n` in a cell is a line break
 * (numbered steps, configuration lines), `\t` a tab, `\\` a backslash. references:
 * https://… or CVE-/CNVD-/CNNVD-numbers, separated by blanks; may be empty. gbt_level:
 * 超危 高危 中危 低危 无 (GB/T 30279-2020). Lines starting with # are comments. Rows stand
 * in any order; a check may have one row only. */
#ifndef SCAN_ADVICE_H
#define SCAN_ADVICE_H
#include "base/lang.h"
#include "base/str.h"

/* Never NULL, NUL-terminated, live for ever. */
struct scan_advice {
	const char *check;
	const char *title_zh, *title_en;
	const char *description_zh, *description_en;
	const char *impact_zh, *impact_en;
	const char *advice_zh, *advice_en;
	const char *references; /* separated by single blanks */
	const char *gbt_level;	/* "" for 无 */
};

/* NULL when there is no row for this check. */
const struct scan_advice *scan_advice_find(struct str check);
/* Sorted by check; for listings and tests. */
extern const struct scan_advice scan_advice_table[];
extern const size_t scan_advice_count;
#endif
