/* Requests waiting for their turn. Politeness per host: a token bucket for the rate, a
 * number in flight that grows by one while latency stays near its best and is halved on
 * errors and refusals (429, 503 with Retry-After), pauses that the server asks for, and
 * an end when it does not answer any more. */
#include <poll.h>

#include "base/check.h"
#include "base/limits.h"
#include "net/cookie.h"
#include "scan/scan_private.h"

#define ERRATIC_SAMPLES 150
#define ERRATIC_US 200000
#define WIRE_TRIES 3
#define WIRE_DOUBT 6		  /* failures in a row: from now on one at a time, with pauses */
#define WIRE_LOST 14		  /* of these failures in a row … */
#define WIRE_LOST_US 90000000	  /* … or three, and so long without an answer */
#define WIRE_MAX_PAUSE_S 120
#define WIRE_RETRY_US 500000
#define WIRE_REFUSED_LIMIT 40
#define WIRE_TURN_MS 10 /* between two looks of a fiber that waits */

void wire_init(struct run *r)
{
	struct wire *w = &r->wire;
	w->tail = &w->head;
	w->slow_tail = &w->slow;
	w->max_concurrency = r->o.concurrency;
	w->concurrency = r->o.concurrency < 4 ? r->o.concurrency : 4;
	w->rate = r->o.rate;
	w->tokens = 1;
	w->refill_us = run_now_us(r);
}

static void free_list(struct send *s)
{
	while (s) {
		struct send *next = s->next;
		send_free(s);
		s = next;
	}
}

void wire_free(struct run *r)
{
	http_client_free(r->wire.client);
	r->wire.client = NULL;
	free_list(r->wire.head);
	free_list(r->wire.later);
	free_list(r->wire.slow);
	r->wire.head = r->wire.later = r->wire.slow = NULL;
	r->wire.slow_tail = &r->wire.slow;
	r->wire.tail = &r->wire.head;
}

struct send *send_new(struct run *r, struct str method, struct str url, unsigned flags, struct error *e)
{
	struct arena *arena = arena_new(LIMIT_EXCHANGE_ARENA);
	struct answer *a = arena_new_of(arena, struct answer);
	a->arena = arena;
	a->refs = 1;
	struct send *s = arena_new_of(arena, struct send);
	s->run = r;
	s->answer = a;
	s->q.method = arena_str(arena, method);
	if (url_parse(arena, url, &r->target, flags, &s->url, e) < 0) {
		answer_unref(a);
		return NULL;
	}
	s->q.url = url_text(arena, &s->url, URL_NO_FRAGMENT | URL_NO_USERINFO);
	a->url = s->url;
	s->max_body = 2 * MIB;
	return s;
}

void send_add_header(struct send *s, struct str name, struct str value)
{
	struct scan_header *list = arena_array(s->answer->arena, s->q.headers_len + 1, sizeof(*list));
	size_t n = 0;
	bool replaced = false;
	for (size_t i = 0; i < s->q.headers_len; i++) {
		list[n] = s->q.headers[i];
		if (!replaced && str_ieq(list[n].name, name)) {
			list[n].value = arena_str(s->answer->arena, value);
			replaced = true;
		}
		n++;
	}
	if (!replaced)
		list[n++] = (struct scan_header){ arena_str(s->answer->arena, name),
						  arena_str(s->answer->arena, value) };
	s->q.headers = list;
	s->q.headers_len = n;
}

void send_queue(struct send *s)
{
	struct wire *w = &s->run->wire;
	s->next = NULL;
	if (s->priority) {
		s->next = w->head;
		if (!w->head)
			w->tail = &s->next;
		w->head = s;
		return;
	}
	*w->tail = s;
	w->tail = &s->next;
}

void send_free(struct send *s)
{
	answer_unref(s->answer); /* s lives in its arena */
}

bool wire_idle(const struct run *r)
{
	return r->wire.in_flight == 0 && !r->wire.head && !r->wire.later && !r->wire.slow;
}

static void retry_later(struct send *s, int64_t delay_us)
{
	s->not_before_us = run_now_us(s->run) + delay_us;
	s->next = s->run->wire.later;
	s->run->wire.later = s;
}

static void slow_down(struct wire *w)
{
	w->concurrency = w->concurrency > 1 ? w->concurrency / 2 : 1;
	w->good = 0;
}

/* Additive increase while the answers come as fast as they usually do; one less when the
 * last few took much longer than is usual for this site (and for their endpoint). */
static void adapt(struct wire *w, int64_t ttfb_us)
{
	if (ttfb_us <= 0)
		return;
	/* follows the median, and how far answers lie from it: a site may be erratic by itself, and a
	 * few very slow answers do not change what is usual */
	int64_t step = w->usual_us / (w->samples++ < 64 ? 16 : 32) + 1;
	w->usual_us = !w->usual_us ? ttfb_us : w->usual_us + (ttfb_us > w->usual_us ? step : -step);
	w->usual_us = w->usual_us > 0 ? w->usual_us : 1;
	w->slow_us = w->slow_us ? (w->slow_us * 7 + ttfb_us) / 8 : ttfb_us;
	int64_t off = ttfb_us > w->usual_us ? ttfb_us - w->usual_us : w->usual_us - ttfb_us;
	w->spread_us += (off - w->spread_us) / 32;
	bool slow = w->slow_us > w->usual_us * 2 + w->spread_us * 3 / 2 + 300000 || w->slow_us > 5000000;
	if (slow && w->concurrency > 2) {
		w->concurrency--;
		w->slow_us = w->usual_us;
		w->good = 0;
	} else if (!slow && ++w->good >= w->concurrency && w->concurrency < w->max_concurrency) {
		w->concurrency++;
		w->good = 0;
	}
}

/* Where every answer takes long, now more and now less, the many variants of a deep scan would take hours
 * and say nothing more: it goes on with those of a standard one. */
static void look_erratic(struct run *r)
{
	const struct wire *w = &r->wire;
	char zh[300], en[300];
	if (r->erratic || r->o.mode != SCAN_DEEP || w->samples < ERRATIC_SAMPLES || w->spread_us < ERRATIC_US || w->spread_us < w->usual_us / 2)
		return;
	r->erratic = true;
	snprintf(zh, sizeof(zh), "网站响应时间极不稳定（通常 %.1f 秒，相差 %.1f 秒）：其余检测按标准模式的深度进行", (double)w->usual_us / 1e6, (double)w->spread_us / 1e6);
	snprintf(en, sizeof(en), "The time of answers varies wildly (usually %.1f s, apart by %.1f s): the remaining probes go as deep as in standard mode",
		 (double)w->usual_us / 1e6, (double)w->spread_us / 1e6);
	run_log(r, zh, en);
}

/* No refusal for a while: a little faster again, up to what was asked for. */
static void recover(struct run *r)
{
	struct wire *w = &r->wire;
	if (++w->since_refused % 20 || w->rate <= 0 || w->rate == r->o.rate)
		return;
	w->rate *= 1.1;
	if (r->o.rate > 0 && w->rate > r->o.rate)
		w->rate = r->o.rate;
}

/* Seconds the server asks us to wait; 0 none. */
static int64_t retry_after(const struct http_response *h, const struct clock *clock)
{
	struct str v = str_trim(http_response_header(h, "retry-after"));
	int64_t n;
	if (str_to_i64(v, &n) == 0)
		return n < 0 ? 0 : n > WIRE_MAX_PAUSE_S ? WIRE_MAX_PAUSE_S : n;
	if (v.len && cookie_parse_date(v, &n) == 0) {
		n = (n - clock_wall_ms(clock)) / 1000;
		return n < 0 ? 0 : n > WIRE_MAX_PAUSE_S ? WIRE_MAX_PAUSE_S : n;
	}
	return 0;
}

/* 429 and busy 503: wait and try again. True when the request goes back in line. */
static bool refused(struct run *r, struct send *s, const struct http_response *h, int64_t *ret_wait_us)
{
	struct wire *w = &r->wire;
	bool asked = http_response_header(h, "retry-after").ptr != NULL;
	if (h->status != 429 && !(h->status == 503 && asked)) {
		w->refused_row = 0;
		recover(r);
		return false;
	}
	/* A limit on one kind of submission (comments, log-ins) says nothing about the rest. */
	if (!asked && !str_eq(s->q.method, STR("GET")))
		return false;
	int64_t wait = retry_after(h, r->clock);
	if (wait == 0)
		wait = 1 << (s->tries < 5 ? s->tries : 5);
	/* One refusal in many answers is a hiccup: this request waits, the others do not. */
	if (w->since_refused > 40) {
		w->since_refused = 0;
		w->concurrency -= w->concurrency > 2;
		*ret_wait_us = wait * 1000000;
		return s->tries < WIRE_TRIES && !r->stopping;
	}
	/* Answers to what was under way are one sign. */
	if (run_now_us(r) >= w->pause_until_us) {
		slow_down(w);
		if (w->rate <= 0)
			w->rate = 50;
		w->rate = w->rate > 2 ? w->rate * 0.7 : 1;
	}
	w->since_refused = 0;
	int64_t until = run_now_us(r) + wait * 1000000;
	if (until > w->pause_until_us)
		w->pause_until_us = until;
	if (++w->refused_row > WIRE_REFUSED_LIMIT) {
		run_stop(r, "target.refuses");
		return false;
	}
	return s->tries < WIRE_TRIES && !r->stopping;
}

static void finish(struct send *s, struct http_response *h)
{
	struct run *r = s->run;
	struct answer *a = s->answer;
	a->response = h;
	r->stats.bytes += h->body.len + h->head.len;
	if (!http_response_usable(h)) {
		r->stats.errors++;
		snprintf(a->error, sizeof(a->error), "%s", h->error.code[0] ? h->error.code : "http.failed");
	} else {
		exchange_fill(&a->x, a->arena, &s->q, &s->url, h);
		a->x.tls = a->x.https ? r->tls : NULL;
		leftover_sent(r, &a->x);
		if (h->status == 429)
			snprintf(a->error, sizeof(a->error), "http.refused");
	}
	s->done(s);
}

/* Nothing but failures. All workers of a small server may be held up by one request (a session's
 * lock, a page that calls itself), so a burst of failures is one sign and not many: asks one at a
 * time, ever less often, before the target counts as lost. */
static void failed(struct run *r)
{
	struct wire *w = &r->wire;
	int64_t now = run_now_us(r);
	w->failed_since_us = w->failed_row++ ? w->failed_since_us : now;
	if (w->failed_row < WIRE_DOUBT)
		return;
	w->concurrency = 1;
	if (w->in_flight > 0)
		return; /* of the same burst */
	unsigned n = ++w->failed_alone;
	int64_t pause = n * 250000;
	w->pause_until_us = now + (pause < 5000000 ? pause : 5000000);
	bool lost = n >= WIRE_LOST || (n > 2 && now - w->failed_since_us >= WIRE_LOST_US);
	if (lost && r->phase != PHASE_START)
		run_stop(r, "target.lost");
}

static void on_done(void *ctx, struct http_response *h)
{
	struct send *s = ctx;
	struct run *r = s->run;
	struct wire *w = &r->wire;
	w->in_flight--;
	bool slow = s->endpoint && s->endpoint->slow;
	w->slow_in_flight -= s->in_slow_lane;
	if (!http_response_usable(h)) {
		int64_t limit = (s->timeout_ms ? s->timeout_ms : LIMIT_HTTP_TIMEOUT_MS) * 900;
		bool hung = s->q.probe && run_now_us(r) - s->started_us >= limit; /* once more would hang once more */
		slow_down(w);
		if (!s->timed)
			failed(r);
		if (++s->tries < WIRE_TRIES && !r->stopping && !s->timed && !hung) {
			http_response_free(h);
			retry_later(s, WIRE_RETRY_US << (2 * (s->tries - 1)));
			return;
		}
	} else {
		w->failed_row = w->failed_alone = 0;
		s->tries += s->timed ? WIRE_TRIES : 1;
		int64_t wait_us = 0;
		if (refused(r, s, h, &wait_us)) {
			http_response_free(h);
			retry_later(s, wait_us);
			return;
		}
		if (s->timed) {
			finish(s, h);
			return;
		}
		int64_t took = pace_learn(r, s->endpoint, h->ttfb_us, s->in_slow_lane);
		if (!slow && !w->slow_in_flight && h->ttfb_us > 0)
			adapt(w, took);
		look_erratic(r);
	}
	finish(s, h);
}

/* Ends a send that never left. */
static void give_up(struct send *s, const char *code)
{
	snprintf(s->answer->error, sizeof(s->answer->error), "%s", code);
	s->done(s);
}

static void submit(struct run *r, struct send *s)
{
	struct http_header list[64];
	size_t n = 0;
	people_sign(r, s);
	for (size_t i = 0; i < s->q.headers_len && n < ARRAY_SIZE(list); i++)
		list[n++] = (struct http_header){ s->q.headers[i].name, s->q.headers[i].value };
	struct http_request q = { .method = s->q.method, .url = &s->url, .target = s->target, .headers = list,
				  .nheaders = n, .body = s->q.body,
				  .has_body = s->q.body.len > 0 || str_eq(s->q.method, STR("POST")),
				  .max_body = s->max_body, .timeout_ms = s->timeout_ms };
	struct error e = { 0 };
	s->started_us = run_now_us(r);
	r->stats.requests++;
	r->stats.crawl_requests += r->phase <= PHASE_CRAWL;
	if (http_submit(r->wire.client, &q, on_done, s, &e) < 0) {
		give_up(s, e.code[0] ? e.code : "http.bad-request");
		return;
	}
	r->wire.in_flight++;
	r->wire.slow_in_flight += s->in_slow_lane;
}

/* Retries whose time has come go to the end of the line. */
static int wake_later(struct run *r, int64_t now)
{
	struct wire *w = &r->wire;
	int64_t next = -1;
	for (struct send **at = &w->later; *at;) {
		struct send *s = *at;
		if (s->not_before_us <= now || r->stopping) {
			*at = s->next;
			send_queue(s);
			continue;
		}
		if (next < 0 || s->not_before_us - now < next)
			next = s->not_before_us - now;
		at = &s->next;
	}
	return next < 0 ? -1 : (int)(next / 1000) + 1;
}

static struct send *take_head(struct wire *w)
{
	struct send *s = w->head;
	w->head = s->next;
	if (!w->head)
		w->tail = &w->head;
	s->next = NULL;
	return s;
}

/* Requests of slow endpoints step aside; true when this one did. During the crawl there
 * is nothing to step aside for. */
static bool step_aside(struct run *r, struct send *s)
{
	struct wire *w = &r->wire;
	if (w->alone)
		return false;
	if (!s->endpoint)
		s->endpoint = pace_of(r, s->q.method, s->q.url);
	s->in_slow_lane = r->phase == PHASE_ATTACK && s->endpoint && s->endpoint->slow;
	if (!s->in_slow_lane)
		return false;
	*w->slow_tail = s;
	w->slow_tail = &s->next;
	return true;
}

/* Whoever asks alone must not wait behind those who wait for it. */
static void bring_forward(struct wire *w)
{
	for (struct send **at = &w->head; w->alone && *at; at = &(*at)->next) {
		struct send *s = *at;
		if (s->owner != w->alone)
			continue;
		if (at == &w->head)
			return;
		*at = s->next;
		if (!s->next)
			w->tail = at;
		s->next = w->head;
		w->head = s;
		return;
	}
}

static struct send *take_slow(struct wire *w)
{
	struct send *s = w->slow;
	w->slow = s->next;
	if (!w->slow)
		w->slow_tail = &w->slow;
	s->next = NULL;
	return s;
}

static void refill(struct wire *w, int64_t now)
{
	if (w->rate > 0) {
		w->tokens += (double)(now - w->refill_us) * w->rate / 1e6;
		double most = w->rate / 20 < 1 ? 1 : w->rate / 20;
		w->tokens = w->tokens > most ? most : w->tokens;
	}
	w->refill_us = now;
}

bool wire_turn(struct probe *p)
{
	struct run *r = p->run;
	struct wire *w = &r->wire;
	for (;;) {
		int64_t now = run_now_us(r);
		if (r->stopping)
			return false;
		if (r->o.max_requests && r->stats.requests + r->requests_before >= r->o.max_requests) {
			run_stop(r, "limit.requests");
			return false;
		}
		refill(w, now);
		if ((!w->alone || w->alone == p) && now >= w->pause_until_us && w->in_flight + w->others < w->concurrency &&
		    (w->rate <= 0 || w->tokens >= 1))
			break;
		probe_sleep(p, WIRE_TURN_MS);
	}
	w->tokens -= 1;
	w->others++;
	r->stats.requests++;
	return true;
}

void wire_turn_over(struct probe *p)
{
	p->run->wire.others--;
}

static int fiber_wait(void *ctx, int fd, short events, int64_t until_ms)
{
	struct probe *p = ctx;
	struct pollfd f = { .fd = fd, .events = events };
	while (poll(&f, 1, 0) < 1) {
		if (p->run->stopping || clock_mono_ms(&clock_system) >= until_ms)
			return -1;
		probe_sleep(p, WIRE_TURN_MS);
	}
	return 0;
}

static bool fiber_turn(void *ctx)
{
	return wire_turn(ctx);
}

static void fiber_done(void *ctx)
{
	wire_turn_over(ctx);
}

struct net_waiter wire_waiter(struct probe *p)
{
	return (struct net_waiter){ fiber_wait, fiber_turn, fiber_done, p };
}

int wire_dispatch(struct run *r)
{
	struct wire *w = &r->wire;
	int64_t now = run_now_us(r);
	int wait = wake_later(r, now);
	while (r->stopping && w->head)
		give_up(take_head(w), "scan.stopped");
	while (r->stopping && w->slow)
		give_up(take_slow(w), "scan.stopped");
	refill(w, now);
	bring_forward(w);
	while (!w->slow_in_flight) { /* a slow one is truly alone: what it takes is its own */
		if (w->alone && (!w->head || w->head->owner != w->alone || w->in_flight > 0))
			break;
		bool slow = !w->head && w->slow && w->in_flight == 0;
		if (!slow && (!w->head || w->in_flight + w->others >= w->concurrency))
			break;
		if (now < w->pause_until_us)
			return (int)((w->pause_until_us - now) / 1000) + 1;
		if (w->rate > 0 && w->tokens < 1) {
			int ms = (int)((1 - w->tokens) * 1000 / w->rate) + 1;
			return wait >= 0 && wait < ms ? wait : ms;
		}
		if (r->o.max_requests && r->stats.requests + r->requests_before >= r->o.max_requests) {
			run_stop(r, "limit.requests");
			return 0;
		}
		struct send *s = slow ? take_slow(w) : take_head(w);
		if (!slow && step_aside(r, s))
			continue;
		w->tokens -= 1;
		submit(r, s);
	}
	return wait;
}
