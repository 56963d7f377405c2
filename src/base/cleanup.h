/* Scope-bound clean-up, as systemd and the kernel do it: a variable marked
 * _cleanup_(f) is handed to f when it leaves scope; take_ptr() and take_fd()
 * move ownership out of it. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* DEFINE_CLEANUP(struct arena *, arena_free) makes arena_freep(struct arena **). */
#define DEFINE_CLEANUP(type, func)                                             \
	static inline void func##p(type *p)                                    \
	{                                                                      \
		if (*p)                                                        \
			func(*p);                                              \
	}                                                                      \
	struct base_cleanup_semicolon_

#define take_ptr(p)                                                            \
	({                                                                     \
		__typeof__(p) taken_ = (p);                                    \
		(p) = NULL;                                                    \
		taken_;                                                        \
	})

static inline int take_fd_(int *fd)
{
	int v = *fd;
	*fd = -1;
	return v;
}
#define take_fd(fd) take_fd_(&(fd))

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#endif
