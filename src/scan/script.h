/* Just enough of JavaScript's lexical grammar to say what a byte of a script is. */
#ifndef SCAN_SCRIPT_H
#define SCAN_SCRIPT_H
#include "base/str.h"

enum script_state {
	SCRIPT_CODE,
	SCRIPT_SINGLE, /* '…' */
	SCRIPT_DOUBLE, /* "…" */
	SCRIPT_TEMPLATE, /* `…` */
	SCRIPT_LINE_COMMENT,
	SCRIPT_BLOCK_COMMENT,
	SCRIPT_REGEX,
};
/* State at byte `at`. */
enum script_state script_state_at(struct str js, size_t at);
/* Does the script as a whole end outside strings and comments, i.e. may it run? */
bool script_balanced(struct str js);
#endif
