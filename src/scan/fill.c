/* Filling forms in: what a willing visitor would type, from a table by name and type,
 * so that validation lets it pass; and telling by words which forms and links must be
 * left alone. Every run fills the same. */
#include "base/limits.h"
#include "base/vec.h"
#include "net/url.h"
#include "scan/form.h"

/* First row whose word stands in the lower-case field name wins. */
static const struct {
	const char *word, *value;
} values_by_name[] = {
	{ "mail", "scan@example.com" },
	{ "captcha", "1234" }, { "vcode", "1234" }, { "verify", "1234" }, { "yzm", "1234" },
	{ "idcard", "11010519491231002X" }, { "sfz", "11010519491231002X" },
	{ "mobile", "13800138000" }, { "phone", "13800138000" }, { "tel", "13800138000" },
	{ "shouji", "13800138000" }, { "fax", "01088886666" },
	{ "pass", "Scan-2468" }, { "pwd", "Scan-2468" },
	{ "birth", "1990-01-01" }, { "date", "2024-01-15" }, { "time", "08:30" },
	{ "year", "2024" }, { "month", "1" }, { "day", "15" },
	{ "zip", "100000" }, { "post", "100000" },
	{ "addr", "Beijing Road 1" }, { "city", "Beijing" }, { "country", "China" },
	{ "province", "Beijing" }, { "company", "Example" },
	{ "url", "http://example.com/" }, { "website", "http://example.com/" },
	{ "link", "http://example.com/" },
	{ "age", "30" }, { "num", "1" }, { "qty", "1" }, { "amount", "1" }, { "price", "1" },
	{ "count", "1" }, { "page", "1" }, { "limit", "10" }, { "size", "10" },
	{ "user", "scanner" }, { "login", "scanner" }, { "nick", "scanner" }, { "name", "scanner" },
	{ "title", "hello" }, { "subject", "hello" }, { "comment", "hello" },
	{ "message", "hello" }, { "content", "hello" }, { "mtx", "hello" }, { "txt", "hello" },
	{ "text", "hello" }, { "note", "hello" }, { "msg", "hello" }, { "entry", "hello" }, { "remark", "hello" },
	{ "search", "test" }, { "keyword", "test" }, { "query", "test" },
	{ "ip", "127.0.0.1" }, { "host", "127.0.0.1" },
	{ "id", "1" },
};

static const struct {
	const char *type, *value;
} values_by_type[] = {
	{ "email", "scan@example.com" }, { "tel", "13800138000" }, { "url", "http://example.com/" },
	{ "number", "1" },	{ "range", "1" },	    { "date", "2024-01-15" },
	{ "time", "08:30" },	{ "datetime-local", "2024-01-15T08:30" },
	{ "month", "2024-01" }, { "week", "2024-W03" }, { "color", "#336699" },
	{ "password", "Scan-2468" }, { "search", "test" }, { "textarea", "hello" },
};

struct str form_guess(struct str name, struct str type)
{
	for (size_t i = 0; i < ARRAY_SIZE(values_by_type); i++)
		if (str_eq(type, str_c(values_by_type[i].type)))
			return str_c(values_by_type[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(values_by_name); i++)
		if (str_ihas(name, str_c(values_by_name[i].word)))
			return str_c(values_by_name[i].value);
	return STR("1");
}

static bool is(const struct scan_field *f, const char *type)
{
	return str_eq(f->type, str_c(type));
}

/* A list that may be left alone: its first option is empty, and none was chosen before. */
static bool optional_list(const struct scan_field *f)
{
	if (!is(f, "select") || f->required || str_empty(f->name) || f->disabled)
		return false;
	return f->options_len > 1 && str_empty(f->options[0]);
}

static bool optional_text(const struct scan_field *f)
{
	return (is(f, "text") || is(f, "search")) && !f->required && !f->disabled && !str_empty(f->name) &&
	       str_empty(f->value);
}

static bool either_or(const struct scan_form *form)
{
	bool list = false, text = false;
	for (size_t i = 0; i < form->fields_len; i++) {
		list = list || optional_list(&form->fields[i]);
		text = text || optional_text(&form->fields[i]);
	}
	return list && text;
}

/* Is there a button that does not say it deletes? */
static bool other_button(const struct scan_form *form)
{
	for (size_t i = 0; i < form->fields_len; i++)
		if (is(&form->fields[i], "submit") && !form->fields[i].leave)
			return true;
	return false;
}

/* The value to send, or .ptr NULL: the field is not sent. */
static struct str value_of(const struct scan_form *form, size_t at, enum form_choice choice, bool *submit_used)
{
	const struct scan_field *f = &form->fields[at];
	if (str_empty(f->name) || f->disabled || is(f, "reset") || is(f, "button"))
		return STR_NULL;
	struct str own = f->value.ptr ? f->value : STR("");
	if ((choice == FORM_TYPED && optional_list(f)) || (choice == FORM_CHOSEN && optional_text(f)))
		return STR("");
	if (is(f, "submit") || is(f, "image")) {
		if (*submit_used || (f->leave && other_button(form)))
			return STR_NULL;
		*submit_used = true;
		return own;
	}
	if (is(f, "hidden") || is(f, "select"))
		return own;
	if (is(f, "radio")) {
		for (size_t i = 0; i < form->fields_len; i++) {
			const struct scan_field *o = &form->fields[i];
			if (!is(o, "radio") || !str_eq(o->name, f->name))
				continue;
			if (i < at && !f->checked)
				return STR_NULL; /* the first of the group was sent, or a checked one is */
			if (o->checked && i != at)
				return STR_NULL;
		}
		return f->value.ptr ? own : STR("on");
	}
	if (is(f, "checkbox") && f->leave)
		return STR_NULL;
	if (is(f, "checkbox"))
		return f->value.ptr ? own : STR("on");
	if (is(f, "file"))
		return STR("zhanwei-scan.txt");
	struct str v = str_empty(own) ? form_guess(f->name, f->type) : own;
	return f->maxlength && v.len > f->maxlength ? str_sub(v, 0, f->maxlength) : v;
}

/* Names as browsers write them (WHATWG, multipart/form-data): a quote or a line end would end the name. */
static void put_name(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"' || name.ptr[i] == '\r' || name.ptr[i] == '\n')
			buf_printf(b, "%%%02X", (unsigned)name.ptr[i]);
		else
			buf_char(b, name.ptr[i]);
	}
}

/* Every run sends the same bytes, so the boundary comes from the names; it is in no name and no value,
 * whatever the page has put there. */
static struct str boundary_for(struct arena *a, const struct form_value *v, size_t n)
{
	uint64_t h = n;
	for (size_t i = 0; i < n; i++)
		h = h * 31 + str_hash(v[i].name);
	for (;; h = h * 6364136223846793005ull + 1442695040888963407ull) {
		struct str boundary = arena_printf(a, "----zhanwei%016llx", (unsigned long long)h);
		size_t i = 0;
		while (i < n && !str_has(v[i].name, boundary) && !str_has(v[i].value, boundary))
			i++;
		if (i == n)
			return boundary;
	}
}

static void put_part(struct buf *b, struct str boundary, const struct form_value *v)
{
	buf_printf(b, "--%.*s\r\nContent-Disposition: form-data; name=\"", STR_ARG(boundary));
	put_name(b, v->name);
	if (!v->file) {
		buf_c(b, "\"\r\n\r\n");
		buf_str(b, v->value);
	} else {
		buf_c(b, "\"; filename=\"");
		put_name(b, v->value);
		buf_c(b, v->value.len ? "\"\r\nContent-Type: text/plain\r\n\r\nscan" :
					"\"\r\nContent-Type: application/octet-stream\r\n\r\n");
	}
	buf_c(b, "\r\n");
}

void form_encode(struct arena *a, const struct form_value *v, size_t n, bool multipart,
		 struct str *ret_body, struct str *ret_type)
{
	struct str boundary = multipart ? boundary_for(a, v, n) : STR_NULL;
	_cleanup_buf_ struct buf b;
	buf_init(&b, 2 * MIB);
	for (size_t i = 0; i < n; i++) {
		if (multipart) {
			put_part(&b, boundary, &v[i]);
			continue;
		}
		if (i)
			buf_char(&b, '&');
		url_form_encode(&b, v[i].name);
		buf_char(&b, '=');
		url_form_encode(&b, v[i].value);
	}
	if (multipart)
		buf_printf(&b, "--%.*s--\r\n", STR_ARG(boundary));
	*ret_body = arena_str(a, buf_view(&b));
	*ret_type = multipart ? arena_printf(a, "multipart/form-data; boundary=%.*s", STR_ARG(boundary)) :
				STR("application/x-www-form-urlencoded");
}

bool form_fill(struct arena *a, const struct scan_form *f, enum form_choice choice, struct form_submission *ret)
{
	if (str_empty(f->action) || (choice != FORM_FULL && !either_or(f)))
		return false;
	struct form_value *list = arena_array(a, f->fields_len + 1, sizeof(*list));
	size_t n = 0;
	bool submit_used = false, file = false;
	for (size_t i = 0; i < f->fields_len; i++) {
		struct str v = value_of(f, i, choice, &submit_used);
		if (!v.ptr)
			continue;
		list[n++] = (struct form_value){ f->fields[i].name, v, is(&f->fields[i], "file") };
		file = file || is(&f->fields[i], "file");
	}
	if (n == 0 && str_eq(f->method, STR("GET")))
		return false;
	*ret = (struct form_submission){ .method = f->method, .url = f->action, .values = list, .values_len = n };
	bool post = str_eq(f->method, STR("POST"));
	bool multipart = post && (file || str_eq(f->enctype, STR("multipart/form-data")));
	struct str body, type;
	form_encode(a, list, n, multipart, &body, &type);
	if (post) {
		ret->body = body;
		ret->content_type = type;
		return true;
	}
	ssize_t mark = str_chr(f->action, '?');
	ret->url = arena_printf(a, "%.*s?%.*s", (int)(mark < 0 ? f->action.len : (size_t)mark), f->action.ptr,
				STR_ARG(body));
	return true;
}

static bool any_word(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_ihas(s, str_c(*words)))
			return true;
	return false;
}

/* As a word of its own: a file name such as "how-to-remove-it.html" commands nothing. */
static bool commands(struct str s, const char *const *words)
{
	for (; *words; words++) {
		struct str w = str_c(*words);
		for (size_t from = 0; from + w.len <= s.len;) {
			ssize_t at = str_ifind(str_from(s, from), w);
			if (at < 0)
				break;
			size_t a = from + (size_t)at, b = a + w.len;
			bool open = a == 0 || !(ascii_alnum(s.ptr[a - 1]) || strchr("-_./", s.ptr[a - 1]));
			bool shut = b == s.len || !(ascii_alnum(s.ptr[b]) || strchr("-_./", s.ptr[b]));
			if (!ascii_alpha(w.ptr[0]) || (open && shut))
				return true;
			from = b;
		}
	}
	return false;
}

static const char *const logout_words[] = { "logout", "log-out", "log_out", "signout", "sign-out",
					    "sign_out", "logoff", "log off", "log out", "sign out",
					    "退出登录", "安全退出", "注销", "登出", "退出系统", NULL };
static const char *const destroy_words[] = {
	"delete", "remove", "destroy", "truncate", "uninstall", "reset database", "create / reset",
	"reset db", "drop table", "purge", "wipe", "reinstall", "clear all", "shutdown", "reboot",
	"unsubscribe", "删除", "清空", "卸载", "重置", "重装", "清除", "关机", "重启", "停用", "恢复出厂", NULL };
static const char *const pay_words[] = { "checkout", "place order", "pay now", "payment", "transfer money",
					 "支付", "付款", "转账", "提交订单", "下单", NULL };

bool form_says_destroy(struct str words)
{
	return any_word(words, destroy_words);
}

bool form_link_logs_out(struct str url, struct str text)
{
	return any_word(url, logout_words) || (text.len < 60 && any_word(text, logout_words)) ||
	       str_eq(str_trim(text), STR("退出"));
}

/* Words in the path or query of a link: /user/delete?id=3, ?action=del. The verb stands first
 * or last in its word ("deleteUser", "user_delete"); "page-about-deleted-users" is one to read. */
bool form_link_destroys(struct str url, struct str text)
{
	static const char *const verbs[] = { "delete", "remove", "destroy", "uninstall", "truncate",
					     "reinstall", "shutdown", NULL };
	ssize_t at = str_find(url, STR("://"));
	struct str rest = at < 0 ? url : str_from(url, (size_t)at + 3), word;
	ssize_t slash = str_chr(rest, '/');
	rest = slash < 0 ? STR("") : str_from(rest, (size_t)slash);
	bool destroys = str_ihas(rest, STR("=del&")) || str_ihas(rest, STR("/del/")) ||
			str_ihas(rest, STR("/del?")) || str_ihas(rest, STR("=drop")) || str_iends(rest, STR("=del"));
	for (size_t i = 0; i < rest.len && !destroys; i += word.len + 1) {
		size_t n = 0;
		while (i + n < rest.len && !strchr("/?&=.", rest.ptr[i + n]))
			n++;
		word = str_sub(rest, i, i + n);
		for (size_t k = 0; verbs[k] && !destroys; k++)
			destroys = str_istarts(word, str_c(verbs[k])) || str_iends(word, str_c(verbs[k]));
	}
	return destroys || (text.len < 40 && commands(text, destroy_words));
}

enum form_danger form_danger_of(const struct scan_form *f)
{
	size_t passwords = 0;
	bool fresh = false;
	struct buf b;
	buf_init(&b, 8 * KIB);
	buf_str(&b, f->text);
	for (size_t i = 0; i < f->fields_len; i++) {
		const struct scan_field *d = &f->fields[i];
		if (is(d, "password")) {
			passwords++;
			fresh = fresh || str_ihas(d->name, STR("new")) || str_ihas(d->name, STR("conf"));
		}
		if (d->leave && is(d, "submit") && other_button(f))
			continue; /* another one is pressed */
		if (is(d, "submit") || is(d, "hidden")) {
			buf_char(&b, ' ');
			buf_str(&b, d->name);
			buf_char(&b, ' ');
			buf_str(&b, d->value.len < 100 ? d->value : STR(""));
		}
	}
	struct str words = buf_view(&b);
	enum form_danger r = FORM_HARMLESS;
	if (form_link_logs_out(f->action, words))
		r = FORM_LOGOUT;
	else if (any_word(words, destroy_words) || form_link_destroys(f->action, STR("")))
		r = FORM_DESTRUCTIVE;
	else if (passwords >= 2 || fresh)
		r = FORM_PASSWORD;
	else if (any_word(words, pay_words))
		r = FORM_PAYMENT;
	buf_free(&b);
	return r;
}

bool form_is_token(struct str name, struct str value)
{
	static const char *const words[] = { "csrf", "xsrf", "token", "nonce", "__viewstate",
					     "__eventvalidation", "authenticity", "formhash", "_wpnonce",
					     "__requestverification", NULL };
	return value.len >= 8 && any_word(name, words);
}
