/* One API request on a job thread: who asks, may they, is it well-formed, was it asked
 * before, is it still the thing they saw; then the handler; then the answer. */
#include <sodium.h>

#include "api/api_private.h"
#include "app/secret.h"
#include "app/session.h"
#include "app/textserve.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/setting.h"

struct work {
	struct api *api;
	struct http_exchange *x;
	const struct route_match *match;
	struct api_request r;
	struct app_actor actor;
	struct api_faults faults;
	struct store_replay replay; /* key not empty: ours to save */
	bool replayed;
};

static bool unsafe(const struct http_exchange *x)
{
	enum http_method m = http_method(x);
	return m != HTTP_GET && m != HTTP_HEAD && m != HTTP_OPTIONS;
}

/* ---- who asks ---- */

static int by_key(struct work *w, struct str header, struct error *e)
{
	struct str key = str_istarts(header, STR("Bearer ")) ? str_trim(str_from(header, 7)) : STR("");
	int r = app_text_key_resume(&w->r.call, key, &w->actor, e);
	if (r == 0)
		return error_set(e, "auth.required-login", "接口密钥无效、已过期或已删除。",
				 "The API key is wrong, has expired or was deleted.");
	return r < 0 ? -1 : 0;
}

static int by_cookie(struct work *w, struct error *e)
{
	const struct api_route *route = w->match->route;
	w->r.cookie = http_cookie(w->x, API_COOKIE);
	if (route->flags & API_PUBLIC)
		return 0;
	int r = app_session_resume(&w->r.call, w->r.cookie, &w->actor, e);
	if (r < 0)
		return -1;
	if (r == 0)
		return error_set(e, "auth.required-login", "请先登录。", "Log in first.");
	return 0;
}

/* A form on another site can send our cookie, but neither read the token nor set the
 * header. */
static int check_forgery(struct work *w, struct error *e)
{
	char want[APP_CSRF_SIZE];
	struct str given = http_header(w->x, "X-CSRF-Token");
	if (!unsafe(w->x))
		return 0;
	if (!origin_allowed(w->api, w->x))
		return error_set(e, "auth.origin-forbidden", "请求来自其他网站，已拒绝。",
				 "The request came from another site.");
	if (w->match->route->flags & (API_NO_CSRF | API_PUBLIC))
		return 0;
	app_csrf_token(w->api->app, w->r.cookie, want);
	if (given.len == strlen(want) && sodium_memcmp(given.ptr, want, given.len) == 0)
		return 0;
	return error_set(e, "auth.csrf-forbidden", "缺少或错误的 X-CSRF-Token，请刷新页面。",
			 "X-CSRF-Token is missing or wrong; reload the page.");
}

static int authenticate(struct work *w, struct error *e)
{
	struct str header = http_header(w->x, "Authorization");
	const struct api_route *route = w->match->route;
	if (route->flags & API_COMPAT) {
		struct str key = compat_key(w->x, w->r.call.arena);
		header = str_empty(key) ? STR("") : arena_printf(w->r.call.arena, "Bearer %.*s", STR_ARG(key));
	}
	if (!str_empty(header) && !(route->flags & API_PUBLIC))
		return by_key(w, header, e);
	if (by_cookie(w, e) < 0)
		return -1;
	return check_forgery(w, e);
}

static int authorise(struct work *w, struct error *e)
{
	const struct api_route *route = w->match->route;
	if (route->flags & API_PUBLIC)
		return 0;
	if ((route->flags & API_OWN) && route->need == PERM_NONE && w->actor.via == APP_VIA_KEY &&
	    unsafe(w->x))
		return error_set(e, "auth.forbidden", "接口密钥不能修改账号本身。",
				 "An API key cannot change the account itself.");
	if (app_require(&w->r.call, route->need, e) < 0)
		return -1;
	if (w->match->bad_id)
		return error_set(e, "path.not-found", "没有这个对象。", "There is no such thing.");
	return 0;
}

/* ---- asked before? ---- */

static void request_hash(struct work *w, char hex[65])
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_API_BODY_FILE + 64 * KIB);
	buf_blob(&b, http_method_text(w->x));
	buf_blob(&b, http_path(w->x));
	buf_blob(&b, http_query(w->x));
	buf_blob(&b, http_body(w->x));
	app_token_hash(w->api->app, "request", buf_view(&b), hex);
}

static int replay_answer(struct work *w, const struct store_replay *old, struct error *e)
{
	_cleanup_buf_ struct buf body = BUF_INIT(LIMIT_API_REPLAY * 2);
	if (app_unseal(w->api->app, STR("idempotency"), old->body, &body, e) < 0)
		return -1;
	w->replayed = true;
	api_reply_status(&w->r, old->status, body.len ? json_parse(buf_view(&body), e) : NULL);
	w->r.status = old->status;
	w->r.location = old->location;
	return 0;
}

static int idempotency(struct work *w, struct error *e)
{
	const struct api_route *route = w->match->route;
	struct str key = http_header(w->x, "Idempotency-Key");
	struct store_replay old;
	char hex[65];
	if (route->method != HTTP_POST || (route->flags & (API_PUBLIC | API_OWN)))
		return 0;
	if (str_empty(key) && (route->flags & API_IDEMPOTENCY_REQUIRED))
		return error_set(e, "idempotency.missing", "请带上 Idempotency-Key 头，重试时保持不变。",
				 "Send an Idempotency-Key header and keep it when you try again.");
	if (str_empty(key))
		return 0;
	if (key.len > LIMIT_API_IDEMPOTENCY_KEY)
		return error_set(e, "idempotency.missing", "Idempotency-Key 最长 %d 个字符。",
				 "Idempotency-Key has at most %d characters.", LIMIT_API_IDEMPOTENCY_KEY);
	request_hash(w, hex);
	w->replay = (struct store_replay){
		.tenant_id = w->actor.tenant_id, .account_id = w->actor.user_id, .key = key,
		.request_hash = arena_str(w->r.call.arena, str_c(hex)), .created = w->r.call.now,
	};
	int r = store_replay_claim(w->r.call.db, &w->replay, w->r.call.now - LIMIT_API_IDEMPOTENCY_MS,
				   w->r.call.arena, &old, e);
	if (r != 0) {
		if (r < 0)
			w->replay.key = STR("");
		return r < 0 ? -1 : 0;
	}
	w->replay.key = STR("");
	if (!str_eq(old.request_hash, str_c(hex)))
		return error_set(e, "idempotency.reused", "这个 Idempotency-Key 已用于另一个请求。",
				 "This Idempotency-Key was used for another request.");
	if (old.status == 0)
		return error_set(e, "idempotency.in-progress", "同一请求正在处理，请稍后重试。",
				 "The same request is being worked on; try again later.");
	return replay_answer(w, &old, e);
}

static void idempotency_finish(struct work *w, bool good)
{
	_cleanup_buf_ struct buf body = BUF_INIT(LIMIT_API_REPLAY), sealed = BUF_INIT(2 * LIMIT_API_REPLAY);
	struct error why = { 0 };
	if (str_empty(w->replay.key))
		return;
	if (w->r.reply)
		json_write(&body, w->r.reply);
	good = good && w->r.status >= 200 && w->r.status < 300 && !body.overflow && !w->r.bytes;
	if (good) {
		app_seal(w->api->app, STR("idempotency"), buf_view(&body), &sealed);
		w->replay.status = w->r.status;
		w->replay.location = w->r.location;
		w->replay.body = buf_view(&sealed);
	}
	if ((good ? store_replay_save(w->r.call.db, &w->replay, &why) :
		    store_replay_drop(w->r.call.db, &w->replay, &why)) < 0)
		log_event(LOG_WARN, "api", "idempotency.unsaved", LOG_ERR(&why), LOG_END);
}

/* ---- still the thing they saw? ---- */

static void etag_of(const json_t *v, char out[40])
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * MIB);
	unsigned char hash[16];
	json_write(&text, v);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text.ptr, text.len, NULL, 0);
	out[0] = '"';
	sodium_bin2hex(out + 1, 33, hash, sizeof(hash));
	out[33] = '"';
	out[34] = '\0';
}

static bool etag_listed(struct str header, const char *etag)
{
	struct str one;
	if (str_eq(str_trim(header), STR("*")))
		return true;
	while (str_split(&header, ',', &one)) {
		one = str_trim(one);
		if (str_starts(one, STR("W/")))
			one = str_from(one, 2);
		if (str_eq(one, str_c(etag)))
			return true;
	}
	return false;
}

static int compare_and_run(struct store_conn *db, void *arg, struct error *e)
{
	struct work *w = arg;
	const struct api_route *route = w->match->route, *getter = route_getter(route);
	char etag[40];
	check(getter);
	json_t *body = w->r.body;
	w->r.route = getter;
	w->r.body = NULL;
	int r = getter->run(&w->r, e);
	w->r.body = body;
	w->r.route = route;
	if (r < 0)
		return -1;
	etag_of(w->r.reply, etag);
	request_free_reply(&w->r);
	if (!etag_listed(http_header(w->x, "If-Match"), etag))
		return error_set(e, "etag.mismatch", "别人已修改过它，请刷新后再试。",
				 "Somebody changed it meanwhile; reload and try again.");
	return route->run(&w->r, e);
}

static int run(struct work *w, struct error *e)
{
	const struct api_route *route = w->match->route;
	bool conditional = (route->flags & API_ETAG) && route->method != HTTP_GET &&
			   !str_empty(http_header(w->x, "If-Match"));
	if (!conditional)
		return route->run(&w->r, e);
	/* In one transaction, so that nobody can come between the look and the change. */
	return store_tx(w->r.call.db, compare_and_run, w, e);
}

static int handle(struct work *w, struct error *e)
{
	if (authenticate(w, e) < 0 || authorise(w, e) < 0 ||
	    request_read(&w->r, w->x, &w->faults, e) < 0 || idempotency(w, e) < 0)
		return -1;
	if (w->replayed)
		return 0;
	int r = run(w, e);
	idempotency_finish(w, r >= 0);
	return r;
}

/* ---- the answer ---- */

static void set_cookie(struct work *w)
{
	_cleanup_buf_ struct buf b = BUF_INIT(512);
	if (str_empty(w->r.session_token) && !w->r.session_end)
		return;
	buf_printf(&b, API_COOKIE "=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld%s",
		   STR_ARG(w->r.session_token),
		   w->r.session_end ? 0 : (long long)(LIMIT_SESSION_MS / 1000),
		   w->api->https ? "; Secure" : "");
	http_reply_header(w->x, "Set-Cookie", buf_view(&b));
}

/* attachment; filename="ascii"; filename*=UTF-8''… */
static void set_disposition(struct work *w)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4 * KIB);
	struct str name = w->r.file_name;
	buf_c(&b, "attachment; filename=\"");
	for (size_t i = 0; i < name.len; i++)
		buf_char(&b, ascii_alnum(name.ptr[i]) || strchr("-_.", name.ptr[i]) ? name.ptr[i] : '_');
	buf_c(&b, "\"; filename*=UTF-8''");
	encode_percent(&b, name);
	http_reply_header(w->x, "Content-Disposition", buf_view(&b));
}

static void answer(struct work *w)
{
	struct http_exchange *x = w->x;
	_cleanup_buf_ struct buf text = BUF_INIT(64 * MIB);
	char etag[40];
	if (w->r.status == -1)
		return;
	check(w->r.status);
	set_cookie(w);
	if (!str_empty(w->r.location))
		http_reply_header(x, "Location", w->r.location);
	if (w->replayed)
		http_reply_header(x, "Idempotent-Replayed", STR("true"));
	if (w->r.bytes) {
		http_reply_header(x, "Content-Type", w->r.content_type);
		http_reply_header(x, "Cache-Control", STR("private, no-store"));
		set_disposition(w);
		http_reply(x, w->r.status, buf_view(w->r.bytes));
		return;
	}
	http_reply_header(x, "Cache-Control", STR("no-store"));
	if (!w->r.reply) {
		http_reply(x, w->r.status, STR(""));
		return;
	}
	if ((w->match->route->flags & API_ETAG) && w->r.status == 200) {
		etag_of(w->r.reply, etag);
		http_reply_header(x, "ETag", str_c(etag));
		if (!unsafe(x) && !str_empty(http_header(x, "If-None-Match")) &&
		    etag_listed(http_header(x, "If-None-Match"), etag)) {
			http_reply(x, 304, STR(""));
			return;
		}
	}
	http_reply_header(x, "Content-Type", STR("application/json; charset=utf-8"));
	json_write(&text, w->r.reply);
	http_reply(x, w->r.status, buf_view(&text));
}

static void refuse(struct work *w, const struct error *e)
{
	int status = problem_status(e);
	if (status >= 500 && status != 503)
		log_event(LOG_ERROR, "api", "request.failed",
			  LOG_C("route", w->match->route->path), LOG_ERR(e), LOG_END);
	if (w->match->route->flags & API_COMPAT) {
		char wait[16];
		snprintf(wait, sizeof(wait), "%u", w->r.call.retry_after);
		if (w->r.call.retry_after)
			http_reply_header(w->x, "Retry-After", str_c(wait));
		request_free_reply(&w->r);
		compat_refuse(&w->r, status, e);
		answer(w);
		return;
	}
	problem_reply(w->x, status, e, &w->faults, w->r.call.retry_after);
}

/* The actor before anybody is known: where the request comes from. */
static void anonymous(struct work *w)
{
	struct id id = id_new(w->r.call.now);
	_cleanup_buf_ struct buf agent = BUF_INIT(4 * KIB);
	struct arena *a = w->r.call.arena;
	buf_str(&agent, str_sub(http_header(w->x, "User-Agent"), 0, 500));
	w->actor = (struct app_actor){
		.user_id = STR(""), .user_name = STR(""), .email = STR(""), .lang = STR("zh-CN"),
		.tenant_id = STR(""), .role = ROLE_NONE, .ip = arena_str(a, http_remote(w->x)),
		.user_agent = arena_str(a, buf_view(&agent)), .request_id = arena_str(a, id_str(&id)),
	};
	w->r.call.actor = &w->actor;
	http_reply_header(w->x, "X-Request-Id", w->actor.request_id);
}

void dispatch_serve(void *arg, struct http_exchange *x)
{
	struct api *api;
	CAST_OBJ(api, arg, API_MAGIC);
	_cleanup_arena_ struct arena *arena = arena_new(LIMIT_API_ARENA);
	struct error e = { 0 };
	struct work w = { .api = api, .x = x, .match = http_data(x) };
	w.r = (struct api_request){ .route = w.match->route, .x = x, .api = api,
				    .n_params = w.match->n };
	w.r.call = (struct app_call){ .app = api->app, .arena = arena,
				      .now = clock_wall_ms(api->app->clock) };
	for (size_t i = 0; i < w.match->n; i++) {
		w.r.params[i].name = w.match->names[i];
		w.r.params[i].value = w.match->params[i];
	}
	security_headers(x, false);
	anonymous(&w);
	int r = store_acquire(api->app->store, &w.r.call.db, &e);
	if (r >= 0)
		r = handle(&w, &e);
	if (r < 0)
		refuse(&w, &e);
	else
		answer(&w);
	store_release(w.r.call.db);
	request_free_reply(&w.r);
	json_decref(w.r.body);
	json_decref(w.r.query);
}
