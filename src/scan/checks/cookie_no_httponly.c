/* Passive: a cookie that looks like a session is set without HttpOnly. Cookies that
 * scripts must read (CSRF tokens, preferences) are left alone. */
#include "scan/check.h"

static bool session_like(struct str name)
{
	static const char *const parts[] = { "sess", "sid", "auth", "token", "jwt", "login",
					     "remember", "passport" };
	if (str_ihas(name, STR("csrf")) || str_ihas(name, STR("xsrf")))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (str_ihas(name, str_c(parts[i])))
			return true;
	return false;
}

static bool has_attribute(struct str cookie, struct str want)
{
	struct str part;
	bool first = true;
	while (str_split(&cookie, ';', &part)) {
		if (!first && str_ieq(str_trim(part), want))
			return true;
		first = false;
	}
	return false;
}

static void look(struct scan_ctx *c, const struct scan_exchange *x)
{
	size_t at = 0;
	struct str v;
	while (scan_header_next(&x->headers, "set-cookie", &at, &v)) {
		ssize_t eq = str_chr(v, '=');
		if (eq <= 0)
			continue;
		struct str name = str_trim(str_sub(v, 0, (size_t)eq));
		if (!session_like(name) || has_attribute(v, STR("httponly")))
			continue;
		scan_report(c, &(struct scan_report){
				       .exchange = x, .proof = v, .parameter = name });
	}
}

const struct scan_check check_cookie_no_httponly = {
	.id = "cookie-no-httponly",
	.title_zh = "会话 Cookie 未设置 HttpOnly",
	.title_en = "Session cookie without HttpOnly",
	.severity = SEVERITY_LOW,
	.cwe = 1004,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look,
};
