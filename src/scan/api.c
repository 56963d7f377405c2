/* What kind of description a text is, and the values that requests are filled with. */
#include "scan/api_private.h"

#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"

#define SAMPLE_DEPTH 6
#define SAMPLE_MEMBERS 60

const char *api_kind_name(enum api_kind k)
{
	static const char *const names[] = { "none", "openapi", "postman", "graphql", "har", "wsdl" };
	return names[k];
}

bool api_likely(struct str text)
{
	static const char *const marks[] = { "\"openapi\"", "\"swagger\"", "openapi:", "swagger:", "'openapi'", "'swagger'", "__schema:", "\"__schema\"",
					     "schema.getpostman.com", "type Query" };
	struct str head = str_sub(text, 0, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (str_has(head, str_c(marks[i])))
			return true;
	return api_wsdl_likely(text);
}

bool api_room(struct api_reader *r)
{
	if (r->given >= LIMIT_API_REQUESTS || arena_left(r->a) < 16 * MIB)
		r->stopped = true;
	*r->left = API_SAMPLE;
	return !r->stopped;
}

/* The template is the end of the path: "/users/{id}" of "/v1/users/7". */
static uint32_t path_inputs(struct str template, struct str path)
{
	size_t of_path = 0, of_template = 0, at;
	uint32_t mask = 0;
	struct str part;
	for (size_t i = 0; i < path.len; i++)
		of_path += path.ptr[i] == '/';
	for (size_t i = 0; i < template.len; i++)
		of_template += template.ptr[i] == '/';
	if (of_template > of_path)
		return 0;
	for (at = of_path - of_template; at < 32 && str_split(&template, '/', &part); at++)
		if (str_chr(part, '{') >= 0)
			mask |= (uint32_t)1 << at;
	return mask;
}

/* Words of a stranger that become the first line and a header of a request. */
static bool is_method(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_alpha(s.ptr[i]))
			return false;
	return s.len > 0 && s.len <= 16;
}

static bool one_line(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 127)
			return false;
	return true;
}

void api_give(struct api_reader *r, struct str method, struct str url, struct str body, struct str type, bool changes,
	      struct str template)
{
	struct url u;
	if (r->stopped || r->given >= LIMIT_API_REQUESTS || !is_method(method) || !one_line(type) ||
	    url_parse(r->a, url, r->base, 0, &u, NULL) < 0)
		return;
	if (!url_same_origin(&u, r->base)) { /* described for another place: this site is what is tested */
		u.scheme = r->base->scheme;
		u.host = r->base->host;
		u.host_kind = r->base->host_kind;
		u.port = r->base->port;
	}
	char *m = arena_cstr(r->a, method);
	for (size_t i = 0; i < method.len; i++)
		m[i] = m[i] >= 'a' && m[i] <= 'z' ? (char)(m[i] - 32) : m[i];
	struct api_request q = { str_make(m, method.len), url_text(r->a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO), body, type, changes,
				 template, path_inputs(template, u.path), r->headers };
	r->given++;
	r->stopped = r->each(r->ctx, &q) != 0;
}

/* ---- values ---- */

const json_t *api_deref(const struct api_reader *r, const json_t *v)
{
	for (int hops = 0; hops < 12; hops++) {
		struct str ref = json_get_str(v, "$ref"), part;
		const json_t *at = r->root;
		if (!str_starts(ref, STR("#/")))
			return v;
		ref = str_from(ref, 2);
		while (at && str_split(&ref, '/', &part)) {
			char name[256];
			size_t n = 0;
			for (size_t i = 0; i < part.len && n + 1 < sizeof(name); i++) {
				bool tilde = part.ptr[i] == '~' && i + 1 < part.len;
				name[n++] = tilde ? (part.ptr[i + 1] == '1' ? '/' : '~') : part.ptr[i];
				i += tilde;
			}
			name[n] = 0;
			at = json_object_get(at, name);
		}
		v = at;
	}
	return NULL;
}

struct str api_guess(struct str name)
{
	static const struct {
		const char *part, *value;
	} table[] = { { "mail", "scan@example.com" }, { "phone", "13800138000" }, { "mobile", "13800138000" }, { "url", "http://example.com/" },
		      { "date", "2024-01-15" },	      { "time", "2024-01-15T08:30:00Z" }, { "page", "1" },	   { "size", "10" },
		      { "limit", "10" },	      { "count", "1" },	     { "uuid", "6f1c2f0e-6a52-4c1e-9b1d-2f6f0a1b2c3d" },
		      { "password", "Scan-2468" },    { "user", "scanner" }, { "name", "scanner" }, { "id", "1" }, { "lang", "zh" } };
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_ihas(name, str_c(table[i].part)))
			return str_c(table[i].value);
	return STR("test");
}

static bool spend(const struct api_reader *r, size_t n)
{
	bool enough = *r->left > n;
	*r->left = enough ? *r->left - n : 0;
	return enough;
}

static bool affordable(const struct api_reader *r, const json_t *v, unsigned depth)
{
	const char *key;
	json_t *m;
	if (depth > 32 || !spend(r, 32 + (json_is_string(v) ? json_string_length(v) : 0)))
		return false;
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!affordable(r, json_array_get(v, i), depth + 1))
			return false;
	json_object_foreach((json_t *)(uintptr_t)v, key, m)
		if (!spend(r, strlen(key)) || !affordable(r, m, depth + 1))
			return false;
	return true;
}

json_t *api_copy(const struct api_reader *r, const json_t *v)
{
	return affordable(r, v, 0) ? json_deep_copy(v) : NULL;
}

static json_t *sample_object(const struct api_reader *r, const json_t *schema, unsigned depth)
{
	json_t *out = json_object();
	const char *key;
	json_t *v;
	size_t n = 0;
	json_object_foreach(json_object_get(schema, "properties"), key, v) {
		const json_t *d = api_deref(r, v);
		if (n++ >= SAMPLE_MEMBERS || !spend(r, strlen(key)))
			break;
		if (json_get_bool(d, "readOnly", false))
			continue;
		json_t *one = api_sample(r, d, str_c(key), depth + 1);
		if (one)
			json_put(out, key, one);
	}
	return out;
}

/* allOf: the members of each; oneOf and anyOf: the first. */
static json_t *sample_combined(const struct api_reader *r, const json_t *schema, struct str name, unsigned depth)
{
	const json_t *all = json_object_get(schema, "allOf"), *one = json_object_get(schema, "oneOf");
	if (!json_is_array(one))
		one = json_object_get(schema, "anyOf");
	if (json_is_array(one) && json_array_size(one))
		return api_sample(r, json_array_get(one, 0), name, depth + 1);
	if (!json_is_array(all))
		return NULL;
	json_t *out = sample_object(r, schema, depth);
	for (size_t i = 0; i < json_array_size(all) && i < 12; i++) {
		json_t *part = api_sample(r, json_array_get(all, i), name, depth + 1);
		if (json_is_object(part))
			json_object_update(out, part);
		json_decref(part);
	}
	return out;
}

static json_t *sample_string(const json_t *schema, struct str name)
{
	struct str format = json_get_str(schema, "format");
	if (str_eq(format, STR("date")))
		return json_c("2024-01-15");
	if (str_eq(format, STR("date-time")))
		return json_c("2024-01-15T08:30:00Z");
	if (str_eq(format, STR("email")))
		return json_c("scan@example.com");
	if (str_eq(format, STR("uuid")))
		return json_c("6f1c2f0e-6a52-4c1e-9b1d-2f6f0a1b2c3d");
	if (str_eq(format, STR("uri")))
		return json_c("http://example.com/");
	return json_str(api_guess(name));
}

json_t *api_sample(const struct api_reader *r, const json_t *schema, struct str name, unsigned depth)
{
	schema = api_deref(r, schema);
	if (depth > SAMPLE_DEPTH || !spend(r, 64))
		return NULL;
	static const char *const given[] = { "example", "default", "const" };
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		json_t *v = json_object_get(schema, given[i]);
		if (v && !json_is_null(v))
			return api_copy(r, v);
	}
	json_t *list = json_object_get(schema, "examples");
	if (!json_is_array(list) || !json_array_size(list))
		list = json_object_get(schema, "enum");
	if (json_is_array(list) && json_array_size(list))
		return api_copy(r, json_array_get(list, 0));
	json_t *combined = sample_combined(r, schema, name, depth);
	if (combined)
		return combined;
	const json_t *types = json_object_get(schema, "type");
	struct str type = json_is_array(types) ? str_c(json_string_value(json_array_get(types, 0))) : json_get_str(schema, "type");
	if (str_eq(type, STR("integer")) || str_eq(type, STR("number"))) {
		int64_t low = json_get_int(schema, "minimum", 1);
		return json_integer(low > 1 ? low : 1);
	}
	if (str_eq(type, STR("boolean")))
		return json_true();
	if (str_eq(type, STR("array"))) {
		json_t *out = json_array(), *item = api_sample(r, json_object_get(schema, "items"), name, depth + 1);
		if (item)
			json_array_append_new(out, item);
		return out;
	}
	if (str_eq(type, STR("object")) || json_object_get(schema, "properties"))
		return sample_object(r, schema, depth);
	return sample_string(schema, name);
}

struct str api_sample_text(const struct api_reader *r, const json_t *schema, struct str name)
{
	json_t *v = api_sample(r, schema, name, 0);
	struct str s = api_guess(name);
	if (json_is_array(v) && json_array_size(v)) {
		json_t *first = json_incref(json_array_get(v, 0));
		json_decref(v);
		v = first;
	}
	if (json_is_string(v))
		s = arena_str(r->a, str_sub(str_make(json_string_value(v), json_string_length(v)), 0, 4 * KIB));
	else if (json_is_integer(v))
		s = arena_printf(r->a, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		s = arena_printf(r->a, "%g", json_real_value(v));
	else if (json_is_boolean(v))
		s = json_is_true(v) ? STR("true") : STR("false");
	json_decref(v);
	return s;
}

/* ---- the door ---- */

static bool is_postman(const json_t *root)
{
	return str_has(json_get_str(json_object_get(root, "info"), "schema"), STR("postman")) || json_is_array(json_object_get(root, "item"));
}

static enum api_kind read_json(struct api_reader *r, const json_t *root)
{
	r->root = root;
	if (json_object_get(root, "openapi") || json_object_get(root, "swagger")) {
		api_read_openapi(r);
		return API_OPENAPI;
	}
	if (is_postman(root)) {
		api_read_postman(r);
		return API_POSTMAN;
	}
	if (api_is_har(root)) {
		api_read_har(r);
		return API_HAR;
	}
	const json_t *data = json_object_get(root, "data");
	if (json_object_get(data ? data : root, "__schema")) {
		r->root = data ? data : root;
		api_read_graphql(r);
		return API_GRAPHQL;
	}
	return API_NONE;
}

enum api_kind api_read(struct arena *a, struct str text, const struct url *base, api_each *each, void *ctx,
		       struct error *e)
{
	size_t left = API_SAMPLE;
	struct api_reader r = { .a = a, .base = base, .each = each, .ctx = ctx, .left = &left };
	enum api_kind kind = API_NONE;
	struct error bad = { 0 };
	if (text.len > LIMIT_API_TEXT) {
		error_set(e, "api.too-big", "接口文档过大。", "The interface description is too big.");
		return API_NONE;
	}
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	struct str body = str_trim(text);
	if (str_starts(body, STR("{"))) {
		json_t *root = json_parse(body, e);
		if (!root)
			return API_NONE;
		kind = read_json(&r, root);
		json_decref(root);
	} else if (api_wsdl_likely(body)) {
		kind = api_read_wsdl(&r, body) ? API_WSDL : API_NONE;
	} else if (api_yaml_likely(text)) {
		json_t *root = api_yaml(text, &bad);
		kind = root ? read_json(&r, root) : API_NONE;
		json_decref(root);
	}
	if (kind == API_NONE && api_graphql_text(&r, body))
		kind = API_GRAPHQL;
	if (kind == API_NONE && bad.code[0] && e)
		*e = bad;
	else if (kind == API_NONE)
		error_set(e, "api.unknown", "不是可识别的接口文档（OpenAPI、Postman、GraphQL、HAR、WSDL）。",
			  "This is no interface description that is known here (OpenAPI, Postman, GraphQL, HAR, WSDL).");
	return kind;
}
