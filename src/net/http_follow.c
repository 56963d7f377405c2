/* One request at a time: wait for it, follow redirects on demand. */
#include "base/check.h"
#include "base/limits.h"
#include "base/vec.h"
#include "net/http_private.h"

static void keep(void *ctx, struct http_response *r)
{
	*(struct http_response **)ctx = r;
}

int http_fetch(struct http_client *c, const struct http_request *q, struct http_response **ret,
	       struct error *e)
{
	struct http_response *r = NULL;

	if (http_submit(c, q, keep, &r, e) < 0)
		return -1;
	while (!r)
		http_client_run(c, 1000);
	*ret = r;
	return 0;
}

int http_redirect_target(struct arena *a, const struct http_response *r, const struct url *base,
			 struct url *ret)
{
	struct str location = http_response_header(r, "Location");
	struct url u;

	if (r->status < 300 || r->status > 399 || r->status == 304 || !location.ptr ||
	    location.len == 0 || url_parse(a, location, base, 0, &u, NULL) < 0)
		return -1;
	/* A fragment is handed on (RFC 9110 §10.2.2). */
	if (!u.has_fragment && base->has_fragment) {
		u.has_fragment = true;
		u.fragment = base->fragment;
	}
	*ret = u;
	return 0;
}

static bool is_credential(struct str name)
{
	return str_ieq(name, STR("Authorization")) || str_ieq(name, STR("Cookie")) ||
	       str_ieq(name, STR("Proxy-Authorization")) || str_ieq(name, STR("Host"));
}

static bool is_content(struct str name)
{
	return str_istarts(name, STR("Content-"));
}

/* The request for the next hop: what may not go along is left out. */
static void next_hop(struct http_request *q, struct arena *a, const struct url *to, int status)
{
	bool crosses = !url_same_origin(q->url, to);
	bool to_get = status == 303 || ((status == 301 || status == 302) && q->has_body);
	struct http_header *kept = arena_array(a, q->nheaders + 1, sizeof(*kept));
	size_t n = 0;

	for (size_t i = 0; i < q->nheaders; i++) {
		if (crosses && is_credential(q->headers[i].name))
			continue;
		if (to_get && is_content(q->headers[i].name))
			continue;
		kept[n++] = q->headers[i];
	}
	q->headers = kept;
	q->nheaders = n;
	q->target = STR("");
	if (to_get && !str_eq(q->method, STR("HEAD"))) {
		q->method = STR("GET");
		q->has_body = false;
		q->body = STR("");
	}
	struct url *u = arena_new_of(a, struct url);

	*u = *to;
	q->url = u;
}

int http_fetch_follow(struct http_client *c, const struct http_request *q, unsigned max_hops,
		      struct arena *a, struct url *ret_url, struct http_response **ret,
		      struct error *e)
{
	struct http_request now = *q;
	_cleanup_response_ struct http_response *r = NULL;
	struct url to;

	for (unsigned hop = 0;; hop++) {
		http_response_free(r);
		r = NULL;
		if (http_fetch(c, &now, &r, e) < 0)
			return -1;
		if (http_redirect_target(a, r, now.url, &to) < 0)
			break;
		if (hop == max_hops) {
			error_set(&r->error, "http.too-many-redirects", "重定向超过 %u 次",
				  "More than %u redirects", max_hops);
			break;
		}
		if (arena_left(a) < 8 * LIMIT_URL)
			break;
		next_hop(&now, a, &to, r->status);
	}
	if (ret_url)
		*ret_url = *now.url;
	*ret = take_ptr(r);
	return 0;
}
