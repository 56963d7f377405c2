/* Waiting for one socket. */
#ifndef NET_WAIT_PRIVATE_H
#define NET_WAIT_PRIVATE_H
#include <stdint.h>

/* Until one of poll()'s events is there: 0; -1 when the monotonic clock passes until_ms. */
int net_wait(int fd, short events, int64_t until_ms);
#endif
