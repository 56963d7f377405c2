/* What the reflected and the stored check share: from the place where a word came back to
 * inputs that would break out of it, and the proof, in the parsed answer, that one did. */
#ifndef SCAN_CHECKS_XSS_H
#define SCAN_CHECKS_XSS_H
#include "net/html.h"
#include "scan/check.h"

enum xss_kind {
	XSS_TAG,     /* an element of our name, with our handler */
	XSS_HANDLER, /* an event handler with our word on some element */
	XSS_URL,     /* an address with javascript: */
	XSS_CODE,    /* our word called as code in a script or handler */
	XSS_FRAME,   /* an element inside srcdoc */
};

enum xss_wire {
	XSS_PLAIN,
	XSS_TWICE,  /* percent-encoded once more: for what decodes twice */
	XSS_ENTITY, /* as character references: for what decodes those */
	XSS_BASE64, /* for parameters that hold base64 */
	XSS_WIDE,   /* full-width forms: for what normalises to ASCII */
};

struct xss_attempt {
	enum xss_kind kind;
	enum xss_wire wire;
	const char *text; /* "@" stands for the word */
	const char *needs; /* characters that must come through for it to make sense */
};

#define XSS_ATTEMPTS 20
#define XSS_PLACES 24 /* reflections looked at */
#define XSS_KINDS 6   /* different contexts tried */

/* Positions of the word in the text (any case); at most XSS_PLACES. */
size_t xss_places(const struct scan_exchange *x, struct str word, size_t *at);
bool xss_same_context(const struct html_context *a, const struct html_context *b);
/* Likeliest first. `gone`: characters known not to come through there. */
size_t xss_attempts(struct arena *a, const struct scan_exchange *x, const struct html_context *c, size_t at,
		    enum scan_mode mode, const char *gone, struct xss_attempt *list);
struct str xss_input(struct arena *a, const struct xss_attempt *t, struct str word);
/* What was injected, as it stands in the answer; .ptr NULL when it is not there as markup
 * or code that a browser would run. */
struct str xss_proof(struct arena *a, const struct scan_exchange *x, enum xss_kind kind, struct str word);
/* A browser shows this answer as a page of the site. */
bool xss_is_page(const struct scan_exchange *x);
/* Severity, confidence and sentences after the policy of the answer; false: nothing runs. */
bool xss_judge(struct arena *a, const struct scan_exchange *x, struct scan_report *r);
#endif
