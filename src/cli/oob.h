/* The out-of-band listener of one scan from the command line. */
#ifndef CLI_OOB_H
#define CLI_OOB_H
#include "scan/oob_local.h"

struct cli_oob_args {
	struct str listen, dns, domain, url, address;
	bool off;
};
struct cli_oob {
	struct oob_server *server;
	struct scan_oob door;
	char url[128];
};
/* Listens when the arguments say so, or on loopback when the target is there. 0 and a door in
 * `ret` (its ctx NULL: nobody listens), or -1. */
int cli_oob_start(const struct cli_oob_args *a, struct str target, struct cli_oob *ret, struct error *e);
void cli_oob_stop(struct cli_oob *o);
#endif
