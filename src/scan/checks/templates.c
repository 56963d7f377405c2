/* Templates stand in the table of checks as one: their modes, and whether they ran. What
 * each finds has an id of its own, "template:ID" (template/run.h). */
#include "scan/check.h"

const struct scan_check check_templates = {
	.id = "templates",
	.title_zh = "产品漏洞与暴露面模板",
	.title_en = "Templates of known products",
	.severity = SEVERITY_MEDIUM,
	.cwe = 1104,
	.owasp = "A06:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
};
