/* The JSON files of a directory of fingerprints, as bytes: they are parsed in the jail. */
#ifndef CLI_FINGERPRINTS_H
#define CLI_FINGERPRINTS_H
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

struct cli_fingerprints {
	struct str *files; /* heap */
	size_t len;
};
/* *.json of DIR and of DIR/technologies, sorted by name. An empty dir: nothing. */
int cli_fingerprints_read(struct str dir, struct cli_fingerprints *ret, struct error *e);
void cli_fingerprints_free(struct cli_fingerprints *f);
#define _cleanup_fingerprints_ _cleanup_(cli_fingerprints_free)
#endif
