/* 24 threads check texts while their lexicon is swapped 1,000 times (test_comply_swap 1000; default 100): every answer is that of one
 * lexicon as a whole, and nothing is left over. Under ThreadSanitizer and AddressSanitizer as well. */
#include "base/test.h"

#include <pthread.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/swap.h"
#include "comply/comply.h"
#include "lang/fold.h"

#define THREADS 24
static unsigned swaps = 100;

/* Lexicon number v denies word[v % 3] and the pattern of it. */
static const char *const word[3] = { "星辰杯", "月亮湾", "太阳岛" };
static const char text[] = "去年的星辰杯、月亮湾和太阳岛都很好，第1星辰杯、第2月亮湾、第3太阳岛。";

struct version {
	struct comply_lexicon *x;
	unsigned number;
};
struct world {
	struct comply *engine;
	struct swap swap;
	atomic_bool over;
	atomic_size_t checks, alive;
};
static atomic_size_t alive;

static void version_end(void *p)
{
	struct version *v = p;
	comply_lexicon_free(v->x);
	free(v);
	atomic_fetch_sub(&alive, 1);
}

static void publish(struct world *w, unsigned number)
{
	char pattern[64], version[32];
	snprintf(pattern, sizeof(pattern), "re:第[0-9]%s", word[number % 3]);
	snprintf(version, sizeof(version), "v%u", number);
	const struct comply_entry en[] = {
		{ .term = str_c(word[number % 3]), .label = STR("测试"), .level = COMPLY_LEVEL_BLOCK, .match = STR("gp") },
		{ .term = str_c(pattern), .label = STR("式样"), .level = COMPLY_LEVEL_REVIEW },
	};
	struct version *v = calloc(1, sizeof(*v));
	v->number = number;
	check(comply_lexicon_build(w->engine, en, 2, str_c(version), &v->x, NULL) == 0);
	atomic_fetch_add(&alive, 1);
	swap_set(&w->swap, v, version_end);
}

static void *hammer(void *p)
{
	struct world *w = p;
	struct arena *a = arena_new(8 * MIB);
	while (!atomic_load(&w->over)) {
		_cleanup_held_ struct held *h = swap_take(&w->swap);
		const struct version *v = h->value;
		const struct comply_lexicon *list[] = { v->x };
		struct comply_options o = { .lexicons = list, .lexicons_len = 1, .no_model = true };
		struct comply_result r;
		char version[32];
		size_t own = 0, patterns = 0;
		arena_reset(a);
		check(comply_check(w->engine, str_c(text), &o, a, &r, NULL) == 0);
		snprintf(version, sizeof(version), "own v%u", v->number);
		check(str_has(r.versions, str_c(version)));
		for (size_t i = 0; i < r.hits_len; i++) {
			own += str_eq(r.hits[i].label, STR("测试"));
			patterns += str_eq(r.hits[i].label, STR("式样"));
			if (str_eq(r.hits[i].label, STR("测试")))
				check(str_eq(r.hits[i].text, str_c(word[v->number % 3])));
		}
		check(own == 2 && patterns == 1 && r.suggestion == COMPLY_BLOCK);
		atomic_fetch_add(&w->checks, 1);
	}
	arena_free(a);
	return NULL;
}

static void test_swap(void **state)
{
	struct world w = { .over = false };
	struct error e = { 0 };
	pthread_t id[THREADS];
	struct arena *a = arena_new(64 * KIB);
	if (comply_open(lang_pack_dir(a), &w.engine, &e) < 0)
		fail_msg("%s", e.en);
	arena_free(a);
	swap_init(&w.swap);
	publish(&w, 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&id[i], NULL, hammer, &w), 0);
	for (unsigned n = 1; n <= swaps; n++)
		publish(&w, n);
	while (atomic_load(&w.checks) < 2 * swaps)
		sched_yield();
	atomic_store(&w.over, true);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
	swap_set(&w.swap, NULL, NULL);
	assert_int_equal(atomic_load(&alive), 0);
	comply_close(w.engine);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_swap) };
	int64_t n;
	if (argc > 1 && str_to_i64(str_c(argv[1]), &n) == 0)
		swaps = (unsigned)n;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
