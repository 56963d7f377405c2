/* What serve, worker, migrate, user and doctor share: where the data is, opening it,
 * and being a worker. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H
#include "app/context.h"
#include "cli/options.h"

struct cli_place {
	struct str data, db; /* "" : $ZHANWEI_DATA or "var"; the SQLite file in it */
};
#define CLI_PLACE_OPTIONS(s)                                                                       \
	CLI_STR(0, "data", s, place.data, "DIR", "数据目录，默认 $ZHANWEI_DATA 或 var",               \
		"data folder; $ZHANWEI_DATA or var by default"),                                       \
	CLI_STR(0, "db", s, place.db, "URL", "数据库，postgres://…；默认用数据目录中的 SQLite",          \
		"database, postgres://…; SQLite in the data folder by default")

struct cli_home {
	struct app app;
	struct store *store;
};
/* The folder's name, NUL-terminated, heap. */
char *cli_place_data(const struct cli_place *p);
/* Opens the store (not migrated) and loads the key. */
int cli_home_open(struct cli_home *h, const struct cli_place *p, struct error *e);
void cli_home_close(struct cli_home *h);

/* Takes work until SIGTERM or SIGINT. Call in a process with one thread. The exit code.
 * name: one that no other process has at the same time, or "". */
int cli_work(const struct cli_place *p, unsigned slots, const char *name);
#endif
