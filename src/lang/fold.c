/* Folding: one pass over the text, one table look-up a character; the few characters that need
 * more take the slow path (fold_private.h). Positions are bytes of the source throughout.
 * A split character 氵去 becomes its whole 法 only when its parts stand side by side. */
#include "lang/fold_private.h"

#include "base/check.h"
#include "base/utf8.h"

uint32_t fold_value(const struct lang *l, uint32_t cp)
{
	if (cp < 0x10000)
		return l->bmp[cp];
	size_t lo = 0, hi = l->sup_n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (l->sup[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < l->sup_n && l->sup[lo].cp == cp)
		return FOLD_SUP_BASE + l->sup[lo].slow;
	if (cp >= 0xE0000 && cp < 0xE1000)
		return FOLD_SKIP;
	return cp >= 0x1F000 && cp < 0x20000 ? FOLD_SOFT : LANG_SYM_OTHER;
}

static const struct fold_slow *slow_of(const struct lang *l, uint32_t v)
{
	return l->slow + (v - (v >= FOLD_SUP_BASE ? FOLD_SUP_BASE : FOLD_SLOW_BASE));
}

static bool is_gap(uint32_t v)
{
	return v >= FOLD_SKIP && v <= FOLD_STOP;
}

/* The one symbol of the character at *at, or 0 when it has none or several. */
static uint16_t single(const struct lang *l, struct str text, size_t *at)
{
	uint32_t v = fold_value(l, fold_decode((const uint8_t *)text.ptr, at));
	if (v < FOLD_SLOW_BASE)
		return (uint16_t)v;
	if (is_gap(v) || slow_of(l, v)->n != 1)
		return 0;
	return slow_of(l, v)->sym[0];
}

/* The whole that the split character at hand makes with what follows, or 0. */
static uint16_t whole_of(const struct lang *l, const struct fold_slow *s, struct str text, size_t *at)
{
	const struct fold_split *p = l->split + s->split, *end = p + s->splits;
	size_t two = *at;
	if (two >= text.len)
		return 0;
	uint16_t right = single(l, text, &two);
	if (right <= LANG_SYM_OTHER)
		return 0;
	while (p < end) { /* the first with this right part */
		const struct fold_split *mid = p + (end - p) / 2;
		if (mid->right < right)
			p = mid + 1;
		else
			end = mid;
	}
	size_t three = two;
	uint16_t third = three < text.len ? single(l, text, &three) : 0;
	for (end = l->split + s->split + s->splits; p < end && p->right == right; p++)
		if (p->third == 0 || p->third == third) {
			*at = p->third ? three : two;
			return p->whole;
		}
	return 0;
}

size_t fold_slow(const struct lang *l, const struct fold_slow *s, struct str text, size_t *at,
		 uint16_t out[FOLD_SLOW_SYMS], bool *disguised)
{
	if (s->flags & FOLD_SPLIT) {
		uint16_t w = whole_of(l, s, text, at);
		if (w) {
			out[0] = w;
			*disguised = true;
			return 1;
		}
	}
	if (s->flags & FOLD_DISGUISE)
		*disguised = true;
	memcpy(out, s->sym, sizeof(s->sym));
	return s->n;
}

/* Symbols while they are made. Room: one for each character, and what expansions add. */
struct maker {
	struct arena *arena;
	uint16_t *sym;
	uint32_t *from, *to;
	uint8_t *gap, *skipped;
	size_t len, cap;
};

static void *longer(struct arena *a, const void *old, size_t n, size_t cap, size_t size)
{
	void *p = arena_array(a, cap, size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}

static void make_room(struct maker *m, size_t cap)
{
	m->sym = longer(m->arena, m->sym, m->len, cap, sizeof(*m->sym));
	m->from = longer(m->arena, m->from, m->len, cap + 1, sizeof(*m->from));
	m->to = longer(m->arena, m->to, m->len, cap + 1, sizeof(*m->to));
	m->gap = longer(m->arena, m->gap, m->len, cap + 1, 1);
	m->skipped = longer(m->arena, m->skipped, m->len, cap + 1, 1);
	m->cap = cap;
}

static void put(struct maker *m, uint16_t sym, size_t from, size_t to, uint32_t gap, size_t skipped)
{
	size_t n = m->len++;
	m->sym[n] = sym;
	m->from[n] = (uint32_t)from;
	m->to[n] = (uint32_t)to;
	m->gap[n] = (uint8_t)gap;
	m->skipped[n] = skipped > 255 ? 255 : (uint8_t)skipped;
}

/* Code points of valid UTF-8. */
static size_t code_points(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n += ((uint8_t)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

static void close_text(struct maker *m, struct str text, bool disguised, struct fold_text *ret)
{
	m->from[m->len] = m->to[m->len] = (uint32_t)text.len;
	if (m->len)
		m->gap[0] = FOLD_GAP_STOP;
	*ret = (struct fold_text){ .source = text, .sym = m->sym, .len = m->len, .from = m->from, .to = m->to,
				   .gap = m->gap, .skipped = m->skipped, .disguised = disguised };
}

static bool symbol_at(const struct lang *l, struct str text, size_t at)
{
	return at < text.len && !is_gap(fold_value(l, fold_decode((const uint8_t *)text.ptr, &at)));
}

void fold_text(const struct lang *l, struct str text, struct arena *a, struct fold_text *ret)
{
	const uint8_t *p = (const uint8_t *)text.ptr;
	struct maker m = { .arena = a };
	size_t left = code_points(text), skipped = 0;
	uint32_t gap = FOLD_GAP_NONE;
	bool disguised = false;
	check(text.len < UINT32_MAX);
	make_room(&m, left);
	for (size_t at = 0; at < text.len; left--) {
		size_t from = at, n = 1;
		uint32_t v = fold_value(l, fold_decode(p, &at));
		uint16_t syms[FOLD_SLOW_SYMS];
		if (v < FOLD_SLOW_BASE) {
			put(&m, (uint16_t)v, from, at, gap, skipped);
			gap = FOLD_GAP_NONE;
			skipped = 0;
			continue;
		}
		if (!is_gap(v)) {
			n = fold_slow(l, slow_of(l, v), text, &at, syms, &disguised);
			if (m.len + n + left > m.cap)
				make_room(&m, m.cap * 2 + FOLD_SLOW_SYMS);
			for (size_t i = 0; i < n; i++)
				put(&m, syms[i], from, at, i ? FOLD_GAP_NONE : gap, i ? 0 : skipped);
			if (n) {
				gap = FOLD_GAP_NONE;
				skipped = 0;
				continue;
			}
			v = syms[0];
		}
		if (v == FOLD_SKIP) {
			disguised |= gap == FOLD_GAP_NONE && m.len && symbol_at(l, text, at);
			continue;
		}
		skipped++;
		if (v - FOLD_SKIP > gap)
			gap = v - FOLD_SKIP;
	}
	close_text(&m, text, disguised, ret);
}

ssize_t fold_symbols(const struct lang *l, struct str s, uint16_t *out, size_t max)
{
	size_t len = 0;
	bool disguised = false;
	for (size_t at = 0; at < s.len;) {
		uint16_t syms[FOLD_SLOW_SYMS];
		uint32_t v = fold_value(l, fold_decode((const uint8_t *)s.ptr, &at));
		size_t n = 1;
		if (is_gap(v))
			continue;
		if (v >= FOLD_SLOW_BASE)
			n = fold_slow(l, slow_of(l, v), s, &at, syms, &disguised);
		else
			syms[0] = (uint16_t)v;
		if (n > max - len)
			return -1;
		memcpy(out + len, syms, n * sizeof(*out));
		len += n;
	}
	return len ? (ssize_t)len : -1;
}

uint32_t fold_char(const struct lang *l, uint16_t sym)
{
	return sym < l->chars_n ? l->chars[sym] : 0;
}

struct str fold_render(const struct lang *l, const struct fold_text *t, struct arena *a,
		       const uint32_t **ret_map)
{
	size_t len = 0, max = t->len * 4 + 1; /* a gap's character and at most three of the symbol's */
	char *out = arena_alloc(a, max);
	uint32_t *map = ret_map ? arena_array(a, max, sizeof(*map)) : NULL;
	for (size_t i = 0; i < t->len; i++) {
		size_t start = len;
		if (i && t->gap[i] == FOLD_GAP_STOP)
			out[len++] = '\n';
		else if (i && t->gap[i] != FOLD_GAP_NONE)
			out[len++] = ' ';
		char c[4];
		uint32_t cp = fold_char(l, t->sym[i]);
		size_t n = utf8_encode(cp ? cp : UTF8_REPLACEMENT, c);
		memcpy(out + len, c, n);
		len += n;
		for (size_t k = start; map && k < len; k++)
			map[k] = (uint32_t)i;
	}
	if (ret_map)
		*ret_map = map;
	return str_make(out, len);
}

void text_pos_advance(struct str source, struct text_pos *p, size_t to_byte)
{
	size_t end = to_byte < source.len ? to_byte : source.len;
	for (; p->byte < end; p->byte++) {
		uint8_t c = (uint8_t)source.ptr[p->byte];
		if ((c & 0xC0) != 0x80) {
			p->cp++;
			p->utf16 += c >= 0xF0 ? 2 : 1;
		}
	}
}
