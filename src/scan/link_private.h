/* Scripts taken apart into words: shared by those who look for addresses (link_script.c) and for
 * whole requests (link_request.c) in them. */
#ifndef SCAN_LINK_PRIVATE_H
#define SCAN_LINK_PRIVATE_H
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "scan/link.h"

#define LIMIT_SCRIPT_BASES 3

enum token_kind { T_STRING, T_TEMPLATE, T_NAME, T_NUMBER, T_SIGN };
struct token {
	enum token_kind kind;
	struct str text; /* strings: between the quotes */
};

struct reading {
	VEC(struct token) tokens;
	struct map *constants; /* name -> index of its string token + 1, or AMBIGUOUS */
	struct str bases[LIMIT_SCRIPT_BASES];
	size_t bases_len, count;
	link_found *found;
	void *ctx;
	struct buf text;
	struct map *said;
	bool stop;
};
void reading_begin(struct reading *r, struct str js, link_found *found, void *ctx);
void reading_end(struct reading *r);

/* Never NULL: behind the end a sign that nothing is. */
const struct token *token_at(const struct reading *r, size_t i);
bool token_sign(const struct token *t, char c);
/* A sum of strings, constants and unknown parts ("1") at i into b; index behind it, i when there is none.
 * *ret_any: was any part of it known? */
size_t reading_sum(struct reading *r, struct buf *b, size_t i, bool *ret_any, size_t *ret_terms);
#endif
