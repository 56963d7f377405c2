/* Proof that a site belongs to whoever wants to scan it: a file, a meta tag, a DNS
 * TXT record, or - for networks nobody outside can see - a letter that a platform
 * administrator approves. A file or tag proves one origin; a TXT record proves the
 * host it stands at. Tokens carry 200 random bits, belong to one site of one tenant,
 * and are forgotten after LIMIT_VERIFY_PENDING_DAYS when nobody used them. */
#ifndef APP_VERIFY_H
#define APP_VERIFY_H
#include "app/context.h"
#include "store/page.h"
#include "store/site.h"

/* The pending one of this method again, or a new one. */
int app_verify_start(struct app_call *c, struct str site, struct str method, json_t **ret,
		     struct error *e);
int app_verify_list(struct app_call *c, struct str site, struct store_page *page, json_t **ret,
		    struct error *e);
/* Looks now. 0 also when the proof was not found: state and attempts say so. */
int app_verify_check(struct app_call *c, struct str site, struct str id, json_t **ret,
		     struct error *e);
/* The file to put on the server. */
int app_verify_file(struct app_call *c, struct str site, struct str id, struct str *ret_name,
		    struct str *ret_content, struct error *e);

/* Looks again at what proved the site. daily: counts failures, the third one voids
 * the proof. *ret_ok says whether it still holds; why not is in *why. */
int app_verify_again(struct app_call *c, struct str site, bool daily, bool *ret_ok,
		     struct error *why, struct error *e);

/* ---- letters of authorisation ---- */

int app_letter_add(struct app_call *c, struct str site, const json_t *in, json_t **ret,
		   struct error *e);
int app_letter_list(struct app_call *c, struct str site, struct str state,
		    struct store_page *page, json_t **ret, struct error *e);
int app_letter_decide(struct app_call *c, struct str id, bool approve, struct str reason,
		      json_t **ret, struct error *e);
int app_letter_file(struct app_call *c, struct str id, struct str *ret_name,
		    struct str *ret_type, struct buf *out, struct error *e);
/* Ranges an approved, unexpired letter allows for this site; none: 0 items. */
int app_letter_ranges(struct app_call *c, const struct store_site *s, struct str **ret, size_t *n,
		      struct error *e);
#endif
