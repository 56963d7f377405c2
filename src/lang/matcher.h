/* Many terms at once: a double-array Aho–Corasick automaton (Aho & Corasick 1975; double array
 * after Aoe 1989) over folded symbols (fold.h), with a prefilter on the first symbols of the
 * terms that lets most positions pass without touching the automaton. One immutable block of
 * memory: built in seconds, saved as it is, mapped, shared by all threads. */
#ifndef LANG_MATCHER_H
#define LANG_MATCHER_H
#include "base/buf.h"
#include "base/error.h"
#include "lang/fold.h"

struct matcher;

struct matcher_term {
	const uint16_t *sym;
	uint16_t len; /* 1..MATCHER_TERM_MAX */
	uint32_t id;  /* given back with each hit; several terms may share one */
};
#define MATCHER_TERM_MAX 64
#define MATCHER_TERMS_MAX 2000000

enum matcher_mode {
	MATCHER_ALL,	      /* every occurrence of every term, also within others */
	MATCHER_LEFT_LONGEST, /* leftmost-longest, without overlap */
};

/* Terms may be in any order; equal terms with different ids are all reported. */
int matcher_build(const struct matcher_term *terms, size_t n, struct matcher **ret, struct error *e);
/* The block as it is; valid while the matcher lives. */
struct str matcher_bytes(const struct matcher *m);
/* Over a block that matcher_bytes() gave (8-byte aligned, stays mapped while used). The block is
 * checked: damage gives an error, not a crash. */
int matcher_open(struct str bytes, struct matcher **ret, struct error *e);
void matcher_free(struct matcher *m);
size_t matcher_terms(const struct matcher *m);

/* false ends the scan. Symbols [from, to). */
typedef bool matcher_hit_fn(void *ctx, uint32_t id, size_t from, size_t to);
/* Hits in ascending order of `to`, then descending length (ALL), or of `from` (LEFT_LONGEST).
 * Gaps are not looked at. Returns false when the callback ended it. */
bool matcher_scan(const struct matcher *m, enum matcher_mode mode, const uint16_t *sym, size_t len,
		  matcher_hit_fn *hit, void *ctx);

/* The same over a stream that is made as it is looked at: make() writes symbols [from, to) of it to
 * `out`, up to a few thousand; pieces follow each other, and overlap by less than MATCHER_TERM_MAX. */
typedef void matcher_make_fn(void *ctx, size_t from, size_t to, uint16_t *out);
bool matcher_scan_made(const struct matcher *m, enum matcher_mode mode, size_t len,
		       matcher_make_fn *make, matcher_hit_fn *hit, void *ctx);

/* The whole way in one pass, without keeping the folded text: valid UTF-8 in, byte ranges of the
 * source out, the same hits as fold_text() + matcher_scan(), gap (strictest of those inside the
 * hit) beside. For filters and long texts, of less than 4 GiB. */
struct matcher_span {
	uint32_t id;
	size_t from, to; /* bytes of the source */
	enum fold_gap gap;
};
typedef bool matcher_span_fn(void *ctx, const struct matcher_span *s);
bool matcher_scan_text(const struct matcher *m, const struct lang *l, enum matcher_mode mode,
		       struct str text, matcher_span_fn *hit, void *ctx);
#endif
