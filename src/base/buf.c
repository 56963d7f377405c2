/* Growable byte buffer with a maximum, and the reader of its wire forms. */
#include "base/buf.h"

#include "base/check.h"
#include "base/mem.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

void buf_free(struct buf *b)
{
	if (!b)
		return;
	free(b->ptr);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->ptr)
		b->ptr[0] = '\0';
}

static void grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 64;

	while (cap < need + 1)
		cap = cap > SIZE_MAX / 2 ? need + 1 : cap * 2;
	b->ptr = mem_resize(b->ptr, cap, 1);
	b->cap = cap;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max - b->len || b->len > b->max) {
		b->overflow = true;
		return NULL;
	}
	if (b->len + n + 1 > b->cap)
		grow(b, b->len + n);
	return b->ptr + b->len;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	check(b->len <= b->max);
	if (n > b->max - b->len) {
		n = b->max - b->len;
		b->overflow = true;
	}
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->len += n;
	b->ptr[b->len] = '\0';
}

void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.ptr, s.len);
}

void buf_c(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list twice;

	va_copy(twice, ap);
	int n = vsnprintf(NULL, 0, fmt, twice);

	va_end(twice);
	check(n >= 0);
	if ((size_t)n <= b->max - b->len) {
		char *at = buf_reserve(b, (size_t)n);

		vsnprintf(at, (size_t)n + 1, fmt, ap);
		b->len += (size_t)n;
		return;
	}
	_cleanup_free_ char *tmp = mem_alloc((size_t)n + 1);

	vsnprintf(tmp, (size_t)n + 1, fmt, ap);
	buf_add(b, tmp, (size_t)n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_u32(struct buf *b, uint32_t v)
{
	unsigned char t[4];

	for (int i = 0; i < 4; i++)
		t[i] = (unsigned char)(v >> (8 * i));
	buf_add(b, t, sizeof(t));
}

void buf_u64(struct buf *b, uint64_t v)
{
	buf_u32(b, (uint32_t)v);
	buf_u32(b, (uint32_t)(v >> 32));
}

void buf_blob(struct buf *b, struct str s)
{
	check(s.len <= UINT32_MAX);
	buf_u32(b, (uint32_t)s.len);
	buf_str(b, s);
}

void buf_consume(struct buf *b, size_t n)
{
	check(n <= b->len);
	if (n == 0)
		return;
	memmove(b->ptr, b->ptr + n, b->len - n);
	b->len -= n;
	b->ptr[b->len] = '\0';
}

char *buf_take(struct buf *b, size_t *ret_len)
{
	char *p = b->ptr ? b->ptr : mem_alloc(1);

	if (ret_len)
		*ret_len = b->len;
	buf_init(b, b->max);
	return p;
}

int reader_u32(struct reader *r, uint32_t *ret)
{
	if (r->end - r->ptr < 4)
		return -1;
	const unsigned char *p = (const unsigned char *)r->ptr;

	*ret = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	r->ptr += 4;
	return 0;
}

int reader_u64(struct reader *r, uint64_t *ret)
{
	uint32_t lo, hi;

	if (r->end - r->ptr < 8 || reader_u32(r, &lo) < 0 || reader_u32(r, &hi) < 0)
		return -1;
	*ret = lo | (uint64_t)hi << 32;
	return 0;
}

int reader_blob(struct reader *r, struct str *ret)
{
	struct reader at = *r;
	uint32_t n;

	if (reader_u32(&at, &n) < 0 || (size_t)(at.end - at.ptr) < n)
		return -1;
	*ret = str_make(at.ptr, n);
	at.ptr += n;
	*r = at;
	return 0;
}
