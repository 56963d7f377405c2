/* Active: a form that another site can submit in a visitor's name (CWE-352). The request that
 * the crawler sent is sent again as a page of another site would: foreign Origin and Referer,
 * anti-CSRF tokens left out, then made up. It is believed to be accepted only when its answer
 * is the one that the honest request gets, while the same request without the session, which
 * cannot be accepted, gets another. */
#include "scan/checks/active_private.h"
#include "net/url.h"
#include "scan/form.h"

struct honest {
	const struct scan_exchange *x;
	struct str site; /* Origin of a page elsewhere */
};

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

static struct str without_tokens(struct probe *p, struct str body, bool made_up, size_t *ret_tokens)
{
	struct url_pairs pairs = url_pairs_split(probe_arena(p), body);
	struct buf b;
	*ret_tokens = 0;
	buf_init(&b, 2 * 1024 * 1024);
	for (size_t i = 0; i < pairs.len; i++) {
		struct str name = url_form_decode(probe_arena(p), pairs.ptr[i].name), v = url_form_decode(probe_arena(p), pairs.ptr[i].value);
		bool token = form_is_token(name, v);
		*ret_tokens += token;
		if (token && !made_up)
			continue;
		if (b.len)
			buf_char(&b, '&');
		buf_str(&b, pairs.ptr[i].name);
		buf_char(&b, '=');
		if (token)
			put_alike(p, &b, v);
		else
			buf_str(&b, pairs.ptr[i].value);
	}
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

/* As a page of another site sends it. */
static int foreign(struct probe *p, struct str body, struct str type, const struct scan_exchange **ret)
{
	struct str site = probe_printf(p, "https://%.*s.example", STR_ARG(probe_word(p, 8)));
	struct scan_header h[] = { { STR_INIT("Origin"), site },
				   { STR_INIT("Referer"), probe_printf(p, "%.*s/", STR_ARG(site)) },
				   { STR_INIT("Sec-Fetch-Site"), STR("cross-site") } };
	return probe_send(p, &(struct scan_mutation){ .body_set = true, .body = body, .content_type = type, .headers = h,
						      .headers_len = ARRAY_SIZE(h), .follow = 1, .fresh = true }, ret);
}

static int honest(struct probe *p, struct str body, struct str type, bool nobody, const struct scan_exchange **ret)
{
	return probe_send(p, &(struct scan_mutation){ .body_set = true, .body = body, .content_type = type, .tokens = true,
						      .no_cookies = nobody, .follow = 1, .fresh = true }, ret);
}

/* Twice the answer of the honest request. */
static bool accepted(struct probe *p, const struct scan_exchange *good, struct str body, struct str type,
		     const struct scan_exchange **ret)
{
	for (int i = 0; i < 2; i++)
		if (foreign(p, body, type, ret) < 0 || !probe_same(p, good, STR(""), *ret, STR("")))
			return false;
	return true;
}

/* The words on the form that leads here: what would pressing its button do? */
static struct str form_words(struct probe *p)
{
	const struct scan_exchange *page;
	struct str from = probe_from(p);
	if (!from.len || probe_send(p, &(struct scan_mutation){ .url = from }, &page) < 0 || !page->page)
		return STR("");
	for (size_t i = 0; i < page->page->forms_len; i++)
		if (str_eq(page->page->forms[i].action, probe_base(p)->url))
			return page->page->forms[i].text;
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

static void probe_csrf(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *good, *again, *nobody, *bare;
	struct str type = scan_header_get(&x->request_headers, "content-type"), body = x->request_body;
	bool form = str_istarts(type, STR("application/x-www-form-urlencoded"));
	bool json = str_istarts(type, STR("application/json"));
	size_t tokens;
	if (!probe_has_session(p) || !str_eq(x->method, STR("POST")) || (!form && !json) || for_strangers(body) || x->status >= 400 ||
	    only_asks(form_words(p)))
		return;
	/* A header that scripts of other sites cannot set protects as well as a token. */
	if (scan_header_get(&x->request_headers, "x-requested-with").ptr || scan_header_get(&x->request_headers, "authorization").ptr)
		return;
	struct str dry = form ? without_tokens(p, body, false, &tokens) : body;
	if (json) {
		tokens = 0;
		type = STR("text/plain"); /* what a form of another site can send without asking */
	}
	if (honest(p, body, json ? STR("application/json") : type, false, &good) < 0 || good->status >= 400 ||
	    honest(p, body, json ? STR("application/json") : type, false, &again) < 0 || !probe_same(p, good, STR(""), again, STR("")))
		return;
	if (honest(p, body, json ? STR("application/json") : type, true, &nobody) < 0 || probe_same(p, good, STR(""), nobody, STR("")))
		return; /* whoever asks gets this: nothing to be gained in a visitor's name */
	bool left_out = accepted(p, good, dry, type, &bare);
	bool made_up = !left_out && tokens && accepted(p, good, without_tokens(p, body, true, &tokens), type, &bare);
	if (!left_out && !made_up)
		return;
	probe_report(p, &(struct scan_report){
				.exchange = bare,
				.proof = tokens ? STR("去掉令牌或换成编造的令牌，并以其他网站的来源提交，得到与正常提交相同的结果。same answer without a "
						      "token or with a made-up one, from a foreign origin") :
						  STR("以其他网站的来源提交，得到与正常提交相同的结果；不带会话提交则不同。same answer from a foreign "
						      "origin, another one without the session"),
				.detail_zh = tokens ? STR("表单带有令牌，但服务器并不检查它。") : STR("表单没有令牌，服务器也不检查请求来自哪个网站。"),
				.detail_en = tokens ? STR("The form carries a token, but the server does not check it.") :
						      STR("The form carries no token, and the server does not check which site sent it.") });
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
