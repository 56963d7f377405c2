/* Listening in one process, asking in others, the store between them. The listener's
 * thread writes a row per hit, at most OOB_PER_SECOND: who floods us fills no disk. */
#include "app/oob.h"

#include "app/settings.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/oob_server.h"
#include "store/oob.h"
#include "store/setting.h"

#define OOB_KEEP_MS (3 * 24 * 3600 * (int64_t)1000)
#define OOB_PRUNE_MS (600 * 1000)
#define OOB_PER_SECOND 50

struct app_oob {
	struct app *app;
	struct oob_server *server;
	struct str last; /* settings that the server was made from */
	struct arena *texts;
	int64_t pruned_ms;
	int64_t second;	 /* of the listener's thread */
	unsigned in_second;
};

struct app_oob *app_oob_new(struct app *app)
{
	struct app_oob *o = mem_alloc(sizeof(*o));
	o->app = app;
	return o;
}

static void on_hit(void *ctx, const struct oob_hit *h)
{
	struct app_oob *o = ctx;
	struct store_conn *db;
	struct error e = { 0 };
	if (h->at_ms / 1000 != o->second) {
		o->second = h->at_ms / 1000;
		o->in_second = 0;
	}
	if (++o->in_second > OOB_PER_SECOND || store_acquire(o->app->store, &db, &e) < 0)
		return;
	_cleanup_buf_ struct buf what = BUF_INIT(4 * KIB);
	for (size_t i = 0; i < h->what.len; i++) /* foreign bytes: text for the database */
		buf_char(&what, (unsigned char)h->what.ptr[i] < 127 && (h->what.ptr[i] >= ' ' || strchr("\t\r\n", h->what.ptr[i]))
					? (h->what.ptr[i] ? h->what.ptr[i] : '.') : '.');
	struct store_oob_hit row = { .kind = (int64_t)h->kind, .time = h->at_ms, .token = h->token, .source = h->from,
				     .what = buf_view(&what) };
	if (store_oob_put(db, str_sub(h->token, 0, OOB_PREFIX_LEN), &row, &e) < 0)
		log_event(LOG_WARN, "oob", "hit.lost", LOG_C("error", e.en), LOG_END);
	store_release(db);
}

static void stop(struct app_oob *o)
{
	oob_server_stop(o->server);
	o->server = NULL;
	arena_free(o->texts);
	o->texts = NULL;
	o->last = STR("");
}

static void start(struct app_oob *o, const struct app_settings *s, struct str wanted)
{
	struct error e = { 0 };
	stop(o);
	o->texts = arena_new(64 * KIB);
	o->last = arena_str(o->texts, wanted);
	if (str_empty(s->oob.http) && str_empty(s->oob.dns))
		return;
	struct oob_options opt = { .http = arena_str(o->texts, s->oob.http), .dns = arena_str(o->texts, s->oob.dns),
				   .domain = arena_str(o->texts, s->oob.domain), .address = arena_str(o->texts, s->oob.address),
				   .hit = on_hit, .ctx = o };
	if (oob_server_start(&opt, &o->server, &e) < 0) {
		log_event(LOG_WARN, "oob", "listen.failed", LOG_C("error", e.en), LOG_END);
		o->last = STR(""); /* again at the next tick */
		return;
	}
	log_event(LOG_INFO, "oob", "listening", LOG_INT("http_port", oob_server_http_port(o->server)),
		  LOG_INT("dns_port", oob_server_dns_port(o->server)), LOG_END);
}

void app_oob_tick(struct app_oob *o)
{
	struct error e = { 0 };
	struct store_conn *db;
	struct app_settings s;
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	int64_t now = clock_wall_ms(o->app->clock);
	if (store_acquire(o->app->store, &db, &e) < 0)
		return;
	if (app_settings_load(o->app, db, a, &s, &e) == 0) {
		struct str wanted = arena_printf(a, "|%.*s|%.*s|%.*s|%.*s", STR_ARG(s.oob.http), STR_ARG(s.oob.dns),
						 STR_ARG(s.oob.domain), STR_ARG(s.oob.address));
		if (!str_eq(wanted, o->last))
			start(o, &s, wanted);
	}
	if (o->server && now - o->pruned_ms > OOB_PRUNE_MS) {
		o->pruned_ms = now;
		store_oob_prune(db, now - OOB_KEEP_MS, &e);
	}
	store_release(db);
}

void app_oob_free(struct app_oob *o)
{
	if (!o)
		return;
	stop(o);
	free(o);
}

/* ---- for scans ---- */

static int poll_store(void *ctx, struct str prefix, uint64_t *after,
		      void (*each)(void *arg, const struct scan_oob_hit *hit), void *arg)
{
	struct app_call *c = ctx;
	struct error e = { 0 };
	struct store_oob_hit *list;
	size_t n;
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	if (store_oob_after(c->db, prefix, (int64_t)*after, a, &list, &n, &e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct scan_oob_hit h = { list[i].kind == SCAN_OOB_HTTP	  ? SCAN_OOB_HTTP
					  : list[i].kind == SCAN_OOB_LDAP ? SCAN_OOB_LDAP
									  : SCAN_OOB_DNS,
					  list[i].token, list[i].source, list[i].what, list[i].time };
		*after = (uint64_t)list[i].number;
		each(arg, &h);
	}
	return 0;
}

bool app_oob_door(struct app_call *c, struct arena *a, struct scan_oob *ret)
{
	struct error e = { 0 };
	struct app_settings s;
	if (app_settings_load(c->app, c->db, a, &s, &e) < 0)
		return false;
	struct str url = s.oob.url;
	if (str_empty(url) && s.oob.http.len) {
		ssize_t colon = str_rchr(s.oob.http, ':');
		url = arena_printf(a, "http://%.*s%.*s", STR_ARG(s.oob.domain.len ? s.oob.domain : str_sub(s.oob.http, 0, colon < 0 ? 0 : (size_t)colon)),
				   STR_ARG(str_from(s.oob.http, colon < 0 ? s.oob.http.len : (size_t)colon)));
	}
	*ret = (struct scan_oob){ c, s.oob.dns.len ? s.oob.domain : STR(""), s.oob.http.len ? url : STR(""), poll_store };
	return ret->domain.len || ret->url.len;
}
