/* String slices. No allocation except str_dup(); no locale anywhere. */
#include "base/str.h"

#include <errno.h>
#include <math.h>

#include "base/mem.h"

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c)
		return c;
	return (a.len > b.len) - (a.len < b.len);
}

static bool bytes_ieq(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

bool str_ieq(struct str a, struct str b)
{
	return a.len == b.len && bytes_ieq(a.ptr, b.ptr, a.len);
}

bool str_starts(struct str s, struct str p)
{
	return s.len >= p.len && str_eq(str_make(s.ptr, p.len), p);
}

bool str_istarts(struct str s, struct str p)
{
	return s.len >= p.len && bytes_ieq(s.ptr, p.ptr, p.len);
}

bool str_ends(struct str s, struct str p)
{
	return s.len >= p.len && str_eq(str_make(s.ptr + (s.len - p.len), p.len), p);
}

bool str_iends(struct str s, struct str p)
{
	return s.len >= p.len && bytes_ieq(s.ptr + (s.len - p.len), p.ptr, p.len);
}

ssize_t str_find(struct str s, struct str needle)
{
	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return -1;
	const char *p = memmem(s.ptr, s.len, needle.ptr, needle.len);

	return p ? p - s.ptr : -1;
}

ssize_t str_ifind(struct str s, struct str needle)
{
	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return -1;
	char lo = ascii_lower(needle.ptr[0]);
	char up = lo >= 'a' && lo <= 'z' ? (char)(lo & ~0x20) : lo;
	size_t last = s.len - needle.len;

	for (size_t i = 0; i <= last; i++) {
		if (s.ptr[i] != lo && s.ptr[i] != up)
			continue;
		if (bytes_ieq(s.ptr + i, needle.ptr, needle.len))
			return (ssize_t)i;
	}
	return -1;
}

ssize_t str_chr(struct str s, char c)
{
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return p ? p - s.ptr : -1;
}

ssize_t str_rchr(struct str s, char c)
{
	const char *p = s.len ? memrchr(s.ptr, c, s.len) : NULL;

	return p ? p - s.ptr : -1;
}

struct str str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return s.ptr ? str_make(s.ptr + from, to - from) : s;
}

struct str str_trim(struct str s)
{
	while (s.len && ascii_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && ascii_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool str_split(struct str *rest, char sep, struct str *ret_part)
{
	if (!rest->ptr)
		return false;
	ssize_t at = str_chr(*rest, sep);

	if (at < 0) {
		if (rest->len == 0)
			return false;
		*ret_part = *rest;
		*rest = STR_NULL;
		return true;
	}
	*ret_part = str_sub(*rest, 0, (size_t)at);
	*rest = str_from(*rest, (size_t)at + 1);
	if (rest->len == 0)
		*rest = STR_NULL;
	return true;
}

static int parse_digits(struct str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.len == 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_digit(s.ptr[i]))
			return -1;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return -1;
	}
	*ret = v;
	return 0;
}

int str_to_u64(struct str s, uint64_t *ret)
{
	return parse_digits(s, ret);
}

int str_to_i64(struct str s, int64_t *ret)
{
	bool neg = s.len && s.ptr[0] == '-';
	uint64_t v;

	if (parse_digits(neg ? str_from(s, 1) : s, &v) < 0)
		return -1;
	if (v > (uint64_t)INT64_MAX + (neg ? 1 : 0))
		return -1;
	*ret = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int str_to_double(struct str s, double *ret)
{
	char tmp[64], *end;

	if (s.len == 0 || s.len >= sizeof(tmp) || ascii_space(s.ptr[0]))
		return -1;
	memcpy(tmp, s.ptr, s.len);
	tmp[s.len] = '\0';
	errno = 0;
	double v = strtod(tmp, &end);

	if (errno || *end || !isfinite(v))
		return -1;
	*ret = v;
	return 0;
}

uint64_t str_hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3ull;
	return h;
}

char *str_dup(struct str s)
{
	char *p = mem_alloc(s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return p;
}
