/* The parts of the loader of afrog's and xray's POC files. */
#ifndef SCAN_TEMPLATE_POC_PRIVATE_H
#define SCAN_TEMPLATE_POC_PRIVATE_H
#include "base/vec.h"
#include "scan/template/pack_private.h"
#include "scan/template/yaml.h"

struct poc {
	struct template_pack *p;
	struct template *t;
	struct error *e;
	const struct yaml *rules;
	VEC(struct str) names;	/* set, output, brute: what {{name}} may mean */
	VEC(struct template_var) vars;
};

/* True for what stands in `names` and what the runner knows by itself. */
bool poc_known(void *ctx, struct str name);
int poc_text(struct poc *c, struct str text, struct template_text *ret);
/* An expression whose functions are all ours; "template.bad-expression". */
int poc_expr(struct poc *c, struct str text, const struct expr **ret);
struct str poc_scalar(const struct yaml *v);
/* poc_request.c: the block's request from the rule's `request` */
int poc_request(struct poc *c, const struct yaml *y, struct template_block *b);
/* poc_flow.c: the last expression, over the blocks by name */
const struct template_flow *poc_flow(struct poc *c, struct str text);
#endif
