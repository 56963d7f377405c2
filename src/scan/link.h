/* Addresses, wherever they stand: tags, CSS, script strings, robots.txt, sitemaps. */
#ifndef SCAN_LINK_H
#define SCAN_LINK_H
#include "base/arena.h"
#include "scan/exchange.h"

struct url;

/* Called for each address as written, in order; a true result stops. */
typedef bool link_found(void *ctx, enum scan_link_kind kind, struct str raw);

/* Fills page->links from tags, inline scripts and styles, comments. */
void link_collect(struct arena *a, struct scan_page *page, struct str text, const struct url *base,
		  size_t max);
/* url(...) and @import of a style sheet. */
void link_css(struct str css, link_found *found, void *ctx);
/* String literals that look like an address of this site ("/api/x", "a/b.php?c=", "./x.json"),
 * sums and templates of them, paths of route tables; also for JSON. */
void link_script(struct str js, link_found *found, void *ctx);
/* A request that a script makes: what it calls with XMLHttpRequest, fetch, jQuery or axios, as far as
 * that stands in the script itself. `method` in upper case, `url` as written. */
struct link_request {
	struct str method, url, body, type;
	struct str headers; /* names of further ones that it sets, between commas */
};
typedef bool link_requested(void *ctx, const struct link_request *q);
void link_requests(struct str js, link_requested *found, void *ctx);
/* Words that look like an address on their own (kind LINK_GUESS). */
void link_text(struct str text, link_found *found, void *ctx);
/* "/a/b", "/a.php", "/a?b=c": more than a slash and a word. */
bool link_looks_rooted(struct str s);
/* A source map: the addresses in the original sources that it carries. */
void link_source_map(struct str json, link_found *found, void *ctx);
/* Disallow, Allow and Sitemap lines (kind LINK_ROBOTS, LINK_SITEMAP). */
void link_robots(struct str text, link_found *found, void *ctx);
/* <loc> of a sitemap or sitemap index, or one URL a line. */
void link_sitemap(struct str text, link_found *found, void *ctx);
/* Link: header values. */
void link_header(struct str value, link_found *found, void *ctx);
#endif
