/* Literals of both syntaxes: strings with their escapes and numbers. */
#include "scan/template/expr_lex.h"

#include "base/utf8.h"

#include <stdlib.h>

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH \uHHHH \UHHHHHHHH \ooo at s[0..]; bytes consumed, 0: no such escape. */
static size_t code_escape(struct str s, bool bytes, struct buf *out)
{
	size_t digits = s.ptr[0] == 'x' || s.ptr[0] == 'X' ? 2 :
			s.ptr[0] == 'u'			   ? 4 :
			s.ptr[0] == 'U'			   ? 8 :
							     0;
	uint32_t v = 0;
	size_t at = digits ? 1 : 0, end = digits ? 1 + digits : 3;

	if (end > s.len)
		return 0;
	for (; at < end; at++) {
		int h = hex_value(s.ptr[at]);
		if (h < 0 || (!digits && h > 7))
			return 0;
		v = v * (digits ? 16 : 8) + (uint32_t)h;
	}
	if (digits <= 2 && (bytes || v < 0x80)) {
		buf_char(out, (char)v);
		return end;
	}
	if (v > 0x10FFFF || (v >= 0xD800 && v < 0xE000))
		return 0;
	char tmp[4];
	buf_add(out, tmp, (size_t)utf8_encode(v, tmp));
	return end;
}

static size_t cel_escape(struct str s, bool bytes, struct buf *out)
{
	static const char from[] = "abfnrtv\\\"'`?", to[] = "\a\b\f\n\r\t\v\\\"'`?";
	const char *p = s.ptr[0] ? strchr(from, s.ptr[0]) : NULL;

	if (p) {
		buf_char(out, to[p - from]);
		return 1;
	}
	return code_escape(s, bytes, out);
}

static size_t dsl_escape(struct str s, struct buf *out)
{
	switch (s.ptr[0]) {
	case '\\':
	case '"':
	case '\'':
	case '`':
		buf_char(out, s.ptr[0]);
		return 1;
	case 'n':
		buf_char(out, '\n');
		return 1;
	case 'r':
		buf_char(out, '\r');
		return 1;
	case 't':
		buf_char(out, '\t');
		return 1;
	default:
		return 0;
	}
}

bool lex_string(struct str src, size_t *at, enum expr_syntax syntax, struct arena *a,
		struct str *ret)
{
	size_t i = *at, quote_len = 1;
	bool raw = false, bytes = false;
	_cleanup_buf_ struct buf b = { .max = LIMIT_EXPR_SOURCE };

	for (; syntax == EXPR_CEL && i < src.len && i < *at + 2; i++) {
		char c = ascii_lower(src.ptr[i]);
		if (c == 'r')
			raw = true;
		else if (c == 'b')
			bytes = true;
		else
			break;
	}
	if (i >= src.len || (src.ptr[i] != '"' && src.ptr[i] != '\'' &&
			     !(syntax == EXPR_DSL && src.ptr[i] == '`')))
		return false;
	char q = src.ptr[i];
	if (syntax == EXPR_CEL && i + 2 < src.len && src.ptr[i + 1] == q && src.ptr[i + 2] == q)
		quote_len = 3;
	for (i += quote_len; i < src.len;) {
		char c = src.ptr[i];
		if (c == q && (quote_len == 1 || (i + 2 < src.len && src.ptr[i + 1] == q &&
						  src.ptr[i + 2] == q))) {
			*at = i + quote_len;
			*ret = arena_str(a, buf_view(&b));
			return true;
		}
		if (c == '\\' && !raw && i + 1 < src.len) {
			struct str rest = str_from(src, i + 1);
			size_t n = syntax == EXPR_CEL ? cel_escape(rest, bytes, &b) :
							dsl_escape(rest, &b);
			if (n) {
				i += 1 + n;
				continue;
			}
			/* not an escape we know (\d of a regular expression): both stay */
			buf_char(&b, '\\');
			c = src.ptr[++i];
		} else if (c == '\\' && raw && i + 1 < src.len && src.ptr[i + 1] == q) {
			buf_char(&b, '\\'); /* a raw string's quote may be guarded, as in Python */
			c = src.ptr[++i];
		}
		buf_char(&b, c);
		i++;
	}
	return false;
}

static bool lex_hex(struct str src, size_t *at, struct node *n)
{
	uint64_t v = 0;
	size_t i = *at + 2, start = i;

	for (; i < src.len && hex_value(src.ptr[i]) >= 0 && i - start < 15; i++)
		v = v * 16 + (uint64_t)hex_value(src.ptr[i]);
	if (i == start)
		return false;
	n->integer = (int64_t)v;
	n->num = (double)v;
	n->boolean = true;
	*at = i;
	return true;
}

bool lex_number(struct str src, size_t *at, struct node *n)
{
	size_t i = *at;
	bool whole = true;
	char tmp[64];

	if (i + 2 < src.len && src.ptr[i] == '0' && ascii_lower(src.ptr[i + 1]) == 'x')
		return lex_hex(src, at, n);
	while (i < src.len && ascii_digit(src.ptr[i]))
		i++;
	if (i + 1 < src.len && src.ptr[i] == '.' && ascii_digit(src.ptr[i + 1]))
		for (whole = false, i++; i < src.len && ascii_digit(src.ptr[i]);)
			i++;
	if (i + 1 < src.len && ascii_lower(src.ptr[i]) == 'e') {
		size_t e = i + 1 + (src.ptr[i + 1] == '+' || src.ptr[i + 1] == '-');
		if (e < src.len && ascii_digit(src.ptr[e]))
			for (whole = false, i = e; i < src.len && ascii_digit(src.ptr[i]);)
				i++;
	}
	size_t len = i - *at;
	if (!len || len >= sizeof(tmp))
		return false;
	memcpy(tmp, src.ptr + *at, len);
	tmp[len] = 0;
	n->num = strtod(tmp, NULL);
	n->boolean = whole && str_to_i64(str_make(tmp, len), &n->integer) == 0;
	if (i < src.len && ascii_lower(src.ptr[i]) == 'u')
		i++;
	*at = i;
	return true;
}
