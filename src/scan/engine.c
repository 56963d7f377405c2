/* scan_run(): one thread, one loop. Crawl first, then the active checks over what was
 * found; so the order of decisions does not depend on timing. Everything that
 * matters goes to the journal before the next thing is begun. */
#include <poll.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net/connector.h"
#include "net/cookie.h"
#include "net/tlsfacts.h"
#include "net/waiter.h"
#include "scan/aside.h"
#include "scan/jslib.h"
#include "scan/literals.h"
#include "scan/scan_private.h"
#include "scan/template/run.h"

#define RUN_TICK_US 200000
#define TLS_LOOK_MS 50
#define RUN_FLUSH_BYTES (256 * KIB)

/* ---- small services ---- */

int64_t run_now_us(const struct run *r)
{
	return clock_mono_us(r->clock);
}

double run_seconds(const struct run *r)
{
	return r->seconds_before + (double)(run_now_us(r) - r->begun_us) / 1e6;
}

void run_stop(struct run *r, const char *reason)
{
	if (r->stopping)
		return;
	r->stopping = true;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

void run_note_limit(struct run *r, const char *reason)
{
	if (!r->limit_noted)
		snprintf(r->reason, sizeof(r->reason), "%s", reason);
	r->limit_noted = true;
}

void run_journal(struct run *r, const char *kind, struct str key, struct str bytes)
{
	if (!r->state || !r->state->append || r->replaying)
		return;
	if (r->state->append(r->state->ctx, str_c(kind), key, bytes, &r->state_error) < 0)
		run_stop(r, "journal.failed");
}

void run_flush(struct run *r)
{
	if (r->state && r->state->flush && r->state->flush(r->state->ctx, &r->state_error) < 0)
		run_stop(r, "journal.failed");
}

int run_put_aside(struct run *r, struct str bytes, uint64_t *ret_at)
{
	int n = 0;
	if (r->state && r->state->put_aside)
		n = r->state->put_aside(r->state->ctx, bytes, ret_at, &r->state_error);
	else if (!r->aside)
		n = aside_open(&r->aside, &r->state_error);
	if (n == 0 && r->aside)
		n = aside_put(r->aside, bytes, ret_at, &r->state_error);
	if (n < 0)
		run_stop(r, "journal.failed");
	return n;
}

int run_get_aside(struct run *r, uint64_t at, size_t len, struct buf *b)
{
	int n = r->aside ? aside_get(r->aside, at, len, b, &r->state_error) :
			   r->state->get_aside(r->state->ctx, at, len, b, &r->state_error);
	if (n < 0)
		run_stop(r, "journal.failed");
	return n;
}

void run_put_stats(const struct run *r, struct buf *b)
{
	buf_u64(b, r->stats.requests + r->requests_before);
	buf_u64(b, r->stats.bytes + r->bytes_before);
	buf_u64(b, (uint64_t)(run_seconds(r) * 1000));
}

int run_take_stats(struct run *r, struct reader *rd)
{
	uint64_t requests, bytes, ms;
	if (reader_u64(rd, &requests) < 0 || reader_u64(rd, &bytes) < 0 || reader_u64(rd, &ms) < 0)
		return -1;
	r->requests_before = requests;
	r->bytes_before = bytes;
	r->seconds_before = (double)ms / 1000;
	return 0;
}

void run_log(struct run *r, const char *zh, const char *en)
{
	if (r->events->log)
		r->events->log(r->events->ctx, str_c(zh), str_c(en));
}

void run_doing(struct run *r, const char *zh, const char *en, struct str what)
{
	struct str w = utf8_truncate(what, 110);
	snprintf(r->doing_zh, sizeof(r->doing_zh), "%s %.*s", zh, STR_ARG(w));
	snprintf(r->doing_en, sizeof(r->doing_en), "%s %.*s", en, STR_ARG(w));
}

struct scan_check_stat *run_check_stat(struct run *r, const struct scan_check *c)
{
	for (size_t i = 0; scan_checks[i]; i++)
		if (scan_checks[i] == c)
			return &r->checks[i];
	if (str_starts(str_c(c->id), STR("template:")))
		return run_check_stat(r, scan_check_find(str_c(c->id)));
	check(!"a check that is not in the list");
	return NULL;
}

/* ---- progress and limits ---- */

/* One scale for the whole scan: pages and checks of inputs. While crawling, what was found so
 * far already means checks to come; so the end does not seem near before they were counted. */
static void compute_basis(struct run *r, struct scan_progress *p)
{
	uint64_t checks = r->phase <= PHASE_CRAWL ? attack_expected(r) : r->attack.weight_total, queue = 0;
	p->done = r->stats.pages + r->attack.weight_done;
	if (r->phase <= PHASE_CRAWL) {
		queue = frontier_len(r) + crawl_under_way(r);
		if (r->stats.pages + queue > r->o.max_pages)
			queue = r->o.max_pages > r->stats.pages ? r->o.max_pages - r->stats.pages : 0;
	}
	p->remaining = queue + (checks > r->attack.weight_done ? checks - r->attack.weight_done : 0);
	/* links keep turning up while crawling */
	unsigned more = r->phase <= PHASE_CRAWL ? 10 : 1;
	unsigned basis = (unsigned)(9900.0 * (double)p->done / (double)(p->done + p->remaining + more));
	if (basis > r->basis)
		r->basis = basis > 9990 ? 9990 : basis;
	p->basis = r->basis;
}

static void fill_stats(struct run *r, struct scan_stats *s)
{
	*s = r->stats;
	s->requests += r->requests_before;
	s->bytes += r->bytes_before;
	s->seconds = run_seconds(r);
}

static void check_states(struct run *r)
{
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *c = scan_checks[i];
		unsigned modes = c->modes ? c->modes : SCAN_ALL_MODES;
		struct scan_check_stat *s = &r->checks[i];
		s->state = s->tasks && s->skipped	      ? "slow"
			   : s->tasks			      ? "ran"
			   : attack_check_wanted(r, c)	      ? "not-reached"
			   : (modes & r->o.mode) == 0 && !r->o.only_checks_len ? "mode"
			   : ((c->flags & SCAN_INTRUSIVE) && !r->o.intrusive) ||
				     ((c->flags & SCAN_TRIES_LOGINS) && !r->o.try_logins) ? "intrusive"
							      : "excluded";
	}
}

static void send_progress(struct run *r, bool final)
{
	struct scan_progress p = { .doing_zh = r->doing_zh, .doing_en = r->doing_en };
	compute_basis(r, &p);
	if (final)
		p.basis = r->basis = 10000;
	fill_stats(r, &p.stats);
	memcpy(p.counts, r->counts, sizeof(p.counts));
	check_states(r);
	p.checks = r->checks;
	p.checks_len = scan_checks_count();
	if (r->events->progress)
		r->events->progress(r->events->ctx, &p);
}

void run_tick(struct run *r)
{
	int64_t now = run_now_us(r);
	if (now < r->next_tick_us)
		return;
	r->next_tick_us = now + RUN_TICK_US;
	if (r->events->should_stop) {
		enum scan_verdict v = r->events->should_stop(r->events->ctx);
		if (v != SCAN_GO)
			run_stop(r, v == SCAN_PAUSE ? "paused" : "stopped");
	}
	if (r->o.max_seconds && run_seconds(r) > r->o.max_seconds)
		run_stop(r, "limit.seconds");
	if (r->o.max_bytes && r->stats.bytes + r->bytes_before > r->o.max_bytes)
		run_stop(r, "limit.bytes");
	oob_tick(r);
	if (!r->stopping)
		send_progress(r, false);
}

/* ---- building and freeing ---- */

static int compile_excludes(struct run *r, struct error *e)
{
	for (size_t i = 0; i < r->o.excludes_len; i++) {
		int code;
		size_t at;
		struct str re = r->o.excludes[i];
		pcre2_code *c = pcre2_compile((PCRE2_SPTR)re.ptr, re.len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at,
					      NULL);
		if (!c)
			return error_set(e, "scan.bad-exclude", "排除规则有误。", "An exclude pattern is wrong.");
		*vec_push(&r->excludes) = c;
	}
	return 0;
}

static int build_scope(struct run *r, struct error *e)
{
	if (url_parse(r->arena, r->o.target, NULL, 0, &r->target, e) < 0)
		return -1;
	r->o.target = url_text(r->arena, &r->target, URL_NO_FRAGMENT | URL_NO_USERINFO);
	*vec_push(&r->scope) = r->target;
	for (size_t i = 0; i < r->o.origins_len; i++) {
		struct url u;
		if (url_parse(r->arena, r->o.origins[i], NULL, 0, &u, e) < 0)
			return -1;
		*vec_push(&r->scope) = u;
	}
	return 0;
}

static struct scan_ctx *ctx_new(struct run *r)
{
	struct scan_ctx *c = mem_alloc(sizeof(*c));
	struct buf b;
	buf_init(&b, 4 * KIB);
	url_write_origin(&b, &r->target);
	c->run = r;
	c->arena = arena_new(32 * MIB);
	c->origin = arena_str(r->arena, buf_view(&b));
	c->mode = r->o.mode;
	buf_free(&b);
	return c;
}

/* One pass for the fixed strings of all checks and of all fingerprints. */
static struct literals *all_literals(const struct run *r)
{
	size_t n = scan_checks_count();
	_cleanup_free_ const struct scan_check **list = mem_array(n + 2, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = scan_checks[i];
	list[n] = technologies_check(r);
	return literals_new(list);
}

static int run_new(const struct scan_options *o, struct net_connector *connector, const struct scan_state *state,
		   const struct scan_events *events, struct run **ret, struct error *e)
{
	struct run *r = mem_alloc(sizeof(*r));
	struct buf b;
	*ret = r;
	r->magic = RUN_MAGIC;
	r->arena = arena_new(512 * MIB);
	r->connector = connector;
	r->state = state;
	r->events = events;
	r->clock = &clock_system;
	buf_init(&b, 4 * MIB);
	scan_options_encode(o, &b);
	int ok = scan_options_decode(buf_view(&b), r->arena, &r->o, e);
	buf_free(&b);
	if (ok < 0 || scan_options_complete(&r->o, e) < 0 || build_scope(r, e) < 0 || compile_excludes(r, e) < 0)
		return -1;
	r->begun_us = run_now_us(r);
	r->begun_ms = clock_wall_ms(r->clock);
	r->seed = str_hash(r->o.target) * 31 + (uint64_t)r->o.mode; /* two scans of the same site send the same */
	people_init(r);
	r->soft404 = map_new();
	r->aliases = seen_new();
	r->guesses = map_new();
	r->endpoints = map_new();
	r->cache = map_new();
	r->findings = map_new();
	r->left = map_new();
	r->posted = map_new();
	r->done = seen_new();
	r->attack.kinds = map_new();
	r->attack.vary = map_new();
	r->attack.dirs = map_new();
	r->attack.files = map_new();
	r->attack.routes = map_new();
	r->attack.tags = map_new();
	r->attack.once = map_new();
	r->attack.alike = map_new();
	r->fibers = fiber_pool_new();
	r->o.fingerprints = o->fingerprints; /* too large for the JSON form: borrowed */
	r->o.fingerprints_len = o->fingerprints_len;
	r->o.known = o->known;
	r->o.known_len = o->known_len;
	known_start(r);
	technologies_start(r);
	r->o.templates = o->templates;
	r->o.templates_len = o->templates_len;
	templates_start(r);
	r->o.templates = NULL;
	r->o.templates_len = 0;
	if (events->templates_loaded)
		events->templates_loaded(events->ctx);
	r->literals = all_literals(r);
	r->checks = mem_array(scan_checks_count() + 1, sizeof(*r->checks));
	for (size_t i = 0; scan_checks[i]; i++)
		r->checks[i].check = scan_checks[i];
	r->ctx = ctx_new(r);
	frontier_init(r);
	if (events->browser && scan_options_browser(&r->o))
		browsing_start(r);
	oob_init(r);
	crawl_start(r);
	wire_init(r);
	return http_client_new(&(struct http_client_options){ .connector = connector,
							       .max_parallel = r->o.concurrency,
							       .max_body = 2 * MIB,
							       .verify_tls = false },
			       &r->wire.client, e);
}

static void free_answer(void *p)
{
	answer_unref(p);
}

static void run_free(struct run *r)
{
	wire_free(r);
	crawl_free(r);
	if (r->attack.kinds)
		attack_free(r);
	shapes_free(r);
	menus_free(r);
	frontier_free(r);
	aside_close(r->aside);
	browsing_free(r);
	session_free(r);
	oob_free(r);
	if (r->cache)
		map_free_values(r->cache, free_answer);
	if (r->endpoints)
		map_free_values(r->endpoints, free);
	if (r->soft404)
		map_free_values(r->soft404, free);
	seen_free(r->aliases);
	if (r->guesses)
		map_free_values(r->guesses, free);
	findings_free(r);
	leftovers_free(r);
	seen_free(r->done);
	fiber_pool_free(r->fibers);
	literals_free(r->literals);
	technologies_free(r);
	known_free(r);
	templates_free(r);
	people_free(r);
	for (size_t i = 0; i < r->excludes.len; i++)
		pcre2_code_free(r->excludes.ptr[i]);
	vec_free(&r->excludes);
	vec_free(&r->scope);
	if (r->ctx) {
		jslib_free(r->ctx->jslib);
		arena_free(r->ctx->arena);
	}
	free(r->ctx);
	free(r->checks);
	arena_free(r->arena);
	r->magic = 0;
	free(r);
}

/* ---- journal ---- */

static int replay_meta(struct run *r, struct str bytes)
{
	struct reader rd = reader_of(bytes);
	struct str target;
	uint64_t started, seed;
	uint32_t mode;
	if (reader_blob(&rd, &target) < 0 || reader_u32(&rd, &mode) < 0 || reader_u64(&rd, &started) < 0 ||
	    reader_u64(&rd, &seed) < 0)
		return -1;
	if (!str_eq(target, r->o.target) || mode != (uint32_t)r->o.mode) {
		error_set(&r->state_error, "scan.resume-mismatch", "续扫文件属于另一个目标或模式（%.*s）。",
			  "The resume file belongs to another target or mode (%.*s).", STR_ARG(target));
		return -1;
	}
	r->begun_ms = (int64_t)started;
	r->seed = seed;
	r->resumed = true;
	return 0;
}

static int replay_one(void *arg, struct str kind, struct str key, struct str bytes)
{
	struct run *r = arg;
	struct reader rd = reader_of(bytes);
	if (str_eq(kind, STR("meta")))
		return replay_meta(r, bytes);
	if (str_eq(kind, STR("push"))) {
		struct spec *s = spec_decode(bytes);
		if (s)
			frontier_push(r, s);
		free(s);
	} else if (str_eq(kind, STR("page"))) {
		crawl_replayed(r, key, bytes);
	} else if (str_eq(kind, STR("find")) || str_eq(kind, STR("more"))) {
		finding_replayed(r, kind, key, bytes);
	} else if (str_eq(kind, STR("target")) || str_eq(kind, STR("dir")) || str_eq(kind, STR("file")) ||
		   str_eq(kind, STR("route"))) {
		attack_replayed(r, kind, key, bytes);
	} else if (str_eq(kind, STR("soft404"))) {
		soft404_replayed(r, key, bytes);
	} else if (str_eq(kind, STR("tech"))) {
		technologies_replayed(r, key, bytes);
	} else if (str_eq(kind, STR("held"))) {
		templates_replayed(r, key, bytes);
	} else if (str_eq(kind, STR("browsed"))) {
		browsing_replayed(r, key);
	} else if (str_eq(kind, STR("jar"))) {
		cookie_jar_load(r->people[AS_FIRST].jar, bytes);
	} else if (str_eq(kind, STR("oob")) || str_eq(kind, STR("expect"))) {
		oob_replayed(r, kind, key, bytes);
	} else if (str_eq(kind, STR("left"))) {
		leftover_replayed(r, key, bytes);
	} else if (str_eq(kind, STR("tag"))) {
		tags_replayed(r, key, bytes);
	} else if (str_eq(kind, STR("crawled"))) {
		r->crawl_done_before = true;
	} else if (str_eq(kind, STR("done"))) {
		seen_add(r->done, key);
		run_take_stats(r, &rd);
	}
	return 0;
}

static int restore(struct run *r, struct error *e)
{
	if (r->state && r->state->replay) {
		r->replaying = true;
		int n = r->state->replay(r->state->ctx, replay_one, r, &r->state_error);
		r->replaying = false;
		r->begun_us = run_now_us(r);
		if (n < 0) {
			*e = r->state_error;
			return -1;
		}
	}
	if (r->resumed)
		return 0;
	struct buf b;
	buf_init(&b, 16 * KIB);
	buf_blob(&b, r->o.target);
	buf_u32(&b, (uint32_t)r->o.mode);
	buf_u64(&b, (uint64_t)r->begun_ms);
	buf_u64(&b, r->seed);
	run_journal(r, "meta", STR(""), buf_view(&b));
	buf_free(&b);
	return 0;
}

/* ---- phases ---- */

static void push_seed(struct run *r, struct str url, enum scan_link_kind kind)
{
	struct url u;
	if (url_parse(r->arena, url, &r->target, 0, &u, NULL) < 0)
		return;
	frontier_push(r, &(struct spec){ .method = STR("GET"),
					 .url = url_text(r->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO),
					 .kind = kind });
}

static bool direct_retest(const struct run *r)
{
	for (size_t i = 0; i < r->o.retest_len; i++)
		if (!str_eq(r->o.retest[i].method, STR("GET")))
			return false;
	return r->o.retest_len > 0;
}

static void first_seeds(struct run *r)
{
	push_seed(r, r->o.target, LINK_SEED);
	for (size_t i = 0; i < r->o.seeds_len; i++)
		push_seed(r, r->o.seeds[i], LINK_SEED);
	/* Nothing public need link to what only a logged-in person sees. */
	if (session_landed(r).len && !r->o.retest_len)
		push_seed(r, session_landed(r), LINK_SEED);
	if (session_landed(r).len && r->o.login.check_url.len && !r->o.retest_len)
		push_seed(r, r->o.login.check_url, LINK_SEED);
	for (size_t i = 0; i < r->o.retest_len; i++)
		push_seed(r, r->o.retest[i].url, LINK_SEED);
	for (size_t i = 0; i < r->o.apis_len; i++)
		if (crawl_api(r, r->o.apis[i], &r->target, 1) == 0)
			run_log(r, "交来的接口文档中没有可用的请求。", "The interface document that was handed over gave no request.");
	if (direct_retest(r) || r->o.templates_only)
		r->o.max_depth = 0;
}

/* The first answer: is anybody there? Then what stands beside every site. */
void run_started(struct run *r, struct answer *a)
{
	r->phase = PHASE_CRAWL;
	if (a->error[0]) {
		r->start_failed = true;
		snprintf(r->start_error, sizeof(r->start_error), "%s", a->error);
		if (a->response)
			r->start_cause = a->response->error;
		run_stop(r, "target.unreachable");
		return;
	}
	a->x.tls = r->tls;
	passive_host(r, &a->x);
	struct str to = scan_header_get(&a->x.headers, "location");
	struct url u;
	if (to.len && url_parse(a->arena, to, &a->url, 0, &u, NULL) == 0 && !run_in_scope(r, &u))
		run_log(r, "目标跳转到范围之外的地址，只扫描原地址；如需扫描请改用跳转后的网址。",
			"The target redirects out of scope; scan the address it points to instead.");
	if (r->o.max_depth > 0) {
		push_seed(r, STR("/robots.txt"), LINK_ROBOTS);
		push_seed(r, STR("/sitemap.xml"), LINK_SITEMAP);
		if (r->o.mode != SCAN_QUICK)
			crawl_api_seeds(r);
	}
}

/* A slow or silent server takes a minute of handshakes: orders to stop are heard meanwhile. */
static int tls_wait(void *ctx, int fd, short events, int64_t until_ms)
{
	struct run *r = ctx;
	struct pollfd p = { .fd = fd, .events = events };
	while (poll(&p, 1, TLS_LOOK_MS) < 1) {
		run_tick(r);
		if (r->stopping || clock_mono_ms(&clock_system) >= until_ms)
			return -1;
	}
	return 0;
}

static bool tls_turn(void *ctx)
{
	return !((struct run *)ctx)->stopping;
}

static void get_tls_facts(struct run *r)
{
	struct net_waiter w = { .wait = tls_wait, .turn = tls_turn, .ctx = r };
	if (!url_is_https(&r->target))
		return;
	struct tls_facts *f = arena_new_of(r->arena, struct tls_facts);
	if (tls_facts_get_with(&w, r->connector, r->target.host, r->target.port, true, clock_wall_ms(r->clock), r->arena, f,
			       NULL) == 0)
		r->tls = f;
}

static void finish_crawl(struct run *r)
{
	run_journal(r, "crawled", STR(""), STR(""));
	run_flush(r);
	r->phase = PHASE_ATTACK;
	technologies_tell(r);
	attack_prepare(r);
}

/* One round of the loop. False at the end. */
static bool turn(struct run *r)
{
	bool more, ready;
	session_turn(r);
	if (r->phase <= PHASE_CRAWL) {
		more = crawl_turn(r);
		more = browsing_turn(r, !more) || more;
		if (!more && !r->stopping) {
			session_settle(r);
			if (r->frontier.len && !r->stopping)
				return true; /* pages that a lost session hid */
			finish_crawl(r);
			return true;
		}
		ready = crawl_ready(r);
	} else {
		more = attack_turn(r);
		if (!more && !r->stopping) {
			session_settle(r);
			more = r->attack.again.len > 0;
		}
		ready = attack_ready(r);
	}
	run_tick(r);
	if (r->stopping)
		return false;
	int wait = wire_dispatch(r);
	if (wait < 0 || wait > 100)
		wait = 100;
	if (browsing_under_way(r) && wait > 10)
		wait = 10;
	int wake = attack_wake_ms(r);
	if (wake >= 0 && wake < wait)
		wait = wake;
	if (more && !ready && r->wire.in_flight == 0 && http_client_pending(r->wire.client) == 0)
		r->clock->sleep_ms(r->clock, wait < 50 ? wait : 50); /* a pause that the server asked for */
	else if (more)
		http_client_run(r->wire.client, ready ? 0 : wait);
	return more;
}

/* Ends what is under way: every fiber sees its request fail and returns. */
static void wind_down(struct run *r)
{
	r->stopping = true;
	for (int i = 0; i < 1000; i++) {
		http_client_cancel(r->wire.client);
		wire_dispatch(r);
		if (r->phase == PHASE_ATTACK)
			attack_turn(r);
		if (r->attack.probes.len == 0 && wire_idle(r))
			break;
	}
}

static const struct {
	const char *reason, *zh, *en;
} reasons[] = {
	{ "done", "扫描已完成。", "The scan is complete." },
	{ "limit.pages", "达到页面数上限，其余页面未扫描。", "The limit of pages was reached; the rest was not scanned." },
	{ "limit.seconds", "达到时间上限。", "The time limit was reached." },
	{ "limit.requests", "达到请求数上限。", "The limit of requests was reached." },
	{ "limit.bytes", "达到流量上限。", "The limit of bytes was reached." },
	{ "stopped", "扫描被停止。", "The scan was stopped." },
	{ "paused", "扫描已暂停。", "The scan is paused." },
	{ "target.lost", "目标不再响应，扫描提前结束。", "The target no longer answers; the scan ended early." },
	{ "target.refuses", "目标持续拒绝请求（429/503），扫描提前结束。",
	  "The target keeps refusing requests (429/503); the scan ended early." },
	{ "session.lost", "会话失效且无法重新登录，扫描提前结束。",
	  "The session was lost and logging in again failed; the scan ended early." },
	{ "journal.failed", "无法写入扫描记录，扫描提前结束。", "The journal cannot be written; the scan ended early." },
};

static void summarize(struct run *r, struct scan_summary *s)
{
	memset(s, 0, sizeof(*s));
	s->complete = !r->stopping && !r->limit_noted;
	snprintf(s->reason, sizeof(s->reason), "%s", r->reason[0] ? r->reason : "done");
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strcmp(reasons[i].reason, s->reason) == 0) {
			snprintf(s->reason_zh, sizeof(s->reason_zh), "%s", reasons[i].zh);
			snprintf(s->reason_en, sizeof(s->reason_en), "%s", reasons[i].en);
		}
	fill_stats(r, &s->stats);
	memcpy(s->counts, r->counts, sizeof(s->counts));
	s->started_ms = r->begun_ms;
	s->finished_ms = clock_wall_ms(r->clock);
	browsing_end(r);
	check_states(r);
	s->checks = take_ptr(r->checks);
	s->checks_len = scan_checks_count();
}

static int unreachable(struct run *r, struct error *e)
{
	const struct error *c = &r->start_cause;
	const char *code = r->start_error[0] ? r->start_error : NULL;
	const char *zh = c->zh[0] ? c->zh : code ? code : "没有响应";
	const char *en = c->en[0] ? c->en : code ? code : "no answer";
	struct str target = str_sub(r->o.target, 0, 100);

	error_set(e, "scan.unreachable", "无法访问目标 %.*s：%.150s", "%.*s%.150s", STR_ARG(target), zh);
	if (e) /* each language names the cause in its own words */
		snprintf(e->en, sizeof(e->en), "The target %.*s cannot be reached: %.150s", STR_ARG(target), en);
	return -1;
}

int scan_run(const struct scan_options *o, struct net_connector *connector, const struct scan_state *state,
	     const struct scan_events *events, struct scan_summary *ret, struct error *e)
{
	static const struct scan_events nobody;
	struct run *r;
	int result = run_new(o, connector, state, events ? events : &nobody, &r, e);
	if (result == 0)
		result = restore(r, e);
	if (result < 0) {
		run_free(r);
		return -1;
	}
	get_tls_facts(r);
	if (r->o.login_only ? login_test(r, e) < 0 : session_begin(r, e) < 0) {
		wind_down(r);
		run_free(r);
		return -1;
	}
	if (r->o.login_only) {
		summarize(r, ret);
		wind_down(r);
		run_free(r);
		return 0;
	}
	if (r->crawl_done_before) {
		r->phase = PHASE_ATTACK;
		attack_prepare(r);
	} else if (r->resumed && r->stats.pages > 0) {
		r->phase = PHASE_CRAWL;
	} else {
		first_seeds(r);
		crawl_outside(r);
	}
	while (turn(r))
		;
	while (!r->stopping && oob_waiting(r)) { /* what was sent last may still be heard of */
		r->clock->sleep_ms(r->clock, 100);
		run_tick(r);
	}
	bool natural = !r->stopping;
	wind_down(r);
	r->stopping = !natural;
	templates_end(r);
	leftovers_tell(r);
	finding_flush_counts(r);
	technologies_tell(r);
	run_flush(r);
	if (r->start_failed) {
		result = unreachable(r, e);
	} else {
		if (natural)
			run_doing(r, "扫描完成", "done", STR(""));
		r->phase = PHASE_END;
		send_progress(r, natural);
		summarize(r, ret);
	}
	run_free(r);
	return result;
}

void scan_summary_free(struct scan_summary *s)
{
	free(s->checks);
	s->checks = NULL;
}
