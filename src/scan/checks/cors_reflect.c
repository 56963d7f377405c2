/* Active: any Origin is echoed as allowed (CWE-942). With credentials every site can
 * read what a logged-in visitor may read; medium where the answer is seen to depend on the
 * session, low where nothing private is at stake. */
#include "scan/checks/active_private.h"

static bool echoed(struct probe *p, struct str url, struct str origin,
		   const struct scan_exchange **ret)
{
	struct scan_header h = { STR_INIT("Origin"), origin };
	struct scan_mutation m = { .url = url, .headers = &h, .headers_len = 1, .fresh = true };

	return probe_send(p, &m, ret) == 0 &&
	       str_ieq(str_trim(scan_header_get(&(*ret)->headers, "access-control-allow-origin")),
		       origin);
}

static struct str foreign_origin(struct probe *p)
{
	return probe_printf(p, "https://%.*s.example", STR_ARG(probe_word(p, 10)));
}

/* What is told to a session and not to a stranger. */
static bool private_answer(struct probe *p, const struct scan_exchange *x)
{
	struct scan_mutation m = { .url = x->url, .no_cookies = true, .fresh = true };
	const struct scan_exchange *stranger;

	if (!scan_header_get(&x->request_headers, "cookie").ptr &&
	    !scan_header_get(&x->request_headers, "authorization").ptr)
		return false;
	return probe_send(p, &m, &stranger) == 0 && !probe_same(p, x, STR_NULL, stranger, STR_NULL);
}

static void probe_cors(struct probe *p, const struct scan_exchange *x, struct str dir)
{
	const struct scan_exchange *r, *again;

	if (!echoed(p, x->url, foreign_origin(p), &r))
		return;
	bool credentials = str_ieq(
		str_trim(scan_header_get(&r->headers, "access-control-allow-credentials")),
		STR("true"));
	bool sure = echoed(p, x->url, foreign_origin(p), &again);

	probe_report(p,
		     &(struct scan_report){
			     .exchange = r,
			     .proof = scan_header_get(&r->headers, "access-control-allow-origin"),
			     .severity_set = true,
			     .severity = credentials && private_answer(p, x) ? SEVERITY_MEDIUM
									     : SEVERITY_LOW,
			     .confidence_set = true,
			     .confidence = sure ? CONFIDENCE_CERTAIN : CONFIDENCE_FIRM });
}

const struct scan_check check_cors_reflect = {
	.id = "cors-reflect",
	.title_zh = "跨域共享回显任意来源",
	.title_en = "CORS echoes any origin",
	.severity = SEVERITY_MEDIUM,
	.cwe = 942,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
	.on_dir = probe_cors,
};
