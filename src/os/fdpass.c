/* Descriptors over Unix sockets, and the one poll() everybody here waits with.
 * The control buffer is sized for OS_FDPASS_MAX; whatever the kernel installs for
 * us is either handed to the caller or closed. */
#include "os/fdpass.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

int os_poll_one(int fd, short events, int timeout_ms)
{
	int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int n = poll(&p, 1, timeout_ms);

		if (n >= 0)
			return n > 0;
		if (errno != EINTR)
			return -1;
		if (timeout_ms > 0) {
			int64_t left = end - clock_mono_ms(&clock_system);

			timeout_ms = left > 0 ? (int)left : 0;
		}
	}
}

int os_fdpass_pair(int ret[2], struct error *e)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return error_os(e, errno, "socketpair");
	ret[0] = sv[0];
	ret[1] = sv[1];
	return 0;
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * OS_FDPASS_MAX)];
};

static void attach(struct msghdr *m, union control *c, const int *fds, size_t nfds)
{
	if (nfds == 0)
		return;
	m->msg_control = c->bytes;
	m->msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	memcpy(CMSG_DATA(h), fds, sizeof(int) * nfds);
}

static int closed_error(struct error *e)
{
	return error_set(e, "fdpass.closed", "对端进程已关闭连接", "the other process has gone");
}

int os_fdpass_send(int sock, struct str bytes, const int *fds, size_t nfds, int timeout_ms,
		   struct error *e)
{
	union control c = { 0 };
	struct iovec io = { .iov_len = bytes.len };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };

	check(bytes.len > 0 && nfds <= OS_FDPASS_MAX);
	memcpy(&io.iov_base, &bytes.ptr, sizeof(bytes.ptr)); /* sendmsg() only reads it */
	attach(&m, &c, fds, nfds);
	for (;;) {
		if (sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			return closed_error(e);
		if (errno != EAGAIN)
			return error_os(e, errno, "sendmsg");
		if (os_poll_one(sock, POLLOUT, timeout_ms) == 0)
			return error_set(e, "fdpass.timeout", "对端进程没有及时接收",
					 "the other process did not take the message in time");
	}
}

static size_t collect(struct msghdr *m, int *fds, size_t max, bool *ret_too_many)
{
	size_t n = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		size_t got = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < got; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
			if (n < max) {
				fds[n++] = fd;
			} else {
				*ret_too_many = true;
				close(fd);
			}
		}
	}
	return n;
}

static ssize_t receive(int sock, struct msghdr *m, int timeout_ms, struct error *e)
{
	bool reset = false;

	for (;;) {
		ssize_t n = recvmsg(sock, m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno == ECONNRESET) { /* told once, before messages that still wait */
			if (reset)
				return 0;
			reset = true;
			continue;
		}
		if (errno != EAGAIN)
			return error_os(e, errno, "recvmsg");
		if (os_poll_one(sock, POLLIN, timeout_ms) == 0)
			return error_set(e, "fdpass.timeout", "对端进程没有及时应答",
					 "the other process did not answer in time");
	}
}

int os_fdpass_recv(int sock, struct buf *body, int *ret_fds, size_t max_fds, size_t *ret_nfds,
		   int timeout_ms, struct error *e)
{
	static const size_t step = (size_t)160 * 1024; /* more than a default socket takes */
	union control c;
	int fds[OS_FDPASS_MAX];
	bool too_many = false;

	buf_clear(body);
	size_t room = body->max < step ? body->max : step;
	char *to = buf_reserve(body, room);

	check(to != NULL);
	struct iovec io = { .iov_base = to, .iov_len = room };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = c.bytes,
			    .msg_controllen = sizeof(c.bytes) };
	ssize_t n = receive(sock, &m, timeout_ms, e);

	if (n <= 0)
		return (int)n;
	size_t nfds = collect(&m, fds, max_fds < OS_FDPASS_MAX ? max_fds : OS_FDPASS_MAX,
			      &too_many);

	if (too_many || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < nfds; i++)
			close(fds[i]);
		if (m.msg_flags & MSG_TRUNC)
			return error_set(e, "fdpass.too-long", "消息过长",
					 "the message is too long");
		return error_set(e, "fdpass.too-many", "消息携带的描述符过多",
				 "the message carries too many descriptors");
	}
	body->len += (size_t)n;
	body->ptr[body->len] = '\0';
	if (nfds)
		memcpy(ret_fds, fds, nfds * sizeof(int));
	*ret_nfds = nfds;
	return 1;
}
