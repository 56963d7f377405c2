/* Dialogues with open ports: each runs in a fiber, waits for its socket there, and is
 * bounded in bytes and time whatever the other side does (endless greetings, single
 * bytes, resets). */
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "scan/asset/asset_private.h"

static void enter(void *arg)
{
	struct asset_task *t = arg;

	t->fn(t);
}

/* In a fiber: waits for the events; what came, or 0 when the time is up. */
static short wait_for(struct asset_task *t, int fd, short events, int64_t until_ms)
{
	/* also when the other side always has another byte ready */
	if (t->run->verdict != SCAN_GO || clock_mono_ms(&clock_system) >= until_ms)
		return 0;
	t->fd = fd;
	t->want = events;
	t->until_ms = until_ms;
	t->got = 0;
	fiber_yield(t->fiber);
	t->fd = -1;
	return t->got;
}

/* One turn over the tasks that wait: polls, resumes whose socket or time has come. The
 * number that waited. */
static size_t turn(struct asset_run *r, struct asset_task *slots)
{
	struct pollfd p[LIMIT_ASSET_DIALOGUES];
	struct asset_task *who[LIMIT_ASSET_DIALOGUES];
	size_t n = 0;

	for (size_t i = 0; i < LIMIT_ASSET_DIALOGUES; i++) {
		if (!slots[i].fiber)
			continue;
		p[n] = (struct pollfd){ .fd = slots[i].fd, .events = slots[i].want };
		who[n++] = &slots[i];
	}
	if (n)
		poll(p, n, 20);
	int64_t now = clock_mono_ms(&clock_system);
	bool stop = asset_stopped(r);

	for (size_t i = 0; i < n; i++) {
		if (!p[i].revents && now < who[i]->until_ms && !stop)
			continue;
		who[i]->got = p[i].revents;
		if (!fiber_resume(who[i]->fiber))
			who[i]->fiber = NULL;
	}
	return n;
}

void asset_tasks(struct asset_run *r, size_t n, void (*fn)(struct asset_task *t))
{
	struct asset_task slots[LIMIT_ASSET_DIALOGUES] = { 0 };
	size_t next = 0;

	do {
		for (size_t i = 0; i < LIMIT_ASSET_DIALOGUES && next < n; i++) {
			struct asset_task *t = &slots[i];

			if (t->fiber || asset_stopped(r))
				continue;
			*t = (struct asset_task){ .run = r, .index = next++, .fd = -1, .fn = fn };
			t->fiber = fiber_new(r->pool, enter, t);
			if (!fiber_resume(t->fiber))
				t->fiber = NULL;
		}
	} while (turn(r, slots) || (next < n && !asset_stopped(r)));
}

/* ---- one connection ---- */

/* Waits for what OpenSSL wants next: 0 try again, -1. */
static int tls_wants(struct asset_chat *c, int rc, int64_t until_ms)
{
	int what = SSL_get_error(c->ssl, rc);

	ERR_clear_error();
	if (what != SSL_ERROR_WANT_READ && what != SSL_ERROR_WANT_WRITE)
		return -1;
	return wait_for(c->t, c->fd, what == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until_ms) ? 0 : -1;
}

static int start_tls(struct asset_chat *c, int64_t until_ms)
{
	const struct asset_options *o = c->t->run->o;
	struct sockaddr_storage ss;
	char name[LIMIT_NET_HOST + 1];
	socklen_t len;
	int rc;

	c->ssl = SSL_new(c->t->run->tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
		return -1;
	if (o->host.len <= LIMIT_NET_HOST && net_addr_parse(o->host, 0, &ss, &len) < 0) {
		snprintf(name, sizeof(name), "%.*s", STR_ARG(o->host));
		SSL_set_tlsext_host_name(c->ssl, name);
	}
	while ((rc = SSL_connect(c->ssl)) != 1)
		if (tls_wants(c, rc, until_ms) < 0)
			return -1;
	return 0;
}

int asset_chat_open(struct asset_task *t, uint16_t port, bool tls, struct asset_chat *ret)
{
	struct asset_chat c = { .t = t, .fd = -1 };
	int64_t until = clock_mono_ms(&clock_system) + LIMIT_ASSET_OPEN_MS;
	int err = 0;
	socklen_t len = sizeof(err);

	if (t->run->verdict == SCAN_GO &&
	    net_connector_open(t->run->connector, t->run->target, port, &c.fd, NULL) == 0 &&
	    wait_for(t, c.fd, POLLOUT, until) &&
	    getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0 &&
	    (!tls || start_tls(&c, until + LIMIT_ASSET_OPEN_MS) == 0)) {
		*ret = c;
		return 0;
	}
	asset_chat_close(&c);
	return -1;
}

int asset_chat_send(struct asset_chat *c, struct str bytes)
{
	int64_t until = clock_mono_ms(&clock_system) + LIMIT_ASSET_OPEN_MS;

	while (bytes.len) {
		size_t done = 0;

		if (c->ssl) {
			int rc = SSL_write_ex(c->ssl, bytes.ptr, bytes.len, &done);

			if (rc != 1 && tls_wants(c, rc, until) < 0)
				return -1;
		} else {
			ssize_t n = send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

			if (n < 0 && errno != EAGAIN && errno != EINTR)
				return -1;
			if (n < 0 && !wait_for(c->t, c->fd, POLLOUT, until))
				return -1;
			done = n > 0 ? (size_t)n : 0;
		}
		bytes = str_from(bytes, done);
	}
	return 0;
}

/* Bytes read, 0 at the end or when time is up, -1 broken. */
static ssize_t read_some(struct asset_chat *c, char *p, size_t n, int64_t until_ms)
{
	for (;;) {
		if (c->ssl) {
			size_t got = 0;
			int rc = SSL_read_ex(c->ssl, p, n, &got);

			if (rc == 1)
				return (ssize_t)got;
			if (tls_wants(c, rc, until_ms) < 0)
				return 0;
		} else {
			ssize_t got = recv(c->fd, p, n, 0);

			if (got >= 0)
				return got;
			if (errno != EAGAIN && errno != EINTR)
				return -1;
			if (!wait_for(c->t, c->fd, POLLIN, until_ms))
				return 0;
		}
	}
}

size_t asset_chat_read(struct asset_chat *c, struct buf *out, int first_ms)
{
	int64_t now = clock_mono_ms(&clock_system), end = now + first_ms + LIMIT_ASSET_ANSWER_MS;
	int64_t until = now + first_ms;
	char piece[4096];
	size_t total = 0;

	while (until > now && !out->overflow && c->t->run->verdict == SCAN_GO) {
		ssize_t n = read_some(c, piece, sizeof(piece), until < end ? until : end);

		if (n <= 0)
			break;
		total += (size_t)n;
		buf_add(out, piece, (size_t)n);
		now = clock_mono_ms(&clock_system);
		until = now + LIMIT_ASSET_QUIET_MS + (int64_t)c->t->run->srtt_us / 500;
		if (now >= end)
			break;
	}
	return total;
}

void asset_chat_close(struct asset_chat *c)
{
	if (c->ssl)
		SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	c->ssl = NULL;
	c->fd = -1;
	ERR_clear_error();
}
