/* What can only be done by waiting (asking the system for a name), done beside a loop that must
 * not wait: a few threads that share nothing with it but errands on their way there and back. */
#ifndef OS_ERRAND_H
#define OS_ERRAND_H
#include "base/cleanup.h"

/* The first member of what is to be done and of what came of it. */
struct os_errand {
	void (*run)(struct os_errand *self);  /* in another thread; touches nothing but self */
	void (*free)(struct os_errand *self); /* for those that nobody takes any more */
	struct os_errand *next;
};
struct os_errands;

struct os_errands *os_errands_new(void);
/* Does not wait for what is under way: that is freed when it is done. NULL is fine. */
void os_errands_free(struct os_errands *s);
/* Takes it over. */
void os_errands_send(struct os_errands *s, struct os_errand *e);
/* One that is done, the caller's again; waits at most so long for one. NULL: none. */
struct os_errand *os_errands_take(struct os_errands *s, int wait_ms);
/* Readable while one that is done waits to be taken. */
int os_errands_fd(const struct os_errands *s);

DEFINE_CLEANUP(struct os_errands *, os_errands_free);
#define _cleanup_errands_ _cleanup_(os_errands_freep)
#endif
