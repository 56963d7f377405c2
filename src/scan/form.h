/* Forms: collecting them from a page's tags, and filling them in sensibly. */
#ifndef SCAN_FORM_H
#define SCAN_FORM_H
#include "base/arena.h"
#include "scan/exchange.h"

struct url;

/* Fills page->forms from page->tags. */
void form_collect(struct arena *a, struct scan_page *page, const struct url *base,
		  const struct url *page_url);

struct form_value {
	struct str name, value;
	bool file;
};
struct form_submission {
	struct str method, url; /* GET: with the query */
	struct str body, content_type; /* POST */
	const struct form_value *values;
	size_t values_len;
};
/* Search forms often take one of two ways and refuse both at once: an optional list to
 * choose from, or words to type. */
enum form_choice {
	FORM_FULL,    /* everything filled in, as a willing visitor would */
	FORM_TYPED,   /* optional lists left at their empty option */
	FORM_CHOSEN,  /* optional texts left empty */
	FORM_CHOICES, /* how many there are */
};
/* What a visitor would send. False when the form has nothing to send, or when that
 * choice would send the same as FORM_FULL. */
bool form_fill(struct arena *a, const struct scan_form *f, enum form_choice choice, struct form_submission *ret);

/* What is typed into a field of that name and type (lower case). */
struct str form_guess(struct str name, struct str type);

/* Why a form must not be sent by a careful scanner. */
enum form_danger {
	FORM_HARMLESS,
	FORM_DESTRUCTIVE, /* delete, reset, remove, install … */
	FORM_LOGOUT,
	FORM_PASSWORD,	  /* changes a password: two or more password fields, or "new password" */
	FORM_PAYMENT,	  /* order, pay, transfer */
};
enum form_danger form_danger_of(const struct scan_form *f);
/* The same for the text or address of a link. */
bool form_link_logs_out(struct str url, struct str text);
bool form_link_destroys(struct str url, struct str text);
/* Words of deleting, in Chinese and English. */
bool form_says_destroy(struct str words);
/* CSRF tokens and the like: kept as they are, never probed, refreshed before use. */
bool form_is_token(struct str name, struct str value);
/* "application/x-www-form-urlencoded" or multipart; the same values give the same bytes. */
void form_encode(struct arena *a, const struct form_value *v, size_t n, bool multipart,
		 struct str *ret_body, struct str *ret_type);
#endif
