/* Both ends of the connection broker. One request and one answer at a time, as packets:
 * request {u32 port (| 0x10000 for UDP), blob host}; answer {u32 0} with the socket in SCM_RIGHTS, or
 * {u32 1, blob code, blob zh, blob en}. The serving end trusts nothing of the child's:
 * packets are bounded, descriptors it might send are dropped by the kernel (no control
 * buffer), a full channel ends it, connections per second and in total are bounded. */
#include <errno.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/connector.h"

#define BROKER_MAGIC 0x62726f6bu
#define CHILD_MAGIC 0x62726f63u
#define PACKET_MAX 2048
#define UDP_MARK 0x10000u /* beside the port */

struct broker_child {
	struct net_connector base;
	unsigned magic;
	int fd;
};

struct net_broker {
	unsigned magic;
	int fd;
	struct net_connector *direct;
	uint64_t total;
	int64_t tokens; /* in thousandths of a connection */
	int64_t refilled_us;
	bool udp;
};

int net_broker_pair(int ret[2], struct error *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_os(e, errno, "socketpair");
	ret[0] = fds[0];
	ret[1] = fds[1];
	return 0;
}

/* The child's side. */

static int broker_gone(struct error *e)
{
	return error_set(e, "net.broker-gone", "连接代理进程已退出",
			 "The connection broker is gone");
}

static ssize_t receive(int fd, void *data, size_t size, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	do {
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return n;
}

static int read_refusal(struct reader *r, struct error *e)
{
	struct str code, zh, en;

	if (reader_blob(r, &code) < 0 || reader_blob(r, &zh) < 0 || reader_blob(r, &en) < 0)
		return broker_gone(e);
	if (e) {
		error_clear(e);
		snprintf(e->code, sizeof(e->code), "%.*s", STR_ARG(code));
		snprintf(e->zh, sizeof(e->zh), "%.*s", STR_ARG(zh));
		snprintf(e->en, sizeof(e->en), "%.*s", STR_ARG(en));
	}
	return -1;
}

static int ask_parent(struct net_connector *self, struct str host, uint32_t port, int *ret_fd,
		      struct error *e)
{
	struct broker_child *c = (struct broker_child *)self;
	_cleanup_buf_ struct buf b = BUF_INIT(PACKET_MAX);
	_cleanup_close_ int fd = -1;
	char packet[PACKET_MAX];
	uint32_t verdict;
	ssize_t n;

	CHECK_OBJ(c, CHILD_MAGIC);
	if (host.len > LIMIT_NET_HOST)
		return error_field(e, "host", "policy.bad-host", "主机名太长",
				   "The host name is too long");
	buf_u32(&b, port);
	buf_blob(&b, host);
	do {
		n = send(c->fd, b.ptr, b.len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return broker_gone(e);
	n = receive(c->fd, packet, sizeof(packet), &fd);
	if (n < 0)
		return broker_gone(e);
	struct reader r = reader_of(str_make(packet, (size_t)n));

	if (reader_u32(&r, &verdict) < 0)
		return broker_gone(e);
	if (verdict != 0)
		return read_refusal(&r, e);
	if (fd < 0)
		return broker_gone(e);
	*ret_fd = take_fd(fd);
	return 0;
}

static int open_child(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
		      struct error *e)
{
	return ask_parent(self, host, port, ret_fd, e);
}

static int open_child_udp(struct net_connector *self, struct str host, uint16_t port, int *ret_fd,
			  struct error *e)
{
	return ask_parent(self, host, port | UDP_MARK, ret_fd, e);
}

static void free_child(struct net_connector *self)
{
	struct broker_child *c = (struct broker_child *)self;

	CHECK_OBJ(c, CHILD_MAGIC);
	c->magic = 0;
	free(c);
}

struct net_connector *net_connector_broker(int fd)
{
	struct broker_child *c = mem_alloc(sizeof(*c));

	c->base.open = open_child;
	c->base.free = free_child;
	c->base.open_udp = open_child_udp;
	c->magic = CHILD_MAGIC;
	c->fd = fd;
	return &c->base;
}

/* The serving side. */

struct net_broker *net_broker_new(int fd, struct net_connector *direct)
{
	struct net_broker *b = mem_alloc(sizeof(*b));

	b->magic = BROKER_MAGIC;
	b->fd = fd;
	b->direct = direct;
	b->tokens = LIMIT_NET_BROKER_PER_S * 1000;
	b->refilled_us = clock_mono_us(&clock_system);
	return b;
}

void net_broker_free(struct net_broker *b)
{
	if (!b)
		return;
	CHECK_OBJ(b, BROKER_MAGIC);
	b->magic = 0;
	free(b);
}

void net_broker_allow_udp(struct net_broker *b)
{
	CHECK_OBJ(b, BROKER_MAGIC);
	b->udp = true;
}

/* A bucket of one second's connections; an empty one makes the child wait, for it has
 * nothing else to do until the answer comes. */
static void take_token(struct net_broker *b)
{
	int64_t now = clock_mono_us(&clock_system);
	int64_t full = LIMIT_NET_BROKER_PER_S * 1000;

	b->tokens += (now - b->refilled_us) * LIMIT_NET_BROKER_PER_S / 1000;
	b->refilled_us = now;
	if (b->tokens > full)
		b->tokens = full;
	if (b->tokens < 1000)
		clock_system.sleep_ms(&clock_system, 1 + 1000 / LIMIT_NET_BROKER_PER_S);
	b->tokens -= 1000;
}

static int reply(struct net_broker *b, struct str packet, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)packet.ptr, .iov_len = packet.len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		n = sendmsg(b->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

static int protocol_error(struct error *e)
{
	return error_set(e, "net.broker-protocol", "隔离进程违反了连接协议",
			 "The jailed process broke the connection protocol");
}

static int answer(struct net_broker *b, struct str host, uint16_t port, bool udp)
{
	_cleanup_buf_ struct buf out = BUF_INIT(PACKET_MAX);
	_cleanup_close_ int fd = -1;
	struct error why = { 0 };
	int rc = -1;

	if (++b->total > LIMIT_NET_BROKER_TOTAL)
		error_set(&why, "net.too-many-connections", "本次任务的连接总数已达上限",
			  "This task has used up its connections");
	else if (udp)
		rc = net_connector_open_udp(b->direct, host, port, &fd, &why);
	else
		rc = net_connector_open(b->direct, host, port, &fd, &why);
	buf_u32(&out, rc == 0 ? 0 : 1);
	if (rc < 0) {
		buf_blob(&out, str_c(why.code));
		buf_blob(&out, str_c(why.zh));
		buf_blob(&out, str_c(why.en));
	}
	return reply(b, buf_view(&out), fd);
}

int net_broker_serve(struct net_broker *b, struct error *e)
{
	char packet[PACKET_MAX];
	struct str host;
	uint32_t port;
	ssize_t n;
	bool udp;

	CHECK_OBJ(b, BROKER_MAGIC);
	do {
		n = recv(b->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 1;
	if (n <= 0)
		return 0;
	struct reader r = reader_of(str_make(packet, (size_t)n));

	if ((size_t)n > sizeof(packet) || reader_u32(&r, &port) < 0)
		return protocol_error(e);
	udp = b->udp && (port & UDP_MARK);
	port &= udp ? ~UDP_MARK : ~0u;
	if (reader_blob(&r, &host) < 0 ||
	    r.ptr != r.end || port == 0 || port > UINT16_MAX || host.len == 0 ||
	    host.len > LIMIT_NET_HOST)
		return protocol_error(e);
	take_token(b);
	return answer(b, host, (uint16_t)port, udp) < 0 ? protocol_error(e) : 1;
}
