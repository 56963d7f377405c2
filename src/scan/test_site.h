/* For tests of active checks: a small web application of one's own on loopback, and a scan of
 * it whose findings can be asked for by check and path. */
#ifndef SCAN_TEST_SITE_H
#define SCAN_TEST_SITE_H
#include "base/map.h"
#include "net/test_server.h"
#include "scan/scan.h"

struct web {
	struct test_conn *conn;
	struct str head, method, path, query, body;
};
typedef void web_handler(struct web *w);

/* Value of a field of the query, else of a form body; decoded, NUL-terminated; "" when absent. */
const char *web_param(struct web *w, const char *name, char *out, size_t size);
bool web_has(struct web *w, const char *name);
struct str web_header(struct web *w, const char *name); /* .ptr NULL when absent */
bool web_cookie(struct web *w, const char *name, char *out, size_t size);
bool web_is(struct web *w, const char *path);
/* `fields`: further header lines, each with CRLF, or "". */
void web_reply(struct web *w, const char *status, const char *fields, struct str body);
void web_text(struct web *w, const char *status, const char *type, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void web_html(struct web *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* s with < > & " ' as references, only those that stand in `which`. In place of what out held. */
const char *web_escape(const char *s, const char *which, char *out, size_t size);

struct site {
	struct test_server *server;
	char url[64], origin[64];
	struct map *found; /* "check path" and "check path parameter" */
	struct map *texts; /* the same -> severity + 1 */
	uint64_t requests;
	struct scan_summary sum;
};
void site_start(struct site *s, web_handler *handler);
/* Runs a scan and forgets what an earlier one found. */
void site_scan(struct site *s, struct scan_options o);
bool site_found(struct site *s, const char *check, const char *path);
int site_severity(struct site *s, const char *check, const char *path); /* -1: not found */
/* Findings of the check, one a line, for messages. */
void site_print(struct site *s);
void site_stop(struct site *s);
#endif
