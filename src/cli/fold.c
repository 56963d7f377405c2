/* zhanwei fold FILE|-: how a text is understood before anything is looked for in it: folded
 * characters with their positions, sounds, words, and other readings where it looks disguised. */
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "lang/fold.h"
#include "lang/pinyin.h"
#include "lang/reading.h"
#include "lang/segment.h"

#define FOLD_TEXT_MAX (1 * MIB)	 /* for a person to look at */
#define FOLD_OUTPUT_MAX (512 * MIB) /* a position a character, in words */

struct args {
	struct str format;
};

static const struct cli_option table[] = {
	CLI_CHOICE(0, "format", struct args, format, "text|json", "输出格式（默认 text）", "form of the output (default: text)"),
	CLI_END,
};

struct job {
	struct lang *l;
	struct arena *a;
	struct fold_text t;
	struct pinyin_text sounds;
	struct segment_words words;
	struct reading readings[READING_KINDS];
	size_t readings_len;
	struct buf out;
};

static struct str gap_name(uint8_t gap)
{
	static const char *const names[] = { "none", "soft", "clause", "stop" };
	return str_c(names[gap & 3]);
}

/* The source of symbols [from, to). */
static struct str source(const struct fold_text *t, size_t from, size_t to)
{
	return from < to ? str_sub(t->source, t->from[from], t->to[to - 1]) : STR("");
}

static struct str character(const struct job *j, uint16_t sym, char out[4])
{
	uint32_t c = fold_char(j->l, sym);
	return str_make(out, utf8_encode(c ? c : UTF8_REPLACEMENT, out));
}

/* ---- for a person ---- */

static void put_changes(struct job *j)
{
	struct text_pos p = { 0 };
	const struct fold_text *t = &j->t;
	for (size_t i = 0, end; i < t->len; i = end) {
		char c[4];
		struct buf made = BUF_INIT(64);
		for (end = i; end < t->len && t->from[end] == t->from[i]; end++)
			buf_str(&made, character(j, t->sym[end], c));
		struct str was = source(t, i, end);
		if (!str_eq(was, buf_view(&made))) {
			text_pos_advance(t->source, &p, t->from[i]);
			size_t start = p.cp;
			buf_printf(&j->out, "  %zu–%zu  %.*s → %.*s\n", start, start + utf8_count(was), STR_ARG(was), STR_ARG(buf_view(&made)));
		}
		buf_free(&made);
	}
}

static void put_sounds(struct job *j)
{
	for (size_t i = 0; i < j->sounds.len; i++) {
		uint16_t id = j->sounds.id[i];
		buf_printf(&j->out, "%s%.*s", i ? " " : "", STR_ARG(id == LANG_SYM_OTHER ? STR("?") : pinyin_name(j->l, id)));
	}
}

static void put_text(struct job *j)
{
	struct buf *b = &j->out;
	buf_c(b, "折叠 folded:\n");
	buf_str(b, fold_render(j->l, &j->t, j->a, NULL));
	buf_c(b, "\n读音 sounds:\n");
	put_sounds(j);
	buf_c(b, "\n分词 words:\n");
	for (size_t i = 0; i < j->words.len; i++)
		buf_printf(b, "%s%.*s", i ? " / " : "", STR_ARG(source(&j->t, j->words.at[i], j->words.at[i + 1])));
	buf_c(b, "\n");
	for (size_t i = 0; i < j->readings_len; i++) {
		buf_printf(b, "其他读法 read otherwise (%s):\n", reading_name(j->readings[i].kind));
		buf_str(b, fold_render(j->l, &j->readings[i].text, j->a, NULL));
		buf_c(b, "\n");
	}
	buf_c(b, "改变 changed:\n");
	put_changes(j);
}

/* ---- for a program ---- */

static json_t *place(const struct fold_text *t, size_t from, size_t to, struct text_pos *p)
{
	json_t *o = json_object();
	struct text_pos end = (text_pos_advance(t->source, p, t->from[from]), *p);
	text_pos_advance(t->source, &end, t->to[to - 1]);
	json_put(o, "start", json_integer((json_int_t)p->cp));
	json_put(o, "end", json_integer((json_int_t)end.cp));
	json_put(o, "start_utf16", json_integer((json_int_t)p->utf16));
	json_put(o, "end_utf16", json_integer((json_int_t)end.utf16));
	json_put(o, "text", json_str(source(t, from, to)));
	return o;
}

static json_t *symbols_json(const struct job *j)
{
	json_t *list = json_array();
	struct text_pos p = { 0 };
	for (size_t i = 0; i < j->t.len; i++) {
		char c[4];
		uint16_t class;
		json_t *o = place(&j->t, i, i + 1, &p);
		shape_symbols(j->l, &j->t.sym[i], 1, &class);
		json_put(o, "folded", json_str(character(j, j->t.sym[i], c)));
		json_put(o, "gap", json_str(gap_name(j->t.gap[i])));
		json_put(o, "shape", json_str(character(j, class, c)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *sounds_json(const struct job *j)
{
	json_t *list = json_array();
	struct text_pos p = { 0 };
	for (size_t i = 0; i < j->sounds.len; i++) {
		json_t *o = place(&j->t, j->sounds.at[i], j->sounds.at[i + 1], &p);
		json_put(o, "sound", json_str(pinyin_name(j->l, j->sounds.id[i])));
		json_array_append_new(list, o);
	}
	return list;
}

static void put_json(struct job *j)
{
	_cleanup_json_ json_t *doc = json_object();
	json_t *words = json_array(), *readings = json_array();
	struct text_pos p = { 0 };
	for (size_t i = 0; i < j->words.len; i++)
		json_array_append_new(words, place(&j->t, j->words.at[i], j->words.at[i + 1], &p));
	for (size_t i = 0; i < j->readings_len; i++) {
		json_t *o = json_object();
		json_put(o, "kind", json_c(reading_name(j->readings[i].kind)));
		json_put(o, "folded", json_str(fold_render(j->l, &j->readings[i].text, j->a, NULL)));
		json_array_append_new(readings, o);
	}
	json_put(doc, "version", json_str(lang_version(j->l)));
	json_put(doc, "chars", json_integer((json_int_t)utf8_count(j->t.source)));
	json_put(doc, "disguised", json_boolean(j->t.disguised));
	json_put(doc, "folded", json_str(fold_render(j->l, &j->t, j->a, NULL)));
	json_put(doc, "symbols", symbols_json(j));
	json_put(doc, "sounds", sounds_json(j));
	json_put(doc, "words", words);
	json_put(doc, "readings", readings);
	json_write(&j->out, doc);
	buf_char(&j->out, '\n');
}

/* ---- the command ---- */

static int read_all(struct str path, struct buf *b, struct error *e)
{
	FILE *in = NULL;
	if (cli_file_open(path, &in, e) < 0)
		return -1;
	int r = cli_file_read(in, b, e);
	cli_file_close(in);
	if (r < 0)
		return -1;
	ssize_t at = utf8_invalid_at(buf_view(b));
	if (at >= 0)
		return error_set(e, "text.not-utf8", "第 %zd 个字节起不是 UTF-8。", "From byte %zd on it is not UTF-8.", at);
	return 0;
}

static int show(struct job *j, struct str path, bool json, struct error *e)
{
	_cleanup_buf_ struct buf in = BUF_INIT(FOLD_TEXT_MAX + 64 * KIB);
	if (read_all(path, &in, e) < 0)
		return -1;
	struct str text = buf_view(&in);
	fold_text(j->l, text, j->a, &j->t);
	pinyin_text(j->l, &j->t, 0, j->t.len, j->a, &j->sounds);
	segment_text(j->l, &j->t, 0, j->t.len, j->a, &j->words);
	j->readings_len = reading_make(j->l, &j->t, j->a, j->readings, NULL);
	j->readings_len += reading_restore(j->l, &j->t, 0, j->t.len, j->a, &j->readings[j->readings_len]);
	if (json)
		put_json(j);
	else
		put_text(j);
	if (fwrite(j->out.ptr, 1, j->out.len, stdout) != j->out.len || fflush(stdout) != 0)
		return error_os(e, errno, "write");
	return 0;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct str path;
	int code;
	struct error e = { 0 };
	if (!cli_begin_file(&cli_command_fold, table, &a, argc, argv, &path, &code))
		return code;
	struct job j = { .a = arena_new(FOLD_OUTPUT_MAX) };
	buf_init(&j.out, FOLD_OUTPUT_MAX);
	code = CLI_OK;
	if (lang_open(lang_pack_dir(j.a), &j.l, &e) < 0 || show(&j, path, str_eq(a.format, STR("json")), &e) < 0)
		code = cli_fail(CLI_FAILED, &e);
	lang_close(j.l);
	buf_free(&j.out);
	arena_free(j.a);
	return code;
}

const struct cli_command cli_command_fold = {
	.name = "fold",
	.args = "FILE|- [options]",
	.help_zh = "文本在检查之前怎样被理解：折叠后的字、读音、分词、其他读法",
	.help_en = "how a text is understood before it is checked: folded characters, sounds, words, other readings",
	.run = run,
};
