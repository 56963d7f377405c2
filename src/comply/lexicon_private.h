/* The compiled form of a lexicon: a pack (lang/pack.h) with one section a table, the same in the mapped
 * file comply.pack and on the heap for an operator's own terms. Tables refer to each other by index,
 * to strings by offset; nothing is parsed when it is opened, everything is bounds-checked once.
 * Sections: lang (version of the language pack whose symbols it holds), strings, syms, labels,
 * entries, parts, forms, conds, alts, emoji (ascending heads), the matcher terms, over three streams: symbols,
 * sounds (from LEX_SOUND_BASE on) and shapes (from LEX_SHAPE_BASE on), and which sounds stand side by side in terms. */
#ifndef COMPLY_LEXICON_PRIVATE_H
#define COMPLY_LEXICON_PRIVATE_H
#include "comply/comply.h"
#include "comply/term_private.h"
#include "lang/fold.h"
#include "lang/matcher.h"
#include "lang/pack.h"

#include <stdatomic.h>

/* Symbols lie below 0xE000, syllables are some hundreds, classes of look-alikes at most 0xF00. A
 * character without look-alikes is its own symbol among shapes too. */
#define LEX_SYMBOLS 0xE000u
#define LEX_SOUND_BASE 0xE000u
#define LEX_SHAPE_BASE 0xF000u
/* The shape of each of LEX_SYMBOLS symbols; the caller frees. The same for one language pack. */
uint16_t *lex_shapes(const struct lang *l);

/* A bit for each two of the first LEX_SOUNDS ids of pinyin.h. */
#define LEX_SOUNDS 512u
#define LEX_SOUND_WORDS (LEX_SOUNDS * LEX_SOUNDS / 32)

struct sref {
	uint32_t off, len;
};

struct lex_label {
	struct sref code, zh, en, basis;
	uint16_t column; /* index of its column; itself for columns */
	uint8_t severity, leaf;
	uint32_t pad;
};

enum lex_kind { LEX_TERM, LEX_RULE, LEX_REGEX, LEX_EMOJI_TERM, LEX_SIGNAL };
enum lex_match { LEX_GAPS = 1, LEX_BY_SOUND = 2, LEX_BY_SHAPE = 4, LEX_WORD = 8, LEX_EXACT = 16 };

struct lex_entry {
	struct sref term, reason, article, advice, note, replacement, id;
	int64_t until;
	uint32_t part_first, cond_first;
	uint16_t label; /* of this block's labels; of a signal: enum lex_signal; of an allowed phrase: LEX_ANY_LABEL or a label */
	uint8_t part_count, cond_count;
	uint8_t kind, level, match, allow;
	uint8_t anchor; /* the part that is looked for */
	uint8_t pad[3];
};
#define LEX_ANY_LABEL UINT16_MAX

/* What the text around says about itself (data/lexicon/signals.tsv). */
enum lex_signal { LEX_SIGNAL_AD, LEX_SIGNAL_REPORT, LEX_SIGNAL_INVITE, LEX_SIGNAL_PUBLIC, LEX_SIGNALS };

struct lex_part {
	uint32_t form_first;
	uint16_t form_count;
	uint16_t gap; /* to the next part; 0: anywhere in the sentence */
};
struct lex_form {
	uint32_t entry;
	uint32_t sym;
	uint16_t len;
	uint8_t part, soft; /* soft: written with spaces itself */
	struct sref text;   /* of a form that is a disguise (溦信, 氵衮): only written so; else empty */
};
struct lex_cond {
	uint32_t alt_first;
	uint16_t alt_count;
	uint8_t kind, pad; /* enum cond_kind */
};
struct lex_alt {
	uint32_t sym;
	uint16_t len, first; /* its first symbol: most words are ruled out by it */
};
struct lex_emoji {
	uint32_t head; /* its first emoji */
	uint32_t form_entry;
	struct sref text;
};

/* Of a rule whose parts stand near each other (guard.c): what the part beside the anchor may begin
 * and end with. */
#define LEX_GUARD_BITS 128
struct lex_guard {
	uint64_t first[LEX_GUARD_BITS / 64], last[LEX_GUARD_BITS / 64]; /* symbols modulo LEX_GUARD_BITS */
	uint16_t far; /* symbols beside the anchor that it may reach */
	bool behind;  /* the anchor; else before it */
};

/* A block, opened. */
struct lexicon {
	struct pack *pack; /* taken over */
	const char *strings;
	const uint16_t *syms;
	const struct lex_label *labels;
	const struct lex_entry *entries;
	const struct lex_part *parts;
	const struct lex_form *forms;
	const struct lex_cond *conds;
	const struct lex_alt *alts;
	const struct lex_emoji *emoji;
	size_t labels_len, entries_len, forms_len, emoji_len;
	struct matcher *terms; /* NULL: none */
	const uint32_t *sound_pairs; /* LEX_SOUND_WORDS */
	bool sounds, shapes;   /* some entries ask for them */
	bool low_emoji;	       /* some emoji lie below U+10000 */
	struct lex_guard *guards; /* NULL: none; guards[0] is nobody's */
	uint32_t *form_guard;	  /* of each form; 0: none */
	struct regex_slot *regex;		/* one per entry of kind regex, by entry index; NULL: none */
};

static inline struct str lex_str(const struct lexicon *x, struct sref s)
{
	return str_make(x->strings + s.off, s.len);
}

/* Does b stand behind a in the sounds of some term? */
static inline bool lex_sound_pair(const struct lexicon *x, uint16_t a, uint16_t b)
{
	uint32_t i = a * LEX_SOUNDS + b;
	return a >= LEX_SOUNDS || b >= LEX_SOUNDS || x->sound_pairs[i / 32] >> (i % 32) & 1;
}

/* Takes the pack over, also on failure: "comply.pack-bad", "comply.pack-stale" (made for another
 * language pack). */
int lexicon_view(struct pack *p, struct str lang, struct lexicon *ret, struct error *e);
void lexicon_close(struct lexicon *x);
/* Of a lexicon whose references are checked. */
void lex_guards_make(struct lexicon *x);

/* What is compiled: entries with resolved labels. */
struct lex_source_label {
	struct str code, zh, en, basis;
	int severity;
	bool leaf;
};
struct lex_source {
	const struct lex_source_label *labels;
	size_t labels_len;
	const struct comply_entry *entries;
	size_t entries_len;
	const int8_t *signal; /* per entry: enum lex_signal, or -1; NULL: none */
	struct str version;
	bool simplified; /* terms are written in simplified characters: others are meant as disguise */
	/* told of each bad entry, and the others go on; NULL: the first one ends it */
	void (*on_bad)(void *ctx, size_t entry, const struct error *e);
	void *ctx;
};
/* The bytes of a pack. A bad entry is named in the error's field: "entries.N.term". */
int lexicon_compile(const struct lang *l, const struct lex_source *s, struct buf *ret, struct error *e);

/* ---- regular expressions, compiled when first needed, shared by threads ---- */
struct regex_slot {
	_Atomic(void *) code;
};
int lex_regex_try(struct str pattern, struct error *e);
/* Matches from `*at` on; false at the end. Bytes. */
bool lex_regex_next(struct regex_slot *slot, struct str pattern, struct str text, size_t *at, size_t *ret_from,
		    size_t *ret_to);
void lex_regex_close(struct regex_slot *slot);

#endif
