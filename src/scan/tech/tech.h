/* HTTP technologies: which server, language, framework, CMS, device … answers, and in
 * which version. Fed with every exchange that passes; the fingerprints are our own
 * (data/fingerprints) and, when the operator gives a directory, those of the
 * Wappalyzer JSON shape. */
#ifndef SCAN_TECH_TECH_H
#define SCAN_TECH_TECH_H
#include <stdbool.h>

#include "base/str.h"

struct run;

/* One recognised technology. Slices live as long as the run (in events: during the call). */
struct scan_tech {
	struct str id;	 /* "wordpress": stable, lower case, for gating */
	struct str name; /* "WordPress" */
	struct str version; /* empty: not known */
	struct str cpe;	 /* "cpe:2.3:a:wordpress:wordpress:6.4.2:*:*:*:*:*:*:*", or empty */
	struct str category;	   /* "cms": first category: tech_category_find() */
	unsigned confidence; /* 1..100 */
};

/* What has been recognised so far, sorted by id. Valid until the next exchange. */
size_t run_techs(struct run *r, const struct scan_tech **ret);
/* Is it there, with a confidence of 50 or more? Implied ones count. */
bool run_has_tech(struct run *r, struct str id);

struct tech_category {
	const char *id, *zh, *en;
};
extern const struct tech_category tech_categories[];
extern const size_t tech_categories_count;
const struct tech_category *tech_category_find(struct str id); /* NULL when there is none */

/* Our own fingerprints in turn; false behind the last one. categories: ids, separated by blanks. */
bool tech_known(size_t i, struct str *id, struct str *name, struct str *categories);
#endif
