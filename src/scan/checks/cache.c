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
	return !active_cache_hit(r);
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
				       "X-Forwarded-Proto", "X-Original-Host", "Accept-Language", "Forwarded", "X-Rewrite-URL",
				       "X-HTTP-Host-Override" };

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

static bool report_kept(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *r, struct str word, struct str parameter,
			const char *zh, const char *en)
{
	probe_report(p, &(struct scan_report){ .exchange = r, .about = x, .proof = word, .parameter = parameter, .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN, .detail_zh = str_c(zh), .detail_en = str_c(en) });
	return true;
}

/* Parameters that caches leave out of the key because they only count visitors; and, behind one of
 * them after ';', which some applications read as '&', the page's own. */
static bool by_parameter(struct probe *p, const struct scan_exchange *x)
{
	static const char *const names[] = { "utm_content", "utm_source", "utm_campaign", "gclid", "fbclid" };
	struct str url = with_query(p, x->url, buster(p)), word = probe_word(p, 10), dirty = url, pair, rest = x->query;
	const struct scan_exchange *r;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		dirty = with_query(p, dirty, probe_printf(p, "%s=%.*s", names[i], STR_ARG(word)));
	if (get(p, dirty, NULL, 0, &r) == 0 && shows(r, word) && stored(p, url, x->url, word, &r))
		return report_kept(p, x, r, word, STR("utm_*"), "统计参数不属于缓存键，却被写进页面：带该参数的页面被缓存，随后发给了没有该参数的请求。",
				   "A counting parameter is no part of the cache key yet is written into the page: the page made with it was cached "
				   "and given to a request without it.");
	for (int n = 0; n < 2 && str_split(&rest, '&', &pair); n++) {
		ssize_t eq = str_chr(pair, '=');
		if (eq <= 0)
			continue;
		url = with_query(p, x->url, buster(p));
		dirty = with_query(p, url, probe_printf(p, "utm_content=1;%.*s=%.*s", (int)eq, pair.ptr, STR_ARG(word)));
		if (get(p, dirty, NULL, 0, &r) == 0 && shows(r, word) && stored(p, url, x->url, word, &r))
			return report_kept(p, x, r, word, str_sub(pair, 0, (size_t)eq), "缓存与应用对“;”的理解不同：藏在统计参数里的参数改变了页面，页面被缓存后发给了其他请求。",
					   "Cache and application part parameters differently (';'): one hidden in a counting parameter changed the page, "
					   "which was cached and given to other requests.");
	}
	return false;
}

/* A body that comes with GET is no part of the key either. */
static bool by_body(struct probe *p, const struct scan_exchange *x)
{
	struct str rest = x->query, pair, word = probe_word(p, 10);
	const struct scan_exchange *r;
	for (int n = 0; n < 2 && str_split(&rest, '&', &pair); n++) {
		ssize_t eq = str_chr(pair, '=');
		struct str url = with_query(p, x->url, buster(p));
		if (eq <= 0 || probe_send(p, &(struct scan_mutation){ .url = url, .method = STR("GET"), .body_set = true, .fresh = true,
								      .body = probe_printf(p, "%.*s=%.*s", (int)eq, pair.ptr, STR_ARG(word)),
								      .content_type = STR("application/x-www-form-urlencoded") }, &r) < 0 || !shows(r, word))
			continue;
		if (stored(p, url, x->url, word, &r))
			return report_kept(p, x, r, word, str_sub(pair, 0, (size_t)eq), "GET 请求的正文改变了页面却不属于缓存键：这样得到的页面被缓存，随后发给了其他请求。",
					   "The body of a GET request changes the page yet is no part of the cache key: the page made with it was cached "
					   "and given to other requests.");
	}
	return false;
}

/* A cookie of taste (not of the session) that shows in the page. */
static bool by_cookie(struct probe *p, const struct scan_exchange *x)
{
	struct str rest = scan_header_get(&x->request_headers, "cookie"), part, word = probe_word(p, 10);
	const struct scan_exchange *r;
	for (int n = 0; n < 3 && str_split(&rest, ';', &part);) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		struct str v = eq > 0 ? str_from(part, (size_t)eq + 1) : STR("");
		if (v.len < 2 || v.len > 20 || !str_has(x->text, v) || str_ihas(part, STR("sess")) || str_ihas(part, STR("sid=")))
			continue;
		n++;
		struct str cookie = scan_header_get(&x->request_headers, "cookie"), url = with_query(p, x->url, buster(p));
		size_t at = (size_t)(v.ptr - cookie.ptr);
		struct scan_header h = { STR_INIT("Cookie"), probe_printf(p, "%.*s%.*s%.*s", (int)at, cookie.ptr, STR_ARG(word),
									  STR_ARG(str_from(cookie, at + v.len))) };
		if (get(p, url, &h, 1, &r) == 0 && shows(r, word) && stored(p, url, x->url, word, &r))
			return report_kept(p, x, r, word, str_sub(part, 0, (size_t)eq), "Cookie 改变了页面却不属于缓存键：带改动 Cookie 的页面被缓存，随后发给了其他请求。",
					   "A cookie changes the page yet is no part of the cache key: the page made with another one was cached and "
					   "given to other requests.");
	}
	return false;
}

/* "You came without TLS": the redirect is kept and given to everybody. */
static bool by_scheme(struct probe *p, const struct scan_exchange *x)
{
	struct str url = with_query(p, x->url, buster(p));
	struct scan_header h[] = { { STR_INIT("X-Forwarded-Proto"), STR("http") }, { STR_INIT("X-Forwarded-Scheme"), STR("http") } };
	const struct scan_exchange *r, *again, *other;
	if (x->status != 200 || get(p, url, h, 2, &r) < 0 || r->status < 301 || r->status > 308 || get(p, url, NULL, 0, &again) < 0 ||
	    again->status != r->status || get(p, url, NULL, 0, &again) < 0 || again->status != r->status)
		return false;
	if (get(p, with_query(p, x->url, buster(p)), NULL, 0, &other) < 0 || other->status != x->status)
		return false;
	return report_kept(p, x, again, scan_header_get(&again->headers, "location"), STR("X-Forwarded-Proto"),
			   "带 X-Forwarded-Proto: http 的请求得到的跳转被缓存，随后发给了正常的请求，页面无法打开。",
			   "The redirect made for a request with X-Forwarded-Proto: http was cached and then given to usual requests: the page "
			   "cannot be opened.");
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
	if (!by_parameter(p, x) && !by_body(p, x) && !by_cookie(p, x))
		by_scheme(p, x);
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

/* The address with a made-up file behind it; a name that begins with '/' stands as it is. */
static struct str disguised(struct probe *p, const struct scan_exchange *x, const char *joint, const char *name)
{
	struct str path = str_ends(x->url, STR("/")) ? str_sub(x->url, 0, x->url.len - 1) : x->url;
	if (*joint == '.')
		return probe_printf(p, "%.*s.%s?zwcb=%.*s", STR_ARG(path), name, STR_ARG(probe_word(p, 10)));
	if (*name == '/')
		return probe_printf(p, "%.*s/%.*s%s", STR_ARG(path), STR_ARG(probe_word(p, 10)), name);
	return probe_printf(p, "%.*s%s%.*s.%s", STR_ARG(path), joint, STR_ARG(probe_word(p, 10)), name);
}

/* Is the private page shown there? */
static const struct scan_exchange *shown(struct probe *p, const struct scan_exchange *x, struct str url)
{
	const struct scan_exchange *mine;
	return probe_send(p, &(struct scan_mutation){ .url = url, .fresh = true }, &mine) == 0 && mine->status == 200 &&
	       probe_similarity(p, x, STR(""), mine, STR("")) >= 0.95 ? mine : NULL;
}

/* Is it kept there? `mine` is the answer for `url`. */
static bool deceives(struct probe *p, const struct scan_exchange *x, const char *joint, const char *name,
		     const struct scan_exchange *mine, struct str url)
{
	const struct scan_exchange *theirs = mine ? as_nobody(p, url) : NULL, *never;
	if (!theirs || probe_similarity(p, mine, STR(""), theirs, STR("")) < 0.98)
		return false;
	never = as_nobody(p, disguised(p, x, joint, name)); /* the same kind of address, never asked for with a session */
	if (!never || probe_similarity(p, mine, STR(""), never, STR("")) >= 0.95)
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

/* First how the application can be misled, then, for what misleads it, which names the cache keeps. */
static void probe_deception(struct probe *p, const struct scan_exchange *x)
{
	static const char *const joints[] = { "/", ";", ".", "%2f", "%3f", "%23", "%00", "%0a" };
	static const char *const names[] = { "css", "js", "png", "jpg", "ico", "svg", "/robots.txt", "woff2", "gif", "pdf" };
	if (!probe_has_session(p) || x->status != 200 || x->query.len || x->missing ||
	    (x->media != MEDIA_HTML && x->media != MEDIA_JSON && x->media != MEDIA_TEXT))
		return;
	const struct scan_exchange *stranger; /* the same request as other checks': may be answered from the cache */
	if (probe_send(p, &(struct scan_mutation){ .no_cookies = true }, &stranger) < 0 || probe_similarity(p, x, STR(""), stranger, STR("")) >= 0.95)
		return; /* nothing private here */
	/* a cache goes by how the name ends: all names once, then two; fewer where nothing speaks of a cache */
	size_t most = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(names) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(joints); i++) {
		struct str url = disguised(p, x, joints[i], names[0]);
		const struct scan_exchange *mine = shown(p, x, url);
		if (!mine)
			continue;
		size_t n = most ? most : cache_signs(mine) || cache_signs(x) ? ARRAY_SIZE(names) : 2;
		for (size_t k = 0; k < n; k++) {
			if (*names[k] == '/' && *joints[i] != '/')
				continue;
			if (k > 0) {
				url = disguised(p, x, joints[i], names[k]);
				mine = shown(p, x, url);
			}
			if (deceives(p, x, joints[i], names[k], mine, url))
				return;
		}
		most = probe_mode(p) == SCAN_DEEP ? most : n > 2 ? 2 : 1;
	}
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
