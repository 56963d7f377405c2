/* zhanwei lexicon build|lookup|lint: compiles the built-in lexicon, asks what the lexicons know of a
 * term (违禁词查询), checks a file of own terms. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/comply.h"
#include "cli/options.h"
#include "lang/fold.h"
#include "os/file.h"

#define MAX_PATHS 64

struct args {
	struct str format, out, packs;
	struct cli_list lexicons;
	int64_t max;
};

static const struct cli_option table[] = {
	CLI_STR('o', "output", struct args, out, "FILE", "build：写到文件（默认 comply.pack）", "build: the file to write (default: comply.pack)"),
	CLI_STR(0, "packs", struct args, packs, "DIR", "数据包目录（默认程序旁的 packs）", "folder of data packs (default: packs beside the program)"),
	CLI_LIST(0, "lexicon", struct args, lexicons, "FILE", "lookup：另查自己的词库", "lookup: also in own terms"),
	CLI_INT(0, "max", struct args, max, 1, 1000, "N", "lookup：最多显示条数（默认 50）", "lookup: entries shown at most (default 50)"),
	CLI_CHOICE(0, "format", struct args, format, "text|json", "输出格式（默认 text）", "form of the output (default: text)"),
	CLI_END,
};

static void usage(FILE *out)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	cli_help(&b, table);
	fprintf(out,
		"用法 usage: zhanwei lexicon build DIR [-o FILE]   编译词库目录（data/lexicon 的格式）/ compile a folder of term files\n"
		"            zhanwei lexicon lookup TERM…          违禁词查询 / what the lexicons know of a term\n"
		"            zhanwei lexicon lint FILE…            检查词库文件 / check files of terms\n"
		"退出码 exit: 0 无问题 fine, 1 有问题，或查到 problems, or found, 2 用法错误 usage, 3 失败 failed\n\n%s",
		b.ptr);
	buf_free(&b);
}

static struct str packs_of(const struct args *a, struct arena *arena)
{
	return a->packs.len ? a->packs : lang_pack_dir(arena);
}

static void count_problem(void *ctx, struct str path, size_t line, const struct error *e)
{
	*(size_t *)ctx += 1;
	cli_comply_problem(NULL, path, line, e);
}

static int build(const struct args *a, struct str dir)
{
	_cleanup_arena_ struct arena *arena = arena_new(64 * KIB);
	struct error e = { 0 };
	struct buf b;
	size_t entries = 0;
	int64_t begun = clock_mono_ms(&clock_system);
	buf_init(&b, LIMIT_LEXICON_PACK);
	char *out = str_dup(a->out.len ? a->out : STR("comply.pack"));
	size_t problems = 0;
	int r = comply_build(packs_of(a, arena), dir, count_problem, &problems, &b, &entries, &e);
	if (r == 0 && problems)
		r = error_set(&e, "lexicon.problems", "词库有 %zu 处问题。", "The lexicon has %zu problems.", problems);
	if (r == 0)
		r = os_file_write(out, buf_view(&b), 0644, &e);
	if (r == 0)
		printf("%s：%zu 条，%zu KB，用时 %lld 毫秒。\n%s: %zu entries, %zu KB, %lld ms.\n", out, entries, b.len / KIB,
		       (long long)(clock_mono_ms(&clock_system) - begun), out, entries, b.len / KIB,
		       (long long)(clock_mono_ms(&clock_system) - begun));
	free(out);
	buf_free(&b);
	return r == 0 ? CLI_OK : cli_fail(error_is(&e, "lexicon.problems") ? CLI_FOUND : CLI_FAILED, &e);
}

static void print_entry(const json_t *j)
{
	struct str sub = json_get_str(j, "sub_label_zh");
	bool allow = str_eq(json_get_str(j, "kind"), STR("allow"));
	printf("  %.*s  %s  %.*s%s%.*s  %.*s%s\n", STR_ARG(json_get_str(j, "term")), allow ? "放行 allow" : "",
	       STR_ARG(json_get_str(j, "label_zh")), sub.len ? "/" : "", STR_ARG(sub), STR_ARG(json_get_str(j, "level")),
	       json_get_bool(j, "conditional", false) ? "（有条件 conditional）" : "");
	if (json_get_str(j, "reason").len)
		printf("      %.*s %.*s\n", STR_ARG(json_get_str(j, "reason")), STR_ARG(json_get_str(j, "article")));
	if (json_get_str(j, "advice").len)
		printf("      建议 advice：%.*s\n", STR_ARG(json_get_str(j, "advice")));
}

static size_t look_up(const struct args *a, const struct comply *c, const struct comply_options *o, struct str term)
{
	_cleanup_json_ json_t *list = comply_lookup(c, term, o, a->max ? (size_t)a->max : 50);
	size_t n = json_array_size(list), i;
	json_t *j;
	if (str_eq(a->format, STR("json"))) {
		json_t *doc = json_object();
		json_put(doc, "term", json_str(term));
		json_put(doc, "entries", json_incref(list));
		json_dumpf(doc, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(doc);
		return n;
	}
	printf("“%.*s”：%zu 条 entries\n", STR_ARG(term), n);
	json_array_foreach(list, i, j)
		print_entry(j);
	return n;
}

static int lookup(const struct args *a, const struct str *terms, size_t n)
{
	struct error e = { 0 };
	struct comply *c = NULL;
	const struct comply_lexicon *own[MAX_PATHS];
	size_t owns = 0, found = 0;
	int code = CLI_OK;
	if (cli_comply_open(&c, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	for (size_t i = 0; i < a->lexicons.len && owns < MAX_PATHS && code == CLI_OK; i++) {
		struct comply_lexicon *x = NULL;
		if (cli_comply_own(c, a->lexicons.ptr[i], &x, &e) < 0)
			code = cli_fail(CLI_USAGE, &e);
		else
			own[owns++] = x;
	}
	struct comply_options o = { .lexicons = own, .lexicons_len = owns, .now = clock_wall_ms(&clock_system) };
	for (size_t i = 0; i < n && code == CLI_OK; i++)
		found += look_up(a, c, &o, terms[i]);
	for (size_t i = 0; i < owns; i++)
		comply_lexicon_free((struct comply_lexicon *)(uintptr_t)own[i]);
	comply_close(c);
	return code != CLI_OK ? code : found ? CLI_FOUND : CLI_OK;
}

static int lint(const struct str *paths, size_t n)
{
	struct error e = { 0 };
	struct comply *c = NULL;
	size_t all = 0, bad = 0;
	if (cli_comply_open(&c, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	int code = CLI_OK;
	for (size_t i = 0; i < n && code == CLI_OK; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT(CLI_LEXICON_TEXT);
		size_t entries = 0, problems = 0;
		if (cli_comply_file(paths[i], &text, &e) < 0 ||
		    comply_lint_text(c, paths[i], buf_view(&text), cli_comply_problem, NULL, &entries, &problems, &e) < 0)
			code = cli_fail(CLI_FAILED, &e);
		all += entries;
		bad += problems;
	}
	comply_close(c);
	if (code == CLI_OK)
		printf("%zu 条，%zu 处问题。\n%zu entries, %zu problems.\n", all, bad, all, bad);
	return code != CLI_OK ? code : bad ? CLI_FOUND : CLI_OK;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct error e = { 0 };
	struct str pos[MAX_PATHS];
	size_t n = 0;
	struct str what = argc > 1 ? str_c(argv[1]) : STR("");
	bool known = str_eq(what, STR("build")) || str_eq(what, STR("lookup")) || str_eq(what, STR("lint"));
	int p = known ? cli_parse(table, &a, argc - 1, argv + 1, pos, MAX_PATHS, &n, &e) : 1;
	int code = CLI_USAGE;
	if (p < 0) {
		code = cli_fail(CLI_USAGE, &e);
	} else if (p == 1 || n == 0) {
		bool asked = str_eq(what, STR("--help")) || str_eq(what, STR("-h")) || (known && p == 1);
		usage(asked ? stdout : stderr);
		code = asked ? CLI_OK : CLI_USAGE;
	} else if (str_eq(what, STR("build"))) {
		code = build(&a, pos[0]);
	} else {
		code = str_eq(what, STR("lint")) ? lint(pos, n) : lookup(&a, pos, n);
	}
	cli_list_free(&a.lexicons);
	return code;
}

const struct cli_command cli_command_lexicon = {
	.name = "lexicon",
	.args = "build|lookup|lint … [options]",
	.help_zh = "词库：编译、违禁词查询、检查",
	.help_en = "lexicons: compile, look a term up, check files",
	.run = run,
};
