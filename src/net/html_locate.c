/* In which context of a page a byte lies. */
#include "net/html_private.h"

struct locator {
	const size_t *at;
	size_t n, next; /* positions, first one not yet placed */
	struct html_context *ret;
};

static void copy_name(char *out, size_t size, struct str s)
{
	snprintf(out, size, "%.*s", (int)(s.len < size ? s.len : size - 1), s.ptr ? s.ptr : "");
}

static void in_tag(const struct html_token *t, size_t at, struct html_context *c)
{
	copy_name(c->tag, sizeof(c->tag), t->name);
	if (at < t->name_end) {
		c->place = HTML_IN_TAG_NAME;
		return;
	}
	c->place = HTML_IN_TAG_SPACE;
	for (size_t i = 0; i < t->nattrs; i++) {
		const struct html_attr *a = &t->attrs[i];

		/* The byte behind an unquoted value still extends it; a quote ends one. */
		if (at < a->name_at)
			return;
		if (at >= a->name_at && at < a->name_end) {
			c->place = HTML_IN_ATTR_NAME;
			copy_name(c->attr, sizeof(c->attr), a->name);
			return;
		}
		if (a->quote == HTML_NO_VALUE || at < a->value_at || at >= a->value_end)
			continue;
		c->place = HTML_IN_ATTR_VALUE;
		c->quote = a->quote;
		c->value_at = a->value_at;
		c->value_end = a->value_end;
		copy_name(c->attr, sizeof(c->attr), a->name);
		return;
	}
}

static void place(const struct html_token *t, size_t at, struct html_context *c)
{
	*c = (struct html_context){ .token_at = t->at };
	switch (t->kind) {
	case HTML_TEXT:
		c->place = HTML_IN_TEXT;
		c->mode = t->mode;
		c->value_at = t->text_at;
		c->value_end = t->text_end;
		copy_name(c->tag, sizeof(c->tag), t->element);
		break;
	case HTML_COMMENT:
		c->place = HTML_IN_COMMENT;
		c->value_at = t->text_at;
		c->value_end = t->text_end;
		break;
	case HTML_DOCTYPE:
		c->place = HTML_IN_DOCTYPE;
		break;
	case HTML_START_TAG:
	case HTML_END_TAG:
		in_tag(t, at, c);
		break;
	}
}

static int on_token(void *ctx, const struct html_token *t)
{
	struct locator *l = ctx;

	while (l->next < l->n && l->at[l->next] < t->end) {
		size_t at = l->at[l->next];

		if (at >= t->at)
			place(t, at, &l->ret[l->next]);
		l->next++;
	}
	return l->next == l->n;
}

void html_locate(struct str input, const size_t *at, size_t n, struct html_context *ret)
{
	struct locator l = { .at = at, .n = n, .ret = ret };

	memset(ret, 0, n * sizeof(*ret)); /* text, where no token lies */
	if (n)
		html_tokenize_all(input, NULL, on_token, &l);
}
