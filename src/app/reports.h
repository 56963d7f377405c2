/* Reports: a job builds the model of one scan (report/report.h) from the store and
 * renders every format asked for into a blob. */
#ifndef APP_REPORTS_H
#define APP_REPORTS_H
#include "app/context.h"
#include "job/job.h"
#include "store/page.h"
#include "store/report.h"

extern const struct job_kind app_job_report;

int app_report_list(struct app_call *c, struct str site, struct str scan, struct str q,
		    struct store_page *page, json_t **ret, struct error *e);
int app_report_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {scan_id, formats[], lang, title?} */
int app_report_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_report_delete(struct app_call *c, struct str id, struct error *e);
/* Appends the bytes; name for the download. */
int app_report_file(struct app_call *c, struct str id, struct str format, struct str *ret_name,
		    const char **ret_type, struct buf *out, struct error *e);

/* The model of report/report.h for a scan. */
int app_report_model(struct app_call *c, struct str scan, struct str title, struct str author,
		     json_t **ret, struct error *e);
#endif
