/* Parser for the option tables: no abbreviations, no reordering surprises, every
 * failure names the option. */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/cli.h"

void cli_list_free(struct cli_list *l)
{
	free((void *)(uintptr_t)l->ptr);
	*l = (struct cli_list){ NULL, 0 };
}

static const struct cli_option *find_name(const struct cli_option *t, struct str name)
{
	for (; t->type != CLI_TYPE_END; t++)
		if (str_eq(name, str_c(t->name)))
			return t;
	return NULL;
}

static const struct cli_option *find_letter(const struct cli_option *t, char letter)
{
	for (; t->type != CLI_TYPE_END; t++)
		if (t->letter && t->letter == letter)
			return t;
	return NULL;
}

static int bad(struct error *e, const struct cli_option *o, struct str v)
{
	if (o->type == CLI_TYPE_INT)
		return error_field(e, o->name, "cli.bad-number",
				   "选项 --%s 的值“%.*s”无效：应为 %lld 到 %lld 之间的整数。",
				   "--%s: \"%.*s\" is not a whole number from %lld to %lld.", o->name,
				   STR_ARG(v), (long long)o->least, (long long)o->most);
	return error_field(e, o->name, "cli.bad-choice", "选项 --%s 的值“%.*s”无效：可选 %s。",
			   "--%s: \"%.*s\" is not one of %s.", o->name, STR_ARG(v), o->choices);
}

static bool is_choice(const char *choices, struct str v)
{
	struct str rest = str_c(choices), part;
	while (str_split(&rest, '|', &part))
		if (str_eq(part, v))
			return true;
	return false;
}

static int store(const struct cli_option *o, char *into, struct str v, struct error *e)
{
	void *to = into + o->offset;
	switch (o->type) {
	case CLI_TYPE_STR:
		*(struct str *)to = v;
		return 0;
	case CLI_TYPE_CHOICE:
		if (!is_choice(o->choices, v))
			return bad(e, o, v);
		*(struct str *)to = v;
		return 0;
	case CLI_TYPE_INT: {
		int64_t n;
		if (str_to_i64(v, &n) < 0 || n < o->least || n > o->most)
			return bad(e, o, v);
		*(int64_t *)to = n;
		return 0;
	}
	case CLI_TYPE_LIST: {
		struct cli_list *l = to;
		struct str *grown = mem_array(l->len + 1, sizeof(*grown));
		if (l->len)
			memcpy(grown, l->ptr, l->len * sizeof(*grown));
		grown[l->len] = v;
		cli_list_free(&(struct cli_list){ l->ptr, l->len });
		l->ptr = grown;
		l->len++;
		return 0;
	}
	case CLI_TYPE_FLAG:
		*(bool *)to = true;
		return 0;
	case CLI_TYPE_END:
		break;
	}
	return -1;
}

/* One argument that starts with '-': the number of words it took (1 or 2), or -1. */
static int parse_one(const struct cli_option *table, char *into, int left, char **argv,
		     struct error *e)
{
	struct str word = str_c(argv[0]), value = STR_NULL;
	const struct cli_option *o;
	if (word.len > 2 && word.ptr[1] == '-') {
		struct str name = str_from(word, 2);
		ssize_t eq = str_chr(name, '=');
		if (eq >= 0) {
			value = str_from(name, (size_t)eq + 1);
			name = str_sub(name, 0, (size_t)eq);
		}
		o = find_name(table, name);
	} else {
		o = find_letter(table, word.ptr[1]);
		if (word.len > 2)
			value = str_from(word, 2);
	}
	if (!o)
		return error_set(e, "cli.unknown-option", "没有“%s”这个选项；用 --help 查看全部选项。",
				 "There is no option \"%s\"; see --help.", argv[0]);
	if (o->type == CLI_TYPE_FLAG) {
		if (value.ptr)
			return error_field(e, o->name, "cli.no-value", "选项 --%s 不带值。",
					   "--%s takes no value.", o->name);
		return store(o, into, STR_NULL, e) < 0 ? -1 : 1;
	}
	if (value.ptr)
		return store(o, into, value, e) < 0 ? -1 : 1;
	if (left < 2)
		return error_field(e, o->name, "cli.value-missing", "选项 --%s 后面缺少值（%s）。",
				   "--%s needs a value (%s).", o->name, o->arg ? o->arg : "");
	return store(o, into, str_c(argv[1]), e) < 0 ? -1 : 2;
}

int cli_parse(const struct cli_option *table, void *into, int argc, char **argv,
	      struct str *pos, size_t max, size_t *ret_pos, struct error *e)
{
	size_t n = 0;
	bool options = true;
	for (int i = 1; i < argc;) {
		struct str word = str_c(argv[i]);
		if (options && str_eq(word, STR("--"))) {
			options = false;
			i++;
			continue;
		}
		if (options && (str_eq(word, STR("--help")) || str_eq(word, STR("-h"))))
			return 1;
		if (options && word.len > 1 && word.ptr[0] == '-') {
			int took = parse_one(table, into, argc - i, argv + i, e);
			if (took < 0)
				return -1;
			i += took;
			continue;
		}
		if (n == max)
			return error_set(e, "cli.extra-argument", "多余的参数“%s”。",
					 "Unexpected argument \"%s\".", argv[i]);
		pos[n++] = word;
		i++;
	}
	if (ret_pos)
		*ret_pos = n;
	return 0;
}

void cli_help(struct buf *b, const struct cli_option *t)
{
	for (; t->type != CLI_TYPE_END; t++) {
		if (t->letter)
			buf_printf(b, "  -%c, --%s%s%s\n", t->letter, t->name, t->arg ? " " : "",
				   t->arg ? t->arg : "");
		else
			buf_printf(b, "      --%s%s%s\n", t->name, t->arg ? " " : "", t->arg ? t->arg : "");
		buf_printf(b, "            %s\n            %s\n", t->zh, t->en);
	}
}

bool cli_begin(const struct cli_command *command, const struct cli_option *table, void *into, int argc,
	       char **argv, struct str *pos, size_t max, size_t *ret_pos, int *ret_code)
{
	struct error e = { 0 };
	int r = cli_parse(table, into, argc, argv, pos, max, ret_pos, &e);
	if (r == 0)
		return true;
	if (r < 0) {
		fprintf(stderr, "%s\n%s\n", e.zh, e.en);
		*ret_code = CLI_USAGE;
		return false;
	}
	_cleanup_buf_ struct buf help = BUF_INIT(64 * KIB);
	buf_printf(&help, "zhanwei %s %s\n", command->name, command->args);
	cli_help(&help, table);
	fwrite(help.ptr, 1, help.len, stdout);
	*ret_code = CLI_OK;
	return false;
}

bool cli_begin_file(const struct cli_command *command, const struct cli_option *table, void *into, int argc,
		    char **argv, struct str *ret_path, int *ret_code)
{
	struct error e = { 0 };
	size_t n = 0;
	if (!cli_begin(command, table, into, argc, argv, ret_path, 1, &n, ret_code))
		return false;
	if (n)
		return true;
	error_set(&e, "cli.no-file", "请给出文件，或用 - 表示标准输入；见 zhanwei %s --help。",
		  "Give a file, or - for standard input; see zhanwei %s --help.", command->name);
	*ret_code = cli_fail(CLI_USAGE, &e);
	return false;
}

int cli_file_open(struct str path, FILE **ret, struct error *e)
{
	_cleanup_free_ char *name = str_dup(path);
	FILE *f = str_eq(path, STR("-")) ? stdin : fopen(name, "r");
	if (!f)
		return error_os(e, errno, name);
	*ret = f;
	return 0;
}

void cli_file_close(FILE *f)
{
	if (f && f != stdin)
		fclose(f);
}

int cli_file_read(FILE *f, struct buf *into, struct error *e)
{
	char *room;
	size_t got;
	while ((room = buf_reserve(into, 64 * KIB)) && (got = fread(room, 1, 64 * KIB, f)) > 0)
		into->len += got;
	if (ferror(f))
		return error_os(e, EIO, "read");
	if (into->overflow)
		return error_set(e, "text.too-long", "文本太长，最多 %zu KiB。", "The text is too long: at most %zu KiB.",
				 into->max / KIB - 64);
	return 0;
}

int cli_fail(int code, const struct error *e)
{
	fprintf(stderr, "%s\n%s\n", e->zh, e->en);
	return code;
}
