/* Finding and using log-in forms. A form is opened anew for every attempt, as somebody who has no
 * session of ours: tokens and cookies belong together. */
#include "scan/checks/doors.h"

#include "base/json.h"
#include "base/limits.h"
#include "net/url.h"

bool door_names_session(struct str name)
{
	static const char *const words[] = { "sess", "sid", "token", "auth", "ticket", "login", "remember", "uid", "userid", "user_id" };
	static const char *const others[] = { "csrf", "xsrf", "lang", "visit", "last", "consent", "inside", "resid", "consid" };
	bool yes = str_ieq(name, STR("id"));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		yes = yes || str_ihas(name, str_c(words[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		yes = yes && !str_ihas(name, str_c(others[i]));
	return yes;
}

/* ---- visitors ---- */

static struct str name_of(struct str pair)
{
	ssize_t eq = str_chr(pair, '=');
	return str_trim(eq < 0 ? pair : str_sub(pair, 0, (size_t)eq));
}

static void put_cookie(struct probe *p, struct visitor *v, struct str pair)
{
	struct str rest = v->cookies, part, name = name_of(pair);
	struct buf b;
	buf_init(&b, 16 * KIB);
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		if (part.len && !str_eq(name_of(part), name))
			buf_printf(&b, "%s%.*s", b.len ? "; " : "", STR_ARG(part));
	}
	if (pair.len > name.len + 1) /* an empty one is taken away */
		buf_printf(&b, "%s%.*s", b.len ? "; " : "", STR_ARG(pair));
	v->cookies = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
}

void visitor_take(struct probe *p, struct visitor *v, const struct scan_exchange *x)
{
	size_t at = 0;
	struct str c;
	while (scan_header_next(&x->headers, "set-cookie", &at, &c)) {
		ssize_t end = str_chr(c, ';');
		struct str pair = str_trim(end < 0 ? c : str_sub(c, 0, (size_t)end));
		if (name_of(pair).len && pair.len < 2000)
			put_cookie(p, v, pair);
	}
}

static int visitor_send(struct probe *p, struct visitor *v, struct scan_mutation *m, const struct scan_exchange **ret)
{
	struct scan_header h = { STR_INIT("Cookie"), v->cookies };
	m->no_cookies = !v->as_user;
	m->fresh = true;
	m->headers = &h;
	m->headers_len = v->cookies.len && !v->as_user ? 1 : 0;
	int r = probe_send(p, m, ret);
	m->headers = NULL; /* h goes */
	m->headers_len = 0;
	if (r < 0)
		return -1;
	if (!v->as_user)
		visitor_take(p, v, *ret);
	return 0;
}

const struct scan_exchange *visitor_get(struct probe *p, struct visitor *v, struct str url)
{
	const struct scan_exchange *r;
	struct scan_mutation m = { .url = url };
	return visitor_send(p, v, &m, &r) == 0 ? r : NULL;
}

struct str visitor_cookie(const struct visitor *v, struct str name)
{
	struct str rest = v->cookies, part;
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		if (str_eq(name_of(part), name) && part.len > name.len)
			return str_from(part, name.len + 1);
	}
	return STR("");
}

/* ---- doors ---- */

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
			d->password = k->name;
		} else if (str_eq(k->type, STR("text")) || str_eq(k->type, STR("email")) || str_eq(k->type, STR("tel"))) {
			texts++;
			if (!d->user.len || str_ihas(k->name, STR("user")) || str_ihas(k->name, STR("name")) || str_ihas(k->name, STR("login")))
				d->user = k->name;
		}
	}
	return passwords == 1 && texts >= 1 && texts <= 2 && d->user.len && d->password.len;
}

bool door_in_page(const struct scan_exchange *page, struct door *ret)
{
	for (size_t i = 0; page->page && i < page->page->forms_len; i++) {
		struct door mine = { .form = &page->page->forms[i] };
		if (!log_in_form(mine.form, &mine))
			continue;
		*ret = mine;
		return true;
	}
	return false;
}

bool door_in_request(const struct scan_exchange *x, struct door *ret)
{
	json_t *v = json_parse(x->request_body, NULL), *member;
	const char *key;
	size_t passwords = 0, members = 0;
	*ret = (struct door){ 0 };
	if (json_is_object(v))
		json_object_foreach(v, key, member) {
			struct str k = str_c(key);
			members++;
			if (!json_is_string(member))
				continue;
			if (str_ihas(k, STR("pass")) || str_ihas(k, STR("pwd"))) {
				passwords++;
				ret->password = arena_str(x->arena, k);
			} else if (str_ihas(k, STR("user")) || str_ihas(k, STR("name")) || str_ihas(k, STR("account")) || str_ihas(k, STR("login"))) {
				ret->user = arena_str(x->arena, k);
			} else if (str_ihas(k, STR("code")) || str_ihas(k, STR("captcha")) || str_ihas(k, STR("mail"))) {
				passwords += 2; /* more is asked for than a password */
			}
		}
	json_decref(v);
	return passwords == 1 && members <= 5 && ret->user.len && ret->password.len;
}

/* The page's form as nobody sees it, fresh (tokens), or as the scan's user. */
static bool open_door(struct probe *p, struct str url, struct visitor *v, struct door *d)
{
	const struct scan_exchange *page = visitor_get(p, v, url);
	if (page && door_in_page(page, d))
		return true;
	if (v->cookies.len || !probe_has_session(p))
		return false;
	v->as_user = true;
	page = visitor_get(p, v, url);
	return page && door_in_page(page, d);
}

static struct str form_fields(struct probe *p, const struct door *d, struct str user, struct str password, const struct door_field *with)
{
	struct buf b;
	bool button = false;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < d->form->fields_len; i++) {
		const struct scan_field *f = &d->form->fields[i];
		bool submit = str_eq(f->type, STR("submit"));
		struct str v = str_eq(f->name, d->user) ? user : str_eq(f->name, d->password) ? password : f->value;
		if (with && str_eq(with->name, f->name))
			v = with->value;
		if (str_empty(f->name) || (submit && button) || str_eq(f->type, STR("checkbox")) || str_eq(f->type, STR("button")))
			continue;
		button = button || submit;
		if (b.len)
			buf_char(&b, '&');
		url_form_encode(&b, f->name);
		buf_char(&b, '=');
		url_form_encode(&b, v);
	}
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

static struct str json_fields(struct probe *p, const struct scan_exchange *x, const struct door *d, struct str user, struct str password)
{
	json_t *v = json_parse(x->request_body, NULL);
	struct buf b;
	buf_init(&b, 64 * KIB);
	json_put(v, arena_cstr(probe_arena(p), d->user), json_str(user));
	json_put(v, arena_cstr(probe_arena(p), d->password), json_str(password));
	json_write(&b, v);
	json_decref(v);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

int door_knock(struct probe *p, const struct scan_exchange *x, const struct door *json, struct visitor *v, struct str user,
	       struct str password, const struct door_field *with, const struct scan_exchange **ret)
{
	struct door d = { 0 };
	if (json) {
		struct scan_mutation m = { .url = x->url, .method = x->method, .body_set = true, .body = json_fields(p, x, json, user, password),
					   .content_type = STR("application/json") };
		return visitor_send(p, v, &m, ret);
	}
	if (!open_door(p, x->url, v, &d))
		return -1;
	struct str fields = form_fields(p, &d, user, password, with), url = d.form->action;
	bool post = str_eq(d.form->method, STR("POST"));
	ssize_t mark = str_chr(url, '?');
	if (!post)
		url = probe_printf(p, "%.*s?%.*s", (int)(mark < 0 ? url.len : (size_t)mark), url.ptr, STR_ARG(fields));
	struct scan_mutation m = { .url = url, .method = d.form->method, .body_set = post, .body = fields,
				   .content_type = STR("application/x-www-form-urlencoded") };
	return visitor_send(p, v, &m, ret);
}
