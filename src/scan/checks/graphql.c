/* Active: GraphQL interfaces: do they describe themselves to anybody, do they help guessing
 * names, do they answer many questions at once? An address counts as one only when a question
 * that every GraphQL server knows is answered as the specification says. */
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/api.h"
#include "scan/checks/active_private.h"

static struct str body_of(struct probe *p, const char *query)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_c(&b, "{\"query\":\"");
	encode_json(&b, str_c(query));
	buf_c(&b, "\"}");
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

/* The answer as JSON (new reference), NULL when it is none. */
static json_t *ask(struct probe *p, struct str url, struct str body, const struct scan_exchange **ret)
{
	struct scan_mutation m = { .url = url, .method = STR("POST"), .body_set = true, .body = body,
				   .content_type = STR("application/json"), .fresh = true };
	if (probe_send(p, &m, ret) < 0 || (*ret)->media != MEDIA_JSON || (*ret)->status >= 500)
		return NULL;
	return json_parse((*ret)->text, NULL);
}

static bool says_typename(const json_t *v, const char *member)
{
	return json_get_str(json_object_get(v, "data"), member).len > 0;
}

static bool looks_like_one(const struct scan_exchange *x)
{
	static const char *const ends[] = { "graphql", "gql", "graphiql", "query", "api", "graph", "console", "v1", "v2" };
	static const char *const words[] = { "Must provide query", "GraphQL", "graphql", "query string" };
	ssize_t slash = str_rchr(x->path, '/');
	struct str last = str_from(x->path, (size_t)slash + 1);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ieq(last, str_c(ends[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (x->media == MEDIA_JSON && str_has(str_sub(x->text, 0, 2000), str_c(words[i])))
			return true;
	return false;
}

static void say(struct probe *p, const struct scan_exchange *about, const struct scan_exchange *x, struct str proof, enum severity s,
		enum confidence c, const char *key, const char *zh, const char *en)
{
	probe_report(p, &(struct scan_report){ .exchange = x, .about = about, .proof = proof, .place_key = str_c(key), .title_zh = str_c(zh),
					       .title_en = str_c(en), .severity_set = true, .severity = s, .confidence_set = true,
					       .confidence = c });
}

/* Sent so that no preflight is needed: as a form, or by GET. The answer as JSON, or NULL. */
static json_t *ask_simply(struct probe *p, struct str url, bool get, const char *query, const struct scan_exchange **ret)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_c(&b, "query=");
	url_form_encode(&b, str_c(query));
	struct str pair = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	struct scan_mutation m = { .url = get ? probe_printf(p, "%.*s?%.*s", STR_ARG(url), STR_ARG(pair)) : url,
				   .method = get ? STR("GET") : STR("POST"), .body_set = !get, .body = pair,
				   .content_type = STR("application/x-www-form-urlencoded"), .fresh = true };
	if (probe_send(p, &m, ret) < 0 || (*ret)->media != MEDIA_JSON || (*ret)->status >= 400)
		return NULL;
	return json_parse((*ret)->text, NULL);
}

/* The same word so often in front of and behind the other. */
static struct str repeated(struct probe *p, const char *open, const char *middle, const char *shut, unsigned n, bool numbered)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_char(&b, '{');
	for (unsigned i = 0; i < n; i++) {
		if (numbered)
			buf_printf(&b, "a%u:", i);
		buf_c(&b, open);
	}
	buf_c(&b, middle);
	for (unsigned i = 0; i < n; i++)
		buf_c(&b, shut);
	buf_char(&b, '}');
	buf_char(&b, 0);
	struct str q = body_of(p, b.ptr);
	buf_free(&b);
	return q;
}

static void suggestions(struct probe *p, const struct scan_exchange *x, struct str url)
{
	static const char *const guesses[] = { "{__typenam}", "{usr user_ users_}" };
	const struct scan_exchange *r;
	for (size_t i = 0; i < ARRAY_SIZE(guesses); i++) {
		json_t *v = ask(p, url, body_of(p, guesses[i]), &r);
		ssize_t at = v ? str_find(r->text, STR("Did you mean")) : -1, trace = v ? str_find(r->text, STR("\"stacktrace\"")) : -1;
		json_decref(v);
		if (trace >= 0)
			say(p, x, r, str_sub(r->text, (size_t)trace, (size_t)trace + 160), SEVERITY_LOW, CONFIDENCE_CERTAIN, "trace",
			    "GraphQL 报错带出调用栈", "GraphQL errors carry stack traces");
		if (at >= 0) {
			say(p, x, r, str_sub(r->text, (size_t)at, (size_t)at + 80), SEVERITY_INFO, CONFIDENCE_CERTAIN, "suggest",
			    "GraphQL 报错提示相近字段名，可还原接口结构", "GraphQL errors suggest field names, which reveals the schema");
			return;
		}
	}
}

/* What a request without preflight may do: another site can send it in a visitor's name. */
static void simple_requests(struct probe *p, const struct scan_exchange *x, struct str url)
{
	const struct scan_exchange *r;
	json_t *v = ask_simply(p, url, true, "mutation{__typename}", &r);
	/* the type of what changes is another than that of what is only read */
	bool get = v && says_typename(v, "__typename") && !json_object_get(v, "errors") &&
		   !str_eq(json_get_str(json_object_get(v, "data"), "__typename"), STR("Query"));
	if (get)
		say(p, x, r, STR("mutation{__typename}"), SEVERITY_MEDIUM, CONFIDENCE_CERTAIN, "get-mutation", "GraphQL 用 GET 也能执行修改，可被跨站请求伪造",
		    "GraphQL runs mutations by GET: cross-site request forgery");
	json_decref(v);
	v = get ? NULL : ask_simply(p, url, false, "{__typename}", &r);
	if (v && says_typename(v, "__typename"))
		say(p, x, r, str_sub(r->text, 0, 100), SEVERITY_LOW, CONFIDENCE_CERTAIN, "form", "GraphQL 接受表单格式的请求，可被跨站请求伪造",
		    "GraphQL takes forms: cross-site request forgery");
	json_decref(v);
}

static void limits(struct probe *p, const struct scan_exchange *x, struct str url)
{
	const struct scan_exchange *r;
	json_t *v;
	/* several questions in one request: a limit per request is none */
	v = ask(p, url, STR("[{\"query\":\"{__typename}\"},{\"query\":\"{__typename}\"},{\"query\":\"{__typename}\"}]"), &r);
	if (json_is_array(v) && json_array_size(v) == 3 && says_typename(json_array_get(v, 2), "__typename"))
		say(p, x, r, str_sub(r->text, 0, 200), SEVERITY_LOW, CONFIDENCE_CERTAIN, "batch", "GraphQL 接受批量查询，可绕过频率限制",
		    "GraphQL takes batches of queries, which gets around rate limits");
	json_decref(v);
	suggestions(p, x, url);
	simple_requests(p, x, url);
	v = ask(p, url, repeated(p, "__typename ", "", "", 100, true), &r);
	if (v && says_typename(v, "a99"))
		say(p, x, r, str_sub(r->text, 0, 100), SEVERITY_INFO, CONFIDENCE_TENTATIVE, "alias", "GraphQL 不限制一次查询的字段别名数量",
		    "GraphQL does not limit aliases in one query");
	json_decref(v);
	v = ask(p, url, repeated(p, "__typename ", "", "", 200, false), &r);
	if (v && says_typename(v, "__typename"))
		say(p, x, r, str_sub(r->text, 0, 100), SEVERITY_INFO, CONFIDENCE_TENTATIVE, "repeat", "GraphQL 不限制一次查询中重复字段的数量",
		    "GraphQL does not limit repeated fields in one query");
	json_decref(v);
	v = ask(p, url, repeated(p, "... on Query{", "__typename", "}", 40, false), &r);
	if (v && says_typename(v, "__typename"))
		say(p, x, r, str_sub(r->text, 0, 100), SEVERITY_INFO, CONFIDENCE_TENTATIVE, "depth", "GraphQL 不限制查询的嵌套层数",
		    "GraphQL does not limit how deep a query nests");
	json_decref(v);
}

static bool introspects(struct probe *p, struct str url, const struct scan_exchange **ret)
{
	json_t *v = ask(p, url, api_graphql_question(), ret);
	const json_t *schema = json_object_get(json_object_get(v, "data"), "__schema");
	bool yes = json_array_size(json_object_get(schema, "types")) > 0;
	json_decref(v);
	return yes;
}

/* The whole question, or, when it is refused, one that filters overlook or one type alone. */
static void introspection(struct probe *p, const struct scan_exchange *x, struct str url)
{
	const struct scan_exchange *r;
	bool yes = introspects(p, url, &r), aside = false;
	if (!yes) { /* a line end between the name and its brace */
		json_t *v = ask(p, url, body_of(p, "{__schema\n#\n{types{name}}}"), &r);
		yes = aside = json_array_size(json_object_get(json_object_get(json_object_get(v, "data"), "__schema"), "types")) > 0;
		json_decref(v);
	}
	if (!yes) {
		json_t *v = ask(p, url, body_of(p, "{__type(name:\"Query\"){name fields{name}}}"), &r);
		yes = aside = json_array_size(json_object_get(json_object_get(json_object_get(v, "data"), "__type"), "fields")) > 0;
		json_decref(v);
	}
	ssize_t at = yes ? str_find(r->text, STR("\"__")) : -1;
	if (at >= 0)
		say(p, x, r, str_sub(r->text, (size_t)at, (size_t)at + 120), SEVERITY_LOW, CONFIDENCE_CERTAIN, "introspection",
		    aside ? "GraphQL 对内省的限制可绕过，接口结构仍公开" : "GraphQL 向任何人公开接口结构（内省）",
		    aside ? "GraphQL's refusal of introspection can be got around" : "GraphQL describes its schema to anybody (introspection)");
}

/* A console for developers, served to anybody. */
static void console(struct probe *p, const struct scan_exchange *x)
{
	static const char *const marks[] = { "graphiql.min.js", "graphiql.js", "GraphQL Playground", "graphql-playground", "<title>GraphiQL", "altair", "apollo-sandbox" };
	for (size_t i = 0; x->media == MEDIA_HTML && x->status == 200 && i < ARRAY_SIZE(marks); i++) {
		ssize_t at = str_find(x->text, str_c(marks[i]));
		if (at < 0)
			continue;
		say(p, x, x, str_sub(x->text, (size_t)at, (size_t)at + strlen(marks[i])), SEVERITY_LOW, CONFIDENCE_FIRM, "console",
		    "GraphQL 调试控制台对外开放", "GraphQL's console for developers is open to anybody");
		return;
	}
}

static void probe_graphql(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r;
	struct str url = x->url;
	ssize_t mark = str_chr(url, '?');
	if (mark >= 0)
		url = str_sub(url, 0, (size_t)mark);
	if (!looks_like_one(x) || !probe_first(p, url))
		return;
	json_t *v = ask(p, url, body_of(p, "{__typename}"), &r);
	bool one = v && says_typename(v, "__typename");
	json_decref(v);
	if (!one)
		return;
	console(p, x);
	introspection(p, x, url);
	limits(p, x, url);
}

const struct scan_check check_graphql_exposed = {
	.id = "graphql-exposed",
	.title_zh = "GraphQL 接口暴露过多",
	.title_en = "GraphQL interface gives away too much",
	.severity = SEVERITY_LOW,
	.cwe = 200,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_graphql,
	.on_request = probe_graphql,
};
