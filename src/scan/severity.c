/* The table of levels; colours and shapes are those of the console. */
#include "scan/severity.h"

#include "base/check.h"

static const struct severity_info levels[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = { "info", "提示", "Info", "○", "#8A94A6", "无", 0.0 },
	[SEVERITY_LOW] = { "low", "低危", "Low", "●", "#3B82F6", "低危", 3.1 },
	[SEVERITY_MEDIUM] = { "medium", "中危", "Medium", "■", "#F5A524", "中危", 5.5 },
	[SEVERITY_HIGH] = { "high", "高危", "High", "▲", "#E5484D", "高危", 8.0 },
	[SEVERITY_CRITICAL] = { "critical", "紧急", "Critical", "◆", "#8E1B3A", "超危", 9.5 },
};

const struct severity_info *severity_info(enum severity s)
{
	check((unsigned)s < SEVERITY_COUNT);
	return &levels[s];
}

int severity_parse(struct str name, enum severity *ret)
{
	for (int s = 0; s < SEVERITY_COUNT; s++) {
		if (str_eq(name, str_c(levels[s].name))) {
			*ret = (enum severity)s;
			return 0;
		}
	}
	return -1;
}
