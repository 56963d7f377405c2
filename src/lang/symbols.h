/* Rows of folded symbols, many at a time (AVX-512, AVX2, or one by one): each through a table, and
 * which of them belong to a set. */
#ifndef LANG_SYMBOLS_H
#define LANG_SYMBOLS_H
#include <stddef.h>
#include <stdint.h>

#define SYMBOLS_TABLE 65538 /* entries of a table: one for each possible symbol, and what a load may touch beyond */
#define SYMBOLS_SET 2048    /* words of a set: one bit for each possible symbol */

/* out[i] = table[sym[i]] */
void symbols_map(const uint16_t *table, const uint16_t *sym, size_t n, uint16_t *out);
/* Bit i: sym[i] is in the set; n <= 64. */
uint64_t symbols_in(const uint32_t *set, const uint16_t *sym, size_t n);
static inline void symbols_put(uint32_t *set, uint16_t sym)
{
	set[sym >> 5] |= UINT32_C(1) << (sym & 31);
}

/* All variants, best first; the last one runs everywhere. Ends with a NULL name. */
struct symbols_kernel {
	const char *name;
	int (*supported)(void);
	void (*map)(const uint16_t *table, const uint16_t *sym, size_t n, uint16_t *out);
	uint64_t (*in)(const uint32_t *set, const uint16_t *sym, size_t n);
};
extern const struct symbols_kernel symbols_kernels[];
#endif
