/* A model for tests: n findings of a few kinds, with Chinese texts, long URLs and the
 * first and last findings recognisable by their parameter. */
#ifndef REPORT_TEST_MODEL_H
#define REPORT_TEST_MODEL_H
#include "base/json.h"

static const struct {
	const char *check, *title, *title_en, *severity, *owasp, *proof;
	int cwe;
} test_kinds[] = {
	{ "sqli-error", "SQL 注入（报错型）", "SQL injection (error)", "high", "A03:2021",
	  "You have an error in your SQL syntax", 89 },
	{ "missing-csp", "缺少内容安全策略", "Content security policy is missing", "low", "A05:2021", "",
	  693 },
	{ "directory-listing", "目录浏览", "Directory listing", "medium", "A01:2021", "Index of /", 548 },
	{ "server-version", "响应头泄露服务器软件版本", "Response header tells the software version", "info",
	  "A05:2021", "nginx/1.18.0", 200 },
};

static inline json_t *test_finding(size_t i, size_t n)
{
	size_t k = i % 4;
	json_t *f = json_object(), *ev = json_object();
	_cleanup_buf_ struct buf b = BUF_INIT(64 * 1024);

	buf_printf(&b, "%032zx", i);
	json_put(f, "fingerprint", json_str(buf_view(&b)));
	json_put(f, "check", json_c(test_kinds[k].check));
	json_put(f, "title", json_c(test_kinds[k].title));
	json_put(f, "title_en", json_c(test_kinds[k].title_en));
	json_put(f, "severity", json_c(test_kinds[k].severity));
	json_put(f, "confidence", json_c("certain"));
	buf_clear(&b);
	buf_printf(&b, "http://127.0.0.1:8080/栏目/page%zu.php?id=1&from=", i);
	for (size_t j = 0; j < i % 120; j++)
		buf_c(&b, "abcdefgh");
	json_put(f, "url", json_str(buf_view(&b)));
	json_put(f, "method", json_c("GET"));
	json_put(f, "parameter", json_c(i == 0 ? "首个参数" : i + 1 == n ? "末尾参数" : "id"));
	json_put(f, "cwe", json_integer(test_kinds[k].cwe));
	json_put(f, "owasp", json_c(test_kinds[k].owasp));
	buf_clear(&b);
	buf_printf(&b, "GET /page%zu.php?id=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nCookie: sid=secret%zu\r\n\r\n",
		   i, i);
	json_put(ev, "request", json_str(buf_view(&b)));
	buf_clear(&b);
	buf_c(&b, "HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Type: text/html\r\n\r\n<h1>办事指南</h1>");
	for (size_t j = 0; j < i % 300; j++)
		buf_c(&b, "<p>正文内容</p>");
	buf_c(&b, test_kinds[k].proof);
	json_put(ev, "response", json_str(buf_view(&b)));
	json_put(ev, "proof", json_c(test_kinds[k].proof));
	json_put(f, "evidence", ev);
	return f;
}

static inline json_t *test_model(size_t n)
{
	json_t *m = json_object(), *list = json_array(), *pages = json_array();

	json_put(m, "target", json_c("http://127.0.0.1:8080/"));
	json_put(m, "started", json_c("2026-11-22T06:00:00.000Z"));
	json_put(m, "finished", json_c("2026-11-22T07:00:00.000Z"));
	json_put(m, "created", json_c("2026-11-22T07:10:00.000Z"));
	json_put(m, "complete", json_true());
	json_put(m, "stats", json_pack("{s:i,s:i,s:i,s:f}", "requests", 1234, "pages", 2, "bytes", 5000,
				       "seconds", 3600.5));
	json_array_append_new(pages, json_pack("{s:s,s:s,s:i,s:s}", "url", "http://127.0.0.1:8080/",
					       "method", "GET", "status", 200, "title", "首页"));
	json_put(m, "pages", pages);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, test_finding(i, n));
	json_put(m, "findings", list);
	return m;
}
static const char test_hostile[] =
	"</script></style></title></pre><img src=x onerror=alert(1)><svg/onload=alert(2)>\"'><a "
	"href=\"javascript:alert(3)\">{{7*7}}\x01\xff\xe2\x80\xae&lt;b&gt;";

/* Puts the text into every string of the model. */
static inline json_t *test_poison(const json_t *v)
{
	const char *key;
	json_t *child, *out;
	size_t i;

	if (json_is_string(v)) {
		_cleanup_buf_ struct buf b = BUF_INIT(64 * 1024);

		buf_c(&b, json_string_value(v));
		buf_c(&b, test_hostile);
		return json_str(buf_view(&b));
	}
	if (json_is_array(v)) {
		out = json_array();
		json_array_foreach(v, i, child)
			json_array_append_new(out, test_poison(child));
		return out;
	}
	if (!json_is_object(v))
		return json_deep_copy(v);
	out = json_object();
	void *it = json_object_iter((json_t *)(uintptr_t)v);

	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
		key = json_object_iter_key(it);
		child = json_object_iter_value(it);
		/* these steer the sections; their words are ours */
		bool steers = str_eq(str_c(key), STR("severity")) || str_eq(str_c(key), STR("state"));

		json_put(out, key, steers ? json_deep_copy(child) : test_poison(child));
	}
	return out;
}
#endif
