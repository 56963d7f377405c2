/* Log-in options of `zhanwei scan`. */
#ifndef CLI_SCAN_LOGIN_H
#define CLI_SCAN_LOGIN_H
#include "base/arena.h"
#include "base/error.h"
#include "scan/scan.h"

/* form: "USER:env:NAME" or "USER:file:PATH" (a password on the command line would be seen by
 * every user of the machine), script: a file; both may be empty. */
int cli_scan_login(struct arena *a, struct str form, struct str script, struct str url, struct scan_login *ret,
		   struct error *e);
#endif
