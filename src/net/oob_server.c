/* The listener's thread: one poll() over a UDP socket, a listening socket and at most
 * OOB_CONNECTIONS connections. Each may send OOB_REQUEST bytes within OOB_PATIENCE_MS; then
 * it gets a short answer and is closed. */
#include "net/oob_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"

#define OOB_CONNECTIONS 64
#define OOB_REQUEST (8 * KIB)
#define OOB_PATIENCE_MS 8000
#define OOB_RING 4096
#define OOB_WHAT 1024
#define OOB_PER_TOKEN 16 /* hits of one token within the ring's last part */
#define OOB_PER_SOURCE 24 /* connections of one address at a time */
#define OOB_SOURCES 256   /* addresses told apart, by hash */
#define OOB_SOURCE_RATE 200 /* packets and connections of one address per second; a resolver may send many */
#define OOB_REST_MS 200	    /* without descriptors or memory: try again then */

struct kept {
	uint64_t number;
	enum oob_kind kind;
	int64_t at_ms;
	char token[OOB_TOKEN_LEN + 1], from[64];
	uint16_t what_len;
	char what[OOB_WHAT];
};
struct connection {
	int fd; /* -1: free */
	int64_t until_ms;
	char from[64];
	size_t len;
	bool ldap; /* was bound */
	char in[OOB_REQUEST];
};

struct oob_server {
	pthread_t thread;
	int http, dns, wake;
	uint16_t http_port, dns_port;
	struct oob_zone zone;
	char *domain;
	void (*hit)(void *ctx, const struct oob_hit *h);
	void *ctx;
	bool started;
	struct connection connections[OOB_CONNECTIONS];
	struct {
		int64_t second;
		unsigned n;
	} sources[OOB_SOURCES];
	int64_t rest_until_ms; /* nothing is accepted before */
	pthread_mutex_t lock; /* of what follows */
	struct kept *ring;
	uint64_t number;
};

static struct oob_hit view(const struct kept *k)
{
	return (struct oob_hit){ k->kind, k->number, str_c(k->token), str_c(k->from), str_make(k->what, k->what_len), k->at_ms };
}

static bool too_many(const struct oob_server *s, const char *token)
{
	unsigned n = 0;
	for (uint64_t i = s->number; i > 0 && i + 512 > s->number && n < OOB_PER_TOKEN; i--)
		n += strcmp(s->ring[i % OOB_RING].token, token) == 0;
	return n >= OOB_PER_TOKEN;
}

static void remember(struct oob_server *s, enum oob_kind kind, const char *token, const char *from, struct str what)
{
	struct kept copy;
	pthread_mutex_lock(&s->lock);
	if (too_many(s, token)) {
		pthread_mutex_unlock(&s->lock);
		return;
	}
	struct kept *k = &s->ring[(s->number + 1) % OOB_RING];
	k->number = ++s->number;
	k->kind = kind;
	k->at_ms = clock_wall_ms(&clock_system);
	memcpy(k->token, token, OOB_TOKEN_LEN + 1);
	snprintf(k->from, sizeof(k->from), "%s", from);
	k->what_len = (uint16_t)(what.len < OOB_WHAT ? what.len : OOB_WHAT);
	memcpy(k->what, what.ptr, k->what_len);
	copy = *k;
	pthread_mutex_unlock(&s->lock);
	if (s->hit) {
		struct oob_hit h = view(&copy);
		s->hit(s->ctx, &h);
	}
}

int oob_server_poll(struct oob_server *s, struct str prefix, uint64_t *after,
		    void (*each)(void *arg, const struct oob_hit *h), void *arg)
{
	for (;;) {
		struct kept copy;
		bool found = false;
		pthread_mutex_lock(&s->lock);
		uint64_t from = *after + 1, oldest = s->number > OOB_RING ? s->number - OOB_RING + 1 : 1;
		for (uint64_t i = from > oldest ? from : oldest; i <= s->number && !found; i++) {
			const struct kept *k = &s->ring[i % OOB_RING];
			*after = i;
			if (str_starts(str_c(k->token), prefix)) {
				copy = *k;
				found = true;
			}
		}
		pthread_mutex_unlock(&s->lock);
		if (!found)
			return 0;
		struct oob_hit h = view(&copy);
		each(arg, &h);
	}
}

/* ---- sockets ---- */

static void name_of(const struct sockaddr_storage *a, socklen_t len, char out[64])
{
	if (getnameinfo((const struct sockaddr *)a, len, out, 64, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(out, 64, "?");
}

/* Descriptor bound to "ADDR:PORT", or -1. */
static int bind_to(struct str at, int type, uint16_t *ret_port, struct error *e)
{
	char host[80], port[8];
	ssize_t colon = str_rchr(at, ':');
	struct str h = colon < 0 ? STR("") : str_sub(at, 0, (size_t)colon);
	if (h.len > 2 && h.ptr[0] == '[')
		h = str_sub(h, 1, h.len - 1);
	snprintf(host, sizeof(host), "%.*s", (int)(h.len < 79 ? h.len : 79), h.ptr ? h.ptr : "");
	snprintf(port, sizeof(port), "%.*s", colon < 0 ? 0 : (int)(at.len - (size_t)colon - 1 < 6 ? at.len - (size_t)colon - 1 : 6),
		 colon < 0 ? "" : at.ptr + colon + 1);
	struct addrinfo want = { .ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE }, *list = NULL;
	if (colon <= 0 || !port[0] || getaddrinfo(host, port, &want, &list) != 0)
		return error_set(e, "oob.bad-listen", "带外监听地址“%.*s”应写成“地址:端口”。",
				 "The out-of-band address \"%.*s\" must be \"ADDRESS:PORT\".", STR_ARG(str_sub(at, 0, 100)));
	int fd = socket(list->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, saved = 0;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd >= 0 && (bind(fd, list->ai_addr, list->ai_addrlen) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0))) {
		saved = errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd < 0)
		return error_set(e, "oob.cannot-listen", "无法在 %.*s 监听：%s", "Cannot listen on %.*s: %s",
				 STR_ARG(str_sub(at, 0, 100)), strerror(saved));
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	if (getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		*ret_port = ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
							  : ((struct sockaddr_in *)&a)->sin_port);
	return fd;
}

/* Has this address had its share of the second? */
static bool too_fast(struct oob_server *s, const char *from)
{
	int64_t second = clock_mono_ms(&clock_system) / 1000;
	size_t i = str_hash(str_c(from)) % OOB_SOURCES;
	if (s->sources[i].second != second) {
		s->sources[i].second = second;
		s->sources[i].n = 0;
	}
	return ++s->sources[i].n > OOB_SOURCE_RATE;
}

static const char *type_name(unsigned type, char out[16])
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = { { 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 15, "MX" }, { 16, "TXT" }, { 28, "AAAA" },
		      { 33, "SRV" }, { 65, "HTTPS" }, { 255, "ANY" } };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].type == type)
			return names[i].name;
	snprintf(out, 16, "TYPE%u", type);
	return out;
}

static void serve_dns(struct oob_server *s)
{
	for (int i = 0; i < 64; i++) {
		char in[1500], name[256], from[64], token[OOB_TOKEN_LEN + 1], what[300], other[16];
		unsigned char out[LIMIT_OOB_DNS_ANSWER];
		struct sockaddr_storage a;
		socklen_t len = sizeof(a);
		unsigned type;
		ssize_t n = recvfrom(s->dns, in, sizeof(in), 0, (struct sockaddr *)&a, &len);
		if (n <= 0)
			return;
		name_of(&a, len, from);
		if (too_fast(s, from)) /* its address may be forged: nobody is flooded with answers */
			continue;
		size_t m = oob_dns_answer(&s->zone, str_make(in, (size_t)n), out, name, &type);
		if (m)
			sendto(s->dns, out, m, 0, (struct sockaddr *)&a, len);
		if (name[0] && oob_token_find(str_c(name), token)) {
			snprintf(what, sizeof(what), "%s %s", type_name(type, other), name);
			remember(s, OOB_DNS, token, from, str_c(what));
		}
	}
}

static void drop(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
}

static size_t connections_of(const struct oob_server *s, const struct connection *but, const char *from)
{
	size_t n = 0;
	for (size_t i = 0; i < OOB_CONNECTIONS; i++)
		n += &s->connections[i] != but && s->connections[i].fd >= 0 && strcmp(s->connections[i].from, from) == 0;
	return n;
}

static void accept_some(struct oob_server *s)
{
	for (size_t i = 0; i < OOB_CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];
		struct sockaddr_storage a;
		socklen_t len = sizeof(a);
		if (c->fd >= 0)
			continue;
		c->fd = accept4(s->http, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (c->fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
				s->rest_until_ms = clock_mono_ms(&clock_system) + OOB_REST_MS;
			return;
		}
		c->len = 0;
		c->ldap = false;
		c->until_ms = clock_wall_ms(&clock_system) + OOB_PATIENCE_MS;
		name_of(&a, len, c->from);
		if (too_fast(s, c->from) || connections_of(s, c, c->from) >= OOB_PER_SOURCE)
			drop(c);
	}
}

/* A bind request of LDAP is answered so that the search behind it comes, which names the token. */
static void serve_ldap(struct oob_server *s, struct connection *c)
{
	static const char bound[] = { 0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00 };
	char token[OOB_TOKEN_LEN + 1], what[64];
	if (oob_token_find(str_make(c->in, c->len), token)) {
		snprintf(what, sizeof(what), "LDAP %s", token);
		remember(s, OOB_LDAP, token, c->from, str_c(what));
		drop(c);
	} else if (!c->ldap) {
		c->ldap = true;
		if (send(c->fd, bound, sizeof(bound), MSG_NOSIGNAL) < 0)
			drop(c);
	}
}

static void serve_http(struct oob_server *s, struct connection *c, bool end)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
				     "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nok\n";
	struct str in = str_make(c->in, c->len);
	char token[OOB_TOKEN_LEN + 1];
	ssize_t head = str_find(in, STR("\r\n\r\n"));
	if (head < 0 && !end && c->len < OOB_REQUEST)
		return;
	if (oob_token_find(in, token))
		remember(s, OOB_HTTP, token, c->from, in);
	if (head >= 0)
		send(c->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	drop(c);
}

static void serve_connection(struct oob_server *s, struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->len, OOB_REQUEST - c->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->len += (size_t)n;
	if (c->len > 0 && c->in[0] == 0x30 && n > 0)
		serve_ldap(s, c);
	else
		serve_http(s, c, n <= 0);
	if (c->fd >= 0 && c->len == OOB_REQUEST)
		drop(c);
}

static void *serve(void *arg)
{
	struct oob_server *s = arg;
	for (;;) {
		struct pollfd p[3 + OOB_CONNECTIONS] = { { .fd = s->wake, .events = POLLIN }, { .fd = s->dns, .events = POLLIN } };
		int64_t now = clock_wall_ms(&clock_system);
		bool room = false;
		for (size_t i = 0; i < OOB_CONNECTIONS; i++) {
			struct connection *c = &s->connections[i];
			if (c->fd >= 0 && c->until_ms < now)
				drop(c);
			p[3 + i] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
			room = room || c->fd < 0;
		}
		bool rests = s->rest_until_ms > clock_mono_ms(&clock_system);
		p[2] = (struct pollfd){ .fd = room && !rests ? s->http : -1, .events = POLLIN };
		if (poll(p, ARRAY_SIZE(p), rests ? OOB_REST_MS : 1000) < 0) {
			if (errno != EINTR) /* out of memory: go on when there is some */
				clock_system.sleep_ms(&clock_system, OOB_REST_MS);
			continue;
		}
		if (p[0].revents)
			return NULL;
		if (p[1].revents)
			serve_dns(s);
		for (size_t i = 0; i < OOB_CONNECTIONS; i++)
			if (p[3 + i].revents && s->connections[i].fd == p[3 + i].fd)
				serve_connection(s, &s->connections[i]);
		if (p[2].revents)
			accept_some(s);
	}
}

int oob_server_start(const struct oob_options *o, struct oob_server **ret, struct error *e)
{
	struct oob_server *s = mem_alloc(sizeof(*s));
	s->http = s->dns = s->wake = -1;
	for (size_t i = 0; i < OOB_CONNECTIONS; i++)
		s->connections[i].fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	s->ring = mem_array(OOB_RING, sizeof(*s->ring));
	s->hit = o->hit;
	s->ctx = o->ctx;
	s->domain = str_dup(o->domain);
	int r = oob_zone_set(&s->zone, str_c(s->domain), o->address, e);
	if (r == 0 && o->http.len)
		r = (s->http = bind_to(o->http, SOCK_STREAM, &s->http_port, e)) < 0 ? -1 : 0;
	if (r == 0 && o->dns.len)
		r = (s->dns = bind_to(o->dns, SOCK_DGRAM, &s->dns_port, e)) < 0 ? -1 : 0;
	if (r == 0 && (s->wake = eventfd(0, EFD_CLOEXEC)) < 0)
		r = error_os(e, errno, "eventfd");
	if (r == 0 && pthread_create(&s->thread, NULL, serve, s) != 0)
		r = error_set(e, "oob.no-thread", "无法启动带外监听线程。", "The out-of-band thread cannot be started.");
	if (r < 0) {
		oob_server_stop(s);
		return -1;
	}
	s->started = true;
	*ret = s;
	return 0;
}

void oob_server_stop(struct oob_server *s)
{
	if (!s)
		return;
	uint64_t one = 1;
	if (s->started && write(s->wake, &one, sizeof(one)) == sizeof(one))
		pthread_join(s->thread, NULL);
	for (size_t i = 0; i < OOB_CONNECTIONS; i++)
		if (s->connections[i].fd >= 0)
			close(s->connections[i].fd);
	int fds[] = { s->http, s->dns, s->wake };
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	pthread_mutex_destroy(&s->lock);
	free(s->ring);
	free(s->domain);
	free(s);
}

uint16_t oob_server_http_port(const struct oob_server *s)
{
	return s->http_port;
}

uint16_t oob_server_dns_port(const struct oob_server *s)
{
	return s->dns_port;
}
