/* PDF: the HTML page, printed by Chromium (net/browser.h) with bookmarks from its
 * headings. Page size, margins, running heads and page numbers stand in the style
 * sheet. */
#include "base/limits.h"
#include "net/browser.h"
#include "report/report_private.h"

static int render(const json_t *model, const struct report_options *o, struct buf *out,
		  struct error *e)
{
	static const struct net_browser_paper paper = { .css_page = true, .outline = true };
	_cleanup_buf_ struct buf html = BUF_INIT(LIMIT_BROWSER_MESSAGE);
	_cleanup_browser_ struct net_browser *b = NULL;
	struct net_browser_options bo = { 0 };

	if (o->browser)
		bo = *o->browser;
	if (!bo.timeout_ms)
		bo.timeout_ms = LIMIT_REPORT_PRINT_MS;
	if (!net_browser_program(&bo))
		return error_set(e, "report.no-browser",
				 "生成 PDF 需要 Chromium 浏览器，请安装软件包 chromium，或改用 DOCX、HTML",
				 "PDF needs Chromium: install the package chromium, or choose DOCX or HTML");
	if (report_html(model, o->lang, true, &html, e) < 0 || net_browser_open(&bo, &b, e) < 0 ||
	    net_browser_set_html(b, buf_view(&html), e) < 0)
		return -1;
	buf_free(&html); /* it may be large, and printing needs room */
	return net_browser_print(b, &paper, out, e);
}

const struct report_format report_format_pdf = {
	.name = "pdf", .extension = "pdf", .media_type = "application/pdf", .title = "PDF 文件",
	.title_en = "PDF", .for_people = true, .render = render,
};
