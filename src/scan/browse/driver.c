/* The browser's life: started with the first job, checked before each, started anew when it
 * died, hangs or has grown old. Every wait ends when nothing moves any more, and by a
 * deadline in any case. */
#include <unistd.h>

#include "base/encode.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/cookie.h"
#include "net/policy.h"
#include "net/relay.h"
#include "scan/browse/browse_private.h"

#define BROWSE_JOB_MS 90000  /* one job, whatever happens */
#define BROWSE_ANSWER_MS 12000 /* a question to the page's scripts */
#define BROWSE_LOAD_MS 15000 /* a document */
#define BROWSE_OLD 60	     /* visits after which the browser starts anew: its memory */

static int add_scope(struct driver *d, struct str url, struct error *e)
{
	struct url u;
	if (url_parse(d->arena, url, NULL, 0, &u, e) < 0)
		return -1;
	*vec_push(&d->scope) = u;
	return 0;
}

int driver_new(const struct scan_options *o, const struct net_policy *policy, struct driver **ret, struct error *e)
{
	struct driver *d = mem_alloc(sizeof(*d));
	d->o = o;
	d->policy = policy;
	d->arena = arena_new(4 * MIB);
	d->in_flight = map_new();
	buf_init(&d->png, 8 * MIB);
	int r = add_scope(d, o->target, e);
	for (size_t i = 0; i < o->origins_len && r == 0; i++)
		r = add_scope(d, o->origins[i], e);
	for (size_t i = 0; i < o->excludes_len && r == 0; i++) {
		int code;
		size_t at;
		pcre2_code *c = pcre2_compile((PCRE2_SPTR)o->excludes[i].ptr, o->excludes[i].len,
					      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
		if (c)
			*vec_push(&d->excludes) = c;
	}
	unsigned char bytes[9];
	struct buf key;
	random_bytes(bytes, sizeof(bytes));
	buf_init(&key, sizeof(d->key));
	encode_hex(&key, str_make((const char *)bytes, sizeof(bytes)));
	snprintf(d->key, sizeof(d->key), "zw%.*s", (int)key.len, key.ptr);
	buf_free(&key);
	if (r < 0) {
		driver_free(d);
		return -1;
	}
	*ret = d;
	return 0;
}

void driver_end_browser(struct driver *d)
{
	requests_clear(d);
	net_browser_close(take_ptr(d->b));
	net_relay_stop(take_ptr(d->relay));
	free(take_ptr(d->main_frame));
	free(take_ptr(d->cookie));
	free(take_ptr(d->script));
	map_free(d->in_flight);
	d->in_flight = map_new();
	d->crashed = false;
	d->visits = 0;
	d->taint[0] = 0;
}

void driver_free(struct driver *d)
{
	if (!d)
		return;
	driver_end_browser(d);
	for (size_t i = 0; i < d->excludes.len; i++)
		pcre2_code_free(d->excludes.ptr[i]);
	vec_free(&d->excludes);
	vec_free(&d->scope);
	vec_free(&d->held);
	map_free(d->in_flight);
	buf_free(&d->png);
	free(d->mime);
	free(d->storage);
	arena_free(d->arena);
	free(d);
}

/* ---- start ---- */

static int prepare_page(struct driver *d, struct error *e)
{
	static const char *const on[] = { "Page.enable", "Runtime.enable", "Network.enable" };
	_cleanup_json_ json_t *tree = NULL;
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		if (net_browser_call(d->b, on[i], NULL, NULL, e) < 0)
			return -1;
	if (net_browser_call(d->b, "Page.getFrameTree", NULL, &tree, e) < 0)
		return -1;
	d->main_frame = str_dup(json_get_str(json_object_get(json_object_get(tree, "frameTree"), "frame"), "id"));
	json_t *ua = json_object();
	json_put(ua, "userAgent", json_str(d->o->user_agent));
	json_put(ua, "acceptLanguage", json_c("zh-CN,zh;q=0.9,en;q=0.8"));
	net_browser_post(d->b, false, "Network.setUserAgentOverride", ua);
	net_browser_post(d->b, false, "Network.setBypassServiceWorker", json_pack("{s:b}", "bypass", 1));
	net_browser_post(d->b, false, "Security.setIgnoreCertificateErrors", json_pack("{s:b}", "ignore", 1));
	net_browser_post(d->b, false, "Emulation.setDeviceMetricsOverride",
			 json_pack("{s:i,s:i,s:f,s:b}", "width", 1280, "height", 900, "deviceScaleFactor", 1.0, "mobile", 0));
	net_browser_post(d->b, true, "Browser.setDownloadBehavior", json_pack("{s:s}", "behavior", "deny"));
	net_browser_post(d->b, true, "Target.setDiscoverTargets", json_pack("{s:b}", "discover", 1));
	return net_browser_call(d->b, "Fetch.enable", json_pack("{s:[{s:s}]}", "patterns", "urlPattern", "*"), NULL, e);
}

/* A newer log-in's storage; true when there is one. */
static bool take_storage(struct driver *d)
{
	bool newer = false;
	if (!d->shared)
		return false;
	pthread_mutex_lock(&d->shared->lock);
	if (d->storage_version != d->shared->version) {
		newer = true;
		d->storage_version = d->shared->version;
		free(d->storage);
		d->storage = str_dup(str_c(d->shared->storage));
	}
	pthread_mutex_unlock(&d->shared->lock);
	return newer;
}

/* A service worker would send on its own, past what is intercepted here (log-outs, excluded
 * addresses), and outlive its page. Sockets of pages are not intercepted either: their one way out
 * is the relay, which carries to the scanned host and port only. */
static const char no_service_workers[] =
	"try{if(navigator.serviceWorker)Object.defineProperty(ServiceWorkerContainer.prototype,'register',{value:function(){"
	"return Promise.reject(new DOMException('not here','SecurityError'))}})}catch(e){}\n";

/* Our script for every new document, with or without the look at dangerous places. */
int driver_install(struct driver *d, const char *taint, struct str name, struct error *e)
{
	_cleanup_json_ json_t *answer = NULL;
	bool same = !take_storage(d);
	if (d->script) {
		if (same && strcmp(d->taint, taint) == 0 && !name.len && !d->named)
			return 0;
		json_t *p = json_object();
		json_put(p, "identifier", json_c(d->script));
		net_browser_post(d->b, false, "Page.removeScriptToEvaluateOnNewDocument", p);
		free(take_ptr(d->script));
	}
	struct buf b;
	buf_init(&b, 512 * KIB);
	buf_c(&b, no_service_workers);
	buf_c(&b, browse_page_js);
	_cleanup_json_ json_t *window_name = json_str(name);
	buf_printf(&b, "(\"%s\", \"%s\", ", d->key, taint);
	json_write(&b, window_name);
	buf_printf(&b, ", %s);", d->storage ? d->storage : "null");
	d->named = name.len > 0;
	json_t *p = json_object();
	json_put(p, "source", json_str(buf_view(&b)));
	buf_free(&b);
	if (net_browser_call(d->b, "Page.addScriptToEvaluateOnNewDocument", p, &answer, e) < 0)
		return -1;
	d->script = str_dup(json_get_str(answer, "identifier"));
	snprintf(d->taint, sizeof(d->taint), "%s", taint);
	return 0;
}

static int start_browser(struct driver *d, struct error *e)
{
	char proxy[64];
	if (net_relay_start(d->policy, &d->relay, e) < 0)
		return -1;
	snprintf(proxy, sizeof(proxy), "socks5://127.0.0.1:%u", net_relay_port(d->relay));
	struct net_browser_options o = { .allow_script = true, .proxy = proxy, .one_process = true,
					 .timeout_ms = BROWSE_JOB_MS };
	if (net_browser_open(&o, &d->b, e) < 0)
		return -1;
	net_browser_on_event(d->b, requests_event, d);
	return prepare_page(d, e);
}

int driver_ready(struct driver *d, const char *taint, struct error *e)
{
	if (d->b && (d->crashed || d->visits >= BROWSE_OLD))
		driver_end_browser(d);
	if (!d->b && start_browser(d, e) < 0) {
		driver_end_browser(d);
		return -1;
	}
	d->visits++;
	d->until_ms = driver_now_ms() + BROWSE_JOB_MS;
	net_browser_deadline(d->b, BROWSE_JOB_MS);
	return driver_install(d, taint, STR(""), e);
}

/* ---- in the page ---- */

int driver_eval(struct driver *d, struct str expression, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *p = json_object();
	json_put(p, "expression", json_str(expression));
	json_put(p, "returnByValue", json_true());
	json_put(p, "userGesture", json_true());
	/* a page that does not answer this has hung: its tab is ended, not waited for */
	net_browser_deadline(d->b, BROWSE_ANSWER_MS);
	if (net_browser_call(d->b, "Runtime.evaluate", p, &answer, e) < 0)
		return -1;
	int64_t left = d->until_ms - driver_now_ms();
	net_browser_deadline(d->b, left > 1 ? left : 1);
	json_t *value = json_object_get(json_object_get(answer, "result"), "value");
	if (ret)
		*ret = value ? json_incref(value) : json_null();
	return 0;
}

int driver_do_in_page(struct driver *d, const char *name, json_t *args, json_t **ret, struct error *e)
{
	struct buf b;
	buf_init(&b, 1 * MIB);
	buf_printf(&b, "window.%s?window.%s.%s.apply(null,", d->key, d->key, name);
	if (args)
		json_write(&b, args);
	else
		buf_c(&b, "[]");
	buf_c(&b, "):null");
	json_decref(args);
	int r = driver_eval(d, buf_view(&b), ret, e);
	buf_free(&b);
	return r;
}

int driver_settle(struct driver *d, int64_t quiet_ms, int64_t cap_ms, struct error *e)
{
	int64_t until = driver_now_ms() + cap_ms;
	for (;;) {
		_cleanup_json_ json_t *q = NULL;
		if (d->cancel && atomic_load(d->cancel))
			return error_set(e, "net.browser-cancelled", "扫描已停止", "the scan was stopped");
		if (net_browser_run(d->b, 20, NULL, e) < 0)
			return -1;
		requests_release(d);
		int64_t now = driver_now_ms();
		if (now >= until || d->crashed)
			return d->crashed ? error_set(e, "browse.crashed", "页面使浏览器崩溃", "the page crashed the browser") : 0;
		if (map_len(d->in_flight) || d->held.len || now - d->net_ms < quiet_ms)
			continue;
		if (driver_do_in_page(d, "quiet", NULL, &q, e) < 0)
			return -1;
		double still = json_number_value(json_object_get(q, "ms"));
		if (!json_is_object(q) || (still >= (double)quiet_ms && json_get_int(q, "soon", 0) <= 0))
			return 0;
	}
}

int driver_navigate(struct driver *d, struct str url, struct str referrer, struct error *e)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *p = json_object();
	json_put(p, "url", json_str(url));
	if (referrer.len)
		json_put(p, "referrer", json_str(referrer));
	map_free(d->in_flight);
	d->in_flight = map_new();
	d->loaded = false;
	d->navigating = true;
	d->going[0] = 0;
	d->status = 0;
	d->net_ms = driver_now_ms();
	int r = net_browser_call(d->b, "Page.navigate", p, &answer, e);
	d->navigating = false;
	struct str why = json_get_str(answer, "errorText");
	if (r < 0 || (why.len && !str_eq(why, STR("net::ERR_ABORTED"))))
		return r < 0 ? -1
			     : error_set(e, "browse.load", "浏览器打不开页面：%.*s", "the browser cannot open the page: %.*s",
					 STR_ARG(why));
	if (!json_get_str(answer, "loaderId").len)
		return 0; /* only the part behind "#" is new */
	int64_t until = driver_now_ms() + BROWSE_LOAD_MS;
	while (!d->loaded && driver_now_ms() < until) {
		if (net_browser_run(d->b, 50, &d->loaded, e) < 0)
			return -1;
		requests_release(d);
	}
	return 0;
}

int driver_set_cookies(struct driver *d, struct str url, struct str cookie, struct error *e)
{
	struct str part, rest = cookie;
	if (d->cookie && str_eq(str_c(d->cookie), cookie))
		return 0;
	json_t *list = json_array();
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		if (eq <= 0)
			continue;
		json_t *c = json_object();
		json_put(c, "name", json_str(str_sub(part, 0, (size_t)eq)));
		json_put(c, "value", json_str(str_from(part, (size_t)eq + 1)));
		json_put(c, "url", json_str(url));
		json_array_append_new(list, c);
	}
	bool any = json_array_size(list) > 0;
	json_t *p = json_object();
	json_put(p, "cookies", list);
	free(d->cookie);
	d->cookie = str_dup(cookie);
	if (!any) {
		json_decref(p);
		return 0;
	}
	return net_browser_call(d->b, "Network.setCookies", p, NULL, e);
}

json_t *driver_cookies(struct driver *d, struct str url)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *p = json_object(), *urls = json_array();
	json_array_append_new(urls, json_str(url));
	for (size_t i = 0; i < d->scope.len; i++)
		json_array_append_new(urls, json_str(url_text(d->job_arena, &d->scope.ptr[i], URL_NO_FRAGMENT)));
	json_put(p, "urls", urls);
	if (net_browser_call(d->b, "Network.getCookies", p, &answer, NULL) < 0)
		return json_array();
	json_t *list = json_object_get(answer, "cookies");
	return list ? json_incref(list) : json_array();
}

void driver_note(struct driver *d, json_t *list, struct str value, size_t max)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		if (str_eq(str_make(json_string_value(v), json_string_length(v)), value))
			return;
	}
	if (json_array_size(list) < max)
		json_array_append_new(list, json_str(value));
}

void driver_collect_routes(struct driver *d)
{
	_cleanup_json_ json_t *list = NULL;
	struct buf b;
	buf_init(&b, 1 * KIB);
	buf_printf(&b, "window.%s?window.%s.routes:[]", d->key, d->key);
	if (driver_eval(d, buf_view(&b), &list, NULL) == 0)
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *v = json_array_get(list, i);
			struct str url = str_make(json_string_value(v), json_string_length(v));
			if (url.len < 4000 && requests_in_scope(d, url))
				driver_note(d, d->routes, url, 300);
		}
	buf_free(&b);
}

static void take_shot(struct driver *d, double scale)
{
	_cleanup_json_ json_t *answer = NULL;
	struct buf raw;
	buf_clear(&d->png);
	if (net_browser_call(d->b, "Page.captureScreenshot",
			     json_pack("{s:s,s:{s:i,s:i,s:i,s:i,s:f}}", "format", "png", "clip", "x", 0, "y", 0, "width", 1280,
				       "height", 900, "scale", scale),
			     &answer, NULL) < 0)
		return;
	buf_init(&raw, 8 * MIB);
	if (decode_base64(&raw, json_get_str(answer, "data")) < 0 ||
	    shot_reencode(buf_view(&raw), 4 * 1000 * 1000, &d->png, &d->png_width, &d->png_height) < 0)
		buf_clear(&d->png);
	buf_free(&raw);
}

/* As large as fits; pages of photographs become small. */
void driver_shot(struct driver *d)
{
	static const double scales[] = { 0.625, 0.375, 0.25 };
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		take_shot(d, scales[i]);
		if (d->png.len <= LIMIT_SHOT)
			return;
	}
	buf_clear(&d->png);
}

/* ---- a job ---- */

static void answer_error(json_t *answer, const struct error *e)
{
	json_t *o = json_object();
	json_put(o, "code", json_c(e->code));
	json_put(o, "zh", json_c(e->zh));
	json_put(o, "en", json_c(e->en));
	json_put(answer, "error", o);
}

static int run_job(struct driver *d, json_t *answer, struct error *e)
{
	struct str kind = json_get_str(d->job, "kind"), url = json_get_str(d->job, "url");
	if (!requests_in_scope(d, url))
		return error_set(e, "browse.out-of-scope", "地址不在扫描范围内", "the address is out of scope");
	if (str_eq(kind, STR("visit")))
		return visit_job(d, answer, e);
	if (str_eq(kind, STR("xss")))
		return xss_job(d, answer, e);
	if (str_eq(kind, STR("login")))
		return login_job(d, answer, e);
	return error_set(e, "browse.bad-job", "未知的浏览器任务", "unknown browser job");
}

json_t *driver_do(struct driver *d, const json_t *job)
{
	struct error e = { 0 };
	json_t *answer = json_object();
	d->job = job;
	d->job_arena = arena_new(16 * MIB);
	d->requests = json_array();
	d->routes = json_array();
	d->html = json_array();
	d->headers = json_array();
	d->seen = map_new();
	d->stay = d->may_send = false;
	buf_clear(&d->png);
	struct str kind = json_get_str(job, "kind");
	json_put(answer, "picture", json_c(str_eq(kind, STR("visit")) ? "page" : str_eq(kind, STR("xss")) ? "proof" : "login"));
	int r = run_job(d, answer, &e);
	json_put(answer, "ok", json_boolean(r == 0));
	if (r < 0)
		answer_error(answer, &e);
	json_put(answer, "requests", d->requests);
	json_put(answer, "routes", d->routes);
	json_put(answer, "html", d->html);
	json_put(answer, "headers", d->headers);
	json_put(answer, "shot", json_boolean(d->png.len > 0));
	map_free(d->seen);
	arena_free(d->job_arena);
	d->job = NULL;
	if (r < 0 && (str_starts(str_c(e.code), STR("net.browser")) || d->crashed))
		driver_end_browser(d); /* whatever state it is in */
	return answer;
}
