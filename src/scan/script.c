/* A lexer that walks strings, templates, comments and regular expressions. A slash
 * starts an expression when what stands before it cannot end an operand. */
#include "scan/script.h"

static bool regex_may_start(struct str js, size_t at)
{
	while (at > 0 && ascii_space(js.ptr[at - 1]))
		at--;
	if (at == 0)
		return true;
	char c = js.ptr[at - 1];
	return !(ascii_alnum(c) || c == '_' || c == '$' || c == ')' || c == ']' || c == '}');
}

static enum script_state from_code(struct str js, size_t i)
{
	char c = js.ptr[i], n = i + 1 < js.len ? js.ptr[i + 1] : 0;
	switch (c) {
	case '\'':
		return SCRIPT_SINGLE;
	case '"':
		return SCRIPT_DOUBLE;
	case '`':
		return SCRIPT_TEMPLATE;
	case '/':
		if (n == '/')
			return SCRIPT_LINE_COMMENT;
		if (n == '*')
			return SCRIPT_BLOCK_COMMENT;
		return regex_may_start(js, i) ? SCRIPT_REGEX : SCRIPT_CODE;
	default:
		return SCRIPT_CODE;
	}
}

/* State behind byte i; *i may be moved over an escaped byte. */
static enum script_state step(struct str js, size_t *i, enum script_state s)
{
	char c = js.ptr[*i];
	switch (s) {
	case SCRIPT_CODE: {
		enum script_state n = from_code(js, *i);
		if (n == SCRIPT_LINE_COMMENT || n == SCRIPT_BLOCK_COMMENT)
			(*i)++;
		return n;
	}
	case SCRIPT_LINE_COMMENT:
		return c == '\n' ? SCRIPT_CODE : s;
	case SCRIPT_BLOCK_COMMENT:
		if (c == '*' && *i + 1 < js.len && js.ptr[*i + 1] == '/') {
			(*i)++;
			return SCRIPT_CODE;
		}
		return s;
	case SCRIPT_SINGLE:
	case SCRIPT_DOUBLE:
	case SCRIPT_TEMPLATE:
	case SCRIPT_REGEX:
		if (c == '\\') {
			(*i)++;
			return s;
		}
		if (c == '\n' && s != SCRIPT_TEMPLATE)
			return SCRIPT_CODE; /* a syntax error: the engine starts over somewhere */
		if ((s == SCRIPT_SINGLE && c == '\'') || (s == SCRIPT_DOUBLE && c == '"') ||
		    (s == SCRIPT_TEMPLATE && c == '`') || (s == SCRIPT_REGEX && c == '/'))
			return SCRIPT_CODE;
		return s;
	}
	return s;
}

enum script_state script_state_at(struct str js, size_t at)
{
	enum script_state s = SCRIPT_CODE;
	for (size_t i = 0; i < js.len && i < at; i++)
		s = step(js, &i, s);
	return s;
}

bool script_balanced(struct str js)
{
	enum script_state s = SCRIPT_CODE;
	for (size_t i = 0; i < js.len; i++) {
		enum script_state n = step(js, &i, s);
		if (n == SCRIPT_CODE && (s == SCRIPT_SINGLE || s == SCRIPT_DOUBLE) && i < js.len && js.ptr[i] == '\n')
			return false;
		s = n;
	}
	return s == SCRIPT_CODE || s == SCRIPT_LINE_COMMENT;
}
