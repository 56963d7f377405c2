/* One small page of a site that is not ours, for the proof of ownership. The
 * request is made and its answer parsed in a jailed child of kind "fetch", which
 * has no network of its own: this process opens the connections it asks for, by
 * the outgoing policy. */
#ifndef APP_FETCH_H
#define APP_FETCH_H
#include "app/outgoing.h"
#include "base/arena.h"
#include "os/spawn.h"

extern const struct os_jail_kind app_fetch_jail;

struct app_fetch {
	struct str url;
	bool meta; /* look for meta tags in the head instead of keeping the body */
};

struct app_fetched {
	int status;	/* 0: no answer, see error */
	struct str url; /* where it ended after redirects */
	struct str body; /* at most LIMIT_VERIFY_BODY + 1 bytes; empty with meta */
	struct str *meta; /* contents of zhanwei-site-verification tags in the head */
	size_t meta_len;
	struct error error; /* code "" when a page came */
};
/* 0 with *ret, also when nothing could be fetched; -1 when the jail itself failed. */
int app_fetch_run(struct os_spawner *spawner, const struct app_outgoing *out,
		  const struct app_fetch *f, struct arena *a, struct app_fetched *ret,
		  struct error *e);
/* The part that reads a page, for tests: contents of the tags, at most max. */
size_t app_fetch_meta(struct arena *a, struct str html, struct str *ret, size_t max);
#endif
