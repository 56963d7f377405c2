/* What a rule needs beside its anchor: anchors are often plain words, and their rules hardly ever
 * hold. For each rule whose parts stand near each other a guard says which symbols the part that is
 * looked for first may begin and end with, hashed, and how far off it may be. A few symbols beside
 * the anchor then tell of nearly all that there is nothing, without its entry being read. */
#include "base/limits.h"
#include "base/mem.h"
#include "comply/check_private.h"

static void set_bit(uint64_t bits[LEX_GUARD_BITS / 64], uint16_t sym)
{
	bits[sym % LEX_GUARD_BITS / 64] |= UINT64_C(1) << (sym % 64);
}

static bool has_bit(const uint64_t bits[LEX_GUARD_BITS / 64], uint16_t sym)
{
	return bits[sym % LEX_GUARD_BITS / 64] >> (sym % 64) & 1;
}

static bool guarded(const struct lexicon *x, const struct lex_entry *en)
{
	return en->kind == LEX_RULE && en->part_count > 1 && x->parts[en->part_first].gap != 0;
}

/* The part that rule() looks for first; of several on both sides of the anchor the nearest before. */
static struct lex_guard guard_of(const struct lexicon *x, const struct lex_entry *en)
{
	bool behind = en->anchor == 0;
	const struct lex_part *anchor = &x->parts[en->part_first + en->anchor], *part = behind ? anchor + 1 : anchor - 1;
	size_t gap = behind ? anchor->gap : part->gap, far = gap;
	struct lex_guard g = { .behind = behind };
	for (size_t f = 0; f < part->form_count; f++) {
		const struct lex_form *form = &x->forms[part->form_first + f];
		far = form->len + gap > far ? form->len + gap : far;
		set_bit(g.first, x->syms[form->sym]);
		set_bit(g.last, x->syms[form->sym + form->len - 1u]);
	}
	g.far = (uint16_t)(far < LIMIT_COMPLY_SENTENCE ? far : LIMIT_COMPLY_SENTENCE);
	return g;
}

void lex_guards_make(struct lexicon *x)
{
	size_t n = 1;
	for (size_t i = 0; i < x->entries_len; i++)
		n += guarded(x, &x->entries[i]);
	if (n == 1)
		return;
	x->guards = mem_array(n, sizeof(*x->guards));
	x->form_guard = mem_array(x->forms_len, sizeof(*x->form_guard));
	n = 1;
	for (size_t i = 0; i < x->entries_len; i++) {
		const struct lex_entry *en = &x->entries[i];
		if (!guarded(x, en))
			continue;
		const struct lex_part *anchor = &x->parts[en->part_first + en->anchor];
		x->guards[n] = guard_of(x, en);
		for (size_t f = 0; f < anchor->form_count; f++)
			if (x->forms[anchor->form_first + f].entry == i)
				x->form_guard[anchor->form_first + f] = (uint32_t)n;
		n++;
	}
}

bool check_guard(const struct check *k, uint32_t form, size_t from, size_t to)
{
	const struct lexicon *x = k->lex;
	const struct fold_text *t = &k->t;
	if (!x->guards || x->form_guard[form] == 0)
		return true;
	const struct lex_guard *g = &x->guards[x->form_guard[form]];
	bool first = false, last = false;
	if (g->behind) {
		size_t end = t->len - to > g->far ? to + g->far : t->len;
		for (; to < end && t->gap[to] != FOLD_GAP_STOP && !(first && last); to++) {
			first |= has_bit(g->first, t->sym[to]);
			last |= has_bit(g->last, t->sym[to]);
		}
	} else {
		size_t start = from > g->far ? from - g->far : 0;
		for (; from > start && t->gap[from] != FOLD_GAP_STOP && !(first && last); from--) {
			first |= has_bit(g->first, t->sym[from - 1]);
			last |= has_bit(g->last, t->sym[from - 1]);
		}
	}
	return first && last;
}
