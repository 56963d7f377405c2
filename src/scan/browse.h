/* The browser's door. Chromium runs outside the jail, in the process that keeps the scan,
 * driven by one thread for each tab (a browser of its own, so that one that hangs is ended alone); all its traffic leaves through our relay under the scan's policy
 * and scope, each request seen and judged before it goes. The engine asks in JSON, for
 * SCAN_BROWSER_TABS things at a time at most, and gets plain data back: pages as they became, requests, routes. What comes
 * back is as hostile as the site itself.
 *
 * Jobs:    {"kind":"visit"|"xss"|"login"|"steps", "url", "cookie", "headers":[{name,value}], …}
 * Answers: {"ok":true, "url", "title", "html":[…], "requests":[{method,url,type,body,sent}],
 *           "routes":[…], "cookies":[…], "headers":[…], "sinks":[…]} or
 *          {"ok":false, "error":{"code","zh","en"}} */
#ifndef SCAN_BROWSE_H
#define SCAN_BROWSE_H
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "scan/scan.h"

struct net_policy;

/* Handed to a scan in scan_events.browser; forwarded into the jail. */
struct scan_browser {
	void *ctx;
	/* Begins a job; -1 while as many as may be are under way. A job's "n" stands in its answer. */
	int (*ask)(void *ctx, struct str job);
	/* 1 and the answer, 0 not yet, -1 the browser is gone. */
	int (*poll)(void *ctx, struct buf *answer);
};

/* A picture of a page, re-encoded by us; given to the keeper, never to the engine. */
struct scan_shot {
	struct str kind; /* "page", "proof" (a finding as it was proved), "login" */
	struct str url, title, png;
	int width, height;
};

struct scan_browser_host;
/* o and policy are borrowed and must not change while it lives; Chromium itself starts with
 * the first job. shot may be NULL; it is called from scan_browser_poll(). */
int scan_browser_start(const struct scan_options *o, const struct net_policy *policy,
		       void (*shot)(void *ctx, const struct scan_shot *s), void *ctx,
		       struct scan_browser_host **ret, struct error *e);
/* Is there a Chromium that could be started? */
bool scan_browser_there(void);
int scan_browser_ask(struct scan_browser_host *h, struct str job);
int scan_browser_poll(struct scan_browser_host *h, struct buf *answer);
struct scan_browser scan_browser_door(struct scan_browser_host *h);
void scan_browser_stop(struct scan_browser_host *h);
DEFINE_CLEANUP(struct scan_browser_host *, scan_browser_stop);

#define SCAN_BROWSER_TABS 2 /* about 300 MB and half a core each */
#define LIMIT_BROWSE_JOB (256 * (size_t)1024)
#define LIMIT_BROWSE_ANSWER (6 * (size_t)1024 * 1024)
#endif
