/* What the structural detectors share: classes of symbols, and how a finding is added. */
#ifndef COMPLY_STRUCTURE_PRIVATE_H
#define COMPLY_STRUCTURE_PRIVATE_H
#include "comply/check_private.h"

enum sym_class { SYM_PLAIN, SYM_LETTER, SYM_DIGIT, SYM_NUMERAL, SYM_DOT, SYM_OTHER };
#define NOT_DIGIT 255

/* Labels detectors report under. */
enum detector_label { DETECT_CONTACT, DETECT_URL, DETECT_FLOOD_CHINESE, DETECT_FLOOD_DIGITS, DETECT_FLOOD_GARBLED, DETECT_LABELS };

/* A run of digits in any writing: 138, 一三八, 1 3 8-, l38. */
struct digit_run {
	size_t from, to;
	char digit[40];
	uint32_t at[40]; /* symbol of each digit */
	size_t len;
	size_t real, letters; /* plain digits; letters read as digits */
};

struct detector {
	const char *name;
	/* for each run of at least 5 digits; each run of letters and digits; once for the text */
	void (*on_digits)(struct check *k, const struct digit_run *r);
	void (*on_token)(struct check *k, size_t from, size_t to);
	void (*on_text)(struct check *k);
};
extern const struct detector detect_number, detect_address, detect_mask, detect_flood;

/* Words that name an account or a number, as symbols; made when the engine opens. */
enum name_list { NAMES_QQ, NAMES_WECHAT, NAMES_BANK, NAMES_ACCOUNT, NAMES_LAUGHTER, NAME_LISTS };
struct name_word {
	uint8_t len;
	uint16_t sym[7];
};
struct name_lists {
	struct name_word word[NAME_LISTS][20];
	size_t len[NAME_LISTS];
};
/* One of the words ends right before symbol i. */
bool structure_named(const struct check *k, enum name_list list, size_t i);

/* A contact counts where the text invites to it, or the scene is one of strangers; the telephone of an
 * office in a report is only a clue. */
void structure_contact(struct check *k, size_t from, size_t to, enum detector_label label, const struct hit_words *words);
/* Distance in symbols from [from, to) to the nearest signal of a kind before it (or just behind it);
 * SIZE_MAX: none. */
size_t structure_signal(const struct check *k, enum lex_signal kind, size_t from, size_t to);
void structure_add(struct check *k, size_t from, size_t to, enum detector_label label, enum comply_level level,
		   const struct hit_words *words);
static inline uint8_t class_of(const struct check *k, size_t i)
{
	return k->c->sym_class[k->t.sym[i]];
}
/* The source between two neighbouring symbols. */
static inline struct str between(const struct fold_text *t, size_t i)
{
	return str_sub(t->source, t->to[i - 1], t->from[i]);
}
bool structure_is(const struct check *k, size_t from, size_t to, const char *letters);
#endif
