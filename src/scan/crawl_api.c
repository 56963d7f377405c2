/* Interface documents in the crawl: their requests become known requests, as far as the mode
 * allows. GET is asked for always, POST from standard mode on, PUT and PATCH only in deep or
 * intrusive scans, DELETE only in intrusive deep ones, GraphQL mutations only in intrusive ones. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/api.h"
#include "scan/scan_private.h"

struct push {
	struct run *r;
	struct str from;
	unsigned depth;
	size_t taken;
};

static bool allowed(const struct run *r, const struct api_request *q)
{
	bool deep = r->o.mode == SCAN_DEEP;
	if (q->changes && !r->o.intrusive)
		return false;
	if (str_eq(q->method, STR("GET")) || str_eq(q->method, STR("HEAD")) || str_eq(q->method, STR("OPTIONS")))
		return true;
	if (str_eq(q->method, STR("POST")))
		return r->o.mode != SCAN_QUICK;
	if (str_eq(q->method, STR("PUT")) || str_eq(q->method, STR("PATCH")))
		return deep || r->o.intrusive;
	return str_eq(q->method, STR("DELETE")) && deep && r->o.intrusive;
}

static int on_request(void *ctx, const struct api_request *q)
{
	struct push *p = ctx;
	if (!allowed(p->r, q))
		return 0;
	shapes_note(p->r, q);
	if (q->headers.len)
		points_note_headers(p->r, q->url, q->headers);
	p->taken += frontier_push(p->r, &(struct spec){ .method = q->method, .url = q->url, .body = q->body, .type = q->type,
							.from = p->from, .depth = p->depth, .path_inputs = q->path_inputs, .kind = LINK_API });
	return 0;
}

size_t crawl_api(struct run *r, struct str text, const struct url *at, unsigned depth)
{
	struct arena *a = arena_new(64 * MIB);
	struct push p = { r, url_text(a, at, URL_NO_FRAGMENT | URL_NO_USERINFO), depth, 0 };
	api_read(a, text, at, on_request, &p, NULL);
	arena_free(a);
	return p.taken;
}

void crawl_api_seeds(struct run *r)
{
	static const char *const documents[] = { "/openapi.json", "/swagger.json", "/v2/api-docs", "/v3/api-docs",
						 "/swagger/v1/swagger.json", "/api-docs", "/openapi.yaml",
						 "/swagger.yaml", "/openapi.yml", "/swagger.yml", "/api/openapi.yaml", "/v3/api-docs.yaml" };
	static const char *const graphql[] = { "/graphql", "/api/graphql" };
	struct buf b;
	buf_init(&b, 4 * KIB);
	for (size_t i = 0; i < ARRAY_SIZE(documents) + ARRAY_SIZE(graphql); i++) {
		bool ask = i >= ARRAY_SIZE(documents);
		buf_clear(&b);
		url_write_origin(&b, &r->target);
		buf_c(&b, ask ? graphql[i - ARRAY_SIZE(documents)] : documents[i]);
		frontier_push(r, &(struct spec){ .method = ask ? STR("POST") : STR("GET"), .url = buf_view(&b), .kind = LINK_API_GUESS,
						 .body = ask ? api_graphql_question() : STR(""),
						 .type = ask ? STR("application/json") : STR("") });
	}
	buf_free(&b);
}
