/* Evaluation: a walk over the tree. Failures (an unset variable, a wrong type, a limit) end the
 * whole evaluation, except where CEL says that the other operand of && and || decides alone.
 * Recursion is bounded by the height the parser allows, work by steps, memory by the arena. */
#include "scan/template/expr_private.h"

#include <math.h>

#include "scan/template/regex.h"

static int eval(const struct expr *x, const struct node *n, struct expr_env *env,
		struct value *ret);

static bool ask(struct expr_env *env, struct str name, struct value *ret)
{
	return env->get && env->get(env->ctx, name, ret);
}

/* A member of a value: of a map, or a part of a URL (reverse.url.host). */
static bool member(const struct value *of, struct str key, struct value *ret)
{
	ssize_t at;

	if (of->type == VALUE_MAP)
		return value_get(of, key, ret);
	if (of->type != VALUE_STR || (at = str_find(of->str, STR("://"))) < 0)
		return false;
	struct str rest = str_from(of->str, (size_t)at + 3), path = STR("/"), host = rest;
	for (size_t i = 0; i < rest.len; i++)
		if (memchr("/?#", rest.ptr[i], 3)) {
			host = str_sub(rest, 0, i);
			path = str_from(rest, i);
			break;
		}
	ssize_t colon = str_rchr(host, ':'), query = str_chr(path, '?');
	struct str domain = colon < 0 ? host : str_sub(host, 0, (size_t)colon);
	if (str_eq(key, STR("scheme")))
		*ret = value_of_str(str_sub(of->str, 0, (size_t)at));
	else if (str_eq(key, STR("host")))
		*ret = value_of_str(host);
	else if (str_eq(key, STR("domain")))
		*ret = value_of_str(domain);
	else if (str_eq(key, STR("port")))
		*ret = value_of_str(colon < 0 ? STR("80") : str_from(host, (size_t)colon + 1));
	else if (str_eq(key, STR("path")))
		*ret = value_of_str(query < 0 ? path : str_sub(path, 0, (size_t)query));
	else if (str_eq(key, STR("query")))
		*ret = value_of_str(query < 0 ? STR("") : str_from(path, (size_t)query + 1));
	else
		return false;
	return true;
}

static int get_var(struct expr_env *env, struct str name, struct value *ret)
{
	struct value v;

	if (ask(env, name, ret))
		return 0;
	/* "a.b.c": perhaps "a.b" is a map with c */
	for (size_t dot = name.len; dot-- > 0;) {
		if (name.ptr[dot] != '.' || !ask(env, str_sub(name, 0, dot), &v))
			continue;
		struct str rest = str_from(name, dot + 1), key;
		while (str_split(&rest, '.', &key))
			if (!member(&v, key, &v))
				goto unknown;
		*ret = v;
		return 0;
	}
unknown:
	if (!env->unresolved++)
		env->first_unresolved = name;
	return expr_fail(env, "unknown variable");
}

static int compare(struct expr_env *env, enum node_op op, const struct value *a,
		   const struct value *b, struct value *ret)
{
	int c;

	if (a->type == VALUE_NUM && b->type == VALUE_NUM)
		c = a->exact && b->exact ? (a->integer > b->integer) - (a->integer < b->integer) :
					   (a->num > b->num) - (a->num < b->num);
	else if (a->type == VALUE_STR && b->type == VALUE_STR)
		c = str_cmp(a->str, b->str);
	else
		return expr_fail(env, "values of these types have no order");
	return ret_bool(ret, op == OP_LT ? c < 0 : op == OP_LE ? c <= 0 : op == OP_GT ? c > 0 : c >= 0);
}

static int is_in(struct expr_env *env, const struct value *a, const struct value *b,
		 struct value *ret)
{
	struct value v;

	if (b->type == VALUE_MAP)
		return ret_bool(ret, a->type == VALUE_STR && value_get(b, a->str, &v));
	if (b->type != VALUE_LIST)
		return expr_fail(env, "`in` needs a list");
	for (size_t i = 0; i < b->list.len; i++)
		if (value_equal(a, &b->list.items[i]))
			return ret_bool(ret, true);
	return ret_bool(ret, false);
}

static int matches(struct expr_env *env, const struct value *text, const struct value *pattern,
		   bool want, struct value *ret)
{
	const struct value args[] = { *pattern, *text };

	if (fn_regex(env, args, 2, ret) < 0)
		return -1;
	ret->boolean = ret->boolean == want;
	return 0;
}

static int add(struct expr_env *env, const struct value *a, const struct value *b,
	       struct value *ret)
{
	if (a->type == VALUE_LIST && b->type == VALUE_LIST) {
		size_t n = a->list.len + b->list.len;
		struct value *items = (void *)expr_room(env, n * sizeof(*items));
		if (!items)
			return -1;
		memcpy(items, a->list.items, a->list.len * sizeof(*items));
		memcpy(items + a->list.len, b->list.items, b->list.len * sizeof(*items));
		*ret = (struct value){ .type = VALUE_LIST, .list = { items, n } };
		return 0;
	}
	if (a->type != VALUE_STR && b->type != VALUE_STR)
		return expr_fail(env, "these types cannot be added");
	struct str left = arg_str(env, a), right = arg_str(env, b);
	char *p = expr_room(env, left.len + right.len);
	if (!p)
		return -1;
	if (left.len)
		memcpy(p, left.ptr, left.len);
	if (right.len)
		memcpy(p + left.len, right.ptr, right.len);
	*ret = value_of_str(str_make(p, left.len + right.len));
	return 0;
}

/* Whole numbers stay exact as long as they fit; -1: they do not. */
static int whole_arithmetic(enum node_op op, int64_t a, int64_t b, bool divide, int64_t *ret)
{
	switch (op) {
	case OP_ADD:
		return __builtin_add_overflow(a, b, ret) ? -1 : 0;
	case OP_SUB:
		return __builtin_sub_overflow(a, b, ret) ? -1 : 0;
	case OP_MUL:
		return __builtin_mul_overflow(a, b, ret) ? -1 : 0;
	case OP_DIV:
		if (!b || b == -1 || (!divide && a % b))
			return -1;
		*ret = a / b;
		return 0;
	case OP_MOD:
		if (!b || b == -1)
			return -1;
		*ret = a % b;
		return 0;
	case OP_BITAND:
		*ret = a & b;
		return 0;
	case OP_BITOR:
		*ret = a | b;
		return 0;
	case OP_BITXOR:
		*ret = a ^ b;
		return 0;
	case OP_SHL:
		if (b < 0 || b > 62)
			return -1;
		*ret = (int64_t)((uint64_t)a << b);
		return 0;
	case OP_SHR:
		if (b < 0 || b > 62)
			return -1;
		*ret = a >> b;
		return 0;
	default:
		return -1;
	}
}

static int real_arithmetic(struct expr_env *env, enum node_op op, double a, double b,
			   struct value *ret)
{
	switch (op) {
	case OP_ADD:
		return ret_num(ret, a + b);
	case OP_SUB:
		return ret_num(ret, a - b);
	case OP_MUL:
		return ret_num(ret, a * b);
	case OP_DIV:
		return b == 0 ? expr_fail(env, "division by zero") : ret_num(ret, a / b);
	case OP_MOD:
		return b == 0 ? expr_fail(env, "division by zero") : ret_num(ret, fmod(a, b));
	case OP_POW:
		return ret_num(ret, pow(a, b));
	default:
		return expr_fail(env, "these numbers are no whole numbers");
	}
}

static bool as_whole(const struct value *v, int64_t *ret)
{
	if (v->exact) {
		*ret = v->integer;
		return true;
	}
	if (v->num != trunc(v->num) || fabs(v->num) > 9007199254740992.0)
		return false;
	*ret = (int64_t)v->num;
	return true;
}

static int binary(const struct expr *x, struct expr_env *env, enum node_op op,
		  const struct value *a, const struct value *b, struct value *ret)
{
	int64_t i, j, out;

	switch (op) {
	case OP_EQ:
		return ret_bool(ret, value_equal(a, b));
	case OP_NE:
		return ret_bool(ret, !value_equal(a, b));
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		return compare(env, op, a, b, ret);
	case OP_IN:
		return is_in(env, a, b, ret);
	case OP_MATCH:
	case OP_NOMATCH:
		return matches(env, a, b, op == OP_MATCH, ret);
	default:
		break;
	}
	if (op == OP_ADD && (a->type != VALUE_NUM || b->type != VALUE_NUM))
		return add(env, a, b, ret);
	if (a->type != VALUE_NUM || b->type != VALUE_NUM)
		return expr_fail(env, "a number is needed");
	if (as_whole(a, &i) && as_whole(b, &j) &&
	    whole_arithmetic(op, i, j, x->syntax == EXPR_CEL, &out) == 0) {
		*ret = value_of_int(out);
		return 0;
	}
	return real_arithmetic(env, op, a->num, b->num, ret);
}

/* && and ||: the first operand that decides ends it. CEL: a failing operand does not matter
 * when another one decides. */
static int logical(const struct expr *x, const struct node *n, struct expr_env *env,
		   struct value *ret)
{
	bool decides = n->op == OP_OR, failed = false;
	struct value v;

	for (uint32_t i = 0; i < n->n; i++) {
		if (eval(x, n->list[i], env, &v) < 0 || v.type != VALUE_BOOL) {
			if (env->steps >= LIMIT_EXPR_STEPS)
				return -1;
			if (x->syntax == EXPR_DSL)
				return env->problem ? -1 : expr_fail(env, "a condition is needed");
			failed = true;
			continue;
		}
		if (v.boolean == decides)
			return ret_bool(ret, decides);
	}
	return failed ? expr_fail(env, "a condition could not be decided") :
			ret_bool(ret, !decides);
}

static int eval_binary(const struct expr *x, const struct node *n, struct expr_env *env,
		       struct value *ret)
{
	struct value left, right, out;

	if (n->op == OP_AND || n->op == OP_OR)
		return logical(x, n, env, ret);
	if (eval(x, n->list[0], env, &left) < 0)
		return -1;
	for (uint32_t i = 1; i < n->n; i++) {
		if (eval(x, n->list[i], env, &right) < 0 ||
		    binary(x, env, n->op, &left, &right, &out) < 0)
			return -1;
		left = out;
	}
	*ret = left;
	return 0;
}

static struct value *eval_list(const struct expr *x, const struct node *n, struct expr_env *env)
{
	struct value *items = (void *)expr_room(env, n->n * sizeof(*items));

	for (uint32_t i = 0; items && i < n->n; i++)
		if (eval(x, n->list[i], env, &items[i]) < 0)
			return NULL;
	return items;
}

static int eval_call(const struct expr *x, const struct node *n, struct expr_env *env,
		     struct value *ret)
{
	struct value *args = eval_list(x, n, env);

	if (!args)
		return -1;
	if (n->kind == NODE_CALL) {
		const struct function *f = n->what;
		if (f->unsupported)
			return expr_fail(env, f->unsupported);
		return f->run(env, args, n->n, ret);
	}
	const struct str *name = n->what;
	if (env->call && env->call(env->ctx, *name, args, n->n, ret))
		return 0;
	return expr_fail(env, "unknown function");
}

static int eval_map(const struct expr *x, const struct node *n, struct expr_env *env,
		    struct value *ret)
{
	struct value *items = eval_list(x, n, env);
	struct value_pair *pairs = items ? (void *)expr_room(env, n->n * sizeof(*pairs)) : NULL;

	if (!pairs)
		return -1;
	for (uint32_t i = 0; i + 1 < n->n; i += 2)
		pairs[i / 2] = (struct value_pair){ arg_str(env, &items[i]), items[i + 1] };
	*ret = (struct value){ .type = VALUE_MAP, .map = { pairs, n->n / 2 } };
	return 0;
}

static int eval_index(const struct expr *x, const struct node *n, struct expr_env *env,
		      struct value *ret)
{
	struct value of, key;
	int64_t at;

	if (eval(x, n->a, env, &of) < 0 || eval(x, n->b, env, &key) < 0)
		return -1;
	if (of.type == VALUE_MAP) {
		/* a header or group that is not there is empty text, as Go's maps have it */
		if (!value_get(&of, arg_str(env, &key), ret))
			*ret = value_of_str(STR(""));
		return 0;
	}
	if (of.type == VALUE_STR && n->kind == NODE_INDEX && key.type == VALUE_NUM) {
		if (arg_int(env, &key, 0, (int64_t)of.str.len - 1, &at) < 0)
			return -1;
		*ret = value_of_str(str_sub(of.str, (size_t)at, (size_t)at + 1));
		return 0;
	}
	if (of.type != VALUE_LIST)
		return expr_fail(env, "not a list or a map");
	if (arg_int(env, &key, 0, (int64_t)of.list.len - 1, &at) < 0)
		return -1;
	*ret = of.list.items[at];
	return 0;
}

static int eval_unary(const struct expr *x, const struct node *n, struct expr_env *env,
		      struct value *ret)
{
	struct value v;

	if (eval(x, n->a, env, &v) < 0)
		return -1;
	if (n->kind == NODE_NOT)
		return v.type == VALUE_BOOL ? ret_bool(ret, !v.boolean) :
					      expr_fail(env, "a condition is needed");
	if (v.type != VALUE_NUM)
		return expr_fail(env, "a number is needed");
	if (v.exact && v.integer != INT64_MIN)
		*ret = value_of_int(-v.integer);
	else
		*ret = value_of_num(-v.num);
	return 0;
}

static int eval_text(const struct node *n, struct expr_env *env, struct value *ret)
{
	struct buf b = EXPR_BUF;
	unsigned before = env->unresolved;
	struct str first = env->first_unresolved;

	if (expr_text_render(n->text, env, &b) < 0) {
		buf_free(&b);
		return -1;
	}
	env->unresolved = before; /* it stays as it is written: a plain string */
	env->first_unresolved = first;
	return expr_ret_buf(env, &b, ret);
}

static int eval(const struct expr *x, const struct node *n, struct expr_env *env,
		struct value *ret)
{
	if (++env->steps > LIMIT_EXPR_STEPS || arena_left(env->arena) < 64 * KIB)
		return expr_fail(env, "too much work");
	switch (n->kind) {
	case NODE_STR:
		*ret = value_of_str(n->str);
		return 0;
	case NODE_NUM:
		*ret = (struct value){ .type = VALUE_NUM, .exact = n->boolean, .num = n->num,
				       .integer = n->integer };
		return 0;
	case NODE_BOOL:
		return ret_bool(ret, n->boolean);
	case NODE_NULL:
		*ret = (struct value){ 0 };
		return 0;
	case NODE_TEXT:
		return eval_text(n, env, ret);
	case NODE_VAR:
		return get_var(env, n->str, ret);
	case NODE_NOT:
	case NODE_NEG:
		return eval_unary(x, n, env, ret);
	case NODE_BIN:
		return eval_binary(x, n, env, ret);
	case NODE_COND: {
		struct value v;
		if (eval(x, n->list[0], env, &v) < 0)
			return -1;
		if (v.type != VALUE_BOOL)
			return expr_fail(env, "a condition is needed");
		return eval(x, n->list[v.boolean ? 1 : 2], env, ret);
	}
	case NODE_CALL:
	case NODE_FOREIGN:
		return eval_call(x, n, env, ret);
	case NODE_LIST: {
		struct value *items = eval_list(x, n, env);
		if (!items)
			return -1;
		*ret = (struct value){ .type = VALUE_LIST, .list = { items, n->n } };
		return 0;
	}
	case NODE_MAP:
		return eval_map(x, n, env, ret);
	case NODE_INDEX:
	case NODE_MEMBER:
		return eval_index(x, n, env, ret);
	}
	return -1;
}

int expr_eval(const struct expr *x, struct expr_env *env, struct value *ret)
{
	struct value v;

	env->problem = NULL;
	env->folded_from = STR_NULL;
	if (eval(x, x->root, env, &v) < 0)
		return -1;
	*ret = v;
	return 0;
}

bool expr_test(const struct expr *x, struct expr_env *env)
{
	struct value v;

	return expr_eval(x, env, &v) == 0 && v.type == VALUE_BOOL && v.boolean;
}
