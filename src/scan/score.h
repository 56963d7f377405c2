/* Health score of a site from the distinct open findings of its latest complete
 * scan (type + normalised place, not raw hits):
 *
 *     score = max(0, floor(100 − Σ min(cap, first + step·(n−1))))
 *
 * over the levels with n > 0, and never above the ceiling of the worst level
 * present. One more finding never raises it. False positives and ignored findings
 * are not counted; a site that was never scanned has no score at all ("--"): that
 * is the caller's to say, as this function always gives one. */
#ifndef SCAN_SCORE_H
#define SCAN_SCORE_H
#include "base/json.h"
#include "scan/severity.h"

/* Stored with every score; changes whenever a number below changes. */
#define SCORE_FORMULA_VERSION "1"

/* Points are in hundredths, so that the arithmetic is exact: 50 is half a point. */
struct score_line {
	enum severity severity;
	unsigned count;
	unsigned first, step, cap;
	unsigned deduction;
};

struct score {
	int score;			     /* 0..100 */
	int ceiling;			     /* -1: no level present sets one */
	struct score_line line[SEVERITY_COUNT]; /* most severe first, also those with count 0 */
};

/* counts is indexed by enum severity. */
struct score score_compute(const unsigned counts[SEVERITY_COUNT]);
/* {"score","formula_version","lines":[{"severity","count","first","step","cap",
 * "deduction"}],"ceiling","explain","explain_en"}: the API's and the report's form.
 * Points are plain numbers (0.5), ceiling null when none applies. */
json_t *score_json(const struct score *s);
/* The same from {"critical":n,…}; absent levels count 0. */
struct score score_of_json(const json_t *counts);
#endif
