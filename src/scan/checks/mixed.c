/* Passive: an https page that loads or sends over http (W3C Mixed Content). What
 * browsers block (scripts, styles, frames) is "active", pictures and media are
 * "passive"; forms are a finding of their own. */
#include "scan/checks/passive_private.h"

static bool is_plain(struct str url)
{
	return str_istarts(url, STR("http://"));
}

static bool upgrades(const struct scan_exchange *x)
{
	return str_ihas(scan_header_get(&x->headers, "content-security-policy"),
			STR("upgrade-insecure-requests"));
}

static void look_active(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!x->https || !passive_is_page(x) || upgrades(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		if (is_plain(l->url) &&
		    (l->kind == LINK_SCRIPT || l->kind == LINK_STYLE || l->kind == LINK_FRAME)) {
			passive_report(c, x, l->raw, STR_NULL);
			return;
		}
	}
}

const struct scan_check check_mixed_active = {
	.id = "mixed-active",
	.title_zh = "HTTPS 页面经明文 HTTP 加载脚本、样式或框架",
	.title_en = "HTTPS page loads scripts, styles or frames over plain HTTP",
	.severity = SEVERITY_MEDIUM,
	.cwe = 319,
	.owasp = "A02:2021",
	.place = PLACE_PAGE,
	.on_page = look_active,
};

static void look_passive(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const media[] = { "img", "video", "audio", "source" };

	if (!x->https || !passive_is_page(x) || upgrades(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		if (l->kind != LINK_RESOURCE || !is_plain(l->url) || !l->tag)
			continue;
		for (size_t k = 0; k < sizeof(media) / sizeof(media[0]); k++) {
			if (!str_eq(l->tag->name, str_c(media[k])))
				continue;
			passive_report(c, x, l->raw, STR_NULL);
			return;
		}
	}
}

const struct scan_check check_mixed_passive = {
	.id = "mixed-passive",
	.title_zh = "HTTPS 页面经明文 HTTP 加载图片或媒体",
	.title_en = "HTTPS page loads pictures or media over plain HTTP",
	.severity = SEVERITY_INFO,
	.cwe = 319,
	.owasp = "A02:2021",
	.place = PLACE_PAGE,
	.on_page = look_passive,
};

static void look_form(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!x->https || !passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];

		if (is_plain(f->action))
			passive_report(c, x, scan_tag_attr(f->tag, "action"), f->action);
	}
}

const struct scan_check check_form_insecure_action = {
	.id = "form-insecure-action",
	.title_zh = "HTTPS 页面的表单提交到明文 HTTP",
	.title_en = "Form on an HTTPS page submits over plain HTTP",
	.severity = SEVERITY_MEDIUM,
	.cwe = 319,
	.owasp = "A02:2021",
	.place = PLACE_PAGE,
	.on_page = look_form,
};
