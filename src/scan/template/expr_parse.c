/* The parser of both syntaxes: precedence climbing over the source text, one tree in the
 * arena. What differs between the syntaxes is which operators and literals exist; there is one
 * tree and one evaluator. Nesting is bounded, so the C stack is. */
#include "scan/template/expr_lex.h"

#include <stdio.h>

struct parser {
	struct arena *a;
	struct str src;
	size_t at;
	enum expr_syntax syntax;
	unsigned depth;
	struct error *e;
};

static struct node *parse_expr(struct parser *p);
static struct node *parse_unary(struct parser *p);

static struct node *bad(struct parser *p, const char *zh, const char *en)
{
	struct error *e = p->e;

	error_set(e, "expr.syntax", "表达式第 %zu 字节处：%s。", "Byte %zu of the expression: %s.",
		  p->at + 1, zh);
	if (e)
		snprintf(e->en, sizeof(e->en), "Byte %zu of the expression: %s.", p->at + 1, en);
	return NULL;
}

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_new_of(p->a, struct node);

	n->kind = (uint8_t)kind;
	return n;
}

/* `child` stands below `n`. False: too deep. */
static bool under(struct parser *p, struct node *n, const struct node *child)
{
	if (child->height >= 2 * LIMIT_EXPR_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply") != NULL;
	if (n->height <= child->height)
		n->height = (uint8_t)(child->height + 1);
	return true;
}

static void skip_space(struct parser *p)
{
	for (; p->at < p->src.len; p->at++) {
		if (ascii_space(p->src.ptr[p->at]))
			continue;
		if (p->syntax == EXPR_CEL && str_starts(str_from(p->src, p->at), STR("//"))) {
			while (p->at < p->src.len && p->src.ptr[p->at] != '\n')
				p->at++;
			p->at--;
			continue;
		}
		return;
	}
}

static bool see(struct parser *p, struct str token)
{
	skip_space(p);
	return str_starts(str_from(p->src, p->at), token);
}

static bool take(struct parser *p, struct str token)
{
	if (!see(p, token))
		return false;
	p->at += token.len;
	return true;
}

static char next_char(struct parser *p)
{
	skip_space(p);
	return p->at < p->src.len ? p->src.ptr[p->at] : 0;
}

struct op_row {
	struct str text;
	uint8_t op, level;
	bool dsl_only;
};
/* Longer ones first. */
static const struct op_row ops[] = {
	{ STR_INIT("||"), OP_OR, 1, false },	{ STR_INIT("&&"), OP_AND, 2, false },
	{ STR_INIT("=="), OP_EQ, 3, false },	{ STR_INIT("!="), OP_NE, 3, false },
	{ STR_INIT("=~"), OP_MATCH, 3, true },	{ STR_INIT("!~"), OP_NOMATCH, 3, true },
	{ STR_INIT("<="), OP_LE, 3, false },	{ STR_INIT(">="), OP_GE, 3, false },
	{ STR_INIT("<<"), OP_SHL, 5, true },	{ STR_INIT(">>"), OP_SHR, 5, true },
	{ STR_INIT("<"), OP_LT, 3, false },	{ STR_INIT(">"), OP_GT, 3, false },
	{ STR_INIT("in"), OP_IN, 3, false },	{ STR_INIT("&"), OP_BITAND, 4, true },
	{ STR_INIT("|"), OP_BITOR, 4, true },	{ STR_INIT("^"), OP_BITXOR, 4, true },
	{ STR_INIT("+"), OP_ADD, 6, false },	{ STR_INIT("-"), OP_SUB, 6, false },
	{ STR_INIT("**"), OP_POW, 8, true },	{ STR_INIT("*"), OP_MUL, 7, false },
	{ STR_INIT("/"), OP_DIV, 7, false },	{ STR_INIT("%"), OP_MOD, 7, false },
};

static const struct op_row *peek_op(struct parser *p)
{
	skip_space(p);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		const struct op_row *o = &ops[i];
		if ((o->dsl_only && p->syntax != EXPR_DSL) || !see(p, o->text))
			continue;
		size_t end = p->at + o->text.len;
		if (o->op == OP_IN && end < p->src.len && lex_name_char(p->src.ptr[end]))
			continue;
		return o;
	}
	return NULL;
}

/* Elements up to `close`, which is consumed. False on error. */
static bool parse_list(struct parser *p, char close, struct node *n)
{
	VEC(struct node *) items = { 0 };
	bool ok = true;

	while (next_char(p) != close) {
		struct node *item = items.len < 4096 ? parse_expr(p) : NULL;
		if (!item || !under(p, n, item)) {
			ok = false;
			break;
		}
		*vec_push(&items) = item;
		if (n->kind == NODE_MAP && items.len % 2 == 1) {
			if (!take(p, STR(":"))) {
				bad(p, "映射里缺少冒号", "a colon is missing in a map");
				ok = false;
				break;
			}
			continue;
		}
		if (next_char(p) == close)
			break;
		if (!take(p, STR(","))) {
			bad(p, "缺少逗号或右括号", "a comma or a closing bracket is missing");
			ok = false;
			break;
		}
	}
	if (ok && p->at < p->src.len)
		p->at++;
	n->n = (uint32_t)items.len;
	n->list = arena_array(p->a, items.len + 1, sizeof(*n->list));
	if (items.len)
		memcpy(n->list, items.ptr, items.len * sizeof(*n->list));
	vec_free(&items);
	return ok;
}

static struct node *finish_call(struct parser *p, struct str name, struct node *receiver)
{
	struct node *n = node_new(p, NODE_FOREIGN);

	if (!parse_list(p, ')', n))
		return NULL;
	if (receiver) {
		struct node **list = arena_array(p->a, n->n + 2, sizeof(*list));
		list[0] = receiver;
		memcpy(list + 1, n->list, n->n * sizeof(*list));
		n->list = list;
		n->n++;
		if (!under(p, n, receiver))
			return NULL;
	}
	const struct function *f = expr_find(name, p->syntax);
	if (f && (n->n < f->min || (f->max != FN_MANY && n->n > f->max)))
		return bad(p, "函数的参数个数不对", "wrong number of arguments for a function");
	if (f) {
		n->kind = NODE_CALL;
		n->what = f;
	} else {
		struct str *copy = arena_new_of(p->a, struct str);
		*copy = name;
		n->what = copy;
	}
	return n;
}

static struct str take_name(struct parser *p)
{
	size_t start = p->at;

	if (p->at < p->src.len && lex_name_start(p->src.ptr[p->at]))
		while (p->at < p->src.len && lex_name_char(p->src.ptr[p->at]))
			p->at++;
	return str_sub(p->src, start, p->at);
}

static struct node *parse_name(struct parser *p)
{
	static const struct {
		struct str word;
		uint8_t kind;
		bool value;
	} words[] = { { STR_INIT("true"), NODE_BOOL, true },
		      { STR_INIT("false"), NODE_BOOL, false },
		      { STR_INIT("null"), NODE_NULL, false },
		      { STR_INIT("nil"), NODE_NULL, false } };
	struct str name = take_name(p);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(name, words[i].word)) {
			struct node *n = node_new(p, words[i].kind);
			n->boolean = words[i].value;
			return n;
		}
	if (next_char(p) == '(') {
		p->at++;
		return finish_call(p, name, NULL);
	}
	struct node *n = node_new(p, NODE_VAR);
	n->str = name;
	return n;
}

/* .name .name(…) [index] behind what stands there. */
static struct node *parse_postfix(struct parser *p, struct node *n)
{
	for (unsigned links = 0; n && links < 64; links++) {
		char c = next_char(p);
		if (c == '.' && p->at + 1 < p->src.len && lex_name_start(p->src.ptr[p->at + 1])) {
			size_t end_before = p->at;
			p->at++;
			struct str name = take_name(p);
			if (next_char(p) == '(') {
				p->at++;
				n = finish_call(p, name, n);
			} else if (n->kind == NODE_VAR && n->str.ptr + n->str.len ==
								  p->src.ptr + end_before) {
				/* one dotted name as long as it is written in one piece */
				n->str.len = (size_t)(name.ptr + name.len - n->str.ptr);
			} else {
				struct node *m = node_new(p, NODE_MEMBER);
				struct str *copy = arena_new_of(p->a, struct str);
				*copy = name;
				m->a = n;
				struct node *key = node_new(p, NODE_STR);
				key->str = *copy;
				m->b = key;
				n = under(p, m, n) ? m : NULL;
			}
		} else if (c == '[' && p->syntax == EXPR_CEL) {
			p->at++;
			struct node *m = node_new(p, NODE_INDEX);
			m->a = n;
			m->b = parse_expr(p);
			if (!m->b)
				return NULL;
			if (!take(p, STR("]")))
				return bad(p, "缺少右方括号", "a closing square bracket is missing");
			n = under(p, m, n) && under(p, m, m->b) ? m : NULL;
		} else {
			break;
		}
	}
	return n;
}

/* {{name}} or {{expression}} inside an expression. */
static struct node *parse_marker(struct parser *p)
{
	size_t start = p->at;
	struct node *n;

	while (p->at < p->src.len && (lex_name_char(p->src.ptr[p->at]) ||
				      memchr(".-:", p->src.ptr[p->at], 3)))
		p->at++;
	if (p->at > start && see(p, STR("}}"))) {
		n = node_new(p, NODE_VAR);
		n->str = str_trim(str_sub(p->src, start, p->at));
	} else {
		p->at = start;
		n = parse_expr(p);
		if (!n)
			return NULL;
	}
	return take(p, STR("}}")) ? n : bad(p, "缺少 }}", "}} is missing");
}

static struct node *parse_bracketed(struct parser *p)
{
	struct node *n;
	size_t start = ++p->at;

	if (p->syntax == EXPR_CEL) {
		n = node_new(p, NODE_LIST);
		return parse_list(p, ']', n) ? n : NULL;
	}
	while (p->at < p->src.len && p->src.ptr[p->at] != ']')
		p->at++;
	n = node_new(p, NODE_VAR);
	n->str = str_trim(str_sub(p->src, start, p->at));
	return take(p, STR("]")) && n->str.len ?
		       n :
		       bad(p, "缺少右方括号", "a closing square bracket is missing");
}

static struct node *parse_string(struct parser *p, struct str text)
{
	struct node *n = node_new(p, NODE_STR);
	struct error ignored;

	n->str = text;
	if (p->syntax == EXPR_DSL && str_has(text, STR("{{")) && str_has(text, STR("}}"))) {
		struct expr_text *t;
		if (expr_text_inner(p->a, text, p->depth, &t, &ignored) == 0 && !expr_text_fixed(t)) {
			n->kind = NODE_TEXT;
			n->text = t;
		}
	}
	return n;
}

static struct node *parse_primary(struct parser *p)
{
	char c = next_char(p);
	struct str text;

	if (lex_string(p->src, &p->at, p->syntax, p->a, &text))
		return parse_string(p, text);
	if (ascii_digit(c)) {
		struct node *n = node_new(p, NODE_NUM);
		return lex_number(p->src, &p->at, n) ? n : bad(p, "数字写错了", "not a number");
	}
	if (p->syntax == EXPR_DSL && take(p, STR("{{")))
		return parse_marker(p);
	if (c == '(') {
		p->at++;
		struct node *n = parse_expr(p);
		if (!n)
			return NULL;
		return take(p, STR(")")) ? n : bad(p, "缺少右圆括号", "a closing bracket is missing");
	}
	if (c == '[')
		return parse_bracketed(p);
	if (c == '{' && p->syntax == EXPR_CEL) {
		p->at++;
		struct node *n = node_new(p, NODE_MAP);
		return parse_list(p, '}', n) ? n : NULL;
	}
	if (lex_name_start(c))
		return parse_name(p);
	return bad(p, c ? "这里应当是一个值" : "表达式没有写完",
		   c ? "a value is expected here" : "the expression ends too early");
}

static struct node *parse_unary(struct parser *p)
{
	enum node_kind kind;

	if (see(p, STR("!")) && !see(p, STR("!=")) && !see(p, STR("!~")))
		kind = NODE_NOT;
	else if (see(p, STR("-")))
		kind = NODE_NEG;
	else
		return parse_postfix(p, parse_primary(p));
	p->at++;
	if (++p->depth > LIMIT_EXPR_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply");
	struct node *n = node_new(p, kind);
	n->a = parse_unary(p);
	p->depth--;
	return n->a && under(p, n, n->a) ? n : NULL;
}

/* x in (a, b) as govaluate has it. */
static struct node *parse_in_list(struct parser *p)
{
	if (p->syntax != EXPR_DSL || next_char(p) != '(')
		return parse_unary(p);
	p->at++;
	struct node *n = node_new(p, NODE_LIST);
	return parse_list(p, ')', n) ? n : NULL;
}

/* a && b && c is one node of three, so that long chains are not deep. */
static struct node *join(struct parser *p, uint8_t op, struct node *left, struct node *right)
{
	bool chain = op == OP_AND || op == OP_OR || op == OP_ADD;
	struct node *n = left;

	if (!chain || left->kind != NODE_BIN || left->op != op) {
		n = node_new(p, NODE_BIN);
		n->op = op;
		n->n = 1;
		n->list = arena_array(p->a, 2, sizeof(*n->list));
		n->list[0] = left;
		if (!under(p, n, left))
			return NULL;
	} else if ((n->n & (n->n - 1)) == 0) {
		struct node **list = arena_array(p->a, 2 * (size_t)n->n, sizeof(*list));
		memcpy(list, n->list, n->n * sizeof(*list));
		n->list = list;
	}
	n->list[n->n++] = right;
	return under(p, n, right) ? n : NULL;
}

static struct node *parse_binary(struct parser *p, unsigned level)
{
	struct node *left = parse_unary(p);

	while (left) {
		const struct op_row *o = peek_op(p);
		if (!o || o->level < level)
			break;
		p->at += o->text.len;
		if (++p->depth > LIMIT_EXPR_DEPTH)
			return bad(p, "嵌套太深", "nested too deeply");
		struct node *right = o->op == OP_IN ? parse_in_list(p) :
						      parse_binary(p, o->level + 1);
		p->depth--;
		left = right ? join(p, o->op, left, right) : NULL;
	}
	return left;
}

static struct node *parse_expr(struct parser *p)
{
	if (++p->depth > LIMIT_EXPR_DEPTH)
		return bad(p, "嵌套太深", "nested too deeply");
	struct node *n = parse_binary(p, 1);
	if (n && take(p, STR("?"))) {
		struct node *cond = node_new(p, NODE_COND);
		cond->n = 3;
		cond->list = arena_array(p->a, 3, sizeof(*cond->list));
		cond->list[0] = n;
		cond->list[1] = parse_expr(p);
		if (!cond->list[1])
			return NULL;
		if (!take(p, STR(":")))
			return bad(p, "缺少冒号", "a colon is missing");
		cond->list[2] = parse_expr(p);
		if (!cond->list[2] || !under(p, cond, n) || !under(p, cond, cond->list[1]) ||
		    !under(p, cond, cond->list[2]))
			return NULL;
		n = cond;
	}
	p->depth--;
	return n;
}

int expr_compile_at(struct arena *a, struct str src, enum expr_syntax syntax, unsigned depth,
		    struct expr **ret, struct error *e)
{
	if (src.len > LIMIT_EXPR_SOURCE || arena_left(a) < src.len * 64 + 64 * KIB)
		return error_set(e, "expr.too-long", "表达式太长。", "The expression is too long.");
	struct parser p = { .a = a, .src = arena_str(a, src), .syntax = syntax, .depth = depth,
			    .e = e };
	struct node *root = parse_expr(&p);
	if (!root)
		return -1;
	skip_space(&p);
	if (p.at < p.src.len) {
		bad(&p, "后面还有多余的内容", "something is left over");
		return -1;
	}
	struct expr *x = arena_new_of(a, struct expr);
	*x = (struct expr){ .src = p.src, .root = root, .syntax = syntax };
	*ret = x;
	return 0;
}

int expr_compile(struct arena *a, struct str src, enum expr_syntax syntax, struct expr **ret,
		 struct error *e)
{
	return expr_compile_at(a, str_trim(src), syntax, 0, ret, e);
}

struct str expr_source(const struct expr *x)
{
	return x->src;
}
