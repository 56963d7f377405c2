/* Text encodings of bytes. */
#include "base/encode.h"

#include "base/utf8.h"

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void encode_hex(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.len; i++) {
		buf_char(b, digits[(unsigned char)s.ptr[i] >> 4]);
		buf_char(b, digits[(unsigned char)s.ptr[i] & 15]);
	}
}

int decode_hex(struct buf *b, struct str s)
{
	if (s.len % 2)
		return -1;
	for (size_t i = 0; i < s.len; i += 2)
		if (hex_value(s.ptr[i]) < 0 || hex_value(s.ptr[i + 1]) < 0)
			return -1;
	for (size_t i = 0; i < s.len; i += 2)
		buf_char(b, (char)(hex_value(s.ptr[i]) << 4 | hex_value(s.ptr[i + 1])));
	return 0;
}

static void base64_with(struct buf *b, struct str s, const char *alphabet, bool pad)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		unsigned v = (unsigned)p[i] << 16 | (n > 1 ? (unsigned)p[i + 1] << 8 : 0) |
			     (n > 2 ? p[i + 2] : 0);

		for (size_t k = 0; k < 4; k++) {
			if (k <= n)
				buf_char(b, alphabet[v >> (18 - 6 * k) & 63]);
			else if (pad)
				buf_char(b, '=');
		}
	}
}

void encode_base64(struct buf *b, struct str s)
{
	base64_with(b, s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void encode_base64url(struct buf *b, struct str s)
{
	base64_with(b, s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_digit(c))
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

int decode_base64(struct buf *b, struct str s)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	bool padded = false;

	for (size_t i = 0; i < s.len; i++) {
		if (ascii_space(s.ptr[i]))
			continue;
		if (s.ptr[i] == '=') {
			padded = true;
			continue;
		}
		int v = base64_value(s.ptr[i]);

		if (v < 0 || padded)
			return -1;
		acc = acc << 6 | (unsigned)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_char(b, (char)(acc >> bits & 0xFF));
		}
	}
	return bits == 6 ? -1 : 0;
}

void encode_base32(struct buf *b, struct str s)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < s.len; i++) {
		acc = acc << 8 | (unsigned char)s.ptr[i];
		for (bits += 8; bits >= 5; bits -= 5)
			buf_char(b, alphabet[acc >> (bits - 5) & 31]);
	}
	if (bits)
		buf_char(b, alphabet[acc << (5 - bits) & 31]);
}

int decode_base32(struct buf *b, struct str s)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);
		int v = c >= 'a' && c <= 'z' ? c - 'a' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;

		if (c == '=')
			break;
		if (v < 0)
			return -1;
		acc = acc << 5 | (unsigned)v;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			buf_char(b, (char)(acc >> bits & 0xFF));
		}
	}
	return 0;
}

void encode_percent(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
			buf_char(b, c);
		else
			buf_printf(b, "%%%02X", (unsigned char)c);
	}
}

void decode_percent(struct buf *b, struct str s, bool plus_is_space)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '%' && i + 2 < s.len && hex_value(s.ptr[i + 1]) >= 0 &&
		    hex_value(s.ptr[i + 2]) >= 0) {
			buf_char(b, (char)(hex_value(s.ptr[i + 1]) << 4 | hex_value(s.ptr[i + 2])));
			i += 2;
		} else {
			buf_char(b, plus_is_space && s.ptr[i] == '+' ? ' ' : s.ptr[i]);
		}
	}
}

static bool markup_char(struct buf *b, char c)
{
	switch (c) {
	case '&':
		buf_c(b, "&amp;");
		return true;
	case '<':
		buf_c(b, "&lt;");
		return true;
	case '>':
		buf_c(b, "&gt;");
		return true;
	case '"':
		buf_c(b, "&quot;");
		return true;
	case '\'':
		buf_c(b, "&#39;");
		return true;
	default:
		return false;
	}
}

void encode_html(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!markup_char(b, s.ptr[i]))
			buf_char(b, s.ptr[i]);
}

void encode_xml(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len;) {
		if (markup_char(b, s.ptr[i])) {
			i++;
			continue;
		}
		uint32_t cp = utf8_next(s, &i);
		bool bad = cp == UTF8_BAD || cp == 0xFFFE || cp == 0xFFFF ||
			   (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r');

		utf8_append(b, bad ? UTF8_REPLACEMENT : cp);
	}
}

void encode_json(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len;) {
		uint32_t cp = utf8_next(s, &i);

		if (cp == '"' || cp == '\\')
			buf_printf(b, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_c(b, "\\n");
		else if (cp < 0x20 || cp == '<' || cp == '>' || cp == '&' || cp == 0x7F ||
			 cp == 0x2028 || cp == 0x2029)
			buf_printf(b, "\\u%04x", cp);
		else
			utf8_append(b, cp == UTF8_BAD ? UTF8_REPLACEMENT : cp);
	}
}
