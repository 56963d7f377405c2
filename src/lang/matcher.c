/* The matcher at work: blocks are opened and checked, candidates that the filter lets pass are
 * walked forward through the double array from where they start. As every passing start is walked
 * to its end, no failure links are needed, and the hits are those of Aho & Corasick ("Efficient
 * string matching", 1975). A start costs at most MATCHER_TERM_MAX steps; no memory is taken. */
#include "lang/matcher_private.h"

#include "base/cleanup.h"
#include "base/mem.h"

#define CHUNK 2048 /* starts filtered at once: their list stays in the first cache */
#define AHEAD 6    /* candidates whose second slot is fetched before its turn */

int matcher_layout(const struct matcher_head *h, struct matcher_layout *ret)
{
	if (h->terms > MATCHER_TERMS_MAX || h->outs > h->terms || !h->units ||
	    h->units > UNITS_MAX || h->filter_bits < MATCHER_FILTER_BITS_MIN ||
	    h->filter_bits > MATCHER_FILTER_BITS_MAX || h->singles > 1 ||
	    h->longest > MATCHER_TERM_MAX)
		return -1;
	struct matcher_layout l = { .unit = sizeof(struct matcher_head) };

	l.filter = l.unit + (size_t)h->units * sizeof(struct matcher_unit);
	l.single = l.filter + (sizeof(uint32_t) << h->filter_bits);
	l.out_from = l.single + (h->singles ? MATCHER_SINGLES * sizeof(uint32_t) : 0);
	l.id = l.out_from + ((size_t)h->outs + 1) * sizeof(uint32_t);
	l.size = (l.id + (size_t)h->terms * sizeof(uint32_t) + 7) / 8 * 8;
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
		.out_from = (const void *)(p + l->out_from),
		.id = (const void *)(p + l->id),
		.owned = owned,
	};
	m->filter.bits = m->head->filter_bits;
	m->filter.single = m->head->singles ? (const void *)(p + l->single) : NULL;
	return m;
}

/* Every slot points inside the array, every number at a term. */
static bool sound(const struct matcher *m)
{
	const struct matcher_head *h = m->head;
	bool ok = m->unit[0].base == 1 && m->out_from[0] == 0 && m->out_from[h->outs] == h->terms;

	for (uint32_t i = 0; ok && i < h->outs; i++)
		ok = m->out_from[i] < m->out_from[i + 1];
	for (uint32_t i = 1; ok && i < h->units; i++) {
		struct matcher_unit u = m->unit[i];
		uint32_t v = u.base & UNIT_VALUE;

		if (u.check == UNIT_FREE)
			ok = u.base == 0;
		else if (u.check & UNIT_NUMBER)
			ok = (u.check & ~UNIT_NUMBER) < h->units && u.base < h->outs;
		else if (u.check >= h->units)
			ok = false;
		else if (u.base & UNIT_LEAF)
			ok = (u.base & UNIT_END) && v < h->outs;
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

static bool report(const struct matcher_walk *w, uint32_t out, size_t from, size_t to)
{
	const struct matcher *m = w->m;

	if (out >= m->head->outs)
		return true;
	for (uint32_t i = m->out_from[out]; i < m->out_from[out + 1] && i < m->head->terms; i++)
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
			if (!report(w, w->out[row][longest], end - longest - 1, end))
				return false;
		}
	}
	if (w->flushed < to)
		w->flushed = to;
	return true;
}

static void keep(struct matcher_walk *w, size_t end, unsigned len, uint32_t out)
{
	size_t row = end % 64;

	if (!(w->ends >> row & 1)) {
		w->ends |= UINT64_C(1) << row;
		w->lengths[row] = 0;
	}
	w->lengths[row] |= UINT64_C(1) << (len - 1);
	w->out[row][len - 1] = out;
}

/* Walks one start; keeps every end of ALL, returns the longest for LEFT_LONGEST. */
static inline unsigned walk(struct matcher_walk *w, const uint16_t *sym, size_t have, size_t from,
			    uint32_t *ret_out)
{
	const struct matcher_unit *unit = w->m->unit;
	uint32_t n = w->m->head->units, s = 0, base = 1;
	unsigned depth = 0, longest = 0;

	if (have > MATCHER_TERM_MAX)
		have = MATCHER_TERM_MAX;
	while (depth < have) {
		uint32_t t = base + sym[depth];

		if (t >= n || unit[t].check != s)
			break;
		depth++;
		base = unit[t].base & UNIT_VALUE;
		if (unit[t].base & UNIT_END) {
			uint32_t out = unit[t].base & UNIT_LEAF ? base
				       : base < n               ? unit[base].base
								: UNIT_FREE;

			if (w->mode == MATCHER_ALL)
				keep(w, from + depth, depth, out);
			longest = depth;
			*ret_out = out;
			if (unit[t].base & UNIT_LEAF)
				break;
		}
		s = t;
	}
	return longest;
}

static inline void fetch(const struct matcher *m, const uint16_t *sym)
{
	uint32_t t = 1u + sym[0];

	if (t < m->head->units)
		__builtin_prefetch(&m->unit[(m->unit[t].base & UNIT_VALUE) + sym[1]]);
}

bool matcher_walk_starts(struct matcher_walk *w, const uint16_t *sym, size_t have, size_t base,
			 const uint32_t *start, size_t n)
{
	uint32_t out = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = start[i], from = base + at;

		if (i + AHEAD < n && start[i + AHEAD] + 1 < have)
			fetch(w->m, sym + start[i + AHEAD]);
		if (w->mode == MATCHER_ALL) {
			if (w->ends && !matcher_walk_flush(w, from))
				return false;
			if (!w->ends)
				w->flushed = from;
			walk(w, sym + at, have - at, from, &out);
			continue;
		}
		if (from < w->next)
			continue;
		unsigned len = walk(w, sym + at, have - at, from, &out);

		if (len && !report(w, out, from, from + len))
			return false;
		if (len)
			w->next = from + len;
	}
	return true;
}

/* The last starts: the two at the very end see fewer than three symbols. */
size_t matcher_filter_last(const struct matcher_kernel *k, const struct matcher_filter *f,
			   const uint16_t *sym, size_t len, uint32_t *ret)
{
	size_t whole = len > 2 ? len - 2 : 0, n = whole ? k->filter(f, sym, whole, ret) : 0;

	for (size_t i = whole; i < len; i++)
		if (filter_single(f, sym[i]) ||
		    (i + 1 < len && filter_passes(f, sym[i], sym[i + 1], 0)))
			ret[n++] = (uint32_t)i;
	return n;
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
		size_t rest = len - at, n = rest < CHUNK + 2 ? rest : CHUNK, found;

		if (n == CHUNK)
			found = k->filter(&m->filter, sym + at, n, start);
		else
			found = matcher_filter_last(k, &m->filter, sym + at, n, start);
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
