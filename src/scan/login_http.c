/* Logging in without a browser: a form of plain HTML, or a script whose steps can be done on
 * the page as it was sent. Elements are found by a small part of CSS: tag, #id, .class and
 * [name=value], one element deep. */
#include "base/limits.h"
#include "net/cookie.h"
#include "scan/login_private.h"
#include "scan/login_script.h"

static int fail(struct error *e, const char *code, const char *zh, const char *en)
{
	error_set(e, code, "%s", "%s", zh);
	if (e)
		snprintf(e->en, sizeof(e->en), "%s", en);
	return -1;
}

static bool is(const struct scan_field *f, const char *type)
{
	return str_eq(f->type, str_c(type));
}

const struct scan_form *login_form_of(const struct scan_page *p)
{
	for (size_t i = 0; p && i < p->forms_len; i++) {
		size_t passwords = 0;
		for (size_t k = 0; k < p->forms[i].fields_len; k++)
			passwords += is(&p->forms[i].fields[k], "password");
		if (passwords == 1)
			return &p->forms[i];
	}
	return NULL;
}

/* ---- judging ---- */

static bool any_of(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_ihas(text, str_c(*words)))
			return true;
	return false;
}

bool login_offers_logout(const struct scan_page *p)
{
	for (size_t i = 0; p && i < p->links_len; i++)
		if (form_link_logs_out(p->links[i].url, p->links[i].tag ? p->links[i].tag->inner : STR("")))
			return true;
	for (size_t i = 0; p && i < p->forms_len; i++)
		if (form_danger_of(&p->forms[i]) == FORM_LOGOUT)
			return true;
	return false;
}

static int judge(const struct scan_login *l, const struct answer *a, struct str before, struct error *e)
{
	static const char *const no[] = { "incorrect", "invalid", "wrong password", "login failed", "failed to log", "denied",
					  "密码错误", "用户名或密码", "账号或密码", "帐号或密码", "登录失败", "登陆失败", "不正确", NULL };
	struct str text = a->x.page ? a->x.page->visible : a->x.text;
	if (l->check_text.len)
		return str_has(a->x.text, l->check_text) ? 0
		       : fail(e, "login.not-in", "登录后的页面里没有约定的文字，请检查账号、密码与该文字。",
			      "The page after logging in lacks the agreed words: check the account and the words.");
	if (any_of(text, no) && !any_of(before, no))
		return fail(e, "login.refused-words", "网站拒绝登录：用户名或密码不正确。",
			    "The site refused the log-in: wrong name or password.");
	if (a->x.status >= 400)
		return fail(e, "login.refused", "提交登录后网站返回错误。", "The site answered the log-in with an error.");
	if (login_form_of(a->x.page) && !login_offers_logout(a->x.page))
		return fail(e, "login.refused", "提交后仍停在登录页，登录没有成功。",
			    "The log-in page is still there after sending it: not logged in.");
	return 0;
}

/* ---- the form ---- */

static bool wants_captcha(const struct scan_form *f)
{
	static const char *const words[] = { "captcha", "vcode", "verifycode", "checkcode", "yzm", "validcode", "验证码", NULL };
	for (size_t i = 0; i < f->fields_len; i++)
		if (!is(&f->fields[i], "hidden") &&
		    (any_of(f->fields[i].name, words) || any_of(f->fields[i].placeholder, words)))
			return true;
	return false;
}

/* What the form sends, with some values replaced by name. */
static struct answer *send_form(struct run *r, enum person_id who, const struct answer *on, const struct scan_form *f,
				const struct form_value *with, size_t n)
{
	struct arena *a = arena_new(8 * MIB);
	struct form_submission sub;
	struct answer *got = NULL;
	if (form_fill(a, f, FORM_FULL, &sub)) {
		struct form_value *list = arena_array(a, sub.values_len + n + 1, sizeof(*list));
		size_t len = sub.values_len;
		struct str body, type;
		if (len)
			memcpy(list, sub.values, len * sizeof(*list));
		for (size_t i = 0; i < n; i++) {
			size_t k = 0;
			while (k < len && !str_eq(list[k].name, with[i].name))
				k++;
			list[k] = with[i];
			len += k == len;
		}
		form_encode(a, list, len, str_eq(f->enctype, STR("multipart/form-data")), &body, &type);
		bool post = str_eq(f->method, STR("POST"));
		ssize_t mark = str_chr(f->action, '?');
		struct str get = arena_printf(a, "%.*s?%.*s", STR_ARG(str_sub(f->action, 0, mark < 0 ? f->action.len : (size_t)mark)),
					      STR_ARG(body));
		got = session_fetch(r, &(struct fetch){ .who = who, .url = post ? f->action : get, .from = on->x.url,
							.body = post ? body : STR_NULL, .type = type, .follow = true });
	}
	arena_free(a);
	return got;
}

static struct answer *page_with_form(struct run *r, enum person_id who, struct str first)
{
	static const char *const usual[] = { "/login", "/login.php", "/login.html", "/admin/login", "/user/login", "/admin",
					     "/index.php/login", "/wp-login.php", "/signin", "/auth/login" };
	struct answer *a = session_fetch(r, &(struct fetch){ .who = who, .url = first, .follow = true });
	if (a && login_form_of(a->x.page))
		return a;
	for (size_t i = 0; a && a->x.page && i < a->x.page->links_len; i++) {
		const struct scan_link *l = &a->x.page->links[i];
		struct str words = l->tag ? l->tag->inner : STR("");
		bool says = str_ihas(l->url, STR("login")) || str_ihas(l->url, STR("signin")) || str_has(words, STR("登录")) ||
			    str_ihas(words, STR("log in")) || str_ihas(words, STR("sign in"));
		if (l->kind != LINK_A || !says || form_link_logs_out(l->url, words))
			continue;
		struct answer *b = session_fetch(r, &(struct fetch){ .who = who, .url = l->url, .follow = true });
		if (b && login_form_of(b->x.page)) {
			answer_unref(a);
			return b;
		}
		answer_unref(b);
		break;
	}
	answer_unref(a);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && !r->stopping; i++) {
		a = session_fetch(r, &(struct fetch){ .who = who, .url = str_c(usual[i]), .follow = true });
		if (a && a->x.status == 200 && login_form_of(a->x.page))
			return a;
		answer_unref(a);
	}
	return NULL;
}

static bool names_cipher(struct str text)
{
	static const char *const words[] = { "md5", "sha1", "sha256", "sha512", "jsencrypt", "cryptojs", "encrypt", "rsa.js",
					     "rsakey", "rsautils", "sm2.", "sm3(", "sm4.", "bcrypt", "pbkdf2", NULL };
	return any_of(text, words);
}

/* Do scripts make another password of it before it goes (a hash, RSA)? Then a form sent
 * without them is a failed attempt for nothing. */
static bool scripts_make_password(const struct scan_page *p, const struct scan_form *f)
{
	for (size_t i = 0; i < f->fields_len; i++)
		if (is(&f->fields[i], "password") && str_empty(f->fields[i].name))
			return true; /* has no name: something else is sent */
	for (size_t i = 0; i < p->tags_len; i++) {
		const struct scan_tag *t = &p->tags[i];
		if (str_eq(t->name, STR("script")) && (names_cipher(scan_tag_attr(t, "src")) || names_cipher(t->inner)))
			return true;
	}
	return f->tag && names_cipher(scan_tag_attr(f->tag, "onsubmit"));
}

int login_http_form(struct run *r, enum person_id who, struct str *landed, struct error *e)
{
	const struct scan_login *l = r->people[who].login;
	int other = login_without_form(r, who, landed, e);
	if (other)
		return other > 0 ? 0 : -1;
	struct answer *a = page_with_form(r, who, l->url.len ? l->url : r->o.target);
	if (!a)
		return fail(e, "login.no-form", "没有找到登录表单，请填写登录页地址，或改用登录脚本、Cookie。",
			    "No log-in form was found: give the log-in page, or use a script or a cookie.");
	const struct scan_form *f = login_form_of(a->x.page);
	struct form_value with[2] = { 0 };
	size_t n = 0;
	int result = -1;
	for (size_t i = 0; i < f->fields_len; i++) {
		const struct scan_field *d = &f->fields[i];
		if (is(d, "password")) {
			with[1] = (struct form_value){ d->name, l->password, false };
			break;
		}
		if (is(d, "text") || is(d, "email") || is(d, "tel") || is(d, "number") || is(d, "search")) {
			with[0] = (struct form_value){ d->name, l->user, false };
			n = 1;
		}
	}
	if (n == 0) /* a password alone */
		with[0] = with[1];
	if (wants_captcha(f)) {
		fail(e, "login.captcha", "登录页有验证码，无法自动登录；请在浏览器中登录后改用 Cookie 或请求头方式。",
		     "The log-in page has a captcha: log in with your own browser and use its cookie or header here.");
	} else if (str_empty(f->action)) {
		fail(e, "login.no-form", "登录表单由脚本提交，需要浏览器。", "The log-in form is sent by a script: a browser is needed.");
	} else if (scripts_make_password(a->x.page, f) && r->events->browser) {
		fail(e, "login.needs-browser", "登录页的脚本在提交前处理密码，由浏览器登录。",
		     "The log-in page's scripts change the password before it is sent: the browser logs in.");
	} else {
		struct answer *after = send_form(r, who, a, f, with, n + 1);
		if (after)
			login_take_token(r, who, after);
		result = after ? judge(l, after, a->x.page->visible, e)
			       : fail(e, "login.refused", "提交登录表单时没有收到应答。", "There was no answer to the log-in form.");
		if (result == 0) {
			*landed = arena_str(r->arena, after->x.url);
			if (who == AS_FIRST)
				r->login_page = arena_str(r->arena, a->x.url);
		}
		answer_unref(after);
	}
	answer_unref(a);
	return result;
}

/* ---- scripts ---- */

struct runner {
	struct run *r;
	enum person_id who;
	const struct scan_login *l;
	struct arena *a;
	struct answer *page;
	struct form_value with[40];
	size_t with_len;
};

static bool part_matches(const struct scan_tag *t, struct str sel)
{
	size_t n = 0;
	while (n < sel.len && sel.ptr[n] != '#' && sel.ptr[n] != '.' && sel.ptr[n] != '[')
		n++;
	if (n && !str_ieq(str_sub(sel, 0, n), t->name) && !str_eq(str_sub(sel, 0, n), STR("*")))
		return false;
	while (n < sel.len) {
		char kind = sel.ptr[n++];
		size_t from = n;
		if (kind == '[') {
			ssize_t end = str_chr(str_from(sel, n), ']');
			if (end < 0)
				return false;
			struct str body = str_sub(sel, n, n + (size_t)end), value = STR_NULL;
			ssize_t eq = str_chr(body, '=');
			if (eq >= 0) {
				value = str_from(body, (size_t)eq + 1);
				if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\''))
					value = str_sub(value, 1, value.len - 1);
				body = str_sub(body, 0, (size_t)eq);
			}
			char name[64];
			snprintf(name, sizeof(name), "%.*s", STR_ARG(body));
			struct str have = scan_tag_attr(t, name);
			if (!have.ptr || (value.ptr && !str_eq(have, value)))
				return false;
			n += (size_t)end + 1;
			continue;
		}
		while (n < sel.len && sel.ptr[n] != '#' && sel.ptr[n] != '.' && sel.ptr[n] != '[')
			n++;
		struct str word = str_sub(sel, from, n);
		if (kind == '#' ? !str_eq(scan_tag_attr(t, "id"), word) : !str_has(scan_tag_attr(t, "class"), word))
			return false;
	}
	return true;
}

static const struct scan_tag *element(struct runner *x, struct str sel)
{
	const struct scan_page *p = x->page ? x->page->x.page : NULL;
	ssize_t blank = str_rchr(sel, ' ');
	struct str last = blank < 0 ? sel : str_from(sel, (size_t)blank + 1); /* of a chain, the last */
	for (size_t i = 0; p && i < p->tags_len; i++) {
		const struct scan_tag *t = &p->tags[i];
		if (str_starts(sel, STR("text=")) ? (str_has(t->inner, str_from(sel, 5)) ||
						     str_has(scan_tag_attr(t, "value"), str_from(sel, 5))) &&
							    !str_eq(t->name, STR("script"))
						  : part_matches(t, last))
			return t;
	}
	return NULL;
}

static const struct scan_form *form_with(const struct scan_page *p, const struct scan_tag *t)
{
	for (size_t i = 0; p && i < p->forms_len; i++)
		for (size_t k = 0; k < p->forms[i].fields_len; k++)
			if (p->forms[i].fields[k].tag == t)
				return &p->forms[i];
	return NULL;
}

static int go(struct runner *x, struct str url)
{
	struct url u;
	const struct url *base = x->page ? &x->page->url : &x->r->target;
	if (url_parse(x->a, url, base, 0, &u, NULL) < 0)
		return -1;
	struct answer *next = session_fetch(x->r, &(struct fetch){ .who = x->who, .url = url_text(x->a, &u, URL_NO_FRAGMENT),
								   .follow = true });
	answer_unref(x->page);
	x->page = next;
	x->with_len = 0;
	return next ? 0 : -1;
}

static int click(struct runner *x, const struct scan_tag *t)
{
	const struct scan_form *f = form_with(x->page->x.page, t);
	struct str href = scan_tag_attr(t, "href");
	if (!f && href.len)
		return go(x, href);
	if (!f && x->page->x.page->forms_len) /* a button beside the form: the one that was filled in */
		f = login_form_of(x->page->x.page);
	if (!f)
		return -1;
	struct answer *next = send_form(x->r, x->who, x->page, f, x->with, x->with_len);
	if (!next)
		return -1;
	answer_unref(x->page);
	x->page = next;
	x->with_len = 0;
	return 0;
}

static bool holds(struct runner *x, const struct login_step *s)
{
	const struct scan_exchange *e = x->page ? &x->page->x : NULL;
	uint64_t n = 0;
	if (!e)
		return false;
	if (str_eq(s->what, STR("text")))
		return str_has(e->text, s->b);
	if (str_eq(s->what, STR("url")))
		return str_has(e->url, s->b);
	if (str_eq(s->what, STR("title")))
		return e->page && str_has(e->page->title, s->b);
	if (str_eq(s->what, STR("status")))
		return str_to_u64(s->b, &n) == 0 && (int)n == e->status;
	return element(x, s->b) != NULL;
}

static void step_error(struct error *e, const struct login_step *s, const char *zh, const char *en)
{
	struct str what = s->b.len && (s->verb == LOGIN_EXPECT || s->verb == LOGIN_EXPECT_NOT) ? s->b : s->a;
	error_set(e, "login.step", "第 %u 步（%s）：%s“%.*s”", "%u%s%s%.*s", s->line, login_verb_name(s->verb), zh, STR_ARG(what));
	if (e)
		snprintf(e->en, sizeof(e->en), "Step %u (%s): %s \"%.*s\"", s->line, login_verb_name(s->verb), en, STR_ARG(what));
}

static void set_header(struct runner *x, struct str name, struct str value)
{
	_cleanup_json_ json_t *list = json_array();
	json_t *h = json_object();
	json_put(h, "name", json_str(name));
	json_put(h, "value", json_str(value));
	json_array_append_new(list, h);
	people_learn_headers(x->r, x->who, list);
}

static int on_element(struct runner *x, const struct login_step *s, struct str value, struct error *e)
{
	const struct scan_tag *t = element(x, s->a);
	if (!t) {
		step_error(e, s, "页面上没有", "the page has no");
		return -1;
	}
	if (s->verb == LOGIN_CLICK || s->verb == LOGIN_ENTER) {
		if (click(x, t) == 0)
			return 0;
		step_error(e, s, "没有浏览器时无法点击", "without a browser it cannot be pressed:");
		return -1;
	}
	if (x->with_len < sizeof(x->with) / sizeof(x->with[0])) {
		struct str tick = scan_tag_attr(t, "value");
		x->with[x->with_len++] = (struct form_value){ arena_str(x->a, scan_tag_attr(t, "name")),
							      s->verb == LOGIN_CHECK ? arena_str(x->a, tick.len ? tick : STR("on"))
										     : value,
							      false };
	}
	return 0;
}

static int do_step(struct runner *x, const struct login_step *s, struct error *e)
{
	struct str value = login_script_text(x->a, s->b, x->l->user, x->l->password);
	switch (s->verb) {
	case LOGIN_GOTO:
		if (go(x, s->a) == 0)
			return 0;
		step_error(e, s, "打不开", "cannot open");
		return -1;
	case LOGIN_WAIT:
		return 0; /* nothing changes by itself */
	case LOGIN_EXPECT:
	case LOGIN_EXPECT_NOT:
		if (holds(x, s) == (s->verb == LOGIN_EXPECT))
			return 0;
		step_error(e, s, s->verb == LOGIN_EXPECT ? "没有出现" : "出现了", s->verb == LOGIN_EXPECT ? "there is no" : "there is");
		return -1;
	case LOGIN_HEADER:
		set_header(x, s->a, value);
		return 0;
	case LOGIN_COOKIE: {
		struct str line = arena_printf(x->a, "%.*s=%.*s; Path=/", STR_ARG(s->a), STR_ARG(value));
		cookie_jar_set(x->r->people[x->who].jar, &x->r->target, line, clock_wall_ms(x->r->clock));
		return 0;
	}
	default:
		return on_element(x, s, value, e);
	}
}

int login_http_script(struct run *r, enum person_id who, struct str *landed, struct error *e)
{
	struct runner x = { .r = r, .who = who, .l = r->people[who].login, .a = arena_new(16 * MIB) };
	const struct login_step *steps;
	size_t n;
	int result = login_script_parse(x.a, x.l->script, &steps, &n, e);
	if (result == 0 && steps[0].verb != LOGIN_GOTO && go(&x, x.l->url.len ? x.l->url : r->o.target) < 0)
		result = fail(e, "login.load", "打不开登录页。", "The log-in page cannot be opened.");
	for (size_t i = 0; i < n && result == 0; i++)
		result = do_step(&x, &steps[i], e);
	if (result == 0 && x.page)
		*landed = arena_str(r->arena, x.page->x.url);
	answer_unref(x.page);
	arena_free(x.a);
	return result;
}
