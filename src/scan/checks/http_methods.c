/* Active: methods a website does not need. TRACE is proved by its echo; what OPTIONS
 * merely lists is said as a hint. Nothing is written. */
#include "scan/checks/active_private.h"

static void probe_trace(struct probe *p, const struct scan_exchange *x)
{
	struct str word = probe_word(p, 12);
	struct scan_header h = { STR_INIT("X-Echo-Test"), word };
	struct scan_mutation m = {
		.method = STR_INIT("TRACE"), .headers = &h, .headers_len = 1, .fresh = true
	};
	const struct scan_exchange *r;

	if (probe_send(p, &m, &r) < 0 || r->status != 200)
		return;
	struct str t = active_content(r);
	ssize_t at = str_find(t, word);

	if (str_istarts(str_trim(t), STR("TRACE ")) && at >= 0)
		probe_report(p, &(struct scan_report){
					.exchange = r,
					.proof = str_sub(t, (size_t)at, (size_t)at + word.len),
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN });
}

const struct scan_check check_http_trace = {
	.id = "http-trace",
	.title_zh = "启用了 TRACE 方法",
	.title_en = "TRACE method enabled",
	.severity = SEVERITY_LOW,
	.cwe = 693,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_site = probe_trace,
};

static void probe_options(struct probe *p, const struct scan_exchange *x, struct str dir)
{
	static const char *const risky[] = { "PUT", "DELETE", "PROPFIND", "MOVE", "MKCOL", "COPY" };
	struct scan_mutation m = { .method = STR_INIT("OPTIONS"), .url = dir };
	const struct scan_exchange *r;

	if (probe_send(p, &m, &r) < 0 || r->status >= 300)
		return;
	/* A CORS answer lists methods for scripts, not what the server would do. */
	struct str allow = scan_header_get(&r->headers, "allow");

	for (size_t i = 0; i < ARRAY_SIZE(risky); i++) {
		if (!str_has(allow, str_c(risky[i])))
			continue;
		probe_report(p, &(struct scan_report){ .exchange = r,
						       .proof = allow,
						       .confidence_set = true,
						       .confidence = CONFIDENCE_TENTATIVE });
		return;
	}
}

const struct scan_check check_http_methods = {
	.id = "http-methods",
	.title_zh = "服务器声明支持可写的 HTTP 方法",
	.title_en = "Server lists writing HTTP methods",
	.severity = SEVERITY_INFO,
	.cwe = 650,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
	.on_dir = probe_options,
};
