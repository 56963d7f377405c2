/* The jq language as far as extractors use it: parser. */
#include "scan/template/jq_private.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/vec.h"

struct parser {
	struct arena *a;
	struct str s;
	size_t at;
	unsigned depth;
	struct error *e;
};

static struct jq_node *pipe_expr(struct parser *p);
static struct jq_node *postfix(struct parser *p);

static struct jq_node *bad(struct parser *p, const char *zh, const char *en)
{
	error_set(p->e, "jq.syntax", "jq 表达式第 %zu 字节处：%s。", "Byte %zu of the jq expression: %s.",
		  p->at + 1, zh);
	if (p->e)
		snprintf(p->e->en, sizeof(p->e->en), "Byte %zu of the jq expression: %s.", p->at + 1,
			 en);
	return NULL;
}

static struct jq_node *make(struct parser *p, enum jq_kind kind, struct jq_node *a,
			    struct jq_node *b)
{
	struct jq_node *n = arena_new_of(p->a, struct jq_node);

	n->kind = kind;
	n->a = a;
	n->b = b;
	n->height = 1 + (a && b ? (a->height > b->height ? a->height : b->height) :
			 a	? a->height :
			 b	? b->height :
				  0);
	return n->height > 4 * JQ_DEPTH ? bad(p, "嵌套太深", "nested too deeply") : n;
}

static char peek(struct parser *p)
{
	while (p->at < p->s.len) {
		if (p->s.ptr[p->at] == '#')
			while (p->at < p->s.len && p->s.ptr[p->at] != '\n')
				p->at++;
		else if (ascii_space(p->s.ptr[p->at]))
			p->at++;
		else
			return p->s.ptr[p->at];
	}
	return 0;
}

static bool take(struct parser *p, const char *token)
{
	peek(p);
	if (!str_starts(str_from(p->s, p->at), str_c(token)))
		return false;
	p->at += strlen(token);
	return true;
}

static bool word_char(char c)
{
	return ascii_alnum(c) || c == '_';
}

static bool word(struct parser *p, const char *w)
{
	peek(p);
	size_t end = p->at + strlen(w);

	if (!str_starts(str_from(p->s, p->at), str_c(w)) ||
	    (end < p->s.len && word_char(p->s.ptr[end])))
		return false;
	p->at = end;
	return true;
}

static struct str name(struct parser *p)
{
	size_t from = p->at;

	while (p->at < p->s.len && word_char(p->s.ptr[p->at]))
		p->at++;
	return str_sub(p->s, from, p->at);
}

/* A JSON string, decoded by the JSON parser. No interpolation. */
static struct jq_node *string(struct parser *p)
{
	size_t from = p->at++;

	while (p->at < p->s.len && p->s.ptr[p->at] != '"')
		p->at += p->s.ptr[p->at] == '\\' ? 2 : 1;
	if (p->at >= p->s.len)
		return bad(p, "缺少引号", "a quote is missing");
	p->at++;
	struct str quoted = str_sub(p->s, from, p->at);
	_cleanup_json_ json_t *v = json_loadb(quoted.ptr, quoted.len, JSON_DECODE_ANY, NULL);
	if (!json_is_string(v))
		return bad(p, "字符串写错了", "a bad string");
	struct jq_node *n = make(p, JQ_TEXT, NULL, NULL);
	if (n)
		n->text = arena_str(p->a, str_make(json_string_value(v), json_string_length(v)));
	return n;
}

static struct jq_node *field(struct parser *p, struct jq_node *of, struct str key)
{
	struct jq_node *k = make(p, JQ_TEXT, NULL, NULL);

	if (!k)
		return NULL;
	k->text = key;
	return make(p, JQ_INDEX, of, k);
}

/* Behind '[': index, slice or everything. */
static struct jq_node *brackets(struct parser *p, struct jq_node *of)
{
	struct jq_node *from = NULL, *to = NULL, *n;

	if (take(p, "]"))
		return make(p, JQ_ITERATE, of, NULL);
	if (peek(p) != ':' && !(from = pipe_expr(p)))
		return NULL;
	if (!take(p, ":"))
		return take(p, "]") ? make(p, JQ_INDEX, of, from) :
				      bad(p, "缺少右方括号", "] is missing");
	if (peek(p) != ']' && !(to = pipe_expr(p)))
		return NULL;
	if (!take(p, "]"))
		return bad(p, "缺少右方括号", "] is missing");
	n = make(p, JQ_SLICE, of, from);
	if (n)
		n->c = to;
	return n;
}

static bool list_of(struct parser *p, const char *sep, const char *end, struct jq_node *n,
		    struct jq_node *(*one)(struct parser *))
{
	struct jq_node *items[64];
	size_t len = 0;

	do {
		if (len == ARRAY_SIZE(items) || !(items[len] = one(p)))
			return false;
		if (items[len]->height >= n->height)
			n->height = items[len]->height + 1;
		len++;
	} while (take(p, sep));
	if (!take(p, end))
		return bad(p, "缺少右括号", "a closing bracket is missing") != NULL;
	n->list = arena_array(p->a, len, sizeof(*n->list));
	memcpy(n->list, items, len * sizeof(*items));
	n->len = len;
	return true;
}

static struct jq_node *conditional(struct parser *p)
{
	struct jq_node *cond = pipe_expr(p), *then, *other, *n;

	if (!cond)
		return NULL;
	if (!word(p, "then"))
		return bad(p, "缺少 then", "then is missing");
	then = pipe_expr(p);
	if (!then)
		return NULL;
	if (word(p, "elif")) {
		other = conditional(p);
	} else if (word(p, "else")) {
		other = pipe_expr(p);
		if (other && !word(p, "end"))
			return bad(p, "缺少 end", "end is missing");
	} else {
		other = make(p, JQ_IDENTITY, NULL, NULL);
		if (other && !word(p, "end"))
			return bad(p, "缺少 end", "end is missing");
	}
	if (!other)
		return NULL;
	n = make(p, JQ_IF, cond, then);
	if (n) {
		n->c = other;
		n->height += other->height;
	}
	return n;
}

static struct jq_node *object(struct parser *p)
{
	struct jq_node *n = make(p, JQ_OBJECT, NULL, NULL), *items[64];

	if (!n || take(p, "}"))
		return n;
	do {
		struct jq_node *key, *value;
		if (n->len + 2 > ARRAY_SIZE(items))
			return bad(p, "太长", "too long");
		if (peek(p) == '"') {
			key = string(p);
		} else if (take(p, "(")) {
			key = pipe_expr(p);
			if (key && !take(p, ")"))
				return bad(p, "缺少右括号", ") is missing");
		} else {
			key = make(p, JQ_TEXT, NULL, NULL);
			if (key)
				key->text = name(p);
		}
		if (!key)
			return NULL;
		struct jq_node *self = make(p, JQ_IDENTITY, NULL, NULL);
		value = !self	      ? NULL :
			take(p, ":") ? postfix(p) :
				       make(p, JQ_INDEX, self, key);
		if (!value)
			return NULL;
		items[n->len++] = key;
		items[n->len++] = value;
		n->height += key->height + value->height;
	} while (take(p, ","));
	if (!take(p, "}"))
		return bad(p, "缺少右花括号", "} is missing");
	n->list = arena_array(p->a, n->len, sizeof(*n->list));
	memcpy(n->list, items, n->len * sizeof(*items));
	return n->height > 4 * JQ_DEPTH ? bad(p, "嵌套太深", "nested too deeply") : n;
}

static struct jq_node *number(struct parser *p)
{
	struct jq_node *n = make(p, JQ_NUMBER, NULL, NULL);
	size_t from = p->at;

	while (p->at < p->s.len && (ascii_digit(p->s.ptr[p->at]) || p->s.ptr[p->at] == '.'))
		p->at++;
	if (n && str_to_double(str_sub(p->s, from, p->at), &n->number) < 0)
		return bad(p, "数字写错了", "a bad number");
	return n;
}

static struct jq_node *call(struct parser *p)
{
	struct jq_node *n = make(p, JQ_CALL, NULL, NULL);

	if (!n)
		return NULL;
	n->text = name(p);
	if (p->at < p->s.len && p->s.ptr[p->at] == '(') {
		p->at++;
		if (!list_of(p, ";", ")", n, pipe_expr))
			return NULL;
	}
	return n;
}

/* '.', '.name', '."name"', '.[…]' */
static struct jq_node *dot(struct parser *p)
{
	struct jq_node *self = make(p, JQ_IDENTITY, NULL, NULL), *key;
	char c = p->at < p->s.len ? p->s.ptr[p->at] : 0;

	if (!self)
		return NULL;
	if (c == '"') {
		key = string(p);
		return key ? make(p, JQ_INDEX, self, key) : NULL;
	}
	return ascii_alpha(c) || c == '_' ? field(p, self, name(p)) : self;
}

static struct jq_node *primary(struct parser *p)
{
	char c = peek(p);
	struct jq_node *n;

	if (take(p, ".."))
		return make(p, JQ_RECURSE, NULL, NULL);
	if (c == '.') {
		p->at++;
		return dot(p);
	}
	if (c == '"')
		return string(p);
	if (ascii_digit(c))
		return number(p);
	if (take(p, "(")) {
		n = pipe_expr(p);
		return !n || take(p, ")") ? n : bad(p, "缺少右括号", ") is missing");
	}
	if (take(p, "[")) {
		if (take(p, "]"))
			return make(p, JQ_ARRAY, NULL, NULL);
		n = pipe_expr(p);
		if (!n)
			return NULL;
		return take(p, "]") ? make(p, JQ_ARRAY, n, NULL) : bad(p, "缺少右方括号", "] is missing");
	}
	if (take(p, "{"))
		return object(p);
	if (take(p, "@")) {
		n = make(p, JQ_FORMAT, NULL, NULL);
		if (n)
			n->text = name(p);
		return n;
	}
	if (word(p, "if"))
		return conditional(p);
	if (take(p, "-")) {
		n = postfix(p);
		return n ? make(p, JQ_NEG, n, NULL) : NULL;
	}
	if (ascii_alpha(c) || c == '_')
		return call(p);
	return bad(p, "这里应当是一个过滤器", "a filter is expected here");
}

static struct jq_node *postfix(struct parser *p)
{
	struct jq_node *n;

	if (++p->depth > JQ_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply");
	n = primary(p);
	while (n) {
		char c = peek(p), next = p->at + 1 < p->s.len ? p->s.ptr[p->at + 1] : 0;
		if (c == '[') {
			p->at++;
			n = brackets(p, n);
		} else if (c == '.' && next == '[') {
			p->at += 2;
			n = brackets(p, n);
		} else if (c == '.' && (ascii_alpha(next) || next == '_')) {
			p->at++;
			n = field(p, n, name(p));
		} else if (c == '.' && next == '"') {
			p->at++;
			struct jq_node *key = string(p);
			n = key ? make(p, JQ_INDEX, n, key) : NULL;
		} else if (c == '?' ) {
			p->at++;
			n = make(p, JQ_TRY, n, NULL);
		} else {
			break;
		}
	}
	p->depth--;
	return n;
}

static const struct {
	const char *text;
	unsigned level;
	enum jq_kind kind;
	enum jq_op op;
} ops[] = {
	{ "//", 1, JQ_ELSE, 0 },	{ "or", 2, JQ_OR, 0 },
	{ "and", 3, JQ_AND, 0 },	{ "==", 4, JQ_BINARY, JQ_EQ },
	{ "!=", 4, JQ_BINARY, JQ_NE },	{ "<=", 4, JQ_BINARY, JQ_LE },
	{ ">=", 4, JQ_BINARY, JQ_GE },	{ "<", 4, JQ_BINARY, JQ_LT },
	{ ">", 4, JQ_BINARY, JQ_GT },	{ "+", 5, JQ_BINARY, JQ_ADD },
	{ "-", 5, JQ_BINARY, JQ_SUB },	{ "*", 6, JQ_BINARY, JQ_MUL },
	{ "/", 6, JQ_BINARY, JQ_DIV },	{ "%", 6, JQ_BINARY, JQ_MOD },
};

static struct jq_node *binary(struct parser *p, unsigned level)
{
	struct jq_node *left = postfix(p);

	while (left) {
		size_t i = 0, start = p->at;
		for (; i < ARRAY_SIZE(ops); i++)
			if (ascii_alpha(ops[i].text[0]) ? word(p, ops[i].text) : take(p, ops[i].text))
				break;
		if (i == ARRAY_SIZE(ops) || ops[i].level < level) {
			p->at = start;
			break;
		}
		if (++p->depth > JQ_DEPTH)
			return bad(p, "嵌套太深", "nested too deeply");
		struct jq_node *right = binary(p, ops[i].level + (ops[i].kind != JQ_ELSE));
		p->depth--;
		left = right ? make(p, ops[i].kind, left, right) : NULL;
		if (left)
			left->op = ops[i].op;
	}
	return left;
}

static struct jq_node *comma(struct parser *p)
{
	struct jq_node *n = binary(p, 1);

	while (n && take(p, ",")) {
		struct jq_node *next = binary(p, 1);
		n = next ? make(p, JQ_COMMA, n, next) : NULL;
	}
	return n;
}

static struct jq_node *pipe_expr(struct parser *p)
{
	struct jq_node *n;

	if (++p->depth > JQ_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply");
	n = comma(p);
	while (n && take(p, "|")) {
		struct jq_node *next = comma(p);
		n = next ? make(p, JQ_PIPE, n, next) : NULL;
	}
	p->depth--;
	return n;
}

int jq_compile(struct arena *a, struct str src, struct jq **ret, struct error *e)
{
	if (src.len > JQ_SOURCE || arena_left(a) < src.len * 128 + 64 * KIB)
		return error_set(e, "jq.too-long", "jq 表达式太长。", "The jq expression is too long.");
	struct parser p = { .a = a, .s = arena_str(a, src), .e = e };
	struct jq_node *root = pipe_expr(&p);
	if (!root)
		return -1;
	if (peek(&p)) {
		bad(&p, "后面还有多余的内容", "something is left over");
		return -1;
	}
	struct jq *q = arena_new_of(a, struct jq);
	q->root = root;
	*ret = q;
	return 0;
}
