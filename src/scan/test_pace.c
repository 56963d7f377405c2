/* Speed of endpoints: who is slow, who only looked so, and what is then left out. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "scan/scan_private.h"

static void open_run(struct run *r, enum scan_mode mode)
{
	memset(r, 0, sizeof(*r));
	r->clock = &clock_system;
	r->begun_us = run_now_us(r);
	r->o.mode = mode;
	r->endpoints = map_new();
	r->checks = mem_array(scan_checks_count() + 1, sizeof(*r->checks));
	r->wire.usual_us = 5000;
}

static void close_run(struct run *r)
{
	map_free_values(r->endpoints, free);
	free(r->checks);
}

static const struct scan_check *with_severity(enum severity s)
{
	for (size_t i = 0; scan_checks[i]; i++)
		if (scan_checks[i]->on_point && scan_checks[i]->severity == s)
			return scan_checks[i];
	return NULL;
}

static struct endpoint *login_of(struct run *r)
{
	return pace_of(r, STR("POST"), STR("http://a.test/login?next=1"));
}

static void one_endpoint_is_its_method_and_path(void **state)
{
	struct run r;
	open_run(&r, SCAN_STANDARD);
	assert_ptr_equal(login_of(&r), pace_of(&r, STR("POST"), STR("http://a.test/login")));
	assert_ptr_not_equal(login_of(&r), pace_of(&r, STR("GET"), STR("http://a.test/login")));
	close_run(&r);
}

static void a_slow_endpoint_gets_a_bounded_time(void **state)
{
	struct run r;
	const struct scan_check *critical = with_severity(SEVERITY_CRITICAL), *medium = with_severity(SEVERITY_MEDIUM);
	open_run(&r, SCAN_STANDARD);
	struct endpoint *ep = login_of(&r);
	assert_non_null(critical);
	for (int i = 0; i < 3; i++) {
		assert_false(ep->slow);
		pace_learn(&r, ep, 2000000, false);
	}
	assert_true(ep->slow);
	assert_false(pace_skips(&r, ep, critical)); /* others may have held it up: not proven */
	assert_int_equal(pace_learn(&r, ep, 2000000, true), 0); /* says nothing about the host */
	assert_int_equal(pace_learn(&r, ep, 1500000, true), 0);
	assert_false(pace_skips(&r, ep, critical));
	if (medium)
		assert_true(pace_skips(&r, ep, medium));
	pace_learn(&r, ep, 2000000, true);
	assert_true(pace_skips(&r, ep, critical));
	pace_note_skip(&r, ep, critical, STR("http://a.test/login"));
	assert_int_equal(run_check_stat(&r, critical)->skipped, 1);
	r.o.mode = SCAN_DEEP;
	assert_false(pace_skips(&r, ep, critical));
	close_run(&r);
}

static void held_up_by_others_is_not_slow(void **state)
{
	struct run r;
	open_run(&r, SCAN_STANDARD);
	struct endpoint *ep = pace_of(&r, STR("GET"), STR("http://a.test/list"));
	for (int i = 0; i < 4; i++)
		pace_learn(&r, ep, 3000000, false);
	assert_true(ep->slow);
	for (int i = 0; i < 4; i++)
		pace_learn(&r, ep, 4000, true);
	assert_false(ep->slow);
	assert_int_equal(ep->proven, 0);
	close_run(&r);
}

static void a_slow_site_has_no_slow_endpoints(void **state)
{
	struct run r;
	open_run(&r, SCAN_STANDARD);
	r.wire.usual_us = 2000000;
	for (int i = 0; i < 20; i++)
		pace_learn(&r, login_of(&r), 2500000, true);
	assert_false(login_of(&r)->slow);
	close_run(&r);
}

static void what_an_endpoint_always_takes_does_not_count(void **state)
{
	struct run r;
	open_run(&r, SCAN_STANDARD);
	struct endpoint *ep = login_of(&r);
	for (int i = 0; i < 30; i++)
		pace_learn(&r, ep, 600000, false);
	assert_in_range(pace_learn(&r, ep, 600000, false), 1, 50000);
	assert_true(pace_learn(&r, ep, 1600000, false) > 900000); /* but getting slower does */
	close_run(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_endpoint_is_its_method_and_path),
		cmocka_unit_test(a_slow_endpoint_gets_a_bounded_time),
		cmocka_unit_test(held_up_by_others_is_not_slow),
		cmocka_unit_test(a_slow_site_has_no_slow_endpoints),
		cmocka_unit_test(what_an_endpoint_always_takes_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
