/* Lists as files: tab-separated text and XLSX, in and out. A first line that names columns may order
 * them as it likes, in Chinese or English (comply_column()); without one the columns are term and label.
 * Cells that a spreadsheet would run as a formula, and terms that look like a remark, go out behind
 * an apostrophe and come in without it. XLSX is foreign: the jail makes lines of cells of it. */
#include "app/lexicon.h"
#include "app/sheetread.h"
#include "app/table.h"
#include "app/textserve.h"
#include "app/view.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "doc/sheet.h"
#include "job/tz.h"
#include "store/tenant.h"

static const struct column {
	const char *name, *zh;
} columns[] = {
	{ "term", "词语" },   { "label", "标签" },   { "kind", "类型" },	 { "level", "级别" },
	{ "match", "匹配方式" }, { "context", "条件" },  { "reason", "原因" },	 { "article", "依据" },
	{ "advice", "建议" },  { "replacement", "替换" }, { "until", "到期" }, { "note", "备注" },
};
#define COLUMNS_N ARRAY_SIZE(columns)

/* ---- out ---- */

static void write_entry(const struct store_entry *v, void *user)
{
	char until[CLOCK_RFC3339_SIZE] = "";
	const struct str cells[] = { v->term,	 v->label,	 v->kind,   v->level,	   v->match, v->context,
				     v->reason, v->article, v->advice, v->replacement, STR(""), v->note };

	if (v->until)
		clock_format_rfc3339(v->until, until);
	for (size_t i = 0; i < COLUMNS_N; i++)
		app_table_cell(user, i == 10 ? str_c(until) : cells[i]);
	app_table_row(user);
}

int app_lexicon_export(struct app_call *c, struct str lexicon, struct str format, struct buf *out,
		       struct str *ret_name, struct error *e)
{
	bool xlsx = str_eq(format, STR("xlsx"));
	struct store_lexicon x;
	struct app_table t;
	int r;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_lexicon_load(c, lexicon, &x, e) < 0)
		return -1;
	app_table_begin(&t, format, out);
	for (size_t i = 0; i < COLUMNS_N; i++)
		app_table_cell(&t, str_c(xlsx ? columns[i].zh : columns[i].name));
	app_table_row(&t);
	r = app_table_end(&t, store_entry_at(c->db, x.id, 0, c->arena, write_entry, &t, e), e);
	if (r == 0 && out->overflow)
		return error_set(e, "lexicon.too-large", "导出的文件过大", "the file would be too large");
	*ret_name = arena_printf(c->arena, "%.*s-v%lld.%s", STR_ARG(x.name), (long long)x.version, xlsx ? "xlsx" : "tsv");
	return r;
}

/* ---- in ---- */

/* What all rows of a file share. */
struct import {
	const json_t *in; /* the request: kind, label, level where a row has none */
	const struct comply_label *labels;
	size_t labels_len;
	struct tz *tz; /* of the tenant; NULL: UTC */
};

struct table {
	const char *names[64]; /* of the columns in the file; NULL: not ours */
	size_t n;
	bool header;
};

static void read_header(struct str line, struct table *t)
{
	struct str one;
	bool known = false;

	*t = (struct table){ { "term", "label" }, 2, false };
	struct table h = { .header = true };
	while (h.n < ARRAY_SIZE(h.names) && str_split(&line, '\t', &one)) {
		h.names[h.n] = comply_column(str_trim(one));
		known |= h.names[h.n] && strcmp(h.names[h.n], "term") == 0;
		h.n++;
	}
	if (known)
		*t = h;
}

/* A label by its Chinese or English name is that label; a leaf goes before a column of that name. */
static struct str label_code(const struct import *m, struct str v)
{
	struct str column = STR("");

	for (size_t i = 0; i < m->labels_len; i++) {
		const struct comply_label *l = &m->labels[i];

		if (!str_eq(v, l->zh) && !str_ieq(v, l->en))
			continue;
		if (l->leaf)
			return l->code;
		column = l->code;
	}
	return column.len ? column : v;
}

/* A date without a zone is the tenant's. What is none stays, and is refused as the field's value. */
static json_t *until_json(const struct import *m, struct str v)
{
	int64_t ms;
	bool local;

	if (comply_until(v, &ms, &local) < 0)
		return json_str(v);
	return json_time(local && m->tz ? tz_to_utc(m->tz, ms / 1000) * 1000 + ms % 1000 : ms);
}

static void put_cell(const struct import *m, json_t *o, const char *name, struct str v)
{
	if (strcmp(name, "level") == 0 && str_eq(v, STR("allow")))
		json_put(o, "kind", json_str(v)); /* 动作: 放行 */
	else if (strcmp(name, "label") == 0)
		json_put(o, name, json_str(label_code(m, v)));
	else if (strcmp(name, "until") == 0)
		json_put(o, name, until_json(m, v));
	else
		json_put(o, name, json_str(v));
}

static json_t *row_json(struct str line, const struct table *t, const struct import *m)
{
	json_t *o = json_object();
	static const char *const defaulted[] = { "kind", "label", "level" };
	struct str one;

	for (size_t i = 0; i < ARRAY_SIZE(defaulted); i++)
		if (json_get_str(m->in, defaulted[i]).len)
			json_put(o, defaulted[i], json_str(json_get_str(m->in, defaulted[i])));
	for (size_t i = 0; i < t->n && str_split(&line, '\t', &one); i++) {
		struct str v = str_trim(one);

		if (t->names[i] && v.len && !str_eq(v, STR("-")) && strcmp(t->names[i], "id") != 0)
			put_cell(m, o, t->names[i], comply_cell(t->names[i], v));
	}
	return o;
}

struct rows {
	struct store_entry *list;
	int64_t *numbers;
	size_t n;
	int64_t bad;
	json_t *errors;
};

static void bad_row(struct rows *k, int64_t row, struct str term, const struct error *why)
{
	json_t *o = json_object();

	k->bad++;
	if (json_array_size(k->errors) >= 200) {
		json_decref(o);
		return;
	}
	json_put(o, "row", json_integer(row));
	json_put(o, "term", json_str(utf8_truncate(term, 200)));
	json_put(o, "field", json_c(why->field));
	json_put(o, "code", json_c(why->code));
	json_put(o, "detail", json_c(why->zh));
	json_put(o, "detail_en", json_c(why->en));
	json_array_append_new(k->errors, o);
}

static int read_rows(struct app_call *c, struct str text, const struct import *m, struct rows *k, struct error *e)
{
	struct table t = { .n = 0 };
	struct str line;
	int64_t number = 0;

	while (str_split(&text, '\n', &line)) {
		struct error why = { 0 };

		number++;
		if (str_ends(line, STR("\r")))
			line.len--;
		if (!str_trim(line).len || line.ptr[0] == '#')
			continue;
		if (!t.n) {
			read_header(line, &t);
			if (t.header)
				continue;
		}
		_cleanup_json_ json_t *row = row_json(line, &t, m);
		if (k->n == LIMIT_OWN_ENTRIES)
			return error_set(e, "lexicon.too-large", "文件超过 %d 行", "the file has more than %d rows",
					 LIMIT_OWN_ENTRIES);
		k->numbers[k->n] = number;
		if (app_entry_read(c, row, &k->list[k->n], &why) == 0)
			k->n++;
		else
			bad_row(k, number, json_get_str(row, "term"), &why);
		if (k->n < LIMIT_OWN_ENTRIES)
			k->list[k->n] = (struct store_entry){ 0 };
	}
	return 0;
}

static int file_text(struct app_call *c, const json_t *in, struct buf *bytes, struct buf *text, struct error *e)
{
	ssize_t bad;
	struct str s;

	if (decode_base64(bytes, json_get_str(in, "file_base64")) < 0)
		return error_field(e, "file_base64", "input.base64", "文件内容不是有效的 Base64", "file_base64 is not valid Base64");
	if (bytes->overflow)
		return error_field(e, "file_base64", "lexicon.too-large", "文件超过 %zu MiB", "the file has more than %zu MiB",
				   LIMIT_OWN_FILE / MIB);
	s = buf_view(bytes);
	if (doc_sheet_looks(s)) {
		int r = app_sheet_text(c->app->reader, s, text, e);

		if (r < 0 && e && !e->field[0])
			snprintf(e->field, sizeof(e->field), "file_base64");
		return r;
	}
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_from(s, 3);
	bad = utf8_invalid_at(s);
	if (bad >= 0)
		return error_field(e, "file_base64", "lexicon.not-utf8", "文件不是 UTF-8 编码（第 %zd 字节）",
				   "the file is not UTF-8 (byte %zd)", bad);
	buf_str(text, s);
	return 0;
}

static json_t *import_view(struct app_call *c, const struct lexicon_edit *k, const struct rows *rows, bool dry)
{
	json_t *o = json_object();

	json_put(o, "saved", json_boolean(!dry));
	json_put(o, "good", json_integer((json_int_t)rows->n));
	json_put(o, "bad", json_integer(rows->bad));
	json_put(o, "added", json_integer(k->added));
	json_put(o, "changed", json_integer(k->changed));
	json_put(o, "removed", json_integer(k->removed));
	json_put(o, "errors", json_incref(rows->errors));
	json_put(o, "lexicon", app_lexicon_view(c, &k->after));
	return o;
}

static int prepare(struct app_call *c, struct import *m, struct error *e)
{
	const struct comply *engine;
	struct store_tenant tenant;

	if (app_texts_engine(c->app, &engine, e) < 0)
		return -1;
	m->labels_len = comply_labels(engine, &m->labels);
	if (store_tenant_get(c->db, c->actor->tenant_id, c->arena, &tenant, NULL) > 0 && tenant.timezone.len)
		tz_load(tenant.timezone, &m->tz, NULL);
	return 0;
}

/* Does it, counts, and takes it back. */
static int undone(struct app_call *c, void *edit, struct error *e)
{
	return app_lexicon_edit_tx(c, edit, e) < 0 ? -1 : error_set(e, "lexicon.dry-run", "只检查", "a check only");
}

static int try_edit(struct app_call *c, struct lexicon_edit *k, struct error *e)
{
	const struct store_lexicon before = k->after;
	struct error why = { 0 };

	app_tx(c, undone, k, &why);
	k->after = before;
	if (error_is(&why, "lexicon.dry-run"))
		return 0;
	if (e)
		*e = why;
	return -1;
}

int app_lexicon_import(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_OWN_FILE), text = BUF_INIT(2 * LIMIT_SHEET_TEXT);
	_cleanup_json_ json_t *errors = json_array();
	_cleanup_tz_ struct tz *tz = NULL;
	struct import m = { .in = in };
	struct rows rows = { .errors = errors };
	struct lexicon_edit k = { .lexicon = lexicon, .action = "import",
				  .note = utf8_truncate(json_get_str(in, "name"), 200),
				  .replace = str_eq(json_get_str(in, "mode"), STR("replace")) };
	bool dry = json_get_bool(in, "dry_run", false);

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_lexicon_load(c, lexicon, &k.after, e) < 0 ||
	    file_text(c, in, &bytes, &text, e) < 0 || prepare(c, &m, e) < 0)
		return -1;
	tz = m.tz; /* freed with it. NOLINT(clang-analyzer-deadcode.DeadStores) */
	rows.list = arena_array(c->arena, LIMIT_OWN_ENTRIES + 1, sizeof(*rows.list));
	rows.numbers = arena_array(c->arena, LIMIT_OWN_ENTRIES + 1, sizeof(*rows.numbers));
	if (read_rows(c, buf_view(&text), &m, &rows, e) < 0 ||
	    app_entry_compile(c, rows.list, rows.numbers, &rows.n, rows.errors, &rows.bad, e) < 0)
		return -1;
	if (!rows.n && k.replace)
		return error_field(e, "file_base64", "lexicon.empty", "文件里没有可用的词条", "the file has no good entries");
	k.put = rows.list;
	k.put_len = rows.n;
	if (dry ? try_edit(c, &k, e) < 0 : app_tx(c, app_lexicon_edit_tx, &k, e) < 0)
		return -1;
	if (!dry)
		app_text_touch(c->app, c->actor->tenant_id);
	*ret = import_view(c, &k, &rows, dry);
	return 0;
}
