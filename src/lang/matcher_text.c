/* From UTF-8 to hits in one pass: a buffer of symbols that stays in the first cache is filled by
 * the fast fold, filtered, walked and filled again. The last MATCHER_TERM_MAX symbols stay, as hits
 * still waiting may begin there. What a gap is and where a hit ends is looked up in the source for
 * hits only. */
#include "base/check.h"
#include "lang/fold_run_private.h"
#include "lang/matcher_private.h"

#define FILL 1536 /* symbols folded at once */
#define BEFORE MATCHER_TERM_MAX
#define GAP_KNOWN 0x10 /* in stream.gap: the kind has been looked up */
#define ROOM (BEFORE + MATCHER_TERM_MAX + FILL + FOLD_RUN_ROOM)

struct stream {
	const struct lang *lang;
	struct str text;
	matcher_span_fn *hit;
	void *ctx;
	size_t base; /* number of sym[0] in the whole text */
	struct fold_out out;
	uint16_t sym[ROOM];
	uint32_t from[ROOM];
	uint8_t gap[ROOM];
};

/* Behind the character at `at`, with what it takes in as a split one; its gap kind, if it is one.
 */
static size_t behind(const struct stream *s, size_t at, enum fold_gap *ret_gap)
{
	const struct lang *l = s->lang;
	uint32_t v = fold_value(l, fold_decode((const uint8_t *)s->text.ptr, &at));
	uint16_t syms[FOLD_SLOW_SYMS];
	bool disguised;

	if (v >= FOLD_SLOW_BASE && (v < FOLD_SKIP || v > FOLD_STOP)) {
		const struct fold_slow *slow = l->slow +
					       (v - (v >= FOLD_SUP_BASE ? FOLD_SUP_BASE
									: FOLD_SLOW_BASE));

		v = fold_slow(l, slow, s->text, &at, syms, &disguised) ? 0 : syms[0];
	}
	*ret_gap = v >= FOLD_SKIP && v <= FOLD_STOP ? (enum fold_gap)(v - FOLD_SKIP)
						    : FOLD_GAP_NONE;
	return at;
}

/* What lies between symbols i - 1 and i; looked up once. */
static enum fold_gap gap_before(struct stream *s, size_t i)
{
	enum fold_gap kind = FOLD_GAP_NONE, gap;

	if ((s->gap[i] & ~3) == GAP_KNOWN)
		return (enum fold_gap)(s->gap[i] & 3);
	for (size_t at = behind(s, s->from[i - 1], &gap); at < s->from[i];) {
		at = behind(s, at, &gap);
		if (gap > kind)
			kind = gap;
	}
	s->gap[i] = (uint8_t)(GAP_KNOWN | kind);
	return kind;
}

static bool on_hit(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct stream *s = ctx;
	size_t first = from - s->base, last = to - s->base - 1;
	struct matcher_span span = { .id = id, .from = s->from[first] };
	enum fold_gap gap;

	span.to = behind(s, s->from[last], &gap);
	for (size_t i = first + 1; i <= last; i++)
		if (s->gap[i] && (gap = gap_before(s, i)) > span.gap)
			span.gap = gap;
	return s->hit(s->ctx, &span);
}

/* Keeps the symbols from `n` - BEFORE on; returns where `n` is then. */
static size_t slide(struct stream *s, size_t n)
{
	if (n <= BEFORE)
		return n;
	size_t drop = n - BEFORE, left = s->out.len - drop;

	memmove(s->sym, s->sym + drop, left * sizeof(*s->sym));
	memmove(s->from, s->from + drop, left * sizeof(*s->from));
	memmove(s->gap, s->gap + drop, left);
	s->base += drop;
	s->out.len = left;
	return BEFORE;
}

bool matcher_scan_text_with(const struct fold_kernel *fk, const struct matcher_kernel *k,
			    const struct matcher *m, const struct lang *l, enum matcher_mode mode,
			    struct str text, matcher_span_fn *hit, void *ctx)
{
	struct stream s;
	struct matcher_walk w;
	uint32_t start[ROOM + 16];
	size_t at = 0, next = 0;

	CHECK_OBJ(m, MATCHER_MAGIC);
	check(text.len < UINT32_MAX);
	s.lang = l, s.text = text, s.hit = hit, s.ctx = ctx, s.base = 0;
	s.out = (struct fold_out){ .sym = s.sym, .from = s.from, .gap = s.gap, .cap = ROOM };
	matcher_walk_init(&w, m, mode, on_hit, &s);
	for (;;) {
		fold_stream(fk, l, text, &at, &s.out);
		bool last = at >= text.len;
		size_t len = s.out.len, n = last ? len : len - (MATCHER_TERM_MAX - 1);
		size_t found = k->filter(&m->filter, s.sym + next, n - next, len - next, start);

		if (!matcher_walk_starts(&w, s.sym + next, len - next, s.base + next, start,
					 found) ||
		    !matcher_walk_flush(&w, s.base + n))
			return false;
		if (last)
			return true;
		next = slide(&s, n);
	}
}

bool matcher_scan_text(const struct matcher *m, const struct lang *l, enum matcher_mode mode,
		       struct str text, matcher_span_fn *hit, void *ctx)
{
	return matcher_scan_text_with(fold_kernel(), matcher_kernel(), m, l, mode, text, hit, ctx);
}
