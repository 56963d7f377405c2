/* A set of keys that only remembers 64 bits of each: 16 bytes of memory per member at most,
 * where a map of strings takes over a hundred. Two keys are taken for one with a chance of
 * one in 30 million for a million members. */
#ifndef SCAN_SEEN_H
#define SCAN_SEEN_H
#include "base/str.h"

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *s);
/* True when the key was not there. Keys are hashes already (kit_hash(): 32 hex digits), or
 * any text. */
bool seen_add(struct seen *s, struct str key);
bool seen_has(const struct seen *s, struct str key);
size_t seen_len(const struct seen *s);
#endif
