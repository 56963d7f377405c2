/* Rows of schedules: all their SQL. Use job/schedule.h from above. */
#ifndef STORE_SCHEDULE_ROW_H
#define STORE_SCHEDULE_ROW_H
#include "base/arena.h"
#include "store/store.h"

struct job_schedule_row {
	struct str id, tenant, kind, payload; /* kind and payload of the jobs */
	struct str spec;		      /* JSON as in job/schedule.h */
	struct str serial_key;
	bool active;
	int64_t next_run, last_run; /* ms; 0: none */
	struct str last_job;
	int64_t missed; /* runs skipped so far */
};

int store_schedule_put(struct store_conn *c, const struct job_schedule_row *r, int64_t now,
		       struct error *e);
/* 1, 0 missing, negative. */
int store_schedule_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct job_schedule_row *ret, struct error *e);
int store_schedule_delete(struct store_conn *c, struct str tenant, struct str id,
			  struct error *e);
/* store_changed() tells whether there is such a row. */
int store_schedule_set_active(struct store_conn *c, struct str tenant, struct str id, bool active,
			      int64_t next_run, struct error *e);
/* Locks one that is due, within a transaction: 1, 0 none, negative. */
int store_schedule_due(struct store_conn *c, int64_t now, struct arena *a,
		       struct job_schedule_row *ret, struct error *e);
/* Writes next_run, last_run, last_job, missed. */
int store_schedule_advance(struct store_conn *c, const struct job_schedule_row *r,
			   struct error *e);
#endif
