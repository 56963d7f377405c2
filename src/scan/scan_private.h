/* Inside the scan room: one run of the engine and its parts. */
#ifndef SCAN_PRIVATE_H
#define SCAN_PRIVATE_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "net/http.h"
#include "net/waiter.h"
#include "scan/check.h"
#include "scan/fiber.h"
#include "scan/wrap.h"
#include "scan/form.h"
#include "scan/kit.h"
#include "scan/page.h"
#include "scan/reaction.h"
#include "scan/seen.h"

/* ---- spec.c: a request to be made, in one heap block ---- */
struct spec {
	struct str method, url, body, type; /* url absolute and normalised, no fragment */
	struct str from;		    /* page it was found on */
	unsigned depth;
	uint32_t path_inputs; /* bit n: what follows the n-th slash of the path is known to be a parameter */
	enum scan_link_kind kind;
	bool outside; /* a log-in as it is for who has no session: sent without one */
	uint64_t order; /* priority << 40 | sequence: the frontier's key */
	struct spec *next;
};
struct spec *spec_new(const struct spec *copy);
void spec_encode(const struct spec *s, struct buf *b);
struct spec *spec_decode(struct str bytes); /* NULL when malformed */
/* 16 bytes of hash over method, url, body. */
void spec_key(const struct spec *s, char out[33]);

/* ---- answer.c: an exchange and who holds it ---- */
struct answer {
	struct scan_exchange x; /* first: an exchange pointer is an answer pointer */
	unsigned refs;
	struct arena *arena;
	struct http_response *response;
	struct url url;
	struct kit_sig sig;
	bool has_sig;
	char error[48]; /* code; "" when a head arrived */
};
struct answer *answer_ref(struct answer *a);
void answer_unref(struct answer *a);
static inline struct answer *answer_of(const struct scan_exchange *x)
{
	return (struct answer *)(uintptr_t)x;
}
const struct kit_sig *answer_sig(struct answer *a);

struct run;
struct send;

/* ---- people.c: as whom a request is sent ---- */
enum person_id { AS_FIRST, AS_SECOND, AS_NOBODY, PEOPLE = AS_NOBODY };
/* An HTTP Digest challenge that was answered. */
struct person_digest {
	bool set, qop;
	struct str algorithm, realm, nonce, opaque;
	unsigned nc;
};
struct person {
	struct person_digest digest;
	struct cookie_jar *jar;
	struct str pinned; /* the user's own cookies: never changed by the site */
	const struct scan_header *headers;
	size_t headers_len, given; /* the first `given` are the user's own */
	const struct scan_login *login;
	bool broken; /* could not log in */
};
void people_init(struct run *r);
void people_free(struct run *r);
/* The Cookie header of that person for u into b. */
void people_cookies(struct run *r, enum person_id who, const struct url *u, struct buf *b);
/* Headers and cookies of that person, when the address is in scope. */
void people_headers(struct run *r, enum person_id who, struct send *s);
/* Headers that say who one is: Authorization, X-Auth-Token, Api-Key, Cookie … */
bool people_header_logs_in(struct str name);
/* What scripts of the site send to say who one is ([{name, value}]): sent with every request
 * from now on, unless the user gave such a header himself. */
void people_learn_headers(struct run *r, enum person_id who, const json_t *list);
/* What an earlier log-in left behind. */
void people_forget(struct run *r, enum person_id who);
void people_sign(struct run *r, struct send *s); /* login_auth.c */
bool people_has_session(const struct run *r, enum person_id who);

/* ---- wire.c: requests waiting for their turn; politeness ---- */
struct send {
	struct run *run;
	struct answer *answer; /* its arena holds the request */
	struct exchange_request q;
	struct str target, type;
	struct url url;
	bool raw_path;
	enum person_id who;
	unsigned tries;
	int64_t not_before_us, started_us;
	size_t max_body;
	void (*done)(struct send *s); /* answer is complete, or has .error; frees or keeps s */
	void *owner;
	struct send *next;
	bool priority; /* fibers of tasks that hold a lock */
	bool in_slow_lane; /* sent alone */
	bool timed; /* its time is being measured: says nothing about politeness, not tried again */
	int timeout_ms; /* 0: the client's */
	struct endpoint *endpoint; /* NULL: found by its address */
};
struct send *send_new(struct run *r, struct str method, struct str url, unsigned url_flags, struct error *e);
void send_add_header(struct send *s, struct str name, struct str value);
void send_queue(struct send *s);
void send_free(struct send *s); /* drops its reference to the answer */

struct wire {
	struct http_client *client;
	struct send *head, **tail; /* ready */
	struct send *later;	   /* retries, unordered */
	struct send *slow, **slow_tail; /* of slow endpoints: one at a time, when nothing else is to do */
	unsigned slow_in_flight, samples;
	unsigned in_flight, concurrency, max_concurrency, good;
	unsigned others; /* connections that the HTTP client does not make */
	double rate, tokens; /* per second; 0: unlimited */
	int64_t refill_us, pause_until_us, usual_us, slow_us, spread_us;
	unsigned refused_row, failed_row; /* in a row */
	unsigned failed_alone; /* of those, asked one at a time */
	int64_t failed_since_us;
	unsigned since_refused;		  /* answers */
	bool lost;
	struct probe *alone; /* while set, only its requests leave, one at a time */
};
void wire_init(struct run *r);
void wire_free(struct run *r);
/* Sends what may be sent now; milliseconds until more may be (-1: unknown). */
int wire_dispatch(struct run *r);
bool wire_idle(const struct run *r);
/* For what the HTTP client does not send (bytes over TCP and TLS, handshakes, names): waits in the
 * fiber for a turn like any request's, counted and paced alike. False at the end of the scan. */
bool wire_turn(struct probe *p);
void wire_turn_over(struct probe *p);
/* Each connection takes a turn, and waiting lets the other fibers run. */
struct net_waiter wire_waiter(struct probe *p);

/* ---- pace.c: what each endpoint's answers take ---- */
struct endpoint {
	unsigned n, proven;
	int64_t usual_us, spent_us; /* spent: on slow answers */
	bool slow, noted;
};
struct endpoint *pace_of(struct run *r, struct str method, struct str url); /* NULL: too many */
/* Remembers how long an answer took. What it means for politeness: the time without what
 * this endpoint always takes; 0: nothing. */
int64_t pace_learn(struct run *r, struct endpoint *ep, int64_t us, bool alone);
/* Is this check to be left out at a slow endpoint? */
bool pace_skips(const struct run *r, const struct endpoint *ep, const struct scan_check *c);
void pace_note_skip(struct run *r, struct endpoint *ep, const struct scan_check *c, struct str url);

/* ---- frontier.c ---- */
struct cluster {
	uint32_t seen, done, distinct;
	uint32_t chosen; /* front controllers: how many pages have a cluster of their own */
	struct kit_sig sigs[4];
	uint8_t sigs_len;
	bool hashed; /* a long identifier stands in the path */
};
/* Addresses of one priority. Order: head, pieces put aside, tail. */
struct piece {
	uint64_t at;
	size_t len, n;
};
struct line {
	VEC(struct spec *) head, tail;
	size_t at; /* in head */
	VEC(struct piece) pieces;
	size_t next_piece;
};
#define FRONTIER_LINES 256
struct frontier {
	struct line lines[FRONTIER_LINES];
	size_t len, kept; /* all; in memory */
	struct seen *seen;    /* spec keys */
	struct map *clusters; /* loose pattern + parameter names -> struct cluster */
	struct map *samples;  /* extension -> how many documents were taken */
	uint64_t sequence, pushed;
};
size_t frontier_len(const struct run *r);
void frontier_init(struct run *r);
void frontier_free(struct run *r);
/* Takes the address when it is in scope, new, harmless and not one of too many alike. */
bool frontier_push(struct run *r, const struct spec *s);
/* A page that is to be asked for once more. */
void frontier_again(struct run *r, const struct spec *s);
struct spec *frontier_pop(struct run *r); /* NULL when empty */
/* What became of a page: feeds the clusters. */
void frontier_learn(struct run *r, const struct spec *s, const struct kit_sig *sig);
bool run_in_scope(const struct run *r, const struct url *u);
bool run_excluded(const struct run *r, struct str url);

/* ---- crawl_shapes.c: requests of interface documents, with values the site gives ---- */
struct api_request;
void shapes_note(struct run *r, const struct api_request *q);
void shapes_fill(struct run *r, const struct answer *a, unsigned depth); /* a JSON answer */
void shapes_free(struct run *r);

/* ---- crawl_jump.c: menus that are a form with one list ---- */
struct menus;
void menus_form(struct run *r, const struct scan_form *f, struct str from, unsigned depth); /* one that may be sent */
void menus_answer(struct run *r, const struct spec *s, const struct answer *a);
void menus_free(struct run *r);

/* ---- crawl.c ---- */
void crawl_start(struct run *r);
/* Fills free slots, commits answers in order. False when nothing is left to crawl. */
bool crawl_turn(struct run *r);
/* Requests of an interface document found at `at` go into the queue; how many. */
size_t crawl_api(struct run *r, struct str text, const struct url *at, unsigned depth);
/* Usual places of such documents, and what was handed over. */
void crawl_api_seeds(struct run *r);
bool crawl_ready(const struct run *r); /* an answer waits to be looked at */
size_t crawl_under_way(const struct run *r); /* requests of the crawl */
void crawl_free(struct run *r);
void crawl_replayed(struct run *r, struct str key, struct str bytes);

/* ---- alias.c: pages that are another one under a longer address, and guesses ---- */

/* Does it say word for word what an address above it says, with relative links? Remembers it
 * when not. ret_words: what alias_remember() wants of it in a later process; "" nothing. */
bool alias_page(struct run *r, const struct answer *a, char ret_words[33]);
void alias_remember(struct run *r, const struct url *u, const char *words);
/* Words of texts that look like addresses: is this one still worth a request? */
bool alias_guess_wanted(struct run *r, const struct spec *s);
void alias_guess_learn(struct run *r, const struct spec *s, bool there);

/* Links and forms of a page that did not come by a plain request. */
/* The start page as it is for who is not logged in: log-in forms stand there only. */
void crawl_outside(struct run *r);
void crawl_push_page(struct run *r, const struct spec *from, const struct url *url, const struct scan_page *page);

/* ---- session.c: log-ins, and keeping them ---- */
struct unit;
int session_begin(struct run *r, struct error *e);
struct str session_landed(const struct run *r); /* the page after the first log-in; empty: none */
/* login_test.c: one log-in and a look at what it led to, told by run_log(). -1: it did not work. */
int login_test(struct run *r, struct error *e);
void session_free(struct run *r);
/* Looks whether the session still lives, when it is time; only from the main loop. */
void session_turn(struct run *r);
void session_settle(struct run *r); /* before a phase ends */
void session_page(struct run *r, const struct spec *spec, const struct answer *a);
void session_unit_ended(struct run *r, struct unit *u);

/* ---- browsing.c: the engine's side of the browser ---- */
extern const struct scan_check check_xss_dom;
bool browsing_wanted(const struct run *r);
void browsing_start(struct run *r);
void browsing_free(struct run *r);
void browsing_consider(struct run *r, const struct spec *s, const struct answer *a);
/* crawl_rests: nothing of the plain crawl is under way. True while there is something to do. */
bool browsing_turn(struct run *r, bool crawl_rests);
void browsing_replayed(struct run *r, struct str key);
bool browsing_under_way(const struct run *r);
void browsing_end(struct run *r); /* before the states of the checks are told for good */
/* Takes in answers that have come; is one still missing? */
bool browsing_answers_due(struct run *r);

/* ---- known.c: incremental scans ---- */
void known_start(struct run *r);
void known_free(struct run *r);
void known_seeds(struct run *r);
void known_headers(struct run *r, struct send *s, const struct spec *spec);
bool known_unchanged(struct run *r, const struct spec *spec, const struct answer *a, struct scan_page_info *ret);
uint64_t known_digest(const struct scan_exchange *x);
void page_info_encode(const struct scan_page_info *p, struct buf *b);
int page_info_decode(struct reader *r, struct scan_page_info *ret);

/* ---- attack.c: units of active work, one fiber each ---- */
enum unit_kind { UNIT_POINT, UNIT_DIR, UNIT_FILE, UNIT_SITE, UNIT_ROUTE, UNIT_REQUEST, UNIT_STORE, UNIT_SHOW,
		 UNIT_TEMPLATE, UNIT_FILE_NAME };
struct unit {
	enum unit_kind kind;
	enum scan_where where;
	struct spec *spec; /* shared within a target */
	struct str name, value;
	const struct wrap *wrap; /* the value is inside of a parameter's value; NULL: it is one itself */
	struct str key; /* identity in the journal */
	struct target *target;
	size_t checks; /* how many checks will run */
	bool first;    /* of its target's points: for what is done once per request */
	const struct template_job *job; /* of UNIT_TEMPLATE */
	int64_t begun_us;
	bool redone; /* after a lost session */
	unsigned stopped; /* probes in a row that a filter before the site kept */
};
struct target {
	struct spec *spec;
	struct answer *base;	/* held while units of it run */
	unsigned running, asking;
	unsigned refused;	/* probes answered 429: enough of them and it is left alone */
	bool filter_told;
	int stable;		/* 0 unknown, 1 stable, -1 not, 2 being found out */
	double noise;		/* 1 - similarity of equal requests */
	struct arena *zones_arena;
	struct kit_zones zones;
	struct map *found;	/* check id + point: reported here */
	bool has_token, has_units, asking_headers;
	unsigned headers;	/* reaction_header() */
	struct endpoint *endpoint; /* of the request itself */
};
struct attack {
	VEC(struct target *) targets;
	VEC(struct unit *) units;
	struct map *kinds; /* path + parameter names -> how many targets were taken */
	struct map *vary;  /* address -> further header names that its answers depend on */
	struct map *dirs, *files, *routes;
	size_t next, finished;
	uint64_t weight_total, weight_done;
	VEC(struct probe *) probes; /* alive */
	struct probe *token_lock;
	struct probe *store_lock; /* between storing something and looking at it */
	struct map *alike;	  /* reaction_alike(): input of a program -> how it behaves */
	struct map *once;	  /* probe_first() */
	struct map *tags;	  /* word -> key of the unit of the input it was sent in */
	VEC(struct unit *) again;
};
/* From a committed page: which targets, folders and files it brings. */
void attack_consider(struct run *r, const struct spec *s, const struct answer *a);
void attack_add_target(struct run *r, struct spec *s);
struct target *attack_add_bare(struct run *r, const struct target *t);
void attack_add_wrapped(struct run *r, struct target *t, enum scan_where where, struct str name, const struct wrap *w);
void attack_add_unit(struct run *r, struct target *t, enum unit_kind kind, enum scan_where where,
		     struct str name, struct str value);
/* Path of a route (kept by address) or a file (kept by path). */
struct str attack_path_of(struct str key);
void attack_replayed(struct run *r, struct str kind, struct str key, struct str bytes);
void attack_prepare(struct run *r); /* after the crawl: makes the units */
bool attack_ready(const struct run *r); /* a fiber can go on */
int attack_wake_ms(const struct run *r); /* until the next sleeping fiber wants to; -1: none sleeps */
/* Runs a finished unit once more. */
void attack_again(struct run *r, struct unit *u);
bool attack_turn(struct run *r);    /* false when all is done */
uint64_t attack_expected(const struct run *r);
void attack_free(struct run *r);
/* Units of one insertion point: points.c */
void points_of(struct run *r, struct target *t);
/* Headers that every program gets. */
#define POINTS_HEADERS 3
extern const char *const points_header_names[POINTS_HEADERS];
struct str points_header_value(const struct run *r, const struct target *t, struct str name);
/* Does this parameter choose the page, as behind a front controller (index.php?page=login.php,
 * ?m=home&c=user&a=list, ?s=/index/user)? Then its words are part of the path. */
bool points_choose_page(struct str name, struct str value);
/* These headers (names between commas) are inputs of that address. */
void points_note_headers(struct run *r, struct str url, struct str names);
/* Does the path itself hold something that looks like a value, in this mode? */
bool points_in_path(const struct run *r, const struct url *u);
bool points_like_value(struct str segment);
/* A segment that an interface document calls a parameter. */
bool points_known_in_path(const struct unit *u);
/* Does the path end like a file that no program makes (.png, .zip)? */
bool points_static(const struct url *u);
/* A request without query or body that is worth probing for its cookies and headers; notes
 * what its answer varies by. */
/* Remembers which cookies the answer sets: the page is the likeliest to use them. */
void points_note_cookies(struct run *r, const struct answer *a);
bool points_bare(struct run *r, const struct answer *a);
/* A page that looks like the one for what is missing, beside it, but whose path may hold values. */
bool points_lost(struct run *r, const struct answer *a);
/* Told to be missing by its status, but asked with a query: a search that finds nothing may say so. */
bool points_unfound(struct run *r, const struct answer *a);
/* A redirect that repeats a word of the path: the word may be what decides where to. */
bool points_path_moves(const struct answer *a);
/* A redirect, at an address where a cookie is set that is no session. */
bool points_moved_by_cookie(struct run *r, const struct answer *a);
/* Names of the values in a JSON or XML body, "&" before each. */
void points_body_names(const struct spec *s, struct buf *out);
/* Body, type, Referer, cookies, the user's headers of a request as the crawler sends it. */
void points_headers(struct run *r, struct send *s, const struct spec *spec);
void points_headers_as(struct run *r, struct send *s, const struct spec *spec, enum person_id who);
int points_apply(struct probe *p, const struct scan_point *pt, const struct scan_mutation *m,
		 struct send **ret);
bool attack_check_wanted(const struct run *r, const struct scan_check *c);

/* The identity of a unit. */
struct str attack_unit_key(struct arena *a, const struct spec *s, enum unit_kind kind, enum scan_where where,
			   struct str name);

/* ---- caution.c: what requests could write ---- */
/* Parts of a multipart body: fields, and the names of files. */
size_t caution_parts(struct str body, struct str type, struct form_value *list, size_t max);
bool caution_has_file(struct str body, struct str type); /* or the place for one */
struct spec *caution_without_file(const struct spec *s);
/* May this value stand in the point of that request? */
bool caution_allows(const struct spec *s, const struct scan_point *pt, struct str value);
/* May this body leave? Counts the files that it brings. */
bool caution_body(struct probe *p, struct str body, struct str type);

/* ---- leftover.c: what the scan leaves on the site ---- */
extern const struct scan_check check_left_behind;
/* An answered request: did it put something there, or take it away again? */
void leftover_sent(struct run *r, const struct scan_exchange *x);
/* Input sent with t's request stands on page x. */
void leftover_stored(struct run *r, const struct scan_exchange *x, const struct scan_tagged *t);
void leftover_replayed(struct run *r, struct str key, struct str bytes);
void leftovers_tell(struct run *r); /* as findings, at the end */
void leftovers_free(struct run *r);

/* ---- tags.c ---- */
void tags_replayed(struct run *r, struct str word, struct str unit_key);

/* ---- probe.c ---- */
struct probe {
	struct run *run;
	struct unit *unit;
	struct fiber *fiber;
	struct arena *arena;
	const struct scan_check *check;
	struct scan_point point;
	VEC(struct answer *) held;
	size_t held_bytes;
	struct send *waiting;
	bool ready, has_point, resumed;
	bool parked; /* waits for what another fiber does */
	int64_t wake_us; /* sleeps until then; 0: does not */
	unsigned char reactions[REACTIONS]; /* of the point: reaction.c */
	struct answer *word_answer; /* to this nonsense in its place, kept for it */
	char word[10];
	struct answer *shown; /* of a UNIT_SHOW, for the next check */
	uint64_t requests, shown_requests;
	bool found; /* something was reported here */
	uint64_t random;
};
struct answer *probe_ask(struct probe *p, struct send *s); /* waits; NULL on failure */
void probe_wait(struct probe *p); /* until ready is set */
/* The endpoint takes seconds and has had its time: counted for c, which is to be left out. */
bool probe_too_slow(struct probe *p, const struct scan_check *c);
/* Sleeps until another fiber has got further; then look again. */
void probe_park(struct probe *p);
void probe_sleep(struct probe *p, unsigned ms);
/* The answer to the unit's request as it is; asked once per target. NULL on failure. */
struct scan_exchange *probe_base_answer(struct probe *p);

/* ---- soft404.c ---- */
bool soft404_matches(struct run *r, struct answer *a, struct str dir, struct str ext, bool *ret_known);
/* Every nonsense name there gets the same words, and this page has other ones. */
bool soft404_other_words(struct run *r, const struct answer *a, struct str dir, struct str ext);
int soft404_ask(struct probe *p, const struct scan_exchange *x);
/* During the crawl: asks for nonsense beside the address unless that was done or is too much.
 * What is being found out, or NULL. */
struct soft404 *soft404_begin(struct run *r, const struct url *u);
/* The folder above an address's own; empty for the root. */
struct str soft404_above(const struct url *u);
bool soft404_pending(const struct soft404 *s);
void soft404_replayed(struct run *r, struct str key, struct str bytes);

/* ---- finding.c ---- */
void finding_report(struct run *r, const struct scan_check *c, const struct scan_report *rep,
		    const struct scan_point *pt);
bool finding_known(struct run *r, const struct scan_check *c, const struct scan_exchange *x,
		   const struct scan_point *pt);
/* The same in two steps: for proofs that come later. */
void finding_prepare(struct run *r, const struct scan_check *c, const struct scan_report *rep,
		     const struct scan_point *pt, struct buf *out);
void finding_deliver(struct run *r, struct str prepared, struct str zh, struct str en);
/* Says a prepared one anew, in place of what was said under its fingerprint. */
void finding_restate(struct run *r, struct str prepared, struct str zh, struct str en);
void finding_replayed(struct run *r, struct str kind, struct str key, struct str bytes);
void finding_flush_counts(struct run *r); /* emits those whose count grew */
void findings_free(struct run *r);
void finding_encode(const struct scan_finding *f, struct buf *b);
int finding_decode(struct str bytes, struct arena *a, struct scan_finding *ret);
void evidence_build(struct arena *a, const struct scan_report *rep, const struct scan_point *pt,
		    struct scan_evidence *ret);

/* ---- oob.c ---- */
struct oob;
void oob_init(struct run *r);
void oob_free(struct run *r);
void oob_replayed(struct run *r, struct str kind, struct str key, struct str bytes);
void oob_tick(struct run *r); /* asks for hits; cheap to call often */
bool oob_waiting(struct run *r); /* late hits may still come */

/* ---- passive.c ---- */
struct scan_ctx {
	struct run *run;
	const struct scan_check *check;
	struct arena *arena;
	/* fixtures: reports go here instead of a run */
	void (*sink)(void *arg, const struct scan_report *r);
	void *sink_arg;
	struct str origin;
	enum scan_mode mode;
	struct jslib *jslib; /* made when first asked for */
};
void passive_run(struct run *r, const struct scan_exchange *x);
void passive_host(struct run *r, const struct scan_exchange *x);

/* ---- gate.c ---- */
/* When the crawl has ended: what the site is made of. */
void gate_prepare(struct run *r);
bool run_has_tech(struct run *r, struct str id);

/* ---- technologies.c: the tech room and this run ---- */
struct technologies;
void technologies_start(struct run *r);
void technologies_free(struct run *r);
/* Carries the texts of all fingerprints into the common pass. */
const struct scan_check *technologies_check(const struct run *r);
/* Around the pass over one exchange. */
void technologies_begin(struct run *r, const struct scan_exchange *x);
void technologies_hit(struct run *r, size_t which, size_t at);
void technologies_end(struct run *r);
void technologies_page(struct run *r, const struct scan_exchange *x); /* crawled: its icon */
void technologies_tell(struct run *r); /* events for what is new; else only from the attack on */
void technologies_replayed(struct run *r, struct str key, struct str bytes);

/* ---- engine.c ---- */
enum run_phase { PHASE_START, PHASE_CRAWL, PHASE_ATTACK, PHASE_END };

#define RUN_MAGIC 0x5a57526eu
struct run {
	unsigned magic;
	struct scan_options o;
	struct arena *arena; /* options and what lives as long as the run */
	struct net_connector *connector;
	const struct scan_state *state;
	struct aside *aside; /* when the state has none */
	const struct scan_events *events;
	const struct clock *clock;
	struct url target;
	VEC(struct url) scope;
	VEC(pcre2_code *) excludes;
	struct person people[PEOPLE];
	struct browsing *browsing; /* NULL: no browser */
	struct session *session;   /* NULL: nobody logs in */
	struct wire wire;
	struct frontier frontier;
	struct attack attack;
	struct fiber_pool *fibers;
	struct crawl *crawl;
	struct answer *start; /* the answer for the target itself */
	struct map *soft404;
	struct seen *aliases; /* what pages say, and where: alias.c */
	struct map *guesses;  /* first folder -> struct guesses * */
	struct map *known; /* URL -> what the last scan saw */
	struct map *endpoints; /* method and URL without query -> struct endpoint * */
	int64_t slow_spent_us;
	int64_t timing_lost_us; /* alone with pages that did not depend on the delay after all */
	struct map *cache; /* key -> struct answer * */
	struct oob *oob;   /* NULL: nobody listens */
	size_t cache_bytes;
	struct menus *menus;   /* NULL: none seen */
	struct shapes *shapes; /* NULL: no interface document */
	size_t held_bytes;	 /* of answers that checks under way hold */
	bool erratic;		 /* answers take long and vary wildly */
	bool filtered;		 /* a filter stops what looks like an attack */
	struct map *accounts;	 /* address of a door -> struct account * */
	struct str login_page;	 /* of the form that the first user logged in by; arena */
	struct map *left;	 /* place -> struct left * */
	struct map *posted;	 /* method and path -> requests with a body */
	struct map *findings;	 /* fingerprint -> struct found * */
	struct seen *done;	 /* finished unit + check */
	struct scan_ctx *ctx;
	const struct tls_facts *tls;
	enum run_phase phase;
	struct scan_stats stats;
	uint64_t counts[SEVERITY_COUNT];
	struct scan_check_stat *checks;
	int64_t begun_us, begun_ms, next_tick_us;
	double seconds_before; /* of earlier processes */
	struct literals *literals;
	struct technologies *technologies;
	unsigned stacks; /* enum scan_stack of what speaks for addresses that do not say; 0: nothing does */
	struct templates *templates; /* NULL: none run */
	const struct scan_exchange *asked; /* passive hooks run on a probe of this request */
	bool start_failed;
	char start_error[48];
	struct error start_cause;
	bool limit_noted;
	uint64_t requests_before, bytes_before;
	unsigned basis;
	char doing_zh[160], doing_en[160];
	bool stopping, replaying, resumed, crawl_done_before;
	char reason[32];
	struct error state_error;
	uint64_t seed;
};
void run_stop(struct run *r, const char *reason);
void run_note_limit(struct run *r, const char *reason); /* goes on, but is not complete */
void run_journal(struct run *r, const char *kind, struct str key, struct str bytes);
void run_flush(struct run *r);
/* What does not fit in memory; failing ends the scan. */
int run_put_aside(struct run *r, struct str bytes, uint64_t *ret_at);
int run_get_aside(struct run *r, uint64_t at, size_t len, struct buf *b);
void run_log(struct run *r, const char *zh, const char *en);
void run_doing(struct run *r, const char *zh, const char *en, struct str what);
void run_tick(struct run *r); /* progress, limits, should_stop; cheap to call often */
int64_t run_now_us(const struct run *r);
double run_seconds(const struct run *r);
/* Requests, bytes and milliseconds so far, for journal records; and back. */
void run_put_stats(const struct run *r, struct buf *b);
int run_take_stats(struct run *r, struct reader *rd);
void run_started(struct run *r, struct answer *a); /* the first answer is there */
struct scan_check_stat *run_check_stat(struct run *r, const struct scan_check *c);
#endif
