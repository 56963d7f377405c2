/* Functions on text: search, cut, join, case, order. Bytes throughout; case folding beyond ASCII
 * covers Latin-1, Greek and Cyrillic letters. */
#include "scan/template/expr_private.h"

#include <stdlib.h>

#include "base/utf8.h"

EXPR_FN(fn_contains)
{
	if (args[0].type == VALUE_LIST && args[1].type != VALUE_LIST) {
		for (size_t i = 0; i < args[0].list.len; i++)
			if (value_equal(&args[0].list.items[i], &args[1]))
				return ret_bool(ret, true);
	}
	return ret_bool(ret, str_has(arg_str(env, &args[0]), arg_str(env, &args[1])));
}

EXPR_FN(fn_icontains)
{
	struct value a, b;

	if (str_ihas(arg_str(env, &args[0]), arg_str(env, &args[1])))
		return ret_bool(ret, true);
	/* letters beyond ASCII */
	if (fn_to_lower(env, &args[0], 1, &a) < 0 || fn_to_lower(env, &args[1], 1, &b) < 0)
		return -1;
	return ret_bool(ret, str_has(a.str, b.str));
}

EXPR_FN(fn_contains_all)
{
	struct str text = arg_str(env, &args[0]);

	for (size_t i = 1; i < n; i++)
		if (!str_has(text, arg_str(env, &args[i])))
			return ret_bool(ret, false);
	return ret_bool(ret, true);
}

EXPR_FN(fn_contains_any)
{
	struct str text = arg_str(env, &args[0]);

	for (size_t i = 1; i < n; i++)
		if (str_has(text, arg_str(env, &args[i])))
			return ret_bool(ret, true);
	return ret_bool(ret, false);
}

static bool any_edge(struct expr_env *env, struct str text, const struct value *args, size_t n,
		     bool end)
{
	for (size_t i = 1; i < n; i++) {
		struct str part = arg_str(env, &args[i]);
		if (end ? str_ends(text, part) : str_starts(text, part))
			return true;
	}
	return false;
}

static int any_line(struct expr_env *env, const struct value *args, size_t n, bool end,
		    struct value *ret)
{
	struct str text = arg_str(env, &args[0]);

	for (;;) {
		ssize_t nl = str_chr(text, '\n');
		struct str line = nl < 0 ? text : str_sub(text, 0, (size_t)nl);
		if (any_edge(env, line, args, n, end))
			return ret_bool(ret, true);
		if (nl < 0)
			return ret_bool(ret, false);
		text = str_from(text, (size_t)nl + 1);
	}
}

EXPR_FN(fn_starts_with)
{
	return ret_bool(ret, any_edge(env, arg_str(env, &args[0]), args, n, false));
}

EXPR_FN(fn_ends_with)
{
	return ret_bool(ret, any_edge(env, arg_str(env, &args[0]), args, n, true));
}

EXPR_FN(fn_line_starts_with)
{
	return any_line(env, args, n, false, ret);
}

EXPR_FN(fn_line_ends_with)
{
	return any_line(env, args, n, true, ret);
}

EXPR_FN(fn_equals_any)
{
	struct str text = arg_str(env, &args[0]);

	for (size_t i = 1; i < n; i++)
		if (str_eq(text, arg_str(env, &args[i])))
			return ret_bool(ret, true);
	return ret_bool(ret, false);
}

EXPR_FN(fn_concat)
{
	struct buf b = EXPR_BUF;

	for (size_t i = 0; i < n; i++)
		buf_str(&b, arg_str(env, &args[i]));
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_count)
{
	struct str text = arg_str(env, &args[0]), part = arg_str(env, &args[1]);
	int64_t found = 0;
	ssize_t at;

	if (!part.len) {
		*ret = value_of_int((int64_t)utf8_count(text) + 1);
		return 0;
	}
	while ((at = str_find(text, part)) >= 0) {
		found++;
		text = str_from(text, (size_t)at + part.len);
	}
	*ret = value_of_int(found);
	return 0;
}

EXPR_FN(fn_index)
{
	struct str text;
	int64_t at;

	if (args[0].type == VALUE_LIST) {
		if (arg_int(env, &args[1], 0, (int64_t)args[0].list.len - 1, &at) < 0)
			return -1;
		*ret = args[0].list.items[at];
		return 0;
	}
	text = arg_str(env, &args[0]);
	if (arg_int(env, &args[1], 0, (int64_t)text.len - 1, &at) < 0)
		return -1;
	*ret = value_of_str(str_sub(text, (size_t)at, (size_t)at + 1));
	return 0;
}

EXPR_FN(fn_join)
{
	struct str sep = arg_str(env, &args[0]);
	const struct value *items = args + 1;
	size_t count = n - 1;
	struct buf b = EXPR_BUF;

	if (n == 2) {
		if (args[1].type != VALUE_LIST)
			return expr_fail(env, "join needs a list");
		items = args[1].list.items;
		count = args[1].list.len;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_str(&b, sep);
		buf_str(&b, arg_str(env, &items[i]));
	}
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_len)
{
	size_t len = args[0].type == VALUE_LIST ? args[0].list.len :
		     args[0].type == VALUE_MAP	? args[0].map.len :
						  arg_str(env, &args[0]).len;

	*ret = value_of_int((int64_t)len);
	return 0;
}

EXPR_FN(fn_line_count)
{
	const struct value both[] = { args[0], value_of_str(STR("\n")) };

	return fn_count(env, both, 2, ret);
}

EXPR_FN(fn_padding)
{
	struct str text = arg_str(env, &args[0]), pad = arg_str(env, &args[1]),
		   mode = arg_str(env, &args[3]);
	int64_t want;
	struct buf b = EXPR_BUF;

	if (arg_int(env, &args[2], 1, (int64_t)LIMIT_EXPR_VALUE, &want) < 0)
		return -1;
	if (!pad.len)
		return expr_fail(env, "nothing to pad with");
	if (text.len >= (size_t)want)
		return expr_ret_str(env, text, ret);
	bool prefix = str_eq(mode, STR("prefix"));
	if (!prefix && !str_eq(mode, STR("suffix")))
		return expr_fail(env, "padding goes to prefix or suffix");
	if (!prefix)
		buf_str(&b, text);
	for (size_t i = 0, missing = (size_t)want - text.len; i < missing; i++)
		buf_char(&b, pad.ptr[i % pad.len]);
	if (prefix)
		buf_str(&b, text);
	return expr_ret_buf(env, &b, ret);
}

/* `s` without any of the characters of `set`. */
static void without(struct buf *out, struct str s, struct str set)
{
	for (size_t at = 0; at < s.len;) {
		size_t from = at;
		utf8_next(s, &at);
		struct str c = str_sub(s, from, at);
		if (!str_has(set, c))
			buf_str(out, c);
	}
}

EXPR_FN(fn_remove_bad_chars)
{
	struct buf b = EXPR_BUF;

	without(&b, arg_str(env, &args[0]), arg_str(env, &args[1]));
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_repeat)
{
	struct str text = arg_str(env, &args[0]);
	struct buf b = EXPR_BUF;
	int64_t times;

	if (arg_int(env, &args[1], 0, (int64_t)LIMIT_EXPR_VALUE, &times) < 0)
		return -1;
	for (int64_t i = 0; i < times && !b.overflow && text.len; i++)
		buf_str(&b, text);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_replace)
{
	struct str text = arg_str(env, &args[0]), from = arg_str(env, &args[1]),
		   to = arg_str(env, &args[2]);
	struct buf b = EXPR_BUF;
	ssize_t at;

	if (!from.len) { /* before every character and at the end, as Go does it */
		for (size_t i = 0; i < text.len && !b.overflow;) {
			size_t start = i;
			utf8_next(text, &i);
			buf_str(&b, to);
			buf_str(&b, str_sub(text, start, i));
		}
		buf_str(&b, to);
		return expr_ret_buf(env, &b, ret);
	}
	while (!b.overflow && (at = str_find(text, from)) >= 0) {
		buf_str(&b, str_sub(text, 0, (size_t)at));
		buf_str(&b, to);
		text = str_from(text, (size_t)at + from.len);
	}
	buf_str(&b, text);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_reverse)
{
	struct str text = arg_str(env, &args[0]);
	char *p = expr_room(env, text.len);
	size_t to = text.len;

	if (!p)
		return -1;
	for (size_t at = 0; at < text.len;) {
		size_t from = at;
		utf8_next(text, &at);
		to -= at - from;
		memcpy(p + to, text.ptr + from, at - from);
	}
	*ret = value_of_str(str_make(p, text.len));
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return str_cmp(x->str, y->str);
}

static struct value *characters(struct expr_env *env, struct str text, size_t *ret_len)
{
	struct value *list = (void *)expr_room(env, (text.len + 1) * sizeof(*list));
	size_t len = 0;

	for (size_t at = 0; list && at < text.len;) {
		size_t from = at;
		utf8_next(text, &at);
		list[len++] = value_of_str(str_sub(text, from, at));
	}
	*ret_len = len;
	return list;
}

static struct value *as_texts(struct expr_env *env, const struct value *args, size_t n)
{
	struct value *list = (void *)expr_room(env, n * sizeof(*list));

	for (size_t i = 0; list && i < n; i++)
		list[i] = value_of_str(arg_str(env, &args[i]));
	return list;
}

static int joined(struct expr_env *env, const struct value *list, size_t n, struct value *ret)
{
	struct buf b = EXPR_BUF;

	for (size_t i = 0; i < n; i++)
		buf_str(&b, list[i].str);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_sort)
{
	size_t len = n;
	struct value *list = n == 1 ? characters(env, arg_str(env, &args[0]), &len) :
				      as_texts(env, args, n);

	if (!list)
		return -1;
	qsort(list, len, sizeof(*list), by_text);
	if (n == 1)
		return joined(env, list, len, ret);
	*ret = (struct value){ .type = VALUE_LIST, .list = { list, len } };
	return 0;
}

EXPR_FN(fn_uniq)
{
	size_t len = n, kept = 0;
	struct value *list = n == 1 ? characters(env, arg_str(env, &args[0]), &len) :
				      as_texts(env, args, n);

	if (!list)
		return -1;
	if (len > 20000)
		return expr_fail(env, "too large");
	for (size_t i = 0; i < len; i++) {
		size_t j = 0;
		while (j < kept && !str_eq(list[j].str, list[i].str))
			j++;
		if (j == kept)
			list[kept++] = list[i];
	}
	if (n == 1)
		return joined(env, list, kept, ret);
	*ret = (struct value){ .type = VALUE_LIST, .list = { list, kept } };
	return 0;
}

static int chunks(struct expr_env *env, struct str text, size_t size, struct value *ret)
{
	size_t count = size && size < text.len ? (text.len + size - 1) / size : 1;
	struct value *list = (void *)expr_room(env, count * sizeof(*list));

	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++)
		list[i] = value_of_str(count == 1 ? text :
						    str_sub(text, i * size, (i + 1) * size));
	*ret = (struct value){ .type = VALUE_LIST, .list = { list, count } };
	return 0;
}

EXPR_FN(fn_split)
{
	struct str text = arg_str(env, &args[0]), sep = arg_str(env, &args[1]);
	int64_t most = INT64_MAX, size;
	size_t count = 1;
	ssize_t at;

	if (n == 2 && str_to_i64(sep, &size) == 0)
		return chunks(env, text, size > 0 ? (size_t)size : 0, ret);
	if (n == 3 && arg_int(env, &args[2], -1, 1000000, &most) < 0)
		return -1;
	if (most < 0)
		most = INT64_MAX;
	if (!sep.len) {
		struct value *list = characters(env, text, &count);
		if (!list)
			return -1;
		*ret = (struct value){ .type = VALUE_LIST, .list = { list, count } };
		return 0;
	}
	for (struct str rest = text; (at = str_find(rest, sep)) >= 0; count++)
		rest = str_from(rest, (size_t)at + sep.len);
	if ((uint64_t)most < count)
		count = (size_t)most;
	struct value *list = (void *)expr_room(env, count * sizeof(*list) + 1);
	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++) {
		at = i + 1 < count ? str_find(text, sep) : -1;
		list[i] = value_of_str(at < 0 ? text : str_sub(text, 0, (size_t)at));
		text = at < 0 ? STR("") : str_from(text, (size_t)at + sep.len);
	}
	*ret = (struct value){ .type = VALUE_LIST, .list = { list, count } };
	return 0;
}

EXPR_FN(fn_substr)
{
	struct str text = arg_str(env, &args[0]);
	int64_t from, to = (int64_t)text.len;

	if (!text.len)
		return expr_fail(env, "the text is empty");
	if (arg_int(env, &args[1], 0, (int64_t)text.len, &from) < 0 ||
	    (n == 3 && arg_int(env, &args[2], from, (int64_t)text.len, &to) < 0))
		return -1;
	*ret = value_of_str(str_sub(text, (size_t)from, (size_t)to));
	return 0;
}

/* CEL: start and length, counted in characters. */
EXPR_FN(fn_substr_length)
{
	struct str text = arg_str(env, &args[0]);
	int64_t from, len;
	size_t at = 0, start;

	if (arg_int(env, &args[1], 0, (int64_t)text.len, &from) < 0 ||
	    arg_int(env, &args[2], 0, (int64_t)text.len, &len) < 0)
		return -1;
	for (; from > 0 && at < text.len; from--)
		utf8_next(text, &at);
	start = at;
	for (; len > 0 && at < text.len; len--)
		utf8_next(text, &at);
	if (from > 0 || len > 0)
		return expr_fail(env, "beyond the end of the text");
	*ret = value_of_str(str_sub(text, start, at));
	return 0;
}

static uint32_t lower_letter(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
	    (c >= 0x410 && c <= 0x42F))
		return c + 32;
	if (c >= 0x400 && c <= 0x40F)
		return c + 80;
	return c >= 0x100 && c <= 0x137 ? c | 1 : c;
}

static uint32_t upper_letter(uint32_t c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? c - 32 : c;
	if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) ||
	    (c >= 0x430 && c <= 0x44F))
		return c - 32;
	if (c >= 0x450 && c <= 0x45F)
		return c - 80;
	return c >= 0x100 && c <= 0x137 ? c & ~1u : c;
}

static int change_case(struct expr_env *env, struct str text, uint32_t (*map)(uint32_t),
		       struct value *ret)
{
	struct buf b = EXPR_BUF;
	size_t at = 0;

	for (; at < text.len && (unsigned char)text.ptr[at] < 0x80; at++)
		;
	if (at == text.len) { /* all ASCII: at once */
		char *p = expr_room(env, text.len);
		if (!p)
			return -1;
		for (size_t i = 0; i < text.len; i++)
			p[i] = (char)map((unsigned char)text.ptr[i]);
		*ret = value_of_str(str_make(p, text.len));
		return 0;
	}
	for (at = 0; at < text.len;) {
		size_t from = at;
		uint32_t c = utf8_next(text, &at);
		if (c == UTF8_BAD)
			buf_str(&b, str_sub(text, from, at));
		else
			utf8_append(&b, map(c));
	}
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_to_lower)
{
	struct str text = arg_str(env, &args[0]);

	/* conditions ask for the same page's lower case again and again */
	if (text.len && text.ptr == env->folded_from.ptr && text.len == env->folded_from.len) {
		*ret = value_of_str(env->folded);
		return 0;
	}
	if (change_case(env, text, lower_letter, ret) < 0)
		return -1;
	env->folded_from = text;
	env->folded = ret->str;
	return 0;
}

EXPR_FN(fn_to_upper)
{
	return change_case(env, arg_str(env, &args[0]), upper_letter, ret);
}

EXPR_FN(fn_to_title)
{
	struct str text = arg_str(env, &args[0]);
	char *p = expr_room(env, text.len);
	bool inside = false;

	if (!p)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = ascii_alnum(c) || c == '\'' || (unsigned char)c >= 0x80;
		p[i] = (char)(inside ? lower_letter((unsigned char)c & 0x7F) :
				       upper_letter((unsigned char)c & 0x7F));
		if ((unsigned char)c >= 0x80)
			p[i] = c;
		inside = letter;
	}
	*ret = value_of_str(str_make(p, text.len));
	return 0;
}

static struct str trim_set(struct str s, struct str set, bool left, bool right)
{
	while (left && s.len && memchr(set.ptr, s.ptr[0], set.len))
		s = str_from(s, 1);
	while (right && s.len && memchr(set.ptr, s.ptr[s.len - 1], set.len))
		s.len--;
	return s;
}

EXPR_FN(fn_trim)
{
	*ret = value_of_str(trim_set(arg_str(env, &args[0]), arg_str(env, &args[1]), true, true));
	return 0;
}

EXPR_FN(fn_trim_left)
{
	*ret = value_of_str(trim_set(arg_str(env, &args[0]), arg_str(env, &args[1]), true, false));
	return 0;
}

EXPR_FN(fn_trim_right)
{
	*ret = value_of_str(trim_set(arg_str(env, &args[0]), arg_str(env, &args[1]), false, true));
	return 0;
}

EXPR_FN(fn_trim_prefix)
{
	struct str text = arg_str(env, &args[0]), part = arg_str(env, &args[1]);

	*ret = value_of_str(str_starts(text, part) ? str_from(text, part.len) : text);
	return 0;
}

EXPR_FN(fn_trim_suffix)
{
	struct str text = arg_str(env, &args[0]), part = arg_str(env, &args[1]);

	*ret = value_of_str(str_ends(text, part) ? str_sub(text, 0, text.len - part.len) : text);
	return 0;
}

EXPR_FN(fn_trim_space)
{
	*ret = value_of_str(str_trim(arg_str(env, &args[0])));
	return 0;
}

EXPR_FN(fn_to_string)
{
	*ret = value_of_str(arg_str(env, &args[0]));
	return 0;
}

/* Only what prints. */
EXPR_FN(fn_printable)
{
	struct str text = arg_str(env, &args[0]);
	struct buf b = EXPR_BUF;

	for (size_t at = 0; at < text.len;) {
		size_t from = at;
		uint32_t c = utf8_next(text, &at);
		if (c != UTF8_BAD && c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0))
			buf_str(&b, str_sub(text, from, at));
	}
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_print_debug)
{
	return ret_bool(ret, true);
}
