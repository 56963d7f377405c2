/* HTTP client: many requests at once from one thread, over connections that a
 * net_connector opened. HTTP/1.1 with keep-alive, HTTP/2 where TLS offers it; gzip,
 * deflate and br decoded; never a redirect of its own accord; every size and time is
 * bounded. Built on libcurl multi and epoll; makes no socket, opens no file and looks
 * up no name, so it runs in the jail once net_http_global_init() has been called. */
#ifndef NET_HTTP_H
#define NET_HTTP_H
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "net/connector.h"
#include "net/cookie.h"
#include "net/url.h"

struct http_header {
	struct str name, value;
};
/* First value of a header (ASCII case-insensitive); empty slice with ptr NULL when absent. */
struct str http_header_get(const struct http_header *h, size_t n, struct str name);

/* All slices are borrowed until http_submit() returns. */
struct http_request {
	struct str method;     /* any token; empty: GET */
	const struct url *url; /* required */
	struct str target;     /* request-target, byte for byte; empty: path and query of url */
	/* Sent in this order, right behind Host. A Host among them replaces ours. CR, LF
	 * and NUL are refused ("http.bad-header"): use rawsend for that. */
	const struct http_header *headers;
	size_t nheaders;
	struct str body;
	bool has_body;          /* with an empty body: Content-Length: 0 */
	struct cookie_jar *jar; /* sends matching cookies (unless a Cookie header is given),
				 * keeps those that come back; NULL: neither */
	int timeout_ms;         /* whole request; 0: the client's */
	size_t max_body;        /* decoded bytes kept; 0: the client's */
	bool raw_encoding;      /* do not ask for nor decode compression */
	bool fresh_connection;  /* neither reuse nor keep the connection */
	bool http1_only;        /* no HTTP/2 for this one */
};

struct http_response {
	int status;  /* 0 when no head arrived */
	int version; /* 10, 11, 20 */
	struct str reason;
	struct http_header *headers; /* in order of arrival; slices of head */
	size_t nheaders;
	struct str head;     /* status line and headers as received, with the final CRLF CRLF
			      * (HTTP/2: written as HTTP/1 would) */
	struct str body;     /* decoded */
	struct str sent;     /* exact request bytes (HTTP/2: as HTTP/1 would) */
	uint64_t wire_bytes; /* body bytes on the wire */
	bool truncated;      /* body ended early: limit, reset or short of its length */
	bool tls;
	int64_t ttfb_us;    /* from start to the first byte of the head; 0 when none */
	int64_t total_us;   /* from start (not from queueing) to the end */
	int64_t started_us; /* clock_system mono time of the start */
	/* code "" when all went well. A status may stand beside an error (broken later). */
	struct error error;
};
/* First header of that name; slice with ptr NULL when absent. */
struct str http_response_header(const struct http_response *r, const char *name);
/* True when the head arrived, whatever happened to the body. */
static inline bool http_response_usable(const struct http_response *r)
{
	return r->status != 0;
}
void http_response_free(struct http_response *r);

/* Once per process, before threads and before the jail closes: sets up libcurl and
 * OpenSSL, reads the system's CA certificates. */
int net_http_global_init(struct error *e);

struct http_client_options {
	struct net_connector *connector; /* borrowed, required */
	unsigned max_parallel;           /* requests in flight; 0: 32 */
	unsigned max_per_origin;         /* of them to one origin; 0: max_parallel */
	int timeout_ms;                  /* 0: LIMIT_HTTP_TIMEOUT_MS */
	size_t max_body;                 /* 0: LIMIT_HTTP_BODY */
	bool verify_tls; /* refuse bad certificates; scanning leaves this off and reads tlsfacts.h
			  */
	bool no_http2;
	/* Sent behind the request's own headers unless it names them (User-Agent, Accept …). */
	const struct http_header *default_headers; /* copied */
	size_t ndefault_headers;
};
struct http_client;
int http_client_new(const struct http_client_options *o, struct http_client **ret, struct error *e);
/* Drops what is still in flight without calling back. */
void http_client_free(struct http_client *c);

/* Called from http_client_run(); the response is the callee's to free. May submit more. */
typedef void http_done(void *ctx, struct http_response *r);

/* Copies the request and queues it. -1 only for requests that cannot be written
 * ("http.bad-header", "http.bad-method", "http.too-big"): done is not called then. */
int http_submit(struct http_client *c, const struct http_request *q, http_done *done, void *ctx,
		struct error *e);
/* One turn: waits at most timeout_ms (-1: until something happens) for I/O or timers and
 * calls back for what is done. Returns the number of requests still pending. */
size_t http_client_run(struct http_client *c, int timeout_ms);
size_t http_client_pending(const struct http_client *c);
/* Ends every pending request now with error "http.cancelled" (callbacks are called). */
void http_client_cancel(struct http_client *c);
/* Watches one foreign descriptor (control channel) in the same loop; cb is called when it
 * is readable or hung up. fd -1 removes the watch. */
void http_client_watch(struct http_client *c, int fd, void (*cb)(void *ctx), void *ctx);
/* Changes limits while running (politeness). */
void http_client_set_parallel(struct http_client *c, unsigned max_parallel);

struct http_stats {
	uint64_t requests, errors, connections, bytes_in, bytes_out;
};
void http_client_stats(const struct http_client *c, struct http_stats *ret);

/* Sync: one request, waits for it. 0 with *ret (never NULL) even when the transfer failed:
 * look at (*ret)->error. -1 as http_submit(). */
int http_fetch(struct http_client *c, const struct http_request *q, struct http_response **ret,
	       struct error *e);
/* Follows up to max_hops redirects (301, 302, 303 become GET, 307 and 308 keep method and
 * body; Authorization and Cookie stay behind when the origin changes). Each hop passes the
 * connector and so the policy. *ret_url (may be NULL) is where it ended, in arena a.
 * More hops than that: the last response with error "http.too-many-redirects". */
int http_fetch_follow(struct http_client *c, const struct http_request *q, unsigned max_hops,
		      struct arena *a, struct url *ret_url, struct http_response **ret,
		      struct error *e);
/* Where a 3xx response points, resolved against base. 0, or -1 when it does not. */
int http_redirect_target(struct arena *a, const struct http_response *r, const struct url *base,
			 struct url *ret);

DEFINE_CLEANUP(struct http_client *, http_client_free);
DEFINE_CLEANUP(struct http_response *, http_response_free);
#define _cleanup_http_client_ _cleanup_(http_client_freep)
#define _cleanup_response_ _cleanup_(http_response_freep)
#endif
