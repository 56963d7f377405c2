/* Bump allocator: one per request, page or job, freed in one go. Memory comes
 * zeroed. An arena is born with a limit in bytes; exceeding it aborts, so what
 * reads foreign input must bound its own sizes first (arena_left()). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct arena;

struct arena *arena_new(size_t limit);
void arena_free(struct arena *a);
/* Forgets all allocations, keeps the first block. */
void arena_reset(struct arena *a);
size_t arena_used(const struct arena *a);
size_t arena_left(const struct arena *a);
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
void *arena_array(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
/* Copies; a NUL stands behind the copy but is not counted. */
struct str arena_str(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))

DEFINE_CLEANUP(struct arena *, arena_free);
#define _cleanup_arena_ _cleanup_(arena_freep)
#endif
