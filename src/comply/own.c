/* An operator's or person's own terms: the same compiler and the same block as the built-in lexicon,
 * on the heap, with labels of their own behind the engine's. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "comply/check_private.h"
#include "comply/source_private.h"

/* Codes the engine does not know become labels. */
static int own_labels(const struct comply *c, const struct comply_entry *entries, size_t n, struct lex_source *s, struct error *e)
{
	VEC(struct lex_source_label) list = { 0 };
	_cleanup_map_ struct map *known = map_new();
	for (size_t i = 0; i < c->labels_len; i++) {
		const struct comply_label *l = &c->labels[i];
		*vec_push(&list) = (struct lex_source_label){ l->code, l->zh, l->en, l->basis, l->severity, l->leaf };
		map_add(known, l->code);
	}
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct str code = entries[i].label;
		bool any = entries[i].kind == COMPLY_ALLOW && (code.len == 0 || str_eq(code, STR("*")) || str_eq(code, STR("-")));
		if (any || !map_add(known, code))
			continue;
		char field[48];
		snprintf(field, sizeof(field), "entries.%zu.label", i);
		if (code.len == 0 || utf8_invalid_at(code) >= 0 || utf8_count(code) > 40 || str_chr(code, '.') >= 0)
			r = error_field(e, field, "term.label", "自定标签应为 1–40 个字符，不含句点。",
					"An own label has 1 to 40 characters and no dot.");
		else if (list.len - c->labels_len >= LIMIT_LEXICON_LABELS)
			r = error_field(e, field, "term.labels", "自定标签太多。", "Too many own labels.");
		else
			*vec_push(&list) = (struct lex_source_label){ .code = code, .zh = code, .en = code, .severity = 2 };
	}
	s->labels = list.ptr;
	s->labels_len = list.len;
	return r;
}

int comply_lexicon_build(const struct comply *c, const struct comply_entry *entries, size_t n, struct str version,
			 struct comply_lexicon **ret, struct error *e)
{
	CHECK_OBJ(c, COMPLY_MAGIC);
	if (n > LIMIT_LEXICON_ENTRIES)
		return error_field(e, "entries", "lexicon.too-many", "一个词库最多 %d 条。", "A lexicon has at most %d entries.",
				   LIMIT_LEXICON_ENTRIES);
	struct comply_lexicon *x = mem_alloc(sizeof(*x));
	struct lex_source s = { .entries = entries, .entries_len = n, .version = version };
	x->magic = COMPLY_LEXICON_MAGIC;
	x->builtin_labels = c->labels_len;
	buf_init(&x->block, LIMIT_LEXICON_PACK);
	int r = own_labels(c, entries, n, &s, e);
	if (r == 0)
		r = lexicon_compile(c->lang, &s, &x->block, e);
	free((void *)(uintptr_t)s.labels);
	struct pack *p = NULL;
	if (r == 0)
		r = pack_open_bytes(buf_view(&x->block), &p, e);
	if (r == 0)
		r = lexicon_view(p, lang_version(c->lang), &x->view, e);
	if (r < 0) {
		buf_free(&x->block);
		free(x);
		return -1;
	}
	x->version_text = str_dup(version);
	x->version = str_c(x->version_text);
	*ret = x;
	return 0;
}

static void entry_problem(void *ctx, size_t entry, const struct error *e)
{
	struct source *s = ctx;
	s->problems++;
	if (s->on_problem)
		s->on_problem(s->ctx, s->where.ptr[entry].path, s->where.ptr[entry].line, e);
}

void own_check(const struct comply *c, struct source *s)
{
	struct lex_source in = { .entries = s->entries.ptr, .entries_len = s->entries.len, .version = STR("lint"),
				 .on_bad = entry_problem, .ctx = s };
	struct error e = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_LEXICON_PACK);
	if (own_labels(c, s->entries.ptr, s->entries.len, &in, &e) < 0 || lexicon_compile(c->lang, &in, &b, &e) < 0)
		entry_problem(s, 0, &e);
	free((void *)(uintptr_t)in.labels);
	buf_free(&b);
}

void comply_lexicon_free(struct comply_lexicon *x)
{
	if (!x)
		return;
	CHECK_OBJ(x, COMPLY_LEXICON_MAGIC);
	lexicon_close(&x->view);
	buf_free(&x->block);
	free(x->version_text);
	x->magic = 0;
	free(x);
}
