/* A small tree of an HTML or XML answer, made with our tokenizer: what XPath walks over. Bounded
 * in nodes and depth. HTML gets the elements that browsers add (html, head, body, tbody). */
#ifndef SCAN_TEMPLATE_MARKUP_TREE_H
#define SCAN_TEMPLATE_MARKUP_TREE_H
#include "base/arena.h"
#include "base/str.h"

enum markup_kind { MARKUP_ROOT, MARKUP_ELEMENT, MARKUP_TEXT, MARKUP_COMMENT };
struct markup_attr {
	struct str name, value;
};
/* Nodes stand in document order; numbers are places in the list, 0 (the root) for none. */
struct markup_node {
	enum markup_kind kind;
	struct str name; /* of an element */
	struct str text; /* of text and comments */
	const struct markup_attr *attrs;
	uint32_t nattrs;
	uint32_t parent, first, last, next, prev;
};
struct markup {
	struct markup_node *nodes;
	size_t len, cap;
};
/* False: the limit was reached; what is there can be used. Free with markup_free(). */
bool markup_parse(struct arena *a, struct str text, bool xml, struct markup *ret);
void markup_free(struct markup *m);
#endif
