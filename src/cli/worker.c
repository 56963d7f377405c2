/* `zhanwei worker`: more hands for a platform that runs already, on this machine or, with
 * PostgreSQL and a copy of secret.key, on another. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/place.h"

struct args {
	struct cli_place place;
	int64_t slots;
};

static const struct cli_option table[] = {
	CLI_PLACE_OPTIONS(struct args),
	CLI_INT(0, "slots", struct args, slots, 1, 64, "N", "同时进行的任务数，默认 4",
		"jobs at the same time; 4 by default"),
	CLI_END,
};

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct str none;
	size_t n = 0;
	int code;
	if (!cli_begin(&cli_command_worker, table, &a, argc, argv, &none, 0, &n, &code))
		return code;
	return cli_work(&a.place, (unsigned)a.slots, "");
}

const struct cli_command cli_command_worker = {
	.name = "worker",
	.args = "[--data DIR] [--db URL] [--slots N]",
	.help_zh = "增加一个工作进程（可在另一台机器上，需 PostgreSQL 与相同的 secret.key）",
	.help_en = "run one more worker (another machine needs PostgreSQL and the same secret.key)",
	.run = run,
};
