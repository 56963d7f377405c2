/* Sounds and shapes as further streams of 16-bit ids over folded symbols, so that the matcher
 * runs over them as over symbols.
 *
 * Sounds: an id is a digit or a letter as in fold.h (LANG_SYM_DIGIT, LANG_SYM_LETTER),
 * LANG_SYM_OTHER, or a toneless syllable from PINYIN_SYLLABLE on. Chinese characters give their
 * syllable (of several readings the one that the word around it asks for, else the commonest);
 * runs of Latin letters are parsed into syllables where they can be (weixin -> wei xin), what is
 * left stays letters (jiav -> jia v).
 * Shapes: an id is the symbol that names a class of similar characters (微 徽 薇); a character
 * without look-alikes is its own class. */
#ifndef LANG_PINYIN_H
#define LANG_PINYIN_H
#include "lang/fold.h"

#define PINYIN_SYLLABLE 38u

struct pinyin_text {
	const uint16_t *id;
	const uint32_t *at; /* id i stands for the symbols [at[i], at[i + 1]) of the text; len + 1 */
	size_t len;
};

/* Ids of the symbols [from, to) of a text; `at` counts symbols of the whole text. A letter run ends
 * where the gap before the next letter is not FOLD_GAP_NONE. In the arena, 6 bytes a symbol. */
void pinyin_text(const struct lang *l, const struct fold_text *t, size_t from, size_t to,
		 struct arena *a, struct pinyin_text *ret);
/* The same for a term's symbols; the number of ids, or -1 when they are more than max. */
ssize_t pinyin_symbols(const struct lang *l, const uint16_t *sym, size_t n, uint16_t *out, size_t max);
/* "xin", "v"; empty for LANG_SYM_OTHER. Valid while the pack is open. */
struct str pinyin_name(const struct lang *l, uint16_t id);
/* First letter of a syllable as a letter's id (xin -> x); letters and digits are themselves. */
uint16_t pinyin_initial(const struct lang *l, uint16_t id);
/* One id for syllables that southern speakers mix up (zh/z, ch/c, sh/s, n/l, f/h, -ng/-n): the
 * first of them in order of ids. For terms that can afford it. */
uint16_t pinyin_fuzzy(const struct lang *l, uint16_t id);
/* Id of a syllable by name, 0 when there is none. */
uint16_t pinyin_id(const struct lang *l, struct str name);

/* Shape classes of n symbols into out[n]. */
void shape_symbols(const struct lang *l, const uint16_t *sym, size_t n, uint16_t *out);
#endif
