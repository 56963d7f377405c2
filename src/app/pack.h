/* Rule packs of a tenant: the built-in one and those its administrators import. A pack has
 * versions, of which one runs; packs and single templates can be switched off. What is off
 * stays off in later versions. Importing is a job: the archive is foreign and is read in a
 * jail (packread.h). */
#ifndef APP_PACK_H
#define APP_PACK_H
#include "app/context.h"
#include "job/job.h"
#include "store/page.h"
#include "store/rulepack.h"

extern const struct job_kind app_job_pack;

/* All packs; the built-in one is brought up to this program's first. */
int app_pack_list(struct app_call *c, json_t **ret, struct error *e);
int app_pack_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {name?, file_name, file_base64}: a new pack, its first version being checked. */
int app_pack_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
/* {file_name, file_base64}: the next version of a pack. */
int app_pack_add_version(struct app_call *c, struct str id, const json_t *in, json_t **ret,
			 struct error *e);
/* {name?, enabled?} */
int app_pack_change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
int app_pack_delete(struct app_call *c, struct str id, struct error *e);
int app_pack_versions(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {version_id}: that version runs from now on. */
int app_pack_use(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
/* f->version "": of the version that runs. */
int app_pack_templates(struct app_call *c, struct str id, struct store_template_filter *f,
		       struct store_page *page, json_t **ret, struct error *e);
/* {enabled, ids} or {enabled, filter:{q,severity,state}}: answers {changed}. */
int app_pack_switch(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
/* The text of one template, as it is. */
int app_pack_source(struct app_call *c, struct str id, struct str version, struct str path, json_t **ret,
		    struct error *e);

/* ---- for other use cases ---- */

/* What a scan of this tenant runs: bundles of the enabled packs, the built-in one first, and
 * the ids that are switched off. In the call's arena. */
struct app_pack_set {
	struct app_pack_bundle {
		struct str name, bytes;
	} *packs;
	size_t packs_len;
	struct str *off;
	size_t off_len;
};
int app_pack_set(struct app_call *c, struct app_pack_set *ret, struct error *e);
#endif
