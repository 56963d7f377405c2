/* Regular expressions as template authors write them (Go's RE2 syntax; afrog's and xray's
 * are the same) run by PCRE2 with its JIT and limits. What differs is translated once:
 * `$` is the very end, `\s` has no vertical tab, `\v` is one, `\z` `\pN` `\C` `\Q..\E`,
 * flags like (?U), classes, {,n}; classes and \b are ASCII; bytes unless the pattern itself has
 * non-ASCII text or \p. Lookaround and back references, which RE2 refuses, are refused too. */
#ifndef SCAN_TEMPLATE_REGEX_H
#define SCAN_TEMPLATE_REGEX_H
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

struct regex;

/* "regex.syntax" with the offset, "regex.too-long". Memory: some KiB each, so compile late
 * (behind the literal) and free. Not shared by threads at once. */
int regex_compile(struct str pattern, struct regex **ret, struct error *e);
void regex_free(struct regex *r);
DEFINE_CLEANUP(struct regex *, regex_free);

struct regex_match {
	struct str groups[32]; /* [0] the whole match; ptr NULL: took no part */
	size_t len;	       /* groups of the pattern + 1, at most 32 */
};
/* First match at or after `from`. False also when a limit was hit (*ret_limit, if not NULL). */
bool regex_match(struct regex *r, struct str text, size_t from, struct regex_match *ret,
		 bool *ret_limit);
bool regex_test(struct regex *r, struct str text);
/* All matches that do not overlap, at most `max`; the wanted group of each, copied nowhere. */
size_t regex_all(struct regex *r, struct str text, size_t group, struct str *ret, size_t max);
/* Index of a named group (?P<name>…), -1: none. Names in order of their numbers. */
int regex_group(const struct regex *r, struct str name);
size_t regex_names(const struct regex *r, struct arena *a, const struct str **ret_names,
		   const unsigned **ret_numbers);

/* Without compiling: is it valid RE2 syntax as far as we can tell, and the PCRE2 pattern
 * (NUL-terminated, in `a`). *ret_utf: must be compiled with UTF. */
int regex_translate(struct arena *a, struct str pattern, struct str *ret, bool *ret_utf,
		    struct error *e);
/* The longest strings one of which must occur in any text that matches. nocase: compare
 * ignoring ASCII case. 0: none of at least three bytes is certain. */
struct regex_literal {
	struct str text;
	bool nocase;
};
size_t regex_literals(struct arena *a, struct str pattern, const struct regex_literal **ret);

/* Compiled patterns kept by their text; the least used leave when there are many. */
struct regex_cache;
struct regex_cache *regex_cache_new(size_t max);
void regex_cache_free(struct regex_cache *c);
DEFINE_CLEANUP(struct regex_cache *, regex_cache_free);
/* Borrowed until the next call. NULL: does not compile (remembered). */
struct regex *regex_cache_get(struct regex_cache *c, struct str pattern);
#endif
