/* Passive: response fields that tell a browser to protect the visitor, absent or
 * switched off. Each is reported once per origin, with the pages counted.
 * Sources: RFC 6797 (HSTS), Referrer Policy, Permissions Policy, CSP Level 3
 * (frame-ancestors), Fetch (nosniff), RFC 9110 §8.3 (Content-Type). */
#include "scan/checks/passive_private.h"

static void look_frame(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str v = str_trim(scan_header_get(&x->headers, "x-frame-options"));
	struct str csp;
	size_t at = 0;

	if (!passive_is_page(x) || str_ieq(v, STR("deny")) || str_ieq(v, STR("sameorigin")))
		return;
	while (scan_header_next(&x->headers, "content-security-policy", &at, &csp))
		if (str_ihas(csp, STR("frame-ancestors")))
			return;
	passive_report(c, x, v, STR_NULL);
}

const struct scan_check check_missing_x_frame_options = {
	.id = "missing-x-frame-options",
	.title_zh = "页面可被他站嵌套（缺少点击劫持防护）",
	.title_en = "Page may be framed by other sites (no clickjacking protection)",
	.severity = SEVERITY_INFO,
	.cwe = 1021,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_frame,
};

/* The part of HSTS that counts: max-age in seconds, or -1. */
static int64_t hsts_max_age(struct str v)
{
	struct str part;
	int64_t age = -1;

	while (str_split(&v, ';', &part)) {
		part = str_trim(part);
		if (!str_istarts(part, STR("max-age=")))
			continue;
		struct str n = str_from(part, 8);

		if (n.len >= 2 && n.ptr[0] == '"')
			n = str_sub(n, 1, n.len - 1);
		if (str_to_i64(n, &age) < 0)
			age = -1;
	}
	return age;
}

static void look_hsts(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (x->https && x->status < 400 &&
	    !scan_header_get(&x->headers, "strict-transport-security").ptr)
		passive_report(c, x, STR_NULL, STR_NULL);
}

const struct scan_check check_missing_hsts = {
	.id = "missing-hsts",
	.title_zh = "HTTPS 站点未启用 HSTS",
	.title_en = "HTTPS site without Strict-Transport-Security",
	.severity = SEVERITY_INFO,
	.cwe = 319,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_hsts,
};

static void look_hsts_weak(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str v = scan_header_get(&x->headers, "strict-transport-security");

	/* 180 days: what the preload lists and browser vendors call the least useful. */
	if (x->https && v.ptr && hsts_max_age(v) < 15552000)
		passive_report(c, x, v, STR_NULL);
}

const struct scan_check check_hsts_weak = {
	.id = "hsts-weak",
	.title_zh = "HSTS 有效期过短或格式错误",
	.title_en = "Strict-Transport-Security is short-lived or malformed",
	.severity = SEVERITY_INFO,
	.cwe = 319,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_hsts_weak,
};

/* Last token that browsers know wins; the header may list fallbacks. */
static struct str referrer_policy(const struct scan_exchange *x)
{
	static const char *const known[] = { "no-referrer",
					     "no-referrer-when-downgrade",
					     "origin",
					     "origin-when-cross-origin",
					     "same-origin",
					     "strict-origin",
					     "strict-origin-when-cross-origin",
					     "unsafe-url" };
	struct str v = scan_header_get(&x->headers, "referrer-policy"), part, last = STR_NULL;

	while (str_split(&v, ',', &part))
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (str_ieq(str_trim(part), str_c(known[i])))
				last = str_trim(part);
	return last;
}

static struct str meta_referrer(const struct scan_exchange *x)
{
	size_t at = 0;
	const struct scan_tag *t;

	while (x->page && (t = scan_page_tag(x->page, "meta", &at)))
		if (str_ieq(scan_tag_attr(t, "name"), STR("referrer")))
			return scan_tag_attr(t, "content");
	return STR_NULL;
}

static void look_referrer(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (passive_is_page(x) && !referrer_policy(x).ptr && !meta_referrer(x).ptr)
		passive_report(c, x, STR_NULL, STR_NULL);
}

const struct scan_check check_missing_referrer_policy = {
	.id = "missing-referrer-policy",
	.title_zh = "缺少 Referrer-Policy 响应头",
	.title_en = "Referrer-Policy header missing",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_referrer,
};

static void look_referrer_unsafe(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str v = referrer_policy(x);

	if (!v.ptr)
		v = meta_referrer(x);
	if (passive_is_page(x) && str_ieq(str_trim(v), STR("unsafe-url")))
		passive_report(c, x, v, STR_NULL);
}

const struct scan_check check_referrer_policy_unsafe = {
	.id = "referrer-policy-unsafe",
	.title_zh = "Referrer-Policy 会把完整网址发给其他站点",
	.title_en = "Referrer-Policy sends full addresses to other sites",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_referrer_unsafe,
};

static void look_permissions(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (passive_is_page(x) && x->https &&
	    !scan_header_get(&x->headers, "permissions-policy").ptr)
		passive_report(c, x, STR_NULL, STR_NULL);
}

const struct scan_check check_missing_permissions_policy = {
	.id = "missing-permissions-policy",
	.title_zh = "缺少 Permissions-Policy 响应头",
	.title_en = "Permissions-Policy header missing",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_permissions,
};

static void look_type(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (x->status >= 200 && x->status < 300 && !str_empty(x->body) && !x->missing &&
	    str_empty(str_trim(scan_header_get(&x->headers, "content-type"))))
		passive_report(c, x, STR_NULL, STR_NULL);
}

const struct scan_check check_content_type_missing = {
	.id = "content-type-missing",
	.title_zh = "响应没有声明内容类型",
	.title_en = "Response without Content-Type",
	.severity = SEVERITY_INFO,
	.cwe = 436,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_type,
};

static bool meta_charset(const struct scan_page *p)
{
	size_t at = 0;
	const struct scan_tag *t;

	while ((t = scan_page_tag(p, "meta", &at)))
		if (scan_tag_attr(t, "charset").ptr ||
		    str_ihas(scan_tag_attr(t, "content"), STR("charset=")))
			return true;
	return false;
}

static void look_charset(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) ||
	    str_ihas(scan_header_get(&x->headers, "content-type"), STR("charset=")) ||
	    meta_charset(x->page) || str_starts(x->body, STR("\xef\xbb\xbf")))
		return;
	passive_report(c, x, scan_header_get(&x->headers, "content-type"), STR_NULL);
}

const struct scan_check check_charset_missing = {
	.id = "charset-missing",
	.title_zh = "网页没有声明字符编码",
	.title_en = "Page without a declared character encoding",
	.severity = SEVERITY_INFO,
	.cwe = 838,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_charset,
};

static void look_json_type(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str b = str_trim(x->body);

	if (x->status >= 300 || !x->mime_declared || !str_eq(x->mime, STR("text/html")) ||
	    b.len < 8)
		return;
	bool object = b.ptr[0] == '{' && b.ptr[b.len - 1] == '}' && str_has(b, STR("\":"));
	bool array = b.ptr[0] == '[' && b.ptr[1] == '{' && b.ptr[b.len - 1] == ']';

	if (object || array)
		passive_report(c, x, scan_header_get(&x->headers, "content-type"), STR_NULL);
}

const struct scan_check check_json_as_html = {
	.id = "json-as-html",
	.title_zh = "JSON 接口以 text/html 返回",
	.title_en = "JSON answer served as text/html",
	.severity = SEVERITY_INFO,
	.cwe = 79,
	.owasp = "A03:2021",
	.place = PLACE_PAGE,
	.on_exchange = look_json_type,
};
