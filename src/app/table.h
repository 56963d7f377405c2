/* Tables people download: tab-separated text, or a workbook. Cells that a spreadsheet would run as a
 * formula, or a term file read as a remark, stand behind an apostrophe; control characters are blanks. */
#ifndef APP_TABLE_H
#define APP_TABLE_H
#include "base/buf.h"
#include "base/error.h"

struct doc_sheet_writer;
struct app_table {
	struct buf *out;		/* the file */
	struct doc_sheet_writer *sheet; /* NULL: tab-separated text */
	bool begun;			/* within a row */
};

/* format: "xlsx", or anything else for text. */
void app_table_begin(struct app_table *t, struct str format, struct buf *out);
void app_table_cell(struct app_table *t, struct str s);
void app_table_row(struct app_table *t); /* ends the row */
/* Writes what is left; frees, also after failure (r < 0, which is handed back). */
int app_table_end(struct app_table *t, int r, struct error *e);
#endif
