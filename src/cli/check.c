/* zhanwei check FILE|-: text compliance of a file or of each of its lines; what in it is unlawful or
 * unwise to publish, why, where, and what to do. */
#include <errno.h>
#include <stdio.h>

#include "app/sheetread.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/comply.h"
#include "cli/options.h"
#include "comply/comply.h"
#include "doc/sheet.h"
#include "lang/fold.h"
#include "os/file.h"

struct args {
	struct str scene, format;
	struct cli_list lexicons;
	bool lines, no_model, quiet;
};

static const struct cli_option table[] = {
	CLI_STR(0, "scene", struct args, scene, "S", "场景：news ad comment site game（默认：通用）", "scene: news, ad, comment, site or game (default: neutral)"),
	CLI_LIST(0, "lexicon", struct args, lexicons, "FILE", "另外使用自己的词库（词<TAB>标签、带列名的 TSV 或 XLSX），可多次", "also use own terms (term<TAB>label, TSV with a head line, or XLSX); repeatable"),
	CLI_FLAG(0, "lines", struct args, lines, "每行一篇文本，逐行给出结果", "one text a line in, one result a line out"),
	CLI_CHOICE(0, "format", struct args, format, "text|json|tsv", "输出格式（默认 text）", "form of the output (default: text)"),
	CLI_FLAG(0, "no-model", struct args, no_model, "不用分类模型", "without the model"),
	CLI_FLAG('q', "quiet", struct args, quiet, "不显示无问题的文本", "do not show texts that pass"),
	CLI_END,
};

#define CHECK_LEXICONS 16
#define CHECK_ARENA (1024 * MIB)

struct job {
	const struct args *a;
	struct comply *c;
	struct comply_options o;
	const struct comply_lexicon *own[CHECK_LEXICONS];
	size_t own_len;
	struct arena *arena;
	struct buf out;
	size_t texts, flagged;
};

static bool flush(struct job *j)
{
	bool ok = j->out.len == 0 || fwrite(j->out.ptr, 1, j->out.len, stdout) == j->out.len;
	buf_clear(&j->out);
	return ok;
}

/* A cell of TSV: no tab, no line break. */
static void put_cell(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_char(b, s.ptr[i] == '\t' || s.ptr[i] == '\n' || s.ptr[i] == '\r' ? ' ' : s.ptr[i]);
}

/* line, suggestion, score, labels, hits. */
static void put_tsv(struct job *j, const struct comply_result *r)
{
	buf_printf(&j->out, "%zu\t%s\t%.3f\t", j->texts, comply_action_name(r->suggestion), r->score);
	for (size_t i = 0; i < r->labels_len; i++)
		buf_printf(&j->out, "%s%.*s%s%.*s=%.2f", i ? "," : "", STR_ARG(r->labels[i].label), r->labels[i].sub_label.len ? "." : "",
			   STR_ARG(r->labels[i].sub_label), r->labels[i].score);
	buf_char(&j->out, '\t');
	for (size_t i = 0; i < r->hits_len; i++) {
		if (i)
			buf_char(&j->out, ',');
		put_cell(&j->out, r->hits[i].text);
	}
	buf_char(&j->out, '\n');
}

static const char *action_zh(enum comply_action a)
{
	return a == COMPLY_BLOCK ? "拦截 block" : a == COMPLY_REVIEW ? "复核 review" : "通过 pass";
}

static void put_text(struct job *j, const struct comply_result *r)
{
	struct buf *b = &j->out;
	if (j->a->lines)
		buf_printf(b, "第 %zu 行 line %zu：", j->texts, j->texts);
	buf_printf(b, "%s（%.2f），%zu 字 characters，%zu 处 places\n", action_zh(r->suggestion), r->score, r->chars, r->merged_count);
	for (size_t i = 0; i < r->hits_len; i++) {
		const struct comply_hit *h = &r->hits[i];
		buf_printf(b, "  %zu–%zu  ", h->start, h->end);
		put_cell(b, h->text);
		buf_printf(b, "  %.*s%s%.*s  %s  [%s]\n", STR_ARG(h->label_zh), h->sub_label_zh.len ? "/" : "", STR_ARG(h->sub_label_zh),
			   action_zh(h->action), comply_layer_name(h->layer));
		if (h->reason.len || h->article.len)
			buf_printf(b, "      %.*s %.*s\n", STR_ARG(h->reason), STR_ARG(h->article));
		if (h->advice.len)
			buf_printf(b, "      建议 advice：%.*s\n", STR_ARG(h->advice));
	}
}

static int check_text(struct job *j, struct str text, struct error *e)
{
	struct comply_result r;
	arena_reset(j->arena);
	j->texts++;
	if (comply_check(j->c, text, &j->o, j->arena, &r, e) < 0)
		return -1;
	j->flagged += r.suggestion != COMPLY_PASS;
	if (j->a->quiet && r.suggestion == COMPLY_PASS && r.hits_len == 0)
		return 0;
	if (str_eq(j->a->format, STR("json"))) {
		json_t *doc = comply_result_json(&r);
		json_write(&j->out, doc);
		buf_char(&j->out, '\n');
		json_decref(doc);
	} else if (str_eq(j->a->format, STR("tsv"))) {
		put_tsv(j, &r);
	} else {
		put_text(j, &r);
	}
	return 0;
}

/* A line that is no text does not end the stream: its result says so. */
static void put_bad_line(struct job *j, const struct error *e)
{
	if (str_eq(j->a->format, STR("json"))) {
		json_t *doc = json_object();
		json_put(doc, "error", json_c(e->code));
		json_put(doc, "message", json_c(e->zh));
		json_write(&j->out, doc);
		json_decref(doc);
		buf_char(&j->out, '\n');
	} else {
		buf_printf(&j->out, "%zu\terror\t0\t%s\t\n", j->texts, e->code);
	}
}

static int check_lines(struct job *j, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int code = CLI_OK;
	while (code == CLI_OK && (n = getline(&line, &cap, in)) >= 0) {
		struct error e = { 0 };
		struct str text = str_make(line, (size_t)n);
		if (text.len && text.ptr[text.len - 1] == '\n')
			text.len--;
		if (text.len && text.ptr[text.len - 1] == '\r')
			text.len--;
		if (check_text(j, text, &e) < 0) {
			put_bad_line(j, &e);
			cli_fail(0, &e);
		}
		if ((j->out.len > 256 * KIB || in == stdin) && !flush(j))
			code = CLI_FAILED;
	}
	free(line);
	if (ferror(in)) {
		struct error e = { 0 };
		error_os(&e, errno, "read");
		return cli_fail(CLI_FAILED, &e);
	}
	return code;
}

static int check_whole(struct job *j, FILE *in)
{
	struct error e = { 0 };
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_COMPLY_TEXT + 64 * KIB);
	if (cli_file_read(in, &b, &e) < 0) {
		if (error_is(&e, "text.too-long"))
			error_set(&e, "text.too-long", "文本太长，最多 %zu 字节；可逐行检查：--lines。",
				  "The text is too long: at most %zu bytes; try --lines.", (size_t)LIMIT_COMPLY_TEXT);
		return cli_fail(CLI_FAILED, &e);
	}
	struct str text = buf_view(&b);
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_from(text, 3);
	return check_text(j, text, &e) < 0 ? cli_fail(CLI_FAILED, &e) : CLI_OK;
}

void cli_comply_problem(void *ctx, struct str path, size_t line, const struct error *e)
{
	fprintf(stderr, "%.*s:%zu: %s %s\n", STR_ARG(path), line, e->zh, e->en);
}

int cli_comply_open(struct comply **ret, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * KIB);
	return comply_open(lang_pack_dir(a), ret, e);
}

int cli_comply_file(struct str path, struct buf *text, struct error *e)
{
	_cleanup_buf_ struct buf file = BUF_INIT(LIMIT_LEXICON_FILE);
	_cleanup_(os_spawner_stopp) struct os_spawner *spawner = NULL;
	_cleanup_free_ char *name = str_dup(path);
	if (os_file_read(name, &file, e) < 0)
		return -1;
	if (!doc_sheet_looks(buf_view(&file))) {
		buf_str(text, buf_view(&file));
		return 0;
	}
	return os_spawner_start(app_web_jail_kinds, &spawner, e) < 0 ? -1 : app_sheet_text(spawner, buf_view(&file), text, e);
}

int cli_comply_own(const struct comply *c, struct str path, struct comply_lexicon **ret, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(LIMIT_LEXICON_MEMORY);
	_cleanup_buf_ struct buf text = BUF_INIT(CLI_LEXICON_TEXT);
	const struct comply_entry *entries;
	size_t n;
	if (cli_comply_file(path, &text, e) < 0 ||
	    comply_entries_text(a, path, buf_view(&text), STR("自定义"), cli_comply_problem, NULL, &entries, &n, e) < 0)
		return -1;
	return comply_lexicon_build(c, entries, n, path, ret, e);
}

static int run_job(struct job *j, struct str path)
{
	struct error e = { 0 };
	for (size_t i = 0; i < j->a->lexicons.len; i++) {
		struct comply_lexicon *x = NULL;
		if (j->own_len == CHECK_LEXICONS)
			break;
		if (cli_comply_own(j->c, j->a->lexicons.ptr[i], &x, &e) < 0)
			return cli_fail(CLI_USAGE, &e);
		j->own[j->own_len++] = x;
	}
	j->o = (struct comply_options){ .scene = j->a->scene, .lexicons = j->own, .lexicons_len = j->own_len, .no_model = j->a->no_model,
					.now = clock_wall_ms(&clock_system) };
	FILE *in = NULL;
	if (cli_file_open(path, &in, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	int code = j->a->lines ? check_lines(j, in) : check_whole(j, in);
	if (!flush(j) || fflush(stdout) != 0)
		code = CLI_FAILED;
	cli_file_close(in);
	return code != CLI_OK ? code : j->flagged ? CLI_FOUND : CLI_OK;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct str path;
	int code;
	struct error e = { 0 };
	if (!cli_begin_file(&cli_command_check, table, &a, argc, argv, &path, &code))
		return code;
	struct job j = { .a = &a };
	if (!comply_scene_known(a.scene)) {
		error_set(&e, "scene.unknown", "没有“%.*s”这个场景，可用 news ad comment site game。", "There is no scene \"%.*s\"; use news, ad, comment, site or game.", STR_ARG(a.scene));
		code = cli_fail(CLI_USAGE, &e);
	} else if (cli_comply_open(&j.c, &e) < 0) {
		code = cli_fail(CLI_FAILED, &e);
	} else {
		j.arena = arena_new(CHECK_ARENA);
		buf_init(&j.out, CHECK_ARENA);
		code = run_job(&j, path);
		buf_free(&j.out);
		arena_free(j.arena);
	}
	for (size_t i = 0; i < j.own_len; i++)
		comply_lexicon_free((struct comply_lexicon *)(uintptr_t)j.own[i]);
	comply_close(j.c);
	cli_list_free(&a.lexicons);
	return code;
}

const struct cli_command cli_command_check = {
	.name = "check",
	.args = "FILE|- [options]",
	.help_zh = "检查文本的合规性：违法违规内容在哪里、为什么、怎么改",
	.help_en = "check a text for what is unlawful or unwise to publish: where, why, what to do",
	.run = run,
};
