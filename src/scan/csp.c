/* Reading policies. The hosts known to serve anybody's code are shared CDNs and services
 * that answer JSONP with a callback of the caller's choice. */
#include "scan/csp.h"

#include "base/check.h"

struct str csp_directive(struct str policy, const char *name)
{
	struct str part;
	while (str_split(&policy, ';', &part)) {
		part = str_trim(part);
		size_t n = 0;
		while (n < part.len && !ascii_space(part.ptr[n]))
			n++;
		if (str_ieq(str_sub(part, 0, n), str_c(name)))
			return str_trim(str_from(part, n));
	}
	return STR_NULL;
}

struct str csp_script_sources(struct str policy)
{
	static const char *const names[] = { "script-src-elem", "script-src", "default-src" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct str v = csp_directive(policy, names[i]);
		if (v.ptr)
			return v;
	}
	return STR_NULL;
}

static bool next_source(struct str *list, struct str *ret)
{
	*list = str_trim(*list);
	size_t n = 0;
	while (n < list->len && !ascii_space(list->ptr[n]))
		n++;
	*ret = str_sub(*list, 0, n);
	*list = str_from(*list, n);
	return n > 0;
}

bool csp_has_source(struct str list, const char *want)
{
	struct str part;
	while (next_source(&list, &part))
		if (str_ieq(part, str_c(want)))
			return true;
	return false;
}

bool csp_has_nonce(struct str list)
{
	return str_ihas(list, STR("'nonce-"));
}

bool csp_has_hash(struct str list)
{
	return str_ihas(list, STR("'sha256-")) || str_ihas(list, STR("'sha384-")) || str_ihas(list, STR("'sha512-"));
}

bool csp_next(const struct scan_exchange *x, struct csp_iter *it, struct str *ret)
{
	const struct scan_tag *t;
	while (str_empty(it->rest)) {
		if (scan_header_next(&x->headers, "content-security-policy", &it->header, &it->rest))
			continue;
		while (x->page && (t = scan_page_tag(x->page, "meta", &it->meta)))
			if (str_ieq(scan_tag_attr(t, "http-equiv"), STR("content-security-policy"))) {
				*ret = scan_tag_attr(t, "content");
				return true;
			}
		return false;
	}
	return str_split(&it->rest, ',', ret);
}

struct str csp_bypass_host(struct str list)
{
	static const char *const hosts[] = {
		"cdnjs.cloudflare.com", "cdn.jsdelivr.net", "unpkg.com", "ajax.googleapis.com", "raw.githubusercontent.com",
		"cdn.staticfile.org", "cdn.staticfile.net", "cdn.bootcss.com", "cdn.bootcdn.net", "lib.baomitu.com",
		"ajax.aspnetcdn.com", "code.jquery.com/ui", "cdn.rawgit.com", "rawgit.com", "yastatic.net",
		"accounts.google.com", "www.google.com", "api.map.baidu.com", "suggestion.baidu.com", "passport.baidu.com",
		"sug.so.360.cn", "api.weibo.com", "graph.qq.com", "apps.bdimg.com", "libs.baidu.com", "gist.github.com",
		"storage.googleapis.com", "s3.amazonaws.com", "herokuapp.com", "github.io", "appspot.com", "netlify.app",
		"pages.dev", "vercel.app", "aliyuncs.com", "myqcloud.com"
	};
	struct str part;
	while (next_source(&list, &part)) {
		ssize_t at = str_find(part, STR("://"));
		struct str host = at < 0 ? part : str_from(part, (size_t)at + 3);
		if (str_starts(host, STR("'")))
			continue;
		if (str_starts(host, STR("*.")))
			host = str_from(host, 2);
		ssize_t slash = str_chr(host, '/');
		if (slash > 0 && (size_t)slash + 1 < host.len && !str_ends(host, STR("/")))
			continue; /* one file only */
		if (slash > 0)
			host = str_sub(host, 0, (size_t)slash);
		for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
			if (str_ieq(host, str_c(hosts[i])))
				return part;
	}
	return STR_NULL;
}

static bool sandboxed(struct str policy)
{
	struct str v = csp_directive(policy, "sandbox");
	return v.ptr && !csp_has_source(v, "allow-scripts");
}

enum csp_stops csp_judge(const struct scan_exchange *x, struct str *ret_why, struct str *ret_bypass)
{
	enum csp_stops worst = CSP_STOPS_NOTHING;
	struct csp_iter it = { 0 };
	struct str policy;
	*ret_why = *ret_bypass = STR("");
	while (csp_next(x, &it, &policy)) {
		struct str src = csp_script_sources(policy);
		if (sandboxed(policy) || (src.ptr && (str_empty(src) || str_ieq(src, STR("'none'"))))) {
			*ret_why = src.ptr ? src : csp_directive(policy, "sandbox");
			return CSP_STOPS_SCRIPTS;
		}
		if (!src.ptr)
			continue;
		bool inline_ok = csp_has_source(src, "'unsafe-inline'") && !csp_has_nonce(src) && !csp_has_hash(src) &&
				 !csp_has_source(src, "'strict-dynamic'");
		if (inline_ok)
			continue;
		worst = CSP_STOPS_INLINE;
		*ret_why = src;
		if (!csp_has_source(src, "'strict-dynamic'"))
			*ret_bypass = csp_bypass_host(src).ptr	       ? csp_bypass_host(src)
				      : csp_has_source(src, "*")      ? STR("*")
				      : csp_has_source(src, "https:") ? STR("https:")
				      : csp_has_source(src, "data:")  ? STR("data:")
								      : STR("");
	}
	return worst;
}
