/* WSDL 1.1: each operation of a SOAP binding becomes a request with an envelope, its parts filled in by
 * type and name. The document is read by a scanner of our own that knows tags and attributes only: no
 * DOCTYPE, no entities; nodes, depth and what is written are bounded. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/vec.h"
#include "net/html.h"
#include "scan/api_private.h"
#include "scan/form.h"

#define LIMIT_NODES 40000
#define LIMIT_WSDL_DEPTH 64
#define LIMIT_TYPE_DEPTH 5
#define LIMIT_BODY (32 * KIB)

struct node {
	struct str name, attrs; /* local name; the text between name and ">" */
	int parent;
	unsigned depth;
};

struct wsdl {
	struct api_reader *r;
	VEC(struct node) nodes;
	struct str space; /* targetNamespace */
};

static struct str local(struct str name)
{
	ssize_t colon = str_rchr(name, ':');
	return colon < 0 ? name : str_from(name, (size_t)colon + 1);
}

/* Value of an attribute; empty when absent. */
static struct str attr(const struct node *n, const char *name)
{
	struct str s = n->attrs, want = str_c(name);
	for (size_t i = 0; i + want.len + 2 < s.len; i++) {
		size_t eq = i + want.len;
		if ((i && !ascii_space(s.ptr[i - 1])) || !str_eq(str_sub(s, i, eq), want) || s.ptr[eq] != '=')
			continue;
		char quote = s.ptr[eq + 1];
		ssize_t end = quote == '"' || quote == '\'' ? str_chr(str_from(s, eq + 2), quote) : -1;
		return end < 0 ? STR("") : str_sub(s, eq + 2, eq + 2 + (size_t)end);
	}
	return STR("");
}

static bool is(const struct node *n, const char *name)
{
	return str_eq(n->name, str_c(name));
}

/* Tags of the document in order; false when it is not one that is read here. */
static bool take_apart(struct wsdl *w, struct str text)
{
	int open[LIMIT_WSDL_DEPTH];
	unsigned depth = 0;
	for (size_t i = 0; i < text.len && w->nodes.len < LIMIT_NODES;) {
		struct str rest = str_from(text, i);
		ssize_t at = str_chr(rest, '<');
		if (at < 0)
			break;
		rest = str_from(rest, (size_t)at);
		bool comment = str_starts(rest, STR("<!--")), data = str_starts(rest, STR("<![CDATA["));
		ssize_t end = comment ? str_find(rest, STR("-->")) : data ? str_find(rest, STR("]]>")) : str_chr(rest, '>');
		if (end < 0 || str_istarts(rest, STR("<!DOCTYPE")))
			return false;
		i = (size_t)(rest.ptr - text.ptr) + (size_t)end + 1;
		if (comment || data || rest.ptr[1] == '?' || rest.ptr[1] == '!')
			continue;
		if (rest.ptr[1] == '/') {
			depth -= depth > 0;
			continue;
		}
		struct str tag = str_sub(rest, 1, (size_t)end);
		size_t n = 0;
		while (n < tag.len && !ascii_space(tag.ptr[n]) && tag.ptr[n] != '/')
			n++;
		bool closed = tag.len && tag.ptr[tag.len - 1] == '/';
		*vec_push(&w->nodes) = (struct node){ local(str_sub(tag, 0, n)), str_from(tag, n), depth ? open[depth - 1] : -1, depth };
		if (closed)
			continue;
		if (depth == LIMIT_WSDL_DEPTH)
			return false;
		open[depth++] = (int)w->nodes.len - 1;
	}
	return w->nodes.len > 0;
}

/* The next child of `parent` with that local name, behind node *at; NULL none. Any name: NULL. */
static const struct node *child(const struct wsdl *w, int parent, const char *name, int *at)
{
	unsigned depth = parent < 0 ? 0 : w->nodes.ptr[parent].depth + 1;
	for (int i = (*at < 0 ? parent : *at) + 1; i < (int)w->nodes.len; i++) {
		const struct node *n = &w->nodes.ptr[i];
		if (n->depth < depth)
			break;
		if (n->parent == parent && (!name || is(n, name))) {
			*at = i;
			return n;
		}
	}
	return NULL;
}

/* A node of that local name and name attribute, below one of local name `above`; -1 none. */
static int named(const struct wsdl *w, const char *kind, struct str name, const char *above)
{
	name = local(name);
	for (size_t i = 0; name.len && i < w->nodes.len; i++) {
		const struct node *n = &w->nodes.ptr[i];
		if (is(n, kind) && n->parent >= 0 && is(&w->nodes.ptr[n->parent], above) && str_eq(attr(n, "name"), name))
			return (int)i;
	}
	return -1;
}

/* ---- values ---- */

static struct str sample(struct str type, struct str name)
{
	static const struct {
		const char *type, *value;
	} table[] = { { "int", "1" },	{ "integer", "1" }, { "long", "1" },	{ "short", "1" },	     { "byte", "1" },
		      { "decimal", "1" }, { "double", "1" },  { "float", "1" },	{ "boolean", "true" },	     { "date", "2024-01-15" },
		      { "unsignedInt", "1" }, { "dateTime", "2024-01-15T08:30:00Z" }, { "anyURI", "http://example.com/" } };
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(local(type), str_c(table[i].type)))
			return str_c(table[i].value);
	return api_guess(name);
}

static void put_members(const struct wsdl *w, struct buf *b, int at, unsigned depth);

/* <name>…</name> of a schema element. */
static void put_element(const struct wsdl *w, struct buf *b, int at, struct str space, unsigned depth)
{
	const struct node *n = &w->nodes.ptr[at];
	struct str name = attr(n, "name"), ref = attr(n, "ref"), type = attr(n, "type");
	int to = ref.len ? named(w, "element", ref, "schema") : -1, complex = named(w, "complexType", type, "schema"), none = -1;
	if (to >= 0 && depth < LIMIT_TYPE_DEPTH) {
		put_element(w, b, to, STR(""), depth + 1);
		return;
	}
	if (!name.len || name.len > 200 || b->len > LIMIT_BODY)
		return;
	buf_printf(b, "<%.*s", STR_ARG(name));
	if (space.len)
		buf_printf(b, " xmlns=\"%.*s\"", STR_ARG(space));
	buf_char(b, '>');
	if (depth < LIMIT_TYPE_DEPTH && complex >= 0)
		put_members(w, b, complex, depth + 1);
	else if (depth < LIMIT_TYPE_DEPTH && child(w, at, "complexType", &none))
		put_members(w, b, at, depth + 1);
	else
		buf_str(b, sample(type, name));
	buf_printf(b, "</%.*s>", STR_ARG(name));
}

/* The elements anywhere below, down to where one of them begins. */
static void put_members(const struct wsdl *w, struct buf *b, int at, unsigned depth)
{
	int i = -1;
	while (child(w, at, NULL, &i)) {
		const struct node *n = &w->nodes.ptr[i];
		if (is(n, "element"))
			put_element(w, b, i, STR(""), depth);
		else if (is(n, "complexType") || is(n, "sequence") || is(n, "all") || is(n, "choice") || is(n, "complexContent") ||
			 is(n, "extension"))
			put_members(w, b, i, depth);
	}
}

/* ---- operations ---- */

/* The parts of the message that the operation takes. */
static void put_parts(const struct wsdl *w, struct buf *b, struct str operation, bool *ret_document)
{
	for (size_t i = 0; i < w->nodes.len; i++) {
		const struct node *o = &w->nodes.ptr[i];
		int at = -1, part = -1, message;
		if (!is(o, "operation") || o->parent < 0 || !is(&w->nodes.ptr[o->parent], "portType") || !str_eq(attr(o, "name"), operation))
			continue;
		const struct node *in = child(w, (int)i, "input", &at), *p;
		message = in ? named(w, "message", attr(in, "message"), "definitions") : -1;
		while (message >= 0 && (p = child(w, message, "part", &part))) {
			int element = named(w, "element", attr(p, "element"), "schema");
			if (element >= 0) {
				struct str space = attr(&w->nodes.ptr[w->nodes.ptr[element].parent], "targetNamespace");
				*ret_document = true;
				put_element(w, b, element, space.len ? space : w->space, 0);
			} else {
				put_element(w, b, part, STR(""), 0);
			}
		}
		return;
	}
}

static void give(struct wsdl *w, struct str address, struct str operation, struct str action, struct str space, bool twelve)
{
	struct buf b, parts, type;
	bool document = false;
	if (!api_room(w->r) || operation.len == 0 || operation.len > 200)
		return;
	buf_init(&parts, 2 * LIMIT_BODY);
	buf_init(&b, 4 * LIMIT_BODY);
	buf_init(&type, 2 * KIB);
	put_parts(w, &parts, operation, &document);
	buf_printf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope xmlns:soap=\"%s\"><soap:Body>",
		   twelve ? "http://www.w3.org/2003/05/soap-envelope" : "http://schemas.xmlsoap.org/soap/envelope/");
	if (!document)
		buf_printf(&b, "<m:%.*s xmlns:m=\"%.*s\">", STR_ARG(operation), STR_ARG(space.len ? space : w->space));
	buf_str(&b, buf_view(&parts));
	if (!document)
		buf_printf(&b, "</m:%.*s>", STR_ARG(operation));
	buf_c(&b, "</soap:Body></soap:Envelope>");
	buf_printf(&type, "%s; charset=utf-8; action=\"%.*s\"", twelve ? "application/soap+xml" : "text/xml", STR_ARG(str_sub(action, 0, 500)));
	if (!b.overflow && !parts.overflow)
		api_give(w->r, STR("POST"), address, arena_str(w->r->a, buf_view(&b)), arena_str(w->r->a, buf_view(&type)),
			 form_says_destroy(operation), STR(""));
	buf_free(&b);
	buf_free(&parts);
	buf_free(&type);
}

/* Where the service listens: as the document says, or where the document lies. */
static struct str address_of(const struct wsdl *w)
{
	struct str s;
	for (size_t i = 0; i < w->nodes.len; i++)
		if (is(&w->nodes.ptr[i], "address") && str_istarts(s = attr(&w->nodes.ptr[i], "location"), STR("http"))) {
			struct buf b;
			buf_init(&b, 4 * KIB);
			html_decode(&b, s, true);
			s = arena_str(w->r->a, buf_view(&b));
			buf_free(&b);
			return s;
		}
	s = url_text(w->r->a, w->r->base, URL_NO_FRAGMENT | URL_NO_USERINFO);
	ssize_t mark = str_chr(s, '?');
	return mark < 0 ? s : str_sub(s, 0, (size_t)mark);
}

bool api_wsdl_likely(struct str text)
{
	struct str head = str_sub(text, 0, 4 * KIB);
	return str_has(head, STR("schemas.xmlsoap.org/wsdl/")) && str_has(head, STR("definitions"));
}

bool api_read_wsdl(struct api_reader *r, struct str text)
{
	struct wsdl w = { .r = r };
	bool read = take_apart(&w, text) && is(&w.nodes.ptr[0], "definitions");
	if (read) {
		struct str address = address_of(&w);
		w.space = attr(&w.nodes.ptr[0], "targetNamespace");
		for (size_t i = 0; i < w.nodes.len && !r->stopped; i++) {
			const struct node *o = &w.nodes.ptr[i];
			int soap = -1, in = -1, body = -1;
			if (!is(o, "operation") || o->parent < 0 || !is(&w.nodes.ptr[o->parent], "binding"))
				continue;
			const struct node *call = child(&w, (int)i, "operation", &soap);
			if (!call)
				continue; /* of an HTTP binding, or none at all */
			const struct node *input = child(&w, (int)i, "input", &in), *b = input ? child(&w, in, "body", &body) : NULL;
			bool twelve = str_has(w.nodes.ptr[o->parent].attrs, STR("12\"")) || str_iends(attr(&w.nodes.ptr[o->parent], "name"), STR("12"));
			give(&w, address, attr(o, "name"), attr(call, "soapAction"), b ? attr(b, "namespace") : STR(""), twelve);
		}
	}
	vec_free(&w.nodes);
	return read;
}
