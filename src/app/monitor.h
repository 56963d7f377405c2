/* Monitoring tasks: scans of chosen sites at chosen times. Only sites whose
 * ownership is proven may be chosen, and one whose proof has expired is passed over
 * with a notice until it is proven again. */
#ifndef APP_MONITOR_H
#define APP_MONITOR_H
#include "app/context.h"
#include "job/job.h"
#include "store/monitor.h"
#include "store/page.h"

extern const struct job_kind app_job_monitor;

int app_monitor_list(struct app_call *c, const struct store_monitor_filter *f,
		     struct store_page *page, json_t **ret, struct error *e);
int app_monitor_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_monitor_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_monitor_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		       struct error *e);
int app_monitor_delete(struct app_call *c, struct str id, struct error *e);
enum app_monitor_wanted { APP_MONITOR_PAUSE, APP_MONITOR_RESUME, APP_MONITOR_RUN };
int app_monitor_control(struct app_call *c, struct str id, enum app_monitor_wanted what,
			json_t **ret, struct error *e);
/* Platform work: tells of runs that the schedule had to skip. */
int app_monitor_watch(struct app_call *c, struct error *e);
#endif
