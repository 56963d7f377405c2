/* Interface documents of a site (OpenAPI, Postman, GraphQL, HAR): people upload them, a job
 * reads them in a jail and says what they are, scans of the site send what they describe. */
#ifndef APP_DOCUMENT_H
#define APP_DOCUMENT_H
#include "app/context.h"
#include "job/job.h"
#include "os/spawn.h"

extern const struct job_kind app_job_document;
extern const struct os_jail_kind app_document_jail;

int app_document_list(struct app_call *c, struct str site, json_t **ret, struct error *e);
/* {name, file_base64}: kept, and being checked. */
int app_document_add(struct app_call *c, struct str site, const json_t *in, json_t **ret, struct error *e);
int app_document_get(struct app_call *c, struct str site, struct str id, json_t **ret, struct error *e);
int app_document_delete(struct app_call *c, struct str site, struct str id, struct error *e);

/* ---- for other use cases ---- */

/* The texts that a scan begun at `before` works with, in the call's arena. A document whose
 * bytes are gone is left out. */
int app_document_texts(struct app_call *c, struct str site, int64_t before, const struct str **ret, size_t *ret_len,
		       struct error *e);
/* Before a site goes: the bytes of its documents. */
int app_document_drop_all(struct app_call *c, struct str site, struct error *e);

/* ---- reading ---- */

struct document_facts {
	struct str kind; /* "openapi" "postman" "graphql" "har"; in the arena */
	size_t requests;
};
/* Reads a text in a jail, as a document about the site at `base`. "document.…" when it is none. */
int app_document_read(struct os_spawner *spawner, struct str text, struct str base, struct arena *a,
		      struct document_facts *ret, struct error *e);
#endif
