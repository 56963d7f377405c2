/* The kinds of work that outlive a request, in one table; and the platform's own
 * schedules. Workers are configured with them:
 *
 *     struct job_worker_config w = { .kinds = app_job_kinds, .app = app, … };
 *     app_jobs_install(conn, now, e);   // once after migration
 *     os_spawner_start(app_jail_kinds, …)
 */
#ifndef APP_JOBS_H
#define APP_JOBS_H
#include "job/job.h"
#include "os/spawn.h"

extern const struct job_kind *const app_job_kinds[]; /* NULL-terminated */
/* What of the app room runs in the jail; the scan room brings its own (scan/jail.h). */
extern const struct os_jail_kind *const app_jail_kinds[]; /* NULL-terminated */
/* Puts the platform's schedules in place; may be called at every start. */
int app_jobs_install(struct store_conn *c, int64_t now, struct error *e);
#endif
