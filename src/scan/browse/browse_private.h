/* Inside the browser's room: one thread, one browser, one page. */
#ifndef SCAN_BROWSE_PRIVATE_H
#define SCAN_BROWSE_PRIVATE_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "net/browser.h"
#include "net/url.h"
#include "scan/browse.h"

struct net_relay;

/* A request that was held back until its time came. */
struct held {
	char *id;
	json_t *headers;
	int64_t at_ms;
};

/* What the first account's log-in left in the browser's storage ({"origin", "local",
 * "session"}): every tab has it, and a browser that was started anew. */
struct browse_shared {
	pthread_mutex_t lock;
	char *storage;
	unsigned version;
};

struct driver {
	const struct scan_options *o;
	const struct net_policy *policy;
	struct arena *arena; /* options: as long as the driver */
	VEC(struct url) scope;
	VEC(pcre2_code *) excludes;
	struct net_relay *relay;
	struct net_browser *b;
	char key[32];	/* name of our object in pages */
	char taint[24]; /* what is looked for at dangerous places; "" in other visits */
	struct browse_shared *shared; /* may be NULL */
	char *storage;	/* as installed */
	unsigned storage_version;
	char *script;	/* identifier of the installed script */
	char *main_frame;
	char *cookie;	/* set last */
	unsigned visits;
	int64_t until_ms; /* end of the job */
	int64_t next_ms; /* earliest time of the next request */
	VEC(struct held) held;

	/* of the job under way */
	struct arena *job_arena;
	const json_t *job;
	json_t *requests, *routes, *html, *headers;
	struct map *seen;    /* requests by method, address, body */
	struct map *in_flight; /* network ids */
	bool navigating;     /* the next document is the one we asked for */
	char going[64];	     /* its number in the browser */
	bool loaded, stay;   /* stay: other documents are noted, not gone to */
	bool may_send;	     /* a log-in: its form may be sent in any mode */
	bool crashed;
	bool named; /* the installed script sets the window's name */
	const atomic_bool *cancel; /* set by another thread: give up */
	int status;
	char *mime;
	int phase;	     /* of a look for scripting: requests are marked with it */
	int64_t net_ms;	     /* when the network last did something */
	struct buf png;
	int png_width, png_height;
};

/* ---- driver.c ---- */
int driver_new(const struct scan_options *o, const struct net_policy *policy, struct driver **ret, struct error *e);
void driver_free(struct driver *d);
/* A running browser with our script in it, whatever happened before. */
int driver_ready(struct driver *d, const char *taint, struct error *e);
/* Our script for every new document; taint: what is looked for at dangerous places; name:
 * what the window is called. */
int driver_install(struct driver *d, const char *taint, struct str name, struct error *e);
void driver_end_browser(struct driver *d);
/* Does the job; always gives an answer object. *shot: is there a picture in d->png? */
json_t *driver_do(struct driver *d, const json_t *job);
int driver_eval(struct driver *d, struct str expression, json_t **ret, struct error *e);
/* "KEY.name(a, b)" with JSON arguments; args (an array, taken) may be NULL. */
int driver_do_in_page(struct driver *d, const char *name, json_t *args, json_t **ret, struct error *e);
int driver_navigate(struct driver *d, struct str url, struct str referrer, struct error *e);
/* Until neither network nor page have moved for quiet_ms, at most cap_ms. */
int driver_settle(struct driver *d, int64_t quiet_ms, int64_t cap_ms, struct error *e);
int driver_set_cookies(struct driver *d, struct str url, struct str cookie, struct error *e);
json_t *driver_cookies(struct driver *d, struct str url);
void driver_shot(struct driver *d);
void driver_collect_routes(struct driver *d);
void driver_note(struct driver *d, json_t *list, struct str value, size_t max);
int64_t driver_now_ms(void);

/* ---- requests.c: every request before it leaves ---- */
void requests_event(void *ctx, struct str name, const json_t *params);
void requests_release(struct driver *d); /* those whose time has come */
void requests_clear(struct driver *d);
bool requests_in_scope(const struct driver *d, struct str url);
/* May a request be sent at all? What logs out, destroys or is excluded may not. */
bool requests_allowed(const struct driver *d, struct str method, struct str url);

/* ---- jobs ---- */
int visit_job(struct driver *d, json_t *answer, struct error *e);
int xss_job(struct driver *d, json_t *answer, struct error *e);
int login_job(struct driver *d, json_t *answer, struct error *e);
/* Words, addresses and names of a candidate: would pressing it destroy something or log out? */
bool visit_dangerous(const struct driver *d, const json_t *candidate);

/* ---- words.c: what a page's scripts speak of ---- */
#define SCRIPT_WORDS 24
struct script_word {
	struct str text;
	int weight;
};
struct script_words {
	struct script_word names[SCRIPT_WORDS]; /* of parameters that are looked up */
	size_t n;
	/* spoken of at all; back: "popstate"; listens: any place that a stranger can write to */
	bool search, hash, path, storage, dollar, back, listens;
};
void script_words_read(struct driver *d, struct script_words *w);
/* Names that a page looked up while it ran (a JSON list). */
void script_words_asked(struct driver *d, struct script_words *w, const json_t *asked);

/* ---- payloads.c: text that runs a harmless call where it becomes code ---- */
#define XSS_PAYLOADS 6
size_t xss_payloads(struct driver *d, const json_t *sink, unsigned n, struct str out[XSS_PAYLOADS]);

/* ---- shot.c ---- */
/* The same pixels in a file of our own making: only header, data and end. -1 when it is no
 * plain PNG of 8-bit RGB or RGBA. */
int shot_reencode(struct str png, size_t max_pixels, struct buf *out, int *ret_width, int *ret_height);

extern const char browse_page_js[];
#endif
