/* Findings as people work with them: lists, evidence, decisions, history, retest. */
#ifndef APP_FINDING_H
#define APP_FINDING_H
#include "app/context.h"
#include "scan/scan.h"
#include "store/finding.h"
#include "store/page.h"
#include "store/scan.h"

/* ---- looking ---- */

json_t *app_finding_json(struct app_call *c, const struct store_finding *f);
/* Words that a template brought: out of the evidence, over those of the advice table. */
void app_finding_own_texts(json_t *o, json_t *evidence);
int app_finding_list(struct app_call *c, const struct store_finding_filter *f,
		     struct store_page *page, json_t **ret, struct error *e);
int app_finding_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_finding_stats(struct app_call *c, const struct store_finding_filter *f, json_t **ret,
		      struct error *e);
int app_finding_history(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* Everything the filter matches, as CSV that no spreadsheet will run. */
int app_finding_csv(struct app_call *c, const struct store_finding_filter *f, struct buf *out,
		    struct error *e);
/* One cell: quoted, and defused when it begins like a formula. */
void app_csv_cell(struct buf *out, struct str text);

/* ---- deciding ---- */

/* {decision, reason, expires?}; a proposal when the actor may only propose. *ret is
 * the finding. */
int app_finding_decide(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		       struct error *e);
/* {ids[], decision, reason, expires?} -> {done, failed:[{id,code,detail,detail_en}]} */
int app_finding_decide_many(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_finding_judge(struct app_call *c, struct str id, struct str decision, bool approve,
		      struct str reason, json_t **ret, struct error *e);
int app_finding_retest(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* Platform work: decisions whose time is over are open again. The number done. */
int app_finding_expire(struct app_call *c, struct error *e);

/* ---- what a scan saw (scanjob.c) ---- */

/* Inside a transaction: adds or refreshes; status "new", "still" or "reappeared". */
int app_finding_seen(struct app_call *c, const struct store_scan *s, const struct scan_finding *f,
		     struct error *e);
/* The same for what was seen outside a scan (asset runs); *ret_fresh counts new and
 * reappeared ones. */
int app_finding_observed(struct app_call *c, struct str site, struct str origin,
			 const struct scan_finding *f, int *ret_fresh, struct error *e);
int app_finding_load(struct app_call *c, struct str id, struct store_finding *ret,
		     struct error *e);
#endif
