/* XPath 1.0 as far as extractors and matchers use it: parser (W3C Recommendation, section 3.7). */
#include "scan/template/xpath_private.h"

#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"

struct parser {
	struct arena *a;
	struct str s;
	size_t at;
	unsigned depth;
	struct error *e;
};

static struct xpath_node *expr(struct parser *p);
static struct xpath_node *binary(struct parser *p, unsigned level);

static struct xpath_node *bad(struct parser *p, const char *zh, const char *en)
{
	error_set(p->e, "xpath.syntax", "XPath 第 %zu 字节处：%s。", "Byte %zu of the XPath: %s.",
		  p->at + 1, zh);
	if (p->e)
		snprintf(p->e->en, sizeof(p->e->en), "Byte %zu of the XPath: %s.", p->at + 1, en);
	return NULL;
}

static char peek(struct parser *p, size_t ahead)
{
	while (p->at < p->s.len && ascii_space(p->s.ptr[p->at]))
		p->at++;
	return p->at + ahead < p->s.len ? p->s.ptr[p->at + ahead] : 0;
}

static bool take(struct parser *p, const char *token)
{
	peek(p, 0);
	if (!str_starts(str_from(p->s, p->at), str_c(token)))
		return false;
	p->at += strlen(token);
	return true;
}

static bool name_char(char c)
{
	return ascii_alnum(c) || c == '_' || c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

static bool name_start(char c)
{
	return ascii_alpha(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* NCName, with its prefix (svg:path) as one. */
static struct str name(struct parser *p)
{
	size_t from;

	peek(p, 0);
	from = p->at;
	if (p->at < p->s.len && name_start(p->s.ptr[p->at]))
		while (p->at < p->s.len && name_char(p->s.ptr[p->at]))
			p->at++;
	if (p->at > from && p->at + 1 < p->s.len && p->s.ptr[p->at] == ':' &&
	    name_start(p->s.ptr[p->at + 1])) {
		p->at++;
		while (p->at < p->s.len && name_char(p->s.ptr[p->at]))
			p->at++;
	}
	return str_sub(p->s, from, p->at);
}

static struct xpath_node *make(struct parser *p, enum xpath_kind kind)
{
	struct xpath_node *n = arena_new_of(p->a, struct xpath_node);

	n->kind = kind;
	n->height = 1;
	return n;
}

static bool under(struct parser *p, struct xpath_node *n, const struct xpath_node *child)
{
	if (child->height >= 3 * XPATH_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply") != NULL;
	if (n->height <= child->height)
		n->height = child->height + 1;
	return true;
}

static bool axis_of(struct parser *p, struct xpath_step *step)
{
	static const struct {
		const char *name;
		enum xpath_axis axis;
	} axes[] = {
		{ "child::", AXIS_CHILD },
		{ "descendant::", AXIS_DESCENDANT },
		{ "descendant-or-self::", AXIS_DESCENDANT_SELF },
		{ "self::", AXIS_SELF },
		{ "parent::", AXIS_PARENT },
		{ "ancestor::", AXIS_ANCESTOR },
		{ "ancestor-or-self::", AXIS_ANCESTOR_SELF },
		{ "following-sibling::", AXIS_FOLLOWING_SIBLING },
		{ "preceding-sibling::", AXIS_PRECEDING_SIBLING },
		{ "attribute::", AXIS_ATTRIBUTE },
	};

	if (take(p, "@")) {
		step->axis = AXIS_ATTRIBUTE;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(axes); i++)
		if (take(p, axes[i].name)) {
			step->axis = axes[i].axis;
			return true;
		}
	return false;
}

static bool node_test(struct parser *p, struct xpath_step *step)
{
	static const struct {
		const char *name;
		enum xpath_test test;
	} tests[] = { { "text()", TEST_TEXT }, { "node()", TEST_NODE }, { "comment()", TEST_COMMENT } };

	if (take(p, "*")) {
		step->test = TEST_ANY;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		if (take(p, tests[i].name)) {
			step->test = tests[i].test;
			return true;
		}
	step->name = name(p);
	return step->name.len > 0;
}

static bool predicates(struct parser *p, struct xpath_node *n, struct xpath_step *step)
{
	struct xpath_node *items[16];
	size_t len = 0;

	while (take(p, "[")) {
		if (len == ARRAY_SIZE(items))
			return bad(p, "条件太多", "too many predicates") != NULL;
		items[len] = expr(p);
		if (!items[len] || !under(p, n, items[len]))
			return false;
		if (!take(p, "]"))
			return bad(p, "缺少右方括号", "] is missing") != NULL;
		len++;
	}
	step->predicates = arena_array(p->a, len + 1, sizeof(*step->predicates));
	memcpy(step->predicates, items, len * sizeof(*items));
	step->npredicates = len;
	return true;
}

static bool one_step(struct parser *p, struct xpath_node *n, struct xpath_step *step)
{
	if (take(p, "..")) {
		*step = (struct xpath_step){ .axis = AXIS_PARENT, .test = TEST_NODE };
		return predicates(p, n, step);
	}
	if (peek(p, 0) == '.' && !ascii_digit(peek(p, 1))) {
		p->at++;
		*step = (struct xpath_step){ .axis = AXIS_SELF, .test = TEST_NODE };
		return predicates(p, n, step);
	}
	axis_of(p, step);
	if (!node_test(p, step))
		return bad(p, "这里应当是一步路径", "a step of a path is expected here") != NULL;
	return predicates(p, n, step);
}

/* Steps as far as they go; `first` is false when a slash must come before the next one. */
static bool steps(struct parser *p, struct xpath_node *n, bool first)
{
	struct xpath_step items[64] = { 0 };
	size_t len = 0;

	for (;; first = false) {
		if (len + 2 > ARRAY_SIZE(items))
			return bad(p, "路径太长", "the path is too long") != NULL;
		if (!first && take(p, "//"))
			items[len++] = (struct xpath_step){ .axis = AXIS_DESCENDANT_SELF,
							    .test = TEST_NODE };
		else if (!first && !take(p, "/"))
			break;
		if (!one_step(p, n, &items[len++]))
			return false;
	}
	n->steps = arena_array(p->a, len + 1, sizeof(*n->steps));
	memcpy(n->steps, items, len * sizeof(*items));
	n->nsteps = len;
	return true;
}

static struct xpath_node *path(struct parser *p)
{
	struct xpath_node *n = make(p, XPATH_PATH);
	char c = peek(p, 0), next = peek(p, 1);

	if (c == '/') {
		n->absolute = true;
		if (next != '/' && next != '@' && next != '*' && next != '.' && !name_start(next)) {
			p->at++;
			return n; /* "/" alone */
		}
	}
	return steps(p, n, c != '/') ? n : NULL;
}

static struct xpath_node *call(struct parser *p, struct str function)
{
	struct xpath_node *n = make(p, XPATH_CALL), *items[8];

	n->text = function;
	p->at++;
	if (!take(p, ")")) {
		do {
			if (n->len == ARRAY_SIZE(items))
				return bad(p, "参数太多", "too many arguments");
			items[n->len] = expr(p);
			if (!items[n->len] || !under(p, n, items[n->len]))
				return NULL;
			n->len++;
		} while (take(p, ","));
		if (!take(p, ")"))
			return bad(p, "缺少右圆括号", ") is missing");
	}
	n->list = arena_array(p->a, n->len + 1, sizeof(*n->list));
	memcpy(n->list, items, n->len * sizeof(*items));
	return n;
}

/* (expr)[1]/a: a path that starts from a value. */
static struct xpath_node *filtered(struct parser *p, struct xpath_node *of)
{
	struct xpath_node *n;

	if (!of || (peek(p, 0) != '/' && peek(p, 0) != '['))
		return of;
	n = make(p, XPATH_PATH);
	n->a = of;
	if (!under(p, n, of))
		return NULL;
	if (peek(p, 0) == '[') {
		struct xpath_step self = { .axis = AXIS_SELF, .test = TEST_NODE };
		struct xpath_node *outer;
		if (!predicates(p, n, &self))
			return NULL;
		n->steps = arena_array(p->a, 1, sizeof(*n->steps));
		n->steps[0] = self;
		n->nsteps = 1;
		n->op = XOP_UNION; /* the predicates see the whole set at once */
		if (peek(p, 0) != '/')
			return n;
		outer = make(p, XPATH_PATH);
		outer->a = n;
		if (!under(p, outer, n))
			return NULL;
		n = outer;
	}
	return steps(p, n, false) ? n : NULL;
}

static struct xpath_node *primary(struct parser *p)
{
	char c = peek(p, 0);
	size_t start = p->at;

	if (c == '(') {
		p->at++;
		struct xpath_node *n = expr(p);
		if (!n)
			return NULL;
		return take(p, ")") ? filtered(p, n) : bad(p, "缺少右圆括号", ") is missing");
	}
	if (c == '"' || c == '\'') {
		ssize_t end = str_chr(str_from(p->s, p->at + 1), c);
		if (end < 0)
			return bad(p, "缺少引号", "a quote is missing");
		struct xpath_node *n = make(p, XPATH_TEXT);
		n->text = str_sub(p->s, p->at + 1, p->at + 1 + (size_t)end);
		p->at += (size_t)end + 2;
		return n;
	}
	if (ascii_digit(c) || (c == '.' && ascii_digit(peek(p, 1)))) {
		struct xpath_node *n = make(p, XPATH_NUMBER);
		while (p->at < p->s.len && (ascii_digit(p->s.ptr[p->at]) || p->s.ptr[p->at] == '.'))
			p->at++;
		return str_to_double(str_sub(p->s, start, p->at), &n->number) == 0 ?
			       n :
			       bad(p, "数字写错了", "a bad number");
	}
	struct str word = name(p);
	bool is_test = str_eq(word, STR("text")) || str_eq(word, STR("node")) ||
		       str_eq(word, STR("comment"));
	if (word.len && peek(p, 0) == '(' && !is_test)
		return filtered(p, call(p, word));
	p->at = start;
	return path(p);
}

static struct xpath_node *unary(struct parser *p)
{
	struct xpath_node *n;

	if (++p->depth > XPATH_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply");
	if (take(p, "-")) {
		n = make(p, XPATH_NEG);
		n->a = unary(p);
		if (!n->a || !under(p, n, n->a))
			return NULL;
	} else {
		n = primary(p);
	}
	p->depth--;
	return n;
}

static const struct {
	const char *text;
	unsigned level;
	enum xpath_op op;
} ops[] = {
	{ "or", 1, XOP_OR },   { "and", 2, XOP_AND }, { "!=", 3, XOP_NE },  { "=", 3, XOP_EQ },
	{ "<=", 4, XOP_LE },   { ">=", 4, XOP_GE },   { "<", 4, XOP_LT },   { ">", 4, XOP_GT },
	{ "+", 5, XOP_ADD },   { "-", 5, XOP_SUB },   { "*", 6, XOP_MUL },  { "div", 6, XOP_DIV },
	{ "mod", 6, XOP_MOD }, { "|", 7, XOP_UNION },
};

static bool operator_at(struct parser *p, size_t i)
{
	size_t start = p->at;

	if (!take(p, ops[i].text))
		return false;
	if (ascii_alpha(ops[i].text[0]) && p->at < p->s.len && name_char(p->s.ptr[p->at])) {
		p->at = start;
		return false;
	}
	return true;
}

static struct xpath_node *binary(struct parser *p, unsigned level)
{
	struct xpath_node *left = unary(p);

	while (left) {
		size_t i = 0, start = p->at;
		while (i < ARRAY_SIZE(ops) && !operator_at(p, i))
			i++;
		if (i == ARRAY_SIZE(ops) || ops[i].level < level) {
			p->at = start;
			break;
		}
		if (++p->depth > XPATH_DEPTH)
			return bad(p, "嵌套太深", "nested too deeply");
		struct xpath_node *n = make(p, XPATH_BINARY);
		n->op = ops[i].op;
		n->a = left;
		n->b = binary(p, ops[i].level + 1);
		p->depth--;
		if (!n->b || !under(p, n, left) || !under(p, n, n->b))
			return NULL;
		left = n;
	}
	return left;
}

static struct xpath_node *expr(struct parser *p)
{
	struct xpath_node *n;

	if (++p->depth > XPATH_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply");
	n = binary(p, 1);
	p->depth--;
	return n;
}

int xpath_compile(struct arena *a, struct str src, struct xpath **ret, struct error *e)
{
	if (src.len > XPATH_SOURCE || arena_left(a) < src.len * 256 + 64 * KIB)
		return error_set(e, "xpath.too-long", "XPath 太长。", "The XPath is too long.");
	struct parser p = { .a = a, .s = arena_str(a, src), .e = e };
	struct xpath_node *root = expr(&p);
	if (!root)
		return -1;
	if (peek(&p, 0)) {
		bad(&p, "后面还有多余的内容", "something is left over");
		return -1;
	}
	struct xpath *x = arena_new_of(a, struct xpath);
	x->root = root;
	*ret = x;
	return 0;
}
