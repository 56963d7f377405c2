/* Templates end to end: a small server on loopback, one template each, hit or no hit. */
#include "base/test.h"

#include <unistd.h>

#include "base/limits.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/policy.h"
#include "net/test_server.h"
#include "scan/scan.h"
#include "scan/template/template.h"

struct seen {
	char checks[4000], extracted[4000];
	unsigned findings;
	enum confidence confidence;
};

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct seen *s = ctx;
	size_t n = strlen(s->checks), m = strlen(s->extracted);
	snprintf(s->checks + n, sizeof(s->checks) - n, "%.*s ", STR_ARG(f->check));
	snprintf(s->extracted + m, sizeof(s->extracted) - m, "%.*s", STR_ARG(f->texts.extracted));
	s->findings++;
	s->confidence = f->confidence;
	assert_true(f->texts.advice_zh.len > 0);
}

static bool asks(struct test_conn *c, const char *start)
{
	return str_starts(buf_view(&c->request), str_c(start));
}

static void answer(struct test_conn *c, int status, const char *headers, const char *body)
{
	test_writef(c, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), headers, body);
}

static void handler(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str q = buf_view(&c->request);
		bool cookie = str_has(q, STR("sid=77"));
		if (asks(c, "GET / "))
			answer(c, 200, "Content-Type: text/html\r\nX-Made-By: Foo/1.2\r\n", "<title>Start</title>");
		else if (asks(c, "GET /panel "))
			answer(c, 200, "", "<h1>Acme Panel 4.2</h1>");
		else if (asks(c, "GET /everything/"))
			answer(c, 200, "", "anything goes here");
		else if (asks(c, "POST /login "))
			answer(c, 200, "Set-Cookie: sid=77; Path=/\r\n", "token=t0k");
		else if (asks(c, "GET /secret?t0k ") && cookie)
			answer(c, 200, "", "the secret");
		else if (asks(c, "GET /old "))
			answer(c, 302, "Location: /panel\r\n", "");
		else if (asks(c, "GET /u/bob "))
			answer(c, 200, "", "name: bob");
		else if (asks(c, "GET /odd\\..\\x "))
			answer(c, 200, "", "odd path read");
		else
			answer(c, 404, "", "nothing here");
	}
}

static void put(struct buf *b, const char *id, const char *rest)
{
	char path[100], text[4000];
	snprintf(path, sizeof(path), "%s.yaml", id);
	snprintf(text, sizeof(text), "id: %s\ninfo: {name: N, author: a, severity: high}\n%s", id, rest);
	buf_blob(b, str_c(path));
	buf_blob(b, str_c(text));
}

static void run(struct buf *bundle, bool unverified, struct seen *ret)
{
	struct test_server *s = test_server_start(handler, NULL, NULL);
	_cleanup_(net_policy_freep) struct net_policy *policy = net_policy_new();
	struct net_connector *c = NULL;
	char url[64];
	struct str view = buf_view(bundle);
	struct error e = { 0 };
	struct scan_summary sum = { 0 };
	memset(ret, 0, sizeof(*ret));
	net_policy_allow_own(policy);
	assert_int_equal(net_http_global_init(&e), 0);
	assert_int_equal(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)test_server_port(s));
	struct scan_options o = { .target = str_c(url), .mode = SCAN_DEEP, .templates = &view, .templates_len = 1,
				  .templates_only = true, .no_builtin_templates = true, .template_unverified = unverified };
	struct scan_events events = { .ctx = ret, .finding = on_finding };
	int r = scan_run(&o, c, NULL, &events, &sum, &e);
	if (r < 0)
		print_message("%s\n", e.en);
	assert_int_equal(r, 0);
	scan_summary_free(&sum);
	net_connector_free(c);
	test_server_stop(s);
	buf_free(bundle);
}

static bool hits(const char *yaml, struct seen *ret)
{
	struct buf b;
	buf_init(&b, 1 * MIB);
	put(&b, "one", yaml);
	run(&b, false, ret);
	return ret->findings > 0;
}

static void test_word_and_extract(void **state)
{
	struct seen s;
	assert_true(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/panel']\n  matchers-condition: and\n  matchers:\n"
			 "  - {type: word, words: [Acme Panel]}\n  - {type: status, status: [200]}\n"
			 "  extractors:\n  - {type: regex, name: v, group: 1, regex: ['Panel ([0-9.]+)']}\n", &s));
	assert_string_equal(s.checks, "template:one ");
	assert_string_equal(s.extracted, "v=4.2\n");
	assert_int_equal(s.confidence, CONFIDENCE_CERTAIN);
	assert_false(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/panel']\n  matchers:\n"
			  "  - {type: word, words: [Acme Panel], negative: true}\n", &s));
}

static void test_catch_all_is_no_hit(void **state)
{
	struct seen s;
	assert_false(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/everything/product.cgi']\n  matchers:\n"
			  "  - {type: word, words: [anything goes]}\n", &s));
}

static void test_flow_with_cookie_and_token(void **state)
{
	struct seen s;
	const char *yaml = "flow: http(1) && http(2)\nhttp:\n- raw:\n  - |\n    POST /login HTTP/1.1\n    Host: {{Hostname}}\n\n"
			   "    u=1\n  extractors:\n  - {type: regex, name: tok, internal: true, group: 1, regex: ['token=(\\w+)']}\n"
			   "- raw:\n  - |\n    GET /secret?{{tok}} HTTP/1.1\n    Host: {{Hostname}}\n  matchers:\n"
			   "  - {type: dsl, dsl: ['status_code == 200 && contains(body, \"secret\")']}\n";
	assert_true(hits(yaml, &s));
}

static void test_redirects(void **state)
{
	struct seen s;
	const char *head = "http:\n- method: GET\n  path: ['{{BaseURL}}/old']\n  ";
	char yaml[1000];
	snprintf(yaml, sizeof(yaml), "%shost-redirects: true\n  matchers:\n  - {type: word, words: [Acme Panel]}\n", head);
	assert_true(hits(yaml, &s));
	snprintf(yaml, sizeof(yaml), "%smatchers:\n  - {type: word, words: [Acme Panel]}\n", head);
	assert_false(hits(yaml, &s));
}

static void test_payloads(void **state)
{
	struct seen s;
	const char *yaml = "http:\n- raw:\n  - |\n    GET /u/{{who}} HTTP/1.1\n    Host: {{Hostname}}\n  payloads:\n"
			   "    who: [ann, bob, cyd]\n  attack: batteringram\n  matchers:\n"
			   "  - {type: word, words: ['name: {{who}}']}\n";
	assert_true(hits(yaml, &s));
}

static void test_unsafe(void **state)
{
	struct seen s;
	const char *yaml = "http:\n- raw:\n  - |+\n    GET /odd\\..\\x HTTP/1.1\n    Host: {{Hostname}}\n\n  unsafe: true\n"
			   "  matchers:\n  - {type: word, words: [odd path]}\n";
	assert_true(hits(yaml, &s));
}

static void test_missing_variable_sends_nothing(void **state)
{
	struct seen s;
	assert_false(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/panel?{{nobody_sets_this}}']\n  matchers:\n"
			  "  - {type: status, status: [404]}\n", &s));
}

static void test_reasons(void **state)
{
	struct template_pack *p = template_pack_new();
	struct buf b;
	buf_init(&b, 1 * MIB);
	put(&b, "js", "flow: |\n  for (let x of iterate(template.y)) { http(1) }\nhttp:\n- method: GET\n  path: ['{{BaseURL}}']\n"
		      "  matchers:\n  - {type: status, status: [200]}\n");
	put(&b, "code", "code:\n- engine: [sh]\n");
	put(&b, "self", "self-contained: true\nhttp:\n- method: GET\n  path: ['https://x.test']\n");
	put(&b, "fine", "http:\n- method: GET\n  path: ['{{BaseURL}}']\n  matchers:\n  - {type: status, status: [200]}\n");
	put(&b, "fine", "http:\n- method: GET\n  path: ['{{BaseURL}}']\n  matchers:\n  - {type: status, status: [200]}\n");
	buf_blob(&b, STR("bad.yaml"));
	buf_blob(&b, STR("id: [\n"));
	template_pack_load(p, buf_view(&b));
	template_pack_seal(p, true);
	buf_free(&b);
	assert_int_equal(p->len, 6);
	assert_string_equal(p->list[0].reason_code, "template.unsupported-flow");
	assert_string_equal(p->list[1].reason_code, "template.unsupported");
	assert_string_equal(p->list[2].reason_code, "template.self-contained");
	assert_true(p->list[3].ok);
	assert_string_equal(p->list[4].reason_code, "template.duplicate-id");
	assert_string_equal(p->list[5].reason_code, "yaml.syntax");
	template_pack_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_word_and_extract),
		cmocka_unit_test(test_catch_all_is_no_hit),
		cmocka_unit_test(test_flow_with_cookie_and_token),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_missing_variable_sends_nothing),
		cmocka_unit_test(test_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
