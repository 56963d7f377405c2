/* Typed growable arrays without a typedef:
 *
 *     VEC(struct str) urls = { 0 };
 *     *vec_push(&urls) = s;
 *     for (size_t i = 0; i < urls.len; i++) use(urls.ptr[i]);
 *     vec_free(&urls);
 *
 * Elements are moved by realloc; keep indices, not pointers. */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define VEC(type)                                                              \
	struct {                                                               \
		type *ptr;                                                     \
		size_t len, cap;                                               \
	}

/* Pointer to a new zeroed last element. */
#define vec_push(v)                                                            \
	({                                                                     \
		if ((v)->len == (v)->cap) {                                    \
			(v)->cap = (v)->cap ? (v)->cap * 2 : 8;                \
			(v)->ptr = mem_resize((v)->ptr, (v)->cap,              \
					      sizeof(*(v)->ptr));              \
		}                                                              \
		memset((v)->ptr + (v)->len, 0, sizeof(*(v)->ptr));             \
		(v)->ptr + (v)->len++;                                         \
	})
#define vec_pop(v)                                                             \
	({                                                                     \
		check((v)->len > 0);                                           \
		(v)->ptr[--(v)->len];                                          \
	})
#define vec_clear(v) ((void)((v)->len = 0))
#define vec_free(v)                                                            \
	do {                                                                   \
		free((v)->ptr);                                                \
		(v)->ptr = NULL;                                               \
		(v)->len = (v)->cap = 0;                                       \
	} while (0)
#define vec_sort(v, cmp) ((v)->len ? qsort((v)->ptr, (v)->len, sizeof(*(v)->ptr), (cmp)) : (void)0)
#endif
