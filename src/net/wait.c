/* poll() of one descriptor against a deadline; interruptions do not prolong it. */
#include "net/wait_private.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

int net_wait(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = until_ms - clock_mono_ms(&clock_system);

		if (left <= 0)
			return -1;
		int rc = poll(&p, 1, (int)left);

		if (rc > 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return -1;
	}
}
