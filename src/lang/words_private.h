/* Layout of the words in the language pack (tools/lang_words.py, tools/lang_shape.py).
 *
 *   dict.node   struct word_node[2^k]: a trie as an open-addressing table. A node is its slot; it is
 *               found from its parent's slot and its symbol (words_child()). Symbol 0: empty.
 *   read.word   struct word_reading, ascending node: words whose readings are not all the commonest.
 *   read.syl    u16[]: their syllables, one a symbol.
 *   syl.name    char[8][]: names of the syllables, "xin"; ü is v.
 *   sym.read    u16[symbols]: commonest syllable, 0 none; WORDS_POLYPHONE: words decide.
 *   sym.shape   u16[symbols]: a symbol that names the class of similar shapes.
 *   pair.bits   2^21 bits: hashed pairs of characters that occur inside words.
 *   guess.head  u32[65537]: where in guess.word the keys with each upper half begin (tools/lang_guess.py).
 *   guess.word  struct words_guess, ascending: words of two to four characters by likeness (words_key()).
 *   guess.start 2^22 bits: keys of the first two characters of those words, and words_hash() of whole keys and lengths.
 *   link.pair   u16[2^19]: an open-addressing table of pairs of characters that stand side by side more often than by
 *               chance: 12 bits of their hash, 4 of how much (tools/train/links.py); 0 empty.
 *   guess.split struct words_split, ascending: characters by the two that they fall apart into.
 *   sym.part    u16[symbols]: a number for those with the same part on the right or below; 0 none. */
#ifndef LANG_WORDS_PRIVATE_H
#define LANG_WORDS_PRIVATE_H
#include "lang/fold_private.h"

#define WORDS_ROOT UINT32_MAX
#define WORDS_NONE (UINT32_MAX - 1)
#define WORDS_CHILDREN 0x8000u /* of value */
#define WORDS_READING 0x4000u
#define WORDS_SCORE 0x3FFFu /* -ln p × 512; 0: no word ends here */
#define WORDS_POLYPHONE 0x8000u
#define WORDS_LONGEST 12
#define WORDS_PAIR_BITS 21
#define WORDS_GUESS_MAX 4 /* characters of a word of guess.word */

struct word_node {
	uint32_t parent;
	uint16_t sym, value;
};
struct word_reading {
	uint32_t node, at;
};
struct words_guess {
	uint32_t key;
	uint16_t score, len; /* as WORDS_SCORE */
	uint16_t sym[WORDS_GUESS_MAX];
};
struct words_split {
	uint16_t left, right, whole, zero;
};
_Static_assert(sizeof(struct word_node) == 8 && sizeof(struct word_reading) == 8 && sizeof(struct words_guess) == 16, "layout");

static inline uint32_t words_hash(uint32_t a, uint32_t b)
{
	uint32_t h = a * 0x9E3779B1u + b * 0x85EBCA6Bu;
	return (h ^ h >> 15) * 0x2C1B3C6Du;
}

static inline uint32_t words_find(const struct words *w, uint32_t parent, uint16_t sym)
{
	uint32_t i = words_hash(parent, sym) >> w->shift;
	for (; w->node[i].sym; i = (i + 1) & w->mask)
		if (w->node[i].sym == sym && w->node[i].parent == parent)
			return i;
	return WORDS_NONE;
}

/* The node below `parent` (WORDS_ROOT, or one that has WORDS_CHILDREN), or WORDS_NONE. */
static inline uint32_t words_child(const struct words *w, uint32_t parent, uint16_t sym)
{
	return parent == WORDS_ROOT ? w->root[sym] : words_find(w, parent, sym);
}

/* Asks memory for what words_child() will read below a node. */
static inline void words_child_fetch(const struct words *w, uint32_t parent, uint16_t sym)
{
	__builtin_prefetch(&w->node[words_hash(parent, sym) >> w->shift]);
}

/* Words are alike when their keys are: words_key() of one id a character, which is its syllable, its
 * symbol of sym.shape, or its sym.part, WORDS_NO_PART + symbol where that is 0. */
enum words_likeness { WORDS_BY_SOUND = 1, WORDS_BY_SHAPE, WORDS_BY_PART };
#define WORDS_LIKENESSES 3
#define WORDS_NO_PART 0x8000u
static inline uint32_t words_key(uint32_t key, uint32_t id)
{
	return words_hash(key, id);
}
/* How gladly b follows a: 3 is by chance, each more half a nat; 0 hardly ever. */
#define WORDS_LINK_BITS 19
static inline unsigned words_link(const struct words *w, uint16_t a, uint16_t b)
{
	uint32_t h = words_hash(a, b), mask = (1u << WORDS_LINK_BITS) - 1, i = h >> (32 - WORDS_LINK_BITS);
	for (; w->link[i]; i = (i + 1) & mask)
		if (w->link[i] >> 4 == (h & 0xFFF))
			return w->link[i] & 15;
	return 0;
}

static inline void words_link_fetch(const struct words *w, uint16_t a, uint16_t b)
{
	__builtin_prefetch(&w->link[words_hash(a, b) >> (32 - WORDS_LINK_BITS)]);
}

#define WORDS_ALIKE 12 /* characters of one sound, or with one part, that are thought of */
#define WORDS_START_BITS 22
static inline bool words_start(const struct words *w, uint32_t key)
{
	uint32_t h = key >> (32 - WORDS_START_BITS);
	return w->start[h >> 3] >> (h & 7) & 1;
}
static inline void words_start_fetch(const struct words *w, uint32_t key)
{
	__builtin_prefetch(&w->start[key >> (32 - WORDS_START_BITS + 3)]);
}
/* Symbols of the word that ends in `node` into sym[0 … n); 0 when it is none, or longer. */
size_t words_spell(const struct words *w, uint32_t node, uint16_t sym[WORDS_LONGEST]);

static inline bool words_pair(const struct words *w, uint16_t a, uint16_t b)
{
	uint32_t h = words_hash(a, b) >> (32 - WORDS_PAIR_BITS);
	return w->pairs[h >> 3] >> (h & 7) & 1;
}

/* Of n <= 64 neighbours (sym[k], sym[k + 1]) a bit each: words_pair(), and whether they are the same. */
struct words_pairs {
	uint64_t word, same;
};
struct words_pairs words_pairs(const struct words *w, const uint16_t *sym, size_t n);

/* May a word say one of two neighbours otherwise than commonly? Errs on the side of yes. */
#define WORDS_SPOKEN_BITS 18
static inline bool words_spoken(const struct words *w, uint16_t a, uint16_t b)
{
	uint32_t h = words_hash(a, b) >> (32 - WORDS_SPOKEN_BITS);
	return w->spoken[h >> 5] >> (h & 31) & 1;
}

/* A node of the trie of typed syllables; node 0 is the root. */
struct words_typed {
	uint16_t next[26]; /* by letter; 0: none */
	uint16_t id;	   /* as in pinyin.h; 0: no syllable ends here */
};

/* Checks what lang_open() has to, and makes the tables: called by it. words_unload() frees them. */
int words_load(struct lang *l, struct error *e);
void words_unload(struct lang *l);
#endif
