/* Any bytes as an expression or a mixed text in both syntaxes: it compiles or it does not,
 * evaluates within its limits, and its literals really are needed. The first byte chooses; the
 * rest is source, a NUL, and the body that it looks at. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/template/expr.h"
#include "scan/template/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool get(void *ctx, struct str name, struct value *ret)
{
	const struct str *body = ctx;

	if (str_eq(name, STR("status_code")) || str_eq(name, STR("response.status")))
		*ret = value_of_num(200);
	else if (str_eq(name, STR("body")) || str_eq(name, STR("response.body")))
		*ret = value_of_str(*body);
	else
		return false;
	return true;
}

static uint64_t chance(void *ctx)
{
	return 7;
}

static bool found(const struct expr_literal *l, struct str body)
{
	return l->nocase ? str_ihas(body, l->text) : str_has(body, l->text);
}

static void literals(const struct expr *x, struct arena *a, struct str body, bool truth)
{
	const struct expr_literal *list;
	size_t n = expr_literals(x, a, &list);
	bool any = false, ours = n > 0;

	for (size_t i = 0; i < n; i++) {
		ours = ours && (str_eq(list[i].part, STR("body")) ||
				str_eq(list[i].part, STR("response.body")));
		any = any || found(&list[i], body);
	}
	check(!ours || any || !truth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena *a = arena_new(32 * MIB);
	_cleanup_(regex_cache_freep) struct regex_cache *cache = regex_cache_new(16);
	struct str in = str_make(data, size), body = STR("plain body");
	struct expr_text *t;
	struct expr *x;
	struct value v;

	if (!size)
		return 0;
	enum expr_syntax syntax = data[0] & 1 ? EXPR_CEL : EXPR_DSL;
	in = str_from(in, 1);
	ssize_t nul = str_chr(in, 0);
	if (nul >= 0) {
		body = str_from(in, (size_t)nul + 1);
		in = str_sub(in, 0, (size_t)nul);
	}
	struct expr_env env = { .arena = a, .ctx = &body, .get = get, .random = chance, .regexes = cache };
	if (expr_compile(a, in, syntax, &x, NULL) == 0) {
		const struct expr_use *use;
		bool truth = expr_eval(x, &env, &v) == 0 && v.type == VALUE_BOOL && v.boolean;
		if (arena_left(a) > 4 * MIB) {
			expr_vars(x, a, &use);
			literals(x, a, body, truth);
		}
	}
	if (arena_left(a) > 8 * MIB && expr_text_compile(a, in, syntax, &t, NULL) == 0) {
		_cleanup_buf_ struct buf out = BUF_INIT(4 * MIB);
		env.steps = 0;
		expr_text_render(t, &env, &out);
	}
	return 0;
}
