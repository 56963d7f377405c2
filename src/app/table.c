/* Tables people download: see table.h. */
#include "app/table.h"

#include <string.h>

#include "base/limits.h"
#include "doc/sheet.h"

void app_table_begin(struct app_table *t, struct str format, struct buf *out)
{
	*t = (struct app_table){ .out = out, .sheet = str_eq(format, STR("xlsx")) ? doc_sheet_new(4 * LIMIT_EXPORT) : NULL };
}

void app_table_cell(struct app_table *t, struct str s)
{
	_cleanup_buf_ struct buf clean = BUF_INIT(LIMIT_COMPLY_TEXT + KIB);

	if (s.len && strchr("=+-@#", s.ptr[0]))
		buf_char(&clean, '\'');
	for (size_t i = 0; i < s.len; i++)
		buf_char(&clean, (unsigned char)s.ptr[i] < 0x20 ? ' ' : s.ptr[i]);
	if (t->sheet) {
		doc_sheet_cell(t->sheet, buf_view(&clean));
		return;
	}
	if (t->begun)
		buf_char(t->out, '\t');
	buf_str(t->out, buf_view(&clean));
	t->begun = true;
}

void app_table_row(struct app_table *t)
{
	if (t->sheet)
		doc_sheet_row(t->sheet);
	else
		buf_char(t->out, '\n');
	t->begun = false;
}

int app_table_end(struct app_table *t, int r, struct error *e)
{
	if (r == 0 && t->sheet)
		r = doc_sheet_finish(t->sheet, t->out, e);
	doc_sheet_free(t->sheet);
	t->sheet = NULL;
	return r;
}
