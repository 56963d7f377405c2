/* Forms that another site can submit in a visitor's name (CWE-352).
 * Active: the request that the crawler sent is sent again as a page of another site would: foreign
 * Origin and Referer, anti-CSRF tokens left out, made up, another user's, or all of it by GET. It
 * is believed to be accepted only when its answer is the one that the honest request gets, while
 * the same request without the session, which cannot be accepted, gets another; and it is reported
 * only when something changes: by what the form says, or by what it shows afterwards.
 * Passive: forms that change a password or move money, which are not sent, without any protection. */
#include "scan/checks/active_private.h"
#include "net/url.h"
#include "scan/form.h"
#include "scan/checks/passive_private.h"

/* Another value of the same make: digits for digits, hexadecimal for hexadecimal. */
static void put_alike(struct probe *p, struct buf *b, struct str v)
{
	bool hex = true;
	for (size_t i = 0; i < v.len; i++)
		hex = hex && (ascii_digit(v.ptr[i]) || (v.ptr[i] >= 'a' && v.ptr[i] <= 'f') || (v.ptr[i] >= 'A' && v.ptr[i] <= 'F'));
	for (size_t i = 0; i < v.len; i++) {
		char c = v.ptr[i];
		if (ascii_digit(c))
			buf_char(b, (char)('0' + probe_number(p, 0, 9)));
		else if (ascii_alpha(c))
			buf_char(b, (char)((c & 0x60) + 1 + (int)probe_number(p, 0, hex ? 5 : 25)));
		else
			url_form_encode(b, str_make(&c, 1));
	}
}

enum tokens { LEFT_OUT, MADE_UP, OF_ANOTHER };

/* One request, while it is tried. */
struct forgery {
	const struct scan_exchange *x, *good;
	struct str type, boundary; /* of the body as the form sends it */
	bool json;
	size_t tokens;
	struct str other_token; /* that the second user's form holds */
};

static void add_pair(struct buf *b, struct str name, struct str value)
{
	if (b->len)
		buf_char(b, '&');
	url_form_encode(b, name);
	buf_char(b, '=');
	url_form_encode(b, value);
}

static void add_field(struct probe *p, struct forgery *f, struct buf *b, struct str name, struct str v, enum tokens how, const struct scan_point *mark)
{
	bool token = form_is_token(name, v);
	f->tokens += token;
	if (token && how == LEFT_OUT)
		return;
	if (token && how == OF_ANOTHER) {
		add_pair(b, name, f->other_token);
	} else if (token) {
		if (b->len)
			buf_char(b, '&');
		url_form_encode(b, name);
		buf_char(b, '=');
		put_alike(p, b, v);
	} else {
		add_pair(b, name, mark && str_eq(mark->name, name) ? mark->value : v);
	}
}

/* The fields as a plain form of another site would send them. */
static struct str fields_of(struct probe *p, struct forgery *f, enum tokens how, const struct scan_point *mark)
{
	struct str body = f->x->request_body;
	struct active_part m;
	struct buf b;
	f->tokens = 0;
	buf_init(&b, 2 * 1024 * 1024);
	if (f->boundary.ptr) {
		while (active_next_part(f->boundary, &body, &m))
			add_field(p, f, &b, m.name, m.value, how, mark);
	} else {
		struct url_pairs pairs = url_pairs_split(probe_arena(p), body);
		for (size_t i = 0; i < pairs.len; i++)
			add_field(p, f, &b, url_form_decode(probe_arena(p), pairs.ptr[i].name), url_form_decode(probe_arena(p), pairs.ptr[i].value), how, mark);
	}
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

/* As a page of another site sends it. Which: 0 plainly, 1 from nowhere (a sandboxed frame, no referrer),
 * 2 from a name that begins with ours and has it in its path. */
static int foreign(struct probe *p, const struct forgery *f, struct str body, int which, bool get, const struct scan_exchange **ret)
{
	const struct scan_exchange *x = f->x;
	struct str site = probe_printf(p, "https://%.*s.example", STR_ARG(probe_word(p, 8)));
	struct scan_header h[3] = { { STR_INIT("Sec-Fetch-Site"), STR("cross-site") } };
	struct scan_mutation m = { .headers = h, .headers_len = 3, .follow = 1, .fresh = true };
	if (which == 2)
		site = probe_printf(p, "%.*s://%.*s.%.*s.example", STR_ARG(x->scheme), STR_ARG(x->host), STR_ARG(probe_word(p, 8)));
	h[1] = (struct scan_header){ STR("Origin"), which == 1 ? STR("null") : site };
	h[2] = (struct scan_header){ STR("Referer"), which == 1 ? STR("") : probe_printf(p, "%.*s/%.*s/", STR_ARG(site), STR_ARG(x->host)) };
	if (which == 0)
		h[2].value = probe_printf(p, "%.*s/", STR_ARG(site));
	if (get) {
		m.method = STR("GET");
		m.url = probe_printf(p, "%.*s%.*s?%.*s", STR_ARG(x->origin), STR_ARG(x->path), STR_ARG(body));
	} else {
		m.body_set = true;
		m.body = body;
		m.content_type = f->json ? STR("text/plain") : STR("application/x-www-form-urlencoded");
	}
	return probe_send(p, &m, ret);
}

static int honest(struct probe *p, const struct forgery *f, bool nobody, const struct scan_exchange **ret)
{
	return probe_send(p, &(struct scan_mutation){ .body_set = true, .body = f->x->request_body, .content_type = f->type, .tokens = true,
						      .no_cookies = nobody, .follow = 1, .fresh = true }, ret);
}

/* Twice the answer of the honest request. */
static bool accepted(struct probe *p, const struct forgery *f, struct str body, int which, bool get, const struct scan_exchange **ret)
{
	for (int i = 0; i < 2; i++)
		if (foreign(p, f, body, which, get, ret) < 0 || !probe_same(p, f->good, STR(""), *ret, STR("")))
			return false;
	return true;
}

static const struct scan_form *form_on(const struct scan_exchange *page, struct str action)
{
	for (size_t i = 0; page && page->page && i < page->page->forms_len; i++)
		if (str_eq(page->page->forms[i].action, action))
			return &page->page->forms[i];
	return NULL;
}

/* The words on the form that leads here: what would pressing its button do? */
static struct str form_words(struct probe *p)
{
	const struct scan_exchange *page;
	struct str from = probe_from(p);
	if (!from.len || probe_send(p, &(struct scan_mutation){ .url = from }, &page) < 0)
		return STR("");
	const struct scan_form *f = form_on(page, probe_base(p)->url);
	return f ? f->text : STR("");
}

/* The token that the second user finds in the same form. */
static struct str token_of_second(struct probe *p)
{
	const struct scan_exchange *page;
	struct str from = probe_from(p);
	if (!from.len || !probe_has_second(p) ||
	    probe_send(p, &(struct scan_mutation){ .url = from, .as_second = true, .fresh = true }, &page) < 0)
		return STR("");
	const struct scan_form *f = form_on(page, probe_base(p)->url);
	for (size_t i = 0; f && i < f->fields_len; i++)
		if (form_is_token(f->fields[i].name, f->fields[i].value))
			return f->fields[i].value;
	return STR("");
}

static bool only_asks(struct str text)
{
	static const char *const words[] = { "search", "find", "query", "filter", "look up", "搜索", "查询", "检索", "查找", "筛选",
					     "搜一下", "login", "log in", "sign in", "登录", "subscribe", "订阅" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(text, str_c(words[i])))
			return true;
	return false;
}

static bool for_strangers(struct str body)
{
	static const char *const words[] = { "search", "keyword", "query" };
	size_t passwords = 0;
	struct str pair, rest = body;
	while (str_split(&rest, '&', &pair))
		passwords += str_ihas(pair, STR("pass")) || str_ihas(pair, STR("pwd"));
	if (passwords == 1)
		return true; /* a log-in */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_istarts(body, str_c(words[i])))
			return true;
	return false;
}

static bool has_word(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_ihas(s, str_c(*words)))
			return true;
	return false;
}

static const char *const kept_names[] = { "passw", "pwd", "mail", "phone", "mobile", "amount", "transfer", "addr", "role", "admin", "secret",
					  "nick", "profile", "avatar", "setting", "price", "birthday", "idcard", "realname", "motto", "bio", NULL };
static const char *const change_words[] = { "change", "update", "save", "delete", "remove", "transfer", "edit", "create", "settings", "profile",
					    "修改", "更改", "保存", "更新", "设置", "删除", "转账", "支付", "绑定", "发布", "新增", "编辑", NULL };

/* By its names and words the form changes something of the visitor's. */
static bool says_so(const struct forgery *f, struct str words)
{
	struct str body = f->x->request_body, pair;
	struct active_part m;
	if (has_word(words, change_words))
		return true;
	if (f->boundary.ptr) {
		while (active_next_part(f->boundary, &body, &m))
			if (has_word(m.name, kept_names))
				return true;
		return false;
	}
	while (str_split(&body, f->json ? ',' : '&', &pair)) {
		ssize_t eq = str_chr(pair, f->json ? ':' : '=');
		if (has_word(eq < 0 ? pair : str_sub(pair, 0, (size_t)eq), kept_names))
			return true;
	}
	return false;
}

/* What the forged request sent stands on the form, asked for again. */
static bool remembered(struct probe *p, struct forgery *f, enum tokens how, int which, bool get)
{
	struct str from = probe_from(p), body = f->x->request_body, name = STR("");
	const struct scan_exchange *r;
	struct active_part m;
	struct scan_point mark = { .value = probe_word(p, 8) };
	if (!from.len || f->json)
		return false;
	struct url_pairs pairs = url_pairs_split(probe_arena(p), f->boundary.ptr ? STR("") : body);
	for (size_t i = 0; i < pairs.len && !name.len; i++) {
		struct str n = url_form_decode(probe_arena(p), pairs.ptr[i].name), v = url_form_decode(probe_arena(p), pairs.ptr[i].value);
		if (!form_is_token(n, v) && !active_plain_number(v) && !str_ihas(n, STR("submit")) && !str_ihas(n, STR("action")))
			name = n;
	}
	while (f->boundary.ptr && !name.len && active_next_part(f->boundary, &body, &m))
		if (!m.file.ptr && !form_is_token(m.name, m.value) && !active_plain_number(m.value))
			name = m.name;
	mark.name = name;
	return name.len && foreign(p, f, fields_of(p, f, how, &mark), which, get, &r) == 0 &&
	       probe_send(p, &(struct scan_mutation){ .url = from, .fresh = true }, &r) == 0 && str_has(active_content(r), mark.value);
}

/* The session's cookie does not travel with requests of other sites. */
static bool stays_at_home(const struct scan_exchange *x, const struct scan_exchange *seen, bool get)
{
	size_t at = 0;
	struct str v, have = scan_header_get(&x->request_headers, "cookie");
	while (scan_header_next(&seen->headers, "set-cookie", &at, &v)) {
		ssize_t eq = str_chr(v, '=');
		if (eq > 0 && str_has(have, str_sub(v, 0, (size_t)eq + 1)) &&
		    (str_ihas(v, STR("samesite=strict")) || (!get && str_ihas(v, STR("samesite=lax")))))
			return true;
	}
	return false;
}

/* Which forged request is taken? -1: none. */
static int forge(struct probe *p, struct forgery *f, enum tokens *how, bool *get, const struct scan_exchange **ret)
{
	struct str dry = f->json ? f->x->request_body : fields_of(p, f, LEFT_OUT, NULL);
	size_t tokens = f->json ? 0 : f->tokens;
	*get = false;
	for (int which = 0; which < 3; which++) {
		*how = LEFT_OUT;
		if (accepted(p, f, dry, which, false, ret))
			return which;
		*how = MADE_UP;
		if (tokens && which != 1 && accepted(p, f, fields_of(p, f, MADE_UP, NULL), which, false, ret))
			return which;
	}
	f->other_token = tokens ? token_of_second(p) : STR("");
	*how = OF_ANOTHER;
	if (f->other_token.len && accepted(p, f, fields_of(p, f, OF_ANOTHER, NULL), 0, false, ret))
		return 0;
	*how = LEFT_OUT;
	*get = true;
	return !f->json && accepted(p, f, dry, 0, true, ret) ? 0 : -1;
}

static void tell(struct probe *p, const struct scan_exchange *bare, size_t tokens, enum tokens how, int which, bool get)
{
	static const char *const zh[] = { "表单没有令牌，服务器也不检查请求来自哪个网站。", "表单带有令牌，但服务器并不检查它。",
					  "另一个账号的令牌也被接受：令牌没有与会话绑定。", "改用 GET 提交时不检查令牌。",
					  "服务器检查来源，但不带来源（Origin: null）的请求被接受。",
					  "服务器检查来源，但以本站名称开头或路径中含有本站名称的来源被接受。" };
	static const char *const en[] = { "The form carries no token, and the server does not check which site sent it.",
					  "The form carries a token, but the server does not check it.",
					  "Another account's token is accepted: tokens are not bound to the session.",
					  "Sent by GET, the token is not checked.",
					  "The server checks the origin, but takes requests that name none (Origin: null).",
					  "The server checks the origin, but takes one that begins with its name or has it in the path." };
	int i = get ? 3 : how == OF_ANOTHER ? 2 : which == 1 ? 4 : which == 2 ? 5 : tokens ? 1 : 0;
	probe_report(p, &(struct scan_report){
				.exchange = bare,
				.proof = STR("以其他网站的来源提交，得到与正常提交相同的结果；不带会话提交则不同。same answer from a foreign origin, "
					     "another one without the session"),
				.detail_zh = str_c(zh[i]),
				.detail_en = str_c(en[i]) });
}

static void probe_csrf(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *again, *nobody, *bare;
	struct forgery f = { .x = x, .type = scan_header_get(&x->request_headers, "content-type") };
	enum tokens how;
	bool get;
	f.boundary = active_boundary(f.type);
	f.json = str_istarts(f.type, STR("application/json"));
	bool form = str_istarts(f.type, STR("application/x-www-form-urlencoded")) || (f.boundary.ptr && !str_has(x->request_body, STR("filename=\"")));
	if (!probe_has_session(p) || !str_eq(x->method, STR("POST")) || (!form && !f.json) || for_strangers(x->request_body) || x->status >= 400)
		return;
	/* A header that scripts of other sites cannot set protects as well as a token. */
	if (scan_header_get(&x->request_headers, "x-requested-with").ptr || scan_header_get(&x->request_headers, "authorization").ptr)
		return;
	struct str words = form_words(p);
	if (only_asks(words))
		return;
	if (honest(p, &f, false, &f.good) < 0 || f.good->status >= 400 || honest(p, &f, false, &again) < 0 ||
	    !probe_same(p, f.good, STR(""), again, STR("")))
		return;
	if (honest(p, &f, true, &nobody) < 0 || probe_same(p, f.good, STR(""), nobody, STR("")))
		return; /* whoever asks gets this: nothing to be gained in a visitor's name */
	int which = forge(p, &f, &how, &get, &bare);
	if (which < 0 || stays_at_home(x, bare, get) || stays_at_home(x, nobody, get))
		return;
	if (says_so(&f, words) || remembered(p, &f, how, which, get))
		tell(p, bare, f.tokens, how, which, get);
}

const struct scan_check check_csrf = {
	.id = "csrf",
	.title_zh = "跨站请求伪造（CSRF）",
	.title_en = "Cross-site request forgery",
	.severity = SEVERITY_MEDIUM,
	.cwe = 352,
	.owasp = "A01:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_request = probe_csrf,
};

/* ---- passive ---- */

static bool protects(const struct scan_field *d)
{
	static const char *const words[] = { "csrf", "xsrf", "token", "nonce", "captcha", "vcode", "yzm", "verif", "authenticity", "formhash",
					     "_wpnonce", "otp", "sign", "old", "curr", "orig", "原密码", "__viewstate", NULL };
	return has_word(d->name, words) || has_word(d->placeholder, words);
}

/* Does the form change a password, or move money? One that asks for a name as well is for strangers. */
static bool grave(const struct scan_form *f)
{
	static const char *const money[] = { "amount", "transfer", "money", "金额", NULL };
	static const char *const who[] = { "user", "login", "mail", "captcha", NULL };
	size_t passwords = 0, fresh = 0, amounts = 0, names = 0;
	for (size_t i = 0; i < f->fields_len; i++) {
		const struct scan_field *d = &f->fields[i];
		bool typed = str_eq(d->type, STR("text")) || str_eq(d->type, STR("email")) || str_eq(d->type, STR("number"));
		if (protects(d))
			return false;
		passwords += str_eq(d->type, STR("password"));
		fresh += str_eq(d->type, STR("password")) && (str_ihas(d->name, STR("new")) || str_ihas(d->name, STR("conf")));
		amounts += typed && has_word(d->name, money);
		names += typed && has_word(d->name, who);
	}
	return (passwords == 2 && !names) || (passwords == 1 && fresh && !names) ||
	       (amounts && form_danger_of(f) == FORM_PAYMENT) || (amounts && str_eq(f->method, STR("GET")) && f->fields_len <= 6);
}

static bool meta_token(const struct scan_page *page)
{
	size_t at = 0;
	const struct scan_tag *t;
	while ((t = scan_page_tag(page, "meta", &at)))
		if (str_ihas(scan_tag_attr(t, "name"), STR("csrf")) || str_ihas(scan_tag_attr(t, "name"), STR("xsrf")))
			return true;
	return false;
}

/* A riddle drawn by a script: what is typed or ticked there goes with the form, and no other site has it. */
static bool has_riddle(const struct scan_page *page)
{
	static const char *const marks[] = { "recaptcha", "h-captcha", "hcaptcha", "cf-turnstile", "geetest", "tencentcaptcha", "nc-container",
					     "yidun", "aliyuncaptcha", "captcha", NULL };
	for (size_t i = 0; i < page->tags_len; i++) {
		const struct scan_tag *t = &page->tags[i];
		bool shown = str_eq(t->name, STR("div")) || str_eq(t->name, STR("script")) || str_eq(t->name, STR("img")) || str_eq(t->name, STR("iframe"));
		if (scan_tag_attr(t, "data-sitekey").len ||
		    (shown && (has_word(scan_tag_attr(t, "class"), marks) || has_word(scan_tag_attr(t, "id"), marks) || has_word(scan_tag_attr(t, "src"), marks))))
			return true;
	}
	return false;
}

static void look_grave(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) || !scan_ctx_has_session(c, x) || meta_token(x->page) || has_riddle(x->page))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];
		/* without method and action a script sends it, with headers of its own */
		bool scripted = !scan_tag_attr(f->tag, "method").ptr && !scan_tag_attr(f->tag, "action").ptr;
		if (scripted || !grave(f))
			continue;
		scan_report(c, &(struct scan_report){ .exchange = x,
						      .proof = str_sub(x->text, f->tag->at, f->tag->end),
						      .place_key = f->action,
						      .confidence_set = true,
						      .confidence = CONFIDENCE_FIRM });
	}
}

const struct scan_check check_csrf_form = {
	.id = "csrf-form",
	.title_zh = "修改口令或转账的表单疑似可被跨站提交",
	.title_en = "A form that changes a password or moves money can probably be submitted by other sites",
	.severity = SEVERITY_MEDIUM,
	.cwe = 352,
	.owasp = "A01:2021",
	.place = PLACE_PAGE,
	.on_page = look_grave,
};

/* ---- a new password without the old one ---- */

static void look_change(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const old[] = { "old", "curr", "orig", "原密码", "旧密码", "当前密码", "existing", NULL };
	static const char *const link[] = { "token", "code", "key", "reset", "ticket", NULL }; /* whoever comes by mail has no old one */
	if (!passive_is_page(x) || !scan_ctx_has_session(c, x) || has_word(x->query, link) || has_word(x->path, link))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];
		size_t passwords = 0, names = 0;
		bool asked = false;
		for (size_t k = 0; k < f->fields_len; k++) {
			const struct scan_field *d = &f->fields[k];
			passwords += str_eq(d->type, STR("password"));
			names += (str_eq(d->type, STR("text")) || str_eq(d->type, STR("email"))) && !has_word(d->name, old);
			asked = asked || has_word(d->name, old) || has_word(d->placeholder, old);
		}
		if (passwords == 2 && !names && !asked)
			scan_report(c, &(struct scan_report){ .exchange = x,
							      .proof = str_sub(x->text, f->tag->at, f->tag->end),
							      .place_key = f->action,
							      .confidence_set = true,
							      .confidence = CONFIDENCE_FIRM });
	}
}

const struct scan_check check_password_change_unconfirmed = {
	.id = "password-change-unconfirmed",
	.title_zh = "修改口令不要求输入原口令",
	.title_en = "A password is changed without asking for the old one",
	.severity = SEVERITY_LOW,
	.cwe = 620,
	.owasp = "A07:2021",
	.place = PLACE_PAGE,
	.on_page = look_change,
};
