/* Web addresses, e-mail addresses and WeChat accounts: runs of letters and digits that end in a known
 * top-level domain behind a dot in any writing (. 。 ． · 点), and accounts behind a word that names them. */
#include "base/check.h"
#include "comply/structure_private.h"

static const struct hit_words url_words = {
	.term = STR_INIT("网址"), .reason = STR_INIT("邀人访问的网址，属于站外导流"), .advice = STR_INIT("删去网址，或改用平台内的链接"),
};
static const struct hit_words hidden_url_words = {
	.term = STR_INIT("变形网址"), .reason = STR_INIT("改变写法以躲避检查的网址"), .advice = STR_INIT("删去网址"),
};
static const struct hit_words mail_words = {
	.term = STR_INIT("邮箱"), .reason = STR_INIT("邀人联系的电子邮箱"), .advice = STR_INIT("删去邮箱，使用平台内的联系方式"),
};
static const struct hit_words wechat_words = {
	.term = STR_INIT("微信号"), .reason = STR_INIT("邀人联系的微信号，属于站外导流"), .advice = STR_INIT("删去账号，使用平台内的联系方式"),
};

static const char *const domains[] = { "com", "cn", "net", "org", "top", "xyz", "vip", "cc", "club", "shop", "site", "online", "info", "me",
				       "tv", "io", "app", "icu", "win", "bet", "live", "link", "fun", "pro", "gov", "edu", "wang", "ltd", "hk",
				       "tw", "biz", "store", "tech", "cyou", "buzz", "work", "mobi", "co", "so", "ly", "im", "la", "ml", "tk",
				       "monster", "click", "lol", NULL };
/* Cheap ones that hardly anything but promotion uses. */
static const char *const cheap[] = { "top", "xyz", "vip", "cc", "icu", "win", "bet", "cyou", "buzz", "club", "monster", "click", "lol", "tk", "ml", NULL };

static bool in_list(const struct check *k, size_t from, size_t to, const char *const *list)
{
	for (; *list; list++)
		if (structure_is(k, from, to, *list))
			return true;
	return false;
}

static bool alnum(const struct check *k, size_t i)
{
	uint8_t c = class_of(k, i);
	return c == SYM_LETTER || c == SYM_DIGIT;
}

enum dot { DOT_NONE, DOT_PLAIN, DOT_DASH, DOT_HIDDEN };

/* What joins symbol i to the one before. */
static enum dot dot_before(const struct check *k, size_t i)
{
	if (i == 0 || !alnum(k, i) || !alnum(k, i - 1))
		return DOT_NONE;
	if (k->t.gap[i] == FOLD_GAP_NONE)
		return DOT_DASH;
	struct str s = between(&k->t, i);
	if (str_eq(s, STR(".")))
		return DOT_PLAIN;
	if (str_eq(s, STR("-")) || str_eq(s, STR("_")))
		return DOT_DASH;
	if (str_eq(s, STR("。")) || str_eq(s, STR("．")) || str_eq(s, STR("·")) || str_eq(s, STR("•")) || str_eq(s, STR(" . ")) || str_eq(s, STR("｡")))
		return DOT_HIDDEN;
	return DOT_NONE;
}

/* The first symbol of the host whose last label begins at `from`. */
static size_t host_start(const struct check *k, size_t from, bool *hidden)
{
	size_t i = from;
	for (size_t n = 0; i > 0 && n < 80; n++) {
		enum dot d = dot_before(k, i);
		if (d == DOT_NONE && i >= 2 && class_of(k, i - 1) == SYM_DOT && alnum(k, i - 2)) {
			*hidden = true;
			i -= 2;
			continue;
		}
		if (d == DOT_NONE)
			break;
		*hidden |= d == DOT_HIDDEN;
		i--;
	}
	return i;
}

/* Behind the path: letters and digits joined by what stands in addresses. */
static size_t path_end(const struct check *k, size_t to)
{
	size_t i = to;
	while (i < k->t.len && i - to < 200 && alnum(k, i)) {
		struct str s = between(&k->t, i);
		bool joined = s.len <= 3;
		for (size_t b = 0; b < s.len && joined; b++)
			joined = memchr("/?=&._-%#:+~@", s.ptr[b], 13) != NULL;
		if (!joined)
			break;
		i++;
	}
	return i;
}

/* gov.cn, edu.cn and the like are nobody's promotion. */
static bool official(const struct check *k, size_t from, size_t to)
{
	static const char *const names[] = { "gov", "edu", "mil", NULL };
	size_t b = from;
	if (in_list(k, from, to, names))
		return true;
	while (b > 0 && alnum(k, b - 1) && (b == from || k->t.gap[b] == FOLD_GAP_NONE))
		b--;
	return dot_before(k, from) == DOT_PLAIN && in_list(k, b, from, names);
}

static void address(struct check *k, size_t from, size_t to, bool hidden)
{
	bool odd = hidden;
	size_t start = host_start(k, from, &odd);
	if (start == from || (size_t)(from - start) < 2)
		return;
	struct str before = start ? between(&k->t, start) : str_sub(k->t.source, 0, k->t.from[0]);
	if (before.len && before.ptr[before.len - 1] == '@') {
		while (start > 0 && alnum(k, start - 1) && (k->t.gap[start - 1] == FOLD_GAP_NONE || dot_before(k, start - 1) != DOT_NONE) && start - 1 > 0)
			start--;
		structure_contact(k, start ? start - 1 : 0, to, DETECT_CONTACT, &mail_words);
		return;
	}
	bool web = in_list(k, from, to, cheap);
	size_t end = path_end(k, to);
	if (official(k, from, to))
		return;
	if (start >= 4 && str_eq(between(&k->t, start), STR("://"))) {
		bool https = start >= 5 && structure_is(k, start - 5, start, "https");
		start -= https ? 5 : structure_is(k, start - 4, start, "http") ? 4 : 0;
	}
	if (odd) {
		structure_add(k, start, end, DETECT_URL, COMPLY_LEVEL_REVIEW, &hidden_url_words);
	} else if (web) {
		structure_add(k, start, end, DETECT_URL, structure_signal(k, LEX_SIGNAL_INVITE, start, end) <= 20 ? COMPLY_LEVEL_REVIEW : COMPLY_WEAK,
			      &url_words);
	} else {
		structure_contact(k, start, end, DETECT_URL, &url_words);
	}
}

/* An account of 6–20 characters behind 微信, vx, v … */
static void account(struct check *k, size_t from, size_t to)
{
	static const char *const tokens[] = { "wx", "vx", "weixin", "wechat", "v", "w", NULL };
	size_t start = from;
	/* 微信abc123, wx abc123, vx：abc_123 */
	size_t end = to;
	while (end < k->t.len && dot_before(k, end) == DOT_DASH && end - start < 24)
		end++;
	if (end - start < 5 || end - start > 20)
		return;
	for (size_t skip = 0; skip <= 2 && start >= skip; skip++) {
		size_t at = start - skip;
		if (skip && class_of(k, at) != SYM_PLAIN)
			break; /* 微信号是 abc123 */
		if (structure_named(k, NAMES_ACCOUNT, at)) {
			structure_contact(k, start, end, DETECT_CONTACT, &wechat_words);
			return;
		}
	}
	/* the token before this one names it */
	if (start > 0 && k->t.gap[start] != FOLD_GAP_STOP && alnum(k, start - 1)) {
		size_t b = start - 1;
		while (b > 0 && alnum(k, b - 1) && k->t.gap[b] == FOLD_GAP_NONE)
			b--;
		if (in_list(k, b, start, tokens))
			structure_contact(k, start, end, DETECT_CONTACT, &wechat_words);
	}
}

static void on_token(struct check *k, size_t from, size_t to)
{
	size_t n = to - from;
	if (n >= 2 && n <= 8 && from > 0 && class_of(k, from) == SYM_LETTER) {
		bool dotted = dot_before(k, from) == DOT_PLAIN || dot_before(k, from) == DOT_HIDDEN;
		bool hidden = !dotted && from >= 2 && class_of(k, from - 1) == SYM_DOT && alnum(k, from - 2);
		if ((dotted || hidden) && in_list(k, from, to, domains)) {
			/* com.cn: the whole comes with its last label */
			enum dot next = to < k->t.len ? dot_before(k, to) : DOT_NONE;
			size_t e = to;
			while (next == DOT_PLAIN && e < k->t.len && alnum(k, e) && (e == to || k->t.gap[e] == FOLD_GAP_NONE))
				e++;
			if (next != DOT_PLAIN || !in_list(k, to, e, domains))
				address(k, from, to, hidden);
			return;
		}
	}
	if (n >= 2 && n <= 20)
		account(k, from, to);
}

const struct detector detect_address = { .name = "address", .on_token = on_token };
