/* Messages with open descriptors attached, over a SOCK_SEQPACKET (or DGRAM) Unix
 * socket pair: what goes in by one call comes out by one call, whole or not at
 * all. Descriptors received are close-on-exec. */
#ifndef OS_FDPASS_H
#define OS_FDPASS_H
#include "base/buf.h"
#include "base/error.h"

#define OS_FDPASS_MAX 32

/* Two connected SOCK_SEQPACKET ends, close-on-exec, blocking. */
int os_fdpass_pair(int ret[2], struct error *e);
/* Bytes: at least one, at most about 128 KiB. nfds may be 0. timeout_ms as in poll().
 * Errors "fdpass.closed", "fdpass.timeout", "os.*". */
int os_fdpass_send(int sock, struct str bytes, const int *fds, size_t nfds, int timeout_ms,
		   struct error *e);
/* 1 and a message (bytes replace *body, whose max bounds it: a longer message is the
 * error "fdpass.too-long"), 0 when the other end is closed, -1. At most max_fds
 * descriptors; more are the error "fdpass.too-many"; none leaks on any path. */
int os_fdpass_recv(int sock, struct buf *body, int *ret_fds, size_t max_fds, size_t *ret_nfds,
		   int timeout_ms, struct error *e);
/* poll() one descriptor for `events` through interruptions. 1 ready (errors and
 * hang-up count), 0 timeout, -1. */
int os_poll_one(int fd, short events, int timeout_ms);
#endif
