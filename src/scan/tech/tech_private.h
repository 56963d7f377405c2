/* Inside the tech room: what a fingerprint is, a set of them, and what one run has seen. */
#ifndef SCAN_TECH_PRIVATE_H
#define SCAN_TECH_PRIVATE_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "scan/check.h"
#include "scan/literals.h"
#include "scan/tech/tech.h"

#define LIMIT_TECH_VERSION 40
#define LIMIT_TECH_IMPORT 20000	 /* fingerprints of one directory; the largest public set has 7,600 */
#define LIMIT_TECH_SIGNALS 64	 /* of one fingerprint */
#define LIMIT_TECH_PATTERN 2000	 /* bytes of one pattern */
#define TECH_LITERALS 16	 /* any of these must stand somewhere before a pattern is tried */

enum tech_place {
	TECH_HEADER, /* of the answer; key: its name */
	TECH_COOKIE, /* set by the answer; key: its name, "x*": what it starts with */
	TECH_META,   /* content of <meta name|property=key> */
	TECH_SCRIPT, /* src of a script */
	TECH_LINK,   /* href of a link element */
	TECH_TITLE,
	TECH_HTML,   /* anywhere in the text of the answer */
	TECH_URL,    /* path and query of the request that was answered */
	TECH_ROBOTS, /* in robots.txt */
	TECH_ICON,   /* mmh3 (signed decimal) or MD5 (hex) of the favicon */
	TECH_CERT,   /* subject or issuer of the certificate */
	TECH_PLACES,
};
extern const char *const tech_place_names[TECH_PLACES];

struct tech_signal {
	enum tech_place place;
	bool regex;	 /* value is a pattern (PCRE, caseless); else a text that is contained (caseless) */
	bool exact;	 /* the text is all of it */
	uint8_t confidence;
	struct str key, value; /* empty value: being there is enough */
	struct str version;    /* "\1", "\1?yes:no", or empty */
};

struct tech_print {
	struct str id, name;
	struct str categories; /* ids, separated by blanks; the first one is shown */
	struct str cpe;	       /* "a:vendor:product" */
	struct str implies, excludes, requires; /* ids, separated by blanks; "id@70" implies with less */
	const struct tech_signal *signals;
	size_t signals_len;
	bool imported;
};
/* Generated from data/fingerprints, sorted by id. */
extern const struct tech_print tech_table[];
extern const size_t tech_table_count;

/* ---- set.c ---- */
struct tech_ref { /* one signal in the set */
	uint32_t print, signal;
	pcre2_code *code; /* compiled when first wanted */
	bool bad;	  /* does not compile */
};
struct tech_set {
	struct arena *arena;
	VEC(struct tech_print) prints;
	VEC(struct tech_ref) refs;
	VEC(struct scan_literal) literals;
	VEC(uint32_t) literal_refs; /* literal -> ref */
	struct map *ids;   /* id -> index + 1 */
	struct map *icons; /* hash text -> ref + 1 */
	struct scan_check check; /* carries the literals into the common pass */
};
struct tech_set *tech_set_new(void);
/* Takes a fingerprint; its slices must live as long as the set. False: no signal of it can
 * be found by a literal. One that has an id of its own replaces nothing. */
bool tech_set_add(struct tech_set *s, const struct tech_print *p);
void tech_set_done(struct tech_set *s);
void tech_set_free(struct tech_set *s);
/* The texts of which one must stand where the pattern matches: at least three bytes each,
 * in `a`. 0: there are none. */
size_t tech_required(struct str pattern, struct arena *a, struct str ret[TECH_LITERALS]);

/* ---- version.c ---- */
/* Fills a template ("\1", "\1?a:b") with groups. */
void tech_version(struct str tmpl, const struct str *groups, size_t n, char out[LIMIT_TECH_VERSION + 1]);
struct str tech_cpe(struct arena *a, struct str cpe, struct str version);

/* ---- import.c ---- */
struct tech_import {
	size_t taken, refused; /* fingerprints */
	size_t signals, unsupported; /* signals */
	size_t by_kind[8];	     /* unsupported: js dom dns xhr css other, slow, bad */
};
extern const char *const tech_import_kinds[8];
/* One file of the Wappalyzer shape. 0, or -1 when it is no such file. */
int tech_import(struct tech_set *s, struct str json, struct tech_import *ret, struct error *e);

/* ---- look.c: state of one run ---- */
struct tech_state {
	unsigned confidence;
	char version[LIMIT_TECH_VERSION + 1];
	struct str url;
	/* as told last */
	unsigned told_confidence;
	char told_version[LIMIT_TECH_VERSION + 1];
};
struct tech {
	struct arena *arena;
	struct tech_set *set;
	struct tech_state *states; /* per print */
	bool *matched;		   /* per ref */
	uint8_t *seen;		   /* per ref: bits of this exchange */
	VEC(uint32_t) touched;
	const struct scan_exchange *x;
	VEC(struct scan_tech) list;
	struct arena *list_arena;
	bool changed; /* the list is to be made again */
	/* a signal matched for the first time */
	void (*on_match)(void *ctx, struct str id, size_t signal, const char *version, struct str url);
	void *ctx;
};
struct tech *tech_new(struct tech_set *set); /* owns it */
void tech_free(struct tech *t);
void tech_begin(struct tech *t, const struct scan_exchange *x);
/* A literal of the set stands in the exchange's text. */
void tech_hit(struct tech *t, size_t which, size_t at);
/* The head and what is left. `l`: the pass that tech_begin's text went through. */
void tech_end(struct tech *t, const struct literals *l);
void tech_icon(struct tech *t, struct str body, struct str url);
/* As if signal `n` of `id` had matched before. */
void tech_replay(struct tech *t, struct str id, size_t n, struct str version, struct str url);
/* ---- resolve.c ---- */
void tech_resolve(struct tech *t);
struct tech_state *tech_state_of(struct tech *t, struct str id);

/* ---- icon.c ---- */
int32_t tech_mmh3(struct str bytes, uint32_t seed);
/* Both forms as text. */
void tech_icon_hashes(struct str body, char mmh3[12], char md5[33]);
#endif
