/* Active: what one account may see of another's (CWE-639) and of what only some may see
 * (CWE-285). Needs two recorded users. A page of the first user is asked for as the second and
 * as nobody. It is a finding only when nobody is refused it, the second user gets what makes
 * the page the first one's, and the second user's own pages do not lead there: a page that
 * both are meant to see is linked for both. */
#include "scan/checks/active_private.h"
#include "base/map.h"

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

static void learn(struct map *words, const struct scan_exchange *x)
{
	struct str w, text = x ? text_of(x) : STR("");
	size_t at = 0;
	while (map_len(words) < WORDS_MAX && next_word(text, &at, &w))
		map_add(words, w);
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

/* Does this page lead to the address? As a link, or named in its text or data. */
static bool leads_to(const struct scan_exchange *x, const struct scan_exchange *to)
{
	struct str target = str_from(to->url, to->origin.len);
	for (size_t i = 0; x && x->page && i < x->page->links_len; i++)
		if (str_eq(x->page->links[i].url, to->url))
			return true;
	return x && (str_has(x->text, target) || (to->query.len && str_has(x->text, to->query)));
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
	const struct scan_exchange *f = from.len && !str_eq(from, x->url) ? view(p, from, SECOND, true) : NULL;
	learn(usual, s);
	learn(usual, f);
	learn(usual, view(p, start, NOBODY, true));
	learn(usual, view(p, start, FIRST, true));
	*ret_offered = leads_to(s, x) || leads_to(f, x);
	return usual;
}

static void probe_access(struct probe *p, const struct scan_exchange *x)
{
	bool data = x->media == MEDIA_HTML || x->media == MEDIA_JSON || x->media == MEDIA_XML || x->media == MEDIA_TEXT;
	if (!probe_has_second(p) || !probe_has_session(p) || x->status != 200 || x->missing || !data || str_eq(x->path, STR("/")))
		return;
	const struct scan_exchange *nobody = view(p, x->url, NOBODY, true);
	const struct scan_exchange *second = view(p, x->url, SECOND, true);
	if (!nobody || !second || second->status != 200 || probe_missing(p, second) != 0)
		return;
	bool offered;
	struct map *usual = usual_words(p, x, &offered);
	struct str example, public_example;
	size_t special, n;
	if (!offered && share(usual, x, nobody, &n, &public_example) < 0.3 &&
	    share(usual, x, second, &special, &example) >= 0.8 && special >= 2 && example.ptr) {
		/* still so, and still the first user's: not the last word of somebody's session */
		const struct scan_exchange *again, *mine;
		struct scan_mutation m = { .url = x->url, .as_second = true, .follow = 3, .fresh = true };
		struct scan_mutation own = { .url = x->url, .fresh = true };
		if (probe_send(p, &m, &again) == 0 && again->status == 200 && probe_send(p, &own, &mine) == 0 &&
		    share(usual, mine, again, &special, &example) >= 0.8 && special >= 2 && example.ptr)
			report(p, again, example, names_object(x));
	}
	map_free(usual);
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
	.on_route = probe_access,
};
