/* OpenAPI 3 and Swagger 2: every operation with its parameters and body filled in. */
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "scan/api_private.h"
#include "scan/form.h"

#define PARAMETERS 100 /* of one operation */

struct operation {
	const json_t *path, *op;
	struct str template; /* "/users/{id}" behind the server's own path */
	struct str method;
};

static struct str server_path(const struct api_reader *r)
{
	const json_t *servers = json_object_get(r->root, "servers");
	struct str url = json_get_str(json_array_get(servers, 0), "url"), base = json_get_str(r->root, "basePath");
	if (str_empty(url))
		return base;
	/* "https://{host}/v1": variables take their default */
	const json_t *vars = json_object_get(json_array_get(servers, 0), "variables");
	struct buf b;
	buf_init(&b, 4 * KIB);
	for (size_t i = 0; i < url.len && !b.overflow; i++) {
		ssize_t end = url.ptr[i] == '{' ? str_chr(str_from(url, i), '}') : -1;
		if (end < 0) {
			buf_char(&b, url.ptr[i]);
			continue;
		}
		char name[100];
		snprintf(name, sizeof(name), "%.*s", (int)(end - 1), url.ptr + i + 1);
		buf_str(&b, json_get_str(json_object_get(vars, name), "default"));
		i += (size_t)end;
	}
	url = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	/* only the path of it: the host is the one that is tested */
	ssize_t scheme = str_find(url, STR("//"));
	if (scheme >= 0) {
		ssize_t slash = str_chr(str_from(url, (size_t)scheme + 2), '/');
		url = slash < 0 ? STR("") : str_from(url, (size_t)(scheme + 2 + slash));
	}
	return url;
}

/* The n-th parameter: those of the path first, then the operation's own. NULL at the end. */
static const json_t *parameter(const struct api_reader *r, const struct operation *o, size_t n)
{
	const json_t *shared = json_object_get(o->path, "parameters"), *own = json_object_get(o->op, "parameters");
	size_t k = json_array_size(shared);
	const json_t *v = n >= PARAMETERS ? NULL : n < k ? json_array_get(shared, n) : n - k < json_array_size(own) ? json_array_get(own, n - k) : NULL;
	return v ? api_deref(r, v) : NULL;
}

static struct str value_of(const struct api_reader *r, const json_t *p)
{
	const json_t *schema = json_object_get(p, "schema"), *examples = json_object_get(p, "examples");
	void *first = json_object_iter((json_t *)(uintptr_t)examples);
	if (json_object_get(p, "example") || !schema)
		schema = p;
	if (first && json_object_get(json_object_iter_value(first), "value")) {
		const json_t *v = json_object_get(json_object_iter_value(first), "value");
		if (json_is_string(v))
			return arena_str(r->a, str_sub(str_make(json_string_value(v), json_string_length(v)), 0, 4 * KIB));
	}
	return api_sample_text(r, schema, json_get_str(p, "name"));
}

static struct str fill_path(const struct api_reader *r, const struct operation *o)
{
	struct buf b;
	struct str t = o->template;
	buf_init(&b, 16 * KIB);
	for (size_t i = 0; i < t.len && !b.overflow; i++) {
		ssize_t end = t.ptr[i] == '{' ? str_chr(str_from(t, i), '}') : -1;
		if (end < 0) {
			buf_char(&b, t.ptr[i]);
			continue;
		}
		struct str name = str_sub(t, i + 1, i + (size_t)end), v = api_guess(name);
		const json_t *p;
		for (size_t n = 0; (p = parameter(r, o, n)); n++)
			if (str_eq(json_get_str(p, "in"), STR("path")) && str_eq(json_get_str(p, "name"), name))
				v = value_of(r, p);
		encode_percent(&b, v);
		i += (size_t)end;
	}
	struct str s = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	return s;
}

static struct str fill_query(const struct api_reader *r, const struct operation *o)
{
	struct buf b;
	const json_t *p;
	buf_init(&b, 64 * KIB);
	for (size_t n = 0; (p = parameter(r, o, n)); n++) {
		if (!str_eq(json_get_str(p, "in"), STR("query")))
			continue;
		buf_char(&b, b.len ? '&' : '?');
		url_form_encode(&b, json_get_str(p, "name"));
		buf_char(&b, '=');
		url_form_encode(&b, value_of(r, p));
	}
	struct str s = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	return s;
}

/* Those of the application's own: not what says who one is. */
static struct str header_names(const struct api_reader *r, const struct operation *o)
{
	struct buf b;
	const json_t *p;
	buf_init(&b, 1 * KIB);
	for (size_t n = 0; (p = parameter(r, o, n)); n++) {
		struct str name = json_get_str(p, "name");
		if (!str_eq(json_get_str(p, "in"), STR("header")) || !name.len || name.len > 60 || b.len > 200 || str_ieq(name, STR("Authorization")) ||
		    str_ieq(name, STR("Content-Type")) || str_ieq(name, STR("Accept")) || str_ihas(name, STR("token")) || str_ihas(name, STR("key")))
			continue;
		bool plain = true;
		for (size_t i = 0; i < name.len; i++)
			plain = plain && (ascii_alnum(name.ptr[i]) || name.ptr[i] == '-' || name.ptr[i] == '_');
		if (plain)
			buf_printf(&b, "%s%.*s", b.len ? "," : "", STR_ARG(name));
	}
	struct str s = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	return s;
}

/* ---- bodies ---- */

static struct str write_json(const struct api_reader *r, const json_t *v)
{
	struct buf b;
	buf_init(&b, 1 * MIB);
	if (json_is_string(v))
		buf_str(&b, str_make(json_string_value(v), json_string_length(v)));
	else
		json_write(&b, v);
	struct str s = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	return s;
}

static struct str write_fields(const struct api_reader *r, const json_t *object, bool multipart, struct str *ret_type)
{
	struct form_value list[64];
	size_t n = 0;
	const char *key;
	json_t *v;
	struct str body;
	json_object_foreach((json_t *)(uintptr_t)object, key, v) {
		if (n == ARRAY_SIZE(list))
			break;
		list[n].name = arena_str(r->a, str_c(key));
		list[n].value = write_json(r, v);
		list[n++].file = false;
	}
	form_encode(r->a, list, n, multipart, &body, ret_type);
	return body;
}

static void put_xml(struct buf *b, const char *name, const json_t *v, unsigned depth)
{
	const char *key;
	json_t *m;
	if (depth > 8)
		return;
	buf_printf(b, "<%s>", name);
	if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, key, m)
			put_xml(b, key, m, depth + 1);
	} else if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v) && i < 3; i++)
			put_xml(b, "item", json_array_get(v, i), depth + 1);
	} else if (json_is_string(v)) {
		encode_xml(b, str_make(json_string_value(v), json_string_length(v)));
	} else {
		json_write(b, v);
	}
	buf_printf(b, "</%s>", name);
}

static struct str write_xml(const struct api_reader *r, const json_t *schema, const json_t *v)
{
	struct buf b;
	struct str name = json_get_str(json_object_get(schema, "xml"), "name");
	if (json_is_string(v))
		return write_json(r, v);
	buf_init(&b, 1 * MIB);
	buf_c(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
	put_xml(&b, name.len ? arena_cstr(r->a, name) : "root", v, 0);
	struct str s = arena_str(r->a, buf_view(&b));
	buf_free(&b);
	return s;
}

static json_t *example_of(const struct api_reader *r, const json_t *media)
{
	json_t *v = json_object_get(media, "example");
	void *first = json_object_iter(json_object_get(media, "examples"));
	if (!v && first)
		v = json_object_get(api_deref(r, json_object_iter_value(first)), "value");
	return v ? api_copy(r, v) : api_sample(r, json_object_get(media, "schema"), STR("body"), 0);
}

/* OpenAPI 3: the best understood of the offered types. */
static struct str body_of_3(const struct api_reader *r, const json_t *body, struct str *ret_type)
{
	static const char *const kinds[] = { "json", "x-www-form-urlencoded", "multipart/form-data", "xml" };
	const json_t *content = json_object_get(api_deref(r, body), "content");
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const char *key;
		json_t *media;
		json_object_foreach((json_t *)(uintptr_t)content, key, media) {
			if (!strstr(key, kinds[k]))
				continue;
			json_t *v = example_of(r, media);
			struct str out;
			*ret_type = arena_str(r->a, str_c(key));
			if (k == 0)
				out = write_json(r, v);
			else if (k == 3)
				out = write_xml(r, api_deref(r, json_object_get(media, "schema")), v);
			else
				out = write_fields(r, v, k == 2, ret_type);
			json_decref(v);
			return out;
		}
	}
	return STR("");
}

/* Swagger 2: one parameter in the body, or fields of a form. */
static struct str body_of_2(const struct api_reader *r, const struct operation *o, struct str *ret_type)
{
	const json_t *p, *types = json_object_get(o->op, "consumes");
	json_t *fields = json_object();
	struct str out = STR("");
	bool xml = false, multipart = false;
	if (!types)
		types = json_object_get(r->root, "consumes");
	for (size_t i = 0; i < json_array_size(types); i++) {
		const char *t = json_string_value(json_array_get(types, i));
		xml = xml || (i == 0 && t && strstr(t, "xml"));
		multipart = multipart || (t && strstr(t, "multipart"));
	}
	for (size_t n = 0; (p = parameter(r, o, n)); n++) {
		struct str in = json_get_str(p, "in");
		if (str_eq(in, STR("body"))) {
			const json_t *schema = json_object_get(p, "schema");
			json_t *v = api_sample(r, schema, json_get_str(p, "name"), 0);
			*ret_type = xml ? STR("application/xml") : STR("application/json");
			out = xml ? write_xml(r, api_deref(r, schema), v) : write_json(r, v);
			json_decref(v);
		} else if (str_eq(in, STR("formData")) && json_get_str(p, "name").len) {
			json_put(fields, arena_cstr(r->a, json_get_str(p, "name")), json_str(value_of(r, p)));
		}
	}
	if (json_object_size(fields))
		out = write_fields(r, fields, multipart, ret_type);
	json_decref(fields);
	return out;
}

static void give_operation(struct api_reader *r, struct operation *o, struct str server)
{
	const json_t *body = json_object_get(o->op, "requestBody");
	if (!api_room(r))
		return;
	struct str type = STR(""), text = body ? body_of_3(r, body, &type) : body_of_2(r, o, &type);
	if (str_ends(server, STR("/")) && str_starts(o->template, STR("/")))
		server = str_sub(server, 0, server.len - 1);
	struct str url = arena_printf(r->a, "%.*s%.*s%.*s", STR_ARG(server), STR_ARG(fill_path(r, o)), STR_ARG(fill_query(r, o)));
	r->headers = header_names(r, o);
	api_give(r, o->method, url, text, type, false, o->template);
	r->headers = STR("");
}

void api_read_openapi(struct api_reader *r)
{
	static const char *const methods[] = { "get", "post", "put", "patch", "delete", "head", "options" };
	struct str server = server_path(r);
	const char *path;
	json_t *item;
	json_object_foreach(json_object_get(r->root, "paths"), path, item) {
		const json_t *p = api_deref(r, item);
		for (size_t i = 0; i < ARRAY_SIZE(methods) && !r->stopped; i++) {
			struct operation o = { p, json_object_get(p, methods[i]), str_c(path), str_c(methods[i]) };
			if (json_is_object(o.op) && path[0] == '/')
				give_operation(r, &o, server);
		}
	}
}
