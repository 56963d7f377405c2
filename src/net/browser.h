/* Chromium as a part: started by us, spoken to over --remote-debugging-pipe
 * (file descriptors 3 and 4, JSON messages ended by NUL), so no port is opened and
 * no WebSocket is needed. It runs as an unprivileged user with its own temporary
 * profile, and by default with scripts, files and network off: pages are handed to
 * it as text. One browser holds one page; it is used by one thread (the one that
 * opened it) and ends with it. Closing kills the whole process group and removes
 * every file. See browser_process.c for how it is kept in.
 *
 * A crawl sees more: events are handed to a callback while anything is waited for, and the
 * callback may post commands whose answers nobody waits for; so a page that blocks on a
 * request which is held back cannot lock us up.
 *
 * Errors: net.browser-missing (no program), net.browser-start, net.browser-died,
 * net.browser-timeout, net.browser-protocol (it refused a command),
 * net.browser-too-large. */
#ifndef NET_BROWSER_H
#define NET_BROWSER_H
#include "base/json.h"

struct net_browser;

struct net_browser_options {
	const char *program;  /* NULL: $ZHANWEI_CHROMIUM is not read here; the usual places are */
	const char *temp_dir; /* NULL: $TMPDIR or /tmp; must be open to the user it runs as */
	int64_t timeout_ms;   /* for the whole life of the browser; 0: LIMIT_BROWSER_MS */
	bool allow_script;
	const char *proxy; /* "http://127.0.0.1:PORT", "socks5://…"; NULL: no network at all */
	bool one_process;  /* frames of other origins stay in the page's session */
};

/* Path of the program that would be used, or NULL when there is none. */
const char *net_browser_program(const struct net_browser_options *o);
/* options may be NULL; they are copied as far as they are needed. */
int net_browser_open(const struct net_browser_options *o, struct net_browser **ret,
		     struct error *e);
void net_browser_close(struct net_browser *b);
DEFINE_CLEANUP(struct net_browser *, net_browser_close);
#define _cleanup_browser_ _cleanup_(net_browser_closep)
/* False: neither user namespaces nor the set-uid helper exist here, and Chromium
 * runs without its own inner sandbox. Said by `zhanwei doctor`; libraries do not log. */
bool net_browser_sandboxed(const struct net_browser *b);
/* The same before one is opened; forks once. */
bool net_browser_can_sandbox(void);

/* Replaces the page by this document (UTF-8) and waits until it is laid out. */
int net_browser_set_html(struct net_browser *b, struct str html, struct error *e);

struct net_browser_paper {
	double width_mm, height_mm;            /* 0: A4 */
	double margin_mm;                      /* used when the page has no @page rule of its own */
	bool css_page;                         /* @page of the document decides size and margins */
	const char *header_html, *footer_html; /* Chromium's templates; NULL: none */
	bool outline;                          /* bookmarks from the headings */
};
/* Prints to PDF, appended to *out in pieces (the maximum of *out bounds it). */
int net_browser_print(struct net_browser *b, const struct net_browser_paper *paper, struct buf *out,
		      struct error *e);

struct net_browser_shot {
	int width, height; /* viewport in CSS pixels; 0: 1280 × 800 */
	double scale;      /* device pixels per CSS pixel; 0: 1 */
	bool full_page;    /* the whole document, at most LIMIT_BROWSER_SHOT_PX high */
};
/* PNG of the page. */
int net_browser_screenshot(struct net_browser *b, const struct net_browser_shot *shot,
			   struct buf *out, struct error *e);

/* Any command of the DevTools protocol in the page's session. params (may be NULL)
 * is taken; *ret_result (may be NULL) is the caller's. */
int net_browser_call(struct net_browser *b, const char *method, json_t *params, json_t **ret_result,
		     struct error *e);
/* Waits for an event of this name, also one that came during an earlier call since
 * it was last asked for. *ret_params may be NULL. Only events named by
 * net_browser_watch() are kept (LIMIT_BROWSER_EVENTS of them at most). */
void net_browser_watch(struct net_browser *b, const char *event);
int net_browser_wait(struct net_browser *b, const char *event, int64_t timeout_ms,
		     json_t **ret_params, struct error *e);
/* Every event, as it comes; only inside net_browser_call, _wait and _run. */
typedef void net_browser_event(void *ctx, struct str name, const json_t *params);
void net_browser_on_event(struct net_browser *b, net_browser_event *cb, void *ctx);
/* Sends a command and goes on. root: to the browser instead of the page. params is taken. */
void net_browser_post(struct net_browser *b, bool root, const char *method, json_t *params);
/* Handles events for this long, or until *stop (may be NULL) is set. */
int net_browser_run(struct net_browser *b, int64_t ms, const bool *stop, struct error *e);
/* From now on everything must be done within ms. */
void net_browser_deadline(struct net_browser *b, int64_t ms);
#endif
