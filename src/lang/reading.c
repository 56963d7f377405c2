/* Other readings of a disguised text. What proposes one is cheap and errs on the side of not
 * proposing: a reading only adds passages to look at.
 *
 * Reversed: a clause of which more neighbouring pairs occur inside dictionary words backwards than
 * forwards, and whose characters follow each other far more gladly backwards. */
#include "lang/reading.h"

#include "base/check.h"
#include "base/limits.h"
#include "lang/restore_private.h"
#include "lang/segment.h"
#include "lang/words_private.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CLAUSE_MIN 4	/* characters; shorter ones say too little of their direction */
#define CLAUSE_MAX 400	/* of a longer one the first so many decide */
#define RUN_MIN 3	/* of one character: 哈哈哈 */
#define DOUBLES_MIN 2	/* doubled characters that make no word, near each other: 加加微微信 */
#define SPACED_MIN 3	/* letters or digits with gaps between */
#define APART_MIN 2	/* gaps that tear words apart, of a clause */
#define LINES_MIN 3	/* lines of one character */
#define PASSAGE_AROUND 12 /* symbols kept around what collapses or is decoration */
#define BACK_PAIRS 3
#define BACK_GAIN 3 /* halves of words_link() a pair */
#define COMMON 100	/* characters that stand alone in any text */

static const char *const names[] = { "reversed", "collapsed", "column", "letters", "spaced", "plain", "restored" };

const char *reading_name(enum reading_kind k)
{
	check(k < READING_KINDS);
	return names[k];
}

/* ---- a view in the making ---- */

struct view {
	struct arena *arena;
	uint16_t *sym;
	uint32_t *first, *last;
	uint8_t *gap, *skipped;
	size_t len, cap;
	bool full; /* no more memory for it: what is there counts */
};
#define VIEW_BYTES 20 /* of one symbol, with what finish() adds */

static void *longer(const struct view *v, const void *old, size_t size)
{
	void *p = arena_array(v->arena, v->cap + 1, size);
	if (v->len)
		memcpy(p, old, v->len * size);
	return p;
}

static void add(struct view *v, uint16_t sym, size_t first, size_t last, unsigned gap, unsigned skipped)
{
	if (v->len == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 64;
		v->full |= cap > LIMIT_READING_SYMBOLS || arena_left(v->arena) / 4 < cap * VIEW_BYTES;
		if (v->full)
			return;
		v->cap = cap;
		v->sym = longer(v, v->sym, sizeof(*v->sym));
		v->first = longer(v, v->first, sizeof(*v->first));
		v->last = longer(v, v->last, sizeof(*v->last));
		v->gap = longer(v, v->gap, 1);
		v->skipped = longer(v, v->skipped, 1);
	}
	v->sym[v->len] = sym;
	v->first[v->len] = (uint32_t)first;
	v->last[v->len] = (uint32_t)last;
	v->gap[v->len] = (uint8_t)gap;
	v->skipped[v->len] = (uint8_t)skipped;
	v->len++;
}

static bool finish(const struct view *v, const struct fold_text *t, enum reading_kind kind, struct reading *ret)
{
	if (!v->len)
		return false;
	uint32_t *from = arena_array(v->arena, v->len + 1, sizeof(*from));
	uint32_t *to = arena_array(v->arena, v->len + 1, sizeof(*to));
	for (size_t i = 0; i < v->len; i++) {
		from[i] = t->from[v->first[i]];
		to[i] = t->to[v->last[i]];
	}
	from[v->len] = to[v->len] = (uint32_t)t->source.len;
	*ret = (struct reading){
		.kind = kind, .first = v->first, .last = v->last,
		.text = { .source = t->source, .sym = v->sym, .len = v->len, .from = from, .to = to,
			  .gap = v->gap, .skipped = v->skipped, .disguised = true },
	};
	return true;
}

/* Sum of two counts of skipped code points. */
static unsigned plus(unsigned a, unsigned b)
{
	return a + b > 255 ? 255 : a + b;
}

/* ---- reversed ---- */

static bool is_han(uint16_t sym)
{
	return sym >= LANG_SYM_HAN;
}

/* More pairs backwards than forwards. Of ordinary text a third of the pairs and more occur in words:
 * look() leaves hardly any clause to this. */
static bool turned(const struct words *w, const uint16_t *sym, size_t n)
{
	unsigned forwards = 0, backwards = 0, pairs = 0;
	for (size_t i = 1; i < n; i++)
		if (is_han(sym[i]) && is_han(sym[i - 1])) {
			forwards += words_pair(w, sym[i - 1], sym[i]);
			pairs++;
		}
	if (3 * forwards >= pairs)
		return false;
	for (size_t i = 1; i < n; i++)
		if (is_han(sym[i]) && is_han(sym[i - 1]))
			backwards += words_pair(w, sym[i], sym[i - 1]);
	return backwards > forwards;
}

/* Do the characters follow each other more gladly backwards? Of ordinary sentences one in twenty thousand. */
static bool likelier_backwards(const struct lang *l, const struct fold_text *t, size_t from, size_t to)
{
	int forwards = 0, backwards = 0, pairs = 0;
	for (size_t i = from + 1; i < to; i++)
		if (is_han(t->sym[i]) && is_han(t->sym[i - 1]) && t->gap[i] == FOLD_GAP_NONE) {
			forwards += (int)words_link(&l->words, t->sym[i - 1], t->sym[i]);
			backwards += (int)words_link(&l->words, t->sym[i], t->sym[i - 1]);
			pairs++;
		}
	return pairs >= BACK_PAIRS && 2 * (backwards - forwards) >= BACK_GAIN * pairs;
}

static void add_reversed(struct view *v, const struct fold_text *t, size_t from, size_t to)
{
	for (size_t i = to; i-- > from;) {
		bool first = i + 1 == to;
		add(v, t->sym[i], i, i, first ? FOLD_GAP_STOP : t->gap[i + 1], first ? 0 : t->skipped[i + 1]);
	}
}

static void clause_done(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct view *v)
{
	size_t n = to - from < CLAUSE_MAX ? to - from : CLAUSE_MAX;
	if (n >= CLAUSE_MIN && turned(&l->words, t->sym + from, n) && likelier_backwards(l, t, from, from + n))
		add_reversed(v, t, from, to);
}

/* ---- runs ---- */

static size_t run_of(const struct fold_text *t, size_t i)
{
	size_t end = i + 1;
	while (end < t->len && t->sym[end] == t->sym[i] && t->gap[end] < FOLD_GAP_STOP)
		end++;
	return end - i;
}

static size_t around(size_t i, size_t n, size_t len)
{
	return i + n < len ? i + n : len;
}

/* A doubled character that is part of no word (天天, 高高兴兴 are). */
static bool odd_double(const struct lang *l, const struct fold_text *t, size_t i, struct segment_cache *c)
{
	return t->gap[i + 1] == FOLD_GAP_NONE && !segment_is_word(l, t->sym + i, 2) && segment_boundary(l, t, i + 1, c);
}

/* Passages with runs, each run as one symbol. */
static void find_collapsed(const struct lang *l, const struct fold_text *t, struct view *v)
{
	struct segment_cache c = { 0 };
	size_t done = 0, doubles = 0, last = 0;
	for (size_t i = 0, n; i < t->len && !v->full; i += n) {
		n = run_of(t, i);
		if (n == 1 || !is_han(t->sym[i]))
			continue;
		if (n < RUN_MIN) {
			if (!odd_double(l, t, i, &c))
				continue;
			doubles = i - last <= 2 * PASSAGE_AROUND ? doubles + 1 : 1;
			last = i;
			if (doubles < DOUBLES_MIN)
				continue;
		}
		size_t back = 3 * PASSAGE_AROUND;
		size_t k = i > done + back ? i - back : done, to = around(i + n, PASSAGE_AROUND, t->len);
		bool start = k > done || done == 0;
		while (k > done && k < t->len && t->sym[k] == t->sym[k - 1])
			k--;
		for (size_t m; k < to; k += m) {
			m = run_of(t, k);
			add(v, t->sym[k], k, k + m - 1, start ? FOLD_GAP_STOP : t->gap[k], t->skipped[k]);
			start = false;
		}
		done = k;
		n = k - i;
		last = k;
	}
}

/* ---- one character a line, spaced-out letters ---- */

static bool is_alnum(uint16_t sym)
{
	return sym >= LANG_SYM_DIGIT && sym < LANG_SYM_HAN;
}

static void find_column(const struct fold_text *t, struct view *v)
{
	for (size_t i = 0, end; i < t->len; i = end) {
		end = i + 1;
		while (end < t->len && t->gap[end] == FOLD_GAP_STOP)
			end++;
		/* the last line may be longer: only its first symbol belongs to the column */
		if (end - i < LINES_MIN)
			continue;
		for (size_t k = i; k < end; k++)
			add(v, t->sym[k], k, k, k == i ? FOLD_GAP_STOP : FOLD_GAP_SOFT, 1);
	}
}

/* Behind the last of the letters and digits set apart from i on; i when they are too few. */
static size_t apart_end(const struct fold_text *t, size_t i)
{
	size_t end = i + 1, letters = t->sym[i] >= LANG_SYM_LETTER;
	if (!is_alnum(t->sym[i]))
		return i;
	for (; end < t->len && is_alnum(t->sym[end]) && t->gap[end] == FOLD_GAP_SOFT && t->skipped[end] <= 3; end++)
		letters += t->sym[end] >= LANG_SYM_LETTER;
	bool cut = end < t->len && is_alnum(t->sym[end]) && t->gap[end] == FOLD_GAP_NONE;
	return letters < 2 || end - i < SPACED_MIN || cut ? i : end;
}

/* Symbols [from, to) as they are; a new passage when `start`. */
static void add_plain(struct view *v, const struct fold_text *t, size_t from, size_t to, bool start)
{
	for (size_t k = from; k < to; k++)
		add(v, t->sym[k], k, k, start && k == from ? FOLD_GAP_STOP : t->gap[k], t->skipped[k]);
}

static void find_letters(const struct fold_text *t, struct view *v)
{
	size_t done = 0, tail = 0; /* copied so far; as far as the last passage wants to go */
	for (size_t i = 0; i < t->len && !v->full; i++) {
		size_t end = apart_end(t, i);
		if (end == i)
			continue;
		size_t from = i > PASSAGE_AROUND ? i - PASSAGE_AROUND : 0;
		bool start = from > tail || !v->len;
		size_t kept = tail < i ? tail : i;
		add_plain(v, t, done, kept, false);
		add_plain(v, t, start ? from : kept, i, start);
		for (size_t k = i; k < end; k++)
			add(v, t->sym[k], k, k, k > i ? FOLD_GAP_NONE : start && from == i ? FOLD_GAP_STOP : t->gap[k],
			    k > i ? 0 : t->skipped[k]);
		done = end;
		tail = around(end, PASSAGE_AROUND, t->len);
		i = end - 1;
	}
	add_plain(v, t, done, tail, false);
}

/* ---- characters set apart ---- */

/* How many of the soft gaps in a clause tear a word apart. */
static size_t torn(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct arena *a)
{
	struct fold_text joined = { .sym = t->sym + from, .len = to - from };
	struct segment_words w;
	size_t n = 0;
	if (arena_left(a) / 4 < (to - from) * VIEW_BYTES)
		return 0;
	joined.gap = arena_alloc(a, to - from);
	segment_text(l, &joined, 0, joined.len, a, &w);
	for (size_t k = 0; k < w.len; k++)
		for (size_t i = w.at[k] + 1; i < w.at[k + 1]; i++)
			n += t->gap[from + i] == FOLD_GAP_SOFT && is_han(t->sym[from + i]);
	return n;
}

static void find_spaced(const struct lang *l, const struct fold_text *t, struct view *v)
{
	for (size_t i = 0, end; i < t->len; i = end) {
		size_t apart = 0;
		for (end = i + 1; end < t->len && t->gap[end] < FOLD_GAP_CLAUSE; end++)
			apart += t->gap[end] == FOLD_GAP_SOFT && is_han(t->sym[end]) && is_han(t->sym[end - 1]);
		if (apart < APART_MIN || torn(l, t, i, end, v->arena) < APART_MIN)
			continue;
		for (size_t k = i; k < end; k++)
			add(v, t->sym[k], k, k, k == i ? FOLD_GAP_STOP : FOLD_GAP_NONE, 0);
	}
}

/* ---- emoji as decoration ---- */

static bool is_emoji(const struct lang *l, const struct fold_text *t, size_t i)
{
	size_t at = t->from[i];
	uint8_t lead = (uint8_t)t->source.ptr[at];
	if (lead < 0xE2 || (lead > 0xE3 && lead < 0xF0))
		return false;
	uint32_t value = fold_value(l, fold_decode((const uint8_t *)t->source.ptr, &at));
	return value >= FOLD_SLOW_BASE && (value < FOLD_SKIP || value >= FOLD_SUP_BASE) &&
	       fold_entry(l, value)->flags & FOLD_EMOJI;
}

static void find_plain(const struct lang *l, const struct fold_text *t, struct view *v)
{
	unsigned gap = FOLD_GAP_STOP, skipped = 0;
	size_t copied = 0;
	for (size_t i = 0; t->disguised && i < t->len; i++) {
		if (!is_emoji(l, t, i))
			continue;
		size_t k = i > copied + PASSAGE_AROUND ? i - PASSAGE_AROUND : copied;
		size_t to = around(i, PASSAGE_AROUND, t->len);
		gap = k > copied || !copied ? FOLD_GAP_STOP : FOLD_GAP_NONE;
		for (skipped = 0; k < to; k++) {
			if (t->gap[k] > gap)
				gap = t->gap[k];
			skipped = plus(skipped, t->skipped[k]);
			if (is_emoji(l, t, k)) {
				gap = gap > FOLD_GAP_SOFT ? gap : FOLD_GAP_SOFT;
				skipped = plus(skipped, 1);
				to = around(k, PASSAGE_AROUND, t->len);
				continue;
			}
			add(v, t->sym[k], k, k, gap, skipped);
			gap = FOLD_GAP_NONE;
			skipped = 0;
		}
		copied = k;
		i = k;
	}
}

/* ---- restored ---- */

/* One piece of a clause; false when it says what it says. */
static bool add_piece(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct view *v)
{
	struct restored out[RESTORE_MAX];
	size_t n = restore_piece(l, t, from, to, out);
	if (n == 0)
		add_plain(v, t, from, to, false);
	for (size_t i = 0; i < n; i++) {
		size_t first = from + out[i].first;
		add(v, out[i].sym, first, from + out[i].last, out[i].joined ? FOLD_GAP_NONE : t->gap[first], out[i].joined ? 0 : t->skipped[first]);
	}
	return n > 0;
}

/* Sentences that change, and those around them in a short text. */
static bool find_restored(const struct lang *l, const struct fold_text *t, size_t lo, size_t hi, struct view *v)
{
	bool whole = hi - lo <= READING_WHOLE, any = false;
	for (size_t i = lo, end; i < hi && !v->full; i = end) {
		size_t start = v->len;
		bool changed = false;
		for (end = i; end < hi && (end == i || t->gap[end] != FOLD_GAP_STOP);) {
			size_t from = end++;
			while (end < hi && t->gap[end] < FOLD_GAP_CLAUSE && end - from < RESTORE_MAX)
				end++;
			changed |= add_piece(l, t, from, end, v);
		}
		any |= changed;
		if (!changed && !whole)
			v->len = start;
		else if (v->len > start)
			v->gap[start] = FOLD_GAP_STOP;
	}
	return any;
}

bool reading_restore(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct arena *a, struct reading *ret)
{
	struct view v = { .arena = a };
	check(from <= to && to <= t->len);
	if (likelier_backwards(l, t, from, to)) {
		add_reversed(&v, t, from, to);
		return finish(&v, t, READING_REVERSED, ret);
	}
	return find_restored(l, t, from, to, &v) && finish(&v, t, READING_RESTORED, ret);
}

bool reading_differs(const struct reading *r, const struct fold_text *t, size_t i, size_t j)
{
	for (; i < j; i++)
		if (r->first[i] != r->last[i] || r->text.sym[i] != t->sym[r->first[i]])
			return true;
	return false;
}

/* ---- the door ---- */

/* What is worth a closer look, in one pass. */
struct hints {
	bool doubled, spaced, apart, lines;
	unsigned odd; /* of a hundred */
};

/* Of up to 64 symbols from i on, a bit each. */
struct block {
	uint64_t clause, soft, stop; /* gaps before them */
	uint64_t pair, word;	     /* it and the one before: Chinese characters of one clause; that stand so in words */
	uint64_t same;		     /* as the one before */
	uint64_t han, odd;	     /* Chinese characters; uncommon ones that no word joins to a neighbour */
};

/* Which of n <= 64 symbols are at least `floor`. */
static uint64_t at_least(const uint16_t *sym, size_t n, uint16_t floor)
{
	uint64_t bits = 0;
	size_t k = 0;
#if defined(__x86_64__)
	const __m128i less = _mm_set1_epi16((short)(floor - 1)), zero = _mm_setzero_si128();
	for (; k + 16 <= n; k += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(sym + k)), b = _mm_loadu_si128((const __m128i *)(const void *)(sym + k + 8));
		a = _mm_cmpeq_epi16(_mm_subs_epu16(a, less), zero);
		b = _mm_cmpeq_epi16(_mm_subs_epu16(b, less), zero);
		bits |= (uint64_t)(uint16_t)~_mm_movemask_epi8(_mm_packs_epi16(a, b)) << k;
	}
#endif
	for (; k < n; k++)
		bits |= (uint64_t)(sym[k] >= floor) << k;
	return bits;
}

/* Of up to 64 symbols: both bits of the gaps before them, Chinese characters, uncommon ones. */
struct marks {
	uint64_t low, high, han, rare;
};

static struct marks marks_portable(const uint16_t *sym, const uint8_t *gap, size_t n)
{
	const uint64_t each = 0x0101010101010101u, aside = 0x0102040810204080u;
	struct marks m = { .han = at_least(sym, n, LANG_SYM_HAN), .rare = at_least(sym, n, LANG_SYM_HAN + COMMON) };
	size_t k = 0;
	for (; k + 8 <= n; k += 8) {
		uint64_t w;
		memcpy(&w, gap + k, sizeof(w));
		m.low |= ((w & each) * aside >> 56) << k;
		m.high |= ((w >> 1 & each) * aside >> 56) << k;
	}
	for (; k < n; k++) {
		m.low |= (uint64_t)(gap[k] & 1) << k;
		m.high |= (uint64_t)(gap[k] >> 1) << k;
	}
	return m;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw"))) static struct marks marks_avx512(const uint16_t *sym, const uint8_t *gap, size_t n)
{
	const __m512i han = _mm512_set1_epi16(LANG_SYM_HAN), rare = _mm512_set1_epi16(LANG_SYM_HAN + COMMON);
	__mmask64 some = ~UINT64_C(0) >> (64 - n);
	__m512i g = _mm512_maskz_loadu_epi8(some, gap);
	__m512i a = _mm512_maskz_loadu_epi16((__mmask32)some, sym), b = _mm512_maskz_loadu_epi16((__mmask32)(some >> 32), sym + 32);
	return (struct marks){
		.low = _mm512_test_epi8_mask(g, _mm512_set1_epi8(1)),
		.high = _mm512_test_epi8_mask(g, _mm512_set1_epi8(2)),
		.han = _mm512_cmpge_epu16_mask(a, han) | (uint64_t)_mm512_cmpge_epu16_mask(b, han) << 32,
		.rare = _mm512_cmpge_epu16_mask(a, rare) | (uint64_t)_mm512_cmpge_epu16_mask(b, rare) << 32,
	};
}

static struct marks marks_of(const uint16_t *sym, const uint8_t *gap, size_t n)
{
	bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	return wide ? marks_avx512(sym, gap, n) : marks_portable(sym, gap, n);
}
#else
static struct marks marks_of(const uint16_t *sym, const uint8_t *gap, size_t n)
{
	return marks_portable(sym, gap, n);
}
#endif

/* Of the n >= 1 symbols from i on. */
static struct block block_at(const struct lang *l, const struct fold_text *t, size_t i, size_t n)
{
	_Static_assert(FOLD_GAP_SOFT == 1 && FOLD_GAP_CLAUSE == 2 && FOLD_GAP_STOP == 3, "two bits tell");
	struct marks m = marks_of(t->sym + i, t->gap + i, n);
	struct words_pairs p = i ? words_pairs(&l->words, t->sym + i - 1, n) : words_pairs(&l->words, t->sym, n - 1);
	unsigned shift = i ? 0 : 1;
	uint64_t pair = m.han & (m.han << 1 | (i && is_han(t->sym[i - 1]))) & ~m.high, word = p.word << shift & pair;
	return (struct block){ .clause = m.high, .soft = m.low & ~m.high, .stop = m.low & m.high, .pair = pair, .word = word,
			       .same = p.same << shift, .han = m.han, .odd = m.rare & ~word & ~(word >> 1) };
}

static unsigned ones(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	return (unsigned)(((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
}

/* Between letters or digits. */
static size_t spaced_in(const struct fold_text *t, size_t i, uint64_t soft)
{
	size_t n = 0;
	for (; soft; soft &= soft - 1) {
		size_t at = i + (size_t)__builtin_ctzll(soft);
		n += at && is_alnum(t->sym[at]) && is_alnum(t->sym[at - 1]);
	}
	return n;
}

static unsigned percent(size_t part, size_t whole)
{
	return whole ? (unsigned)(part * 100 / whole) : 0;
}

/* Also settles which clauses read backwards: with few of its pairs in words one is looked at. */
static struct hints look(const struct lang *l, const struct fold_text *t, struct view *v)
{
	size_t doubled = 0, spaced = 0, apart = 0, lines = 0, from = 0, han = 0, odd = 0;
	unsigned pairs = 0, words = 0;
	bool stopped = false;
	for (size_t i = 0, n; i < t->len; i += n) {
		n = t->len - i < 64 ? t->len - i : 64;
		struct block b = block_at(l, t, i, n);
		if (b.same & b.han)
			doubled += ones(b.same & b.han & ~b.stop);
		if (b.soft) {
			apart += ones(b.soft & b.pair);
			spaced += spaced_in(t, i, b.soft & ~b.pair);
		}
		lines += b.stop ? ones(b.stop & (b.stop << 1 | stopped)) : 0;
		stopped = b.stop >> 63;
		han += ones(b.han);
		odd += b.odd ? ones(b.odd) : 0;
		uint64_t left = ~UINT64_C(0);
		for (; b.clause; b.clause &= b.clause - 1) {
			unsigned at = (unsigned)__builtin_ctzll(b.clause);
			uint64_t behind = ~UINT64_C(0) << at, here = left & ~behind;
			size_t to = i + at;
			if (3 * (words + ones(b.word & here)) < pairs + ones(b.pair & here) || to - from > CLAUSE_MAX)
				clause_done(l, t, from, to, v);
			pairs = words = 0;
			from = to;
			left = behind;
		}
		pairs += ones(b.pair & left);
		words += ones(b.word & left);
	}
	if (3 * words < pairs || t->len - from > CLAUSE_MAX)
		clause_done(l, t, from, t->len, v);
	return (struct hints){ .doubled = doubled >= RUN_MIN - 1, .apart = apart >= APART_MIN, .spaced = spaced >= SPACED_MIN - 1,
			       .lines = lines >= LINES_MIN - 1, .odd = percent(odd, han) };
}

unsigned reading_odd(const struct lang *l, const struct fold_text *t, size_t from, size_t to)
{
	size_t han = 0, odd = 0;
	check(from <= to && to <= t->len);
	for (size_t i = from, n; i < to; i += n) {
		n = to - i < 64 ? to - i : 64;
		struct block b = block_at(l, t, i, n);
		han += ones(b.han);
		odd += ones(b.odd);
	}
	return percent(odd, han);
}

unsigned reading_strange(const struct lang *l, const struct fold_text *t, size_t *ret_pairs)
{
	size_t pairs = 0, none = 0;
	for (size_t i = 1; i < t->len; i++)
		if (is_han(t->sym[i]) && is_han(t->sym[i - 1]) && t->gap[i] == FOLD_GAP_NONE && t->sym[i] != t->sym[i - 1]) {
			none += words_link(&l->words, t->sym[i - 1], t->sym[i]) == 0;
			pairs++;
		}
	*ret_pairs = pairs;
	return percent(none, pairs);
}

size_t reading_make(const struct lang *l, const struct fold_text *t, struct arena *a, struct reading *out, unsigned *ret_odd)
{
	struct view v[READING_KINDS] = { 0 };
	size_t n = 0;
	for (size_t k = 0; k < READING_KINDS; k++)
		v[k].arena = a;
	struct hints h = look(l, t, &v[READING_REVERSED]);
	if (ret_odd)
		*ret_odd = h.odd;
	if (h.doubled)
		find_collapsed(l, t, &v[READING_COLLAPSED]);
	if (h.lines)
		find_column(t, &v[READING_COLUMN]);
	if (h.spaced)
		find_letters(t, &v[READING_LETTERS]);
	if (h.apart)
		find_spaced(l, t, &v[READING_SPACED]);
	if (t->disguised)
		find_plain(l, t, &v[READING_PLAIN]);
	for (size_t k = 0; k < READING_KINDS; k++)
		n += finish(&v[k], t, (enum reading_kind)k, &out[n]);
	return n;
}

void reading_range(const struct reading *r, size_t i, size_t j, size_t *ret_from, size_t *ret_to)
{
	check(i < j && j <= r->text.len);
	size_t from = r->first[i], to = r->last[i];
	for (size_t k = i + 1; k < j; k++) {
		from = r->first[k] < from ? r->first[k] : from;
		to = r->last[k] > to ? r->last[k] : to;
	}
	*ret_from = from;
	*ret_to = to + 1;
}
