/* Character references (WHATWG HTML §13.2.5.72 ff.): numeric ones with their Windows-1252
 * heritage, named ones by longest match in the standard's table. Each byte is looked at a
 * bounded number of times: a name is at most 33 bytes long. */
#include "base/check.h"
#include "base/utf8.h"
#include "net/html_private.h"

struct entity {
	const char *name;
	unsigned char name_len, text_len;
	const char *text;
};

/* Sorted by bytes of the name. */
static const struct entity entities[] = {
#include "html_entities.inc"
};

/* Narrows [*lo, *hi) to the names whose byte at `at` is c. */
static void narrow(size_t *lo, size_t *hi, size_t at, char c)
{
	size_t a = *lo, b = *hi;

	while (a < b) {
		size_t mid = (a + b) / 2;
		const struct entity *e = &entities[mid];

		if (at >= e->name_len || (unsigned char)e->name[at] < (unsigned char)c)
			a = mid + 1;
		else
			b = mid;
	}
	size_t first = a;

	b = *hi;
	while (a < b) {
		size_t mid = (a + b) / 2;

		if (entities[mid].name[at] == c)
			a = mid + 1;
		else
			b = mid;
	}
	*lo = first;
	*hi = a;
}

static const struct entity *longest_name(struct str s)
{
	size_t lo = 0, hi = ARRAY_SIZE(entities);
	const struct entity *found = NULL;

	for (size_t i = 0; i < s.len && lo < hi; i++) {
		narrow(&lo, &hi, i, s.ptr[i]);
		/* The name that ends here sorts before all that go on. */
		if (lo < hi && entities[lo].name_len == i + 1)
			found = &entities[lo];
	}
	return found;
}

static uint32_t legacy_code_point(uint32_t cp)
{
	static const uint16_t windows_1252[32] = {
		0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
		0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
	};

	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return UTF8_REPLACEMENT;
	if (cp >= 0x80 && cp <= 0x9f && windows_1252[cp - 0x80])
		return windows_1252[cp - 0x80];
	return cp;
}

/* s starts behind "&#". Bytes taken, 0 when there is no number. */
static size_t numeric(struct buf *out, struct str s)
{
	bool hex = s.len && (s.ptr[0] | 0x20) == 'x';
	size_t i = hex, from = i;
	uint32_t cp = 0;

	for (; i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);
		uint32_t d;

		if (ascii_digit(c))
			d = (uint32_t)(c - '0');
		else if (hex && c >= 'a' && c <= 'f')
			d = (uint32_t)(c - 'a' + 10);
		else
			break;
		if (cp <= 0x10ffff)
			cp = cp * (hex ? 16 : 10) + d;
	}
	if (i == from)
		return 0;
	utf8_append(out, legacy_code_point(cp));
	return i < s.len && s.ptr[i] == ';' ? i + 1 : i;
}

/* s starts at '&'. Bytes taken; at least 1 (then the '&' was copied). */
static size_t reference(struct buf *out, struct str s, bool in_attribute)
{
	if (s.len >= 3 && s.ptr[1] == '#') {
		size_t n = numeric(out, str_from(s, 2));

		if (n)
			return n + 2;
	} else if (s.len >= 2 && ascii_alnum(s.ptr[1])) {
		const struct entity *e = longest_name(str_from(s, 1));
		size_t end = e ? (size_t)e->name_len + 1 : 0;
		bool closed = e && e->name[e->name_len - 1] == ';';

		if (e && (closed || !in_attribute || end >= s.len ||
			  (s.ptr[end] != '=' && !ascii_alnum(s.ptr[end])))) {
			buf_add(out, e->text, e->text_len);
			return end;
		}
	}
	buf_char(out, '&');
	return 1;
}

static bool has_references(enum html_decode_kind kind)
{
	return kind != HTML_DECODE_RAW && kind != HTML_DECODE_CDATA;
}

bool html_needs_decoding(struct str s, enum html_decode_kind kind)
{
	if (s.len == 0)
		return false;
	return memchr(s.ptr, '\0', s.len) || memchr(s.ptr, '\r', s.len) ||
	       (has_references(kind) && memchr(s.ptr, '&', s.len));
}

void html_decode_as(struct buf *out, struct str s, enum html_decode_kind kind)
{
	bool refs = has_references(kind);
	size_t from = 0, i = 0;

	while (i < s.len) {
		char c = s.ptr[i];

		if (c != '\0' && c != '\r' && !(refs && c == '&')) {
			i++;
			continue;
		}
		buf_add(out, s.ptr + from, i - from);
		if (c == '&') {
			i += reference(out, str_from(s, i), kind == HTML_DECODE_ATTR);
		} else if (c == '\r') {
			buf_char(out, '\n');
			i += i + 1 < s.len && s.ptr[i + 1] == '\n' ? 2 : 1;
		} else {
			if (kind != HTML_DECODE_DATA && kind != HTML_DECODE_CDATA)
				utf8_append(out, UTF8_REPLACEMENT);
			i++;
		}
		from = i;
	}
	buf_add(out, s.ptr + from, s.len - from);
}

void html_decode(struct buf *out, struct str s, bool in_attribute)
{
	html_decode_as(out, s, in_attribute ? HTML_DECODE_ATTR : HTML_DECODE_DATA);
}
