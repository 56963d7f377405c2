/* What a clause said before it was disguised: the likeliest row of words when some of its characters
 * may stand for others that sound or look alike, for the two they were split into, or were written as
 * letters (围信 微信, 欢迎 歌迎, 女子 好, wei信). */
#ifndef LANG_RESTORE_PRIVATE_H
#define LANG_RESTORE_PRIVATE_H
#include "lang/fold.h"

#define RESTORE_MAX 200 /* symbols of one piece */

struct restored {
	uint16_t sym;
	uint8_t first, last; /* stands for the piece's symbols [first, last] */
	bool changed, joined; /* joined: within a word, no gap counts */
};
/* The symbols [from, to) of a text, at most RESTORE_MAX; returns how many stand in ret[RESTORE_MAX], 0 when they say what
 * they say. */
size_t restore_piece(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct restored *ret);
#endif
