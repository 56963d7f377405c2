/* What went wrong, for a person (Chinese sentence, English beside it) and for a
 * program (stable code). Functions that can fail take `struct error *` last, may
 * be given NULL, and return a negative number. Outputs are untouched on failure. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
#include "base/str.h"

/* code: lower-case words with dots and dashes, e.g. "url.bad-scheme"; it is part
 * of the API. zh/en: whole sentences that say what happened and what to do.
 * field: name of the input at fault, or "". */
struct error {
	char code[48];
	char zh[320];
	char en[320];
	char field[48];
};

/* Fills *e when it is not NULL; returns -1, so `return error_set(...)` reads well.
 * zh and en take the same printf arguments in the same order. */
int error_set(struct error *e, const char *code, const char *zh, const char *en, ...);
/* The same, naming the input at fault. */
int error_field(struct error *e, const char *field, const char *code, const char *zh,
		const char *en, ...);
/* "x: strerror(errnum)" under code "os.<name>". */
int error_os(struct error *e, int errnum, const char *what);
void error_clear(struct error *e);
static inline bool error_is(const struct error *e, const char *code)
{
	return strcmp(e->code, code) == 0;
}
#endif
