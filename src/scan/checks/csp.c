/* Passive: Content-Security-Policy absent, or present and weak (CSP Level 3). A
 * source list is read as browsers do: a nonce or hash switches 'unsafe-inline' off,
 * 'strict-dynamic' switches host sources off; script-src falls back to default-src. */
#include "scan/checks/active_private.h"
#include "scan/checks/passive_private.h"
#include "scan/csp.h"

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
	struct str src = csp_script_sources(policy_of(x));

	if (!passive_is_page(x) || !csp_has_source(src, "'unsafe-inline'") ||
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
	struct str src = csp_script_sources(policy_of(x));

	if (passive_is_page(x) && csp_has_source(src, "'unsafe-eval'"))
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
	struct str src = csp_script_sources(policy_of(x));

	if (!passive_is_page(x) || csp_has_source(src, "'strict-dynamic'"))
		return;
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		if (!csp_has_source(src, any[i]))
			continue;
		passive_report(c, x, src, STR_NULL);
		return;
	}
}

const struct scan_check check_csp_wildcard = {
	.id = "csp-wildcard",
	.title_zh = "CSP 允许从任意来源加载脚本",
	.title_en = "CSP allows scripts from anywhere",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_wildcard,
};

static void look_incomplete(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str p = policy_of(x);

	if (!passive_is_page(x) || !csp_script_sources(p).ptr)
		return; /* a policy about something else, e.g. frame-ancestors alone */
	bool object = csp_directive(p, "object-src").ptr || csp_directive(p, "default-src").ptr;

	if (!object || !csp_directive(p, "base-uri").ptr)
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

static void look_bypass(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str src = csp_script_sources(policy_of(x)), host = csp_bypass_host(src);

	if (passive_is_page(x) && host.ptr && !csp_has_source(src, "'strict-dynamic'"))
		passive_report(c, x, host, STR_NULL);
}

const struct scan_check check_csp_bypass_host = {
	.id = "csp-bypass-host",
	.title_zh = "CSP 信任任何人都能放脚本的公共主机",
	.title_en = "CSP trusts hosts where anybody can put scripts",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_bypass,
};

static struct str nonce_of(const struct scan_exchange *x)
{
	struct str v = scan_header_get(&x->headers, "content-security-policy");
	ssize_t at = str_ifind(v, STR("'nonce-"));
	struct str rest = at < 0 ? STR_NULL : str_from(v, (size_t)at + 7);
	ssize_t end = str_chr(rest, '\'');

	return end <= 0 ? STR_NULL : str_sub(rest, 0, (size_t)end);
}

/* Active: a nonce must be new for every answer; three fresh answers with the same one are proof. */
static void probe_nonce(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r = x;

	for (int i = 0; i < 3; i++) {
		struct scan_mutation m = { .url = probe_printf(p, "%.*s%czw=%.*s", STR_ARG(x->url), str_chr(x->url, '?') < 0 ? '?' : '&',
							       STR_ARG(probe_word(p, 8))),
					   .fresh = true };
		if (!nonce_of(r).ptr || !str_eq(nonce_of(r), nonce_of(x)) || probe_send(p, &m, &r) < 0)
			return;
	}
	if (str_eq(nonce_of(r), nonce_of(x)))
		probe_report(p, &(struct scan_report){ .exchange = r, .proof = nonce_of(r), .confidence_set = true,
						       .confidence = CONFIDENCE_CERTAIN });
}

const struct scan_check check_csp_static_nonce = {
	.id = "csp-static-nonce",
	.title_zh = "CSP 的随机数每次相同",
	.title_en = "CSP nonce is the same in every answer",
	.severity = SEVERITY_LOW,
	.cwe = 330,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
	.on_site = probe_nonce,
};
