/* Declarations of all functions of the expression language, from the one list. */
#define FN(name, alias, syntaxes, min, max, run) EXPR_FN(run);
#define FN_NOT(name, syntaxes, min, max, why)
#include "scan/template/function_list.h"
#undef FN
#undef FN_NOT
