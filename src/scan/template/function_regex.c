/* Functions that take a regular expression. Compiled ones are kept in the environment's cache. */
#include "scan/template/expr_private.h"

#include "scan/template/regex.h"

#define COUNT_MAX 100000

/* The pattern's compiled form; *own must be freed when there is no cache. */
static struct regex *pattern(struct expr_env *env, const struct value *v, struct regex **own)
{
	struct str text = arg_str(env, v);
	struct regex *r = NULL;

	if (env->regexes)
		r = regex_cache_get(env->regexes, text);
	else if (regex_compile(text, own, NULL) == 0)
		r = *own;
	if (!r)
		env->problem = "not a regular expression";
	return r;
}

EXPR_FN(fn_regex)
{
	_cleanup_(regex_freep) struct regex *own = NULL;
	struct regex *r = pattern(env, &args[0], &own);

	return r ? ret_bool(ret, regex_test(r, arg_str(env, &args[1]))) : -1;
}

/* CEL's own order: "text".matches("pattern"); bmatches() and rmatches() stand the other way. */
EXPR_FN(fn_matches_method)
{
	const struct value swapped[] = { args[1], args[0] };

	return fn_regex(env, swapped, 2, ret);
}

static int several(struct expr_env *env, const struct value *args, size_t n, bool all,
		   struct value *ret)
{
	_cleanup_(regex_freep) struct regex *own = NULL;
	struct regex *r = pattern(env, &args[0], &own);

	if (!r)
		return -1;
	for (size_t i = 1; i < n; i++)
		if (regex_test(r, arg_str(env, &args[i])) != all)
			return ret_bool(ret, !all);
	return ret_bool(ret, all);
}

EXPR_FN(fn_regex_all)
{
	return several(env, args, n, true, ret);
}
EXPR_FN(fn_regex_any)
{
	return several(env, args, n, false, ret);
}

/* Go's replacement: $1 ${1} $name ${name}; $$ is a dollar. */
static void expand(struct buf *out, struct str to, const struct regex *r,
		   const struct regex_match *m)
{
	for (size_t i = 0; i < to.len; i++) {
		if (to.ptr[i] != '$' || i + 1 == to.len) {
			buf_char(out, to.ptr[i]);
			continue;
		}
		if (to.ptr[i + 1] == '$') {
			buf_char(out, '$');
			i++;
			continue;
		}
		bool braces = to.ptr[i + 1] == '{';
		size_t from = i + 1 + braces, end = from;
		while (end < to.len && (ascii_alnum(to.ptr[end]) || to.ptr[end] == '_'))
			end++;
		if (end == from || (braces && (end == to.len || to.ptr[end] != '}'))) {
			buf_char(out, '$');
			continue;
		}
		struct str name = str_sub(to, from, end);
		uint64_t group;
		if (str_to_u64(name, &group) < 0) {
			int named = regex_group(r, name);
			group = named < 0 ? 99 : (uint64_t)named;
		}
		if (group < m->len && m->groups[group].ptr)
			buf_str(out, m->groups[group]);
		i = end - 1 + braces;
	}
}

EXPR_FN(fn_replace_regex)
{
	_cleanup_(regex_freep) struct regex *own = NULL;
	struct regex *r = pattern(env, &args[1], &own);
	struct str text = arg_str(env, &args[0]), to = arg_str(env, &args[2]);
	struct regex_match m;
	struct buf b = EXPR_BUF;
	size_t at = 0, plain = 0;

	if (!r)
		return -1;
	for (unsigned i = 0; i < COUNT_MAX && !b.overflow && at <= text.len &&
			     regex_match(r, text, at, &m, NULL);
	     i++) {
		size_t from = (size_t)(m.groups[0].ptr - text.ptr), end = from + m.groups[0].len;
		buf_str(&b, str_sub(text, plain, from));
		expand(&b, to, r, &m);
		plain = end;
		at = end > from ? end : end + 1;
	}
	buf_str(&b, str_from(text, plain));
	return expr_ret_buf(env, &b, ret);
}

/* CEL: the named groups of the first match as a map. */
EXPR_FN(fn_submatch)
{
	_cleanup_(regex_freep) struct regex *own = NULL;
	struct regex *r = pattern(env, &args[0], &own);
	const struct str *names;
	const unsigned *numbers;
	struct regex_match m;

	if (!r)
		return -1;
	*ret = (struct value){ .type = VALUE_MAP };
	if (!regex_match(r, arg_str(env, &args[1]), 0, &m, NULL))
		return 0;
	size_t count = regex_names(r, env->arena, &names, &numbers), kept = 0;
	struct value_pair *pairs = (void *)expr_room(env, count * sizeof(*pairs));
	if (!pairs)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct str g = numbers[i] < m.len ? m.groups[numbers[i]] : STR_NULL;
		struct value v;
		if (expr_ret_str(env, g, &v) < 0)
			return -1;
		pairs[kept++] = (struct value_pair){ names[i], v };
	}
	*ret = (struct value){ .type = VALUE_MAP, .map = { pairs, kept } };
	return 0;
}

EXPR_FN(fn_regex_count)
{
	_cleanup_(regex_freep) struct regex *own = NULL;
	struct regex *r = pattern(env, &args[0], &own);
	struct str text = arg_str(env, &args[1]);
	struct regex_match m;
	size_t at = 0;
	int64_t found = 0;

	if (!r)
		return -1;
	while (found < COUNT_MAX && at <= text.len && regex_match(r, text, at, &m, NULL)) {
		size_t end = (size_t)(m.groups[0].ptr - text.ptr) + m.groups[0].len;
		at = m.groups[0].len ? end : end + 1;
		found++;
	}
	*ret = value_of_int(found);
	return 0;
}
