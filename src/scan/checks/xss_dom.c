/* Cross-site scripting that never reaches the server: found in Chromium (browse/domxss.c),
 * reported only when a harmless call really ran. It has no hook of its own; the engine's
 * browsing.c reports under its name. */
#include "scan/check.h"

const struct scan_check check_xss_dom;
const struct scan_check check_xss_dom = {
	.id = "xss-dom",
	.title_zh = "DOM 型跨站脚本（XSS）",
	.title_en = "DOM-based cross-site scripting",
	.severity = SEVERITY_HIGH,
	.cwe = 79,
	.owasp = "A03:2021",
	.place = PLACE_PAGE,
};
