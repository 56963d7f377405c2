/* Fibers on ucontext. One switch costs under a microsecond, against the hundreds that
 * a request costs. Stack size: the deepest check plus PCRE2 and printf stay under
 * 40 KiB; sanitizers triple that. Pages that were never touched cost nothing. */
#include "scan/fiber.h"

#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define FIBER_STACK (256 * KIB)
#define FIBER_GUARD (4 * KIB)
#define FIBER_MAGIC 0x46694272u

struct fiber {
	unsigned magic;
	ucontext_t here, caller;
	void (*run)(void *arg);
	void *arg;
	char *map; /* guard page, then the stack */
	struct fiber_pool *pool;
	struct fiber *next;
	bool running, ended;
#ifdef FIBER_ASAN
	void *fake, *caller_fake;
	const void *caller_bottom;
	size_t caller_size;
#endif
};

struct fiber_pool {
	struct fiber *idle;
	unsigned alive;
};

struct fiber_pool *fiber_pool_new(void)
{
	return mem_alloc(sizeof(struct fiber_pool));
}

void fiber_pool_free(struct fiber_pool *p)
{
	if (!p)
		return;
	check(p->alive == 0);
	while (p->idle) {
		struct fiber *f = p->idle;
		p->idle = f->next;
		munmap(f->map, FIBER_GUARD + FIBER_STACK);
		free(f);
	}
	free(p);
}

static void leave(struct fiber *f, bool for_good)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(for_good ? NULL : &f->fake, f->caller_bottom, f->caller_size);
#endif
	check(swapcontext(&f->here, &f->caller) == 0);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->fake, &f->caller_bottom, &f->caller_size);
#endif
}

/* makecontext() passes ints only: the pointer comes in two halves. */
static void trampoline(unsigned hi, unsigned lo)
{
	struct fiber *f = (struct fiber *)(((uintptr_t)hi << 32) | (uintptr_t)lo);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(NULL, &f->caller_bottom, &f->caller_size);
#endif
	f->run(f->arg);
	f->ended = true;
	leave(f, true);
	check(!"an ended fiber was resumed");
}

/* Apart from fiber_new(): getcontext() returns twice as far as the compiler knows. */
static __attribute__((noinline)) void prepare_context(struct fiber *f)
{
	uintptr_t v = (uintptr_t)f;
	check(getcontext(&f->here) == 0);
	f->here.uc_stack.ss_sp = f->map + FIBER_GUARD;
	f->here.uc_stack.ss_size = FIBER_STACK;
	f->here.uc_link = NULL;
	makecontext(&f->here, (void (*)(void))trampoline, 2, (unsigned)(v >> 32), (unsigned)v);
}

struct fiber *fiber_new(struct fiber_pool *p, void (*run)(void *arg), void *arg)
{
	struct fiber *f = p->idle;
	if (f) {
		p->idle = f->next;
	} else {
		f = mem_alloc(sizeof(*f));
		f->magic = FIBER_MAGIC;
		f->pool = p;
		f->map = mmap(NULL, FIBER_GUARD + FIBER_STACK, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		check(f->map != MAP_FAILED);
		check(mprotect(f->map, FIBER_GUARD, PROT_NONE) == 0);
	}
	f->run = run;
	f->arg = arg;
	f->ended = false;
	f->next = NULL;
	p->alive++;
	prepare_context(f);
	return f;
}

bool fiber_resume(struct fiber *f)
{
	CHECK_OBJ(f, FIBER_MAGIC);
	check(!f->running && !f->ended);
	f->running = true;
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&f->caller_fake, f->map + FIBER_GUARD, FIBER_STACK);
#endif
	check(swapcontext(&f->caller, &f->here) == 0);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->caller_fake, NULL, NULL);
#endif
	f->running = false;
	if (!f->ended)
		return true;
	f->next = f->pool->idle;
	f->pool->idle = f;
	f->pool->alive--;
	return false;
}

void fiber_yield(struct fiber *f)
{
	CHECK_OBJ(f, FIBER_MAGIC);
	check(f->running);
	leave(f, false);
}
