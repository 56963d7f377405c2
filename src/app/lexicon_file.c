/* Lists as files: tab-separated text in and out. A first line that names columns may order them as
 * it likes; without one the columns are term and label. Cells that a spreadsheet would run as a
 * formula go out behind an apostrophe and come in without it. */
#include "app/lexicon.h"
#include "app/textserve.h"
#include "app/view.h"
#include "app/xlsx.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

static const struct column {
	const char *name, *zh;
} columns[] = {
	{ "term", "词语" },   { "label", "标签" },   { "kind", "类型" },	 { "level", "级别" },
	{ "match", "匹配方式" }, { "context", "条件" },  { "reason", "原因" },	 { "article", "依据" },
	{ "advice", "建议" },  { "replacement", "替换" }, { "until", "到期" }, { "note", "备注" },
};
#define COLUMNS_N ARRAY_SIZE(columns)

/* ---- out ---- */

struct out {
	struct buf *tsv;
	struct xlsx *xlsx;
};

static void cell(struct out *o, struct str s, bool last)
{
	_cleanup_buf_ struct buf clean = BUF_INIT(64 * KIB);

	if (s.len && strchr("=+-@", s.ptr[0]))
		buf_char(&clean, '\'');
	for (size_t i = 0; i < s.len; i++)
		buf_char(&clean, (unsigned char)s.ptr[i] < 0x20 ? ' ' : s.ptr[i]);
	if (o->xlsx) {
		xlsx_cell(o->xlsx, buf_view(&clean));
		return;
	}
	buf_str(o->tsv, buf_view(&clean));
	buf_char(o->tsv, last ? '\n' : '\t');
}

static void row_end(struct out *o)
{
	if (o->xlsx)
		xlsx_row(o->xlsx);
}

static void write_entry(const struct store_entry *v, void *user)
{
	char until[CLOCK_RFC3339_SIZE] = "";
	const struct str cells[] = { v->term,	 v->label,	 v->kind,   v->level,	   v->match, v->context,
				     v->reason, v->article, v->advice, v->replacement, STR(""), v->note };

	if (v->until)
		clock_format_rfc3339(v->until, until);
	for (size_t i = 0; i < COLUMNS_N; i++)
		cell(user, i == 10 ? str_c(until) : cells[i], i + 1 == COLUMNS_N);
	row_end(user);
}

int app_lexicon_export(struct app_call *c, struct str lexicon, struct str format, struct buf *out,
		       struct str *ret_name, struct error *e)
{
	bool xlsx = str_eq(format, STR("xlsx"));
	struct store_lexicon x;
	struct out o = { .tsv = out };
	int r;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_lexicon_load(c, lexicon, &x, e) < 0)
		return -1;
	if (xlsx)
		o.xlsx = xlsx_new();
	for (size_t i = 0; i < COLUMNS_N; i++)
		cell(&o, xlsx ? str_c(columns[i].zh) : str_c(columns[i].name), i + 1 == COLUMNS_N);
	row_end(&o);
	r = store_entry_at(c->db, x.id, 0, c->arena, write_entry, &o, e);
	if (r == 0 && xlsx)
		r = xlsx_finish(o.xlsx, out, e);
	xlsx_free(o.xlsx);
	if (r == 0 && out->overflow)
		return error_set(e, "lexicon.too-large", "导出的文件过大", "the file would be too large");
	*ret_name = arena_printf(c->arena, "%.*s-v%lld.%s", STR_ARG(x.name), (long long)x.version, xlsx ? "xlsx" : "tsv");
	return r;
}

/* ---- in ---- */

struct table {
	const char *names[64]; /* of the columns in the file; NULL: not ours */
	size_t n;
	bool header;
};

static struct str cell_text(struct str s)
{
	s = str_trim(s);
	if (s.len >= 2 && s.ptr[0] == '\'' && strchr("=+-@", s.ptr[1]))
		return str_from(s, 1);
	return s;
}

static void read_header(struct str line, struct table *t)
{
	struct str one;
	bool known = false;

	*t = (struct table){ { "term", "label" }, 2, false };
	struct table h = { .header = true };
	while (h.n < ARRAY_SIZE(h.names) && str_split(&line, '\t', &one)) {
		one = str_trim(one);
		h.names[h.n] = NULL;
		for (size_t i = 0; i < COLUMNS_N; i++)
			if (str_ieq(one, str_c(columns[i].name)) || str_eq(one, str_c(columns[i].zh)))
				h.names[h.n] = columns[i].name;
		known |= h.names[h.n] && strcmp(h.names[h.n], "term") == 0;
		h.n++;
	}
	if (known)
		*t = h;
}

/* Words people write for the two kinds and three levels. */
static struct str normal(const char *name, struct str v)
{
	static const struct {
		const char *name, *zh, *code;
	} words[] = {
		{ "kind", "拦截", "deny" },   { "kind", "黑名单", "deny" }, { "kind", "放行", "allow" },
		{ "kind", "白名单", "allow" }, { "level", "拦截", "block" }, { "level", "复核", "review" },
		{ "level", "线索", "weak" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].name, name) == 0 && str_eq(v, str_c(words[i].zh)))
			return str_c(words[i].code);
	return v;
}

static json_t *row_json(struct str line, const struct table *t, const json_t *defaults)
{
	json_t *o = json_object();
	static const char *const defaulted[] = { "kind", "label", "level" };
	struct str one;

	for (size_t i = 0; i < ARRAY_SIZE(defaulted); i++)
		if (json_get_str(defaults, defaulted[i]).len)
			json_put(o, defaulted[i], json_str(json_get_str(defaults, defaulted[i])));
	for (size_t i = 0; i < t->n && str_split(&line, '\t', &one); i++) {
		struct str v = cell_text(one);

		if (t->names[i] && v.len && !str_eq(v, STR("-")))
			json_put(o, t->names[i], json_str(normal(t->names[i], v)));
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

static int read_rows(struct app_call *c, struct str text, const json_t *defaults, struct rows *k, struct error *e)
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
		_cleanup_json_ json_t *row = row_json(line, &t, defaults);
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

static int file_text(const json_t *in, struct buf *bytes, struct buf *text, struct error *e)
{
	ssize_t bad;
	struct str s;

	if (decode_base64(bytes, json_get_str(in, "file_base64")) < 0)
		return error_field(e, "file_base64", "input.base64", "文件内容不是有效的 Base64", "file_base64 is not valid Base64");
	if (bytes->overflow)
		return error_field(e, "file_base64", "lexicon.too-large", "文件超过 %zu MiB", "the file has more than %zu MiB",
				   LIMIT_OWN_FILE / MIB);
	s = buf_view(bytes);
	if (str_starts(s, STR("PK\x03\x04")))
		return error_field(e, "file_base64", "lexicon.format",
				   "这是 XLSX 文件：目前只能导入制表符分隔的文本（在表格软件里另存为“文本文件（制表符分隔）”，UTF-8）",
				   "this is an XLSX file: only tab-separated text in UTF-8 can be imported");
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

int app_lexicon_import(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_OWN_FILE), text = BUF_INIT(LIMIT_OWN_FILE + KIB);
	_cleanup_json_ json_t *errors = json_array();
	struct rows rows = { .errors = errors };
	struct lexicon_edit k = { .lexicon = lexicon, .action = "import",
				  .note = utf8_truncate(json_get_str(in, "name"), 200),
				  .replace = str_eq(json_get_str(in, "mode"), STR("replace")) };
	bool dry = json_get_bool(in, "dry_run", false);

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_lexicon_load(c, lexicon, &k.after, e) < 0 ||
	    file_text(in, &bytes, &text, e) < 0)
		return -1;
	rows.list = arena_array(c->arena, LIMIT_OWN_ENTRIES + 1, sizeof(*rows.list));
	rows.numbers = arena_array(c->arena, LIMIT_OWN_ENTRIES + 1, sizeof(*rows.numbers));
	if (read_rows(c, buf_view(&text), in, &rows, e) < 0 ||
	    app_entry_compile(c, rows.list, rows.numbers, &rows.n, rows.errors, &rows.bad, e) < 0)
		return -1;
	if (!rows.n && k.replace)
		return error_field(e, "file_base64", "lexicon.empty", "文件里没有可用的词条", "the file has no good entries");
	k.put = rows.list;
	k.put_len = rows.n;
	if (!dry && app_tx(c, app_lexicon_edit_tx, &k, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	*ret = import_view(c, &k, &rows, dry);
	return 0;
}
