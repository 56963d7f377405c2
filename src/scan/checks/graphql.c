/* Active: GraphQL interfaces: do they describe themselves to anybody, do they help guessing
 * names, do they answer many questions at once? An address counts as one only when a question
 * that every GraphQL server knows is answered as the specification says. */
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
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

static void limits(struct probe *p, const struct scan_exchange *x, struct str url)
{
	const struct scan_exchange *r;
	struct buf b;
	json_t *v;
	/* several questions in one request: a limit per request is none */
	v = ask(p, url, STR("[{\"query\":\"{__typename}\"},{\"query\":\"{__typename}\"},{\"query\":\"{__typename}\"}]"), &r);
	if (json_is_array(v) && json_array_size(v) == 3 && says_typename(json_array_get(v, 2), "__typename"))
		say(p, x, r, str_sub(r->text, 0, 200), SEVERITY_LOW, CONFIDENCE_CERTAIN, "batch", "GraphQL 接受批量查询，可绕过频率限制",
		    "GraphQL takes batches of queries, which gets around rate limits");
	json_decref(v);
	v = ask(p, url, body_of(p, "{__typenam}"), &r);
	ssize_t at = v ? str_find(r->text, STR("Did you mean")) : -1;
	json_decref(v);
	if (at < 0) {
		v = ask(p, url, body_of(p, "{usr user_ users_}"), &r);
		at = v ? str_find(r->text, STR("Did you mean")) : -1;
		json_decref(v);
	}
	if (at >= 0)
		say(p, x, r, str_sub(r->text, (size_t)at, (size_t)at + 80), SEVERITY_INFO, CONFIDENCE_CERTAIN, "suggest",
		    "GraphQL 报错提示相近字段名，可还原接口结构", "GraphQL errors suggest field names, which reveals the schema");
	buf_init(&b, 16 * KIB);
	buf_char(&b, '{');
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "a%d:__typename ", i);
	buf_char(&b, '}');
	buf_char(&b, 0);
	v = ask(p, url, body_of(p, b.ptr), &r);
	buf_free(&b);
	if (v && says_typename(v, "a99"))
		say(p, x, r, str_sub(r->text, 0, 100), SEVERITY_INFO, CONFIDENCE_TENTATIVE, "alias", "GraphQL 不限制一次查询的字段别名数量",
		    "GraphQL does not limit aliases in one query");
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

static void probe_graphql(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r;
	struct str url = x->url;
	ssize_t mark = str_chr(url, '?');
	if (mark >= 0)
		url = str_sub(url, 0, (size_t)mark);
	if (!looks_like_one(x))
		return;
	json_t *v = ask(p, url, body_of(p, "{__typename}"), &r);
	bool one = v && says_typename(v, "__typename");
	json_decref(v);
	if (!one)
		return;
	if (introspects(p, url, &r)) {
		ssize_t at = str_find(r->text, STR("__schema"));
		say(p, x, r, str_sub(r->text, (size_t)at, (size_t)at + 120), SEVERITY_LOW, CONFIDENCE_CERTAIN, "introspection",
		    "GraphQL 向任何人公开接口结构（内省）", "GraphQL describes its schema to anybody (introspection)");
	}
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
