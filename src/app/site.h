/* Sites: what a person registers, proves and scans. JSON forms are those of the API
 * (docs/api.md). A site belongs to one tenant; its origin (scheme, host, port) is
 * unique there. */
#ifndef APP_SITE_H
#define APP_SITE_H
#include "app/context.h"
#include "scan/scan.h"
#include "store/page.h"
#include "store/site.h"

struct app_approval_kind;
extern const struct app_approval_kind app_approval_site_delete;

int app_site_list(struct app_call *c, struct str q, struct str verify_state, struct str group,
		  struct store_page *page, json_t **ret, struct error *e);
int app_site_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* "quota.exceeded", "site.exists", "url.…", "policy.…", "site.bad-…" */
int app_site_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
/* A changed url is a replaced domain: the proof is void, history stays. */
int app_site_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		    struct error *e);
/* *ret NULL: deleted; else the approval that waits for a second person. */
int app_site_delete(struct app_call *c, struct str id, struct str reason, json_t **ret,
		    struct error *e);
int app_site_summary(struct app_call *c, json_t **ret, struct error *e);

/* ---- for other use cases ---- */

/* "site.not-found" */
int app_site_load(struct app_call *c, struct str id, struct store_site *ret, struct error *e);
json_t *app_site_json(struct app_call *c, const struct store_site *s);
/* Scanning is allowed: verified or exempt; else "site.not-verified". */
int app_site_proven(const struct store_site *s, struct error *e);
/* Scan options from the site's settings, with secrets opened; texts in the arena. */
int app_site_options(struct app_call *c, const struct store_site *s, struct scan_options *ret,
		     struct error *e);
/* {"timezone","windows"} for the queue, "" when always. */
struct str app_site_windows(struct app_call *c, const struct store_site *s);
/* Score and counts again from what is open now, if the site has a score. */
int app_site_rescore(struct app_call *c, struct str site, struct error *e);
/* Tells the streams that this site looks different now. */
int app_site_event(struct app_call *c, const struct store_site *s, struct error *e);
#endif
