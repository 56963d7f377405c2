/* Inputs inside of one parameter's value: behind base64, in a JSON or an XML document, or both. */
#ifndef SCAN_WRAP_H
#define SCAN_WRAP_H
#include "base/arena.h"
#include "base/str.h"

#define LIMIT_WRAP_LEAVES 12

enum { WRAP_BASE64 = 1, WRAP_URLSAFE = 2, WRAP_UNPADDED = 4, WRAP_JSON = 8, WRAP_XML = 16 };
struct wrap {
	unsigned kind;	  /* 0: none */
	struct str outer; /* the parameter's value as the page has it */
	struct str inner; /* the leaf: a JSON pointer or an XML path; empty: the whole text */
	struct str value; /* of the leaf, decoded */
};
/* The inputs in a value; 0 when it is a plain one. */
size_t wrap_find(struct arena *a, struct str value, struct wrap *list, size_t max);
/* The parameter's value with another one inside. raw: JSON or markup as it is given. */
struct str wrap_put(struct arena *a, const struct wrap *w, struct str v, bool raw);
#endif
