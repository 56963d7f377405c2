/* Active, intrusive: a file can be put on the server (CWE-650). A random text is stored under
 * a random name, read back, and deleted; only what is read back is proof. */
#include "scan/checks/active_private.h"

static bool reads(struct probe *p, struct str url, struct str text, const struct scan_exchange **ret)
{
	return probe_send(p, &(struct scan_mutation){ .url = url, .fresh = true }, ret) == 0 && (*ret)->status == 200 &&
	       str_eq(str_trim(active_content(*ret)), text);
}

static void probe_put(struct probe *p, const struct scan_exchange *x, struct str dir)
{
	struct str url = probe_printf(p, "%.*s%.*s.txt", STR_ARG(dir), STR_ARG(probe_word(p, 12)));
	struct str text = probe_printf(p, "scan %.*s", STR_ARG(probe_word(p, 16)));
	const struct scan_exchange *put, *got, *gone;
	struct scan_mutation m = { .url = url, .method = STR("PUT"), .body_set = true, .body = text,
				   .content_type = STR("text/plain"), .fresh = true };
	if (probe_send(p, &m, &put) < 0 || put->status >= 300 || !reads(p, url, text, &got))
		return;
	m = (struct scan_mutation){ .url = url, .method = STR("DELETE"), .fresh = true };
	bool deleted = probe_send(p, &m, &gone) == 0 && !reads(p, url, text, &gone);
	probe_report(p, &(struct scan_report){
				.exchange = got,
				.proof = text,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = deleted ? STR("用 PUT 写入的随机文件可以读回，之后已用 DELETE 删除。") :
						       probe_printf(p, "用 PUT 写入的随机文件可以读回；未能删除，请手工删除 %.*s。", STR_ARG(url)),
				.detail_en = deleted ? STR("A random file written with PUT was read back, then deleted with DELETE.") :
						       probe_printf(p, "A random file written with PUT was read back; it could not be deleted, please "
								       "remove %.*s.", STR_ARG(url)) });
}

const struct scan_check check_http_put = {
	.id = "http-put",
	.title_zh = "可用 PUT 方法向服务器写入文件",
	.title_en = "Files can be written with the PUT method",
	.severity = SEVERITY_HIGH,
	.cwe = 650,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_INTRUSIVE,
	.place = PLACE_DIR,
	.on_dir = probe_put,
};
