/* SOCKS 5 (RFC 1928) without authentication, CONNECT only. A connection is in one of four
 * states; a peer that sends anything else is dropped. Both directions have a buffer of
 * fixed size and are read only when there is room, so a slow reader slows the writer. */
#include "net/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/connector.h"
#include "os/process.h"

#define RELAY_MAGIC 0x72656c79u
#define RELAY_MAX 96 /* connections; Chromium opens 6 to a host, more for web sockets */
#define RELAY_BUF (64 * KIB)
#define RELAY_OPEN_MS 20000  /* from the first byte to a connection */
#define RELAY_CLOSE_MS 10000 /* what a server has left to say when the browser has gone */

enum state { GREETING, REQUEST, CONNECTING, CARRYING };

struct half {
	int fd;
	bool shut; /* nothing more comes from it */
	size_t len;
	char *bytes; /* read from it, not yet written to the other */
};

struct carried {
	enum state state;
	int64_t until_ms; /* 0: no end */
	struct half near, far;
};

struct net_relay {
	unsigned magic;
	int listening, wake;
	uint16_t port;
	struct net_connector *direct;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint_fast64_t opened, refused;
	struct carried *list[RELAY_MAX];
	size_t n;
};

static void carried_free(struct carried *c)
{
	closep(&c->near.fd);
	closep(&c->far.fd);
	free(c->near.bytes);
	free(c->far.bytes);
	free(c);
}

static struct carried *carried_new(int fd)
{
	struct carried *c = mem_alloc(sizeof(*c));

	c->near = (struct half){ .fd = fd, .bytes = mem_alloc(RELAY_BUF) };
	c->far = (struct half){ .fd = -1, .bytes = mem_alloc(RELAY_BUF) };
	c->until_ms = clock_mono_ms(&clock_system) + RELAY_OPEN_MS;
	return c;
}

/* False when the connection is over. */
static bool fill(struct half *h)
{
	ssize_t n = recv(h->fd, h->bytes + h->len, RELAY_BUF - h->len, 0);

	if (n > 0)
		h->len += (size_t)n;
	else if (n == 0)
		h->shut = true;
	else if (errno != EAGAIN && errno != EINTR)
		return false;
	return true;
}

static void drop_front(struct half *h, size_t n)
{
	h->len -= n;
	memmove(h->bytes, h->bytes + n, h->len);
}

/* What came from `from` goes out at `to`; the end of it too. */
static bool drain(struct half *from, struct half *to)
{
	while (from->len) {
		ssize_t n = send(to->fd, from->bytes, from->len, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		drop_front(from, (size_t)n);
	}
	if (from->shut)
		shutdown(to->fd, SHUT_WR);
	return true;
}

/* A few bytes to our own neighbour: they fit into its socket's buffer. */
static bool say(struct carried *c, const void *bytes, size_t n)
{
	return send(c->near.fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool greet(struct carried *c)
{
	struct half *h = &c->near;
	size_t need = h->len >= 2 ? 2 + (size_t)(unsigned char)h->bytes[1] : 2;

	if (h->len < need)
		return !h->shut;
	if (h->bytes[0] != 5)
		return false;
	drop_front(h, need);
	c->state = REQUEST;
	return say(c, "\5\0", 2);
}

static bool answer(struct carried *c, char code)
{
	char reply[10] = { 5, code, 0, 1 };

	return say(c, reply, sizeof(reply));
}

/* Host and port of a whole request; bytes it takes, 0 when more are needed, -1 when wrong. */
static int take_request(const struct half *h, char *host, size_t size, uint16_t *port)
{
	const unsigned char *p = (const unsigned char *)h->bytes;
	size_t n = h->len, len;

	if (n < 5)
		return 0;
	if (p[0] != 5 || p[1] != 1)
		return -1;
	len = p[3] == 1 ? 4 : p[3] == 4 ? 16 : p[3] == 3 ? 1 + (size_t)p[4] : 0;
	if (!len)
		return -1;
	if (n < 4 + len + 2)
		return 0;
	if (p[3] == 3)
		snprintf(host, size, "%.*s", p[4], (const char *)p + 5);
	else
		inet_ntop(p[3] == 1 ? AF_INET : AF_INET6, p + 4, host, (socklen_t)size);
	*port = (uint16_t)(p[4 + len] << 8 | p[5 + len]);
	return (int)(4 + len + 2);
}

static bool request(struct net_relay *r, struct carried *c)
{
	char host[LIMIT_NET_HOST + 8];
	uint16_t port = 0;
	int n = take_request(&c->near, host, sizeof(host), &port);

	if (n <= 0)
		return n == 0 && !c->near.shut;
	drop_front(&c->near, (size_t)n);
	if (net_connector_open(r->direct, str_c(host), port, &c->far.fd, NULL) < 0) {
		atomic_fetch_add(&r->refused, 1);
		c->far.fd = -1;
		answer(c, 2); /* not allowed by the rules */
		return false;
	}
	c->state = CONNECTING;
	return true;
}

static bool connected(struct net_relay *r, struct carried *c)
{
	int failure = 0;
	socklen_t n = sizeof(failure);

	if (getsockopt(c->far.fd, SOL_SOCKET, SO_ERROR, &failure, &n) < 0 || failure) {
		answer(c, 5);
		return false;
	}
	atomic_fetch_add(&r->opened, 1);
	c->state = CARRYING;
	c->until_ms = 0;
	return answer(c, 0);
}

/* False: it is over. */
static bool advance(struct net_relay *r, struct carried *c, short near, short far)
{
	if ((near & (POLLIN | POLLHUP | POLLERR)) && c->near.len < RELAY_BUF && !c->near.shut && !fill(&c->near))
		return false;
	if (c->state == GREETING && !greet(c))
		return false;
	if (c->state == REQUEST && !request(r, c))
		return false;
	if (c->state == CONNECTING && (far & (POLLOUT | POLLHUP | POLLERR)) && !connected(r, c))
		return false;
	if (c->state != CARRYING)
		return true;
	if ((far & (POLLIN | POLLHUP | POLLERR)) && c->far.len < RELAY_BUF && !c->far.shut && !fill(&c->far))
		return false;
	if (!drain(&c->near, &c->far) || !drain(&c->far, &c->near))
		return false;
	if (c->near.shut && !c->until_ms) /* a server that never ends keeps no place */
		c->until_ms = clock_mono_ms(&clock_system) + RELAY_CLOSE_MS;
	return !((c->near.shut && !c->near.len) && (c->far.shut && !c->far.len));
}

static short near_events(const struct carried *c)
{
	bool room = c->near.len < RELAY_BUF && !c->near.shut;

	return (short)((room && c->state != CONNECTING ? POLLIN : 0) | (c->far.len ? POLLOUT : 0));
}

static short far_events(const struct carried *c)
{
	if (c->state == CONNECTING)
		return POLLOUT;
	return (short)((c->far.len < RELAY_BUF && !c->far.shut ? POLLIN : 0) | (c->near.len ? POLLOUT : 0));
}

/* Any local user can connect to a loopback port: whose end is it? The kernel's own list
 * tells, in its fixed form "N: ADDR:PORT ADDR:PORT STATE Q:Q T:WHEN RETRANSMITS UID ...". */
static bool one_of_us(const struct net_relay *r, const struct sockaddr_in *peer)
{
	FILE *f = fopen("/proc/thread-self/net/tcp", "re");
	unsigned from, from_port, to, to_port, uid;
	char line[512];
	bool ours = false, found = false;
	uid_t user;
	gid_t group;

	if (!f)
		return false;
	os_process_user(&user, &group);
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %*u: %8X:%4X %8X:%4X %*X %*X:%*X %*X:%*X %*X %u", &from, &from_port, &to, &to_port,
			   &uid) != 5)
			continue;
		found = from == peer->sin_addr.s_addr && from_port == ntohs(peer->sin_port) &&
			to == htonl(INADDR_LOOPBACK) && to_port == r->port;
		ours = found && (uid == user || uid == geteuid());
	}
	fclose(f);
	return ours;
}

static void take_in(struct net_relay *r)
{
	struct sockaddr_in peer = { 0 };
	socklen_t len = sizeof(peer);
	int fd = accept4(r->listening, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (r->n == RELAY_MAX || !one_of_us(r, &peer)) {
		close(fd);
		return;
	}
	r->list[r->n++] = carried_new(fd);
}

static void *relay_main(void *arg)
{
	struct net_relay *r = arg;
	struct pollfd p[2 + 2 * RELAY_MAX];

	while (!atomic_load(&r->stop)) {
		p[0] = (struct pollfd){ .fd = r->listening, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = r->wake, .events = POLLIN };
		for (size_t i = 0; i < r->n; i++) {
			struct carried *c = r->list[i];

			p[2 + 2 * i] = (struct pollfd){ .fd = c->near.fd, .events = near_events(c) };
			p[3 + 2 * i] = (struct pollfd){ .fd = c->far.fd, .events = far_events(c) };
			/* a descriptor that nothing is wanted of would report its end again and again */
			if (!p[2 + 2 * i].events)
				p[2 + 2 * i].fd = -1;
			if (!p[3 + 2 * i].events)
				p[3 + 2 * i].fd = -1;
		}
		size_t n = r->n, kept = 0;
		int64_t now;

		if (poll(p, 2 + 2 * n, 1000) < 0 && errno != EINTR)
			break;
		now = clock_mono_ms(&clock_system);
		for (size_t i = 0; i < n; i++) {
			struct carried *c = r->list[i];

			if ((!c->until_ms || now < c->until_ms) &&
			    advance(r, c, p[2 + 2 * i].revents, p[3 + 2 * i].revents))
				r->list[kept++] = c;
			else
				carried_free(c);
		}
		r->n = kept;
		if (p[0].revents & POLLIN)
			take_in(r);
	}
	return NULL;
}

static int listen_on_loopback(struct net_relay *r, struct error *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	r->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->listening < 0 || r->wake < 0 || bind(r->listening, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(r->listening, 64) < 0 || getsockname(r->listening, (struct sockaddr *)&a, &n) < 0)
		return error_os(e, errno, "relay");
	r->port = ntohs(a.sin_port);
	return 0;
}

int net_relay_start(const struct net_policy *policy, struct net_relay **ret, struct error *e)
{
	struct net_relay *r = mem_alloc(sizeof(*r));

	r->magic = RELAY_MAGIC;
	r->listening = r->wake = -1;
	if (net_connector_direct(&(struct net_direct_options){ .policy = policy }, &r->direct, e) < 0 ||
	    listen_on_loopback(r, e) < 0)
		goto failed;
	if (pthread_create(&r->thread, NULL, relay_main, r) != 0) {
		error_set(e, "net.relay", "无法启动浏览器的出站转发", "cannot start the browser's way out");
		goto failed;
	}
	*ret = r;
	return 0;
failed:
	closep(&r->listening);
	closep(&r->wake);
	net_connector_free(r->direct);
	free(r);
	return -1;
}

uint16_t net_relay_port(const struct net_relay *r)
{
	CHECK_OBJ(r, RELAY_MAGIC);
	return r->port;
}

uint64_t net_relay_opened(const struct net_relay *r)
{
	return atomic_load(&r->opened);
}

uint64_t net_relay_refused(const struct net_relay *r)
{
	return atomic_load(&r->refused);
}

void net_relay_stop(struct net_relay *r)
{
	uint64_t one = 1;

	if (!r)
		return;
	CHECK_OBJ(r, RELAY_MAGIC);
	atomic_store(&r->stop, true);
	if (write(r->wake, &one, sizeof(one)) < 0)
		check(errno == EAGAIN);
	pthread_join(r->thread, NULL);
	for (size_t i = 0; i < r->n; i++)
		carried_free(r->list[i]);
	closep(&r->listening);
	closep(&r->wake);
	net_connector_free(r->direct);
	r->magic = 0;
	free(r);
}
