/* Passive: Content-Security-Policy absent, or present and weak (CSP Level 3). A
 * source list is read as browsers do: a nonce or hash switches 'unsafe-inline' off,
 * 'strict-dynamic' switches host sources off; script-src falls back to default-src. */
#include "scan/checks/passive_private.h"

/* Value of one directive of a policy; .ptr NULL when it is not there. */
static struct str directive(struct str policy, const char *name)
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

static struct str script_sources(struct str policy)
{
	struct str v = directive(policy, "script-src");

	return v.ptr ? v : directive(policy, "default-src");
}

static bool has_source(struct str list, const char *want)
{
	struct str part;

	while (str_split(&list, ' ', &part))
		if (str_ieq(str_trim(part), str_c(want)))
			return true;
	return false;
}

static struct str policy_of(const struct scan_exchange *x)
{
	struct str v = scan_header_get(&x->headers, "content-security-policy");
	size_t at = 0;
	const struct scan_tag *t;

	while (!v.ptr && x->page && (t = scan_page_tag(x->page, "meta", &at)))
		if (str_ieq(scan_tag_attr(t, "http-equiv"), STR("content-security-policy")))
			v = scan_tag_attr(t, "content");
	return v;
}

static void look_missing(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (passive_is_page(x) && !policy_of(x).ptr)
		passive_report(c, x,
			       scan_header_get(&x->headers, "content-security-policy-report-only"),
			       STR_NULL);
}

const struct scan_check check_missing_csp = {
	.id = "missing-csp",
	.title_zh = "未设置内容安全策略（CSP）",
	.title_en = "No Content-Security-Policy",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_missing,
};

static void look_inline(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str src = script_sources(policy_of(x));

	if (!passive_is_page(x) || !has_source(src, "'unsafe-inline'") ||
	    str_ihas(src, STR("'nonce-")) || str_ihas(src, STR("'sha256-")) ||
	    str_ihas(src, STR("'sha384-")) || str_ihas(src, STR("'sha512-")))
		return;
	passive_report(c, x, src, STR_NULL);
}

const struct scan_check check_csp_unsafe_inline = {
	.id = "csp-unsafe-inline",
	.title_zh = "CSP 允许内联脚本，防不住跨站脚本",
	.title_en = "CSP allows inline scripts and so does not stop XSS",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_inline,
};

static void look_eval(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str src = script_sources(policy_of(x));

	if (passive_is_page(x) && has_source(src, "'unsafe-eval'"))
		passive_report(c, x, src, STR_NULL);
}

const struct scan_check check_csp_unsafe_eval = {
	.id = "csp-unsafe-eval",
	.title_zh = "CSP 允许 eval",
	.title_en = "CSP allows eval",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_eval,
};

static void look_wildcard(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const any[] = {
		"*", "http:", "https:", "data:", "http://*", "https://*"
	};
	struct str src = script_sources(policy_of(x));

	if (!passive_is_page(x) || has_source(src, "'strict-dynamic'"))
		return;
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		if (!has_source(src, any[i]))
			continue;
		passive_report(c, x, src, STR_NULL);
		return;
	}
}

const struct scan_check check_csp_wildcard = {
	.id = "csp-wildcard",
	.title_zh = "CSP 允许从任意来源加载脚本",
	.title_en = "CSP allows scripts from anywhere",
	.severity = SEVERITY_LOW,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_wildcard,
};

static void look_incomplete(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str p = policy_of(x);

	if (!passive_is_page(x) || !script_sources(p).ptr)
		return; /* a policy about something else, e.g. frame-ancestors alone */
	bool object = directive(p, "object-src").ptr || directive(p, "default-src").ptr;

	if (!object || !directive(p, "base-uri").ptr)
		passive_report(c, x, p, STR_NULL);
}

const struct scan_check check_csp_incomplete = {
	.id = "csp-incomplete",
	.title_zh = "CSP 缺少 object-src 或 base-uri",
	.title_en = "CSP lacks object-src or base-uri",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_incomplete,
};
