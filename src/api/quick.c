/* The short way of a request: on the event thread itself, without a job thread, a connection to the
 * database or a look at a table. Only for routes that say so (API_QUICK) and only while everything it
 * needs was seen lately; whatever is missing or wrong sends the request the usual way, which is the
 * same but for the waiting. Nothing may have happened by then. */
#include "api/api_private.h"
#include "app/textserve.h"
#include "base/check.h"
#include "base/limits.h"

#define QUICK_BODY (16 * KIB) /* some milliseconds of work at most would hold up the other connections */
#define QUICK_ARENA (64 * MIB)

static bool fits(const struct http_exchange *x, const struct route_match *m)
{
	return m && m->route && (m->route->flags & API_QUICK) && http_body(x).len <= QUICK_BODY &&
	       str_empty(http_query(x)) && str_istarts(http_header(x, "Authorization"), STR("Bearer ")) &&
	       str_empty(http_header(x, "Idempotency-Key"));
}

static void reply(struct http_exchange *x, const struct app_actor *who, struct api_request *r)
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * MIB);
	json_write(&text, r->reply);
	security_headers(x, false);
	http_reply_header(x, "X-Request-Id", who->request_id);
	http_reply_header(x, "Cache-Control", STR("no-store"));
	http_reply_header(x, "Content-Type", STR("application/json; charset=utf-8"));
	http_reply(x, r->status, buf_view(&text));
}

static void refuse(struct http_exchange *x, const struct app_actor *who, const struct app_call *c,
		   const struct error *e)
{
	security_headers(x, false);
	http_reply_header(x, "X-Request-Id", who->request_id);
	problem_reply(x, problem_status(e), e, NULL, c->retry_after);
}

static bool run(struct api_request *r, struct http_exchange *x, const struct app_actor *who)
{
	struct api_faults faults = { .n = 0 };
	struct error e = { 0 };
	bool good;
	r->body = json_parse(http_body(x), NULL);
	good = r->body && api_schema_check(r->route->body, r->body, &faults);
	if (good && r->route->run(r, &e) == 0)
		reply(x, who, r);
	else if (good && error_is(&e, "text.too-many"))
		refuse(x, who, &r->call, &e);
	else
		good = false;
	request_free_reply(r);
	json_decref(r->body);
	return good;
}

bool quick_serve(void *arg, struct http_exchange *x)
{
	struct api *api;
	CAST_OBJ(api, arg, API_MAGIC);
	const struct route_match *m = http_data(x);
	if (!fits(x, m))
		return false;
	_cleanup_arena_ struct arena *arena = arena_new(QUICK_ARENA);
	struct app_actor who;
	struct api_request r = { .route = m->route, .x = x, .api = api };
	r.call = (struct app_call){ .app = api->app, .actor = &who, .arena = arena,
				    .now = clock_wall_ms(api->app->clock) };
	struct str key = str_trim(str_from(http_header(x, "Authorization"), 7));
	if (!app_text_key(api->app, key, r.call.now, arena, &who) || !app_may(&r.call, m->route->need))
		return false;
	struct id id = id_new(r.call.now);
	who.request_id = arena_str(arena, id_str(&id));
	return run(&r, x, &who);
}
