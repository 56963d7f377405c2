/* The matcher at work: blocks are opened and checked, candidates that the filter lets pass are
 * walked forward through the double array from where they start. As every passing start is walked
 * to its end, no failure links are needed, and the hits are those of Aho & Corasick ("Efficient
 * string matching", 1975). A start costs at most MATCHER_TERM_MAX steps; no memory is taken. */
#include "lang/matcher_private.h"

#include "base/cleanup.h"
#include "base/mem.h"

#define CHUNK 2048 /* starts filtered at once: their list stays in the first cache */
#define STAGE 128  /* candidates that wait for memory together */

int matcher_layout(const struct matcher_head *h, struct matcher_layout *ret)
{
	if (h->terms > MATCHER_TERMS_MAX || h->lists > h->ids || h->ids > h->terms || !h->units ||
	    h->units > UNITS_MAX || h->filter_bits < MATCHER_FILTER_BITS_MIN ||
	    h->filter_bits > MATCHER_FILTER_BITS_MAX ||
	    h->triple_bits < MATCHER_FILTER_BITS_MIN ||
	    h->triple_bits > MATCHER_TRIPLE_BITS_MAX || h->singles > 1 ||
	    h->longest > MATCHER_TERM_MAX)
		return -1;
	struct matcher_layout l = { .unit = sizeof(struct matcher_head) };

	l.filter = l.unit + (size_t)h->units * sizeof(struct matcher_unit);
	l.triple = l.filter + (sizeof(uint32_t) << h->filter_bits);
	l.single = l.triple + ((size_t)1 << (h->triple_bits - 3));
	l.list_from = l.single + (h->singles ? MATCHER_SINGLES * sizeof(uint32_t) : 0);
	l.id = l.list_from + ((size_t)h->lists + 1) * sizeof(uint32_t);
	l.size = (l.id + (size_t)h->ids * sizeof(uint32_t) + 7) / 8 * 8;
	*ret = l;
	return 0;
}

static uint64_t sum_words(uint64_t a, const void *words, size_t n)
{
	const uint64_t *p = words;

	for (size_t i = 0; i < n; i++)
		a = (a ^ p[i]) * 0xff51afd7ed558ccdu, a ^= a >> 29;
	return a;
}

uint32_t matcher_sum(const struct matcher_head *h)
{
	struct matcher_head head = *h;

	head.sum = 0;
	uint64_t a = sum_words(0x9e3779b97f4a7c15u, &head, sizeof(head) / 8);

	a = sum_words(a, h + 1, (h->size - sizeof(*h)) / 8);
	return (uint32_t)(a ^ a >> 32);
}

struct matcher *matcher_over(const void *block, const struct matcher_layout *l, void *owned)
{
	const char *p = block;
	struct matcher *m = mem_alloc(sizeof(*m));

	*m = (struct matcher){
		.magic = MATCHER_MAGIC,
		.head = block,
		.unit = (const void *)(p + l->unit),
		.filter.word = (const void *)(p + l->filter),
		.list_from = (const void *)(p + l->list_from),
		.id = (const void *)(p + l->id),
		.owned = owned,
	};
	m->filter.bits = m->head->filter_bits;
	m->filter.triple = (const void *)(p + l->triple);
	m->filter.triple_bits = m->head->triple_bits;
	m->filter.single = m->head->singles ? (const void *)(p + l->single) : NULL;
	for (uint32_t i = 0; m->filter.single && i < MATCHER_SINGLES; i++)
		if (m->filter.single[i])
			m->filter.single_end = 32 * (i + 1);
	return m;
}

/* Every slot points inside the array, every list is one. */
static bool sound(const struct matcher *m)
{
	const struct matcher_head *h = m->head;
	bool ok = m->unit[0].base == 1 && m->list_from[0] == 0 && m->list_from[h->lists] == h->ids;

	for (uint32_t i = 0; ok && i < h->lists; i++)
		ok = m->list_from[i] < m->list_from[i + 1];
	for (uint32_t i = 1; ok && i < h->units; i++) {
		struct matcher_unit u = m->unit[i];
		uint32_t v = u.base & UNIT_VALUE;
		bool id_fine = !(v & UNIT_LIST) || (v & ~UNIT_LIST) < h->lists;

		if (u.check == UNIT_FREE)
			ok = u.base == 0;
		else if (u.check & UNIT_NUMBER)
			ok = (u.check & ~UNIT_NUMBER) < h->units && u.base == v && id_fine;
		else if (u.check >= h->units)
			ok = false;
		else if (u.base & UNIT_LEAF)
			ok = (u.base & UNIT_END) && id_fine;
		else
			ok = v && v < h->units &&
			     (!(u.base & UNIT_END) || m->unit[v].check == (UNIT_NUMBER | i));
	}
	return ok;
}

static int damaged(struct error *e)
{
	return error_set(e, "matcher.damaged", "词表自动机文件已损坏，请重新生成。",
			 "The file of the term automaton is damaged; build it again.");
}

int matcher_open(struct str bytes, struct matcher **ret, struct error *e)
{
	const struct matcher_head *h = (const void *)bytes.ptr;
	struct matcher_layout l;

	if (bytes.len < sizeof(*h) || (uintptr_t)bytes.ptr % 8 ||
	    memcmp(h->name, MATCHER_BLOCK_NAME, sizeof(h->name)) != 0 ||
	    h->order != MATCHER_ORDER || h->size != bytes.len || matcher_layout(h, &l) < 0 ||
	    l.size != h->size || matcher_sum(h) != h->sum)
		return damaged(e);
	struct matcher *m = matcher_over(h, &l, NULL);

	if (!sound(m)) {
		matcher_free(m);
		return damaged(e);
	}
	*ret = m;
	return 0;
}

struct str matcher_bytes(const struct matcher *m)
{
	CHECK_OBJ(m, MATCHER_MAGIC);
	return str_make(m->head, m->head->size);
}

size_t matcher_terms(const struct matcher *m)
{
	CHECK_OBJ(m, MATCHER_MAGIC);
	return m->head->terms;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	CHECK_OBJ(m, MATCHER_MAGIC);
	free(m->owned);
	m->magic = 0;
	free(m);
}

void matcher_walk_init(struct matcher_walk *w, const struct matcher *m, enum matcher_mode mode,
		       matcher_hit_fn *hit, void *ctx)
{
	w->m = m;
	w->hit = hit;
	w->ctx = ctx;
	w->mode = mode;
	w->next = w->flushed = 0;
	w->ends = 0;
}

/* The term that ends in this slot. */
static inline bool report(const struct matcher_walk *w, uint32_t slot, size_t from, size_t to)
{
	const struct matcher *m = w->m;
	struct matcher_unit u = m->unit[slot];
	uint32_t v = u.base & UNIT_VALUE;

	if (!(u.base & UNIT_LEAF))
		v = v < m->head->units ? m->unit[v].base : 0;
	if (!(v & UNIT_LIST))
		return w->hit(w->ctx, v, from, to);
	v &= ~UNIT_LIST;
	if (v >= m->head->lists)
		return true;
	for (uint32_t i = m->list_from[v]; i < m->list_from[v + 1] && i < m->head->ids; i++)
		if (!w->hit(w->ctx, m->id[i], from, to))
			return false;
	return true;
}

bool matcher_walk_flush(struct matcher_walk *w, size_t to)
{
	while (w->ends && w->flushed < to) {
		/* The next row in use: ends are in (flushed, flushed + 64]. */
		unsigned turn = (w->flushed + 1) % 64;
		uint64_t rolled = turn ? w->ends >> turn | w->ends << (64 - turn) : w->ends;
		size_t end = w->flushed + 1 + (size_t)__builtin_ctzll(rolled), row = end % 64;

		if (end > to)
			break;
		w->flushed = end;
		w->ends &= ~(UINT64_C(1) << row);
		for (uint64_t lengths = w->lengths[row]; lengths;) {
			unsigned longest = 63 - (unsigned)__builtin_clzll(lengths);

			lengths &= ~(UINT64_C(1) << longest);
			if (!report(w, w->slot[row][longest], end - longest - 1, end))
				return false;
		}
	}
	if (w->flushed < to)
		w->flushed = to;
	return true;
}

static void keep(struct matcher_walk *w, size_t end, unsigned len, uint32_t slot)
{
	size_t row = end % 64;

	if (!(w->ends >> row & 1)) {
		w->ends |= UINT64_C(1) << row;
		w->lengths[row] = 0;
	}
	w->lengths[row] |= UINT64_C(1) << (len - 1);
	w->slot[row][len - 1] = slot;
}

/* Walks one start from the slot it has reached after `depth` symbols (0: the root); keeps every
 * end of ALL, returns the longest for LEFT_LONGEST. */
static inline unsigned walk(struct matcher_walk *w, const uint16_t *sym, size_t have, size_t from,
			    uint32_t s, unsigned depth, uint32_t *ret_slot)
{
	const struct matcher_unit *unit = w->m->unit;
	uint32_t n = w->m->head->units, base = unit[s].base;
	unsigned longest = 0;

	if (have > MATCHER_TERM_MAX)
		have = MATCHER_TERM_MAX;
	for (;;) {
		if (depth && base & UNIT_END) {
			if (w->mode == MATCHER_ALL)
				keep(w, from + depth, depth, s);
			longest = depth;
			*ret_slot = s;
			if (base & UNIT_LEAF)
				break;
		}
		if (depth == have)
			break;
		uint32_t t = (base & UNIT_VALUE) + sym[depth];

		if (t >= n || unit[t].check != s)
			break;
		depth++;
		base = unit[t].base;
		s = t;
	}
	return longest;
}

/* Candidates go through three stages, a chunk at a time, so that the cache misses of one overlap
 * with those of others: the slot of the second symbol is fetched; those where it is nobody's
 * child are dropped and the slot of the third symbol is fetched; the rest are walked. */
struct candidate {
	uint32_t at, slot; /* slot 0: to be walked from the root */
	unsigned depth;
};

static size_t second_slots(const struct matcher *m, const uint16_t *sym, size_t have,
			   const uint32_t *start, size_t n, struct candidate *ret)
{
	uint32_t units = m->head->units;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t at = start[i], t = 1u + sym[at];

		if (t >= units || m->unit[t].check != 0)
			continue;
		uint32_t base = m->unit[t].base,
			 u = (base & UNIT_VALUE) + (at + 1 < have ? sym[at + 1] : 0);

		if (base & UNIT_END) {
			if (u < units)
				__builtin_prefetch(&m->unit[u]);
			ret[found++] = (struct candidate){ at, 0, 0 };
			continue;
		}
		if (u >= units)
			continue;
		__builtin_prefetch(&m->unit[u]);
		ret[found++] = (struct candidate){ at, u, 2 };
	}
	return found;
}

static size_t third_slots(const struct matcher *m, const uint16_t *sym, size_t have,
			  struct candidate *c, size_t n)
{
	const struct matcher_unit *unit = m->unit;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t s = c[i].slot, base = unit[s].base;

		c[found] = c[i];
		found += !s || unit[s].check == 1u + sym[c[i].at];
		if (s && !(base & UNIT_LEAF) && c[i].at + 2 < have) {
			__builtin_prefetch(&unit[(base & UNIT_VALUE) + sym[c[i].at + 2]]);
			__builtin_prefetch(&unit[base & UNIT_VALUE]);
		}
	}
	return found;
}

/* Drops those whose second symbol ends no term and leads to no third one; where it only leads on, they
 * stand at the third. */
static size_t fourth_slots(const struct matcher *m, const uint16_t *sym, size_t have,
			   struct candidate *c, size_t n)
{
	const struct matcher_unit *unit = m->unit;
	uint32_t units = m->head->units;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct candidate x = c[i];
		uint32_t s = x.slot, base = unit[s].base;
		uint32_t t = (base & UNIT_VALUE) + (x.at + 2 < have ? sym[x.at + 2] : 0);
		bool on = s && !(base & UNIT_LEAF) && x.at + 2 < have && t < units && unit[t].check == s;

		if (on && !(base & UNIT_END)) {
			x.slot = t;
			x.depth = 3;
		}
		c[found] = x;
		found += !s || on || base & UNIT_END;
		if (on && x.at + 3 < have)
			__builtin_prefetch(&unit[(unit[t].base & UNIT_VALUE) + sym[x.at + 3]]);
	}
	return found;
}

bool matcher_walk_starts(struct matcher_walk *w, const uint16_t *sym, size_t have, size_t base,
			 const uint32_t *start, size_t n)
{
	struct candidate c[STAGE];
	uint32_t slot = 0;

	for (size_t done = 0; done < n; done += STAGE) {
		size_t left = second_slots(w->m, sym, have, start + done,
					   n - done < STAGE ? n - done : STAGE, c);

		left = third_slots(w->m, sym, have, c, left);
		left = fourth_slots(w->m, sym, have, c, left);
		for (size_t i = 0; i < left; i++) {
			size_t at = c[i].at, from = base + at;

			if (w->mode == MATCHER_ALL) {
				if (w->ends && !matcher_walk_flush(w, from))
					return false;
				if (!w->ends)
					w->flushed = from;
				walk(w, sym + at, have - at, from, c[i].slot, c[i].depth, &slot);
				continue;
			}
			if (from < w->next)
				continue;
			unsigned len = walk(w, sym + at, have - at, from, c[i].slot, c[i].depth,
					    &slot);

			if (len && !report(w, slot, from, from + len))
				return false;
			if (len)
				w->next = from + len;
		}
	}
	return true;
}

bool matcher_scan_with(const struct matcher_kernel *k, const struct matcher *m,
		       enum matcher_mode mode, const uint16_t *sym, size_t len, matcher_hit_fn *hit,
		       void *ctx)
{
	struct matcher_walk w;
	uint32_t start[CHUNK + 16];

	CHECK_OBJ(m, MATCHER_MAGIC);
	matcher_walk_init(&w, m, mode, hit, ctx);
	for (size_t at = 0; at < len;) {
		size_t rest = len - at, n = rest < CHUNK ? rest : CHUNK;
		size_t found = k->filter(&m->filter, sym + at, n, rest, start);

		if (!matcher_walk_starts(&w, sym + at, rest, at, start, found))
			return false;
		at += n;
	}
	return matcher_walk_flush(&w, len);
}

bool matcher_scan(const struct matcher *m, enum matcher_mode mode, const uint16_t *sym, size_t len,
		  matcher_hit_fn *hit, void *ctx)
{
	return matcher_scan_with(matcher_kernel(), m, mode, sym, len, hit, ctx);
}

bool matcher_scan_made(const struct matcher *m, enum matcher_mode mode, size_t len,
		       matcher_make_fn *make, matcher_hit_fn *hit, void *ctx)
{
	const struct matcher_kernel *k = matcher_kernel();
	struct matcher_walk w;
	uint32_t start[CHUNK + 16];
	uint16_t sym[CHUNK + MATCHER_TERM_MAX];

	CHECK_OBJ(m, MATCHER_MAGIC);
	matcher_walk_init(&w, m, mode, hit, ctx);
	for (size_t at = 0; at < len; at += CHUNK) {
		size_t rest = len - at, n = rest < CHUNK ? rest : CHUNK;
		size_t have = rest < ARRAY_SIZE(sym) ? rest : ARRAY_SIZE(sym) - 1;

		make(ctx, at, at + have, sym);
		size_t found = k->filter(&m->filter, sym, n, have, start);

		if (!matcher_walk_starts(&w, sym, have, at, start, found))
			return false;
	}
	return matcher_walk_flush(&w, len);
}
