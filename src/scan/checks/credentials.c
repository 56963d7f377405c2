/* Active, only when asked for: passwords that come with a product or that everybody uses
 * (CWE-1392). A short list, at most four passwords for one account, and an end as soon as the
 * site speaks of locks, codes or too many attempts. A log-in counts only when the answer is
 * another than for made-up names, than for the same account with a made-up password, and
 * comes back a second time. */
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "scan/checks/doors.h"

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

static int knock(struct probe *p, const struct scan_exchange *x, const struct door *json, struct str user, struct str password,
		 const struct scan_exchange **ret)
{
	return door_knock(p, x, json, &(struct visitor){ 0 }, user, password, NULL, ret);
}

static void try_door(struct probe *p, const struct scan_exchange *x, const struct door *json)
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
		probe_note_account(p, x->url, user, password);
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
	} else if (x->page && door_in_page(x, &d) && new_door(p, x, "form", d.form->action)) {
		try_door(p, x, NULL);
	}
}

static void probe_interface(struct probe *p, const struct scan_exchange *x)
{
	struct door d = { 0 };
	if (str_istarts(scan_header_get(&x->request_headers, "content-type"), STR("application/json")) && door_in_request(x, &d) &&
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
