/* Running templates: what the files of this folder share about one run (struct templates)
 * and about one template in its fiber (struct trun). */
#ifndef SCAN_TEMPLATE_RUN_PRIVATE_H
#define SCAN_TEMPLATE_RUN_PRIVATE_H
#include "net/cookie.h"
#include "scan/oob.h"
#include "scan/scan_private.h"
#include "scan/template/pack_private.h"
#include "scan/template/prefilter.h"
#include "scan/template/run.h"

/* One answer as matchers see it, of whatever protocol. Shared between templates. */
struct reply {
	unsigned refs;
	struct arena *arena;
	struct answer *a; /* http; NULL for others */
	struct str body, header;
	struct str response; /* made when first asked for */
	int status;
	double seconds;
	uint64_t *bits; /* what the prefilter found in body, then in header; NULL: not looked */
	struct reply_name {
		struct str name;
		struct value value;
	} *names; /* of other protocols: answer, question, rcode … */
	size_t names_len;
	size_t bytes;
};
struct reply *reply_new(struct answer *a);
struct reply *reply_ref(struct reply *y);
void reply_unref(struct reply *y);
struct str reply_response(struct reply *y);
void reply_filter(struct reply *y, const struct prefilter *f);

/* A request that several templates send. */
struct shared {
	unsigned uses; /* still to come, as planned */
	bool asking, failed, planned;
	struct reply *reply;
};

struct held {
	struct buf finding; /* finding_prepare() */
	const struct template *t;
};

/* What a unit runs. */
struct template_job {
	const struct template *t;
	struct str base;
	bool detects, waits; /* waits: only if the product has been found by then */
};

/* A template that waits for a call from outside: looked at again when all others are through. */
struct pending {
	struct trun *tr;
	const struct template_block *block;
};

/* Templates of one run. */
struct templates {
	struct template_pack *pack;
	struct map *facts, *names; /* other.c: of TLS ports; answers of name servers */
	struct map *shared; /* request key -> struct shared * */
	size_t shared_bytes;
	struct map *seen;     /* products that templates have found */
	struct map *unrelated;/* products of hits, for the honeypot rule */
	VEC(struct held) held;
	bool trap; /* too many products: this is no product at all */
	struct regex_cache *regexes;
	struct scan_check *checks; /* one for each template of the pack, made when it reports */
	uint64_t *made;
	VEC(struct template_job) jobs;
	size_t detect_left; /* units that find products and have not ended */
	bool gated;
	VEC(struct pending) pending;
	size_t left; /* units that have not ended, but the last */
	int64_t last_oob_us; /* when something was sent that may make the target call */
	VEC(struct str) bases; /* "http://h/app" without the final slash */
	struct template_stats stats;
	struct str place; /* random folder for negative controls */
};

void other_facts_free(void *p);
void other_names_free(void *p);

/* Negative controls: where the same request should find nothing. */
enum template_control {
	CONTROL_NONE,
	CONTROL_FOLDER,	 /* below a random folder */
	CONTROL_SIBLING, /* a random name instead of the last one */
	CONTROL_PLAIN,	 /* the start page as it is, without what the template puts into it */
};

struct hit {
	struct reply *reply;
	const struct template_block *block;
	struct str names;     /* of matchers: "a, b" */
	struct str extracted; /* "name=value\n" */
	bool plain;	      /* in the start page as it is: nothing was put into the request */
};

struct bind {
	struct str name;
	struct value value;
};

/* One template against one base. */
struct trun {
	struct probe *p; /* NULL while planning */
	struct run *r;
	struct templates *ts;
	const struct template *t;
	struct arena *keep;    /* until the template ends */
	struct arena *scratch; /* until the next request */
	struct expr_env env;
	struct cookie_jar *jar;
	struct str base;
	struct url base_url;
	VEC(struct bind) binds;
	VEC(struct reply *) history; /* answers of this round of the block, for body_2 … */
	VEC(struct reply *) held;
	struct reply *now;
	VEC(struct hit) hits;
	const struct template_block *block;
	enum template_control control;
	bool fresh;   /* nothing from the cache */
	bool shifted; /* control: some request really went elsewhere */
	bool alters;  /* the request that is being made has more than its address */
	bool moved;   /* control: the latest one did */
	bool refutes; /* control: what matched came from elsewhere */
	bool plain;   /* the latest request asked for the start page and nothing else */
	uint64_t moves, looked; /* bit n: request n of the block did; a matcher looked at its answer by number */
	bool network_failed;
	unsigned sends;
	char *results; /* of a POC's rules: 'y', 'n', 0 not run */
	struct scan_oob_name oob; /* of the request that is being made */
	bool oob_used, oob_in_vars;
	VEC(struct scan_oob_name) waiting;
	const struct scan_oob_hit *oob_hit;
	const struct template_block *deferred; /* all is done but waiting */
};

/* trun.c */
void trun_init(struct trun *tr, struct probe *p, struct run *r, const struct template *t, struct str base);
void trun_free(struct trun *tr);
void trun_bind(struct trun *tr, struct str name, struct value v);
bool trun_get(void *ctx, struct str name, struct value *ret);
/* Text of a template with its values. False when a variable in it has none. */
bool trun_render(struct trun *tr, const struct template_text *t, struct arena *a, struct str *ret);
/* run.c: true when it matched; hits are in tr->hits. */
bool trun_run(struct trun *tr);
/* Did anybody call for what this block sent? */
bool trun_called(struct trun *tr, const struct template_block *b);
/* request.c: the request ready to be sent; NULL when a variable is missing or the place is out of
 * bounds. */
struct send *trun_build(struct trun *tr, const struct template_request *q);
void trun_key(const struct send *s, char out[33]);
/* send.c: answers in order of redirects, the last is the final one. How many; 0: none. */
size_t trun_ask(struct trun *tr, const struct template_request *q, struct reply **ret, size_t max);
/* other.c: dns, tcp, ssl */
struct reply *trun_other(struct trun *tr, enum template_protocol protocol, const struct template_request *q);
/* exact bytes through a connection of their own */
struct reply *trun_unsafe(struct trun *tr, const struct template_request *q);
/* match.c */
bool trun_match(struct trun *tr, const struct template_block *b, struct reply *y, bool *ret_internal, struct str *ret_names);
/* Binds what is extracted, tells what is to be shown; true when anything was. */
bool trun_extract(struct trun *tr, const struct template_block *b, struct reply *y, struct buf *shown, bool *ret_internal);
/* verdict.c: controls, and reports what stands. */
void trun_verdict(struct trun *tr);
void templates_flush_held(struct run *r);
/* plan.c */
bool templates_family_seen(struct run *r, const struct template *t);
#endif
