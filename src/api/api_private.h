/* Inside the room: what the pieces of the web side share. */
#ifndef API_API_PRIVATE_H
#define API_API_PRIVATE_H
#include <pthread.h>

#include "api/api.h"
#include "api/http_server.h"
#include "api/route.h"

#define API_MAGIC 0x61706921u
#define API_PREFIX "/api/v1"
#define API_COOKIE "zw_session"

struct sse_hub;

struct api {
	unsigned magic;
	struct app *app;
	struct http_server *server;
	struct sse_hub *hub;
	pthread_rwlock_t hosts_lock; /* allowed Host values, read on event threads */
	char **hosts;
	size_t n_hosts;
	bool https; /* public_url is https: cookies are Secure */
};

/* ---- problem.c ---- */
int problem_status(const struct error *e);
/* Completes the reply. faults may be NULL. */
void problem_reply(struct http_exchange *x, int status, const struct error *e,
		   const struct api_faults *faults, unsigned retry_after);

/* ---- security.c ---- */
void security_headers(struct http_exchange *x, bool console);
/* Reads allowed hosts from the settings; call at start and when they change. */
int hosts_load(struct api *a, struct store_conn *db, struct error *e);
bool host_allowed(struct api *a, struct str host);
/* Same-origin by Origin or Sec-Fetch-Site, for requests that change things by cookie. */
bool origin_allowed(struct api *a, struct http_exchange *x);

/* ---- router.c ---- */
struct route_match {
	const struct api_route *route; /* NULL: none */
	bool path_known;	       /* but not this method */
	char allow[64];
	struct str params[API_PARAMS_MAX];
	struct str names[API_PARAMS_MAX];
	size_t n;
	bool bad_id; /* an id in the path is malformed: nothing can be there */
};
/* path: below /api/v1, must outlive the match. */
void route_find(enum http_method method, struct str path, struct route_match *ret);
/* The GET route of the same path, for If-Match. */
const struct api_route *route_getter(const struct api_route *r);

/* ---- request.c ---- */
/* Parses and checks query and body; -1 with faults or *e. */
int request_read(struct api_request *r, struct http_exchange *x, struct api_faults *faults,
		 struct error *e);
void request_free_reply(struct api_request *r);

/* ---- dispatch.c ---- */
void dispatch_serve(void *arg, struct http_exchange *x);

/* ---- compat.c ---- */
/* "/compat/aliyun/anything" gives "/compat/aliyun": those clients put their own paths behind. */
struct str compat_path(struct str path);
bool compat_form(const struct http_exchange *x);
/* The key where such clients put theirs: Authorization (Bearer, or behind "Credential="), x-api-key,
 * or access_token, client_secret, AccessKeyId in query or form. "" when nowhere. In the arena. */
struct str compat_key(const struct http_exchange *x, struct arena *a);
/* Makes the reply to a request that was refused, in the shape of the service that its route speaks for
 * (r_compat.c). */
void compat_refuse(struct api_request *r, int status, const struct error *why);
/* Parameters of a query or form as an object of strings. */
json_t *compat_params(struct str text);

/* ---- quick.c ---- */
/* On an event thread: answers a request of an API_QUICK route by an API key seen lately, when
 * neither database nor disk is needed; false: it goes the usual way, and nothing has happened. */
bool quick_serve(void *arg, struct http_exchange *x);

/* ---- sse.c ---- */
int sse_start(struct app *app, struct sse_hub **ret, struct error *e);
void sse_stop(struct sse_hub *h);
/* Takes the stream over. */
int sse_add(struct sse_hub *h, struct http_stream *s, const struct app_actor *who,
	    struct str session_token, struct str topics, int64_t after, struct error *e);
#endif
