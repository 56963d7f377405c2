/* From bytes to facts: builds the scan_exchange that checks look at, and for HTML the
 * scan_page with its tags, links, forms and comments; everything once per answer. */
#ifndef SCAN_PAGE_H
#define SCAN_PAGE_H
#include "base/arena.h"
#include "scan/exchange.h"

struct url;
struct http_response;

#define LIMIT_EXCHANGE_ARENA (96 * (size_t)1024 * 1024) /* hard stop; parsing stops long before */

/* Request side of an exchange; all slices must outlive it or be in its arena. */
struct exchange_request {
	struct str method, url, body;
	const struct scan_header *headers;
	size_t headers_len;
	struct str sent; /* exact bytes, when the response does not tell */
	unsigned depth;
	bool probe;
};

/* Fills *x in arena `a`. The response must live as long as the arena (its body and
 * head are not copied). */
void exchange_fill(struct scan_exchange *x, struct arena *a, const struct exchange_request *q,
		   const struct url *u, const struct http_response *r);
/* Parses x->text as HTML; NULL-safe caps inside. */
struct scan_page *page_parse(struct arena *a, struct str text, const struct url *base);
/* Type from the first bytes, when none was declared. */
struct str page_sniff(struct str body);
enum scan_media page_media(struct str mime);
#endif
