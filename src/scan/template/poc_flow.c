/* The last expression of a POC, `r0() && (r1() || r2())`, as a flow over its rules. What is not
 * a call of a rule (versionCompare(version, "<", "7.0")) stays an expression. */
#include "scan/template/expr_private.h"
#include "scan/template/poc_private.h"

static const struct template_flow *convert(struct poc *c, const struct expr *x,
					   const struct node *n);

static struct template_flow *make(struct poc *c, enum template_flow_kind kind,
				  const struct template_flow *l, const struct template_flow *r)
{
	struct template_flow *f = arena_new_of(c->p->arena, struct template_flow);

	*f = (struct template_flow){ .kind = kind, .left = l, .right = r };
	return f;
}

/* A rule that waits before it asks: the pause stands in front of the call. */
static const struct template_flow *after_pause(struct poc *c, size_t rule,
					       const struct template_flow *then)
{
	int64_t seconds = yaml_int(c->rules->pairs[rule].value, "before_sleep", 0);
	struct template_flow *f;
	struct expr *x;

	if (seconds <= 0)
		return then;
	f = make(c, FLOW_EXPR, NULL, NULL);
	if (expr_compile(c->p->arena,
			 arena_printf(c->p->arena, "sleep(%d)", seconds > 30 ? 30 : (int)seconds),
			 EXPR_CEL, &x, c->e) < 0)
		return NULL;
	f->test = x;
	return make(c, FLOW_AND, f, then);
}

static const struct template_flow *call(struct poc *c, const struct node *n)
{
	const struct str *name = n->what;

	for (size_t i = 0; i < c->t->blocks_len && n->n == 0; i++)
		if (str_eq(c->t->blocks[i].name, *name)) {
			struct template_flow *f = make(c, FLOW_CALL, NULL, NULL);
			unsigned *at = arena_new_of(c->p->arena, unsigned);
			*at = (unsigned)i;
			f->calls = at;
			f->calls_len = 1;
			return after_pause(c, i, f);
		}
	error_set(c->e, "template.bad-flow", "expression 调用了不存在的规则 %.*s()。",
		  "The expression calls %.*s(), which is not there.", STR_ARG(*name));
	return NULL;
}

static void note_call(void *arg, const struct node *n)
{
	bool *found = arg;

	*found = *found || n->kind == NODE_FOREIGN;
}

static const struct template_flow *test(struct poc *c, const struct expr *x, const struct node *n)
{
	struct template_flow *f = make(c, FLOW_EXPR, NULL, NULL);
	struct expr *part = arena_new_of(c->p->arena, struct expr);
	bool calls = false;

	expr_walk(n, note_call, &calls);
	if (calls) {
		error_set(c->e, "template.bad-flow", "expression 把规则用在了条件之外。",
			  "The expression uses a rule as something else than a condition.");
		return NULL;
	}
	*part = *x;
	part->root = (struct node *)(uintptr_t)n;
	f->test = part;
	return f;
}

static const struct template_flow *chain(struct poc *c, const struct expr *x, const struct node *n)
{
	const struct template_flow *f = NULL;

	for (uint32_t i = 0; i < n->n; i++) {
		const struct template_flow *one = convert(c, x, n->list[i]);
		if (!one)
			return NULL;
		f = !f ? one : make(c, n->op == OP_AND ? FLOW_AND : FLOW_OR, f, one);
	}
	return f;
}

static const struct template_flow *convert(struct poc *c, const struct expr *x,
					   const struct node *n)
{
	const struct template_flow *inner;

	switch (n->kind) {
	case NODE_FOREIGN:
		return call(c, n);
	case NODE_NOT:
		inner = convert(c, x, n->a);
		return inner ? make(c, FLOW_NOT, inner, NULL) : NULL;
	case NODE_BIN:
		if (n->op == OP_AND || n->op == OP_OR)
			return chain(c, x, n);
		break;
	case NODE_BOOL:
		if (n->boolean)
			return make(c, FLOW_TRUE, NULL, NULL);
		break;
	default:
		break;
	}
	return test(c, x, n);
}

const struct template_flow *poc_flow(struct poc *c, struct str text)
{
	struct expr *x;

	if (expr_compile(c->p->arena, text, EXPR_CEL, &x, c->e) < 0)
		return NULL;
	return convert(c, x, x->root);
}
