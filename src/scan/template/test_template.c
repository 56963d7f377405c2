/* Templates end to end: a small server on loopback, one template each, hit or no hit. */
#include "base/test.h"

#include <unistd.h>

#include "base/limits.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/policy.h"
#include "net/test_server.h"
#include "scan/oob.h"
#include "scan/scan.h"
#include "scan/template/prefilter.h"
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

static const struct str *excludes; /* of the next run */
static const struct str *only;     /* the one check asked for */
static char called[64]; /* name that the server was told to fetch from */

static void handler(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str q = buf_view(&c->request);
		bool cookie = str_has(q, STR("sid=77"));
		if (asks(c, "GET / ") || asks(c, "GET /?file"))
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
		else if (asks(c, "GET /fetch?u=http://")) {
			size_t at = (size_t)str_find(q, STR("http://")) + 7;
			struct str token = str_from(q, at);
			snprintf(called, sizeof(called), "%.*s", (int)(str_chr(token, '.') < 60 ? str_chr(token, '.') : 60), token.ptr);
			answer(c, 200, "", "fetching");
		} else if (asks(c, "GET /product/")) {
			char body[100];
			struct str n = str_from(q, 13);
			snprintf(body, sizeof(body), "product number %.*s", (int)str_chr(n, ' '), n.ptr);
			answer(c, str_has(n, STR("zz")) ? 404 : 200, "", body);
		} else if (asks(c, "GET /odd\\..\\x "))
			answer(c, 200, "", "odd path read");
		else
			answer(c, 404, "", "nothing here");
	}
}

static void put_as(struct buf *b, const char *id, const char *info, const char *rest)
{
	char path[100], text[4000];
	snprintf(path, sizeof(path), "%s.yaml", id);
	snprintf(text, sizeof(text), "id: %s\ninfo: {name: N, author: a, severity: high%s}\n%s", id, info, rest);
	buf_blob(b, str_c(path));
	buf_blob(b, str_c(text));
}

static void put(struct buf *b, const char *id, const char *rest)
{
	put_as(b, id, "", rest);
}

static int poll_hits(void *ctx, struct str prefix, uint64_t *after, void (*each)(void *arg, const struct scan_oob_hit *hit),
		     void *arg)
{
	if (called[0] && *after == 0) {
		struct scan_oob_hit h = { .kind = SCAN_OOB_HTTP, .token = str_c(called), .from = STR("127.0.0.1"),
					  .what = STR("GET / HTTP/1.1") };
		*after = 1;
		each(arg, &h);
	}
	return 0;
}

static int look_up(void *ctx, struct str name, struct str type, struct buf *ret)
{
	assert_true(str_eq(name, STR("_dmarc.localhost")) && str_eq(type, STR("TXT")));
	buf_blob(ret, STR("NOERROR"));
	buf_blob(ret, STR("_dmarc.localhost.\tIN\tTXT"));
	buf_blob(ret, STR("_dmarc.localhost.\t60\tIN\tTXT\t\"v=DMARC1; p=none\"\n"));
	buf_blob(ret, STR(""));
	buf_blob(ret, STR(""));
	return 0;
}

static void run_at(struct buf *bundle, bool unverified, bool tls, struct seen *ret)
{
	SSL_CTX *ctx = tls ? test_tls_context("DNS:other.test", -30, -3) : NULL;
	struct test_server *s = test_server_start(handler, NULL, ctx);
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
	snprintf(url, sizeof(url), "%s://localhost:%u/", tls ? "https" : "http", (unsigned)test_server_port(s));
	struct scan_options o = { .target = str_c(url), .mode = SCAN_DEEP, .templates = &view, .templates_len = 1,
				  .templates_only = !only, .no_builtin_templates = true, .template_unverified = unverified,
				  .excludes = excludes, .excludes_len = excludes ? 1 : 0,
				  .only_checks = only, .only_checks_len = only ? 1 : 0 };
	struct scan_oob oob = { .domain = STR("oob.test"), .url = STR("http://127.0.0.1:9"), .poll = poll_hits };
	struct scan_events events = { .ctx = ret, .finding = on_finding, .oob = &oob, .dns = look_up };
	called[0] = 0;
	int r = scan_run(&o, c, NULL, &events, &sum, &e);
	if (r < 0)
		print_message("%s\n", e.en);
	assert_int_equal(r, 0);
	scan_summary_free(&sum);
	net_connector_free(c);
	test_server_stop(s);
	buf_free(bundle);
}

static void run(struct buf *bundle, bool unverified, struct seen *ret)
{
	run_at(bundle, unverified, false, ret);
}

static bool hits(const char *yaml, struct seen *ret)
{
	struct buf b;
	buf_init(&b, 1 * MIB);
	put(&b, "one", yaml);
	run(&b, false, ret);
	return ret->findings > 0;
}

static void test_leave(void **state)
{
	static const struct str asked[] = { { "template:one", 12 } };
	static const char *const tags[] = { "", ", tags: 'panel,intrusive'" };
	struct seen s;
	only = asked;
	for (int i = 0; i < 2; i++) {
		struct buf b;
		buf_init(&b, 1 * MIB);
		put_as(&b, "one", tags[i], "http:\n- method: GET\n  path: ['{{BaseURL}}/panel']\n  matchers:\n  - {type: word, words: [Acme Panel]}\n");
		run(&b, false, &s);
		assert_int_equal(s.findings, i == 0); /* asking for it by name is no leave */
	}
	only = NULL;
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

/* What stands on the start page anyway proves nothing about a payload. */
static void test_plain_page_is_no_hit(void **state)
{
	struct seen s;
	assert_false(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/?file=../../etc/passwd']\n  matchers:\n"
			  "  - {type: word, words: [Start]}\n", &s));
	assert_true(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/']\n  matchers:\n  - {type: word, words: [Start]}\n", &s));
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

/* What is excluded stays so for exact bytes. */
static void test_unsafe_excluded(void **state)
{
	struct seen s;
	const char *yaml = "http:\n- raw:\n  - |+\n    GET /odd\\..\\x HTTP/1.1\n    Host: {{Hostname}}\n\n  unsafe: true\n"
			   "  matchers:\n  - {type: word, words: [odd path]}\n";
	const struct str odd = STR("/odd");
	excludes = &odd;
	bool hit = hits(yaml, &s);
	excludes = NULL;
	assert_false(hit);
}

/* Variables too big for any memory are none; values of values are tried within bounds. */
static void test_no_end(void **state)
{
	struct seen s;
	struct buf b;
	buf_init(&b, 1 * MIB);
	buf_c(&b, "variables:\n");
	for (int i = 0; i < 12; i++)
		buf_printf(&b, "  v%d: '{{repeat(\"abcdefgh\", 200000)}}'\n", i);
	buf_c(&b, "http:\n- raw:\n");
	for (int i = 0; i < 3; i++)
		buf_printf(&b, "  - |\n    GET /panel?%d HTTP/1.1\n    Host: {{Hostname}}\n", i);
	buf_c(&b, "  iterate-all: true\n  extractors:\n  - {type: regex, name: c, internal: true, regex: ['.']}\n"
		  "  matchers:\n  - {type: word, words: [never there]}\n");
	buf_char(&b, 0);
	assert_true(b.len < 3900);
	assert_false(hits(b.ptr, &s));
	buf_free(&b);
}

static void test_clusterbomb(void **state)
{
	struct seen s;
#define ATTACK(name) "http:\n- raw:\n  - |\n    GET /{{a}}/{{b}} HTTP/1.1\n    Host: {{Hostname}}\n  payloads:\n" \
		     "    a: [x, u]\n    b: [y, z, bob]\n  attack: " name "\n  matchers:\n" \
		     "  - {type: word, words: ['name: bob']}\n"
	assert_true(hits(ATTACK("clusterbomb"), &s));
	assert_false(hits(ATTACK("pitchfork"), &s));
}

static void test_out_of_band(void **state)
{
	struct seen s;
	assert_true(hits("http:\n- method: GET\n  path: ['{{BaseURL}}/fetch?u=http://{{interactsh-url}}/']\n  matchers:\n"
			 "  - {type: word, part: interactsh_protocol, words: [http]}\n", &s));
}

static void test_tcp(void **state)
{
	struct seen s;
	assert_true(hits("tcp:\n- host: ['{{Hostname}}']\n  inputs:\n  - {data: \"GET /panel HTTP/1.0\\r\\n\\r\\n\"}\n"
			 "  read-size: 400\n  matchers:\n  - {type: word, words: [Acme Panel]}\n", &s));
}

static void test_dns(void **state)
{
	struct seen s;
	assert_true(hits("dns:\n- name: '_dmarc.{{FQDN}}'\n  type: TXT\n  matchers:\n  - {type: word, part: answer, words: [p=none]}\n"
			 "  extractors:\n  - {type: regex, name: rec, part: answer, regex: ['v=DMARC1[^\"]+']}\n", &s));
	assert_string_equal(s.extracted, "rec=v=DMARC1; p=none\n");
}

static void test_ssl(void **state)
{
	struct seen s;
	struct buf b;
	buf_init(&b, 1 * MIB);
	put(&b, "old", "ssl:\n- address: '{{Host}}:{{Port}}'\n  matchers:\n  - {type: dsl, dsl: ['expired == true && unixtime() > not_after']}\n"
		       "  extractors:\n  - {type: json, name: v, json: ['.tls_version']}\n  - {type: dsl, name: d, dsl: ['tls_version, cipher']}\n");
	put(&b, "page", "http:\n- method: GET\n  path: ['{{BaseURL}}/panel']\n  matchers:\n  - {type: word, words: [Acme Panel]}\n");
	put(&b, "raw", "http:\n- raw:\n  - |+\n    GET /odd\\..\\x HTTP/1.1\n    Host: {{Hostname}}\n\n  unsafe: true\n"
		       "  matchers:\n  - {type: word, words: [odd path]}\n");
	run_at(&b, false, true, &s);
	assert_true(str_has(str_c(s.checks), STR("template:old ")));
	assert_true(str_has(str_c(s.checks), STR("template:page ")));
	assert_true(str_has(str_c(s.checks), STR("template:raw ")));
	assert_true(str_has(str_c(s.extracted), STR("v=tls1")));
	assert_true(str_has(str_c(s.extracted), STR("d=tls1")) && str_has(str_c(s.extracted), STR("TLS_")));
}

/* Every product of the world at one address: none of them. */
static void test_honeypot(void **state)
{
	struct seen s;
	struct buf b;
	buf_init(&b, 1 * MIB);
	for (int i = 0; i < 20; i++) {
		char id[20], info[100], text[400];
		snprintf(id, sizeof(id), "p%d", i);
		snprintf(info, sizeof(info), ", metadata: {product: thing%d}", i);
		snprintf(text, sizeof(text), "http:\n- method: GET\n  path: ['{{BaseURL}}/product/p%d']\n  matchers:\n"
					     "  - {type: word, words: ['product number p%d']}\n", i, i);
		put_as(&b, id, info, text);
	}
	put(&b, "panel", "http:\n- method: GET\n  path: ['{{BaseURL}}/panel']\n  matchers:\n  - {type: word, words: [Acme Panel]}\n");
	run(&b, false, &s);
	assert_string_equal(s.checks, "template:panel ");
}

static void test_payload_files(void **state)
{
	struct template_pack *p = template_pack_new();
	struct buf b;
	char text[600];
	buf_init(&b, 1 * MIB);
	static const char *const names[] = { "lists/words.txt", "../lists/words.txt", "/etc/passwd", "none.txt" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(text, sizeof(text), "pack/a/b/%zu.yaml", i);
		buf_blob(&b, str_c(text));
		char id[4] = { 'n', (char)('0' + i), 0 };
		snprintf(text, sizeof(text), "id: %s\ninfo: {name: N, author: a}\nhttp:\n- raw: [\"GET /{{w}} HTTP/1.1\"]\n"
			 "  payloads: {w: %s}\n  matchers:\n  - {type: status, status: [200]}\n", id, names[i]);
		buf_blob(&b, str_c(text));
	}
	buf_blob(&b, STR("pack/lists/words.txt"));
	buf_blob(&b, STR("one\r\n\ntwo\n"));
	template_pack_load(p, buf_view(&b));
	buf_free(&b);
	assert_true(p->list[0].ok);
	assert_int_equal(p->list[0].blocks[0].payloads[0].len, 2);
	for (size_t i = 1; i < ARRAY_SIZE(names); i++)
		assert_string_equal(p->list[i].reason_code, "template.missing-file");
	template_pack_free(p);
}

static void test_prefilter(void **state)
{
	struct prefilter *f = prefilter_new();
	uint64_t bits[1] = { 0 };
	uint32_t a = prefilter_add(f, STR("Acme Panel"), false), b = prefilter_add(f, STR("acme panel"), true);
	uint32_t c = prefilter_add(f, STR("ACME"), false), d = prefilter_add(f, STR("zzzz"), false);
	assert_int_equal(prefilter_add(f, STR("Acme Panel"), false), a);
	assert_int_equal(prefilter_add(f, STR("abc"), false), UINT32_MAX);
	prefilter_build(f);
	prefilter_scan(f, STR("<h1>Acme Panel</h1>"), bits);
	assert_true(prefilter_bit(bits, a) && prefilter_bit(bits, b));
	assert_false(prefilter_bit(bits, c) || prefilter_bit(bits, d));
	prefilter_free(f);
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
		cmocka_unit_test(test_plain_page_is_no_hit),
		cmocka_unit_test(test_flow_with_cookie_and_token),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_unsafe_excluded),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_missing_variable_sends_nothing),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_clusterbomb),
		cmocka_unit_test(test_out_of_band),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_ssl),
		cmocka_unit_test(test_honeypot),
		cmocka_unit_test(test_payload_files),
		cmocka_unit_test(test_prefilter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
