/* XML events: see xml.h. One parser a document; a callback that fails stops it, and its error is
 * what the caller gets. */
#include "doc/xml.h"

#include <expat.h>

#include "base/limits.h"

struct reading {
	XML_Parser parser;
	const struct doc_xml_events *events;
	void *ctx;
	struct error *e;
	size_t depth;
	XML_Index fed; /* bytes given to the parser */
	int result;    /* what ended it */
};

static void stop(struct reading *r, int result)
{
	r->result = result;
	XML_StopParser(r->parser, XML_FALSE);
}

static const char *plain(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : name;
}

struct str doc_xml_attribute(const char *const *attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(plain(attributes[i]), name) == 0)
			return str_c(attributes[i + 1]);
	return STR("");
}

bool doc_xml_flag(const char *const *attributes, const char *name, bool fallback)
{
	struct str v = doc_xml_attribute(attributes, name);

	return v.len ? str_eq(v, STR("1")) || str_eq(v, STR("true")) || str_eq(v, STR("on")) : fallback;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = user;
	size_t n = 0;
	int got;

	if (r->result)
		return;
	while (attributes[n])
		n += 2;
	if (++r->depth > LIMIT_DOC_XML_DEPTH) {
		stop(r, error_set(r->e, "doc.too-deep", "文件结构嵌套过深", "the document is nested too deep"));
		return;
	}
	if (n / 2 > LIMIT_DOC_XML_ATTRIBUTES) {
		stop(r, error_set(r->e, "doc.xml-limits", "文件结构异常：一个元素的属性过多", "the document has an element with too many attributes"));
		return;
	}
	got = r->events->start ? r->events->start(r->ctx, str_c(plain(name)), attributes, r->e) : 0;
	if (got)
		stop(r, got);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct reading *r = user;
	int got;

	if (r->result)
		return;
	r->depth--;
	got = r->events->end ? r->events->end(r->ctx, str_c(plain(name)), r->e) : 0;
	if (got)
		stop(r, got);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int n)
{
	struct reading *r = user;
	int got = r->result || !r->events->text ? 0 : r->events->text(r->ctx, str_make(text, (size_t)n), r->e);

	if (got)
		stop(r, got);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	struct reading *r = user;

	if (!r->result)
		stop(r, error_set(r->e, "doc.doctype", "文件带有 DOCTYPE 声明，已拒绝", "the document declares a DOCTYPE: refused"));
}

static int begin(struct reading *r, struct error *e)
{
	r->parser = XML_ParserCreate(NULL);
	if (!r->parser)
		return error_set(e, "doc.memory", "内存不足", "out of memory");
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	XML_SetParamEntityParsing(r->parser, XML_PARAM_ENTITY_PARSING_NEVER);
	return 0;
}

/* A tag that does not end is read again with every piece: its length is bounded. */
static int feed(struct reading *r, struct str piece, bool last)
{
	if (XML_Parse(r->parser, piece.ptr, (int)piece.len, last) != XML_STATUS_OK) {
		if (!r->result)
			r->result = error_set(r->e, "doc.bad-xml", "文件结构有误（第 %lu 行：%s）", "the document is malformed (line %lu: %s)",
					      (unsigned long)XML_GetCurrentLineNumber(r->parser),
					      XML_ErrorString(XML_GetErrorCode(r->parser)));
		return r->result;
	}
	r->fed += (XML_Index)piece.len;
	if (!last && r->fed - XML_GetCurrentByteIndex(r->parser) > (XML_Index)LIMIT_DOC_XML_TAG)
		r->result = error_set(r->e, "doc.xml-limits", "文件结构异常：一个标签过长", "the document has a tag that is too long");
	return r->result;
}

static int feed_piece(void *ctx, struct str piece, struct error *e)
{
	return feed(ctx, piece, false);
}

int doc_xml_part(struct doc_package *p, struct str name, const struct doc_xml_events *events, void *ctx, struct error *e)
{
	struct reading r = { .events = events, .ctx = ctx, .e = e };
	int result;

	if (begin(&r, e) < 0)
		return -1;
	result = doc_package_read(p, name, feed_piece, &r, e);
	if (result == 0)
		result = feed(&r, STR(""), true);
	XML_ParserFree(r.parser);
	return result;
}

int doc_xml_read(struct str bytes, const struct doc_xml_events *events, void *ctx, struct error *e)
{
	struct reading r = { .events = events, .ctx = ctx, .e = e };
	int result = 0;

	if (begin(&r, e) < 0)
		return -1;
	while (bytes.len && result == 0) {
		struct str piece = str_sub(bytes, 0, 64 * KIB);

		result = feed(&r, piece, false);
		bytes = str_from(bytes, piece.len);
	}
	if (result == 0)
		result = feed(&r, STR(""), true);
	XML_ParserFree(r.parser);
	return result;
}
