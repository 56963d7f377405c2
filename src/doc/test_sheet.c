/* Workbooks: one that LibreOffice made, ones put together here cell by cell, hostile ones, and what
 * the writer wrote read again. */
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

#include "base/limits.h"
#include "base/test.h"
#include "doc/sheet.h"

/* ---- a workbook from its parts ---- */

#define MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define RELS_OPEN "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
#define BOOK(pr) "<workbook " MAIN " xmlns:r=\"" REL "\">" pr "<sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
#define RELS RELS_OPEN "<Relationship Id=\"r1\" Type=\"" REL "/worksheet\" Target=\"/xl/worksheets/s.xml\"/>" \
	"<Relationship Id=\"r2\" Type=\"" REL "/sharedStrings\" Target=\"strings.xml\"/>" \
	"<Relationship Id=\"r3\" Type=\"" REL "/styles\" Target=\"../xl/./styles.xml\"/></Relationships>"
#define STYLES "<styleSheet " MAIN "><numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>" \
	"<numFmt numFmtId=\"165\" formatCode=\"[Red]0.00&quot;days&quot;\\d\"/></numFmts>" \
	"<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>" \
	"<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>"
#define STRINGS "<sst " MAIN "><si><t>甲</t></si><si><r><t>乙</t></r><r><rPr/><t xml:space=\"preserve\"> 丙</t></r>" \
	"<rPh sb=\"0\" eb=\"1\"><t>yi</t></rPh></si><si><t>a_x000D_b_x005F_x0041_</t></si></sst>"

struct part {
	const char *name, *text;
};

static void pack(const struct part *parts, size_t n, struct buf *out)
{
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = zip_open_from_source(src, ZIP_TRUNCATE, NULL);
	zip_stat_t st;

	zip_source_keep(src);
	for (size_t i = 0; i < n; i++) {
		zip_int64_t at = zip_file_add(z, parts[i].name, zip_source_buffer(z, parts[i].text, strlen(parts[i].text), 0), 0);

		assert_true(at >= 0 && zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_DEFLATE, 1) == 0);
	}
	assert_int_equal(zip_close(z), 0);
	assert_int_equal(zip_source_open(src), 0);
	assert_int_equal(zip_source_stat(src, &st), 0);
	char *to = buf_reserve(out, st.size);
	assert_true(zip_source_read(src, to, st.size) == (zip_int64_t)st.size);
	out->len += st.size;
	zip_source_close(src);
	zip_source_free(src);
}

static void book_of(const char *pr, const char *rows, struct buf *out)
{
	_cleanup_buf_ struct buf sheet = BUF_INIT(256 * MIB);

	buf_printf(&sheet, "<worksheet %s><sheetData>%s</sheetData></worksheet>", MAIN, rows);
	pack((struct part[]){ { "xl/workbook.xml", pr }, { "xl/_rels/workbook.xml.rels", RELS }, { "xl/Styles.xml", STYLES },
			      { "xl/strings.xml", STRINGS }, { "xl/worksheets/s.xml", sheet.ptr } }, 5, out);
}

/* ---- what is read, as "row: cell|cell" lines ---- */

static int note(void *ctx, size_t number, const struct str *cells, size_t n, struct error *e)
{
	struct buf *b = ctx;

	buf_printf(b, "%zu:", number);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%.*s", i ? "|" : "", STR_ARG(cells[i]));
	buf_char(b, '\n');
	return 0;
}

static void reads(struct str bytes, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(16 * MIB);
	struct error e = { 0 };

	if (doc_sheet_read(bytes, note, &b, NULL, &e) < 0)
		fail_msg("%s: %s", e.code, e.en);
	assert_str_c(buf_view(&b), want);
}

static void rows_read(const char *pr, const char *rows, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(16 * MIB);

	book_of(pr, rows, &b);
	reads(buf_view(&b), want);
}

static void refused(struct str bytes, const char *code)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128 * MIB);
	struct error e = { 0 };

	assert_true(doc_sheet_read(bytes, note, &b, NULL, &e) < 0);
	assert_string_equal(e.code, code);
	assert_true(e.zh[0] && e.en[0]);
}

static void rows_refused(const char *rows, const char *code)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * MIB);

	book_of(BOOK(""), rows, &b);
	refused(buf_view(&b), code);
}

/* ---- tests ---- */

static void fixture(struct buf *b)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fixtures/documents/libreoffice.xlsx", getenv("ZHANWEI_SOURCE"));
	f = fopen(path, "rb");
	assert_non_null(f);
	b->len = fread(buf_reserve(b, 64 * KIB), 1, 64 * KIB, f);
	fclose(f);
	assert_true(b->len > 1000);
}

static void test_libreoffice(void **state)
{
	_cleanup_buf_ struct buf file = BUF_INIT(128 * KIB), b = BUF_INIT(64 * KIB);
	struct doc_sheet_facts facts;

	fixture(&file);
	assert_true(doc_sheet_looks(buf_view(&file)));
	assert_ok(doc_sheet_read(buf_view(&file), note, &b, &facts, NULL));
	assert_str_c(buf_view(&b), "1:词条|标签|动作|备注|到期|数字\n"
				   "2:样例山寨品|竞品|拦截|第一行\n第二行|2026-12-31|12345678901\n"
				   "3:样例放行语|竞品|放行||2027-01-02 08:30:00|0.1\n"
				   "5:样例 & <复核>|ad.diversion|复核|=不是公式||TRUE\n"
				   "6:样例六|||||3\n");
	assert_string_equal(facts.name, "敏感词 2026"); /* the first one is hidden */
	assert_int_equal(facts.others, 1);
	assert_int_equal(facts.rows, 5);
}

static void test_cells(void **state)
{
	rows_read(BOOK(""), "<row r=\"2\"><c r=\"B2\" t=\"s\"><v>0</v></c><c r=\"D2\" t=\"s\"><v> 1 </v></c><c t=\"s\"><v>2</v></c></row>",
		  "2:|甲||乙 丙|a b_x0041_\n");
	rows_read(BOOK(""), "<row><c><v>1</v></c><c><v>1.10</v></c><c><v>-0.30000000000000004</v></c><c><v>13800000000</v></c></row>"
			    "<row><c t=\"b\"><v>0</v></c><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c><c t=\"str\"><f>1+1</f><v>二</v></c></row>",
		  "1:1|1.1|-0.3|13800000000\n2:FALSE|TRUE|#N/A|二\n");
	/* dates: built in, an own format, a colour that is none, and days that spreadsheets count oddly */
	rows_read(BOOK(""), "<row><c s=\"1\"><v>46387</v></c><c s=\"2\"><v>46387.5</v></c><c s=\"3\"><v>46387</v></c><c s=\"4\"><v>0.25</v></c>"
			    "<c s=\"1\"><v>1</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>60</v></c><c s=\"1\"><v>61</v></c>"
			    "<c s=\"1\"><v>46386.9999999</v></c><c s=\"9\"><v>5</v></c><c t=\"d\"><v>2026-01-02</v></c></row>",
		  "1:2026-12-31|2026-12-31 12:00:00|46387|06:00:00|1900-01-01|1900-02-28|1900-02-29|1900-03-01|2026-12-31|5|2026-01-02\n");
	rows_read(BOOK("<workbookPr date1904=\"1\"/>"), "<row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>44925</v></c></row>",
		  "1:1904-01-01|2026-12-31\n");
	/* inline, with runs and a guide; a formatted empty cell far out is nothing; rows that go back */
	rows_read(BOOK(""), "<row r=\"7\"><c t=\"inlineStr\"><is><r><t>内</t></r><rPh><t>nei</t></rPh><t>联</t></is></c>"
			    "<c r=\"XFD7\" s=\"1\"/></row><row r=\"3\"><c><v>8</v></c></row>"
			    "<row r=\"20\"/><row r=\"21\"><c t=\"inlineStr\"><is><t></t></is></c></row>",
		  "7:内联\n8:8\n");
	/* prefixes */
	rows_read(BOOK(""), "<x:row xmlns:x=\"u\"><x:c t=\"inlineStr\"><x:is><x:t>前缀</x:t></x:is></x:c></x:row>", "1:前缀\n");
}

static char *repeat(const char *one, size_t n)
{
	struct buf b = BUF_INIT(128 * MIB);

	for (size_t i = 0; i < n; i++)
		buf_c(&b, one);
	return buf_take(&b, NULL);
}

static void test_hostile(void **state)
{
	char *many;

	rows_refused("<row><c t=\"s\"><v>7</v></c></row>", "doc.damaged");
	rows_refused("<row><c t=\"s\"><v>-1</v></c></row>", "doc.damaged");
	rows_refused("<row></c>", "doc.bad-xml");
	rows_refused("<row><c><v>&bomb;</v></c></row>", "doc.bad-xml");
	/* a cell far out in every row: the gaps count */
	many = repeat("<row><c r=\"XFD1\"><v>1</v></c></row>", 400);
	rows_refused(many, "doc.too-large");
	free(many);
	many = repeat("<a>", 300);
	rows_refused(many, "doc.too-deep");
	free(many);
	many = repeat("x", 300 * KIB);
	char *cell = NULL;
	assert_true(asprintf(&cell, "<row><c t=\"inlineStr\"><is><t>%s</t></is></c></row>", many) > 0);
	rows_refused(cell, "doc.too-large");
	free(cell);
	assert_true(asprintf(&cell, "<row><!--%s%s%s%s--></row>", many, many, many, many) > 0);
	rows_refused(cell, "doc.xml-limits");
	free(cell);
	free(many);
}

/* 256 MiB of nothing in 1 MiB. */
static void test_bomb(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * MIB);
	char *blank = malloc(LIMIT_DOC_INFLATED);

	assert_non_null(blank);
	memset(blank, ' ', LIMIT_DOC_INFLATED);
	blank[LIMIT_DOC_INFLATED - 1] = 0;
	pack((struct part[]){ { "xl/workbook.xml", BOOK("") }, { "xl/_rels/workbook.xml.rels", RELS },
			      { "xl/worksheets/s.xml", blank } }, 3, &b);
	free(blank);
	assert_true(b.len < 2 * MIB);
	refused(buf_view(&b), "doc.too-large");
}

static void test_no_entities(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);

	pack((struct part[]){ { "xl/workbook.xml", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" BOOK("") },
			      { "xl/_rels/workbook.xml.rels", RELS } }, 2, &b);
	refused(buf_view(&b), "doc.doctype");
}

static void test_other_files(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB), file = BUF_INIT(128 * KIB);
	struct error e = { 0 };

	refused(STR(""), "doc.not-package");
	refused(STR("term\tlabel\n"), "doc.not-package");
	refused(STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "doc.not-package");
	refused(STR("PK\x03\x04nonsense"), "doc.not-package");
	pack((struct part[]){ { "word/document.xml", "<a/>" } }, 1, &b);
	refused(buf_view(&b), "doc.not-sheet");
	/* a real one with any byte changed, or cut: an answer or a reason, never more */
	fixture(&file);
	for (size_t i = 0; i < file.len; i += 11) {
		_cleanup_buf_ struct buf rows = BUF_INIT(1 * MIB);
		file.ptr[i] ^= 0x55;
		if (doc_sheet_read(buf_view(&file), note, &rows, NULL, &e) < 0)
			assert_true(str_starts(str_c(e.code), STR("doc.")));
		file.ptr[i] ^= 0x55;
		if (i % 5 == 0)
			assert_true(doc_sheet_read(str_sub(buf_view(&file), 0, i), note, &rows, NULL, &e) < 0);
	}
}

static int stop_at_two(void *ctx, size_t number, const struct str *cells, size_t n, struct error *e)
{
	return number == 2 ? error_set(e, "test.enough", "够了", "enough") : 0;
}

static void test_written(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT(1 * MIB), b = BUF_INIT(1 * MIB);
	struct doc_sheet_writer *w = doc_sheet_new(1 * MIB);
	struct error e = { 0 };

	doc_sheet_cell(w, STR("=1+1"));
	doc_sheet_cell(w, STR(""));
	doc_sheet_cell(w, STR("  两边空格  "));
	doc_sheet_row(w);
	doc_sheet_row(w);
	doc_sheet_cell(w, STR("<b>&\"'😀 _x0041_ _x_"));
	doc_sheet_row(w);
	assert_ok(doc_sheet_finish(w, &out, NULL));
	doc_sheet_free(w);
	reads(buf_view(&out), "1:=1+1||  两边空格  \n3:<b>&\"'😀 _x0041_ _x_\n");
	assert_ok(doc_sheet_read(buf_view(&out), note, &b, NULL, NULL));
	fixture(&b);
	assert_int_equal(doc_sheet_read(buf_view(&out), stop_at_two, NULL, NULL, &e), 0);
	buf_clear(&b);
	fixture(&b);
	assert_true(doc_sheet_read(buf_view(&b), stop_at_two, NULL, NULL, &e) < 0);
	assert_string_equal(e.code, "test.enough");

	w = doc_sheet_new(200);
	doc_sheet_cell(w, STR("比给出的上限长得多的一格文字"));
	doc_sheet_row(w);
	assert_true(doc_sheet_finish(w, &out, &e) < 0);
	assert_string_equal(e.code, "sheet.too-large");
	doc_sheet_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libreoffice), cmocka_unit_test(test_cells),	cmocka_unit_test(test_hostile), cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_no_entities), cmocka_unit_test(test_other_files), cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
