/* Reading the audit log: lists, verification of the hash chain, export. Writing is
 * app_audit() in context.h; nobody can change or delete. */
#ifndef APP_AUDIT_H
#define APP_AUDIT_H
#include "app/context.h"
#include "store/audit.h"
#include "store/page.h"

/* Of the actor's tenant. *ret: array of events, newest first. */
int app_audit_list(struct app_call *c, const struct store_audit_filter *f,
		   struct store_page *page, json_t **ret, struct error *e);
/* {ok, count, broken_seq|null}: recomputes every hash. */
int app_audit_verify(struct app_call *c, json_t **ret, struct error *e);
/* The whole log, oldest first: "csv" (cells defused against formula injection, UTF-8
 * with BOM) or "jsonl". Is itself audited. At most LIMIT_AUDIT_EXPORT bytes. */
int app_audit_export(struct app_call *c, bool csv, struct buf *out, struct error *e);
#endif
