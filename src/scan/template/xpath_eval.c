/* XPath 1.0 as far as extractors and matchers use it: evaluation over the small tree. Node sets
 * are lists of places in document order without doubles. Every node looked at counts as a step. */
#include "scan/template/xpath_private.h"

#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/vec.h"
#include "scan/template/expr.h"
#include "scan/template/markup_tree.h"
#include "scan/template/regex.h"

/* Node and attribute (0: the node itself, else its number from 1). */
typedef VEC(uint64_t) xset;
#define NODE(at) ((uint32_t)((at) >> 16))
#define ATTR(at) ((uint32_t)((at) & 0xFFFF))
#define PLACE(node, attr) ((uint64_t)(node) << 16 | (attr))

enum xtype { XT_SET, XT_TEXT, XT_NUMBER, XT_BOOL };
struct xvalue {
	enum xtype type;
	xset set;
	struct str text;
	double number;
	bool boolean;
};
struct run {
	struct arena *a;
	const struct markup *m;
	unsigned steps;
	bool failed;
};
struct focus {
	uint64_t at;
	size_t position, size;
};

static struct xvalue eval(const struct xpath_node *n, struct run *r, const struct focus *f);

static bool spend(struct run *r)
{
	if (++r->steps > 4 * LIMIT_EXTRACT_NODES || arena_left(r->a) < 64 * KIB)
		r->failed = true;
	return !r->failed;
}

static void put(struct run *r, xset *s, uint64_t at)
{
	if (s->len >= LIMIT_EXTRACT_NODES)
		r->failed = true;
	else
		*vec_push(s) = at;
}

static int by_place(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void tidy(xset *s)
{
	size_t kept = 0;

	if (s->len)
		vec_sort(s, by_place);
	for (size_t i = 0; i < s->len; i++)
		if (!kept || s->ptr[kept - 1] != s->ptr[i])
			s->ptr[kept++] = s->ptr[i];
	s->len = kept;
}

/* ---- strings and numbers of nodes ---- */

static uint32_t following(const struct markup *m, uint32_t at, uint32_t top)
{
	if (m->nodes[at].first)
		return m->nodes[at].first;
	while (at != top && !m->nodes[at].next)
		at = m->nodes[at].parent;
	return at == top ? 0 : m->nodes[at].next;
}

static struct str place_text(struct run *r, uint64_t at)
{
	const struct markup_node *n = &r->m->nodes[NODE(at)];
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);

	if (ATTR(at))
		return n->attrs[ATTR(at) - 1].value;
	if (n->kind == MARKUP_TEXT || n->kind == MARKUP_COMMENT)
		return n->text;
	for (uint32_t i = following(r->m, NODE(at), NODE(at)); i && spend(r);
	     i = following(r->m, i, NODE(at)))
		if (r->m->nodes[i].kind == MARKUP_TEXT)
			buf_str(&b, r->m->nodes[i].text);
	if (arena_left(r->a) < b.len + 64 * KIB) {
		r->failed = true;
		return STR("");
	}
	return arena_str(r->a, buf_view(&b));
}

static struct str as_text(struct run *r, const struct xvalue *v)
{
	struct value num = value_of_num(v->number);

	switch (v->type) {
	case XT_SET:
		return v->set.len ? place_text(r, v->set.ptr[0]) : STR("");
	case XT_NUMBER:
		return arena_left(r->a) < 64 * KIB ? STR("") : value_text(r->a, &num);
	case XT_BOOL:
		return v->boolean ? STR("true") : STR("false");
	case XT_TEXT:
		break;
	}
	return v->text;
}

static double as_number(struct run *r, const struct xvalue *v)
{
	double d;

	if (v->type == XT_NUMBER)
		return v->number;
	if (v->type == XT_BOOL)
		return v->boolean;
	return str_to_double(str_trim(as_text(r, v)), &d) == 0 ? d : (double)NAN;
}

static bool as_bool(const struct xvalue *v)
{
	switch (v->type) {
	case XT_SET:
		return v->set.len > 0;
	case XT_NUMBER:
		return v->number != 0 && !isnan(v->number);
	case XT_BOOL:
		return v->boolean;
	case XT_TEXT:
		break;
	}
	return v->text.len > 0;
}

static struct xvalue of_text(struct str s)
{
	return (struct xvalue){ .type = XT_TEXT, .text = s };
}
static struct xvalue of_number(double d)
{
	return (struct xvalue){ .type = XT_NUMBER, .number = d };
}
static struct xvalue of_bool(bool b)
{
	return (struct xvalue){ .type = XT_BOOL, .boolean = b };
}

/* ---- steps ---- */

static bool passes(const struct run *r, const struct xpath_step *s, uint64_t at)
{
	const struct markup_node *n = &r->m->nodes[NODE(at)];

	if (ATTR(at))
		return s->test == TEST_NODE ||
		       (s->axis == AXIS_ATTRIBUTE &&
			(s->test == TEST_ANY ||
			 (s->test == TEST_NAME && str_eq(n->attrs[ATTR(at) - 1].name, s->name))));
	switch (s->test) {
	case TEST_NODE:
		return true;
	case TEST_TEXT:
		return n->kind == MARKUP_TEXT;
	case TEST_COMMENT:
		return n->kind == MARKUP_COMMENT;
	case TEST_ANY:
		return n->kind == MARKUP_ELEMENT;
	case TEST_NAME:
		break;
	}
	return n->kind == MARKUP_ELEMENT && str_eq(n->name, s->name);
}

static void keep(struct run *r, const struct xpath_step *s, xset *out, uint64_t at)
{
	if (spend(r) && passes(r, s, at))
		put(r, out, at);
}

/* Along the axis from one place; reverse axes give the nearest first. */
static void walk(struct run *r, const struct xpath_step *s, uint64_t from, xset *out)
{
	const struct markup *m = r->m;
	uint32_t at = NODE(from), i;

	if (ATTR(from)) {
		if (s->axis == AXIS_PARENT || s->axis == AXIS_ANCESTOR || s->axis == AXIS_ANCESTOR_SELF)
			keep(r, s, out, PLACE(at, 0));
		else if (s->axis == AXIS_SELF || s->axis == AXIS_DESCENDANT_SELF)
			keep(r, s, out, from);
		return;
	}
	switch (s->axis) {
	case AXIS_CHILD:
		for (i = m->nodes[at].first; i && !r->failed; i = m->nodes[i].next)
			keep(r, s, out, PLACE(i, 0));
		break;
	case AXIS_DESCENDANT:
	case AXIS_DESCENDANT_SELF:
		if (s->axis == AXIS_DESCENDANT_SELF)
			keep(r, s, out, from);
		for (i = following(m, at, at); i && !r->failed; i = following(m, i, at))
			keep(r, s, out, PLACE(i, 0));
		break;
	case AXIS_SELF:
		keep(r, s, out, from);
		break;
	case AXIS_PARENT:
		if (at)
			keep(r, s, out, PLACE(m->nodes[at].parent, 0));
		break;
	case AXIS_ANCESTOR:
	case AXIS_ANCESTOR_SELF:
		if (s->axis == AXIS_ANCESTOR_SELF)
			keep(r, s, out, from);
		for (i = at; i && !r->failed;) {
			i = m->nodes[i].parent;
			keep(r, s, out, PLACE(i, 0));
		}
		break;
	case AXIS_FOLLOWING_SIBLING:
		for (i = m->nodes[at].next; i && !r->failed; i = m->nodes[i].next)
			keep(r, s, out, PLACE(i, 0));
		break;
	case AXIS_PRECEDING_SIBLING:
		for (i = m->nodes[at].prev; i && !r->failed; i = m->nodes[i].prev)
			keep(r, s, out, PLACE(i, 0));
		break;
	case AXIS_ATTRIBUTE:
		for (i = 0; i < m->nodes[at].nattrs && !r->failed; i++)
			keep(r, s, out, PLACE(at, i + 1));
		break;
	}
}

static void filter(struct run *r, const struct xpath_node *predicate, xset *s)
{
	size_t kept = 0, size = s->len;

	for (size_t i = 0; i < size && spend(r); i++) {
		struct focus f = { s->ptr[i], i + 1, size };
		struct xvalue v = eval(predicate, r, &f);
		if (v.type == XT_NUMBER ? v.number == (double)(i + 1) : as_bool(&v))
			s->ptr[kept++] = s->ptr[i];
		vec_free(&v.set);
	}
	s->len = kept;
}

static void take_step(struct run *r, const struct xpath_step *s, xset *set)
{
	xset out = { 0 };

	for (size_t i = 0; i < set->len && !r->failed; i++) {
		xset from_one = { 0 };
		walk(r, s, set->ptr[i], &from_one);
		for (size_t p = 0; p < s->npredicates; p++)
			filter(r, s->predicates[p], &from_one);
		for (size_t j = 0; j < from_one.len; j++)
			put(r, &out, from_one.ptr[j]);
		vec_free(&from_one);
	}
	tidy(&out);
	vec_free(set);
	*set = out;
}

static struct xvalue path(const struct xpath_node *n, struct run *r, const struct focus *f)
{
	struct xvalue v = { .type = XT_SET };

	if (n->a) {
		v = eval(n->a, r, f);
		if (v.type != XT_SET) {
			r->failed = true;
			return v;
		}
	} else {
		put(r, &v.set, n->absolute ? 0 : f->at);
	}
	if (n->op == XOP_UNION) { /* (expr)[predicates] */
		for (size_t p = 0; p < n->steps[0].npredicates; p++)
			filter(r, n->steps[0].predicates[p], &v.set);
		return v;
	}
	for (size_t i = 0; i < n->nsteps && !r->failed; i++)
		take_step(r, &n->steps[i], &v.set);
	return v;
}

/* ---- comparison ---- */

static bool compare(enum xpath_op op, double x, double y)
{
	return op == XOP_LT ? x < y : op == XOP_LE ? x <= y : op == XOP_GT ? x > y : x >= y;
}

static bool pair(struct run *r, enum xpath_op op, const struct xvalue *a, const struct xvalue *b)
{
	if (op != XOP_EQ && op != XOP_NE)
		return compare(op, as_number(r, a), as_number(r, b));
	bool same = a->type == XT_BOOL || b->type == XT_BOOL ? as_bool(a) == as_bool(b) :
		    a->type == XT_NUMBER || b->type == XT_NUMBER ?
							      as_number(r, a) == as_number(r, b) :
							      str_eq(as_text(r, a), as_text(r, b));
	return same == (op == XOP_EQ);
}

/* A set matches when one of its nodes does. */
static bool relation(struct run *r, enum xpath_op op, const struct xvalue *a, const struct xvalue *b)
{
	size_t na = a->type == XT_SET ? a->set.len : 1, nb = b->type == XT_SET ? b->set.len : 1;

	if ((a->type == XT_SET && b->type == XT_BOOL) || (b->type == XT_SET && a->type == XT_BOOL))
		return pair(r, op, a, b);
	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++) {
			if (!spend(r))
				return false;
			struct xvalue x = a->type == XT_SET ? of_text(place_text(r, a->set.ptr[i])) : *a;
			struct xvalue y = b->type == XT_SET ? of_text(place_text(r, b->set.ptr[j])) : *b;
			if (pair(r, op, &x, &y))
				return true;
		}
	return false;
}

static struct xvalue binary(const struct xpath_node *n, struct run *r, const struct focus *f)
{
	struct xvalue a = eval(n->a, r, f), b, out;

	if ((n->op == XOP_OR || n->op == XOP_AND) && as_bool(&a) == (n->op == XOP_OR)) {
		vec_free(&a.set);
		return of_bool(n->op == XOP_OR);
	}
	b = eval(n->b, r, f);
	double x = 0, y = 0;
	if (n->op >= XOP_ADD && n->op <= XOP_MOD) {
		x = as_number(r, &a);
		y = as_number(r, &b);
	}
	switch (n->op) {
	case XOP_OR:
	case XOP_AND:
		out = of_bool(as_bool(&b));
		break;
	case XOP_ADD:
		out = of_number(x + y);
		break;
	case XOP_SUB:
		out = of_number(x - y);
		break;
	case XOP_MUL:
		out = of_number(x * y);
		break;
	case XOP_DIV:
		out = of_number(y == 0 ? (double)NAN : x / y);
		break;
	case XOP_MOD:
		out = of_number(y == 0 ? (double)NAN : fmod(x, y));
		break;
	case XOP_UNION:
		if (a.type != XT_SET || b.type != XT_SET)
			r->failed = true;
		for (size_t i = 0; i < b.set.len; i++)
			put(r, &a.set, b.set.ptr[i]);
		tidy(&a.set);
		vec_free(&b.set);
		a.type = XT_SET;
		return a;
	default:
		out = of_bool(relation(r, n->op, &a, &b));
		break;
	}
	vec_free(&a.set);
	vec_free(&b.set);
	return out;
}

/* ---- functions ---- */

static struct str normalized(struct run *r, struct str s)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);

	s = str_trim(s);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_space(s.ptr[i]))
			buf_char(&b, s.ptr[i]);
		else if (b.len && b.ptr[b.len - 1] != ' ')
			buf_char(&b, ' ');
	return arena_left(r->a) < b.len + 64 * KIB ? STR("") : arena_str(r->a, buf_view(&b));
}

static struct str translated(struct run *r, struct str s, struct str from, struct str to)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);

	for (size_t i = 0; i < s.len; i++) {
		ssize_t at = str_chr(from, s.ptr[i]);
		if (at < 0)
			buf_char(&b, s.ptr[i]);
		else if ((size_t)at < to.len)
			buf_char(&b, to.ptr[at]);
	}
	return arena_left(r->a) < b.len + 64 * KIB ? STR("") : arena_str(r->a, buf_view(&b));
}

static struct str folded(struct run *r, struct str s, bool up)
{
	if (arena_left(r->a) < s.len + 64 * KIB)
		return STR("");
	char *p = arena_alloc(r->a, s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		p[i] = up ? (char)(s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? s.ptr[i] - 32 : s.ptr[i]) :
			    ascii_lower(s.ptr[i]);
	return str_make(p, s.len);
}

static struct str glued(struct run *r, const struct str *parts, size_t n)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);

	for (size_t i = 0; i < n; i++)
		buf_str(&b, parts[i]);
	return arena_left(r->a) < b.len + 64 * KIB ? STR("") : arena_str(r->a, buf_view(&b));
}

static struct str cut(struct run *r, const struct str *s, const double *num, size_t n)
{
	double from = round(num[1]), to = n > 2 ? from + round(num[2]) : (double)INFINITY;

	if (isnan(from) || isnan(to))
		return STR("");
	size_t a = from < 1 ? 0 : from > (double)s[0].len ? s[0].len : (size_t)from - 1;
	size_t b = to < 1 ? 0 : to > (double)s[0].len + 1 ? s[0].len : (size_t)to - 1;
	return str_sub(s[0], a, b < a ? a : b);
}

static bool text_function(struct str f, struct run *r, const struct str *s, const double *num,
			  size_t n, struct xvalue *out)
{
	ssize_t at = n > 1 ? str_find(s[0], s[1]) : -1;

	if (str_eq(f, STR("contains")) && n == 2)
		*out = of_bool(at >= 0);
	else if (str_eq(f, STR("starts-with")) && n == 2)
		*out = of_bool(str_starts(s[0], s[1]));
	else if (str_eq(f, STR("ends-with")) && n == 2)
		*out = of_bool(str_ends(s[0], s[1]));
	else if (str_eq(f, STR("substring-before")) && n == 2)
		*out = of_text(at < 0 ? STR("") : str_sub(s[0], 0, (size_t)at));
	else if (str_eq(f, STR("substring-after")) && n == 2)
		*out = of_text(at < 0 ? STR("") : str_from(s[0], (size_t)at + s[1].len));
	else if (str_eq(f, STR("substring")) && n >= 2)
		*out = of_text(cut(r, s, num, n));
	else if (str_eq(f, STR("translate")) && n == 3)
		*out = of_text(translated(r, s[0], s[1], s[2]));
	else if (str_eq(f, STR("concat")))
		*out = of_text(glued(r, s, n));
	else if (str_eq(f, STR("normalize-space")))
		*out = of_text(normalized(r, s[0]));
	else if (str_eq(f, STR("string-length")))
		*out = of_number((double)s[0].len);
	else if (str_eq(f, STR("lower-case")) || str_eq(f, STR("upper-case")))
		*out = of_text(folded(r, s[0], f.ptr[0] == 'u'));
	else if (str_eq(f, STR("string")))
		*out = of_text(s[0]);
	else if (str_eq(f, STR("number")))
		*out = of_number(num[0]);
	else if (str_eq(f, STR("floor")) || str_eq(f, STR("ceiling")) || str_eq(f, STR("round")))
		*out = of_number(f.ptr[0] == 'f' ? floor(num[0]) :
				 f.ptr[0] == 'c' ? ceil(num[0]) :
						   floor(num[0] + 0.5));
	else if (str_eq(f, STR("matches")) && n == 2) {
		_cleanup_(regex_freep) struct regex *re = NULL;
		r->failed = r->failed || regex_compile(s[1], &re, NULL) < 0;
		*out = of_bool(re && regex_test(re, s[0]));
	} else
		return false;
	return true;
}

static bool focus_function(const struct xpath_node *n, struct run *r, const struct focus *f,
			   const struct xvalue *first, struct xvalue *out)
{
	struct str name = n->text;
	uint64_t at = first && first->type == XT_SET && first->set.len ? first->set.ptr[0] : f->at;

	if (str_eq(name, STR("position")) && !n->len)
		*out = of_number((double)f->position);
	else if (str_eq(name, STR("last")) && !n->len)
		*out = of_number((double)f->size);
	else if (str_eq(name, STR("true")) || str_eq(name, STR("false")))
		*out = of_bool(name.len == 4);
	else if (str_eq(name, STR("count")) && first)
		*out = of_number((double)first->set.len);
	else if (str_eq(name, STR("not")) && first)
		*out = of_bool(!as_bool(first));
	else if (str_eq(name, STR("boolean")) && first)
		*out = of_bool(as_bool(first));
	else if (str_eq(name, STR("name")) || str_eq(name, STR("local-name")))
		*out = of_text(ATTR(at) ? r->m->nodes[NODE(at)].attrs[ATTR(at) - 1].name :
					  r->m->nodes[NODE(at)].name);
	else
		return false;
	return true;
}

static struct xvalue call(const struct xpath_node *n, struct run *r, const struct focus *f)
{
	struct xvalue args[8], out = of_text(STR(""));
	struct str texts[8];
	double numbers[8];
	size_t len = n->len;

	for (size_t i = 0; i < len; i++)
		args[i] = eval(n->list[i], r, f);
	if (!focus_function(n, r, f, len ? &args[0] : NULL, &out)) {
		for (size_t i = 0; i < len; i++) {
			texts[i] = as_text(r, &args[i]);
			numbers[i] = as_number(r, &args[i]);
		}
		if (!len) {
			texts[0] = place_text(r, f->at);
			numbers[0] = as_number(r, &(struct xvalue){ .type = XT_TEXT, .text = texts[0] });
		}
		if (!text_function(n->text, r, texts, numbers, len ? len : 1, &out))
			r->failed = true;
	}
	for (size_t i = 0; i < len; i++)
		vec_free(&args[i].set);
	return out;
}

static struct xvalue eval(const struct xpath_node *n, struct run *r, const struct focus *f)
{
	struct xvalue v;

	if (!spend(r))
		return of_bool(false);
	switch (n->kind) {
	case XPATH_PATH:
		return path(n, r, f);
	case XPATH_TEXT:
		return of_text(n->text);
	case XPATH_NUMBER:
		return of_number(n->number);
	case XPATH_CALL:
		return call(n, r, f);
	case XPATH_BINARY:
		return binary(n, r, f);
	case XPATH_NEG: {
		v = eval(n->a, r, f);
		double d = -as_number(r, &v);
		vec_free(&v.set);
		return of_number(d);
	}
	}
	return of_bool(false);
}

static void add(struct run *r, struct extract_list *out, struct str s)
{
	if (!s.len)
		return;
	for (size_t i = 0; i < out->len; i++)
		if (str_eq(out->items[i], s))
			return;
	if (out->len < out->max)
		out->items[out->len++] = s;
}

static struct str attribute_of(const struct run *r, uint64_t at, struct str name)
{
	const struct markup_node *n = &r->m->nodes[NODE(at)];

	for (uint32_t i = 0; i < n->nattrs; i++)
		if (str_ieq(n->attrs[i].name, name))
			return n->attrs[i].value;
	return STR("");
}

bool xpath_run(const struct xpath *x, struct arena *a, struct str text, bool xml,
	       struct str attribute, struct extract_list *out)
{
	struct markup m;
	size_t before = out->len;

	if (arena_left(a) < 256 * KIB)
		return false;
	markup_parse(a, text, xml, &m);
	struct run r = { .a = a, .m = &m };
	struct focus f = { 0, 1, 1 };
	struct xvalue v = eval(x->root, &r, &f);
	if (v.type == XT_SET && !r.failed)
		for (size_t i = 0; i < v.set.len && !r.failed; i++)
			add(&r, out, attribute.len ? attribute_of(&r, v.set.ptr[i], attribute) :
						     place_text(&r, v.set.ptr[i]));
	else if (!r.failed && (v.type != XT_BOOL || v.boolean))
		add(&r, out, as_text(&r, &v));
	vec_free(&v.set);
	markup_free(&m);
	return out->len > before;
}
