/* word/document.xml (ECMA-376 part 1): headings with Word's own styles, so that the
 * table of contents and the navigation pane work; tables with fixed columns and
 * repeated heads; evidence as shaded paragraphs that break anywhere. */
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "report/report_docx_private.h"

void docx_text(struct docx *d, struct buf *out, struct str s)
{
	buf_clear(&d->clean);
	report_clean(&d->clean, s, true);
	encode_xml(out, buf_view(&d->clean));
}

static struct docx *docx_of(struct report_sink *s)
{
	return (struct docx *)s;
}

/* A run; props is our own XML. Tabs and line breaks are kept when `multiline`. */
static void run(struct docx *d, const char *props, struct str s, bool multiline)
{
	struct buf *b = d->out;

	buf_clear(&d->clean);
	report_clean(&d->clean, s, !multiline);
	buf_printf(b, "<w:r><w:rPr>%s</w:rPr>", props);
	struct str rest = buf_view(&d->clean), line, piece;
	bool first = true;

	while (str_split(&rest, '\n', &line)) {
		if (!first)
			buf_c(b, "<w:br/>");
		first = false;
		bool tab = false;

		while (str_split(&line, '\t', &piece)) {
			buf_c(b, tab ? "<w:tab/>" : "");
			buf_c(b, "<w:t xml:space=\"preserve\">");
			encode_xml(b, piece);
			buf_c(b, "</w:t>");
			tab = true;
		}
	}
	if (multiline && s.len && s.ptr[s.len - 1] == '\n')
		buf_c(b, "<w:br/>");
	buf_c(b, "</w:r>");
}

static void p_begin(struct docx *d, const char *style, const char *more)
{
	buf_printf(d->out, "<w:p><w:pPr><w:pStyle w:val=\"%s\"/>%s</w:pPr>", style, more);
}

static void p_end(struct docx *d)
{
	buf_c(d->out, "</w:p>\n");
}

static void p(struct docx *d, const char *style, const char *props, struct str s)
{
	p_begin(d, style, "");
	run(d, props, s, true);
	p_end(d);
}

/* Word takes letters, digits and underscores. */
static void bookmark_name(struct buf *b, struct str anchor)
{
	buf_c(b, "zw_");
	for (size_t i = 0; i < anchor.len && i < 36; i++)
		buf_char(b, ascii_alnum(anchor.ptr[i]) ? anchor.ptr[i] : '_');
}

static void bookmark(struct docx *d, struct str anchor)
{
	if (!anchor.len)
		return;
	d->bookmarks++;
	buf_printf(d->out, "<w:bookmarkStart w:id=\"%u\" w:name=\"", d->bookmarks);
	bookmark_name(d->out, anchor);
	buf_printf(d->out, "\"/><w:bookmarkEnd w:id=\"%u\"/>", d->bookmarks);
}

static void link_begin(struct docx *d, struct str anchor)
{
	buf_c(d->out, "<w:hyperlink w:anchor=\"");
	bookmark_name(d->out, anchor);
	buf_c(d->out, "\" w:history=\"1\">");
}

static void colored(struct docx *d, const char *hex, struct str s)
{
	char props[96];

	/* past the '#' */
	snprintf(props, sizeof(props), "<w:b/><w:color w:val=\"%.6s\"/>", hex + 1);
	run(d, props, s, false);
}

static void severity_runs(struct docx *d, enum severity sev)
{
	colored(d, severity_color(sev), str_c(severity_shape(sev)));
	run(d, "<w:b/>", report_printf(d->sink.ctx, " %s", severity_word(d->sink.ctx, sev)), false);
}

static const struct {
	const char *shape, *color;
} tones[] = { { "", "#1B2430" }, { "✓", "#2E9E5B" }, { "✕", "#E5484D" }, { "◐", "#C77700" } };

/* ---- tables ---- */

static void tbl_begin(struct docx *d, const unsigned *widths, size_t n, const char *style)
{
	buf_printf(d->out,
		   "<w:tbl><w:tblPr><w:tblStyle w:val=\"%s\"/><w:tblW w:w=\"%u\" w:type=\"dxa\"/>"
		   "<w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>",
		   style, DOCX_WIDTH);
	for (size_t i = 0; i < n; i++)
		buf_printf(d->out, "<w:gridCol w:w=\"%u\"/>", widths[i]);
	buf_c(d->out, "</w:tblGrid>\n");
}

static void tbl_end(struct docx *d)
{
	/* Word joins tables that touch. */
	buf_c(d->out, "</w:tbl><w:p><w:pPr><w:pStyle w:val=\"Gap\"/></w:pPr></w:p>\n");
}

static void tc_begin(struct docx *d, unsigned width, const char *more)
{
	buf_printf(d->out, "<w:tc><w:tcPr><w:tcW w:w=\"%u\" w:type=\"dxa\"/>%s</w:tcPr>", width, more);
}

static void tc_end(struct docx *d)
{
	buf_c(d->out, "</w:tc>");
}

static void cell_runs(struct docx *d, const struct report_cell *c)
{
	switch (c->kind) {
	case CELL_TEXT:
	case CELL_NUMBER:
		run(d, "", c->text, true);
		return;
	case CELL_CODE:
		run(d, "<w:rStyle w:val=\"Mono\"/>", c->text, true);
		return;
	case CELL_SEVERITY:
		severity_runs(d, c->severity);
		return;
	case CELL_TONE:
		colored(d, tones[c->tone].color, str_c(tones[c->tone].shape));
		run(d, "<w:b/>", report_printf(d->sink.ctx, " %.*s", STR_ARG(c->text)), false);
		return;
	case CELL_LINK:
		link_begin(d, c->anchor);
		run(d, "<w:color w:val=\"1F5EFF\"/>", c->text, false);
		buf_c(d->out, "</w:hyperlink>");
		return;
	}
}

static void cell(struct docx *d, unsigned width, bool right, const struct report_cell *c)
{
	tc_begin(d, width, "");
	p_begin(d, "Cell", right ? "<w:jc w:val=\"right\"/>" : "");
	cell_runs(d, c);
	p_end(d);
	tc_end(d);
}

static void table_begin(struct report_sink *s, const struct report_column *cols, size_t n)
{
	struct docx *d = docx_of(s);

	check(n <= ARRAY_SIZE(d->widths));
	d->cols = n;
	for (size_t i = 0; i < n; i++) {
		d->widths[i] = cols[i].percent * DOCX_WIDTH / 100;
		d->right[i] = cols[i].right;
	}
	tbl_begin(d, d->widths, n, "Lines");
	buf_c(d->out, "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
	for (size_t i = 0; i < n; i++) {
		tc_begin(d, d->widths[i], "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F1F4F8\"/>");
		p_begin(d, "Cell", d->right[i] ? "<w:jc w:val=\"right\"/>" : "");
		run(d, "<w:b/><w:color w:val=\"5A6675\"/>", TS(s->ctx, cols[i].zh, cols[i].en), false);
		p_end(d);
		tc_end(d);
	}
	buf_c(d->out, "</w:tr>\n");
}

static void row(struct report_sink *s, const struct report_cell *cells, size_t n)
{
	struct docx *d = docx_of(s);

	check(n == d->cols);
	buf_c(d->out, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
	for (size_t i = 0; i < n; i++)
		cell(d, d->widths[i], d->right[i], &cells[i]);
	buf_c(d->out, "</w:tr>\n");
}

static void table_end(struct report_sink *s)
{
	tbl_end(docx_of(s));
}

static const unsigned fact_widths[2] = { 2200, DOCX_WIDTH - 2200 };

static void facts_begin(struct report_sink *s)
{
	tbl_begin(docx_of(s), fact_widths, 2, "Lines");
}

static void fact(struct report_sink *s, struct str name, struct report_cell value)
{
	struct docx *d = docx_of(s);

	buf_c(d->out, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
	tc_begin(d, fact_widths[0], "");
	p_begin(d, "Cell", "");
	run(d, "<w:color w:val=\"5A6675\"/>", name, false);
	p_end(d);
	tc_end(d);
	cell(d, fact_widths[1], false, &value);
	buf_c(d->out, "</w:tr>\n");
}

/* ---- front ---- */

static void cover(struct report_sink *s, const struct report_cover *v)
{
	struct docx *d = docx_of(s);

	p_begin(d, "Normal", "<w:spacing w:before=\"400\"/>");
	run(d, "<w:b/><w:color w:val=\"1F5EFF\"/><w:sz w:val=\"32\"/>", STR("站卫"), false);
	run(d, "<w:color w:val=\"5A6675\"/>", STR("  ZHANWEI"), false);
	p_end(d);
	p_begin(d, "Normal", "<w:spacing w:before=\"2400\"/>");
	run(d, "<w:color w:val=\"5A6675\"/><w:sz w:val=\"28\"/>", v->organisation, false);
	p_end(d);
	p(d, "Title", "", v->title);
	p(d, "Subtitle", "", v->subtitle);
	if (v->badge.len) {
		p_begin(d, "Normal", "");
		colored(d, "#C77700", report_printf(s->ctx, "◐ %.*s", STR_ARG(v->badge)));
		p_end(d);
	}
	p_begin(d, "Normal", "<w:spacing w:before=\"900\"/>");
	p_end(d);
	tbl_begin(d, fact_widths, 2, "Plain");
	for (size_t i = 0; i < v->rows_len; i++)
		fact(s, v->rows[i].name, CELL(v->rows[i].value));
	if (!v->rows_len)
		fact(s, STR(" "), CELL(STR(" ")));
	tbl_end(d);
	p_begin(d, "Normal", "<w:spacing w:before=\"1600\"/>");
	run(d, "<w:color w:val=\"5A6675\"/><w:sz w:val=\"18\"/>", v->statement, false);
	p_end(d);
	buf_c(d->out, "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>\n");
}

static void verdict(struct report_sink *s, const struct report_verdict *v)
{
	static const unsigned widths[2] = { 1900, DOCX_WIDTH - 1900 };
	struct docx *d = docx_of(s);
	const char *color = !v->has_score ? "8A94A6" : v->score >= 90 ? "2E9E5B" :
			    v->score >= 75 ? "C77700" : "E5484D";
	char props[96];

	p(d, "FrontHeading", "", TS(s->ctx, "结论", "Verdict"));
	tbl_begin(d, widths, 2, "Plain");
	buf_c(d->out, "<w:tr>");
	tc_begin(d, widths[0], "<w:vAlign w:val=\"center\"/>");
	p_begin(d, "Cell", "<w:jc w:val=\"center\"/>");
	snprintf(props, sizeof(props), "<w:b/><w:color w:val=\"%s\"/><w:sz w:val=\"80\"/>", color);
	run(d, props, v->has_score ? report_int(s->ctx, v->score) : STR("--"), false);
	p_end(d);
	p_begin(d, "Cell", "<w:jc w:val=\"center\"/>");
	run(d, "<w:color w:val=\"5A6675\"/>", TS(s->ctx, "健康分（满分 100）", "score of 100"), false);
	p_end(d);
	tc_end(d);
	tc_begin(d, widths[1], "<w:vAlign w:val=\"center\"/>");
	p_begin(d, "Cell", "");
	snprintf(props, sizeof(props), "<w:b/><w:color w:val=\"%.6s\"/><w:sz w:val=\"28\"/>",
		 tones[v->tone].color + 1);
	run(d, props, report_printf(s->ctx, "%s ", tones[v->tone].shape), false);
	run(d, "<w:b/><w:sz w:val=\"28\"/>", v->headline, false);
	p_end(d);
	p(d, "Cell", "", v->text);
	tc_end(d);
	buf_c(d->out, "</w:tr>");
	tbl_end(d);
	double max = 1;

	for (int i = 0; i < SEVERITY_COUNT; i++)
		max = v->counts[i].value > max ? v->counts[i].value : max;
	docx_bars_begin(d);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		docx_bar(d, v->counts[i].shape, v->counts[i].color, v->counts[i].label,
			 v->counts[i].value / max, report_printf(s->ctx, "%.0f", v->counts[i].value));
	docx_bars_end(d);
}

/* A field that Word fills with page numbers on request; the titles are there already. */
static void contents(struct report_sink *s)
{
	struct docx *d = docx_of(s);
	struct buf *b = d->out;

	p(d, "FrontHeading", "", TS(s->ctx, "目录", "Contents"));
	for (size_t i = 0; report_sections[i]; i++) {
		p_begin(d, "TOC1", "");
		if (!i)
			buf_c(b, "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText "
				 "xml:space=\"preserve\"> TOC \\o \"1-2\" \\h \\z \\u </w:instrText></w:r>"
				 "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>");
		link_begin(d, str_c(report_sections[i]->id));
		run(d, "", report_section_title(s->ctx, i), false);
		buf_c(b, "</w:hyperlink>");
		if (!report_sections[i + 1])
			buf_c(b, "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>");
		p_end(d);
	}
}

/* ---- text ---- */

static void heading(struct report_sink *s, int level, struct str t, struct str anchor)
{
	struct docx *d = docx_of(s);
	char style[16];

	snprintf(style, sizeof(style), "Heading%d", level);
	p_begin(d, style, "");
	bookmark(d, anchor);
	run(d, "", t, false);
	p_end(d);
}

static void para(struct report_sink *s, enum para_kind kind, struct str t)
{
	static const char *const styles[] = { "Normal", "Note", "Normal", "Label" };

	p(docx_of(s), styles[kind], kind == PARA_STRONG ? "<w:b/>" : "", t);
}

static void list(struct report_sink *s, const struct str *items, size_t n, bool numbered)
{
	struct docx *d = docx_of(s);
	char more[128];

	/* Number 1 is the bullet; every numbered list is an instance that starts at 1. */
	if (numbered)
		d->lists++;
	snprintf(more, sizeof(more),
		 "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"%u\"/></w:numPr>",
		 numbered ? d->lists + 1 : 1);
	for (size_t i = 0; i < n; i++) {
		p_begin(d, "ListParagraph", more);
		run(d, "", items[i], true);
		p_end(d);
	}
}

static void code(struct report_sink *s, struct str label, struct str t, size_t mark, size_t mark_len)
{
	struct docx *d = docx_of(s);

	p(d, "Label", "", label);
	p_begin(d, "Code", "");
	run(d, "", str_sub(t, 0, mark_len ? mark : t.len), true);
	if (mark_len) {
		run(d, "<w:b/><w:highlight w:val=\"yellow\"/>", str_sub(t, mark, mark + mark_len), true);
		run(d, "", str_from(t, mark + mark_len), true);
	}
	p_end(d);
}

static void group(struct report_sink *s, const struct report_card *card, size_t places)
{
	struct docx *d = docx_of(s);

	p_begin(d, "Heading2", "");
	bookmark(d, card->anchor);
	run(d, "", report_printf(s->ctx, "%.*s ", STR_ARG(card->number)), false);
	severity_runs(d, card->severity);
	run(d, "", report_printf(s->ctx, "  %.*s", STR_ARG(card->title)), false);
	run(d, "<w:b w:val=\"0\"/><w:color w:val=\"5A6675\"/><w:sz w:val=\"20\"/>",
	    report_printf(s->ctx, T(s->ctx, "  %zu 处", "  × %zu"), places), false);
	p_end(d);
}

static void card_begin(struct report_sink *s, const struct report_card *card)
{
	struct docx *d = docx_of(s);

	p_begin(d, "Heading3", "");
	bookmark(d, card->anchor);
	run(d, "", report_printf(s->ctx, "%.*s ", STR_ARG(card->number)), false);
	severity_runs(d, card->severity);
	run(d, "<w:rStyle w:val=\"Mono\"/><w:b w:val=\"0\"/>",
	    report_printf(s->ctx, "  %.*s", STR_ARG(card->title)), false);
	p_end(d);
}

static void card_end(struct report_sink *s)
{
}

/* ---- bars ---- */

#define BAR_CELLS 40u
#define BAR_LABEL 2600u
#define BAR_VALUE 1038u
#define BAR_CELL ((DOCX_WIDTH - BAR_LABEL - BAR_VALUE) / BAR_CELLS)

void docx_bars_begin(struct docx *d)
{
	unsigned widths[BAR_CELLS + 2];

	widths[0] = BAR_LABEL;
	for (unsigned i = 1; i <= BAR_CELLS; i++)
		widths[i] = BAR_CELL;
	widths[BAR_CELLS + 1] = BAR_VALUE;
	tbl_begin(d, widths, BAR_CELLS + 2, "Plain");
}

static void bar_part(struct docx *d, unsigned cells, struct str color)
{
	char more[400];

	if (!cells)
		return;
	/* white lines above and below keep the bars apart */
	snprintf(more, sizeof(more),
		 "<w:gridSpan w:val=\"%u\"/><w:tcBorders><w:top w:val=\"single\" w:sz=\"36\" w:space=\"0\" "
		 "w:color=\"FFFFFF\"/><w:bottom w:val=\"single\" w:sz=\"36\" w:space=\"0\" "
		 "w:color=\"FFFFFF\"/></w:tcBorders><w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"%.*s\"/>", cells,
		 STR_ARG(str_from(color, 1)));
	tc_begin(d, cells * BAR_CELL, more);
	p_begin(d, "Cell", "");
	p_end(d);
	tc_end(d);
}

void docx_bar(struct docx *d, struct str shape, struct str color, struct str label, double part,
	      struct str value)
{
	unsigned cells = part <= 0 ? 0 : (unsigned)(part * BAR_CELLS + 0.5);
	char hex[16];

	if (part > 0 && !cells)
		cells = 1;
	if (cells > BAR_CELLS)
		cells = BAR_CELLS;
	snprintf(hex, sizeof(hex), "%.*s", STR_ARG(color));
	buf_c(d->out, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
	tc_begin(d, BAR_LABEL, "");
	p_begin(d, "Cell", "");
	if (shape.len)
		colored(d, hex, report_printf(d->sink.ctx, "%.*s ", STR_ARG(shape)));
	run(d, "", label, false);
	p_end(d);
	tc_end(d);
	bar_part(d, cells, color);
	bar_part(d, BAR_CELLS - cells, STR("#F1F4F8"));
	tc_begin(d, BAR_VALUE, "");
	p_begin(d, "Cell", "<w:jc w:val=\"right\"/>");
	run(d, "", value, false);
	p_end(d);
	tc_end(d);
	buf_c(d->out, "</w:tr>\n");
}

void docx_bars_end(struct docx *d)
{
	tbl_end(d);
}

static void chart_bars(struct docx *d, const struct report_chart *c, double sum, double max)
{
	docx_bars_begin(d);
	for (size_t i = 0; i < c->len; i++) {
		const struct report_point *pt = &c->points[i];
		struct report_ctx *ctx = d->sink.ctx;
		struct str value = pt->absent ? STR("--") : report_printf(ctx, "%.0f", pt->value);

		if (c->kind == CHART_DONUT)
			value = report_printf(ctx, "%.0f · %.0f%%", pt->value, pt->value / sum * 100);
		docx_bar(d, pt->shape, pt->color, pt->label, pt->value / max, value);
	}
	docx_bars_end(d);
}

void docx_chart(struct report_sink *s, const struct report_chart *c)
{
	struct docx *d = docx_of(s);
	double sum = 0, max = c->max;

	for (size_t i = 0; i < c->len; i++) {
		sum += c->points[i].value;
		if (c->max <= 0 && c->points[i].value > max)
			max = c->points[i].value;
	}
	p(d, "Label", "", c->title);
	chart_bars(d, c, sum > 0 ? sum : 1, max > 0 ? max : 1);
}

const struct report_sink_ops docx_ops = {
	.cover = cover,		    .verdict = verdict,	    .contents = contents,
	.heading = heading,	    .para = para,	    .list = list,
	.table_begin = table_begin, .row = row,		    .table_end = table_end,
	.facts_begin = facts_begin, .fact = fact,	    .facts_end = table_end,
	.chart = docx_chart,	    .code = code,	    .group = group,
	.card_begin = card_begin,   .card_end = card_end,
};
