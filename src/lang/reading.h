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
	READING_KINDS
};
const char *reading_name(enum reading_kind k); /* "reversed", … */

struct reading {
	enum reading_kind kind;
	struct fold_text text; /* from[] ascends within a passage, descends where reversed */
	const uint32_t *first, *last; /* symbol i stands for [first[i], last[i]] of the original */
};

/* The readings of a folded text, at most one of each kind, into out[READING_KINDS]; returns their
 * number. In the arena: about 40 bytes a symbol of the passages, LIMIT_READING_SYMBOLS of them and
 * never more than is left: what goes beyond is not read otherwise. */
size_t reading_make(const struct lang *l, const struct fold_text *t, struct arena *a, struct reading *out);
/* The original's symbols [*ret_from, *ret_to) that [i, j) of a reading cover; i < j. */
void reading_range(const struct reading *r, size_t i, size_t j, size_t *ret_from, size_t *ret_to);
#endif
