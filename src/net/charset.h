/* Which character set a page is in, and conversion to UTF-8. Order as browsers have it:
 * byte order mark, Content-Type header, meta in the first 1024 bytes, then a guess
 * between UTF-8 and GB18030. Labels are those of the WHATWG Encoding Standard. */
#ifndef NET_CHARSET_H
#define NET_CHARSET_H
#include "base/buf.h"
#include "base/str.h"

enum charset_source { CHARSET_BOM, CHARSET_HEADER, CHARSET_META, CHARSET_GUESS };

struct charset {
	const char *name; /* "utf-8", "gbk", "gb18030", "big5", …: canonical WHATWG name */
	enum charset_source source;
	bool declared; /* header or meta named a label that we know */
};

/* NULL for an unknown label. Surrounding white space is ignored. */
const char *charset_by_label(struct str label);
/* content_type: the header's whole value, or empty. */
struct charset charset_detect(struct str body, struct str content_type);
/* charset parameter of a Content-Type value; empty when none. */
struct str charset_of_content_type(struct str content_type);
/* Appends s in UTF-8, malformed parts as U+FFFD, a byte order mark dropped. out->max
 * bounds the result (out->overflow tells). 0, or -1 when the set is not known here. */
int charset_to_utf8(struct buf *out, struct str s, const char *name);
/* Encodes UTF-8 into the set; characters it lacks become &#N; as in forms. */
int charset_from_utf8(struct buf *out, struct str utf8, const char *name);
#endif
