/* `zhanwei migrate`: brings the database to this program's version and says which. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/place.h"

struct args {
	struct cli_place place;
};

static const struct cli_option table[] = { CLI_PLACE_OPTIONS(struct args), CLI_END };

static int migrate(const struct cli_place *p, struct error *e)
{
	struct cli_home h;
	struct store_conn *db;
	int version, r;
	if (cli_home_open(&h, p, e) < 0)
		return -1;
	r = store_migrate(h.store, e);
	if (r == 0)
		r = store_acquire(h.store, &db, e);
	if (r == 0) {
		r = store_schema_version(db, &version, e);
		store_release(db);
	}
	if (r == 0)
		printf("%.*s：数据库版本 schema version %04d\n", STR_ARG(store_describe(h.store)), version);
	cli_home_close(&h);
	return r;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct error e = { 0 };
	struct str none;
	size_t n = 0;
	int code;
	if (!cli_begin(&cli_command_migrate, table, &a, argc, argv, &none, 0, &n, &code))
		return code;
	return migrate(&a.place, &e) < 0 ? cli_fail(CLI_FAILED, &e) : CLI_OK;
}

const struct cli_command cli_command_migrate = {
	.name = "migrate",
	.args = "[--data DIR] [--db URL]",
	.help_zh = "升级数据库结构",
	.help_en = "bring the database up to date",
	.run = run,
};
