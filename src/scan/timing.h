/* Does the answer take as long as the input says? Delays are asked for in a mixed order, and
 * the measured times are fitted on them (running sums after Welford): a slow server, a
 * busy minute or a firewall that holds back one request do not follow the order. While a
 * point is timed nothing else is sent to the site; the first request of all goes with the others. */
#ifndef SCAN_TIMING_H
#define SCAN_TIMING_H
#include "scan/check.h"

#define TIMING_MAX_DELAY 4 /* seconds asked for at most */

struct timing {
	double slope, correlation; /* seconds taken per second asked for */
	double base_s;		   /* what the request takes as it is */
	unsigned asked;		   /* requests */
	double longest_s, delay_s; /* the proof: what it took, what was asked */
	const struct scan_exchange *x; /* the answer to the longest delay */
	struct str sent;	   /* its value */
};
/* Fills in the mutation that asks for a delay of so many whole seconds (0: the same request
 * without delay). m is zeroed with fresh set; memory from the probe's arena. */
typedef void timing_render(struct probe *p, void *ctx, unsigned seconds, struct scan_mutation *m);

/* One request for a clear no, seven for a yes. False also when it cannot be told: slow or
 * erratic page, 429 or 5xx for what is quick without delay, end of the scan. */
bool probe_time_dependent(struct probe *p, timing_render *render, void *ctx, struct timing *ret);
/* In the words of a report. */
struct str timing_zh(struct probe *p, const struct timing *t);
struct str timing_en(struct probe *p, const struct timing *t);
#endif
