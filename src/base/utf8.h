/* UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF) and the
 * two kinds of position that users see: code points and UTF-16 units. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/buf.h"
#include "base/str.h"

#define UTF8_BAD UINT32_MAX
#define UTF8_REPLACEMENT 0xFFFDu

/* Decodes the code point at s.ptr[*at] and moves *at behind it. A malformed byte
 * gives UTF8_BAD and moves *at by the length of the maximal bad prefix
 * (WHATWG Encoding). *at must be < s.len. */
uint32_t utf8_next(struct str s, size_t *at);
/* Bytes written, 1..4; a value that is no scalar becomes U+FFFD. */
size_t utf8_encode(uint32_t cp, char out[4]);
void utf8_append(struct buf *b, uint32_t cp);
/* Byte index of the first malformed sequence, or -1 when all is well. */
ssize_t utf8_invalid_at(struct str s);
/* Appends s with malformed parts replaced by U+FFFD. */
void utf8_sanitize(struct buf *b, struct str s);
/* Lengths of valid text; malformed bytes count one each. */
size_t utf8_count(struct str s);
/* Code points of valid text, many bytes at a time. */
size_t utf8_leads(struct str s);
/* May valid text have code points of U+2600..U+2FFF or U+10000..U+3FFFF? */
bool utf8_has_pictures(struct str s);
size_t utf8_count_utf16(struct str s);
/* Longest prefix of at most max_bytes that does not cut a code point. */
struct str utf8_truncate(struct str s, size_t max_bytes);
#endif
