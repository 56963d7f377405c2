/* Settings of a site. Stored: {"mode","rate","excludes","headers":[names],
 * "max_pages","max_minutes","windows","incremental","cookie":true|false} and, sealed,
 * {"headers":{name:value},"cookie":"…"}. */
#include "app/sitesettings.h"

#include "app/secret.h"
#include "app/sitelogin.h"
#include "app/view.h"
#include "base/limits.h"
#include "job/schedule.h"
#include "store/tenant.h"

#define HIDDEN "***"

static struct str purpose(struct app_call *c, const struct store_site *s)
{
	return arena_printf(c->arena, "site:%.*s", STR_ARG(s->id));
}

/* {} when there are none. */
static int open_secrets(struct app_call *c, const struct store_site *s, json_t **ret,
			struct error *e)
{
	_cleanup_buf_ struct buf plain = BUF_INIT(LIMIT_APP_DOCUMENT);

	if (!s->secrets.len) {
		*ret = json_object();
		return 0;
	}
	if (app_unseal(c->app, purpose(c, s), s->secrets, &plain, e) < 0)
		return -1;
	*ret = json_parse(buf_view(&plain), e);
	return *ret ? 0 : -1;
}

static void seal_secrets(struct app_call *c, struct store_site *s, const json_t *secrets)
{
	_cleanup_buf_ struct buf plain = BUF_INIT(LIMIT_APP_DOCUMENT);
	_cleanup_buf_ struct buf sealed = BUF_INIT(LIMIT_APP_DOCUMENT);

	json_write(&plain, secrets);
	app_seal(c->app, purpose(c, s), buf_view(&plain), &sealed);
	s->secrets = arena_str(c->arena, buf_view(&sealed));
}

/* ---- checks ---- */

static int take_number(json_t *settings, const json_t *in, const char *name, int64_t max,
		       struct error *e)
{
	const json_t *v = json_object_get(in, name);
	char field[48];

	if (!v)
		return 0;
	if (json_is_null(v)) {
		json_object_del(settings, name);
		return 0;
	}
	snprintf(field, sizeof(field), "settings.%s", name);
	if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > max)
		return error_field(e, field, "input.range", "%s 应为 1 到 %lld 的整数",
				   "%s must be a whole number from 1 to %lld", name, (long long)max);
	json_put(settings, name, json_integer(json_integer_value(v)));
	return 0;
}

static int take_mode(json_t *settings, const json_t *in, struct error *e)
{
	enum scan_mode mode;
	struct str name = json_get_str(in, "mode");

	if (!json_object_get(in, "mode"))
		return 0;
	if (scan_mode_parse(name, &mode) < 0)
		return error_field(e, "settings.mode", "input.enum", "扫描模式只能是 quick、standard 或 deep",
				   "mode must be quick, standard or deep");
	json_put(settings, "mode", json_c(scan_mode_name(mode)));
	return 0;
}

static int take_excludes(struct app_call *c, json_t *settings, const json_t *in, struct error *e)
{
	const json_t *v = json_object_get(in, "excludes");
	struct scan_options probe = { .target = STR("http://site.test/"), .mode = SCAN_QUICK };
	struct str *list;
	size_t n;

	if (!v)
		return 0;
	if (app_json_strings(c->arena, v, "settings.excludes", LIMIT_SITE_EXCLUDES, &list, &n, e) < 0)
		return -1;
	probe.excludes = list;
	probe.excludes_len = n;
	if (scan_options_complete(&probe, e) < 0) {
		if (e)
			snprintf(e->field, sizeof(e->field), "settings.excludes");
		return -1;
	}
	json_put(settings, "excludes", json_is_array(v) ? json_deep_copy(v) : json_array());
	return 0;
}

static int take_windows(struct app_call *c, json_t *settings, const json_t *in, struct error *e)
{
	const json_t *v = json_object_get(in, "windows");
	struct job_windows parsed;

	if (!v)
		return 0;
	if (json_is_null(v)) {
		json_object_del(settings, "windows");
		return 0;
	}
	if (job_windows_parse(v, &parsed, e) < 0) {
		if (e)
			snprintf(e->field, sizeof(e->field), "settings.windows");
		return -1;
	}
	json_put(settings, "windows", json_deep_copy(v));
	return 0;
}

static bool token_char(char ch)
{
	return ascii_alnum(ch) || (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

static int header_error(struct error *e, const char *zh, const char *en)
{
	return error_field(e, "settings.headers", "site.bad-header", zh, en);
}

static int check_header(struct str name, struct str value, struct error *e)
{
	bool ok = name.len && name.len <= 128;

	for (size_t i = 0; ok && i < name.len; i++)
		ok = token_char(name.ptr[i]);
	if (!ok)
		return header_error(e, "请求头名称无效", "bad header name");
	if (str_ieq(name, STR("host")) || str_ieq(name, STR("content-length")) ||
	    str_ieq(name, STR("transfer-encoding")) || str_ieq(name, STR("connection")) ||
	    str_ieq(name, STR("cookie")))
		return header_error(e, "Host、Cookie、Connection 等请求头不能在这里设置",
				    "Host, Cookie, Connection and the like cannot be set here");
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < ' ' && value.ptr[i] != '\t')
			return header_error(e, "请求头的值不能含换行或控制字符",
					    "no line breaks or control characters in a header value");
	if (value.len > 4096)
		return header_error(e, "请求头的值过长", "header value too long");
	return 0;
}

static int take_headers(json_t *settings, json_t *secrets, const json_t *in, struct error *e)
{
	const json_t *v = json_object_get(in, "headers"), *old = json_object_get(secrets, "headers");
	_cleanup_json_ json_t *names = json_array();
	_cleanup_json_ json_t *values = json_object();

	if (!v)
		return 0;
	if (json_array_size(v) > LIMIT_SITE_HEADERS)
		return header_error(e, "请求头过多", "too many headers");
	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *h = json_array_get(v, i);
		struct str name = json_get_str(h, "name"), value = json_get_str(h, "value");
		const json_t *kept;

		if (check_header(name, value, e) < 0)
			return -1;
		kept = json_object_getn(old, name.ptr, name.len);
		if (str_eq(value, STR(HIDDEN)) && !kept)
			return header_error(e, "新的请求头需要填写值", "a new header needs a value");
		json_object_setn_new(values, name.ptr, name.len,
				     str_eq(value, STR(HIDDEN)) ? json_deep_copy(kept) :
								  json_str(value));
		json_array_append_new(names, json_str(name));
	}
	json_put(settings, "headers", take_ptr(names));
	json_put(secrets, "headers", take_ptr(values));
	return 0;
}

static int take_cookie(json_t *settings, json_t *secrets, const json_t *in, struct error *e)
{
	const json_t *v = json_object_get(in, "cookie");
	struct str value = json_get_str(in, "cookie");

	if (!v || str_eq(value, STR(HIDDEN)))
		return 0;
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < ' ')
			return error_field(e, "settings.cookie", "site.bad-cookie",
					   "Cookie 不能含换行或控制字符",
					   "no line breaks or control characters in the cookie");
	if (value.len > 8192)
		return error_field(e, "settings.cookie", "site.bad-cookie", "Cookie 过长",
				   "cookie too long");
	json_put(settings, "cookie", json_boolean(value.len > 0));
	if (value.len)
		json_put(secrets, "cookie", json_str(value));
	else
		json_object_del(secrets, "cookie");
	return 0;
}

static int take_browser(json_t *settings, const json_t *in, struct error *e)
{
	struct str v = json_get_str(in, "browser");

	if (!json_object_get(in, "browser"))
		return 0;
	if (!str_eq(v, STR("auto")) && !str_eq(v, STR("on")) && !str_eq(v, STR("off")))
		return error_field(e, "settings.browser", "input.enum", "浏览器爬取只能是 auto、on 或 off",
				   "browser must be auto, on or off");
	json_put(settings, "browser", json_str(v));
	return 0;
}

int app_sitesettings_take(struct app_call *c, const json_t *in, struct store_site *s,
			  struct error *e)
{
	_cleanup_json_ json_t *settings = NULL;
	_cleanup_json_ json_t *secrets = NULL;
	bool touched = false;

	if (!in || json_is_null(in))
		return 0;
	settings = s->settings.len ? json_parse(s->settings, e) : json_object();
	if (!settings || open_secrets(c, s, &secrets, e) < 0)
		return -1;
	if (take_mode(settings, in, e) < 0 ||
	    take_number(settings, in, "rate", LIMIT_SITE_RATE, e) < 0 ||
	    take_number(settings, in, "max_pages", LIMIT_SITE_PAGES, e) < 0 ||
	    take_number(settings, in, "max_minutes", LIMIT_SITE_MINUTES, e) < 0 ||
	    take_number(settings, in, "incremental", LIMIT_SITE_INCREMENTAL, e) < 0 ||
	    take_excludes(c, settings, in, e) < 0 || take_windows(c, settings, in, e) < 0 ||
	    take_headers(settings, secrets, in, e) < 0 || take_cookie(settings, secrets, in, e) < 0 ||
	    take_browser(settings, in, e) < 0 ||
	    app_sitelogin_take(settings, secrets, in, "login", &touched, e) < 0 ||
	    app_sitelogin_take(settings, secrets, in, "second_login", &touched, e) < 0)
		return -1;
	s->settings = app_json_text(c->arena, settings);
	if (touched || json_object_get(in, "headers") || json_object_get(in, "cookie"))
		seal_secrets(c, s, secrets);
	return 0;
}

/* ---- shown and used ---- */

static void copy(json_t *to, const json_t *from, const char *name, json_t *fallback)
{
	const json_t *v = json_object_get(from, name);

	if (v) {
		json_put(to, name, json_deep_copy(v));
		json_decref(fallback);
	} else {
		json_put(to, name, fallback);
	}
}

json_t *app_sitesettings_json(const struct store_site *s)
{
	_cleanup_json_ json_t *v = app_text_json(s->settings);
	const json_t *names = json_object_get(v, "headers");
	json_t *o = json_object(), *headers = json_array();

	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *h = json_object();

		json_put(h, "name", json_deep_copy(json_array_get(names, i)));
		json_put(h, "value", json_c(HIDDEN));
		json_array_append_new(headers, h);
	}
	copy(o, v, "mode", json_c("standard"));
	copy(o, v, "rate", json_null());
	copy(o, v, "excludes", json_array());
	json_put(o, "headers", headers);
	json_put(o, "cookie", json_get_bool(v, "cookie", false) ? json_c(HIDDEN) : json_null());
	copy(o, v, "max_pages", json_null());
	copy(o, v, "max_minutes", json_null());
	copy(o, v, "windows", json_array());
	copy(o, v, "incremental", json_null());
	copy(o, v, "browser", json_c("auto"));
	json_put(o, "login", app_sitelogin_json(v, "login"));
	json_put(o, "second_login", app_sitelogin_json(v, "second_login"));
	return o;
}

json_t *app_sitesettings_changed(const json_t *in)
{
	json_t *list = json_array();
	const char *key, *inner;
	json_t *v, *w;

	json_object_foreach((json_t *)(uintptr_t)in, key, v) {
		if (strcmp(key, "settings") != 0)
			json_array_append_new(list, json_c(key));
		else
			json_object_foreach(v, inner, w) {
				char name[80];

				snprintf(name, sizeof(name), "settings.%s", inner);
				json_array_append_new(list, json_c(name));
			}
	}
	return list;
}

static void options_numbers(const json_t *settings, struct scan_options *o)
{
	struct str mode = json_get_str(settings, "mode");

	o->mode = SCAN_STANDARD;
	scan_mode_parse(mode, &o->mode);
	o->rate = (unsigned)json_get_int(settings, "rate", 0);
	o->max_pages = (unsigned)json_get_int(settings, "max_pages", 0);
	o->max_seconds = (unsigned)json_get_int(settings, "max_minutes", 0) * 60;
}

int app_site_options(struct app_call *c, const struct store_site *s, struct scan_options *ret,
		     struct error *e)
{
	_cleanup_json_ json_t *settings = app_text_json(s->settings);
	_cleanup_json_ json_t *secrets = NULL;
	struct scan_options o = { .target = s->url, .insecure_tls = true };
	struct scan_header *headers;
	struct str *excludes;
	const json_t *values;
	const char *key;
	json_t *v;

	if (open_secrets(c, s, &secrets, e) < 0 ||
	    app_json_strings(c->arena, json_object_get(settings, "excludes"), "settings.excludes",
			     LIMIT_SITE_EXCLUDES, &excludes, &o.excludes_len, e) < 0)
		return -1;
	options_numbers(settings, &o);
	o.excludes = excludes;
	values = json_object_get(secrets, "headers");
	headers = arena_array(c->arena, json_object_size(values) + 1, sizeof(*headers));
	json_object_foreach((json_t *)(uintptr_t)values, key, v) {
		headers[o.headers_len].name = arena_str(c->arena, str_c(key));
		headers[o.headers_len++].value =
			arena_str(c->arena, str_make(json_string_value(v), json_string_length(v)));
	}
	o.headers = headers;
	o.cookie = arena_str(c->arena, json_get_str(secrets, "cookie"));
	o.login = app_sitelogin_options(c->arena, settings, secrets, "login");
	o.second.login = app_sitelogin_options(c->arena, settings, secrets, "second_login");
	struct str browser = json_get_str(settings, "browser");

	o.browser = str_eq(browser, STR("on"))	  ? SCAN_BROWSER_ON
		    : str_eq(browser, STR("off")) ? SCAN_BROWSER_OFF
						  : SCAN_BROWSER_AUTO;
	*ret = o;
	return 0;
}

struct str app_site_windows(struct app_call *c, const struct store_site *s)
{
	_cleanup_json_ json_t *settings = app_text_json(s->settings);
	_cleanup_json_ json_t *o = NULL;
	const json_t *windows = json_object_get(settings, "windows");
	struct store_tenant tenant;

	if (!json_array_size(windows))
		return STR_NULL;
	o = json_object();
	if (store_tenant_get(c->db, s->tenant, c->arena, &tenant, NULL) > 0 && tenant.timezone.len)
		json_put(o, "timezone", json_str(tenant.timezone));
	json_put(o, "windows", json_deep_copy(windows));
	return app_json_text(c->arena, o);
}
