/* Layout of the folding tables in the language pack (tools/lang_fold.py writes them).
 *
 *   fold.bmp    u16[65536]: code point -> symbol, where one symbol is all there is to say; or
 *               FOLD_SKIP..FOLD_STOP, a gap; or FOLD_SLOW_BASE + index into fold.slow.
 *   fold.slow   struct fold_slow: several symbols, a disguise, or the left part of split characters.
 *   fold.sup    struct fold_sup, ascending: code points above U+FFFF with an entry in fold.slow.
 *               The others are invisible from U+E0000 on, soft gaps at U+1F000..U+1FFFF, and
 *               LANG_SYM_OTHER elsewhere.
 *   fold.split  struct fold_split: runs that fold_slow.split points at; ascending `right`,
 *               those with a third part first.
 *   sym.char    u32[symbols]: the character a symbol stands for.
 *
 * Symbols: 0 never, 1 other, then the digits, the letters a-z, Chinese characters by falling
 * frequency, everything else (fold.h names the first ones). */
#ifndef LANG_FOLD_PRIVATE_H
#define LANG_FOLD_PRIVATE_H
#include "lang/fold.h"
#include "lang/pack.h"

#define FOLD_SLOW_BASE 0xE000u
#define FOLD_SUP_BASE 0x10000u /* the same, of code points above U+FFFF */
#define FOLD_SKIP 0xFFF0u   /* invisible: not even a gap */
#define FOLD_SOFT 0xFFF1u   /* FOLD_SKIP + enum fold_gap */
#define FOLD_CLAUSE 0xFFF2u
#define FOLD_STOP 0xFFF3u
#define FOLD_SLOW_SYMS 4
#define FOLD_PAIR_WORDS 2048

enum fold_flag {
	FOLD_DISGUISE = 1, /* beyond width, case and traditional characters */
	FOLD_SPLIT = 2,	   /* sym[0] may be the left part of a split character */
	FOLD_EMOJI = 4,	   /* a meaning that may as well be decoration */
};

struct fold_slow {
	uint16_t sym[FOLD_SLOW_SYMS]; /* n == 0: sym[0] is FOLD_SKIP..FOLD_STOP */
	uint8_t n, flags;
	uint16_t splits; /* how many in fold.split, from `split` on */
	uint32_t split;
};
struct fold_sup {
	uint32_t cp, slow;
};
struct fold_split {
	uint16_t right, third, whole, zero; /* third 0: two parts */
};
_Static_assert(sizeof(struct fold_slow) == 16 && sizeof(struct fold_split) == 8, "layout");

/* Words and readings: words_private.h. */
struct words {
	const struct word_node *node;
	uint32_t mask;
	unsigned shift;
	const struct word_reading *reading;
	const uint16_t *syl, *read, *shape;
	const char (*name)[8];
	const uint8_t *pairs, *start;
	const uint32_t *guess_head;
	const struct words_guess *guess;
	const struct words_split *split;
	const uint16_t *part, *link;
	size_t readings, syls, names, guesses, splits, parts, symbols;
	/* Made on opening (words.c): cost of each symbol as a word; the commonest symbols of each syllable and each part;
	 * the node of each first symbol; hashed pairs of symbols within words that say one of the two otherwise than
	 * commonly; and a trie of the syllables by their letters as people type them. */
	uint16_t *alone, *by_sound, *by_part;
	uint64_t *left; /* one bit for each symbol: it may be the left part of others */
	uint32_t *root;
	uint32_t *spoken;
	struct words_typed *typed;
};

#define LANG_MAGIC 0x6c616e67u
struct lang {
	uint32_t magic;
	struct pack *pack;
	const uint16_t *bmp;
	const struct fold_slow *slow;
	const struct fold_sup *sup;
	const struct fold_split *split;
	const uint32_t *chars;
	size_t slow_n, sup_n, split_n, chars_n;
	struct words words;
	/* Made on opening, for fold_run.c. Of each code point of the BMP: its value in fold.bmp, or its
	 * one symbol if it is an entry of fold.slow that gives just that unless a split character
	 * begins there (FOLD_RUN_LEFT); FOLD_RUN_RIGHT if it may be the second part of one. And
	 * hashed pairs of the symbols of the first and the second part. */
	uint32_t *run;
	uint32_t pairs[FOLD_PAIR_WORDS];
};
#define FOLD_RUN_LEFT 0x10000u
#define FOLD_RUN_RIGHT 0x20000u
#define FOLD_PAIR_HASH(left, right) (((uint32_t)(left) | (uint32_t)(right) << 16) * 0x9e3779b1u >> 16)

/* Takes the pack over, also on failure. */
int lang_open_pack(struct pack *p, struct lang **ret, struct error *e);

/* What any code point folds to: as in fold.bmp, or FOLD_SUP_BASE + index into fold.slow. */
uint32_t fold_value(const struct lang *l, uint32_t cp);
/* The entry of a value from FOLD_SLOW_BASE on that is no gap. */
static inline const struct fold_slow *fold_entry(const struct lang *l, uint32_t v)
{
	return l->slow + (v - (v >= FOLD_SUP_BASE ? FOLD_SUP_BASE : FOLD_SLOW_BASE));
}
/* What one slow character (or a split one that begins with it) gives. *at stands behind its
 * first character and is moved behind further ones that were used. Returns the entry's symbols in
 * out[FOLD_SLOW_SYMS] and their number; 0: a gap, out[0] says which. */
size_t fold_slow(const struct lang *l, const struct fold_slow *s, struct str text, size_t *at,
		 uint16_t out[FOLD_SLOW_SYMS], bool *disguised);
/* For valid UTF-8 only. */
static inline uint32_t fold_decode(const uint8_t *p, size_t *at)
{
	uint32_t c = p[*at];
	if (c < 0x80) {
		*at += 1;
		return c;
	}
	if (c < 0xE0) {
		c = (c & 0x1F) << 6 | (p[*at + 1] & 0x3F);
		*at += 2;
		return c;
	}
	if (c < 0xF0) {
		c = (c & 0x0F) << 12 | (uint32_t)(p[*at + 1] & 0x3F) << 6 | (p[*at + 2] & 0x3F);
		*at += 3;
		return c;
	}
	c = (c & 7) << 18 | (uint32_t)(p[*at + 1] & 0x3F) << 12 | (uint32_t)(p[*at + 2] & 0x3F) << 6 |
	    (p[*at + 3] & 0x3F);
	*at += 4;
	return c;
}
#endif
