/* The fast part of folding: runs of characters that are one symbol or one gap, many at a time. It
 * stops at the first character that needs more (or may be invisible), which the caller takes by
 * itself before calling again. */
#ifndef LANG_FOLD_RUN_PRIVATE_H
#define LANG_FOLD_RUN_PRIVATE_H
#include "lang/fold_private.h"

#define FOLD_RUN_ROOM 80 /* symbols that a run may write beyond the last one */

/* Symbols so far. sym and from as in struct fold_text. With `to`: to, gap and skipped as there,
 * where gap[len] and skipped[len] are what has come since the last symbol. Without: gap[i] is
 * nonzero when there is any gap before symbol i, and `after_gap` says it of symbol len. */
struct fold_out {
	uint16_t *sym;
	uint32_t *from, *to;
	uint8_t *gap, *skipped;
	size_t len, cap; /* cap: the run ends when fewer than FOLD_RUN_ROOM are left */
	size_t chars;    /* code points taken */
	bool after_gap;
};

/* From text[*at] on; moves *at. */
typedef void fold_run_fn(const struct lang *l, const uint8_t *text, size_t len, size_t *at,
			 struct fold_out *o);
struct fold_kernel {
	const char *name;
	bool (*supported)(void);
	fold_run_fn *run;
};
/* Best first; the last one runs everywhere. Ends with a NULL name. All write the same. */
extern const struct fold_kernel fold_kernels[];
const struct fold_kernel *fold_kernel(void);

void fold_text_with(const struct fold_kernel *k, const struct lang *l, struct str text,
		    struct arena *a, struct fold_text *ret);
/* Folds text into o from *at on until its end or until o is full; any character. */
void fold_stream(const struct fold_kernel *k, const struct lang *l, struct str text, size_t *at,
		 struct fold_out *o);

/* One more character of this kind (enum fold_gap) before symbol n of a whole text. */
static inline void fold_put_gap(struct fold_out *o, size_t n, uint32_t kind)
{
	if (kind > o->gap[n])
		o->gap[n] = (uint8_t)kind;
	o->skipped[n] = (uint8_t)(o->skipped[n] + (o->skipped[n] < 255));
}

/* One symbol, or one character of a gap: FOLD_SOFT..FOLD_STOP. */
static inline void fold_put(struct fold_out *o, uint32_t v, size_t from, size_t to)
{
	o->chars++;
	if (v < FOLD_SLOW_BASE) {
		size_t n = o->len++;

		o->sym[n] = (uint16_t)v;
		o->from[n] = (uint32_t)from;
		if (o->to) {
			o->to[n] = (uint32_t)to;
			o->gap[n + 1] = o->skipped[n + 1] = 0;
		} else {
			o->gap[n] = o->after_gap;
			o->after_gap = false;
		}
		return;
	}
	o->after_gap = true;
	if (o->to)
		fold_put_gap(o, o->len, v - FOLD_SKIP);
}
#endif
