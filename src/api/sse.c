/* Live streams: one thread reads the event log and hands each event to the streams of its
 * tenant that asked for its topic. A stream ends when its session does, when its
 * reader falls too far behind, or when the server stops; the client comes back with
 * Last-Event-ID and misses nothing that is still kept. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "api/api_private.h"
#include "app/session.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vec.h"
#include "store/event.h"

#define HUB_MAGIC 0x73736568u
#define HEARTBEAT_MS 15000
#define RECHECK_MS 60000
#define BATCH 500

struct listener {
	struct http_stream *stream;
	char tenant[ID_LEN + 1], user[ID_LEN + 1], token[APP_TOKEN_SIZE];
	char topics[256];
	int64_t after; /* last event given */
	int64_t checked;
};

struct sse_hub {
	unsigned magic;
	struct app *app;
	pthread_t thread;
	pthread_mutex_t lock;
	VEC(struct listener) listeners;
	int64_t last; /* highest event handed out */
	volatile bool stop;
};

static bool wants(const struct listener *l, const struct store_event *ev)
{
	struct str topics = str_c(l->topics), one;
	if (ev->id <= l->after || !str_eq(str_c(l->tenant), ev->tenant))
		return false;
	if (str_empty(topics))
		return true;
	while (str_split(&topics, ',', &one))
		if (str_eq(str_trim(one), ev->topic))
			return true;
	return false;
}

static int give(struct listener *l, const struct store_event *ev)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EVENT_DATA + 1024);
	buf_printf(&b, "id: %lld\nevent: %.*s\ndata: %.*s\n\n", (long long)ev->id, STR_ARG(ev->type),
		   STR_ARG(ev->data));
	l->after = ev->id;
	return b.overflow ? 0 : http_stream_write(l->stream, buf_view(&b));
}

static void drop(struct sse_hub *h, size_t i)
{
	http_stream_close(h->listeners.ptr[i].stream);
	h->listeners.ptr[i] = h->listeners.ptr[--h->listeners.len];
}

static int on_event(void *arg, const struct store_event *ev)
{
	struct sse_hub *h = arg;
	for (size_t i = 0; i < h->listeners.len;)
		if (wants(&h->listeners.ptr[i], ev) && give(&h->listeners.ptr[i], ev) < 0)
			drop(h, i);
		else
			i++;
	h->last = ev->id;
	return 0;
}

static void spread(struct sse_hub *h, struct store_conn *db)
{
	struct error e = { 0 };
	int n;
	do {
		pthread_mutex_lock(&h->lock);
		n = store_events_after(db, STR(""), NULL, 0, h->last, BATCH, on_event, h, &e);
		pthread_mutex_unlock(&h->lock);
	} while (n == BATCH && !h->stop);
	if (n < 0)
		log_event(LOG_WARN, "api", "events.unreadable", LOG_ERR(&e), LOG_END);
}

static void heartbeat(struct sse_hub *h)
{
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->listeners.len;)
		if (http_stream_write(h->listeners.ptr[i].stream, STR(": 心跳\n\n")) < 0)
			drop(h, i);
		else
			i++;
	pthread_mutex_unlock(&h->lock);
}

/* Logged out, revoked, moved to another tenant: the stream ends within a minute. */
static bool still_good(struct sse_hub *h, struct store_conn *db, struct listener *l, int64_t now)
{
	_cleanup_arena_ struct arena *arena = arena_new(16 * MIB);
	struct app_actor nobody = { .ip = STR("") }, who;
	struct app_call c = { .app = h->app, .actor = &nobody, .db = db, .arena = arena, .now = now };
	struct error e = { 0 };
	if (!l->token[0] || now - l->checked < RECHECK_MS)
		return true;
	l->checked = now;
	int r = app_session_resume(&c, str_c(l->token), &who, &e);
	return r < 0 || (r > 0 && str_eq(who.tenant_id, str_c(l->tenant)));
}

static void recheck(struct sse_hub *h, struct store_conn *db)
{
	int64_t now = clock_wall_ms(h->app->clock);
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->listeners.len;)
		if (still_good(h, db, &h->listeners.ptr[i], now))
			i++;
		else
			drop(h, i);
	pthread_mutex_unlock(&h->lock);
}

static void prune(struct sse_hub *h, struct store_conn *db)
{
	_cleanup_arena_ struct arena *arena = arena_new(16 * MIB);
	struct app_actor system;
	struct error e = { 0 };
	app_actor_system(&system, APP_VIA_JOB, APP_PLATFORM);
	struct app_call c = { .app = h->app, .actor = &system, .db = db, .arena = arena,
			      .now = clock_wall_ms(h->app->clock) };
	if (app_session_prune(&c, &e) < 0)
		log_event(LOG_WARN, "api", "prune.failed", LOG_ERR(&e), LOG_END);
}

static void *hub_main(void *arg)
{
	struct sse_hub *h;
	CAST_OBJ(h, arg, HUB_MAGIC);
	struct store_conn *db = NULL;
	int64_t beat = 0, checked = 0, pruned = 0;
	while (!h->stop) {
		struct error e = { 0 };
		if (!db && store_acquire(h->app->store, &db, &e) < 0) {
			clock_system.sleep_ms(&clock_system, 500);
			continue;
		}
		if (store_wait(db, STORE_EVENT_CHANNEL, 500, &e) < 0) {
			store_release(db);
			db = NULL;
			clock_system.sleep_ms(&clock_system, 200);
			continue;
		}
		if (h->stop)
			break;
		spread(h, db);
		int64_t now = clock_mono_ms(&clock_system);
		if (now - beat >= HEARTBEAT_MS) {
			heartbeat(h);
			beat = now;
		}
		if (now - checked >= 5000) {
			recheck(h, db);
			checked = now;
		}
		if (now - pruned >= 600000) {
			prune(h, db);
			pruned = now;
		}
	}
	store_release(db);
	return NULL;
}

int sse_start(struct app *app, struct sse_hub **ret, struct error *e)
{
	struct store_conn *db;
	struct sse_hub *h = mem_alloc(sizeof(*h));
	h->magic = HUB_MAGIC;
	h->app = app;
	pthread_mutex_init(&h->lock, NULL);
	int r = store_acquire(app->store, &db, e);
	if (r >= 0) {
		r = store_event_last(db, &h->last, e);
		store_release(db);
	}
	if (r < 0) {
		free(h);
		return -1;
	}
	check(pthread_create(&h->thread, NULL, hub_main, h) == 0);
	*ret = h;
	return 0;
}

void sse_stop(struct sse_hub *h)
{
	if (!h)
		return;
	h->stop = true;
	store_wake(h->app->store);
	pthread_join(h->thread, NULL);
	while (h->listeners.len)
		drop(h, 0);
	vec_free(&h->listeners);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* What was missed while away, before the live ones. */
static int catch_up_one(void *arg, const struct store_event *ev)
{
	struct listener *l = arg;
	return wants(l, ev) ? give(l, ev) : 0;
}

int sse_add(struct sse_hub *h, struct http_stream *s, const struct app_actor *who,
	    struct str session_token, struct str topics, int64_t after, struct error *e)
{
	struct listener l = { .stream = s };
	struct store_conn *db;
	size_t same = 0;
	snprintf(l.tenant, sizeof(l.tenant), "%.*s", STR_ARG(who->tenant_id));
	snprintf(l.user, sizeof(l.user), "%.*s", STR_ARG(who->user_id));
	snprintf(l.token, sizeof(l.token), "%.*s", STR_ARG(session_token));
	snprintf(l.topics, sizeof(l.topics), "%.*s", STR_ARG(topics));
	l.checked = clock_wall_ms(h->app->clock);
	if (store_acquire(h->app->store, &db, e) < 0)
		return -1;
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->listeners.len; i++)
		same += strcmp(h->listeners.ptr[i].user, l.user) == 0;
	int r = 0;
	if (h->stop || h->listeners.len >= LIMIT_STREAMS || same >= LIMIT_STREAMS_PER_USER) {
		r = error_set(e, "events.busy", "实时连接过多，请改用轮询。",
			      "Too many live streams; poll instead.");
	} else {
		http_stream_write(s, STR("retry: 2000\n\n"));
		l.after = after >= 0 ? after : h->last;
		if (after >= 0 && after < h->last)
			r = store_events_after(db, who->tenant_id, NULL, 0, after, 1000, catch_up_one, &l, e);
		if (r >= 0)
			*vec_push(&h->listeners) = l;
	}
	pthread_mutex_unlock(&h->lock);
	store_release(db);
	return r < 0 ? -1 : 0;
}
