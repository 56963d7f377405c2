/* Errands come back done, several at once; who goes away does not wait for slow ones. */
#include <poll.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "os/errand.h"

struct nap {
	struct os_errand base;
	int ms, *freed;
	bool done;
};

static void nap_run(struct os_errand *e)
{
	struct nap *n = (struct nap *)e;

	clock_system.sleep_ms(&clock_system, n->ms);
	n->done = true;
}

static void nap_free(struct os_errand *e)
{
	struct nap *n = (struct nap *)e;

	if (n->freed)
		__atomic_add_fetch(n->freed, 1, __ATOMIC_SEQ_CST);
	free(n);
}

static void send_nap(struct os_errands *s, int ms, int *freed)
{
	struct nap *n = mem_alloc(sizeof(*n));

	*n = (struct nap){ .base = { .run = nap_run, .free = nap_free }, .ms = ms, .freed = freed };
	os_errands_send(s, &n->base);
}

static void several_at_once(void **state)
{
	_cleanup_errands_ struct os_errands *s = os_errands_new();
	int64_t from = clock_mono_ms(&clock_system);
	struct pollfd p = { .fd = os_errands_fd(s), .events = POLLIN };

	assert_null(os_errands_take(s, 0));
	assert_int_equal(poll(&p, 1, 0), 0);
	for (int i = 0; i < 3; i++)
		send_nap(s, 300, NULL);
	assert_null(os_errands_take(s, 20));
	assert_int_equal(poll(&p, 1, 5000), 1);
	for (int i = 0; i < 3; i++) {
		struct os_errand *e = os_errands_take(s, 5000);

		assert_non_null(e);
		assert_true(((struct nap *)e)->done);
		e->free(e);
	}
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_in_range(clock_mono_ms(&clock_system) - from, 290, 850);
}

static void nobody_waits_at_the_end(void **state)
{
	static int freed;
	struct os_errands *s = os_errands_new();
	int64_t from = clock_mono_ms(&clock_system);

	for (int i = 0; i < 6; i++)
		send_nap(s, 300, &freed);
	clock_system.sleep_ms(&clock_system, 50);
	os_errands_free(s);
	assert_in_range(clock_mono_ms(&clock_system) - from, 0, 250);
	for (int i = 0; i < 300 && __atomic_load_n(&freed, __ATOMIC_SEQ_CST) < 6; i++)
		clock_system.sleep_ms(&clock_system, 10);
	assert_int_equal(__atomic_load_n(&freed, __ATOMIC_SEQ_CST), 6);
	os_errands_free(os_errands_new());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(nobody_waits_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
