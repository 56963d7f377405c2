/* A worker: slot threads that claim and run jobs, a heart that renews leases,
 * writes progress and hears wishes, a keeper that collects the jobs of dead workers
 * and runs the clockwork. Each thread has its own connection. A lease that could
 * not be renewed in time makes its job stop by itself: another worker has it. */
#include "job/job.h"

#include <errno.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/worker_private.h"
#include "store/blob.h"
#include "store/event.h"

#define JOB_ARENA (512 * MIB) /* per start; a job that needs more works in pieces */
#define HEART_MS 250	      /* longest rest of the heart: how soon a stop is seen */
#define WANT_MS 200	      /* wishes are looked for at most this often */
#define REPORT_MS 1000	      /* progress is written at most this often */
#define TICK_MS 500
#define TROUBLE_MS 1000
#define HOUSEKEEPING_MS (60 * 60 * 1000)
#define EVENT_KEEP_MS (24 * 60 * 60 * 1000)
#define JOB_KEEP_MS (90 * 24 * 60 * 60 * (int64_t)1000) /* ended ones, for the job list */

/* ---- a worker's life ---- */

const struct job_kind *job_worker_kind(const struct job_worker *w, struct str name)
{
	for (size_t i = 0; i < w->n_kinds; i++)
		if (str_eq(w->kinds[i], name))
			return w->config->kinds[i];
	check(false);
}

static struct job_worker *worker_new(const struct job_worker_config *config)
{
	struct job_worker *w = mem_alloc(sizeof(*w));
	char host[64] = "localhost";
	uint32_t r;

	w->magic = JOB_WORKER_MAGIC;
	w->config = config;
	w->clock = config->clock ? config->clock : &clock_system;
	for (size_t i = 0; config->kinds[i]; i++) {
		check(i < ARRAY_SIZE(w->kinds));
		w->kinds[w->n_kinds++] = str_c(config->kinds[i]->name);
		if (!config->kinds[i]->long_running)
			w->short_kinds[w->n_short++] = str_c(config->kinds[i]->name);
	}
	w->slots = config->slots ? config->slots : 4;
	check(w->slots <= JOB_SLOTS_MAX);
	w->short_slots = config->short_slots ? config->short_slots : w->slots > 1;
	if (w->short_slots >= w->slots)
		w->short_slots = w->slots - 1;
	w->lease_ms = config->lease_ms ? config->lease_ms : 30000;
	w->poll_ms = config->poll_ms ? config->poll_ms : 1000;
	w->retry_ms = config->retry_ms ? config->retry_ms : 5000;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->news, NULL);
	gethostname(host, sizeof(host) - 1);
	random_bytes(&r, sizeof(r));
	if (str_empty(config->name))
		snprintf(w->name, sizeof(w->name), "%s:%d:%04x", host, (int)getpid(), r & 0xffff);
	else
		snprintf(w->name, sizeof(w->name), "%.*s:%04x",
			 STR_ARG(str_sub(config->name, 0, 100)), r & 0xffff);
	return w;
}

static void worker_free(struct job_worker *w)
{
	pthread_cond_destroy(&w->news);
	pthread_mutex_destroy(&w->lock);
	w->magic = 0;
	free(w);
}

static void wake_slots(struct job_worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->generation++;
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
}

static void log_trouble(const struct job_worker *w, const char *event, const struct error *e)
{
	log_event(LOG_WARN, "job", event, LOG_C("worker", w->name), LOG_ERR(e), LOG_END);
}

/* The next connection attempt waits a moment; false when it is time to stop. */
static bool rest(struct job_worker *w, int64_t ms)
{
	for (; ms > 0 && !w->over; ms -= 50)
		clock_system.sleep_ms(&clock_system, ms < 50 ? ms : 50);
	return !w->over;
}

static struct store_conn *connect_patiently(struct job_worker *w)
{
	struct store_conn *c = NULL;
	struct error e = { 0 };
	bool said = false;

	while (!w->over && !w->stopping) {
		if (store_acquire(w->config->store, &c, &e) == 0)
			return c;
		if (!said)
			log_trouble(w, "store.lost", &e);
		said = true;
		rest(w, TROUBLE_MS);
	}
	return NULL;
}

/* ---- claiming ---- */

struct claim {
	struct job_worker *worker;
	bool long_too;
	struct arena *arena;
	struct job job;
	struct id lease;
	int64_t window_close;
};

/* A job whose windows are closed waits for the next opening. */
static int hold_for_window(struct store_conn *c, struct claim *k, int64_t now, struct error *e)
{
	struct job_windows w;

	k->window_close = INT64_MAX;
	if (job_windows_parse_text(k->job.windows, &w, NULL) < 0 || !w.n)
		return 0;
	if (job_windows_open(&w, now)) {
		k->window_close = job_windows_next_close(&w, now);
		return 0;
	}
	if (store_job_postpone(c, k->job.id, job_windows_next_open(&w, now), "window", now, e) < 0)
		return -1;
	return 1;
}

static int claim_tx(struct store_conn *c, void *arg, struct error *e)
{
	struct claim *k = arg;
	struct job_worker *w = k->worker;
	const struct str *kinds = k->long_too ? w->kinds : w->short_kinds;
	size_t n = k->long_too ? w->n_kinds : w->n_short;

	for (int i = 0; i < 20; i++) {
		int64_t now = job_worker_now(w);
		int r = store_job_due(c, kinds, n, now, k->arena, &k->job, e);

		if (r <= 0)
			return r;
		r = hold_for_window(c, k, now, e);
		if (r < 0)
			return -1;
		if (r)
			continue;
		k->lease = id_new(now);
		struct store_job_start s = { .worker = str_c(w->name),
					     .lease = arena_str(k->arena, id_str(&k->lease)),
					     .now = now,
					     .lease_until = now + w->lease_ms };

		return store_job_start(c, &k->job, &s, e) < 0 ? -1 : 1;
	}
	return 0;
}

/* A look without a transaction first: an idle worker must not hold writers up. */
static int claim(struct claim *k, struct store_conn *c, struct error *e)
{
	struct job_worker *w = k->worker;
	int64_t due;
	int r = store_job_next_due(c, k->long_too ? w->kinds : w->short_kinds,
				   k->long_too ? w->n_kinds : w->n_short, &due, e);

	if (r <= 0 || due > job_worker_now(w))
		return r < 0 ? -1 : 0;
	r = store_tx_locking(c, claim_tx, k, e);
	if (r < 0 && e && error_is(e, "store.unique"))
		return 0; /* another has just started one with the same serial key */
	return r;
}

/* ---- running ---- */

static void ctx_enter(struct job_ctx *ctx, unsigned slot)
{
	struct job_worker *w = ctx->worker;

	pthread_mutex_lock(&w->lock);
	ctx->beaten_ms = ctx->reported_ms = clock_mono_ms(&clock_system);
	w->running[slot] = ctx;
	pthread_mutex_unlock(&w->lock);
}

static void ctx_leave(struct job_ctx *ctx, unsigned slot)
{
	struct job_worker *w = ctx->worker;

	pthread_mutex_lock(&w->lock);
	w->running[slot] = NULL;
	pthread_mutex_unlock(&w->lock);
}

/* The result is written however long the database is away, while the lease is. */
static void settle(struct job_ctx *ctx, int result, const struct error *err)
{
	struct error e = { 0 };

	while (!ctx->lost) {
		int r = job_ctx_settle(ctx, result, err, &e);

		if (r > 0)
			return;
		if (r == 0)
			break;
		log_trouble(ctx->worker, "job.end", &e);
		if (!error_is(&e, "store.unavailable") && !error_is(&e, "store.busy"))
			return; /* the same again would not help: the lease runs out */
		clock_system.sleep_ms(&clock_system, TROUBLE_MS);
	}
	log_event(LOG_WARN, "job", "job.lost", LOG_C("worker", ctx->worker->name),
		  LOG_STR("job", ctx->job.id), LOG_END);
}

static void run_job(struct job_worker *w, struct claim *k, struct store_conn *c, unsigned slot)
{
	struct job_ctx ctx = { .magic = JOB_CTX_MAGIC,
			       .worker = w,
			       .kind = job_worker_kind(w, k->job.kind),
			       .job = k->job,
			       .arena = arena_new(JOB_ARENA),
			       .conn = c,
			       .want = STORE_JOB_RESUME,
			       .window_close = k->window_close,
			       .basis = k->job.progress,
			       .saved_basis = k->job.progress,
			       .remaining_ms = -1 };
	struct error e = { 0 };
	int result;

	ctx.payload = json_parse(k->job.payload, NULL);
	if (!ctx.payload)
		ctx.payload = json_object();
	ctx_enter(&ctx, slot);
	result = ctx.kind->run(&ctx, &e);
	while (store_in_tx(c))
		store_rollback(c);
	if ((result < 0 || result == JOB_FAILED) && !e.code[0])
		error_set(&e, "job.error", "任务出错，未说明原因", "the job failed without a reason");
	if (result < 0 || result == JOB_FAILED)
		log_event(LOG_WARN, "job", "job.error", LOG_STR("job", ctx.job.id),
			  LOG_STR("kind", ctx.job.kind), LOG_ERR(&e), LOG_END);
	settle(&ctx, result, &e);
	ctx_leave(&ctx, slot);
	json_decref(ctx.payload);
	arena_free(ctx.arena);
	ctx.magic = 0;
}

/* 1 ran one, 0 nothing due, negative on error. */
static int slot_turn(struct job_worker *w, unsigned slot, struct store_conn *c, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct claim k = { .worker = w, .long_too = slot >= w->short_slots, .arena = a };
	int r = claim(&k, c, e);

	if (r > 0)
		run_job(w, &k, c, slot);
	return r;
}

static void wait_for_news(struct job_worker *w, uint64_t *seen)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += w->poll_ms / 1000;
	until.tv_nsec += (long)(w->poll_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&w->lock);
	if (w->generation == *seen && !w->stopping)
		pthread_cond_timedwait(&w->news, &w->lock, &until);
	*seen = w->generation;
	pthread_mutex_unlock(&w->lock);
}

struct slot {
	struct job_worker *worker;
	unsigned number;
	pthread_t thread;
};

static void *slot_main(void *arg)
{
	struct slot *s = arg;
	struct job_worker *w = s->worker;
	struct store_conn *c = connect_patiently(w);
	uint64_t seen = 0;

	while (c && !w->stopping) {
		struct error e = { 0 };
		int r = slot_turn(w, s->number, c, &e);

		if (r < 0) {
			log_trouble(w, "job.claim", &e);
			rest(w, TROUBLE_MS);
		} else if (r == 0) {
			wait_for_news(w, &seen);
		}
	}
	store_release(c);
	pthread_mutex_lock(&w->lock);
	w->live_slots--;
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- heart ---- */

struct pulse {
	char id[ID_LEN + 1], lease[ID_LEN + 1];
	struct store_job_beat beat;
	char doing[256], doing_en[256];
	unsigned slot;
};

/* Which running jobs want a beat now; copies, because they may end meanwhile. */
static size_t pulses_due(struct job_worker *w, struct pulse *out)
{
	int64_t mono = clock_mono_ms(&clock_system), now = job_worker_now(w);
	size_t n = 0;

	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; i < w->slots; i++) {
		struct job_ctx *ctx = w->running[i];
		bool report = ctx && ctx->dirty && mono - ctx->reported_ms >= REPORT_MS;
		struct pulse *p = &out[n];

		if (!ctx || ctx->lost)
			continue;
		if (!report && mono - ctx->beaten_ms < w->lease_ms / 3)
			continue;
		*p = (struct pulse){ .slot = i };
		snprintf(p->id, sizeof(p->id), "%.*s", STR_ARG(ctx->job.id));
		snprintf(p->lease, sizeof(p->lease), "%.*s", STR_ARG(ctx->job.lease));
		snprintf(p->doing, sizeof(p->doing), "%s", ctx->doing);
		snprintf(p->doing_en, sizeof(p->doing_en), "%s", ctx->doing_en);
		p->beat = (struct store_job_beat){ .now = now,
						   .lease_until = now + w->lease_ms,
						   .report = report,
						   .progress = ctx->basis,
						   .remaining_ms = ctx->remaining_ms };
		if (report) {
			ctx->dirty = false;
			ctx->reported_ms = mono;
		}
		n++;
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}

static void pulse_done(struct job_worker *w, const struct pulse *p, int64_t sent, int result,
		       enum store_job_wish want)
{
	pthread_mutex_lock(&w->lock);
	struct job_ctx *ctx = w->running[p->slot];

	/* Still the same start? */
	if (ctx && str_eq(ctx->job.lease, str_c(p->lease))) {
		if (result > 0) {
			ctx->beaten_ms = sent;
			ctx->want = want;
		} else if (result == 0) {
			ctx->lost = true;
		} else {
			ctx->dirty = true;
		}
	}
	pthread_mutex_unlock(&w->lock);
}

static int beat_all(struct job_worker *w, struct store_conn *c, struct error *e)
{
	struct pulse *pulses = mem_array(w->slots, sizeof(*pulses));
	size_t n = pulses_due(w, pulses);
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		struct pulse *p = &pulses[i];
		enum store_job_wish want = STORE_JOB_RESUME;
		int64_t sent = clock_mono_ms(&clock_system);

		p->beat.id = str_c(p->id);
		p->beat.lease = str_c(p->lease);
		p->beat.doing = str_c(p->doing);
		p->beat.doing_en = str_c(p->doing_en);
		int one = store_job_beat(c, &p->beat, &want, e);

		pulse_done(w, p, sent, one, want);
		if (one < 0)
			r = -1;
	}
	free(pulses);
	return r;
}

/* Wishes by lease: gathered without the lock, then handed to the jobs that were
 * running before the question was asked. */
struct wants {
	struct job_worker *worker;
	char lease[JOB_SLOTS_MAX][ID_LEN + 1];
	enum store_job_wish want[JOB_SLOTS_MAX];
};

static void take_want(void *arg, struct str lease, enum store_job_wish want)
{
	struct wants *x = arg;

	for (unsigned i = 0; i < x->worker->slots; i++)
		if (str_eq(str_c(x->lease[i]), lease))
			x->want[i] = want;
}

static int hear_wants(struct job_worker *w, struct store_conn *c, struct error *e)
{
	struct wants x = { .worker = w };
	bool any = false;

	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; i < w->slots; i++) {
		x.want[i] = STORE_JOB_RESUME; /* also: a wish taken back */
		if (!w->running[i])
			continue;
		any = true;
		snprintf(x.lease[i], sizeof(x.lease[i]), "%.*s",
			 STR_ARG(w->running[i]->job.lease));
	}
	pthread_mutex_unlock(&w->lock);
	if (!any)
		return 0;
	if (store_job_wants(c, str_c(w->name), take_want, &x, e) < 0)
		return -1;
	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; i < w->slots; i++)
		if (w->running[i] && str_eq(w->running[i]->job.lease, str_c(x.lease[i])))
			w->running[i]->want = x.want[i];
	pthread_mutex_unlock(&w->lock);
	return 0;
}

/* Leases that could not be renewed in time may be another's by now. */
static void give_up_leases(struct job_worker *w)
{
	int64_t mono = clock_mono_ms(&clock_system);

	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; i < w->slots; i++)
		if (w->running[i] && mono - w->running[i]->beaten_ms > w->lease_ms)
			w->running[i]->lost = true;
	pthread_mutex_unlock(&w->lock);
}

struct heart {
	int64_t heard_ms; /* when wishes were last looked for */
	bool news;	  /* there may be some since */
};

/* One turn: listens a moment, then does what is due. */
static int heart_turn(struct job_worker *w, struct store_conn *c, struct heart *h,
		      struct error *e)
{
	int64_t rest_ms = w->lease_ms / 6 < HEART_MS ? w->lease_ms / 6 : HEART_MS;
	int r = store_wait(c, STORE_JOB_CHANNEL, (int)(h->news ? WANT_MS / 4 : rest_ms), e);
	int64_t mono = clock_mono_ms(&clock_system);

	if (r < 0)
		return -1;
	if (r > 0)
		wake_slots(w);
	h->news = h->news || r > 0 || mono - h->heard_ms > REPORT_MS;
	if (h->news && mono - h->heard_ms >= WANT_MS) {
		h->heard_ms = mono;
		h->news = false;
		if (hear_wants(w, c, e) < 0)
			return -1;
	}
	return beat_all(w, c, e);
}

static void heart_run(struct job_worker *w, struct store_conn *c, const volatile bool *stop)
{
	struct heart h = { .news = true };
	bool trouble = false;

	while (!w->over) {
		struct error e = { 0 };
		bool ok = heart_turn(w, c, &h, &e) == 0;

		if (!ok && !trouble)
			log_trouble(w, "job.heart", &e);
		if (!ok) {
			give_up_leases(w);
			rest(w, TROUBLE_MS / 2);
		}
		trouble = !ok;
		if (stop && __atomic_load_n(stop, __ATOMIC_RELAXED) && !w->stopping) {
			w->stopping = true;
			wake_slots(w);
		}
		pthread_mutex_lock(&w->lock);
		if (w->stopping && !w->live_slots)
			w->over = true;
		pthread_mutex_unlock(&w->lock);
	}
}

/* ---- keeper ---- */

static int housekeeping(struct job_worker *w, struct store_conn *c, struct error *e)
{
	if (store_event_prune(c, job_worker_now(w) - EVENT_KEEP_MS, e) < 0 ||
	    job_prune(c, job_worker_now(w) - JOB_KEEP_MS, e) < 0)
		return -1;
	return store_blob_sweep(c, e) < 0 ? -1 : 0;
}

struct keeper_times {
	int64_t reaped, cleaned, synced; /* monotonic; 0: not yet */
};

static int keeper_turn(struct job_worker *w, struct store_conn *c, struct keeper_times *t,
		       struct error *e)
{
	int64_t mono = clock_mono_ms(&clock_system), offset;

	if (w->clock == &clock_system && mono - t->synced > 60000) {
		if (store_clock_offset(c, w->clock, &offset, e) < 0)
			return -1;
		w->clock_offset_ms = offset;
		t->synced = mono;
	}
	if (!t->reaped || mono - t->reaped > w->lease_ms / 4) {
		if (job_worker_reap(w, c, e) < 0)
			return -1;
		t->reaped = mono;
	}
	if (w->config->scheduler && job_schedule_tick(c, job_worker_now(w), e) < 0)
		return -1;
	if (mono - t->cleaned > HOUSEKEEPING_MS) {
		if (housekeeping(w, c, e) < 0)
			return -1;
		t->cleaned = mono;
	}
	return 0;
}

static void *keeper_main(void *arg)
{
	struct job_worker *w = arg;
	struct store_conn *c = connect_patiently(w);
	struct keeper_times t = { 0 };
	bool trouble = false;

	/* Not in the first minute: start-up is busy enough. */
	t.cleaned = clock_mono_ms(&clock_system) - HOUSEKEEPING_MS + 60000;
	while (c && !w->stopping) {
		struct error e = { 0 };
		bool ok = keeper_turn(w, c, &t, &e) == 0;

		if (!ok && !trouble)
			log_trouble(w, "job.keeper", &e);
		trouble = !ok;
		for (int i = 0; i < TICK_MS / 50 && !w->stopping; i++)
			rest(w, 50);
	}
	store_release(c);
	return NULL;
}

/* ---- doors ---- */

static int sync_clock(struct job_worker *w, struct store_conn *c, struct error *e)
{
	int64_t offset = 0;

	if (w->clock == &clock_system && store_clock_offset(c, w->clock, &offset, e) < 0)
		return -1;
	w->clock_offset_ms = offset;
	return 0;
}

int job_worker_run(const struct job_worker_config *config, const volatile bool *stop,
		   struct error *e)
{
	struct job_worker *w = worker_new(config);
	struct slot slots[JOB_SLOTS_MAX];
	struct store_conn *c = NULL;
	pthread_t keeper;

	if (store_acquire(config->store, &c, e) < 0 || sync_clock(w, c, e) < 0) {
		store_release(c);
		worker_free(w);
		return -1;
	}
	if (config->sole && store_job_let_go(c, config->name, e) < 0) {
		store_release(c);
		worker_free(w);
		return -1;
	}
	w->live_slots = w->slots;
	store_reserve(config->store, (int)w->slots + 2);
	for (unsigned i = 0; i < w->slots; i++) {
		slots[i] = (struct slot){ .worker = w, .number = i };
		check(pthread_create(&slots[i].thread, NULL, slot_main, &slots[i]) == 0);
	}
	check(pthread_create(&keeper, NULL, keeper_main, w) == 0);
	heart_run(w, c, stop);
	for (unsigned i = 0; i < w->slots; i++)
		pthread_join(slots[i].thread, NULL);
	pthread_join(keeper, NULL);
	store_release(c);
	store_reserve(config->store, -(int)w->slots - 2);
	worker_free(w);
	return 0;
}

static void *heart_main(void *arg)
{
	struct job_worker *w = arg;
	struct store_conn *c = connect_patiently(w);

	if (c)
		heart_run(w, c, NULL);
	store_release(c);
	return NULL;
}

int job_run_one(const struct job_worker_config *config, struct error *e)
{
	struct job_worker *w = worker_new(config);
	struct store_conn *c = NULL;
	pthread_t heart;
	int r = -1;

	w->slots = 1;
	w->short_slots = 0;
	if (store_acquire(config->store, &c, e) == 0 && sync_clock(w, c, e) == 0) {
		check(pthread_create(&heart, NULL, heart_main, w) == 0);
		r = job_worker_reap(w, c, e);
		if (r >= 0)
			r = slot_turn(w, 0, c, e);
		w->over = true;
		store_wake(config->store);
		pthread_join(heart, NULL);
	}
	store_release(c);
	worker_free(w);
	return r;
}
