/* Active: sessions under an identifier that somebody else chose (CWE-384). From outside: an identifier
 * of our own in the address, behind ";", in a hidden field or in a parameter comes back in the cookie or in
 * the links of the page. Over the log-in: where an account is known to open a door, somebody logs in
 * with a cookie that a stranger was given before, or made up; the stranger, who never gave a password,
 * is inside then. A cookie that merely stays the same proves nothing. */
#include "scan/checks/doors.h"
#include "net/url.h"
#include "scan/form.h"

#define PLACES 6 /* pages looked at for being inside */

/* ---- from outside ---- */

static struct str made_up(struct probe *p)
{
	return probe_printf(p, "%.*s%u", STR_ARG(probe_word(p, 22)), probe_number(p, 1000, 9999));
}

/* The identifier that a page writes into its links or hidden fields; empty: none. *ret_name: under which name. */
static struct str in_page(struct probe *p, const struct scan_exchange *x, struct str want, struct str *ret_name, char *ret_joint)
{
	for (size_t i = 0; x->page && i < x->page->links_len; i++) {
		struct str rest = x->page->links[i].url;
		ssize_t mark = -1;
		for (size_t k = 0; k < rest.len && mark < 0; k++)
			mark = rest.ptr[k] == '?' || rest.ptr[k] == ';' ? (ssize_t)k : -1;
		while (mark >= 0) {
			char joint = rest.ptr[mark];
			rest = str_from(rest, (size_t)mark + 1);
			size_t end = 0;
			while (end < rest.len && !strchr("&;?#", rest.ptr[end]))
				end++;
			struct str pair = str_sub(rest, 0, end);
			ssize_t eq = str_chr(pair, '=');
			struct str name = eq > 0 ? str_sub(pair, 0, (size_t)eq) : STR("");
			if (pair.len >= name.len + 17 && (want.len ? str_eq(name, want) : door_names_session(name))) {
				*ret_name = arena_str(probe_arena(p), name);
				*ret_joint = joint == ';' ? ';' : '?';
				return str_from(pair, name.len + 1);
			}
			mark = end < rest.len && rest.ptr[end] != '#' ? (ssize_t)end : -1;
		}
	}
	for (size_t i = 0; x->page && i < x->page->forms_len; i++)
		for (size_t k = 0; k < x->page->forms[i].fields_len; k++) {
			const struct scan_field *f = &x->page->forms[i].fields[k];
			if (str_eq(f->type, STR("hidden")) && f->value.len >= 16 && (want.len ? str_eq(f->name, want) : door_names_session(f->name))) {
				*ret_name = f->name;
				*ret_joint = '?';
				return f->value;
			}
		}
	return STR("");
}

static struct str session_cookie(const struct visitor *v)
{
	struct str rest = v->cookies, part;
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		if (eq > 0 && door_names_session(str_sub(part, 0, (size_t)eq)))
			return str_sub(part, 0, (size_t)eq);
	}
	return STR("");
}

static void tell(struct probe *p, const struct scan_exchange *about, const struct scan_exchange *x, struct str proof, struct str name,
		 const char *zh, const char *en)
{
	probe_report(p, &(struct scan_report){ .exchange = x,
					       .about = about,
					       .proof = proof,
					       .parameter = name,
					       .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN,
					       .detail_zh = probe_printf(p, "%s（%.*s）", zh, STR_ARG(name)),
					       .detail_en = probe_printf(p, "%s (%.*s)", en, STR_ARG(name)) });
}

/* Is `mine` now what names the session? */
static bool taken_over(struct probe *p, const struct scan_exchange *x, const struct visitor *v, struct str cookie, struct str link, struct str mine)
{
	struct str name;
	char joint;
	if (cookie.len && str_eq(visitor_cookie(v, cookie), mine))
		return true;
	return link.len && str_eq(in_page(p, x, link, &name, &joint), mine);
}

static struct str with_id(struct probe *p, struct str url, char joint, struct str name, struct str id)
{
	ssize_t mark = str_chr(url, '?');
	size_t path = mark < 0 ? url.len : (size_t)mark;
	if (joint == ';')
		return probe_printf(p, "%.*s;%.*s=%.*s%.*s", (int)path, url.ptr, STR_ARG(name), STR_ARG(id), STR_ARG(str_from(url, path)));
	return probe_printf(p, "%.*s%c%.*s=%.*s", STR_ARG(url), mark < 0 ? '?' : '&', STR_ARG(name), STR_ARG(id));
}

/* Twice, with two identifiers. */
static bool by_address(struct probe *p, const struct scan_exchange *x, char joint, struct str name, struct str cookie, struct str link)
{
	const struct scan_exchange *r = NULL;
	struct str mine = STR("");
	for (int i = 0; i < 2; i++) {
		struct visitor v = { 0 };
		mine = made_up(p);
		r = visitor_get(p, &v, with_id(p, x->url, joint, name, mine));
		if (!r || !taken_over(p, r, &v, cookie, link, mine))
			return false;
	}
	tell(p, x, r, mine, name, "网址中由访问者选定的会话标识被采用：攻击者可让他人使用自己已知的会话。",
	     "An identifier of the visitor's choice in the address names the session: an attacker can have others use a session that he knows.");
	return true;
}

/* A log-in form with a hidden identifier: submitted by nobody under a made-up name. */
static bool by_field(struct probe *p, const struct scan_exchange *x, struct str cookie)
{
	struct door d;
	const struct scan_exchange *r = NULL;
	struct door_field with = { STR_INIT(""), STR("") };
	if (!door_in_page(x, &d))
		return false;
	for (size_t i = 0; i < d.form->fields_len; i++)
		if (str_eq(d.form->fields[i].type, STR("hidden")) && d.form->fields[i].value.len >= 16 && door_names_session(d.form->fields[i].name))
			with.name = d.form->fields[i].name;
	if (!with.name.len)
		return false;
	for (int i = 0; i < 2; i++) {
		struct visitor v = { 0 };
		with.value = made_up(p);
		if (door_knock(p, x, NULL, &v, probe_word(p, 8), probe_word(p, 12), &with, &r) < 0 || v.as_user ||
		    !taken_over(p, r, &v, cookie.len ? cookie : session_cookie(&v), with.name, with.value))
			return false;
	}
	tell(p, x, r, with.value, with.name, "表单隐藏域中由访问者选定的会话标识被采用：攻击者可让他人使用自己已知的会话。",
	     "An identifier of the visitor's choice in a hidden field names the session: an attacker can have others use a session that he knows.");
	return true;
}

static bool has_door(const struct scan_exchange *x)
{
	for (size_t i = 0; x->page && i < x->page->forms_len; i++)
		for (size_t k = 0; k < x->page->forms[i].fields_len; k++)
			if (str_eq(x->page->forms[i].fields[k].type, STR("password")))
				return true;
	return false;
}

/* Pages that begin sessions: the first of a folder, and those that log in. */
static bool begins_sessions(struct probe *p, const struct scan_exchange *x)
{
	ssize_t slash = str_rchr(x->path, '/');
	bool page = x->status < 400 && (x->media == MEDIA_HTML || x->status >= 300);
	return page && !x->query.len && (has_door(x) || probe_first(p, probe_printf(p, "begins %.*s%.*s", STR_ARG(x->origin), (int)slash, x->path.ptr)));
}

static void from_outside(struct probe *p, const struct scan_exchange *x)
{
	struct visitor v = { 0 }, w = { 0 };
	const struct scan_exchange *first, *second;
	struct str cookie, link = STR(""), name;
	char joint = '?', j;
	if (x->missing || !begins_sessions(p, x) || !(first = visitor_get(p, &v, x->url)))
		return;
	cookie = session_cookie(&v);
	struct str own = in_page(p, first, STR(""), &link, &joint);
	/* what everybody is shown is no identifier */
	if (own.len && ((second = visitor_get(p, &w, x->url)) == NULL || str_eq(in_page(p, second, link, &name, &j), own)))
		link = STR("");
	if ((!cookie.len && !link.len) || !probe_first(p, probe_printf(p, "%.*s %.*s %.*s", STR_ARG(cookie), STR_ARG(link), STR_ARG(x->path))))
		return;
	if (cookie.len && by_address(p, x, str_ieq(cookie, STR("JSESSIONID")) ? ';' : '?', str_ieq(cookie, STR("JSESSIONID")) ? STR("jsessionid") : cookie,
				     cookie, link))
		return;
	if (link.len && !str_eq(link, cookie) && by_address(p, x, joint, link, cookie, link))
		return;
	by_field(p, first, cookie);
}

/* A parameter that the session's cookie is made of. */
static void by_point(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *r = NULL;
	struct visitor given = { 0 };
	struct str name, mine = STR("");
	if (pt->where == WHERE_COOKIE || pt->where == WHERE_HEADER || pt->value.len < 3)
		return;
	visitor_take(p, &given, pt->base);
	name = session_cookie(&given);
	if (!name.len || !str_eq(visitor_cookie(&given, name), pt->value))
		return;
	for (int i = 0; i < 2; i++) {
		struct visitor v = { 0 };
		mine = made_up(p);
		if (probe_send(p, &(struct scan_mutation){ .value = mine, .value_set = true, .no_cookies = true, .fresh = true }, &r) < 0)
			return;
		visitor_take(p, &v, r);
		if (!str_eq(visitor_cookie(&v, name), mine))
			return;
	}
	tell(p, pt->base, r, mine, pt->name, "会话 Cookie 的值取自请求参数：攻击者可让他人使用自己已知的会话。",
	     "The session's cookie takes its value from a parameter: an attacker can have others use a session that he knows.");
}

/* ---- over the log-in ---- */

struct way {
	const struct scan_exchange *x; /* the page of the form, or the request */
	const struct door *json;
	struct str user, password; /* both empty: pressing a button is enough */
	const struct scan_form *button;
};

static int go_in(struct probe *p, const struct way *w, struct visitor *v, bool right, const struct scan_exchange **ret)
{
	if (w->button) {
		struct str body = w->user.len ? probe_printf(p, "%.*s=%.*s", STR_ARG(w->user), STR_ARG(probe_word(p, 7))) : STR("");
		struct scan_header h = { STR_INIT("Cookie"), v->cookies };
		if (!right) {
			*ret = visitor_get(p, v, w->x->url);
			return *ret ? 0 : -1;
		}
		if (probe_send(p, &(struct scan_mutation){ .url = w->button->action, .method = STR("POST"), .body_set = true, .body = body, .headers = &h,
							   .headers_len = v->cookies.len ? 1 : 0, .no_cookies = true, .fresh = true,
							   .content_type = STR("application/x-www-form-urlencoded") }, ret) < 0)
			return -1;
		visitor_take(p, v, *ret);
		return 0;
	}
	return door_knock(p, w->x, w->json, v, right ? w->user : probe_word(p, 8), right ? w->password : probe_word(p, 12), NULL, ret);
}

static struct str absolute(struct probe *p, const struct scan_exchange *x, struct str to)
{
	struct url base, u;
	if (url_parse(probe_arena(p), x->url, NULL, 0, &base, NULL) < 0 || url_parse(probe_arena(p), to, &base, 0, &u, NULL) < 0)
		return x->url;
	return url_text(probe_arena(p), &u, URL_NO_FRAGMENT);
}

static bool leaves(const struct scan_link *l)
{
	struct str words = l->tag ? l->tag->inner : STR("");
	return form_link_logs_out(l->url, words) || form_link_destroys(l->url, words);
}

/* Pages that may tell inside from outside. */
static size_t places(struct probe *p, const struct way *w, const struct scan_exchange *r, struct str list[PLACES])
{
	size_t n = 0;
	struct str to = scan_header_get(&r->headers, "location"), from = probe_from(p);
	struct scan_mutation m = { .url = from, .no_cookies = true };
	const struct scan_exchange *f = NULL;
	if (to.len && r->status >= 300)
		list[n++] = absolute(p, r, to);
	if (!w->json)
		list[n++] = w->x->url;
	if (from.len && probe_send(p, &m, &f) < 0)
		f = NULL;
	const struct scan_exchange *pages[] = { r, w->x, f };
	for (size_t i = 0; i < (f ? 3 : 2); i++)
		for (size_t k = 0; pages[i]->page && k < pages[i]->page->links_len && n + 1 < PLACES; k++) {
			const struct scan_link *l = &pages[i]->page->links[k];
			bool known = !str_starts(l->url, w->x->origin) || l->kind != LINK_A || leaves(l);
			for (size_t q = 0; q < n; q++)
				known = known || str_eq(list[q], l->url);
			if (!known)
				list[n++] = l->url;
		}
	if (w->json && n < PLACES - 1)
		n += probe_near(p, w->x->url, list + n, PLACES - 1 - n);
	if (n < PLACES)
		list[n++] = from.len ? from : active_url(p, "/");
	return n;
}

static bool alike(struct probe *p, const struct scan_exchange *a, const struct scan_exchange *b, struct str sent)
{
	return a && b && probe_similarity(p, a, sent, b, sent) >= 0.95;
}

/* Somebody logs in with the cookies of `fixed`. Is who has nothing but those inside? The page where he is. */
static const struct scan_exchange *inside_with(struct probe *p, const struct way *w, const struct visitor *fixed, const struct visitor *stranger)
{
	struct visitor victim = *fixed;
	const struct scan_exchange *r;
	struct str list[PLACES];
	if (go_in(p, w, &victim, true, &r) < 0 || r->status >= 400 || victim.as_user)
		return NULL;
	size_t n = places(p, w, r, list);
	for (size_t i = 0; i < n; i++) {
		struct visitor attacker = *fixed, out = *stranger, nobody = { 0 };
		const struct scan_exchange *a = visitor_get(p, &attacker, list[i]), *b = visitor_get(p, &out, list[i]), *c = visitor_get(p, &nobody, list[i]);
		if (!a || !b || !c || a->status >= 400 || alike(p, a, b, fixed->cookies) || alike(p, a, c, fixed->cookies) ||
		    !alike(p, b, c, stranger->cookies))
			continue;
		/* and it is what the one who logged in sees, or was sent a new identifier just now */
		const struct scan_exchange *mine = visitor_get(p, &victim, list[i]);
		if (alike(p, a, mine, fixed->cookies) || !str_eq(attacker.cookies, fixed->cookies))
			return a;
	}
	return NULL;
}

/* Two rounds: what a stranger was given before, or, where nobody is given anything before, what he made up. */
static void over_log_in(struct probe *p, const struct way *w)
{
	const struct scan_exchange *r, *found = NULL;
	struct str name = STR("");
	bool invented = false;
	for (int round = 0; round < 2; round++) {
		struct visitor fixed = { 0 }, stranger = { 0 };
		if (!w->json && !visitor_get(p, &fixed, w->x->url))
			return;
		if (go_in(p, w, &stranger, false, &r) < 0 || stranger.as_user)
			return;
		if (!session_cookie(&fixed).len) {
			struct visitor first = { 0 };
			if (go_in(p, w, &first, true, &r) < 0 || !session_cookie(&first).len)
				return;
			invented = true;
			fixed.cookies = probe_printf(p, "%.*s=%.*s", STR_ARG(session_cookie(&first)), STR_ARG(made_up(p)));
		}
		name = session_cookie(&fixed);
		if (!(found = inside_with(p, w, &fixed, &stranger)))
			return;
	}
	tell(p, w->x, found, str_sub(active_content(found), 0, 100), name,
	     invented ? "以自行编造的会话标识登录后，只凭该标识即可进入：登录没有更换会话标识，攻击者可让他人用自己已知的会话登录。"
		      : "登录前得到的会话标识在登录后仍然有效：只凭它、不知道口令即可进入，攻击者可让他人用自己已知的会话登录。",
	     invented ? "Who logs in under a made-up identifier is inside under that one: the log-in does not change it, and an attacker can have others "
			"log in under a session that he knows."
		      : "The identifier that was given before the log-in is good after it: with nothing else, and no password, one is inside; an attacker "
			"can have others log in under a session that he knows.");
}

/* A form that lets in without a password: one press, or a name. */
static bool lets_in(const struct scan_form *f, struct str *ret_field)
{
	static const char *const words[] = { "guest", "enter", "login", "log in", "visitor", "anonymous", "进入", "游客", "访客", "登录", "匿名" };
	bool says = false;
	size_t texts = 0;
	*ret_field = STR("");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		says = says || str_ihas(f->action, str_c(words[i])) || str_ihas(f->text, str_c(words[i]));
	for (size_t i = 0; i < f->fields_len; i++) {
		struct str type = f->fields[i].type;
		if (str_eq(type, STR("submit")) || str_eq(type, STR("button")))
			continue;
		if (!str_eq(type, STR("text")) || texts++)
			return false;
		*ret_field = f->fields[i].name;
	}
	return says && str_eq(f->method, STR("POST")) && form_danger_of(f) == FORM_HARMLESS;
}

static void probe_page(struct probe *p, const struct scan_exchange *x)
{
	struct way w = { .x = x };
	struct door d;
	from_outside(p, x);
	if (x->missing || x->status != 200 || probe_reported(p))
		return;
	if (door_in_page(x, &d) && probe_account(p, x->url, &w.user, &w.password)) {
		over_log_in(p, &w);
		return;
	}
	for (size_t i = 0; x->page && i < x->page->forms_len; i++) {
		struct str field;
		if (!lets_in(&x->page->forms[i], &field) || !probe_first(p, probe_printf(p, "press %.*s", STR_ARG(x->page->forms[i].action))))
			continue;
		over_log_in(p, &(struct way){ .x = x, .button = &x->page->forms[i], .user = field });
	}
}

static void probe_interface(struct probe *p, const struct scan_exchange *x)
{
	struct door d;
	struct way w = { .x = x, .json = &d };
	if (door_in_request(x, &d) && probe_account(p, x->url, &w.user, &w.password))
		over_log_in(p, &w);
}

/* The scan's own log-in. */
static void probe_own(struct probe *p, const struct scan_exchange *x)
{
	struct str url;
	struct way w = { 0 };
	(void)x;
	if (!probe_own_door(p, &url, &w.user, &w.password) || probe_send(p, &(struct scan_mutation){ .url = url, .no_cookies = true, .fresh = true }, &w.x) < 0)
		return;
	over_log_in(p, &w);
}

const struct scan_check check_session_fixation = {
	.id = "session-fixation",
	.title_zh = "会话固定：会话标识可由外部指定或登录后不更换",
	.title_en = "Session fixation: the session's identifier can be set from outside or stays after logging in",
	.severity = SEVERITY_MEDIUM,
	.cwe = 384,
	.owasp = "A07:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_point = by_point,
	.on_route = probe_page,
	.on_request = probe_interface,
	.on_site = probe_own,
};
