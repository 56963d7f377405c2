/* What the files of the matcher share: the block, its checks and the prefilter.
 *
 * The block: head, units of the double array, both stages of the filter, one bit per symbol that is a
 * term by itself (only when there are such), where the ids of each list begin, ids of lists.
 * Numbers are little-endian as the machine's own; every index read from the block is compared with
 * its bound before use, so that a damaged file cannot lead outside. */
#ifndef LANG_MATCHER_PRIVATE_H
#define LANG_MATCHER_PRIVATE_H
#include "base/check.h"
#include "lang/matcher.h"

#define MATCHER_MAGIC 0x3ac9d1e7u
#define MATCHER_BLOCK_NAME "ZWMATCH3"

struct matcher_head {
	char name[8];
	uint64_t size;  /* of the whole block */
	uint32_t order; /* 0x01020304 as the builder's machine writes it */
	uint32_t terms, units, lists, ids;
	uint32_t filter_bits; /* the first stage of the filter has 1 << filter_bits words */
	uint32_t triple_bits; /* the second one 1 << triple_bits bits */
	uint32_t singles;     /* 1: the table of one-symbol terms is there */
	uint32_t longest;     /* symbols of the longest term */
	uint32_t sum;         /* of everything else */
	uint32_t reserved[2];
};
#define MATCHER_ORDER 0x01020304u

/* One slot of the double array. The child of slot s by symbol c is slot base(s) + c when that
 * one's check is s. The root is slot 0 with base 1, so the first step needs no lookup. An inner
 * slot where a term ends has its id in slot base(s) + 0; a leaf has it in place of the base. */
struct matcher_unit {
	uint32_t base; /* UNIT_END, UNIT_LEAF and 30 bits */
	uint32_t check;
};
#define UNIT_END 0x80000000u  /* a term ends here */
#define UNIT_LEAF 0x40000000u /* no longer term goes on from here */
#define UNIT_VALUE 0x3fffffffu
#define UNIT_LIST 0x20000000u /* in an id: the rest is the number of a list of ids */
#define UNIT_FREE 0xffffffffu
#define UNIT_NUMBER 0x80000000u /* in check: this slot carries the id for its owner */
#define UNITS_MAX UNIT_VALUE

#define MATCHER_SINGLES 2048 /* words: one bit per possible symbol */
#define MATCHER_FILTER_BITS_MIN 10 /* of both stages */
#define MATCHER_FILTER_BITS_MAX 18
#define MATCHER_TRIPLE_BITS_MAX 24

/* The filter has two stages. First one 32-bit word picked by the first two symbols: a bit of its low
 * half says that these two may be a whole term, the same bit of its high half that they may begin a
 * longer one. Then two bits for the two (with 0 behind them), or for the first three symbols, decide. */
struct matcher_filter {
	const uint32_t *word;
	const uint32_t *triple;
	const uint32_t *single; /* NULL when no term has one symbol … */
	uint32_t single_end;	/* … else they are below this */
	uint32_t bits, triple_bits;
};
static inline uint32_t filter_hash(uint16_t a, uint16_t b)
{
	return ((uint32_t)a | (uint32_t)b << 16) * 0x9e3779b1u;
}
static inline uint32_t filter_index(uint32_t h, uint32_t bits)
{
	return h >> (32 - bits);
}
static inline uint32_t filter_pair_bit(uint32_t h, uint32_t bits)
{
	return (h >> (28 - bits)) & 15;
}
/* Where in the second stage: its word, and two bits of that. */
static inline uint32_t filter_triple(uint32_t h, uint16_t c, uint32_t bits, uint32_t *ret_both)
{
	uint32_t t = (h + c) * 0x85ebca6bu;

	*ret_both = UINT32_C(1) << (t >> (32 - bits) & 31) | UINT32_C(1) << (t >> (27 - bits) & 31);
	return t >> (37 - bits);
}
static inline bool filter_second(const struct matcher_filter *f, uint32_t h, uint16_t c)
{
	uint32_t both, at = filter_triple(h, c, f->triple_bits, &both);

	return (f->triple[at] & both) == both;
}
static inline bool filter_passes(const struct matcher_filter *f, uint16_t a, uint16_t b, uint16_t c)
{
	uint32_t h = filter_hash(a, b), pair = filter_pair_bit(h, f->bits);
	uint32_t w = f->word[filter_index(h, f->bits)] >> pair;

	if (!(w & 0x10001))
		return false;
	return filter_second(f, h, c) || (w & 1 && filter_second(f, h, 0));
}
static inline bool filter_single(const struct matcher_filter *f, uint16_t a)
{
	return f->single && (f->single[a >> 5] >> (a & 31) & 1);
}

/* Writes the positions among [0, n) where a term may begin, ascending, and returns their number.
 * `have` >= n symbols can be seen; what follows them counts as symbol 0. ret has room for n + 16. */
typedef size_t matcher_filter_fn(const struct matcher_filter *f, const uint16_t *sym, size_t n,
				 size_t have, uint32_t *ret);
struct matcher_kernel {
	const char *name;
	bool (*supported)(void);
	matcher_filter_fn *filter;
};
/* Best first; the last one runs everywhere. Ends with a NULL name. */
extern const struct matcher_kernel matcher_kernels[];
/* The best that this processor has. */
const struct matcher_kernel *matcher_kernel(void);
struct fold_kernel;
bool matcher_scan_text_with(const struct fold_kernel *fk, const struct matcher_kernel *k,
			    const struct matcher *m, const struct lang *l, enum matcher_mode mode,
			    struct str text, matcher_span_fn *hit, void *ctx);
bool matcher_scan_with(const struct matcher_kernel *k, const struct matcher *m,
		       enum matcher_mode mode, const uint16_t *sym, size_t len, matcher_hit_fn *hit,
		       void *ctx);

struct matcher {
	unsigned magic;
	const struct matcher_head *head;
	const struct matcher_unit *unit;
	struct matcher_filter filter;
	const uint32_t *list_from; /* lists + 1 entries */
	const uint32_t *id;
	void *owned; /* NULL when over somebody's mapping */
};
struct matcher_layout {
	size_t unit, filter, triple, single, list_from, id, size;
};
/* Where the parts lie; -1 when the numbers of the head make no block. */
int matcher_layout(const struct matcher_head *h, struct matcher_layout *ret);
/* Over a block whose layout is sound. */
struct matcher *matcher_over(const void *block, const struct matcher_layout *l, void *owned);
uint32_t matcher_sum(const struct matcher_head *h);

/* A scan in progress over a stream of symbols. Hits of ALL wait until no later start can end
 * before them: one row per end (modulo 64), one bit per length. */
struct matcher_walk {
	const struct matcher *m;
	matcher_hit_fn *hit;
	void *ctx;
	enum matcher_mode mode;
	size_t next;    /* LEFT_LONGEST: starts before this are covered */
	size_t flushed; /* ALL: ends up to here are reported */
	uint64_t ends;  /* rows in use */
	uint64_t lengths[64];
	uint32_t slot[64][64];
};
void matcher_walk_init(struct matcher_walk *w, const struct matcher *m, enum matcher_mode mode,
		       matcher_hit_fn *hit, void *ctx);
/* Tries the starts sym[start[i]], i < n, ascending; sym[0] is symbol number `base` of the stream
 * and `have` symbols can be seen. False when the callback ended it. */
bool matcher_walk_starts(struct matcher_walk *w, const uint16_t *sym, size_t have, size_t base,
			 const uint32_t *start, size_t n);
/* Reports what waits with an end up to `to`. */
bool matcher_walk_flush(struct matcher_walk *w, size_t to);
#endif
