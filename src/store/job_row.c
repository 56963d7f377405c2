/* The durable queue as rows. Invariants kept here and by the constraints of
 * 0002_job.sql: a running row belongs to the lease token it carries, and every
 * change on behalf of a worker names that token; progress never falls; 10000 is
 * said of done jobs only; ended jobs have no checkpoints. */
#include "store/job_row.h"

#include "base/json.h"
#include "store/event.h"
#include "store/store_private.h"

#define PAYLOAD_MAX (64 * KIB)
#define CHECKPOINT_MAX (16 * MIB)

static const char *const state_names[] = { "queued", "running", "paused",
					   "done",   "failed",	"cancelled" };

const char *job_state_name(enum job_state s)
{
	check((size_t)s < ARRAY_SIZE(state_names));
	return state_names[s];
}

static enum job_state state_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (str_eq(name, str_c(state_names[i])))
			return (enum job_state)i;
	check(false);
}

static bool ended(enum job_state s)
{
	return s >= JOB_ENDED_DONE;
}

#define COLUMNS                                                                                    \
	"j.id, j.tenant_id, j.kind, j.payload, j.serial_key, j.dedupe_key, j.windows, j.state, "   \
	"j.want, j.reason, j.priority, j.max_attempts, j.attempts, j.fails, j.progress, "          \
	"j.progress_at_start, j.remaining_ms, j.doing, j.doing_en, j.created, j.started, "         \
	"j.finished, j.run_at, j.updated, j.worker, j.lease_token, j.lease_until, j.error_code, "  \
	"j.error_zh, j.error_en"

static struct str text(struct store_rows *rows, int i, struct arena *a)
{
	return arena_str(a, store_col_str(rows, i));
}

static void load(struct store_rows *rows, struct arena *a, struct job *j)
{
	*j = (struct job){
		.id = text(rows, 0, a),
		.tenant = text(rows, 1, a),
		.kind = text(rows, 2, a),
		.payload = text(rows, 3, a),
		.serial_key = text(rows, 4, a),
		.dedupe_key = text(rows, 5, a),
		.windows = text(rows, 6, a),
		.state = state_of(store_col_str(rows, 7)),
		.want = text(rows, 8, a),
		.reason = text(rows, 9, a),
		.priority = (int)store_col_int(rows, 10),
		.max_attempts = (int)store_col_int(rows, 11),
		.attempts = (int)store_col_int(rows, 12),
		.fails = (int)store_col_int(rows, 13),
		.progress = (int)store_col_int(rows, 14),
		.progress_at_start = (int)store_col_int(rows, 15),
		.remaining_ms = store_col_int(rows, 16),
		.doing = text(rows, 17, a),
		.doing_en = text(rows, 18, a),
		.created = store_col_int(rows, 19),
		.started = store_col_int(rows, 20),
		.finished = store_col_int(rows, 21),
		.run_at = store_col_int(rows, 22),
		.updated = store_col_int(rows, 23),
		.worker = text(rows, 24, a),
		.lease = text(rows, 25, a),
		.lease_until = store_col_int(rows, 26),
	};
	snprintf(j->error.code, sizeof(j->error.code), "%.*s", STR_ARG(store_col_str(rows, 27)));
	snprintf(j->error.zh, sizeof(j->error.zh), "%.*s", STR_ARG(store_col_str(rows, 28)));
	snprintf(j->error.en, sizeof(j->error.en), "%.*s", STR_ARG(store_col_str(rows, 29)));
}

static int missing(struct error *e)
{
	return error_set(e, "job.missing", "没有这个任务", "there is no such job");
}

/* ---- news for the console ---- */

struct news {
	struct str id, tenant, kind;
	enum job_state state;
	struct str want, doing, doing_en;
	int progress;
	int64_t remaining_ms;
};

static int tell(struct store_conn *c, const struct news *n, const char *type, int64_t now,
		struct error *e)
{
	_cleanup_json_ json_t *o = json_object();
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EVENT_DATA);

	json_put(o, "id", json_str(n->id));
	json_put(o, "kind", json_str(n->kind));
	json_put(o, "state", json_c(job_state_name(n->state)));
	json_put(o, "want", json_str(n->want));
	json_put(o, "progress", json_integer(n->progress));
	json_put(o, "doing", json_str(str_sub(n->doing, 0, 1000)));
	json_put(o, "doing_en", json_str(str_sub(n->doing_en, 0, 1000)));
	json_put(o, "remaining_ms", json_integer(n->remaining_ms));
	json_write(&b, o);
	return store_event_append(c, n->tenant, "job", type, buf_view(&b), now, e);
}

static int tell_job(struct store_conn *c, const struct job *j, enum job_state state, int progress,
		    int64_t now, struct error *e)
{
	struct news n = { j->id,    j->tenant, j->kind,	 state,		 j->want,
			  j->doing, j->doing_en, progress, j->remaining_ms };

	return tell(c, &n, "job.changed", now, e);
}

static enum store_job_wish wish_of(struct str want)
{
	if (str_eq(want, STR("cancel")))
		return STORE_JOB_CANCEL;
	return str_eq(want, STR("pause")) ? STORE_JOB_PAUSE : STORE_JOB_RESUME;
}

/* ---- asking for work ---- */

struct insert {
	const struct job_request *r;
	struct str payload;
	int64_t now;
	struct id id;
	bool fresh;
};

static int find_live(struct store_conn *c, const struct job_request *r, struct id *ret,
		     struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int n = store_row(c, &rows, e,
			  "SELECT id FROM job WHERE tenant_id = ? AND dedupe_key = ? AND dedupe_key "
			  "<> '' AND state IN ('queued', 'running', 'paused')",
			  SV_STR(r->tenant), SV_STR(r->dedupe_key));

	if (n > 0)
		snprintf(ret->text, sizeof(ret->text), "%.*s", STR_ARG(store_col_str(rows, 0)));
	return n;
}

static int insert_once(struct store_conn *c, struct insert *in, struct error *e)
{
	const struct job_request *r = in->r;
	struct id id = id_new(in->now);
	struct job j = { .id = id_str(&id),
			 .tenant = r->tenant,
			 .kind = r->kind,
			 .remaining_ms = -1 };

	if (store_exec(c, e,
		       "INSERT INTO job (id, tenant_id, kind, payload, state, priority, max_attempts, "
		       "created, updated, run_at, dedupe_key, serial_key, windows) "
		       "VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?) "
		       "ON CONFLICT (tenant_id, dedupe_key) WHERE dedupe_key <> '' AND state IN "
		       "('queued', 'running', 'paused') DO NOTHING",
		       SV_ID(&id), SV_STR(r->tenant), SV_STR(r->kind), SV_STR(in->payload),
		       SV_INT(r->priority), SV_INT(r->max_attempts), SV_INT(in->now),
		       SV_INT(in->now), SV_INT(r->run_at ? r->run_at : in->now),
		       SV_STR(r->dedupe_key), SV_STR(r->serial_key), SV_STR(r->windows)) < 0)
		return -1;
	if (!store_changed(c))
		return 0;
	in->id = id;
	in->fresh = true;
	if (tell_job(c, &j, JOB_QUEUED, 0, in->now, e) < 0 ||
	    store_notify(c, STORE_JOB_CHANNEL, e) < 0)
		return -1;
	return 1;
}

static int insert_tx(struct store_conn *c, void *arg, struct error *e)
{
	struct insert *in = arg;

	/* The old job may end between the two statements: then ours goes in. */
	for (int i = 0; i < 5; i++) {
		int r = insert_once(c, in, e);

		if (r)
			return r < 0 ? -1 : 0;
		in->fresh = false;
		r = find_live(c, in->r, &in->id, e);
		if (r)
			return r < 0 ? -1 : 0;
	}
	return error_set(e, "store.busy", "任务队列正忙，请再试", "the queue is busy, try again");
}

static int check_request(const struct job_request *r, struct error *e)
{
	if (str_empty(r->kind) || r->kind.len > 64)
		return error_field(e, "kind", "job.bad-kind", "任务类型为空或过长",
				   "the kind of job is empty or too long");
	if (r->payload.len > PAYLOAD_MAX)
		return error_field(e, "payload", "job.payload-too-big", "任务参数超过 64 KiB",
				   "the job's payload is over 64 KiB");
	if (r->priority < -100 || r->priority > 100)
		return error_field(e, "priority", "job.bad-priority", "优先级须在 −100 到 100 之间",
				   "priority must be between -100 and 100");
	if (r->dedupe_key.len > 200 || r->serial_key.len > 200)
		return error_field(e, "key", "job.bad-key", "任务键过长", "the job's key is too long");
	return 0;
}

int store_job_insert(struct store_conn *c, const struct job_request *r, int64_t now,
		     struct id *ret, bool *ret_new, struct error *e)
{
	struct insert in = { .r = r,
			     .payload = str_empty(r->payload) ? STR("{}") : r->payload,
			     .now = now };

	if (check_request(r, e) < 0 || store_tx_locking(c, insert_tx, &in, e) < 0)
		return -1;
	*ret = in.id;
	if (ret_new)
		*ret_new = in.fresh;
	return 0;
}

int store_job_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		  struct job *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT " COLUMNS " FROM job j WHERE j.id = ? AND j.tenant_id = ?",
			  SV_STR(id), SV_STR(tenant));

	if (r <= 0)
		return r < 0 ? -1 : missing(e);
	load(rows, a, ret);
	return 0;
}

int store_job_list(struct store_conn *c, struct str tenant, struct str kind, struct str state,
		   struct str before, struct arena *a, struct job *ret, int max, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_sql_ struct store_sql q;
	int n = 0;

	store_sql_init(&q, "SELECT " COLUMNS " FROM job j WHERE 1 = 1");
	if (!str_empty(tenant))
		store_sql_add(&q, " AND j.tenant_id = ?", SV_STR(tenant));
	if (!str_empty(kind))
		store_sql_add(&q, " AND j.kind = ?", SV_STR(kind));
	if (!str_empty(state))
		store_sql_add(&q, " AND j.state = ?", SV_STR(state));
	if (!str_empty(before))
		store_sql_add(&q, " AND j.id < ?", SV_STR(before));
	store_sql_add(&q, " ORDER BY j.id DESC LIMIT ?", SV_INT(max));
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	while (store_next(rows))
		load(rows, a, &ret[n++]);
	return n;
}

/* ---- pause, resume, cancel ---- */

struct wish {
	struct str tenant, id;
	enum store_job_wish wish;
	int64_t now;
	struct arena *arena;
};

/* What a job that is not running becomes. */
static int wish_idle(struct store_conn *c, const struct wish *w, const struct job *j,
		     enum job_state to, struct error *e)
{
	bool over = ended(to);

	if (to == j->state)
		return to;
	if (store_exec(c, e,
		       "UPDATE job SET state = ?, want = '', reason = '', updated = ?, finished = ?, "
		       "fails = 0, run_at = CASE WHEN ? = 'queued' THEN ? ELSE run_at END WHERE id = ?",
		       SV_C(job_state_name(to)), SV_INT(w->now), SV_INT(over ? w->now : 0),
		       SV_C(job_state_name(to)), SV_INT(w->now), SV_STR(j->id)) < 0)
		return -1;
	if (over &&
	    store_exec(c, e, "DELETE FROM job_checkpoint WHERE job_id = ?", SV_STR(j->id)) < 0)
		return -1;
	if (tell_job(c, j, to, j->progress, w->now, e) < 0 ||
	    store_notify(c, STORE_JOB_CHANNEL, e) < 0)
		return -1;
	return to;
}

static int wish_running(struct store_conn *c, const struct wish *w, struct job *j,
			struct error *e)
{
	bool cancelling = str_eq(j->want, STR("cancel"));
	struct str want = STR("");

	if (w->wish == STORE_JOB_CANCEL || cancelling)
		want = STR("cancel"); /* is not taken back */
	else if (w->wish == STORE_JOB_PAUSE)
		want = STR("pause");
	if (str_eq(want, j->want))
		return JOB_RUNNING;
	if (store_exec(c, e, "UPDATE job SET want = ?, updated = ? WHERE id = ?", SV_STR(want),
		       SV_INT(w->now), SV_STR(j->id)) < 0)
		return -1;
	j->want = want;
	if (tell_job(c, j, JOB_RUNNING, j->progress, w->now, e) < 0 ||
	    store_notify(c, STORE_JOB_CHANNEL, e) < 0)
		return -1;
	return JOB_RUNNING;
}

static int wish_tx(struct store_conn *c, void *arg, struct error *e)
{
	const struct wish *w = arg;
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct job j;
	int r = store_row(c, &rows, e,
			  "SELECT " COLUMNS
			  " FROM job j WHERE j.id = ? AND j.tenant_id = ? {{for_update}}",
			  SV_STR(w->id), SV_STR(w->tenant));

	if (r <= 0)
		return r < 0 ? -1 : missing(e);
	load(rows, w->arena, &j);
	if (j.state == JOB_RUNNING)
		return wish_running(c, w, &j, e);
	if (j.state == JOB_ENDED_CANCELLED && w->wish == STORE_JOB_CANCEL)
		return j.state;
	if (ended(j.state))
		return error_set(e, "job.state", "任务已经结束", "the job has ended already");
	switch (w->wish) {
	case STORE_JOB_PAUSE:
		return wish_idle(c, w, &j, JOB_PAUSED, e);
	case STORE_JOB_RESUME:
		return wish_idle(c, w, &j, JOB_QUEUED, e);
	case STORE_JOB_CANCEL:
		break;
	}
	return wish_idle(c, w, &j, JOB_ENDED_CANCELLED, e);
}

int store_job_wish(struct store_conn *c, struct str tenant, struct str id,
		   enum store_job_wish wish, int64_t now, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct wish w = { tenant, id, wish, now, a };

	return store_tx_locking(c, wish_tx, &w, e);
}

int store_job_prune(struct store_conn *c, int64_t before, struct error *e)
{
	return store_exec(c, e, "DELETE FROM job WHERE finished > 0 AND finished < ?",
			  SV_INT(before));
}

/* ---- workers ---- */

int store_job_due(struct store_conn *c, const struct str *kinds, size_t n, int64_t now,
		  struct arena *a, struct job *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_sql_ struct store_sql q;

	store_sql_init(&q,
		       "WITH busy AS (SELECT tenant_id, COUNT(*) AS n FROM job WHERE state = 'running' "
		       "GROUP BY tenant_id) "
		       "SELECT " COLUMNS " FROM job j "
		       "LEFT JOIN busy b ON b.tenant_id = j.tenant_id "
		       "LEFT JOIN job_turn t ON t.tenant_id = j.tenant_id "
		       "WHERE j.state = 'queued' AND j.run_at <= ? AND (j.serial_key = '' OR NOT EXISTS "
		       "(SELECT 1 FROM job s WHERE s.tenant_id = j.tenant_id AND s.serial_key = "
		       "j.serial_key AND s.serial_key <> '' AND s.state = 'running'))",
		       SV_INT(now));
	store_sql_add_list(&q, "AND j.kind IN", kinds, n);
	store_sql_add(&q, " ORDER BY j.priority - 10 * COALESCE(b.n, 0) DESC, "
			  "COALESCE(t.served, 0), j.run_at, j.id LIMIT 1 "
			  "{{pgsql}}FOR UPDATE OF j SKIP LOCKED{{end}}");
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	if (!store_next(rows))
		return 0;
	load(rows, a, ret);
	return 1;
}

int store_job_start(struct store_conn *c, struct job *job, const struct store_job_start *s,
		    struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE job SET state = 'running', want = '', reason = '', worker = ?, "
		       "lease_token = ?, lease_until = ?, attempts = attempts + 1, "
		       "progress_at_start = progress, remaining_ms = -1, updated = ?, "
		       "started = CASE WHEN started = 0 THEN ? ELSE started END WHERE id = ?",
		       SV_STR(s->worker), SV_STR(s->lease), SV_INT(s->lease_until), SV_INT(s->now),
		       SV_INT(s->now), SV_STR(job->id)) < 0)
		return -1;
	if (store_exec(c, e,
		       "INSERT INTO job_turn (tenant_id, served) VALUES (?, ?) "
		       "ON CONFLICT (tenant_id) DO UPDATE SET served = excluded.served",
		       SV_STR(job->tenant), SV_INT(s->now)) < 0)
		return -1;
	job->state = JOB_RUNNING;
	job->want = job->reason = STR("");
	job->worker = s->worker;
	job->lease = s->lease;
	job->lease_until = s->lease_until;
	job->attempts++;
	job->progress_at_start = job->progress;
	job->remaining_ms = -1;
	job->updated = s->now;
	if (!job->started)
		job->started = s->now;
	return tell_job(c, job, JOB_RUNNING, job->progress, s->now, e);
}

struct beat {
	const struct store_job_beat *b;
	enum store_job_wish want;
};

static int beat_tx(struct store_conn *c, void *arg, struct error *e)
{
	struct beat *x = arg;
	const struct store_job_beat *b = x->b;
	_cleanup_rows_ struct store_rows *rows = NULL;
	int progress = b->progress > 9999 ? 9999 : b->progress;
	int r;

	if (b->report)
		r = store_row(c, &rows, e,
			      "UPDATE job SET lease_until = ?, updated = ?, progress = CASE WHEN ? > "
			      "progress THEN ? ELSE progress END, doing = ?, doing_en = ?, "
			      "remaining_ms = ? WHERE id = ? AND lease_token = ? AND state = 'running' "
			      "RETURNING want, tenant_id, kind, progress",
			      SV_INT(b->lease_until), SV_INT(b->now), SV_INT(progress),
			      SV_INT(progress), SV_STR(b->doing), SV_STR(b->doing_en),
			      SV_INT(b->remaining_ms), SV_STR(b->id), SV_STR(b->lease));
	else
		r = store_row(c, &rows, e,
			      "UPDATE job SET lease_until = ?, updated = ? WHERE id = ? AND "
			      "lease_token = ? AND state = 'running' RETURNING want",
			      SV_INT(b->lease_until), SV_INT(b->now), SV_STR(b->id),
			      SV_STR(b->lease));
	if (r <= 0)
		return r;
	struct str want = store_col_str(rows, 0);

	x->want = wish_of(want);
	if (!b->report)
		return 1;
	struct news n = { b->id, store_col_str(rows, 1), store_col_str(rows, 2), JOB_RUNNING,
			  want,	 b->doing,		 b->doing_en,
			  (int)store_col_int(rows, 3), b->remaining_ms };

	return tell(c, &n, "job.progress", b->now, e) < 0 ? -1 : 1;
}

int store_job_beat(struct store_conn *c, const struct store_job_beat *b,
		   enum store_job_wish *ret_want, struct error *e)
{
	struct beat x = { b, STORE_JOB_RESUME };
	int r = b->report ? store_tx_locking(c, beat_tx, &x, e) : beat_tx(c, &x, e);

	if (r > 0)
		*ret_want = x.want;
	return r;
}

int store_job_end(struct store_conn *c, const struct store_job_end *end, struct error *e)
{
	static const struct error none = { 0 };
	const struct error *err = end->error ? end->error : &none;
	_cleanup_rows_ struct store_rows *rows = NULL;
	bool over = ended(end->state);
	int progress = end->progress > 9999 ? 9999 : end->progress;
	int r;

	if (end->state == JOB_ENDED_DONE)
		progress = 10000;
	r = store_row(c, &rows, e,
		      "UPDATE job SET state = ?, want = '', reason = ?, attempts = ?, fails = ?, "
		      "progress = CASE WHEN ? > progress THEN ? ELSE progress END, remaining_ms = -1, "
		      "run_at = CASE WHEN ? = 'queued' THEN ? ELSE run_at END, updated = ?, "
		      "finished = ?, lease_token = '', lease_until = 0, error_code = ?, error_zh = ?, "
		      "error_en = ? WHERE id = ? AND lease_token = ? AND state = 'running' "
		      "RETURNING tenant_id, kind, progress, doing, doing_en",
		      SV_C(job_state_name(end->state)), SV_C(end->reason), SV_INT(end->attempts),
		      SV_INT(end->fails), SV_INT(progress), SV_INT(progress),
		      SV_C(job_state_name(end->state)), SV_INT(end->run_at), SV_INT(end->now),
		      SV_INT(over ? end->now : 0), SV_C(err->code), SV_C(err->zh), SV_C(err->en),
		      SV_STR(end->id), SV_STR(end->lease));
	if (r <= 0)
		return r;
	if (over &&
	    store_exec(c, e, "DELETE FROM job_checkpoint WHERE job_id = ?", SV_STR(end->id)) < 0)
		return -1;
	struct news n = { end->id,
			  store_col_str(rows, 0),
			  store_col_str(rows, 1),
			  end->state,
			  STR(""),
			  store_col_str(rows, 3),
			  store_col_str(rows, 4),
			  (int)store_col_int(rows, 2),
			  -1 };

	if (tell(c, &n, "job.changed", end->now, e) < 0 ||
	    store_notify(c, STORE_JOB_CHANNEL, e) < 0)
		return -1;
	return 1;
}

int store_job_expired(struct store_conn *c, const struct str *kinds, size_t n, int64_t now,
		      struct arena *a, struct job *ret, int max, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_sql_ struct store_sql q;
	int found = 0;

	store_sql_init(&q,
		       "SELECT " COLUMNS
		       " FROM job j WHERE j.state = 'running' AND j.lease_until < ?",
		       SV_INT(now));
	store_sql_add_list(&q, "AND j.kind IN", kinds, n);
	store_sql_add(&q, " ORDER BY j.lease_until LIMIT ? {{for_update}} {{skip_locked}}",
		      SV_INT(max));
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	while (store_next(rows))
		load(rows, a, &ret[found++]);
	return found;
}

int store_job_let_go(struct store_conn *c, struct str name, struct error *e)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT(256);

	buf_printf(&prefix, "%.*s:", STR_ARG(str_sub(name, 0, 100)));
	return store_exec(c, e,
			  "UPDATE job SET lease_until = 0 WHERE state = 'running' AND "
			  "substr(worker, 1, CAST(? AS INTEGER)) = ?",
			  SV_INT(prefix.len), SV_STR(buf_view(&prefix)));
}

int store_job_postpone(struct store_conn *c, struct str id, int64_t run_at, const char *reason,
		       int64_t now, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE job SET run_at = ?, reason = ?, updated = ? WHERE id = ? AND state "
			  "= 'queued'",
			  SV_INT(run_at), SV_C(reason), SV_INT(now), SV_STR(id));
}

int store_job_lock(struct store_conn *c, struct str id, struct str lease,
		   enum store_job_wish *ret_want, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT want FROM job WHERE id = ? AND lease_token = ? AND state = "
			  "'running' {{for_update}}",
			  SV_STR(id), SV_STR(lease));

	if (r > 0)
		*ret_want = wish_of(store_col_str(rows, 0));
	return r;
}

int store_job_wants(struct store_conn *c, struct str worker,
		    void (*fn)(void *arg, struct str lease, enum store_job_wish want), void *arg,
		    struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT lease_token, want FROM job WHERE state = 'running' AND worker = ? AND want <> ''",
			SV_STR(worker)) < 0)
		return -1;
	while (store_next(rows))
		fn(arg, store_col_str(rows, 0), wish_of(store_col_str(rows, 1)));
	return 0;
}

int store_job_next_due(struct store_conn *c, const struct str *kinds, size_t n, int64_t *ret,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_sql_ struct store_sql q;

	store_sql_init(&q, "SELECT MIN(run_at) FROM job WHERE state = 'queued'");
	store_sql_add_list(&q, "AND kind IN", kinds, n);
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	if (!store_next(rows) || store_col_is_null(rows, 0))
		return 0;
	*ret = store_col_int(rows, 0);
	return 1;
}

/* ---- checkpoints ---- */

int store_job_progress(struct store_conn *c, struct str id, int progress, struct error *e)
{
	progress = progress > 9999 ? 9999 : progress;
	return store_exec(c, e, "UPDATE job SET progress = ? WHERE id = ? AND progress < ?",
			  SV_INT(progress), SV_STR(id), SV_INT(progress));
}

int store_job_checkpoint_set(struct store_conn *c, struct str id, struct str key,
			     struct str value, struct error *e)
{
	if (str_empty(key) || key.len > 128 || value.len > CHECKPOINT_MAX)
		return error_set(e, "job.checkpoint-too-big", "任务断点过大",
				 "the job's checkpoint is too big");
	return store_exec(c, e,
			  "INSERT INTO job_checkpoint (job_id, key, value) VALUES (?, ?, ?) "
			  "ON CONFLICT (job_id, key) DO UPDATE SET value = excluded.value",
			  SV_STR(id), SV_STR(key), SV_BLOB(value));
}

int store_job_checkpoint_get(struct store_conn *c, struct str id, struct str key,
			     struct buf *out, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT value FROM job_checkpoint WHERE job_id = ? AND key = ?",
			  SV_STR(id), SV_STR(key));

	if (r > 0) {
		buf_str(out, store_col_blob(rows, 0));
		if (out->overflow)
			return error_set(e, "job.checkpoint-too-big", "任务断点过大",
					 "the job's checkpoint is too big");
	}
	return r;
}

int store_job_checkpoint_delete(struct store_conn *c, struct str id, struct str key,
				struct error *e)
{
	return store_exec(c, e, "DELETE FROM job_checkpoint WHERE job_id = ? AND key = ?",
			  SV_STR(id), SV_STR(key));
}
