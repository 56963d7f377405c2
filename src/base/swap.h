/* A value that is replaced while others read it: a lexicon, a policy, a model. What is published
 * never changes; readers take the current one and keep it as long as they like, a writer puts
 * another in its place, and the old one is destroyed when its last reader drops it. Taking is a
 * handful of atomic operations, never a lock and never a wait. */
#ifndef BASE_SWAP_H
#define BASE_SWAP_H
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/cleanup.h"

/* One published value. */
struct held {
	atomic_size_t refs;
	void *value;
	void (*destroy)(void *value);
};

/* All readers of one value share a swap. */
struct swap {
	unsigned magic;
	_Atomic(struct held *) current;
	atomic_uint turn;
	atomic_size_t
		entering[2]; /* readers between looking up `current` and counting themselves */
	pthread_mutex_t writer;
};

void swap_init(struct swap *s);
/* Publishes `value` (NULL: nothing) and lets go of the one before; destroy may be NULL. It runs in
 * the thread of whoever drops last. Writers wait for each other; they wait for readers only
 * while these are inside swap_take(). */
void swap_set(struct swap *s, void *value, void (*destroy)(void *value));
/* The current value, to be dropped by the caller from any thread; NULL when there is none. */
struct held *swap_take(struct swap *s);
/* One more reference to what the caller holds. */
struct held *held_ref(struct held *h);
void held_drop(struct held *h);
/* No reader may be inside swap_take() any more; values still held live on. */
void swap_end(struct swap *s);

DEFINE_CLEANUP(struct held *, held_drop);
#define _cleanup_held_ _cleanup_(held_dropp)
#endif
