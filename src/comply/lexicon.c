/* Opens a compiled lexicon: every reference of every table is checked once, so that the checking of
 * texts may follow them without looking. Nothing is copied; the block stays mapped. */
#include "base/check.h"
#include "base/mem.h"
#include "comply/lexicon_private.h"

static int damaged(struct error *e)
{
	return error_set(e, "comply.pack-bad", "词库数据包已损坏，请重新安装或运行 zhanwei lexicon build。",
			 "The lexicon pack is damaged; install it again or run zhanwei lexicon build.");
}

static bool inside(uint64_t first, uint64_t n, uint64_t all)
{
	return first <= all && n <= all - first;
}

/* A section as an array; false when it does not lie in the block or is cut. */
static bool section(struct str block, enum lex_section s, size_t size, const void **ret, size_t *ret_len)
{
	const struct lex_head *h = (const void *)block.ptr;
	if (!inside(h->section[s].off, h->section[s].len, block.len) || h->section[s].off % 8 || h->section[s].len % size)
		return false;
	*ret = block.ptr + h->section[s].off;
	*ret_len = h->section[s].len / size;
	return true;
}

struct counts {
	size_t strings, syms, parts, conds, alts;
};

static bool sref_ok(struct sref s, const struct counts *n)
{
	return inside(s.off, s.len, n->strings);
}

static bool entries_ok(const struct lexicon *x, const struct counts *n)
{
	for (size_t i = 0; i < x->entries_len; i++) {
		const struct lex_entry *e = &x->entries[i];
		const struct sref all[] = { e->term, e->reason, e->article, e->advice, e->note, e->replacement, e->id };
		for (size_t k = 0; k < ARRAY_SIZE(all); k++)
			if (!sref_ok(all[k], n))
				return false;
		if (!inside(e->part_first, e->part_count, n->parts) || !inside(e->cond_first, e->cond_count, n->conds) ||
		    e->kind > LEX_SIGNAL || e->level > COMPLY_LEVEL_BLOCK || (e->part_count && e->anchor >= e->part_count))
			return false;
		bool any = e->allow && e->label == LEX_ANY_LABEL;
		if (!any && e->label >= (e->kind == LEX_SIGNAL ? (size_t)LEX_SIGNALS : x->labels_len))
			return false;
	}
	return true;
}

static bool tables_ok(const struct lexicon *x, const struct counts *n)
{
	for (size_t i = 0; i < x->labels_len; i++) {
		const struct lex_label *l = &x->labels[i];
		if (!sref_ok(l->code, n) || !sref_ok(l->zh, n) || !sref_ok(l->en, n) || !sref_ok(l->basis, n) ||
		    l->column >= x->labels_len)
			return false;
	}
	for (size_t i = 0; i < n->parts; i++)
		if (!inside(x->parts[i].form_first, x->parts[i].form_count, x->forms_len))
			return false;
	for (size_t i = 0; i < x->forms_len; i++) {
		const struct lex_form *f = &x->forms[i];
		if (f->entry >= x->entries_len || f->len == 0 || !inside(f->sym, f->len, n->syms) ||
		    f->part >= x->entries[f->entry].part_count)
			return false;
	}
	for (size_t i = 0; i < n->conds; i++)
		if (!inside(x->conds[i].alt_first, x->conds[i].alt_count, n->alts) || x->conds[i].kind > COND_AFTER)
			return false;
	for (size_t i = 0; i < n->alts; i++)
		if (x->alts[i].len == 0 || !inside(x->alts[i].sym, x->alts[i].len, n->syms))
			return false;
	for (size_t i = 0; i < x->emoji_len; i++)
		if (x->emoji[i].form_entry >= x->entries_len || !sref_ok(x->emoji[i].text, n) || x->emoji[i].text.len == 0 ||
		    (i && x->emoji[i - 1].head > x->emoji[i].head))
			return false;
	return true;
}

static int open_matcher(struct str block, enum lex_section s, struct matcher **ret, struct error *e)
{
	const void *p;
	size_t n;
	if (!section(block, s, 1, &p, &n))
		return damaged(e);
	return n ? matcher_open(str_make(p, n), ret, e) : 0;
}

static int open_matchers(struct str block, struct lexicon *x, struct error *e)
{
	if (open_matcher(block, LEX_TERMS, &x->terms, e) < 0 || open_matcher(block, LEX_PINYIN, &x->pinyin, e) < 0 ||
	    open_matcher(block, LEX_SHAPE, &x->shape, e) < 0)
		return -1;
	bool regex = false;
	for (size_t i = 0; i < x->entries_len; i++)
		regex |= x->entries[i].kind == LEX_REGEX;
	if (regex)
		x->regex = mem_array(x->entries_len, sizeof(*x->regex));
	return 0;
}

#define SECTION(s, field, count) section(block, s, sizeof(*x.field), (const void **)&x.field, &(count))

int lexicon_view(struct str block, struct str lang_version, struct lexicon *ret, struct error *e)
{
	struct lexicon x = { .head = (const void *)block.ptr };
	struct counts n = { 0 };
	if (block.len < sizeof(struct lex_head) || (uintptr_t)block.ptr % 8 || memcmp(x.head->magic, "ZWLEXIC", 8) != 0 ||
	    x.head->format != 1 || x.head->order != 0x01020304 || x.head->size != block.len ||
	    !memchr(x.head->lang, 0, sizeof(x.head->lang)) || !memchr(x.head->version, 0, sizeof(x.head->version)))
		return damaged(e);
	if (!str_eq(str_c(x.head->lang), lang_version))
		return error_set(e, "comply.pack-stale", "词库数据包与语言数据包版本不符（%s），请运行 zhanwei lexicon build。",
				 "The lexicon pack was made for another language pack (%s); run zhanwei lexicon build.", x.head->lang);
	if (!SECTION(LEX_STRINGS, strings, n.strings) || !SECTION(LEX_SYMS, syms, n.syms) ||
	    !SECTION(LEX_LABELS, labels, x.labels_len) || !SECTION(LEX_ENTRIES, entries, x.entries_len) ||
	    !SECTION(LEX_PARTS, parts, n.parts) || !SECTION(LEX_FORMS, forms, x.forms_len) ||
	    !SECTION(LEX_CONDS, conds, n.conds) || !SECTION(LEX_ALTS, alts, n.alts) ||
	    !SECTION(LEX_EMOJI, emoji, x.emoji_len) || !entries_ok(&x, &n) || !tables_ok(&x, &n))
		return damaged(e);
	if (open_matchers(block, &x, e) < 0) {
		lexicon_close(&x);
		return -1;
	}
	*ret = x;
	return 0;
}

void lexicon_close(struct lexicon *x)
{
	matcher_free(x->terms);
	matcher_free(x->pinyin);
	matcher_free(x->shape);
	for (size_t i = 0; x->regex && i < x->entries_len; i++)
		lex_regex_close(&x->regex[i]);
	free(x->regex);
	memset(x, 0, sizeof(*x));
}
