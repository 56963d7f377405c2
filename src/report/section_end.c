/* The last chapters: decisions taken, the plan with its dates, the appendix. */
#include <sodium.h>

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "report/report_private.h"

/* ---- 7 decisions ---- */

static const char *state_word(struct report_ctx *c, enum finding_state s)
{
	switch (s) {
	case FINDING_FALSE_POSITIVE:
		return T(c, "误报", "False positive");
	case FINDING_IGNORED:
		return T(c, "已忽略", "Ignored");
	case FINDING_FIXED:
		return T(c, "已修复", "Fixed");
	case FINDING_OPEN:
		break;
	}
	return T(c, "未处理", "Open");
}

static struct str where_of(struct report_ctx *c, const struct report_finding *f)
{
	if (!f->parameter.len)
		return f->url;
	return report_printf(c, "%.*s  [%.*s]", STR_ARG(f->url), STR_ARG(f->parameter));
}

static void write_decided(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = {
		{ "决定", "Decision", 10, false }, { "等级", "Level", 11, false },
		{ "问题与位置", "Finding and place", 34, false }, { "理由", "Reason", 20, false },
		{ "责任人", "Owner", 10, false }, { "有效期至", "Until", 15, false },
	};

	s->ops->para(s, PARA_NORMAL,
		     TS(c, "下列问题由责任人标记，不计入数量和健康分；到期后自动恢复为未处理。",
			"These findings were marked by the owners named; they count neither in numbers nor in "
			"the score, and become open again when the decision expires."));
	if (!c->decided_len) {
		report_missing(c, s, "没有标记为误报、忽略或已修复的问题。",
			       "No findings are marked as false positive, ignored or fixed.");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (size_t i = 0; i < c->decided_len; i++) {
		const struct report_finding *f = c->decided[i];
		const json_t *d = json_object_get(f->json, "decision");
		struct str title = finding_title(c, f);

		report_scratch_begin(c);
		struct str place = where_of(c, f), expires = json_get_str(d, "expires");
		const struct report_cell cells[] = {
			CELL_C(state_word(c, f->state)),
			CELL_SEV(f->severity),
			CELL(report_printf(c, "%.*s\n%.*s", STR_ARG(title), STR_ARG(place))),
			CELL(report_or_dash(json_get_str(d, "reason"))),
			CELL(report_or_dash(json_get_str(d, "owner"))),
			CELL(expires.len ? report_date(c, expires, 0) : TS(c, "长期", "no end")),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
		report_scratch_end(c);
	}
	s->ops->table_end(s);
}

const struct report_section section_decided = { "decided", "误报与忽略清单",
						"False positives and ignored findings", write_decided };

/* ---- 9 plan ---- */

static int sla_days(const struct report_ctx *c, enum severity s)
{
	static const int days[SEVERITY_COUNT] = { 0, 90, 30, 7, 1 };
	const json_t *own = json_object_get(json_object_get(c->model, "plan"), "sla_days");
	int64_t n = json_get_int(own, severity_name(s), days[s]);

	return n < 0 || n > 3650 ? days[s] : (int)n;
}

static void write_sla(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "等级", "Level", 30, false },
						     { "整改期限（自然日）", "Fix within (days)", 35, true },
						     { "未处理数量", "Open", 35, true } };

	s->ops->heading(s, 2, TS(c, "整改时限", "Time limits"), STR_NULL);
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (int i = SEVERITY_COUNT - 1; i > 0; i--) {
		const struct report_cell cells[] = {
			CELL_SEV((enum severity)i),
			CELL_NUM(report_int(c, sla_days(c, (enum severity)i))),
			CELL_NUM(report_int(c, c->counts[i])),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static void write_plan(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = {
		{ "次序", "No.", 8, true },	     { "等级", "Level", 12, false },
		{ "整改内容", "What to fix", 34, false }, { "数量", "Count", 9, true },
		{ "建议完成日期", "Due", 17, false },	  { "负责人／签字", "Owner / signature", 20, false },
	};
	struct str base = json_get_str(c->model, "finished");
	struct str owner = json_get_str(json_object_get(c->model, "plan"), "owner");

	write_sla(c, s);
	s->ops->heading(s, 2, TS(c, "整改清单", "What to fix, in order"), STR_NULL);
	if (!c->groups_len) {
		report_missing(c, s, "没有需要整改的问题。", "There is nothing to fix.");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (size_t i = 0; i < c->groups_len; i++) {
		const struct report_group *g = &c->groups[i];
		const struct report_cell cells[] = {
			CELL_NUM(report_int(c, (int64_t)i + 1)),
			CELL_SEV(g->severity),
			CELL_REF(finding_title(c, c->open[g->first]), report_printf(c, "kind-%zu", i + 1)),
			CELL_NUM(report_int(c, (int64_t)g->len)),
			CELL(g->severity > SEVERITY_INFO ? report_date(c, base, sla_days(c, g->severity)) :
							   TS(c, "酌情", "optional")),
			CELL(owner),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
	s->ops->para(s, PARA_NOTE,
		     TS(c, "日期自扫描结束之日起算。整改完成后请在站卫中对该问题复测，复测结果会记入处置记录。",
			"Dates count from the end of the scan. Retest each finding in Zhanwei after its fix; "
			"the result becomes part of the record."));
}

const struct report_section section_plan = { "plan", "整改计划与时限", "Plan and time limits",
					     write_plan };

/* ---- 10 appendix ---- */

void report_sha256(struct str bytes, unsigned char out[32])
{
	crypto_hash_sha256(out, (const unsigned char *)bytes.ptr, bytes.len);
}

void report_sha256_hex(struct str bytes, char out[65])
{
	unsigned char sum[32];
	_cleanup_buf_ struct buf b = BUF_INIT(65);

	report_sha256(bytes, sum);
	encode_hex(&b, str_make(sum, sizeof(sum)));
	memcpy(out, b.ptr, 64);
	out[64] = '\0';
}

static void write_hashes(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "内容", "What", 34, false },
						     { "SHA-256", "SHA-256", 66, false } };
	_cleanup_buf_ struct buf json = BUF_INIT(LIMIT_REPORT_FILE);
	char sum[65];
	size_t i;
	json_t *v;

	s->ops->heading(s, 2, TS(c, "数据指纹", "Fingerprints of the data"), STR_NULL);
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	report_json(c, &json);
	report_sha256_hex(buf_view(&json), sum);
	const struct report_cell own[] = { CELL(TS(c, "同一次扫描的 JSON 报告文件",
						   "The JSON report of this scan")),
					   CELL_MONO(str_c(sum)) };

	if (!json.overflow)
		s->ops->row(s, own, 2);
	json_array_foreach(json_object_get(c->model, "hashes"), i, v) {
		const struct report_cell cells[] = { CELL(json_get_str(v, "name")),
						     CELL_MONO(json_get_str(v, "sha256")) };

		s->ops->row(s, cells, 2);
	}
	s->ops->table_end(s);
}

static void fact(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
		 struct str v)
{
	s->ops->fact(s, TS(c, zh, en), CELL(report_or_dash(v)));
}

static void write_signatures(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "角色", "Role", 25, false },
						     { "姓名", "Name", 25, false },
						     { "签字", "Signature", 30, false },
						     { "日期", "Date", 20, false } };
	static const char *const roles[][2] = { { "编制", "Prepared" },
						{ "审核", "Reviewed" },
						{ "批准", "Approved" } };

	s->ops->heading(s, 2, TS(c, "签署", "Signatures"), STR_NULL);
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		const struct report_cell cells[] = {
			CELL(TS(c, roles[i][0], roles[i][1])),
			CELL(i ? STR("") : json_get_str(c->model, "author")),
			CELL_C(""),
			CELL_C(""),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static void write_appendix(struct report_ctx *c, struct report_sink *s)
{
	static const char *const standards[] = {
		"GB/T 22239-2019 信息安全技术 网络安全等级保护基本要求",
		"GB/T 28448-2019 信息安全技术 网络安全等级保护测评要求",
		"GB/T 30279-2020 信息安全技术 网络安全漏洞分类分级指南",
		"GB/T 25069-2022 信息安全技术 术语",
		"OWASP Top 10 – 2021 · CWE · CVSS 3.1",
	};
	const json_t *m = c->model;
	struct str rules = json_get_str(json_object_get(m, "scan"), "rule_version");
	struct str items[ARRAY_SIZE(standards)], zone = json_get_str(m, "timezone");
	int minutes = (int)(c->utc_offset_ms / 60000), abs_minutes = minutes < 0 ? -minutes : minutes;

	s->ops->heading(s, 2, TS(c, "版本", "Versions"), STR_NULL);
	s->ops->facts_begin(s);
	fact(c, s, "规则版本", "Rules", rules.len ? rules : json_get_str(m, "rule_version"));
	fact(c, s, "引擎版本", "Engine",
	     json_get_str(m, "engine_version").len ?
		     json_get_str(m, "engine_version") :
		     json_get_str(json_object_get(m, "product"), "version"));
	fact(c, s, "评分公式版本", "Score formula", STR(SCORE_FORMULA_VERSION));
	fact(c, s, "时间", "Times",
	     report_printf(c, "UTC%c%02d:%02d %.*s", minutes < 0 ? '-' : '+', abs_minutes / 60,
			   abs_minutes % 60, STR_ARG(zone)));
	fact(c, s, "扫描编号", "Scan no.", json_get_str(json_object_get(m, "scan"), "id"));
	s->ops->facts_end(s);
	write_hashes(c, s);
	s->ops->heading(s, 2, TS(c, "依据与参考标准", "Standards referred to"), STR_NULL);
	for (size_t i = 0; i < ARRAY_SIZE(standards); i++)
		items[i] = str_c(standards[i]);
	s->ops->list(s, items, ARRAY_SIZE(standards), false);
	write_signatures(c, s);
}

const struct report_section section_appendix = { "appendix", "附录", "Appendix", write_appendix };
