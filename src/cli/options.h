/* Command-line options from one table: parses, helps, and names what is wrong.
 *
 *     struct args { struct str out; int64_t rate; bool own; struct cli_list headers; };
 *     static const struct cli_option table[] = {
 *             CLI_STR('o', "output", struct args, out, "FILE", "报告写到文件", "write the report to FILE"),
 *             CLI_INT(0, "rate", struct args, rate, 1, 10000, "N", "每秒请求数", "requests per second"),
 *             CLI_FLAG(0, "i-own-this-target", struct args, own, "…", "…"),
 *             CLI_LIST(0, "header", struct args, headers, "'K: V'", "…", "…"),
 *             CLI_END };
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct cli_list {
	const struct str *ptr;
	size_t len;
};

/* Frees what cli_parse() made. */
void cli_list_free(struct cli_list *l);

enum cli_type { CLI_TYPE_END, CLI_TYPE_STR, CLI_TYPE_INT, CLI_TYPE_FLAG, CLI_TYPE_LIST, CLI_TYPE_CHOICE };

struct cli_option {
	enum cli_type type;
	char letter; /* 0: none */
	const char *name;
	size_t offset; /* into the caller's struct */
	int64_t least, most;
	const char *choices; /* "a|b|c" */
	const char *arg, *zh, *en;
};

#define CLI_STR(l, n, s, m, a, z, e) { CLI_TYPE_STR, l, n, offsetof(s, m), 0, 0, NULL, a, z, e }
#define CLI_INT(l, n, s, m, lo, hi, a, z, e) { CLI_TYPE_INT, l, n, offsetof(s, m), lo, hi, NULL, a, z, e }
#define CLI_FLAG(l, n, s, m, z, e) { CLI_TYPE_FLAG, l, n, offsetof(s, m), 0, 0, NULL, NULL, z, e }
#define CLI_LIST(l, n, s, m, a, z, e) { CLI_TYPE_LIST, l, n, offsetof(s, m), 0, 0, NULL, a, z, e }
#define CLI_CHOICE(l, n, s, m, c, z, e) { CLI_TYPE_CHOICE, l, n, offsetof(s, m), 0, 0, c, c, z, e }
#define CLI_END { CLI_TYPE_END, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL }

/* Options and positional arguments in any order, `--name value`, `--name=value`, `-o v`,
 * `--` ends the options. STR and CHOICE go to `struct str`, INT to int64_t, FLAG to bool, LIST
 * to struct cli_list (to be freed by cli_list_free()). Positionals: at most `max`
 * go to `pos`, their number to *ret_pos. 0; 1 when --help or -h was given; or -1. */
int cli_parse(const struct cli_option *table, void *into, int argc, char **argv,
	      struct str *pos, size_t max, size_t *ret_pos, struct error *e);
/* The same for a whole command: prints its help when asked, its complaint when something is wrong.
 * True: go on; else the command ends with *ret_code. */
struct cli_command;
bool cli_begin(const struct cli_command *command, const struct cli_option *table, void *into, int argc,
	       char **argv, struct str *pos, size_t max, size_t *ret_pos, int *ret_code);
/* The same for a command of one file, or "-" for standard input, which it must be given. */
bool cli_begin_file(const struct cli_command *command, const struct cli_option *table, void *into, int argc,
		    char **argv, struct str *ret_path, int *ret_code);
/* That file, to be closed by cli_file_close(). */
int cli_file_open(struct str path, FILE **ret, struct error *e);
void cli_file_close(FILE *f);
/* All of it. What the buffer has no room for is "text.too-long". */
int cli_file_read(FILE *f, struct buf *into, struct error *e);
/* Lines of help, Chinese then English. */
void cli_help(struct buf *b, const struct cli_option *table);
/* Prints the error in both languages on standard error, returns code. */
int cli_fail(int code, const struct error *e);
#endif
