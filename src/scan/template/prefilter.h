/* Very many fixed strings looked for in one pass. Four bytes of each string, the ones that
 * fewest others have, are its key; a bit table over all keys is asked at every position
 * of the text, and only where it says yes are the strings of that key compared. Some
 * bytes per string, built in milliseconds; read-only afterwards. */
#ifndef SCAN_TEMPLATE_PREFILTER_H
#define SCAN_TEMPLATE_PREFILTER_H
#include "base/cleanup.h"
#include "base/str.h"

#define PREFILTER_MIN 4 /* shortest string */

struct prefilter;
struct prefilter *prefilter_new(void);
void prefilter_free(struct prefilter *f);
DEFINE_CLEANUP(struct prefilter *, prefilter_free);
/* Number of the string, the same for equal ones; UINT32_MAX when it is too short. The text
 * is borrowed. nocase folds ASCII letters. */
uint32_t prefilter_add(struct prefilter *f, struct str text, bool nocase);
void prefilter_build(struct prefilter *f);
size_t prefilter_len(const struct prefilter *f);
/* Sets bit n of `bits` (prefilter_len() bits, zeroed by the caller) for every string n that
 * stands in text. */
void prefilter_scan(const struct prefilter *f, struct str text, uint64_t *bits);
static inline bool prefilter_bit(const uint64_t *bits, uint32_t n)
{
	return bits[n / 64] >> (n % 64) & 1;
}
#endif
