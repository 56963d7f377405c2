/* The HTTP server, wholly behind this header (libmicrohttpd inside): event threads
 * that never block, a bounded pool of job threads for work that may, limits on
 * connections, heads and bodies, and streams that last.
 *
 * Life of a request: head() on an event thread decides by the head alone (reply, or
 * take a body of at most so many bytes); serve() on a job thread has the whole body
 * and must reply. What a reply points to is copied. */
#ifndef API_HTTP_SERVER_H
#define API_HTTP_SERVER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct http_server;
struct http_exchange;
struct http_stream;

/* X(NAME): methods we route; anything else is HTTP_OTHER. */
#define HTTP_METHODS(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)
enum http_method {
#define X(m) HTTP_##m,
	HTTP_METHODS(X)
#undef X
		HTTP_OTHER,
};
const char *http_method_name(enum http_method m);

struct http_callbacks {
	/* On an event thread, must not block: http_reply*() to answer now (whatever body
	 * follows is dropped), or http_accept() to have it served. */
	void (*head)(void *arg, struct http_exchange *x);
	/* Optional. On an event thread, body complete and in memory: true when it replied, which it
	 * may only where that takes microseconds and waits for nothing; else serve() follows. */
	bool (*quick)(void *arg, struct http_exchange *x);
	/* On a job thread, body complete (http_body()); must reply. */
	void (*serve)(void *arg, struct http_exchange *x);
	/* On an event thread, where the server itself refuses: body over the limit (413),
	 * queue full (503), unreadable request (400), shutting down (503). Must reply. */
	void (*refuse)(void *arg, struct http_exchange *x, int status);
};

struct http_options {
	struct str address; /* "127.0.0.1", "::1", "0.0.0.0" */
	uint16_t port;	    /* 0: any free one, see http_server_port() */
	unsigned threads;   /* event threads; 0: 2 */
	unsigned jobs;	    /* job threads; 0: 8 */
	unsigned queue;	    /* requests waiting for one; 0: 256 */
	unsigned connections, per_address; /* 0: 1,024 and 256 */
	unsigned idle_s;		   /* 0: 60. A silent connection is closed */
	const char *spool_dir; /* large bodies lie here, unlinked; NULL: /tmp */
	const struct http_callbacks *callbacks;
	void *arg;
};

int http_server_start(const struct http_options *o, struct http_server **ret, struct error *e);
uint16_t http_server_port(const struct http_server *s);
/* Stops accepting, ends streams, waits up to grace_ms for running jobs, frees. */
void http_server_stop(struct http_server *s, int grace_ms);

/* ---- the request ---- */

enum http_method http_method(const struct http_exchange *x);
struct str http_method_text(const struct http_exchange *x);
/* Decoded path without query, always starting with '/'; empty when the target was
 * malformed (bad escape, NUL, not UTF-8, no leading '/'). */
struct str http_path(const struct http_exchange *x);
/* Raw query without '?'. */
struct str http_query(const struct http_exchange *x);
/* First header of that name (any case), "" when absent. */
struct str http_header(const struct http_exchange *x, const char *name);
/* Cookie of that name, "" when absent. */
struct str http_cookie(const struct http_exchange *x, const char *name);
struct str http_remote(const struct http_exchange *x); /* address without port */
/* -1 when it does not say. */
int64_t http_content_length(const struct http_exchange *x);
/* The body: memory, or a mapped spool file. Valid until the reply. */
struct str http_body(const struct http_exchange *x);
/* A place for the callbacks' own data from head() to serve(). */
void http_set_data(struct http_exchange *x, void *data, void (*free_data)(void *));
void *http_data(const struct http_exchange *x);

/* ---- answers ---- */

/* From head(): take the body and call serve(). */
void http_accept(struct http_exchange *x, size_t body_max);
/* Adds to the reply to come; later ones of the same name stand beside earlier ones. */
void http_reply_header(struct http_exchange *x, const char *name, struct str value);
/* Drops headers added so far. */
void http_reply_reset(struct http_exchange *x);
/* Completes the reply; HEAD gets the head only. Once per request. */
void http_reply(struct http_exchange *x, int status, struct str body);
/* The same for bytes that live as long as the program (assets). */
void http_reply_static(struct http_exchange *x, int status, struct str body);
bool http_replied(const struct http_exchange *x);
/* Starts a reply without end (server-sent events). The stream belongs to the caller
 * until http_stream_close(); writes are thread-safe and never block. */
struct http_stream *http_reply_stream(struct http_exchange *x, int status);
/* 0, or -1 when the client is gone or more than LIMIT_HTTP_STREAM_BUFFER bytes
 * behind: close it then. */
int http_stream_write(struct http_stream *s, struct str bytes);
void http_stream_close(struct http_stream *s);
#endif
