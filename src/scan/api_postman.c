/* Postman collections (v2.0 and v2.1): folders of requests, with variables. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/api_private.h"
#include "scan/form.h"

#define POSTMAN_DEPTH 12
#define POSTMAN_VARIABLES 200
#define POSTMAN_PARTS 20	/* ":id" in one address */
#define POSTMAN_FIELD (16 * KIB)

/* "{{name}}" replaced by the collection's variables; unknown hosts vanish, so that the rest is
 * relative to the site. */
static struct str expand(const struct api_reader *r, struct str s, size_t max)
{
	struct buf b;
	bool closed = true;
	s = str_sub(s, 0, max);
	buf_init(&b, max);
	for (size_t i = 0; i < s.len && !b.overflow; i++) {
		bool open = closed && str_starts(str_from(s, i), STR("{{"));
		ssize_t end = open ? str_find(str_from(s, i), STR("}}")) : -1;
		closed = closed && (!open || end >= 0);
		if (end < 0) {
			buf_char(&b, s.ptr[i]);
			continue;
		}
		struct str name = str_trim(str_sub(s, i + 2, i + (size_t)end));
		const json_t *vars = json_object_get(r->root, "variable");
		bool found = false;
		for (size_t k = 0; k < json_array_size(vars) && k < POSTMAN_VARIABLES && !found; k++) {
			const json_t *v = json_array_get(vars, k);
			found = str_eq(json_get_str(v, "key"), name) || str_eq(json_get_str(v, "id"), name);
			if (found)
				buf_str(&b, json_get_str(v, "value"));
		}
		if (!found && i > 0)
			buf_str(&b, api_guess(name));
		i += (size_t)end + 1;
	}
	struct str out = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	return out;
}

static struct str address(const struct api_reader *r, const json_t *url)
{
	struct str raw = json_is_string(url) ? str_make(json_string_value(url), json_string_length(url)) : json_get_str(url, "raw");
	const json_t *vars = json_object_get(url, "variable");
	raw = expand(r, raw, 8 * KIB);
	/* "/users/:id" */
	for (size_t k = 0; k < json_array_size(vars) && k < POSTMAN_PARTS; k++) {
		struct str key = json_get_str(json_array_get(vars, k), "key"), v = json_get_str(json_array_get(vars, k), "value");
		v = str_sub(v, 0, 1 * KIB);
		if (key.len > 200)
			continue;
		ssize_t at = str_find(raw, arena_printf(r->a, "/:%.*s", STR_ARG(key)));
		if (at >= 0)
			raw = arena_printf(r->a, "%.*s/%.*s%.*s", (int)at, raw.ptr, STR_ARG(v.len ? v : api_guess(key)),
					   STR_ARG(str_from(raw, (size_t)at + 2 + key.len)));
	}
	bool absolute = str_has(raw, STR("://")) || str_starts(raw, STR("/"));
	return absolute ? raw : arena_printf(r->a, "/%.*s", STR_ARG(raw));
}

static struct str fields(const struct api_reader *r, const json_t *list, bool multipart, struct str *ret_type)
{
	struct form_value out[64];
	size_t n = 0;
	struct str body;
	for (size_t i = 0; i < json_array_size(list) && n < ARRAY_SIZE(out); i++) {
		const json_t *f = json_array_get(list, i);
		if (json_get_bool(f, "disabled", false))
			continue;
		out[n].name = expand(r, json_get_str(f, "key"), POSTMAN_FIELD);
		out[n].value = expand(r, json_get_str(f, "value"), POSTMAN_FIELD);
		out[n].file = str_eq(json_get_str(f, "type"), STR("file"));
		if (out[n].file)
			out[n].value = STR("zhanwei-scan.txt");
		n++;
	}
	form_encode(r->a, out, n, multipart, &body, ret_type);
	return body;
}

static struct str body_of(const struct api_reader *r, const json_t *q, struct str *ret_type)
{
	const json_t *b = json_object_get(q, "body"), *headers = json_object_get(q, "header");
	struct str mode = json_get_str(b, "mode");
	*ret_type = STR("");
	for (size_t i = 0; i < json_array_size(headers) && str_empty(*ret_type); i++)
		if (str_ieq(json_get_str(json_array_get(headers, i), "key"), STR("Content-Type")))
			*ret_type = arena_str(r->a, str_sub(json_get_str(json_array_get(headers, i), "value"), 0, 200));
	if (str_eq(mode, STR("urlencoded")) || str_eq(mode, STR("formdata")))
		return fields(r, json_object_get(b, mode.ptr[0] == 'u' ? "urlencoded" : "formdata"), mode.ptr[0] == 'f', ret_type);
	if (str_eq(mode, STR("graphql"))) {
		json_t *v = json_object();
		struct buf out;
		json_put(v, "query", json_str(json_get_str(json_object_get(b, "graphql"), "query")));
		buf_init(&out, 1 * MIB);
		json_write(&out, v);
		struct str s = arena_str(r->a, buf_view(&out));
		buf_free(&out);
		json_decref(v);
		*ret_type = STR("application/json");
		return s;
	}
	struct str raw = expand(r, json_get_str(b, "raw"), 256 * KIB);
	if (raw.len && str_empty(*ret_type))
		*ret_type = strchr("{[", str_trim(raw).ptr[0]) ? STR("application/json") :
			    str_starts(str_trim(raw), STR("<"))  ? STR("application/xml") :
								   STR("text/plain");
	return raw;
}

static void walk(struct api_reader *r, const json_t *items, unsigned depth)
{
	if (depth > POSTMAN_DEPTH)
		return;
	for (size_t i = 0; i < json_array_size(items) && !r->stopped; i++) {
		const json_t *it = json_array_get(items, i), *q = json_object_get(it, "request");
		walk(r, json_object_get(it, "item"), depth + 1);
		if (q && !api_room(r))
			return;
		if (json_is_string(q)) {
			api_give(r, STR("GET"), address(r, q), STR(""), STR(""), false, STR(""));
			continue;
		}
		if (!json_is_object(q))
			continue;
		struct str method = json_get_str(q, "method"), type, body = body_of(r, q, &type);
		struct str query = str_trim(json_get_str(json_object_get(json_object_get(q, "body"), "graphql"), "query"));
		bool changes = str_starts(query, STR("mutation"));
		api_give(r, method.len ? method : STR("GET"), address(r, json_object_get(q, "url")), body, type, changes, STR(""));
	}
}

void api_read_postman(struct api_reader *r)
{
	walk(r, json_object_get(r->root, "item"), 0);
}
