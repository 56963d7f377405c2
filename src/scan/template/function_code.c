/* Functions that encode and decode: base64, hex, URL, HTML, JSON, binary integers. */
#include "scan/template/expr_private.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/utf8.h"
#include "net/html.h"

#include <stdio.h>

EXPR_FN(fn_base64)
{
	struct buf b = EXPR_BUF;

	encode_base64(&b, arg_str(env, &args[0]));
	return expr_ret_buf(env, &b, ret);
}

/* As Python's base64.encodebytes: lines of 76, a line feed behind each. */
EXPR_FN(fn_base64_py)
{
	_cleanup_buf_ struct buf plain = EXPR_BUF;
	struct buf b = EXPR_BUF;

	encode_base64(&plain, arg_str(env, &args[0]));
	for (size_t i = 0; i < plain.len; i += 76) {
		buf_str(&b, str_sub(buf_view(&plain), i, i + 76));
		buf_char(&b, '\n');
	}
	if (!plain.len)
		buf_char(&b, '\n');
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_base64_decode)
{
	struct buf b = EXPR_BUF;

	if (decode_base64(&b, arg_str(env, &args[0])) < 0) {
		buf_free(&b);
		return expr_fail(env, "not base64");
	}
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_hex_encode)
{
	struct str s = arg_str(env, &args[0]);
	struct buf b = EXPR_BUF;

	if (n == 2 && str_has(arg_str(env, &args[1]), STR("x"))) {
		for (size_t i = 0; i < s.len; i++)
			buf_printf(&b, "\\x%02x", (unsigned char)s.ptr[i]);
		return expr_ret_buf(env, &b, ret);
	}
	encode_hex(&b, s);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_hex_decode)
{
	struct buf b = EXPR_BUF;

	if (decode_hex(&b, arg_str(env, &args[0])) < 0) {
		buf_free(&b);
		return expr_fail(env, "not hexadecimal");
	}
	return expr_ret_buf(env, &b, ret);
}

static void percent(struct buf *b, struct str s, const char *keep)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (ascii_alnum(c) || (c && strchr(keep, c)))
			buf_char(b, c);
		else
			buf_printf(b, "%%%02X", (unsigned char)c);
	}
}

EXPR_FN(fn_url_encode)
{
	struct buf b = EXPR_BUF;

	percent(&b, arg_str(env, &args[0]), n == 2 && value_true(&args[1]) ? "" : "-_.!~*'()");
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_url_decode)
{
	struct buf b = EXPR_BUF;

	decode_percent(&b, arg_str(env, &args[0]), false);
	return expr_ret_buf(env, &b, ret);
}

/* CEL: as a form does it. */
EXPR_FN(fn_urlencode)
{
	struct str s = arg_str(env, &args[0]);
	struct buf b = EXPR_BUF;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ' ')
			buf_char(&b, '+');
		else
			percent(&b, str_sub(s, i, i + 1), "-_.~");
	}
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_urldecode)
{
	struct buf b = EXPR_BUF;

	decode_percent(&b, arg_str(env, &args[0]), true);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_html_escape)
{
	struct str s = arg_str(env, &args[0]);
	bool all = n == 2 && value_true(&args[1]);
	struct buf b = EXPR_BUF;

	for (size_t at = 0; at < s.len;) {
		size_t from = at;
		uint32_t c = utf8_next(s, &at);
		const char *name = c == '<'  ? "&lt;" :
				   c == '>'  ? "&gt;" :
				   c == '&'  ? "&amp;" :
				   c == '\'' ? "&#39;" :
				   c == '"'  ? "&#34;" :
					       NULL;
		if (name)
			buf_c(&b, name);
		else if (all && c != UTF8_BAD)
			buf_printf(&b, "&#%u;", (unsigned)c);
		else
			buf_str(&b, str_sub(s, from, at));
	}
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_html_unescape)
{
	struct buf b = EXPR_BUF;

	html_decode(&b, arg_str(env, &args[0]), false);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_json_minify)
{
	_cleanup_json_ json_t *v = json_parse(arg_str(env, &args[0]), NULL);
	struct buf b = EXPR_BUF;

	if (!v)
		return expr_fail(env, "not JSON");
	char *text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	for (const char *p = text; p && *p; p++) {
		if (*p == '<' || *p == '>' || *p == '&')
			buf_printf(&b, "\\u%04x", (unsigned)*p);
		else
			buf_char(&b, *p);
	}
	free(text);
	return expr_ret_buf(env, &b, ret);
}

static void new_line(struct buf *b, unsigned depth)
{
	buf_char(b, '\n');
	for (unsigned i = 0; i < depth && !b->overflow; i++)
		buf_c(b, "    ");
}

/* Valid JSON, laid out again without touching its tokens. */
static void indent(struct buf *b, struct str s)
{
	unsigned depth = 0;
	bool text = false, opened = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (text) {
			buf_char(b, c);
			if (c == '\\' && i + 1 < s.len)
				buf_char(b, s.ptr[++i]);
			else if (c == '"')
				text = false;
			continue;
		}
		if (ascii_space(c))
			continue;
		bool closes = c == '}' || c == ']';
		if (closes && depth)
			depth--;
		if (opened != closes && (opened || closes))
			new_line(b, depth);
		opened = c == '{' || c == '[';
		depth += opened;
		text = c == '"';
		buf_char(b, c);
		if (c == ',')
			new_line(b, depth);
		else if (c == ':')
			buf_char(b, ' ');
	}
}

EXPR_FN(fn_json_prettify)
{
	struct str s = arg_str(env, &args[0]);
	_cleanup_json_ json_t *v = json_parse(s, NULL);
	struct buf b = EXPR_BUF;

	if (!v)
		return expr_fail(env, "not JSON");
	indent(&b, s);
	return expr_ret_buf(env, &b, ret);
}

/* One number as Python's struct.unpack reads it: order, then type. */
EXPR_FN(fn_unpack)
{
	struct str format = arg_str(env, &args[0]), data = arg_str(env, &args[1]);
	bool big = false, is_signed;
	size_t size;
	uint64_t v = 0;

	if (format.len && memchr("<>=!@", format.ptr[0], 5)) {
		big = format.ptr[0] == '>' || format.ptr[0] == '!';
		format = str_from(format, 1);
	}
	if (format.len != 1)
		return expr_fail(env, "one type at a time");
	char c = ascii_lower(format.ptr[0]);
	is_signed = format.ptr[0] == c;
	size = c == 'b' || c == '?' ? 1 : c == 'h' ? 2 : c == 'i' || c == 'l' ? 4 : c == 'q' ? 8 : 0;
	if (!size || data.len < size)
		return expr_fail(env, "unknown type or too few bytes");
	for (size_t i = 0; i < size; i++)
		v = v << 8 | (unsigned char)data.ptr[big ? i : size - 1 - i];
	if (c == '?')
		return ret_bool(ret, v != 0);
	if (is_signed && size < 8 && v >> (size * 8 - 1))
		v |= ~0ULL << (size * 8);
	*ret = is_signed || v <= INT64_MAX ? value_of_int((int64_t)v) : value_of_num((double)v);
	return 0;
}

EXPR_FN(fn_xor)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		struct str s = arg_str(env, &args[i]);
		if (!s.len)
			return expr_fail(env, "nothing to combine with");
		len = s.len > len ? s.len : len;
	}
	char *p = expr_room(env, len);
	if (!p)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct str s = arg_str(env, &args[i]);
		for (size_t j = 0; j < len; j++)
			p[j] ^= s.ptr[j % s.len];
	}
	*ret = value_of_str(str_make(p, len));
	return 0;
}
