/* Passive: how cookies are set (RFC 6265bis). Only cookies that look like a session
 * are held to HttpOnly and Secure; cookies that scripts must read (CSRF tokens,
 * preferences) are left alone. Reported once per cookie name and origin. */
#include "scan/checks/passive_private.h"

struct cookie {
	struct str name, domain, samesite;
	bool secure, httponly, path_root;
};

static bool read_cookie(struct str v, struct cookie *ret)
{
	struct str part;
	ssize_t eq = str_chr(v, '=');
	bool first = true;

	if (eq <= 0)
		return false;
	*ret = (struct cookie){ .name = str_trim(str_sub(v, 0, (size_t)eq)) };
	while (str_split(&v, ';', &part)) {
		part = str_trim(part);
		if (first) {
			first = false;
			continue;
		}
		if (str_ieq(part, STR("secure")))
			ret->secure = true;
		else if (str_ieq(part, STR("httponly")))
			ret->httponly = true;
		else if (str_istarts(part, STR("domain=")))
			ret->domain = str_trim(str_from(part, 7));
		else if (str_istarts(part, STR("samesite=")))
			ret->samesite = str_trim(str_from(part, 9));
		else if (str_ieq(part, STR("path=/")))
			ret->path_root = true;
	}
	return true;
}

static bool session_like(struct str name)
{
	static const char *const parts[] = { "sess",  "sid",      "auth",     "token", "jwt",
					     "login", "remember", "passport", "ticket" };

	if (str_ihas(name, STR("csrf")) || str_ihas(name, STR("xsrf")))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (str_ihas(name, str_c(parts[i])))
			return true;
	return false;
}

/* Calls bad() for every cookie set; a true answer is reported. */
static void each_cookie(struct scan_ctx *c, const struct scan_exchange *x,
			bool (*bad)(const struct cookie *k, const struct scan_exchange *x))
{
	size_t at = 0;
	struct str v;
	struct cookie k;

	while (scan_header_next(&x->headers, "set-cookie", &at, &v))
		if (read_cookie(v, &k) && bad(&k, x))
			passive_report(c, x, v, k.name);
}

static bool no_httponly(const struct cookie *k, const struct scan_exchange *x)
{
	return session_like(k->name) && !k->httponly;
}

static void look_httponly(struct scan_ctx *c, const struct scan_exchange *x)
{
	each_cookie(c, x, no_httponly);
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
	.on_exchange = look_httponly,
};

static bool no_secure(const struct cookie *k, const struct scan_exchange *x)
{
	return x->https && session_like(k->name) && !k->secure;
}

static void look_secure(struct scan_ctx *c, const struct scan_exchange *x)
{
	each_cookie(c, x, no_secure);
}

const struct scan_check check_cookie_no_secure = {
	.id = "cookie-no-secure",
	.title_zh = "会话 Cookie 未设置 Secure",
	.title_en = "Session cookie without Secure",
	.severity = SEVERITY_LOW,
	.cwe = 614,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look_secure,
};

static bool no_samesite(const struct cookie *k, const struct scan_exchange *x)
{
	return session_like(k->name) && str_empty(k->samesite);
}

static void look_samesite(struct scan_ctx *c, const struct scan_exchange *x)
{
	each_cookie(c, x, no_samesite);
}

const struct scan_check check_cookie_no_samesite = {
	.id = "cookie-no-samesite",
	.title_zh = "会话 Cookie 未设置 SameSite",
	.title_en = "Session cookie without SameSite",
	.severity = SEVERITY_INFO,
	.cwe = 1275,
	.owasp = "A01:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look_samesite,
};

static bool none_insecure(const struct cookie *k, const struct scan_exchange *x)
{
	return str_ieq(k->samesite, STR("none")) && !k->secure;
}

static void look_none(struct scan_ctx *c, const struct scan_exchange *x)
{
	each_cookie(c, x, none_insecure);
}

const struct scan_check check_cookie_samesite_none = {
	.id = "cookie-samesite-none",
	.title_zh = "Cookie 设为 SameSite=None 却没有 Secure",
	.title_en = "Cookie with SameSite=None but without Secure",
	.severity = SEVERITY_INFO,
	.cwe = 1275,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look_none,
};

/* www.a.example setting Domain=a.example shares the session with every sub-domain. */
static bool broad_domain(const struct cookie *k, const struct scan_exchange *x)
{
	struct str d = k->domain;

	if (d.len && d.ptr[0] == '.')
		d = str_from(d, 1);
	return session_like(k->name) && !str_empty(d) && d.len < x->host.len &&
	       str_iends(x->host, d);
}

static void look_domain(struct scan_ctx *c, const struct scan_exchange *x)
{
	each_cookie(c, x, broad_domain);
}

const struct scan_check check_cookie_broad_domain = {
	.id = "cookie-broad-domain",
	.title_zh = "会话 Cookie 的作用域过宽（上级域名）",
	.title_en = "Session cookie is shared with the parent domain",
	.severity = SEVERITY_INFO,
	.cwe = 1018,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look_domain,
};

static bool prefix_broken(const struct cookie *k, const struct scan_exchange *x)
{
	if (str_istarts(k->name, STR("__host-")))
		return !k->secure || !k->path_root || !str_empty(k->domain);
	return str_istarts(k->name, STR("__secure-")) && !k->secure;
}

static void look_prefix(struct scan_ctx *c, const struct scan_exchange *x)
{
	each_cookie(c, x, prefix_broken);
}

const struct scan_check check_cookie_prefix = {
	.id = "cookie-prefix",
	.title_zh = "带 __Host-/__Secure- 前缀的 Cookie 不符合要求，浏览器会丢弃",
	.title_en = "Cookie breaks the rules of its __Host-/__Secure- prefix",
	.severity = SEVERITY_INFO,
	.cwe = 565,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look_prefix,
};
