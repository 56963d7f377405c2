/* The table of functions and looking names up in it. */
#include "scan/template/expr_private.h"

#define FN(name_, alias_, syntaxes_, min_, max_, run_)                                             \
	{ .name = name_, .alias = alias_, .syntaxes = syntaxes_, .min = min_, .max = max_,         \
	  .run = run_ },
#define FN_NOT(name_, syntaxes_, min_, max_, why_)                                                 \
	{ .name = name_, .alias = "", .syntaxes = syntaxes_, .min = min_, .max = max_,             \
	  .unsupported = why_ },
const struct function expr_functions[] = {
#include "scan/template/function_list.h"
	{ .name = NULL },
};
#undef FN
#undef FN_NOT

/* "to_lower" is also "tolower". */
static bool same_name(const char *full, struct str name)
{
	size_t at = 0;

	if (str_eq(str_c(full), name))
		return true;
	for (; *full; full++) {
		if (*full == '_')
			continue;
		if (at == name.len || name.ptr[at] != *full)
			return false;
		at++;
	}
	return at == name.len;
}

static bool is_called(const struct function *f, struct str name)
{
	struct str rest = str_c(f->alias), one;

	if (f->syntaxes & FN_DSL ? same_name(f->name, name) : str_eq(str_c(f->name), name))
		return true;
	while (str_split(&rest, ' ', &one))
		if (str_eq(one, name))
			return true;
	return false;
}

const struct function *expr_find(struct str name, enum expr_syntax syntax)
{
	uint8_t wanted = syntax == EXPR_CEL ? FN_CEL : FN_DSL;

	for (const struct function *f = expr_functions; f->name; f++)
		if (f->syntaxes & wanted && is_called(f, name))
			return f;
	return NULL;
}

const char *expr_function(struct str name)
{
	const struct function *f = expr_find(name, EXPR_DSL);

	if (!f)
		f = expr_find(name, EXPR_CEL);
	return f ? f->name : NULL;
}

const char *expr_function_name(size_t i, unsigned *ret_min, unsigned *ret_max)
{
	for (size_t j = 0; j <= i; j++)
		if (!expr_functions[j].name)
			return NULL;
	*ret_min = expr_functions[i].min;
	*ret_max = expr_functions[i].max;
	return expr_functions[i].name;
}
