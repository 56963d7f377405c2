/* A temporary file for what does not fit in memory: see aside.c. */
#ifndef SCAN_ASIDE_H
#define SCAN_ASIDE_H
#include "base/buf.h"
#include "base/error.h"

#define LIMIT_ASIDE (16ull << 30)	      /* of one scan: tens of millions of addresses */
#define LIMIT_ASIDE_PIECE (4 * (size_t)1024 * 1024) /* one frame between engine and keeper */

struct aside;
int aside_open(struct aside **ret, struct error *e);
void aside_close(struct aside *a);
/* Where it stands afterwards, in bytes from the beginning. */
int aside_put(struct aside *a, struct str bytes, uint64_t *ret_at, struct error *e);
/* Appends to b. */
int aside_get(struct aside *a, uint64_t at, size_t len, struct buf *b, struct error *e);
#endif
