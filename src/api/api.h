/* The web side of the program: /api/v1 from the route table, the console's files, live
 * streams. */
#ifndef API_API_H
#define API_API_H
#include "app/context.h"
#include "base/buf.h"
#include "base/error.h"

struct api;

struct api_options {
	struct app *app;
	struct str address; /* IP address */
	uint16_t port;	    /* 0: any free one */
	unsigned jobs;	    /* job threads; 0: 12 */
};

int api_start(const struct api_options *o, struct api **ret, struct error *e);
uint16_t api_port(const struct api *a);
/* Ends streams, lets running requests finish for up to grace_ms. */
void api_stop(struct api *a, int grace_ms);

/* OpenAPI 3.1 of every route. The caller's. */
json_t *api_openapi(const char *version);
/* The same as Markdown, Chinese with English beside it (docs/api.md). */
void api_reference(struct buf *out);
#endif
