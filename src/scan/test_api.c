/* Interface descriptions become requests: each format, references, variables, what is hostile. */
#include <stdio.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/url.h"
#include "scan/api.h"

struct got {
	struct buf text; /* a line a request: "POST url type body" */
	size_t n;
};

static int note(void *ctx, const struct api_request *q)
{
	struct got *g = ctx;
	buf_printf(&g->text, "%.*s %.*s %.*s %.*s%s\n", STR_ARG(q->method), STR_ARG(q->url), STR_ARG(q->type), STR_ARG(q->body),
		   q->changes ? " (changes)" : "");
	if (q->path_inputs)
		buf_printf(&g->text, "inputs %x of %.*s\n", q->path_inputs, STR_ARG(q->url));
	if (q->headers.len)
		buf_printf(&g->text, "headers %.*s of %.*s\n", STR_ARG(q->headers), STR_ARG(q->url));
	g->n++;
	return 0;
}

static enum api_kind read_text(const char *text, struct got *g)
{
	struct arena *a = arena_new(64 * MIB);
	struct url base;
	struct error e = { 0 };
	buf_init(&g->text, 1 * MIB);
	assert_ok(url_parse(a, STR("http://site.test:8080/docs/api.json"), NULL, 0, &base, &e));
	enum api_kind k = api_read(a, str_c(text), &base, note, g, &e);
	arena_free(a);
	return k;
}

static void has(struct got *g, const char *line)
{
	if (!str_has(buf_view(&g->text), str_c(line)))
		fail_msg("not there: %s\nin:\n%.*s", line, (int)g->text.len, g->text.ptr);
}

static void openapi_3(void **state)
{
	struct got g = { 0 };
	assert_int_equal(read_text("{\"openapi\":\"3.0.1\",\"servers\":[{\"url\":\"https://{h}.other.test/v1\",\"variables\":{\"h\":{\"default\":\"x\"}}}],"
		"\"paths\":{\"/users/{userId}\":{\"parameters\":[{\"name\":\"userId\",\"in\":\"path\",\"schema\":{\"type\":\"integer\",\"minimum\":7}}],"
		"\"get\":{\"parameters\":[{\"name\":\"q\",\"in\":\"query\",\"example\":\"a b\"},{\"$ref\":\"#/components/parameters/Page\"},"
		"{\"name\":\"X-Tenant\",\"in\":\"header\"},{\"name\":\"Authorization\",\"in\":\"header\"}]},"
		"\"put\":{\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/User\"}}}}}},"
		"\"/login\":{\"post\":{\"requestBody\":{\"content\":{\"application/x-www-form-urlencoded\":{\"schema\":{\"type\":\"object\","
		"\"properties\":{\"user\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}}}}}}}},"
		"\"/xml\":{\"post\":{\"requestBody\":{\"content\":{\"application/xml\":{\"example\":\"<a><b>1</b></a>\"}}}}}},"
		"\"components\":{\"parameters\":{\"Page\":{\"name\":\"page\",\"in\":\"query\",\"schema\":{\"type\":\"integer\"}}},"
		"\"schemas\":{\"User\":{\"type\":\"object\",\"properties\":{\"email\":{\"type\":\"string\",\"format\":\"email\"},"
		"\"tags\":{\"type\":\"array\",\"items\":{\"enum\":[\"red\"]}},\"boss\":{\"$ref\":\"#/components/schemas/User\"},"
		"\"all\":{\"allOf\":[{\"properties\":{\"x\":{\"default\":5}}},{\"properties\":{\"y\":{\"type\":\"boolean\"}}}]}}}}}}", &g), API_OPENAPI);
	has(&g, "GET http://site.test:8080/v1/users/7?q=a%20b&page=1 ");
	has(&g, "inputs 8 of http://site.test:8080/v1/users/7?");
	has(&g, "headers X-Tenant of http://site.test:8080/v1/users/7?");
	has(&g, "PUT http://site.test:8080/v1/users/7 application/json {\"email\":\"scan@example.com\",\"tags\":[\"red\"],\"boss\":{");
	has(&g, "\"all\":{\"x\":5,\"y\":true}");
	has(&g, "POST http://site.test:8080/v1/login application/x-www-form-urlencoded user=scanner&n=1");
	has(&g, "POST http://site.test:8080/v1/xml application/xml <a><b>1</b></a>");
	buf_free(&g.text);
}

static void swagger_2(void **state)
{
	struct got g = { 0 };
	assert_int_equal(read_text("{\"swagger\":\"2.0\",\"basePath\":\"/api/\",\"paths\":{\"/pet\":{\"post\":{\"parameters\":[{\"in\":\"body\",\"name\":\"body\","
		"\"schema\":{\"$ref\":\"#/definitions/Pet\"}}]},\"get\":{\"parameters\":[{\"in\":\"query\",\"name\":\"status\",\"type\":\"array\","
		"\"items\":{\"type\":\"string\",\"enum\":[\"sold\"]}}]}},\"/form\":{\"post\":{\"parameters\":[{\"in\":\"formData\",\"name\":\"f\",\"type\":\"string\"}]}}},"
		"\"definitions\":{\"Pet\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"}}}}}", &g), API_OPENAPI);
	has(&g, "POST http://site.test:8080/api/pet application/json {\"id\":1,\"name\":\"scanner\"}");
	has(&g, "GET http://site.test:8080/api/pet?status=sold ");
	has(&g, "POST http://site.test:8080/api/form application/x-www-form-urlencoded f=test");
	buf_free(&g.text);
}

static void postman(void **state)
{
	struct got g = { 0 };
	assert_int_equal(read_text("{\"info\":{\"schema\":\"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"},"
		"\"variable\":[{\"key\":\"v\",\"value\":\"v2\"}],\"item\":[{\"name\":\"f\",\"item\":[{\"request\":{\"method\":\"POST\","
		"\"url\":{\"raw\":\"{{host}}/{{v}}/add?x=1\"},\"header\":[],\"body\":{\"mode\":\"raw\",\"raw\":\"{\\\"a\\\":1}\"}}}]},"
		"{\"request\":{\"method\":\"GET\",\"url\":{\"raw\":\"https://api.test/users/:id\",\"variable\":[{\"key\":\"id\",\"value\":\"9\"}]}}},"
		"{\"request\":{\"method\":\"POST\",\"url\":\"{{host}}/f\",\"body\":{\"mode\":\"urlencoded\",\"urlencoded\":[{\"key\":\"k\",\"value\":\"v w\"}]}}}]}", &g),
		API_POSTMAN);
	has(&g, "POST http://site.test:8080/v2/add?x=1 application/json {\"a\":1}");
	has(&g, "GET http://site.test:8080/users/9 ");
	has(&g, "POST http://site.test:8080/f application/x-www-form-urlencoded k=v%20w");
	buf_free(&g.text);
}

static void graphql(void **state)
{
	struct got g = { 0 }, t = { 0 };
	assert_int_equal(read_text("{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"Q\"},\"mutationType\":{\"name\":\"M\"},\"types\":["
		"{\"kind\":\"OBJECT\",\"name\":\"Q\",\"fields\":[{\"name\":\"user\",\"args\":[{\"name\":\"id\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":"
		"{\"kind\":\"SCALAR\",\"name\":\"ID\"}}}],\"type\":{\"kind\":\"OBJECT\",\"name\":\"U\"}}]},"
		"{\"kind\":\"OBJECT\",\"name\":\"M\",\"fields\":[{\"name\":\"drop\",\"args\":[],\"type\":{\"kind\":\"SCALAR\",\"name\":\"Boolean\"}}]},"
		"{\"kind\":\"OBJECT\",\"name\":\"U\",\"fields\":[{\"name\":\"mail\",\"args\":[],\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}}]}]}}}", &g), API_GRAPHQL);
	has(&g, "POST http://site.test:8080/docs/api.json application/json {\"query\":\"query user($id:ID!) { user(id:$id) { __typename mail } }\",\"variables\":{\"id\":\"1\"}}");
	has(&g, "mutation drop { drop }\",\"variables\":{}} (changes)");
	assert_int_equal(read_text("\"\"\"the root\"\"\"\ntype Query {\n  # one\n  search(text: String = \"x\", n: Int!): [Post!]! @auth(role: A)\n  all: Int }", &t), API_GRAPHQL);
	has(&t, "query search($text:String,$n:Int!) { search(text:$text,n:$n) { __typename } }\",\"variables\":{\"text\":\"test\",\"n\":1}}");
	has(&t, "query all { all }");
	buf_free(&g.text);
	buf_free(&t.text);
}

static void what_is_none(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"a\":1}", "<html>", "{\"openapi\":1}", "{\"openapi\":\"3\",\"paths\":[1]}",
		"{\"swagger\":\"2.0\",\"paths\":{\"/a\":{\"get\":{\"parameters\":[{\"$ref\":\"#/x\"}]}},\"b\":{\"get\":{}}},\"x\":{\"$ref\":\"#/x\"}}",
		"type Query {", "type Query { a( }", "{\"item\":[{\"item\":[{\"item\":[{}]}]}]}" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct got g = { 0 };
		read_text(texts[i], &g);
		assert_true(g.n <= 1);
		buf_free(&g.text);
	}
}

/* Documents whose samples would grow beyond all memory end as a few requests. */
static void bombs(void **state)
{
	struct got g = { 0 };
	struct buf b;
	buf_init(&b, 8 * MIB);
	/* sixty members, each of them sixty members … */
	buf_c(&b, "{\"openapi\":\"3\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":{\"application/json\":{\"schema\":"
		  "{\"$ref\":\"#/c/S\"}}}}}}},\"c\":{\"S\":{\"properties\":{\"p\":{}");
	for (int i = 0; i < 60; i++)
		buf_printf(&b, ",\"p%d\":{\"$ref\":\"#/c/S\"}", i);
	buf_c(&b, "}}}}");
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_OPENAPI);
	assert_int_equal(g.n, 1);
	buf_free(&g.text);
	/* one big example, many operations that use it */
	buf_clear(&b);
	buf_c(&b, "{\"openapi\":\"3\",\"c\":{\"P\":{\"name\":\"q\",\"in\":\"query\",\"example\":\"");
	for (int i = 0; i < 200000; i++)
		buf_c(&b, "abcde");
	buf_c(&b, "\"}},\"paths\":{\"/x\":{}");
	for (int i = 0; i < 300; i++)
		buf_printf(&b, ",\"/a%d\":{\"get\":{\"parameters\":[{\"$ref\":\"#/c/P\"}]},\"post\":{\"requestBody\":{\"content\":{\"json\":"
			       "{\"schema\":{\"$ref\":\"#/c/P\"}}}}}}", i);
	buf_c(&b, "}}");
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_OPENAPI);
	assert_true(g.n > 10);
	buf_free(&g.text);
	/* markers that never close; parts of an address that grow it */
	buf_clear(&b);
	buf_c(&b, "{\"item\":[{\"request\":{\"method\":\"POST\",\"body\":{\"mode\":\"raw\",\"raw\":\"");
	for (int i = 0; i < 1000000; i++)
		buf_c(&b, "{{");
	buf_c(&b, "\"},\"url\":{\"raw\":\"/:a\",\"variable\":[{\"key\":\"b\"}");
	for (int i = 0; i < 20000; i++)
		buf_c(&b, ",{\"key\":\"a\",\"value\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/:a\"}");
	buf_c(&b, "]}}}]}");
	buf_char(&b, 0);
	g.n = 0;
	assert_int_equal(read_text(b.ptr, &g), API_POSTMAN);
	assert_int_equal(g.n, 1);
	buf_free(&g.text);
	/* a type name of a megabyte, wrapped six times, in many fields */
	buf_clear(&b);
	buf_c(&b, "{\"__schema\":{\"queryType\":{\"name\":\"Q\"},\"types\":[{\"name\":\"Q\",\"fields\":[{\"name\":\"n\"}");
	for (int i = 0; i < 300; i++) {
		buf_printf(&b, ",{\"name\":\"f%d\",\"type\":{\"ofType\":{\"ofType\":{\"ofType\":{\"name\":\"", i);
		for (int k = 0; k < 1000; k++)
			buf_c(&b, "ABCDEFGHIJKLMNOP");
		buf_c(&b, "\"}}}}}");
	}
	buf_c(&b, "]}]}}");
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_GRAPHQL);
	buf_free(&g.text);
	buf_free(&b);
}

static void postman_mutation(void **state)
{
	struct got g = { 0 };
	assert_int_equal(read_text("{\"item\":[{\"request\":{\"method\":\"POST\",\"url\":\"/graphql\",\"body\":{\"mode\":\"graphql\",\"graphql\":"
				   "{\"query\":\" mutation { drop }\"}}}}]}", &g), API_POSTMAN);
	has(&g, "(changes)");
	buf_free(&g.text);
}

static void yaml(void **state)
{
	struct got g = { 0 };
	assert_int_equal(read_text("# an interface\n---\nopenapi: 3.0.1\ninfo: {title: x, version: 1.0}\nservers:\n  - url: /v1\nbase: &base\n  a: 1\n  b: \"2\"\n"
		"paths:\n  /users/{id}:\n    get:\n      parameters:\n        - {name: id, in: path, schema: {type: integer, minimum: 7}}\n"
		"        - &page {name: page, in: query, example: 5}\n    post:\n      requestBody:\n        content:\n          application/json:\n"
		"            example:\n              <<: *base\n              n: 1.5\n              yes: true\n              day: 2024-01-02\n              none: ~\n"
		"  /list:\n    get:\n      parameters: [*page]\n      responses:\n        200: {description: ok}\n", &g), API_OPENAPI);
	has(&g, "GET http://site.test:8080/v1/users/7?page=5 ");
	has(&g, "application/json {\"n\":1.5,\"yes\":true,\"day\":\"2024-01-02\",\"none\":null,\"a\":1,\"b\":\"2\"}");
	has(&g, "GET http://site.test:8080/v1/list?page=5 ");
	buf_free(&g.text);
	assert_int_equal(read_text("swagger: 2.0\nbasePath: /api\npaths:\n  /pet:\n    get:\n      parameters:\n      - in: query\n        name: q\n"
		"        type: string\n", &g), API_OPENAPI);
	has(&g, "GET http://site.test:8080/api/pet?q=");
	buf_free(&g.text);
	assert_int_equal(read_text("info:\n  schema: https://schema.getpostman.com/json/collection/v2.1.0/collection.json\nitem:\n- request:\n"
		"    method: GET\n    url: 'http://api.test/from/postman'\n", &g), API_POSTMAN);
	has(&g, "GET http://site.test:8080/from/postman ");
	buf_free(&g.text);
	assert_int_equal(read_text("data:\n  __schema:\n    queryType: {name: Q}\n    types:\n    - kind: OBJECT\n      name: Q\n      fields:\n"
		"      - {name: all, args: [], type: {kind: SCALAR, name: Int}}\n", &g), API_GRAPHQL);
	has(&g, "query all { all }");
	buf_free(&g.text);
}

/* Aliases of aliases end as an error; so do a loop, a pit and a text that is broken. */
static void yaml_bombs(void **state)
{
	struct got g = { 0 };
	struct buf b;
	buf_init(&b, 4 * MIB);
	buf_c(&b, "openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 30; i++)
		buf_printf(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	buf_c(&b, "paths: {/a: {get: {}}}\n");
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_NONE);
	buf_free(&g.text);
	buf_clear(&b); /* a long text, named many times */
	buf_c(&b, "openapi: 3.0.0\nt: &t \"");
	for (int i = 0; i < 100000; i++)
		buf_c(&b, "abcdefghij");
	buf_c(&b, "\"\nl: [*t");
	for (int i = 0; i < 20000; i++)
		buf_c(&b, ", *t");
	buf_c(&b, "]\n");
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_NONE);
	buf_free(&g.text);
	buf_clear(&b); /* depth by aliases: each holds the one before, forty levels deeper */
	buf_c(&b, "openapi: 3.0.0\nd0: &d0 1\n");
	for (int i = 1; i < 2000; i++) {
		buf_printf(&b, "d%d: &d%d ", i, i);
		for (int k = 0; k < 40; k++)
			buf_char(&b, '[');
		buf_printf(&b, "*d%d", i - 1);
		for (int k = 0; k < 40; k++)
			buf_char(&b, ']');
		buf_char(&b, '\n');
	}
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_NONE);
	buf_free(&g.text);
	buf_clear(&b); /* as many little lists as there may be */
	buf_c(&b, "openapi: 3.0.0\nl:\n");
	while (b.len < 3 * MIB)
		buf_c(&b, "- [[[[[1]]]]]\n");
	buf_char(&b, 0);
	assert_int_equal(read_text(b.ptr, &g), API_NONE);
	buf_free(&g.text);
	buf_free(&b);
	static const char *const broken[] = { "openapi: &a [*a]\n", "openapi: [\n", "openapi: *none\n", "openapi:\n\t- x\n", "item: 5\n", "swagger:\n" };
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		read_text(broken[i], &g);
		assert_int_equal(g.text.len, 0);
		buf_free(&g.text);
	}
}

static void wsdl(void **state)
{
	struct got g = { 0 };
	assert_int_equal(read_text("<?xml version=\"1.0\"?><!-- a --><wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" targetNamespace=\"urn:m\">"
		"<wsdl:types><xsd:schema targetNamespace=\"urn:t\"><xsd:element name=\"find\"><xsd:complexType><xsd:sequence>"
		"<xsd:element name=\"n\" type=\"xsd:int\"/><xsd:element name=\"who\" type=\"t:Person\"/></xsd:sequence></xsd:complexType></xsd:element>"
		"<xsd:complexType name=\"Person\"><xsd:all><xsd:element name=\"email\" type=\"xsd:string\"/><xsd:element name=\"boss\" type=\"t:Person\"/>"
		"</xsd:all></xsd:complexType></xsd:schema></wsdl:types>"
		"<wsdl:message name=\"a\"><wsdl:part name=\"title\" type=\"xsd:string\"/></wsdl:message>"
		"<wsdl:message name=\"b\"><wsdl:part name=\"p\" element=\"t:find\"/></wsdl:message>"
		"<wsdl:portType name=\"P\"><wsdl:operation name=\"stock\"><wsdl:input message=\"m:a\"/></wsdl:operation>"
		"<wsdl:operation name=\"find\"><wsdl:input message=\"m:b\"/></wsdl:operation>"
		"<wsdl:operation name=\"deleteAll\"><wsdl:input message=\"m:a\"/></wsdl:operation></wsdl:portType>"
		"<wsdl:binding name=\"B\" type=\"m:P\"><soap:binding style=\"rpc\"/><wsdl:operation name=\"stock\"><soap:operation soapAction='urn:m#stock'/>"
		"<wsdl:input><soap:body use=\"encoded\" namespace=\"urn:s\"/></wsdl:input></wsdl:operation>"
		"<wsdl:operation name=\"find\"><soap:operation soapAction=\"\"/></wsdl:operation>"
		"<wsdl:operation name=\"deleteAll\"><soap:operation soapAction=\"\"/></wsdl:operation></wsdl:binding>"
		"<wsdl:service><wsdl:port><soap:address location=\"http://inside.test/ws.php?a=1&amp;b=2\"/></wsdl:port></wsdl:service></wsdl:definitions>", &g), API_WSDL);
	assert_int_equal(g.n, 3);
	has(&g, "POST http://site.test:8080/ws.php?a=1&b=2 text/xml; charset=utf-8; action=\"urn:m#stock\" ");
	has(&g, "<soap:Body><m:stock xmlns:m=\"urn:s\"><title>test</title></m:stock></soap:Body>");
	has(&g, "<soap:Body><find xmlns=\"urn:t\"><n>1</n><who><email>scan@example.com</email><boss><email>");
	has(&g, "<m:deleteAll xmlns:m=\"urn:m\"><title>test</title></m:deleteAll></soap:Body></soap:Envelope> (changes)");
	buf_free(&g.text);
	g = (struct got){ 0 };
	assert_int_equal(read_text("<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\"><!DOCTYPE x [<!ENTITY a \"b\">]><message name=\"a\"/></definitions>", &g),
			 API_NONE);
	buf_free(&g.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(openapi_3),
		cmocka_unit_test(wsdl), cmocka_unit_test(swagger_2), cmocka_unit_test(postman),
					    cmocka_unit_test(graphql), cmocka_unit_test(what_is_none),
					    cmocka_unit_test(bombs), cmocka_unit_test(postman_mutation),
					    cmocka_unit_test(yaml), cmocka_unit_test(yaml_bombs) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
