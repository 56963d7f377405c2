/* One expression language with two syntaxes, as template authors write them:
 *
 *   EXPR_DSL  nuclei's:      contains_all(body, "a", 'b') && status_code == 200
 *   EXPR_CEL  afrog's, xray's: response.status == 200 && response.body.bcontains(b"a")
 *
 * Compiled once into an arena (immutable afterwards, may be shared by threads), evaluated
 * against an environment. Only text that an author wrote is ever compiled: values, and so
 * whatever came from a response, are data and are never parsed or evaluated again.
 * Depth, length, steps and output are bounded (limits.h), so a hostile template or
 * answer costs at most milliseconds. */
#ifndef SCAN_TEMPLATE_EXPR_H
#define SCAN_TEMPLATE_EXPR_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum value_type { VALUE_NONE, VALUE_BOOL, VALUE_NUM, VALUE_STR, VALUE_LIST, VALUE_MAP };

struct value_pair;
struct value {
	enum value_type type;
	bool exact; /* a number that `integer` holds exactly (beyond 2^53 too) */
	union {
		bool boolean;
		struct {
			double num;
			int64_t integer;
		};
		struct str str; /* any bytes */
		struct {
			const struct value *items;
			size_t len;
		} list;
		struct {
			const struct value_pair *pairs;
			size_t len;
		} map; /* in order; a later pair of the same key wins */
	};
};
struct value_pair {
	struct str key;
	struct value value;
};

static inline struct value value_of_str(struct str s)
{
	return (struct value){ .type = VALUE_STR, .str = s };
}
static inline struct value value_of_num(double n)
{
	return (struct value){ .type = VALUE_NUM, .num = n };
}
static inline struct value value_of_bool(bool b)
{
	return (struct value){ .type = VALUE_BOOL, .boolean = b };
}

/* As the community's tools print it: whole numbers without a point, "true", "" for none,
 * lists as [a b]. The slice is the value's own or stands in `a`. */
struct str value_text(struct arena *a, const struct value *v);
/* bool as it is; "true"/"1", non-zero numbers, non-empty lists; anything else false. */
bool value_true(const struct value *v);
/* Member of a map by name: exact, else ignoring ASCII case (header names). */
bool value_get(const struct value *map, struct str key, struct value *ret);

enum expr_syntax { EXPR_DSL, EXPR_CEL };
struct expr;
struct expr_text;
struct regex_cache; /* regex.h */

/* What an expression may ask of the world. Only `arena` must be set. */
struct expr_env {
	struct arena *arena; /* results and intermediate values */
	void *ctx;
	/* A variable by name. Names may be dotted ("response.body", "request.url.host"): the
	 * longest dotted name is asked first, then shorter ones whose value is a map. False:
	 * not set. What CEL sources ask for, when templates are loaded by the POC loader:
	 * response.{status,body,raw,raw_header,headers,content_type,latency,title,icon_hash},
	 * request.{url,raw,…}; DSL: body, status_code, all_headers, … as in template.h. */
	bool (*get)(void *ctx, struct str name, struct value *ret);
	/* A function that is not ours: r0() of a POC's last expression, http(1) of a flow.
	 * Asked only when evaluation really reaches it (&& and || stop early). */
	bool (*call)(void *ctx, struct str name, const struct value *args, size_t n,
		     struct value *ret);
	/* Entropy for rand_*(); NULL: the system's. */
	uint64_t (*random)(void *ctx);
	/* Wall clock in ms; NULL: the system's. */
	int64_t (*now_ms)(void *ctx);
	/* sleep() and wait_for(); NULL: returns at once. */
	void (*sleep_ms)(void *ctx, unsigned ms);
	/* resolve(host, "a"…): NULL gives "". */
	bool (*resolve)(void *ctx, struct str host, struct str type, struct str *ret);
	/* newReverse(), newOOB(): a map of url, domain, ip, token, …; NULL: none. */
	bool (*oob_make)(void *ctx, struct value *ret);
	/* reverse.wait(5), oobCheck(oob, oob.ProtocolDNS, 5): has anybody called? protocol:
	 * "" any, "dns", "http", "ldap", "rmi". */
	bool (*oob_wait)(void *ctx, const struct value *oob, struct str protocol, double seconds,
			 struct value *ret);
	/* Assignments of regular expressions' named groups (CEL `search`, submatch). */
	struct regex_cache *regexes; /* NULL: compiled each time */

	/* Set by evaluation. */
	unsigned unresolved;	    /* variables asked for that get() did not know */
	struct str first_unresolved;
	const char *problem;	    /* why the last -1, for a log line; static text */
	unsigned steps;		    /* spent; the caller zeroes it between evaluations */
	struct str folded_from, folded; /* within one evaluation: to_lower() of the same text */
};

/* 0, or -1 with "expr.syntax", "expr.too-deep", "expr.too-long". `src` is copied. */
int expr_compile(struct arena *a, struct str src, enum expr_syntax syntax, struct expr **ret,
		 struct error *e);
/* 0 and the value, or -1 (unknown variable, wrong type, limit; env->problem says which). */
int expr_eval(const struct expr *x, struct expr_env *env, struct value *ret);
/* expr_eval() taken as a condition: false on every failure. */
bool expr_test(const struct expr *x, struct expr_env *env);
struct str expr_source(const struct expr *x);

/* What an expression mentions, each name once, in order of first mention. The list stands in
 * `a`, which may go before the expression does. */
struct expr_use {
	struct str name;    /* dotted as written; DSL functions by their full name (to_lower) */
	bool function;
	bool known;	    /* a function of ours; false for r0(), http() and for mistakes */
	const char *unsupported; /* known, but does nothing here: why (static text), or NULL */
	unsigned args;	    /* of the first call */
};
size_t expr_vars(const struct expr *x, struct arena *a, const struct expr_use **ret);
/* Strings of at least three bytes one of which must be in the variable `ret_part` ("body",
 * "all_headers", "response.body" …) for the expression to be true, for the prefilter. The set is
 * complete: if none occurs, the expression is false whatever the rest is. 0: cannot say. */
struct expr_literal {
	struct str text;
	bool nocase;
	struct str part;
};
size_t expr_literals(const struct expr *x, struct arena *a, const struct expr_literal **ret);
/* Does our list of functions know it? Aliases count. NULL: no; else its full name. */
const char *expr_function(struct str name);
/* Every name and what it takes, for documents and lint; NULL ends it. */
const char *expr_function_name(size_t i, unsigned *ret_min, unsigned *ret_max);

/* Mixed text: `/a?x={{md5(num)}}` (DSL) or `/a?x={{r1}}` (CEL: only names set before).
 * What stands between markers but is no expression that names a variable or a function
 * of ours ({{7*7}}, {{constructor}}) stays as it is written. */
int expr_text_compile(struct arena *a, struct str src, enum expr_syntax syntax,
		      struct expr_text **ret, struct error *e);
/* The same, but only placeholders whose every variable is known to `known` are placeholders:
 * POCs send {{config}} and the like as they are. */
int expr_text_compile_known(struct arena *a, struct str src, enum expr_syntax syntax,
			    bool (*known)(void *ctx, struct str name), void *ctx,
			    struct expr_text **ret, struct error *e);
/* Appends. Placeholders whose variables are not set stay as written and are counted in
 * env->unresolved. -1 only when `out` overflows or a limit is passed. */
int expr_text_render(const struct expr_text *t, struct expr_env *env, struct buf *out);
/* No placeholder at all: the same bytes every time. */
bool expr_text_fixed(const struct expr_text *t);
struct str expr_text_source(const struct expr_text *t);
size_t expr_text_vars(const struct expr_text *t, struct arena *a, const struct expr_use **ret);
#endif
