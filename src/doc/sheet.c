/* The cells of a sheet: see sheet.h. One pass over the part; a row is told when it ends. Gaps count
 * as cells, so that a cell far out costs what it takes. */
#include <math.h>

#include "base/clock.h"
#include "base/limits.h"
#include "doc/sheet_private.h"

enum kind { NUMBER, SHARED, INLINE, PLAIN, TRUTH };

struct span {
	size_t from, len;
};
struct sheet {
	struct workbook *book;
	doc_sheet_row_fn *on_row;
	void *ctx;
	size_t row, column; /* of the present cell; column from 0 */
	struct buf texts;   /* of the present row */
	VEC(struct span) spans;
	VEC(struct str) cells;
	enum kind kind;
	bool in_cell, date, in_value;
	struct rich_text rich; /* of the present cell; also for <v> */
	size_t spent, told;    /* cells and bytes so far */
};

/* "BC23": column 54. Sets nothing when it is no reference. */
static void take_reference(struct sheet *s, struct str ref)
{
	size_t column = 0, i = 0;

	while (i < ref.len && i < 4 && ascii_alpha(ref.ptr[i]))
		column = column * 26 + (size_t)(ascii_lower(ref.ptr[i++]) - 'a' + 1);
	if (column && column <= LIMIT_SHEET_COLUMNS)
		s->column = column - 1;
}

static void begin_cell(struct sheet *s, const char *const *attributes)
{
	static const struct {
		const char *name;
		enum kind kind;
	} kinds[] = { { "s", SHARED }, { "inlineStr", INLINE }, { "str", PLAIN }, { "b", TRUTH }, { "e", PLAIN }, { "d", PLAIN } };
	struct str type = doc_xml_attribute(attributes, "t");
	uint64_t style;

	take_reference(s, doc_xml_attribute(attributes, "r"));
	s->kind = NUMBER;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(type, str_c(kinds[i].name)))
			s->kind = kinds[i].kind;
	s->date = str_to_u64(doc_xml_attribute(attributes, "s"), &style) == 0 && style < s->book->dates.len &&
		  s->book->dates.ptr[style];
	buf_clear(&s->rich.text);
	s->rich.guide = 0;
	s->rich.open = s->in_value = false;
	s->in_cell = true;
}

/* ---- values ---- */

/* Days since the workbook's epoch as text; false when that is no date a spreadsheet knows. 1900 was
 * no leap year, but day 60 is its 29th of February. */
static bool put_date(const struct sheet *s, double serial, struct buf *out)
{
	char when[CLOCK_RFC3339_SIZE];
	double day = floor(serial), second = round((serial - day) * 86400);
	int64_t days = (int64_t)day;

	if (second >= 86400) {
		days++;
		second = 0;
	}
	if (days < 0 || days > 2958465)
		return false;
	int64_t unix_days = s->book->from_1904 ? days - 24107 : days >= 60 ? days - 25569 : days - 25568;
	clock_format_rfc3339((unix_days * 86400 + (int64_t)second) * 1000, when);
	if (days == 60 && !s->book->from_1904)
		memcpy(when, "1900-02-29", 10);
	if (days || s->book->from_1904)
		buf_add(out, when, 10);
	if ((days || s->book->from_1904) && second > 0)
		buf_char(out, ' ');
	if (second > 0 || (!days && !s->book->from_1904))
		buf_add(out, when + 11, 8);
	return true;
}

static void put_number(const struct sheet *s, struct str raw, struct buf *out)
{
	double v;

	if (str_to_double(raw, &v) < 0 || !isfinite(v)) {
		buf_str(out, raw);
		return;
	}
	if (s->date && v >= 0 && v < 3e6 && put_date(s, v, out))
		return;
	buf_printf(out, "%.15g", v);
}

static int put_value(struct sheet *s, struct str raw, struct error *e)
{
	struct str shared;
	uint64_t n;

	switch (s->kind) {
	case SHARED:
		if (str_to_u64(str_trim(raw), &n) < 0 || !workbook_string(s->book, n, &shared))
			return error_set(e, "doc.damaged", "第 %zu 行引用了不存在的文字，文件已损坏",
					 "row %zu refers to a text that is not there: the document is damaged", s->row);
		buf_str(&s->texts, shared);
		break;
	case TRUTH:
		buf_c(&s->texts, str_eq(str_trim(raw), STR("0")) ? "FALSE" : "TRUE");
		break;
	case NUMBER:
		put_number(s, str_trim(raw), &s->texts);
		break;
	default:
		sheet_unescape(&s->texts, raw);
	}
	return 0;
}

static int too_large(struct error *e)
{
	return error_set(e, "doc.too-large", "表格过大（单元格或文字过多）", "the sheet is too large (too many cells, too much text)");
}

static int end_cell(struct sheet *s, struct error *e)
{
	struct str raw = buf_view(&s->rich.text);
	size_t from = s->texts.len, gap;

	if (raw.len && put_value(s, raw, e) < 0)
		return -1;
	if (s->texts.overflow)
		return too_large(e);
	if (s->texts.len > from && s->column >= s->spans.len) {
		gap = s->column - s->spans.len;
		s->spent += gap + 1;
		if (s->spent > LIMIT_SHEET_CELLS)
			return too_large(e);
		for (size_t i = 0; i < gap; i++)
			*vec_push(&s->spans) = (struct span){ 0, 0 };
		*vec_push(&s->spans) = (struct span){ from, s->texts.len - from };
	}
	s->column++;
	s->in_cell = s->rich.open = false;
	return s->column > LIMIT_SHEET_COLUMNS ? too_large(e) : 0;
}

static int end_row(struct sheet *s, struct error *e)
{
	int r = 0;

	vec_clear(&s->cells);
	s->told += s->texts.len;
	if (s->told > LIMIT_SHEET_TEXT)
		return too_large(e);
	for (size_t i = 0; i < s->spans.len; i++)
		*vec_push(&s->cells) = str_sub(buf_view(&s->texts), s->spans.ptr[i].from,
					       s->spans.ptr[i].from + s->spans.ptr[i].len);
	if (s->cells.len) {
		s->book->facts.rows++;
		r = s->on_row(s->ctx, s->row, s->cells.ptr, s->cells.len, e);
	}
	vec_clear(&s->spans);
	buf_clear(&s->texts);
	return r;
}

/* ---- events ---- */

static int on_start(void *ctx, struct str name, const char *const *attributes, struct error *e)
{
	struct sheet *s = ctx;
	uint64_t n;

	if (str_eq(name, STR("row"))) {
		if (str_to_u64(doc_xml_attribute(attributes, "r"), &n) == 0 && n > s->row && n <= LIMIT_SHEET_ROWS)
			s->row = n;
		else
			s->row++;
		s->column = 0;
		if (s->row > LIMIT_SHEET_ROWS)
			return too_large(e);
	} else if (str_eq(name, STR("c"))) {
		begin_cell(s, attributes);
	} else if (!s->in_cell) {
		return 0;
	} else if (str_eq(name, STR("v"))) {
		s->rich.open = s->in_value = s->kind != INLINE;
	} else if (s->kind == INLINE) {
		rich_start(&s->rich, name);
	}
	return 0;
}

static int on_end(void *ctx, struct str name, struct error *e)
{
	struct sheet *s = ctx;

	if (s->in_cell && str_eq(name, STR("v")))
		s->rich.open = s->in_value = false;
	else if (s->in_cell && str_eq(name, STR("c")))
		return end_cell(s, e);
	else if (str_eq(name, STR("row")))
		return end_row(s, e);
	else if (s->in_cell && s->kind == INLINE)
		rich_end(&s->rich, name);
	return 0;
}

static int on_text(void *ctx, struct str text, struct error *e)
{
	return rich_text(&((struct sheet *)ctx)->rich, text, e);
}

bool doc_sheet_looks(struct str bytes)
{
	return str_starts(bytes, STR("PK\x03\x04")) || str_starts(bytes, STR("\xd0\xcf\x11\xe0"));
}

int doc_sheet_read(struct str bytes, doc_sheet_row_fn *on_row, void *ctx, struct doc_sheet_facts *ret, struct error *e)
{
	static const struct doc_xml_events events = { on_start, on_end, on_text };
	struct workbook book;
	struct sheet s = { .book = &book, .on_row = on_row, .ctx = ctx, .texts = BUF_INIT(LIMIT_SHEET_ROW),
			   .rich.text = BUF_INIT(LIMIT_SHEET_CELL) };
	int r = workbook_open(&book, bytes, e);

	if (r == 0)
		r = doc_xml_part(book.package, book.sheet, &events, &s, e);
	if (r == 0 && ret)
		*ret = book.facts;
	vec_free(&s.spans);
	vec_free(&s.cells);
	buf_free(&s.texts);
	buf_free(&s.rich.text);
	workbook_close(&book);
	return r;
}
