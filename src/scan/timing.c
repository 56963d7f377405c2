/* Timing by regression. Order of delays: the longest first, since a page that does not
 * care ends the test with one request; then none; then others, so that neither drift nor a
 * periodic hiccup fits. Asked for once each, never tried again. Before all of that the longest
 * delay is asked for among other requests: nearly every page is quicker than that, and nobody
 * has to wait for it. What erratic sites cost beyond is bounded for the whole scan. */
#include "scan/timing.h"

#include <math.h>

#include "scan/scan_private.h"

#define TIMING_SLOW_US 2500000 /* a page that takes this long as it is cannot be timed */
#define TIMING_JITTER_US 600000

/* Running sums of y over x (Welford). */
struct fit {
	double n, mean_x, mean_y, sxx, syy, sxy;
};

static void fit_add(struct fit *f, double x, double y)
{
	f->n++;
	double dx = x - f->mean_x, dy = y - f->mean_y;
	f->mean_x += dx / f->n;
	f->mean_y += dy / f->n;
	f->sxx += dx * (x - f->mean_x);
	f->syy += dy * (y - f->mean_y);
	f->sxy += dx * (y - f->mean_y);
}

bool probe_alone(struct probe *p)
{
	struct run *r = p->run;
	while (!r->stopping && (r->wire.alone || (r->attack.token_lock && r->attack.token_lock != p)))
		probe_park(p);
	if (r->stopping)
		return false;
	r->wire.alone = p;
	return true;
}

void probe_together(struct probe *p)
{
	if (p->run->wire.alone == p)
		p->run->wire.alone = NULL;
}

/* Seconds taken, or -1. */
static double take(struct probe *p, struct scan_mutation *m, const struct scan_exchange **ret)
{
	m->fresh = m->timed = true;
	if (probe_send(p, m, ret) < 0 || (*ret)->status == 429)
		return -1;
	return (double)(*ret)->ttfb_us / 1e6;
}

/* How long the page takes when nothing is asked of it; false: too slow, or erratic. */
static bool measure_base(struct probe *p, double *ret)
{
	double worst = 0, best = 1e9;
	const struct scan_exchange *x;
	for (int i = 0; i < 2; i++) {
		struct scan_mutation m = { 0 };
		double t = take(p, &m, &x);
		if (t < 0)
			return false;
		worst = t > worst ? t : worst;
		best = t < best ? t : best;
	}
	*ret = worst;
	return worst * 1e6 < TIMING_SLOW_US && (worst - best) * 1e6 < TIMING_JITTER_US;
}

static double ask(struct probe *p, timing_render *render, void *ctx, unsigned s, struct timing *t)
{
	struct scan_mutation m = { .fresh = true };
	const struct scan_exchange *x;
	render(p, ctx, s, &m);
	double took = take(p, &m, &x);
	t->asked++;
	if (took >= 0 && took > t->longest_s) {
		t->longest_s = took;
		t->delay_s = s;
		t->x = x;
		t->sent = m.value;
	}
	return took;
}

/* Slow enough to be looked at alone? */
static bool seems_to_wait(struct probe *p, timing_render *render, void *ctx)
{
	struct timing t = { 0 };
	int64_t most = p->run->o.mode == SCAN_DEEP ? 300 : 60, elapsed = run_now_us(p->run) - p->run->begun_us;
	if (p->run->timing_lost_us > most * 1000000 + elapsed / 5)
		return false;
	return ask(p, render, ctx, 3, &t) >= 2.9;
}

static bool timed(struct probe *p, timing_render *render, void *ctx, struct timing *t)
{
	static const unsigned more[] = { 0, 2, 1, TIMING_MAX_DELAY, 0 };
	struct fit f = { 0 };
	double took = ask(p, render, ctx, 3, t);
	if (took < 2.9) /* quicker than asked: it does not wait for us */
		return false;
	if (!measure_base(p, &t->base_s))
		return false;
	if (took > t->base_s + 3 * 4.5)
		return false;
	fit_add(&f, 3, took);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		took = ask(p, render, ctx, more[i], t);
		if (took < more[i] || (more[i] == 0 && took > t->base_s + 1.2))
			return false;
		fit_add(&f, more[i], took);
	}
	t->slope = f.sxy / f.sxx;
	t->correlation = f.syy > 0 ? f.sxy / sqrt(f.sxx * f.syy) : 0;
	/* a statement that runs for each of some rows waits several times as long */
	double whole = t->slope < 4.4 ? fabs(t->slope - round(t->slope)) : 1;
	return t->correlation > 0.97 && t->slope > 0.75 && whole < 0.3;
}

bool probe_time_dependent(struct probe *p, timing_render *render, void *ctx, struct timing *ret)
{
	struct timing t = { 0 };
	const struct scan_exchange *base = p->point.base;
	if (base && base->ttfb_us > TIMING_SLOW_US)
		return false;
	if (!seems_to_wait(p, render, ctx))
		return false;
	if (!probe_alone(p))
		return false;
	int64_t began = run_now_us(p->run);
	bool yes = timed(p, render, ctx, &t) && t.x != NULL;
	probe_together(p);
	if (yes)
		*ret = t;
	else
		p->run->timing_lost_us += run_now_us(p->run) - began;
	return yes;
}

struct str timing_zh(struct probe *p, const struct timing *t)
{
	return arena_printf(p->arena,
			    "响应时间随输入要求的延时变化：%u 次打乱次序的测量，相关系数 %.3f，斜率 %.2f；原样请求 %.2f 秒，要求延时 %.0f 秒时为 %.2f 秒。",
			    t->asked, t->correlation, t->slope, t->base_s, t->delay_s, t->longest_s);
}

struct str timing_en(struct probe *p, const struct timing *t)
{
	return arena_printf(p->arena,
			    "The time follows the delay that the input asks for: %u measurements in mixed order, correlation %.3f, "
			    "slope %.2f; %.2f s as it is, %.2f s when %.0f s were asked for.",
			    t->asked, t->correlation, t->slope, t->base_s, t->longest_s, t->delay_s);
}
