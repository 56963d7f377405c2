/* Passive: forms that give away what they collect, or that another site can submit
 * in a visitor's name. */
#include "scan/checks/passive_private.h"

static const struct scan_field *password_field(const struct scan_form *f)
{
	for (size_t i = 0; i < f->fields_len; i++)
		if (str_eq(f->fields[i].type, STR("password")))
			return &f->fields[i];
	return NULL;
}

static struct str tag_text(const struct scan_exchange *x, const struct scan_tag *t)
{
	return t ? str_sub(x->text, t->at, t->end) : STR_NULL;
}

static void look_plain(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) || passive_is_secure(x))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_field *f = password_field(&x->page->forms[i]);

		if (f)
			passive_report(c, x, tag_text(x, f->tag), f->name);
	}
}

const struct scan_check check_password_over_http = {
	.id = "password-over-http",
	.title_zh = "登录口令经明文 HTTP 传输",
	.title_en = "Password entered on a plain HTTP page",
	.severity = SEVERITY_MEDIUM,
	.cwe = 319,
	.owasp = "A02:2021",
	.place = PLACE_PAGE,
	.on_page = look_plain,
};

static void look_get(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *form = &x->page->forms[i];
		const struct scan_field *f = password_field(form);
		/* A form without method and action is driven by a script, which decides itself. */
		bool scripted = !scan_tag_attr(form->tag, "method").ptr &&
				!scan_tag_attr(form->tag, "action").ptr;

		if (f && !str_empty(f->name) && str_eq(form->method, STR("GET")) && !scripted)
			passive_report(c, x, tag_text(x, form->tag), f->name);
	}
}

const struct scan_check check_form_password_get = {
	.id = "form-password-get",
	.title_zh = "口令表单以 GET 提交，口令会留在网址和日志里",
	.title_en = "Password form uses GET: the password ends up in addresses and logs",
	.severity = SEVERITY_MEDIUM,
	.cwe = 598,
	.owasp = "A04:2021",
	.place = PLACE_PAGE,
	.on_page = look_get,
};

static struct str origin_of(struct str url)
{
	ssize_t at = str_find(url, STR("://"));

	if (at < 0)
		return STR_NULL;
	size_t end = (size_t)at + 3;

	while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?')
		end++;
	return str_sub(url, 0, end);
}

static void look_external(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *form = &x->page->forms[i];
		struct str to = origin_of(form->action);

		if (password_field(form) && to.ptr && !str_ieq(to, x->origin))
			passive_report(c, x, tag_text(x, form->tag), form->action);
	}
}

const struct scan_check check_form_external_password = {
	.id = "form-external-password",
	.title_zh = "口令表单提交到其他站点",
	.title_en = "Password form submits to another origin",
	.severity = SEVERITY_LOW,
	.cwe = 522,
	.owasp = "A04:2021",
	.place = PLACE_PAGE,
	.on_page = look_external,
};

static bool token_field(const struct scan_form *f)
{
	static const char *const words[] = {
		"csrf",         "xsrf",     "token",    "nonce", "__requestverification",
		"authenticity", "_wpnonce", "formhash", "hash",  "sign",
		"__viewstate"
	};

	for (size_t i = 0; i < f->fields_len; i++)
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (str_ihas(f->fields[i].name, str_c(words[k])))
				return true;
	return false;
}

static bool meta_token(const struct scan_page *p)
{
	size_t at = 0;
	const struct scan_tag *t;

	while ((t = scan_page_tag(p, "meta", &at)))
		if (str_ihas(scan_tag_attr(t, "name"), STR("csrf")) ||
		    str_ihas(scan_tag_attr(t, "name"), STR("xsrf")))
			return true;
	return false;
}

/* Forms that serve strangers: nobody gains by submitting them in a visitor's name. */
static bool stranger_form(const struct scan_form *f)
{
	size_t passwords = 0;

	for (size_t i = 0; i < f->fields_len; i++)
		passwords += str_eq(f->fields[i].type, STR("password"));
	if (passwords == 1) /* log-in; changing a password takes two */
		return true;
	for (size_t i = 0; i < f->fields_len; i++) {
		/* comments and enquiries of people who give their address: no account is used */
		const struct scan_field *d = &f->fields[i];
		if (str_eq(d->type, STR("email")) || str_ihas(d->name, STR("captcha")) || str_ihas(d->name, STR("comment_post")))
			return true;
	}
	return f->fields_len <= 2 &&
	       (str_ihas(f->text, STR("search")) || str_has(f->text, STR("搜索")) ||
		str_has(f->text, STR("查询")));
}

static void look_csrf(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) || !scan_ctx_has_session(c, x) || meta_token(x->page))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];

		size_t passwords = 0;

		for (size_t k = 0; k < f->fields_len; k++)
			passwords += str_eq(f->fields[k].type, STR("password"));
		/* a password that is changed by GET is changed all the same */
		if ((!str_eq(f->method, STR("POST")) && passwords < 2) || f->fields_len == 0 ||
		    token_field(f) || stranger_form(f))
			continue;
		scan_report(c, &(struct scan_report){ .exchange = x,
						      .proof = tag_text(x, f->tag),
						      .place_key = f->action,
						      .confidence_set = true,
						      .confidence = CONFIDENCE_TENTATIVE });
	}
}

/* What a browser takes as a rule against framing; a rule it does not know is none. */
static bool may_be_framed(const struct scan_exchange *x)
{
	size_t at = 0;
	struct str v;
	while (scan_header_next(&x->headers, "content-security-policy", &at, &v))
		if (str_ihas(v, STR("frame-ancestors")))
			return str_ihas(v, STR("frame-ancestors *"));
	v = str_trim(scan_header_get(&x->headers, "x-frame-options"));
	return !str_ieq(v, STR("deny")) && !str_ieq(v, STR("sameorigin"));
}

/* Only what a click of a logged-in visitor would do is worth stealing. */
static void look_clickjacking(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) || !scan_ctx_has_session(c, x) || !may_be_framed(x))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];

		if (!str_eq(f->method, STR("POST")) || f->fields_len == 0 || stranger_form(f))
			continue;
		passive_report(c, x, tag_text(x, f->tag), STR_NULL);
		return;
	}
}

const struct scan_check check_clickjacking = {
	.id = "clickjacking",
	.title_zh = "点击劫持：改动数据的页面可被其他网站嵌入",
	.title_en = "Clickjacking: a page that changes data can be framed",
	.severity = SEVERITY_LOW,
	.cwe = 1021,
	.owasp = "A04:2021",
	.place = PLACE_SITE,
	.on_page = look_clickjacking,
};

const struct scan_check check_form_no_csrf_token = {
	.id = "form-no-csrf-token",
	.title_zh = "提交表单没有防跨站请求伪造的令牌",
	.title_en = "Form without an anti-CSRF token",
	.severity = SEVERITY_INFO,
	.cwe = 352,
	.owasp = "A01:2021",
	.place = PLACE_PAGE,
	.on_page = look_csrf,
};

static void look_basic(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str v = scan_header_get(&x->headers, "www-authenticate");

	if (!passive_is_secure(x) && str_istarts(str_trim(v), STR("basic")))
		passive_report(c, x, v, STR_NULL);
}

const struct scan_check check_basic_auth_http = {
	.id = "basic-auth-http",
	.title_zh = "明文 HTTP 上使用 Basic 认证",
	.title_en = "Basic authentication over plain HTTP",
	.severity = SEVERITY_MEDIUM,
	.cwe = 319,
	.owasp = "A02:2021",
	.place = PLACE_DIR,
	.on_exchange = look_basic,
};
