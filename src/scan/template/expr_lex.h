/* Literals at a place of the source; *at moves behind them. False: none (or unfinished). */
#ifndef SCAN_TEMPLATE_EXPR_LEX_H
#define SCAN_TEMPLATE_EXPR_LEX_H
#include "scan/template/expr_private.h"

bool lex_string(struct str src, size_t *at, enum expr_syntax syntax, struct arena *a,
		struct str *ret);
/* Sets num, integer and `boolean` (the integer is exact). */
bool lex_number(struct str src, size_t *at, struct node *n);
static inline bool lex_name_start(char c)
{
	return ascii_alpha(c) || c == '_' || (unsigned char)c >= 0x80;
}
static inline bool lex_name_char(char c)
{
	return lex_name_start(c) || ascii_digit(c);
}
#endif
