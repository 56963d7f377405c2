/* Terms, rules and patterns: one pass of the matcher over the folded text, and for each of its hits a
 * look at what lies around - gaps, spelling, word boundaries, the other parts of a rule, conditions.
 * No hit costs more than a window of LIMIT_COMPLY_SENTENCE symbols. */
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "comply/check_private.h"

struct hit *check_add(struct check *k, size_t from, size_t to, uint16_t label, enum comply_layer layer, enum comply_level level)
{
	if (k->hits.len >= k->max_hits) {
		k->truncated = true;
		return NULL;
	}
	struct hit *h = grow(&k->hits, k->a);
	*h = (struct hit){ .from = (uint32_t)from, .to = (uint32_t)to, .label = label, .layer = (uint8_t)layer, .level = (uint8_t)level,
			   .rank = k->rank };
	if (to > from && to <= k->t.len) {
		h->byte_from = k->t.from[from];
		h->byte_to = k->t.to[to - 1];
	}
	return h;
}

void check_sentence(const struct fold_text *t, size_t from, size_t to, size_t *ret_from, size_t *ret_to)
{
	size_t least = from > LIMIT_COMPLY_SENTENCE ? from - LIMIT_COMPLY_SENTENCE : 0;
	size_t most = t->len - to > LIMIT_COMPLY_SENTENCE ? to + LIMIT_COMPLY_SENTENCE : t->len;
	const uint8_t *before = from > least ? memrchr(t->gap + least + 1, FOLD_GAP_STOP, from - least) : NULL;
	const uint8_t *behind = to < most ? memchr(t->gap + to, FOLD_GAP_STOP, most - to) : NULL;
	*ret_from = before ? (size_t)(before - t->gap) : from > least ? least : from;
	*ret_to = behind ? (size_t)(behind - t->gap) : to < most ? most : to;
}

static bool same(const uint16_t *a, const uint16_t *b, size_t n)
{
	if (a[0] != b[0] || a[n - 1] != b[n - 1])
		return false;
	return n <= 2 || memcmp(a + 1, b + 1, (n - 2) * sizeof(*a)) == 0;
}

/* First place of a word within [from, to), or SIZE_MAX. */
static size_t find_word(const struct check *k, const uint16_t *word, size_t len, size_t from, size_t to)
{
	*k->work += to > from ? to - from : 0;
	for (size_t i = from; i + len <= to; i++)
		if (same(k->t.sym + i, word, len))
			return i;
	return SIZE_MAX;
}

/* What symbols [from, to) has: a word whose first one is not among them need not be looked for. */
static const uint64_t *symbols_in(const struct check *k, size_t from, size_t to)
{
	struct stretch_memo *m = k->memo;
	const uint16_t *at = k->t.sym + from;
	size_t len = to > from ? to - from : 0;
	if (m->at != at || m->len != len) {
		memset(m->has, 0, sizeof(m->has));
		for (size_t i = 0; i < len; i++)
			m->has[at[i] % MEMO_BITS / 64] |= UINT64_C(1) << (at[i] % 64);
		m->at = at;
		m->len = len;
	}
	return m->has;
}

static bool may_have(const uint64_t *has, uint16_t sym)
{
	return has[sym % MEMO_BITS / 64] >> (sym % 64) & 1;
}

/* ---- conditions ---- */

static bool lies_within(const struct check *k, const struct lex_alt *w, const uint16_t *word, size_t from, size_t to)
{
	size_t len = to - from;
	if (w->len < len)
		return false;
	for (size_t back = 0; back <= w->len - len; back++)
		if (from >= back && from - back + w->len <= k->t.len && same(k->t.sym + from - back, word, w->len))
			return true;
	return false;
}

/* Is one of the words of a condition in [lo, hi)? `reach` not 0: only such as end, or begin, so near
 * the hit, which lies at hi, or at lo. */
static bool any_word(const struct check *k, const struct lex_cond *c, size_t lo, size_t hi, size_t reach, bool before)
{
	const struct lex_alt *w = &k->lex->alts[c->alt_first];
	size_t far = reach + MATCHER_TERM_MAX;
	size_t from = reach && before && hi > lo + far ? hi - far : lo, to = reach && !before && hi > lo + far ? lo + far : hi;
	const uint64_t *has = symbols_in(k, from, to);
	*k->work += c->alt_count;
	for (size_t i = 0; i < c->alt_count; i++, w++) {
		if (!may_have(has, w->first))
			continue;
		const uint16_t *word = k->lex->syms + w->sym;
		size_t near = reach + w->len - 1u, a = lo, b = hi;
		if (w->len > 1 && !may_have(has, word[w->len - 1]))
			continue;
		if (reach && before)
			a = hi > lo + near ? hi - near : lo;
		else if (reach)
			b = hi > lo + near ? lo + near : hi;
		if (find_word(k, word, w->len, a, b) != SIZE_MAX)
			return true;
	}
	return false;
}

/* The same for a whole sentence, remembered. */
static bool in_sentence(const struct check *k, const struct lex_cond *c, size_t lo, size_t hi)
{
	const struct lex_alt *list = &k->lex->alts[c->alt_first];
	size_t slot = c->alt_first * 0x9E3779B1u >> 27;
	_Static_assert(MEMO_LISTS == 32, "five bits");
	if (!k->memo->listed)
		memset(k->memo->lists, 0, sizeof(k->memo->lists));
	k->memo->listed = true;
	if (k->memo->lists[slot].list == list && k->memo->lists[slot].at == k->t.sym + lo && k->memo->lists[slot].len == hi - lo)
		return k->memo->lists[slot].found;
	bool found = any_word(k, c, lo, hi, 0, false);
	k->memo->lists[slot].list = list;
	k->memo->lists[slot].at = k->t.sym + lo;
	k->memo->lists[slot].len = hi - lo;
	k->memo->lists[slot].found = found;
	return found;
}

static bool within_any(const struct check *k, const struct lex_cond *c, size_t from, size_t to)
{
	for (size_t i = 0; i < c->alt_count; i++) {
		const struct lex_alt *w = &k->lex->alts[c->alt_first + i];
		if (lies_within(k, w, k->lex->syms + w->sym, from, to))
			return true;
	}
	return false;
}

static bool condition(const struct check *k, const struct lex_cond *c, size_t from, size_t to)
{
	size_t lo, hi;
	switch ((enum cond_kind)c->kind) {
	case COND_NOT_WITHIN:
		return !within_any(k, c, from, to);
	case COND_NOT_BEFORE:
		return !any_word(k, c, 0, from, COND_NEAR, true);
	case COND_BEFORE:
		return any_word(k, c, 0, from, COND_FAR, true);
	case COND_NOT_AFTER:
		return !any_word(k, c, to, k->t.len, COND_NEAR, false);
	case COND_AFTER:
		return any_word(k, c, to, k->t.len, COND_FAR, false);
	case COND_SENTENCE:
		check_sentence(&k->t, from, to, &lo, &hi);
		return in_sentence(k, c, lo, hi);
	}
	return false;
}

bool check_conditions(const struct check *k, const struct lex_entry *en, size_t from, size_t to)
{
	for (size_t i = 0; i < en->cond_count; i++)
		if (!condition(k, &k->lex->conds[en->cond_first + i], from, to))
			return false;
	return true;
}

/* ---- gaps ---- */

/* Signs that stand between words for their own sake: a name's middle dot, a dash. */
static bool meant(struct str s)
{
	return str_starts(s, STR("·")) || str_starts(s, STR("—")) || str_starts(s, STR("…")) || str_starts(s, STR("～")) ||
	       str_starts(s, STR("/"));
}

/* Are the gaps within [from, to) such as the term bears? *ret_split: there are some. Inserted
 * characters must be few, or regular: the same number everywhere. What a writer may well have meant
 * (commas, brackets, dashes) counts as inserted only where it is between most characters. */
static bool gaps_ok(const struct check *k, unsigned match, bool soft, size_t from, size_t to, bool *ret_split)
{
	size_t most = 0, least = SIZE_MAX, clauses = 0, stops = 0, soft_gaps = 0;
	*ret_split = false;
	for (size_t i = from + 1; i < to; i++) {
		unsigned gap = k->t.gap[i], n = gap == FOLD_GAP_NONE ? 0 : k->t.skipped[i];
		most = n > most ? n : most;
		least = n < least ? n : least;
		if (gap == FOLD_GAP_NONE)
			continue;
		*ret_split = true;
		bool clause = gap == FOLD_GAP_CLAUSE ||
			      (gap == FOLD_GAP_SOFT && meant(str_sub(k->t.source, k->t.to[i - 1], k->t.from[i])));
		clauses += clause;
		stops += gap == FOLD_GAP_STOP;
		soft_gaps += gap == FOLD_GAP_SOFT && !clause;
	}
	if (!*ret_split)
		return true;
	size_t inner = to - from - 1;
	bool regular = inner >= 2 && least == most;
	if (!(match & LEX_GAPS))
		return soft && clauses + stops == 0 && most <= 1;
	if (stops)
		return regular && stops == inner && most <= 3;
	if (clauses)
		return inner >= 2 && most <= 4 && (clauses + soft_gaps) * 3 >= inner * 2 && clauses + soft_gaps >= 2;
	return regular ? most <= 8 : most <= 4;
}

/* ---- spelling ---- */

static uint32_t narrow(uint32_t cp)
{
	if (cp >= 0xFF01 && cp <= 0xFF5E)
		cp -= 0xFEE0;
	return cp >= 'A' && cp <= 'Z' ? cp | 0x20 : cp;
}

/* Nothing but width and case may differ. */
static bool exact(struct str text, struct str form)
{
	size_t i = 0, j = 0;
	while (i < text.len && j < form.len)
		if (narrow(utf8_next(text, &i)) != narrow(utf8_next(form, &j)))
			return false;
	return i == text.len && j == form.len;
}

static bool exact_any(const struct check *k, const struct lex_entry *en, struct str text)
{
	struct str term = lex_str(k->lex, en->term);
	if (str_chr(term, '{') < 0)
		return exact(text, term);
	struct term_parsed t;
	if (term_parse(k->a, term, &t, NULL) < 0 || t.len == 0)
		return false;
	for (size_t i = 0; i < t.parts[0].len; i++)
		if (exact(text, t.parts[0].forms[i]))
			return true;
	return false;
}

/* ---- adding ---- */

static uint16_t label_of(const struct check *k, uint16_t label)
{
	return label < k->custom_from ? label : k->custom_to[label - k->custom_from];
}

static void add_signal(struct check *k, const struct lex_entry *en, size_t from, size_t to)
{
	uint32_t number = (uint32_t)(en - k->lex->entries);
	bool known = false;
	if (k->signals.len >= LIMIT_COMPLY_SIGNALS)
		return;
	for (size_t i = 0; i < k->signals.len && i < 64 && !known; i++)
		known = k->signals.ptr[i].entry == number;
	k->signal_count[en->label] += !known;
	*grow(&k->signals, k->a) = (struct signal_at){ .from = (uint32_t)from, .to = (uint32_t)to, .entry = number, .kind = (uint8_t)en->label };
}

static void add_entry(struct check *k, const struct lex_entry *en, size_t from, size_t to, enum comply_layer layer)
{
	if (en->allow) {
		if (k->allows.len < LIMIT_COMPLY_SIGNALS)
			*grow(&k->allows, k->a) = (struct allow_at){ .from = (uint32_t)from, .to = (uint32_t)to, .rank = k->rank,
				.label = en->label == LEX_ANY_LABEL ? LEX_ANY_LABEL : label_of(k, en->label) };
		return;
	}
	uint16_t label = label_of(k, en->label);
	check_labels(k);
	if (k->labels[label].cell->off)
		return;
	enum comply_level level = en->level > k->demote ? (enum comply_level)(en->level - k->demote) : COMPLY_WEAK;
	struct hit *h = check_add(k, from, to, label, layer, level);
	if (h) {
		h->lex = k->lex;
		h->entry = en;
	}
}

/* ---- rules ---- */

/* The nearest form of part `p` behind (dir > 0) or before the stretch; both ends of the stretch grow. */
static bool extend(const struct check *k, const struct lex_entry *en, size_t p, bool behind, size_t *from, size_t *to)
{
	const struct lexicon *x = k->lex;
	const struct lex_part *part = &x->parts[en->part_first + p];
	/* the distance stands at the part on the left */
	size_t gap = behind ? x->parts[en->part_first + p - 1].gap : part->gap;
	size_t best = SIZE_MAX, best_len = 0, lo, hi;
	check_sentence(&k->t, *from, *to, &lo, &hi);
	size_t far = gap;
	for (size_t f = 0; f < part->form_count; f++)
		far = x->forms[part->form_first + f].len + gap > far ? x->forms[part->form_first + f].len + gap : far;
	const uint64_t *has = behind ? symbols_in(k, *to, hi - *to > far ? *to + far : hi) :
				       symbols_in(k, *from - lo > far ? *from - far : lo, *from);
	for (size_t f = 0; f < part->form_count; f++) {
		const struct lex_form *form = &x->forms[part->form_first + f];
		const uint16_t *word = x->syms + form->sym;
		if (!may_have(has, word[0]) || !may_have(has, word[form->len - 1]))
			continue;
		if (behind) {
			size_t end = hi - *to > gap + form->len ? *to + gap + form->len : hi;
			size_t at = find_word(k, word, form->len, *to, end);
			if (at != SIZE_MAX && (best == SIZE_MAX || at < best)) {
				best = at;
				best_len = form->len;
			}
		} else {
			size_t a = *from - lo > gap + form->len ? *from - gap - form->len : lo;
			for (size_t i = *from; i >= a + form->len; i--)
				if (same(k->t.sym + i - form->len, word, form->len)) {
					if (best == SIZE_MAX || i - form->len > best) {
						best = i - form->len;
						best_len = form->len;
					}
					break;
				}
		}
	}
	if (best == SIZE_MAX)
		return false;
	if (behind)
		*to = best + best_len;
	else
		*from = best;
	return true;
}

/* A&B&C: every other part anywhere in the sentence. */
static bool together(const struct check *k, const struct lex_entry *en, size_t *from, size_t *to)
{
	const struct lexicon *x = k->lex;
	size_t lo, hi, a = *from, b = *to;
	check_sentence(&k->t, *from, *to, &lo, &hi);
	const uint64_t *has = symbols_in(k, lo, hi);
	for (size_t p = 0; p < en->part_count; p++) {
		const struct lex_part *part = &x->parts[en->part_first + p];
		bool found = p == en->anchor;
		for (size_t f = 0; f < part->form_count && !found; f++) {
			const struct lex_form *form = &x->forms[part->form_first + f];
			if (!may_have(has, x->syms[form->sym]))
				continue;
			size_t at = find_word(k, x->syms + form->sym, form->len, lo, hi);
			/* not inside the anchor itself */
			if (at != SIZE_MAX && at < *to && at + form->len > *from)
				at = find_word(k, x->syms + form->sym, form->len, *to, hi);
			if (at == SIZE_MAX)
				continue;
			found = true;
			a = at < a ? at : a;
			b = at + form->len > b ? at + form->len : b;
		}
		if (!found)
			return false;
	}
	*from = a;
	*to = b;
	return true;
}

static bool rule(const struct check *k, const struct lex_entry *en, size_t *from, size_t *to)
{
	if (k->lex->parts[en->part_first].gap == 0)
		return together(k, en, from, to);
	for (size_t p = en->anchor; p-- > 0;)
		if (!extend(k, en, p, false, from, to))
			return false;
	for (size_t p = en->anchor + 1u; p < en->part_count; p++)
		if (!extend(k, en, p, true, from, to))
			return false;
	return true;
}

/* ---- patterns ---- */

static void pattern(struct check *k, const struct lex_entry *en)
{
	size_t number = (size_t)(en - k->lex->entries);
	if (!k->regex_done)
		k->regex_done = arena_alloc(k->a, k->lex->entries_len);
	if (k->regex_done[number])
		return;
	k->regex_done[number] = 1;
	if (!k->rendered.ptr)
		k->rendered = fold_render(k->c->lang, &k->t, k->a, &k->rendered_map);
	struct str source = str_from(lex_str(k->lex, en->term), 3);
	size_t at = 0, from, to, n = 0;
	while (n++ < LIMIT_COMPLY_REGEX_HITS && lex_regex_next(&k->lex->regex[number], source, k->rendered, &at, &from, &to)) {
		size_t first = k->rendered_map[from], last = k->rendered_map[to - 1];
		if (first < k->t.len && last < k->t.len && check_conditions(k, en, first, last + 1))
			add_entry(k, en, first, last + 1, COMPLY_LAYER_RULE);
	}
}

/* ---- the pass ---- */

/* Word boundaries at both ends, where the entry asks for them. */
static bool words_ok(struct check *k, const struct lex_entry *en, size_t from, size_t to)
{
	return !(en->match & LEX_WORD) || (segment_boundary(k->c->lang, &k->t, from, &k->words) &&
					   segment_boundary(k->c->lang, &k->t, to, &k->words));
}

/* Is the budget for rules and conditions used up? */
static bool spent(const struct check *k)
{
	return *k->work > LIMIT_COMPLY_WORK + 200 * k->t.len;
}

void check_form(struct check *k, uint32_t form, size_t from, size_t to, enum comply_layer layer)
{
	const struct lex_form *f = &k->lex->forms[form];
	const struct lex_entry *en = &k->lex->entries[f->entry];
	bool split = false;
	if (en->until && k->o->now > en->until)
		return;
	if (!gaps_ok(k, en->match, f->soft || layer != COMPLY_LAYER_TERM, from, to, &split))
		return;
	if (f->text.len && (layer != COMPLY_LAYER_TERM || !exact(str_sub(k->t.source, k->t.from[from], k->t.to[to - 1]), lex_str(k->lex, f->text))))
		return;
	if (en->kind == LEX_REGEX) {
		pattern(k, en);
		return;
	}
	if ((en->match & LEX_EXACT) && (split || !exact_any(k, en, str_sub(k->t.source, k->t.from[from], k->t.to[to - 1]))))
		return;
	if (split && layer == COMPLY_LAYER_TERM)
		layer = COMPLY_LAYER_SPLIT;
	if (spent(k) && (en->kind == LEX_RULE || en->cond_count)) {
		k->truncated = true;
		return;
	}
	if (en->kind == LEX_RULE) {
		if (!rule(k, en, &from, &to))
			return;
		layer = COMPLY_LAYER_RULE;
	}
	if ((layer != COMPLY_LAYER_TERM || words_ok(k, en, from, to)) && check_conditions(k, en, from, to))
		add_entry(k, en, from, to, layer);
}

void check_emoji_hit(struct check *k, const struct lex_entry *en, size_t byte_from, size_t byte_to, size_t from, size_t to)
{
	size_t before = k->hits.len;
	if (en->allow || en->kind != LEX_TERM || from > k->t.len || !check_conditions(k, en, from, to < from ? from : to))
		return;
	add_entry(k, en, from, from, COMPLY_LAYER_TERM);
	if (k->hits.len > before) {
		k->hits.ptr[before].byte_from = (uint32_t)byte_from;
		k->hits.ptr[before].byte_to = (uint32_t)byte_to;
	}
}

bool check_on_form(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct check *k = ctx;
	if (id >= k->lex->forms_len)
		return true;
	if (!spent(k) && !check_guard(k, id, from, to))
		return !k->truncated;
	const struct lex_entry *en = &k->lex->entries[k->lex->forms[id].entry];
	if (en->kind == LEX_SIGNAL)
		add_signal(k, en, from, to);
	else
		check_form(k, id, from, to, COMPLY_LAYER_TERM);
	return !k->truncated;
}

void check_terms(struct check *k)
{
	k->regex_done = NULL;
	if (k->lex->terms && k->t.len)
		matcher_scan(k->lex->terms, MATCHER_ALL, k->t.sym, k->t.len, check_on_form, k);
}

void check_lexicon(struct check *k)
{
	k->regex_done = NULL;
	check_streams(k);
	check_emoji(k);
	check_readings(k);
}
