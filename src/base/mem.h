/* Heap allocation that cannot fail: out of memory ends the process, and its
 * supervisor starts another (rule 7 of the house). Memory comes zeroed. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stddef.h>

void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
/* n elements of `size` bytes, overflow checked. */
void *mem_array(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* As realloc; bytes beyond the old size are not zeroed. */
void *mem_resize(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
#endif
