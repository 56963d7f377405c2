/* The engine with a real Chromium against a small single-page application inside the test:
 * what scripts ask for is found, what must not be pressed is not, text that reaches dangerous
 * places is proved by a call that ran, and its safe twins are not reported. */
#include <pthread.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"
#include "scan/browse.h"
#include "scan/check.h"
#include "scan/scan.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map *hits;
static bool kill_session, captcha;
static unsigned logins;

static void note(struct str line)
{
	pthread_mutex_lock(&lock);
	map_add(hits, line);
	pthread_mutex_unlock(&lock);
}

static bool hit(const char *line)
{
	pthread_mutex_lock(&lock);
	bool r = map_has(hits, str_c(line));
	pthread_mutex_unlock(&lock);
	return r;
}

static void answer(struct test_conn *c, const char *head, const char *type, const char *body)
{
	test_writef(c, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", head, type, strlen(body), body);
}

#define HTML(body) answer(c, "200 OK", "text/html; charset=utf-8", body)

static const char home[] =
	"<title>Home</title><a href=/spa>app</a> <a href=/dom/hash>1</a> <a href=/dom/safe>2</a> <a href='/dom/query?q=a&page=1'>3</a>"
	" <a href='/dom/encoded?q=a'>4</a> <a href=/dom/eval>5</a> <a href=/dom/message>6</a> <a href=/dom/link>7</a>"
	" <a href=/dom/origin>8</a> <a href=/member>members</a>";

/* Buttons that reveal buttons, a route by pushState and one behind "#", a form sent by fetch. */
static const char spa[] =
	"<title>App</title><div id=app></div><script>"
	"var app=document.getElementById('app');"
	"function el(t,x,f){var e=document.createElement(t);e.textContent=x;if(f)e.addEventListener('click',f);app.appendChild(e);return e}"
	"function api(p,m,b){return fetch('/a'+'pi/'+p,{method:m||'GET',headers:{'Content-Type':'application/json'},body:b})}"
	"el('button','first',function(){el('div','second',function(){api(['st','ep'].join('')+'2')})});"
	"el('span','late',function(){setTimeout(function(){api('late'+(2*21))},5000)});"
	"el('button','删除全部',function(){api('wi'+'pe','POST','{}')});"
	"el('button','Log out',function(){api('by'+'e')});"
	"el('button','route',function(){history.pushState({},'','/spa/'+'vie'+'w7');app.innerHTML='<p>view';el('button','inner',function(){api('in'+'view')})});"
	"el('button','hash',function(){location.hash='#/pa'+'nel'});"
	"el('button','remove one',function(){api('it'+'em/1','DELETE')});"
	"window.addEventListener('hashchange',function(){if(location.hash=='#/panel')api('pan'+'el')});"
	"if(location.hash=='#/panel')api('pan'+'elload');"
	"if(location.pathname=='/spa/view7')api('direct'+'7');"
	"var f=document.createElement('form');f.innerHTML='<input name=title><input name=mail type=email required><button>Save</button>';app.appendChild(f);"
	"f.onsubmit=function(e){e.preventDefault();api('sa'+'ve','POST',JSON.stringify({title:f.title.value,mail:f.mail.value}))};"
	"window.open('/op'+'ened');setTimeout(\"document.title='T'\",100);"
	"</script>";

static bool logged_in(struct test_conn *c)
{
	return str_has(buf_view(&c->request), STR("sid=good")) && !kill_session;
}

static enum page_now { AS_IT_WAS, MENDED, WANTS_LOGIN } place; /* of /dom/hash */

static void dom_page(struct test_conn *c, struct str path)
{
	if (str_eq(path, STR("/dom/hash")) && place == WANTS_LOGIN)
		test_writef(c, "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n");
	else if (str_eq(path, STR("/dom/hash")) && place == MENDED)
		HTML("<p id=o></p><script>var o=document.getElementById('o');o.textContent='hello '+decodeURIComponent(location.hash.slice(1))</script>");
	else if (str_eq(path, STR("/dom/hash")))
		HTML("<p id=o></p><script>var o=document.getElementById('o');o.innerHTML='hello '+decodeURIComponent(location.hash.slice(1))</script>");
	else if (str_eq(path, STR("/dom/safe")))
		HTML("<p id=o></p><script>document.getElementById('o').textContent=decodeURIComponent(location.hash.slice(1));eval('1+1')</script>");
	else if (str_eq(path, STR("/dom/query")))
		HTML("<div id=r></div><script>var q=new URLSearchParams(location.search).get('q');document.write('<b title=\"'+q+'\">x</b>')</script>");
	else if (str_eq(path, STR("/dom/encoded")))
		HTML("<div id=r></div><script>var q=new URLSearchParams(location.search).get('q').replace(/[<>&\"']/g,'_');document.getElementById('r').innerHTML=q</script>");
	else if (str_eq(path, STR("/dom/eval")))
		HTML("<script>var h=location.hash.slice(1);if(h)eval(\"var page='\"+decodeURIComponent(h)+\"'\")</script>");
	else if (str_eq(path, STR("/dom/message")))
		HTML("<div id=r></div><script>addEventListener('message',function(e){if(e.data&&e.data.html)document.getElementById('r').innerHTML=e.data.html})</script>");
	else if (str_eq(path, STR("/dom/origin")))
		HTML("<div id=r></div><script>addEventListener('message',function(e){if(e.origin==location.origin&&e.data&&e.data.html)document.getElementById('r').innerHTML=e.data.html})</script>");
	else if (!str_eq(path, STR("/dom/link")))
		answer(c, "404 Not Found", "text/plain", "nothing"); /* else every page would look like one that is missing */
	else
		HTML("<a id=l>next</a><script>if(location.hash)document.getElementById('l').href=decodeURIComponent(location.hash.slice(1))</script>");
}

static const char login_page[] =
	"<title>Log in</title><form action=/login method=post><input name=csrf type=hidden value=tok12345678><input name=username>"
	"<input type=password name=password>%s<input type=submit value=登录></form>";

static void login(struct test_conn *c, bool post)
{
	struct str q = buf_view(&c->request);
	char page[1000];
	if (post && str_has(q, STR("username=ann")) && str_has(q, STR("password=Right1")) && str_has(q, STR("csrf=tok12345678"))) {
		pthread_mutex_lock(&lock);
		logins++;
		kill_session = false;
		pthread_mutex_unlock(&lock);
		test_writef(c, "HTTP/1.1 302 Found\r\nLocation: /member\r\nSet-Cookie: sid=good; HttpOnly; Path=/\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	snprintf(page, sizeof(page), login_page, captcha ? "<input name=captcha placeholder=验证码>" : "");
	answer(c, "200 OK", "text/html; charset=utf-8", page);
}

/* The password is turned round by a script before it goes, and has no name of its own. */
static void hashed(struct test_conn *c, bool post)
{
	struct str q = buf_view(&c->request);
	if (post && str_has(q, STR("username=ann")) && str_has(q, STR("pwd=1thgiR")))
		test_writef(c, "HTTP/1.1 302 Found\r\nLocation: /member\r\nSet-Cookie: sid=good; Path=/\r\nContent-Length: 0\r\n\r\n");
	else
		HTML("<title>Log in</title><form id=f action=/hashed method=post><input name=username><input type=password id=p>"
		     "<input type=hidden name=pwd><button>登录</button></form><script>document.getElementById('f').onsubmit=function(){"
		     "this.pwd.value=document.getElementById('p').value.split('').reverse().join('')}</script>");
}

static void handle(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str all = buf_view(&c->request), line, method, path;
		str_split(&all, '\r', &line);
		ssize_t a = str_chr(line, ' '), b = str_rchr(line, ' ');
		method = str_sub(line, 0, (size_t)a);
		path = str_sub(line, (size_t)a + 1, (size_t)b);
		note(str_sub(line, 0, (size_t)b));
		ssize_t mark = str_chr(path, '?');
		struct str bare = mark < 0 ? path : str_sub(path, 0, (size_t)mark);
		if (str_eq(bare, STR("/")))
			HTML(home);
		else if (str_eq(bare, STR("/spa")) || str_starts(bare, STR("/spa/view")))
			HTML(spa);
		else if (str_starts(bare, STR("/dom/")))
			dom_page(c, bare);
		else if (str_starts(bare, STR("/api/")))
			answer(c, "200 OK", "application/json", "{\"ok\":true}");
		else if (str_eq(bare, STR("/login")))
			login(c, str_eq(method, STR("POST")));
		else if (str_eq(bare, STR("/hashed")))
			hashed(c, str_eq(method, STR("POST")));
		else if (str_starts(bare, STR("/member")) && !logged_in(c))
			test_writef(c, "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n");
		else if (str_eq(bare, STR("/member")))
			HTML("<title>Mine</title><h1>Welcome ann</h1><a href=/logout>退出登录</a> <a href=/member/one>1</a> <a href=/member/two>2</a>");
		else if (str_starts(bare, STR("/member/")))
			HTML("<title>Part</title><h1>Secret part</h1><a href=/member>back</a>");
		else if (str_eq(bare, STR("/opened")))
			HTML("<title>Opened</title>");
		else
			answer(c, "404 Not Found", "text/plain", "nothing");
	}
}

struct fixture {
	struct test_server *server;
	char url[64];
	struct net_policy *policy;
	struct map *findings, *pages;
	struct scan_summary sum;
	unsigned shots;
};
static struct fixture fx;

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	ssize_t slash = str_chr(str_from(f->url, 8), '/');
	buf_printf(&b, "%.*s %.*s %.*s", STR_ARG(f->check), STR_ARG(str_from(f->url, 8 + (size_t)slash)), STR_ARG(f->parameter));
	map_add(fx.findings, buf_view(&b));
	buf_free(&b);
}

static void (*told)(void *ctx, const struct scan_finding *f) = on_finding;

static void on_page(void *ctx, const struct scan_page_info *p)
{
	map_add(fx.pages, p->url);
}

static void on_shot(void *ctx, const struct scan_shot *s)
{
	assert_true(str_starts(s->png, STR("\x89PNG")));
	assert_true(s->width == 800 && s->height > 300);
	assert_true(s->png.len <= LIMIT_SHOT && s->kind.len);
	fx.shots++;
}

static int run(struct scan_options o, struct error *e)
{
	struct scan_events ev = { .finding = told, .page = on_page };
	_cleanup_connector_ struct net_connector *c = NULL;
	struct scan_browser_host *host = NULL;
	if (!scan_browser_there()) {
		print_message("SKIPPED: no Chromium on this machine\n");
		skip();
	}
	map_free(fx.findings);
	map_free(fx.pages);
	map_free(hits);
	fx.findings = map_new();
	fx.pages = map_new();
	hits = map_new();
	fx.shots = 0;
	o.target = str_c(fx.url);
	o.browser = SCAN_BROWSER_ON;
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = fx.policy }, &c, e));
	assert_ok(scan_browser_start(&o, fx.policy, on_shot, NULL, &host, e));
	struct scan_browser door = scan_browser_door(host);
	ev.browser = &door;
	int r = scan_run(&o, c, NULL, &ev, &fx.sum, e);
	scan_browser_stop(host);
	return r;
}

static void assert_hit(const char *line)
{
	if (!hit(line))
		fail_msg("not asked for: %s", line);
}

static void what_scripts_ask_for_is_found(void **state)
{
	struct str only = STR("hsts-weak");
	struct error e = { 0 };
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .only_checks = &only, .only_checks_len = 1 }, &e));
	assert_hit("GET /api/step2");	   /* a button that a button made */
	assert_hit("GET /api/late42");	   /* after five seconds */
	assert_hit("GET /spa/view7");	   /* a route by pushState: visited by itself */
	assert_hit("GET /api/inview");	   /* pressed inside that route */
	assert_hit("GET /api/direct7");
	assert_hit("GET /api/panelload");  /* a route behind "#" */
	assert_hit("POST /api/save");	   /* a form that a script sends */
	assert_hit("GET /opened");
	assert_false(hit("POST /api/wipe")); /* 删除全部 */
	assert_false(hit("GET /api/bye"));   /* Log out */
	assert_false(hit("DELETE /api/item/1"));
	assert_true(fx.shots >= 3);
	scan_summary_free(&fx.sum);
}

static bool found(const char *line)
{
	return map_has(fx.findings, str_c(line));
}

static void text_that_becomes_code_is_proved(void **state)
{
	struct str only = STR("xss-dom");
	struct error e = { 0 };
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .only_checks = &only, .only_checks_len = 1 }, &e));
	assert_true(found("xss-dom /dom/hash hash"));
	assert_true(found("xss-dom /dom/query?q=a&page=1 q"));
	assert_true(found("xss-dom /dom/eval hash"));
	assert_true(found("xss-dom /dom/message message"));
	assert_true(found("xss-dom /dom/link hash"));
	assert_int_equal(map_len(fx.findings), 5); /* and none of the safe ones */
	scan_summary_free(&fx.sum);
}

/* What a finding leaves for its retest. */
static struct arena *kept;
static struct scan_retest was;

static void keep_finding(void *ctx, const struct scan_finding *f)
{
	on_finding(ctx, f);
	if (str_has(f->url, STR("/dom/hash")))
		was = (struct scan_retest){ arena_str(kept, f->check), arena_str(kept, f->fingerprint), STR("GET"),
					    arena_str(kept, f->url), arena_str(kept, f->parameter), arena_str(kept, f->evidence.proof) };
}

/* What the check of one place came to. */
static const char *again(enum page_now now)
{
	struct error e = { 0 };
	const char *state = "";
	place = now;
	assert_ok(run((struct scan_options){ .mode = SCAN_DEEP, .retest = &was, .retest_len = 1 }, &e));
	for (size_t i = 0; i < fx.sum.checks_len; i++)
		if (strcmp(fx.sum.checks[i].check->id, "xss-dom") == 0)
			state = fx.sum.checks[i].state;
	scan_summary_free(&fx.sum);
	place = AS_IT_WAS;
	return state;
}

static void a_retest_opens_the_page_and_says_what_it_saw(void **state)
{
	struct str only = STR("xss-dom");
	struct error e = { 0 };
	kept = arena_new(1 * MIB);
	told = keep_finding;
	assert_ok(run((struct scan_options){ .mode = SCAN_STANDARD, .only_checks = &only, .only_checks_len = 1 }, &e));
	told = on_finding;
	scan_summary_free(&fx.sum);
	assert_true(was.fingerprint.len > 0);
	assert_string_equal(again(AS_IT_WAS), "ran");
	assert_int_equal(map_len(fx.findings), 1);
	assert_string_equal(again(MENDED), "ran");
	assert_int_equal(map_len(fx.findings), 0);
	assert_string_equal(again(WANTS_LOGIN), "not-reached"); /* says nothing about the page */
	arena_free(kept);
}

static void passwords_that_scripts_change_are_sent_by_the_browser(void **state)
{
	struct str only = STR("hsts-weak");
	struct error e = { 0 };
	assert_ok(run((struct scan_options){ .mode = SCAN_QUICK, .only_checks = &only, .only_checks_len = 1,
					     .login = { .kind = SCAN_LOGIN_FORM, .user = STR("ann"), .password = STR("Right1"),
							.url = STR("/hashed") } }, &e));
	assert_hit("GET /member/one");
	assert_false(hit("GET /logout"));
	scan_summary_free(&fx.sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_scripts_ask_for_is_found),
		cmocka_unit_test(text_that_becomes_code_is_proved),
		cmocka_unit_test(a_retest_opens_the_page_and_says_what_it_saw),
		cmocka_unit_test(passwords_that_scripts_change_are_sent_by_the_browser),
	};
	struct error e = { 0 };
	net_http_global_init(&e);
	hits = map_new();
	fx.server = test_server_start(handle, NULL, NULL);
	snprintf(fx.url, sizeof(fx.url), "http://127.0.0.1:%u/", test_server_port(fx.server));
	fx.policy = net_policy_new();
	net_policy_allow_own(fx.policy);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	test_server_stop(fx.server);
	net_policy_free(fx.policy);
	map_free(fx.findings);
	map_free(fx.pages);
	map_free(hits);
	return r;
}
