/* Spreadsheets that people upload, as lines of cells between tabs: read in a jailed child of kind
 * "sheet" that has neither files nor network. */
#ifndef APP_SHEETREAD_H
#define APP_SHEETREAD_H
#include "base/buf.h"
#include "base/error.h"
#include "os/spawn.h"

extern const struct os_jail_kind app_sheet_jail;
extern const struct os_jail_kind *const app_web_jail_kinds[]; /* what the web process needs; NULL-terminated */

/* Appends the first visible sheet: line N is row N, tabs and line breaks within cells are blanks, and a
 * first cell that begins with # stands behind an apostrophe, as a line with # is a remark in a term
 * file. Errors "sheet.…": the code of doc/sheet.h with "sheet" for "doc", "sheet.lost" when the
 * child died of it, "sheet.no-jail". */
int app_sheet_text(struct os_spawner *spawner, struct str bytes, struct buf *out, struct error *e);
#endif
