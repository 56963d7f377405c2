/* `zhanwei scan --incremental FILE`: what the last complete scan saw of each page. */
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "scan/scan.h"

struct cli_known {
	struct buf file;	 /* what was read */
	VEC(struct str) pieces;	 /* for scan_options.known */
	unsigned runs;		 /* incremental scans since the last full one, this one included; 0: full */
	VEC(struct buf) next;	 /* what this scan saw */
	struct map *unchanged;	 /* paths of pages that were left out */
	json_t *findings;	 /* of the scan before */
};
/* Findings of the scan before that stand on what was left out: (finding, user) for each. */
void cli_known_carry(const struct cli_known *k, void (*fn)(json_t *finding, void *user), void *user);
/* Reads FILE when it is there and fits: same target, mode and rules, and fewer than `every`
 * incremental scans in a row. A file of another kind is an error. */
int cli_known_read(const char *path, const struct scan_options *o, unsigned every, struct cli_known *k,
		   struct error *e);
void cli_known_page(struct cli_known *k, const struct scan_page_info *p);
/* The pages are told once more from the journal. */
void cli_known_again(struct cli_known *k);
/* After a complete scan. */
int cli_known_write(const char *path, const struct scan_options *o, const struct cli_known *k,
		    const json_t *findings, struct error *e);
void cli_known_free(struct cli_known *k);
#endif
