/* Active, only when asked for: passwords that come with a product or that everybody uses
 * (CWE-1392). A short list, at most four passwords for one account, and an end as soon as the
 * site speaks of locks, codes or too many attempts. A log-in counts only when the answer is
 * another than for made-up names, than for the same account with a made-up password, and
 * comes back a second time. */
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/checks/active_private.h"

static const struct {
	const char *user, *password;
} pairs[] = { { "admin", "admin" }, { "admin", "123456" }, { "admin", "admin123" }, { "admin", "password" }, { "root", "root" },
	      { "root", "123456" }, { "test", "test" },	    { "guest", "guest" },     { "tomcat", "tomcat" },  { "user", "user" },
	      { "administrator", "administrator" },	    { "system", "123456" },   { "demo", "demo" } };

/* What comes with a product that the page names: tried first, instead of guessing on. */
static const struct {
	const char *word, *user, *password;
} products[] = { { "nacos", "nacos", "nacos" }, { "emqx", "admin", "public" }, { "rabbitmq", "guest", "guest" }, { "zabbix", "Admin", "zabbix" },
		 { "minio", "minioadmin", "minioadmin" }, { "tomcat", "tomcat", "s3cret" }, { "weblogic", "weblogic", "weblogic1" },
		 { "harbor", "admin", "Harbor12345" }, { "hikvision", "admin", "12345" }, { "grafana", "admin", "admin" },
		 { "jeecg", "jeecg", "123456#" }, { "ruoyi", "admin", "admin123" }, { "xxl-job", "admin", "123456" }, { "druid", "druid", "druid" },
		 { "sonarqube", "admin", "admin" }, { "jenkins", "admin", "admin" }, { "phpmyadmin", "root", "root" }, { "dedecms", "admin", "admin888" },
		 { "phpcms", "admin", "phpcms" }, { "zentao", "admin", "123456" }, { "禅道", "admin", "123456" }, { "netgear", "admin", "password" },
		 { "tp-link", "admin", "admin" }, { "openwrt", "root", "root" }, { "activemq", "admin", "admin" }, { "kibana", "elastic", "changeme" } };

/* The n-th pair for a page with these words; false: no more. */
static bool next_pair(struct str words, size_t n, struct str *user, struct str *password)
{
	size_t known = 0;
	for (size_t i = 0; i < ARRAY_SIZE(products) && known < 2; i++) {
		if (!str_ihas(words, str_c(products[i].word)))
			continue;
		if (known++ == n) {
			*user = str_c(products[i].user);
			*password = str_c(products[i].password);
			return true;
		}
	}
	if (n - known >= ARRAY_SIZE(pairs))
		return false;
	*user = str_c(pairs[n - known].user);
	*password = str_c(pairs[n - known].password);
	return true;
}

static bool has_any(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_ihas(text, str_c(*words)))
			return true;
	return false;
}

static const char *const lock_words[] = { "locked", "too many", "try again later", "captcha", "verification code", "锁定", "次数过多", "稍后再试",
					  "验证码", "已冻结", "remaining attempt", "剩余", "还可以尝试", NULL };
static const char *const fail_words[] = { "incorrect", "invalid", "wrong", "failed", "denied", "not match", "错误", "失败", "不正确", "不存在",
					  "有误", "无效", NULL };
static const char *const in_words[] = { "logout", "log out", "sign out", "signout", "退出", "注销", "welcome", "欢迎", "控制台", "dashboard", NULL };

/* ---- Basic ---- */

static int basic(struct probe *p, const struct scan_exchange *x, const char *user, struct str password, const struct scan_exchange **ret)
{
	struct buf b;
	struct str pair = probe_printf(p, "%s:%.*s", user, STR_ARG(password));
	buf_init(&b, 4 * KIB);
	buf_c(&b, "Basic ");
	encode_base64(&b, pair);
	struct scan_header h = { STR_INIT("Authorization"), arena_str(probe_arena(p), buf_view(&b)) };
	buf_free(&b);
	return probe_send(p, &(struct scan_mutation){ .url = x->url, .headers = &h, .headers_len = 1, .no_cookies = true, .fresh = true }, ret);
}

static void report(struct probe *p, const struct scan_exchange *about, const struct scan_exchange *x, const char *user, struct str proof)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.about = about,
				.proof = proof,
				.parameter = str_c(user),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "账号 %s 使用常见的默认或弱口令即可登录，已复现；同一账号用随机口令则被拒绝。", user),
				.detail_en = probe_printf(p, "Account %s opens with a default or common password (replayed); with a made-up password "
							     "it is refused.", user) });
}

static void try_basic(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r, *bad;
	struct str user, password;
	struct str words = probe_printf(p, "%.*s %.*s", STR_ARG(str_sub(x->head, 0, 4000)), STR_ARG(str_sub(active_content(x), 0, 4000)));
	if (basic(p, x, "zwnobody", probe_word(p, 12), &bad) < 0 || bad->status != 401)
		return;
	for (size_t i = 0;; i++) {
		bool last = !next_pair(words, i, &user, &password); /* at the end, as routers come: no password */
		if (last) {
			user = STR("admin");
			password = STR("");
		}
		if (basic(p, x, user.ptr, password, &r) < 0 || r->status == 429)
			return;
		if (r->status >= 300 && last)
			return;
		if (r->status >= 300)
			continue;
		if (basic(p, x, user.ptr, probe_word(p, 12), &bad) < 0 || bad->status != 401 || basic(p, x, user.ptr, password, &r) < 0 ||
		    r->status >= 300)
			return;
		report(p, x, r, user.ptr, str_sub(active_content(r), 0, 100));
		return;
	}
}

/* ---- forms ---- */

struct door {
	const struct scan_exchange *page;
	const struct scan_form *form;
	struct str user_field, password_field;
	struct str cookies; /* that the page itself set for nobody */
	bool nobody;
};

static bool log_in_form(const struct scan_form *f, struct door *d)
{
	size_t passwords = 0, texts = 0;
	for (size_t i = 0; i < f->fields_len; i++) {
		const struct scan_field *k = &f->fields[i];
		if (str_ihas(k->name, STR("captcha")) || str_ihas(k->name, STR("vcode")) || str_ihas(k->name, STR("verif")) ||
		    str_ihas(k->name, STR("yzm")))
			return false;
		if (str_eq(k->type, STR("password"))) {
			passwords++;
			d->password_field = k->name;
		} else if (str_eq(k->type, STR("text")) || str_eq(k->type, STR("email")) || str_eq(k->type, STR("tel"))) {
			texts++;
			if (!d->user_field.len || str_ihas(k->name, STR("user")) || str_ihas(k->name, STR("name")) || str_ihas(k->name, STR("login")))
				d->user_field = k->name;
		}
	}
	return passwords == 1 && texts >= 1 && texts <= 2 && d->user_field.len && d->password_field.len;
}

static bool find_door(struct probe *p, const struct scan_exchange *page, struct door *d)
{
	for (size_t i = 0; page->page && i < page->page->forms_len; i++) {
		struct door mine = { .page = page, .form = &page->page->forms[i] };
		if (!log_in_form(mine.form, &mine))
			continue;
		mine.nobody = d->nobody;
		*d = mine;
		return true;
	}
	return false;
}

/* The page's form and cookies as nobody sees them, fresh (tokens), or as the scan's user. */
static bool open_door(struct probe *p, const struct scan_exchange *x, struct door *d)
{
	const struct scan_exchange *page;
	for (int nobody = 1; nobody >= 0; nobody--) {
		d->nobody = nobody;
		if (probe_send(p, &(struct scan_mutation){ .url = x->url, .no_cookies = nobody, .fresh = true }, &page) < 0 || !find_door(p, page, d))
			continue;
		struct buf b;
		size_t at = 0;
		struct str v;
		buf_init(&b, 16 * KIB);
		while (nobody && scan_header_next(&page->headers, "set-cookie", &at, &v)) {
			ssize_t end = str_chr(v, ';');
			buf_printf(&b, "%s%.*s", b.len ? "; " : "", STR_ARG(end < 0 ? v : str_sub(v, 0, (size_t)end)));
		}
		d->cookies = arena_str(probe_arena(p), buf_view(&b));
		buf_free(&b);
		return true;
	}
	return false;
}

static int submit(struct probe *p, const struct scan_exchange *x, struct str user, struct str password, const struct scan_exchange **ret)
{
	struct door d = { 0 };
	struct buf b;
	bool button = false;
	if (!open_door(p, x, &d))
		return -1;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < d.form->fields_len; i++) {
		const struct scan_field *f = &d.form->fields[i];
		bool submit = str_eq(f->type, STR("submit"));
		struct str v = str_eq(f->name, d.user_field) ? user : str_eq(f->name, d.password_field) ? password : f->value;
		if (str_empty(f->name) || (submit && button) || str_eq(f->type, STR("checkbox")) || str_eq(f->type, STR("button")))
			continue;
		button = button || submit;
		if (b.len)
			buf_char(&b, '&');
		url_form_encode(&b, f->name);
		buf_char(&b, '=');
		url_form_encode(&b, v);
	}
	struct str fields = arena_str(probe_arena(p), buf_view(&b)), url = d.form->action;
	buf_free(&b);
	bool post = str_eq(d.form->method, STR("POST"));
	ssize_t mark = str_chr(url, '?');
	if (!post)
		url = probe_printf(p, "%.*s?%.*s", (int)(mark < 0 ? url.len : (size_t)mark), url.ptr, STR_ARG(fields));
	struct scan_header h = { STR_INIT("Cookie"), d.cookies };
	return probe_send(p, &(struct scan_mutation){ .url = url, .method = d.form->method, .body_set = post, .body = fields,
						      .content_type = STR("application/x-www-form-urlencoded"), .headers = &h,
						      .headers_len = d.cookies.len ? 1 : 0, .no_cookies = d.nobody, .fresh = true }, ret);
}

static bool asks_again(const struct scan_exchange *x)
{
	size_t at = 0;
	const struct scan_tag *t;
	while (x->page && (t = scan_page_tag(x->page, "input", &at)))
		if (str_ieq(scan_tag_attr(t, "type"), STR("password")))
			return true;
	return false;
}

/* One member tells success from failure: {"success":true}, {"code":0}, {"status":"ok"}. */
static bool json_yes(struct str text, struct str bad)
{
	static const char *const names[] = { "success", "ok", "isSuccess", "succeed", "result", "status", "code", "errcode", "errno", "ret", "state" };
	static const char *const yes[] = { "true", "ok", "success", "0", "200", "1" };
	json_t *a = json_parse(text, NULL), *b = json_parse(bad, NULL);
	bool found = false;
	for (size_t i = 0; json_is_object(a) && json_is_object(b) && i < ARRAY_SIZE(names) && !found; i++) {
		const json_t *x = json_object_get(a, names[i]), *y = json_object_get(b, names[i]);
		if (!x || json_equal((json_t *)(uintptr_t)x, (json_t *)(uintptr_t)y))
			continue;
		found = json_is_true(x) || (json_is_integer(x) && (json_integer_value(x) == 0 || json_integer_value(x) == 200 || json_integer_value(x) == 1));
		for (size_t k = 0; json_is_string(x) && k < ARRAY_SIZE(yes); k++)
			found = found || str_ieq(str_c(json_string_value(x)), str_c(yes[k]));
	}
	json_decref(a);
	json_decref(b);
	return found;
}

/* Does the answer look like the inside? `bad` is what a made-up account gets. */
static bool inside(struct probe *p, const struct scan_exchange *r, const struct scan_exchange *bad, struct str user)
{
	struct str text = active_content(r);
	if (r->status >= 400 || has_any(text, lock_words) || probe_similarity(p, r, user, bad, user) >= 0.98)
		return false;
	if (r->media == MEDIA_JSON && bad->media == MEDIA_JSON && json_yes(text, active_content(bad)))
		return true;
	bool redirect = r->status >= 300;
	if (redirect) {
		struct str to = scan_header_get(&r->headers, "location");
		return !str_ihas(to, STR("login")) && !str_ihas(to, STR("error")) && !str_ihas(to, STR("fail")) &&
		       (bad->status < 300 || scan_header_get(&r->headers, "set-cookie").ptr ||
			!str_eq(to, scan_header_get(&bad->headers, "location")));
	}
	if (asks_again(r))
		return has_any(active_content(bad), fail_words) && !has_any(text, fail_words) && has_any(text, in_words);
	return has_any(text, in_words) || (has_any(active_content(bad), fail_words) && !has_any(text, fail_words));
}

/* An interface that takes a name and a password as JSON. */
struct json_door {
	struct str user, password; /* members */
};

static bool find_json_door(const struct scan_exchange *x, struct json_door *d)
{
	json_t *v = json_parse(x->request_body, NULL), *member;
	const char *key;
	size_t passwords = 0, members = 0;
	if (json_is_object(v))
		json_object_foreach(v, key, member) {
			struct str k = str_c(key);
			members++;
			if (!json_is_string(member))
				continue;
			if (str_ihas(k, STR("pass")) || str_ihas(k, STR("pwd"))) {
				passwords++;
				d->password = arena_str(x->arena, k);
			} else if (str_ihas(k, STR("user")) || str_ihas(k, STR("name")) || str_ihas(k, STR("account")) || str_ihas(k, STR("login"))) {
				d->user = arena_str(x->arena, k);
			} else if (str_ihas(k, STR("code")) || str_ihas(k, STR("captcha")) || str_ihas(k, STR("mail"))) {
				passwords += 2; /* more is asked for than a password */
			}
		}
	json_decref(v);
	return passwords == 1 && members <= 5 && d->user.len && d->password.len;
}

static int submit_json(struct probe *p, const struct scan_exchange *x, const struct json_door *d, struct str user, struct str password,
		       const struct scan_exchange **ret)
{
	json_t *v = json_parse(x->request_body, NULL);
	struct buf b;
	buf_init(&b, 64 * KIB);
	json_put(v, arena_cstr(probe_arena(p), d->user), json_str(user));
	json_put(v, arena_cstr(probe_arena(p), d->password), json_str(password));
	json_write(&b, v);
	json_decref(v);
	struct str body = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return probe_send(p, &(struct scan_mutation){ .method = x->method, .body_set = true, .body = body, .content_type = STR("application/json"),
						      .no_cookies = true, .fresh = true }, ret);
}

static int knock(struct probe *p, const struct scan_exchange *x, const struct json_door *json, struct str user, struct str password,
		 const struct scan_exchange **ret)
{
	return json ? submit_json(p, x, json, user, password, ret) : submit(p, x, user, password, ret);
}

static void try_door(struct probe *p, const struct scan_exchange *x, const struct json_door *json)
{
	const struct scan_exchange *bad, *bad2, *r, *wrong;
	struct str nobody = probe_word(p, 8), user, password, words = str_sub(active_content(x), 0, 20000);
	if (knock(p, x, json, nobody, probe_word(p, 12), &bad) < 0 || has_any(active_content(bad), lock_words) ||
	    knock(p, x, json, nobody, probe_word(p, 12), &bad2) < 0 || probe_similarity(p, bad, nobody, bad2, nobody) < 0.95)
		return;
	for (size_t i = 0; next_pair(words, i, &user, &password); i++) {
		if (knock(p, x, json, user, password, &r) < 0 || r->status == 429 || r->status == 423 || has_any(active_content(r), lock_words))
			return;
		if (!inside(p, r, bad, user))
			continue;
		if (knock(p, x, json, user, probe_word(p, 12), &wrong) < 0 || inside(p, wrong, bad, user) ||
		    probe_similarity(p, r, user, wrong, user) >= 0.98 || knock(p, x, json, user, password, &r) < 0 || !inside(p, r, bad, user))
			return;
		report(p, x, r, user.ptr, r->status >= 300 ? scan_header_get(&r->headers, "location") : str_sub(active_content(r), 0, 100));
		return;
	}
}

/* The same door stands on many pages: it is tried once, accounts lock after a few attempts. */
static bool new_door(struct probe *p, const struct scan_exchange *x, const char *kind, struct str name)
{
	size_t n = 0;
	while (n < name.len && !strchr("?;#", name.ptr[n]))
		n++;
	if (!strcmp(kind, "basic"))
		n = name.len;
	return probe_first(p, probe_printf(p, "%s %.*s %.*s", kind, STR_ARG(x->origin), STR_ARG(str_sub(name, 0, n))));
}

static void probe_credentials(struct probe *p, const struct scan_exchange *x)
{
	struct door d = { 0 };
	struct str asked = str_trim(scan_header_get(&x->headers, "www-authenticate"));
	if (x->status == 401 && str_istarts(asked, STR("basic"))) {
		if (new_door(p, x, "basic", asked))
			try_basic(p, x);
	} else if (x->page && find_door(p, x, &d) && new_door(p, x, "form", d.form->action)) {
		try_door(p, x, NULL);
	}
}

static void probe_interface(struct probe *p, const struct scan_exchange *x)
{
	struct json_door d = { 0 };
	if (str_istarts(scan_header_get(&x->request_headers, "content-type"), STR("application/json")) && find_json_door(x, &d) &&
	    new_door(p, x, "json", x->url))
		try_door(p, x, &d);
}

const struct scan_check check_default_credentials = {
	.id = "default-credentials",
	.title_zh = "默认口令或弱口令",
	.title_en = "Default or weak password",
	.severity = SEVERITY_HIGH,
	.cwe = 1392,
	.owasp = "A07:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_TRIES_LOGINS,
	.place = PLACE_PAGE,
	.on_route = probe_credentials,
	.on_request = probe_interface,
};
