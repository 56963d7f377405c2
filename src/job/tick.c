/* Schedules become jobs. One transaction per due schedule: the row is locked, its
 * job enqueued and the next run written together, so each run comes exactly once
 * however many workers tick, and a worker that dies in between has done nothing. */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "job/schedule.h"
#include "job/worker_private.h"

/* Later than this the run was missed, not merely late: workers tick twice a second. */
#define MISSED_MS (5 * 60 * 1000)
#define MISSED_MAX 1000 /* counted at most, after years without a worker */
#define TICK_MAX 200	/* schedules per call, so that nothing else starves */

static int missing(struct error *e)
{
	return error_set(e, "schedule.missing", "没有这个计划", "there is no such schedule");
}

/* ---- rows ---- */

int job_schedule_put(struct store_conn *c, const struct job_schedule_row *r, int64_t now,
		     struct error *e)
{
	struct job_schedule_row row = *r;
	struct job_schedule s;

	if (job_schedule_parse_text(r->spec, &s, e) < 0 ||
	    job_schedule_next(&s, r->id, now, &row.next_run, e) < 0)
		return -1;
	if (str_empty(row.payload))
		row.payload = STR("{}");
	return store_schedule_put(c, &row, now, e);
}

int job_schedule_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct job_schedule_row *ret, struct error *e)
{
	int r = store_schedule_get(c, tenant, id, a, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : missing(e);
}

int job_schedule_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_schedule_delete(c, tenant, id, e);
}

int job_schedule_set_active(struct store_conn *c, struct str tenant, struct str id, bool active,
			    int64_t now, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct job_schedule_row row;
	struct job_schedule s;
	int64_t next;

	if (job_schedule_get(c, tenant, id, a, &row, e) < 0 ||
	    job_schedule_parse_text(row.spec, &s, e) < 0 ||
	    job_schedule_next(&s, id, now, &next, e) < 0)
		return -1;
	/* What fell into the pause is not made up for. */
	return store_schedule_set_active(c, tenant, id, active, next, e);
}

/* ---- runs ---- */

static int enqueue(struct store_conn *c, const struct job_schedule_row *row,
		   const struct job_schedule *s, int64_t now, struct id *ret, bool *ret_new,
		   struct error *e)
{
	_cleanup_buf_ struct buf key = BUF_INIT(300), windows = BUF_INIT(8 * KIB);
	struct job_request r = { .tenant = row->tenant,
				 .kind = row->kind,
				 .payload = row->payload,
				 .serial_key = row->serial_key };

	buf_printf(&key, "schedule:%.*s", STR_ARG(row->id));
	job_windows_write(&s->windows, &windows);
	r.dedupe_key = buf_view(&key);
	r.windows = buf_view(&windows);
	return job_enqueue(c, &r, now, ret, ret_new, e);
}

struct run_now {
	struct str tenant, id;
	int64_t now;
	struct id job;
};

static int run_now_tx(struct store_conn *c, void *arg, struct error *e)
{
	struct run_now *x = arg;
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct job_schedule_row row;
	struct job_schedule s;

	if (job_schedule_get(c, x->tenant, x->id, a, &row, e) < 0 ||
	    job_schedule_parse_text(row.spec, &s, e) < 0 ||
	    enqueue(c, &row, &s, x->now, &x->job, NULL, e) < 0)
		return -1;
	row.last_run = x->now;
	row.last_job = id_str(&x->job);
	return store_schedule_advance(c, &row, e);
}

int job_schedule_run_now(struct store_conn *c, struct str tenant, struct str id, int64_t now,
			 struct id *ret_job, struct error *e)
{
	struct run_now x = { tenant, id, now, { { 0 } } };

	if (store_tx(c, run_now_tx, &x, e) < 0)
		return -1;
	if (ret_job)
		*ret_job = x.job;
	return 0;
}

/* How many further runs lie between the due one and now. */
static int64_t overslept(const struct job_schedule *s, const struct job_schedule_row *row,
			 int64_t now)
{
	int64_t at = row->next_run, n = 0;

	while (n < MISSED_MAX && job_schedule_next(s, row->id, at, &at, NULL) == 0 && at <= now)
		n++;
	return n;
}

struct tick {
	int64_t now;
	int made;
	int before; /* this transaction: it may be repeated */
};

static int run_due(struct store_conn *c, struct tick *t, struct job_schedule_row *row,
		   const struct job_schedule *s, struct id *job, struct error *e)
{
	bool late = t->now - row->next_run > MISSED_MS, fresh = true;

	row->missed += overslept(s, row, t->now);
	if (late && s->skip_missed) {
		row->missed++;
		return 0;
	}
	if (enqueue(c, row, s, t->now, job, &fresh, e) < 0)
		return -1;
	if (fresh)
		t->made++;
	else
		row->missed++; /* the run before is still going */
	row->last_run = t->now;
	row->last_job = id_str(job);
	return 0;
}

static int tick_tx(struct store_conn *c, void *arg, struct error *e)
{
	struct tick *t = arg;
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct job_schedule_row row;
	struct job_schedule s;
	struct error why = { 0 };
	struct id job;
	int r = store_schedule_due(c, t->now, a, &row, e);

	t->made = t->before;
	if (r <= 0)
		return r;
	if (job_schedule_parse_text(row.spec, &s, &why) < 0) {
		row.next_run = 0; /* cannot happen with what _put() let in; never loop on it */
		log_event(LOG_ERROR, "job", "schedule.bad", LOG_STR("schedule", row.id),
			  LOG_ERR(&why), LOG_END);
	} else {
		if (run_due(c, t, &row, &s, &job, e) < 0)
			return -1;
		if (job_schedule_next(&s, row.id, t->now, &row.next_run, NULL) < 0)
			row.next_run = 0;
	}
	return store_schedule_advance(c, &row, e) < 0 ? -1 : 1;
}

int job_schedule_tick(struct store_conn *c, int64_t now, struct error *e)
{
	struct tick t = { .now = now };

	for (int i = 0; i < TICK_MAX; i++) {
		t.before = t.made;
		int r = store_tx_locking(c, tick_tx, &t, e);

		if (r < 0)
			return -1;
		if (!r)
			break;
	}
	return t.made;
}
