/* Inside of the tokenizer. */
#ifndef NET_HTML_PRIVATE_H
#define NET_HTML_PRIVATE_H
#include "net/html.h"

/* What text needs besides character references. */
enum html_decode_kind {
	HTML_DECODE_DATA,   /* references; NUL vanishes */
	HTML_DECODE_RCDATA, /* references; NUL becomes U+FFFD */
	HTML_DECODE_ATTR,   /* references by the attribute rule; NUL becomes U+FFFD */
	HTML_DECODE_RAW,    /* no references; NUL becomes U+FFFD */
	HTML_DECODE_CDATA,  /* no references, NUL vanishes */
};
/* True when decoding would change s. */
bool html_needs_decoding(struct str s, enum html_decode_kind kind);
void html_decode_as(struct buf *out, struct str s, enum html_decode_kind kind);

/* As html_tokenize(); also gives the tag or comment that the end of input cut off, which a
 * browser drops. */
int html_tokenize_all(struct str input, const struct html_options *o, html_callback *cb, void *ctx);
#endif
