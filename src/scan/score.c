/* The score formula, version 1 (see score.h). All arithmetic is in hundredths of
 * a point. The explanation sentence repeats the sum a person can check by hand. */
#include "scan/score.h"

#include "base/buf.h"
#include "base/limits.h"

struct weight {
	unsigned first, step, cap;
	int ceiling; /* highest score with one of these open; -1 for none */
};

static const struct weight weights[SEVERITY_COUNT] = {
	[SEVERITY_CRITICAL] = { 3000, 1000, 6000, 59 },
	[SEVERITY_HIGH] = { 1000, 500, 5000, 84 },
	[SEVERITY_MEDIUM] = { 300, 200, 3000, -1 },
	[SEVERITY_LOW] = { 100, 50, 1000, -1 },
	[SEVERITY_INFO] = { 0, 0, 0, -1 },
};

static unsigned deduction(const struct weight *w, unsigned n)
{
	if (!n)
		return 0;
	uint64_t points = w->first + (uint64_t)w->step * (n - 1);

	return points < w->cap ? (unsigned)points : w->cap;
}

struct score score_compute(const unsigned counts[SEVERITY_COUNT])
{
	struct score s = { .ceiling = -1 };
	int left = 100 * 100;

	for (int i = 0; i < SEVERITY_COUNT; i++) {
		enum severity level = (enum severity)(SEVERITY_COUNT - 1 - i);
		const struct weight *w = &weights[level];
		unsigned d = deduction(w, counts[level]);

		s.line[i] = (struct score_line){ level, counts[level], w->first, w->step, w->cap, d };
		left -= (int)d;
		if (counts[level] && w->ceiling >= 0 && s.ceiling < 0)
			s.ceiling = w->ceiling;
	}
	s.score = left > 0 ? left / 100 : 0;
	if (s.ceiling >= 0 && s.score > s.ceiling)
		s.score = s.ceiling;
	return s;
}

struct score score_of_json(const json_t *counts)
{
	unsigned n[SEVERITY_COUNT];

	for (int i = 0; i < SEVERITY_COUNT; i++) {
		int64_t v = json_get_int(counts, severity_name((enum severity)i), 0);

		n[i] = v < 0 ? 0 : v > 1000000000 ? 1000000000 : (unsigned)v;
	}
	return score_compute(n);
}

static json_t *points(unsigned hundredths)
{
	return hundredths % 100 ? json_real(hundredths / 100.0) : json_integer(hundredths / 100);
}

/* "100 − 高危 3 个 20 分 − 低危 2 个 1.5 分 = 78"; the ceiling only when it decided. */
static void explain(struct buf *b, const struct score *s, bool zh)
{
	int left = 100 * 100;

	buf_c(b, "100");
	for (int i = 0; i < SEVERITY_COUNT; i++) {
		const struct score_line *l = &s->line[i];

		if (!l->deduction)
			continue;
		left -= (int)l->deduction;
		if (zh)
			buf_printf(b, " − %s %u 个 %.4g 分", severity_zh(l->severity), l->count, l->deduction / 100.0);
		else
			buf_printf(b, " − %.4g (%u %s)", l->deduction / 100.0, l->count, severity_en(l->severity));
	}
	int sum = left > 0 ? left / 100 : 0;

	if (left < 0)
		buf_c(b, zh ? "，不低于 0，得 0" : ", never below 0: 0");
	else if (left % 100)
		buf_printf(b, zh ? " = %.4g，向下取整得 %d" : " = %.4g, rounded down: %d", left / 100.0, sum);
	else
		buf_printf(b, " = %d", sum);
	if (s->ceiling >= 0 && sum > s->ceiling)
		buf_printf(b, zh ? "；存在%s，最高 %d 分" : "; with %s open the score is at most %d",
			   s->line[0].count ? (zh ? "紧急问题" : "a critical finding") :
					      (zh ? "高危问题" : "a high finding"),
			   s->ceiling);
}

json_t *score_json(const struct score *s)
{
	json_t *o = json_object(), *lines = json_array();
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);

	json_put(o, "score", json_integer(s->score));
	json_put(o, "formula_version", json_c(SCORE_FORMULA_VERSION));
	for (int i = 0; i < SEVERITY_COUNT; i++) {
		const struct score_line *l = &s->line[i];
		json_t *v = json_object();

		json_put(v, "severity", json_c(severity_name(l->severity)));
		json_put(v, "count", json_integer(l->count));
		json_put(v, "first", points(l->first));
		json_put(v, "step", points(l->step));
		json_put(v, "cap", points(l->cap));
		json_put(v, "deduction", points(l->deduction));
		json_array_append_new(lines, v);
	}
	json_put(o, "lines", lines);
	json_put(o, "ceiling", s->ceiling < 0 ? json_null() : json_integer(s->ceiling));
	explain(&b, s, true);
	json_put(o, "explain", json_str(buf_view(&b)));
	buf_clear(&b);
	explain(&b, s, false);
	json_put(o, "explain_en", json_str(buf_view(&b)));
	return o;
}
