/* What becomes of findings when a scan ends. */
#ifndef APP_RECONCILE_H
#define APP_RECONCILE_H
#include "app/context.h"
#include "scan/scan.h"
#include "store/scan.h"

struct app_reconciled {
	int64_t fresh, still, reappeared, fixed, carried;
	enum severity worst_fresh, worst_reappeared;
};
/* Inside the transaction that ends the scan. Marks as fixed what this scan looked at
 * and no longer found; everything else keeps its state. Fills s->counts and, for a
 * complete scan that is no retest, s->score and the site's score. */
int app_reconcile(struct app_call *c, struct store_scan *s, const struct scan_summary *summary,
		  struct app_reconciled *ret, struct error *e);
#endif
