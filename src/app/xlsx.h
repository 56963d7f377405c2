/* A plain workbook of one sheet, written: rows of text cells. Texts are inline strings, so no cell
 * is ever a formula. */
#ifndef APP_XLSX_H
#define APP_XLSX_H
#include "base/buf.h"
#include "base/error.h"

struct xlsx;

struct xlsx *xlsx_new(void);
void xlsx_free(struct xlsx *x);
void xlsx_cell(struct xlsx *x, struct str text);
void xlsx_row(struct xlsx *x); /* ends the row */
/* Appends the file. */
int xlsx_finish(struct xlsx *x, struct buf *out, struct error *e);
#endif
