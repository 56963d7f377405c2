/* Reads the model (see report.h) into a context: findings sorted into kinds, counts,
 * score, texts in the report's language. Tolerant: whatever has the wrong type counts
 * as absent. The model is only read, so several threads may render it at once. */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "report/report_private.h"

static enum finding_state state_of(const json_t *f)
{
	struct str s = json_get_str(f, "state");

	if (str_eq(s, STR("false_positive")))
		return FINDING_FALSE_POSITIVE;
	if (str_eq(s, STR("ignored")))
		return FINDING_IGNORED;
	return str_eq(s, STR("fixed")) ? FINDING_FIXED : FINDING_OPEN;
}

/* 89 or "CWE-89". */
static unsigned cwe_of(const json_t *f)
{
	int64_t n = json_get_int(f, "cwe", 0);
	struct str s = json_get_str(f, "cwe");

	if (str_istarts(s, STR("CWE-")))
		str_to_i64(str_from(s, 4), &n);
	return n > 0 && n < 100000 ? (unsigned)n : 0;
}

static void read_finding(struct report_finding *f, const json_t *v)
{
	f->json = v;
	f->severity = SEVERITY_INFO;
	severity_parse(json_get_str(v, "severity"), &f->severity);
	f->state = state_of(v);
	f->check = json_get_str(v, "check");
	f->url = json_get_str(v, "url");
	f->parameter = json_get_str(v, "parameter");
	f->cwe = cwe_of(v);
	f->advice = scan_advice_find(f->check);
}

static int by_kind(const struct report_finding *a, const struct report_finding *b)
{
	int r = str_cmp(a->check, b->check);

	return r ? r : str_cmp(json_get_str(a->json, "title"), json_get_str(b->json, "title"));
}

/* Last resort: the order of the model, so that sorting is stable. */
static int by_place(const struct report_finding *a, const struct report_finding *b)
{
	int r = str_cmp(a->url, b->url);

	if (!r)
		r = str_cmp(a->parameter, b->parameter);
	return r ? r : (a > b) - (a < b);
}

static int cmp_kind(const void *x, const void *y)
{
	const struct report_finding *const *a = x, *const *b = y;
	int r = by_kind(*a, *b);

	if (!r)
		r = (int)(*b)->severity - (int)(*a)->severity;
	return r ? r : by_place(*a, *b);
}

static int cmp_decided(const void *x, const void *y)
{
	const struct report_finding *const *a = x, *const *b = y;
	int r = (int)(*a)->state - (int)(*b)->state;

	if (!r)
		r = (int)(*b)->severity - (int)(*a)->severity;
	if (!r)
		r = by_kind(*a, *b);
	return r ? r : by_place(*a, *b);
}

struct span {
	struct report_group g;
	struct report_finding **src;
};

static int cmp_span(const void *x, const void *y)
{
	const struct span *a = x, *b = y;
	int r = (int)b->g.severity - (int)a->g.severity;

	if (!r)
		r = (a->g.len < b->g.len) - (a->g.len > b->g.len);
	return r ? r : by_kind(*a->src, *b->src);
}

/* Kinds together, the worst kind first, then the one with most places. */
static void make_groups(struct report_ctx *c)
{
	struct report_finding **sorted = c->open;
	struct span *spans = arena_array(c->arena, c->open_len + 1, sizeof(*spans));
	size_t n = 0;

	qsort(sorted, c->open_len, sizeof(*sorted), cmp_kind);
	for (size_t i = 0; i < c->open_len; i++) {
		if (!i || by_kind(sorted[i - 1], sorted[i]) != 0)
			spans[n++] = (struct span){ { 0, 0, sorted[i]->severity }, sorted + i };
		spans[n - 1].g.len++;
	}
	qsort(spans, n, sizeof(*spans), cmp_span);
	c->open = arena_array(c->arena, c->open_len + 1, sizeof(*c->open));
	c->groups = arena_array(c->arena, n + 1, sizeof(*c->groups));
	c->groups_len = n;
	for (size_t i = 0, at = 0; i < n; i++) {
		c->groups[i] = spans[i].g;
		c->groups[i].first = at;
		for (size_t k = 0; k < spans[i].g.len; k++, at++) {
			c->open[at] = spans[i].src[k];
			c->open[at]->number = (unsigned)at + 1;
			c->open[at]->group = i;
		}
	}
}

static void read_findings(struct report_ctx *c)
{
	const json_t *list = json_object_get(c->model, "findings");
	size_t n = json_array_size(list), kept = n;

	if (kept > LIMIT_REPORT_FINDINGS)
		kept = LIMIT_REPORT_FINDINGS;
	c->left_out = n - kept;
	c->all = arena_array(c->arena, kept + 1, sizeof(*c->all));
	c->open = arena_array(c->arena, kept + 1, sizeof(*c->open));
	c->decided = arena_array(c->arena, kept + 1, sizeof(*c->decided));
	for (size_t i = 0; i < kept; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_object(v))
			continue;
		struct report_finding *f = &c->all[c->all_len++];

		read_finding(f, v);
		if (f->state == FINDING_OPEN)
			c->open[c->open_len++] = f;
		else
			c->decided[c->decided_len++] = f;
	}
	make_groups(c);
	qsort(c->decided, c->decided_len, sizeof(*c->decided), cmp_decided);
}

static void read_score(struct report_ctx *c)
{
	const json_t *counts = json_object_get(c->model, "counts");
	const json_t *score = json_object_get(c->model, "score");

	for (int s = 0; s < SEVERITY_COUNT; s++) {
		int64_t n = json_get_int(counts, severity_name((enum severity)s), 0);

		if (json_is_object(counts))
			c->counts[s] = n < 0 ? 0 : (unsigned)n;
	}
	if (!json_is_object(counts)) {
		for (size_t i = 0; i < c->open_len; i++)
			c->counts[c->open[i]->severity]++;
	}
	c->breakdown = score_compute(c->counts);
	/* Absent means: computed from what is there. null means: there is none yet. */
	c->has_score = !json_is_null(score);
	c->score = json_is_integer(score) ? (int)json_integer_value(score) : c->breakdown.score;
	c->complete = json_get_bool(c->model, "complete", true);
}

int report_ctx_open(struct report_ctx *c, const json_t *model, enum lang lang, struct error *e)
{
	*c = (struct report_ctx){ .model = model, .lang = lang };
	if (!json_is_object(model))
		return error_set(e, "report.bad-model", "报告数据必须是一个 JSON 对象",
				 "the report's data must be a JSON object");
	c->whole = arena_new(LIMIT_REPORT_MEMORY);
	c->scratch = arena_new(LIMIT_REPORT_MEMORY);
	c->arena = c->whole;
	c->utc_offset_ms = json_get_int(model, "utc_offset_minutes", 480) * 60000;
	read_findings(c);
	read_score(c);
	return 0;
}

void report_ctx_close(struct report_ctx *c)
{
	if (c->whole)
		arena_free(c->whole);
	if (c->scratch)
		arena_free(c->scratch);
	*c = (struct report_ctx){ 0 };
}

void report_scratch_begin(struct report_ctx *c)
{
	check(c->arena == c->whole);
	c->arena = c->scratch;
}

void report_scratch_end(struct report_ctx *c)
{
	check(c->arena == c->scratch);
	arena_reset(c->scratch);
	c->arena = c->whole;
}

/* ---- texts ---- */

struct str report_text(const struct report_ctx *c, const json_t *obj, const char *key)
{
	char twin[64];
	struct str zh = json_get_str(obj, key), en;

	snprintf(twin, sizeof(twin), "%s_en", key);
	en = json_get_str(obj, twin);
	if (c->lang == LANG_EN)
		return en.len ? en : zh;
	return zh.len ? zh : en;
}

struct str report_printf(struct report_ctx *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct str s = arena_vprintf(c->arena, fmt, ap);

	va_end(ap);
	return s;
}

struct str report_int(struct report_ctx *c, int64_t n)
{
	char digits[24], out[32];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		out[at++] = digits[i];
		if (digits[i] != '-' && i + 1 < len && (len - i - 1) % 3 == 0)
			out[at++] = ',';
	}
	return arena_str(c->arena, str_make(out, (size_t)at));
}

struct str report_bytes(struct report_ctx *c, int64_t n)
{
	if (n < 1024)
		return report_printf(c, "%lld B", (long long)n);
	if (n < 1024 * 1024)
		return report_printf(c, "%.1f KB", (double)n / 1024);
	return report_printf(c, "%.1f MB", (double)n / 1024 / 1024);
}

struct str report_or_dash(struct str s)
{
	return s.len ? s : STR("—");
}

static struct str format_time(struct report_ctx *c, struct str rfc3339, bool with_time,
			      int64_t plus_ms)
{
	int64_t ms;
	struct tm tm;
	char out[40];

	if (clock_parse_rfc3339(rfc3339, &ms) < 0)
		return STR("—");
	ms += c->utc_offset_ms + plus_ms;
	time_t t = (time_t)(ms / 1000);

	gmtime_r(&t, &tm);
	size_t n = with_time ? strftime(out, sizeof(out), "%Y/%m/%d %H:%M:%S", &tm) :
			       strftime(out, sizeof(out), "%Y/%m/%d", &tm);

	return arena_str(c->arena, str_make(out, n));
}

struct str report_time(struct report_ctx *c, struct str rfc3339)
{
	return format_time(c, rfc3339, true, 0);
}

struct str report_date(struct report_ctx *c, struct str rfc3339, int plus_days)
{
	return format_time(c, rfc3339, false, (int64_t)plus_days * 86400000);
}

void report_clean(struct buf *out, struct str s, bool one_line)
{
	for (size_t at = 0; at < s.len;) {
		size_t was = at;
		uint32_t cp = utf8_next(s, &at);

		if (cp == '\r' && at < s.len && s.ptr[at] == '\n')
			continue;
		if (cp == '\n' || cp == '\t')
			buf_c(out, !one_line ? (cp == '\n' ? "\n" : "\t") : cp == '\n' ? "␊" : " ");
		else if (cp < 0x20)
			utf8_append(out, 0x2400 + cp);
		else if (cp == 0x7f)
			utf8_append(out, 0x2421);
		else if (cp == UTF8_BAD || (cp >= 0x80 && cp < 0xa0) || (cp & 0xfffe) == 0xfffe)
			utf8_append(out, UTF8_REPLACEMENT);
		/* What turns the direction of a line or cannot be seen is a way to lie. */
		else if ((cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ||
			 cp == 0x200b || cp == 0x200e || cp == 0x200f || cp == 0x61c || cp == 0xfeff)
			buf_printf(out, "⟦U+%04X⟧", (unsigned)cp);
		else
			buf_add(out, s.ptr + was, at - was);
	}
}

/* ---- findings ---- */

const char *severity_word(const struct report_ctx *c, enum severity s)
{
	return T(c, severity_zh(s), severity_en(s));
}

const char *confidence_word(const struct report_ctx *c, struct str name)
{
	enum confidence v;
	static const char *const en[] = { "Tentative", "Firm", "Certain" };

	if (confidence_parse(name, &v) < 0)
		return "—";
	return T(c, confidence_zh(v), en[v]);
}

/* The model's text in the wanted language, else the table's, else the model's in the
 * other language: a reader rather gets the right language than the model's words. */
static struct str finding_text(const struct report_ctx *c, const struct report_finding *f,
			       const char *key, const char *zh, const char *en)
{
	char wanted[64];
	struct str s;

	snprintf(wanted, sizeof(wanted), c->lang == LANG_EN ? "%s_en" : "%s", key);
	s = json_get_str(f->json, wanted);
	if (!s.len && f->advice)
		s = str_c(c->lang == LANG_EN ? en : zh);
	return s.len ? s : report_text(c, f->json, key);
}

#define FINDING_TEXT(name)                                                                         \
	struct str finding_##name(const struct report_ctx *c, const struct report_finding *f)      \
	{                                                                                          \
		const struct scan_advice *a = f->advice;                                           \
		return finding_text(c, f, #name, a ? a->name##_zh : "", a ? a->name##_en : "");    \
	}
FINDING_TEXT(impact)
FINDING_TEXT(advice)

/* What a check saw at one place may stand before the text of its kind: "detail\n
 * description". Taken apart, so that the kind's text is said once. */
static struct str own_description(const struct report_ctx *c, const struct report_finding *f,
				  struct str *ret_detail)
{
	const struct scan_advice *a = f->advice;
	struct str s = finding_text(c, f, "description", a ? a->description_zh : "",
				    a ? a->description_en : "");
	struct str common = str_c(!a ? "" : T(c, a->description_zh, a->description_en));

	*ret_detail = STR_NULL;
	if (common.len && s.len > common.len && str_ends(s, common)) {
		*ret_detail = str_trim(str_sub(s, 0, s.len - common.len));
		return common;
	}
	return s;
}

struct str finding_description(const struct report_ctx *c, const struct report_finding *f)
{
	struct str detail;

	return own_description(c, f, &detail);
}

struct str finding_detail(const struct report_ctx *c, const struct report_finding *f)
{
	struct str own = report_text(c, f->json, "detail"), detail;

	own_description(c, f, &detail);
	return own.len ? own : detail;
}

struct str finding_title(const struct report_ctx *c, const struct report_finding *f)
{
	const struct scan_advice *a = f->advice;
	struct str s = finding_text(c, f, "title", a ? a->title_zh : "", a ? a->title_en : "");

	if (!s.len)
		s = f->check;
	return s.len ? s : TS(c, "未命名的问题", "Unnamed finding");
}

struct str finding_gbt(const struct report_finding *f)
{
	struct str s = json_get_str(json_object_get(f->json, "gbt30279"), "level");

	if (!s.len && f->advice)
		s = str_c(f->advice->gbt_level);
	return s.len ? s : str_c(gbt_zh(GBT_BY_SEVERITY, f->severity));
}

struct str finding_number(struct report_ctx *c, const struct report_finding *f)
{
	return report_printf(c, "F%04u", f->number);
}

double finding_cvss(const struct report_finding *f, bool *ret_own)
{
	static const double of_level[SEVERITY_COUNT] = { 0.0, 3.1, 5.5, 8.0, 9.5 };
	const json_t *v = json_object_get(f->json, "cvss");

	*ret_own = json_is_number(v);
	return *ret_own ? json_number_value(v) : of_level[f->severity];
}

/* Classes a reader knows: the OWASP Top 10 (2021) in Chinese and English. */
static const struct {
	const char *id, *zh, *en;
} owasp[] = {
	{ "A01", "访问控制失效", "Broken Access Control" },
	{ "A02", "加密机制失效", "Cryptographic Failures" },
	{ "A03", "注入", "Injection" },
	{ "A04", "不安全的设计", "Insecure Design" },
	{ "A05", "安全配置错误", "Security Misconfiguration" },
	{ "A06", "存在漏洞或过时的组件", "Vulnerable and Outdated Components" },
	{ "A07", "身份识别与认证失效", "Identification and Authentication Failures" },
	{ "A08", "软件与数据完整性失效", "Software and Data Integrity Failures" },
	{ "A09", "日志与监控不足", "Security Logging and Monitoring Failures" },
	{ "A10", "服务端请求伪造", "Server-Side Request Forgery" },
};

struct str finding_category(const struct report_ctx *c, const struct report_finding *f)
{
	struct str own = report_text(c, f->json, "category"), id = json_get_str(f->json, "owasp");

	if (own.len)
		return own;
	for (size_t i = 0; i < ARRAY_SIZE(owasp); i++) {
		if (str_starts(id, str_c(owasp[i].id)))
			return TS(c, owasp[i].zh, owasp[i].en);
	}
	return TS(c, "其他", "Other");
}
