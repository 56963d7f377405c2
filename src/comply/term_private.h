/* How a term and its conditions are written (data/lexicon/README.md): parsed once, when a lexicon is
 * compiled or checked. */
#ifndef COMPLY_TERM_PRIVATE_H
#define COMPLY_TERM_PRIVATE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define TERM_FORMS 64  /* written forms of one line */
#define TERM_PARTS 6   /* of a rule */
#define TERM_CHARS 32  /* of one form */
#define TERM_GAP 60    /* of A~n~B */
#define TERM_CONDS 8   /* conditions of one entry */
#define TERM_WORDS 400 /* words of one condition */

struct term_part {
	const struct str *forms;
	size_t len;
	unsigned gap; /* to the next part; 0: anywhere in the sentence */
};
struct term_parsed {
	struct str regex; /* not empty: nothing else is set */
	struct term_part parts[TERM_PARTS];
	size_t len;
};
/* Slices of `term` or of the arena. "term.…" codes; the field is left to the caller. */
int term_parse(struct arena *a, struct str term, struct term_parsed *ret, struct error *e);

enum cond_kind {
	COND_NOT_WITHIN, /* !甲: the hit lies within 甲 */
	COND_NOT_BEFORE, /* !<甲: 甲 right before */
	COND_NOT_AFTER,	 /* !>甲 */
	COND_SENTENCE,	 /* +甲: 甲 in the sentence */
	COND_BEFORE,	 /* +<甲: 甲 within 12 characters before */
	COND_AFTER,	 /* +>甲 */
};
#define COND_NEAR 3  /* characters that "right before" reaches */
#define COND_FAR 12  /* characters that +< and +> reach */
struct cond_parsed {
	enum cond_kind kind;
	const struct str *words;
	size_t len;
};
int cond_parse(struct arena *a, struct str context, struct cond_parsed ret[TERM_CONDS], size_t *ret_len,
	       struct error *e);
/* Letters of gpswx to enum lex_match bits. */
int match_parse(struct str letters, unsigned *ret, struct error *e);

/* Words one of which must occur in what a pattern matches: at least two characters each where that
 * can be had. 0: none is certain. */
size_t regex_words(struct arena *a, struct str pattern, const struct str **ret);
#endif
