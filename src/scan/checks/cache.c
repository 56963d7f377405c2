/* Active: shared caches that mix up who asked for what. Every address that is asked for here
 * carries a random part, so that no real visitor can be given what is stored.
 * Poisoning (CWE-349): a header that is no part of the cache's key ends up in the page, and
 * the page is then served to a request without that header. Deception (CWE-524): a private
 * page under an invented static name is stored and served to somebody without a session. */
#include "scan/checks/active_private.h"

static bool cache_signs(const struct scan_exchange *x)
{
	static const char *const names[] = { "age", "x-cache", "x-cache-status", "cf-cache-status", "x-cache-hits", "x-varnish",
					     "x-proxy-cache", "x-drupal-cache", "x-nginx-cache", "x-swift-cachetime",
					     "x-cache-lookup", "x-served-by", "cdn-cache", "x-litespeed-cache", "x-edge-cache" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (scan_header_get(&x->headers, names[i]).ptr)
			return true;
	struct str c = scan_header_get(&x->headers, "cache-control");
	return (str_ihas(c, STR("public")) || str_ihas(c, STR("s-maxage="))) && !str_ihas(c, STR("no-store")) &&
	       !str_ihas(c, STR("private"));
}

static struct str with_query(struct probe *p, struct str url, struct str pair)
{
	return probe_printf(p, "%.*s%c%.*s", STR_ARG(url), str_chr(url, '?') >= 0 ? '&' : '?', STR_ARG(pair));
}

static struct str buster(struct probe *p)
{
	return probe_printf(p, "zwcb=%.*s", STR_ARG(probe_word(p, 12)));
}

static bool shows(const struct scan_exchange *x, struct str word)
{
	return str_ihas(x->text, word) || str_ihas(scan_header_get(&x->headers, "location"), word) ||
	       str_ihas(scan_header_get(&x->headers, "link"), word) || str_ihas(scan_header_get(&x->headers, "set-cookie"), word) ||
	       str_ihas(scan_header_get(&x->headers, "access-control-allow-origin"), word);
}

static int get(struct probe *p, struct str url, const struct scan_header *h, size_t n, const struct scan_exchange **ret)
{
	return probe_send(p, &(struct scan_mutation){ .url = url, .headers = h, .headers_len = n, .fresh = true }, ret);
}

/* The address with the random part is stored apart from the address without it. */
static bool keyed_by_query(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r;
	if (get(p, with_query(p, x->url, buster(p)), NULL, 0, &r) < 0 || r->status != x->status)
		return false;
	struct str age = str_trim(scan_header_get(&r->headers, "age"));
	struct str state = scan_header_get(&r->headers, "x-cache");
	if (!state.ptr)
		state = scan_header_get(&r->headers, "x-cache-status");
	if (!state.ptr)
		state = scan_header_get(&r->headers, "cf-cache-status");
	return (str_empty(age) || str_eq(age, STR("0"))) && !str_ihas(state, STR("hit"));
}

/* The word that only the earlier request sent comes back without it: twice, and not under
 * another random address (then the site itself would remember it). */
static bool stored(struct probe *p, struct str url, struct str base_url, struct str word, const struct scan_exchange **ret)
{
	const struct scan_exchange *other;
	if (get(p, url, NULL, 0, ret) < 0 || !shows(*ret, word) || get(p, url, NULL, 0, ret) < 0 || !shows(*ret, word))
		return false;
	return get(p, with_query(p, base_url, buster(p)), NULL, 0, &other) == 0 && !shows(other, word);
}

static const char *const unkeyed[] = { "X-Forwarded-Host", "X-Host", "X-Forwarded-Prefix", "X-Forwarded-For",
				       "X-Original-URL", "X-Forwarded-Port", "Origin", "X-Forwarded-Path", "User-Agent",
				       "Referer", "X-Wap-Profile", "X-Forwarded-Server", "X-Forwarded-Scheme",
				       "X-Forwarded-Proto", "X-Original-Host", "Accept-Language" };

static bool by_header(struct probe *p, const struct scan_exchange *x, size_t which)
{
	struct str url = with_query(p, x->url, buster(p)), word = probe_word(p, 10);
	const struct scan_exchange *r;
	bool origin = strcmp(unkeyed[which], "Origin") == 0 || strcmp(unkeyed[which], "Referer") == 0;
	bool path = strcmp(unkeyed[which], "X-Original-URL") == 0 || strcmp(unkeyed[which], "X-Forwarded-Prefix") == 0;
	struct scan_header h = { str_c(unkeyed[which]), origin ? probe_printf(p, "https://%.*s.example", STR_ARG(word)) :
							path   ? probe_printf(p, "/%.*s", STR_ARG(word)) :
								 probe_printf(p, "%.*s.example", STR_ARG(word)) };
	if (get(p, url, &h, 1, &r) < 0 || r->status >= 500 || !shows(r, word) || !stored(p, url, x->url, word, &r))
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = r,
				.about = x,
				.proof = word,
				.parameter = str_c(unkeyed[which]),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "带请求头 %s 的请求得到的页面被缓存，随后发给了没有该请求头的请求。", unkeyed[which]),
				.detail_en = probe_printf(p, "The page made for a request with the %s header was cached and then given to "
							     "a request without it.", unkeyed[which]) });
	return true;
}

/* Parameters that caches leave out of the key because they only count visitors. */
static bool by_parameter(struct probe *p, const struct scan_exchange *x)
{
	static const char *const names[] = { "utm_content", "utm_source", "gclid", "fbclid" };
	struct str url = with_query(p, x->url, buster(p)), word = probe_word(p, 10), dirty = url;
	const struct scan_exchange *r;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		dirty = with_query(p, dirty, probe_printf(p, "%s=%.*s", names[i], STR_ARG(word)));
	if (get(p, dirty, NULL, 0, &r) < 0 || !shows(r, word) || !stored(p, url, x->url, word, &r))
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = r,
				.about = x,
				.proof = word,
				.parameter = STR("utm_*"),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = STR("统计参数不属于缓存键，却被写进页面：带该参数的页面被缓存，随后发给了没有该参数的请求。"),
				.detail_en = STR("A counting parameter is no part of the cache key yet is written into the page: the page "
						 "made with it was cached and given to a request without it.") });
	return true;
}

static void probe_poisoning(struct probe *p, const struct scan_exchange *x)
{
	bool page = x->media == MEDIA_HTML || x->media == MEDIA_SCRIPT || x->media == MEDIA_JSON || (x->status >= 300 && x->status < 400);
	if (!page || x->missing || x->status >= 400 || !cache_signs(x) || !keyed_by_query(p, x))
		return;
	struct scan_header h[ARRAY_SIZE(unkeyed)];
	struct str word = probe_word(p, 10);
	const struct scan_exchange *r;
	/* All at once, to see whether any of it comes back. */
	for (size_t i = 0; i < ARRAY_SIZE(unkeyed); i++)
		h[i] = (struct scan_header){ str_c(unkeyed[i]), probe_printf(p, "%s%.*s.example", i == 6 || i == 9 ? "https://" : "", STR_ARG(word)) };
	bool any = get(p, with_query(p, x->url, buster(p)), h, ARRAY_SIZE(h), &r) == 0 && shows(r, word);
	for (size_t i = 0; any && i < ARRAY_SIZE(unkeyed); i++)
		if (by_header(p, x, i))
			return;
	by_parameter(p, x);
}

const struct scan_check check_cache_poisoning = {
	.id = "cache-poisoning",
	.title_zh = "网页缓存投毒",
	.title_en = "Web cache poisoning",
	.severity = SEVERITY_HIGH,
	.cwe = 349,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_poisoning,
};

/* ---- deception ---- */

static const struct scan_exchange *as_nobody(struct probe *p, struct str url)
{
	const struct scan_exchange *r;
	return probe_send(p, &(struct scan_mutation){ .url = url, .no_cookies = true, .fresh = true }, &r) == 0 ? r : NULL;
}

static bool deceives(struct probe *p, const struct scan_exchange *x, const char *joint, const char *ext)
{
	struct str path = str_ends(x->url, STR("/")) ? str_sub(x->url, 0, x->url.len - 1) : x->url;
	struct str url = probe_printf(p, "%.*s%s%.*s.%s", STR_ARG(path), joint, STR_ARG(probe_word(p, 10)), ext);
	struct str other = probe_printf(p, "%.*s%s%.*s.%s", STR_ARG(path), joint, STR_ARG(probe_word(p, 10)), ext);
	const struct scan_exchange *mine, *theirs, *never;
	if (probe_send(p, &(struct scan_mutation){ .url = url, .fresh = true }, &mine) < 0 || mine->status != 200 ||
	    probe_similarity(p, x, STR(""), mine, STR("")) < 0.95)
		return false;
	theirs = as_nobody(p, url);
	never = as_nobody(p, other); /* the same kind of address, never asked for with a session */
	if (!theirs || !never || probe_similarity(p, mine, STR(""), theirs, STR("")) < 0.98 ||
	    probe_similarity(p, mine, STR(""), never, STR("")) >= 0.95)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = theirs,
				.about = x,
				.proof = probe_printf(p, "不带会话请求 %.*s，得到了已登录用户的页面。without a session the logged-in user's page came back",
						      STR_ARG(str_sub(url, 0, 300))),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = STR("在私有页面的网址后加上静态文件名，仍返回该页面并被共享缓存保存，任何人随后都能取得。"),
				.detail_en = STR("With an invented static file name behind its address the private page is still served, kept "
						 "by a shared cache, and given to anybody.") });
	return true;
}

static void probe_deception(struct probe *p, const struct scan_exchange *x)
{
	static const struct {
		const char *joint, *ext;
	} tricks[] = { { "/", "css" }, { "/", "js" }, { "/", "png" }, { ";", "css" }, { "%2f", "js" }, { "%3f", "css" }, { "%23", "css" }, { "%00", "css" },
		       { "/", "jpg" }, { "%0a", "css" } };
	if (!probe_has_session(p) || x->status != 200 || x->query.len || x->missing ||
	    (x->media != MEDIA_HTML && x->media != MEDIA_JSON && x->media != MEDIA_TEXT))
		return;
	const struct scan_exchange *stranger; /* the same request as other checks': may be answered from the cache */
	if (probe_send(p, &(struct scan_mutation){ .no_cookies = true }, &stranger) < 0 || probe_similarity(p, x, STR(""), stranger, STR("")) >= 0.95)
		return; /* nothing private here */
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(tricks) : 5;
	for (size_t i = 0; i < n; i++)
		if (deceives(p, x, tricks[i].joint, tricks[i].ext))
			return;
}

const struct scan_check check_cache_deception = {
	.id = "cache-deception",
	.title_zh = "网页缓存欺骗：私有页面被共享缓存保存",
	.title_en = "Web cache deception: private pages kept by a shared cache",
	.severity = SEVERITY_HIGH,
	.cwe = 524,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_deception,
};
