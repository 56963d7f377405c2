/* 24 threads scan while the list behind them is swapped 1,000 times: every answer must be that of
 * one list as a whole, never of a mixture or of one that is gone, and nothing may be left over.
 * Under ThreadSanitizer and AddressSanitizer as well. */
#include "base/test.h"

#include <pthread.h>
#include <sched.h>

#include "base/check.h"
#include "base/swap.h"
#include "lang/matcher.h"

#define THREADS 24
#define SWAPS 1000
#define WORDS 40

/* List number v has the terms "2 3+(v%5)" … with ids v * WORDS + i. */
struct world {
	struct swap swap;
	atomic_bool over;
	atomic_size_t scans, alive;
};
struct version {
	struct world *world;
	struct matcher *m;
	uint32_t number;
};

static void version_end(void *p)
{
	struct version *v = p;

	matcher_free(v->m);
	atomic_fetch_sub(&v->world->alive, 1);
	free(v);
}

static void publish(struct world *w, uint32_t number)
{
	uint16_t sym[WORDS][3];
	struct matcher_term term[WORDS];
	struct version *v = calloc(1, sizeof(*v));

	for (uint16_t i = 0; i < WORDS; i++) {
		sym[i][0] = 10;
		sym[i][1] = (uint16_t)(100 + i);
		sym[i][2] = (uint16_t)(200 + number % 5);
		term[i] = (struct matcher_term){ sym[i], i % 2 ? 3 : 2, number * WORDS + i };
	}
	v->world = w;
	v->number = number;
	check(matcher_build(term, WORDS, &v->m, NULL) == 0);
	atomic_fetch_add(&w->alive, 1);
	swap_set(&w->swap, v, version_end);
}

struct answer {
	const struct version *v;
	unsigned hits;
};

static bool on_hit(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct answer *a = ctx;

	check(id / WORDS == a->v->number && id % WORDS == from / 3);
	check(to - from == (id % 2 ? 3 : 2));
	a->hits++;
	return true;
}

static void *hammer(void *p)
{
	struct world *w = p;
	size_t scans = 0;

	while (!atomic_load(&w->over)) {
		_cleanup_held_ struct held *h = swap_take(&w->swap);
		struct answer a = { h->value, 0 };
		uint16_t text[WORDS * 3];

		for (uint16_t i = 0; i < WORDS; i++) {
			text[i * 3] = 10;
			text[i * 3 + 1] = (uint16_t)(100 + i);
			text[i * 3 + 2] = (uint16_t)(200 + a.v->number % 5);
		}
		matcher_scan(a.v->m, scans % 2 ? MATCHER_ALL : MATCHER_LEFT_LONGEST, text,
			     WORDS * 3, on_hit, &a);
		check(a.hits == WORDS);
		scans++;
		/* Some keep what they have across the next swaps. */
		if (scans % 64 == 0) {
			_cleanup_held_ struct held *more = held_ref(h);

			sched_yield();
			check(((struct version *)more->value)->number == a.v->number);
		}
	}
	atomic_fetch_add(&w->scans, scans);
	return NULL;
}

static void test_swapped_while_scanned(void **state)
{
	static struct world w;
	pthread_t t[THREADS];

	swap_init(&w.swap);
	assert_null(swap_take(&w.swap));
	publish(&w, 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, &w), 0);
	for (uint32_t n = 1; n <= SWAPS; n++)
		publish(&w, n);
	atomic_store(&w.over, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(atomic_load(&w.alive), 1);
	assert_true(atomic_load(&w.scans) > 0);
	swap_end(&w.swap);
	assert_int_equal(atomic_load(&w.alive), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swapped_while_scanned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
