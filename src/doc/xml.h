/* XML of foreign documents, read as a stream of events by expat. Document type declarations are
 * refused (no entities, nothing external), nesting, attributes and single tags are bounded; text
 * comes as UTF-8, in as many pieces as the parser likes. Prefixes are taken off: "x:row" and
 * "row" are the same, as every producer chooses its own. */
#ifndef DOC_XML_H
#define DOC_XML_H
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "doc/package.h"

struct doc_xml_events { /* NULL: not wanted. An answer other than 0 ends the reading and is its result. */
	int (*start)(void *ctx, struct str name, const char *const *attributes, struct error *e);
	int (*end)(void *ctx, struct str name, struct error *e);
	int (*text)(void *ctx, struct str text, struct error *e);
};
/* The value of an attribute, the empty slice when it is absent. */
struct str doc_xml_attribute(const char *const *attributes, const char *name);
/* Whether "1", "true", "on"; fallback when absent. */
bool doc_xml_flag(const char *const *attributes, const char *name, bool fallback);

/* Errors "doc.bad-xml", "doc.doctype", "doc.too-deep", "doc.xml-limits". */
int doc_xml_read(struct str bytes, const struct doc_xml_events *events, void *ctx, struct error *e);
/* A part of a package, never whole in memory. */
int doc_xml_part(struct doc_package *p, struct str name, const struct doc_xml_events *events, void *ctx,
		 struct error *e);
#endif
