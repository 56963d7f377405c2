/* zhanwei template lint|list|run DIR…: what a folder of templates holds, what of it can be
 * run and why the rest cannot, and running it against a target. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "scan/template/run.h"
#include "scan/template/template.h"

#define MAX_PATHS 64

extern const struct cli_command cli_command_scan;

struct args {
	struct str format;
	bool quiet;
};

static const struct cli_option table[] = {
	CLI_CHOICE(0, "format", struct args, format, "text|json", "输出格式（默认 text）", "form of the output (default: text)"),
	CLI_FLAG('q', "quiet", struct args, quiet, "只显示无法运行的文件", "show only files that cannot be run"),
	CLI_END,
};

static void usage(FILE *out)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	cli_help(&b, table);
	fprintf(out,
		"用法 usage: zhanwei template lint DIR… [options]\n"
		"            zhanwei template list [DIR…] [options]\n"
		"            zhanwei template run DIR… --target URL --i-own-this-target [scan 的选项 options of scan]\n"
		"lint 逐个文件说明能否运行及原因 / says per file whether it can be run and why not\n"
		"list 列出模板（不给目录时为内置模板）/ lists templates (the built-in ones when no folder is given)\n"
		"run  只用这些模板检测一个目标 / runs nothing but these templates against a target\n"
		"退出码 exit: 0 全部可运行 all fine, 1 有无法运行的文件或有发现 some cannot run or findings, 2 用法错误 usage, 3 失败 failed\n\n%s",
		b.ptr);
	buf_free(&b);
}

static struct template_pack *load(const struct str *paths, size_t n, bool check_patterns, struct error *e)
{
	struct template_pack *p = template_pack_new();
	struct buf b;
	buf_init(&b, LIMIT_TEMPLATE_BUNDLE);
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		char *path = str_dup(paths[i]);
		r = template_bundle_add(&b, path, e);
		free(path);
	}
	if (r == 0) {
		template_pack_load(p, n ? buf_view(&b) : template_builtin());
		template_pack_seal(p, check_patterns);
	}
	buf_free(&b);
	if (r == 0)
		return p;
	template_pack_free(p);
	return NULL;
}

static void print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(1));
	putchar('\n');
}

static json_t *lint_row(const struct template *t)
{
	json_t *j = json_object();
	char reason[700];
	snprintf(reason, sizeof(reason), "%.*s %.*s", STR_ARG(t->reason_zh), STR_ARG(t->reason_en));
	json_put(j, "path", json_str(t->path));
	json_put(j, "id", json_str(t->id));
	json_put(j, "ok", json_boolean(t->ok));
	json_put(j, "reason", json_c(t->ok ? "" : reason));
	if (!t->ok)
		json_put(j, "code", json_c(t->reason_code));
	return j;
}

/* How often each reason. */
static void count_reasons(const struct template_pack *p)
{
	_cleanup_map_ struct map *m = map_new();
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	for (size_t i = 0; i < p->len; i++)
		if (!p->list[i].ok) {
			struct str code = str_c(p->list[i].reason_code);
			map_put(m, code, (void *)((uintptr_t)map_get(m, code) + 1));
		}
	while (map_next(m, &it, &key, &value))
		printf("  %6zu  %.*s\n", (size_t)(uintptr_t)value, STR_ARG(key));
}

static int lint(const struct args *a, const struct str *paths, size_t n)
{
	struct error e = { 0 };
	int64_t begun = clock_mono_ms(&clock_system);
	size_t bad = 0;
	_cleanup_(template_pack_freep) struct template_pack *p = load(paths, n, true, &e);
	if (!p)
		return cli_fail(CLI_FAILED, &e);
	for (size_t i = 0; i < p->len; i++)
		bad += !p->list[i].ok;
	if (str_eq(a->format, STR("json"))) {
		_cleanup_json_ json_t *list = json_array();
		for (size_t i = 0; i < p->len; i++)
			if (!a->quiet || !p->list[i].ok)
				json_array_append_new(list, lint_row(&p->list[i]));
		print_json(list);
		return bad ? CLI_FOUND : CLI_OK;
	}
	for (size_t i = 0; i < p->len; i++) {
		const struct template *t = &p->list[i];
		if (!t->ok)
			printf("%.*s: %.*s / %.*s\n", STR_ARG(t->path), STR_ARG(t->reason_zh), STR_ARG(t->reason_en));
		else if (!a->quiet)
			printf("%.*s: 可运行 ok（%.*s）\n", STR_ARG(t->path), STR_ARG(t->id));
	}
	printf("共 %zu 个文件，可运行 %zu 个，不可运行 %zu 个，用时 %lld 毫秒。\n"
	       "%zu files, %zu can be run, %zu cannot; %lld ms.\n",
	       p->len, p->len - bad, bad, (long long)(clock_mono_ms(&clock_system) - begun), p->len, p->len - bad, bad,
	       (long long)(clock_mono_ms(&clock_system) - begun));
	count_reasons(p);
	return bad ? CLI_FOUND : CLI_OK;
}

static json_t *list_row(const struct template *t)
{
	json_t *j = json_object();
	json_put(j, "id", json_str(t->id));
	json_put(j, "path", json_str(t->path));
	json_put(j, "name", json_str(t->name.zh));
	json_put(j, "name_en", json_str(t->name.en));
	json_put(j, "severity", json_c(severity_name(t->severity)));
	json_put(j, "tags", json_str(t->tags));
	json_put(j, "product", json_str(t->product));
	json_put(j, "cwe", json_integer(t->cwe));
	json_put(j, "max_requests", json_integer(t->max_requests));
	json_put(j, "intrusive", json_boolean(t->flags & TEMPLATE_INTRUSIVE));
	return j;
}

static int list(const struct args *a, const struct str *paths, size_t n)
{
	struct error e = { 0 };
	_cleanup_(template_pack_freep) struct template_pack *p = load(paths, n, false, &e);
	if (!p)
		return cli_fail(CLI_FAILED, &e);
	if (str_eq(a->format, STR("json"))) {
		_cleanup_json_ json_t *out = json_array();
		for (size_t i = 0; i < p->len; i++)
			if (p->list[i].ok)
				json_array_append_new(out, list_row(&p->list[i]));
		print_json(out);
		return CLI_OK;
	}
	for (size_t i = 0; i < p->len; i++) {
		const struct template *t = &p->list[i];
		if (t->ok)
			printf("%-10s %.*s  %.*s\n", severity_name(t->severity), STR_ARG(t->id), STR_ARG(t->name.zh));
	}
	return CLI_OK;
}

/* The options of `scan`, with the folders as --templates and the target in front. */
static int run_templates(int argc, char **argv)
{
	VEC(char *) out = { 0 };
	char *target = NULL;
	static char scan[] = "scan", templates[] = "--templates", only[] = "--only-templates", none[] = "--no-builtin-templates",
		    mode[] = "--mode=deep";
	size_t dirs = 0;
	*vec_push(&out) = scan;
	*vec_push(&out) = only;
	*vec_push(&out) = none;
	*vec_push(&out) = mode;
	for (int i = 0; i < argc; i++) {
		struct str arg = str_c(argv[i]);
		if (str_eq(arg, STR("--target")) && i + 1 < argc) {
			target = argv[++i];
		} else if (str_starts(arg, STR("--target="))) {
			target = argv[i] + 9;
		} else if (arg.len && arg.ptr[0] != '-') {
			*vec_push(&out) = templates;
			*vec_push(&out) = argv[i];
			dirs++;
		} else {
			bool flag = str_eq(arg, STR("--i-own-this-target")) || str_eq(arg, STR("--intrusive")) ||
				    str_eq(arg, STR("-q")) || str_eq(arg, STR("--quiet")) ||
				    str_eq(arg, STR("--unverified")) || str_eq(arg, STR("--help")) || str_eq(arg, STR("-h"));
			*vec_push(&out) = argv[i];
			if (!flag && str_chr(arg, '=') < 0 && i + 1 < argc)
				*vec_push(&out) = argv[++i];
		}
	}
	int code = CLI_USAGE;
	if (target && dirs) {
		*vec_push(&out) = target;
		size_t n = out.len;
		*vec_push(&out) = NULL;
		code = cli_command_scan.run((int)n, out.ptr);
	} else {
		usage(stderr);
	}
	vec_free(&out);
	return code;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct error e = { 0 };
	struct str pos[MAX_PATHS];
	size_t n = 0;
	struct str what = argc > 1 ? str_c(argv[1]) : STR("");
	if (str_eq(what, STR("run")))
		return run_templates(argc - 2, argv + 2);
	bool known = str_eq(what, STR("lint")) || str_eq(what, STR("list"));
	int p = known ? cli_parse(table, &a, argc - 1, argv + 1, pos, MAX_PATHS, &n, &e) : 1;
	if (p < 0)
		return cli_fail(CLI_USAGE, &e);
	if (p == 1 || (n == 0 && str_eq(what, STR("lint")))) {
		bool asked = str_eq(what, STR("--help")) || str_eq(what, STR("-h")) || (known && p == 1);
		usage(asked ? stdout : stderr);
		return asked ? CLI_OK : CLI_USAGE;
	}
	return str_eq(what, STR("lint")) ? lint(&a, pos, n) : list(&a, pos, n);
}

const struct cli_command cli_command_template = {
	.name = "template",
	.args = "lint|list|run DIR… [options]",
	.help_zh = "检查、列出、运行 nuclei / afrog / xray 模板",
	.help_en = "check, list and run nuclei, afrog and xray templates",
	.run = run,
};
