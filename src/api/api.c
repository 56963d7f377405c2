/* Start and stop of the web side, and the decision by a request's head: refuse, serve a
 * file of the console, or hand an API request to a job thread. Runs on event threads, so
 * it touches neither database nor disk. */
#include "api/api.h"

#include "api/api_private.h"
#include "api/assets.h"
#include "app/textserve.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

static void problem(struct http_exchange *x, int status, const char *code, const char *zh,
		    const char *en)
{
	struct error e = { 0 };
	error_set(&e, code, "%s", "%s", zh);
	snprintf(e.en, sizeof(e.en), "%s", en);
	snprintf(e.zh, sizeof(e.zh), "%s", zh);
	http_reply_reset(x);
	security_headers(x, false);
	problem_reply(x, status, &e, NULL, 0);
}

/* ---- the console ---- */

static bool accepts_gzip(const struct http_exchange *x)
{
	return str_ihas(http_header(x, "Accept-Encoding"), STR("gzip"));
}

static void asset_reply(struct http_exchange *x, const struct asset *a)
{
	struct error e = { 0 };
	security_headers(x, true);
	http_reply_header(x, "Content-Type", str_c(a->mime));
	http_reply_header(x, "ETag", str_c(a->etag));
	http_reply_header(x, "Vary", STR("Accept-Encoding"));
	http_reply_header(x, "Cache-Control", a->immutable ?
						      STR("public, max-age=31536000, immutable") :
						      STR("no-cache"));
	if (str_has(http_header(x, "If-None-Match"), str_c(a->etag))) {
		http_reply(x, 304, STR(""));
	} else if (accepts_gzip(x)) {
		http_reply_header(x, "Content-Encoding", STR("gzip"));
		http_reply_static(x, 200, str_make(a->data, a->len));
	} else {
		_cleanup_buf_ struct buf plain = BUF_INIT(64 * MIB);
		if (assets_plain(a, &plain, &e) < 0)
			problem(x, 500, "internal", "内部错误。", "Internal error.");
		else
			http_reply(x, 200, buf_view(&plain));
	}
}

static void console(struct http_exchange *x)
{
	struct str path = http_path(x);
	if (http_method(x) != HTTP_GET && http_method(x) != HTTP_HEAD) {
		http_reply_header(x, "Allow", STR("GET, HEAD"));
		struct error e = { 0 };
		error_set(&e, "method.not-allowed", "这里只能读取。", "This can only be read.");
		security_headers(x, false);
		problem_reply(x, 405, &e, NULL, 0);
		return;
	}
	const struct asset *a = assets_find(path);
	if (!a && assets_is_route(path))
		a = assets_index();
	if (a)
		asset_reply(x, a);
	else
		problem(x, 404, "path.not-found", "没有这个文件。", "There is no such file.");
}

/* ---- the API ---- */

static bool json_body(const struct http_exchange *x)
{
	struct str type = http_header(x, "Content-Type");
	ssize_t semi = str_chr(type, ';');
	type = str_trim(semi < 0 ? type : str_sub(type, 0, (size_t)semi));
	return str_ieq(type, STR("application/json")) ||
	       (str_istarts(type, STR("application/")) && str_iends(type, STR("+json")));
}

static bool has_body(const struct http_exchange *x)
{
	return http_content_length(x) > 0 || !str_empty(http_header(x, "Transfer-Encoding"));
}

static void not_allowed(struct http_exchange *x, const struct route_match *m)
{
	struct error e = { 0 };
	char allow[80];
	snprintf(allow, sizeof(allow), "%s, OPTIONS", m->allow);
	security_headers(x, false);
	http_reply_header(x, "Allow", str_c(allow));
	if (http_method(x) == HTTP_OPTIONS) {
		http_reply(x, 204, STR(""));
		return;
	}
	error_set(&e, "method.not-allowed", "这里不支持该方法，可用：%s。", "Not here; allowed: %s.", allow);
	problem_reply(x, 405, &e, NULL, 0);
}

static void api_head(struct http_exchange *x, struct str path)
{
	struct route_match *m = mem_alloc(sizeof(*m));
	http_set_data(x, m, free);
	route_find(http_method(x), path, m);
	if (!m->route && m->path_known) {
		not_allowed(x, m);
		return;
	}
	if (!m->route) {
		problem(x, 404, "path.not-found", "没有这个接口，见 /api/v1/openapi.json。",
			"There is no such endpoint; see /api/v1/openapi.json.");
		return;
	}
	struct str coding = http_header(x, "Content-Encoding");
	bool form = (m->route->flags & API_COMPAT) && compat_form(x);
	if (has_body(x) && ((!json_body(x) && !form) || (!str_empty(coding) && !str_ieq(coding, STR("identity"))))) {
		problem(x, 415, "body.media-type", "请求体应为未压缩的 application/json。",
			"The body must be application/json, not compressed.");
		return;
	}
	http_accept(x, m->route->body_max ? m->route->body_max : LIMIT_API_BODY);
}

static void on_head(void *arg, struct http_exchange *x)
{
	struct api *a;
	CAST_OBJ(a, arg, API_MAGIC);
	struct str path = http_path(x);
	if (str_empty(path)) {
		problem(x, 400, "request.malformed", "请求的路径格式不正确。", "The request target is malformed.");
		return;
	}
	if (!host_allowed(a, http_header(x, "Host"))) {
		problem(x, 421, "host.not-allowed",
			"不接受这个主机名。请用 127.0.0.1 访问，或由平台管理员把它加入“允许的主机名”。",
			"This host name is not accepted: use 127.0.0.1, or have it added to the allowed hosts.");
		return;
	}
	if (str_eq(path, STR(API_PREFIX)))
		api_head(x, STR("/"));
	else if (str_starts(path, STR(API_PREFIX "/")))
		api_head(x, str_from(path, strlen(API_PREFIX)));
	else if (str_starts(path, STR("/compat/")))
		api_head(x, compat_path(path));
	else if (str_starts(path, STR("/api/")))
		problem(x, 404, "path.not-found", "没有这个接口版本，请用 /api/v1。", "No such API version; use /api/v1.");
	else
		console(x);
}

static void on_refuse(void *arg, struct http_exchange *x, int status)
{
	switch (status) {
	case 413:
		problem(x, 413, "body.too-large", "请求体过大。", "The body is too large.");
		break;
	case 503:
		problem(x, 503, "server.busy", "服务器繁忙，请稍后重试。", "The server is busy; try again.");
		break;
	default:
		problem(x, status, "internal", "内部错误。", "Internal error.");
	}
}

static const struct http_callbacks callbacks = { .head = on_head, .quick = quick_serve,
						 .serve = dispatch_serve, .refuse = on_refuse };

/* ---- start and stop ---- */

static void api_free(struct api *a)
{
	for (size_t i = 0; i < a->n_hosts; i++)
		free(a->hosts[i]);
	free(a->hosts);
	pthread_rwlock_destroy(&a->hosts_lock);
	a->magic = 0;
	free(a);
}

static int start(struct api *a, const struct api_options *o, struct error *e)
{
	struct store_conn *db;
	if (store_acquire(a->app->store, &db, e) < 0)
		return -1;
	int r = hosts_load(a, db, e);
	store_release(db);
	if (r < 0 || app_texts_start(a->app, e) < 0)
		return -1;
	if (sse_start(a->app, &a->hub, e) < 0) {
		app_texts_stop(a->app);
		return -1;
	}
	struct http_options h = { .address = o->address, .port = o->port,
				  .jobs = o->jobs ? o->jobs : 12, .callbacks = &callbacks, .arg = a };
	if (http_server_start(&h, &a->server, e) == 0)
		return 0;
	sse_stop(a->hub);
	app_texts_stop(a->app);
	return -1;
}

int api_start(const struct api_options *o, struct api **ret, struct error *e)
{
	struct api *a = mem_alloc(sizeof(*a));
	a->magic = API_MAGIC;
	a->app = o->app;
	pthread_rwlock_init(&a->hosts_lock, NULL);
	if (start(a, o, e) < 0) {
		api_free(a);
		return -1;
	}
	*ret = a;
	return 0;
}

uint16_t api_port(const struct api *a)
{
	return http_server_port(a->server);
}

void api_stop(struct api *a, int grace_ms)
{
	if (!a)
		return;
	sse_stop(a->hub);
	http_server_stop(a->server, grace_ms);
	app_texts_stop(a->app);
	api_free(a);
}
