/* Passive: Server, X-Powered-By and their kin tell an exact version. A bare product
 * name is fine; a digit.digit behind a slash or blank is not. */
#include "scan/check.h"

static bool has_version(struct str v)
{
	for (size_t i = 1; i + 1 < v.len; i++)
		if (v.ptr[i] == '.' && ascii_digit(v.ptr[i - 1]) && ascii_digit(v.ptr[i + 1]))
			return true;
	return false;
}

static void look(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const names[] = { "server", "x-powered-by", "x-aspnet-version",
					     "x-aspnetmvc-version", "x-generator" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str v = scan_header_get(&x->headers, names[i]);
		if (has_version(v))
			scan_report(c, &(struct scan_report){ .exchange = x,
							      .proof = v,
							      .parameter = str_c(names[i]) });
	}
}

const struct scan_check check_server_version = {
	.id = "server-version",
	.title_zh = "响应头泄露服务器软件版本",
	.title_en = "Response header tells the software version",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look,
};
