/* Text compliance: what in a text is unlawful or unwise to publish, why, exactly where, and what
 * to do. Pure: text and options in, one result out; no database, no server. Layers: terms
 * (exact, folded, with gaps, pinyin, shape), rules and contexts, structural detectors, a linear
 * model; each hit says which layer made it. The engine is immutable and shared by all threads. */
#ifndef COMPLY_COMPLY_H
#define COMPLY_COMPLY_H
#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct comply;	       /* engine: language pack, built-in lexicon, model, policies */
struct comply_lexicon; /* an operator's or person's own terms, compiled; immutable */

enum comply_action { COMPLY_PASS, COMPLY_REVIEW, COMPLY_BLOCK };
enum comply_level { COMPLY_WEAK, COMPLY_LEVEL_REVIEW, COMPLY_LEVEL_BLOCK };
enum comply_layer {
	COMPLY_LAYER_TERM,   /* the term as written, or folded */
	COMPLY_LAYER_SPLIT,  /* with characters put between */
	COMPLY_LAYER_PINYIN, /* by sound */
	COMPLY_LAYER_SHAPE,  /* by shape, split radicals */
	COMPLY_LAYER_RULE,   /* combination or regular expression */
	COMPLY_LAYER_STRUCT, /* structural detector: phone number, URL, flooding … */
	COMPLY_LAYER_MODEL,
	COMPLY_LAYER_LEXICON, /* the operator's own terms */
};
const char *comply_layer_name(enum comply_layer l); /* "term", "split", … */
const char *comply_action_name(enum comply_action a); /* "pass", "review", "block" */

/* Labels: data/lexicon/labels.tsv. Column labels ("adlaw") and leaves ("adlaw.superlative"). */
struct comply_label {
	struct str code, zh, en, basis;
	int severity; /* 1 low, 2 medium, 3 high */
	bool leaf;
};
size_t comply_labels(const struct comply *c, const struct comply_label **ret);
const struct comply_label *comply_label_find(const struct comply *c, struct str code);

/* Opens what lies in `dir` (lang_pack_dir()). A few milliseconds. */
int comply_open(struct str dir, struct comply **ret, struct error *e);
void comply_close(struct comply *c);

/* ---- own lexicons ---- */
enum comply_entry_kind { COMPLY_DENY, COMPLY_ALLOW };
struct comply_entry {
	struct str term;  /* as in data/lexicon/README.md: {a|b}, A~6~B, A&B, re:… */
	struct str label; /* leaf code, or a custom label of the operator: 1–40 characters */
	enum comply_entry_kind kind;
	enum comply_level level;
	struct str match, context; /* letters and conditions as in the README; may be empty */
	struct str reason, article, advice, note, replacement;
	int64_t until; /* wall ms when it expires; 0: never */
	struct str id; /* the caller's, handed back in hits */
};
/* Compiles. The entries need not outlive the call. A bad entry is an error that names it
 * (field "entries.N.term"); nothing is built then. */
int comply_lexicon_build(const struct comply *c, const struct comply_entry *entries, size_t n,
			 struct str version, struct comply_lexicon **ret, struct error *e);
void comply_lexicon_free(struct comply_lexicon *x);

/* ---- term files (data/lexicon/README.md) ---- */
int comply_level_parse(struct str s, enum comply_level *ret); /* "weak", "review", "block" */
typedef void comply_problem_fn(void *ctx, struct str path, size_t line, const struct error *e);
/* The built-in lexicon from its folder, for symbols of the language pack in `packs`: the bytes of
 * comply.pack. Every problem is told, and its entry left out. */
int comply_build(struct str packs, struct str dir, comply_problem_fn *on_problem, void *ctx, struct buf *ret,
		 size_t *ret_entries, struct error *e);
/* A file of own terms: with keys and a header as the built-in ones, or simply term<TAB>label a line.
 * Where no label is given, `label`. In the arena. */
int comply_entries_read(struct arena *a, struct str path, struct str label, comply_problem_fn *on_problem, void *ctx,
			const struct comply_entry **ret, size_t *ret_len, struct error *e);
/* The same of a text that was read before: what a spreadsheet held, as lines of cells between tabs.
 * `name` is what problems call it; both stay the caller's. */
int comply_entries_text(struct arena *a, struct str name, struct str text, struct str label,
			comply_problem_fn *on_problem, void *ctx, const struct comply_entry **ret, size_t *ret_len,
			struct error *e);
/* Tells all that is wrong with a file, or with the text of one. */
int comply_lint(const struct comply *c, struct str path, comply_problem_fn *on_problem, void *ctx,
		size_t *ret_entries, size_t *ret_problems, struct error *e);
int comply_lint_text(const struct comply *c, struct str name, struct str text, comply_problem_fn *on_problem, void *ctx,
		     size_t *ret_entries, size_t *ret_problems, struct error *e);
/* The column that a cell of the head line names, in Chinese or English: "term", "label", "kind", "level",
 * "match", "context", "reason", "article", "advice", "replacement", "until", "note", "id"; NULL: none. */
const char *comply_column(struct str name);
/* A cell as the column means it: "放行" is "allow", the apostrophe before "=" is off. Level "allow" makes
 * an allowing entry. */
struct str comply_cell(const char *column, struct str s);
/* When an entry ends: RFC 3339, milliseconds, or a date with or without a time ("2026-12-31", "2026/12/31
 * 18:00", "2026年12月31日"); a date alone is its last second. *ret_local: the wall time of no zone, as if it
 * were UTC. */
int comply_until(struct str s, int64_t *ret_ms, bool *ret_local);

/* ---- policies ---- */
/* Scenes: "" neutral, "news", "ad", "comment", "site", "game". */
struct comply_rule { /* of a policy; NULL-ended lists are the caller's */
	struct str label;	   /* column, leaf, custom label, or "*" */
	enum comply_action action; /* what a certain hit of it means */
	double review_at, block_at; /* model score 0..1; 0: as the scene has it */
	bool off;		   /* not looked at, not listed */
};
struct comply_options {
	struct str scene;
	const struct comply_rule *rules; /* over the scene's own, last one wins */
	size_t rules_len;
	const struct comply_lexicon *const *lexicons; /* in rising precedence */
	size_t lexicons_len;
	bool no_model;
	int64_t now; /* wall ms, for expiring entries; 0: nothing expires */
	size_t max_hits; /* 0: LIMIT_COMPLY_HITS */
};
bool comply_scene_known(struct str scene);

struct comply_hit {
	size_t start, end;		/* code points, end exclusive */
	size_t start_utf16, end_utf16;
	struct str text;		/* of the source */
	struct str label, sub_label;	/* "adlaw", "superlative"; custom labels: sub_label empty */
	struct str label_zh, sub_label_zh, label_en, sub_label_en;
	struct str term;		/* the entry as listed */
	enum comply_layer layer;
	enum comply_action action;	/* what this hit alone means under the policy */
	struct str reason, article, advice;
	struct str replacement;		/* may be empty */
	struct str entry; /* id of the own entry, or empty */
};
struct comply_score {
	struct str label, sub_label; /* sub_label may be empty */
	struct str label_zh, sub_label_zh, label_en, sub_label_en;
	double score; /* 0..1, calibrated: how likely a reviewer agrees */
	enum comply_action action;
};
struct comply_result {
	enum comply_action suggestion;
	double score; /* of the worst label */
	const struct comply_score *labels; /* falling score */
	size_t labels_len;
	const struct comply_hit *hits; /* rising start, then falling length */
	size_t hits_len;
	size_t merged_count; /* hits that overlap or nest count once */
	size_t chars;	     /* code points, line breaks count */
	bool truncated;	     /* more hits than max_hits */
	struct str versions; /* "zh …; lexicon …; model …; own …" */
};
/* Text must be UTF-8: otherwise "text.not-utf8" names the byte. At most LIMIT_COMPLY_TEXT bytes
 * ("text.too-long"). Everything in the arena. */
int comply_check(const struct comply *c, struct str text, const struct comply_options *o,
		 struct arena *a, struct comply_result *ret, struct error *e);
/* The answer's document: suggestion, score, labels, hits, versions, merged_count, chars. */
json_t *comply_result_json(const struct comply_result *r);

/* The text with its hits of action >= at_least masked (each character by `mask`) or, where a
 * replacement is known and replace is set, replaced. */
struct str comply_mask(struct arena *a, struct str text, const struct comply_result *r,
		       enum comply_action at_least, bool replace, struct str mask);

/* 违禁词查询: what the lexicons know of `term`: entries equal to it, containing it, or contained in
 * it, own ones first. */
json_t *comply_lookup(const struct comply *c, struct str term, const struct comply_options *o,
		      size_t max);
#endif
