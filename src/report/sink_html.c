/* The HTML page: one file, nothing external, no script, a content security policy
 * that would stop any. All text goes through text() which first makes it readable
 * (report_clean) and then escapes it; numbers and our own constants are the only
 * things written as they are. */
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "report/report_html_private.h"

static void text(struct html *h, struct str s, bool one_line)
{
	buf_clear(&h->clean);
	report_clean(&h->clean, s, one_line);
	encode_html(h->out, buf_view(&h->clean));
}

void html_text(struct html *h, struct str s)
{
	text(h, s, true);
}

static void lines(struct html *h, struct str s)
{
	struct str rest = s, line;
	bool first = true;

	while (str_split(&rest, '\n', &line)) {
		if (!first)
			buf_c(h->out, "<br>");
		text(h, line, true);
		first = false;
	}
}

static struct html *html_of(struct report_sink *s)
{
	return (struct html *)s;
}

static void severity_badge(struct html *h, enum severity sev)
{
	buf_printf(h->out, "<span class=\"sev s-%s\"><i>%s</i>%s</span>", severity_name(sev),
		   severity_shape(sev), severity_word(h->sink.ctx, sev));
}

/* ---- front ---- */

static void cover(struct report_sink *s, const struct report_cover *v)
{
	struct html *h = html_of(s);
	struct buf *b = h->out;

	buf_c(b, "<header class=\"cover\"><div class=\"brand\"><b>站卫</b> ZHANWEI</div>");
	if (v->organisation.len) {
		buf_c(b, "<p class=\"org\">");
		text(h, v->organisation, true);
		buf_c(b, "</p>");
	}
	buf_c(b, "<h1>");
	text(h, v->title, true);
	buf_c(b, "</h1><p class=\"target\">");
	text(h, v->subtitle, true);
	buf_c(b, "</p>");
	if (v->badge.len) {
		buf_c(b, "<p class=\"badge\">◐ ");
		text(h, v->badge, true);
		buf_c(b, "</p>");
	}
	buf_c(b, "<dl>");
	for (size_t i = 0; i < v->rows_len; i++) {
		buf_c(b, "<dt>");
		text(h, v->rows[i].name, true);
		buf_c(b, "</dt><dd>");
		text(h, v->rows[i].value, true);
		buf_c(b, "</dd>");
	}
	buf_c(b, "</dl><p class=\"statement\">");
	text(h, v->statement, true);
	buf_c(b, "</p></header>\n");
}

static const char *const tone_class[] = { "", "good", "bad", "unsure" };
static const char *const tone_shape[] = { "", "✓", "✕", "◐" };

static void verdict(struct report_sink *s, const struct report_verdict *v)
{
	struct html *h = html_of(s);
	struct buf *b = h->out;

	buf_printf(b, "<section class=\"verdict t-%s\"><h2>%s</h2><div class=\"verdict-row\">",
		   tone_class[v->tone], T(s->ctx, "结论", "Verdict"));
	html_ring(h, v->has_score, v->score);
	buf_printf(b, "<div><p class=\"headline\"><i>%s</i>", tone_shape[v->tone]);
	text(h, v->headline, true);
	buf_c(b, "</p><p>");
	lines(h, v->text);
	buf_c(b, "</p></div></div><ul class=\"counts\">");
	for (int i = 0; i < SEVERITY_COUNT; i++) {
		enum severity sev = (enum severity)(SEVERITY_COUNT - 1 - i);

		buf_printf(b, "<li class=\"%s\">", v->counts[i].value > 0 ? "some" : "none");
		severity_badge(h, sev);
		buf_printf(b, "<b>%.0f</b></li>", v->counts[i].value);
	}
	buf_c(b, "</ul></section>\n");
}

static void contents(struct report_sink *s)
{
	struct html *h = html_of(s);
	struct buf *b = h->out;

	buf_printf(b, "<nav class=\"toc\"><h2>%s</h2><ol>", T(s->ctx, "目录", "Contents"));
	for (size_t i = 0; report_sections[i]; i++) {
		buf_printf(b, "<li><a href=\"#%s\">", report_sections[i]->id);
		text(h, report_section_title(s->ctx, i), true);
		buf_c(b, "</a></li>");
	}
	buf_c(b, "</ol></nav>\n");
}

/* ---- text ---- */

static void close_group(struct html *h)
{
	if (h->in_group)
		buf_c(h->out, "</section>\n");
	h->in_group = false;
}

static void close_chapter(struct html *h)
{
	close_group(h);
	if (h->in_chapter)
		buf_c(h->out, "</section>\n");
	h->in_chapter = false;
}

static void heading(struct report_sink *s, int level, struct str t, struct str anchor)
{
	struct html *h = html_of(s);

	if (level == 1) {
		close_chapter(h);
		buf_c(h->out, "<section class=\"chapter\" id=\"");
		text(h, anchor, true);
		buf_c(h->out, "\">");
		h->in_chapter = true;
	}
	buf_printf(h->out, "<h%d>", level + 1);
	text(h, t, true);
	buf_printf(h->out, "</h%d>\n", level + 1);
}

static void para(struct report_sink *s, enum para_kind kind, struct str t)
{
	static const char *const classes[] = { "", " class=\"note\"", " class=\"strong\"",
					       " class=\"label\"" };
	struct html *h = html_of(s);

	buf_printf(h->out, "<p%s>", classes[kind]);
	lines(h, t);
	buf_c(h->out, "</p>\n");
}

static void list(struct report_sink *s, const struct str *items, size_t n, bool numbered)
{
	struct html *h = html_of(s);

	buf_c(h->out, numbered ? "<ol class=\"list\">" : "<ul class=\"list\">");
	for (size_t i = 0; i < n; i++) {
		buf_c(h->out, "<li>");
		lines(h, items[i]);
		buf_c(h->out, "</li>");
	}
	buf_c(h->out, numbered ? "</ol>\n" : "</ul>\n");
}

/* ---- tables ---- */

static void cell_content(struct html *h, const struct report_cell *c)
{
	switch (c->kind) {
	case CELL_TEXT:
	case CELL_NUMBER:
		lines(h, c->text);
		return;
	case CELL_CODE:
		buf_c(h->out, "<code>");
		lines(h, c->text);
		buf_c(h->out, "</code>");
		return;
	case CELL_SEVERITY:
		severity_badge(h, c->severity);
		return;
	case CELL_TONE:
		buf_printf(h->out, "<span class=\"tone t-%s\"><i>%s</i>", tone_class[c->tone],
			   tone_shape[c->tone]);
		text(h, c->text, true);
		buf_c(h->out, "</span>");
		return;
	case CELL_LINK:
		buf_c(h->out, "<a href=\"#");
		text(h, c->anchor, true);
		buf_c(h->out, "\">");
		text(h, c->text, true);
		buf_c(h->out, "</a>");
		return;
	}
}

static void table_begin(struct report_sink *s, const struct report_column *cols, size_t n)
{
	struct html *h = html_of(s);

	check(n <= ARRAY_SIZE(h->right));
	buf_c(h->out, "<table><colgroup>");
	for (size_t i = 0; i < n; i++) {
		buf_printf(h->out, "<col class=\"w%u\">", cols[i].percent);
		h->right[i] = cols[i].right;
	}
	buf_c(h->out, "</colgroup><thead><tr>");
	for (size_t i = 0; i < n; i++) {
		buf_c(h->out, cols[i].right ? "<th class=\"num\" scope=\"col\">" : "<th scope=\"col\">");
		text(h, TS(s->ctx, cols[i].zh, cols[i].en), true);
		buf_c(h->out, "</th>");
	}
	buf_c(h->out, "</tr></thead><tbody>\n");
}

static void row(struct report_sink *s, const struct report_cell *cells, size_t n)
{
	struct html *h = html_of(s);

	buf_c(h->out, "<tr>");
	for (size_t i = 0; i < n; i++) {
		buf_c(h->out, h->right[i] ? "<td class=\"num\">" : "<td>");
		cell_content(h, &cells[i]);
		buf_c(h->out, "</td>");
	}
	buf_c(h->out, "</tr>\n");
}

static void table_end(struct report_sink *s)
{
	buf_c(html_of(s)->out, "</tbody></table>\n");
}

static void facts_begin(struct report_sink *s)
{
	buf_c(html_of(s)->out, "<table class=\"facts\"><tbody>");
}

static void fact(struct report_sink *s, struct str name, struct report_cell value)
{
	struct html *h = html_of(s);

	buf_c(h->out, "<tr><th scope=\"row\">");
	text(h, name, true);
	buf_c(h->out, "</th><td>");
	cell_content(h, &value);
	buf_c(h->out, "</td></tr>");
}

static void facts_end(struct report_sink *s)
{
	buf_c(html_of(s)->out, "</tbody></table>\n");
}

/* ---- findings ---- */

static void code(struct report_sink *s, struct str label, struct str t, size_t mark, size_t mark_len)
{
	struct html *h = html_of(s);
	struct buf *b = h->out;

	/* Long ones are folded on a screen; print shows all (style.css). */
	buf_c(b, h->print || t.len <= 1500 ? "<details open><summary>" : "<details><summary>");
	text(h, label, true);
	buf_c(b, "</summary><pre>");
	text(h, str_sub(t, 0, mark_len ? mark : t.len), false);
	if (mark_len) {
		buf_c(b, "<mark>");
		text(h, str_sub(t, mark, mark + mark_len), false);
		buf_c(b, "</mark>");
		text(h, str_from(t, mark + mark_len), false);
	}
	buf_c(b, "</pre></details>\n");
}

static void picture(struct report_sink *s, const struct report_picture *p)
{
	struct html *h = html_of(s);

	buf_printf(h->out, "<figure class=\"shot\"><img width=\"%u\" height=\"%u\" alt=\"", p->width, p->height);
	text(h, p->caption, true);
	buf_c(h->out, "\" src=\"data:image/png;base64,");
	buf_str(h->out, p->base64);
	buf_c(h->out, "\"><figcaption>");
	text(h, p->caption, true);
	buf_c(h->out, "</figcaption></figure>\n");
}

static void group(struct report_sink *s, const struct report_card *card, size_t places)
{
	struct html *h = html_of(s);

	close_group(h);
	buf_c(h->out, "<section class=\"kind\" id=\"");
	text(h, card->anchor, true);
	buf_c(h->out, "\"><h3>");
	text(h, card->number, true);
	buf_c(h->out, " ");
	severity_badge(h, card->severity);
	buf_c(h->out, " ");
	text(h, card->title, true);
	buf_printf(h->out, T(s->ctx, " <small>%zu 处</small></h3>\n", " <small>× %zu</small></h3>\n"),
		   places);
	h->in_group = true;
}

static void card_begin(struct report_sink *s, const struct report_card *card)
{
	struct html *h = html_of(s);

	buf_printf(h->out, "<article class=\"s-%s\" id=\"", severity_name(card->severity));
	text(h, card->anchor, true);
	buf_c(h->out, "\"><h4><b>");
	text(h, card->number, true);
	buf_c(h->out, "</b> ");
	severity_badge(h, card->severity);
	buf_c(h->out, " <code>");
	text(h, card->title, true);
	buf_c(h->out, "</code></h4>\n");
}

static void card_end(struct report_sink *s)
{
	buf_c(html_of(s)->out, "</article>\n");
}

static const struct report_sink_ops ops = {
	.cover = cover,		    .verdict = verdict,	    .contents = contents,
	.heading = heading,	    .para = para,	    .list = list,
	.table_begin = table_begin, .row = row,		    .table_end = table_end,
	.facts_begin = facts_begin, .fact = fact,	    .facts_end = facts_end,
	.chart = html_chart,	    .code = code,	    .group = group,
	.picture = picture,
	.card_begin = card_begin,   .card_end = card_end,
};

/* ---- the page ---- */

/* A string in a style sheet: everything but letters and digits by number. */
static void css_string(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];

		if (ascii_alnum((char)ch) || ch >= 0x80)
			buf_char(b, (char)ch);
		else
			buf_printf(b, "\\%06x ", ch);
	}
}

static void running_head(struct html *h, struct buf *b, struct str s)
{
	_cleanup_buf_ struct buf cut = BUF_INIT(4 * KIB);

	buf_clear(&h->clean);
	report_clean(&h->clean, str_sub(s, 0, 4096), true);
	buf_str(&cut, utf8_truncate(buf_view(&h->clean), 120));
	css_string(b, buf_view(&cut));
}

static void style(struct html *h, struct buf *b)
{
	struct report_ctx *c = h->sink.ctx;

	buf_c(b, report_css);
	for (int i = 1; i <= 100; i++)
		buf_printf(b, ".w%d{width:%d%%}", i, i);
	buf_c(b, "@page{@top-left{content:\"");
	running_head(h, b, report_title(c));
	buf_c(b, "\"}@top-right{content:\"");
	running_head(h, b, report_target(c));
	buf_printf(b, "\"}@bottom-left{content:\"%s\"}@bottom-right{content:%s}}",
		   T(c, "内部资料 · 非测评结论", "Confidential · not an assessment of conformity"),
		   T(c, "\"第 \" counter(page) \" 页 / 共 \" counter(pages) \" 页\"",
		     "\"Page \" counter(page) \" of \" counter(pages)"));
}

static void head(struct html *h)
{
	_cleanup_buf_ struct buf css = BUF_INIT(256 * KIB), hash = BUF_INIT(64);
	unsigned char sum[32];
	struct buf *b = h->out;

	style(h, &css);
	report_sha256(buf_view(&css), sum);
	encode_base64(&hash, str_make(sum, sizeof(sum)));
	buf_printf(b, "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n",
		   T(h->sink.ctx, "zh-CN", "en"));
	buf_printf(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src 'sha256-%.*s'; img-src data:; base-uri 'none'; form-action 'none'\">\n",
		   STR_ARG(buf_view(&hash)));
	buf_c(b, "<meta name=\"referrer\" content=\"no-referrer\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	text(h, report_title(h->sink.ctx), true);
	buf_c(b, " · ");
	text(h, report_target(h->sink.ctx), true);
	buf_c(b, "</title>\n<style>");
	buf_str(b, buf_view(&css));
	buf_c(b, "</style></head><body>\n");
}

int report_html(const json_t *model, enum lang lang, bool print, struct buf *out, struct error *e)
{
	struct report_ctx c;
	struct html h = { .sink = { &ops, &c }, .out = out, .print = print,
			  .clean = BUF_INIT(16 * MIB) };
	int r = report_ctx_open(&c, model, lang, e);

	if (r == 0) {
		head(&h);
		report_write(&c, &h.sink);
		close_chapter(&h);
		buf_c(out, "</body></html>\n");
		if (out->overflow)
			r = error_set(e, "report.too-large", "报告超过 %zu MB，请缩小范围后重试",
				      "the report is larger than %zu MB: narrow its scope",
				      out->max / MIB);
	}
	buf_free(&h.clean);
	report_ctx_close(&c);
	return r;
}

static int render(const json_t *model, const struct report_options *o, struct buf *out,
		  struct error *e)
{
	return report_html(model, o->lang, false, out, e);
}

const struct report_format report_format_html = {
	.name = "html", .extension = "html", .media_type = "text/html; charset=utf-8",
	.title = "网页", .title_en = "Web page", .for_people = true, .render = render,
};
