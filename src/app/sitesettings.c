/* Settings of a site. Stored: {"mode","rate","concurrency","excludes","skip_checks",
 * "headers":[names],"max_pages","max_depth","max_minutes","windows","incremental",
 * "user_agent","intrusive","try_logins","oob","cookie":true|false} and, sealed,
 * {"headers":{name:value},"cookie":"…"}; the second account's as "second_headers" and
 * "second_cookie". */
#include "app/sitesettings.h"

#include "app/secret.h"
#include "app/sitelogin.h"
#include "app/view.h"
#include "base/limits.h"
#include "job/schedule.h"
#include "scan/check.h"
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

/* name_of: "headers" or "second_headers". */
static int take_headers(json_t *settings, json_t *secrets, const json_t *in, const char *name_of,
			struct error *e)
{
	const json_t *v = json_object_get(in, name_of), *old = json_object_get(secrets, name_of);
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
	json_put(settings, name_of, take_ptr(names));
	json_put(secrets, name_of, take_ptr(values));
	return 0;
}

static bool one_line(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 127)
			return false;
	return true;
}

/* name: "cookie" or "second_cookie". */
static int take_cookie(json_t *settings, json_t *secrets, const json_t *in, const char *name, struct error *e)
{
	const json_t *v = json_object_get(in, name);
	struct str value = json_get_str(in, name);
	char field[48];

	if (!v || str_eq(value, STR(HIDDEN)))
		return 0;
	snprintf(field, sizeof(field), "settings.%s", name);
	if (!one_line(value))
		return error_field(e, field, "site.bad-cookie", "Cookie 不能含换行或控制字符",
				   "no line breaks or control characters in the cookie");
	if (value.len > 8192)
		return error_field(e, field, "site.bad-cookie", "Cookie 过长", "cookie too long");
	json_put(settings, name, json_boolean(value.len > 0));
	if (value.len)
		json_put(secrets, name, json_str(value));
	else
		json_object_del(secrets, name);
	return 0;
}

static int take_user_agent(json_t *settings, const json_t *in, struct error *e)
{
	struct str value = str_trim(json_get_str(in, "user_agent"));

	if (!json_object_get(in, "user_agent"))
		return 0;
	if (!one_line(value) || value.len > 300)
		return error_field(e, "settings.user_agent", "site.bad-header", "User-Agent 应为一行，最多 300 字节",
				   "the User-Agent is one line of at most 300 bytes");
	if (value.len)
		json_put(settings, "user_agent", json_str(value));
	else
		json_object_del(settings, "user_agent");
	return 0;
}

/* Names of checks, or "template:ID". */
static int take_skips(struct app_call *c, json_t *settings, const json_t *in, struct error *e)
{
	const json_t *v = json_object_get(in, "skip_checks");
	struct str *list;
	size_t n;

	if (!v)
		return 0;
	if (app_json_strings(c->arena, v, "settings.skip_checks", LIMIT_SITE_SKIPS, &list, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!scan_check_find(list[i]) && !str_starts(list[i], STR("template:")))
			return error_field(e, "settings.skip_checks", "site.unknown-check", "没有检测项“%.*s”",
					   "there is no check \"%.*s\"", STR_ARG(str_sub(list[i], 0, 80)));
	json_put(settings, "skip_checks", json_is_array(v) ? json_deep_copy(v) : json_array());
	return 0;
}

/* What may change data or lock accounts is an administrator's to allow; leaving it as it is,
 * or switching it off, is everybody's who edits the site. */
static int take_risky(struct app_call *c, json_t *settings, const json_t *in, const char *name, struct error *e)
{
	bool on = json_get_bool(in, name, false);
	char field[48];

	if (!json_object_get(in, name))
		return 0;
	snprintf(field, sizeof(field), "settings.%s", name);
	if (on && !json_get_bool(settings, name, false) && !app_may(c, PERM_SCAN_INTRUSIVE))
		return error_field(e, field, "scan.intrusive-forbidden", "只有租户管理员能开启可能改动数据或锁定账号的检测",
				   "only a tenant administrator may allow checks that change data or may lock accounts");
	json_put(settings, name, json_boolean(on));
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
	    take_number(settings, in, "concurrency", LIMIT_SITE_CONCURRENCY, e) < 0 ||
	    take_number(settings, in, "max_depth", LIMIT_SITE_DEPTH, e) < 0 ||
	    take_headers(settings, secrets, in, "headers", e) < 0 ||
	    take_headers(settings, secrets, in, "second_headers", e) < 0 ||
	    take_cookie(settings, secrets, in, "cookie", e) < 0 ||
	    take_cookie(settings, secrets, in, "second_cookie", e) < 0 ||
	    take_browser(settings, in, e) < 0 || take_user_agent(settings, in, e) < 0 ||
	    take_skips(c, settings, in, e) < 0 || take_risky(c, settings, in, "intrusive", e) < 0 ||
	    take_risky(c, settings, in, "try_logins", e) < 0 ||
	    app_sitelogin_take(settings, secrets, in, "login", &touched, e) < 0 ||
	    app_sitelogin_take(settings, secrets, in, "second_login", &touched, e) < 0)
		return -1;
	if (json_is_boolean(json_object_get(in, "oob")))
		json_put(settings, "oob", json_boolean(json_get_bool(in, "oob", true)));
	s->settings = app_json_text(c->arena, settings);
	if (touched || json_object_get(in, "headers") || json_object_get(in, "cookie") ||
	    json_object_get(in, "second_headers") || json_object_get(in, "second_cookie"))
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

static void put_headers(json_t *o, const json_t *settings, const char *name)
{
	const json_t *names = json_object_get(settings, name);
	json_t *headers = json_array();

	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *h = json_object();

		json_put(h, "name", json_deep_copy(json_array_get(names, i)));
		json_put(h, "value", json_c(HIDDEN));
		json_array_append_new(headers, h);
	}
	json_put(o, name, headers);
}

static void put_hidden(json_t *o, const json_t *settings, const char *name)
{
	json_put(o, name, json_get_bool(settings, name, false) ? json_c(HIDDEN) : json_null());
}

json_t *app_sitesettings_json(const struct store_site *s)
{
	_cleanup_json_ json_t *v = app_text_json(s->settings);
	json_t *o = json_object();

	copy(o, v, "mode", json_c("standard"));
	copy(o, v, "rate", json_null());
	copy(o, v, "excludes", json_array());
	put_headers(o, v, "headers");
	put_hidden(o, v, "cookie");
	copy(o, v, "concurrency", json_null());
	copy(o, v, "max_pages", json_null());
	copy(o, v, "max_depth", json_null());
	copy(o, v, "max_minutes", json_null());
	copy(o, v, "windows", json_array());
	copy(o, v, "incremental", json_null());
	copy(o, v, "browser", json_c("auto"));
	json_put(o, "login", app_sitelogin_json(v, "login"));
	json_put(o, "second_login", app_sitelogin_json(v, "second_login"));
	put_headers(o, v, "second_headers");
	put_hidden(o, v, "second_cookie");
	copy(o, v, "user_agent", json_null());
	copy(o, v, "skip_checks", json_array());
	copy(o, v, "intrusive", json_false());
	copy(o, v, "try_logins", json_false());
	copy(o, v, "oob", json_true());
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
	o->concurrency = (unsigned)json_get_int(settings, "concurrency", 0);
	o->max_depth = (unsigned)json_get_int(settings, "max_depth", 0);
	o->intrusive = json_get_bool(settings, "intrusive", false);
	o->try_logins = json_get_bool(settings, "try_logins", false);
}

static const struct scan_header *headers_of(struct arena *a, const json_t *secrets, const char *name,
					    size_t *ret_len)
{
	const json_t *values = json_object_get(secrets, name);
	struct scan_header *list = arena_array(a, json_object_size(values) + 1, sizeof(*list));
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)values, key, v)
		list[n++] = (struct scan_header){ arena_str(a, str_c(key)),
						  arena_str(a, str_make(json_string_value(v), json_string_length(v))) };
	*ret_len = n;
	return list;
}

int app_site_options(struct app_call *c, const struct store_site *s, struct scan_options *ret,
		     struct error *e)
{
	_cleanup_json_ json_t *settings = app_text_json(s->settings);
	_cleanup_json_ json_t *secrets = NULL;
	struct scan_options o = { .target = s->url, .insecure_tls = true };
	struct str *excludes, *skips;

	if (open_secrets(c, s, &secrets, e) < 0 ||
	    app_json_strings(c->arena, json_object_get(settings, "excludes"), "settings.excludes",
			     LIMIT_SITE_EXCLUDES, &excludes, &o.excludes_len, e) < 0 ||
	    app_json_strings(c->arena, json_object_get(settings, "skip_checks"), "settings.skip_checks",
			     LIMIT_SITE_SKIPS, &skips, &o.skip_checks_len, e) < 0)
		return -1;
	options_numbers(settings, &o);
	o.excludes = excludes;
	o.skip_checks = skips;
	o.user_agent = arena_str(c->arena, json_get_str(settings, "user_agent"));
	o.headers = headers_of(c->arena, secrets, "headers", &o.headers_len);
	o.second.headers = headers_of(c->arena, secrets, "second_headers", &o.second.headers_len);
	o.second.cookie = arena_str(c->arena, json_get_str(secrets, "second_cookie"));
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
