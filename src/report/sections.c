/* The list of chapters, and the first of them: scope, method, overview, assets,
 * classes. Chapters whose data is missing say so; none disappears silently. */
#include "report/report_private.h"

#include "base/check.h"
#include "base/limits.h"

const struct report_section *const report_sections[] = {
	&section_scope, &section_method, &section_overview, &section_assets, &section_classes,
	&section_details, &section_decided, &section_clauses, &section_plan, &section_appendix, NULL,
};

struct str report_section_title(struct report_ctx *c, size_t i)
{
	const struct report_section *s = report_sections[i];

	return report_printf(c, "%zu  %s", i + 1, T(c, s->zh, s->en));
}

void report_write(struct report_ctx *c, struct report_sink *s)
{
	report_write_front(c, s);
	for (size_t i = 0; report_sections[i]; i++) {
		s->ops->heading(s, 1, report_section_title(c, i), str_c(report_sections[i]->id));
		report_sections[i]->write(c, s);
	}
}

void report_missing(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en)
{
	s->ops->para(s, PARA_NOTE, TS(c, zh, en));
}

static void fact(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
		 struct str v)
{
	s->ops->fact(s, TS(c, zh, en), CELL(report_or_dash(v)));
}

static void fact_code(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
		      struct str v)
{
	s->ops->fact(s, TS(c, zh, en), CELL_MONO(report_or_dash(v)));
}

/* A row only for what is there: which of these exist depends on the method. */
static void fact_present(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
			 struct str v, bool is_time)
{
	if (v.len)
		fact(c, s, zh, en, is_time ? report_time(c, v) : v);
}

struct str report_join(struct report_ctx *c, const json_t *list, const char *between)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		struct str s = str_make(json_string_value(v), json_string_length(v));

		if (s.ptr && b.len)
			buf_c(&b, between);
		if (s.ptr)
			buf_str(&b, s);
	}
	return arena_str(c->arena, buf_view(&b));
}

/* ---- 1 scope and authorisation ---- */

static const struct {
	const char *id, *zh, *en;
} methods[] = {
	{ "file", "文件验证", "Verification file" },
	{ "meta", "Meta 标签验证", "Meta tag" },
	{ "dns", "DNS TXT 记录验证", "DNS TXT record" },
	{ "letter", "授权书（内网免认证，经审批）", "Authorisation letter (intranet, approved)" },
	{ "statement", "扫描人声明拥有目标（命令行）", "Statement of ownership (command line)" },
};

static struct str method_word(struct report_ctx *c, struct str id)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (str_eq(id, str_c(methods[i].id)))
			return TS(c, methods[i].zh, methods[i].en);
	}
	return id;
}

static void write_letter(struct report_ctx *c, struct report_sink *s, const json_t *l)
{
	s->ops->heading(s, 2, TS(c, "授权书", "Authorisation letter"), STR_NULL);
	s->ops->facts_begin(s);
	fact(c, s, "文件名", "File", json_get_str(l, "name"));
	fact_code(c, s, "SHA-256", "SHA-256", json_get_str(l, "sha256"));
	fact_code(c, s, "网络范围", "Ranges", report_join(c, json_object_get(l, "ranges"), "\n"));
	fact(c, s, "有效期至", "Valid until", report_time(c, json_get_str(l, "expires")));
	fact(c, s, "批准人", "Approved by", json_get_str(l, "approved_by"));
	s->ops->facts_end(s);
}

static void write_scope(struct report_ctx *c, struct report_sink *s)
{
	const json_t *a = json_object_get(c->model, "authorisation");
	struct str scope = report_join(c, json_object_get(a, "scope"), "\n");

	s->ops->para(s, PARA_NORMAL,
		     TS(c, "扫描只在下列范围内进行；每一次连接（包括重定向之后）都在建立时核对目标地址。",
			"The scan stayed within the scope below; the address of every connection, also after "
			"redirects, was checked when it was made."));
	s->ops->facts_begin(s);
	fact_code(c, s, "扫描目标", "Target", report_target(c));
	fact_code(c, s, "扫描范围", "Scope",
		  scope.len ? scope : TS(c, "与目标相同的协议、主机和端口",
					 "same scheme, host and port as the target"));
	if (json_is_object(a)) {
		fact(c, s, "授权方式", "Authorised by", method_word(c, json_get_str(a, "method")));
		fact_present(c, s, "验证时间", "Verified", json_get_str(a, "verified_at"), true);
		fact_present(c, s, "最近核验", "Last checked", json_get_str(a, "checked_at"), true);
		fact_present(c, s, "令牌指纹（SHA-256 前 16 位）", "Token fingerprint (SHA-256, first 16)",
			     json_get_str(a, "token_fingerprint"), false);
		fact_present(c, s, "验证位置", "Where", json_get_str(a, "place"), false);
		fact_present(c, s, "责任人", "Owner", json_get_str(a, "owner"), false);
	}
	s->ops->facts_end(s);
	if (!json_is_object(a))
		report_missing(c, s, "授权记录：未提供。使用本报告前请核实扫描已获得网站所有者授权。",
			       "Record of authorisation: not provided. Make sure that the owner of the site "
			       "agreed to the scan before using this report.");
	else if (json_is_object(json_object_get(a, "letter")))
		write_letter(c, s, json_object_get(a, "letter"));
}

const struct report_section section_scope = { "scope", "范围与授权", "Scope and authorisation",
					      write_scope };

/* ---- 2 method ---- */

static void write_statistics(struct report_ctx *c, struct report_sink *s)
{
	const json_t *st = json_object_get(c->model, "stats"), *m = c->model;
	double seconds = json_number_value(json_object_get(st, "seconds"));
	struct str rules = json_get_str(json_object_get(m, "scan"), "rule_version");

	if (!rules.len)
		rules = json_get_str(m, "rule_version");
	s->ops->facts_begin(s);
	fact(c, s, "扫描模式", "Mode", str_c(report_mode_word(c)));
	fact(c, s, "开始时间", "Started", report_time(c, json_get_str(m, "started")));
	fact(c, s, "结束时间", "Finished", report_time(c, json_get_str(m, "finished")));
	s->ops->fact(s, TS(c, "是否完成", "Complete"),
		     c->complete ? CELL_STATE(TONE_GOOD, TS(c, "已完成", "yes")) :
				   CELL_STATE(TONE_UNSURE, TS(c, "未完成，结果只覆盖已检查的部分",
							     "no: the results cover only what was checked")));
	if (json_is_object(st)) {
		fact(c, s, "请求数", "Requests", report_int(c, json_get_int(st, "requests", 0)));
		fact(c, s, "页面数", "Pages", report_int(c, json_get_int(st, "pages", 0)));
		fact(c, s, "接收数据", "Received", report_bytes(c, json_get_int(st, "bytes", 0)));
		fact(c, s, "用时", "Duration",
		     report_printf(c, T(c, "%.0f 秒", "%.0f s"), seconds));
	}
	fact(c, s, "规则版本", "Rule version", rules);
	s->ops->facts_end(s);
}

static const char *check_state_word(struct report_ctx *c, struct str state, enum tone *tone)
{
	*tone = TONE_UNSURE;
	if (str_eq(state, STR("done")) || str_eq(state, STR("ran"))) {
		*tone = TONE_GOOD;
		return T(c, "已执行", "done");
	}
	if (str_eq(state, STR("partial")) || str_eq(state, STR("running")))
		return T(c, "部分执行", "in part");
	if (str_eq(state, STR("mode")))
		return T(c, "本模式不含", "not in this mode");
	if (str_eq(state, STR("excluded")))
		return T(c, "已排除", "excluded");
	if (str_eq(state, STR("intrusive")))
		return T(c, "有影响，未启用", "intrusive, off");
	return T(c, "未执行", "not done");
}

static void write_checks(struct report_ctx *c, struct report_sink *s, const json_t *checks)
{
	static const struct report_column cols[] = { { "检测项", "Check", 28, false },
						     { "名称", "Title", 44, false },
						     { "执行情况", "State", 16, false },
						     { "发现", "Found", 12, true } };
	size_t i;
	json_t *v;

	s->ops->heading(s, 2, TS(c, "检测项目", "Checks"), STR_NULL);
	if (!json_array_size(checks)) {
		report_missing(c, s, "未提供检测项目清单。", "The list of checks was not provided.");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	json_array_foreach(checks, i, v) {
		enum tone tone;
		struct str id = json_get_str(v, "check"), title = report_text(c, v, "title");
		const struct scan_advice *a = scan_advice_find(id);
		const char *state = check_state_word(c, json_get_str(v, "state"), &tone);

		if (a && (!title.len || c->lang == LANG_EN))
			title = TS(c, a->title_zh, a->title_en);
		const struct report_cell cells[] = {
			CELL_MONO(id), CELL(title), CELL_STATE(tone, str_c(state)),
			CELL_NUM(report_int(c, json_get_int(v, "count", 0))),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static void write_uncovered(struct report_ctx *c, struct report_sink *s, const json_t *list)
{
	static const struct report_column cols[] = { { "未覆盖的内容", "Not covered", 45, false },
						     { "原因", "Why", 55, false } };
	const json_t *err = json_object_get(json_object_get(c->model, "scan"), "error");
	size_t i;
	json_t *v;

	s->ops->heading(s, 2, TS(c, "未覆盖项", "What was not covered"), STR_NULL);
	if (json_is_object(err))
		s->ops->para(s, PARA_STRONG, report_text(c, err, "detail"));
	s->ops->para(s, PARA_NORMAL,
		     TS(c, "自动扫描看不到业务逻辑、线下流程和没有链接可达的页面；下列内容也没有检查。",
			"Automatic scanning does not see business logic, processes outside the site, or pages "
			"that nothing links to; neither was the following looked at."));
	if (!json_array_size(list)) {
		report_missing(c, s, "除上述外，扫描记录中没有其他未覆盖项。",
			       "Besides that, the record of the scan lists nothing uncovered.");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	json_array_foreach(list, i, v) {
		const struct report_cell cells[] = { CELL(report_text(c, v, "what")),
						     CELL(report_or_dash(report_text(c, v, "reason"))) };

		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static void write_method(struct report_ctx *c, struct report_sink *s)
{
	const json_t *m = json_object_get(c->model, "method");
	const json_t *settings = json_object_get(m, "settings");
	size_t i;
	json_t *v;

	s->ops->para(s, PARA_NORMAL,
		     TS(c,
			"站卫先爬取网站，再对每个页面做被动检查，对每个参数发送无破坏性的探测请求，并在报告之前重放确认。"
			"快速模式不提交表单。",
			"Zhanwei crawls the site, looks at every page, sends harmless probes to every input, and "
			"replays what it found before reporting it. Quick mode submits no forms."));
	write_statistics(c, s);
	if (json_array_size(settings)) {
		s->ops->heading(s, 2, TS(c, "扫描策略", "Policy"), STR_NULL);
		s->ops->facts_begin(s);
		json_array_foreach(settings, i, v) {
			struct str value = report_text(c, v, "value");

			if (json_is_integer(json_object_get(v, "value")))
				value = report_int(c, json_get_int(v, "value", 0));
			s->ops->fact(s, report_text(c, v, "name"), CELL(report_or_dash(value)));
		}
		s->ops->facts_end(s);
	}
	write_uncovered(c, s, json_object_get(m, "uncovered"));
	write_checks(c, s, json_object_get(m, "checks"));
}

const struct report_section section_method = { "method", "方法与覆盖", "Method and coverage",
					       write_method };

/* ---- 3 overview ---- */

static void write_breakdown(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = {
		{ "等级", "Level", 20, false },	    { "数量", "Count", 14, true },
		{ "首个扣分", "First", 16, true },  { "之后每个", "Each more", 16, true },
		{ "扣分上限", "At most", 16, true }, { "本次扣分", "Deducted", 18, true },
	};
	_cleanup_json_ json_t *json = score_json(&c->breakdown);

	s->ops->heading(s, 2, TS(c, "健康分与分项扣分", "Score and deductions"), STR_NULL);
	if (!c->has_score) {
		report_missing(c, s, "没有完成的扫描，因此没有健康分（显示为 --）。",
			       "No completed scan, and so no score (shown as --).");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (int i = 0; i < SEVERITY_COUNT; i++) {
		const struct score_line *l = &c->breakdown.line[i];
		const struct report_cell cells[] = {
			CELL_SEV(l->severity),
			CELL_NUM(report_int(c, l->count)),
			CELL_NUM(report_printf(c, "%.4g", l->first / 100.0)),
			CELL_NUM(report_printf(c, "%.4g", l->step / 100.0)),
			CELL_NUM(report_printf(c, "%.4g", l->cap / 100.0)),
			CELL_NUM(report_printf(c, "%.4g", l->deduction / 100.0)),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
	struct str sum = report_text(c, json, "explain");

	s->ops->para(s, PARA_NORMAL,
		     report_printf(c, T(c, "算式：%.*s（公式版本 %s）。误报与已忽略的问题不计入。",
					"Sum: %.*s (formula version %s). False positives and ignored findings "
					"do not count."),
				   STR_ARG(sum), SCORE_FORMULA_VERSION));
	if (c->score != c->breakdown.score)
		s->ops->para(s, PARA_NOTE,
			     report_printf(c, T(c, "记录的健康分为 %d，与上式不同：问题状态在评分之后有过变更。",
						"The recorded score is %d and differs from the sum: states of "
						"findings changed after it was computed."),
					   c->score));
}

static void write_level_chart(struct report_ctx *c, struct report_sink *s)
{
	struct report_point p[SEVERITY_COUNT];
	struct report_chart chart = { .kind = CHART_BARS, .points = p, .len = SEVERITY_COUNT,
				      .title = TS(c, "各等级数量", "Findings by level") };

	for (int i = 0; i < SEVERITY_COUNT; i++) {
		enum severity sev = (enum severity)(SEVERITY_COUNT - 1 - i);

		p[i] = (struct report_point){ .label = str_c(severity_word(c, sev)),
					      .value = c->counts[sev],
					      .color = str_c(severity_color(sev)),
					      .shape = str_c(severity_shape(sev)) };
	}
	s->ops->chart(s, &chart);
}

static void write_short_list(struct report_ctx *c, struct report_sink *s, const char *zh,
			     const char *en, const json_t *list)
{
	static const struct report_column cols[] = { { "等级", "Level", 13, false },
						     { "名称", "Title", 35, false },
						     { "位置", "Place", 52, false } };
	size_t i;
	json_t *v;

	s->ops->heading(s, 3, report_printf(c, "%s (%zu)", T(c, zh, en), json_array_size(list)),
			STR_NULL);
	if (!json_array_size(list))
		return;
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	json_array_foreach(list, i, v) {
		enum severity sev = SEVERITY_INFO;
		struct str par = json_get_str(v, "parameter"), url = json_get_str(v, "url");

		severity_parse(json_get_str(v, "severity"), &sev);
		if (par.len)
			url = report_printf(c, "%.*s  [%.*s]", STR_ARG(url), STR_ARG(par));
		const struct report_cell cells[] = { CELL_SEV(sev), CELL(report_text(c, v, "title")),
						     CELL_MONO(url) };

		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static struct str score_words(struct report_ctx *c, const json_t *v)
{
	return json_is_integer(v) ? report_int(c, json_integer_value(v)) : STR("--");
}

static void write_comparison(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "", "", 30, false },
						     { "上次", "Previous", 35, true },
						     { "本次", "This one", 35, true } };
	const json_t *p = json_object_get(c->model, "previous");

	s->ops->heading(s, 2, TS(c, "与上次扫描对比", "Compared with the previous scan"), STR_NULL);
	if (!json_is_object(p)) {
		report_missing(c, s, "没有可以对比的上次完整扫描。",
			       "There is no previous complete scan to compare with.");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	const struct report_cell when[] = {
		CELL(TS(c, "完成时间", "Finished")),
		CELL_NUM(report_time(c, json_get_str(p, "finished"))),
		CELL_NUM(report_time(c, json_get_str(c->model, "finished"))),
	}, score[] = {
		CELL(TS(c, "健康分", "Score")),
		CELL_NUM(score_words(c, json_object_get(p, "score"))),
		CELL_NUM(c->has_score ? report_int(c, c->score) : STR("--")),
	};

	s->ops->row(s, when, 3);
	s->ops->row(s, score, 3);
	for (int i = SEVERITY_COUNT - 1; i >= 0; i--) {
		const char *name = severity_name((enum severity)i);
		const json_t *old = json_object_get(p, "counts");
		const struct report_cell cells[] = {
			CELL_SEV((enum severity)i),
			CELL_NUM(json_is_object(old) ? report_int(c, json_get_int(old, name, 0)) : STR("—")),
			CELL_NUM(report_int(c, c->counts[i])),
		};
		s->ops->row(s, cells, 3);
	}
	s->ops->table_end(s);
	write_short_list(c, s, "新增", "New", json_object_get(p, "new"));
	write_short_list(c, s, "已修复", "Fixed", json_object_get(p, "fixed"));
	s->ops->para(s, PARA_NORMAL,
		     report_printf(c, T(c, "未变化 %lld 处。", "%lld unchanged."),
				   (long long)json_get_int(p, "unchanged_count", 0)));
}

static void write_trend(struct report_ctx *c, struct report_sink *s)
{
	const json_t *list = json_object_get(c->model, "trend");
	size_t n = json_array_size(list), from = n > 24 ? n - 24 : 0, len = 0;
	struct report_point *p;

	if (n < 2)
		return;
	p = arena_array(c->arena, n, sizeof(*p));
	for (size_t i = from; i < n; i++) {
		const json_t *v = json_array_get(list, i), *score = json_object_get(v, "score");

		p[len++] = (struct report_point){ .label = report_date(c, json_get_str(v, "date"), 0),
						  .value = json_number_value(score),
						  .color = STR("#1F5EFF"),
						  .absent = !json_is_number(score) };
		if (!str_ends(p[len - 1].label, STR("—")))
			continue;
		p[len - 1].label = json_get_str(v, "date");
	}
	struct report_chart chart = { .kind = CHART_TREND, .points = p, .len = len, .max = 100,
				      .title = TS(c, "健康分趋势", "Score over time") };
	s->ops->chart(s, &chart);
}

static void write_overview(struct report_ctx *c, struct report_sink *s)
{
	write_breakdown(c, s);
	write_level_chart(c, s);
	write_trend(c, s);
	write_comparison(c, s);
}

const struct report_section section_overview = { "overview", "总览", "Overview", write_overview };

/* ---- 5 classes ---- */

static void count_categories(struct report_ctx *c, struct report_point *p, size_t *len, size_t max)
{
	for (size_t i = 0; i < c->open_len; i++) {
		struct str name = finding_category(c, c->open[i]);
		size_t k = 0;

		while (k < *len && !str_eq(p[k].label, name))
			k++;
		if (k == *len && *len == max)
			k = max - 1;
		else if (k == *len)
			p[(*len)++].label = name;
		p[k].value++;
	}
}

static int cmp_point(const void *a, const void *b)
{
	const struct report_point *x = a, *y = b;

	return (x->value < y->value) - (x->value > y->value);
}

static void write_kinds(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = {
		{ "等级", "Level", 12, false }, { "问题类型", "Kind", 42, false },
		{ "分类", "Class", 24, false }, { "CWE", "CWE", 12, false },
		{ "数量", "Count", 10, true },
	};

	s->ops->heading(s, 2, TS(c, "按问题类型", "By kind"), STR_NULL);
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (size_t i = 0; i < c->groups_len; i++) {
		const struct report_finding *f = c->open[c->groups[i].first];
		const struct report_cell cells[] = {
			CELL_SEV(c->groups[i].severity),
			CELL_REF(finding_title(c, f), report_printf(c, "kind-%zu", i + 1)),
			CELL(finding_category(c, f)),
			CELL(f->cwe ? report_printf(c, "CWE-%u", f->cwe) : STR("—")),
			CELL_NUM(report_int(c, (int64_t)c->groups[i].len)),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static void write_classes(struct report_ctx *c, struct report_sink *s)
{
	static const char *const colors[] = { "#1F5EFF", "#12A594", "#F5A524", "#8E4EC6", "#E5484D",
					      "#3E63DD", "#5B8C00", "#AD7F58", "#0588A6", "#8A94A6" };
	struct report_point p[ARRAY_SIZE(colors) + 6] = { 0 };
	size_t len = 0;

	if (!c->open_len) {
		report_missing(c, s, "没有未处理的问题，因此没有分类统计。",
			       "There are no open findings to classify.");
		return;
	}
	count_categories(c, p, &len, ARRAY_SIZE(p));
	qsort(p, len, sizeof(*p), cmp_point);
	for (size_t i = 0; i < len; i++)
		p[i].color = str_c(colors[i % ARRAY_SIZE(colors)]);
	struct report_chart chart = { .kind = CHART_DONUT, .points = p, .len = len,
				      .centre = report_int(c, (int64_t)c->open_len),
				      .unit = TS(c, "处", "findings"),
				      .title = TS(c, "按 OWASP Top 10（2021）分类",
						  "By class (OWASP Top 10, 2021)") };
	s->ops->chart(s, &chart);
	write_kinds(c, s);
}

const struct report_section section_classes = { "classes", "分类统计", "Findings by class",
						write_classes };
