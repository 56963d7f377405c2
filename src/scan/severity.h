/* Five stored levels (four are shown: critical is 高危 with the badge 紧急), how
 * sure a finding is, and the GB/T 30279-2020 level. Words for people and the
 * stable words of the API stand in one table. */
#ifndef SCAN_SEVERITY_H
#define SCAN_SEVERITY_H
#include "base/str.h"

enum severity {
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
};
#define SEVERITY_COUNT 5

/* certain: replayed and proved; firm: strong evidence; tentative: worth a look. */
enum confidence {
	CONFIDENCE_TENTATIVE,
	CONFIDENCE_FIRM,
	CONFIDENCE_CERTAIN,
};

/* GB/T 30279-2020 综合分级; GBT_BY_SEVERITY takes the level that the severity
 * corresponds to. */
enum gbt_level {
	GBT_BY_SEVERITY,
	GBT_NONE,
	GBT_LOW,
	GBT_MEDIUM,
	GBT_HIGH,
	GBT_SUPER,
};

const char *severity_name(enum severity s);   /* "critical" … "info" */
const char *severity_zh(enum severity s);     /* 紧急 高危 中危 低危 提示 */
const char *severity_en(enum severity s);     /* Critical … */
const char *severity_shape(enum severity s);  /* ◆ ▲ ■ ● ○: colour never stands alone */
const char *severity_color(enum severity s);  /* "#8E1B3A" …, as in the console */
const char *severity_level_zh(enum severity s); /* the four shown: 高危 中危 低危 提示 */
/* 0, or -1 for an unknown word. */
int severity_parse(struct str name, enum severity *ret);
const char *confidence_name(enum confidence c);
const char *confidence_zh(enum confidence c);
int confidence_parse(struct str name, enum confidence *ret);
const char *gbt_zh(enum gbt_level g, enum severity s); /* 超危 高危 中危 低危 or "" */
#endif
