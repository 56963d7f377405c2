/* Fibers: stacks of their own inside one thread, so that an active check can be
 * written top to bottom. Stacks are pooled, have a guard page below them and are
 * announced to AddressSanitizer. */
#ifndef SCAN_FIBER_H
#define SCAN_FIBER_H
#include <stdbool.h>

struct fiber;
struct fiber_pool;

struct fiber_pool *fiber_pool_new(void);
/* No fiber may be alive. NULL is fine. */
void fiber_pool_free(struct fiber_pool *p);
/* Starts `run` at the first fiber_resume(). */
struct fiber *fiber_new(struct fiber_pool *p, void (*run)(void *arg), void *arg);
/* Goes on until the fiber yields or ends. True while it lives. An ended fiber is
 * back in the pool: forget the pointer. Not to be called from inside a fiber. */
bool fiber_resume(struct fiber *f);
/* From inside: back to who resumed. */
void fiber_yield(struct fiber *f);
#endif
