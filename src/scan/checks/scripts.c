/* Passive: scripts from elsewhere. */
#include "scan/checks/passive_private.h"

static bool cross_origin(const struct scan_exchange *x, struct str url)
{
	return str_has(url, STR("://")) &&
	       !(str_istarts(url, x->origin) &&
		 (url.len == x->origin.len || url.ptr[x->origin.len] == '/'));
}

static void look_sri(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		if ((l->kind != LINK_SCRIPT && l->kind != LINK_STYLE) || !l->tag ||
		    !cross_origin(x, l->url) || scan_tag_attr(l->tag, "integrity").ptr)
			continue;
		passive_report(c, x, str_sub(x->text, l->tag->at, l->tag->end), STR_NULL);
		return;
	}
}

const struct scan_check check_sri_missing = {
	.id = "sri-missing",
	.title_zh = "第三方脚本或样式没有完整性校验（SRI）",
	.title_en = "Third-party script or style without Subresource Integrity",
	.severity = SEVERITY_INFO,
	.cwe = 353,
	.owasp = "A08:2021",
	.place = PLACE_SITE,
	.on_page = look_sri,
};

/* Hosts that were taken over and served altered scripts (public reports of June 2024). */
static void look_poisoned(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const hosts[] = { "://polyfill.io/",        "://cdn.polyfill.io/",
					     "://cdn.bootcss.com/",    "://cdn.bootcdn.net/",
					     "://cdn.staticfile.net/", "://cdn.staticfile.org/" };

	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		if (l->kind != LINK_SCRIPT || (l->tag && scan_tag_attr(l->tag, "integrity").ptr))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(hosts); k++)
			if (str_ihas(l->url, str_c(hosts[k])))
				scan_report(c, &(struct scan_report){
						       .exchange = x,
						       .proof = l->raw,
						       .parameter = l->url,
						       .severity_set = true,
						       .severity = k < 2 ? SEVERITY_HIGH
									 : SEVERITY_MEDIUM });
	}
}

const struct scan_check check_script_poisoned_cdn = {
	.id = "script-poisoned-cdn",
	.title_zh = "引用曾被投毒的公共脚本库",
	.title_en = "Script from a public CDN that has served altered code",
	.severity = SEVERITY_MEDIUM,
	.cwe = 829,
	.owasp = "A08:2021",
	.place = PLACE_SITE,
	.on_page = look_poisoned,
};
