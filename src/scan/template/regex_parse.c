/* Go's RE2 syntax to PCRE2's: one pass over the pattern that copies what is the same, writes
 * what differs another way, and refuses what RE2 refuses (lookaround, back references,
 * possessive quantifiers, verbs), so that a template means here what it means there.
 * Source: github.com/google/re2/wiki/Syntax and pcre2pattern(3). */
#include "scan/template/regex.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"

struct translator {
	struct str s;
	size_t at;
	struct buf *out;
	bool utf;
	bool after_quantifier; /* what stands before is a quantifier already */
	struct error *e;
};

static int refuse(struct translator *t, const char *zh, const char *en)
{
	error_set(t->e, "regex.syntax", "正则表达式第 %zu 字节处：%s。",
		  "Byte %zu of the regular expression: %s.", t->at + 1, zh);
	if (t->e)
		snprintf(t->e->en, sizeof(t->e->en), "Byte %zu of the regular expression: %s.",
			 t->at + 1, en);
	return -1;
}

static bool octal(char c)
{
	return c >= '0' && c <= '7';
}

static char peek(const struct translator *t, size_t ahead)
{
	return t->at + ahead < t->s.len ? t->s.ptr[t->at + ahead] : 0;
}

static int white(struct translator *t, bool in_class, bool negated)
{
	if (in_class)
		buf_c(t->out, negated ? "\\S\\x0b" : "\\t\\n\\f\\r ");
	else
		buf_c(t->out, negated ? "[^\\t\\n\\f\\r ]" : "[\\t\\n\\f\\r ]");
	t->at += 2;
	return 0;
}

/* \x41, \x{1F600}: a code point. */
static int hex_escape(struct translator *t)
{
	size_t from = t->at + 2, end;
	bool braces = peek(t, 2) == '{';
	uint32_t v = 0;

	from += braces;
	for (end = from; end < t->s.len && end < from + (braces ? 6 : 2); end++) {
		char c = ascii_lower(t->s.ptr[end]);
		if (!ascii_digit(c) && !(c >= 'a' && c <= 'f'))
			break;
		v = v * 16 + (uint32_t)(ascii_digit(c) ? c - '0' : c - 'a' + 10);
	}
	if (end == from || (!braces && end != from + 2) ||
	    (braces && (end == t->s.len || t->s.ptr[end] != '}')) || v > 0x10FFFF)
		return refuse(t, "\\x 写错了", "a bad \\x");
	if (v > 0x7F)
		t->utf = true;
	buf_printf(t->out, "\\x{%x}", v);
	t->at = end + braces;
	return 0;
}

static int octal_escape(struct translator *t)
{
	unsigned v = 0;
	size_t n = 0;

	if (peek(t, 1) != '0' && !octal(peek(t, 2)))
		return refuse(t, "不支持反向引用", "back references are not supported");
	t->at++;
	while (n < 3 && octal(peek(t, 0))) {
		v = v * 8 + (unsigned)(peek(t, 0) - '0');
		t->at++;
		n++;
	}
	if (v > 0x7F)
		t->utf = true;
	buf_printf(t->out, "\\x{%x}", v);
	return 0;
}

static int property(struct translator *t)
{
	size_t end = t->at + 2;

	if (peek(t, 2) == '{') {
		ssize_t close = str_chr(str_from(t->s, end), '}');
		if (close < 0 || close > 40)
			return refuse(t, "\\p 写错了", "a bad \\p");
		end += (size_t)close;
	}
	if (end >= t->s.len)
		return refuse(t, "\\p 写错了", "a bad \\p");
	buf_str(t->out, str_sub(t->s, t->at, end + 1));
	t->at = end + 1;
	t->utf = true;
	return 0;
}

/* \Q…\E: text as it is. */
static int quoted(struct translator *t)
{
	struct str rest = str_from(t->s, t->at + 2);
	ssize_t end = str_find(rest, STR("\\E"));
	struct str text = end < 0 ? rest : str_sub(rest, 0, (size_t)end);

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!ascii_alnum(c) && (unsigned char)c < 0x80 && c != '_')
			buf_char(t->out, '\\');
		buf_char(t->out, c);
	}
	t->at += 2 + text.len + (end < 0 ? 0 : 2);
	return 0;
}

static int escape(struct translator *t, bool in_class)
{
	char c = peek(t, 1);

	if (t->at + 1 >= t->s.len)
		return refuse(t, "末尾多了反斜杠", "a backslash at the end");
	switch (c) {
	case 's':
	case 'S':
		return white(t, in_class, c == 'S');
	case 'v':
		buf_c(t->out, "\\x0b");
		t->at += 2;
		return 0;
	case 'C':
		buf_c(t->out, "(?s:.)");
		t->at += 2;
		return 0;
	case 'Z':
		c = 'z'; /* not Go's, but meant so */
		break;
	case 'x':
		return hex_escape(t);
	case 'p':
	case 'P':
		return property(t);
	case 'Q':
		return quoted(t);
	case 'E':
		t->at += 2;
		return 0;
	default:
		if (octal(c))
			return octal_escape(t);
		if (ascii_alnum(c) && !strchr("abBdDwWtnrfAz", c))
			return refuse(t, "不认识这个转义", "an unknown escape");
		break;
	}
	buf_char(t->out, '\\');
	buf_char(t->out, c);
	t->at += 2;
	return 0;
}

static int bracket_class(struct translator *t)
{
	buf_char(t->out, '[');
	t->at++;
	if (peek(t, 0) == '^') {
		buf_char(t->out, '^');
		t->at++;
	}
	if (peek(t, 0) == ']') {
		buf_c(t->out, "\\]");
		t->at++;
	}
	for (bool whole = false; t->at < t->s.len;) {
		char c = peek(t, 0);
		bool after_class = whole;
		whole = false;
		if (c == ']') {
			buf_char(t->out, ']');
			t->at++;
			return 0;
		}
		if (c == '\\') {
			whole = peek(t, 1) && strchr("dDwWsSpP", peek(t, 1));
			if (escape(t, true) < 0)
				return -1;
			continue;
		}
		if (c == '[' && peek(t, 1) == ':') {
			ssize_t end = str_find(str_from(t->s, t->at), STR(":]"));
			if (end > 0 && end < 16) {
				buf_str(t->out, str_sub(t->s, t->at, t->at + (size_t)end + 2));
				t->at += (size_t)end + 2;
				whole = true;
				continue;
			}
		}
		/* behind \w a minus is one, not a range */
		if (c == '[' || (c == '-' && after_class))
			buf_char(t->out, '\\');
		buf_char(t->out, c);
		t->at++;
	}
	return refuse(t, "缺少右方括号", "a closing square bracket is missing");
}

/* (?…): a non-capturing group, flags or a name. */
static int group(struct translator *t)
{
	char c;

	if (peek(t, 1) == '*')
		return refuse(t, "没有可重复的内容", "nothing to repeat");
	if (peek(t, 1) != '?') {
		buf_char(t->out, '(');
		t->at++;
		return 0;
	}
	bool named = peek(t, 2) == 'P' || (peek(t, 2) == '<' && (ascii_alpha(peek(t, 3)) || peek(t, 3) == '_'));
	if (named) {
		size_t from = t->at + 3 + (peek(t, 2) == 'P');
		ssize_t end = str_chr(str_from(t->s, from), '>');
		if ((peek(t, 2) == 'P' && peek(t, 3) != '<') || end <= 0 || end > 32)
			return refuse(t, "分组名字写错了", "a bad name of a group");
		for (size_t i = from; i < from + (size_t)end; i++)
			if (!ascii_alnum(t->s.ptr[i]) && t->s.ptr[i] != '_')
				return refuse(t, "分组名字写错了", "a bad name of a group");
		buf_printf(t->out, "(?P<%.*s>", (int)end, t->s.ptr + from);
		t->at = from + (size_t)end + 1;
		return 0;
	}
	size_t i = 2;
	while ((c = peek(t, i)) && strchr("imsU-", c))
		i++;
	if (c != ':' && c != ')')
		return refuse(t, "不支持环视等扩展分组",
			      "lookaround and other extended groups are not supported");
	buf_str(t->out, str_sub(t->s, t->at, t->at + i + 1));
	t->at += i + 1;
	return 0;
}

/* {n} {n,} {n,m} at the place; length, or 0: plain text. */
static size_t repeat_length(const struct translator *t, bool *too_big)
{
	size_t i = 1, from = 1;
	unsigned n = 0;

	*too_big = false;
	for (; ascii_digit(peek(t, i)); i++)
		n = n > 100000 ? n : n * 10 + (unsigned)(peek(t, i) - '0');
	if (i == from)
		return 0;
	*too_big = n > 1000;
	if (peek(t, i) == ',') {
		for (i++, n = 0; ascii_digit(peek(t, i)); i++)
			n = n > 100000 ? n : n * 10 + (unsigned)(peek(t, i) - '0');
		*too_big = *too_big || n > 1000;
	}
	return peek(t, i) == '}' ? i + 1 : 0;
}

static int quantifier(struct translator *t, size_t len)
{
	if (t->after_quantifier)
		return refuse(t, "重复叠在重复上", "a repetition of a repetition");
	buf_str(t->out, str_sub(t->s, t->at, t->at + len));
	t->at += len;
	if (peek(t, 0) == '?') {
		buf_char(t->out, '?');
		t->at++;
	}
	t->after_quantifier = true;
	return 0;
}

static int step(struct translator *t)
{
	char c = peek(t, 0);
	bool too_big;

	if (c == '*' || c == '+' || c == '?')
		return quantifier(t, 1);
	if (c == '{') {
		size_t len = repeat_length(t, &too_big);
		if (len && too_big)
			return refuse(t, "重复次数过大", "too many repetitions");
		if (len)
			return quantifier(t, len);
		buf_char(t->out, '\\');
	}
	t->after_quantifier = false;
	if (c == '\\')
		return escape(t, false);
	if (c == '[')
		return bracket_class(t);
	if (c == '(')
		return group(t);
	if ((unsigned char)c >= 0x80)
		t->utf = true;
	buf_char(t->out, c);
	t->at++;
	return 0;
}

int regex_translate(struct arena *a, struct str pattern, struct str *ret, bool *ret_utf,
		    struct error *e)
{
	_cleanup_buf_ struct buf out = { .max = LIMIT_REGEX_SOURCE * 4 };
	struct translator t = { .s = pattern, .out = &out, .e = e };

	if (pattern.len > LIMIT_REGEX_SOURCE)
		return error_set(e, "regex.too-long", "正则表达式太长。",
				 "The regular expression is too long.");
	while (t.at < t.s.len)
		if (step(&t) < 0)
			return -1;
	if (out.overflow || arena_left(a) < out.len + 1024)
		return error_set(e, "regex.too-long", "正则表达式太长。",
				 "The regular expression is too long.");
	*ret = arena_str(a, buf_view(&out));
	/* bytes that are no text are looked for as bytes */
	*ret_utf = t.utf && utf8_invalid_at(buf_view(&out)) < 0;
	return 0;
}
