/* A check: one file (or one tight family in a file) under src/scan/checks/ that fills
 * in a const struct scan_check, and one line in checks/list.h. Nothing else changes.
 *
 * Passive hooks look at what passes by and report. Active hooks run in a fiber of
 * their own and read from top to bottom: probe_send() returns when the answer is
 * there, while hundreds of other fibers go on. They must not keep anything in
 * static or global memory; what they allocate comes from probe_arena().
 *
 *     static void look(struct scan_ctx *c, const struct scan_exchange *x)
 *     {
 *             if (x->media == MEDIA_HTML && !scan_header_get(&x->headers, "x-frame-options").ptr)
 *                     scan_report(c, &(struct scan_report){ .exchange = x });
 *     }
 *
 *     static void probe(struct probe *p, const struct scan_point *pt)
 *     {
 *             const struct scan_exchange *x;
 *             if (probe_value(p, STR("'"), &x) < 0)
 *                     return;
 *             ...
 *             probe_report(p, &(struct scan_report){ .exchange = x, .proof = proof });
 *     }
 */
#ifndef SCAN_CHECK_H
#define SCAN_CHECK_H
#include "scan/exchange.h"
#include "scan/scan.h"
#include "scan/severity.h"

struct scan_ctx; /* one run, seen by passive hooks */
struct probe;	 /* one run of an active hook, in its fiber */
struct scan_point;

/* Where a finding of this check lives: what its fingerprint is made of. */
enum scan_place {
	PLACE_POINT, /* method + path pattern + parameter: the default */
	PLACE_PAGE,  /* method + path pattern */
	PLACE_DIR,   /* directory */
	PLACE_SITE,  /* once per origin (+ parameter, e.g. the cookie's or library's name);
		      * pages are counted, five are kept */
};

enum {
	SCAN_INTRUSIVE = 1,  /* may change data or load: only with options.intrusive */
	SCAN_PROBES_TOO = 2, /* passive hooks also see answers to active probes (error pages) */
	SCAN_MISSING_TOO = 4,/* passive hooks also see not-found pages */
	SCAN_TRIES_LOGINS = 16, /* tries passwords: only with options.try_logins */
	SCAN_FILE_NAMES = 32, /* on_point also gets names of files in upload forms; with options.intrusive */
	SCAN_DEEP_POINTS = 8,/* on_point also gets cookies and headers in standard mode */
};

/* A fixed string of at least three bytes; nocase folds ASCII letters. */
struct scan_literal {
	struct str text;
	bool nocase;
};

struct scan_check {
	const char *id; /* "sqli-error": part of the API, never changed */
	const char *title_zh, *title_en;
	enum severity severity;
	enum gbt_level gbt; /* 0: what the severity corresponds to */
	unsigned cwe;
	const char *owasp; /* "A03:2021" */
	unsigned modes;	   /* 0: all */
	unsigned flags;
	enum scan_place place;

	/* passive: after every answer */
	void (*on_exchange)(struct scan_ctx *c, const struct scan_exchange *x);
	/* passive: fixed strings looked for in x->text (in x->body of binaries) of every answer,
	 * all checks' strings in one pass (literals.h). `which` is the index in the list, `at`
	 * the byte where it stands. At most LIMIT_LITERAL_HITS calls per string and answer. */
	const struct scan_literal *literals;
	size_t literals_len;
	void (*on_literal)(struct scan_ctx *c, const struct scan_exchange *x, size_t which,
			   size_t at);
	/* passive: only for pages (x->page is set) */
	void (*on_page)(struct scan_ctx *c, const struct scan_exchange *x);
	/* passive: once per origin, with the answer for the start page (x->tls is set for https) */
	void (*on_host)(struct scan_ctx *c, const struct scan_exchange *x);
	/* active, each in a fiber */
	void (*on_point)(struct probe *p, const struct scan_point *pt);
	/* once per directory; the exchange is the first one seen in it, `dir` its URL with the
	 * final slash */
	void (*on_dir)(struct probe *p, const struct scan_exchange *x, struct str dir);
	/* once per file-like page (not query variants) */
	void (*on_file)(struct probe *p, const struct scan_exchange *x);
	/* by its path, before anything is sent; NULL: every file */
	bool (*wants_file)(struct str path);
	/* once per origin */
	void (*on_site)(struct probe *p, const struct scan_exchange *x);
	/* once per address asked for with GET, whatever it answered but "no such thing";
	 * addresses that differ in values only count as one or a few */
	void (*on_route)(struct probe *p, const struct scan_exchange *x);
	/* once per known request with a body (a filled-in form, an API call) */
	void (*on_request)(struct probe *p, const struct scan_exchange *x);
	/* the same, but behind everything above: to leave marked input behind … */
	void (*on_store)(struct probe *p);
	/* … and last of all once per page, asked for again: what was left behind may show */
	void (*on_show)(struct probe *p, const struct scan_exchange *x);
};

extern const struct scan_check *const scan_checks[]; /* NULL ends it */
size_t scan_checks_count(void);
const struct scan_check *scan_check_find(struct str id);
static inline bool scan_check_active(const struct scan_check *c)
{
	return c->on_point || c->on_dir || c->on_file || c->on_site || c->on_route || c->on_request ||
	        c->on_store || c->on_show;
}

/* ---- reporting ---- */

/* Zeroed members take the check's own values. proof: bytes of the response (head,
 * body or text) or of the request; it is located by address when it is a slice of
 * them, else by searching. When it is in neither it is a sentence. */
struct scan_report {
	const struct scan_exchange *exchange; /* evidence; must be set */
	struct str proof;
	struct str parameter; /* passive: cookie, header or library name */
	struct str detail_zh, detail_en; /* one sentence each: what was seen here */
	struct str title_zh, title_en;
	bool severity_set;
	enum severity severity; /* with severity_set */
	bool confidence_set;
	enum confidence confidence; /* default: certain for passive, firm for active until confirmed */
	struct str url;	      /* default: the exchange's; for stored input the storing request's */
	const struct scan_exchange *about; /* whose address the finding is about, when it is not `exchange` */
	const struct scan_texts *texts; /* templates: their own words */
	struct str place_key; /* more identity, e.g. library name: becomes part of the fingerprint */
	bool whole_site;      /* one for the origin, whatever the check's place */
};
void scan_report(struct scan_ctx *c, const struct scan_report *r);
/* Known-vulnerable libraries (jslib.h), ours and the operator's. */
struct jslib;
struct jslib *scan_ctx_jslib(struct scan_ctx *c);
/* Scratch memory until the hook returns. */
struct arena *scan_ctx_arena(struct scan_ctx *c);
/* Was the first user given a session? (In fixtures: does the request carry one?) */
bool scan_ctx_has_session(const struct scan_ctx *c, const struct scan_exchange *x);
/* The start page's origin, and its answer when it is there. */
struct str scan_ctx_origin(const struct scan_ctx *c);
enum scan_mode scan_ctx_mode(const struct scan_ctx *c);

/* ---- active ---- */

enum scan_where {
	WHERE_NONE,
	WHERE_QUERY,
	WHERE_BODY,   /* form field (urlencoded or multipart) */
	WHERE_COOKIE,
	WHERE_HEADER,
	WHERE_PATH,   /* a path segment; name is its number from 1 */
	WHERE_JSON,   /* a leaf of a JSON body; name is its JSON pointer ("/user/name") */
	WHERE_XML,    /* a text or attribute of an XML body; name is its path ("/order/@id") */
};
struct scan_point;
/* A member of JSON, in the body or inside a parameter. */
#define POINT_IN_JSON(pt) ((pt)->where == WHERE_JSON || (pt)->inside == WHERE_JSON)
const char *scan_where_name(enum scan_where w); /* "query" "body" "cookie" "header" "path" "json" "xml" "" */

/* One input of one known request. */
struct scan_point {
	enum scan_where where;
	struct str name;  /* decoded */
	struct str value; /* decoded, the original one; what is inside when the value is a wrapping (wrap.h) */
	enum scan_where inside; /* WHERE_JSON, WHERE_XML: a leaf of such a document in the parameter */
	const struct scan_exchange *base; /* the request as the crawler sent it, with its answer */
	bool own; /* a header that the answers name in Vary, or that the site's own scripts or documents send */
};

/* What is changed in the base request. All zero: the request as it was. */
struct scan_mutation {
	struct str value; /* new decoded value of the point; it is encoded as the place needs */
	bool value_set;
	bool append;	  /* value stands behind the original one */
	bool raw;	  /* value is already encoded (percent signs stay; JSON or markup as it is) */
	struct str name;  /* the parameter under another name, e.g. "id[$ne]" (query and form fields) */
	bool drop;	  /* the parameter is left out */
	struct str method;	/* another method */
	struct str url;		/* another absolute URL within scope (point ignored) */
	const struct scan_header *headers; /* added, or replacing those of the same name */
	size_t headers_len;
	bool body_set;
	struct str body, content_type;
	bool tokens; /* with body_set: anti-CSRF tokens of the form are put in anew */
	unsigned follow;   /* redirects to follow within scope; 0: see the redirect itself */
	bool no_cookies;   /* as nobody: without cookies and without headers that log in */
	bool as_second;	   /* as the second recorded user; fails when there is none */
	int timeout_ms;	   /* of the whole answer; 0: the engine's. For answers that never end */
	bool fresh;	   /* never answer from the response cache */
	bool timed;	   /* sent once, its time is the point: see timing.h */
};

/* 0 and the answer (valid until the hook returns), or -1: network error, limit,
 * refusal (429/503 after retries) or end of the scan: give up, report nothing. Also -1
 * when the request could write where it must not (caution.c): names of places in the file
 * system beside text to be kept or a file, more files than a form may get.
 * Equal GET requests of one scan are answered from a cache unless `fresh`. */
int probe_send(struct probe *p, const struct scan_mutation *m, const struct scan_exchange **ret);
/* The point's value replaced by `value`. */
int probe_value(struct probe *p, struct str value, const struct scan_exchange **ret);
/* Original value + suffix. */
int probe_append(struct probe *p, struct str suffix, const struct scan_exchange **ret);
/* GET of an absolute URL or of one relative to the base. */
int probe_get(struct probe *p, struct str url, const struct scan_exchange **ret);

void probe_report(struct probe *p, const struct scan_report *r);
/* True when an equal finding (same check, same place) was reported already: stop early. */
bool probe_reported(struct probe *p);
/* Another check found something at this point (e.g. "sqli-error" before "sqli-boolean"). */
bool probe_point_found(struct probe *p, const char *check_id);
/* Was the first user given a session (cookie, log-in header, log-in)? Is there a second? */
bool probe_has_session(struct probe *p);
/* There is a filter before the site: inputs where it stops one probe after another are left alone. */
void probe_filtered(struct probe *p);
/* An account that opens the door at this address: one that a check found there. */
void probe_note_account(struct probe *p, struct str door, struct str user, struct str password);
bool probe_account(struct probe *p, struct str door, struct str *user, struct str *password);
/* The page of the form by which the scan itself logged in, and its account. */
bool probe_own_door(struct probe *p, struct str *url, struct str *user, struct str *password);
/* Known pages below this address, then those of its folder. */
size_t probe_near(struct probe *p, struct str url, struct str *list, size_t max);
/* The page on which this unit's address was found; empty when it is a start. */
struct str probe_from(struct probe *p);
bool probe_has_second(struct probe *p);
struct arena *probe_arena(struct probe *p);
const struct scan_exchange *probe_base(struct probe *p);
/* The point that is being probed; only in on_point. */
const struct scan_point *probe_point(struct probe *p);
/* Is it the first point of its request? For what concerns the request as a whole. */
bool probe_first_point(struct probe *p);
/* True once in a scan for this check and key: what must not be repeated for every page. */
bool probe_first(struct probe *p, struct str key);
/* An SQL injection was found here: what is odd about this point is explained. */
bool probe_sqli_found(struct probe *p);
enum scan_mode probe_mode(struct probe *p);
bool probe_intrusive(struct probe *p); /* may data be changed? */
/* Random lower-case letters / number in [lo, hi]. */
struct str probe_word(struct probe *p, size_t len);
uint32_t probe_number(struct probe *p, uint32_t lo, uint32_t hi);

/* ---- marked input: recognised wherever it turns up later (tags.c) ---- */

/* A fresh word of six letters that stands for this scan, this request and this input. */
struct str probe_tag(struct probe *p);
/* The same for another input of this unit's request. */
struct str probe_tag_for(struct probe *p, enum scan_where where, struct str name);
/* A tag found on a page that was not sent with the request for that page. */
struct scan_tagged {
	struct str word;
	size_t at; /* byte of x->text */
	enum scan_where where;
	struct str name, method, url; /* the input and the request that stored it */
	uint64_t id;		      /* of the input: equal for all its words */
};
size_t probe_tagged(struct probe *p, const struct scan_exchange *x, struct scan_tagged *list, size_t max);
/* A fresh word for the input that `t` came from. */
struct str probe_tag_again(struct probe *p, const struct scan_tagged *t);
/* Sends the request that `t` came from, with another value in that input. Between
 * probe_store_lock() and _unlock() nobody else does. */
int probe_send_tagged(struct probe *p, const struct scan_tagged *t, struct str value, const struct scan_exchange **ret);
void probe_store_lock(struct probe *p);
void probe_store_unlock(struct probe *p);
/* True once for an address in scope that was not known when the crawl ended (and is neither
 * excluded nor one that logs out or destroys). */
bool probe_new_page(struct probe *p, struct str url);
/* An address with a parameter that was found to matter: its inputs are probed like those of the
 * crawl. False when it is out of scope, excluded, or alike ones were probed already. */
bool probe_new_input(struct probe *p, struct str url);
/* Inputs of this unit's request: those that on_point is called with. */
size_t probe_points(struct probe *p, struct scan_point *list, size_t max);
/* The form body of this unit's request with new values for some fields; "" when it is no
 * urlencoded form. */
struct str probe_body_with(struct probe *p, const struct scan_point *fields, size_t n);
/* The same for its address and the query's fields. */
struct str probe_url_with(struct probe *p, const struct scan_point *fields, size_t n);

/* Kinds of programs that payloads are written for. */
enum scan_stack { STACK_PHP = 1, STACK_JAVA = 2, STACK_DOTNET = 4, STACK_OTHER = 8 };
/* May the program behind this unit's request be of one of these kinds? True unless its name, its
 * answers or the site say that it is another. Deep scans ask anyway. */
bool probe_stack(struct probe *p, unsigned kinds);
/* Nothing depends on this input: another value and signs of any language give the same page, at most
 * with the value in it as it is. Little can show itself there; time and our listener could tell. */
bool probe_inert(struct probe *p);

/* From now on only this unit's requests leave, one at a time, until probe_together(): for what is
 * timed, and for what makes the server wait for itself (a request to its own address needs a free
 * worker). False: the scan is ending. */
bool probe_alone(struct probe *p);
void probe_together(struct probe *p);

/* ---- comparison kit (kit.h has the parts) ---- */

/* Stability gate: the base request two more times. False: it varies too much or fails,
 * differential checks make no sense. Done once per request, shared by all checks; also
 * learns the dynamic zones that probe_same() leaves out. */
bool probe_stable(struct probe *p);
/* It was found to vary after all: from now on probe_stable() says so. */
void probe_unstable(struct probe *p);
/* Same page? Status, signature, then text similarity >= 0.95, after removal of
 * dynamic zones and of the two sent values (as they may be reflected in any encoding). */
bool probe_same(struct probe *p, const struct scan_exchange *a, struct str sent_a,
		const struct scan_exchange *b, struct str sent_b);
/* 0.0 … 1.0 under the same removals; status or Location differing gives 0. */
double probe_similarity(struct probe *p, const struct scan_exchange *a, struct str sent_a,
			const struct scan_exchange *b, struct str sent_b);
/* Does this answer mean "no such thing"? Status, or what the site answers for nonsense in
 * the same directory with the same extension (asked once, cached). -1: could not tell. */
int probe_missing(struct probe *p, const struct scan_exchange *x);
#endif
