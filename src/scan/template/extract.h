/* What extractors take out of answers: jq paths, XPath, key-value. Compiled once into an
 * arena, run on hostile bytes within limits; results are slices of the text or of `a`. */
#ifndef SCAN_TEMPLATE_EXTRACT_H
#define SCAN_TEMPLATE_EXTRACT_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* Results of one extraction, in order, each once or more as found. */
struct extract_list {
	struct str *items; /* room for `max`, given by the caller */
	size_t len, max;
};

/* jq: . .a .a.b ."x" .[0] .[-1] .[a:b] .[] ..  a|b  a,b  select() == != < and or not, //,
 * length keys values has() map() first last add join() split() test() contains() startswith()
 * endswith() tostring tonumber ascii_downcase to_entries @base64 @base64d @text @json, literals,
 * arithmetic +, [..], {..}, optional `?`. */
struct jq;
int jq_compile(struct arena *a, struct str src, struct jq **ret, struct error *e);
/* Parses `json` once for each call; values are written as jq -r does (strings bare, numbers and
 * null as such, objects as compact JSON). False: not JSON, or nothing found. */
bool jq_run(const struct jq *q, struct arena *a, struct str json, struct extract_list *out);

/* XPath 1.0 subset on HTML (our own tokenizer and a small tree) or XML: /a/b, //a, *, ., ..,
 * a[1], a[last()], a[@x], a[@x="v"], a[b="v"], contains(), starts-with(), text(), normalize-space(), not(),
 * and/or, position(), unions. Absolute paths count html and body whether or not they are written. */
struct xpath;
int xpath_compile(struct arena *a, struct str src, struct xpath **ret, struct error *e);
/* Text of each node found, or of its attribute `attribute` if that is not empty. */
bool xpath_run(const struct xpath *x, struct arena *a, struct str text, bool xml,
	       struct str attribute, struct extract_list *out);

/* kval: value of a response header ("content_type", "X-Y") or, failing that, of a cookie set by
 * that name. Head: status line and header lines as received. Underscores stand for dashes. */
bool kval_run(struct str head, struct str key, struct arena *a, struct extract_list *out);
#endif
