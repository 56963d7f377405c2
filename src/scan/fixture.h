/* Passive checks are tested from files, without a network. A fixture is
 *
 *     tests/fixtures/passive/<check-id>/pos-1.http   the check must report
 *     tests/fixtures/passive/<check-id>/neg-1.http   it must not
 *
 * and holds, one after another: optional `#` comment lines, an optional line
 * `@expect parameter=NAME severity=WORD proof=TEXT` (pos only; words that must match,
 * proof up to the end of line), optional `@url https://host/path` (default
 * http://site.test/), optional `@missing`, a request (line and fields), an empty
 * line, optionally a request body when Content-Length is given, then a response from
 * "HTTP/1.1" on: head, empty line, body as it is up to the end of the file. Line ends
 * may be LF. `@tls KEY=VALUE …` lines fill TLS facts (see net/tlsfacts.h names).
 *
 * test_fixtures.c runs every file of every check found in the folder, and fails when a
 * passive check has fewer than three of each. */
#ifndef SCAN_FIXTURE_H
#define SCAN_FIXTURE_H
#include "base/error.h"
#include "scan/check.h"

struct fixture_hit {
	struct str parameter, proof, url;
	enum severity severity;
	enum confidence confidence;
};

/* Builds the exchange in `a` from the text of one fixture. */
int fixture_parse(struct str text, struct arena *a, struct scan_exchange **ret, struct error *e);
/* Runs all passive hooks of one check over it; reports arrive in order. The number of
 * reports; the first `max` are stored. */
size_t fixture_run(const struct scan_check *c, const struct scan_exchange *x, struct arena *a,
		   struct fixture_hit *hits, size_t max);
/* Runs one file: 0 when it behaved as its name (pos-/neg-) and @expect say. */
int fixture_file(const struct scan_check *c, const char *path, struct error *e);
#endif
