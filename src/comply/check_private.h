/* One check under way: what the layers share. Everything lives in the caller's arena. */
#ifndef COMPLY_CHECK_PRIVATE_H
#define COMPLY_CHECK_PRIVATE_H
#include "comply/lexicon_private.h"
#include "comply/model.h"
#include "lang/reading.h"
#include "lang/segment.h"

enum scene { SCENE_NEUTRAL, SCENE_NEWS, SCENE_AD, SCENE_COMMENT, SCENE_SITE, SCENE_GAME, SCENES };

/* What a label means under a policy. */
struct policy_cell {
	uint8_t on_block, on_review; /* enum comply_action for a certain hit by its level */
	uint8_t on_weak;	     /* when clues gather */
	bool off;
	bool if_advert;		   /* decides only where the text reads as an advert */
	bool weak_counts;	   /* a clue alone is enough */
	bool unless_report;	   /* weighs less where the text reports of it */
	float review_at, block_at; /* model score */
};

/* Words of hits that no lexicon holds. */
struct hit_words {
	struct str term, reason, article, advice;
};

struct label_state {
	struct str code, zh, en;
	const struct policy_cell *cell;
	uint16_t column;
	float hit_score, model_score;
	uint8_t action;
	bool any;
};

#define COMPLY_MAGIC 0x636f6d70u
struct comply {
	unsigned magic;
	struct lang *lang;
	struct comply_model *model; /* NULL: none */
	struct lexicon lex;
	struct comply_label *labels;
	size_t labels_len;
	uint16_t *column;	     /* of each label */
	uint16_t *model_label;	     /* of each class of the model; UINT16_MAX: clean */
	size_t model_classes;
	struct hit_words *model_words;
	struct policy_cell *scenes;  /* SCENES rows of labels_len cells */
	struct str versions;
	char *versions_text;
	struct name_lists *names;    /* of the structural detectors */
	uint16_t struct_label[16];   /* enum detector_label to label */
	uint8_t *sym_class;	     /* enum sym_class of each of 65,536 symbols */
	uint32_t *marked;	     /* those of another class than most (lang/symbols.h) */
	uint16_t *sound;	     /* commonest syllable of each symbol, from LEX_SOUND_BASE on */
	uint16_t *shape;	     /* lex_shapes() */
	uint16_t adlaw, ad;	     /* labels; UINT16_MAX: none */
	struct label_state *templates; /* SCENES rows of labels_len, as a check begins */
	uint32_t symbols_end;	     /* behind the last symbol in use */
	uint8_t *sym_digit;	     /* value of digits (also 一 and o), 255: none */
};

#define COMPLY_LEXICON_MAGIC 0x636c6578u
struct comply_lexicon {
	unsigned magic;
	struct buf block;
	struct lexicon view;
	struct str version;
	char *version_text;
	size_t builtin_labels; /* the first ones of its labels are the engine's */
	int64_t first_until;   /* 0: no entry expires */
};

struct hit {
	uint32_t from, to; /* symbols */
	uint32_t byte_from, byte_to;
	const struct lexicon *lex; /* NULL: structural or model */
	const struct lex_entry *entry;
	const struct hit_words *words;
	uint16_t label;
	uint8_t layer, level, action, rank; /* rank: 0 built in, then the lexicons in rising precedence */
	bool dead, shown;
};

struct signal_at {
	uint32_t from, to;
	uint32_t entry;
	uint8_t kind;
};
struct allow_at {
	uint32_t from, to;
	uint16_t label;
	uint8_t rank;
};

#define GROWING(type)                                                          \
	struct {                                                               \
		type *ptr;                                                     \
		size_t len, cap;                                               \
	}
/* Room for one more in the arena; earlier blocks stay there until it is reset. */
#define grow(v, a)                                                                           \
	({                                                                                   \
		if ((v)->len == (v)->cap) {                                                  \
			size_t cap_ = (v)->cap ? (v)->cap * 2 : 16;                          \
			void *new_ = arena_array((a), cap_, sizeof(*(v)->ptr));              \
			if ((v)->len)                                                        \
				memcpy(new_, (v)->ptr, (v)->len * sizeof(*(v)->ptr));        \
			(v)->ptr = new_;                                                     \
			(v)->cap = cap_;                                                     \
		}                                                                            \
		(v)->ptr + (v)->len++;                                                       \
	})

/* Which symbols stretches of a text have, and what became of lists of words there: the words of a
 * condition are asked for again and again in one sentence. Stretches are known by where they lie. */
#define MEMO_BITS 1024
#define MEMO_LISTS 32
struct stretch_memo {
	const uint16_t *at;
	size_t len;
	uint64_t has[MEMO_BITS / 64]; /* symbols modulo MEMO_BITS */
	bool listed;		      /* lists are filled: most texts never need them */
	struct {
		const struct lex_alt *list;
		const uint16_t *at;
		size_t len;
		bool found;
	} lists[MEMO_LISTS];
};

struct check {
	const struct comply *c;
	const struct comply_options *o;
	struct arena *a;
	enum scene scene;
	struct fold_text t;
	const uint64_t *marked; /* one bit for each symbol of the text: letters, digits, numerals and the like */
	struct label_state *labels;
	size_t labels_len;
	GROWING(struct hit) hits;
	GROWING(struct signal_at) signals;
	GROWING(struct allow_at) allows;
	size_t signal_count[LEX_SIGNALS]; /* different entries */
	size_t max_hits;
	bool truncated;
	/* the lexicon under way */
	const struct lexicon *lex;
	uint8_t rank;
	uint16_t custom_from;	   /* labels of it from this number on are its own … */
	const uint16_t *custom_to; /* … and stand for these */
	/* rendered once, when a pattern needs it */
	struct str rendered;
	const uint32_t *rendered_map;
	uint8_t *regex_done; /* per entry of the lexicon under way */
	struct segment_cache words;
	size_t *work;	/* comparisons done for rules and conditions */
	struct stretch_memo *memo;
	uint8_t demote; /* levels that the hit under way loses */
	struct reading *readings;
	size_t readings_len;
	bool readings_made;
	unsigned odd;		  /* reading_odd() of the text */
	size_t typed;		  /* typed syllables among Chinese characters */
	struct reading *restored; /* the last one made */
	size_t restored_from, restored_to, restored_len;
	bool advert, report; /* how the text reads */
	float *model_scores; /* of the whole text, per class; NULL: none */
};

/* ---- layers ---- */
/* Makes k->labels; most texts never need them. */
void check_labels(struct check *k);
/* Terms, rules, patterns of the lexicon set in k->lex. */
void check_lexicon(struct check *k);
void check_terms(struct check *k);
/* Symbols, sounds and shapes in one scan. */
void check_streams(struct check *k);
/* What the matcher calls for each form found among the symbols. */
bool check_on_form(void *ctx, uint32_t id, size_t from, size_t to);
/* May the rule of a form found at symbols [from, to) hold? Hardly ever errs on the side of yes. */
bool check_guard(const struct check *k, uint32_t form, size_t from, size_t to);
void check_emoji(struct check *k);
/* Fills k->marked. The first such symbol of the whole text from i on, or the end. */
void check_mark(struct check *k);
size_t check_next_marked(const struct check *k, size_t i);
void check_readings(struct check *k);
/* Symbols [from, to) without disguises, when they look disguised; the terms of all lexicons have been looked for there.
 * NULL: nothing to restore. */
const struct reading *check_restored(struct check *k, size_t from, size_t to);
void check_reading(struct check *k, const struct reading *r);
/* Was so much of it restored that it was hardly written so by chance? */
bool check_disguised(const struct check *k, const struct reading *r);
/* A form of k->lex found at symbols [from, to): everything else its entry asks for, then the hit. */
void check_form(struct check *k, uint32_t form, size_t from, size_t to, enum comply_layer layer);
void check_emoji_hit(struct check *k, const struct lex_entry *en, size_t byte_from, size_t byte_to, size_t from, size_t to);
void check_structure(struct check *k);
void check_model(struct check *k);
void check_verdict(struct check *k);
void check_result(struct check *k, struct comply_result *ret);

/* Conditions of an entry around symbols [from, to). */
bool check_conditions(const struct check *k, const struct lex_entry *en, size_t from, size_t to);
/* The sentence around symbols [from, to): no further than LIMIT_COMPLY_SENTENCE each way. */
void check_sentence(const struct fold_text *t, size_t from, size_t to, size_t *ret_from, size_t *ret_to);
/* NULL when there are too many already. */
struct hit *check_add(struct check *k, size_t from, size_t to, uint16_t label, enum comply_layer layer, enum comply_level level);

/* Tables of symbols for the detectors, once. */
void structure_prepare(struct comply *c);
void sounds_prepare(struct comply *c);
/* Opens the model and finds the labels of its classes. */
int model_attach(struct comply *c, struct str path, struct error *e);

/* ---- policies ---- */
int scene_parse(struct str s, enum scene *ret);
void policy_fill(struct comply *c);
/* Cells of a check: the scene's own, or a copy with the caller's rules over them. */
const struct policy_cell *policy_cells(struct check *k);
struct policy_cell policy_custom(const struct check *k, struct str label);

#endif
