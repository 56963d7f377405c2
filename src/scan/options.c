/* Scan options: what each mode gives, what is accepted, and their JSON form. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/scan.h"

static const struct mode {
	enum scan_mode mode;
	const char *name, *zh;
	unsigned rate, concurrency, max_pages, max_depth, max_seconds;
	uint64_t max_requests, max_bytes;
} modes[] = {
	{ SCAN_QUICK, "quick", "快速", 30, 8, 200, 4, 600, 5000, 512 * MIB },
	{ SCAN_STANDARD, "standard", "标准", 50, 12, 3000, 10, 4 * 3600, 200000, 8192 * MIB },
	{ SCAN_DEEP, "deep", "深度", 50, 12, 50000, 30, 24 * 3600, 5000000, 131072 * MIB },
};

static const struct mode *mode_of(enum scan_mode m)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].mode == m)
			return &modes[i];
	return NULL;
}

const char *scan_mode_name(enum scan_mode m)
{
	const struct mode *d = mode_of(m);
	return d ? d->name : "";
}

const char *scan_mode_zh(enum scan_mode m)
{
	const struct mode *d = mode_of(m);
	return d ? d->zh : "";
}

int scan_mode_parse(struct str name, enum scan_mode *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (str_eq(name, str_c(modes[i].name))) {
			*ret = modes[i].mode;
			return 0;
		}
	return -1;
}

const char *scan_rule_version(void)
{
	return "2026.11.22";
}

static int check_exclude(struct str re, struct error *e)
{
	int code;
	size_t at;
	char text[120];
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)re.ptr, re.len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
	if (c) {
		pcre2_code_free(c);
		return 0;
	}
	pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
	return error_field(e, "exclude", "scan.bad-exclude", "排除规则“%.*s”的第 %zu 个字节处有误：%s。",
			   "Exclude pattern \"%.*s\" is wrong at byte %zu: %s.", STR_ARG(re), at, text);
}

/* The machine itself can take what it gives. */
static bool is_loopback(struct str host)
{
	return str_eq(host, STR("localhost")) || str_eq(host, STR("::1")) || str_starts(host, STR("127."));
}

static int check_header(const struct scan_header *h, struct error *e)
{
	bool ok = h->name.len > 0 && h->name.len < 200 && h->value.len < 8192;
	for (size_t i = 0; ok && i < h->name.len; i++)
		ok = (unsigned char)h->name.ptr[i] > ' ' && h->name.ptr[i] != ':' && (unsigned char)h->name.ptr[i] < 127;
	for (size_t i = 0; ok && i < h->value.len; i++)
		ok = h->value.ptr[i] != '\r' && h->value.ptr[i] != '\n' && h->value.ptr[i] != 0;
	if (ok)
		return 0;
	return error_field(e, "header", "scan.bad-header", "请求头“%.*s”无效，应写成“名称: 值”。",
			   "Header \"%.*s\" is not of the form \"Name: value\".", STR_ARG(h->name));
}

static int check_headers(const struct scan_header *list, size_t n, struct str cookies, struct error *e)
{
	struct scan_header cookie = { STR("Cookie"), cookies };
	for (size_t i = 0; i < n; i++)
		if (check_header(&list[i], e) < 0)
			return -1;
	return check_header(&cookie, e);
}

#define FALL_BACK(field)                                                       \
	do {                                                                   \
		if (!o->field)                                                 \
			o->field = d->field;                                   \
	} while (0)

int scan_options_complete(struct scan_options *o, struct error *e)
{
	const struct mode *d = mode_of(o->mode ? o->mode : SCAN_STANDARD);
	if (!d)
		return error_field(e, "mode", "scan.bad-mode", "扫描模式只有快速、标准、深度。",
				   "The mode is quick, standard or deep.");
	o->mode = d->mode;
	struct arena *a = arena_new(1 * MIB);
	struct url u;
	bool ok = o->target.len < 4096 && url_parse(a, o->target, NULL, 0, &u, e) == 0;
	bool loopback = ok && is_loopback(u.host);
	arena_free(a);
	if (!ok)
		return error_field(e, "target", "scan.bad-target", "目标“%.*s”不是 http 或 https 网址。",
				   "Target \"%.*s\" is not an http or https URL.", STR_ARG(str_sub(o->target, 0, 100)));
	if (loopback && !o->rate)
		o->rate = 10000;
	if (loopback && !o->concurrency)
		o->concurrency = 24;
	FALL_BACK(rate);
	FALL_BACK(concurrency);
	FALL_BACK(max_pages);
	FALL_BACK(max_depth);
	FALL_BACK(max_seconds);
	FALL_BACK(max_requests);
	if (o->max_requests == d->max_requests && o->max_requests < 4ull * o->max_pages)
		o->max_requests = 4ull * o->max_pages; /* who asks for more pages means it */
	FALL_BACK(max_bytes);
	if (str_empty(o->user_agent))
		o->user_agent = STR("Mozilla/5.0 (compatible; Zhanwei/0.1; security scan)");
	if (check_headers(o->headers, o->headers_len, o->cookie, e) < 0 ||
	    check_headers(o->second.headers, o->second.headers_len, o->second.cookie, e) < 0)
		return -1;
	for (size_t i = 0; i < o->excludes_len; i++)
		if (check_exclude(o->excludes[i], e) < 0)
			return -1;
	return 0;
}

bool scan_options_browser(const struct scan_options *o)
{
	for (size_t i = 0; i < o->retest_len; i++)
		if (str_eq(o->retest[i].check, STR("xss-dom")))
			return o->browser != SCAN_BROWSER_OFF;
	if (o->retest_len)
		return false;
	return o->browser == SCAN_BROWSER_ON || (o->browser == SCAN_BROWSER_AUTO && o->mode == SCAN_DEEP);
}

static void put_list(json_t *obj, const char *key, const struct str *list, size_t n)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_str(list[i]));
	json_put(obj, key, a);
}

static void put_headers(json_t *obj, const struct scan_header *list, size_t n)
{
	json_t *headers = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *h = json_object();
		json_put(h, "name", json_str(list[i].name));
		json_put(h, "value", json_str(list[i].value));
		json_array_append_new(headers, h);
	}
	json_put(obj, "headers", headers);
}

static void put_login(json_t *obj, const struct scan_login *l)
{
	json_t *j = json_object();
	if (l->kind == SCAN_LOGIN_NONE) {
		json_decref(j);
		return;
	}
	json_put(j, "kind", json_c(l->kind == SCAN_LOGIN_FORM ? "form" : "script"));
	json_put(j, "url", json_str(l->url));
	json_put(j, "user", json_str(l->user));
	json_put(j, "password", json_str(l->password));
	json_put(j, "script", json_str(l->script));
	json_put(j, "check_url", json_str(l->check_url));
	json_put(j, "check_text", json_str(l->check_text));
	json_put(obj, "login", j);
}

static void put_second(json_t *obj, const struct scan_user *u)
{
	if (!scan_user_set(u))
		return;
	json_t *j = json_object();
	put_headers(j, u->headers, u->headers_len);
	json_put(j, "cookie", json_str(u->cookie));
	put_login(j, &u->login);
	json_put(obj, "second", j);
}

void scan_options_encode(const struct scan_options *o, struct buf *out)
{
	_cleanup_json_ json_t *j = json_object();
	json_put(j, "target", json_str(o->target));
	json_put(j, "mode", json_c(scan_mode_name(o->mode)));
	json_put(j, "rate", json_integer(o->rate));
	json_put(j, "concurrency", json_integer(o->concurrency));
	json_put(j, "max_pages", json_integer(o->max_pages));
	json_put(j, "max_depth", json_integer(o->max_depth));
	json_put(j, "max_seconds", json_integer(o->max_seconds));
	json_put(j, "max_requests", json_integer((json_int_t)o->max_requests));
	json_put(j, "max_bytes", json_integer((json_int_t)o->max_bytes));
	put_headers(j, o->headers, o->headers_len);
	json_put(j, "cookie", json_str(o->cookie));
	put_list(j, "excludes", o->excludes, o->excludes_len);
	put_list(j, "origins", o->origins, o->origins_len);
	put_list(j, "seeds", o->seeds, o->seeds_len);
	put_list(j, "only_checks", o->only_checks, o->only_checks_len);
	put_list(j, "skip_checks", o->skip_checks, o->skip_checks_len);
	json_t *retest = json_array();
	for (size_t i = 0; i < o->retest_len; i++) {
		json_t *t = json_object();
		json_put(t, "check", json_str(o->retest[i].check));
		json_put(t, "fingerprint", json_str(o->retest[i].fingerprint));
		json_put(t, "method", json_str(o->retest[i].method));
		json_put(t, "url", json_str(o->retest[i].url));
		json_put(t, "parameter", json_str(o->retest[i].parameter));
		json_put(t, "proof", json_str(o->retest[i].proof));
		json_array_append_new(retest, t);
	}
	json_put(j, "retest", retest);
	put_login(j, &o->login);
	put_second(j, &o->second);
	json_put(j, "js_libraries", json_str(o->js_libraries));
	put_list(j, "apis", o->apis, o->apis_len);
	json_put(j, "try_logins", json_boolean(o->try_logins));
	json_put(j, "browser", json_c(o->browser == SCAN_BROWSER_ON ? "on" : o->browser == SCAN_BROWSER_OFF ? "off" : "auto"));
	json_put(j, "intrusive", json_boolean(o->intrusive));
	json_put(j, "insecure_tls", json_boolean(o->insecure_tls));
	json_put(j, "no_builtin_templates", json_boolean(o->no_builtin_templates));
	json_put(j, "templates_only", json_boolean(o->templates_only));
	json_put(j, "login_only", json_integer(o->login_only));
	json_put(j, "template_unverified", json_boolean(o->template_unverified));
	json_put(j, "user_agent", json_str(o->user_agent));
	json_write(out, j);
}

static struct str take(struct arena *a, const json_t *obj, const char *key)
{
	return arena_str(a, json_get_str(obj, key));
}

static const struct str *get_list(const json_t *obj, const char *key, struct arena *a, size_t *ret_len)
{
	const json_t *list = json_object_get(obj, key);
	size_t n = json_array_size(list);
	struct str *out = arena_array(a, n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		out[i] = arena_str(a, str_make(json_string_value(v), json_string_length(v)));
	}
	*ret_len = n;
	return out;
}

static const struct scan_header *get_headers(const json_t *j, struct arena *a, size_t *ret_len)
{
	const json_t *list = json_object_get(j, "headers");
	size_t n = json_array_size(list);
	struct scan_header *h = arena_array(a, n + 1, sizeof(*h));
	for (size_t i = 0; i < n; i++) {
		h[i].name = take(a, json_array_get(list, i), "name");
		h[i].value = take(a, json_array_get(list, i), "value");
	}
	*ret_len = n;
	return h;
}

static struct scan_login get_login(const json_t *obj, struct arena *a)
{
	const json_t *j = json_object_get(obj, "login");
	struct str kind = json_get_str(j, "kind");
	return (struct scan_login){
		.kind = str_eq(kind, STR("form"))     ? SCAN_LOGIN_FORM
			: str_eq(kind, STR("script")) ? SCAN_LOGIN_SCRIPT
						      : SCAN_LOGIN_NONE,
		.url = take(a, j, "url"), .user = take(a, j, "user"), .password = take(a, j, "password"),
		.script = take(a, j, "script"), .check_url = take(a, j, "check_url"),
		.check_text = take(a, j, "check_text"),
	};
}

static void get_second(const json_t *obj, struct arena *a, struct scan_user *u)
{
	const json_t *j = json_object_get(obj, "second");
	u->headers = get_headers(j, a, &u->headers_len);
	u->cookie = take(a, j, "cookie");
	u->login = get_login(j, a);
}

static void get_retest(const json_t *j, struct arena *a, struct scan_options *o)
{
	const json_t *list = json_object_get(j, "retest");
	size_t n = json_array_size(list);
	struct scan_retest *t = arena_array(a, n + 1, sizeof(*t));
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		t[i] = (struct scan_retest){ take(a, v, "check"), take(a, v, "fingerprint"), take(a, v, "method"),
					     take(a, v, "url"), take(a, v, "parameter"), take(a, v, "proof") };
	}
	o->retest = t;
	o->retest_len = n;
}

int scan_options_decode(struct str json, struct arena *a, struct scan_options *ret, struct error *e)
{
	_cleanup_json_ json_t *j = json_parse(json, e);
	if (!j)
		return -1;
	struct scan_options o = { .target = take(a, j, "target") };
	if (scan_mode_parse(json_get_str(j, "mode"), &o.mode) < 0)
		o.mode = SCAN_STANDARD;
	o.rate = (unsigned)json_get_int(j, "rate", 0);
	o.concurrency = (unsigned)json_get_int(j, "concurrency", 0);
	o.max_pages = (unsigned)json_get_int(j, "max_pages", 0);
	o.max_depth = (unsigned)json_get_int(j, "max_depth", 0);
	o.max_seconds = (unsigned)json_get_int(j, "max_seconds", 0);
	o.max_requests = (uint64_t)json_get_int(j, "max_requests", 0);
	o.max_bytes = (uint64_t)json_get_int(j, "max_bytes", 0);
	o.headers = get_headers(j, a, &o.headers_len);
	o.login = get_login(j, a);
	get_second(j, a, &o.second);
	o.cookie = take(a, j, "cookie");
	o.excludes = get_list(j, "excludes", a, &o.excludes_len);
	o.origins = get_list(j, "origins", a, &o.origins_len);
	o.seeds = get_list(j, "seeds", a, &o.seeds_len);
	o.only_checks = get_list(j, "only_checks", a, &o.only_checks_len);
	o.skip_checks = get_list(j, "skip_checks", a, &o.skip_checks_len);
	get_retest(j, a, &o);
	o.js_libraries = take(a, j, "js_libraries");
	o.apis = get_list(j, "apis", a, &o.apis_len);
	o.try_logins = json_get_bool(j, "try_logins", false);
	struct str browser = json_get_str(j, "browser");
	o.browser = str_eq(browser, STR("on"))    ? SCAN_BROWSER_ON
		    : str_eq(browser, STR("off")) ? SCAN_BROWSER_OFF
						   : SCAN_BROWSER_AUTO;
	o.intrusive = json_get_bool(j, "intrusive", false);
	o.no_builtin_templates = json_get_bool(j, "no_builtin_templates", false);
	o.templates_only = json_get_bool(j, "templates_only", false);
	o.login_only = (unsigned)json_get_int(j, "login_only", 0);
	o.template_unverified = json_get_bool(j, "template_unverified", false);
	o.insecure_tls = json_get_bool(j, "insecure_tls", false);
	o.user_agent = take(a, j, "user_agent");
	*ret = o;
	return 0;
}
