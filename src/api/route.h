/* The route table. One resource is one file src/api/r_<resource>.c that fills in a
 * const table of routes and one line in resources.h; from it come dispatch,
 * permission checks, request checking, the OpenAPI document, docs/api.md, and the
 * generated permission, tenant-isolation and malformed-request tests.
 *
 *     static int site_get(struct api_request *r, struct error *e)
 *     {
 *             json_t *v;
 *             if (app_site_get(&r->call, api_param(r, "site"), &v, e) < 0)
 *                     return -1;
 *             api_reply(r, v);
 *             return 0;
 *     }
 *     static const struct api_route routes[] = {
 *             { HTTP_GET, "/sites/{site}", site_get, PERM_SITE_READ, API_ETAG,
 *               .reply = &api_schema_site, .zh = "网站详情", .en = "One site" },
 *             API_ROUTES_END };
 *     const struct api_resource api_r_sites = { "sites", "网站", "Sites", routes };
 *
 * {name} in a path is an id (ULID) of a thing of kind `name`; a malformed one is a
 * 404 before the handler runs. The route that makes such a thing says .makes and
 * gives an .example body, so that the tests can make one in each tenant. */
#ifndef API_ROUTE_H
#define API_ROUTE_H
#include "api/http_server.h"
#include "api/schema.h"
#include "app/context.h"
#include "store/page.h"

struct api;
struct api_request;

enum {
	API_PUBLIC = 1,		  /* works without login (and before set-up) */
	API_NO_CSRF = 2,	  /* public log-in forms */
	API_ETAG = 4,		  /* GET: answers an ETag; PATCH/DELETE: obeys If-Match
				   * against the GET of the same path */
	API_IDEMPOTENCY_REQUIRED = 8, /* Idempotency-Key must be sent (any POST may send one) */
	API_LISTS = 16,		  /* reply is a page of items: adds limit, cursor, total */
	API_STREAMS = 32,	  /* text/event-stream */
	API_FILE = 64,		  /* replies an attachment */
	API_BODY_OPTIONAL = 128,  /* no body is as good as {} */
	API_OWN = 256,		  /* about the person logged in, not about tenant content */
	API_PLATFORM = 512,	  /* {ids} are of the platform (tenants): not tenant-isolated,
				   * guarded by permission alone */
	API_QUICK = 2048,	  /* with an API key it may be answered on the event thread (quick.c) */
	API_COMPAT = 4096,	  /* speaks another service's language: a form or JSON, any query, the key
				   * where that service's clients put theirs; also below /compat/ */
	API_NO_TENANT = 1024,	  /* works for a platform administrator without a tenant */
};

struct api_route {
	enum http_method method;
	const char *path; /* below /api/v1 */
	/* 0 after api_reply*(), or negative with *e. Runs on a job thread, r->call.db not
	 * in a transaction. */
	int (*run)(struct api_request *r, struct error *e);
	enum app_permission need;
	unsigned flags;
	int status; /* of success; 0: 200 */
	const struct api_schema *query; /* besides limit, cursor, total; "sort" is a field
					 * API_ENUM("sort", 0, "name|-name|…") */
	const struct api_schema *body;	/* NULL: none */
	size_t body_max;		/* 0: LIMIT_API_BODY */
	const struct api_schema *reply; /* of each item with API_LISTS; NULL: no content */
	const char *makes;   /* kind of thing whose id the answer carries */
	const char *example; /* JSON body; "{site}" is replaced by a fresh id of that kind */
	const char *zh, *en; /* summary */
	const char *note_zh, *note_en; /* further words for the reference; may be NULL */
};
#define API_ROUTES_END { .path = NULL }

struct api_resource {
	const char *name, *zh, *en; /* tag */
	const struct api_route *routes;
};
/* All resources, NULL-terminated (resources.h). */
extern const struct api_resource *const api_resources[];

/* ---- inside a handler ---- */

#define API_PARAMS_MAX 4
struct api_request {
	struct app_call call; /* who asks, connection, arena, now */
	const struct api_route *route;
	json_t *body;  /* checked against route->body; NULL when the route has none */
	json_t *query; /* checked object of the query parameters given */
	struct {
		struct str name, value;
	} params[API_PARAMS_MAX];
	size_t n_params;
	struct http_exchange *x;
	struct api *api;
	struct str cookie; /* the session token that came along */
	/* the answer */
	int status; /* 0: none yet; -1: sent already (streams) */
	json_t *reply;
	struct buf *bytes; /* of a file */
	struct str content_type, location, file_name;
	struct str session_token; /* to set as cookie; session resource only */
	bool session_end;	  /* clears it */
};

struct str api_param(const struct api_request *r, const char *name);
struct str api_query_str(const struct api_request *r, const char *name);
int64_t api_query_int(const struct api_request *r, const char *name, int64_t fallback);
bool api_query_bool(const struct api_request *r, const char *name);
int64_t api_query_time(const struct api_request *r, const char *name); /* ms, 0 absent */
/* limit, cursor, sort and total of an API_LISTS route. -1 and "cursor.bad" (400) when
 * the cursor is not one that this list gave to this tenant with these filters. */
int api_page(struct api_request *r, struct store_page *ret, struct error *e);

/* The route's success status with this document (stolen; NULL: 204). */
void api_reply(struct api_request *r, json_t *v);
/* Another status than the route's. */
void api_reply_status(struct api_request *r, int status, json_t *v);
/* {"items":…, "next_cursor":…, "total":…}; items stolen. */
void api_reply_page(struct api_request *r, json_t *items, const struct store_page *page);
/* {"items":…, "next_cursor":null, "total":n} for short lists given whole. */
void api_reply_items(struct api_request *r, json_t *items);
/* Location: /api/v1<path> */
void api_reply_location(struct api_request *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* An attachment; bytes are moved out of *bytes. Never rendered by a browser: CSP
 * sandbox, nosniff, Content-Disposition: attachment with an RFC 5987 name. */
void api_reply_file(struct api_request *r, struct str name, const char *content_type,
		    struct buf *bytes);
#endif
