/* Logging in as a person does: the form is found in the page, filled in and sent, or the
 * steps of a script are gone through; then it is looked whether it worked. What comes back:
 * cookies, headers that scripts send from then on, a picture. Passwords appear in no message. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse/browse_private.h"
#include "scan/login_script.h"

#define LOGIN_ELEMENT_MS 8000

struct login {
	struct driver *d;
	struct str user, password;
	json_t *extra; /* headers and cookies that the script itself set */
	struct str before; /* text of the page before */
};

static int failed(struct error *e, const char *code, const char *zh, const char *en)
{
	error_set(e, code, "%s", "%s", zh);
	if (e)
		snprintf(e->en, sizeof(e->en), "%s", en);
	return -1;
}

/* Index of the element, waiting for it; -1 with an error. */
static int64_t find(struct login *l, const struct login_step *s, struct error *e)
{
	int64_t until = driver_now_ms() + LOGIN_ELEMENT_MS;
	for (;;) {
		_cleanup_json_ json_t *at = NULL;
		json_t *args = json_array();
		json_array_append_new(args, json_str(s->a));
		if (driver_do_in_page(l->d, "find", args, &at, e) < 0)
			return -1;
		if (json_is_integer(at) && json_integer_value(at) >= 0)
			return json_integer_value(at);
		if (json_is_integer(at) && json_integer_value(at) == -2) {
			error_set(e, "login.bad-selector", "第 %u 步：选择器“%.*s”无效", "step %u: bad selector \"%.*s\"", s->line,
				  STR_ARG(s->a));
			return -1;
		}
		if (driver_now_ms() > until) {
			error_set(e, "login.no-element", "第 %u 步（%s）：页面上没有“%.*s”", "%u%s%.*s", s->line,
				  login_verb_name(s->verb), STR_ARG(s->a));
			if (e)
				snprintf(e->en, sizeof(e->en), "Step %u (%s): there is no \"%.*s\" on the page", s->line,
					 login_verb_name(s->verb), STR_ARG(s->a));
			return -1;
		}
		if (driver_settle(l->d, 100, 400, e) < 0)
			return -1;
	}
}

static int call_with(struct login *l, const char *name, int64_t at, struct str text, struct error *e)
{
	json_t *args = json_array();
	json_array_append_new(args, json_integer(at));
	json_array_append_new(args, json_str(text));
	return driver_do_in_page(l->d, name, args, NULL, e);
}

/* A page may have replaced what our script asks for its length: it is cut here, too. */
static struct str kept(struct login *l, const json_t *t)
{
	struct arena *a = l->d->job_arena;
	size_t room = arena_left(a) > 8 * MIB ? 512 * KIB : arena_left(a) > 4 * MIB ? 16 * KIB : 0;
	return arena_str(a, str_sub(str_make(json_string_value(t), json_string_length(t)), 0, room));
}

static struct str page_text(struct login *l)
{
	_cleanup_json_ json_t *t = NULL;
	if (driver_do_in_page(l->d, "text", NULL, &t, NULL) < 0 || !json_is_string(t))
		return STR("");
	return kept(l, t);
}

static struct str page_value(struct login *l, const char *expression)
{
	_cleanup_json_ json_t *t = NULL;
	if (driver_eval(l->d, str_c(expression), &t, NULL) < 0 || !json_is_string(t))
		return STR("");
	return kept(l, t);
}

/* ---- script ---- */

static bool holds(struct login *l, const struct login_step *s)
{
	if (str_eq(s->what, STR("text")))
		return str_has(page_text(l), s->b);
	if (str_eq(s->what, STR("url")))
		return str_has(page_value(l, "location.href"), s->b);
	if (str_eq(s->what, STR("title")))
		return str_has(page_value(l, "document.title"), s->b);
	if (str_eq(s->what, STR("status"))) {
		uint64_t n = 0;
		return str_to_u64(s->b, &n) == 0 && (int)n == l->d->status;
	}
	_cleanup_json_ json_t *at = NULL;
	json_t *args = json_array();
	json_array_append_new(args, json_str(s->b));
	return driver_do_in_page(l->d, "find", args, &at, NULL) == 0 && json_is_integer(at) && json_integer_value(at) >= 0;
}

static int expect(struct login *l, const struct login_step *s, struct error *e)
{
	bool want = s->verb == LOGIN_EXPECT;
	int64_t until = driver_now_ms() + 5000;
	while (holds(l, s) != want) {
		if (driver_now_ms() > until) {
			error_set(e, "login.expect", "第 %u 步：页面上%s“%.*s”", "%u%s%.*s", s->line, want ? "没有出现" : "出现了",
				  STR_ARG(s->b));
			if (e)
				snprintf(e->en, sizeof(e->en), "Step %u: \"%.*s\" %s", s->line, STR_ARG(s->b),
					 want ? "did not appear" : "appeared");
			return -1;
		}
		if (driver_settle(l->d, 100, 500, e) < 0)
			return -1;
	}
	return 0;
}

static void set_extra(struct login *l, const struct login_step *s, struct str value)
{
	json_t *o = json_object();
	json_put(o, "name", json_str(s->a));
	json_put(o, "value", json_str(value));
	json_array_append_new(l->extra, o);
}

static int go(struct login *l, struct str to, struct error *e)
{
	struct url base, u;
	struct driver *d = l->d;
	struct str here = json_get_str(d->job, "url");
	if (url_parse(d->job_arena, here, NULL, 0, &base, e) < 0 || url_parse(d->job_arena, to, &base, 0, &u, e) < 0)
		return -1;
	struct str url = url_text(d->job_arena, &u, 0);
	if (!requests_in_scope(d, url))
		return error_set(e, "browse.out-of-scope", "登录地址 %.*s 不在扫描范围内", "the log-in address %.*s is out of scope",
				 STR_ARG(url));
	if (driver_navigate(d, url, STR(""), e) < 0)
		return -1;
	return driver_settle(d, 300, 8000, e);
}

static int do_step(struct login *l, const struct login_step *s, struct error *e)
{
	struct str text = login_script_text(l->d->job_arena, s->b, l->user, l->password);
	int64_t at = -1;
	switch (s->verb) {
	case LOGIN_GOTO:
		return go(l, s->a, e);
	case LOGIN_WAIT:
		if (s->ms)
			return net_browser_run(l->d->b, s->ms, NULL, e);
		return find(l, s, e) < 0 ? -1 : 0;
	case LOGIN_EXPECT:
	case LOGIN_EXPECT_NOT:
		return expect(l, s, e);
	case LOGIN_HEADER:
		set_extra(l, s, text);
		return 0;
	case LOGIN_COOKIE: {
		json_t *p = json_object();
		json_put(p, "name", json_str(s->a));
		json_put(p, "value", json_str(text));
		json_put(p, "url", json_str(json_get_str(l->d->job, "url")));
		return net_browser_call(l->d->b, "Network.setCookie", p, NULL, e);
	}
	default:
		break;
	}
	if ((at = find(l, s, e)) < 0)
		return -1;
	const char *what = s->verb == LOGIN_FILL     ? "fill"
			   : s->verb == LOGIN_SELECT ? "choose"
			   : s->verb == LOGIN_CHECK  ? "tick"
			   : s->verb == LOGIN_ENTER  ? "enter"
						     : "press";
	if (call_with(l, what, at, text, e) < 0)
		return -1;
	bool goes = s->verb == LOGIN_CLICK || s->verb == LOGIN_ENTER;
	return driver_settle(l->d, goes ? 400 : 30, goes ? 8000 : 500, e);
}

static int run_script(struct login *l, struct str script, struct error *e)
{
	const struct login_step *steps;
	size_t n;
	if (login_script_parse(l->d->job_arena, script, &steps, &n, e) < 0)
		return -1;
	if (steps[0].verb != LOGIN_GOTO && go(l, json_get_str(l->d->job, "url"), e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (do_step(l, &steps[i], e) < 0)
			return -1;
	return 0;
}

/* ---- form ---- */

static json_t *look_for_form(struct login *l)
{
	json_t *f = NULL;
	if (driver_do_in_page(l->d, "loginForm", NULL, &f, NULL) < 0)
		return NULL;
	if (json_is_object(f))
		return f;
	json_decref(f);
	return NULL;
}

/* The page that was given, then links that say so, then the usual places. */
static json_t *find_form(struct login *l, struct error *e)
{
	static const char link[] =
		"(function(){var r=/log.?in|sign.?in|登\\s*录|登\\s*陆|用户登录|管理登录/i,a=[].slice.call(document.querySelectorAll('a[href],button,[role=button]'));"
		"for(var i=0;i<a.length;i++){var t=(a[i].innerText||'')+' '+(a[i].getAttribute('href')||'')+' '+a[i].id;"
		"if(r.test(t)&&!/logout|register|注册|退出/i.test(t)){a[i].removeAttribute('target');a[i].click();return true}}return false})()";
	static const char *const usual[] = { "/login", "/login.php", "/admin/login", "/user/login", "/admin", "/#/login",
					     "/login.html", "/wp-login.php", "/index.php/login", "/signin", "/auth/login" };
	json_t *f = look_for_form(l);
	for (int i = 0; i < 6 && !f; i++) { /* the application may still be loading */
		if (driver_settle(l->d, 250, 500, e) < 0)
			return NULL;
		f = look_for_form(l);
	}
	if (!f) {
		_cleanup_json_ json_t *pressed = NULL;
		driver_eval(l->d, str_c(link), &pressed, NULL);
		if (json_is_true(pressed) && driver_settle(l->d, 400, 8000, e) == 0)
			f = look_for_form(l);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && !f; i++) {
		error_clear(e);
		if (go(l, str_c(usual[i]), e) == 0 && l->d->status < 400)
			f = look_for_form(l);
	}
	if (!f)
		failed(e, "login.no-form", "没有找到登录表单，请填写登录页地址，或改用登录脚本、Cookie。",
		       "No log-in form was found: give the log-in page, or use a script or a cookie.");
	return f;
}

static bool logged_in_words(struct str text)
{
	static const char *const words[] = { "logout", "log out", "sign out", "signout", "退出", "注销", "登出", "安全退出", NULL };
	for (size_t i = 0; words[i]; i++)
		if (str_ihas(text, str_c(words[i])))
			return true;
	return false;
}

/* Words by which a site says no. */
static bool refused_words(struct str before, struct str text)
{
	static const char *const words[] = { "incorrect", "invalid", "wrong password", "login failed", "failed to log", "denied",
					     "密码错误", "用户名或密码", "账号或密码", "帐号或密码", "登录失败", "登陆失败", "不存在", "不正确", NULL };
	for (size_t i = 0; words[i]; i++)
		if (str_ihas(text, str_c(words[i])) && !str_ihas(before, str_c(words[i])))
			return true;
	return false;
}

static int judge(struct login *l, struct str check_text, struct error *e)
{
	_cleanup_json_ json_t *again = look_for_form(l);
	struct str text = page_text(l);
	if (check_text.len) {
		if (str_has(text, check_text) || str_has(page_value(l, "document.documentElement.outerHTML.slice(0,500000)"), check_text))
			return 0;
		return failed(e, "login.not-in", "登录后的页面里没有约定的文字，请检查账号、密码与该文字。",
			      "The page after logging in lacks the agreed words: check the account and the words.");
	}
	bool html_out = logged_in_words(text) ||
			logged_in_words(page_value(l, "[].map.call(document.querySelectorAll('a,button'),function(a){return (a.innerText||'')+' '+(a.getAttribute('href')||'')+' '+(a.title||'')}).join('\\n').slice(0,100000)"));
	if (again && !html_out)
		return failed(e, "login.refused",
			      refused_words(l->before, text) ? "网站拒绝登录：用户名或密码不正确。" : "提交后仍停在登录页，登录没有成功。",
			      refused_words(l->before, text) ? "The site refused the log-in: wrong name or password."
							     : "The log-in page is still there after sending it: not logged in.");
	return 0;
}

static int use_form(struct login *l, struct error *e)
{
	if (go(l, json_get_str(l->d->job, "url"), e) < 0)
		return -1;
	_cleanup_json_ json_t *f = find_form(l, e);
	if (!f)
		return -1;
	int64_t user = json_get_int(f, "user", -1), password = json_get_int(f, "password", -1);
	int64_t button = json_get_int(f, "button", -1);
	if (json_get_str(f, "captcha").len)
		return failed(e, "login.captcha", "登录页有验证码，无法自动登录；请在浏览器中登录后改用 Cookie 或请求头方式。",
			      "The log-in page has a captcha: log in with your own browser and use its cookie or header here.");
	l->before = page_text(l);
	if ((user >= 0 && call_with(l, "fill", user, l->user, e) < 0) || call_with(l, "fill", password, l->password, e) < 0 ||
	    driver_settle(l->d, 50, 1000, e) < 0 ||
	    call_with(l, button >= 0 ? "press" : "enter", button >= 0 ? button : password, STR(""), e) < 0 ||
	    driver_settle(l->d, 600, 12000, e) < 0)
		return -1;
	return judge(l, json_get_str(l->d->job, "check_text"), e);
}

/* Where script-made sessions keep their token: told so that they can be recognised. */
static void wake_session(struct login *l)
{
	/* one more load lets the application send its header by itself */
	if (json_array_size(l->d->headers) == 0 && driver_navigate(l->d, page_value(l, "location.href"), STR(""), NULL) == 0)
		driver_settle(l->d, 300, 4000, NULL);
}

/* For the other tabs, and for a browser that must be started anew. */
static void share_storage(struct driver *d)
{
	_cleanup_json_ json_t *kept = NULL;
	struct buf b;
	if (!d->shared || !json_get_bool(d->job, "first", false) || driver_do_in_page(d, "storage", NULL, &kept, NULL) < 0 ||
	    !json_is_object(kept))
		return;
	buf_init(&b, 256 * KIB);
	json_write(&b, kept);
	pthread_mutex_lock(&d->shared->lock);
	if (!b.overflow) {
		free(d->shared->storage);
		d->shared->storage = str_dup(buf_view(&b));
		d->shared->version++;
	}
	pthread_mutex_unlock(&d->shared->lock);
	buf_free(&b);
}

int login_job(struct driver *d, json_t *answer, struct error *e)
{
	struct login l = { .d = d, .user = json_get_str(d->job, "user"), .password = json_get_str(d->job, "password"),
			   .extra = json_array() };
	struct str script = json_get_str(d->job, "script");
	d->stay = false; /* a log-in goes from page to page */
	d->may_send = true;
	if (driver_ready(d, "", e) < 0 ||
	    net_browser_call(d->b, "Network.clearBrowserCookies", NULL, NULL, e) < 0) {
		json_decref(l.extra);
		return -1;
	}
	json_t *clear = json_object();
	json_put(clear, "origin", json_str(json_get_str(d->job, "origin")));
	json_put(clear, "storageTypes", json_c("local_storage,session_storage,indexeddb"));
	net_browser_call(d->b, "Storage.clearDataForOrigin", clear, NULL, NULL);
	free(take_ptr(d->cookie));
	int r = script.len ? run_script(&l, script, e) : use_form(&l, e);
	if (d->b && !d->crashed) {
		driver_shot(d);
		json_put(answer, "url", json_str(page_value(&l, "location.href")));
		json_put(answer, "title", json_str(page_value(&l, "document.title")));
		if (r == 0) {
			wake_session(&l);
			share_storage(d);
		}
		json_put(answer, "cookies", driver_cookies(d, json_get_str(d->job, "url")));
	}
	json_array_extend(d->headers, l.extra);
	json_decref(l.extra);
	return r;
}
