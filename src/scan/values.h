/* Values inside bodies that are not forms: the leaves of a JSON text, the texts and
 * attributes of an XML text, each with its place in the bytes, so that one can be
 * written anew while everything else stays as it was. */
#ifndef SCAN_VALUES_H
#define SCAN_VALUES_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum value_kind { VALUE_JSON_TEXT, VALUE_JSON_NUMBER, VALUE_JSON_WORD, VALUE_XML_TEXT, VALUE_XML_ATTR };

struct body_value {
	struct str name;  /* JSON pointer "/user/0/name"; XML "/order/item[2]/@id" */
	struct str value; /* decoded */
	enum value_kind kind;
	size_t at, end;	      /* the bytes to replace: with the quotes in JSON, without in XML */
	size_t member, after; /* JSON member with its name; XML attribute with its name */
};

bool values_is_json(struct str content_type);
bool values_is_xml(struct str content_type);
/* How many, at most `max`; 0 when the text is not well-formed enough to be changed. */
size_t values_of_json(struct arena *a, struct str text, struct body_value *list, size_t max);
size_t values_of_xml(struct arena *a, struct str text, struct body_value *list, size_t max);
/* The text with one value replaced: encoded as its place needs; raw: as it is given (JSON:
 * any JSON text; XML: markup). */
void values_replace(struct buf *out, struct str text, const struct body_value *v, struct str value, bool raw);
/* The text without it. */
void values_drop(struct buf *out, struct str text, const struct body_value *v);
#endif
