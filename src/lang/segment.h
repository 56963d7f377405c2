/* Words, numbers and sentences of folded text.
 *
 * Words: the likeliest row of dictionary words (unigram model, dynamic programming) of each stretch
 * without gaps; runs of letters and of digits are words of their own; a character in no word is one.
 * A gap of any kind always ends a word. */
#ifndef LANG_SEGMENT_H
#define LANG_SEGMENT_H
#include "lang/fold.h"

struct segment_words {
	const uint32_t *at; /* word i is the symbols [at[i], at[i + 1]); len + 1 entries */
	size_t len;
};
/* Words of the symbols [from, to), as if nothing stood around them. In the arena. */
void segment_text(const struct lang *l, const struct fold_text *t, size_t from, size_t to,
		  struct arena *a, struct segment_words *ret);

/* Is there a word boundary before symbol i (0 and len always are)? Only the stretch around it is
 * cut, up to SEGMENT_AROUND symbols on both sides; the cache keeps the last one. */
#define SEGMENT_AROUND 24
struct segment_cache { /* { 0 } at first; of one text */
	size_t from, to;
	uint64_t bits; /* bit k: a word begins at from + k */
};
bool segment_boundary(const struct lang *l, const struct fold_text *t, size_t i,
		      struct segment_cache *c);

/* How likely the symbols are as Chinese words: mean of -ln p a symbol, smaller is likelier; unknown
 * characters count as very rare words. 0 when n is 0. */
double segment_surprise(const struct lang *l, const uint16_t *sym, size_t n);
/* Is this row of symbols a word of the dictionary? */
bool segment_is_word(const struct lang *l, const uint16_t *sym, size_t n);

/* The sentence with symbol i in it: ends at FOLD_GAP_STOP. */
void segment_sentence(const struct fold_text *t, size_t i, size_t *ret_from, size_t *ret_to);

/* A number that starts at symbol i, in Arabic or Chinese digits or both (3500, 3.5 万, 三千五百, 两百,
 * 廿五, 二〇二六, 壹佰). Returns the symbol behind it, or i when there is none. Numbers over 10^15 are
 * refused. */
size_t segment_number(const struct lang *l, const struct fold_text *t, size_t i, double *ret);
#endif
