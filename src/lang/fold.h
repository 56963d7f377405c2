/* Folding: one pass over UTF-8 text that gives what is meant instead of how it is written,
 * with a map back. Width, case, traditional -> simplified (OpenCC data), variants and
 * look-alikes, circled / emoji / other digits, Latin and Cyrillic look-alikes, split radicals
 * (氵去 -> 法) and emoji with a plain meaning become dense 16-bit symbols; zero-width and
 * decorative characters are skipped. The tables come from the language pack (pack.h), mapped
 * read-only and shared by all threads.
 *
 * A symbol stands for one folded character. Symbols are dense and stable within one pack
 * version only. Symbol 0 is never produced; LANG_SYM_OTHER stands for every character that has
 * no symbol of its own (it equals no term). Punctuation, spaces and decoration give no symbol:
 * they are the gap before the next symbol, and what kind of gap it is can be asked
 * (fold_gap_*): terms decide which gaps they bear. */
#ifndef LANG_FOLD_H
#define LANG_FOLD_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define LANG_SYM_OTHER 1u
#define LANG_SYM_DIGIT 2u  /* '0'; the others follow */
#define LANG_SYM_LETTER 12u /* 'a' … 'z' */
#define LANG_SYM_HAN 38u   /* the commonest Chinese character; rarer ones follow */

struct lang; /* the opened language pack */

/* Opens PACK/zh.pack (see lang_pack_dir()). About a millisecond; pages come in when used. */
int lang_open(struct str dir, struct lang **ret, struct error *e);
void lang_close(struct lang *l);
/* Version that answers name, e.g. "zh 2026.11-1a2b3c4d". */
struct str lang_version(const struct lang *l);
/* Where packs lie: $ZHANWEI_PACKS, else packs/ beside the executable, else
 * ../share/zhanwei/packs beside it. In the arena. */
struct str lang_pack_dir(struct arena *a);

/* What lies between two neighbouring symbols. */
enum fold_gap {
	FOLD_GAP_NONE,	 /* adjacent, or only invisible characters between */
	FOLD_GAP_SOFT,	 /* spaces, dashes, dots, stars, emoji, decoration: what evasion inserts */
	FOLD_GAP_CLAUSE, /* ，、：； and brackets or quotes: a person may well have meant it */
	FOLD_GAP_STOP,	 /* 。！？ or a line break: another sentence */
};

struct fold_text {
	struct str source;
	const uint16_t *sym;
	size_t len;
	const uint32_t *from; /* byte offset of the first character of each symbol; len + 1 entries,
			       * the last is source.len */
	const uint32_t *to;   /* byte offset behind its last character */
	const uint8_t *gap;   /* enum fold_gap before symbol i; gap[0] is FOLD_GAP_STOP */
	const uint8_t *skipped; /* code points in that gap, invisible ones not counted; 255 at most */
	size_t chars;	      /* code points of the source */
	bool disguised;	      /* anything beyond width, case and traditional characters was folded */
};

/* Folds valid UTF-8 (the caller checks: utf8_invalid_at()) of less than 4 GiB. Everything is in
 * the arena: about 13 bytes per symbol. */
void fold_text(const struct lang *l, struct str text, struct arena *a, struct fold_text *ret);
/* Symbols of a short string, e.g. a term; returns their number (at most max), or -1 when the
 * string has no symbol or does not fit. */
ssize_t fold_symbols(const struct lang *l, struct str s, uint16_t *out, size_t max);
/* The character a symbol stands for (simplified, half width, lower case); 0 when none. */
uint32_t fold_char(const struct lang *l, uint16_t sym);
/* The folded text as UTF-8, with a space for a soft or clause gap and '\n' for a stop: for
 * regular expressions. ret_map (may be NULL) gets the symbol index of every byte. */
struct str fold_render(const struct lang *l, const struct fold_text *t, struct arena *a,
		       const uint32_t **ret_map);

/* Positions of a byte range of the same source, in code points and UTF-16 units. Many ranges of one
 * text: ask in ascending order of `from`; cost is linear in the text altogether. */
struct text_pos {
	size_t byte, cp, utf16;
};
void text_pos_advance(struct str source, struct text_pos *p, size_t to_byte);
#endif
