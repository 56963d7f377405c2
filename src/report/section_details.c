/* Every open finding: what is common to its kind once (what it is, impact, how to
 * fix it, references, grading), then each place with evidence and the way to repeat
 * it. Memory for one place is forgotten before the next. */
#include "base/check.h"
#include "base/limits.h"
#include "report/report_private.h"

#define HEAD_KEPT ((size_t)700) /* of a long message: its first lines, then around the proof */

static void label_text(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
		       struct str text)
{
	if (!text.len)
		return;
	s->ops->para(s, PARA_LABEL, TS(c, zh, en));
	s->ops->para(s, PARA_NORMAL, text);
}

/* ---- grading ---- */

static const char *cvss_word(struct report_ctx *c, double v)
{
	return v >= 9.0 ? T(c, "严重", "Critical") :
	       v >= 7.0 ? T(c, "高危", "High") :
	       v >= 4.0 ? T(c, "中危", "Medium") :
	       v > 0.0	? T(c, "低危", "Low") :
			  T(c, "无", "None");
}

static int gbt_rank(struct str level)
{
	static const char *const levels[] = { "低危", "中危", "高危", "超危" };

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (str_eq(level, str_c(levels[i])))
			return (int)i + 1;
	}
	return 0;
}

static const char *gbt_word(struct report_ctx *c, int rank)
{
	static const char *const zh[] = { "不定级", "低危", "中危", "高危", "超危" };
	static const char *const en[] = { "none", "Low", "Medium", "High", "Super-critical" };

	return T(c, zh[rank], en[rank]);
}

static struct str grading(struct report_ctx *c, const struct report_finding *f)
{
	bool own;
	double cvss = finding_cvss(f, &own);
	int gbt = gbt_rank(finding_gbt(f)), ours = (int)f->severity;
	const json_t *g = json_object_get(f->json, "gbt30279");
	struct str reason = report_text(c, g, "reason"), vector = json_get_str(f->json, "cvss_vector");
	_cleanup_buf_ struct buf b = BUF_INIT(8 * KIB);

	buf_printf(&b, "%s %s", T(c, "站卫等级", "Zhanwei"), severity_word(c, f->severity));
	buf_printf(&b, T(c, "；CVSS 3.1 %.1f（%s%s）", "; CVSS 3.1 %.1f (%s%s)"), cvss,
		   cvss_word(c, cvss), own ? "" : T(c, "，该等级的代表值", ", typical of the level"));
	if (vector.len)
		buf_printf(&b, " %.*s", STR_ARG(vector));
	buf_printf(&b, T(c, "；GB/T 30279-2020 %s", "; GB/T 30279-2020 %s"), gbt_word(c, gbt));
	if (reason.len)
		buf_printf(&b, T(c, "（%.*s）", " (%.*s)"), STR_ARG(reason));
	if (gbt == ours)
		buf_c(&b, T(c, "。两种分级一致。", ". Both agree."));
	else
		buf_c(&b, gbt > ours ? T(c, "。两种分级不一致，整改优先级按较高的 GB/T 30279 确定。",
					 ". They differ; GB/T 30279 is higher and decides the priority.") :
				       T(c, "。两种分级不一致，整改优先级按较高的站卫等级确定。",
					 ". They differ; Zhanwei's level is higher and decides the priority."));
	return arena_str(c->arena, buf_view(&b));
}

/* ---- the kind ---- */

static void write_references(struct report_ctx *c, struct report_sink *s,
			     const struct report_finding *f)
{
	struct str refs[32], rest;
	size_t n = 0, i;
	json_t *v;

	json_array_foreach(json_object_get(f->json, "references"), i, v) {
		if (json_is_string(v) && n < ARRAY_SIZE(refs))
			refs[n++] = str_make(json_string_value(v), json_string_length(v));
	}
	rest = f->advice && !n ? str_c(f->advice->references) : STR_NULL;
	while (n < ARRAY_SIZE(refs) && str_split(&rest, ' ', &refs[n]))
		n += refs[n].len > 0;
	if (!n)
		return;
	s->ops->para(s, PARA_LABEL, TS(c, "参考资料", "References"));
	s->ops->list(s, refs, n, false);
}

static void write_kind(struct report_ctx *c, struct report_sink *s, size_t g)
{
	const struct report_group *group = &c->groups[g];
	const struct report_finding *f = c->open[group->first];
	struct str owasp = json_get_str(f->json, "owasp"), category = finding_category(c, f);
	struct report_card card = {
		.anchor = report_printf(c, "kind-%zu", g + 1),
		.number = report_printf(c, "6.%zu", g + 1),
		.title = finding_title(c, f),
		.severity = group->severity,
	};

	s->ops->group(s, &card, group->len);
	s->ops->facts_begin(s);
	s->ops->fact(s, TS(c, "等级", "Level"), CELL_SEV(group->severity));
	s->ops->fact(s, TS(c, "检测项", "Check"), CELL_MONO(report_or_dash(f->check)));
	s->ops->fact(s, TS(c, "分类", "Class"),
		     CELL(report_printf(c, "%s%u%s%.*s%s%.*s", f->cwe ? "CWE-" : "CWE —", f->cwe,
					owasp.len ? " · OWASP " : "", STR_ARG(owasp),
					category.len ? " · " : "", STR_ARG(category))));
	s->ops->fact(s, TS(c, "分级依据", "Grading"), CELL(grading(c, f)));
	s->ops->facts_end(s);
	label_text(c, s, "问题说明", "What it is", finding_description(c, f));
	label_text(c, s, "可能的影响", "Impact", finding_impact(c, f));
	label_text(c, s, "修复建议", "How to fix it", finding_advice(c, f));
	write_references(c, s, f);
}

/* ---- the place ---- */

static bool continues(char ch)
{
	return ((unsigned char)ch & 0xc0) == 0x80;
}

static void add_gap(struct report_ctx *c, struct buf *b, size_t n)
{
	if (n)
		buf_printf(b, T(c, "\n……〔此处省略 %zu 字节〕……\n", "\n…… [%zu bytes left out] ……\n"), n);
}

/* At most about LIMIT_REPORT_EVIDENCE of a message: its beginning and what surrounds
 * the mark. What is left out is said in place, with its size. */
static struct str excerpt(struct report_ctx *c, struct str text, size_t *mark, size_t len)
{
	size_t room = LIMIT_REPORT_EVIDENCE - HEAD_KEPT, from, to, before;
	size_t head = HEAD_KEPT;
	_cleanup_buf_ struct buf b = BUF_INIT(text.len + 4 * KIB);

	if (text.len <= LIMIT_REPORT_EVIDENCE + 512)
		return text;
	if (room < len + 400)
		room = len + 400; /* the proof itself is never cut */
	before = (room - len) / 2;
	from = *mark > before ? *mark - before : 0;
	to = from + room < text.len ? from + room : text.len;
	if (from <= head + 64)
		from = head = 0;
	while (head && continues(text.ptr[head]))
		head--;
	while (from && from < text.len && continues(text.ptr[from]))
		from--;
	while (to < text.len && continues(text.ptr[to]))
		to++;
	if (from) {
		buf_str(&b, str_sub(text, 0, head));
		add_gap(c, &b, from - head);
	}
	*mark = b.len + (*mark - from);
	buf_str(&b, str_sub(text, from, to));
	add_gap(c, &b, text.len - to);
	return arena_str(c->arena, buf_view(&b));
}

static void write_message(struct report_ctx *c, struct report_sink *s,
			  const struct report_finding *f, bool request, bool *proved)
{
	struct report_proof p = finding_proof(f, request);
	struct str text;

	if (!p.text.len)
		return;
	text = report_mask(c, p.text, &p.start, p.len);
	text = excerpt(c, text, &p.start, p.len);
	if (p.len)
		*proved = true;
	s->ops->code(s, request ? TS(c, "请求", "Request") : TS(c, "响应", "Response"), text, p.start,
		     p.len);
}

static void write_steps(struct report_ctx *c, struct report_sink *s, const struct report_finding *f,
			bool proved)
{
	const json_t *own = json_object_get(f->json, c->lang == LANG_EN ? "steps_en" : "steps"), *v;
	struct str steps[16], curl = finding_curl(c, f);
	size_t n = 0;

	if (!own)
		own = json_object_get(f->json, c->lang == LANG_EN ? "steps" : "steps_en");
	for (; n < json_array_size(own) && n < ARRAY_SIZE(steps); n++) {
		v = json_array_get(own, n);
		steps[n] = str_make(json_string_value(v), json_string_length(v));
	}
	if (!n) {
		steps[n++] = TS(c, "在能访问目标的计算机上发送下面的请求（需要登录时先填入自己的 Cookie）。",
				"Send the request below from a computer that reaches the target (with your own "
				"cookie where a login is needed).");
		steps[n++] = proved ? TS(c, "在返回内容中找到上面标出的证明。",
					 "Find the marked proof in the answer.") :
				      TS(c, "对照上面的响应核对问题是否存在。",
					 "Compare the answer with the response above.");
	}
	s->ops->para(s, PARA_LABEL, TS(c, "复现步骤", "How to reproduce it"));
	s->ops->list(s, steps, n, true);
	if (curl.len)
		s->ops->code(s, STR("curl"), curl, 0, 0);
}

static void fact_time(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
		      struct str t)
{
	if (t.len)
		s->ops->fact(s, TS(c, zh, en), CELL(report_time(c, t)));
}

static void write_place_facts(struct report_ctx *c, struct report_sink *s,
			      const struct report_finding *f)
{
	struct str confidence = json_get_str(f->json, "confidence");
	int64_t instances = json_get_int(f->json, "instances", 1);

	s->ops->facts_begin(s);
	s->ops->fact(s, TS(c, "网址", "URL"), CELL_MONO(report_or_dash(f->url)));
	if (f->parameter.len)
		s->ops->fact(s, TS(c, "参数", "Parameter"), CELL_MONO(f->parameter));
	s->ops->fact(s, TS(c, "方法", "Method"),
		     CELL_MONO(report_or_dash(json_get_str(f->json, "method"))));
	s->ops->fact(s, TS(c, "可信度", "Confidence"), CELL_C(confidence_word(c, confidence)));
	s->ops->fact(s, TS(c, "状态", "State"),
		     CELL(json_get_bool(f->json, "reappeared", false) ?
				  TS(c, "未处理（修复后复现）", "open (came back after a fix)") :
				  TS(c, "未处理", "open")));
	fact_time(c, s, "首次发现", "First seen", json_get_str(f->json, "first_seen"));
	fact_time(c, s, "最近发现", "Last seen", json_get_str(f->json, "last_seen"));
	if (instances > 1)
		s->ops->fact(s, TS(c, "出现次数", "Places"), CELL(report_int(c, instances)));
	s->ops->fact(s, TS(c, "指纹", "Fingerprint"),
		     CELL_MONO(report_or_dash(json_get_str(f->json, "fingerprint"))));
	s->ops->facts_end(s);
}

/* Only what differs from the kind's own text is said again. */
static void write_own_text(struct report_ctx *c, struct report_sink *s,
			   const struct report_finding *f)
{
	const struct report_finding *first = c->open[c->groups[f->group].first];

	label_text(c, s, "本处情况", "What was seen here", finding_detail(c, f));
	if (f == first)
		return;
	if (!str_eq(finding_description(c, f), finding_description(c, first)))
		label_text(c, s, "问题说明", "What it is", finding_description(c, f));
	if (!str_eq(finding_impact(c, f), finding_impact(c, first)))
		label_text(c, s, "可能的影响", "Impact", finding_impact(c, f));
	if (!str_eq(finding_advice(c, f), finding_advice(c, first)))
		label_text(c, s, "修复建议", "How to fix it", finding_advice(c, f));
}

/* One finding may stand for many pages; the first few are named. */
static void write_also(struct report_ctx *c, struct report_sink *s, const struct report_finding *f)
{
	const json_t *list = json_object_get(f->json, "places");
	struct str places[10];
	size_t n = 0, i;
	json_t *v;

	json_array_foreach(list, i, v) {
		struct str one = str_make(json_string_value(v), json_string_length(v));

		if (n < ARRAY_SIZE(places) && one.ptr && !str_eq(one, f->url))
			places[n++] = one;
	}
	if (!n)
		return;
	s->ops->para(s, PARA_LABEL, TS(c, "同样出现在", "Also seen at"));
	s->ops->list(s, places, n, false);
}

static void write_place(struct report_ctx *c, struct report_sink *s, const struct report_finding *f)
{
	struct str number = finding_number(c, f);
	struct str proof = json_get_str(json_object_get(f->json, "evidence"), "proof");
	struct report_card card = { .anchor = number, .number = number, .severity = f->severity,
				    .title = f->url.len ? f->url : finding_title(c, f) };
	bool proved = false;

	s->ops->card_begin(s, &card);
	write_place_facts(c, s, f);
	write_own_text(c, s, f);
	write_also(c, s, f);
	write_message(c, s, f, true, &proved);
	write_message(c, s, f, false, &proved);
	if (!proved && proof.len)
		label_text(c, s, "证明", "Proof", proof);
	report_pictures(c, s, f->url);
	write_steps(c, s, f, proved);
	s->ops->card_end(s);
}

static void write_details(struct report_ctx *c, struct report_sink *s)
{
	if (!c->open_len)
		report_missing(c, s, "本次扫描没有未处理的问题。", "The scan left no open findings.");
	for (size_t g = 0; g < c->groups_len; g++) {
		const struct report_group *group = &c->groups[g];

		report_scratch_begin(c);
		write_kind(c, s, g);
		report_scratch_end(c);
		for (size_t i = 0; i < group->len; i++) {
			report_scratch_begin(c);
			write_place(c, s, c->open[group->first + i]);
			report_scratch_end(c);
		}
	}
	if (c->left_out)
		s->ops->para(s, PARA_STRONG,
			     report_printf(c, T(c, "另有 %zu 处问题因数量过多未在本文件中列出，完整清单见 JSON 格式的报告。",
						"%zu more findings are too many for this file; the JSON report has all."),
					   c->left_out));
}

const struct report_section section_details = { "details", "漏洞详情", "Findings in detail",
						write_details };
