/* Words for severities, confidences and GB/T 30279 levels: one table each, so
 * that API, reports and the command line cannot drift apart. */
#include "scan/severity.h"

#include "base/check.h"

static const struct {
	const char *name, *zh, *level_zh, *gbt, *en, *shape, *color;
} severities[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = { "info", "提示", "提示", "", "Info", "○", "#8A94A6" },
	[SEVERITY_LOW] = { "low", "低危", "低危", "低危", "Low", "●", "#3B82F6" },
	[SEVERITY_MEDIUM] = { "medium", "中危", "中危", "中危", "Medium", "■", "#F5A524" },
	[SEVERITY_HIGH] = { "high", "高危", "高危", "高危", "High", "▲", "#E5484D" },
	[SEVERITY_CRITICAL] = { "critical", "紧急", "高危", "超危", "Critical", "◆", "#8E1B3A" },
};

static const struct {
	const char *name, *zh;
} confidences[] = {
	[CONFIDENCE_TENTATIVE] = { "tentative", "待确认" },
	[CONFIDENCE_FIRM] = { "firm", "较可信" },
	[CONFIDENCE_CERTAIN] = { "certain", "已确认" },
};

const char *severity_name(enum severity s)
{
	check((size_t)s < SEVERITY_COUNT);
	return severities[s].name;
}

const char *severity_zh(enum severity s)
{
	check((size_t)s < SEVERITY_COUNT);
	return severities[s].zh;
}

const char *severity_en(enum severity s)
{
	check((size_t)s < SEVERITY_COUNT);
	return severities[s].en;
}

const char *severity_shape(enum severity s)
{
	check((size_t)s < SEVERITY_COUNT);
	return severities[s].shape;
}

const char *severity_color(enum severity s)
{
	check((size_t)s < SEVERITY_COUNT);
	return severities[s].color;
}

const char *severity_level_zh(enum severity s)
{
	check((size_t)s < SEVERITY_COUNT);
	return severities[s].level_zh;
}

int severity_parse(struct str name, enum severity *ret)
{
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		if (str_eq(name, str_c(severities[i].name))) {
			*ret = (enum severity)i;
			return 0;
		}
	return -1;
}

const char *confidence_name(enum confidence c)
{
	check((size_t)c < ARRAY_SIZE(confidences));
	return confidences[c].name;
}

const char *confidence_zh(enum confidence c)
{
	check((size_t)c < ARRAY_SIZE(confidences));
	return confidences[c].zh;
}

int confidence_parse(struct str name, enum confidence *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(confidences); i++)
		if (str_eq(name, str_c(confidences[i].name))) {
			*ret = (enum confidence)i;
			return 0;
		}
	return -1;
}

const char *gbt_zh(enum gbt_level g, enum severity s)
{
	switch (g) {
	case GBT_BY_SEVERITY:
		check((size_t)s < SEVERITY_COUNT);
		return severities[s].gbt;
	case GBT_NONE:
		return "";
	case GBT_LOW:
		return "低危";
	case GBT_MEDIUM:
		return "中危";
	case GBT_HIGH:
		return "高危";
	case GBT_SUPER:
		return "超危";
	}
	return "";
}
