/* Inside the template room: what loaders and the runner share about packs. */
#ifndef SCAN_TEMPLATE_PACK_PRIVATE_H
#define SCAN_TEMPLATE_PACK_PRIVATE_H
#include "base/vec.h"
#include "scan/template/expr.h"
#include "scan/template/extract.h"
#include "scan/template/regex.h"
#include "scan/template/template.h"

/* A string kept once per pack. */
struct str template_intern(struct template_pack *p, struct str s);
const struct template_payload *template_file_list(struct template_pack *p, struct str from, struct str name,
						  struct error *e);
/* flow.c: `http(1) && (http(2) || dns(1))`; NULL and an error for what is more than that. */
const struct template_flow *template_flow_parse(struct template_pack *p, const struct template *t, struct str text,
						struct error *e);
/* Requests that a template sends at most. */
unsigned template_count_requests(const struct template *t);
/* index.c */
struct template_index;
struct prefilter;
void template_index_free(struct template_index *x);
const struct prefilter *template_pack_filter(const struct template_pack *p);
/* The compiled pattern, made when first asked for; NULL when it is wrong. */
struct regex *template_regex_get(struct template_pack *p, struct template_regex *r);
/* pack.c: marks it as not ok, with the reason. */
void template_refuse(struct template_pack *p, struct template *t, const struct error *e);
#endif
