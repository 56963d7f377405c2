/* Subcommands in the order in which `zhanwei --help` lists them; each line stands for
 * `const struct cli_command cli_command_NAME`. */
CLI_COMMAND(serve)
CLI_COMMAND(worker)
CLI_COMMAND(migrate)
CLI_COMMAND(user)
CLI_COMMAND(doctor)
CLI_COMMAND(openapi)
CLI_COMMAND(apidoc)
CLI_COMMAND(scan)
CLI_COMMAND(tech)
CLI_COMMAND(template)
CLI_COMMAND(report)
CLI_COMMAND(version)
