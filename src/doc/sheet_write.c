/* A workbook of one sheet: see sheet.h. The least that spreadsheets open: content types, two
 * relation files, the workbook and the sheet. */
#include "doc/sheet.h"

#include <zip.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

#define CELL_MAX 32000 /* bytes; the format takes 32,767 characters */
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define NS "http://schemas.openxmlformats.org/"

struct doc_sheet_writer {
	struct buf sheet;
	bool open; /* in a row */
};

struct doc_sheet_writer *doc_sheet_new(size_t max)
{
	struct doc_sheet_writer *x = mem_alloc(sizeof(*x));

	buf_init(&x->sheet, max);
	buf_c(&x->sheet, XML "<worksheet xmlns=\"" NS "spreadsheetml/2006/main\"><sheetData>");
	return x;
}

void doc_sheet_free(struct doc_sheet_writer *x)
{
	if (!x)
		return;
	buf_free(&x->sheet);
	free(x);
}

/* "_x0041_" would be read as an "A": its first underscore is written that way itself. */
static void put_text(struct buf *b, struct str text)
{
	size_t from = 0;

	for (size_t i = 0; i + 6 < text.len; i++) {
		if (text.ptr[i] != '_' || text.ptr[i + 1] != 'x' || text.ptr[i + 6] != '_')
			continue;
		encode_xml(b, str_sub(text, from, i));
		buf_c(b, "_x005F_");
		from = i + 1;
	}
	encode_xml(b, str_from(text, from));
}

void doc_sheet_cell(struct doc_sheet_writer *x, struct str text)
{
	if (!x->open)
		buf_c(&x->sheet, "<row>");
	x->open = true;
	buf_c(&x->sheet, "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
	put_text(&x->sheet, utf8_truncate(text, CELL_MAX));
	buf_c(&x->sheet, "</t></is></c>");
}

void doc_sheet_row(struct doc_sheet_writer *x)
{
	if (!x->open)
		buf_c(&x->sheet, "<row>");
	buf_c(&x->sheet, "</row>");
	x->open = false;
}

static bool add(zip_t *zip, const char *name, struct str bytes)
{
	zip_source_t *src = zip_source_buffer(zip, bytes.ptr, bytes.len, 0);
	zip_int64_t at = src ? zip_file_add(zip, name, src, ZIP_FL_ENC_UTF_8) : -1;

	if (at < 0)
		zip_source_free(src);
	return at >= 0;
}

static bool add_all(zip_t *zip, struct str sheet)
{
	return add(zip, "[Content_Types].xml",
		   STR(XML "<Types xmlns=\"" NS "package/2006/content-types\">"
			   "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
			   "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
			   "<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>"
			   "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
			   "</Types>")) &&
	       add(zip, "_rels/.rels",
		   STR(XML "<Relationships xmlns=\"" NS "package/2006/relationships\"><Relationship Id=\"r1\" "
			   "Type=\"" NS "officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>"
			   "</Relationships>")) &&
	       add(zip, "xl/workbook.xml",
		   STR(XML "<workbook xmlns=\"" NS "spreadsheetml/2006/main\" xmlns:r=\"" NS "officeDocument/2006/relationships\">"
			   "<sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>")) &&
	       add(zip, "xl/_rels/workbook.xml.rels",
		   STR(XML "<Relationships xmlns=\"" NS "package/2006/relationships\"><Relationship Id=\"r1\" "
			   "Type=\"" NS "officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
			   "</Relationships>")) &&
	       add(zip, "xl/worksheets/sheet1.xml", sheet);
}

static bool read_back(zip_source_t *src, struct buf *out)
{
	zip_stat_t st;
	bool good = false;

	if (zip_source_open(src) != 0)
		return false;
	if (zip_source_stat(src, &st) == 0 && st.size < LIMIT_EXPORT) {
		char *room = buf_reserve(out, st.size);

		good = room && zip_source_read(src, room, st.size) == (zip_int64_t)st.size;
		if (good)
			out->len += st.size;
	}
	zip_source_close(src);
	return good;
}

int doc_sheet_finish(struct doc_sheet_writer *x, struct buf *out, struct error *e)
{
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *zip = src ? zip_open_from_source(src, ZIP_CREATE | ZIP_TRUNCATE, NULL) : NULL;
	bool good;

	buf_c(&x->sheet, "</sheetData></worksheet>");
	if (!zip) {
		zip_source_free(src);
		return error_set(e, "sheet.failed", "表格文件生成失败", "the workbook could not be made");
	}
	zip_source_keep(src);
	good = !x->sheet.overflow && add_all(zip, buf_view(&x->sheet));
	if (!good)
		zip_discard(zip);
	else if (zip_close(zip) != 0) {
		zip_discard(zip);
		good = false;
	}
	good = good && read_back(src, out);
	zip_source_free(src);
	return good ? 0 : error_set(e, "sheet.too-large", "表格文件过大或生成失败", "the workbook is too large or could not be made");
}
