/* One pass of the HTML tokenizer over a page collects its tags, links, comments,
 * title and visible text; forms are put together from the tags afterwards (form.c).
 * Caps bound memory for any input; the arena never comes near its own limit. */
#include "scan/page.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "net/html.h"
#include "net/url.h"
#include "scan/form.h"
#include "scan/link.h"

#define LIMIT_PAGE_TAGS 20000
#define LIMIT_PAGE_LINKS 5000
#define LIMIT_PAGE_COMMENTS 500
#define LIMIT_PAGE_VISIBLE (64 * KIB)
#define PAGE_OPEN 16 /* elements whose inner text is wanted, open at the same time */

struct parse {
	struct arena *a;
	struct str text;
	struct url base;
	struct scan_page *page;
	VEC(struct scan_tag) tags;
	VEC(struct scan_comment) comments;
	struct buf visible;
	struct {
		size_t tag, from;
	} open[PAGE_OPEN];
	size_t open_len;
	unsigned in_template, in_noscript;
	bool blank, base_seen, form_ended;
};

static bool wants_inner(struct str name)
{
	static const struct str names[] = { STR_INIT("a"), STR_INIT("button"), STR_INIT("option"),
					    STR_INIT("label"), STR_INIT("title"), STR_INIT("script"),
					    STR_INIT("style"), STR_INIT("textarea"), STR_INIT("h1"),
					    STR_INIT("h2"), STR_INIT("h3") };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

/* Elements that do not end a word; all others do. */
static bool inline_element(struct str name)
{
	static const struct str names[] = { STR_INIT("a"), STR_INIT("b"), STR_INIT("i"), STR_INIT("u"), STR_INIT("s"),
					    STR_INIT("em"), STR_INIT("strong"), STR_INIT("span"), STR_INIT("font"),
					    STR_INIT("small"), STR_INIT("sub"), STR_INIT("sup"), STR_INIT("mark"),
					    STR_INIT("wbr"), STR_INIT("code"), STR_INIT("bdo") };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static char quote_char(enum html_quote q)
{
	return q == HTML_DOUBLE ? '"' : q == HTML_SINGLE ? '\'' : 0;
}

static void copy_attrs(struct parse *p, struct scan_tag *t, const struct html_token *tok)
{
	struct scan_attr *list = arena_array(p->a, tok->nattrs ? tok->nattrs : 1, sizeof(*list));
	for (size_t i = 0; i < tok->nattrs; i++) {
		const struct html_attr *h = &tok->attrs[i];
		list[i].name = arena_str(p->a, h->name);
		struct str raw = str_sub(p->text, h->value_at, h->value_end);
		/* no reference in it: the page's own bytes will do */
		list[i].value = str_eq(raw, h->value) ? raw : arena_str(p->a, h->value);
		if (!list[i].value.ptr)
			list[i].value = STR("");
		list[i].at = h->value_at;
		list[i].len = h->value_end - h->value_at;
		list[i].quote = quote_char(h->quote);
	}
	t->attrs = list;
	t->attrs_len = tok->nattrs;
}

static void close_inner(struct parse *p, struct str name, size_t end)
{
	for (size_t i = p->open_len; i-- > 0;) {
		struct scan_tag *t = &p->tags.ptr[p->open[i].tag];
		if (!str_eq(t->name, name))
			continue;
		t->inner = str_sub(p->text, p->open[i].from, end);
		p->open_len = i;
		return;
	}
}

static void count_scope(struct parse *p, struct str name, bool opens)
{
	unsigned *n = str_eq(name, STR("template"))   ? &p->in_template
		      : str_eq(name, STR("noscript")) ? &p->in_noscript
						      : NULL;
	if (n && opens)
		(*n)++;
	else if (n && *n)
		(*n)--;
}

static void start_tag(struct parse *p, const struct html_token *tok)
{
	if (p->tags.len >= LIMIT_PAGE_TAGS)
		return;
	bool option = str_eq(tok->name, STR("option"));
	if (option || str_eq(tok->name, STR("a")))
		close_inner(p, tok->name, tok->at); /* neither nests: the old one ends here */
	struct scan_tag *t = vec_push(&p->tags);
	t->name = arena_str(p->a, tok->name);
	t->at = tok->at;
	t->end = tok->end;
	t->in_template = p->in_template > 0;
	t->in_noscript = p->in_noscript > 0;
	t->after_form_end = p->form_ended;
	p->form_ended = false;
	copy_attrs(p, t, tok);
	count_scope(p, t->name, true);
	if (!tok->self_closing && wants_inner(t->name) && p->open_len < PAGE_OPEN) {
		p->open[p->open_len].tag = p->tags.len - 1;
		p->open[p->open_len++].from = tok->end;
	}
	if (!p->base_seen && str_eq(t->name, STR("base"))) {
		struct str href = scan_tag_attr(t, "href");
		struct url u;
		p->base_seen = href.ptr && url_parse(p->a, href, &p->base, 0, &u, NULL) == 0;
		if (p->base_seen)
			p->base = u;
	}
}

static void add_visible(struct parse *p, struct str s)
{
	for (size_t i = 0; i < s.len && p->visible.len < LIMIT_PAGE_VISIBLE; i++) {
		if (ascii_space(s.ptr[i])) {
			p->blank = p->visible.len > 0;
			continue;
		}
		if (p->blank)
			buf_char(&p->visible, ' ');
		p->blank = false;
		buf_char(&p->visible, s.ptr[i]);
	}
}

static int on_token(void *ctx, const struct html_token *tok)
{
	struct parse *p = ctx;
	if (arena_left(p->a) < LIMIT_EXCHANGE_ARENA / 4)
		return 1;
	switch (tok->kind) {
	case HTML_START_TAG:
		p->blank = p->blank || (p->visible.len > 0 && !inline_element(tok->name));
		start_tag(p, tok);
		break;
	case HTML_END_TAG:
		p->blank = p->blank || (p->visible.len > 0 && !inline_element(tok->name));
		count_scope(p, tok->name, false);
		close_inner(p, tok->name, tok->at);
		if (str_eq(tok->name, STR("form")))
			p->form_ended = true;
		break;
	case HTML_TEXT:
		if (tok->mode == HTML_DATA)
			add_visible(p, tok->text);
		else if (str_eq(tok->element, STR("title")) && str_empty(p->page->title))
			p->page->title = arena_str(p->a, utf8_truncate(str_trim(tok->text), 500));
		break;
	case HTML_COMMENT:
		if (p->comments.len < LIMIT_PAGE_COMMENTS) {
			struct scan_comment *c = vec_push(&p->comments);
			c->text = str_sub(p->text, tok->text_at, tok->text_end);
			c->at = tok->text_at;
		}
		break;
	case HTML_DOCTYPE:
		break;
	}
	return 0;
}

static const void *keep(struct arena *a, const void *p, size_t n, size_t size)
{
	void *copy = arena_array(a, n ? n : 1, size);
	if (n)
		memcpy(copy, p, n * size);
	return copy;
}

static void find_generator(struct scan_page *page)
{
	size_t at = 0;
	const struct scan_tag *t;
	while ((t = scan_page_tag(page, "meta", &at)))
		if (str_ieq(scan_tag_attr(t, "name"), STR("generator")))
			page->generator = scan_tag_attr(t, "content");
}

struct scan_page *page_parse(struct arena *a, struct str text, const struct url *base)
{
	struct parse p = { .a = a, .text = text, .base = *base };
	p.page = arena_new_of(a, struct scan_page);
	buf_init(&p.visible, LIMIT_PAGE_VISIBLE + 8);
	html_tokenize(text, &(struct html_options){ 0 }, on_token, &p);
	while (p.open_len > 0) /* never closed: up to the end */
		close_inner(&p, p.tags.ptr[p.open[p.open_len - 1].tag].name, text.len);
	struct scan_page *page = p.page;
	page->tags = keep(a, p.tags.ptr, p.tags.len, sizeof(*page->tags));
	page->tags_len = p.tags.len;
	page->comments = keep(a, p.comments.ptr, p.comments.len, sizeof(*page->comments));
	page->comments_len = p.comments.len;
	page->visible = arena_str(a, utf8_truncate(buf_view(&p.visible), LIMIT_PAGE_VISIBLE));
	page->base = url_text(a, &p.base, URL_NO_FRAGMENT);
	vec_free(&p.tags);
	vec_free(&p.comments);
	buf_free(&p.visible);
	find_generator(page);
	form_collect(a, page, &p.base, base);
	link_collect(a, page, text, &p.base, LIMIT_PAGE_LINKS);
	return page;
}

const struct scan_tag *scan_page_tag(const struct scan_page *p, const char *name, size_t *at)
{
	struct str want = str_c(name);
	for (; *at < p->tags_len; (*at)++)
		if (str_eq(p->tags[*at].name, want))
			return &p->tags[(*at)++];
	return NULL;
}

struct str scan_tag_attr(const struct scan_tag *t, const char *name)
{
	struct str want = str_c(name);
	for (size_t i = 0; i < t->attrs_len; i++)
		if (str_eq(t->attrs[i].name, want))
			return t->attrs[i].value;
	return STR_NULL;
}
