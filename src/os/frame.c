/* Length-prefixed frames. Invariant: a length is compared with the reader's maximum
 * before anything is reserved for it, so a peer can make us hold at most one frame
 * of that size plus one read ahead. */
#include "os/frame.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "os/fdpass.h"

static const size_t read_step = (size_t)64 * 1024;

static uint32_t get_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static void put_u32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (8 * i));
}

static int too_long(struct error *e, size_t len, size_t max)
{
	return error_set(e, "frame.too-long", "消息长度 %zu 超过上限 %zu",
			 "a frame of %zu bytes is longer than the %zu allowed", len, max);
}

static int closed(struct error *e)
{
	return error_set(e, "frame.closed", "对端在消息中途关闭了连接",
			 "the other end closed in the middle of a frame");
}

static int wait_for(int fd, short events, int64_t end_ms, struct error *e)
{
	int left = -1;

	if (end_ms >= 0) {
		int64_t d = end_ms - clock_mono_ms(&clock_system);

		left = d > 0 ? (int)d : 0;
	}
	int r = os_poll_one(fd, events, left);

	if (r < 0)
		return error_os(e, errno, "poll");
	if (r == 0)
		return error_set(e, "frame.timeout", "等待对端超时",
				 "the other end did not answer in time");
	return 0;
}

/* Sockets are used with MSG_DONTWAIT, whatever their mode, so that poll() keeps the
 * time; other descriptors get the plain call after poll() said yes. */
static ssize_t write_some(int fd, struct iovec *io, int n)
{
	struct msghdr m = { .msg_iov = io, .msg_iovlen = (size_t)n };
	ssize_t r = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

	/* A pipe that is ready takes PIPE_BUF bytes without blocking, more it may not. */
	if (r < 0 && errno == ENOTSOCK)
		r = write(fd, io->iov_base, io->iov_len < PIPE_BUF ? io->iov_len : PIPE_BUF);
	return r;
}

static ssize_t read_some(int fd, void *p, size_t n)
{
	ssize_t r = recv(fd, p, n, MSG_DONTWAIT);

	if (r < 0 && errno == ENOTSOCK)
		r = read(fd, p, n);
	if (r < 0 && errno == ECONNRESET) /* the peer died with our bytes unread */
		r = 0;
	return r;
}

static int64_t deadline(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : clock_mono_ms(&clock_system) + timeout_ms;
}

int os_frame_send(int fd, uint32_t type, struct str bytes, int timeout_ms, struct error *e)
{
	int64_t end = deadline(timeout_ms);
	char head[OS_FRAME_HEAD];
	struct iovec io[2] = { { head, sizeof(head) }, { NULL, bytes.len } };
	struct iovec *at = io;

	if (bytes.len > UINT32_MAX)
		return too_long(e, bytes.len, UINT32_MAX);
	memcpy(&io[1].iov_base, &bytes.ptr, sizeof(bytes.ptr)); /* only read */
	put_u32(head, (uint32_t)bytes.len);
	put_u32(head + 4, type);
	while (at < io + 2) {
		if (at->iov_len == 0) {
			at++;
			continue;
		}
		if (wait_for(fd, POLLOUT, end, e) < 0)
			return -1;
		ssize_t n = write_some(fd, at, (int)(io + 2 - at));

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return closed(e);
		if (n < 0)
			return error_os(e, errno, "write");
		for (size_t left = (size_t)n; left > 0;) {
			size_t take = left < at->iov_len ? left : at->iov_len;

			at->iov_base = (char *)at->iov_base + take;
			at->iov_len -= take;
			left -= take;
			if (at->iov_len == 0)
				at++;
		}
	}
	return 0;
}

/* 1 all n bytes, 0 the stream ended before the first, -1. */
static int read_all(int fd, char *p, size_t n, int64_t end, struct error *e)
{
	size_t got = 0;

	while (got < n) {
		if (wait_for(fd, POLLIN, end, e) < 0)
			return -1;
		ssize_t r = read_some(fd, p + got, n - got);

		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r < 0)
			return error_os(e, errno, "read");
		if (r == 0)
			return got ? closed(e) : 0;
		got += (size_t)r;
	}
	return 1;
}

int os_frame_recv(int fd, size_t max, int timeout_ms, uint32_t *ret_type, struct buf *body,
		  struct error *e)
{
	int64_t end = deadline(timeout_ms);
	char head[OS_FRAME_HEAD];
	int r = read_all(fd, head, sizeof(head), end, e);

	if (r <= 0)
		return r;
	size_t len = get_u32(head);

	if (len > max || len > body->max)
		return too_long(e, len, max < body->max ? max : body->max);
	buf_clear(body);
	/* In steps: a peer that claims much and sends little costs little. */
	while (body->len < len) {
		size_t step = len - body->len < read_step ? len - body->len : read_step;
		char *to = buf_reserve(body, step);

		check(to != NULL);
		r = read_all(fd, to, step, end, e);
		if (r < 0)
			return -1;
		if (r == 0)
			return closed(e);
		body->len += step;
		body->ptr[body->len] = '\0';
	}
	*ret_type = get_u32(head + 4);
	return 1;
}

void os_frame_reader_init(struct os_frame_reader *r, size_t max)
{
	*r = (struct os_frame_reader){ .max = max };
	buf_init(&r->in, max + OS_FRAME_HEAD + read_step);
}

void os_frame_reader_free(struct os_frame_reader *r)
{
	buf_free(&r->in);
}

/* Forgets what was given out. Moves the rest only when that is cheap or needed. */
static void compact(struct os_frame_reader *r)
{
	if (r->used == r->in.len) {
		buf_clear(&r->in);
		r->used = 0;
	} else if (r->used >= read_step || r->in.max - r->in.len < read_step) {
		buf_consume(&r->in, r->used);
		r->used = 0;
	}
}

int os_frame_reader_fill(struct os_frame_reader *r, int fd, struct error *e)
{
	ssize_t n;

	compact(r);
	size_t room = r->in.max - r->in.len < read_step ? r->in.max - r->in.len : read_step;

	if (room == 0) /* a whole frame waits: the caller has not called next() until 0 */
		return 1;
	char *to = buf_reserve(&r->in, room);

	check(to != NULL);
	do
		n = read_some(fd, to, room);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return error_os(e, errno, "read");
	if (n == 0)
		r->eof = true;
	r->in.len += (size_t)n;
	r->in.ptr[r->in.len] = '\0';
	return 1;
}

int os_frame_reader_feed(struct os_frame_reader *r, struct str bytes, struct error *e)
{
	compact(r);
	if (bytes.len > r->in.max - r->in.len) {
		buf_consume(&r->in, r->used);
		r->used = 0;
	}
	if (bytes.len > r->in.max - r->in.len)
		return too_long(e, r->in.len + bytes.len, r->in.max);
	buf_str(&r->in, bytes);
	return 0;
}

int os_frame_reader_next(struct os_frame_reader *r, uint32_t *ret_type, struct str *ret_bytes,
			 struct error *e)
{
	const char *p = r->in.ptr ? r->in.ptr + r->used : NULL;
	size_t have = r->in.len - r->used;

	if (p && have >= OS_FRAME_HEAD) {
		size_t len = get_u32(p);

		if (len > r->max)
			return too_long(e, len, r->max);
		if (have - OS_FRAME_HEAD >= len) {
			*ret_type = get_u32(p + 4);
			*ret_bytes = str_make(p + OS_FRAME_HEAD, len);
			r->used += OS_FRAME_HEAD + len;
			return 1;
		}
	}
	if (r->eof && have > 0)
		return closed(e);
	return 0;
}

void os_frame_writer_init(struct os_frame_writer *w, size_t max)
{
	*w = (struct os_frame_writer){ 0 };
	buf_init(&w->out, max);
}

void os_frame_writer_free(struct os_frame_writer *w)
{
	buf_free(&w->out);
}

int os_frame_writer_add(struct os_frame_writer *w, uint32_t type, struct str bytes, struct error *e)
{
	char head[OS_FRAME_HEAD];

	if (w->sent > w->out.len / 2 || w->sent + bytes.len > w->out.max - w->out.len) {
		buf_consume(&w->out, w->sent);
		w->sent = 0;
	}
	if (bytes.len > UINT32_MAX || w->out.max - w->out.len < OS_FRAME_HEAD ||
	    w->out.max - w->out.len - OS_FRAME_HEAD < bytes.len)
		return error_set(e, "frame.full", "待发送的数据过多，对端接收太慢",
				 "too much waits to be sent: the other end is too slow");
	put_u32(head, (uint32_t)bytes.len);
	put_u32(head + 4, type);
	buf_add(&w->out, head, sizeof(head));
	buf_str(&w->out, bytes);
	return 0;
}

int os_frame_writer_flush(struct os_frame_writer *w, int fd, struct error *e)
{
	while (w->sent < w->out.len) {
		struct iovec io = { w->out.ptr + w->sent, w->out.len - w->sent };
		ssize_t n = write_some(fd, &io, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return closed(e);
		if (n < 0)
			return error_os(e, errno, "write");
		w->sent += (size_t)n;
	}
	buf_clear(&w->out);
	w->sent = 0;
	return 1;
}
