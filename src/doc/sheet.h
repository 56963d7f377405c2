/* Spreadsheets (XLSX): the first visible sheet of a workbook as rows of text, and a plain workbook
 * of one sheet, written. Reading is for jailed children only: the bytes are foreign.
 *
 * Read are shared and inline strings (with their runs, without phonetic guides), numbers as a
 * spreadsheet shows them without a format (15 digits), dates as "2026-12-31" or
 * "2026-12-31 08:30:00", truth values as TRUE and FALSE, and of formulas the value last computed.
 * Formulas, links, macros, pictures and everything outside the sheet are not looked at. */
#ifndef DOC_SHEET_H
#define DOC_SHEET_H
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

struct doc_sheet_facts {
	char name[128]; /* of the sheet, cut */
	size_t rows;	/* told */
	size_t others;	/* further visible sheets, not read */
};
/* Rows that hold something, in the order of the file; number counts from 1 as the program shows it.
 * Cells between the first and the last filled one are there, empty ones as "". Not 0 ends it. */
typedef int doc_sheet_row_fn(void *ctx, size_t number, const struct str *cells, size_t n, struct error *e);

/* Whether the bytes look like a document that doc_sheet_read() may know (XLSX, or one that it
 * refuses with a reason: XLS, encrypted). */
bool doc_sheet_looks(struct str bytes);
/* Errors "doc.…": doc.not-sheet, and those of package.h and xml.h; or what on_row answered. */
int doc_sheet_read(struct str bytes, doc_sheet_row_fn *on_row, void *ctx, struct doc_sheet_facts *ret,
		   struct error *e);

/* ---- writing: text cells, as inline strings, so that no cell is ever a formula ---- */

struct doc_sheet_writer;

/* max: bytes of the sheet before it is packed. */
struct doc_sheet_writer *doc_sheet_new(size_t max);
void doc_sheet_free(struct doc_sheet_writer *w);
void doc_sheet_cell(struct doc_sheet_writer *w, struct str text);
void doc_sheet_row(struct doc_sheet_writer *w); /* ends the row */
/* Appends the file. Errors "sheet.failed", "sheet.too-large". */
int doc_sheet_finish(struct doc_sheet_writer *w, struct buf *out, struct error *e);
#endif
