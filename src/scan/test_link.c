/* Addresses without a browser: scripts, text, attributes, source maps, and what is left
 * alone. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/test.h"
#include "net/url.h"
#include "scan/form.h"
#include "scan/link.h"
#include "scan/page.h"

static bool collect(void *ctx, enum scan_link_kind kind, struct str raw)
{
	buf_str(ctx, raw);
	buf_char(ctx, '\n');
	return false;
}

static bool collect_sure(void *ctx, enum scan_link_kind kind, struct str raw)
{
	return kind == LINK_GUESS ? false : collect(ctx, kind, raw);
}

static void assert_finds(void (*scan)(struct str, link_found *, void *), const char *text, const char *expected)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	scan(str_c(text), collect, &b);
	assert_str(buf_view(&b), str_c(expected));
	buf_free(&b);
}

static void sums_and_templates_of_scripts(void **state)
{
	assert_finds(link_script, "fetch('/api/a.php?x=1')", "/api/a.php?x=1\n");
	assert_finds(link_script, "var d='http://h.test/', p='x/y.found'; go(d + p)", "http://h.test/\nhttp://h.test/x/y.found\n");
	assert_finds(link_script, "$.get('/user/' + id + '/posts')", "/user/1/posts\n");
	assert_finds(link_script, "get(`/user/${u.id}/list?p=${n}`)", "/user/1/list?p=1\n");
	assert_finds(link_script, "const API='/v1'; get(`${API}/items`)", "/v1\n/v1/items\n");
	assert_finds(link_script, "var a='x', a='y'; f('/p/' + a)", "/p/1\n");
	assert_finds(link_script, "f(cfg.host + '/late/' + g(3) + '.json')", "/late/1.json\n");
	assert_finds(link_script, "location.href='next.php?q=two words!'; say('Is it x? y=1 z'); t = 'next.php?x y=1'", "next.php?q=two words!\n");
	assert_finds(link_script, "x = a / b; y = /['\"]\\/no\\/path/; z = '/yes/path'", "/yes/path\n");
}

static bool collect_request(void *ctx, const struct link_request *q)
{
	buf_printf(ctx, "%.*s %.*s [%.*s] %.*s%s%.*s\n", STR_ARG(q->method), STR_ARG(q->url), STR_ARG(q->type), STR_ARG(q->body),
		   q->headers.len ? " with " : "", STR_ARG(q->headers));
	return false;
}

static void assert_requests(const char *js, const char *expected)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	link_requests(str_c(js), collect_request, &b);
	assert_str(buf_view(&b), str_c(expected));
	buf_free(&b);
}

static void requests_of_scripts(void **state)
{
	assert_requests("var x = new XMLHttpRequest(); x.open(\"POST\",\"a.php\",true); x.setRequestHeader(\"Content-type\","
			"\"text/xml; charset=UTF-8\"); x.send(\"<r><n>bee</n></r>\");",
			"POST a.php [text/xml; charset=UTF-8] <r><n>bee</n></r>\n");
	assert_requests("q = {title: $('#t').val(), n: 3}; $.getJSON('b.php', q, function(d) { show(d) })", "GET b.php?title=hello&n=3 [] \n");
	assert_requests("fetch('/api/c', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({name: u, "
			"on: true, in: {id: 5}})}).then(f)",
			"POST /api/c [application/json] {\"name\":\"scanner\",\"on\":true,\"in\":{\"id\":5}}\n");
	assert_requests("$.ajax({url: '/d?x=1', type: 'post', data: {id: id, s: 'a b'}})",
			"POST /d?x=1 [application/x-www-form-urlencoded] id=1&s=a%20b\n");
	assert_requests("axios.post('/e', {user})", "POST /e [application/json] {\"user\":\"scanner\"}\n");
	assert_requests("fetch('/h?a=1', {headers: {'X-Tenant': t, Accept: '*/*', region: 'cn', 'X-Csrf-Token': c}})", "GET /h?a=1 []  with X-Tenant,region\n");
	assert_requests("x.open('GET', '/i?b=2'); x.setRequestHeader('X-Api-Version', '3'); x.send()", "GET /i?b=2 []  with X-Api-Version\n");
	assert_requests("window.open('x.html'); door.open('wide'); fetch(unknown)", "");
}

static void routes_bases_comments_and_maps(void **state)
{
	assert_finds(link_script, "r=[{path:'users/:id/edit',c:1},{path:'**'},{path:'about'}]", "users/1/edit\nabout\n");
	assert_finds(link_script, "basename:'/app',to:'/list.html'", "/app\n/list.html\n/app/list.html\n");
	assert_finds(link_script, "// see http://h.test/x/c.html\n/* /old/d.php */", "http://h.test/x/c.html\n/old/d.php\n");
	assert_finds(link_script, "a=1\n//# sourceMappingURL=app.js.map", "app.js.map\n");
	assert_finds(link_source_map, "{\"sources\":[\"src/a.ts\",\"node_modules/x.js\"],\"sourcesContent\":[\"get('/api/own')\",\"get('/api/lib')\"]}",
		     "/api/own\n");
}

static void words_of_text(void **state)
{
	assert_finds(link_text, "look at http://h.test/a, ./b/c.html (../dd) and /e/f.", "http://h.test/a\n./b/c.html\n../dd\n/e/f\n");
	assert_finds(link_text, "请访问/news/list.do。旧地址：http://h.test/old", "/news/list.do\nhttp://h.test/old\n");
	assert_finds(link_text, "and/or 1/2 /2024/11/22 </div> /word 5/6/7 //x", "");
	struct buf b;
	buf_init(&b, 4 * KIB);
	link_text(STR("[Go](/go?url=) to /here/it/is"), collect_sure, &b);
	assert_str(buf_view(&b), STR("/go?url=\n"));
	buf_free(&b);
	assert_finds(link_text, "default-src 'self'; report-uri /csp/report", "/csp/report\n");
}

static bool page_has(const struct scan_page *p, const char *url)
{
	for (size_t i = 0; i < p->links_len; i++)
		if (str_eq(p->links[i].url, str_c(url)))
			return true;
	return false;
}

static void attributes_of_every_kind(void **state)
{
	static const char html[] =
		"<!DOCTYPE html SYSTEM \"/dtd/own.dtd\"><base href=\"/app/\">"
		"<img src=\"data:image/svg+xml,<image%20xlink:hr%65f='/in/data.svgx'>\" srcset='/s/1.x 1x, /s/2.x 2x'>"
		"<area ping='/p/1 /p/2'><object codebase=/cb/x></object><param value='/pv/x'><div ng-include=\"'/tpl/a.html'\">"
		"<button formaction=/fa/x>b</button><meta name=x content='<img src=\"/m/x.y\">'>"
		"<iframe srcdoc='<img src=/sd/x.y>'></iframe><p>read /txt/a.html</p><svg><script xlink:href=/svg/x.js></script></svg>";
	static const char *const expected[] = {
		"http://h.test/dtd/own.dtd", "http://h.test/in/data.svgx", "http://h.test/s/2.x", "http://h.test/p/2",
		"http://h.test/cb/x", "http://h.test/pv/x", "http://h.test/tpl/a.html", "http://h.test/fa/x",
		"http://h.test/m/x.y", "http://h.test/sd/x.y", "http://h.test/txt/a.html", "http://h.test/app/txt/a.html",
		"http://h.test/svg/x.js" };
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	struct url u;
	assert_ok(url_parse(a, STR("http://h.test/dir/page"), NULL, 0, &u, NULL));
	const struct scan_page *p = page_parse(a, str_c(html), &u);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (!page_has(p, expected[i]))
			fail_msg("not found: %s", expected[i]);
	}
	arena_free(a);
}

static void what_destroys_is_a_command(void **state)
{
	assert_true(form_link_destroys(STR("http://h/user/delete?id=3"), STR("")));
	assert_true(form_link_destroys(STR("http://h/user_delete.php"), STR("")));
	assert_true(form_link_destroys(STR("http://h/deleteUser?id=3"), STR("")));
	assert_true(form_link_destroys(STR("http://h/x?action=remove"), STR("")));
	assert_true(form_link_destroys(STR("http://h/x"), STR("Delete this item")));
	assert_true(form_link_destroys(STR("http://h/x"), STR("删除记录")));
	assert_false(form_link_destroys(STR("http://h/how-to-remove-paint.html"), STR("how-to-remove-paint.html")));
	assert_false(form_link_destroys(STR("http://h/list?sort=1"), STR("Undeleted items")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_templates_of_scripts),
		cmocka_unit_test(requests_of_scripts),
		cmocka_unit_test(routes_bases_comments_and_maps),
		cmocka_unit_test(words_of_text),
		cmocka_unit_test(attributes_of_every_kind),
		cmocka_unit_test(what_destroys_is_a_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
