/* String slices: pointer and length, UTF-8 by convention, never assumed to be
 * NUL-terminated, never owned. Functions that "find" return a byte index or -1. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct str {
	const char *ptr;
	size_t len;
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_INIT(lit) { "" lit, sizeof(lit) - 1 }
#define STR_NULL ((struct str){ NULL, 0 })
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_make(const void *p, size_t n)
{
	return (struct str){ p, n };
}

/* NULL gives the empty slice. */
static inline struct str str_c(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

static inline bool str_empty(struct str s)
{
	return s.len == 0;
}

bool str_eq(struct str a, struct str b);
int str_cmp(struct str a, struct str b);
/* The "i" forms fold ASCII letters only. */
bool str_ieq(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_iends(struct str s, struct str suffix);
ssize_t str_find(struct str s, struct str needle);
ssize_t str_ifind(struct str s, struct str needle);
ssize_t str_chr(struct str s, char c);
ssize_t str_rchr(struct str s, char c);
static inline bool str_has(struct str s, struct str needle)
{
	return str_find(s, needle) >= 0;
}
static inline bool str_ihas(struct str s, struct str needle)
{
	return str_ifind(s, needle) >= 0;
}
/* Bytes [from, to), clamped to the string. */
struct str str_sub(struct str s, size_t from, size_t to);
static inline struct str str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.len);
}
/* Strips ASCII white space at both ends. */
struct str str_trim(struct str s);
/* Takes the part before the next `sep` off *rest. False when nothing is left.
 * "a,,b" gives a, "", b; "" gives nothing. */
bool str_split(struct str *rest, char sep, struct str *ret_part);
/* Whole string must be a decimal number in range. 0, or -1 and *ret untouched. */
int str_to_i64(struct str s, int64_t *ret);
int str_to_u64(struct str s, uint64_t *ret);
int str_to_double(struct str s, double *ret);
/* 64-bit FNV-1a; for tables, not for secrets. */
uint64_t str_hash(struct str s);
/* Heap copy with a NUL behind it; the caller frees. */
char *str_dup(struct str s);

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
static inline bool ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline bool ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool ascii_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool ascii_alnum(char c)
{
	return ascii_alpha(c) || ascii_digit(c);
}
#endif
