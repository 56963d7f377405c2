/* Keeping a session: logging in before the crawl (log-in forms and scripts), finding out
 * by which page a session can be told from none, looking now and then and whenever an
 * answer raises doubt, logging in again when it was lost, and asking again for what was
 * asked since the session was last seen alive. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/cookie.h"
#include "net/http.h"
#include "scan/browse.h"
#include "scan/login_private.h"

#define SESSION_LOOK_US (60 * 1000000LL) /* between two looks without doubt */
#define SESSION_DOUBT_US 2000000LL	 /* between two looks, whatever is in doubt */
#define SESSION_LOOK_REQUESTS 400
#define SESSION_RENEWALS 12
#define SESSION_AGAIN 2000 /* pages and units kept for a second try */

struct session {
	char *seen_url; /* the last page that answered, and how */
	int seen_status;
	char *check_url;
	struct str landed; /* where the first log-in led */
	struct kit_sig in, out;
	char *login_path; /* where the log-in form stands: an answer that leads there raises doubt */
	int64_t looked_us, renewed_us;
	uint64_t looked_requests;
	bool doubt, watching;
	unsigned renewals;
	VEC(struct spec *) pages; /* since the session was last seen alive, suspicious ones */
	VEC(struct unit *) units;
};

void session_free(struct run *r)
{
	struct session *s = r->session;
	if (!s)
		return;
	for (size_t i = 0; i < s->pages.len; i++)
		free(s->pages.ptr[i]);
	vec_free(&s->pages);
	vec_free(&s->units);
	free(s->seen_url);
	free(s->check_url);
	free(s->login_path);
	free(s);
	r->session = NULL;
}

/* ---- requests outside the queue ---- */

static void on_fetched(struct send *s)
{
	*(bool *)s->owner = true;
}

/* Turns the loop once for what is under way; false when the scan stops. */
static bool turn(struct run *r, int ms)
{
	run_tick(r);
	if (r->stopping)
		return false;
	int wait = wire_dispatch(r);
	wait = wait < 0 || wait > ms ? ms : wait;
	if (http_client_pending(r->wire.client) == 0)
		r->clock->sleep_ms(r->clock, wait > 0 ? wait : 1);
	else
		http_client_run(r->wire.client, wait);
	return true;
}

static void keep_cookies(struct run *r, enum person_id who, const struct answer *a)
{
	size_t at = 0;
	struct str v;
	while (who != AS_NOBODY && scan_header_next(&a->x.headers, "set-cookie", &at, &v))
		cookie_jar_set(r->people[who].jar, &a->url, v, clock_wall_ms(r->clock));
}

/* Without what stands behind "?": forms may send passwords there. */
static void session_saw(struct run *r, struct str url, int status)
{
	struct session *s = r->session;
	size_t n = 0;
	while (n < url.len && url.ptr[n] != '?' && url.ptr[n] != '#')
		n++;
	if (!s || !n)
		return;
	free(s->seen_url);
	s->seen_url = str_dup(str_sub(url, 0, n));
	s->seen_status = status;
}

struct str session_landed(const struct run *r)
{
	return r->session ? r->session->landed : STR("");
}

bool session_seen(const struct run *r, struct str *url, int *status)
{
	const struct session *s = r->session;
	if (!s || !s->seen_url)
		return false;
	*url = str_c(s->seen_url);
	*status = s->seen_status;
	return true;
}

static struct answer *fetch_once(struct run *r, const struct fetch *f, struct str method, struct str url)
{
	struct send *s = send_new(r, method, url, 0, NULL);
	bool done = false;
	if (!s || !run_in_scope(r, &s->url)) {
		if (s)
			send_free(s);
		return NULL;
	}
	s->owner = &done;
	s->done = on_fetched;
	s->priority = true;
	points_headers_as(r, s, &(struct spec){ .method = method, .url = url, .from = f->from }, f->who);
	if (str_eq(method, STR("POST"))) {
		s->q.body = arena_str(s->answer->arena, f->body);
		send_add_header(s, STR("Content-Type"), f->type);
	}
	struct answer *a = s->answer;
	send_queue(s);
	while (!done && turn(r, 20))
		;
	if (!done) { /* the scan stops: the loop's end completes and drops it */
		s->done = send_free;
		return NULL;
	}
	if (a->error[0]) {
		answer_unref(a);
		return NULL;
	}
	keep_cookies(r, f->who, a);
	session_saw(r, a->x.url, a->x.status);
	return a;
}

struct answer *session_fetch(struct run *r, const struct fetch *f)
{
	struct answer *a = fetch_once(r, f, f->body.ptr ? STR("POST") : STR("GET"), f->url);
	for (unsigned hops = 0; a && f->follow && hops < 10 && a->x.status >= 300 && a->x.status < 400; hops++) {
		struct url u;
		struct str to = scan_header_get(&a->x.headers, "location");
		if (str_empty(to) || url_parse(a->arena, to, &a->url, 0, &u, NULL) < 0)
			break;
		struct fetch next = { .who = f->who, .url = url_text(a->arena, &u, URL_NO_FRAGMENT), .from = a->x.url };
		struct answer *b = form_link_logs_out(next.url, STR("")) ? NULL : fetch_once(r, &next, STR("GET"), next.url);
		if (!b)
			break;
		answer_unref(a);
		a = b;
	}
	return a;
}

/* ---- logging in ---- */

static bool login_words(struct str s)
{
	return str_ihas(s, STR("login")) || str_ihas(s, STR("signin")) || str_ihas(s, STR("log-in")) ||
	       str_has(s, STR("登录")) || str_has(s, STR("登陆"));
}

static int ask_browser(struct run *r, enum person_id who, json_t **ret, struct error *e)
{
	const struct scan_browser *b = r->events->browser;
	const struct scan_login *l = r->people[who].login;
	_cleanup_json_ json_t *job = json_object();
	struct buf text, answer;
	int n;
	while (browsing_answers_due(r) && turn(r, 15)) /* a tab must be free, and no other answer on its way */
		;
	json_put(job, "kind", json_c("login"));
	json_put(job, "first", json_boolean(who == AS_FIRST));
	struct url u;
	struct str url = l->url.len ? l->url : r->o.target;
	if (url_parse(r->arena, url, &r->target, 0, &u, NULL) == 0) /* a path will do */
		url = url_text(r->arena, &u, 0);
	json_put(job, "url", json_str(url));
	json_put(job, "origin", json_str(r->ctx->origin));
	json_put(job, "user", json_str(l->user));
	json_put(job, "password", json_str(l->password));
	json_put(job, "script", json_str(l->kind == SCAN_LOGIN_SCRIPT ? l->script : STR("")));
	json_put(job, "check_text", json_str(l->check_text));
	buf_init(&text, LIMIT_BROWSE_JOB);
	buf_init(&answer, LIMIT_BROWSE_ANSWER + 64 * KIB);
	json_write(&text, job);
	n = b->ask(b->ctx, buf_view(&text));
	while (n == 0) {
		n = b->poll(b->ctx, &answer);
		if (n == 0 && !turn(r, 15)) {
			n = -1;
			break;
		}
	}
	if (n > 0)
		*ret = json_parse(buf_view(&answer), NULL);
	buf_free(&text);
	buf_free(&answer);
	return n > 0 && *ret ? 0 : error_set(e, "net.browser-gone", "浏览器没有应答", "the browser did not answer");
}

static void take_cookies(struct run *r, enum person_id who, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);
		struct str name = json_get_str(c, "name"), value = json_get_str(c, "value"), path = json_get_str(c, "path");
		struct str domain = json_get_str(c, "domain");
		struct buf b;
		buf_init(&b, 16 * KIB);
		buf_printf(&b, "%.*s=%.*s; Path=%.*s", STR_ARG(name), STR_ARG(value), STR_ARG(path.len ? path : STR("/")));
		if (str_starts(domain, STR(".")))
			buf_printf(&b, "; Domain=%.*s", STR_ARG(domain));
		if (json_get_bool(c, "secure", false))
			buf_c(&b, "; Secure");
		cookie_jar_set(r->people[who].jar, &r->target, buf_view(&b), clock_wall_ms(r->clock));
		buf_free(&b);
	}
}

static int by_browser(struct run *r, enum person_id who, struct str *landed, struct error *e)
{
	_cleanup_json_ json_t *answer = NULL;
	if (ask_browser(r, who, &answer, e) < 0)
		return -1;
	session_saw(r, json_get_str(answer, "url"), 0);
	if (!json_get_bool(answer, "ok", false)) {
		const json_t *why = json_object_get(answer, "error");
		struct str code = json_get_str(why, "code");
		error_set(e, "login.failed", "%s", "%s", "");
		snprintf(e->code, sizeof(e->code), "%.*s", STR_ARG(code.len ? code : STR("login.failed")));
		snprintf(e->zh, sizeof(e->zh), "%.*s", STR_ARG(json_get_str(why, "zh")));
		snprintf(e->en, sizeof(e->en), "%.*s", STR_ARG(json_get_str(why, "en")));
		return -1;
	}
	take_cookies(r, who, json_object_get(answer, "cookies"));
	people_learn_headers(r, who, json_object_get(answer, "headers"));
	*landed = arena_str(r->arena, json_get_str(answer, "url"));
	return 0;
}

static bool browser_missing(const struct error *e)
{
	return str_starts(str_c(e->code), STR("net.browser"));
}

/* A plain form needs no browser; what is made by scripts does. */
int session_log_in(struct run *r, enum person_id who, struct str *landed, struct error *e)
{
	const struct scan_login *l = r->people[who].login;
	bool browser = r->events->browser != NULL;
	struct error plain = { 0 };
	people_forget(r, who);
	if (l->kind == SCAN_LOGIN_SCRIPT) {
		int n = browser ? by_browser(r, who, landed, e) : -1;
		if (n == 0 || (browser && !browser_missing(e)))
			return n;
		error_clear(e);
		return login_http_script(r, who, landed, e);
	}
	if (login_http_form(r, who, landed, &plain) == 0)
		return 0;
	bool certain = error_is(&plain, "login.captcha") || error_is(&plain, "login.refused-words");
	if (!browser || certain || r->stopping) {
		*e = plain;
		return -1;
	}
	people_forget(r, who);
	if (by_browser(r, who, landed, e) == 0)
		return 0;
	if (browser_missing(e))
		*e = plain;
	return -1;
}

/* ---- by which page a session is known ---- */

bool session_leads_to_login(const struct run *r, const struct scan_exchange *x)
{
	struct str to = scan_header_get(&x->headers, "location");
	if (x->status == 401)
		return true;
	if (x->status >= 300 && x->status < 400)
		return login_words(to) || (r->session->login_path && str_has(to, str_c(r->session->login_path)));
	return x->page && login_form_of(x->page) != NULL;
}

static bool sign(struct run *r, enum person_id who, struct str url, struct kit_sig *ret, bool *login)
{
	struct answer *a = session_fetch(r, &(struct fetch){ .who = who, .url = url });
	if (!a)
		return false;
	*ret = *answer_sig(a);
	*login = session_leads_to_login(r, &a->x);
	answer_unref(a);
	return true;
}

/* Looks different with and without the session, and the same twice with it? */
static bool tells(struct run *r, struct str url)
{
	struct session *s = r->session;
	struct kit_sig in, again, out;
	bool login_in, login_out, login_again;
	if (!url.len || !sign(r, AS_FIRST, url, &in, &login_in) || !sign(r, AS_NOBODY, url, &out, &login_out) ||
	    !sign(r, AS_FIRST, url, &again, &login_again))
		return false;
	if (login_in || !kit_same_sig(&in, &again) || (kit_same_sig(&in, &out) && !login_out))
		return false;
	free(s->check_url);
	s->check_url = str_dup(url);
	s->in = in;
	s->out = out;
	return true;
}

static void watch(struct run *r, struct str landed)
{
	struct session *s = r->session;
	const struct scan_login *l = &r->o.login;
	s->watching = tells(r, l->check_url) || tells(r, landed) || tells(r, r->o.target) || tells(r, l->url);
	s->looked_us = s->renewed_us = run_now_us(r);
	s->looked_requests = r->stats.requests;
	if (!s->watching && !r->stopping)
		run_log(r, "已登录，但没有找到能区分登录前后的页面，会话丢失时无法察觉；可以填写登录检查网址。",
			"Logged in, but no page tells a session from none: a lost one will not be noticed. Give a check URL.");
}

static void remember_login_path(struct run *r)
{
	struct url u;
	struct str url = r->o.login.url;
	if (url.len && url_parse(r->arena, url, &r->target, 0, &u, NULL) == 0 && u.path.len > 1)
		r->session->login_path = str_dup(u.path);
}

void session_make(struct run *r)
{
	r->session = mem_alloc(sizeof(*r->session));
	remember_login_path(r);
}

/* Before the crawl. -1: the first user could not log in. */
int session_begin(struct run *r, struct error *e)
{
	struct str landed = STR("");
	struct error why = { 0 };
	if (r->o.login.kind == SCAN_LOGIN_NONE && r->o.second.login.kind == SCAN_LOGIN_NONE)
		return 0;
	r->session = mem_alloc(sizeof(*r->session));
	struct answer *first = session_fetch(r, &(struct fetch){ .who = AS_NOBODY, .url = r->o.target });
	if (!first)
		return 0; /* nobody there: the crawl says why */
	answer_unref(first);
	remember_login_path(r);
	if (r->o.second.login.kind != SCAN_LOGIN_NONE) {
		run_doing(r, "第二个账号正在登录", "logging in the second account", STR(""));
		if (session_log_in(r, AS_SECOND, &landed, &why) < 0) {
			char zh[500], en[500];
			snprintf(zh, sizeof(zh), "第二个账号登录失败，不做越权检查：%s", why.zh);
			snprintf(en, sizeof(en), "The second account could not log in, no access checks: %s", why.en);
			run_log(r, zh, en);
			r->people[AS_SECOND].broken = true;
		}
	}
	if (r->o.login.kind == SCAN_LOGIN_NONE)
		return 0;
	run_doing(r, "正在登录", "logging in", STR(""));
	if (session_log_in(r, AS_FIRST, &landed, e) < 0)
		return -1;
	run_log(r, "登录成功。", "Logged in.");
	r->session->landed = landed;
	watch(r, landed);
	return 0;
}

/* ---- watching ---- */

void session_page(struct run *r, const struct spec *spec, const struct answer *a)
{
	struct session *s = r->session;
	if (!s || !s->watching || !session_leads_to_login(r, &a->x))
		return;
	s->doubt = true;
	if (s->pages.len < SESSION_AGAIN)
		*vec_push(&s->pages) = spec_new(spec);
}

void session_unit_ended(struct run *r, struct unit *u)
{
	struct session *s = r->session;
	if (!s || !s->watching || u->redone)
		return;
	if (u->begun_us < s->renewed_us) { /* was under way when the session had gone */
		attack_again(r, u);
		return;
	}
	if (s->units.len < SESSION_AGAIN)
		*vec_push(&s->units) = u;
}

static void seen_alive(struct run *r)
{
	struct session *s = r->session;
	for (size_t i = 0; i < s->pages.len; i++)
		free(s->pages.ptr[i]);
	vec_clear(&s->pages);
	vec_clear(&s->units);
	s->doubt = false;
	s->looked_us = run_now_us(r);
	s->looked_requests = r->stats.requests;
}

static void renew(struct run *r)
{
	struct session *s = r->session;
	struct str landed;
	struct error e = { 0 };
	struct kit_sig now;
	bool login;
	run_log(r, "会话已失效，重新登录。", "The session was lost; logging in again.");
	if (++s->renewals > SESSION_RENEWALS || session_log_in(r, AS_FIRST, &landed, &e) < 0 ||
	    !sign(r, AS_FIRST, str_c(s->check_url), &now, &login) || login ||
	    (kit_same_sig(&now, &s->out) && !kit_same_sig(&now, &s->in))) {
		if (!r->stopping)
			run_stop(r, "session.lost");
		return;
	}
	s->in = now; /* what the scan did meanwhile may stand on it */
	for (size_t i = 0; i < s->pages.len; i++)
		frontier_again(r, s->pages.ptr[i]);
	for (size_t i = 0; i < s->units.len; i++)
		attack_again(r, s->units.ptr[i]);
	s->renewed_us = run_now_us(r);
	seen_alive(r);
}

void session_turn(struct run *r)
{
	struct session *s = r->session;
	int64_t now = run_now_us(r);
	struct kit_sig sig;
	bool login;
	if (!s || !s->watching || r->stopping || r->wire.alone)
		return; /* while time is measured nothing else leaves: a look would wait for ever */
	bool due = now - s->looked_us > SESSION_LOOK_US || r->stats.requests - s->looked_requests > SESSION_LOOK_REQUESTS;
	if (!due && !(s->doubt && now - s->looked_us > SESSION_DOUBT_US))
		return;
	s->looked_us = now;
	s->looked_requests = r->stats.requests;
	if (!sign(r, AS_FIRST, str_c(s->check_url), &sig, &login))
		return;
	if (login || (kit_same_sig(&sig, &s->out) && !kit_same_sig(&sig, &s->in)))
		renew(r);
	else
		seen_alive(r);
}

/* Is the last page looked at before the end? Doubts are settled before a phase ends. */
void session_settle(struct run *r)
{
	struct session *s = r->session;
	if (s && s->watching && !r->stopping && (s->doubt || s->units.len)) {
		s->doubt = true;
		s->looked_us = 0;
		session_turn(r);
	}
}
