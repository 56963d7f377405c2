/* The subcommand table, from commands.h, and how one of them is picked. */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"

const struct cli_command *const cli_commands[] = {
#define CLI_COMMAND(x) &cli_command_##x,
#include "cli/commands.h"
#undef CLI_COMMAND
	NULL,
};

const char *cli_version(void)
{
	return ZHANWEI_VERSION;
}

static void help(FILE *out)
{
	fputs("站卫 Zhanwei：自主部署的网站安全平台 / a self-hosted website-security platform\n\n"
	      "用法 usage: zhanwei COMMAND [options]\n\n",
	      out);
	for (size_t i = 0; cli_commands[i]; i++) {
		const struct cli_command *c = cli_commands[i];
		if (!c->hidden)
			fprintf(out, "  %-8s %s\n           %s\n           %s\n", c->name, c->args, c->help_zh,
				c->help_en);
	}
	fputs("\nzhanwei COMMAND --help 查看各命令的选项 / shows the options of a command\n", out);
}

static int run_version(int argc, char **argv)
{
	printf("zhanwei %s\n", cli_version());
	return CLI_OK;
}

const struct cli_command cli_command_version = {
	.name = "version",
	.args = "",
	.help_zh = "显示版本",
	.help_en = "print the version",
	.run = run_version,
};

int cli_main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	struct str word = str_c(argv[1]);
	if (str_eq(word, STR("--help")) || str_eq(word, STR("-h")) || str_eq(word, STR("help"))) {
		help(stdout);
		return CLI_OK;
	}
	if (str_eq(word, STR("--version")))
		word = STR("version");
	for (size_t i = 0; cli_commands[i]; i++)
		if (str_eq(word, str_c(cli_commands[i]->name)))
			return cli_commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "没有“%s”这个命令，见 zhanwei --help。\nNo command \"%s\"; see zhanwei --help.\n",
		argv[1], argv[1]);
	return CLI_USAGE;
}
