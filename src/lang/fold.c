/* Folding: one pass over the text, one table look-up a character; the few characters that need
 * more take the slow path (fold_private.h). Positions are bytes of the source throughout.
 * A split character 氵去 becomes its whole 法 only when its parts stand side by side. */
#include "lang/fold_run_private.h"

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
	if (is_gap(v) || fold_entry(l, v)->n != 1)
		return 0;
	return fold_entry(l, v)->sym[0];
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

/* The next `cap` elements of the block, and the first n of the old ones there. */
static void *longer(char **block, const void *old, size_t n, size_t cap, size_t size)
{
	void *p = *block;
	if (n)
		memcpy(p, old, n * size);
	*block += cap * size;
	return p;
}

/* Room for `n` more symbols, and for what a run may write beyond them. */
static void make_room(struct arena *a, struct fold_out *o, size_t n)
{
	size_t cap = o->len + n + FOLD_RUN_ROOM;
	if (cap <= o->cap)
		return;
	cap += o->cap ? cap / 2 : 0;
	char *block = arena_array(a, cap, sizeof(*o->from) + sizeof(*o->to) + sizeof(*o->sym) + 2);
	o->from = longer(&block, o->from, o->len, cap, sizeof(*o->from));
	o->to = longer(&block, o->to, o->len, cap, sizeof(*o->to));
	o->sym = longer(&block, o->sym, o->len, cap, sizeof(*o->sym));
	o->gap = longer(&block, o->gap, o->len + (o->len > 0), cap, 1);
	o->skipped = longer(&block, o->skipped, o->len + (o->len > 0), cap, 1);
	o->cap = cap;
}

static void close_text(struct fold_out *o, struct str text, size_t chars, bool disguised, struct fold_text *ret)
{
	check(o->from && o->to);
	o->from[o->len] = o->to[o->len] = (uint32_t)text.len;
	if (o->len)
		o->gap[0] = FOLD_GAP_STOP;
	*ret = (struct fold_text){ .source = text, .sym = o->sym, .len = o->len, .from = o->from, .to = o->to,
				   .gap = o->gap, .skipped = o->skipped, .chars = chars, .disguised = disguised };
}

static bool symbol_at(const struct lang *l, struct str text, size_t at)
{
	return at < text.len && !is_gap(fold_value(l, fold_decode((const uint8_t *)text.ptr, &at)));
}

void fold_text(const struct lang *l, struct str text, struct arena *a, struct fold_text *ret)
{
	fold_text_with(fold_kernel(), l, text, a, ret);
}

void fold_text_with(const struct fold_kernel *k, const struct lang *l, struct str text, struct arena *a,
		    struct fold_text *ret)
{
	const uint8_t *p = (const uint8_t *)text.ptr;
	struct fold_out o = { 0 };
	size_t total = utf8_leads(text);
	bool disguised = false;
	check(text.len < UINT32_MAX);
	make_room(a, &o, total);
	for (size_t at = 0; at < text.len;) {
		k->run(l, p, text.len, &at, &o);
		if (at >= text.len)
			break;
		size_t from = at, n = 0;
		uint32_t v = fold_value(l, fold_decode(p, &at));
		uint16_t syms[FOLD_SLOW_SYMS];
		if (v >= FOLD_SLOW_BASE && !is_gap(v)) {
			n = fold_slow(l, fold_entry(l, v), text, &at, syms, &disguised);
			v = syms[0];
		}
		size_t taken = o.chars + utf8_leads(str_sub(text, from, at));
		make_room(a, &o, n + total - taken);
		if (v == FOLD_SKIP && !n)
			disguised |= o.gap[o.len] == FOLD_GAP_NONE && o.len && symbol_at(l, text, at);
		else
			fold_put(&o, v, from, at);
		for (size_t i = 1; i < n; i++)
			fold_put(&o, syms[i], from, at);
		o.chars = taken;
	}
	close_text(&o, text, total, disguised, ret);
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
			n = fold_slow(l, fold_entry(l, v), s, &at, syms, &disguised);
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
