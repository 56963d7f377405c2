/* What an expression mentions, and which fixed strings must be there for it to be true: what
 * lint and the prefilter ask before anything is evaluated. */
#include "scan/template/expr_private.h"

#include "scan/template/regex.h"

void expr_walk(const struct node *n, void (*each)(void *arg, const struct node *n), void *arg)
{
	each(arg, n);
	switch (n->kind) {
	case NODE_NOT:
	case NODE_NEG:
		expr_walk(n->a, each, arg);
		break;
	case NODE_INDEX:
	case NODE_MEMBER:
		expr_walk(n->a, each, arg);
		expr_walk(n->b, each, arg);
		break;
	case NODE_TEXT:
		expr_text_collect(n->text, each, arg);
		break;
	case NODE_BIN:
	case NODE_COND:
	case NODE_CALL:
	case NODE_FOREIGN:
	case NODE_LIST:
	case NODE_MAP:
		for (uint32_t i = 0; i < n->n; i++)
			expr_walk(n->list[i], each, arg);
		break;
	default:
		break;
	}
}

static void note_mention(void *arg, const struct node *n)
{
	bool *found = arg;

	*found = *found || n->kind == NODE_VAR || n->kind == NODE_CALL;
}

bool expr_mentions(const struct expr *x)
{
	bool found = false;

	expr_walk(x->root, note_mention, &found);
	return found;
}

struct uses {
	struct arena *a;
	struct expr_use *list;
	size_t len, cap;
};

static void note_use(void *arg, const struct node *n)
{
	struct uses *u = arg;
	struct expr_use use = { 0 };

	if (n->kind == NODE_VAR) {
		use.name = n->str;
	} else if (n->kind == NODE_CALL) {
		const struct function *f = n->what;
		use = (struct expr_use){ .name = str_c(f->name), .function = true, .known = true,
					 .unsupported = f->unsupported, .args = n->n };
	} else if (n->kind == NODE_FOREIGN) {
		const struct str *name = n->what;
		use = (struct expr_use){ .name = *name, .function = true, .args = n->n };
	} else {
		return;
	}
	for (size_t i = 0; i < u->len; i++)
		if (u->list[i].function == use.function && str_eq(u->list[i].name, use.name))
			return;
	if (u->len == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 8;
		struct expr_use *list = arena_array(u->a, cap, sizeof(*list));
		if (u->len)
			memcpy(list, u->list, u->len * sizeof(*list));
		u->list = list;
		u->cap = cap;
	}
	u->list[u->len++] = use;
}

size_t expr_vars(const struct expr *x, struct arena *a, const struct expr_use **ret)
{
	struct uses u = { .a = a };

	expr_walk(x->root, note_use, &u);
	*ret = u.list;
	return u.len;
}

size_t expr_text_vars(const struct expr_text *t, struct arena *a, const struct expr_use **ret)
{
	struct uses u = { .a = a };

	expr_text_collect(t, note_use, &u);
	*ret = u.list;
	return u.len;
}

/* ---- literals ---- */

#define SET_MAX 64
struct set {
	size_t len; /* 0: cannot say */
	struct expr_literal *items;
};

static size_t shortest(const struct set *s)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < s->len; i++)
		least = s->items[i].text.len < least ? s->items[i].text.len : least;
	return s->len ? least : 0;
}

/* The one that is more telling: longer strings, then fewer. */
static struct set better(struct set a, struct set b)
{
	size_t x = shortest(&a), y = shortest(&b);

	x = x > 12 ? 12 : x;
	y = y > 12 ? 12 : y;
	return x > y || (x == y && a.len && a.len <= b.len) ? a : b;
}

static struct set both(struct arena *a, struct set x, struct set y)
{
	struct set out = { 0 };

	if (!x.len || !y.len || x.len + y.len > SET_MAX)
		return out;
	out.items = arena_array(a, x.len + y.len, sizeof(*out.items));
	memcpy(out.items, x.items, x.len * sizeof(*x.items));
	memcpy(out.items + x.len, y.items, y.len * sizeof(*y.items));
	out.len = x.len + y.len;
	return out;
}

/* The variable searched in: itself, or to_lower(it), string(it). */
static bool searched(const struct node *n, struct str *part, bool *lower)
{
	for (unsigned i = 0; i < 4; i++) {
		if (n->kind == NODE_VAR) {
			*part = n->str;
			return true;
		}
		if (n->kind != NODE_CALL || n->n != 1)
			return false;
		const struct function *f = n->what;
		if (f->run == fn_to_lower || f->run == fn_to_upper)
			*lower = true;
		else if (f->run != fn_to_string)
			return false;
		n = n->list[0];
	}
	return false;
}

static const struct node *literal_of(const struct node *n)
{
	while (n->kind == NODE_CALL && n->n == 1) {
		const struct function *f = n->what;
		if (f->run != fn_to_string)
			return NULL;
		n = n->list[0];
	}
	return n->kind == NODE_STR ? n : NULL;
}

static struct set one(struct arena *a, const struct node *n, struct str part, bool nocase)
{
	const struct node *lit = literal_of(n);
	struct set out = { 0 };

	if (!lit || lit->str.len < 3)
		return out;
	/* folding beyond ASCII is not the prefilter's business */
	for (size_t i = 0; nocase && i < lit->str.len; i++)
		if ((unsigned char)lit->str.ptr[i] >= 0x80)
			return out;
	out.items = arena_new_of(a, struct expr_literal);
	*out.items = (struct expr_literal){ .text = lit->str, .nocase = nocase, .part = part };
	out.len = 1;
	return out;
}

static struct set of_regex(struct arena *a, const struct node *n, struct str part, bool nocase)
{
	const struct node *lit = literal_of(n);
	const struct regex_literal *list;
	struct set out = { 0 };
	size_t len = lit ? regex_literals(a, lit->str, &list) : 0;

	if (!len || len > SET_MAX)
		return out;
	out.items = arena_array(a, len, sizeof(*out.items));
	for (size_t i = 0; i < len; i++)
		out.items[i] = (struct expr_literal){ .text = list[i].text,
						      .nocase = list[i].nocase || nocase,
						      .part = part };
	out.len = len;
	return out;
}

static struct set of_call(struct arena *a, const struct node *n)
{
	const struct function *f = n->what;
	bool lower = f->run == fn_icontains, any;
	struct set out = { 0 };
	struct str part;

	if (f->run == fn_regex && n->n == 2)
		return searched(n->list[1], &part, &lower) ? of_regex(a, n->list[0], part, lower) :
							     out;
	any = f->run == fn_contains_any || f->run == fn_starts_with || f->run == fn_ends_with ||
	      f->run == fn_line_starts_with || f->run == fn_line_ends_with ||
	      f->run == fn_equals_any;
	if ((!any && f->run != fn_contains && f->run != fn_icontains &&
	     f->run != fn_contains_all) ||
	    !searched(n->list[0], &part, &lower))
		return out;
	for (uint32_t i = 1; i < n->n; i++) {
		struct set s = one(a, n->list[i], part, lower);
		if (any && !s.len)
			return (struct set){ 0 };
		out = i == 1 ? s : any ? both(a, out, s) : better(out, s);
		if (any && !out.len)
			return out;
	}
	return out;
}

static struct set of_node(struct arena *a, const struct node *n)
{
	struct set out = { 0 }, s;
	bool lower = false;
	struct str part;

	if (arena_left(a) < 64 * KIB)
		return out;
	if (n->kind == NODE_CALL)
		return of_call(a, n);
	if (n->kind != NODE_BIN)
		return out;
	if (n->op == OP_EQ && n->n == 2) {
		if (searched(n->list[0], &part, &lower))
			return one(a, n->list[1], part, lower);
		return searched(n->list[1], &part, &lower) ? one(a, n->list[0], part, lower) : out;
	}
	if (n->op != OP_AND && n->op != OP_OR)
		return out;
	for (uint32_t i = 0; i < n->n; i++) {
		s = of_node(a, n->list[i]);
		out = i == 0 ? s : n->op == OP_AND ? better(out, s) : both(a, out, s);
		if (n->op == OP_OR && !out.len)
			break;
	}
	return out;
}

size_t expr_literals(const struct expr *x, struct arena *a, const struct expr_literal **ret)
{
	struct set s = of_node(a, x->root);

	*ret = s.items;
	return s.len;
}
