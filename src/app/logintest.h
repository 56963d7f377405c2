/* Trying the log-in of a site: a job that runs the engine in its jail, under the policy and the
 * proof of ownership of a scan, only as far as the log-in. The job's row carries the result;
 * nothing that was typed is in it. */
#ifndef APP_LOGINTEST_H
#define APP_LOGINTEST_H
#include "app/context.h"
#include "job/job.h"

extern const struct job_kind app_job_logintest;

/* account: "first" (also "") or "second". */
int app_logintest_start(struct app_call *c, struct str site, struct str account, json_t **ret, struct error *e);
int app_logintest_get(struct app_call *c, struct str site, struct str id, json_t **ret, struct error *e);
#endif
