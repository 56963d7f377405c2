/* Published values that are swapped under their readers. Between reading the pointer and counting
 * itself a reader is visible in one of two counters; a writer changes the pointer first, then sees
 * each counter at zero once, after which nobody can still be about to count himself on the old
 * value. The counters take turns, so that new readers cannot keep a writer waiting (sleepable RCU:
 * McKenney, "Sleepable Read-Copy Update", 2006). All atomics are sequentially consistent. */
#include "base/swap.h"

#include <sched.h>

#include "base/check.h"
#include "base/mem.h"

#define SWAP_MAGIC 0x73a4f0d5u

void swap_init(struct swap *s)
{
	*s = (struct swap){ .magic = SWAP_MAGIC };
	check(pthread_mutex_init(&s->writer, NULL) == 0);
}

struct held *held_ref(struct held *h)
{
	if (h)
		check(atomic_fetch_add(&h->refs, 1) > 0);
	return h;
}

void held_drop(struct held *h)
{
	if (!h || atomic_fetch_sub(&h->refs, 1) != 1)
		return;
	if (h->destroy)
		h->destroy(h->value);
	free(h);
}

struct held *swap_take(struct swap *s)
{
	CHECK_OBJ(s, SWAP_MAGIC);
	atomic_size_t *entering = &s->entering[atomic_load(&s->turn) & 1];

	atomic_fetch_add(entering, 1);
	struct held *h = held_ref(atomic_load(&s->current));

	atomic_fetch_sub(entering, 1);
	return h;
}

static void wait_for_entering(struct swap *s)
{
	for (int i = 0; i < 2; i++) {
		unsigned turn = atomic_fetch_xor(&s->turn, 1) & 1;

		while (atomic_load(&s->entering[turn]))
			sched_yield();
	}
}

void swap_set(struct swap *s, void *value, void (*destroy)(void *value))
{
	struct held *h = NULL;

	CHECK_OBJ(s, SWAP_MAGIC);
	if (value) {
		h = mem_alloc(sizeof(*h));
		atomic_init(&h->refs, 1);
		h->value = value;
		h->destroy = destroy;
	}
	pthread_mutex_lock(&s->writer);
	struct held *old = atomic_exchange(&s->current, h);

	wait_for_entering(s);
	pthread_mutex_unlock(&s->writer);
	held_drop(old);
}

void swap_end(struct swap *s)
{
	swap_set(s, NULL, NULL);
	pthread_mutex_destroy(&s->writer);
	s->magic = 0;
}
