/* What a person needs to know about a kind of finding: data/advice/<check-id>.json,
 * which editors may change without C; all files are merged into the binary by the build.
 *
 *     { "description": {"zh": "…", "en": "…"},   what it is
 *       "impact":      {"zh": "…", "en": "…"},   what can happen
 *       "advice":      {"zh": "…", "en": "…"},   how to fix it
 *       "references":  ["https://…", …],
 *       "gbt": {"level": "高危", "zh": "被利用性…×影响程度…"} }   gbt is optional
 */
#ifndef SCAN_ADVICE_H
#define SCAN_ADVICE_H
#include "base/json.h"
#include "base/str.h"

struct advice {
	struct str description_zh, description_en, impact_zh, impact_en, advice_zh, advice_en;
	struct str gbt_level, gbt_reason;
	const json_t *references; /* array of strings, or NULL */
};

struct advice_book;
/* Parses what is built in. One per process, given to who needs it; never NULL. */
struct advice_book *advice_open(void);
void advice_close(struct advice_book *b);
/* False when nothing is known of that check (ret is then all empty). */
bool advice_find(const struct advice_book *b, struct str check, struct advice *ret);
#endif
