/* The parts of the engine one by one: page facts, forms, links, comparison kit, script
 * lexer, journal, options, fibers. */
#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/fixture.h"
#include "scan/link.h"
#include "scan/scan_private.h"
#include "scan/script.h"

static struct scan_exchange *page_of(struct arena *a, const char *html)
{
	struct scan_exchange *x = NULL;
	struct str text = arena_printf(a,
				       "@url http://site.test/dir/page.php?x=1\nGET /dir/page.php?x=1 HTTP/1.1\nHost: site.test\n\n"
				       "HTTP/1.1 200 OK\nContent-Type: text/html\n\n%s",
				       html);
	assert_ok(fixture_parse(text, a, &x, NULL));
	assert_non_null(x->page);
	return x;
}

static bool has_link(const struct scan_page *p, enum scan_link_kind kind, const char *url)
{
	for (size_t i = 0; i < p->links_len; i++)
		if (p->links[i].kind == kind && str_eq(p->links[i].url, str_c(url)))
			return true;
	return false;
}

static void links_are_found_wherever_they_stand(void **state)
{
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	const struct scan_page *p =
		page_of(a, "<title>中文 &amp; more</title><base href='/base/'><a href=a.html#frag>x</a><area href='b.html'>"
			   "<iframe src=//site.test/frame></iframe><img src=i.png srcset='s1.png 1x, s2.png 2x'>"
			   "<meta http-equiv=refresh content='5; url=next.php'><link rel=stylesheet href=c.css>"
			   "<style>body{background:url('bg.gif')}</style><!-- <a href=\"/hidden/old.php\">old</a> -->"
			   "<script>var u = '/api/users?id=3', m = 'text/html', t = \"it's\"; $.get(\"list.php\");</script>"
			   "<div data-url='/data/x' onclick=\"go('/go/there')\"></div>")
			->page;
	assert_str_c(p->title, "中文 & more");
	assert_true(has_link(p, LINK_A, "http://site.test/base/a.html"));
	assert_true(has_link(p, LINK_A, "http://site.test/base/b.html"));
	assert_true(has_link(p, LINK_FRAME, "http://site.test/frame"));
	assert_true(has_link(p, LINK_RESOURCE, "http://site.test/base/s2.png"));
	assert_true(has_link(p, LINK_REFRESH, "http://site.test/base/next.php"));
	assert_true(has_link(p, LINK_STYLE, "http://site.test/base/c.css"));
	assert_true(has_link(p, LINK_CSS, "http://site.test/base/bg.gif"));
	assert_true(has_link(p, LINK_COMMENT, "http://site.test/hidden/old.php"));
	assert_true(has_link(p, LINK_JS, "http://site.test/api/users?id=3"));
	assert_true(has_link(p, LINK_JS, "http://site.test/base/list.php"));
	assert_true(has_link(p, LINK_JS, "http://site.test/data/x"));
	assert_true(has_link(p, LINK_JS, "http://site.test/go/there"));
	assert_false(has_link(p, LINK_JS, "http://site.test/base/text/html"));
	arena_free(a);
}

static void forms_are_filled_as_a_visitor_would(void **state)
{
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	const struct scan_page *p =
		page_of(a, "<form action=/post method=post><input name=email><input name=age type=number>"
			   "<input type=hidden name=csrf_token value=abcdef0123456789><select name=s><option value=''>-"
			   "<option value=v1>1<option selected value=v2>2</select><textarea name=txt>old &lt;</textarea>"
			   "<input type=radio name=r value=a><input type=radio name=r value=b checked>"
			   "<input type=checkbox name=c value=y><input type=submit name=go value=Send>"
			   "<input type=submit name=other value=Cancel></form><input name=outside>"
			   "<form><input name=q></form>")
			->page;
	struct form_submission s;
	assert_int_equal(p->forms_len, 2);
	assert_true(form_fill(a, &p->forms[0], FORM_FULL, &s));
	assert_str_c(s.url, "http://site.test/post");
	assert_str_c(s.body, "email=scan%40example.com&age=1&csrf_token=abcdef0123456789&s=v2&txt=old%20%3C&r=b&c=y&go=Send");
	assert_int_equal(form_danger_of(&p->forms[0]), FORM_HARMLESS);
	assert_true(form_fill(a, &p->forms[1], FORM_FULL, &s));
	assert_str_c(s.url, "http://site.test/dir/page.php?q=1");
	assert_false(form_fill(a, &p->forms[1], FORM_TYPED, &s));
	arena_free(a);
}

static void multipart_values_cannot_end_their_part(void **state)
{
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	struct form_value list[] = { { STR("say \"hi\"\r\n"), STR("one"), false },
				     { STR("pic"), STR("a\"; x=\".png"), true },
				     { STR("note"), STR(""), false } };
	struct str body, type, again, plain;
	form_encode(a, list, 3, true, &plain, &type);
	assert_true(str_has(plain, STR("name=\"say %22hi%22%0D%0A\"\r\n\r\none\r\n")));
	assert_true(str_has(plain, STR("name=\"pic\"; filename=\"a%22; x=%22.png\"\r\n")));
	/* a page that knows the boundary and puts it into a field */
	list[2].value = str_sub(plain, 0, (size_t)str_find(plain, STR("\r\n")));
	form_encode(a, list, 3, true, &body, &again);
	assert_false(str_eq(type, again));
	struct form_value parts[8];
	assert_int_equal(caution_parts(body, again, parts, 8), 3);
	assert_true(str_eq(parts[2].value, list[2].value));
	form_encode(a, list, 3, true, &plain, &type);
	assert_true(str_eq(body, plain) && str_eq(type, again)); /* every time the same */
	arena_free(a);
}

static void a_search_form_is_asked_by_list_and_by_words_apart(void **state)
{
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	const struct scan_page *p = page_of(a, "<form action=/find><select name=item><option value=''>Any<option>7</select>"
					       "<input name=search><input type=submit name=go value=Go></form>")
					    ->page;
	static const char *const urls[FORM_CHOICES] = { "item=7&search=test", "item=&search=test", "item=7&search=" };
	for (enum form_choice choice = FORM_FULL; choice < FORM_CHOICES; choice++) {
		struct form_submission s;
		assert_true(form_fill(a, &p->forms[0], choice, &s));
		assert_str_c(s.url, arena_printf(a, "http://site.test/find?%s&go=Go", urls[choice]).ptr);
	}
	arena_free(a);
}

static void dangerous_forms_and_links_are_told(void **state)
{
	static const struct {
		const char *html;
		enum form_danger danger;
	} cases[] = {
		{ "<form><button>删除账号</button></form>", FORM_DESTRUCTIVE },
		{ "<form><input type=submit value='Create / Reset Database'></form>", FORM_DESTRUCTIVE },
		{ "<form><input type=password name=password_new><input type=password name=password_conf></form>", FORM_PASSWORD },
		{ "<form action=/logout><input type=submit value=OK></form>", FORM_LOGOUT },
		{ "<form><input name=user><input type=password name=pass><input type=submit value=Login></form>", FORM_HARMLESS },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
		assert_int_equal(form_danger_of(&page_of(a, cases[i].html)->page->forms[0]), cases[i].danger);
		arena_free(a);
	}
	assert_true(form_link_logs_out(STR("http://a/x"), STR("退出登录")));
	assert_true(form_link_logs_out(STR("http://a/Logout.php"), STR("")));
	assert_true(form_link_destroys(STR("http://a/user/delete?id=1"), STR("")));
	assert_false(form_link_destroys(STR("http://delete.test/user"), STR("x")));
	assert_true(form_is_token(STR("csrf_token"), STR("0123456789")));
}

static bool collect(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct buf *b = ctx;
	buf_printf(b, "%.*s ", STR_ARG(raw));
	return false;
}

static void robots_and_sitemaps_are_read(void **state)
{
	struct buf b;
	buf_init(&b, 4096);
	link_robots(STR("User-agent: *\nDisallow: /admin/ # no\nAllow: /a*b\nSitemap: http://site.test/s.xml\n"), collect, &b);
	link_sitemap(STR("<urlset><url><loc> http://site.test/x?a=1&amp;b=2 </loc></url></urlset>"), collect, &b);
	link_header(STR("</style.css>; rel=preload, <https://x.test/n>; rel=next"), collect, &b);
	assert_str_c(buf_view(&b), "/admin/ http://site.test/s.xml http://site.test/x?a=1&b=2 /style.css https://x.test/n ");
	buf_free(&b);
}

static struct kit_seq seq(struct arena *a, const char *s)
{
	return kit_seq_of(a, str_c(s));
}

static void reflections_are_undone_in_every_encoding(void **state)
{
	static const char *const texts[] = { "you said 1' AND <b>\"x\" now", "you said 1&#39; AND &lt;b&gt;&quot;x&quot; now",
					     "you said 1%27%20AND%20%3Cb%3E%22x%22 now", "you said 1%27+AND+%3cb%3e%22x%22 now",
					     "you said 1\\' AND \\u003cb\\x3e\\\"x\\\" now" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf b;
		buf_init(&b, 4096);
		kit_unreflect(&b, str_c(texts[i]), STR("1' AND <b>\"x\""), STR("1"));
		assert_str_c(buf_view(&b), "you said 1 now");
		buf_free(&b);
		assert_true(kit_reflects(str_c(texts[i]), STR("1' AND <b>\"x\"")));
	}
}

static void dynamic_zones_are_learned_and_left_out(void **state)
{
	struct arena *a = arena_new(8 * MIB);
	struct kit_zones z = { 0 };
	const char *one = "<p>Hello world</p> token: <b>a8f3k2</b> rendered in <i>0.12</i> seconds and the rest stays";
	const char *two = "<p>Hello world</p> token: <b>zz91qq</b> rendered in <i>0.98</i> seconds and the rest stays";
	const char *three = "<p>Hello world</p> token: <b>pq77xx</b> rendered in <i>0.55</i> seconds and the rest stays";
	const char *other = "<p>Hello there</p> token: <b>pq77xx</b> rendered in <i>0.55</i> seconds and the rest stays";
	struct kit_seq x = seq(a, one), y = seq(a, two), w = seq(a, three), v = seq(a, other);
	assert_true(kit_similarity(&x, &y) < 1.0);
	kit_zones_learn(a, &z, &x, &y);
	kit_zones_drop(&z, &x);
	kit_zones_drop(&z, &w);
	kit_zones_drop(&z, &v);
	assert_true(kit_similarity(&x, &w) == 1.0);
	assert_true(kit_similarity(&x, &v) < 1.0);
	arena_free(a);
}

static void signatures_see_structure_not_tokens(void **state)
{
	struct kit_sig a, b, c;
	kit_sign(STR("<html><body><h1>Not found</h1><p>The page /abcdef was not found here, sorry.</p></body></html>"), 200, &a);
	kit_sign(STR("<html><body><h1>Not found</h1><p>The page /ghijkl was not found here, sorry.</p></body></html>"), 200, &b);
	kit_sign(STR("<html><table><tr><td>1<td>2<td>3<tr><td>4<td>5<td>6</table><a href=x>a longer text follows</a></html>"), 200, &c);
	assert_true(kit_same_sig(&a, &b));
	assert_false(kit_same_sig(&a, &c));
	b.status = 404;
	assert_false(kit_same_sig(&a, &b));
}

static void path_patterns_fold_numbers(void **state)
{
	struct buf b;
	buf_init(&b, 4096);
	kit_path_pattern(&b, STR("/news/2024/117.html"), false);
	buf_char(&b, ' ');
	kit_path_pattern(&b, STR("/level1/page7.php"), false);
	buf_char(&b, ' ');
	kit_path_pattern(&b, STR("/level1/page7.php"), true);
	buf_char(&b, ' ');
	kit_path_pattern(&b, STR("/o/3f2a9c1e-77aa-4b1c-9d2e-0123456789ab"), false);
	assert_str_c(buf_view(&b), "/news/N/N.html /level1/page7.php /levelN/pageN.php /o/H");
	buf_free(&b);
}

static void script_states(void **state)
{
	assert_int_equal(script_state_at(STR("var a='x"), 8), SCRIPT_SINGLE);
	assert_int_equal(script_state_at(STR("var a='x\\'y"), 11), SCRIPT_SINGLE);
	assert_int_equal(script_state_at(STR("var a='x';b"), 11), SCRIPT_CODE);
	assert_int_equal(script_state_at(STR("a=/'/;b"), 7), SCRIPT_CODE);
	assert_int_equal(script_state_at(STR("a=4/2;'b"), 8), SCRIPT_SINGLE);
	assert_int_equal(script_state_at(STR("// it's\nb"), 9), SCRIPT_CODE);
	assert_true(script_balanced(STR("a('x')")));
	assert_false(script_balanced(STR("a('x)")));
}

/* ---- journal ---- */

static int count_records(void *arg, struct str kind, struct str key, struct str bytes)
{
	struct buf *b = arg;
	buf_printf(b, "%.*s/%.*s/%zu ", STR_ARG(kind), STR_ARG(key), bytes.len);
	return 0;
}

static void a_torn_journal_keeps_what_was_whole(void **state)
{
	char path[] = "/tmp/zw-journal-XXXXXX";
	int fd = mkstemp(path);
	struct scan_journal *j, *other;
	struct error e = { 0 };
	struct buf b;
	buf_init(&b, 4096);
	close(fd);
	assert_ok(scan_journal_open(path, &j, &e));
	struct scan_state s = scan_journal_state(j);
	assert_ok(s.append(s.ctx, STR("page"), STR("k1"), STR("hello"), &e));
	assert_ok(s.append(s.ctx, STR("page"), STR("k2"), STR("world!"), &e));
	assert_ok(s.flush(s.ctx, &e));
	assert_int_equal(scan_journal_open(path, &other, &e), -1); /* in use */
	assert_string_equal(e.code, "journal.locked");
	scan_journal_close(j);
	fd = open(path, O_WRONLY);
	off_t size = lseek(fd, 0, SEEK_END);
	assert_int_equal(ftruncate(fd, size - 3), 0);
	close(fd);
	assert_ok(scan_journal_open(path, &j, &e));
	s = scan_journal_state(j);
	assert_ok(s.append(s.ctx, STR("done"), STR("k3"), STR(""), &e));
	assert_ok(s.replay(s.ctx, count_records, &b, &e));
	assert_str_c(buf_view(&b), "page/k1/5 done/k3/0 ");
	scan_journal_close(j);
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "#!/bin/sh\necho important\n", 25), 25);
	close(fd);
	assert_int_equal(scan_journal_open(path, &j, &e), -1); /* somebody else's file is left alone */
	assert_string_equal(e.code, "journal.foreign");
	unlink(path);
	buf_free(&b);
}

static void options_are_checked_and_travel(void **state)
{
	struct arena *a = arena_new(4 * MIB);
	struct scan_header h = { STR("X-A"), STR("b") };
	struct str ex = STR("log(out|off)");
	struct scan_options o = { .target = STR("https://example.com/"), .mode = SCAN_DEEP, .headers = &h, .headers_len = 1,
				  .excludes = &ex, .excludes_len = 1, .cookie = STR("a=1; b=2"),
				  .login = { .kind = SCAN_LOGIN_FORM, .user = STR("u"), .password = STR("p") },
				  .second = { &h, 1, STR("c=3"), { .kind = SCAN_LOGIN_SCRIPT, .script = STR("goto /") } } },
			    back;
	struct error e = { 0 };
	struct buf b;
	buf_init(&b, 64 * KIB);
	assert_ok(scan_options_complete(&o, &e));
	scan_options_encode(&o, &b);
	assert_ok(scan_options_decode(buf_view(&b), a, &back, &e));
	assert_str(back.cookie, o.cookie);
	assert_str(back.excludes[0], ex);
	assert_str(back.headers[0].value, h.value);
	assert_int_equal(back.login.kind, SCAN_LOGIN_FORM);
	assert_str(back.login.password, o.login.password);
	assert_str(back.second.cookie, o.second.cookie);
	assert_str(back.second.headers[0].name, h.name);
	assert_str(back.second.login.script, o.second.login.script);
	assert_int_equal(back.mode, SCAN_DEEP);
	assert_int_equal(back.max_pages, o.max_pages);
	struct str bad = STR("(");
	o.excludes = &bad;
	assert_int_equal(scan_options_complete(&o, &e), -1);
	assert_string_equal(e.code, "scan.bad-exclude");
	struct scan_options ftp = { .target = STR("ftp://x/") };
	assert_int_equal(scan_options_complete(&ftp, &e), -1);
	assert_string_equal(e.code, "scan.bad-target");
	buf_free(&b);
	arena_free(a);
}

/* ---- fibers ---- */

struct counter {
	struct fiber *f;
	int n, until;
};

static void count_up(void *arg)
{
	struct counter *c = arg;
	char deep[20000];
	memset(deep, c->until, sizeof(deep));
	while (c->n < c->until) {
		c->n++;
		fiber_yield(c->f);
	}
	assert_int_equal(deep[19999], c->until);
}

static void fibers_take_turns(void **state)
{
	struct fiber_pool *pool = fiber_pool_new();
	for (int round = 0; round < 3; round++) {
		struct counter c[20] = { 0 };
		int alive = 20;
		for (int i = 0; i < 20; i++) {
			c[i].until = i;
			c[i].f = fiber_new(pool, count_up, &c[i]);
		}
		while (alive) {
			for (int i = 0; i < 20; i++)
				if (c[i].f && !fiber_resume(c[i].f)) {
					assert_int_equal(c[i].n, i);
					c[i].f = NULL;
					alive--;
				}
		}
	}
	fiber_pool_free(pool);
}

static void evidence_masks_secrets_and_keeps_the_proof(void **state)
{
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	struct scan_exchange *x;
	struct scan_evidence v;
	struct buf b;
	buf_init(&b, 1 * MIB);
	buf_c(&b, "GET / HTTP/1.1\nHost: site.test\nCookie: PHPSESSID=verysecretvalue\nAuthorization: Bearer abcdefghijkl\n\n"
		  "HTTP/1.1 200 OK\nContent-Type: text/plain\nSet-Cookie: sid=topsecret123; HttpOnly\n\n");
	for (int i = 0; i < 8000; i++)
		buf_c(&b, "filler ");
	buf_c(&b, "card 6222021234567890123 THE-PROOF tail");
	assert_ok(fixture_parse(buf_view(&b), a, &x, NULL));
	struct scan_report rep = { .exchange = x, .proof = STR("THE-PROOF") };
	evidence_build(a, &rep, NULL, &v);
	assert_str_c(str_sub(v.response, v.proof_at, v.proof_at + v.proof_len), "THE-PROOF");
	assert_true(v.truncated);
	assert_true(v.response.len < 20 * KIB);
	assert_false(str_has(v.request, STR("secret")));
	assert_false(str_has(v.request, STR("efghijkl")));
	assert_true(str_has(v.request, STR("PHPSESSID=")));
	assert_false(str_has(v.response, STR("secret123")));
	assert_true(str_has(v.response, STR("HttpOnly")));
	assert_false(str_has(v.response, STR("6222021234567890123")));
	buf_free(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_found_wherever_they_stand),
		cmocka_unit_test(forms_are_filled_as_a_visitor_would),
		cmocka_unit_test(multipart_values_cannot_end_their_part),
		cmocka_unit_test(a_search_form_is_asked_by_list_and_by_words_apart),
		cmocka_unit_test(dangerous_forms_and_links_are_told),
		cmocka_unit_test(robots_and_sitemaps_are_read),
		cmocka_unit_test(reflections_are_undone_in_every_encoding),
		cmocka_unit_test(dynamic_zones_are_learned_and_left_out),
		cmocka_unit_test(signatures_see_structure_not_tokens),
		cmocka_unit_test(path_patterns_fold_numbers),
		cmocka_unit_test(script_states),
		cmocka_unit_test(a_torn_journal_keeps_what_was_whole),
		cmocka_unit_test(options_are_checked_and_travel),
		cmocka_unit_test(fibers_take_turns),
		cmocka_unit_test(evidence_masks_secrets_and_keeps_the_proof),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
