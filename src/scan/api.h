/* Descriptions of interfaces, read into requests: OpenAPI 2 and 3, Postman collections,
 * GraphQL introspection (each as JSON or YAML) and schema text, HAR recordings. They are foreign bytes: read in the jail, with
 * bounded depth, size and number of requests. */
#ifndef SCAN_API_H
#define SCAN_API_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct url;

enum api_kind { API_NONE, API_OPENAPI, API_POSTMAN, API_GRAPHQL, API_HAR, API_WSDL };
const char *api_kind_name(enum api_kind k);

struct api_request {
	struct str method; /* upper case */
	struct str url;	   /* absolute */
	struct str body, type;
	bool changes; /* a GraphQL mutation */
	struct str template;	  /* the end of the path with {names} for its parameters, or "" */
	uint32_t path_inputs; /* bit n: what follows the n-th slash of the path (1 first) is a parameter */
	struct str headers;   /* names of header parameters, between commas, or "" */
};
/* Non-zero stops. */
typedef int api_each(void *ctx, const struct api_request *q);

#define LIMIT_API_TEXT (8 * (size_t)1024 * 1024)
#define LIMIT_API_REQUESTS 3000

/* Could this text be one? Cheap: looks at its beginning. */
bool api_likely(struct str text);
/* Every request that the text describes. `base`: where it was found, or the site it is for;
 * servers named in it that are elsewhere are replaced by base's origin. Returns what it was;
 * API_NONE with *e: "api.unknown", "api.too-big", "json.bad", "yaml.…". */
enum api_kind api_read(struct arena *a, struct str text, const struct url *base, api_each *each, void *ctx,
		       struct error *e);
/* The question that makes a GraphQL server describe itself, as a JSON body. */
struct str api_graphql_question(void);
#endif
