/* Matchers and extractors over one answer. A part that does not exist never matches, also
 * not in the negative. */
#include "base/limits.h"
#include "scan/template/run_private.h"

#define EXTRACTED 50 /* values of one extractor */

static bool part_text(struct trun *tr, struct reply *y, enum template_part part, struct str name, struct str *ret)
{
	struct value v;
	switch (part) {
	case PART_BODY:
		*ret = y->body;
		return true;
	case PART_HEADER:
		*ret = y->header;
		return true;
	case PART_RESPONSE:
		*ret = reply_response(y);
		return true;
	case PART_NAMED:
		break;
	}
	if (!trun_get(tr, name, &v))
		return false;
	*ret = value_text(tr->scratch, &v);
	return true;
}

/* 1 it is there, 0 it is not, -1 not known. */
static int filtered(const struct trun *tr, const struct reply *y, enum template_part part, uint32_t literal)
{
	if (!y->bits || literal == TEMPLATE_NO_LITERAL || part == PART_NAMED)
		return -1;
	size_t words = (prefilter_len(template_pack_filter(tr->ts->pack)) + 63) / 64;
	bool body = prefilter_bit(y->bits, literal), head = prefilter_bit(y->bits + words, literal);
	return part == PART_BODY ? body : part == PART_HEADER ? head : body || head ? 1 : -1;
}

static bool word_there(struct trun *tr, const struct template_matcher *m, const struct template_word *w, struct reply *y,
		       struct str text)
{
	struct str s;
	int f = filtered(tr, y, m->part, w->literal);
	if (f >= 0)
		return f;
	if (!trun_render(tr, &w->text, tr->scratch, &s))
		return false;
	return m->nocase && m->kind == MATCH_WORD ? str_ihas(text, s) : str_has(text, s);
}

/* The pattern, unless the text cannot hold a match. */
static struct regex *pattern_of(struct trun *tr, struct template_regex *r, enum template_part part, struct reply *y)
{
	struct str s;
	if (filtered(tr, y, part, r->literal) == 0)
		return NULL;
	if (!r->pattern.mixed)
		return template_regex_get(tr->ts->pack, r);
	if (!trun_render(tr, &r->pattern, tr->scratch, &s))
		return NULL;
	if (r->nocase)
		s = arena_printf(tr->scratch, "(?i)%.*s", STR_ARG(s));
	return regex_cache_get(tr->ts->regexes, s);
}

static bool expr_there(struct trun *tr, const struct expr *x)
{
	struct arena *before = tr->env.arena;
	tr->env.arena = tr->scratch;
	tr->env.steps = 0;
	bool r = expr_test(x, &tr->env);
	tr->env.arena = before;
	return r;
}

static bool xpath_there(struct trun *tr, const struct template_query *q, struct str text)
{
	struct str item[1];
	struct extract_list out = { item, 0, 1 };
	bool xml = tr->now && tr->now->a && tr->now->a->x.media == MEDIA_XML;
	return xpath_run(q->xpath, tr->scratch, text, xml, STR(""), &out) && out.len > 0;
}

static bool value_there(struct trun *tr, const struct template_matcher *m, size_t i, struct reply *y, struct str text)
{
	switch (m->kind) {
	case MATCH_WORD:
	case MATCH_BINARY:
		return word_there(tr, m, &m->words[i], y, text);
	case MATCH_REGEX: {
		struct regex *re = pattern_of(tr, &m->regexes[i], m->part, y);
		return re && regex_test(re, text);
	}
	case MATCH_STATUS:
		return y->status == m->numbers[i];
	case MATCH_SIZE:
		return (int64_t)text.len == m->numbers[i];
	case MATCH_EXPR:
		return expr_there(tr, m->exprs[i]);
	case MATCH_XPATH:
		return xpath_there(tr, &m->queries[i], text);
	}
	return false;
}

static bool matcher_there(struct trun *tr, const struct template_matcher *m, struct reply *y)
{
	struct str text = STR("");
	bool looks = m->kind != MATCH_STATUS && m->kind != MATCH_EXPR;
	if (looks && !part_text(tr, y, m->part, m->part_name, &text))
		return false;
	bool found = m->all;
	for (size_t i = 0; i < m->n; i++) {
		found = value_there(tr, m, i, y, text);
		if (found != m->all)
			break;
	}
	return found != m->negative;
}

bool trun_match(struct trun *tr, const struct template_block *b, struct reply *y, bool *ret_internal, struct str *ret_names)
{
	struct buf names;
	bool any = false, shown = false;
	tr->now = y;
	buf_init(&names, 8 * KIB);
	for (size_t i = 0; i < b->matchers_len; i++) {
		const struct template_matcher *m = &b->matchers[i];
		bool there = matcher_there(tr, m, y);
		if (b->matchers_all && !there) {
			any = false;
			break;
		}
		any = any || there;
		shown = shown || (there && !m->internal);
		if (there && m->name.len && !m->internal) {
			if (names.len)
				buf_c(&names, ", ");
			buf_str(&names, m->name);
		}
	}
	*ret_internal = any && !shown;
	*ret_names = any && names.len ? arena_str(tr->keep, buf_view(&names)) : STR("");
	buf_free(&names);
	return any;
}

/* ---- extractors ---- */

static void add_item(struct extract_list *out, struct str s)
{
	for (size_t i = 0; i < out->len; i++)
		if (str_eq(out->items[i], s))
			return;
	if (out->len < out->max)
		out->items[out->len++] = s;
}

static void by_regex(struct trun *tr, const struct template_extractor *x, struct template_regex *r, struct reply *y,
		     struct str text, struct extract_list *out)
{
	struct str found[EXTRACTED];
	struct regex *re = pattern_of(tr, r, x->part, y);
	size_t n = re ? regex_all(re, text, x->group, found, EXTRACTED) : 0;
	for (size_t i = 0; i < n; i++)
		if (found[i].ptr)
			add_item(out, found[i]);
}

static void by_expr(struct trun *tr, const struct expr *x, struct extract_list *out)
{
	struct value v;
	struct arena *before = tr->env.arena;
	tr->env.arena = tr->scratch;
	tr->env.steps = 0;
	if (expr_eval(x, &tr->env, &v) == 0 && v.type != VALUE_NONE) {
		struct str s = value_text(tr->scratch, &v);
		if (s.len)
			add_item(out, s);
	}
	tr->env.arena = before;
}

static void extract_one(struct trun *tr, const struct template_extractor *x, struct reply *y, struct extract_list *out)
{
	struct str text = STR(""), piece[EXTRACTED];
	if (x->kind != EXTRACT_EXPR && !part_text(tr, y, x->part, x->part_name, &text))
		return;
	for (size_t i = 0; i < x->n; i++) {
		struct extract_list got = { piece, 0, EXTRACTED };
		switch (x->kind) {
		case EXTRACT_REGEX:
			by_regex(tr, x, &x->regexes[i], y, text, out);
			continue;
		case EXTRACT_EXPR:
			by_expr(tr, x->exprs[i], out);
			continue;
		case EXTRACT_KVAL: {
			struct value v;
			if (y->a)
				kval_run(y->header, x->queries[i].text, tr->scratch, &got);
			else if (trun_get(tr, x->queries[i].text, &v))
				piece[got.len++] = value_text(tr->scratch, &v);
			break;
		}
		case EXTRACT_JSON:
			jq_run(x->queries[i].jq, tr->scratch, text, &got);
			break;
		case EXTRACT_XPATH:
			xpath_run(x->queries[i].xpath, tr->scratch, text, y->a && y->a->x.media == MEDIA_XML, x->attribute, &got);
			break;
		}
		for (size_t k = 0; k < got.len; k++)
			add_item(out, got.items[k]);
	}
}

static void bind_list(struct trun *tr, struct str name, const struct extract_list *l)
{
	if (l->len == 1) {
		trun_bind(tr, name, value_of_str(l->items[0]));
		return;
	}
	struct value *items = arena_array(tr->scratch, l->len, sizeof(*items));
	for (size_t i = 0; i < l->len; i++)
		items[i] = value_of_str(l->items[i]);
	trun_bind(tr, name, (struct value){ .type = VALUE_LIST, .list = { items, l->len } });
}

static void bind_value(struct trun *tr, const struct template_extractor *x)
{
	struct value v;
	struct arena *before = tr->env.arena;
	tr->env.arena = tr->scratch;
	tr->env.steps = 0;
	if (expr_eval(x->exprs[0], &tr->env, &v) == 0)
		trun_bind(tr, x->name, v);
	tr->env.arena = before;
}

static void show(struct buf *b, struct str name, const struct extract_list *l)
{
	for (size_t i = 0; i < l->len && i < 20; i++) {
		struct str s = str_sub(l->items[i], 0, 400);
		buf_printf(b, "%.*s%s", STR_ARG(name), name.len ? "=" : "");
		for (size_t k = 0; k < s.len; k++)
			buf_char(b, (unsigned char)s.ptr[k] < 0x20 ? ' ' : s.ptr[k]);
		buf_char(b, '\n');
	}
}

bool trun_extract(struct trun *tr, const struct template_block *b, struct reply *y, struct buf *shown, bool *ret_internal)
{
	bool any = false, all_internal = true;
	tr->now = y;
	for (size_t i = 0; i < b->extractors_len; i++) {
		const struct template_extractor *x = &b->extractors[i];
		struct str items[EXTRACTED];
		struct extract_list out = { items, 0, EXTRACTED };
		extract_one(tr, x, y, &out);
		if (out.len == 0)
			continue;
		any = true;
		if (x->kind == EXTRACT_EXPR && tr->t->format != TEMPLATE_NUCLEI && x->name.len) {
			bind_value(tr, x); /* a map stays one: search["id"] */
		} else if (x->name.len) {
			/* first value for later requests, unless all of them are to be tried */
			struct extract_list one = { items, 1, 1 };
			bind_list(tr, x->name, x->internal && !b->iterate_all ? &one : &out);
		}
		if (!x->internal) {
			all_internal = false;
			show(shown, x->name, &out);
		}
	}
	*ret_internal = all_internal;
	return any;
}
