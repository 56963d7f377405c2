/* The console's files inside the binary. Each is stored as gzip bytes and served with
 * `Content-Encoding: gzip`; a client that does not accept gzip gets assets_plain().
 * Unknown paths without an extension are routes of the console: serve assets_index(). */
#ifndef API_ASSETS_H
#define API_ASSETS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct asset {
	const char *path; /* "/index.html", "/assets/index-1a2b3c.js" */
	const char *mime;
	const char *etag; /* strong, quotes included */
	const unsigned char *data; /* one gzip member */
	size_t len;
	size_t plain_len; /* bytes after decompression */
	bool immutable; /* name carries a hash: `Cache-Control: public, max-age=31536000, immutable`;
	                 * the others: `no-cache` with the etag */
};

extern const struct asset assets[]; /* sorted by path */
extern const size_t assets_count;

/* The policy header for every console page: no third party, no inline script, no eval. */
#define ASSETS_CSP "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " \
	"connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/* Exact path, "/" meaning /index.html; NULL when there is none. */
const struct asset *assets_find(struct str path);
/* What "/", "/scan/sites/…" and every other route of the console get. Never NULL. */
const struct asset *assets_index(void);
/* True when the path is a page of the console: no dot in its last segment, not below /api/. */
bool assets_is_route(struct str path);
/* Appends the decompressed bytes to ret. */
int assets_plain(const struct asset *a, struct buf *ret, struct error *e);
#endif
