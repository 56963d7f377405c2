/* A lexer that walks strings, templates with ${…}, comments and regular expressions. A
 * slash starts an expression when what stands before it cannot end an operand. */
#include "scan/script.h"

#define DEPTH 8 /* templates within templates */

struct lexer {
	enum script_state state;
	unsigned braces[DEPTH]; /* open in the code of each ${ … } */
	unsigned depth;
	bool bad; /* a string ended with its line */
};

static bool regex_may_start(struct str js, size_t at)
{
	while (at > 0 && ascii_space(js.ptr[at - 1]))
		at--;
	if (at == 0)
		return true;
	char c = js.ptr[at - 1];
	return !(ascii_alnum(c) || c == '_' || c == '$' || c == ')' || c == ']' || c == '}');
}

static void from_code(struct lexer *l, struct str js, size_t *i)
{
	char c = js.ptr[*i], n = *i + 1 < js.len ? js.ptr[*i + 1] : 0;
	if (c == '\'')
		l->state = SCRIPT_SINGLE;
	else if (c == '"')
		l->state = SCRIPT_DOUBLE;
	else if (c == '`')
		l->state = SCRIPT_TEMPLATE;
	else if (c == '{' && l->depth)
		l->braces[l->depth - 1]++;
	else if (c == '}' && l->depth && l->braces[l->depth - 1]-- == 0) {
		l->depth--;
		l->state = SCRIPT_TEMPLATE;
	} else if (c == '/' && (n == '/' || n == '*')) {
		l->state = n == '/' ? SCRIPT_LINE_COMMENT : SCRIPT_BLOCK_COMMENT;
		(*i)++;
	} else if (c == '/' && regex_may_start(js, *i))
		l->state = SCRIPT_REGEX;
}

static void in_string(struct lexer *l, struct str js, size_t *i)
{
	char c = js.ptr[*i];
	if (c == '\\') {
		(*i)++;
	} else if (c == '\n' && l->state != SCRIPT_TEMPLATE) {
		l->bad = l->bad || l->state != SCRIPT_REGEX;
		l->state = SCRIPT_CODE; /* a syntax error: the engine starts over somewhere */
	} else if (l->state == SCRIPT_TEMPLATE && c == '$' && *i + 1 < js.len && js.ptr[*i + 1] == '{' &&
		   l->depth < DEPTH) {
		l->braces[l->depth++] = 0;
		l->state = SCRIPT_CODE;
		(*i)++;
	} else if ((l->state == SCRIPT_SINGLE && c == '\'') || (l->state == SCRIPT_DOUBLE && c == '"') ||
		   (l->state == SCRIPT_TEMPLATE && c == '`') || (l->state == SCRIPT_REGEX && c == '/')) {
		l->state = SCRIPT_CODE;
	}
}

/* Over byte *i; it may be moved over an escaped one. */
static void step(struct lexer *l, struct str js, size_t *i)
{
	char c = js.ptr[*i];
	switch (l->state) {
	case SCRIPT_CODE:
		from_code(l, js, i);
		break;
	case SCRIPT_LINE_COMMENT:
		if (c == '\n' || c == '\r')
			l->state = SCRIPT_CODE;
		break;
	case SCRIPT_BLOCK_COMMENT:
		if (c == '*' && *i + 1 < js.len && js.ptr[*i + 1] == '/') {
			(*i)++;
			l->state = SCRIPT_CODE;
		}
		break;
	case SCRIPT_SINGLE:
	case SCRIPT_DOUBLE:
	case SCRIPT_TEMPLATE:
	case SCRIPT_REGEX:
		in_string(l, js, i);
		break;
	}
}

enum script_state script_state_at(struct str js, size_t at)
{
	struct lexer l = { SCRIPT_CODE };
	for (size_t i = 0; i < js.len && i < at; i++)
		step(&l, js, &i);
	return l.state;
}

bool script_balanced(struct str js)
{
	struct lexer l = { SCRIPT_CODE };
	for (size_t i = 0; i < js.len; i++)
		step(&l, js, &i);
	return !l.bad && l.depth == 0 && (l.state == SCRIPT_CODE || l.state == SCRIPT_LINE_COMMENT);
}
