/* Templates: what the community knows about products, run natively. This is the internal
 * form that every loader (nuclei YAML, afrog and xray YAML) fills in and that the runner
 * executes: requests, matchers (a boolean over the answer), extractors, and a flow over the
 * blocks. Everything lives in the arena of the pack; nothing of it ever comes from a
 * response: text of a response is a value, never compiled and never looked at again as
 * template text.
 *
 * Names that expressions and {{placeholders}} may use:
 *   nuclei  BaseURL RootURL Hostname Host Port Path File Scheme FQDN RDN DN SD TLD randstr
 *	     randstr_1 … interactsh-url interactsh-url_1 …; body header all_headers response
 *	     status_code content_type content_length duration host ip, every header in
 *	     lower_snake_case, cookies by name, each also with _N for the N-th request; payloads,
 *	     variables, internal extractors; interactsh_protocol, interactsh_request
 *   POC     response.{status,body,raw,raw_header,headers,content_type,latency,title,icon_hash},
 *	     request.{url,url.host,url.scheme,url.path,url.query,method,headers,body,raw}; `set` and
 *	     `output` names; functions r0() … are calls of blocks in the flow */
#ifndef SCAN_TEMPLATE_TEMPLATE_H
#define SCAN_TEMPLATE_TEMPLATE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"
#include "scan/severity.h"

struct expr;	  /* expr.h: one compiled expression */
struct expr_text; /* expr.h: text with {{expressions}} in it */
struct regex;	  /* regex.h */

enum template_protocol { TEMPLATE_HTTP, TEMPLATE_DNS, TEMPLATE_TCP, TEMPLATE_SSL };
const char *template_protocol_name(enum template_protocol p);

/* Text as written. mixed is NULL when nothing in it is to be evaluated. */
struct template_text {
	struct str text;
	const struct expr_text *mixed;
};

/* A named value, evaluated in order before the first request: either a text (nuclei
 * `variables`) or an expression (afrog and xray `set`). */
struct template_var {
	struct str name;
	struct template_text text;
	const struct expr *expr; /* not NULL: instead of text */
};

/* What a matcher or extractor looks at. */
enum template_part {
	PART_BODY,
	PART_HEADER,   /* all header lines */
	PART_RESPONSE, /* head and body */
	PART_NAMED,    /* a variable: body_2, content_type, location, interactsh_protocol … */
};

/* Fixed string of a word matcher (bytes of a binary one). */
struct template_word {
	struct template_text text;
	uint32_t literal; /* number in the pack's prefilter; TEMPLATE_NO_LITERAL: none */
};
#define TEMPLATE_NO_LITERAL UINT32_MAX

/* A pattern is compiled when it is first needed (or by lint). */
struct template_regex {
	struct template_text pattern; /* Go RE2 syntax */
	bool nocase;
	uint32_t literal; /* a string that every match contains; TEMPLATE_NO_LITERAL: unknown */
	struct regex *compiled;
	bool bad; /* does not compile: never matches */
};

struct jq;    /* extract.h */
struct xpath; /* extract.h */
struct template_query {
	struct str text; /* kval: lower_snake_case or as written */
	const struct jq *jq;
	const struct xpath *xpath;
};

enum template_matcher_kind {
	MATCH_WORD,
	MATCH_BINARY,
	MATCH_REGEX,
	MATCH_STATUS,
	MATCH_SIZE,
	MATCH_EXPR,  /* nuclei dsl, afrog and xray `expression` */
	MATCH_XPATH,
};

struct template_matcher {
	enum template_matcher_kind kind;
	enum template_part part;
	struct str part_name; /* of PART_NAMED */
	struct str name;
	bool all;	/* every value must be there; else one is enough */
	bool negative;	/* the result is inverted */
	bool nocase;
	bool internal;	/* decides, but is no finding by itself (flow) */
	size_t n;	/* of the one list that the kind uses: */
	struct template_word *words;
	struct template_regex *regexes;
	const int64_t *numbers;
	const struct expr *const *exprs;
	const struct template_query *queries;
};

enum template_extractor_kind { EXTRACT_REGEX, EXTRACT_KVAL, EXTRACT_JSON, EXTRACT_XPATH, EXTRACT_EXPR };

struct template_extractor {
	enum template_extractor_kind kind;
	enum template_part part;
	struct str part_name;
	struct str name; /* the variable it becomes; may be empty */
	bool internal;	 /* for later requests only, not shown */
	bool nocase;
	unsigned group;	 /* of regexes */
	struct str attribute; /* of xpath: that attribute instead of the text */
	size_t n;
	struct template_regex *regexes;
	const struct template_query *queries; /* json, xpath, kval */
	const struct expr *const *exprs;
};

struct template_header {
	struct template_text name, value;
};

/* One request as written. */
struct template_request {
	/* http */
	struct template_text method, target; /* target: "{{BaseURL}}/x", "/x" or an absolute URL */
	const struct template_header *headers;
	size_t headers_len;
	struct template_text body;
	bool has_body;
	bool raw;			/* from a raw text: only the headers that it names */
	struct template_text bytes;	/* unsafe: the exact bytes; everything above is empty but
					 * method and target of the first line */
	int timeout_ms;			/* @timeout; 0: the engine's */
	struct template_text host, sni;	/* @Host, @tls-sni */
	bool once;			/* @once: not again for every payload */
	bool fixed; /* uses nothing but BaseURL and the like: equal for all runs against a site, so
		     * that its answer may be shared between templates */
	/* dns: target is the name */
	struct str dns_type; /* "A" "CNAME" "TXT" … */
	/* tcp: what is sent, one after another; an answer is read after each with read != 0 */
	const struct template_input {
		struct template_text data; /* already decoded when it was hex */
		bool hex;		   /* with placeholders: decoded after rendering */
		uint32_t read;
		struct str name; /* the read bytes become this variable */
	} *inputs;
	size_t inputs_len;
	uint32_t read_size; /* tcp: bytes read at the end */
	bool tls;
	/* ssl: target is host:port */
	struct str tls_min, tls_max; /* "tls10" … */
};

enum template_attack { ATTACK_SNIPER, ATTACK_BATTERINGRAM, ATTACK_PITCHFORK, ATTACK_CLUSTERBOMB };

/* A payload variable and its values. */
struct template_payload {
	struct str name;
	const struct template_text *values;
	size_t len;
};

enum template_redirects { REDIRECTS_NO, REDIRECTS_YES, REDIRECTS_SAME_HOST };

/* One block: its requests run in order, for each combination of payloads. */
struct template_block {
	enum template_protocol protocol;
	struct str name; /* `id` of the block, or the name of a rule; may be empty */
	const struct template_request *requests;
	size_t requests_len;
	const struct template_payload *payloads;
	size_t payloads_len;
	enum template_attack attack;
	const struct template_matcher *matchers;
	size_t matchers_len;
	bool matchers_all; /* matchers-condition: and */
	const struct template_extractor *extractors;
	size_t extractors_len;
	enum template_redirects redirects;
	unsigned max_redirects;
	bool no_cookies;
	bool stop_at_first;
	bool iterate_all; /* an internal extractor's every value is tried in the later requests */
	bool waits_oob; /* a matcher looks at interactsh_… */
	bool timed;	/* a matcher looks at duration */
	bool numbered;	/* a matcher looks at the answer of a certain request: body_2 */
};

/* What decides about the template: a boolean over blocks, evaluated left to right with
 * short cuts. NULL flow: blocks in order, all run, any that matches is a hit. */
enum template_flow_kind {
	FLOW_CALL, /* runs blocks[index] for each of `calls` */
	FLOW_NOT,
	FLOW_AND,
	FLOW_OR,
	FLOW_SEQ, /* both run; true when the last one is */
	FLOW_TRUE,
	FLOW_EXPR, /* a condition on values: of POCs whose last expression has one */
};
struct template_flow {
	enum template_flow_kind kind;
	const struct template_flow *left, *right;
	const unsigned *calls; /* block numbers from 0 */
	size_t calls_len;
	const struct expr *test; /* of FLOW_EXPR */
};

enum template_format { TEMPLATE_NUCLEI, TEMPLATE_AFROG, TEMPLATE_XRAY };

enum {
	TEMPLATE_INTRUSIVE = 1,	    /* may change data, load or lock out: only on request */
	TEMPLATE_SELF_CONTAINED = 2,/* absolute addresses of third parties: outside any scope */
	TEMPLATE_DETECTS = 4,	    /* says what a site runs, not what is wrong with it */
};

struct template {
	struct str path; /* as given to the loader: the file within its pack */
	struct str id;
	enum template_format format;
	struct str author, tags; /* tags: "a,b,c" */
	/* info.X serves both languages unless metadata.X-zh or metadata.X-en is there for one */
	struct template_lang {
		struct str zh, en;
	} name, description, impact, remediation;
	const struct str *references;
	size_t references_len;
	enum severity severity;
	unsigned cwe;
	struct str cve, cvss, cpe; /* cvss: the vector */
	double cvss_score;
	struct str vendor, product, framework; /* lower case; may be empty */
	unsigned flags;
	const struct template_var *vars;
	size_t vars_len;
	struct template_block *blocks;
	size_t blocks_len;
	const struct template_flow *flow;
	unsigned max_requests; /* what it sends at most, payloads counted; 0: unknown */
	/* not ok: reason says why it is left out, in one sentence; everything else but path and id
	 * may be empty */
	bool ok;
	struct str reason_zh, reason_en;
	const char *reason_code; /* "template.unsupported-flow", … */
};

/* A bundle is what travels: files as path and bytes, one after another (buf_blob twice). */
struct template_pack {
	struct arena *arena;
	struct template *list;
	size_t len, cap;
	struct template_index *index;	/* prefilter, made by template_pack_seal() */
	const struct template_files *files; /* while loading: payload files by path */
	struct arena *scratch;		/* while loading: until the next file */
	struct map *ids, *words;	/* ids that are taken; strings kept once */
	VEC(struct template_regex *) regexes; /* compiled so far */
};

/* Adds the templates among the files of a folder (or one file) to a bundle, by name; what
 * payload lists they name comes along. Links that leave the folder are skipped. prefix goes
 * in front of each path ("" none). "template.too-big", "os.…". */
int template_bundle_add(struct buf *bundle, const char *dir, struct error *e);

/* Compiles every template of the bundle. `bundle` may be freed afterwards. Never fails as a
 * whole: bad files are in the list with ok false. An id that is there already makes the later
 * file not ok. */
struct template_pack *template_pack_new(void);
void template_pack_free(struct template_pack *p);
void template_pack_load(struct template_pack *p, struct str bundle);
/* After the last load: builds the prefilter. With `check` every pattern is compiled, too: bad
 * ones make their template not ok (lint). */
void template_pack_seal(struct template_pack *p, bool check_patterns);
DEFINE_CLEANUP(struct template_pack *, template_pack_free);

/* ---- loaders ---- */
struct yaml;

/* A loader fills in *t (zeroed, path set) from the document. 0, or -1 with the reason: code
 * "template.…". Memory from p->arena. */
struct template_loader {
	enum template_format format;
	bool (*is_mine)(const struct yaml *doc); /* by the keys of the document */
	int (*load)(struct template_pack *p, const struct yaml *doc, struct template *t, struct error *e);
};
extern const struct template_loader template_loader_nuclei;
extern const struct template_loader template_loader_afrog; /* afrog and xray */

/* Content of a payload file named by the template at `from`: looked for in its folder, then in
 * the folders above up to the root of the pack. ptr NULL: not there. */
struct str template_file(const struct template_pack *p, struct str from, struct str name);

/* Text of a template into its compiled form; -1 when an expression in it is wrong. */
/* (DSL syntax.) */
int template_text_make(struct template_pack *p, struct str text, struct template_text *ret, struct error *e);
#endif
