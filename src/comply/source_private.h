/* Reading term files: what source.c gives to the compiler. */
#ifndef COMPLY_SOURCE_PRIVATE_H
#define COMPLY_SOURCE_PRIVATE_H
#include "base/vec.h"
#include "comply/lexicon_private.h"

struct source_line {
	struct str path;
	size_t line;
};
struct source {
	struct arena *arena;
	VEC(struct lex_source_label) labels;
	VEC(struct comply_entry) entries;
	VEC(int8_t) signal;
	VEC(struct source_line) where; /* of each entry */
	enum comply_level level;       /* where none is given */
	struct str label;
	comply_problem_fn *on_problem;
	void *ctx;
	size_t problems;
	uint64_t hash;
};
int source_read_dir(struct source *s, struct str dir, struct error *e);
void source_read_text(struct source *s, struct str path, struct str text, struct str label);
void source_free(struct source *s);
/* Compiles entry by entry without keeping anything, telling every problem (own.c). */
void own_check(const struct comply *c, struct source *s);
#endif
