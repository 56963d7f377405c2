/* The client: requests wait in a queue per origin, start round-robin within the limits,
 * run on one libcurl multi handle driven by epoll, and come back through their callback.
 * Easy handles, exchanges and their buffers are used again. libcurl is given a dummy
 * address for every host and gets its sockets from the connector, so it neither resolves
 * nor connects. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/http_private.h"
#include "os/fdpass.h"
#include "os/spawn.h"

#define CLIENT_MAGIC 0x68747463u
#define EVENTS_PER_TURN 64
#define DEFAULT_PARALLEL 32
#define DUMMY_ADDRESS "192.0.2.1" /* TEST-NET-1: were it ever used, nothing is there */

struct interest {
	uint32_t want, have; /* epoll events */
};

struct http_client {
	unsigned magic;
	struct net_connector *connector;
	unsigned max_parallel, max_per_origin;
	int timeout_ms;
	size_t max_body;
	bool verify_tls, no_http2;
	struct arena *arena; /* default headers */
	struct http_header *defaults;
	size_t ndefaults;

	CURLM *multi;
	CURLSH *share; /* TLS sessions */
	int epoll;
	VEC(struct interest) fds; /* by descriptor */
	int64_t timer_us;         /* 0: none */
	int watch_fd;
	void (*watch)(void *ctx);
	void *watch_ctx;

	struct map *origins;
	struct origin *listed_first, *listed_last;
	VEC(struct handle *) handles; /* all */
	VEC(struct handle *) idle;
	struct exchange *free_exchanges;
	size_t active, queued;
	struct http_stats stats;
};

/* Sockets and time. */

static struct interest *interest_of(struct http_client *c, int fd)
{
	while (c->fds.len <= (size_t)fd)
		vec_push(&c->fds);
	return &c->fds.ptr[fd];
}

static void epoll_set(struct http_client *c, int fd, struct interest *in, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	if (in->have == events)
		return;
	int op = in->have == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	epoll_ctl(c->epoll, op, fd, &ev);
	in->have = events;
}

/* libcurl drops and takes up its interest around every request on a kept connection. The
 * kernel is told only when something changes in earnest: reading stays registered, and an
 * event that nobody wants ends it (http_client_run). */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socketp)
{
	struct http_client *c = userdata;
	struct interest *in = interest_of(c, fd);

	in->want = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (what == CURL_POLL_REMOVE)
		in->want = 0;
	if (in->want == 0 && in->have == EPOLLIN)
		return 0;
	epoll_set(c, fd, in, in->want);
	return 0;
}

static int on_close_socket(void *userdata, curl_socket_t fd)
{
	struct http_client *c = userdata;
	struct interest *in = interest_of(c, fd);

	in->want = 0;
	epoll_set(c, fd, in, 0);
	return close(fd);
}

static int on_timer(CURLM *multi, long timeout_ms, void *userdata)
{
	struct http_client *c = userdata;

	c->timer_us = timeout_ms < 0 ? 0
				     : clock_mono_us(&clock_system) + 1000 * (int64_t)timeout_ms;
	return 0;
}

/* libcurl 7.88 calls connect() again on the socket that we give it, whatever it is told,
 * and takes "already in progress" for a failure: so the handshake must be over by then.
 * In the jail connect() is answered by the filter and nobody needs to wait. */
static int await_connect(struct exchange *x, int fd)
{
	int limit = x->timeout_ms < LIMIT_NET_CONNECT_MS ? x->timeout_ms : LIMIT_NET_CONNECT_MS;
	socklen_t len = sizeof(int);
	int err = 0;

	if (os_jailed())
		return 0;
	if (os_poll_one(fd, POLLOUT, limit) == 0)
		err = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	if (err == 0)
		return 0;
	return net_connect_error(&x->open_error, err, str_c(x->origin->host), x->origin->port);
}

int http_client_open_socket(struct exchange *x)
{
	struct http_client *c = x->client;
	_cleanup_close_ int fd = -1;

	error_clear(&x->open_error);
	buf_clear(&x->res->sent);
	if (net_connector_open(c->connector, str_c(x->origin->host), x->origin->port, &fd,
			       &x->open_error) < 0)
		return -1;
	if (await_connect(x, fd) < 0)
		return -1;
	c->stats.connections++;
	return take_fd(fd);
}

/* Life. */

static void copy_defaults(struct http_client *c, const struct http_client_options *o)
{
	size_t bytes = 4 * KIB;

	for (size_t i = 0; i < o->ndefault_headers; i++)
		bytes += o->default_headers[i].name.len + o->default_headers[i].value.len + 64;
	c->arena = arena_new(bytes);
	c->defaults = arena_array(c->arena, o->ndefault_headers + 1, sizeof(*c->defaults));
	for (size_t i = 0; i < o->ndefault_headers; i++) {
		c->defaults[i].name = arena_str(c->arena, o->default_headers[i].name);
		c->defaults[i].value = arena_str(c->arena, o->default_headers[i].value);
	}
	c->ndefaults = o->ndefault_headers;
}

static void set_up_multi(struct http_client *c)
{
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->max_parallel);
	curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

int http_client_new(const struct http_client_options *o, struct http_client **ret, struct error *e)
{
	check(o->connector);
	if (net_http_global_init(e) < 0)
		return -1;
	struct http_client *c = mem_alloc(sizeof(*c));

	c->magic = CLIENT_MAGIC;
	c->connector = o->connector;
	c->max_parallel = o->max_parallel ? o->max_parallel : DEFAULT_PARALLEL;
	if (c->max_parallel > LIMIT_HTTP_PARALLEL)
		c->max_parallel = LIMIT_HTTP_PARALLEL;
	c->max_per_origin = o->max_per_origin ? o->max_per_origin : LIMIT_HTTP_PARALLEL;
	c->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : LIMIT_HTTP_TIMEOUT_MS;
	c->max_body = o->max_body ? o->max_body : LIMIT_HTTP_BODY;
	c->verify_tls = o->verify_tls;
	c->no_http2 = o->no_http2;
	c->watch_fd = -1;
	c->origins = map_new();
	copy_defaults(c, o);
	c->multi = curl_multi_init();
	c->share = curl_share_init();
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!c->multi || !c->share || c->epoll < 0) {
		error_set(e, "net.init", "无法创建 HTTP 客户端", "The HTTP client did not start");
		http_client_free(c);
		return -1;
	}
	set_up_multi(c);
	*ret = c;
	return 0;
}

static void origin_free(void *p)
{
	struct origin *o = p;

	curl_slist_free_all(o->resolve);
	curl_slist_free_all(o->connect_to);
	free(o->host);
	free((void *)(uintptr_t)o->key.ptr);
	free(o);
}

static void exchange_free(struct exchange *x)
{
	buf_free(&x->text);
	buf_free(&x->body);
	vec_free(&x->headers);
	vec_free(&x->header_at);
	if (x->res)
		http_response_free(&x->res->pub);
	free(x->url);
	free(x);
}

static void drop_queues(struct http_client *c)
{
	struct map_iter it = { 0 };
	void *value;

	while (map_next(c->origins, &it, &(struct str){ 0 }, &value)) {
		struct origin *o = value;

		while (o->first) {
			struct exchange *x = o->first;

			o->first = x->next;
			exchange_free(x);
		}
	}
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	CHECK_OBJ(c, CLIENT_MAGIC);
	drop_queues(c);
	for (size_t i = 0; i < c->handles.len; i++) {
		struct handle *h = c->handles.ptr[i];

		if (h->easy)
			curl_multi_remove_handle(c->multi, h->easy);
		if (h->exchange)
			exchange_free(h->exchange);
		h->exchange = NULL;
		curl_easy_cleanup(h->easy);
		free(h);
	}
	while (c->free_exchanges) {
		struct exchange *x = c->free_exchanges;

		c->free_exchanges = x->next;
		exchange_free(x);
	}
	curl_multi_cleanup(c->multi);
	curl_share_cleanup(c->share);
	map_free_values(c->origins, origin_free);
	vec_free(&c->handles);
	vec_free(&c->idle);
	vec_free(&c->fds);
	closep(&c->epoll);
	arena_free(c->arena);
	c->magic = 0;
	free(c);
}

/* Origins and their queues. */

static struct origin *origin_of(struct http_client *c, const struct url *u)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4 * KIB);

	url_write_origin(&b, u);
	struct origin *o = map_get(c->origins, buf_view(&b));

	if (o)
		return o;
	o = mem_alloc(sizeof(*o));
	o->key = str_make(str_dup(buf_view(&b)), b.len);
	o->host = str_dup(u->host);
	o->port = u->port;
	o->tls = url_is_https(u);
	map_put(c->origins, o->key, o);
	if (u->host_kind == URL_HOST_IPV6) {
		o->connect_to = curl_slist_append(NULL, "::" DUMMY_ADDRESS ":");
		return o;
	}
	buf_clear(&b);
	buf_printf(&b, "%s:%u:" DUMMY_ADDRESS, o->host, o->port);
	o->resolve = curl_slist_append(NULL, b.ptr);
	/* libcurl looks "name." up as "name". */
	if (u->host.len && u->host.ptr[u->host.len - 1] == '.') {
		buf_clear(&b);
		buf_printf(&b, "%.*s:%u:" DUMMY_ADDRESS, (int)u->host.len - 1, o->host, o->port);
		o->resolve = curl_slist_append(o->resolve, b.ptr);
	}
	return o;
}

static void origin_list(struct http_client *c, struct origin *o)
{
	if (o->listed || !o->first || o->active >= c->max_per_origin)
		return;
	o->listed = true;
	o->next_listed = NULL;
	if (c->listed_last)
		c->listed_last->next_listed = o;
	else
		c->listed_first = o;
	c->listed_last = o;
}

static struct origin *origin_next(struct http_client *c)
{
	struct origin *o = c->listed_first;

	if (!o)
		return NULL;
	c->listed_first = o->next_listed;
	if (!c->listed_first)
		c->listed_last = NULL;
	o->listed = false;
	return o;
}

static struct exchange *exchange_get(struct http_client *c)
{
	struct exchange *x = c->free_exchanges;

	if (x) {
		c->free_exchanges = x->next;
		x->next = NULL;
		return x;
	}
	x = mem_alloc(sizeof(*x));
	x->client = c;
	buf_init(&x->text, LIMIT_HTTP_HEAD + 8 * LIMIT_URL);
	buf_init(&x->body, LIMIT_HTTP_REQUEST);
	return x;
}

static void exchange_put(struct http_client *c, struct exchange *x)
{
	free(x->url);
	x->url = NULL;
	x->res = NULL;
	x->origin = NULL;
	x->handle = NULL;
	if (x->body.cap > 64 * KIB)
		buf_free(&x->body);
	x->next = c->free_exchanges;
	c->free_exchanges = x;
}

int http_submit(struct http_client *c, const struct http_request *q, http_done *done, void *ctx,
		struct error *e)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	struct exchange *x = exchange_get(c);

	if (exchange_prepare(x, q, c->defaults, c->ndefaults, e) < 0) {
		exchange_put(c, x);
		return -1;
	}
	x->done = done;
	x->ctx = ctx;
	x->http1_only = x->http1_only || c->no_http2;
	x->timeout_ms = q->timeout_ms > 0 ? q->timeout_ms : c->timeout_ms;
	x->max_body = q->max_body ? q->max_body : c->max_body;
	x->origin = origin_of(c, q->url);
	if (x->origin->last && x->origin->first)
		x->origin->last->next = x;
	else
		x->origin->first = x;
	x->origin->last = x;
	c->queued++;
	origin_list(c, x->origin);
	return 0;
}

static struct handle *handle_get(struct http_client *c)
{
	struct handle *h = c->idle.len ? vec_pop(&c->idle) : NULL;

	if (!h) {
		h = mem_alloc(sizeof(*h));
		*vec_push(&c->handles) = h;
	}
	handle_open(h, c->share, c->verify_tls);
	curl_easy_setopt(h->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(h->easy, CURLOPT_CLOSESOCKETDATA, c);
	return h;
}

static void start_more(struct http_client *c)
{
	while (c->active < c->max_parallel) {
		struct origin *o = origin_next(c);

		if (!o)
			return;
		struct exchange *x = o->first;

		if (!x || o->active >= c->max_per_origin)
			continue;
		o->first = x->next;
		x->next = NULL;
		o->active++;
		c->queued--;
		c->active++;
		x->res = response_new(x->max_body);
		x->res->pub.tls = o->tls;
		x->res->pub.started_us = clock_mono_us(&clock_system);
		x->stopped = STOP_NONE;
		x->head_done = x->body_begun = false;
		x->header_lines = 0;
		error_clear(&x->open_error);
		exchange_apply(x, handle_get(c));
		curl_multi_add_handle(c->multi, x->handle->easy);
		origin_list(c, o);
	}
}

static void judge(struct exchange *x, CURLcode code, struct http_response *r)
{
	CURL *easy = x->handle->easy;
	curl_off_t down = 0;
	long os_errno = 0;

	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	r->wire_bytes = (uint64_t)down;
	if (response_finish(x->res) < 0 && code == CURLE_OK)
		code = CURLE_WEIRD_SERVER_REPLY;
	if (x->stopped == STOP_BODY_LIMIT)
		return;
	/* libcurl says "out of memory" for a header line beyond its 100 KiB. */
	if (x->stopped == STOP_HEAD_LIMIT || (code == CURLE_OUT_OF_MEMORY && !x->head_done)) {
		error_set(&r->error, "http.too-big", "答复的头部超过上限",
			  "The answer's head is over the limit");
		return;
	}
	if (code == CURLE_OK)
		return;
	r->truncated = r->status != 0;
	if (x->open_error.code[0]) {
		r->error = x->open_error;
		return;
	}
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
	/* A receive error that the system knows nothing of: chunk sizes that are none. */
	if (code == CURLE_RECV_ERROR && os_errno == 0 && !x->origin->tls && x->head_done)
		code = CURLE_WEIRD_SERVER_REPLY;
	http_error_of_curl(&r->error, code, (int)os_errno, str_c(x->origin->host), x->origin->port);
}

static void keep_cookies(struct exchange *x, const struct http_response *r)
{
	if (!x->jar || !x->url || !r->status)
		return;
	_cleanup_arena_ struct arena *a = arena_new(256 * KIB);
	struct url u;

	if (url_parse(a, str_c(x->url), NULL, URL_RAW_PATH, &u, NULL) < 0)
		return;
	for (size_t i = 0; i < r->nheaders; i++)
		if (str_ieq(r->headers[i].name, STR("Set-Cookie")))
			cookie_jar_set(x->jar, &u, r->headers[i].value,
				       clock_wall_ms(&clock_system));
}

/* Takes x off its handle and gives the response away. */
static void finish(struct http_client *c, struct exchange *x, CURLcode code, bool cancelled)
{
	struct handle *h = x->handle;
	struct http_response *r = &x->res->pub;
	struct origin *o = x->origin;
	http_done *done = x->done;
	void *ctx = x->ctx;

	r->total_us = clock_mono_us(&clock_system) - r->started_us;
	curl_multi_remove_handle(c->multi, h->easy);
	judge(x, code, r);
	if (cancelled)
		error_set(&r->error, "http.cancelled", "请求已取消", "The request was cancelled");
	keep_cookies(x, r);
	c->stats.requests++;
	c->stats.errors += r->error.code[0] != 0;
	c->stats.bytes_in += r->wire_bytes + r->head.len;
	c->stats.bytes_out += r->sent.len;
	h->exchange = NULL;
	curl_easy_cleanup(h->easy);
	h->easy = NULL;
	*vec_push(&c->idle) = h;
	o->active--;
	c->active--;
	origin_list(c, o);
	exchange_put(c, x);
	done(ctx, r);
}

static void collect(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left))) {
		struct handle *h = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &h);
		finish(c, h->exchange, m->data.result, false);
	}
}

/* The loop. */

static bool timer_due(const struct http_client *c)
{
	return c->timer_us && clock_mono_us(&clock_system) >= c->timer_us;
}

static void fire_timer(struct http_client *c)
{
	int running;

	c->timer_us = 0;
	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int wait_ms(const struct http_client *c, int timeout_ms)
{
	if (!c->timer_us)
		return timeout_ms;
	int64_t left = (c->timer_us - clock_mono_us(&clock_system) + 999) / 1000;

	if (left < 0)
		left = 0;
	if (timeout_ms >= 0 && left > timeout_ms)
		return timeout_ms;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

static void dispatch(struct http_client *c, const struct epoll_event *ev)
{
	int fd = ev->data.fd, running;

	if (fd == c->watch_fd) {
		c->watch(c->watch_ctx);
		return;
	}
	struct interest *in = interest_of(c, fd);

	if (in->want == 0) {
		/* An idle connection was closed or spoke out of turn: libcurl will notice
		 * when it wants to use it. */
		epoll_set(c, fd, in, 0);
		return;
	}
	int bits = (ev->events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
		   (ev->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (ev->events & EPOLLERR ? CURL_CSELECT_ERR : 0);

	curl_multi_socket_action(c->multi, fd, bits, &running);
}

size_t http_client_run(struct http_client *c, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];

	CHECK_OBJ(c, CLIENT_MAGIC);
	start_more(c);
	if (timer_due(c)) {
		fire_timer(c);
		timeout_ms = 0;
	}
	if (c->active == 0 && c->watch_fd < 0)
		return c->queued;
	int n = epoll_wait(c->epoll, events, EVENTS_PER_TURN, wait_ms(c, timeout_ms));

	for (int i = 0; i < n; i++)
		dispatch(c, &events[i]);
	if (timer_due(c))
		fire_timer(c);
	collect(c);
	start_more(c);
	return c->active + c->queued;
}

size_t http_client_pending(const struct http_client *c)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	return c->active + c->queued;
}

void http_client_cancel(struct http_client *c)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	/* What callbacks submit from now on is cancelled as well; so they must stop. */
	unsigned parallel = c->max_parallel;

	c->max_parallel = 0;
	for (size_t i = 0; i < c->handles.len; i++)
		if (c->handles.ptr[i]->exchange)
			finish(c, c->handles.ptr[i]->exchange, CURLE_ABORTED_BY_CALLBACK, true);
	struct map_iter it = { 0 };
	void *value;

	while (map_next(c->origins, &it, &(struct str){ 0 }, &value)) {
		struct origin *o = value;

		while (o->first) {
			struct exchange *x = o->first;
			struct response *r = response_new(x->max_body);

			o->first = x->next;
			x->next = NULL;
			c->queued--;
			response_finish(r);
			error_set(&r->pub.error, "http.cancelled", "请求已取消",
				  "The request was cancelled");
			http_done *done = x->done;
			void *ctx = x->ctx;

			exchange_put(c, x);
			done(ctx, &r->pub);
		}
	}
	c->max_parallel = parallel;
}

void http_client_watch(struct http_client *c, int fd, void (*cb)(void *ctx), void *ctx)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (c->watch_fd >= 0)
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, c->watch_fd, NULL);
	c->watch_fd = fd;
	c->watch = cb;
	c->watch_ctx = ctx;
	if (fd >= 0)
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev);
}

void http_client_set_parallel(struct http_client *c, unsigned max_parallel)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	c->max_parallel = max_parallel < 1                     ? 1
			  : max_parallel > LIMIT_HTTP_PARALLEL ? LIMIT_HTTP_PARALLEL
							       : max_parallel;
}

void http_client_stats(const struct http_client *c, struct http_stats *ret)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	*ret = c->stats;
}
