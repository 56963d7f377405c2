/* The DOCX sink: writes word/document.xml (sink_docx.c); docx.c makes the package. */
#ifndef REPORT_REPORT_DOCX_PRIVATE_H
#define REPORT_REPORT_DOCX_PRIVATE_H
#include "report/report_private.h"

#define DOCX_WIDTH 9638u /* twips between the margins of A4 */

struct docx {
	struct report_sink sink; /* first: a sink is cast back to it */
	struct buf *out, clean;
	unsigned bookmarks, lists, drawn;
	unsigned widths[8]; /* of the table being written, twips */
	bool right[8];
	size_t cols;
};

extern const struct report_sink_ops docx_ops;
/* One line of foreign text, cleaned and escaped. */
void docx_text(struct docx *d, struct buf *out, struct str s);
void docx_chart(struct report_sink *s, const struct report_chart *chart);
/* A table row of label, bar and value; `part` is 0 … 1 of the bar's room. */
void docx_bars_begin(struct docx *d);
void docx_bar(struct docx *d, struct str shape, struct str color, struct str label, double part,
	      struct str value);
void docx_bars_end(struct docx *d);

/* Fixed parts of the package (docx_parts.c). */
extern const char docx_content_types[], docx_root_rels[], docx_document_rels[], docx_styles[],
	docx_numbering_head[], docx_settings[];
#endif
