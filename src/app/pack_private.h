/* Inside the room: what the files about rule packs share. */
#ifndef APP_PACK_PRIVATE_H
#define APP_PACK_PRIVATE_H
#include "app/pack.h"
#include "app/packread.h"

/* "rule-pack.not-found" */
int pack_load(struct app_call *c, struct str id, struct store_rulepack *ret, struct error *e);
json_t *pack_json(const struct store_rulepack *p);
/* Tells the live streams that a pack changed. */
int pack_tell(struct app_call *c, struct str id, const char *type, struct error *e);
/* In a transaction: keeps what was read as the content of *v, which becomes ready and is what
 * the pack runs; the oldest versions beyond the limit go. */
int pack_keep(struct app_call *c, struct store_rulepack *p, struct store_ruleversion *v,
	      const struct packread *read, struct error *e);
int pack_version_drop(struct app_call *c, const struct store_ruleversion *v, struct error *e);
/* The built-in pack of this tenant as this program has it. */
int pack_sync(struct app_call *c, struct error *e);
#endif
