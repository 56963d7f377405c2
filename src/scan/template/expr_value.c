/* Values: how they print, compare and convert. Nothing here allocates beyond the limits of
 * the environment; a value that does not fit becomes the empty text. */
#include "scan/template/expr_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"

static struct str number_text(struct arena *a, const struct value *v)
{
	char tmp[400];
	int n = 0;

	if (v->exact)
		return arena_printf(a, "%" PRId64, v->integer);
	if (isnan(v->num))
		return STR("NaN");
	if (isinf(v->num))
		return v->num > 0 ? STR("+Inf") : STR("-Inf");
	if (fabs(v->num) < 1e21 && v->num == trunc(v->num))
		return arena_printf(a, "%.0f", v->num);
	/* the shortest digits that read back as the same number, never with an exponent */
	for (int digits = 1; digits <= 340; digits++) {
		n = snprintf(tmp, sizeof(tmp), "%.*f", digits, v->num);
		if (n > 0 && (size_t)n < sizeof(tmp) && strtod(tmp, NULL) == v->num)
			break;
	}
	if (n <= 0 || (size_t)n >= sizeof(tmp))
		return arena_printf(a, "%g", v->num);
	return arena_str(a, str_make(tmp, (size_t)n));
}

static void add_text(struct buf *b, struct arena *a, const struct value *v, unsigned depth)
{
	if (depth > 8)
		return;
	if (v->type == VALUE_LIST) {
		buf_char(b, '[');
		for (size_t i = 0; i < v->list.len && !b->overflow; i++) {
			if (i)
				buf_char(b, ' ');
			add_text(b, a, &v->list.items[i], depth + 1);
		}
		buf_char(b, ']');
	} else if (v->type == VALUE_MAP) {
		buf_c(b, "map[");
		for (size_t i = 0; i < v->map.len && !b->overflow; i++) {
			if (i)
				buf_char(b, ' ');
			buf_str(b, v->map.pairs[i].key);
			buf_char(b, ':');
			add_text(b, a, &v->map.pairs[i].value, depth + 1);
		}
		buf_char(b, ']');
	} else {
		buf_str(b, value_text(a, v));
	}
}

struct str value_text(struct arena *a, const struct value *v)
{
	switch (v->type) {
	case VALUE_NONE:
		return STR("");
	case VALUE_BOOL:
		return v->boolean ? STR("true") : STR("false");
	case VALUE_STR:
		return v->str;
	case VALUE_NUM:
		return arena_left(a) < 1024 ? STR("") : number_text(a, v);
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	_cleanup_buf_ struct buf b = EXPR_BUF;
	add_text(&b, a, v, 0);
	return b.overflow || arena_left(a) < b.len + 1024 ? STR("") : arena_str(a, buf_view(&b));
}

bool value_true(const struct value *v)
{
	switch (v->type) {
	case VALUE_BOOL:
		return v->boolean;
	case VALUE_NUM:
		return v->num != 0;
	case VALUE_STR: {
		struct str s = str_trim(v->str);
		return str_ieq(s, STR("true")) || str_eq(s, STR("1")) || str_eq(s, STR("t")) ||
		       str_eq(s, STR("T"));
	}
	case VALUE_LIST:
		return v->list.len > 0;
	case VALUE_MAP:
		return v->map.len > 0;
	case VALUE_NONE:
		break;
	}
	return false;
}

bool value_get(const struct value *map, struct str key, struct value *ret)
{
	if (map->type != VALUE_MAP)
		return false;
	for (size_t i = map->map.len; i-- > 0;)
		if (str_eq(map->map.pairs[i].key, key)) {
			*ret = map->map.pairs[i].value;
			return true;
		}
	for (size_t i = map->map.len; i-- > 0;)
		if (str_ieq(map->map.pairs[i].key, key)) {
			*ret = map->map.pairs[i].value;
			return true;
		}
	return false;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NONE:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_NUM:
		return a->exact && b->exact ? a->integer == b->integer : a->num == b->num;
	case VALUE_STR:
		return str_eq(a->str, b->str);
	case VALUE_LIST:
		if (a->list.len != b->list.len)
			return false;
		for (size_t i = 0; i < a->list.len; i++)
			if (!value_equal(&a->list.items[i], &b->list.items[i]))
				return false;
		return true;
	case VALUE_MAP:
		if (a->map.len != b->map.len)
			return false;
		for (size_t i = 0; i < a->map.len; i++) {
			struct value other;
			if (!value_get(b, a->map.pairs[i].key, &other) ||
			    !value_equal(&a->map.pairs[i].value, &other))
				return false;
		}
		return true;
	}
	return false;
}

struct value value_of_int(int64_t n)
{
	return (struct value){ .type = VALUE_NUM, .exact = true, .num = (double)n, .integer = n };
}

int expr_fail(struct expr_env *env, const char *problem)
{
	env->problem = problem;
	return -1;
}

char *expr_room(struct expr_env *env, size_t n)
{
	if (n > LIMIT_EXPR_VALUE || arena_left(env->arena) < n + 4096) {
		env->problem = "too large";
		return NULL;
	}
	return arena_alloc(env->arena, n + 1);
}

int expr_ret_str(struct expr_env *env, struct str bytes, struct value *ret)
{
	char *p = expr_room(env, bytes.len);

	if (!p)
		return -1;
	if (bytes.len)
		memcpy(p, bytes.ptr, bytes.len);
	*ret = value_of_str(str_make(p, bytes.len));
	return 0;
}

int expr_ret_buf(struct expr_env *env, struct buf *b, struct value *ret)
{
	int rc = b->overflow ? expr_fail(env, "too large") : expr_ret_str(env, buf_view(b), ret);

	buf_free(b);
	return rc;
}

int arg_num(struct expr_env *env, const struct value *v, double *ret)
{
	if (v->type == VALUE_NUM) {
		*ret = v->num;
		return 0;
	}
	if (v->type == VALUE_STR && str_to_double(str_trim(v->str), ret) == 0 && isfinite(*ret))
		return 0;
	return expr_fail(env, "not a number");
}

int arg_int(struct expr_env *env, const struct value *v, int64_t lo, int64_t hi, int64_t *ret)
{
	double d;
	int64_t n;

	if (v->type == VALUE_NUM && v->exact)
		n = v->integer;
	else if (v->type == VALUE_STR && str_to_i64(str_trim(v->str), &n) == 0)
		;
	else if (arg_num(env, v, &d) < 0)
		return -1;
	else if (!(d >= -9.2e18 && d <= 9.2e18))
		return expr_fail(env, "number out of range");
	else
		n = (int64_t)d;
	if (n < lo || n > hi)
		return expr_fail(env, "number out of range");
	*ret = n;
	return 0;
}

/* Evenly spread in [0, below); below 0: all 64 bits. */
uint64_t expr_random(struct expr_env *env, uint64_t below)
{
	uint64_t r, floor = below ? -below % below : 0;

	for (unsigned tries = 0;; tries++) {
		if (env->random)
			r = env->random(env->ctx);
		else
			random_bytes(&r, sizeof(r));
		if (r >= floor || tries > 64)
			return below ? r % below : r;
	}
}

int64_t expr_now_ms(struct expr_env *env)
{
	return env->now_ms ? env->now_ms(env->ctx) : clock_wall_ms(&clock_system);
}
