/* Passive: cross-origin sharing as it is declared (Fetch standard, CORS protocol).
 * Whether an arbitrary origin is echoed is for an active check. */
#include "scan/checks/passive_private.h"

static struct str allow_origin(const struct scan_exchange *x)
{
	return str_trim(scan_header_get(&x->headers, "access-control-allow-origin"));
}

static bool with_credentials(const struct scan_exchange *x)
{
	return str_ieq(str_trim(scan_header_get(&x->headers, "access-control-allow-credentials")),
		       STR("true"));
}

static void look_any(struct scan_ctx *c, const struct scan_exchange *x)
{
	/* Fonts, pictures, scripts and styles are shared on purpose. */
	bool data = x->media == MEDIA_JSON || x->media == MEDIA_XML || x->media == MEDIA_HTML ||
		    (x->media == MEDIA_TEXT && !str_iends(x->path, STR(".txt")));

	if (data && x->status < 400 && str_eq(allow_origin(x), STR("*")))
		passive_report(c, x, allow_origin(x), STR_NULL);
}

const struct scan_check check_cors_any_origin = {
	.id = "cors-any-origin",
	.title_zh = "跨域共享允许任意来源读取",
	.title_en = "CORS lets any origin read",
	.severity = SEVERITY_INFO,
	.cwe = 942,
	.owasp = "A05:2021",
	.place = PLACE_DIR,
	.on_exchange = look_any,
};

static void look_any_credentials(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (str_eq(allow_origin(x), STR("*")) && with_credentials(x))
		passive_report(c, x, allow_origin(x), STR_NULL);
}

const struct scan_check check_cors_any_credentials = {
	.id = "cors-any-credentials",
	.title_zh = "跨域共享同时声明任意来源与携带凭证",
	.title_en = "CORS declares any origin together with credentials",
	.severity = SEVERITY_LOW,
	.cwe = 942,
	.owasp = "A05:2021",
	.place = PLACE_DIR,
	.on_exchange = look_any_credentials,
};

static void look_null(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (str_ieq(allow_origin(x), STR("null")))
		passive_report_as(c, x, allow_origin(x),
				  with_credentials(x) ? SEVERITY_MEDIUM : SEVERITY_LOW,
				  CONFIDENCE_CERTAIN);
}

const struct scan_check check_cors_null_origin = {
	.id = "cors-null-origin",
	.title_zh = "跨域共享信任 null 来源",
	.title_en = "CORS trusts the null origin",
	.severity = SEVERITY_LOW,
	.cwe = 942,
	.owasp = "A05:2021",
	.place = PLACE_DIR,
	.on_exchange = look_null,
};
