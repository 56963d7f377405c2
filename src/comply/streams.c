/* Terms by sound and by shape, terms of emoji, and other readings of disguised texts: further streams
 * over the same text. What sounds or looks like a term is a hit only where it is no ordinary row of
 * words: its ends are word boundaries and at least one of its characters stands alone. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "comply/check_private.h"
#include "lang/pinyin.h"
#include "lang/reading.h"
#include "lang/symbols.h"

#define DISGUISE_OF 8 /* one character of so many restored: hardly by chance */
#define TYPED_AROUND 12 /* symbols around letters that a term may reach */
#define TYPED_RUN 64	/* letters; longer runs are no syllables */
#define COMMON 1500 /* characters that stand in for others often by chance */

static bool is_letter(const struct check *k, size_t i)
{
	return k->t.sym[i] >= LANG_SYM_LETTER && k->t.sym[i] < LANG_SYM_LETTER + 26;
}

/* Latin letters of the hit belong to no longer run, and it is no word of an English sentence. */
static bool letters_apart(const struct check *k, size_t from, size_t to)
{
	const struct fold_text *t = &k->t;
	bool before = from > 0 && is_letter(k, from - 1), after = to < t->len && is_letter(k, to);
	if (is_letter(k, from) && before && t->gap[from] == FOLD_GAP_NONE)
		return false;
	if (is_letter(k, to - 1) && after && t->gap[to] == FOLD_GAP_NONE)
		return false;
	size_t letters = 0;
	for (size_t i = from; i < to; i++)
		letters += is_letter(k, i);
	return !(letters == to - from && before && after && t->gap[from] <= FOLD_GAP_SOFT && t->gap[to] <= FOLD_GAP_SOFT);
}

/* Is the character at i, in place of another, a word of its own? */
static bool alone(struct check *k, size_t i)
{
	return segment_boundary(k->c->lang, &k->t, i, &k->words) && segment_boundary(k->c->lang, &k->t, i + 1, &k->words);
}

/* No ordinary words: see above. `form` is what the characters stand for, one by one; NULL: unknown. */
static bool odd_words(struct check *k, size_t from, size_t to, const uint16_t *form)
{
	bool odd = false;
	if (!segment_boundary(k->c->lang, &k->t, from, &k->words) || !segment_boundary(k->c->lang, &k->t, to, &k->words))
		return false;
	for (size_t i = from; i < to && !odd; i++)
		odd = (!form || form[i - from] != k->t.sym[i]) && alone(k, i);
	return odd;
}

/* Is one of the characters put in place of others an uncommon one? */
static bool rare(const struct check *k, size_t from, size_t to, const uint16_t *form)
{
	for (size_t i = from; i < to; i++)
		if ((!form || form[i - from] != k->t.sym[i]) && k->t.sym[i] >= LANG_SYM_HAN + COMMON)
			return true;
	return false;
}

static void stream_hit(struct check *k, uint32_t id, size_t from, size_t to, enum comply_layer layer)
{
	const struct lexicon *x = k->lex;
	size_t letters = 0;
	if (id >= x->forms_len || to <= from)
		return;
	const struct lex_form *f = &x->forms[id];
	const uint16_t *form = x->syms + f->sym;
	/* as written: found already */
	if (f->len == to - from && memcmp(form, k->t.sym + from, f->len * sizeof(uint16_t)) == 0)
		return;
	for (size_t i = from; i < to; i++) {
		letters += is_letter(k, i);
		if (i > from && k->t.gap[i] > FOLD_GAP_SOFT)
			return;
	}
	if (letters ? !letters_apart(k, from, to) : !odd_words(k, from, to, f->len == to - from ? form : NULL))
		return;
	/* the fewer characters, the more often by chance */
	k->demote = letters ? 0 : (to - from <= 3) + !rare(k, from, to, f->len == to - from ? form : NULL);
	check_form(k, id, from, to, layer);
	k->demote = 0;
}

/* Symbols, sounds and shapes one behind the other, so that one scan does for all; last the passages
 * with typed syllables, as pinyin_text() reads them. The stream is made piece by
 * piece: an id that no term has stands between its parts. */
enum part { PART_SYMBOLS, PART_SOUNDS, PART_SHAPES, PART_TYPED, PARTS };
struct streams {
	struct check *k;
	struct {
		size_t from, len; /* from SIZE_MAX on: there is none */
		const uint16_t *ids, *table; /* ids as they are, or through a table */
	} part[PARTS];
	uint16_t *typed;
	uint32_t *at; /* symbol of each id of the last part */
	size_t len;
};

static void add_part(struct streams *s, enum part p, const uint16_t *ids, size_t len, const uint16_t *table)
{
	s->part[p].from = p == PART_SYMBOLS ? 0 : s->len + 1;
	s->part[p].len = len;
	s->part[p].ids = ids;
	s->part[p].table = table;
	s->len = s->part[p].from + len;
}

static void make_ids(void *ctx, size_t from, size_t to, uint16_t *out)
{
	const struct streams *s = ctx;
	for (size_t p = 0; p < PARTS; p++) {
		if (s->part[p].from >= to)
			continue;
		size_t start = s->part[p].from, end = start + s->part[p].len, at = from > start ? from : start;
		size_t n = at >= end ? 0 : (end < to ? end : to) - at;
		if (n && s->part[p].table)
			symbols_map(s->part[p].table, s->part[p].ids + (at - start), n, out + (at - from));
		else if (n)
			memcpy(out + (at - from), s->part[p].ids + (at - start), n * sizeof(*out));
		if (end >= from && end < to)
			out[end - from] = 0;
	}
}

static bool on_stream(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct streams *s = ctx;
	struct check *k = s->k;
	if (from < s->part[PART_SYMBOLS].len)
		return check_on_form(k, id, from, to);
	if (from >= s->part[PART_TYPED].from) {
		size_t start = s->part[PART_TYPED].from;
		stream_hit(k, id, s->at[from - start], s->at[to - start], COMPLY_LAYER_PINYIN);
	} else if (from >= s->part[PART_SHAPES].from) {
		size_t start = s->part[PART_SHAPES].from;
		stream_hit(k, id, from - start, to - start, COMPLY_LAYER_SHAPE);
	} else {
		size_t start = s->part[PART_SOUNDS].from;
		stream_hit(k, id, from - start, to - start, COMPLY_LAYER_PINYIN);
	}
	return !k->truncated;
}

/* Are letters [from, to) right beside Chinese characters: wei信, but not Linux内核, nor AI时代? */
static bool among_han(const struct check *k, size_t from, size_t to)
{
	const struct fold_text *t = &k->t;
	bool before = from > 0 && t->sym[from - 1] >= LANG_SYM_HAN && t->gap[from] == FOLD_GAP_NONE;
	bool after = to < t->len && t->sym[to] >= LANG_SYM_HAN && t->gap[to] == FOLD_GAP_NONE;
	bool ai = to == from + 2 && fold_char(k->c->lang, t->sym[from]) == 'a' && fold_char(k->c->lang, t->sym[from + 1]) == 'i';
	return (before || after) && !ai;
}

/* May letters [from, to) be typed syllables of a term? Other runs sound as each of their letters does, and are looked at
 * so; a term never ends within a run. Counts those among Chinese characters. */
static bool typed_run(struct check *k, size_t from, size_t to)
{
	uint16_t id[TYPED_RUN];
	ssize_t n = to - from < 2 || to - from > TYPED_RUN ? 0 : pinyin_symbols(k->c->lang, k->t.sym + from, to - from, id, TYPED_RUN);
	bool all = n > 0, known = n > 0 && (size_t)n < to - from;
	for (ssize_t i = 0; i < n; i++) {
		all &= id[i] >= PINYIN_SYLLABLE;
		known &= i == 0 || lex_sound_pair(k->lex, id[i - 1], id[i]);
	}
	k->typed += all && among_han(k, from, to);
	return known;
}

/* The next letter from symbol i on, or the end. */
static size_t next_letter(const struct check *k, size_t i)
{
	for (i = check_next_marked(k, i); i < k->t.len && !is_letter(k, i);)
		i = check_next_marked(k, i + 1);
	return i;
}

static size_t run_end(const struct check *k, size_t i)
{
	size_t end = i + 1;
	while (end < k->t.len && is_letter(k, end) && k->t.gap[end] == FOLD_GAP_NONE)
		end++;
	return end;
}

/* The next of them from symbol i on, or the end. */
static size_t next_typed(struct check *k, size_t i, size_t *ret_end)
{
	for (i = next_letter(k, i); i < k->t.len; i = next_letter(k, *ret_end)) {
		*ret_end = run_end(k, i);
		if (typed_run(k, i, *ret_end))
			break;
	}
	return i;
}

/* Passages around typed syllables, each closed by an id that no term has; `first` and `end`: of the first run. */
static size_t add_typed(struct streams *s, size_t first, size_t end)
{
	struct check *k = s->k;
	size_t n = 0, len = k->t.len;
	/* at most one closing id for each letter */
	s->typed = arena_array(k->a, 2 * len + 2, sizeof(*s->typed));
	s->at = arena_array(k->a, 2 * len + 2, sizeof(*s->at));
	for (size_t i = first, to = 0; i < len;) {
		size_t from = i > to + TYPED_AROUND ? i - TYPED_AROUND : to;
		for (to = i; i < len && i <= to; i = next_typed(k, end, &end))
			to = len - end > TYPED_AROUND ? end + TYPED_AROUND : len;
		struct pinyin_text p;
		pinyin_text(k->c->lang, &k->t, from, to, k->a, &p);
		for (size_t m = 0; m < p.len; m++) {
			s->at[n] = p.at[m];
			s->typed[n++] = (uint16_t)(LEX_SOUND_BASE + p.id[m]);
		}
		s->at[n] = (uint32_t)to;
		s->typed[n++] = 0;
	}
	return n;
}

void check_streams(struct check *k)
{
	const struct lexicon *x = k->lex;
	size_t len = k->t.len;
	struct streams s = { .k = k };
	if (!x->terms || len == 0)
		return;
	for (size_t p = 0; p < PARTS; p++)
		s.part[p].from = SIZE_MAX;
	add_part(&s, PART_SYMBOLS, k->t.sym, len, NULL);
	if (x->sounds && len > 1)
		add_part(&s, PART_SOUNDS, k->t.sym, len, k->c->sound);
	if (x->shapes && len > 1)
		add_part(&s, PART_SHAPES, k->t.sym, len, k->c->shape);
	size_t end = 0, first = x->sounds && len > 1 ? next_typed(k, 0, &end) : len;
	if (first < len) {
		size_t n = add_typed(&s, first, end);
		add_part(&s, PART_TYPED, s.typed, n, NULL);
	}
	matcher_scan_made(x->terms, MATCHER_ALL, s.len, make_ids, on_stream, &s);
}

void sounds_prepare(struct comply *c)
{
	check(c->symbols_end <= LEX_SYMBOLS);
	c->sound = mem_array(SYMBOLS_TABLE, sizeof(*c->sound));
	c->shape = lex_shapes(c->lang);
	for (uint32_t i = 0; i < c->symbols_end; i++) {
		uint16_t sym = (uint16_t)i, sound = LANG_SYM_OTHER;
		if (pinyin_symbols(c->lang, &sym, 1, &sound, 1) != 1)
			sound = LANG_SYM_OTHER;
		c->sound[i] = (uint16_t)(LEX_SOUND_BASE + sound);
	}
}

/* ---- emoji ---- */

static size_t symbol_at(const struct fold_text *t, size_t byte)
{
	size_t lo = 0, hi = t->len;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (t->from[mid] < byte)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The form from `at` on; variation selectors and skin tones of the text do not matter. Its end, or 0. */
static size_t emoji_end(struct str text, size_t at, struct str form)
{
	for (size_t i = 0; i < form.len;) {
		uint32_t want = utf8_next(form, &i), got;
		if (want == 0xFE0F)
			continue;
		do {
			if (at >= text.len)
				return 0;
			got = utf8_next(text, &at);
		} while (got == 0xFE0F || (got >= 0x1F3FB && got <= 0x1F3FF));
		if (got != want)
			return 0;
	}
	return at;
}

static void emoji_at(struct check *k, size_t at, uint32_t cp)
{
	const struct lexicon *x = k->lex;
	size_t lo = 0, hi = x->emoji_len;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (x->emoji[mid].head < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < x->emoji_len && x->emoji[lo].head == cp; lo++) {
		struct str form = lex_str(x, x->emoji[lo].text);
		const struct lex_entry *en = &x->entries[x->emoji[lo].form_entry];
		size_t prefix = 0;
		for (size_t i = 0; i < form.len && utf8_next(form, &i) != cp;)
			prefix = i;
		if (prefix > at)
			continue;
		size_t end = emoji_end(k->t.source, at - prefix, form);
		if (end && !(en->until && k->o->now > en->until))
			check_emoji_hit(k, en, at - prefix, end, symbol_at(&k->t, at - prefix), symbol_at(&k->t, end));
	}
}

/* Emoji whose first byte is `lead` and whose second at least `second`. */
static void emoji_led_by(struct check *k, int lead, unsigned char second)
{
	struct str s = k->t.source;
	const char *p = s.ptr, *end = s.ptr + s.len;
	while (p < end && (p = memchr(p, lead, (size_t)(end - p)))) {
		size_t at = (size_t)(p - s.ptr), behind = at;
		if (at + 1 < s.len && (unsigned char)p[1] >= second)
			emoji_at(k, at, utf8_next(s, &behind));
		p = s.ptr + (behind > at ? behind : at + 1);
	}
}

void check_emoji(struct check *k)
{
	if (k->lex->emoji_len == 0 || !utf8_has_pictures(k->t.source))
		return;
	emoji_led_by(k, 0xF0, 0x90);
	if (k->lex->low_emoji)
		emoji_led_by(k, 0xE2, 0x98);
}

/* ---- readings ---- */

/* Within an allowed phrase of the reading. */
static bool allowed_there(const struct check *k, size_t allows, const struct hit *h)
{
	for (size_t i = allows; i < k->allows.len; i++) {
		const struct allow_at *a = &k->allows.ptr[i];
		if (a->from <= h->from && a->to >= h->to && a->rank >= h->rank &&
		    (a->label == LEX_ANY_LABEL || a->label == h->label || a->label == k->labels[h->label].column))
			return true;
	}
	return false;
}

/* How characters [from, to) of a restored text were disguised. */
static enum comply_layer restored_layer(const struct check *k, const struct reading *r, size_t from, size_t to)
{
	enum comply_layer layer = COMPLY_LAYER_PINYIN;
	for (size_t i = from; i < to; i++) {
		uint16_t sym = k->t.sym[r->first[i]];
		if (r->first[i] == r->last[i] && sym >= LANG_SYM_HAN && k->c->sound[sym] != k->c->sound[r->text.sym[i]])
			layer = COMPLY_LAYER_SHAPE;
		if (r->last[i] > r->first[i] && sym >= LANG_SYM_HAN)
			return COMPLY_LAYER_SPLIT;
	}
	return layer;
}

bool check_disguised(const struct check *k, const struct reading *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->text.len; i++)
		n += reading_differs(r, &k->t, i, i + 1);
	return n * DISGUISE_OF >= r->text.len;
}

/* From the reading's symbols to the text's; false when it says nothing new. chance: it may stand so by chance. */
static bool place_hit(const struct check *k, const struct reading *r, bool chance, struct hit *h)
{
	size_t from, to;
	bool restored = r->kind == READING_RESTORED;
	if (h->to <= h->from || (restored && !reading_differs(r, &k->t, h->from, h->to)))
		return false;
	if (chance && h->to - h->from <= 2)
		h->level = COMPLY_WEAK;
	h->layer = (uint8_t)(restored ? restored_layer(k, r, h->from, h->to) : COMPLY_LAYER_SPLIT);
	reading_range(r, h->from, h->to, &from, &to);
	h->from = (uint32_t)from;
	h->to = (uint32_t)to;
	h->byte_from = k->t.from[from];
	h->byte_to = k->t.to[to - 1];
	return true;
}

void check_reading(struct check *k, const struct reading *r)
{
	struct fold_text whole = k->t;
	size_t hits = k->hits.len, signals = k->signals.len, allows = k->allows.len, n = hits;
	struct str rendered = k->rendered;
	k->t = r->text;
	k->words = (struct segment_cache){ 0 };
	k->rendered = STR_NULL;
	check_terms(k);
	k->t = whole;
	k->words = (struct segment_cache){ 0 };
	k->rendered = rendered;
	bool chance = r->kind == READING_RESTORED && k->hits.len > hits && !check_disguised(k, r);
	for (size_t i = hits; i < k->hits.len; i++) {
		struct hit h = k->hits.ptr[i];
		if (!allowed_there(k, allows, &h) && place_hit(k, r, chance, &h))
			k->hits.ptr[n++] = h;
	}
	k->hits.len = n;
	k->signals.len = signals;
	k->allows.len = allows;
}

/* Once per lexicon; the readings are made once per text. */
void check_readings(struct check *k)
{
	if (!k->readings_made) {
		k->readings = arena_array(k->a, READING_KINDS, sizeof(*k->readings));
		k->readings_len = reading_make(k->c->lang, &k->t, k->a, k->readings, &k->odd);
		k->readings_made = true;
	}
	for (size_t i = 0; i < k->readings_len; i++)
		check_reading(k, &k->readings[i]);
}
