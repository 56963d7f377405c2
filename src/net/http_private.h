/* Inside of the HTTP client: responses with their memory, the error table, one exchange. */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H
#include <curl/curl.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/vec.h"
#include "net/http.h"

#define RESPONSE_MAGIC 0x72657370u

/* pub comes first, so that the public pointer is the whole one. */
struct response {
	struct http_response pub;
	unsigned magic;
	struct buf head, body, sent;
};
struct response *response_new(size_t max_body);
static inline struct response *response_of(struct http_response *r)
{
	return (struct response *)r;
}
/* Makes pub's slices from the buffers; parses the head. 0 or -1 (no status line). */
int response_finish(struct response *r);
/* Status line and headers of `head` (ends behind its blank line); tolerant. */
int response_parse_head(struct response *r);

/* Fills e for a CURLcode; os_errno 0 when unknown. */
void http_error_of_curl(struct error *e, CURLcode code, int os_errno, struct str host,
			uint16_t port);

/* Why a callback of ours stopped a transfer. */
enum stop_reason { STOP_NONE, STOP_BODY_LIMIT, STOP_HEAD_LIMIT };

struct origin {
	struct str key; /* "https://host:port", NUL behind */
	char *host;     /* for the connector */
	uint16_t port;
	bool tls;
	struct curl_slist *resolve; /* dummy address, given to libcurl once */
	bool resolve_given;
	struct curl_slist *connect_to; /* the same for IPv6 addresses, which RESOLVE cannot name */
	unsigned active;
	struct exchange *first, *last; /* waiting */
	bool listed;                   /* in the client's list of origins that may start */
	struct origin *next_listed;
};

/* A libcurl easy handle with what was last set on it. Each serves one exchange only:
 * up to 8.1.0 (Debian 12 has 7.88) a handle that is used again keeps a pointer into the
 * freed headers of its last answer, and one that begins with a folded line makes
 * libcurl write there (github.com/curl/curl/pull/11103). */
struct handle {
	CURL *easy; /* NULL: idle */
	struct exchange *exchange; /* NULL: idle */
	const struct origin *origin;
	bool nobody, posted, raw_encoding, fresh, http1_only;
	int timeout_ms;
};

struct exchange {
	struct http_client *client;
	struct origin *origin;
	struct exchange *next; /* in its origin's queue or the free list */
	struct handle *handle; /* while in flight */
	struct response *res;
	http_done *done;
	void *ctx;
	struct buf text; /* method NUL target NUL header lines NUL …; body apart */
	size_t target_at;
	VEC(struct curl_slist) headers;
	VEC(size_t) header_at;
	struct buf body;
	bool has_body, raw_encoding, fresh, http1_only, is_head, head_done, body_begun;
	int timeout_ms;
	size_t max_body;
	struct cookie_jar *jar;
	char *url; /* for the jar; NULL without one */
	enum stop_reason stopped;
	struct error open_error;
	size_t header_lines;
};

/* Copies q into x. */
int exchange_prepare(struct exchange *x, const struct http_request *q,
		     const struct http_header *defaults, size_t ndefaults, struct error *e);
/* Sets h up for x. */
void exchange_apply(struct exchange *x, struct handle *h);
void handle_open(struct handle *h, CURLSH *share, bool verify_tls);

/* The system's CA certificates, loaded by net_http_global_init(). */
X509_STORE *http_ca_store(void);
/* Shared TLS settings of scanning: everything old is spoken. */
void http_tls_lenient(SSL_CTX *ctx);

/* Raw bytes hold one whole response (interim ones before it included). */
bool raw_response_complete(struct str bytes);

int http_client_open_socket(struct exchange *x);
#endif
