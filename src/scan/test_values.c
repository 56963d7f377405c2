/* JSON and XML bodies: which values are seen, and that a change touches nothing else. */
#include "base/check.h"
#include "base/limits.h"
#include "base/test.h"
#include "net/oob_token.h"
#include "scan/values.h"

static struct body_value list[40];

static const struct body_value *find(size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].name, str_c(name)))
			return &list[i];
	return NULL;
}

static void changed(struct str text, const struct body_value *v, const char *value, bool raw, const char *want)
{
	struct buf b;
	assert_non_null(v);
	buf_init(&b, 64 * KIB);
	if (value)
		values_replace(&b, text, v, str_c(value), raw);
	else
		values_drop(&b, text, v);
	assert_str_c(buf_view(&b), want);
	buf_free(&b);
}

static void json_leaves_are_seen_and_written_anew(void **state)
{
	struct arena *a = arena_new(1 * MIB);
	struct str t = STR("{\"id\": 7, \"q\":\"a\\\"b\\u4e2d\", \"on\":true, \"no\":null, \"a/b\":[{\"x\":-1.5},\"s\"], \"e\":{}, \"l\":[]}");
	size_t n = values_of_json(a, t, list, 40);
	assert_int_equal(n, 6);
	assert_str_c(find(n, "/q")->value, "a\"b中");
	assert_str_c(find(n, "/a~1b/0/x")->value, "-1.5");
	assert_str_c(find(n, "/no")->value, "");
	t = STR("{\"id\": 7, \"q\":\"x\",\"l\":[1,2]}");
	n = values_of_json(a, t, list, 40);
	changed(t, find(n, "/id"), "8", false, "{\"id\": 8, \"q\":\"x\",\"l\":[1,2]}");
	changed(t, find(n, "/id"), "8' \"\\\n", false, "{\"id\": \"8' \\\"\\\\\\u000a\", \"q\":\"x\",\"l\":[1,2]}");
	changed(t, find(n, "/q"), "9", false, "{\"id\": 7, \"q\":\"9\",\"l\":[1,2]}");
	changed(t, find(n, "/q"), "{\"$ne\":1}", true, "{\"id\": 7, \"q\":{\"$ne\":1},\"l\":[1,2]}");
	changed(t, find(n, "/id"), NULL, false, "{ \"q\":\"x\",\"l\":[1,2]}");
	changed(t, find(n, "/l/1"), NULL, false, "{\"id\": 7, \"q\":\"x\",\"l\":[1,null]}");
	t = STR("{\"a\":1 , \"b\":2}");
	n = values_of_json(a, t, list, 40);
	changed(t, find(n, "/b"), NULL, false, "{\"a\":1 }");
	static const char *const bad[] = { "", "7", "{", "{\"a\":}", "{\"a\":1}}", "[1,]", "{\"a\" 1}", "\"x", "{\"a\":\"\\" };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(values_of_json(a, str_c(bad[i]), list, 40), 0);
	arena_free(a);
}

static void xml_leaves_are_seen_and_written_anew(void **state)
{
	struct arena *a = arena_new(1 * MIB);
	struct str t = STR("<?xml version=\"1.0\"?><!-- c --><s:E xmlns:s=\"u\"><o id='5 &amp; 6'><i>one</i><i>two</i><e/></o></s:E>");
	size_t n = values_of_xml(a, t, list, 40);
	assert_int_equal(n, 3);
	assert_str_c(find(n, "/s:E/o/@id")->value, "5 & 6");
	assert_str_c(find(n, "/s:E/o/i[2]")->value, "two");
	changed(t, find(n, "/s:E/o/i"), "<&", false,
		"<?xml version=\"1.0\"?><!-- c --><s:E xmlns:s=\"u\"><o id='5 &amp; 6'><i>&lt;&amp;</i><i>two</i><e/></o></s:E>");
	changed(t, find(n, "/s:E/o/@id"), "&x;", true,
		"<?xml version=\"1.0\"?><!-- c --><s:E xmlns:s=\"u\"><o id='&x;'><i>one</i><i>two</i><e/></o></s:E>");
	static const char *const bad[] = { "<a>", "<a", "</a>", "<a b>x</a>", "<a b='>", "<!--", "<>x</>", "<a><b></a>" };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(values_of_xml(a, str_c(bad[i]), list, 40), 0);
	arena_free(a);
}

static void types_are_told(void **state)
{
	assert_true(values_is_json(STR("application/json; charset=utf-8")));
	assert_true(values_is_json(STR("application/vnd.api+json")));
	assert_true(values_is_xml(STR("text/xml")));
	assert_true(values_is_xml(STR("application/soap+xml; action=x")));
	assert_false(values_is_json(STR("application/x-www-form-urlencoded")));
	assert_false(values_is_xml(STR("")));
}

static void tokens_survive_what_resolvers_do_to_them(void **state)
{
	char prefix[OOB_PREFIX_LEN + 1], t[OOB_TOKEN_LEN + 1], u[OOB_TOKEN_LEN + 1], got[OOB_TOKEN_LEN + 1];
	struct arena *a = arena_new(1 * MIB);
	oob_prefix_make(prefix);
	oob_token_make(prefix, 1, t);
	oob_token_make(prefix, 2, u);
	assert_string_not_equal(t, u);
	char mixed[OOB_TOKEN_LEN + 1];
	for (size_t i = 0; i <= OOB_TOKEN_LEN; i++)
		mixed[i] = i % 2 && t[i] >= 'a' && t[i] <= 'z' ? (char)(t[i] - 32) : t[i];
	assert_true(oob_token_find(arena_printf(a, "zw zwx GET /a?b=%s HTTP/1.1", mixed), got));
	assert_string_equal(got, t);
	mixed[OOB_TOKEN_LEN - 1] = mixed[OOB_TOKEN_LEN - 1] == '0' ? '1' : '0';
	assert_false(oob_token_find(str_c(mixed), got));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_leaves_are_seen_and_written_anew),
		cmocka_unit_test(xml_leaves_are_seen_and_written_anew),
		cmocka_unit_test(types_are_told),
		cmocka_unit_test(tokens_survive_what_resolvers_do_to_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
