/* The five stored levels (GB/T-like words, decision X2): one table gives the
 * program's word, the Chinese and English names and the shape that stands beside
 * the colour. The order is the order of danger, so levels may be compared. */
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

struct severity_info {
	const char *name;  /* "critical": stored, and in every JSON */
	const char *zh;	   /* 紧急 高危 中危 低危 提示 */
	const char *en;	   /* Critical … */
	const char *shape; /* ◆ ▲ ■ ● ○ : never colour alone */
	const char *color; /* #RRGGBB */
	const char *gbt;   /* GB/T 30279-2020 level: 超危 高危 中危 低危 无 */
	double cvss;	   /* representative CVSS base score of the level */
};

const struct severity_info *severity_info(enum severity s);
/* 0, or -1 for an unknown word and *ret untouched. */
int severity_parse(struct str name, enum severity *ret);
#endif
