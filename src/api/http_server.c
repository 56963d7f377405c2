/* The HTTP server over libmicrohttpd: an epoll pool whose threads only move bytes,
 * suspend/resume around a bounded pool of job threads, streams fed from any thread.
 * Invariant: a connection is suspended before its exchange is handed to another
 * thread, so that resuming can never come first. MHD decodes nothing for us: the raw
 * target is taken at the request line and decoded here. */
#include "api/http_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

#define SERVER_MAGIC 0x68747073u
#define EXCHANGE_MAGIC 0x68747078u
#define STREAM_MAGIC 0x68747374u

struct http_stream {
	unsigned magic;
	pthread_mutex_t lock;
	struct MHD_Connection *conn; /* set when the response starts */
	struct buf pending;
	bool suspended, closed, gone;
	unsigned refs; /* owner, MHD's response */
};

struct http_exchange {
	unsigned magic;
	struct http_server *server;
	struct MHD_Connection *conn;
	struct http_exchange *next; /* in the queue */
	enum http_method method;
	char *target; /* raw, of the request line */
	struct buf path;
	struct str query;
	char method_text[16];
	char remote[INET6_ADDRSTRLEN];
	size_t body_max, body_seen;
	struct buf body;
	int spool;
	void *map;
	size_t map_len;
	bool started, accepted, too_large, queued, sent;
	struct MHD_Response *response;
	int status;
	struct header {
		char *name, *value;
	} headers[32];
	size_t n_headers;
	struct http_stream *stream;
	void *data;
	void (*free_data)(void *);
};

struct http_server {
	unsigned magic;
	struct MHD_Daemon *daemon;
	const struct http_callbacks *cb;
	void *arg;
	const char *spool_dir;
	uint16_t port;
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	struct http_exchange *first, **last;
	size_t queued, queue_max, running;
	bool stopping;
	pthread_t *threads;
	unsigned n_threads;
};

static const char *const method_names[] = {
#define X(m) #m,
	HTTP_METHODS(X)
#undef X
};

const char *http_method_name(enum http_method m)
{
	return m < HTTP_OTHER ? method_names[m] : "?";
}

/* ---- exchanges ---- */

static void header_free(struct http_exchange *x)
{
	for (size_t i = 0; i < x->n_headers; i++) {
		free(x->headers[i].name);
		free(x->headers[i].value);
	}
	x->n_headers = 0;
}

static void exchange_free(struct http_exchange *x)
{
	if (x->free_data)
		x->free_data(x->data);
	header_free(x);
	if (x->response)
		MHD_destroy_response(x->response);
	if (x->map)
		munmap(x->map, x->map_len);
	if (x->spool >= 0)
		close(x->spool);
	buf_free(&x->body);
	buf_free(&x->path);
	free(x->target);
	x->magic = 0;
	free(x);
}

/* MHD calls this with the raw request target, before anything else. */
static void *on_target(void *arg, const char *uri, struct MHD_Connection *conn)
{
	struct http_server *s;
	CAST_OBJ(s, arg, SERVER_MAGIC);
	struct http_exchange *x = mem_alloc(sizeof(*x));
	x->magic = EXCHANGE_MAGIC;
	x->server = s;
	x->conn = conn;
	x->spool = -1;
	x->target = str_dup(str_c(uri));
	buf_init(&x->body, LIMIT_API_BODY_FILE + LIMIT_HTTP_DRAIN);
	buf_init(&x->path, LIMIT_API_URL);
	return x;
}

static size_t no_unescape(void *arg, struct MHD_Connection *conn, char *text)
{
	return strlen(text);
}

/* Leaves the path empty when it is malformed. */
static void read_target(struct http_exchange *x)
{
	struct str target = str_c(x->target);
	if (target.len > LIMIT_API_URL)
		return;
	if (str_istarts(target, STR("http://")) || str_istarts(target, STR("https://"))) {
		struct str rest = str_from(target, (size_t)str_find(target, STR("//")) + 2);
		ssize_t slash = str_chr(rest, '/');
		target = slash < 0 ? STR("/") : str_from(rest, (size_t)slash);
	}
	ssize_t mark = str_chr(target, '?');
	struct str path = mark < 0 ? target : str_sub(target, 0, (size_t)mark);
	x->query = mark < 0 ? STR("") : str_from(target, (size_t)mark + 1);
	if (!str_starts(path, STR("/")))
		return;
	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] != '%')
			continue;
		_cleanup_buf_ struct buf one = BUF_INIT(8);
		if (i + 3 > path.len || decode_hex(&one, str_sub(path, i + 1, i + 3)) < 0)
			return;
	}
	decode_percent(&x->path, path, false);
	struct str got = buf_view(&x->path);
	if (memchr(got.ptr, 0, got.len) || utf8_invalid_at(got) >= 0 || x->path.overflow)
		buf_clear(&x->path);
}

static void read_remote(struct http_exchange *x)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		x->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	snprintf(x->remote, sizeof(x->remote), "unknown");
	if (!info || !info->client_addr)
		return;
	const struct sockaddr *sa = info->client_addr;
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;
		inet_ntop(AF_INET, &in->sin_addr, x->remote, sizeof(x->remote));
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
			inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], x->remote,
				  sizeof(x->remote));
		else
			inet_ntop(AF_INET6, &in6->sin6_addr, x->remote, sizeof(x->remote));
	}
}

enum http_method http_method(const struct http_exchange *x)
{
	return x->method;
}

struct str http_method_text(const struct http_exchange *x)
{
	return str_c(x->method_text);
}

struct str http_path(const struct http_exchange *x)
{
	return buf_view(&x->path);
}

struct str http_query(const struct http_exchange *x)
{
	return x->query;
}

struct str http_header(const struct http_exchange *x, const char *name)
{
	return str_c(MHD_lookup_connection_value(x->conn, MHD_HEADER_KIND, name));
}

struct str http_cookie(const struct http_exchange *x, const char *name)
{
	struct str all = http_header(x, "Cookie"), part;
	while (str_split(&all, ';', &part)) {
		ssize_t eq = str_chr(part, '=');
		if (eq > 0 && str_eq(str_trim(str_sub(part, 0, (size_t)eq)), str_c(name)))
			return str_trim(str_from(part, (size_t)eq + 1));
	}
	return STR("");
}

struct str http_remote(const struct http_exchange *x)
{
	return str_c(x->remote);
}

int64_t http_content_length(const struct http_exchange *x)
{
	struct str text = http_header(x, "Content-Length");
	int64_t n;
	return !str_empty(text) && str_to_i64(text, &n) == 0 && n >= 0 ? n : -1;
}

struct str http_body(const struct http_exchange *x)
{
	return x->map ? str_make(x->map, x->map_len) : buf_view(&x->body);
}

void http_set_data(struct http_exchange *x, void *data, void (*free_data)(void *))
{
	x->data = data;
	x->free_data = free_data;
}

void *http_data(const struct http_exchange *x)
{
	return x->data;
}

void http_accept(struct http_exchange *x, size_t body_max)
{
	x->accepted = true;
	x->body_max = body_max;
}

/* ---- answers ---- */

void http_reply_header(struct http_exchange *x, const char *name, struct str value)
{
	check(x->n_headers < sizeof(x->headers) / sizeof(x->headers[0]));
	/* A value can never start another header. */
	for (size_t i = 0; i < value.len; i++)
		check(value.ptr[i] != '\r' && value.ptr[i] != '\n' && value.ptr[i] != '\0');
	x->headers[x->n_headers++] = (struct header){ str_dup(str_c(name)), str_dup(value) };
}

void http_reply_reset(struct http_exchange *x)
{
	header_free(x);
}

bool http_replied(const struct http_exchange *x)
{
	return x->response != NULL;
}

static void reply_with(struct http_exchange *x, int status, struct MHD_Response *r)
{
	check(r && !x->response);
	for (size_t i = 0; i < x->n_headers; i++)
		MHD_add_response_header(r, x->headers[i].name, x->headers[i].value);
	x->status = status;
	x->response = r;
}

void http_reply(struct http_exchange *x, int status, struct str body)
{
	union {
		const char *in;
		void *out;
	} p = { body.ptr ? body.ptr : "" };
	reply_with(x, status,
		   MHD_create_response_from_buffer(body.len, p.out, MHD_RESPMEM_MUST_COPY));
}

void http_reply_static(struct http_exchange *x, int status, struct str body)
{
	union {
		const char *in;
		void *out;
	} p = { body.ptr ? body.ptr : "" };
	reply_with(x, status,
		   MHD_create_response_from_buffer(body.len, p.out, MHD_RESPMEM_PERSISTENT));
}

/* ---- streams ---- */

static void stream_unref(struct http_stream *s)
{
	pthread_mutex_lock(&s->lock);
	bool last = --s->refs == 0;
	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&s->lock);
	buf_free(&s->pending);
	s->magic = 0;
	free(s);
}

static ssize_t stream_read(void *arg, uint64_t pos, char *out, size_t max)
{
	struct http_stream *s;
	CAST_OBJ(s, arg, STREAM_MAGIC);
	ssize_t n = 0;
	pthread_mutex_lock(&s->lock);
	if (s->pending.len > 0) {
		n = (ssize_t)(s->pending.len < max ? s->pending.len : max);
		memcpy(out, s->pending.ptr, (size_t)n);
		buf_consume(&s->pending, (size_t)n);
	} else if (s->closed) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		s->suspended = true;
		MHD_suspend_connection(s->conn);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void stream_gone(void *arg)
{
	struct http_stream *s;
	CAST_OBJ(s, arg, STREAM_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->gone = true;
	s->suspended = false;
	pthread_mutex_unlock(&s->lock);
	stream_unref(s);
}

static void stream_resume(struct http_stream *s)
{
	if (!s->suspended)
		return;
	s->suspended = false;
	MHD_resume_connection(s->conn);
}

struct http_stream *http_reply_stream(struct http_exchange *x, int status)
{
	struct http_stream *s = mem_alloc(sizeof(*s));
	s->magic = STREAM_MAGIC;
	pthread_mutex_init(&s->lock, NULL);
	buf_init(&s->pending, LIMIT_HTTP_STREAM_BUFFER);
	s->conn = x->conn;
	s->refs = 2;
	reply_with(x, status,
		   MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_read, s,
						     stream_gone));
	return s;
}

int http_stream_write(struct http_stream *s, struct str bytes)
{
	CHECK_OBJ(s, STREAM_MAGIC);
	pthread_mutex_lock(&s->lock);
	bool ok = !s->gone && !s->closed && s->pending.len + bytes.len <= s->pending.max;
	if (ok) {
		buf_str(&s->pending, bytes);
		stream_resume(s);
	}
	pthread_mutex_unlock(&s->lock);
	return ok ? 0 : -1;
}

void http_stream_close(struct http_stream *s)
{
	CHECK_OBJ(s, STREAM_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	stream_resume(s);
	pthread_mutex_unlock(&s->lock);
	stream_unref(s);
}

/* ---- bodies ---- */

static int spool_open(struct http_exchange *x)
{
	const char *dir = x->server->spool_dir ? x->server->spool_dir : "/tmp";
	x->spool = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (x->spool < 0) {
		char path[512];
		snprintf(path, sizeof(path), "%s/upload-XXXXXX", dir);
		x->spool = mkostemp(path, O_CLOEXEC);
		if (x->spool >= 0)
			unlink(path);
	}
	return x->spool < 0 ? -1 : 0;
}

static int spool_write(struct http_exchange *x, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(x->spool, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes = str_from(bytes, (size_t)n);
	}
	return 0;
}

/* 0, or -1 to drop the connection. */
static int take_body(struct http_exchange *x, struct str bytes)
{
	x->body_seen += bytes.len;
	bool unwanted = x->response || !x->accepted;
	if (unwanted || x->body_seen > x->body_max) {
		x->too_large |= !unwanted;
		size_t allowed = unwanted ? 0 : x->body_max;
		return x->body_seen > allowed + LIMIT_HTTP_DRAIN ? -1 : 0;
	}
	if (x->spool < 0 && x->body.len + bytes.len <= LIMIT_HTTP_SPOOL) {
		buf_str(&x->body, bytes);
		return 0;
	}
	if (x->spool < 0) {
		if (spool_open(x) < 0 || spool_write(x, buf_view(&x->body)) < 0)
			return -1;
		buf_clear(&x->body);
	}
	return spool_write(x, bytes);
}

static int map_body(struct http_exchange *x)
{
	if (x->spool < 0 || x->body_seen == 0)
		return 0;
	void *p = mmap(NULL, x->body_seen, PROT_READ, MAP_PRIVATE, x->spool, 0);
	if (p == MAP_FAILED)
		return -1;
	x->map = p;
	x->map_len = x->body_seen;
	return 0;
}

/* ---- job threads ---- */

/* False when the queue is full or the server stops. */
static bool enqueue(struct http_exchange *x)
{
	struct http_server *s = x->server;
	pthread_mutex_lock(&s->lock);
	bool ok = !s->stopping && s->queued < s->queue_max;
	if (ok) {
		MHD_suspend_connection(x->conn);
		x->queued = true;
		x->next = NULL;
		*s->last = x;
		s->last = &x->next;
		s->queued++;
		pthread_cond_signal(&s->work);
	}
	pthread_mutex_unlock(&s->lock);
	return ok;
}

static void *job_main(void *arg)
{
	struct http_server *s;
	CAST_OBJ(s, arg, SERVER_MAGIC);
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->first && !s->stopping)
			pthread_cond_wait(&s->work, &s->lock);
		struct http_exchange *x = s->first;
		if (!x)
			break;
		s->first = x->next;
		if (!s->first)
			s->last = &s->first;
		s->queued--;
		s->running++;
		pthread_mutex_unlock(&s->lock);
		s->cb->serve(s->arg, x);
		check(x->response);
		MHD_resume_connection(x->conn);
		pthread_mutex_lock(&s->lock);
		s->running--;
		pthread_cond_broadcast(&s->idle);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- what MHD calls ---- */

static void refuse(struct http_exchange *x, int status)
{
	x->server->cb->refuse(x->server->arg, x, status);
	check(x->response);
}

/* What is no HTTP at all MHD answers by itself, in HTML, and has no hook to change that.
 * It queues those pages through its public function, so ours stands before it: a call
 * that comes here is such a page, and leaves as problem+json. Where the library is
 * bound so that its calls do not come here, its own page goes out, which is harmless. */
typedef enum MHD_Result queue_fn(struct MHD_Connection *conn, unsigned status,
				 struct MHD_Response *r);

static queue_fn *library_queue(void)
{
	union {
		void *p;
		queue_fn *fn;
	} f = { dlsym(RTLD_NEXT, "MHD_queue_response") };
	check(f.p);
	return f.fn;
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *conn, unsigned status,
				   struct MHD_Response *theirs)
{
	_cleanup_buf_ struct buf b = BUF_INIT(2048);
	buf_printf(
		&b,
		"{\"type\":\"urn:zhanwei:error:request.malformed\",\"title\":\"Malformed request\","
		"\"status\":%u,\"detail\":\"请求不符合 HTTP "
		"规范，或请求头过大。\",\"detail_en\":\"The request is "
		"no proper HTTP, or its head is too "
		"large.\",\"code\":\"request.malformed\",\"instance\":\"\","
		"\"errors\":[]}",
		status);
	struct MHD_Response *r = MHD_create_response_from_buffer(b.len, b.ptr,
								 MHD_RESPMEM_MUST_COPY);
	if (!r)
		return library_queue()(conn, status, theirs);
	MHD_add_response_header(r, "Content-Type", "application/problem+json; charset=utf-8");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	enum MHD_Result ok = library_queue()(conn, status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result send_response(struct http_exchange *x)
{
	x->sent = true;
	return library_queue()(x->conn, (unsigned)x->status, x->response);
}

static bool quick_reply(struct http_exchange *x)
{
	const struct http_callbacks *cb = x->server->cb;
	return cb->quick && cb->quick(x->server->arg, x);
}

static enum MHD_Result on_head(struct http_exchange *x, const char *method)
{
	x->method = HTTP_OTHER;
	for (size_t i = 0; i < HTTP_OTHER; i++)
		if (strcmp(method, method_names[i]) == 0)
			x->method = (enum http_method)i;
	snprintf(x->method_text, sizeof(x->method_text), "%s", method);
	read_target(x);
	read_remote(x);
	x->server->cb->head(x->server->arg, x);
	check(x->response || x->accepted);
	int64_t length = http_content_length(x);
	if (!x->response && length > 0 && (uint64_t)length > x->body_max) {
		x->too_large = true;
		refuse(x, 413);
	}
	/* Answered only after the body was read (MHD would close the connection otherwise),
	 * unless it is too long to be worth it. */
	if (x->response && length > (int64_t)LIMIT_HTTP_DRAIN)
		return send_response(x);
	return MHD_YES;
}

static enum MHD_Result on_access(void *arg, struct MHD_Connection *conn, const char *url,
				 const char *method, const char *version, const char *upload,
				 size_t *upload_len, void **con_cls)
{
	struct http_exchange *x;
	CAST_OBJ(x, *con_cls, EXCHANGE_MAGIC);
	if (!x->started) {
		x->started = true;
		return on_head(x, method);
	}
	if (x->sent)
		return MHD_YES;
	if (*upload_len > 0) {
		int r = take_body(x, str_make(upload, *upload_len));
		*upload_len = 0;
		return r < 0 ? MHD_NO : MHD_YES;
	}
	if (!x->response && !x->queued) {
		if (x->too_large)
			refuse(x, 413);
		else if (map_body(x) < 0)
			refuse(x, 500);
		else if (!x->map && quick_reply(x))
			return send_response(x);
		else if (!enqueue(x))
			refuse(x, 503);
		else
			return MHD_YES;
	}
	return x->response ? send_response(x) : MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *conn, void **con_cls,
			 enum MHD_RequestTerminationCode toe)
{
	struct http_exchange *x = *con_cls;
	*con_cls = NULL;
	if (x)
		exchange_free(x);
}

static __attribute__((format(printf, 2, 0))) void on_log(void *arg, const char *fmt, va_list ap)
{
	char line[512];
	vsnprintf(line, sizeof(line), fmt, ap);
	log_event(LOG_DEBUG, "http", "mhd", LOG_STR("message", str_trim(str_c(line))), LOG_END);
}

/* ---- start and stop ---- */

static int bind_socket(struct str address, uint16_t port, int *ret_fd, uint16_t *ret_port,
		       struct error *e)
{
	_cleanup_free_ char *host = str_dup(address);
	char service[8];
	snprintf(service, sizeof(service), "%u", port);
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return error_set(e, "listen.bad-address", "监听地址“%s”不是 IP 地址。",
				 "The address to listen on, \"%s\", is not an IP address.", host);
	_cleanup_close_ int fd = socket(found->ai_family,
					SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, bound = -1;
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		bound = bind(fd, found->ai_addr, found->ai_addrlen);
	}
	int errnum = errno;
	freeaddrinfo(found);
	if (fd >= 0 && bound < 0 && errnum == EADDRINUSE)
		return error_set(
			e, "listen.taken", "地址 %s 端口 %u 已被占用，请换一个端口（--listen）。",
			"Address %s port %u is in use: choose another (--listen).", host, port);
	if (bound < 0 || listen(fd, 512) < 0)
		return error_os(e, bound < 0 ? errnum : errno, "listen");
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return error_os(e, errno, "getsockname");
	*ret_port = ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
						   : ((struct sockaddr_in *)&ss)->sin_port);
	*ret_fd = take_fd(fd);
	return 0;
}

static int daemon_start(struct http_server *s, const struct http_options *o, int fd,
			struct error *e)
{
	unsigned threads = o->threads ? o->threads : 2;
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
		threads > 1 ? threads : 2u, MHD_OPTION_CONNECTION_LIMIT,
		o->connections ? o->connections : 1024u, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		o->per_address ? o->per_address : 256u, MHD_OPTION_CONNECTION_TIMEOUT,
		o->idle_s ? o->idle_s : 60u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)LIMIT_HTTP_CONN_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
		MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, s, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, s, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (s->daemon)
		return 0;
	return error_set(e, "listen.failed", "网页服务无法启动。",
			 "The web server could not start.");
}

int http_server_start(const struct http_options *o, struct http_server **ret, struct error *e)
{
	signal(SIGPIPE, SIG_IGN);
	struct http_server *s = mem_alloc(sizeof(*s));
	s->magic = SERVER_MAGIC;
	s->cb = o->callbacks;
	s->arg = o->arg;
	s->spool_dir = o->spool_dir;
	s->queue_max = o->queue ? o->queue : 256;
	s->last = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->idle, NULL);
	_cleanup_close_ int fd = -1;
	if (bind_socket(o->address, o->port, &fd, &s->port, e) < 0 ||
	    daemon_start(s, o, fd, e) < 0) {
		free(s);
		return -1;
	}
	take_fd(fd);
	s->n_threads = o->jobs ? o->jobs : 8;
	s->threads = mem_array(s->n_threads, sizeof(*s->threads));
	for (unsigned i = 0; i < s->n_threads; i++)
		check(pthread_create(&s->threads[i], NULL, job_main, s) == 0);
	*ret = s;
	return 0;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_server_stop(struct http_server *s, int grace_ms)
{
	if (!s)
		return;
	CHECK_OBJ(s, SERVER_MAGIC);
	int fd = MHD_quiesce_daemon(s->daemon);
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += grace_ms / 1000;
	until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->work);
	int r = 0;
	while ((s->running || s->queued) && r == 0)
		r = pthread_cond_timedwait(&s->idle, &s->lock, &until);
	bool busy = s->running || s->queued;
	pthread_mutex_unlock(&s->lock);
	if (fd >= 0)
		close(fd);
	if (busy) /* a job hangs: the process is ending, its memory goes with it */
		return;
	for (unsigned i = 0; i < s->n_threads; i++)
		pthread_join(s->threads[i], NULL);
	MHD_stop_daemon(s->daemon);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->idle);
	free(s->threads);
	s->magic = 0;
	free(s);
}
