/* Templates inside the engine: which of them run against a site, as units beside the other
 * active checks. */
#ifndef SCAN_TEMPLATE_RUN_H
#define SCAN_TEMPLATE_RUN_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct run;
struct unit;
struct probe;
struct templates;

struct template_stats {
	uint64_t loaded, chosen, gated; /* templates; gated: left out since their product is not there */
	uint64_t requests, saved;	/* sent; answered by another template's request */
	uint64_t spared;		/* requests that those left out would have sent, at most */
	uint64_t controlled;		/* hits that a negative control refuted */
};

/* The project's own pack, built in: a bundle (template.h). */
struct str template_builtin(void);

/* Loads the packs of the options; nothing to do is no error. */
void templates_start(struct run *r);
void templates_free(struct run *r);
/* After the crawl: makes the units. */
void templates_prepare(struct run *r);
/* The life of one unit, in its fiber. False: it ended early, or something is still waited for. */
bool templates_unit(struct probe *p);
struct template_job;
void templates_unit_ended(struct run *r, const struct template_job *job);
/* After the last unit, or when the scan ends early: tells what was held back. */
void templates_end(struct run *r);
void templates_replayed(struct run *r, struct str key, struct str bytes);
const struct template_stats *templates_stats(const struct run *r);
#endif
