/* An engine that hangs: the keeper ends it, and what it had said stays. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/test.h"
#include "net/connector.h"
#include "scan/asset/asset.h"
#include "scan/jail_private.h"

static void say_progress(int chan, uint64_t requests)
{
	struct buf b;
	struct scan_stats s = { .requests = requests, .pages = 3 };
	buf_init(&b, 4 * KIB);
	buf_u32(&b, 1234);
	buf_blob(&b, STR("正在检测"));
	buf_blob(&b, STR("probing"));
	buf_u64(&b, 1);
	buf_u64(&b, 2);
	jail_put_stats(&b, &s);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		buf_u64(&b, i == SEVERITY_HIGH ? 2 : 0);
	buf_u32(&b, 0); /* checks: not told this time */
	os_frame_send(chan, FRAME_PROGRESS, buf_view(&b), 1000, NULL);
	buf_free(&b);
}

/* In place of the engine: says how far it is, once or for ever, and never ends by itself. */
static int hang(int chan, const int *fds, size_t nfds, struct str arg)
{
	struct buf b;
	uint32_t type = 0;
	struct arena *a = arena_new(4 * MIB);
	struct scan_options o = { 0 };
	buf_init(&b, LIMIT_JAIL_FRAME);
	while (type != FRAME_GO) {
		buf_clear(&b);
		if (os_frame_recv(chan, LIMIT_JAIL_FRAME, 5000, &type, &b, NULL) <= 0)
			return 1;
		if (type == FRAME_OPTIONS && scan_options_decode(buf_view(&b), a, &o, NULL) < 0)
			return 1;
	}
	os_frame_send(chan, FRAME_MORE, STR(""), 1000, NULL);
	say_progress(chan, 7);
	for (;;) {
		clock_system.sleep_ms(&clock_system, 20);
		if (o.mode == SCAN_DEEP) /* busy, but deaf */
			say_progress(chan, 8);
	}
}

/* In place of the asset engine: takes its orders and is never heard of. */
static int hang_silently(int chan, const int *fds, size_t nfds, struct str arg)
{
	struct buf b;
	uint32_t type;
	buf_init(&b, 1 * MIB);
	if (os_frame_recv(chan, 1 * MIB, 5000, &type, &b, NULL) <= 0)
		return 1;
	for (;;)
		clock_system.sleep_ms(&clock_system, 1000);
}

static const struct os_jail_kind silent_kind = { .name = "asset", .main = hang_silently, .max_memory = 64 * MIB, .max_cpu_s = 20, .max_files = 32 };
static const struct os_jail_kind kind = { .name = "scan", .main = hang, .max_memory = 64 * MIB, .max_cpu_s = 20, .max_files = 32 };
static const struct os_jail_kind *const kinds[] = { &kind, &silent_kind, NULL };
static struct os_spawner *spawner;

static void on_finding(void *ctx, const struct scan_finding *f)
{
}

struct heard {
	int64_t from, stop_after;
	unsigned progress;
	enum scan_verdict verdict;
};

static void on_progress(void *ctx, const struct scan_progress *p)
{
	((struct heard *)ctx)->progress++;
}

static enum scan_verdict on_stop(void *ctx)
{
	struct heard *h = ctx;
	return h->stop_after && clock_mono_ms(&clock_system) - h->from > h->stop_after ? h->verdict : SCAN_GO;
}

static int64_t run(struct heard *h, enum scan_mode mode, unsigned max_seconds, const struct scan_jail_limits *limits, struct scan_summary *s)
{
	struct error e = { 0 };
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	struct scan_options o = { .target = STR("http://127.0.0.1:9/"), .mode = mode, .max_seconds = max_seconds };
	struct scan_events ev = { .ctx = h, .finding = on_finding, .progress = on_progress, .should_stop = on_stop };
	h->from = clock_mono_ms(&clock_system);
	assert_ok(scan_options_complete(&o, &e));
	o.max_seconds = max_seconds;
	if (scan_run_jailed_within(limits, spawner, policy, &o, NULL, &ev, s, &e) < 0)
		fail_msg("%s", e.en);
	return clock_mono_ms(&clock_system) - h->from;
}

static void silent_child(void **state)
{
	struct heard h = { 0 };
	struct scan_summary s = { 0 };
	int64_t took = run(&h, SCAN_STANDARD, 600, &(struct scan_jail_limits){ 500, 500, 500 }, &s);
	assert_in_range(took, 500, 4000);
	assert_false(s.complete);
	assert_string_equal(s.reason, "engine.crashed");
	assert_true(s.reason_zh[0] && s.reason_en[0]);
	assert_int_equal(s.stats.requests, 7); /* what it had said */
	assert_int_equal(s.counts[SEVERITY_HIGH], 2);
	scan_summary_free(&s);
}

static void deaf_child(void **state)
{
	struct heard h = { .stop_after = 200, .verdict = SCAN_PAUSE };
	struct scan_summary s = { 0 };
	int64_t took = run(&h, SCAN_DEEP, 600, &(struct scan_jail_limits){ 60000, 400, 60000 }, &s);
	assert_in_range(took, 600, 4000);
	assert_string_equal(s.reason, "paused");
	assert_int_equal(s.stats.requests, 8);
	scan_summary_free(&s);
}

/* It forgets its time limit: it is asked to stop, then ended. */
static void late_child(void **state)
{
	struct heard h = { 0 };
	struct scan_summary s = { 0 };
	int64_t took = run(&h, SCAN_DEEP, 1, &(struct scan_jail_limits){ 60000, 300, 100 }, &s);
	assert_in_range(took, 1300, 5000);
	assert_string_equal(s.reason, "limit.seconds");
	assert_false(s.complete);
	scan_summary_free(&s);
}

static int run_assets(struct heard *h, unsigned max_seconds, const struct scan_jail_limits *limits, struct asset_summary *s, struct error *e)
{
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	struct asset_options o = { .host = STR("127.0.0.1"), .max_seconds = max_seconds };
	struct asset_events ev = { .ctx = h, .should_stop = on_stop };
	h->from = clock_mono_ms(&clock_system);
	int r = asset_run_jailed_within(limits, spawner, policy, &o, &ev, s, e);
	assert_in_range(clock_mono_ms(&clock_system) - h->from, 300, 4000);
	return r;
}

static void silent_asset_child(void **state)
{
	struct heard h = { 0 };
	struct error e = { 0 };
	struct asset_summary s = { .complete = true };
	assert_int_equal(run_assets(&h, 600, &(struct scan_jail_limits){ 400, 500, 500 }, &s, &e), -1);
	assert_string_equal(e.code, "asset.engine-hung");
	/* past its time: asked to stop, then ended; told to stop: the same */
	assert_ok(run_assets(&h, 1, &(struct scan_jail_limits){ 60000, 300, 100 }, &s, &e));
	assert_false(s.complete);
	s.complete = true;
	h = (struct heard){ .stop_after = 100, .verdict = SCAN_CANCEL };
	assert_ok(run_assets(&h, 600, &(struct scan_jail_limits){ 60000, 300, 60000 }, &s, &e));
	assert_false(s.complete);
}

int main(void)
{
	struct error e = { 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_child),
		cmocka_unit_test(deaf_child),
		cmocka_unit_test(late_child),
		cmocka_unit_test(silent_asset_child),
	};
	if (os_spawner_start(kinds, &spawner, &e) < 0) {
		print_error("%s\n", e.en);
		return 1;
	}
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	os_spawner_stop(spawner);
	return r;
}
