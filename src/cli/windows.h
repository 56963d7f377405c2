/* `zhanwei scan --window`: hours in which a scan may send requests. */
#ifndef CLI_WINDOWS_H
#define CLI_WINDOWS_H
#include <signal.h>

#include "cli/options.h"
#include "job/schedule.h"

struct cli_windows {
	struct job_windows w; /* n == 0: always */
	int64_t looked_ms;
	bool open;
};
/* Each item: "HH:MM-HH:MM", or with the days it opens on before it: "1-5 22:00-06:00"
 * (0 and 7: Sunday). zone: IANA name, "" for Asia/Shanghai. */
int cli_windows_parse(const struct cli_list *items, struct str zone, struct cli_windows *ret, struct error *e);
/* Looked at once a second at most. */
bool cli_windows_open(struct cli_windows *w);
/* Says until when, and sleeps. False when *stop was set, or it never opens. */
bool cli_windows_wait(struct cli_windows *w, const volatile sig_atomic_t *stop);
#endif
