/* What the signer reads: the cover, and one page with the verdict in plain words. */
#include "report/report_private.h"

struct str report_title(struct report_ctx *c)
{
	struct str own = report_text(c, c->model, "title");

	return own.len ? own : TS(c, "网站安全扫描报告", "Website Security Scan Report");
}

struct str report_target(const struct report_ctx *c)
{
	struct str url = json_get_str(json_object_get(c->model, "site"), "url");

	return url.len ? url : json_get_str(c->model, "target");
}

static void cover_row(struct report_cover *v, struct str name, struct str value)
{
	if (value.len && v->rows_len < sizeof(v->rows) / sizeof(v->rows[0])) {
		v->rows[v->rows_len].name = name;
		v->rows[v->rows_len++].value = value;
	}
}

const char *report_mode_word(const struct report_ctx *c)
{
	struct str m = json_get_str(json_object_get(c->model, "scan"), "mode");

	if (str_eq(m, STR("quick")))
		return T(c, "快速扫描", "Quick scan");
	if (str_eq(m, STR("standard")))
		return T(c, "标准扫描", "Standard scan");
	return str_eq(m, STR("deep")) ? T(c, "深度扫描", "Deep scan") : "";
}

static void write_cover(struct report_ctx *c, struct report_sink *s)
{
	struct report_cover v = { .title = report_title(c), .subtitle = report_target(c) };
	const json_t *m = c->model;
	struct str started = report_time(c, json_get_str(m, "started"));
	struct str finished = report_time(c, json_get_str(m, "finished"));
	struct str made = json_get_str(m, "created");

	v.organisation = json_get_str(m, "organisation");
	cover_row(&v, TS(c, "网站名称", "Website"),
		  json_get_str(json_object_get(m, "site"), "name"));
	cover_row(&v, TS(c, "扫描时间", "Scanned"),
		  report_printf(c, "%.*s – %.*s", STR_ARG(started), STR_ARG(finished)));
	cover_row(&v, TS(c, "扫描模式", "Mode"), str_c(report_mode_word(c)));
	cover_row(&v, TS(c, "报告编号", "Report no."), json_get_str(m, "id"));
	cover_row(&v, TS(c, "编制人", "Prepared by"), json_get_str(m, "author"));
	cover_row(&v, TS(c, "编制时间", "Prepared on"), made.len ? report_time(c, made) : made);
	v.badge = c->complete ? STR_NULL : TS(c, "扫描未完成", "Scan incomplete");
	v.statement = TS(
		c,
		"声明：本报告由站卫按所列范围与方法自动扫描生成，只反映扫描当时的情况；它不是网络安全等级保护测评"
		"结论，也不替代渗透测试与人工复核。报告含有漏洞细节，请按内部资料保管。",
		"Statement: this report was produced automatically by Zhanwei within the scope and by the "
		"methods it names, and shows the state at the time of the scan. It is not an assessment of "
		"conformity with the Chinese classified protection scheme, and does not replace penetration "
		"testing or human review. It holds details of vulnerabilities: keep it confidential.");
	s->ops->cover(s, &v);
}

static enum severity worst(const struct report_ctx *c)
{
	for (int i = SEVERITY_COUNT - 1; i > 0; i--) {
		if (c->counts[i])
			return (enum severity)i;
	}
	return SEVERITY_INFO;
}

static const char *headline(const struct report_ctx *c, enum severity w, enum tone *ret)
{
	*ret = w >= SEVERITY_HIGH ? TONE_BAD : w >= SEVERITY_LOW ? TONE_UNSURE : TONE_GOOD;
	switch (w) {
	case SEVERITY_CRITICAL:
		return T(c, "存在紧急问题，应立即处置", "Critical findings: act at once");
	case SEVERITY_HIGH:
		return T(c, "存在高危问题，应尽快整改", "High-risk findings: fix them soon");
	case SEVERITY_MEDIUM:
		return T(c, "存在中危问题，应列入整改计划", "Medium-risk findings: plan their fixes");
	case SEVERITY_LOW:
		return T(c, "只有低危问题，总体状况较好", "Low-risk findings only: in good shape");
	case SEVERITY_INFO:
		break;
	}
	if (!c->complete) {
		*ret = TONE_UNSURE;
		return T(c, "扫描未完成，尚不能下结论", "The scan is incomplete: no conclusion yet");
	}
	return T(c, "在扫描范围内未发现需要整改的问题", "Nothing to fix was found within the scope");
}

static void say_advice(struct report_ctx *c, enum severity w, struct buf *b)
{
	switch (w) {
	case SEVERITY_CRITICAL:
		buf_c(b, T(c, "紧急问题可能被直接利用来控制网站或窃取数据，建议在 24 小时内处置，处置完成前考虑限制相关功能的访问。",
			   "Critical findings may be used directly to take over the site or its data: handle "
			   "them within 24 hours, and consider restricting the functions concerned until then. "));
		return;
	case SEVERITY_HIGH:
		buf_c(b, T(c, "高危问题容易被攻击者利用，建议一周内完成整改并复测。",
			   "High-risk findings are easily exploited: fix and retest them within a week. "));
		return;
	case SEVERITY_MEDIUM:
		buf_c(b, T(c, "中危问题在一定条件下会造成危害，建议一个月内完成整改。",
			   "Medium-risk findings do harm under some conditions: fix them within a month. "));
		return;
	case SEVERITY_LOW:
		buf_c(b, T(c, "低危问题危害有限，建议在日常维护中逐步消除。",
			   "Low-risk findings do little harm: remove them in regular maintenance. "));
		return;
	case SEVERITY_INFO:
		buf_c(b, T(c, "这只说明所列方法没有发现问题，不代表网站不存在安全问题，建议保持定期扫描。",
			   "This says only that the methods named found nothing, not that there is nothing: "
			   "keep scanning regularly. "));
		return;
	}
}

/* The three kinds to start with. */
static void say_first_things(struct report_ctx *c, struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < c->groups_len && n < 3; i++) {
		const struct report_group *g = &c->groups[i];
		struct str title = finding_title(c, c->open[g->first]);

		if (g->severity < SEVERITY_LOW)
			break;
		buf_c(b, n++ ? T(c, "、", "; ") : T(c, "建议先处理：", "Start with: "));
		buf_printf(b, T(c, "%.*s（%zu 处）", "%.*s (%zu)"), STR_ARG(title), g->len);
	}
	if (n)
		buf_c(b, T(c, "。", ". "));
}

static void say_change(struct report_ctx *c, struct buf *b)
{
	const json_t *p = json_object_get(c->model, "previous");
	const json_t *old = json_object_get(p, "score");
	struct str when = report_time(c, json_get_str(p, "finished"));

	if (!json_is_object(p))
		return;
	buf_printf(b, T(c, "与上次扫描（%.*s）相比，新增 %zu 处，修复 %zu 处",
			"Compared with the previous scan (%.*s): %zu new, %zu fixed"),
		   STR_ARG(when), json_array_size(json_object_get(p, "new")),
		   json_array_size(json_object_get(p, "fixed")));
	if (json_is_integer(old) && c->has_score)
		buf_printf(b, T(c, "，健康分由 %d 变为 %d", ", score from %d to %d"),
			   (int)json_integer_value(old), c->score);
	buf_c(b, T(c, "。", "."));
}

static void write_verdict(struct report_ctx *c, struct report_sink *s)
{
	struct report_verdict v = { .has_score = c->has_score, .score = c->score };
	_cleanup_buf_ struct buf b = BUF_INIT(64 * 1024);
	unsigned total = 0;
	enum severity w = worst(c);

	for (int i = 0; i < SEVERITY_COUNT; i++) {
		enum severity sev = (enum severity)(SEVERITY_COUNT - 1 - i);

		v.counts[i] = (struct report_point){ .label = str_c(severity_word(c, sev)),
						     .value = c->counts[sev],
						     .color = str_c(severity_color(sev)),
						     .shape = str_c(severity_shape(sev)) };
		total += c->counts[sev];
	}
	v.headline = str_c(headline(c, w, &v.tone));
	if (!c->complete)
		buf_c(&b, T(c, "本次扫描没有完成，下列结果只覆盖已检查的部分，不更新网站的健康分。",
			    "This scan did not finish: the results cover only what was checked, and the site's "
			    "score is not updated. "));
	buf_printf(&b, T(c, "本次扫描发现未处理的问题 %u 处，分属 %zu 类。",
			 "The scan found %u open findings of %zu kinds. "),
		   total, c->groups_len);
	say_advice(c, w, &b);
	say_first_things(c, &b);
	say_change(c, &b);
	v.text = arena_str(c->arena, buf_view(&b));
	s->ops->verdict(s, &v);
}

void report_write_front(struct report_ctx *c, struct report_sink *s)
{
	write_cover(c, s);
	write_verdict(c, s);
	s->ops->contents(s);
}
