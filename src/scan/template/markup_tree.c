/* Tokens to a tree by the rules of thumb that matter for finding things: void elements, end tags
 * that may be left out, elements that are always there. No reordering of misnested tags. */
#include "scan/template/markup_tree.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/html.h"

struct builder {
	struct arena *a;
	struct markup *m;
	struct str input;
	bool xml, full;
	uint32_t open[LIMIT_HTML_DEPTH];
	unsigned depth;
	uint32_t html, head, body; /* HTML: as soon as they are there */
};

static bool one_of(struct str name, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(name, str_c(*list)))
			return true;
	return false;
}

static uint32_t add(struct builder *b, enum markup_kind kind, uint32_t parent)
{
	struct markup *m = b->m;

	if (m->len >= LIMIT_EXTRACT_NODES || arena_left(b->a) < 64 * KIB) {
		b->full = true;
		return 0;
	}
	if (m->len == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 256;
		m->nodes = mem_resize(m->nodes, m->cap, sizeof(*m->nodes));
	}
	uint32_t id = (uint32_t)m->len++;
	m->nodes[id] = (struct markup_node){ .kind = kind, .parent = parent };
	if (id) {
		struct markup_node *p = &m->nodes[parent];
		m->nodes[id].prev = p->last;
		if (p->last)
			m->nodes[p->last].next = id;
		else
			p->first = id;
		p->last = id;
	}
	return id;
}

static uint32_t current(const struct builder *b)
{
	return b->depth ? b->open[b->depth - 1] : 0;
}

static struct str current_name(const struct builder *b)
{
	return b->m->nodes[current(b)].name;
}

static void push(struct builder *b, uint32_t id)
{
	if (!id)
		return;
	if (b->depth < LIMIT_HTML_DEPTH)
		b->depth++;
	b->open[b->depth - 1] = id; /* at the limit, what is deeper stands side by side */
}

static uint32_t element(struct builder *b, struct str name)
{
	uint32_t id = add(b, MARKUP_ELEMENT, current(b));

	if (id)
		b->m->nodes[id].name = name;
	return id;
}

static void set_attrs(struct builder *b, uint32_t id, const struct html_token *t)
{
	if (!id || !t->nattrs || b->m->nodes[id].nattrs ||
	    arena_left(b->a) < t->nattrs * sizeof(struct markup_attr) + (t->end - t->at) * 2 + 64 * KIB)
		return;
	struct markup_attr *attrs = arena_array(b->a, t->nattrs, sizeof(*attrs));
	for (size_t i = 0; i < t->nattrs; i++) {
		struct str name = b->xml ? str_sub(b->input, t->attrs[i].name_at, t->attrs[i].name_end) :
					   t->attrs[i].name;
		attrs[i].name = arena_str(b->a, name);
		attrs[i].value = arena_str(b->a, t->attrs[i].value);
	}
	b->m->nodes[id].attrs = attrs;
	b->m->nodes[id].nattrs = (uint32_t)t->nattrs;
}

/* html, then head or body as what comes next needs it. */
static void frame(struct builder *b, bool for_head)
{
	if (!b->html) {
		b->html = element(b, STR("html"));
		push(b, b->html);
	}
	if (b->body)
		return;
	if (for_head) {
		if (!b->head) {
			b->depth = b->depth ? 1 : 0;
			b->head = element(b, STR("head"));
			push(b, b->head);
		}
		return;
	}
	b->depth = b->depth ? 1 : 0;
	b->body = element(b, STR("body"));
	push(b, b->body);
}

static void close_to(struct builder *b, const char *const *names, const char *const *stop)
{
	for (unsigned d = b->depth; d > 0; d--) {
		struct str name = b->m->nodes[b->open[d - 1]].name;
		if (one_of(name, names)) {
			b->depth = d - 1;
			return;
		}
		if (one_of(name, stop) || b->open[d - 1] == b->body)
			return;
	}
}

/* End tags that HTML lets authors leave out. */
static void imply_ends(struct builder *b, struct str name)
{
	static const char *const blocks[] = { "p",   "div",  "ul", "ol",    "table", "form", "h1",
					      "h2",  "h3",   "h4", "h5",    "h6",    "hr",   "pre",
					      "section", "article", "header", "footer", "nav",
					      "main", "dl", "fieldset", "blockquote", NULL };
	static const char *const p[] = { "p", NULL }, *const li[] = { "li", NULL },
			  *const dt[] = { "dt", "dd", NULL }, *const option[] = { "option", NULL },
			  *const tr[] = { "tr", NULL }, *const cell[] = { "td", "th", NULL },
			  *const part[] = { "thead", "tbody", "tfoot", NULL },
			  *const lists[] = { "ul", "ol", "table", NULL },
			  *const table[] = { "table", NULL }, *const select[] = { "select", NULL },
			  *const dl[] = { "dl", NULL },
			  *const box[] = { "td", "th", "table", "button", "object", NULL };

	if (one_of(name, blocks))
		close_to(b, p, box);
	if (one_of(name, li))
		close_to(b, li, lists);
	else if (one_of(name, dt))
		close_to(b, dt, dl);
	else if (one_of(name, option))
		close_to(b, option, select);
	else if (one_of(name, cell))
		close_to(b, cell, table);
	else if (one_of(name, tr))
		close_to(b, tr, table);
	else if (one_of(name, part))
		close_to(b, part, table);
	if (one_of(name, tr) && str_eq(current_name(b), STR("table")))
		push(b, element(b, STR("tbody")));
	else if (one_of(name, cell) && str_eq(current_name(b), STR("table")))
		push(b, element(b, STR("tbody")));
	if (one_of(name, cell) && one_of(current_name(b), part))
		push(b, element(b, STR("tr")));
}

static void start(struct builder *b, const struct html_token *t)
{
	static const char *const heads[] = { "title", "meta",	"link",	    "base",    "script",
					     "style", "noscript", "template", "bgsound", NULL },
		   *const voids[] = { "area",  "base", "br",	"col",	  "embed", "hr",
				      "img",   "input", "link", "meta",	  "param", "source",
				      "track", "wbr",	NULL };
	struct str name = b->xml ? str_sub(b->input, t->name_at, t->name_end) : t->name;

	name = arena_left(b->a) < name.len + 64 * KIB ? STR("?") : arena_str(b->a, name);
	if (b->xml) {
		uint32_t id = element(b, name);
		set_attrs(b, id, t);
		if (!t->self_closing)
			push(b, id);
		return;
	}
	if (str_eq(name, STR("html"))) {
		if (!b->html) {
			b->html = element(b, name);
			push(b, b->html);
		}
		set_attrs(b, b->html, t);
		return;
	}
	if (str_eq(name, STR("head"))) {
		frame(b, true);
		set_attrs(b, b->head, t);
		return;
	}
	if (str_eq(name, STR("body")) || str_eq(name, STR("frameset"))) {
		frame(b, false);
		set_attrs(b, b->body, t);
		return;
	}
	frame(b, one_of(name, heads) && (!b->head || current(b) == b->head || b->depth < 2));
	imply_ends(b, name);
	uint32_t id = element(b, name);
	set_attrs(b, id, t);
	if (!one_of(name, voids) && !(t->foreign && t->self_closing))
		push(b, id);
}

static void end(struct builder *b, const struct html_token *t)
{
	struct str name = b->xml ? str_sub(b->input, t->name_at, t->name_end) : t->name;
	static const char *const frames[] = { "html", "body", NULL };

	if (!b->xml && one_of(name, frames))
		return;
	for (unsigned d = b->depth; d > 0; d--)
		if (str_eq(b->m->nodes[b->open[d - 1]].name, name)) {
			b->depth = d - 1;
			return;
		}
}

static void add_text(struct builder *b, struct str text)
{
	uint32_t id = arena_left(b->a) < text.len + 64 * KIB ? 0 :
								 add(b, MARKUP_TEXT, current(b));

	if (id)
		b->m->nodes[id].text = arena_str(b->a, text);
}

static int on_token(void *ctx, const struct html_token *t)
{
	struct builder *b = ctx;

	if (t->kind == HTML_START_TAG) {
		start(b, t);
	} else if (t->kind == HTML_END_TAG) {
		end(b, t);
	} else if (t->kind == HTML_TEXT) {
		if (!b->xml && !b->body && current(b) == b->head && !str_trim(t->text).len)
			return b->full;
		if (!b->xml && !b->body && (!b->depth || current(b) == b->html || current(b) == b->head)) {
			if (!str_trim(t->text).len)
				return b->full;
			frame(b, false);
		}
		add_text(b, t->text);
	} else if (t->kind == HTML_COMMENT && b->xml && str_starts(t->text, STR("[CDATA["))) {
		struct str text = str_from(t->text, 7);
		add_text(b, str_ends(text, STR("]]")) ? str_sub(text, 0, text.len - 2) : text);
	}
	return b->full;
}

bool markup_parse(struct arena *a, struct str text, bool xml, struct markup *ret)
{
	struct builder b = { .a = a, .m = ret, .input = text, .xml = xml };

	*ret = (struct markup){ 0 };
	add(&b, MARKUP_ROOT, 0);
	if (!b.full)
		html_tokenize(text, NULL, on_token, &b);
	return !b.full;
}

void markup_free(struct markup *m)
{
	free(m->nodes);
	*m = (struct markup){ 0 };
}
