/* Passive: JavaScript libraries with known holes, by the address of a script on a page and by
 * the text of the script itself (jslib.h has the repository). */
#include "scan/checks/passive_private.h"
#include "scan/jslib.h"

#define HITS 8

static void report(struct scan_ctx *c, const struct scan_exchange *x, const struct jslib_hit *hit, struct str proof)
{
	struct arena *a = scan_ctx_arena(c);
	struct jslib_verdict v;
	struct str title = jslib_title(scan_ctx_jslib(c), hit->name);

	if (!jslib_judge(scan_ctx_jslib(c), a, hit, &v))
		return;
	/* What a page may hold is not yet what an attacker can reach: one step lower than the record says. */
	enum severity severity = v.severity > SEVERITY_MEDIUM ? SEVERITY_MEDIUM : v.severity;
	const char *fix_zh = v.fixed.len ? "，请升级到 " : "", *fix_en = v.fixed.len ? "; upgrade to " : "";
	scan_report(c, &(struct scan_report){
			       .exchange = x,
			       .proof = proof,
			       .parameter = title,
			       .severity_set = true,
			       .severity = severity,
			       .detail_zh = arena_printf(a, "%.*s %.*s 存在已知漏洞（%.*s）%s%.*s%s。", STR_ARG(title),
							 STR_ARG(hit->version), STR_ARG(v.ids), fix_zh, STR_ARG(v.fixed),
							 v.fixed.len ? " 或更高版本" : ""),
			       .detail_en = arena_printf(a, "%.*s %.*s has known vulnerabilities (%.*s)%s%.*s%s. %.*s", STR_ARG(title),
							 STR_ARG(hit->version), STR_ARG(v.ids), fix_en, STR_ARG(v.fixed),
							 v.fixed.len ? " or later" : "", STR_ARG(v.summary)) });
}

static void look_page(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct jslib_hit hits[HITS];

	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *link = &x->page->links[i];

		if (link->kind != LINK_SCRIPT)
			continue;
		size_t n = jslib_in_url(scan_ctx_jslib(c), link->url, hits, HITS);
		for (size_t k = 0; k < n; k++)
			report(c, x, &hits[k], link->raw);
	}
}

static void look_script(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct jslib_hit hits[HITS];

	if (x->media != MEDIA_SCRIPT || x->status != 200 || x->missing)
		return;
	size_t n = jslib_in_text(scan_ctx_jslib(c), x->text, hits, HITS);
	for (size_t k = 0; k < n; k++)
		report(c, x, &hits[k], hits[k].proof.len ? hits[k].proof : STR("SHA-1"));
}

const struct scan_check check_outdated_library = {
	.id = "outdated-library",
	.title_zh = "使用存在已知漏洞的前端库",
	.title_en = "Front-end library with known vulnerabilities",
	.severity = SEVERITY_MEDIUM,
	.cwe = 1104,
	.owasp = "A06:2021",
	.place = PLACE_SITE,
	.on_exchange = look_script,
	.on_page = look_page,
};
