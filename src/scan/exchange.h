/* What a check looks at: one request with its response, parsed once. Everything is
 * a slice into memory of the exchange; nothing needs to be freed by a check. */
#ifndef SCAN_EXCHANGE_H
#define SCAN_EXCHANGE_H
#include "base/arena.h"
#include "base/str.h"
#include "scan/scan.h"

struct tls_facts; /* net/tlsfacts.h */

struct scan_headers {
	const struct scan_header *list;
	size_t len;
};
/* First value of the field (name compared without case), .ptr NULL when absent. */
struct str scan_header_get(const struct scan_headers *h, const char *name);
/* Every value in turn: `size_t at = 0; while (scan_header_next(h, "set-cookie", &at, &v))`. */
bool scan_header_next(const struct scan_headers *h, const char *name, size_t *at, struct str *ret);

enum scan_media {
	MEDIA_EMPTY,
	MEDIA_HTML,
	MEDIA_SCRIPT,
	MEDIA_STYLE,
	MEDIA_JSON,
	MEDIA_XML,
	MEDIA_TEXT,
	MEDIA_BINARY,
};

struct scan_attr {
	struct str name;  /* lower case */
	struct str value; /* character references decoded */
	size_t at, len;	  /* bytes of the raw value in exchange.text */
	char quote;	  /* '"', '\'' or 0 */
};

struct scan_tag {
	struct str name; /* lower case */
	const struct scan_attr *attrs;
	size_t attrs_len;
	size_t at, end;	  /* bytes of the tag itself in exchange.text */
	struct str inner; /* raw text up to the end tag: script, style, title, textarea, a, button,
			   * option, label, h1-h3; empty for others */
	bool in_template, in_noscript;
	bool after_form_end; /* a </form> stood between the tag before and this one */
};
/* .ptr NULL when absent; an attribute without a value gives the empty slice with ptr set. */
struct str scan_tag_attr(const struct scan_tag *t, const char *name);

struct scan_field {
	struct str name, type, value; /* type: lower case: text, hidden, password, file, select, textarea, submit … */
	struct str autocomplete, placeholder;
	const struct str *options; /* select and radio groups */
	size_t options_len;
	bool required, checked, disabled;
	bool leave; /* a box or button that says it deletes: not ticked, not pressed when there is another */
	uint32_t maxlength; /* 0: none given */
	const struct scan_tag *tag;
};

struct scan_form {
	const struct scan_tag *tag;
	struct str method;  /* "GET" or "POST" */
	struct str action;  /* absolute; the page's URL when it has none */
	struct str enctype; /* lower case */
	struct str text;    /* words near it: button texts and labels, joined by spaces */
	const struct scan_field *fields;
	size_t fields_len;
};

enum scan_link_kind {
	LINK_A,	      /* a, area: goes there when clicked */
	LINK_FRAME,   /* frame, iframe */
	LINK_SCRIPT,
	LINK_STYLE,   /* link rel=stylesheet */
	LINK_RESOURCE,/* img, srcset, media, link of other rel, object, embed */
	LINK_REFRESH, /* meta refresh */
	LINK_CSS,     /* url() and @import */
	LINK_JS,      /* a string in a script that looks like an address */
	LINK_COMMENT, /* in an HTML comment */
	LINK_HEADER,  /* Link: and Location: */
	LINK_FORM,    /* form action */
	LINK_ROBOTS, LINK_SITEMAP, LINK_SEED, LINK_GUESS,
	LINK_API, /* described by an interface document */
	LINK_API_GUESS, /* a usual place of such a document; a page there is not one */
};

struct scan_link {
	enum scan_link_kind kind;
	struct str url; /* absolute, without fragment */
	struct str raw; /* as written */
	const struct scan_tag *tag; /* may be NULL */
};

struct scan_comment {
	struct str text;
	size_t at;
};

struct scan_page {
	struct str title, base, generator;
	const struct scan_tag *tags;
	size_t tags_len;
	const struct scan_link *links;
	size_t links_len;
	const struct scan_form *forms;
	size_t forms_len;
	const struct scan_comment *comments;
	size_t comments_len;
	struct str visible; /* text a reader sees, blanks folded; at most 64 KiB */
};
/* Next tag of that name from *at on; NULL at the end. */
const struct scan_tag *scan_page_tag(const struct scan_page *p, const char *name, size_t *at);

struct scan_exchange {
	/* request */
	struct str url; /* absolute, normalised, without fragment */
	struct str origin, scheme, host, path, query; /* query without '?' */
	uint16_t port;
	bool https;
	struct str method;
	struct scan_headers request_headers;
	struct str request_body;
	struct str request; /* exact bytes sent: head and body */
	bool probe;	    /* sent by an active check, with a changed input */
	unsigned depth;

	/* response */
	int status;
	struct str reason, version; /* "OK", "HTTP/1.1" */
	struct scan_headers headers;
	struct str head; /* raw bytes: status line and fields, with the empty line */
	struct str body; /* content coding removed */
	struct str text; /* body as UTF-8 when it is text, else empty */
	struct str charset; /* what text was converted from, lower case */
	struct str mime; /* "text/html": lower case, parameters off; sniffed when not declared */
	bool mime_declared, truncated;
	enum scan_media media;
	int64_t ttfb_us, total_us;
	/* Same answer as for nonsense beside it (soft 404), or status 404/410. */
	bool missing;
	const struct scan_page *page;	 /* MEDIA_HTML only, else NULL */
	const struct tls_facts *tls;	 /* https only, may be NULL */
	struct arena *arena;		 /* lives as long as the exchange */
};
#endif
