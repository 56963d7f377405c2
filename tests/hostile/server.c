/* A web server that only misbehaves: one process, one poll() loop, loopback only.
 *
 *     hostile_server            prints "PORT N", serves until its stdin ends
 *     hostile_server --list     prints "ADDRESS NAME" a line
 *
 * Case i lives at http://127.1.H.L:PORT/ with H = i / 250, L = i % 250 + 1. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"
#include "cases.h"

/* "Endless" needs an end for the machine's sake, far beyond any client's limit. */
#define MAX_PRODUCED (512 * MIB)
#define MAX_OUT (256 * KIB)
#define MAX_HOLD_MS 120000

struct server {
	int listener;
	VEC(struct conn *) conns;
	VEC(struct pollfd) polls;
};

static int64_t now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

static const struct hostile_case *case_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return NULL;
	uint32_t ip = ntohl(a.sin_addr.s_addr);
	size_t i = ((ip >> 8) & 255) * 250 + (ip & 255) - 1;

	return (ip >> 16) == 0x7f01 && i < hostile_cases_len ? &hostile_cases[i] : NULL;
}

static void conn_end(struct conn *c, bool reset)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(c->fd);
	buf_free(&c->out);
	free(c);
}

static void accept_one(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	const struct hostile_case *k = fd < 0 ? NULL : case_of(fd);

	if (!k) {
		if (fd >= 0)
			close(fd);
		return;
	}
	struct conn *c = mem_alloc(sizeof(*c));

	c->fd = fd;
	c->k = k;
	c->answering = k->early;
	c->idle_since_ms = now_ms();
	buf_init(&c->out, MAX_OUT + MIB);
	*vec_push(&s->conns) = c;
}

/* "GET /path HTTP/1.1": the path goes to c->path. */
static void take_path(struct conn *c)
{
	struct str r = str_make(c->request, c->request_len), word;
	size_t n;

	str_split(&r, ' ', &word);
	if (!str_split(&r, ' ', &word))
		word = STR("/");
	n = word.len < sizeof(c->path) - 1 ? word.len : sizeof(c->path) - 1;
	memcpy(c->path, word.ptr, n);
	c->path[n] = '\0';
}

/* False when the client is gone. */
static bool take_bytes(struct conn *c)
{
	char text[16 * 1024];
	ssize_t n = recv(c->fd, text, sizeof(text), 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	if (c->answering || c->holding)
		return true; /* what is said meanwhile does not interest us */
	size_t room = sizeof(c->request) - c->request_len;
	size_t take = (size_t)n < room ? (size_t)n : room;

	memcpy(c->request + c->request_len, text, take);
	c->request_len += take;
	struct str all = str_make(c->request, c->request_len);

	if (str_has(all, STR("\r\n\r\n")) || str_has(all, STR("\n\n")) ||
	    c->request_len == sizeof(c->request)) {
		take_path(c);
		c->answering = true;
		c->step = c->count = 0;
	}
	return true;
}

static void nice_page(struct conn *c, const char *link)
{
	buf_printf(&c->out,
		   "HTTP/1.1 %s\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
		   "<!doctype html><title>t</title><a href=\"%s\">next</a>",
		   strcmp(c->path, "/") == 0 ? "200 OK" : "404 Not Found", link);
}

/* Fills the output. */
static void produce(struct conn *c)
{
	if (c->k->only && strncmp(c->path, c->k->only, strlen(c->k->only)) != 0) {
		nice_page(c, c->k->only);
		c->after = AFTER_CLOSE;
		return;
	}
	size_t before = c->out.len;

	c->after = c->k->make(c, c->k);
	c->step++;
	c->produced += c->out.len - before;
	if (c->produced > MAX_PRODUCED)
		c->after = AFTER_CLOSE;
	if (c->after == AFTER_MORE && c->k->pause_ms > 0)
		c->wake_ms = now_ms() + c->k->pause_ms;
}

/* Sends what there is; true while the connection lives. */
static bool push(struct conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.ptr + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	buf_clear(&c->out);
	c->sent = 0;
	switch (c->after) {
	case AFTER_MORE:
		return true;
	case AFTER_HALF:
		shutdown(c->fd, SHUT_WR);
		c->holding = true;
		break;
	case AFTER_HOLD:
		c->holding = true;
		break;
	case AFTER_NEXT:
		c->answering = false;
		c->request_len = 0;
		break;
	case AFTER_CLOSE:
	case AFTER_RESET:
		return false;
	}
	c->idle_since_ms = now_ms();
	return true;
}

/* Reads what is left, so that a close is not a reset when none is meant. */
static void finish(struct conn *c)
{
	char text[4096];

	if (c->after == AFTER_CLOSE && shutdown(c->fd, SHUT_WR) == 0) {
		while (recv(c->fd, text, sizeof(text), 0) > 0)
			;
	}
	conn_end(c, c->after == AFTER_RESET);
}

static bool wants_to_write(const struct conn *c, int64_t now)
{
	return c->answering && !c->holding && (c->sent < c->out.len || c->wake_ms <= now);
}

static bool turn(struct conn *c, short revents, int64_t now)
{
	if ((revents & (POLLIN | POLLHUP | POLLERR)) && !take_bytes(c)) {
		c->after = AFTER_RESET;
		return false;
	}
	if (wants_to_write(c, now)) {
		if (c->sent == c->out.len)
			produce(c);
		if (!push(c))
			return false;
	}
	return now - c->idle_since_ms < MAX_HOLD_MS || (c->answering && !c->holding);
}

static int next_wake(struct server *s, int64_t now)
{
	int64_t best = 1000;

	for (size_t i = 0; i < s->conns.len; i++) {
		const struct conn *c = s->conns.ptr[i];

		if (!c->answering || c->holding || c->sent < c->out.len)
			continue;
		int64_t left = c->wake_ms - now;

		if (left < best)
			best = left > 0 ? left : 0;
	}
	return (int)best;
}

static void fill_polls(struct server *s, int64_t now)
{
	vec_clear(&s->polls);
	*vec_push(&s->polls) = (struct pollfd){ .fd = 0, .events = POLLIN };
	*vec_push(&s->polls) = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	for (size_t i = 0; i < s->conns.len; i++) {
		const struct conn *c = s->conns.ptr[i];
		short events = wants_to_write(c, now) ? POLLIN | POLLOUT : POLLIN;

		*vec_push(&s->polls) = (struct pollfd){ .fd = c->fd, .events = events };
	}
}

static void serve(struct server *s)
{
	for (;;) {
		int64_t now = now_ms();

		fill_polls(s, now);
		size_t n = s->conns.len;

		if (poll(s->polls.ptr, s->polls.len, next_wake(s, now)) < 0 && errno != EINTR)
			return;
		if (s->polls.ptr[0].revents) /* our starter has gone */
			return;
		now = now_ms();
		for (size_t i = n; i-- > 0;) {
			struct conn *c = s->conns.ptr[i];

			if (!turn(c, s->polls.ptr[i + 2].revents, now)) {
				finish(c);
				s->conns.ptr[i] = s->conns.ptr[--s->conns.len];
			}
		}
		if (s->polls.ptr[1].revents)
			accept_one(s);
	}
}

static void list(void)
{
	for (size_t i = 0; i < hostile_cases_len; i++)
		printf("127.1.%zu.%zu %s\n", i / 250, i % 250 + 1, hostile_cases[i].name);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET }; /* all of 127.0.0.0/8, see below */
	socklen_t len = sizeof(a);
	struct server s = { .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	struct rlimit files = { 0 };

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list();
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	(void)setsockopt(s.listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	/* Bound to every address because the cases are told apart by theirs; where the kernel
	 * does not confine us to loopback, connections to others are closed unread. */
	if (s.listener < 0 || bind(s.listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(s.listener, 512) < 0 ||
	    getsockname(s.listener, (struct sockaddr *)&a, &len) < 0) {
		perror("hostile_server");
		return 1;
	}
	printf("%u %zu\n", ntohs(a.sin_port), hostile_cases_len);
	fflush(stdout);
	serve(&s);
	for (size_t i = 0; i < s.conns.len; i++)
		conn_end(s.conns.ptr[i], true);
	vec_free(&s.conns);
	vec_free(&s.polls);
	close(s.listener);
	return 0;
}
