/* Term files as people write them (data/lexicon/README.md): the built-in folder, and single files of
 * operators, to entries. What is wrong is told with file and line and does not hide the rest. */
#include <time.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "comply/source_private.h"
#include "os/file.h"

enum column { COL_TERM, COL_LEVEL, COL_MATCH, COL_CONTEXT, COL_ADVICE, COL_LABEL, COL_KIND, COL_REASON, COL_ARTICLE, COL_NOTE,
	      COL_REPLACEMENT, COL_UNTIL, COL_ID, COLUMNS };
static const struct str column_names[COLUMNS] = {
	STR_INIT("term"), STR_INIT("level"), STR_INIT("match"), STR_INIT("context"), STR_INIT("advice"), STR_INIT("label"), STR_INIT("kind"),
	STR_INIT("reason"), STR_INIT("article"), STR_INIT("note"), STR_INIT("replacement"), STR_INIT("until"), STR_INIT("id"),
};

struct word_set { /* "# set": a list of words that conditions name */
	struct str name, words;
};

struct reader_state {
	struct source *s;
	struct str path;
	size_t line;
	struct str keys[COLUMNS]; /* defaults of the lines that follow */
	int order[64];		  /* column of each cell, -1: none */
	size_t cells;
	VEC(struct word_set) sets;
};

static void tell(struct reader_state *r, const struct error *e)
{
	r->s->problems++;
	if (r->s->on_problem)
		r->s->on_problem(r->s->ctx, r->path, r->line, e);
}

static int column_of(struct str name)
{
	const char *known = comply_column(name);
	for (int i = 0; known && i < COLUMNS; i++)
		if (str_eq(str_c(known), column_names[i]))
			return i;
	return -1;
}

/* "# key<TAB>value", "# set<TAB>name<TAB>words"; any other line with # is a remark. */
static void read_key(struct reader_state *r, struct str line)
{
	struct str rest = str_trim(str_from(line, 1));
	ssize_t tab = str_chr(rest, '\t');
	struct str key = tab > 0 ? str_trim(str_sub(rest, 0, (size_t)tab)) : STR("");
	struct str value = tab > 0 ? str_trim(str_from(rest, (size_t)tab + 1)) : STR("");
	int col = key.len ? column_of(key) : -1;
	if (col >= 0)
		r->keys[col] = value;
	ssize_t second = str_eq(key, STR("set")) ? str_chr(value, '\t') : -1;
	if (second > 0)
		*vec_push(&r->sets) = (struct word_set){ str_trim(str_sub(value, 0, (size_t)second)),
							 str_trim(str_from(value, (size_t)second + 1)) };
}

static const struct word_set *find_set(const struct reader_state *r, struct str name)
{
	for (size_t i = 0; i < r->sets.len; i++)
		if (str_eq(r->sets.ptr[i].name, name))
			return &r->sets.ptr[i];
	return NULL;
}

/* Puts the words of sets where a condition names them: "+@goods|more" */
static int expand_sets(struct reader_state *r, struct str *context, struct error *e)
{
	struct str all = *context;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_LEXICON_CONTEXT);
	if (str_chr(all, '@') < 0)
		return 0;
	for (size_t at = 0; at < all.len;) {
		size_t end = at + 1;
		if (all.ptr[at] != '@' || (at > 0 && !strchr(";|+!<>", all.ptr[at - 1]))) {
			buf_char(&b, all.ptr[at++]);
			continue;
		}
		while (end < all.len && all.ptr[end] != ';' && all.ptr[end] != '|')
			end++;
		const struct word_set *set = find_set(r, str_sub(all, at + 1, end));
		if (!set)
			return error_set(e, "term.set", "没有“%.*s”这个词组，应先写 # set", "There is no set \"%.*s\": write # set before it",
					 STR_ARG(str_sub(all, at + 1, end)));
		buf_str(&b, set->words);
		at = end;
	}
	if (b.overflow || arena_left(r->s->arena) < 2 * LIMIT_LEXICON_CONTEXT)
		return error_set(e, "term.set-long", "条件连同词组太长，最多 %zu 字节", "Conditions with their sets take %zu bytes at most",
				 (size_t)LIMIT_LEXICON_CONTEXT);
	*context = arena_str(r->s->arena, buf_view(&b));
	return 0;
}

static bool read_header(struct reader_state *r, struct str line)
{
	int order[ARRAY_SIZE(r->order)];
	struct str rest = line, cell;
	size_t n = 0, known = 0;
	bool term = false;
	while (n < ARRAY_SIZE(order) && str_split(&rest, '\t', &cell)) {
		order[n] = column_of(str_trim(cell));
		term |= order[n] == COL_TERM;
		known += order[n++] >= 0;
	}
	if (!term || (known == 1 && n > 1)) /* a first line of terms may hold such a word */
		return false;
	memcpy(r->order, order, sizeof(order));
	r->cells = n;
	return true;
}

/* An expiry without a zone is the machine's time. */
static int until_of(struct str s, int64_t *ret)
{
	bool local;
	if (comply_until(s, ret, &local) < 0)
		return -1;
	if (local) {
		time_t t = (time_t)(*ret / 1000);
		struct tm tm;
		if (!gmtime_r(&t, &tm))
			return -1;
		tm.tm_isdst = -1;
		*ret = (int64_t)mktime(&tm) * 1000;
	}
	return 0;
}

int comply_level_parse(struct str s, enum comply_level *ret)
{
	static const struct str names[] = { STR_INIT("weak"), STR_INIT("review"), STR_INIT("block") };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(s, names[i])) {
			*ret = (enum comply_level)i;
			return 0;
		}
	return -1;
}

static int fill_entry(struct reader_state *r, const struct str cell[COLUMNS], struct comply_entry *en, struct error *e)
{
	*en = (struct comply_entry){ .term = cell[COL_TERM], .label = cell[COL_LABEL], .match = cell[COL_MATCH], .context = cell[COL_CONTEXT],
				     .reason = cell[COL_REASON], .article = cell[COL_ARTICLE], .advice = cell[COL_ADVICE],
				     .note = cell[COL_NOTE], .replacement = cell[COL_REPLACEMENT], .id = cell[COL_ID],
				     .level = r->s->level };
	struct str level = cell[COL_LEVEL];
	bool allow = str_eq(cell[COL_KIND], STR("allow")) || str_eq(level, STR("allow"));
	en->kind = allow ? COMPLY_ALLOW : COMPLY_DENY;
	if (!allow && level.len && comply_level_parse(level, &en->level) < 0)
		return error_set(e, "term.level", "级别应为 block、review、weak：%.*s", "The level is block, review or weak: %.*s", STR_ARG(level));
	if (cell[COL_UNTIL].len && until_of(cell[COL_UNTIL], &en->until) < 0)
		return error_set(e, "term.until", "到期时间应为日期，如 2026-12-31：%.*s", "The expiry is a date such as 2026-12-31: %.*s", STR_ARG(cell[COL_UNTIL]));
	if (en->label.len == 0 && !allow)
		en->label = r->s->label;
	return 0;
}

static void read_row(struct reader_state *r, struct str line)
{
	struct str cell[COLUMNS], rest = line, part;
	struct error e = { 0 };
	struct comply_entry en;
	size_t n = 0;
	memcpy(cell, r->keys, sizeof(cell));
	cell[COL_TERM] = STR("");
	while (str_split(&rest, '\t', &part)) {
		int col = n < r->cells ? r->order[n] : -1;
		part = str_trim(part);
		n++;
		if (col >= 0 && part.len && !str_eq(part, STR("-")))
			cell[col] = comply_cell(column_names[col].ptr, part);
	}
	if (n > r->cells) {
		error_set(&e, "term.columns", "%zu 列，最多 %zu 列", "%zu columns, at most %zu", n, r->cells);
		tell(r, &e);
	}
	for (int i = 0; i < COLUMNS; i++)
		if (str_eq(cell[i], STR("-")))
			cell[i] = STR("");
	if (expand_sets(r, &cell[COL_CONTEXT], &e) < 0 || fill_entry(r, cell, &en, &e) < 0) {
		tell(r, &e);
		return;
	}
	*vec_push(&r->s->entries) = en;
	*vec_push(&r->s->signal) = -1;
	*vec_push(&r->s->where) = (struct source_line){ r->path, r->line };
}

/* `text` stays: entries are slices of it. */
void source_read_text(struct source *s, struct str path, struct str text, struct str label)
{
	struct reader_state r = { .s = s, .path = path, .order = { COL_TERM, COL_LABEL, COL_LEVEL, COL_MATCH, COL_CONTEXT, COL_ADVICE },
				  .cells = 6 };
	struct error e = { 0 };
	struct str rest = text, line;
	bool begun = false;
	ssize_t bad = utf8_invalid_at(text);
	r.keys[COL_LABEL] = label;
	if (bad >= 0) {
		error_set(&e, "lexicon.not-utf8", "文件不是 UTF-8：第 %zd 字节起有误", "The file is not UTF-8: byte %zd is wrong", bad);
		tell(&r, &e);
		return;
	}
	if (str_starts(rest, STR("\xEF\xBB\xBF")))
		rest = str_from(rest, 3);
	while (str_split(&rest, '\n', &line)) {
		r.line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (str_trim(line).len == 0)
			continue;
		if (line.ptr[0] == '#') {
			read_key(&r, line);
		} else if (begun || !read_header(&r, line)) {
			begun = true;
			read_row(&r, line);
		} else {
			begun = true;
		}
		if (s->entries.len > LIMIT_LEXICON_ENTRIES) {
			error_set(&e, "lexicon.too-many", "词条太多，最多 %d 条", "Too many entries: at most %d", LIMIT_LEXICON_ENTRIES);
			tell(&r, &e);
			break;
		}
	}
	vec_free(&r.sets);
}

/* The file's text, kept in the arena; false when there is none. */
static bool read_file(struct source *s, struct str dir, const char *name, struct str *ret_path, struct str *ret_text, struct error *e)
{
	struct buf b;
	struct error why = { 0 };
	struct str path = dir.len ? arena_printf(s->arena, "%.*s/%s", STR_ARG(dir), name) : arena_str(s->arena, str_c(name));
	buf_init(&b, LIMIT_LEXICON_FILE);
	bool ok = os_file_read(path.ptr, &b, &why) == 0;
	if (ok) {
		*ret_path = path;
		*ret_text = arena_str(s->arena, buf_view(&b));
		s->hash = (s->hash ^ str_hash(buf_view(&b))) * 0x9E3779B97F4A7C15u;
	} else if (e) {
		*e = why;
	}
	buf_free(&b);
	return ok;
}


static void read_labels(struct source *s, struct str text)
{
	struct str rest = text, line, cell;
	while (str_split(&rest, '\n', &line)) {
		struct str part[5] = { STR("") };
		size_t n = 0;
		if (line.len == 0 || line.ptr[0] == '#' || str_starts(line, STR("code\t")))
			continue;
		for (struct str left = line; n < 5 && str_split(&left, '\t', &cell);)
			part[n++] = str_trim(cell);
		if (n < 4)
			continue;
		*vec_push(&s->labels) = (struct lex_source_label){ .code = part[0], .zh = part[1], .en = part[2], .basis = part[4],
			.severity = str_eq(part[3], STR("high")) ? 3 : str_eq(part[3], STR("medium")) ? 2 : 1,
			.leaf = str_chr(part[0], '.') >= 0 };
	}
}

/* allow.tsv: term, label, note. */
static void read_allow(struct source *s, struct str path, struct str text)
{
	size_t before = s->entries.len;
	struct reader_state r = { .s = s, .path = path, .order = { COL_TERM, COL_LABEL, COL_NOTE }, .cells = 3 };
	struct str rest = text, line;
	while (str_split(&rest, '\n', &line)) {
		r.line++;
		if (str_trim(line).len && line.ptr[0] != '#' && !str_starts(line, STR("term\t")) && !str_eq(line, STR("term")))
			read_row(&r, line);
	}
	for (size_t i = before; i < s->entries.len; i++) {
		s->entries.ptr[i].kind = COMPLY_ALLOW;
		if (str_eq(s->entries.ptr[i].label, s->label))
			s->entries.ptr[i].label = STR("");
	}
}

/* signals.tsv: kind, term. */
static void read_signals(struct source *s, struct str path, struct str text)
{
	static const struct str kinds[LEX_SIGNALS] = { STR_INIT("ad"), STR_INIT("report"), STR_INIT("invite"), STR_INIT("public") };
	struct reader_state r = { .s = s, .path = path };
	struct str rest = text, line;
	struct error e = { 0 };
	while (str_split(&rest, '\n', &line)) {
		r.line++;
		ssize_t tab = str_chr(line, '\t');
		if (str_trim(line).len == 0 || line.ptr[0] == '#')
			continue;
		int kind = -1;
		for (int i = 0; i < LEX_SIGNALS && tab > 0; i++)
			if (str_eq(str_sub(line, 0, (size_t)tab), kinds[i]))
				kind = i;
		if (kind < 0) {
			error_set(&e, "lexicon.signal", "应为“种类<TAB>词”", "Expected kind<TAB>term");
			tell(&r, &e);
			continue;
		}
		*vec_push(&s->entries) = (struct comply_entry){ .term = str_trim(str_from(line, (size_t)tab + 1)) };
		*vec_push(&s->signal) = (int8_t)kind;
		*vec_push(&s->where) = (struct source_line){ path, r.line };
	}
}

int source_read_dir(struct source *s, struct str dir, struct error *e)
{
	struct str path, text;
	if (!read_file(s, dir, "labels.tsv", &path, &text, e))
		return -1;
	read_labels(s, text);
	if (read_file(s, dir, "allow.tsv", &path, &text, NULL))
		read_allow(s, path, text);
	if (read_file(s, dir, "signals.tsv", &path, &text, NULL))
		read_signals(s, path, text);
	for (size_t i = 0; i < s->labels.len; i++) {
		struct str code = s->labels.ptr[i].code;
		ssize_t dot = str_chr(code, '.');
		char name[160];
		if (dot < 0)
			continue;
		snprintf(name, sizeof(name), "%.*s/%.*s.tsv", (int)dot, code.ptr, (int)(code.len - (size_t)dot - 1), code.ptr + dot + 1);
		if (read_file(s, dir, name, &path, &text, NULL))
			source_read_text(s, path, text, code);
	}
	return 0;
}

void source_free(struct source *s)
{
	vec_free(&s->labels);
	vec_free(&s->entries);
	vec_free(&s->signal);
	vec_free(&s->where);
}

/* ---- doors ---- */

static void entry_problem(void *ctx, size_t entry, const struct error *e)
{
	struct source *s = ctx;
	s->problems++;
	if (s->on_problem && entry < s->where.len)
		s->on_problem(s->ctx, s->where.ptr[entry].path, s->where.ptr[entry].line, e);
}

static struct lex_source compiled_from(struct source *s, struct str version)
{
	return (struct lex_source){ .labels = s->labels.ptr, .labels_len = s->labels.len, .entries = s->entries.ptr,
				    .entries_len = s->entries.len, .signal = s->signal.ptr, .version = version, .simplified = true,
				    .on_bad = entry_problem, .ctx = s };
}

int comply_build(struct str packs, struct str dir, comply_problem_fn *on_problem, void *ctx, struct buf *ret, size_t *ret_entries,
		 struct error *e)
{
	struct lang *lang = NULL;
	_cleanup_arena_ struct arena *a = arena_new(LIMIT_LEXICON_MEMORY);
	struct source s = { .arena = a, .level = COMPLY_LEVEL_REVIEW, .on_problem = on_problem, .ctx = ctx };
	char version[48];
	if (lang_open(packs, &lang, e) < 0)
		return -1;
	int r = source_read_dir(&s, dir, e);
	snprintf(version, sizeof(version), "1-%08x", (unsigned)(s.hash >> 32));
	struct lex_source in = compiled_from(&s, str_c(version));
	if (r == 0)
		r = lexicon_compile(lang, &in, ret, e);
	if (r == 0 && ret_entries)
		*ret_entries = s.entries.len;
	source_free(&s);
	lang_close(lang);
	return r;
}

static int file_text(struct arena *a, struct str path, struct str *ret, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_LEXICON_FILE);
	if (os_file_read(arena_cstr(a, path), &b, e) < 0)
		return -1;
	*ret = arena_str(a, buf_view(&b));
	return 0;
}

int comply_entries_text(struct arena *a, struct str name, struct str text, struct str label, comply_problem_fn *on_problem, void *ctx,
			const struct comply_entry **ret, size_t *ret_len, struct error *e)
{
	struct source s = { .arena = a, .level = COMPLY_LEVEL_REVIEW, .label = label, .on_problem = on_problem, .ctx = ctx };
	int r = 0;
	source_read_text(&s, name, text, label);
	if (s.problems)
		r = error_set(e, "lexicon.problems", "词库有 %zu 处问题。", "The lexicon has %zu problems.", s.problems);
	if (r == 0) {
		struct comply_entry *copy = arena_array(a, s.entries.len ? s.entries.len : 1, sizeof(*copy));
		if (s.entries.len)
			memcpy(copy, s.entries.ptr, s.entries.len * sizeof(*copy));
		*ret = copy;
		*ret_len = s.entries.len;
	}
	source_free(&s);
	return r;
}

int comply_entries_read(struct arena *a, struct str path, struct str label, comply_problem_fn *on_problem, void *ctx,
			const struct comply_entry **ret, size_t *ret_len, struct error *e)
{
	struct str text;
	if (file_text(a, path, &text, e) < 0)
		return -1;
	return comply_entries_text(a, arena_str(a, path), text, label, on_problem, ctx, ret, ret_len, e);
}

/* What the compiler says of the entries of one file. */
int comply_lint_text(const struct comply *c, struct str name, struct str text, comply_problem_fn *on_problem, void *ctx,
		     size_t *ret_entries, size_t *ret_problems, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(LIMIT_LEXICON_MEMORY);
	struct source s = { .arena = a, .level = COMPLY_LEVEL_REVIEW, .label = STR("自定义"), .on_problem = on_problem, .ctx = ctx };
	source_read_text(&s, name, text, s.label);
	own_check(c, &s);
	*ret_entries = s.entries.len;
	*ret_problems = s.problems;
	source_free(&s);
	return 0;
}

int comply_lint(const struct comply *c, struct str path, comply_problem_fn *on_problem, void *ctx, size_t *ret_entries,
		size_t *ret_problems, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(2 * LIMIT_LEXICON_FILE);
	struct str text;
	if (file_text(a, path, &text, e) < 0)
		return -1;
	return comply_lint_text(c, path, text, on_problem, ctx, ret_entries, ret_problems, e);
}
