/* UTF-8 decoding by ranges of the second byte (Unicode, table 3-7). */
#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static bool cont(struct str s, size_t i, unsigned lo, unsigned hi)
{
	return i < s.len && (unsigned char)s.ptr[i] >= lo && (unsigned char)s.ptr[i] <= hi;
}

uint32_t utf8_next(struct str s, size_t *at)
{
	size_t i = *at;
	unsigned c = (unsigned char)s.ptr[i];
	unsigned lo = 0x80, hi = 0xBF;
	size_t more;
	uint32_t cp;

	if (c < 0x80) {
		*at = i + 1;
		return c;
	}
	if (c >= 0xC2 && c <= 0xDF) {
		more = 1;
		cp = c & 0x1F;
	} else if (c >= 0xE0 && c <= 0xEF) {
		more = 2;
		cp = c & 0x0F;
		lo = c == 0xE0 ? 0xA0 : 0x80;
		hi = c == 0xED ? 0x9F : 0xBF;
	} else if (c >= 0xF0 && c <= 0xF4) {
		more = 3;
		cp = c & 0x07;
		lo = c == 0xF0 ? 0x90 : 0x80;
		hi = c == 0xF4 ? 0x8F : 0xBF;
	} else {
		*at = i + 1;
		return UTF8_BAD;
	}
	for (size_t k = 1; k <= more; k++) {
		if (!cont(s, i + k, lo, hi)) {
			*at = i + k;
			return UTF8_BAD;
		}
		cp = cp << 6 | ((unsigned char)s.ptr[i + k] & 0x3F);
		lo = 0x80;
		hi = 0xBF;
	}
	*at = i + more + 1;
	return cp;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = UTF8_REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

void utf8_append(struct buf *b, uint32_t cp)
{
	char tmp[4];

	buf_add(b, tmp, utf8_encode(cp, tmp));
}

#if defined(__SSE2__)
/* Of 64 bytes a bit each: beyond ASCII, continuing a character, leading one of three bytes whose
 * second may be any (not E0, not ED). */
struct marks {
	uint64_t high, cont, lead;
};

static inline struct marks marks_of(const char *p)
{
	struct marks m = { 0, 0, 0 };

	for (unsigned i = 0; i < 4; i++) {
		__m128i b = _mm_loadu_si128((const void *)(p + i * 16));
		__m128i three = _mm_cmpeq_epi8(_mm_and_si128(b, _mm_set1_epi8((char)0xF0)), _mm_set1_epi8((char)0xE0));
		__m128i odd = _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8((char)0xE0)), _mm_cmpeq_epi8(b, _mm_set1_epi8((char)0xED)));

		m.high |= (uint64_t)(unsigned)_mm_movemask_epi8(b) << i * 16;
		m.cont |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(b, _mm_set1_epi8(-64))) << i * 16;
		m.lead |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_andnot_si128(odd, three)) << i * 16;
	}
	return m;
}

/* As skip_common(), 64 bytes at a time, of a string that has so many; *ret_stop where something else
 * than the end came first. */
static size_t skip_blocks(struct str s, size_t at, bool *ret_stop)
{
	while (at < s.len && !*ret_stop) {
		size_t rest = s.len - at < 64 ? s.len - at : 64;
		struct marks m = marks_of(rest < 64 ? s.ptr + s.len - 64 : s.ptr + at);
		unsigned shift = (unsigned)(64 - rest), n;
		uint64_t lead = m.lead >> shift, cont = m.cont >> shift, follow = lead << 1 | lead << 2;
		uint64_t wrong = (cont ^ follow) | (m.high >> shift & ~(cont | lead));

		n = wrong ? (unsigned)__builtin_ctzll(wrong) : (unsigned)rest;
		/* not into the midst of a character */
		if (n && lead >> (n - 1) & 1)
			n -= 1;
		else if (n > 1 && lead >> (n - 2) & 1)
			n -= 2;
		at += n;
		*ret_stop = wrong != 0;
	}
	return at;
}

/* Bytes that continue no character, of the first s.len / 16 * 16. */
static size_t leads_in_blocks(struct str s)
{
	__m128i sum = _mm_setzero_si128();

	for (size_t i = 0; i + 16 <= s.len;) {
		__m128i n = _mm_setzero_si128();

		for (size_t k = 0; k < 255 && i + 16 <= s.len; k++, i += 16)
			n = _mm_sub_epi8(n, _mm_cmpgt_epi8(_mm_loadu_si128((const void *)(s.ptr + i)), _mm_set1_epi8(-65)));
		sum = _mm_add_epi64(sum, _mm_sad_epu8(n, _mm_setzero_si128()));
	}
	return (size_t)(_mm_cvtsi128_si64(sum) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(sum, sum)));
}
/* How many bytes were looked at, in blocks, without finding a picture. */
static size_t skip_no_pictures(struct str s)
{
	size_t i = 0;

	for (; i + 17 <= s.len; i += 16) {
		__m128i b = _mm_loadu_si128((const void *)(s.ptr + i)), next = _mm_loadu_si128((const void *)(s.ptr + i + 1));
		__m128i low = _mm_and_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8((char)0xE2)), _mm_cmpgt_epi8(next, _mm_set1_epi8((char)0x97)));

		if (_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(b, _mm_set1_epi8((char)0xF0)))))
			break;
	}
	return i;
}
#else
static size_t skip_no_pictures(struct str s)
{
	return 0;
}

static size_t skip_blocks(struct str s, size_t at, bool *ret_stop)
{
	return at;
}

static size_t leads_in_blocks(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len / 16 * 16; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}
#endif

/* Behind the plain ASCII and the common three-byte characters from `at` on: most Chinese text is
 * nothing else. E0 and ED, whose second byte is bounded, are left to utf8_next(). */
static size_t skip_common(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	bool stop = false;

	if (s.len >= 64)
		at = skip_blocks(s, at, &stop);
	while (!stop && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && at + 8 <= s.len) {
		uint64_t w;
		memcpy(&w, p + at, 8);
		if ((w & 0x8080808080808080u) == 0) {
			at += 8;
			continue;
		}
		/* two characters of three bytes at once */
		uint64_t marks = w & 0x0000C0C0F0C0C0F0u;
		unsigned char a = p[at], b = p[at + 3];
		if (marks == 0x00008080E08080E0u && a != 0xE0 && a != 0xED && b != 0xE0 && b != 0xED)
			at += 6;
		else if (a < 0x80)
			at++;
		else if ((w & 0xC0C0F0u) == 0x8080E0u && a != 0xE0 && a != 0xED)
			at += 3;
		else
			break;
	}
	return at;
}

ssize_t utf8_invalid_at(struct str s)
{
	for (size_t i = skip_common(s, 0); i < s.len; i = skip_common(s, i)) {
		size_t start = i;

		if (utf8_next(s, &i) == UTF8_BAD)
			return (ssize_t)start;
	}
	return -1;
}

void utf8_sanitize(struct buf *b, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len;) {
		size_t start = i;

		if (utf8_next(s, &i) != UTF8_BAD)
			continue;
		buf_str(b, str_sub(s, from, start));
		utf8_append(b, UTF8_REPLACEMENT);
		from = i;
	}
	buf_str(b, str_from(s, from));
}

size_t utf8_count(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; n++)
		utf8_next(s, &i);
	return n;
}

bool utf8_has_pictures(struct str s)
{
	for (size_t i = skip_no_pictures(s); i < s.len; i++) {
		unsigned char b = (unsigned char)s.ptr[i];

		if (b == 0xF0 || (b == 0xE2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] > 0x97))
			return true;
	}
	return false;
}

size_t utf8_leads(struct str s)
{
	size_t n = leads_in_blocks(s);

	for (size_t i = s.len / 16 * 16; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

size_t utf8_count_utf16(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len;) {
		uint32_t cp = utf8_next(s, &i);

		n += cp != UTF8_BAD && cp >= 0x10000 ? 2 : 1;
	}
	return n;
}

struct str utf8_truncate(struct str s, size_t max_bytes)
{
	if (s.len <= max_bytes)
		return s;
	size_t end = 0;

	for (size_t i = 0; i < s.len && i <= max_bytes;) {
		end = i;
		utf8_next(s, &i);
		if (i <= max_bytes)
			end = i;
	}
	return str_sub(s, 0, end);
}
