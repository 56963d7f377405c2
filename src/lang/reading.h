/* Other readings of a disguised text: the same symbols in the order, or without the padding, in
 * which a person would read them. Each is a fold_text of its own, with only the passages that look
 * disguised in this way; whoever matches over the text matches over these too and maps what is
 * found back. Ordinary text has none: the test is one pass without allocation. */
#ifndef LANG_READING_H
#define LANG_READING_H
#include "lang/fold.h"

enum reading_kind {
	READING_REVERSED,  /* 信微加请: clauses whose characters make words only backwards */
	READING_COLLAPSED, /* 加加微微信信, 加加加微信: runs of one character are one */
	READING_COLUMN,	   /* one character a line */
	READING_LETTERS,   /* w e i x i n, v-x-1-2-3: spaced-out letters and digits together */
	READING_SPACED,	   /* 赌 博 平 台, 赌*博-平*台: characters set apart, together again */
	READING_PLAIN,	   /* emoji that have a meaning (fold_text() gave it) are decoration */
	READING_RESTORED,  /* 歌迎威信镣我: characters that make no words stand for others of their sound or shape */
	READING_KINDS
};
const char *reading_name(enum reading_kind k); /* "reversed", … */

struct reading {
	enum reading_kind kind;
	struct fold_text text; /* from[] ascends within a passage, descends where reversed */
	const uint32_t *first, *last; /* symbol i stands for [first[i], last[i]] of the original */
};

/* The readings of a folded text, at most one of each kind but the last, into out[READING_KINDS]; returns their
 * number. In the arena: about 40 bytes a symbol of the passages, LIMIT_READING_SYMBOLS of them and
 * never more than is left: what goes beyond is not read otherwise. *ret_odd (may be NULL): as reading_odd() of it all. */
size_t reading_make(const struct lang *l, const struct fold_text *t, struct arena *a, struct reading *out, unsigned *ret_odd);
/* Of a hundred characters among the symbols [from, to) how many are uncommon ones that make no word with a neighbour:
 * of ordinary text 10, and hardly ever 30. */
unsigned reading_odd(const struct lang *l, const struct fold_text *t, size_t from, size_t to);
/* Of a hundred pairs of characters side by side how many hardly ever stand so: of ordinary sentences 10, of characters
 * at random 90. */
unsigned reading_strange(const struct lang *l, const struct fold_text *t, size_t *ret_pairs);
/* The restored reading of symbols [from, to), or the reversed one of a passage that is written backwards: costs as much as a dozen matchings, so ask only where a text looks disguised.
 * A passage of at most READING_WHOLE symbols is read whole, of a longer one the sentences that change. false: it
 * says what it says. */
#define READING_WHOLE 140
bool reading_restore(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct arena *a, struct reading *ret);
/* Do symbols [i, j) of a reading say anything else than the original's symbols that they stand for? */
bool reading_differs(const struct reading *r, const struct fold_text *t, size_t i, size_t j);
/* The original's symbols [*ret_from, *ret_to) that [i, j) of a reading cover; i < j. */
void reading_range(const struct reading *r, size_t i, size_t j, size_t *ret_from, size_t *ret_to);
#endif
