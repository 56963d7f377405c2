/* Building of the double array: terms are sorted, the trie is laid out level by level, in each
 * level the slots with most children first. Room is found 64 bases at a time in a bit map of free
 * slots (one AND per child), from a place that moves on when a search was long: 100,000 terms take
 * a fraction of a second where first fit over slots takes a minute.
 * Double array: Aoe, "An efficient digital search algorithm by using a double-array structure",
 * 1989. Limits: MATCHER_TERMS_MAX terms of MATCHER_TERM_MAX symbols. */
#include "lang/matcher_private.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/vec.h"

#define HINTS 16

struct entry {
	const uint16_t *sym;
	uint32_t len;
	uint32_t id;    /* of distinct ones: what the double array carries, see UNIT_LIST */
	uint32_t place; /* in the caller's list: equal terms keep their order */
};

struct node {
	uint32_t lo, hi; /* of the distinct terms */
	uint32_t slot;
	uint32_t children;
};

struct build {
	struct entry *entry; /* sorted; then the distinct ones at the front */
	size_t n;
	size_t distinct;
	uint32_t *list_from, *id; /* of terms that have several ids, or large ones */
	size_t lists, ids;
	struct matcher_unit *unit;
	uint64_t *free; /* one bit per slot */
	size_t cap;     /* slots there is room for, a multiple of 64 */
	size_t used;    /* highest slot in use + 1 */
	size_t hint[HINTS];
	uint32_t longest;
	bool singles;
};

static void build_freep(struct build *b)
{
	free(b->entry);
	free(b->list_from);
	free(b->id);
	free(b->unit);
	free(b->free);
}

static int compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int c = memcmp(a->sym, b->sym, 2 * (size_t)(a->len < b->len ? a->len : b->len));

	if (c)
		return c;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static bool same(const struct entry *a, const struct entry *b)
{
	return a->len == b->len && memcmp(a->sym, b->sym, 2 * (size_t)a->len) == 0;
}

static int take_terms(struct build *b, const struct matcher_term *t, size_t n, struct error *e)
{
	if (n > MATCHER_TERMS_MAX)
		return error_set(e, "matcher.too-many", "词条超过 %u 条。", "More than %u terms.",
				 MATCHER_TERMS_MAX);
	b->entry = mem_array(n + 1, sizeof(*b->entry));
	for (size_t i = 0; i < n; i++) {
		if (!t[i].len || t[i].len > MATCHER_TERM_MAX)
			return error_set(e, "matcher.term-length",
					 "第 %zu 条词长 %u 个字符，应为 1 到 %d。",
					 "Term %zu has %u characters; 1 to %d are possible.", i + 1,
					 t[i].len, MATCHER_TERM_MAX);
		for (size_t k = 0; k < t[i].len; k++)
			if (!t[i].sym[k])
				return error_set(e, "matcher.term-symbol", "第 %zu 条词含空符号。",
						 "Term %zu contains the empty symbol.", i + 1);
		b->entry[i] = (struct entry){ t[i].sym, t[i].len, t[i].id, (uint32_t)i };
		if (t[i].len > b->longest)
			b->longest = t[i].len;
		b->singles |= t[i].len == 1;
	}
	b->n = n;
	if (n)
		qsort(b->entry, n, sizeof(*b->entry), compare);
	return 0;
}

/* Leaves one entry of each term; its ids become a list unless one number says it. */
static void make_distinct(struct build *b)
{
	b->list_from = mem_array(b->n + 1, sizeof(*b->list_from));
	b->id = mem_array(b->n + 1, sizeof(*b->id));
	for (size_t i = 0, end; i < b->n; i = end) {
		struct entry first = b->entry[i];

		for (end = i + 1; end < b->n && same(&first, &b->entry[end]);)
			end++;
		if (end - i > 1 || first.id >= UNIT_LIST) {
			b->list_from[b->lists] = (uint32_t)b->ids;
			for (size_t k = i; k < end; k++)
				b->id[b->ids++] = b->entry[k].id;
			first.id = UNIT_LIST | (uint32_t)b->lists++;
		}
		b->entry[b->distinct++] = first;
	}
	b->list_from[b->lists] = (uint32_t)b->ids;
}

static void grow(struct build *b, size_t slots)
{
	if (slots <= b->cap)
		return;
	/* The map of free slots has one word more than needed, all free: searches look across. */
	size_t cap = b->cap ? b->cap : 4096;

	while (cap < slots)
		cap *= 2;
	b->unit = mem_resize(b->unit, cap, sizeof(*b->unit));
	b->free = mem_resize(b->free, cap / 64 + 1, sizeof(*b->free));
	for (size_t i = b->cap; i < cap; i++)
		b->unit[i] = (struct matcher_unit){ 0, UNIT_FREE };
	for (size_t i = b->cap / 64; i <= cap / 64; i++)
		b->free[i] = ~UINT64_C(0);
	b->cap = cap;
}

static void occupy(struct build *b, size_t slot, uint32_t check)
{
	grow(b, slot + 1);
	b->unit[slot].check = check;
	b->free[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	if (slot >= b->used)
		b->used = slot + 1;
}

/* Which of the 64 slots from `slot` on are free. */
static uint64_t free_from(const struct build *b, size_t slot)
{
	if (slot >= b->cap)
		return ~UINT64_C(0);
	uint64_t v = b->free[slot / 64] >> slot % 64;

	return slot % 64 ? v | b->free[slot / 64 + 1] << (64 - slot % 64) : v;
}

static size_t find_base(struct build *b, const uint16_t *child, size_t n)
{
	size_t *hint = &b->hint[n < HINTS ? n : HINTS - 1], tried = 0;

	for (size_t from = *hint;; from += 64, tried++) {
		uint64_t fit = ~UINT64_C(0);

		for (size_t i = 0; i < n && fit; i++)
			fit &= free_from(b, from + child[i]);
		if (!fit)
			continue;
		if (tried > 16)
			*hint = from - 64 * (tried / 4);
		return from + (size_t)__builtin_ctzll(fit);
	}
}

/* Symbols by which the node goes on, 0 first when a term ends there; their number. */
static size_t children_of(const struct build *b, const struct node *v, size_t depth, uint16_t *ret)
{
	size_t n = 0;

	for (uint32_t i = v->lo; i < v->hi; i++) {
		uint16_t c = b->entry[i].len > depth ? b->entry[i].sym[depth] : 0;

		if (!n || ret[n - 1] != c)
			ret[n++] = c;
	}
	return n;
}

static int by_children(const void *pa, const void *pb)
{
	const struct node *a = pa, *b = pb;

	if (a->children != b->children)
		return a->children > b->children ? -1 : 1;
	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

struct node_list {
	VEC(struct node) of;
};

static int place(struct build *b, const struct node *v, size_t depth, uint16_t *child,
		 struct node_list *next)
{
	size_t n = children_of(b, v, depth, child);

	if (depth && n == 1 && !child[0]) {
		b->unit[v->slot].base = UNIT_END | UNIT_LEAF | b->entry[v->lo].id;
		return 0;
	}
	size_t base = depth ? find_base(b, child, n) : 1;

	if (base + UINT16_MAX + 64 > UNITS_MAX)
		return -1;
	b->unit[v->slot].base = (uint32_t)base | (child[0] ? 0 : UNIT_END);
	uint32_t i = v->lo;

	for (size_t k = 0; k < n; k++) {
		if (!child[k]) {
			occupy(b, base, UNIT_NUMBER | v->slot);
			b->unit[base].base = b->entry[i++].id;
			continue;
		}
		struct node *u = vec_push(&next->of);

		occupy(b, base + child[k], v->slot);
		u->slot = (uint32_t)(base + child[k]);
		u->lo = i;
		while (i < v->hi && b->entry[i].sym[depth] == child[k])
			i++;
		u->hi = i;
	}
	return 0;
}

static int place_all(struct build *b)
{
	struct node_list level = { 0 }, next = { 0 };
	_cleanup_free_ uint16_t *child = mem_array(UINT16_MAX + 1, sizeof(*child));
	int r = 0;

	for (size_t i = 0; i < HINTS; i++)
		b->hint[i] = 64;
	occupy(b, 0, UNIT_NUMBER | UNIT_VALUE); /* nobody's child */
	b->unit[0].base = 1;
	if (b->distinct)
		*vec_push(&level.of) = (struct node){ 0, (uint32_t)b->distinct, 0, 0 };
	for (size_t depth = 0; level.of.len && r == 0; depth++) {
		for (size_t i = 0; i < level.of.len; i++)
			level.of.ptr[i].children = (uint32_t)children_of(b, &level.of.ptr[i], depth,
									 child);
		vec_sort(&level.of, by_children);
		for (size_t i = 0; i < level.of.len && r == 0; i++)
			r = place(b, &level.of.ptr[i], depth, child, &next);
		vec_free(&level.of);
		level = next;
		memset(&next, 0, sizeof(next));
	}
	vec_free(&level.of);
	return r;
}

/* Different first `n` symbols of the longer terms. */
static size_t beginnings(const struct build *b, size_t n)
{
	const struct entry *last = NULL;
	size_t found = 0;

	for (size_t i = 0; i < b->distinct; i++) {
		const struct entry *x = &b->entry[i];

		if (x->len < n)
			continue;
		found += !last || memcmp(last->sym, x->sym, n * sizeof(*x->sym)) != 0;
		last = x;
	}
	return found;
}

static uint32_t bits_for(size_t n, uint32_t most)
{
	uint32_t bits = MATCHER_FILTER_BITS_MIN;

	while (bits < most && (size_t)1 << bits < n)
		bits++;
	return bits;
}

static void set_bit(uint32_t *words, uint32_t at)
{
	words[at >> 5] |= UINT32_C(1) << (at & 31);
}

static void fill_filter(const struct build *b, const struct matcher_head *head, uint32_t *word,
			uint32_t *triple, uint32_t *single)
{
	for (size_t i = 0; i < b->distinct; i++) {
		const uint16_t *s = b->entry[i].sym;
		uint32_t len = b->entry[i].len;

		if (len == 1) {
			set_bit(single, s[0]);
			continue;
		}
		uint32_t h = filter_hash(s[0], s[1]);

		word[filter_index(h, head->filter_bits)] |=
			(len == 2 ? 1u : 0x10000u) << filter_pair_bit(h, head->filter_bits);
		uint32_t both, at = filter_triple(h, len > 2 ? s[2] : 0, head->triple_bits, &both);

		triple[at] |= both;
	}
}

static struct matcher *assemble(const struct build *b)
{
	struct matcher_head h = {
		.name = MATCHER_BLOCK_NAME,
		.order = MATCHER_ORDER,
		.terms = (uint32_t)b->n,
		.units = (uint32_t)b->used,
		.lists = (uint32_t)b->lists,
		.ids = (uint32_t)b->ids,
		/* So that about one bit in ten is set, and small lists stay in the first cache. */
		.filter_bits = bits_for(beginnings(b, 2) / 2, MATCHER_FILTER_BITS_MAX),
		.triple_bits = bits_for((beginnings(b, 2) + beginnings(b, 3)) * 8, MATCHER_TRIPLE_BITS_MAX),
		.singles = b->singles,
		.longest = b->longest,
	};
	struct matcher_layout l;

	memcpy(h.name, MATCHER_BLOCK_NAME, sizeof(h.name));
	check(matcher_layout(&h, &l) == 0);
	h.size = l.size;
	char *block = aligned_alloc(64, (l.size + 63) / 64 * 64);

	check(block);
	memset(block, 0, l.size);
	memcpy(block, &h, sizeof(h));
	memcpy(block + l.unit, b->unit, b->used * sizeof(*b->unit));
	fill_filter(b, &h, (void *)(block + l.filter), (void *)(block + l.triple),
		    (void *)(block + l.single));
	memcpy(block + l.list_from, b->list_from, (b->lists + 1) * sizeof(uint32_t));
	memcpy(block + l.id, b->id, b->ids * sizeof(uint32_t));
	((struct matcher_head *)(void *)block)->sum = matcher_sum((void *)block);
	return matcher_over(block, &l, block);
}

int matcher_build(const struct matcher_term *terms, size_t n, struct matcher **ret, struct error *e)
{
	_cleanup_(build_freep) struct build b = { 0 };

	if (take_terms(&b, terms, n, e) < 0)
		return -1;
	make_distinct(&b);
	if (place_all(&b) < 0)
		return error_set(e, "matcher.too-large", "词表太大，无法建成自动机。",
				 "The list is too large for an automaton.");
	*ret = assemble(&b);
	return 0;
}
