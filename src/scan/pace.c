/* How long each endpoint (method and path) takes to answer. Some are slow on purpose:
 * log-ins that wait after a wrong password, pages that run a command. Such an endpoint
 * must not slow the rest: it waits in a lane of its own, is asked last and alone (PHP
 * answers one request of a session at a time: a neighbour would only measure the wait),
 * does not count for politeness, and gets a bounded share of the scan's time. Slow means:
 * much slower than the site usually is. A page that looked slow because others held it up
 * is fast when asked alone, and returns to the normal line. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define PACE_SLOW_US 1000000
#define PACE_SLOW_TIMES 5
#define PACE_SAMPLES 3
#define PACE_PROVEN 2 /* slow when asked alone */

static int64_t slow_limit(const struct run *r)
{
	int64_t l = r->wire.usual_us * PACE_SLOW_TIMES, erratic = r->wire.usual_us + 4 * r->wire.spread_us;
	l = l > erratic ? l : erratic; /* where every answer may take long, none is slow by itself */
	return l > PACE_SLOW_US ? l : PACE_SLOW_US;
}

struct endpoint *pace_of(struct run *r, struct str method, struct str url)
{
	struct buf b;
	ssize_t mark = str_chr(url, '?');
	buf_init(&b, 128 * KIB);
	buf_str(&b, method);
	buf_char(&b, ' ');
	buf_str(&b, mark < 0 ? url : str_sub(url, 0, (size_t)mark));
	struct endpoint *ep = map_get(r->endpoints, buf_view(&b));
	if (!ep && map_len(r->endpoints) < LIMIT_ENDPOINTS) {
		ep = mem_alloc(sizeof(*ep));
		map_put(r->endpoints, buf_view(&b), ep);
	}
	buf_free(&b);
	return ep;
}

int64_t pace_learn(struct run *r, struct endpoint *ep, int64_t us, bool alone)
{
	int64_t usual = r->wire.usual_us, limit = slow_limit(r), most = 4 * (usual * 2 + 300000);
	if (!ep)
		return us < most || !usual ? us : most;
	int64_t excess = ep->n >= 2 ? us - ep->usual_us + usual : us < most || !usual ? us : most;
	int64_t weight = alone && us <= limit ? 2 : 4; /* what it takes alone is what counts */
	ep->n++;
	ep->usual_us = ep->n == 1 ? us : ep->usual_us + (us - ep->usual_us) / weight;
	if (us > limit) {
		ep->spent_us += us;
		ep->proven += alone;
	}
	if (ep->slow) {
		r->slow_spent_us += us;
		ep->slow = ep->usual_us > limit / 2;
		if (!ep->slow)
			ep->spent_us = ep->proven = 0; /* others held it up */
		return 0;
	}
	ep->slow = ep->n >= PACE_SAMPLES && ep->usual_us > limit;
	return excess > 0 ? excess : 1;
}

/* Time for slow endpoints: of one, and of all (which grows with the scan). */
static bool budget_over(const struct run *r, const struct endpoint *ep)
{
	int64_t one = r->o.mode == SCAN_QUICK ? 5 : r->o.mode == SCAN_STANDARD ? 10 : 300;
	int64_t all = r->o.mode == SCAN_QUICK ? 10 : r->o.mode == SCAN_STANDARD ? 20 : 1200;
	int64_t elapsed = run_now_us(r) - r->begun_us - r->slow_spent_us;
	all = all * 1000000 + (elapsed > 0 ? elapsed / 5 : 0);
	return ep->spent_us >= one * 1000000 || r->slow_spent_us >= all;
}

bool pace_skips(const struct run *r, const struct endpoint *ep, const struct scan_check *c)
{
	if (!ep || !ep->slow || r->o.retest_len || ep->proven < PACE_PROVEN)
		return false;
	return budget_over(r, ep) || (r->o.mode != SCAN_DEEP && c->severity < SEVERITY_HIGH);
}

void pace_note_skip(struct run *r, struct endpoint *ep, const struct scan_check *c, struct str url)
{
	run_check_stat(r, c)->skipped++;
	if (ep->noted)
		return;
	ep->noted = true;
	char zh[300], en[300];
	struct str w = str_sub(url, 0, url.len < 150 ? url.len : 150);
	snprintf(zh, sizeof(zh), "响应很慢（约 %.1f 秒），其余检测已跳过：%.*s", (double)ep->usual_us / 1e6, STR_ARG(w));
	snprintf(en, sizeof(en), "Answers slowly (about %.1f s), remaining probes skipped: %.*s",
		 (double)ep->usual_us / 1e6, STR_ARG(w));
	if (r->events)
		run_log(r, zh, en);
}
