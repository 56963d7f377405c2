/* The parts of the nuclei loader. */
#ifndef SCAN_TEMPLATE_NUCLEI_PRIVATE_H
#define SCAN_TEMPLATE_NUCLEI_PRIVATE_H
#include "scan/template/pack_private.h"
#include "scan/template/yaml.h"

/* Puts a file on the target or takes one away. */
bool template_writes(const struct template *t);
bool template_has_tag(const struct template *t, const char *tag);
int nuclei_info(struct template_pack *p, const struct yaml *info, struct template *t, struct error *e);
/* Text of a scalar, "" for anything else. */
static inline struct str nuclei_scalar(const struct yaml *v)
{
	return v && v->kind == YAML_SCALAR ? v->text : STR("");
}
/* nuclei_match.c: matchers and extractors of a block */
int nuclei_matchers(struct template_pack *p, const struct yaml *list, struct template_block *b, struct error *e);
int nuclei_extractors(struct template_pack *p, const struct yaml *list, struct template_block *b, struct error *e);
/* Compiles a mixed text, refusing functions that we do not have. */
int nuclei_text(struct template_pack *p, struct str text, struct template_text *ret, struct error *e);
/* nuclei_request.c: one request of each protocol */
int nuclei_raw(struct template_pack *p, struct str text, bool unsafe, struct template_request *q, struct error *e);
int nuclei_http_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e);
int nuclei_dns_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e);
int nuclei_tcp_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e);
int nuclei_ssl_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e);
#endif
