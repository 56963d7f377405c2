/* Passive: pages, scripts and styles sent without `X-Content-Type-Options: nosniff`,
 * so that an old browser may guess another type. Reported once per origin. */
#include "scan/check.h"

static void look(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (x->status >= 300 || str_empty(x->body))
		return;
	if (x->media != MEDIA_HTML && x->media != MEDIA_SCRIPT && x->media != MEDIA_STYLE)
		return;
	struct str v = str_trim(scan_header_get(&x->headers, "x-content-type-options"));
	if (str_ieq(v, STR("nosniff")))
		return;
	scan_report(c, &(struct scan_report){ .exchange = x, .proof = v });
}

const struct scan_check check_missing_x_content_type_options = {
	.id = "missing-x-content-type-options",
	.title_zh = "缺少 X-Content-Type-Options 响应头",
	.title_en = "X-Content-Type-Options header missing",
	.severity = SEVERITY_INFO,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look,
};
