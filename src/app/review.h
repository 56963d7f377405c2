/* The review queue of texts: open -> assigned -> decided; a decision that is doubted, or that
 * overturns a block, is looked at by another person ("second") before it stands. */
#ifndef APP_REVIEW_H
#define APP_REVIEW_H
#include "app/context.h"
#include "base/json.h"
#include "store/review.h"

int app_review_list(struct app_call *c, const struct store_review_filter *f, struct store_page *page, json_t **ret,
		    struct error *e);
int app_review_counts(struct app_call *c, json_t **ret, struct error *e);
int app_review_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {account_id?}: to oneself without one; null takes it back. */
int app_review_assign(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
/* {decision, reason?, allow_terms?, lexicon_id?}: confirm, false_positive or pass. */
int app_review_decide(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
/* Members who may review: {id, name}. */
int app_review_people(struct app_call *c, json_t **ret, struct error *e);
/* {reason}: somebody else is to look again at what was decided. */
int app_review_second(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
#endif
