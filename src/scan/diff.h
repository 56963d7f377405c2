/* Differential proof, shared by every check that has nothing to show but a difference:
 * what must be equal is equal, what must differ differs, a second round with fresh values
 * agrees, and the same answers come again in a mixed order. */
#ifndef SCAN_DIFF_H
#define SCAN_DIFF_H
#include "scan/check.h"

/* One side of a comparison: what was sent and what came. */
struct diff_side {
	const struct scan_exchange *x;
	struct str sent; /* whole value, for taking reflections out */
	struct scan_mutation m;
};

/* The request as it is. */
struct diff_side diff_base(const struct scan_point *pt);
/* Sends; 0 or -1 as probe_send(). */
int diff_send(struct probe *p, const struct scan_mutation *m, struct diff_side *ret);
int diff_value(struct probe *p, struct str value, struct diff_side *ret);
/* Original value + suffix. */
int diff_append(struct probe *p, const struct scan_point *pt, struct str suffix, struct diff_side *ret);
bool diff_same(struct probe *p, const struct diff_side *a, const struct diff_side *b);
/* Both again from the network, with the original in between, in an order that no accident
 * keeps to: t must stay what it was and equal the base, f must stay and differ. Marks the
 * request as unstable when even the original does not hold. */
bool diff_confirmed(struct probe *p, const struct diff_side *base, const struct diff_side *t,
		    const struct diff_side *f);
/* The same for two sides of which none needs to be like the base. */
bool diff_apart(struct probe *p, const struct diff_side *base, const struct diff_side *a,
		const struct diff_side *b);
/* Does a value that nothing can know change the page? Asked once per point. */
bool diff_depends(struct probe *p, const struct diff_side *base);
/* Is a value that nothing can know shown in the answer (head or body), in any encoding? */
bool diff_reflects(struct probe *p);
/* Does it matter whether a nonsense value holds signs that mean something in some language?
 * What takes the value as plain text answers both alike. Asked once per point. */
bool diff_parses(struct probe *p);
/* Looks like a refusal by something before the application: 403, 406, 429, 5xx other than
 * the base's, or the words of a firewall's page. */
bool diff_blocked(const struct diff_side *base, const struct diff_side *x);
#endif
