/* The HTML sink, shared by the page (sink_html.c) and its pictures (html_chart.c). */
#ifndef REPORT_REPORT_HTML_PRIVATE_H
#define REPORT_REPORT_HTML_PRIVATE_H
#include "base/utf8.h"
#include "report/report_private.h"

struct html {
	struct report_sink sink; /* first: a sink is cast back to it */
	struct buf *out, clean;
	bool print, in_chapter, in_group;
	bool right[8]; /* columns of the table being written */
};

/* One line of foreign text, escaped. */
void html_text(struct html *h, struct str s);
void html_ring(struct html *h, bool has_score, int score);
void html_chart(struct report_sink *s, const struct report_chart *chart);
#endif
