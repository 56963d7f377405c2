/* Pictures as inline SVG, drawn with attributes only (the page's policy allows no
 * style attributes). Each carries its numbers as text, so that nothing is told by
 * colour or length alone. */
#include <math.h>

#include "base/check.h"
#include "report/report_html_private.h"

#define RING "M60 10 a50 50 0 0 1 0 100 a50 50 0 0 1 0 -100"
#define RING_LENGTH 314.159

void html_ring(struct html *h, bool has_score, int score)
{
	const char *color = !has_score ? "#8A94A6" : score >= 90 ? "#2E9E5B" :
			    score >= 75 ? "#F5A524" : "#E5484D";
	struct buf *b = h->out;

	buf_printf(b, "<svg class=\"ring\" viewBox=\"0 0 120 120\" role=\"img\" aria-label=\"%s ",
		   T(h->sink.ctx, "健康分", "score"));
	if (has_score)
		buf_printf(b, "%d", score);
	buf_c(b, "\"><path d=\"" RING "\" fill=\"none\" stroke=\"#E6EAF0\" stroke-width=\"11\"/>");
	if (has_score && score > 0)
		buf_printf(b,
			   "<path d=\"" RING "\" fill=\"none\" stroke=\"%s\" stroke-width=\"11\" "
			   "stroke-linecap=\"round\" stroke-dasharray=\"%.2f 400\"/>",
			   color, RING_LENGTH * score / 100);
	buf_c(b, "<text x=\"60\" y=\"67\" text-anchor=\"middle\" class=\"big\">");
	if (has_score)
		buf_printf(b, "%d", score);
	else
		buf_c(b, "--");
	buf_printf(b, "</text><text x=\"60\" y=\"86\" text-anchor=\"middle\" class=\"small\">%s</text></svg>",
		   T(h->sink.ctx, "健康分", "of 100"));
}

static double scale_of(const struct report_chart *c)
{
	double max = c->max;

	for (size_t i = 0; i < c->len && c->max <= 0; i++) {
		if (c->points[i].value > max)
			max = c->points[i].value;
	}
	return max > 0 ? max : 1;
}

static void svg_text(struct html *h, double x, double y, const char *anchor, struct str s)
{
	buf_printf(h->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	html_text(h, s);
	buf_c(h->out, "</text>");
}

static void bars(struct html *h, const struct report_chart *c)
{
	double max = scale_of(c);
	struct buf *b = h->out;

	buf_printf(b, "<svg class=\"bars\" viewBox=\"0 0 640 %zu\" role=\"img\">", c->len * 30 + 4);
	for (size_t i = 0; i < c->len; i++) {
		const struct report_point *p = &c->points[i];
		double y = (double)i * 30 + 4, w = p->value / max * 460;

		buf_printf(b, "<text x=\"2\" y=\"%.1f\" fill=\"%.*s\">%.*s</text>", y + 15,
			   STR_ARG(p->color), STR_ARG(p->shape));
		svg_text(h, 22, y + 15, "start", p->label);
		buf_printf(b, "<rect x=\"110\" y=\"%.1f\" width=\"460\" height=\"14\" rx=\"3\" fill=\"#F1F4F8\"/>",
			   y + 3);
		if (w > 0)
			buf_printf(b,
				   "<rect x=\"110\" y=\"%.1f\" width=\"%.1f\" height=\"14\" rx=\"3\" fill=\"%.*s\"/>",
				   y + 3, w < 3 ? 3 : w, STR_ARG(p->color));
		svg_text(h, 582, y + 15, "start", report_printf(h->sink.ctx, "%.0f", p->value));
	}
	buf_c(b, "</svg>");
}

static void slice(struct buf *b, double from, double to, struct str color)
{
	double a = from * 2 * M_PI, z = to * 2 * M_PI;

	if (to - from > 0.9999) {
		buf_printf(b, "<circle cx=\"90\" cy=\"90\" r=\"62\" fill=\"none\" stroke=\"%.*s\" "
			      "stroke-width=\"26\"/>", STR_ARG(color));
		return;
	}
	buf_printf(b, "<path d=\"M%.2f %.2f A62 62 0 %d 1 %.2f %.2f\" fill=\"none\" stroke=\"%.*s\" "
		      "stroke-width=\"26\"/>",
		   90 + 62 * sin(a), 90 - 62 * cos(a), to - from > 0.5, 90 + 62 * sin(z),
		   90 - 62 * cos(z), STR_ARG(color));
}

static void donut(struct html *h, const struct report_chart *c)
{
	double sum = 0, at = 0;
	struct buf *b = h->out;
	size_t height = c->len * 24 + 16 > 180 ? c->len * 24 + 16 : 180;

	for (size_t i = 0; i < c->len; i++)
		sum += c->points[i].value;
	buf_printf(b, "<svg class=\"donut\" viewBox=\"0 0 640 %zu\" role=\"img\">", height);
	for (size_t i = 0; i < c->len && sum > 0; i++) {
		const struct report_point *p = &c->points[i];
		double part = p->value / sum, y = (double)i * 24 + 24;

		slice(b, at, at + part, p->color);
		at += part;
		buf_printf(b, "<rect x=\"220\" y=\"%.1f\" width=\"12\" height=\"12\" rx=\"2\" fill=\"%.*s\"/>",
			   y - 11, STR_ARG(p->color));
		svg_text(h, 242, y, "start", p->label);
		svg_text(h, 620, y, "end",
			 report_printf(h->sink.ctx, "%.0f · %.0f%%", p->value, part * 100));
	}
	buf_c(b, "<text x=\"90\" y=\"94\" text-anchor=\"middle\" class=\"big\">");
	html_text(h, c->centre);
	buf_c(b, "</text>");
	svg_text(h, 90, 112, "middle", c->unit);
	buf_c(b, "</svg>");
}

/* Score over time; gaps where a scan gave none. */
static void trend(struct html *h, const struct report_chart *c)
{
	double max = scale_of(c), step = c->len > 1 ? 540.0 / (double)(c->len - 1) : 0;
	struct buf *b = h->out;
	bool pen = false;

	buf_c(b, "<svg class=\"trend\" viewBox=\"0 0 640 190\" role=\"img\">");
	for (int i = 0; i <= 4; i++) {
		double y = 150 - i * 33.0;

		buf_printf(b, "<path d=\"M50 %.1f H600\" stroke=\"#E6EAF0\" fill=\"none\"/>", y);
		svg_text(h, 42, y + 4, "end", report_printf(h->sink.ctx, "%.0f", max * i / 4));
	}
	buf_c(b, "<path fill=\"none\" stroke=\"#1F5EFF\" stroke-width=\"2\" d=\"");
	for (size_t i = 0; i < c->len; i++) {
		const struct report_point *p = &c->points[i];

		if (!p->absent)
			buf_printf(b, "%c%.1f %.1f ", pen ? 'L' : 'M', 55 + (double)i * step,
				   150 - p->value / max * 132);
		pen = !p->absent;
	}
	buf_c(b, "\"/>");
	for (size_t i = 0; i < c->len; i++) {
		const struct report_point *p = &c->points[i];
		double x = 55 + (double)i * step;
		size_t every = c->len / 6 + 1;

		if (!p->absent) {
			double y = 150 - p->value / max * 132;

			buf_printf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"#1F5EFF\"/>", x, y);
			if (c->len <= 12 || i + 1 == c->len)
				svg_text(h, x, y - 8, "middle",
					 report_printf(h->sink.ctx, "%.0f", p->value));
		}
		if (i % every == 0 || i + 1 == c->len)
			svg_text(h, x, 174, "middle", p->label);
	}
	buf_c(b, "</svg>");
}

void html_chart(struct report_sink *s, const struct report_chart *chart)
{
	struct html *h = (struct html *)s;

	buf_c(h->out, "<figure><figcaption>");
	html_text(h, chart->title);
	buf_c(h->out, "</figcaption>");
	switch (chart->kind) {
	case CHART_RING:
		html_ring(h, chart->len > 0, chart->len ? (int)chart->points[0].value : 0);
		break;
	case CHART_BARS:
		bars(h, chart);
		break;
	case CHART_DONUT:
		donut(h, chart);
		break;
	case CHART_TREND:
		trend(h, chart);
		break;
	}
	buf_c(h->out, "</figure>\n");
}
