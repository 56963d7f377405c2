/* How a raw exchange waits when its thread has other things to do: fibers of a scan sleep and
 * let the others run. */
#ifndef NET_WAITER_H
#define NET_WAITER_H
#include <stdbool.h>
#include <stdint.h>

struct net_waiter {
	/* Until one of poll()'s events is there: 0; -1 when the monotonic clock passes until_ms or
	 * nobody wants the answer any more. */
	int (*wait)(void *ctx, int fd, short events, int64_t until_ms);
	/* Before every connection: waits for its turn. False: none is to be made. May be NULL. */
	bool (*turn)(void *ctx);
	/* The connection is closed. May be NULL. */
	void (*done)(void *ctx);
	void *ctx;
};
#endif
