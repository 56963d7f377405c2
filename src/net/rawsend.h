/* Byte-exact sender: puts given bytes on a connection (plain or TLS), reads what comes
 * back within bounds, and parses it as tolerantly as a proxy would. For probes that no
 * HTTP client writes: broken request lines, CR LF in headers, smuggling forms. */
#ifndef NET_RAWSEND_H
#define NET_RAWSEND_H
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/waiter.h"

struct raw_request {
	struct str host;
	uint16_t port;
	bool tls;
	struct str sni; /* empty: host when it is a name */
	struct str bytes;
	int timeout_ms;   /* whole exchange; 0: LIMIT_HTTP_TIMEOUT_MS */
	size_t max_bytes; /* of the answer; 0: LIMIT_HTTP_BODY */
	bool whole;       /* read until the peer closes or time runs out, not only one response */
	const struct net_waiter *waiter; /* NULL: blocks */
	bool half_close;  /* shut down our write side after sending (plain only) */
};
/* Sends and reads. The answer's bytes are appended to out, also on failure. Reads one
 * whole response (by its framing) unless `whole`. 0; -1 with "net.…", "tls.…",
 * "policy.…"; "net.timeout" only when nothing at all was read. ret_us (may be NULL):
 * microseconds from the last byte sent to the first byte read. */
int raw_send(struct net_connector *c, const struct raw_request *q, struct buf *out, int64_t *ret_us,
	     struct error *e);

/* Parses bytes as a response: status line, headers (bare LF, folded lines and stray white
 * space tolerated), body de-chunked, not decompressed. 0 with *ret to be freed, or -1
 * ("http.bad-response"). *ret_used (may be NULL): bytes of the first response. */
int raw_parse_response(struct str bytes, struct http_response **ret, size_t *ret_used,
		       struct error *e);
#endif
