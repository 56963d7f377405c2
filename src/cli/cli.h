/* The subcommand table of `zhanwei`. A subcommand is one file that fills in one const
 * struct and one line in commands.h. */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include <stdbool.h>

enum {
	CLI_OK = 0,
	CLI_FOUND = 1, /* findings at or above --fail-on; a check that did not pass */
	CLI_USAGE = 2,
	CLI_FAILED = 3, /* could not do it */
};

struct cli_command {
	const char *name;
	const char *args; /* "URL [options]" */
	const char *help_zh, *help_en;
	bool hidden;
	/* argv[0] is the subcommand's name. */
	int (*run)(int argc, char **argv);
};

#define CLI_COMMAND(x) extern const struct cli_command cli_command_##x;
#include "cli/commands.h"
#undef CLI_COMMAND
extern const struct cli_command *const cli_commands[]; /* NULL ends it */
const char *cli_version(void);
/* What this very executable is, for worker processes. */
int cli_main(int argc, char **argv);
#endif
