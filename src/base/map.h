/* Hash map from byte strings to pointers. Keys are copied, values are borrowed
 * unless map_free_values() is used. Iteration is in insertion order, so that
 * everything built on it is deterministic. SipHash keyed per process: foreign
 * input cannot choose collisions. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/cleanup.h"
#include "base/str.h"

struct map;

struct map *map_new(void);
void map_free(struct map *m);
void map_free_values(struct map *m, void (*free_value)(void *));
size_t map_len(const struct map *m);
void *map_get(const struct map *m, struct str key);
bool map_has(const struct map *m, struct str key);
/* Replaces; returns the old value or NULL. */
void *map_put(struct map *m, struct str key, void *value);
/* True when the key was not there before (a set). */
bool map_add(struct map *m, struct str key);
void *map_remove(struct map *m, struct str key);

struct map_iter {
	size_t at;
};
bool map_next(const struct map *m, struct map_iter *it, struct str *ret_key, void **ret_value);

DEFINE_CLEANUP(struct map *, map_free);
#define _cleanup_map_ _cleanup_(map_freep)
#endif
