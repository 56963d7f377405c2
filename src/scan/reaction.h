/* What an input does, in a handful of requests: asked once per point, whatever family of checks wants
 * to know, and kept while the point is probed. A payload can only succeed in a place that behaves like
 * its language: a text in single quotes can be left and entered again, a number can be written as a
 * sum, a file has "./" before its name. Where such a harmless rewriting changes the page, the payloads
 * of that family would too, and are not sent. */
#ifndef SCAN_REACTION_H
#define SCAN_REACTION_H
#include "scan/check.h"

enum reaction {
	REACTION_VALUE,	 /* a word that nothing can know gives another page */
	REACTION_SHOWN,	 /* that word stands in the answer, head or body, in any encoding */
	REACTION_SIGNS,	 /* it matters whether a nonsense word holds signs that mean something in some language */
	REACTION_SHELL,	 /* the same for what a shell minds outside of quotes */
	REACTION_QUOTES, /* quotes behind the value give another page */
	REACTION_SINGLE, /* left and entered again, a text in single quotes is the same: 'a' AND '1'='1', 'a'||'' */
	REACTION_DOUBLE, /* the same in double quotes */
	REACTION_BARE,	 /* the number as a sum, the name in brackets: the same page */
	REACTION_BRACKETS, /* the value in brackets: the same page */
	REACTION_DOT,	 /* "./" before the value: the same page */
	REACTIONS
};

/* May the point react so? True when it does, when that could not be told (a page that varies, an
 * original that finds nothing so that nothing can stay the same, a failed request), in deep scans, and in quick ones for all that takes more than two words. */
bool reaction(struct probe *p, enum reaction r);
/* The same, for what is wanted only where it was seen; also false when it could not be told. */
bool reaction_seen(struct probe *p, enum reaction r);
/* Is the header, one that every program gets, read by the one behind this request? A word with signs in
 * all of them at once, asked once per request: shown, or another page. Only its own header counts as shown. */
bool reaction_header(struct probe *p);
/* Front controllers show one page under many addresses. Does this input of this program (path, place and
 * name) behave as it did on two pages where everything was tried and nothing found: the same page, the
 * same answer to a word, the same reaction to signs? Standard scans leave it at that. */
bool reaction_alike(struct probe *p);
/* Everything was tried here: `found` or not. */
void reaction_done(struct probe *p, bool found);
#endif
