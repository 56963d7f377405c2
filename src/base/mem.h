/* Heap allocation that cannot fail: out of memory ends the process with an exit code
 * of its own, by which its supervisor or spawner knows the reason (rule 7 of the
 * house). Memory comes zeroed. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stddef.h>

#define MEM_EXIT_CODE 86

void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
/* n elements of `size` bytes, overflow checked. */
void *mem_array(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* As realloc; bytes beyond the old size are not zeroed. */
void *mem_resize(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
#endif
