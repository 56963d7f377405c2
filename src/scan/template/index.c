/* Sealing a pack: every fixed string of a word matcher, and one string that each pattern
 * must contain, goes into one prefilter. */
#include "base/limits.h"
#include "scan/template/pack_private.h"
#include "scan/template/prefilter.h"

struct template_index {
	struct prefilter *filter;
};

void template_index_free(struct template_index *x)
{
	if (!x)
		return;
	prefilter_free(x->filter);
	free(x);
}

static void add_words(struct template_index *x, struct template_word *w, size_t n, bool nocase)
{
	for (size_t i = 0; i < n; i++)
		if (!w[i].text.mixed)
			w[i].literal = prefilter_add(x->filter, w[i].text.text, nocase);
}

/* Only where a single string is certain: choices would need a list each. */
static void add_regexes(struct template_pack *p, struct template_index *x, struct arena *scratch, struct template_regex *r,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct regex_literal *lit;
		if (r[i].pattern.mixed || r[i].nocase || regex_literals(scratch, r[i].pattern.text, &lit) != 1)
			continue;
		r[i].literal = prefilter_add(x->filter, template_intern(p, lit[0].text), lit[0].nocase);
	}
}

struct regex *template_regex_get(struct template_pack *p, struct template_regex *r)
{
	struct regex *x = NULL;
	if (r->compiled || r->bad)
		return r->compiled;
	struct buf b;
	buf_init(&b, r->pattern.text.len + 8);
	if (r->nocase)
		buf_c(&b, "(?i)");
	buf_str(&b, r->pattern.text);
	if (regex_compile(buf_view(&b), &x, NULL) < 0)
		r->bad = true;
	buf_free(&b);
	r->compiled = x;
	if (x)
		*vec_push(&p->regexes) = r;
	return x;
}

static int check_regexes(struct arena *scratch, const struct template_regex *r, size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		struct str out;
		bool utf;
		struct regex *x;
		if (r[i].pattern.mixed)
			continue;
		if (regex_translate(scratch, r[i].pattern.text, &out, &utf, e) < 0)
			return -1;
		if (regex_compile(r[i].pattern.text, &x, e) < 0)
			return -1;
		regex_free(x);
	}
	return 0;
}

static void check_template(struct template_pack *p, struct arena *scratch, struct template *t)
{
	struct error e = { 0 };
	int r = 0;
	for (size_t i = 0; i < t->blocks_len && r == 0; i++) {
		const struct template_block *b = &t->blocks[i];
		for (size_t k = 0; k < b->matchers_len && r == 0; k++)
			if (b->matchers[k].kind == MATCH_REGEX)
				r = check_regexes(scratch, b->matchers[k].regexes, b->matchers[k].n, &e);
		for (size_t k = 0; k < b->extractors_len && r == 0; k++)
			if (b->extractors[k].kind == EXTRACT_REGEX)
				r = check_regexes(scratch, b->extractors[k].regexes, b->extractors[k].n, &e);
	}
	if (r < 0)
		template_refuse(p, t, &e);
}

static void index_template(struct template_pack *p, struct template_index *x, struct arena *scratch, struct template *t)
{
	for (size_t i = 0; i < t->blocks_len; i++) {
		const struct template_block *b = &t->blocks[i];
		for (size_t k = 0; k < b->matchers_len; k++) {
			const struct template_matcher *m = &b->matchers[k];
			if (m->kind == MATCH_WORD || m->kind == MATCH_BINARY)
				add_words(x, m->words, m->n, m->kind == MATCH_WORD && m->nocase);
			else if (m->kind == MATCH_REGEX)
				add_regexes(p, x, scratch, m->regexes, m->n);
		}
		for (size_t k = 0; k < b->extractors_len; k++)
			if (b->extractors[k].kind == EXTRACT_REGEX)
				add_regexes(p, x, scratch, b->extractors[k].regexes, b->extractors[k].n);
	}
}

void template_pack_seal(struct template_pack *p, bool check_patterns)
{
	struct template_index *x = mem_alloc(sizeof(*x));
	struct arena *scratch = arena_new(16 * MIB);
	x->filter = prefilter_new();
	for (size_t i = 0; i < p->len; i++) {
		struct template *t = &p->list[i];
		if (t->ok && check_patterns)
			check_template(p, scratch, t);
		if (t->ok)
			index_template(p, x, scratch, t);
		arena_reset(scratch);
	}
	prefilter_build(x->filter);
	arena_free(scratch);
	p->index = x;
}

const struct prefilter *template_pack_filter(const struct template_pack *p)
{
	return p->index ? p->index->filter : NULL;
}
