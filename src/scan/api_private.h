/* Inside the readers of interface descriptions. */
#ifndef SCAN_API_PRIVATE_H
#define SCAN_API_PRIVATE_H
#include "base/json.h"
#include "net/url.h"
#include "scan/api.h"

struct api_reader {
	struct arena *a;
	const json_t *root;
	const struct url *base;
	api_each *each;
	void *ctx;
	size_t given;
	size_t *left; /* bytes that the samples of one request may still take */
	bool stopped;
	struct str headers; /* of the request that is given next: names of header parameters */
};
/* Resolves `url` against base and hands the request over. `template`: the end of its path
 * with {names} for parameters, or "". */
void api_give(struct api_reader *r, struct str method, struct str url, struct str body, struct str type, bool changes,
	      struct str template);
/* "#/components/schemas/User" followed in the document; anything else as it is. */
const json_t *api_deref(const struct api_reader *r, const json_t *v);
/* A value that a schema accepts, as JSON (new reference). `name` helps to guess. */
json_t *api_sample(const struct api_reader *r, const json_t *schema, struct str name, unsigned depth);
/* The same as text, for addresses and form fields. */
struct str api_sample_text(const struct api_reader *r, const json_t *schema, struct str name);
struct str api_guess(struct str name);
/* An example of the document (new reference); NULL when it is too big for one request. */
json_t *api_copy(const struct api_reader *r, const json_t *v);
#define API_SAMPLE (256 * KIB) /* bytes of samples in one request */
/* Room for one more request? Ends the reading when there is none. */
bool api_room(struct api_reader *r);
void api_read_openapi(struct api_reader *r);
void api_read_postman(struct api_reader *r);
void api_read_graphql(struct api_reader *r);
bool api_is_har(const json_t *root);
void api_read_har(struct api_reader *r);
/* A YAML document as JSON (new reference); NULL with "yaml.…". */
json_t *api_yaml(struct str text, struct error *e);
/* Could a text be such a document in YAML? */
bool api_yaml_likely(struct str text);
bool api_wsdl_likely(struct str text);
/* False when it is none. */
bool api_read_wsdl(struct api_reader *r, struct str text);
bool api_graphql_text(struct api_reader *r, struct str text);
#endif
