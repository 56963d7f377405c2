/* Growable byte buffer, born with a maximum. Going beyond it keeps what fitted
 * and sets `overflow`; callers look once at the end instead of after every
 * append. A NUL always stands behind the content. Zero-initialise through
 * buf_init() or BUF_INIT(max); free with buf_free(). */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include <stdarg.h>

#include "base/cleanup.h"
#include "base/str.h"

struct buf {
	char *ptr;
	size_t len, cap, max;
	bool overflow;
};

#define BUF_INIT(limit) { .max = (limit) }

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
/* Empties, keeps the memory, clears overflow. */
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_c(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Little-endian integers and length-prefixed bytes, for our own wire forms. */
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_blob(struct buf *b, struct str s);
/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);
/* Room for n more bytes to be written at ptr+len by the caller, who then adds to
 * len. NULL when the maximum would be passed (overflow is then set). */
char *buf_reserve(struct buf *b, size_t n);
static inline struct str buf_view(const struct buf *b)
{
	return str_make(b->ptr ? b->ptr : "", b->len);
}
/* Hands the heap block to the caller (never NULL); the buffer is empty after. */
char *buf_take(struct buf *b, size_t *ret_len);

#define _cleanup_buf_ _cleanup_(buf_free)

/* Reader over the wire forms above; every getter returns 0 or -1 at the end. */
struct reader {
	const char *ptr, *end;
};
static inline struct reader reader_of(struct str s)
{
	return (struct reader){ s.ptr, s.ptr + s.len };
}
int reader_u32(struct reader *r, uint32_t *ret);
int reader_u64(struct reader *r, uint64_t *ret);
int reader_blob(struct reader *r, struct str *ret);
#endif
