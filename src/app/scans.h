/* The life of a scan, from the wish to the reconciled findings. A scan is a row and
 * a job of kind "scan"; the row is what people see, the job is what makes it go on
 * after a crash. At most one scan of a site is active. */
#ifndef APP_SCANS_H
#define APP_SCANS_H
#include "app/context.h"
#include "job/job.h"
#include "store/page.h"
#include "store/scan.h"
#include "store/site.h"

extern const struct job_kind app_job_scan;

struct app_scan_wish {
	struct str mode;	/* "" for the site's own */
	const json_t *settings; /* differing from the site's, or NULL */
	const char *cause;	/* "manual", "schedule", "api", "retest" */
	struct str monitor, finding;
};
/* Inside a transaction: claims the site, makes scan and job. "site.not-verified",
 * "scan.running", "quota.exceeded". */
int app_scan_create(struct app_call *c, const struct store_site *site,
		    const struct app_scan_wish *wish, struct store_scan *ret, struct error *e);

int app_scan_start(struct app_call *c, struct str site, const json_t *in, json_t **ret,
		   struct error *e);
int app_scan_list(struct app_call *c, const struct store_scan_filter *f, struct store_page *page,
		  json_t **ret, struct error *e);
int app_scan_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
enum app_scan_wanted { APP_SCAN_PAUSE, APP_SCAN_RESUME, APP_SCAN_CANCEL };
int app_scan_control(struct app_call *c, struct str id, enum app_scan_wanted what, json_t **ret,
		     struct error *e);
int app_scan_score(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_scan_pages(struct app_call *c, struct str id, struct str q, struct str status,
		   struct store_page *page, json_t **ret, struct error *e);
int app_scan_tree(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* Every check there is. */
int app_check_catalogue(struct app_call *c, json_t **ret, struct error *e);
int app_scan_checks(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* with "": the scan before it. */
int app_scan_compare(struct app_call *c, struct str id, struct str with, json_t **ret,
		     struct error *e);

/* ---- for other use cases ---- */

int app_scan_load(struct app_call *c, struct str id, struct store_scan *ret, struct error *e);
json_t *app_scan_json(const struct store_scan *s);
/* Tells the streams how it stands; type "scan.progress", "scan.changed" … */
int app_scan_event(struct app_call *c, const struct store_scan *s, const char *type,
		   struct error *e);
static inline bool app_scan_ended(const struct store_scan *s)
{
	return str_eq(s->state, STR("done")) || str_eq(s->state, STR("failed")) ||
	       str_eq(s->state, STR("cancelled"));
}
#endif
