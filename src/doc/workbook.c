/* What stands around a sheet: relations, the list of sheets, which cell formats are dates, shared
 * strings (ECMA-376 part 1, §12 and §18). Limits are on counts and bytes; names that are too long
 * to be a part's are passed over. */
#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "doc/sheet_private.h"

#define ARENA (32 * MIB)

static struct str keep(struct workbook *w, struct str s)
{
	return s.len <= LIMIT_DOC_PART_NAME && arena_left(w->arena) > 4 * KIB ? arena_str(w->arena, s) : STR("");
}

/* ---- relations ---- */

struct relating {
	struct workbook *w;
	struct str from;
	bool main_only; /* the package's own: only the document itself */
};

static int on_relation(void *ctx, struct str name, const char *const *attributes, struct error *e)
{
	struct relating *k = ctx;
	struct workbook *w = k->w;
	_cleanup_buf_ struct buf target = BUF_INIT(2 * KIB);
	struct str type = doc_xml_attribute(attributes, "Type");
	struct relation r;

	if (!str_eq(name, STR("Relationship")) || str_eq(doc_xml_attribute(attributes, "TargetMode"), STR("External")) ||
	    doc_package_target(k->from, doc_xml_attribute(attributes, "Target"), &target) < 0)
		return 0;
	if (k->main_only) {
		if (str_ends(type, STR("/officeDocument")) && !w->part.len)
			w->part = keep(w, buf_view(&target));
		return 0;
	}
	if (w->relations.len >= LIMIT_DOC_RELATIONS)
		return error_set(e, "doc.too-many-parts", "文件内部的关联过多", "the document has too many relations");
	r = (struct relation){ keep(w, doc_xml_attribute(attributes, "Id")), keep(w, type), keep(w, buf_view(&target)) };
	*vec_push(&w->relations) = r;
	return 0;
}

static const struct relation *relation_of(const struct workbook *w, struct str type)
{
	for (size_t i = 0; i < w->relations.len; i++)
		if (str_ends(w->relations.ptr[i].type, type))
			return &w->relations.ptr[i];
	return NULL;
}

static int read_relations(struct workbook *w, struct error *e)
{
	static const struct doc_xml_events events = { .start = on_relation };
	struct relating k = { .w = w, .from = STR(""), .main_only = true };
	_cleanup_buf_ struct buf name = BUF_INIT(2 * KIB);
	ssize_t slash;

	if (doc_package_has(w->package, STR("_rels/.rels")) &&
	    doc_xml_part(w->package, STR("_rels/.rels"), &events, &k, e) < 0)
		return -1;
	if (!w->part.len)
		w->part = STR("xl/workbook.xml");
	slash = str_rchr(w->part, '/');
	buf_str(&name, str_sub(w->part, 0, (size_t)(slash + 1)));
	buf_c(&name, "_rels/");
	buf_str(&name, str_from(w->part, (size_t)(slash + 1)));
	buf_c(&name, ".rels");
	k = (struct relating){ .w = w, .from = w->part };
	if (!doc_package_has(w->package, w->part) || !doc_package_has(w->package, buf_view(&name)))
		return error_set(e, "doc.not-sheet", "文件不是 XLSX 工作簿（.xls、.xlsb、.ods 请另存为 .xlsx）",
				 "the file is no XLSX workbook (save .xls, .xlsb and .ods as .xlsx)");
	return doc_xml_part(w->package, buf_view(&name), &events, &k, e);
}

/* ---- the list of sheets ---- */

struct choosing {
	struct workbook *w;
	struct str hidden; /* the first hidden one, when no other is there */
	char hidden_name[128];
};

static struct str sheet_part(const struct workbook *w, struct str id)
{
	for (size_t i = 0; i < w->relations.len; i++)
		if (str_eq(w->relations.ptr[i].id, id) && str_ends(w->relations.ptr[i].type, STR("/worksheet")))
			return w->relations.ptr[i].target;
	return STR("");
}

static int on_workbook(void *ctx, struct str name, const char *const *attributes, struct error *e)
{
	struct choosing *k = ctx;
	struct workbook *w = k->w;
	struct str part, state, title;

	if (str_eq(name, STR("workbookPr")))
		w->from_1904 = doc_xml_flag(attributes, "date1904", false);
	if (!str_eq(name, STR("sheet")))
		return 0;
	part = sheet_part(w, doc_xml_attribute(attributes, "id"));
	state = doc_xml_attribute(attributes, "state");
	title = doc_xml_attribute(attributes, "name");
	if (!part.len)
		return 0; /* a chart, a dialogue */
	if (state.len && !str_eq(state, STR("visible"))) {
		if (!k->hidden.len) {
			k->hidden = part;
			snprintf(k->hidden_name, sizeof(k->hidden_name), "%.*s", STR_ARG(utf8_truncate(title, 120)));
		}
	} else if (w->sheet.len) {
		w->facts.others++;
	} else {
		w->sheet = part;
		snprintf(w->facts.name, sizeof(w->facts.name), "%.*s", STR_ARG(utf8_truncate(title, 120)));
	}
	return 0;
}

static int choose_sheet(struct workbook *w, struct error *e)
{
	static const struct doc_xml_events events = { .start = on_workbook };
	struct choosing k = { .w = w };

	if (doc_xml_part(w->package, w->part, &events, &k, e) < 0)
		return -1;
	if (!w->sheet.len) {
		w->sheet = k.hidden;
		memcpy(w->facts.name, k.hidden_name, sizeof(w->facts.name));
	}
	return w->sheet.len ? 0 : error_set(e, "doc.not-sheet", "工作簿里没有工作表", "the workbook has no sheet");
}

/* ---- cell formats ---- */

struct styling {
	struct workbook *w;
	VEC(int64_t) formats; /* numbers of own formats that show dates */
	bool cells;	      /* in <cellXfs> */
};

/* A format code shows a date when y, m, d, h or s stands outside of quotes, escapes and colours. */
static bool date_code(struct str code)
{
	bool quoted = false;

	for (size_t i = 0; i < code.len; i++) {
		char c = ascii_lower(code.ptr[i]);

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '\\' || c == '_' || c == '*')
			i++;
		else if (c == '[' && i + 1 < code.len && strchr("hms", ascii_lower(code.ptr[i + 1])) &&
			 i + 2 < code.len && (code.ptr[i + 2] == ']' || ascii_lower(code.ptr[i + 2]) == ascii_lower(code.ptr[i + 1])))
			return true;
		else if (c == '[')
			while (i + 1 < code.len && code.ptr[i] != ']')
				i++;
		else if (strchr("ymdhs", c) && c)
			return true;
	}
	return false;
}

/* Numbers the format itself fixes (§18.8.30), East Asian ones included. */
static bool date_number(int64_t n)
{
	return (n >= 14 && n <= 22) || (n >= 27 && n <= 36) || (n >= 45 && n <= 47) || (n >= 50 && n <= 58);
}

static int on_style(void *ctx, struct str name, const char *const *attributes, struct error *e)
{
	struct styling *k = ctx;
	int64_t n = 0;
	bool known = str_to_i64(doc_xml_attribute(attributes, "numFmtId"), &n) == 0, date;

	if (str_eq(name, STR("cellXfs")))
		k->cells = true;
	if (str_eq(name, STR("numFmt")) && known && date_code(doc_xml_attribute(attributes, "formatCode")) &&
	    k->formats.len < LIMIT_SHEET_DATE_FORMATS)
		*vec_push(&k->formats) = n;
	if (!k->cells || !str_eq(name, STR("xf")))
		return 0;
	if (k->w->dates.len >= LIMIT_SHEET_FORMATS)
		return error_set(e, "doc.too-large", "工作簿的单元格样式过多", "the workbook has too many cell formats");
	date = known && date_number(n);
	for (size_t i = 0; known && !date && i < k->formats.len; i++)
		date = k->formats.ptr[i] == n;
	*vec_push(&k->w->dates) = date;
	return 0;
}

static int on_style_end(void *ctx, struct str name, struct error *e)
{
	struct styling *k = ctx;

	if (str_eq(name, STR("cellXfs")))
		k->cells = false;
	return 0;
}

static int read_styles(struct workbook *w, struct error *e)
{
	static const struct doc_xml_events events = { .start = on_style, .end = on_style_end };
	const struct relation *r = relation_of(w, STR("/styles"));
	struct styling k = { .w = w };
	int result = 0;

	if (r && doc_package_has(w->package, r->target))
		result = doc_xml_part(w->package, r->target, &events, &k, e);
	vec_free(&k.formats);
	return result;
}

/* ---- shared strings ---- */

static int hex_unit(struct str s)
{
	int v = 0;

	for (size_t i = 0; i < 4; i++) {
		char c = ascii_lower(s.ptr[i]);

		if (!ascii_digit(c) && (c < 'a' || c > 'f'))
			return -1;
		v = v * 16 + (ascii_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return v;
}

void sheet_unescape(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		int v = s.len - i >= 7 && s.ptr[i] == '_' && s.ptr[i + 1] == 'x' && s.ptr[i + 6] == '_' ?
				hex_unit(str_from(s, i + 2)) : -1;

		if (v < 0 || v > 0x7f) { /* programs write control characters and "_" so, nothing else */
			buf_char(out, s.ptr[i]);
			continue;
		}
		buf_char(out, v < 0x20 && v != '\t' && v != '\n' ? ' ' : (char)v);
		i += 6;
	}
}

void rich_start(struct rich_text *r, struct str name)
{
	if (str_eq(name, STR("rPh")))
		r->guide++;
	else if (str_eq(name, STR("t")) && !r->guide)
		r->open = true;
}

void rich_end(struct rich_text *r, struct str name)
{
	if (str_eq(name, STR("rPh")) && r->guide)
		r->guide--;
	else if (str_eq(name, STR("t")))
		r->open = false;
}

int rich_text(struct rich_text *r, struct str text, struct error *e)
{
	if (!r->open)
		return 0;
	buf_str(&r->text, text);
	return r->text.overflow ? error_set(e, "doc.too-large", "有单元格超过 %zu KiB", "a cell has more than %zu KiB",
					    LIMIT_SHEET_CELL / KIB) : 0;
}

struct sharing {
	struct workbook *w;
	struct rich_text rich;
};

static int on_shared(void *ctx, struct str name, const char *const *attributes, struct error *e)
{
	rich_start(&((struct sharing *)ctx)->rich, name);
	return 0;
}

static int on_shared_text(void *ctx, struct str text, struct error *e)
{
	return rich_text(&((struct sharing *)ctx)->rich, text, e);
}

static int on_shared_end(void *ctx, struct str name, struct error *e)
{
	struct sharing *k = ctx;
	struct workbook *w = k->w;

	rich_end(&k->rich, name);
	if (!str_eq(name, STR("si")))
		return 0;
	sheet_unescape(&w->strings, buf_view(&k->rich.text));
	buf_clear(&k->rich.text);
	if (w->strings.overflow || w->ends.len >= LIMIT_SHEET_CELLS)
		return error_set(e, "doc.too-large", "工作簿的文字过多", "the workbook holds too much text");
	*vec_push(&w->ends) = w->strings.len;
	return 0;
}

static int read_strings(struct workbook *w, struct error *e)
{
	static const struct doc_xml_events events = { on_shared, on_shared_end, on_shared_text };
	const struct relation *r = relation_of(w, STR("/sharedStrings"));
	struct sharing k = { .w = w, .rich.text = BUF_INIT(LIMIT_SHEET_CELL) };
	int result = 0;

	if (r && doc_package_has(w->package, r->target))
		result = doc_xml_part(w->package, r->target, &events, &k, e);
	buf_free(&k.rich.text);
	return result;
}

bool workbook_string(const struct workbook *w, size_t n, struct str *ret)
{
	if (n >= w->ends.len)
		return false;
	*ret = str_sub(buf_view(&w->strings), n ? w->ends.ptr[n - 1] : 0, w->ends.ptr[n]);
	return true;
}

/* ---- together ---- */

int workbook_open(struct workbook *w, struct str bytes, struct error *e)
{
	*w = (struct workbook){ .arena = arena_new(ARENA), .strings = BUF_INIT(LIMIT_SHEET_TEXT) };
	return doc_package_open(bytes, &w->package, e) < 0 || read_relations(w, e) < 0 || choose_sheet(w, e) < 0 ||
			       read_styles(w, e) < 0 || read_strings(w, e) < 0 ? -1 : 0;
}

void workbook_close(struct workbook *w)
{
	doc_package_free(w->package);
	arena_free(w->arena);
	vec_free(&w->relations);
	vec_free(&w->ends);
	vec_free(&w->dates);
	buf_free(&w->strings);
}
