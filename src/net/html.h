/* HTML5 tokenizer (WHATWG HTML §13.2.5) without a tree: linear in time whatever the
 * input, one token at a time to a callback, byte positions in the input for everything.
 * It switches to RCDATA, RAWTEXT, script data and PLAINTEXT by tag name as the tree
 * builder would, knows svg/math (where it would not) and CDATA inside them. */
#ifndef NET_HTML_H
#define NET_HTML_H
#include "base/buf.h"
#include "base/str.h"

enum html_kind { HTML_START_TAG, HTML_END_TAG, HTML_TEXT, HTML_COMMENT, HTML_DOCTYPE };

enum html_quote {
	HTML_NO_VALUE, /* <a disabled> */
	HTML_UNQUOTED,
	HTML_SINGLE,
	HTML_DOUBLE,
};

/* How the text around a position is read by a browser. */
enum html_text_mode {
	HTML_DATA,
	HTML_RCDATA,  /* title, textarea: references but no tags */
	HTML_RAWTEXT, /* style, xmp, iframe, noembed, noframes (noscript with scripting) */
	HTML_SCRIPT,
	HTML_PLAINTEXT,
	HTML_CDATA,
};

struct html_attr {
	struct str name;  /* ASCII lower case */
	struct str value; /* character references decoded */
	enum html_quote quote;
	size_t name_at, name_end;   /* in the input */
	size_t value_at, value_end; /* raw value without its quotes */
};

/* Slices live until the callback returns. */
struct html_token {
	enum html_kind kind;
	size_t at, end; /* the whole token in the input */
	/* tags */
	struct str name; /* ASCII lower case; doctype: its name */
	size_t name_at, name_end;
	const struct html_attr *attrs; /* first of each name only, in order */
	size_t nattrs;
	bool self_closing;
	bool attrs_dropped; /* more than LIMIT_HTML_ATTRS */
	bool foreign;       /* inside svg or math (or opening one) */
	/* text and comments */
	struct str
		text; /* decoded (CR LF as LF; NUL as U+FFFD, dropped in HTML_DATA); comment data */
	size_t text_at, text_end; /* comment: its data in the input */
	enum html_text_mode mode; /* of text */
	struct str element;       /* text in RCDATA/RAWTEXT/script: the element's name; else "" */
	unsigned depth;           /* open elements so far, roughly; stops counting at the cap */
};

struct html_options {
	bool scripting; /* noscript is raw text, as in a browser that runs scripts */
	/* Start inside a fragment: "title", "script" … ; empty: data */
	struct str context;
};

/* Non-zero from the callback stops. */
typedef int html_callback(void *ctx, const struct html_token *t);
/* Returns what the callback returned last (0: reached the end). Input bytes are taken
 * as UTF-8 but any bytes will do. */
int html_tokenize(struct str input, const struct html_options *o, html_callback *cb, void *ctx);

/* Attribute by name; NULL when absent. */
const struct html_attr *html_attr_get(const struct html_token *t, const char *name);
/* Decodes character references: as text, or by the stricter rule for attributes. */
void html_decode(struct buf *out, struct str s, bool in_attribute);

/* Where a byte of the input lies, for code that injects: one pass, asks for many
 * positions at once (ascending). */
enum html_place {
	HTML_IN_TEXT, /* see mode: RCDATA, RAWTEXT, script … */
	HTML_IN_TAG_NAME,
	HTML_IN_ATTR_NAME,
	HTML_IN_ATTR_VALUE, /* see quote, attr */
	HTML_IN_TAG_SPACE,  /* between attributes */
	HTML_IN_COMMENT,
	HTML_IN_DOCTYPE,
};
struct html_context {
	enum html_place place;
	enum html_text_mode mode;
	enum html_quote quote;
	char tag[32];  /* the tag it is in, or the raw-text element around it; cut */
	char attr[64]; /* attribute name; cut */
	size_t token_at, value_at, value_end; /* value: attribute value, text run or comment data */
};
void html_locate(struct str input, const size_t *at, size_t n, struct html_context *ret);
#endif
