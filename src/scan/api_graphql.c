/* GraphQL: one request per field of Query (and Mutation), built from introspection or from
 * schema text. Arguments go as variables, so that each is a value of the JSON body. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/api_private.h"

#define GRAPHQL_FIELDS 400
#define GRAPHQL_TYPES 5000
#define GRAPHQL_NAME 200
#define GRAPHQL_ARGS 20

struct str api_graphql_question(void)
{
	return STR("{\"query\":\"query{__schema{queryType{name} mutationType{name} types{kind name fields{name args{name type{kind "
		   "name ofType{kind name ofType{kind name ofType{kind name}}}}} type{kind name ofType{kind name ofType{kind name "
		   "ofType{kind name}}}}}}}}\"}");
}

static struct str endpoint(const struct api_reader *r)
{
	struct url u = *r->base;
	if (str_eq(u.path, STR("/"))) /* handed over for a site: the usual place */
		u.path = STR("/graphql");
	return url_text(r->a, &u, URL_NO_QUERY);
}

/* "[ID!]!" of a wrapped type; its innermost name in *ret_core. */
static struct str type_text(const struct api_reader *r, const json_t *t, struct str *ret_core, unsigned depth)
{
	struct str kind = json_get_str(t, "kind"), name = str_sub(json_get_str(t, "name"), 0, GRAPHQL_NAME);
	const json_t *of = json_object_get(t, "ofType");
	if (name.len || depth > 6) {
		*ret_core = name;
		return name;
	}
	struct str inner = type_text(r, of, ret_core, depth + 1);
	return str_eq(kind, STR("LIST")) ? arena_printf(r->a, "[%.*s]", STR_ARG(inner)) : arena_printf(r->a, "%.*s!", STR_ARG(inner));
}

static const json_t *type_named(const struct api_reader *r, struct str name)
{
	const json_t *types = json_object_get(json_object_get(r->root, "__schema"), "types");
	for (size_t i = 0; i < json_array_size(types) && i < GRAPHQL_TYPES; i++)
		if (str_eq(json_get_str(json_array_get(types, i), "name"), name))
			return json_array_get(types, i);
	return NULL;
}

static bool scalar(struct str name)
{
	static const char *const names[] = { "ID", "String", "Int", "Float", "Boolean" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, str_c(names[i])))
			return true;
	return false;
}

static json_t *value_of(struct str core, struct str name)
{
	if (str_eq(core, STR("Int")))
		return json_integer(1);
	if (str_eq(core, STR("Float")))
		return json_real(1.5);
	if (str_eq(core, STR("Boolean")))
		return json_true();
	return str_eq(core, STR("ID")) ? json_c("1") : json_str(api_guess(name));
}

/* " { id name __typename }" of what a field returns; "" for scalars. */
static void put_selection(const struct api_reader *r, struct buf *b, const json_t *type)
{
	struct str core = STR("");
	size_t n = 0;
	type_text(r, type, &core, 0);
	if (scalar(core) || str_empty(core))
		return;
	const json_t *t = type_named(r, core), *fields = json_object_get(t, "fields");
	if (t && !str_eq(json_get_str(t, "kind"), STR("OBJECT")) && !str_eq(json_get_str(t, "kind"), STR("INTERFACE")) &&
	    !str_eq(json_get_str(t, "kind"), STR("UNION")))
		return; /* an enum, or a scalar of the server's own */
	buf_c(b, " { __typename");
	for (size_t i = 0; i < json_array_size(fields) && i < 60 && n < 6; i++) {
		const json_t *f = json_array_get(fields, i);
		struct str inner = STR("");
		type_text(r, json_object_get(f, "type"), &inner, 0);
		if (!scalar(inner) || json_array_size(json_object_get(f, "args")))
			continue;
		buf_printf(b, " %.*s", STR_ARG(json_get_str(f, "name")));
		n++;
	}
	buf_c(b, " }");
}

static void give(struct api_reader *r, const char *op, struct str name, struct str heads, struct str calls, struct str selection,
		 json_t *vars)
{
	if (!api_room(r) || name.len > GRAPHQL_NAME) {
		json_decref(vars);
		return;
	}
	json_t *body = json_object();
	struct buf b;
	buf_init(&b, 256 * KIB);
	json_put(body, "query", json_str(arena_printf(r->a, "%s %.*s%s%.*s%s { %.*s%s%.*s%s%.*s }", op, STR_ARG(name), heads.len ? "(" : "",
						      STR_ARG(heads), heads.len ? ")" : "", STR_ARG(name), calls.len ? "(" : "",
						      STR_ARG(calls), calls.len ? ")" : "", STR_ARG(selection))));
	json_put(body, "variables", vars);
	json_write(&b, body);
	api_give(r, STR("POST"), endpoint(r), arena_str(r->a, buf_view(&b)), STR("application/json"), op[0] == 'm', STR(""));
	json_decref(body);
	buf_free(&b);
}

static void give_field(struct api_reader *r, const char *op, const json_t *f)
{
	struct buf heads, calls, selection;
	const json_t *args = json_object_get(f, "args");
	json_t *vars = json_object();
	buf_init(&heads, 16 * KIB);
	buf_init(&calls, 16 * KIB);
	buf_init(&selection, 16 * KIB);
	for (size_t i = 0; i < json_array_size(args) && i < GRAPHQL_ARGS; i++) {
		const json_t *a = json_array_get(args, i);
		struct str name = json_get_str(a, "name"), core = STR(""), type = type_text(r, json_object_get(a, "type"), &core, 0);
		if (!scalar(core) || name.len > GRAPHQL_NAME)
			continue;
		buf_printf(&heads, "%s$%.*s:%.*s", heads.len ? "," : "", STR_ARG(name), STR_ARG(type));
		buf_printf(&calls, "%s%.*s:$%.*s", calls.len ? "," : "", STR_ARG(name), STR_ARG(name));
		json_put(vars, arena_cstr(r->a, name), value_of(core, name));
	}
	put_selection(r, &selection, json_object_get(f, "type"));
	give(r, op, json_get_str(f, "name"), buf_view(&heads), buf_view(&calls), buf_view(&selection), vars);
	buf_free(&heads);
	buf_free(&calls);
	buf_free(&selection);
}

void api_read_graphql(struct api_reader *r)
{
	static const struct {
		const char *key, *op;
	} roots[] = { { "queryType", "query" }, { "mutationType", "mutation" } };
	const json_t *schema = json_object_get(r->root, "__schema");
	for (size_t k = 0; k < ARRAY_SIZE(roots); k++) {
		const json_t *t = type_named(r, json_get_str(json_object_get(schema, roots[k].key), "name"));
		const json_t *fields = json_object_get(t, "fields");
		for (size_t i = 0; i < json_array_size(fields) && i < GRAPHQL_FIELDS && !r->stopped; i++)
			give_field(r, roots[k].op, json_array_get(fields, i));
	}
}

/* ---- schema text: type Query { user(id: ID!): User } ---- */

static void skip(struct str *s)
{
	for (;;) {
		*s = str_trim(*s);
		if (str_starts(*s, STR("\"\"\""))) { /* a description */
			ssize_t end = str_find(str_from(*s, 3), STR("\"\"\""));
			*s = end < 0 ? STR("") : str_from(*s, (size_t)end + 6);
		} else if (str_starts(*s, STR("\""))) { /* one on one line, or a default value */
			ssize_t end = str_chr(str_from(*s, 1), '"');
			*s = end < 0 ? STR("") : str_from(*s, (size_t)end + 2);
		} else if (str_starts(*s, STR("#"))) {
			ssize_t end = str_chr(*s, '\n');
			*s = end < 0 ? STR("") : str_from(*s, (size_t)end + 1);
		} else if (str_starts(*s, STR(","))) {
			*s = str_from(*s, 1);
		} else {
			return;
		}
	}
}

static struct str word(struct str *s)
{
	size_t n = 0;
	skip(s);
	while (n < s->len && (ascii_alnum(s->ptr[n]) || s->ptr[n] == '_'))
		n++;
	struct str w = str_sub(*s, 0, n);
	*s = str_from(*s, n);
	return w;
}

/* A type as it is written, e.g. "[User!]!"; its name in *ret_core. */
static struct str written_type(struct str *s, struct str *ret_core)
{
	size_t n = 0;
	skip(s);
	while (n < s->len && (ascii_alnum(s->ptr[n]) || strchr("_[]!", s->ptr[n])))
		n++;
	struct str t = str_sub(*s, 0, n), core = t;
	*s = str_from(*s, n);
	while (core.len && !ascii_alpha(core.ptr[0]))
		core = str_from(core, 1);
	while (core.len && !ascii_alnum(core.ptr[core.len - 1]))
		core.len--;
	*ret_core = core;
	return t;
}

static bool take(struct str *s, char c)
{
	skip(s);
	if (str_empty(*s) || s->ptr[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool written_field(struct api_reader *r, const char *op, struct str *s)
{
	struct str name = word(s), core;
	struct buf heads, calls;
	bool ok = name.len > 0;
	json_t *vars = json_object();
	buf_init(&heads, 16 * KIB);
	buf_init(&calls, 16 * KIB);
	for (bool args = ok && take(s, '('); args && ok && !take(s, ')');) {
		struct str arg = word(s);
		ok = arg.len > 0 && take(s, ':');
		struct str type = ok ? written_type(s, &core) : STR("");
		if (ok && take(s, '=')) { /* a default: a string goes with the blanks */
			*s = str_trim(*s);
			if (!str_starts(*s, STR("\"")))
				written_type(s, &(struct str){ 0 });
		}
		if (!ok || !scalar(core) || arg.len > GRAPHQL_NAME || json_object_size(vars) >= GRAPHQL_ARGS)
			continue;
		buf_printf(&heads, "%s$%.*s:%.*s", heads.len ? "," : "", STR_ARG(arg), STR_ARG(type));
		buf_printf(&calls, "%s%.*s:$%.*s", calls.len ? "," : "", STR_ARG(arg), STR_ARG(arg));
		json_put(vars, arena_cstr(r->a, arg), value_of(core, arg));
	}
	ok = ok && take(s, ':');
	if (ok)
		written_type(s, &core);
	while (ok && take(s, '@')) { /* a directive */
		word(s);
		ssize_t end = str_starts(*s, STR("(")) ? str_chr(*s, ')') : -1;
		*s = end < 0 ? *s : str_from(*s, (size_t)end + 1);
	}
	if (ok)
		give(r, op, name, buf_view(&heads), buf_view(&calls), scalar(core) ? STR("") : STR(" { __typename }"), json_incref(vars));
	json_decref(vars);
	buf_free(&heads);
	buf_free(&calls);
	return ok;
}

bool api_graphql_text(struct api_reader *r, struct str text)
{
	static const struct {
		const char *head, *op;
	} roots[] = { { "type Query", "query" }, { "type Mutation", "mutation" } };
	bool any = false;
	for (size_t k = 0; k < ARRAY_SIZE(roots); k++) {
		ssize_t at = str_find(text, str_c(roots[k].head));
		struct str s = at < 0 ? STR("") : str_from(text, (size_t)at + strlen(roots[k].head));
		if (!take(&s, '{'))
			continue;
		for (size_t n = 0; n < GRAPHQL_FIELDS && !take(&s, '}') && written_field(r, roots[k].op, &s); n++)
			any = true;
	}
	return any;
}
