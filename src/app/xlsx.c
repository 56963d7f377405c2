/* A workbook of one sheet: see xlsx.h. The least that spreadsheets open: content types, two
 * relation files, the workbook and the sheet. */
#include "app/xlsx.h"

#include <zip.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/mem.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define NS "http://schemas.openxmlformats.org/"

struct xlsx {
	struct buf sheet;
	bool open; /* in a row */
};

struct xlsx *xlsx_new(void)
{
	struct xlsx *x = mem_alloc(sizeof(*x));

	buf_init(&x->sheet, LIMIT_EXPORT * 4);
	buf_c(&x->sheet, XML "<worksheet xmlns=\"" NS "spreadsheetml/2006/main\"><sheetData>");
	return x;
}

void xlsx_free(struct xlsx *x)
{
	if (!x)
		return;
	buf_free(&x->sheet);
	free(x);
}

void xlsx_cell(struct xlsx *x, struct str text)
{
	if (!x->open)
		buf_c(&x->sheet, "<row>");
	x->open = true;
	buf_c(&x->sheet, "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
	/* The format's own limit of a cell is 32,767 characters. */
	encode_xml(&x->sheet, str_sub(text, 0, text.len < 32000 ? text.len : 32000));
	buf_c(&x->sheet, "</t></is></c>");
}

void xlsx_row(struct xlsx *x)
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

int xlsx_finish(struct xlsx *x, struct buf *out, struct error *e)
{
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *zip = src ? zip_open_from_source(src, ZIP_CREATE | ZIP_TRUNCATE, NULL) : NULL;
	bool good;

	buf_c(&x->sheet, "</sheetData></worksheet>");
	if (!zip) {
		zip_source_free(src);
		return error_set(e, "xlsx.failed", "表格文件生成失败", "the workbook could not be made");
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
	return good ? 0 : error_set(e, "xlsx.too-large", "表格文件过大或生成失败", "the workbook is too large or could not be made");
}
