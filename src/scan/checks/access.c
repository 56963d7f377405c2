/* Active: what one account may see of another's (CWE-639) and of what only some may see
 * (CWE-285). Needs two recorded users. A page of the first user is asked for as the second and
 * as nobody. It is a finding only when nobody is refused it, the second user gets what makes
 * the page the first one's, and the second user's own pages do not lead there: a page that
 * both are meant to see is linked for both. */
#include "scan/checks/active_private.h"
#include "base/json.h"
#include "base/map.h"
#include "net/url.h"
#include "scan/form.h"

#define WORDS_MAX 20000

/* Words of a text: letters, digits, bytes above ASCII and what holds addresses together. */
static bool next_word(struct str text, size_t *at, struct str *ret)
{
	size_t from;
	while (*at < text.len && !ascii_alnum(text.ptr[*at]) && (unsigned char)text.ptr[*at] < 0x80)
		(*at)++;
	from = *at;
	while (*at < text.len && (ascii_alnum(text.ptr[*at]) || (unsigned char)text.ptr[*at] >= 0x80 || strchr("@._-", text.ptr[*at])))
		(*at)++;
	*ret = str_sub(text, from, *at);
	while (ret->len && strchr("._-", ret->ptr[ret->len - 1]))
		ret->len--;
	return *at > from;
}

static struct str text_of(const struct scan_exchange *x)
{
	return x->page ? x->page->visible : active_content(x);
}

static void learn_text(struct map *words, struct str text)
{
	struct str w;
	size_t at = 0;
	while (map_len(words) < WORDS_MAX && next_word(text, &at, &w))
		map_add(words, w);
}

static void learn(struct map *words, const struct scan_exchange *x)
{
	learn_text(words, x ? text_of(x) : STR(""));
}

/* How much of what is special about `mine` stands in `theirs`: 0 … 1; *ret_special: how much
 * there is, *ret_example one of them. */
static double share(const struct map *usual, const struct scan_exchange *mine, const struct scan_exchange *theirs,
		    size_t *ret_special, struct str *ret_example)
{
	struct map *got = map_new(), *seen = map_new();
	struct str w, text = text_of(mine);
	size_t at = 0, special = 0, shared = 0;
	*ret_example = STR_NULL;
	learn(got, theirs);
	while (map_len(seen) < WORDS_MAX && next_word(text, &at, &w)) {
		if (w.len < 2 || map_has(usual, w) || !map_add(seen, w))
			continue;
		special++;
		if (!map_has(got, w))
			continue;
		shared++;
		if (w.len > ret_example->len && w.len < 60)
			*ret_example = w;
	}
	map_free(got);
	map_free(seen);
	*ret_special = special;
	return special ? (double)shared / (double)special : 0;
}

enum viewer { FIRST, SECOND, NOBODY };

static const struct scan_exchange *view(struct probe *p, struct str url, enum viewer who, bool follow)
{
	const struct scan_exchange *r;
	struct scan_mutation m = { .url = url, .no_cookies = who == NOBODY, .as_second = who == SECOND, .follow = follow ? 3 : 0 };
	return probe_send(p, &m, &r) == 0 ? r : NULL;
}

/* Does this page lead to the address? As a link, by a form, or named in its text or data; a script may name the
 * last part of it only. */
static bool leads_to(const struct scan_exchange *x, const struct scan_exchange *to)
{
	struct str target = str_from(to->url, to->origin.len), base = str_sub(to->url, 0, to->origin.len + to->path.len);
	struct str last = str_from(to->path, (size_t)(str_rchr(to->path, '/') + 1));
	for (size_t i = 0; x && x->page && i < x->page->links_len; i++)
		if (str_eq(x->page->links[i].url, to->url))
			return true;
	for (size_t i = 0; x && x->page && i < x->page->forms_len; i++) {
		struct str action = x->page->forms[i].action;
		ssize_t mark = str_chr(action, '?');
		if ((to->query.len || to->request_body.len) && str_eq(x->page->forms[i].method, to->method) &&
		    str_eq(mark < 0 ? action : str_sub(action, 0, (size_t)mark), base))
			return true;
	}
	return x && (str_has(x->text, target) || (to->query.len && str_has(x->text, to->query)) ||
		     (last.len >= 8 && str_chr(last, '.') > 0 && str_has(x->text, last)));
}

/* A number, an account name or an identifier in the address says whose it is. */
static bool names_object(const struct scan_exchange *x)
{
	struct str path = x->path, part;
	bool id = false;
	while (str_split(&path, '/', &part)) {
		size_t digits = 0;
		for (size_t i = 0; i < part.len; i++)
			digits += ascii_digit(part.ptr[i]);
		id = id || (digits > 0 && (digits == part.len || part.len >= 8));
	}
	return id || x->query.len > 0;
}

/* Whole numbers of that many digits beginning with `first` ('x' may end an ID number). */
static size_t numbers(struct str text, size_t len, char first, struct str *ret)
{
	size_t n = 0;
	struct str last = STR("");
	for (size_t i = 0; i < text.len; i++) {
		size_t d = 0;
		if (!ascii_digit(text.ptr[i]) || (i && ascii_alnum(text.ptr[i - 1])))
			continue;
		while (i + d < text.len && (ascii_digit(text.ptr[i + d]) || (d == 17 && (text.ptr[i + d] | 0x20) == 'x')))
			d++;
		struct str s = str_sub(text, i, i + d);
		if (d == len && (!first || s.ptr[0] == first) && !str_eq(s, last)) {
			last = *ret = s;
			n++;
		}
		i += d;
	}
	return n;
}

/* An ID card number: a birthday stands where it must. */
static bool id_card(struct str text, struct str *ret)
{
	struct str s;
	if (numbers(text, 18, 0, &s) == 0)
		return false;
	int year = (s.ptr[6] - '0') * 1000 + (s.ptr[7] - '0') * 100 + (s.ptr[8] - '0') * 10 + s.ptr[9] - '0';
	int month = (s.ptr[10] - '0') * 10 + s.ptr[11] - '0', day = (s.ptr[12] - '0') * 10 + s.ptr[13] - '0';
	*ret = s;
	return year > 1900 && year < 2030 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* Words that go with one person's things; "in order to" is in every text. */
static bool is_personal(const struct scan_exchange *x, struct str *ret)
{
	static const char *const words[] = { "订单", "收货", "账单", "余额", "身份证", "仅本人", "工资", "病历", "合同编号", "order no", "order id",
					     "order #", "order number", "order_id", "orderid", "\"order", "your order", "my order", "orders", "invoice",
					     "balance", "shipping", "salary", "\"email\"", "\"phone\"", "confidential", "内部报告" };
	struct str text = text_of(x), s;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ssize_t at = str_ifind(text, str_c(words[i]));
		if (at < 0)
			continue;
		*ret = str_sub(text, (size_t)at, (size_t)at + strlen(words[i]));
		return true;
	}
	if (numbers(text, 11, '1', &s) == 0 && !id_card(text, &s))
		return false;
	*ret = s;
	return true;
}

static void report(struct probe *p, const struct scan_exchange *x, struct str example, bool object)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = example,
				.title_zh = object ? STR("越权访问：可读取其他用户的数据（IDOR）") : STR("越权访问：普通用户可打开不属于自己的页面"),
				.title_en = object ? STR("Broken access control: another user's data can be read (IDOR)") :
						     STR("Broken access control: a page that is not this user's can be opened"),
				.confidence_set = true,
				.confidence = object ? CONFIDENCE_CERTAIN : CONFIDENCE_FIRM,
				.detail_zh = STR("以第二个账号请求该网址，得到了第一个账号的内容；未登录则被拒绝，第二个账号自己的页面也没有指向它。"),
				.detail_en = STR("Asked for as the second account, this address gives the first account's content; without a "
						 "session it is refused, and the second account's own pages do not lead to it.") });
}

/* Everything both users see anyway: start page, and the page where the link was found. */
static struct map *usual_words(struct probe *p, const struct scan_exchange *x, bool *ret_offered)
{
	struct map *usual = map_new();
	struct str from = probe_from(p), start = active_url(p, "/");
	const struct scan_exchange *s = view(p, start, SECOND, true);
	const struct scan_exchange *f = from.len && (x->request_body.len || !str_eq(from, x->url)) ? view(p, from, SECOND, true) : NULL;
	learn(usual, s);
	learn(usual, f);
	learn(usual, view(p, start, NOBODY, true));
	learn(usual, view(p, start, FIRST, true));
	learn_text(usual, x->request_body); /* what was sent may come back */
	learn_text(usual, url_form_decode(probe_arena(p), x->request_body));
	*ret_offered = leads_to(s, x) || leads_to(f, x);
	return usual;
}

/* Several people's data, or an identity number, for anybody at all. */
static bool exposes_people(const struct scan_exchange *x, struct str *ret)
{
	return numbers(active_content(x), 11, '1', ret) >= 2 || (str_has(text_of(x), STR("身份证")) && id_card(text_of(x), ret));
}

static void report_open(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *about, struct str example)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.about = about,
				.proof = example,
				.title_zh = STR("未授权访问：不登录即可读取个人信息"),
				.title_en = STR("Broken access control: personal data without logging in"),
				.confidence_set = true,
				.confidence = CONFIDENCE_FIRM,
				.detail_zh = STR("不带会话请求该网址，得到了与登录用户相同的、含个人信息的内容。"),
				.detail_en = STR("Without a session this address gives the same personal data that the logged-in user gets.") });
}

/* Nobody gets what the first user gets, and it is personal: an identity number under an
 * identifier in the address, or people's numbers on a page that only members are led to. */
static bool open_to_all(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *nobody)
{
	struct str from = probe_from(p), example;
	const struct scan_exchange *f;
	if (nobody->status != 200 || !probe_has_session(p) || !exposes_people(nobody, &example))
		return false;
	if (x->query.len && str_has(text_of(nobody), STR("身份证")) && id_card(text_of(nobody), &example)) {
		report_open(p, nobody, x, example);
		return true;
	}
	f = from.len ? view(p, from, NOBODY, true) : NULL;
	if (!f || leads_to(f, x))
		return false;
	report_open(p, nobody, x, example);
	return true;
}

/* Sent away to log in, or refused, but with the page in the hand: who does not follow reads it. */
static bool given_all_the_same(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r;
	struct str example;
	size_t special;
	if (probe_send(p, &(struct scan_mutation){ .no_cookies = true, .fresh = true }, &r) < 0 || r->status < 300 || r->status == 404 ||
	    r->status >= 500 || r->body.len < x->body.len / 2 || r->body.len < 200)
		return false;
	bool offered;
	struct map *usual = usual_words(p, x, &offered);
	bool all = share(usual, x, r, &special, &example) >= 0.9 && special >= 6 && example.ptr;
	map_free(usual);
	if (!all)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = r,
				.about = x,
				.proof = example,
				.title_zh = STR("未授权访问：拒绝或跳转的应答里仍带有页面内容"),
				.title_en = STR("Broken access control: the refusal or redirect still carries the page"),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = STR("不带会话请求该网址得到跳转或拒绝，但应答正文就是登录用户看到的内容：程序在跳转之后没有停止。"),
				.detail_en = STR("Without a session this address redirects or refuses, but the body is what the logged-in user sees: the "
						 "program did not stop after the redirect.") });
	return true;
}

/* The same request as the first user, as the second and as nobody. */
static const struct scan_exchange *request_as(struct probe *p, enum viewer who)
{
	const struct scan_exchange *r;
	struct scan_mutation m = { .no_cookies = who == NOBODY, .as_second = who == SECOND, .follow = 3, .fresh = who != NOBODY };
	return probe_send(p, &m, &r) == 0 ? r : NULL;
}

/* Every text and number in it becomes another one. */
static json_t *other_json(struct probe *p, const json_t *j, unsigned depth)
{
	json_t *r, *v, *from = (json_t *)(uintptr_t)j; /* jansson's loops take no const */
	const char *key;
	size_t i;
	if (json_is_string(j))
		return json_str(probe_word(p, 9));
	if (json_is_integer(j))
		return json_integer(probe_number(p, 70000000, 99999999));
	if (depth > 8 || (!json_is_object(j) && !json_is_array(j)))
		return json_deep_copy(from);
	r = json_is_object(j) ? json_object() : json_array();
	json_object_foreach(from, key, v)
		json_object_set_new(r, key, other_json(p, v, depth + 1));
	json_array_foreach(from, i, v)
		json_array_append_new(r, other_json(p, v, depth + 1));
	return r;
}

/* The same kind of request about something that nobody has: body and type of it; empty when it cannot be made. */
static struct str other_body(struct probe *p, const struct scan_exchange *x)
{
	struct scan_point list[24];
	size_t n = probe_points(p, list, ARRAY_SIZE(list)), w = 0;
	struct error e;
	if (str_ihas(scan_header_get(&x->request_headers, "content-type"), STR("json"))) {
		_cleanup_json_ json_t *j = json_parse(x->request_body, &e), *o = j ? other_json(p, j, 0) : NULL;
		_cleanup_buf_ struct buf b = BUF_INIT(64 * 1024);
		if (o)
			json_write(&b, o);
		return arena_str(probe_arena(p), buf_view(&b));
	}
	for (size_t i = 0; i < n; i++) {
		if (list[i].where != WHERE_BODY || form_is_token(list[i].name, list[i].value))
			continue;
		list[w] = list[i];
		list[w++].value = active_plain_number(list[i].value) ? probe_printf(p, "%u", probe_number(p, 70000000, 99999999)) : probe_word(p, 9);
	}
	return w ? probe_body_with(p, list, w) : STR("");
}

/* What the program says to any such request ("saved", "3 results") is about nobody. */
static void learn_program_words(struct probe *p, const struct scan_exchange *x, struct map *usual)
{
	const struct scan_exchange *r;
	struct str body = x->request_body.len ? other_body(p, x) : STR("");
	struct scan_mutation m = { .as_second = true, .follow = 3, .fresh = true, .body = body, .body_set = true, .tokens = true,
				   .content_type = scan_header_get(&x->request_headers, "content-type") };
	if (body.len && probe_send(p, &m, &r) == 0)
		learn(usual, r);
}

static void probe_access(struct probe *p, const struct scan_exchange *x)
{
	bool data = x->media == MEDIA_HTML || x->media == MEDIA_JSON || x->media == MEDIA_XML || x->media == MEDIA_TEXT;
	if (!probe_has_session(p) || x->status != 200 || x->missing || !data || str_eq(x->path, STR("/")))
		return;
	const struct scan_exchange *nobody = request_as(p, NOBODY);
	if (!nobody || open_to_all(p, x, nobody) || (str_eq(x->method, STR("GET")) && !str_eq(nobody->url, x->url) && given_all_the_same(p, x)) ||
	    !probe_has_second(p))
		return;
	const struct scan_exchange *second = request_as(p, SECOND);
	if (!second || second->status != 200)
		return;
	bool offered;
	struct map *usual = usual_words(p, x, &offered);
	struct str example, public_example;
	size_t special, n;
	/* what both are led to may be meant for both, unless it is one person's by its content */
	bool candidate = !offered || ((names_object(x) || x->request_body.len) && is_personal(second, &example));
	if (candidate && share(usual, x, nobody, &n, &public_example) < 0.3 &&
	    share(usual, x, second, &special, &example) >= 0.8 && special >= (offered ? 1 : 2) && example.ptr) {
		/* still so, and still the first user's: not the last word of somebody's session */
		const struct scan_exchange *again = request_as(p, SECOND), *mine = request_as(p, FIRST);
		learn_program_words(p, x, usual);
		if (again && mine && again->status == 200 && share(usual, mine, again, &special, &example) >= 0.8 && example.ptr)
			report(p, again, example, names_object(x) || x->request_body.len);
	}
	map_free(usual);
}

/* ---- what the visitor says of himself: admin=0, role=user ---- */

static const struct {
	const char *name, *from, *to;
} claims[] = { { "admin", "0", "1" },	    { "admin", "false", "true" },  { "admin", "no", "yes" },	 { "isadmin", "0", "1" },
	       { "isadmin", "false", "true" }, { "is_admin", "0", "1" },      { "is_admin", "false", "true" }, { "role", "user", "admin" },
	       { "role", "guest", "admin" },   { "role", "0", "1" },	      { "usertype", "user", "admin" }, { "level", "user", "admin" },
	       { "authorized", "0", "1" },     { "authenticated", "0", "1" }, { "loggedin", "0", "1" },	       { "logged_in", "0", "1" },
	       { "access", "user", "admin" },  { "privilege", "0", "1" },     { "super", "0", "1" } };

static bool refuses(const struct scan_exchange *x)
{
	static const char *const words[] = { "locked", "denied", "not allowed", "no access", "only for admin", "administrators only", "forbidden",
					     "unauthorized", "not authorized", "restricted", "没有权限", "无权", "仅限管理员", "权限不足", "未授权", "禁止访问" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(text_of(x), str_c(words[i])))
			return true;
	return x->status == 401 || x->status == 403;
}

/* The page refuses; with the claim turned over it does not, and with any other word it still does. */
static void probe_claim(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *r, *word;
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		if (!str_ieq(pt->name, str_c(claims[i].name)) || !str_ieq(pt->value, str_c(claims[i].from)))
			continue;
		if (!refuses(pt->base))
			return;
		struct str nonsense = probe_word(p, 6), claim = str_c(claims[i].to);
		for (int n = 0; n < 2; n++)
			if (probe_send(p, &(struct scan_mutation){ .value = claim, .value_set = true, .follow = 1, .fresh = true }, &r) < 0 ||
			    r->status != 200 || refuses(r) || probe_same(p, pt->base, pt->value, r, claim))
				return;
		if (probe_value(p, nonsense, &word) < 0 || !refuses(word))
			return;
		probe_report(p, &(struct scan_report){
					.exchange = r,
					.proof = str_sub(text_of(r), 0, 120),
					.title_zh = STR("权限由访问者自己声明的参数决定"),
					.title_en = STR("Broken access control: the visitor's own word decides what he may"),
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = probe_printf(p, "参数 %.*s 由 %s 改为 %s 后，原来拒绝的页面被打开；换成其他值仍被拒绝。", STR_ARG(pt->name),
								  claims[i].from, claims[i].to),
					.detail_en = probe_printf(p, "With %.*s changed from %s to %s the page that was refused opens; with any other value "
								     "it stays refused.", STR_ARG(pt->name), claims[i].from, claims[i].to) });
		return;
	}
}

const struct scan_check check_access_control = {
	.id = "access-control",
	.title_zh = "越权访问",
	.title_en = "Broken access control",
	.severity = SEVERITY_HIGH,
	.cwe = 639,
	.owasp = "A01:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_point = probe_claim,
	.on_route = probe_access,
	.on_request = probe_access,
};
