/* Interface descriptions written as YAML become the JSON that the readers know. Aliases are
 * expanded, but never to more than a document of the largest size could hold. */
#include <errno.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/limits.h"
#include "scan/api_private.h"
#include "scan/template/yaml.h"

#define API_YAML_ARENA (192 * MIB) /* as much as LIMIT_YAML_NODES can take; a fraction of it is usual */

struct turning {
	size_t nodes, bytes; /* that may still come */
	unsigned depth;
};

static json_t *turn(struct turning *t, const struct yaml *y);

/* A scalar's number; NULL when it is none: decimal only, as in JSON. */
static json_t *number(struct str s)
{
	char text[40], *end;
	bool real = str_chr(s, '.') > 0 || str_chr(s, 'e') > 0 || str_chr(s, 'E') > 0;
	if (s.len == 0 || s.len >= sizeof(text))
		return NULL;
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_digit(s.ptr[i]) && !(i > 0 ? strchr(".eE+-", s.ptr[i]) != NULL : s.ptr[0] == '-' && s.len > 1))
			return NULL;
	memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	errno = 0;
	json_t *v = real ? json_real(strtod(text, &end)) : json_integer(strtoll(text, &end, 10));
	if (errno || *end) {
		json_decref(v);
		return NULL;
	}
	return v;
}

static json_t *scalar(const struct yaml *y)
{
	struct str s = y->text;
	if (y->plain) {
		if (!s.len || str_eq(s, STR("~")) || str_eq(s, STR("null")) || str_eq(s, STR("Null")) || str_eq(s, STR("NULL")))
			return json_null();
		if (str_eq(s, STR("true")) || str_eq(s, STR("True")) || str_eq(s, STR("TRUE")))
			return json_true();
		if (str_eq(s, STR("false")) || str_eq(s, STR("False")) || str_eq(s, STR("FALSE")))
			return json_false();
		json_t *n = number(s);
		if (n)
			return n;
	}
	return json_str(s);
}

/* "<<: *other": members that are not there yet. */
static void merge(json_t *out, json_t *from)
{
	if (json_is_object(from))
		json_object_update_missing(out, from);
	for (size_t i = 0; i < json_array_size(from); i++)
		if (json_is_object(json_array_get(from, i)))
			json_object_update_missing(out, json_array_get(from, i));
	json_decref(from);
}

static json_t *turn_map(struct turning *t, const struct yaml *y)
{
	json_t *out = json_object(), *merged = NULL;
	for (size_t i = 0; i < y->len; i++) {
		struct str key = y->pairs[i].key;
		json_t *v = key.len < t->bytes && key.len < 4 * KIB ? turn(t, y->pairs[i].value) : NULL;
		if (!v) {
			json_decref(merged);
			json_decref(out);
			return NULL;
		}
		t->bytes = t->bytes > key.len ? t->bytes - key.len : 0;
		if (str_eq(key, STR("<<")) && !json_is_string(v)) {
			json_decref(merged);
			merged = v;
			continue;
		}
		json_t *name = json_str(key); /* what is no UTF-8 becomes it */
		json_put(out, json_string_value(name), v);
		json_decref(name);
	}
	if (merged)
		merge(out, merged);
	return out;
}

static json_t *turn_list(struct turning *t, const struct yaml *y)
{
	json_t *out = json_array();
	for (size_t i = 0; i < y->len; i++) {
		json_t *v = turn(t, y->pairs[i].value);
		if (!v) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, v);
	}
	return out;
}

/* NULL: too much. An alias may hold what holds aliases, so the depth counts here again. */
static json_t *turn(struct turning *t, const struct yaml *y)
{
	if (t->depth >= 2 * LIMIT_YAML_DEPTH || t->nodes == 0 || y->text.len >= t->bytes)
		return NULL;
	t->nodes--;
	t->bytes -= y->text.len;
	if (y->kind == YAML_SCALAR)
		return scalar(y);
	t->depth++;
	json_t *v = y->kind == YAML_MAP ? turn_map(t, y) : turn_list(t, y);
	t->depth--;
	return v;
}

/* Does a line at the left margin begin with a word that these documents begin with? */
bool api_yaml_likely(struct str text)
{
	static const char *const words[] = { "openapi", "swagger", "item", "info", "__schema", "data", "paths" };
	struct str line;
	while (str_split(&text, '\n', &line)) {
		if (line.len && (line.ptr[0] == '"' || line.ptr[0] == '\''))
			line = str_from(line, 1);
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			struct str rest = str_from(line, strlen(words[i]));
			if (!str_starts(line, str_c(words[i])))
				continue;
			if (rest.len && (rest.ptr[0] == '"' || rest.ptr[0] == '\''))
				rest = str_from(rest, 1);
			if (str_starts(str_trim(rest), STR(":")))
				return true;
		}
	}
	return false;
}

json_t *api_yaml(struct str text, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(API_YAML_ARENA);
	const struct yaml *y;
	struct turning t = { .nodes = LIMIT_YAML_NODES, .bytes = LIMIT_API_TEXT };
	if (yaml_parse(a, text, &y, e) < 0)
		return NULL;
	json_t *v = turn(&t, y);
	if (!v)
		error_set(e, "yaml.too-big", "YAML 文档过大。", "The YAML document is too big.");
	return v;
}
