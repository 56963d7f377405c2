/* The engine's side of the browser: which pages are worth a visit, in an order that does not
 * depend on timing: jobs are asked for in turn and their answers taken in the same turn; what comes back becomes links, forms and requests
 * of the crawl. Answers are taken in only while no page of the plain crawl is under way, so
 * that two runs decide alike. Everything that comes back is judged like what a site sends. */
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse.h"
#include "scan/link.h"
#include "scan/scan_private.h"

#define BROWSE_LIMIT_STANDARD 120
#define BROWSE_LIMIT_DEEP 500
#define BROWSE_LIMIT_QUICK 10
#define BROWSE_FLOWS 6 /* pages that write, and that read, the browser's storage */
#define BROWSE_ALIKE 3 /* pages of a pattern that are visited */

struct wish {
	char *url; /* with a fragment when it is a route */
	char *from;
	unsigned depth;
	bool xss; /* look for what happens in the browser instead of using the page */
	char *via; /* the page that keeps something in the browser for this one to show */
};

/* A job under way; its answer once it has come. */
struct slot {
	struct wish wish;
	unsigned n;
	json_t *answer;
};

/* Pages whose own scripts turn what a stranger may choose into markup, code or addresses, and
 * all others. Each line has its own limit, so that what is visited does not depend on when. */
struct wishes {
	VEC(struct wish) list;
	size_t next;
	unsigned visits;
};
enum { TELLING, USUAL, WISH_LINES };

struct browsing {
	struct wishes lines[WISH_LINES];
	size_t next, xss_next;
	VEC(struct wish) looked; /* visited: candidates of the second look */
	VEC(char *) writers, readers; /* pages that keep text of a stranger; that use what is kept */
	size_t flow;
	struct map *seen, *kinds, *done;
	struct slot slots[SCAN_BROWSER_TABS]; /* the oldest first */
	size_t busy;
	struct wish now; /* that of the first slot, while its answer is taken in */
	bool gone;
	unsigned failed, asked;
	struct send *fetch; /* a page asked for again, as evidence */
	struct answer *evidence;
	bool fetched;
	json_t *sinks; /* being reported */
	size_t sink;
};

bool browsing_wanted(const struct run *r)
{
	return r->events->browser && r->browsing;
}

void browsing_start(struct run *r)
{
	r->browsing = mem_alloc(sizeof(*r->browsing));
	r->browsing->seen = map_new();
	r->browsing->kinds = map_new();
	r->browsing->done = map_new();
}

static void free_wish(struct wish *w)
{
	free(w->url);
	free(w->from);
	free(w->via);
}

void browsing_free(struct run *r)
{
	struct browsing *b = r->browsing;
	if (!b)
		return;
	for (struct wishes *w = b->lines; w < b->lines + WISH_LINES; w++) {
		for (size_t i = w->next; i < w->list.len; i++)
			free_wish(&w->list.ptr[i]);
		vec_free(&w->list);
	}
	for (size_t i = 0; i < b->looked.len; i++)
		free_wish(&b->looked.ptr[i]);
	vec_free(&b->looked);
	for (size_t i = 0; i < b->writers.len; i++)
		free(b->writers.ptr[i]);
	for (size_t i = 0; i < b->readers.len; i++)
		free(b->readers.ptr[i]);
	vec_free(&b->writers);
	vec_free(&b->readers);
	map_free(b->seen);
	map_free(b->kinds);
	map_free(b->done);
	for (size_t i = 0; i < b->busy; i++) {
		free_wish(&b->slots[i].wish);
		json_decref(b->slots[i].answer);
	}
	answer_unref(b->evidence);
	json_decref(b->sinks);
	free(b);
	r->browsing = NULL;
}

static unsigned most_visits(const struct run *r)
{
	unsigned n = r->o.mode == SCAN_QUICK  ? BROWSE_LIMIT_QUICK
		     : r->o.mode == SCAN_DEEP ? BROWSE_LIMIT_DEEP
					      : BROWSE_LIMIT_STANDARD;
	return n < r->o.max_pages ? n : r->o.max_pages;
}

/* ---- what is worth it ---- */

static bool runs_scripts(const struct scan_page *p)
{
	for (size_t i = 0; i < p->tags_len; i++) {
		const struct scan_tag *t = &p->tags[i];
		if (str_eq(t->name, STR("script")) && !str_ihas(scan_tag_attr(t, "type"), STR("json")))
			return true;
		for (size_t k = 0; k < t->attrs_len; k++)
			if (str_starts(t->attrs[k].name, STR("on")) && t->attrs[k].name.len > 3)
				return true;
	}
	return false;
}

/* Pattern of the address with its parameter names and of the part behind "#". */
static bool one_of_few(struct run *r, struct str url)
{
	struct url u;
	struct arena *a = arena_new(1 * MIB);
	struct buf b;
	buf_init(&b, 64 * KIB);
	ssize_t hash = str_chr(url, '#');
	if (url_parse(a, hash < 0 ? url : str_sub(url, 0, (size_t)hash), NULL, 0, &u, NULL) == 0)
		kit_path_pattern(&b, u.path, true);
	struct str pair, rest = u.query;
	while (str_split(&rest, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		buf_char(&b, '&');
		buf_str(&b, eq < 0 ? pair : str_sub(pair, 0, (size_t)eq));
	}
	if (hash >= 0) {
		buf_char(&b, '#');
		kit_path_pattern(&b, str_from(url, (size_t)hash + 1), true);
	}
	uintptr_t n = (uintptr_t)map_get(r->browsing->kinds, buf_view(&b));
	map_put(r->browsing->kinds, buf_view(&b), (void *)(n + 1));
	buf_free(&b);
	arena_free(a);
	return n < (r->o.mode == SCAN_DEEP ? 3 * BROWSE_ALIKE : BROWSE_ALIKE);
}

static bool any_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_has(s, str_c(*words)))
			return true;
	return false;
}

static bool script_tells(struct str code)
{
	static const char *const sources[] = { "location", "document.URL", "documentURI", "referrer", "window.name", "postMessage", "onmessage",
					       "'message'", "\"message\"", "localStorage", "sessionStorage", "document.cookie", "history.state",
					       "URLSearchParams", NULL };
	static const char *const sinks[] = { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "setTimeout",
					     "setInterval", ".html(", "$(", "jQuery(", ".append(", "srcdoc", ".src", ".href", "location", "setAttribute",
					     "createContextualFragment", "parseFromString", "fetch(", ".open(", "import(", "__html", NULL };
	return any_of(code, sources) && any_of(code, sinks);
}

static bool tells(const struct scan_page *p)
{
	for (size_t i = 0; i < p->tags_len; i++) {
		const struct scan_tag *t = &p->tags[i];
		if (str_eq(t->name, STR("script")) && script_tells(t->inner))
			return true;
		for (size_t k = 0; k < t->attrs_len; k++)
			if (str_starts(t->attrs[k].name, STR("on")) && script_tells(t->attrs[k].value))
				return true;
	}
	return false;
}

static void wish_for(struct run *r, struct str url, struct str from, unsigned depth, bool telling)
{
	struct browsing *b = r->browsing;
	struct wishes *line = &b->lines[telling ? TELLING : USUAL];
	if (url.len > 4000 || depth > r->o.max_depth || !map_add(b->seen, url) || line->list.len >= 20000)
		return;
	if (form_link_logs_out(url, STR("")) || form_link_destroys(url, STR("")) || run_excluded(r, url) ||
	    !one_of_few(r, url))
		return;
	*vec_push(&line->list) = (struct wish){ str_dup(url), str_dup(from), depth, false, NULL };
}

/* Text with every `what` replaced by an innocent word. */
static struct str disarmed(struct arena *a, struct str s, struct str what)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	while (s.len) {
		bool here = what.len && str_starts(s, what);
		if (here)
			buf_c(&b, "a");
		else
			buf_char(&b, s.ptr[0]);
		s = str_from(s, here ? what.len : 1);
	}
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

static void look_again(struct run *r, struct str url, struct str via)
{
	struct url u;
	struct arena *a = arena_new(1 * MIB);
	if (url.len < 4000 && url_parse(a, url, NULL, 0, &u, NULL) == 0 && run_in_scope(r, &u) && !run_excluded(r, url) &&
	    map_add(r->browsing->seen, arena_printf(a, "%.*s\n%.*s", STR_ARG(url), STR_ARG(via))))
		*vec_push(&r->browsing->looked) =
			(struct wish){ str_dup(url), str_dup(STR("")), 0, true, via.len ? str_dup(via) : NULL };
	arena_free(a);
}

/* A finding of the browser is looked for where it was, and by the way that its proof tells (see
 * report_sink()): a route behind "#", or a page that keeps something for another one. A page that is
 * there no more is opened, too: what cannot run is gone. One that wants a log-in says nothing. */
static void consider_retest(struct run *r, const struct answer *answer)
{
	struct str page = answer->x.url;
	bool there = answer->x.status == 200 || answer->x.status == 404 || answer->x.status == 410;
	for (size_t i = 0; browsing_wanted(r) && there && i < r->o.retest_len; i++) {
		const struct scan_retest *t = &r->o.retest[i];
		struct str rest = t->proof, line[4] = { { 0 } };
		if (!str_eq(t->check, str_c(check_xss_dom.id)) || !str_eq(t->url, page))
			continue;
		for (size_t n = 0; n < 4 && str_split(&rest, '\n', &line[n]); n++)
			;
		struct arena *a = arena_new(1 * MIB);
		struct str trigger = disarmed(a, line[1], line[2]);
		ssize_t then = str_find(line[3], STR("then open "));
		struct str last = then < 0 ? STR("") : str_from(line[3], (size_t)then + 10);
		ssize_t end = str_find(last, STR(", and press"));
		last = end < 0 ? last : str_sub(last, 0, (size_t)end);
		look_again(r, page, STR(""));
		if (last.len)
			look_again(r, last, trigger);
		else if (str_chr(line[1], '#') >= 0)
			look_again(r, trigger, STR(""));
		arena_free(a);
	}
}

void browsing_consider(struct run *r, const struct spec *s, const struct answer *a)
{
	if (r->o.retest_len) {
		consider_retest(r, a);
		return;
	}
	if (!browsing_wanted(r) || !a->x.page || a->x.status != 200 || a->x.missing || !str_eq(s->method, STR("GET")))
		return;
	if (runs_scripts(a->x.page))
		wish_for(r, a->x.url, s->from, s->depth, tells(a->x.page));
}

/* ---- a job ---- */

static void put_session(struct run *r, json_t *job, struct str url, enum person_id who)
{
	struct buf b;
	struct url u;
	struct arena *a = arena_new(1 * MIB);
	buf_init(&b, 64 * KIB);
	if (url_parse(a, url, NULL, 0, &u, NULL) == 0)
		people_cookies(r, who, &u, &b);
	json_put(job, "cookie", json_str(buf_view(&b)));
	json_t *list = json_array();
	const struct person *p = &r->people[AS_FIRST];
	for (size_t i = 0; i < p->headers_len; i++) {
		json_t *h = json_object();
		json_put(h, "name", json_str(p->headers[i].name));
		json_put(h, "value", json_str(p->headers[i].value));
		json_array_append_new(list, h);
	}
	json_put(job, "headers", list);
	buf_free(&b);
	arena_free(a);
}

static int ask(struct run *r, const struct wish *w, unsigned n)
{
	_cleanup_json_ json_t *job = json_object();
	struct buf b;
	json_put(job, "n", json_integer(n));
	json_put(job, "kind", json_c(w->xss ? "xss" : "visit"));
	json_put(job, "url", json_c(w->url));
	json_put(job, "referrer", json_c(w->from));
	if (w->via)
		json_put(job, "via", json_c(w->via));
	put_session(r, job, str_c(w->url), AS_FIRST);
	buf_init(&b, LIMIT_BROWSE_JOB);
	json_write(&b, job);
	int done = b.overflow ? -1 : r->events->browser->ask(r->events->browser->ctx, buf_view(&b));
	buf_free(&b);
	return done;
}

/* What the journal calls it. */
static void put_key(struct buf *b, const struct wish *w)
{
	buf_printf(b, "%c%s", w->xss ? 'x' : 'v', w->url);
	if (w->via)
		buf_printf(b, "\n%s", w->via);
}

static bool done_before(struct run *r, const struct wish *w)
{
	struct buf b;
	buf_init(&b, 16 * KIB);
	put_key(&b, w);
	bool done = map_has(r->browsing->done, buf_view(&b));
	buf_free(&b);
	return done;
}

static void journal(struct run *r, const struct wish *w)
{
	struct buf b;
	buf_init(&b, 16 * KIB);
	put_key(&b, w);
	run_journal(r, "browsed", buf_view(&b), STR(""));
	run_flush(r);
	buf_free(&b);
}

void browsing_replayed(struct run *r, struct str key)
{
	if (r->browsing)
		map_add(r->browsing->done, key);
}

/* Worth a second look, for what happens in the browser alone. */
static void look_later(struct run *r, const struct wish *w)
{
	*vec_push(&r->browsing->looked) = (struct wish){ str_dup(str_c(w->url)), str_dup(str_c(w->from)), w->depth, true, NULL };
}

/* Each page that keeps something with each that uses what is kept; itself included, as it
 * is when it is loaded again. */
static bool next_flow(struct run *r, struct wish *ret)
{
	struct browsing *b = r->browsing;
	while (b->flow < b->writers.len * b->readers.len) {
		const char *from = b->writers.ptr[b->flow / b->readers.len], *to = b->readers.ptr[b->flow % b->readers.len];
		b->flow++;
		*ret = (struct wish){ str_dup(str_c(to)), str_dup(str_c(from)), 0, true, str_dup(str_c(from)) };
		if (!done_before(r, ret))
			return true;
		free_wish(ret);
	}
	return false;
}

/* How far things are: 0 pages are used, 1 each is looked at once more, 2 pairs of them. */
static int stage_of(const struct wish *w)
{
	return w->via ? 2 : w->xss;
}

/* Next wish: pages first; then, when all have been used, each once more for what happens in
 * the browser alone. A stage begins when the one before is over. */
static bool next_wish(struct run *r, struct wish *ret)
{
	struct browsing *b = r->browsing;
	int stage = b->busy ? stage_of(&b->slots[0].wish) : 2;
	for (struct wishes *l = b->lines; l < b->lines + WISH_LINES; l++)
		while (l->next < l->list.len && l->visits < most_visits(r)) {
			struct wish w = l->list.ptr[l->next++];
			if (!done_before(r, &w)) {
				*ret = w;
				l->visits++;
				return true;
			}
			look_later(r, &w);
			free_wish(&w);
		}
	while (stage > 0 && b->xss_next < b->looked.len && attack_check_wanted(r, &check_xss_dom)) {
		const struct wish *w = &b->looked.ptr[b->xss_next++];
		if (done_before(r, w))
			continue;
		*ret = (struct wish){ str_dup(str_c(w->url)), str_dup(str_c(w->from)), w->depth, true,
				      w->via ? str_dup(str_c(w->via)) : NULL };
		return true;
	}
	return stage > 1 && next_flow(r, ret);
}

/* ---- what came back ---- */

static void push_found(struct run *r, const struct wish *w, struct str method, struct str url, struct str body,
		       struct str type, enum scan_link_kind kind)
{
	struct arena *a = arena_new(2 * MIB);
	struct url u;
	if (url.len < 4000 && url_parse(a, url, NULL, 0, &u, NULL) == 0) {
		struct str plain = url_text(a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO);
		struct str from = str_c(w->url);
		ssize_t hash = str_chr(from, '#');
		struct spec s = { .method = method, .url = plain, .body = body, .type = type, .kind = kind,
				  .from = hash < 0 ? from : str_sub(from, 0, (size_t)hash), .depth = w->depth + 1 };
		frontier_push(r, &s);
	}
	arena_free(a);
}

static bool known_method(struct str m)
{
	return str_eq(m, STR("GET")) || str_eq(m, STR("POST")) || str_eq(m, STR("PUT")) || str_eq(m, STR("PATCH"));
}

static void take_requests(struct run *r, const struct wish *w, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *q = json_array_get(list, i);
		struct str method = json_get_str(q, "method"), kind = json_get_str(q, "kind");
		bool reads = str_eq(method, STR("GET"));
		if (!known_method(method) || (!reads && r->o.mode == SCAN_QUICK))
			continue;
		/* what writes is only sent again where everything may be tried */
		if (!reads && !str_eq(method, STR("POST")) && r->o.mode != SCAN_DEEP)
			continue;
		push_found(r, w, method, json_get_str(q, "url"), reads ? STR("") : json_get_str(q, "body"),
			   reads ? STR("") : json_get_str(q, "type"),
			   str_eq(kind, STR("Script")) ? LINK_SCRIPT : str_eq(kind, STR("Document")) ? LINK_A : LINK_JS);
	}
}

static void take_routes(struct run *r, const struct wish *w, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		struct str url = str_make(json_string_value(v), v ? json_string_length(v) : 0);
		struct arena *a = arena_new(1 * MIB);
		struct url u;
		if (url_parse(a, url, NULL, 0, &u, NULL) == 0 && run_in_scope(r, &u)) {
			wish_for(r, url_text(a, &u, URL_NO_USERINFO), str_c(w->url), w->depth + 1, false);
			push_found(r, w, STR("GET"), url, STR(""), STR(""), LINK_A);
		}
		arena_free(a);
	}
}

/* Routes behind "#" that stand as links in the page as it became. */
static void take_hash_links(struct run *r, const struct wish *w, const struct scan_page *page, const struct url *base)
{
	for (size_t i = 0; i < page->tags_len; i++) {
		struct str href = scan_tag_attr(&page->tags[i], "href");
		ssize_t hash = str_chr(href, '#');
		if (hash < 0 || !str_eq(page->tags[i].name, STR("a")) || href.len < (size_t)hash + 3)
			continue;
		struct str part = str_from(href, (size_t)hash + 1);
		if (part.ptr[0] != '/' && part.ptr[0] != '!')
			continue; /* a place on the page */
		struct arena *a = arena_new(1 * MIB);
		struct url u;
		if (url_parse(a, href, base, 0, &u, NULL) == 0 && run_in_scope(r, &u))
			wish_for(r, url_text(a, &u, URL_NO_USERINFO), str_c(w->url), w->depth + 1, false);
		arena_free(a);
	}
}

static void take_pages(struct run *r, const struct wish *w, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
		struct url u, base;
		struct str url = str_c(w->url);
		if (url_parse(a, url, NULL, 0, &u, NULL) == 0) {
			struct scan_page *page =
				page_parse(a, str_make(json_string_value(v), v ? json_string_length(v) : 0), &u);
			crawl_push_page(r, &(struct spec){ .method = STR("GET"), .url = url, .depth = w->depth, .kind = LINK_A },
					&u, page);
			if (url_parse(a, page->base, NULL, 0, &base, NULL) == 0)
				take_hash_links(r, w, page, &base);
		}
		arena_free(a);
	}
}

static void take_visit(struct run *r, const struct wish *w, const json_t *answer)
{
	people_learn_headers(r, AS_FIRST, json_object_get(answer, "headers"));
	take_pages(r, w, json_object_get(answer, "html"));
	take_requests(r, w, json_object_get(answer, "requests"));
	take_routes(r, w, json_object_get(answer, "routes"));
	if (json_get_bool(answer, "listens", true))
		look_later(r, w);
}

/* ---- cross-site scripting in the browser ---- */

static void on_evidence(struct send *s)
{
	struct run *r = s->run;
	r->browsing->evidence = s->answer;
	r->browsing->fetched = true;
}

static void fetch_evidence(struct run *r)
{
	struct browsing *b = r->browsing;
	struct str url = str_c(b->now.url);
	ssize_t hash = str_chr(url, '#');
	struct send *s = send_new(r, STR("GET"), hash < 0 ? url : str_sub(url, 0, (size_t)hash), 0, NULL);
	b->fetched = s == NULL;
	if (!s)
		return;
	s->done = on_evidence;
	points_headers(r, s, &(struct spec){ .method = STR("GET"), .url = s->q.url });
	send_queue(s);
}

/* Where a stranger puts it, and how. */
static const struct {
	const char *source, *zh, *how_zh, *how_en;
} sources[] = {
	{ "hash", "网址 # 后的部分", "在浏览器中打开触发网址", "open this address" },
	{ "query", "网址参数", "在浏览器中打开触发网址", "open this address" },
	{ "path", "网址路径", "在浏览器中打开触发网址", "open this address" },
	{ "name", "window.name", "从另一页面以 window.open(网址, 验证内容) 打开", "from another page: window.open(address, payload)" },
	{ "referrer", "来源页地址（document.referrer）", "从地址里带有验证内容的页面点链接进入",
	  "follow a link from a page whose address holds the payload" },
	{ "message", "跨域消息（postMessage）", "从另一页面打开后向它 postMessage 验证内容",
	  "open it from another page and postMessage the payload" },
};

static size_t source_number(struct str s)
{
	size_t i = 0;
	while (i + 1 < sizeof(sources) / sizeof(sources[0]) && !str_eq(s, str_c(sources[i].source)))
		i++;
	return i;
}

/* Name of query parameter number n. */
static struct str parameter_name(struct arena *a, struct str url, int64_t n)
{
	ssize_t mark = str_chr(url, '?'), hash = str_chr(url, '#');
	struct str pair, rest = mark < 0 ? STR("") : str_sub(url, (size_t)mark + 1, hash > mark ? (size_t)hash : url.len);
	for (int64_t i = 0; str_split(&rest, '&', &pair); i++) {
		ssize_t eq = str_chr(pair, '=');
		if (i == n)
			return arena_str(a, eq < 0 ? pair : str_sub(pair, 0, (size_t)eq));
	}
	return STR("");
}

static struct str steps(struct arena *a, const json_t *s, bool zh)
{
	size_t n = source_number(json_get_str(s, "source"));
	struct str then = json_get_str(s, "then");
	int64_t phase = json_get_int(s, "phase", 0);
	return arena_printf(a, "%s%s%.*s%s", zh ? sources[n].how_zh : sources[n].how_en,
			    !then.len ? "" : zh ? "，再打开 " : ", then open ", STR_ARG(str_sub(then, 0, 400)),
			    phase < 2 ? "" : zh ? "，并点击页面上的按钮" : ", and press the page's buttons");
}

static void report_sink(struct run *r, const json_t *s)
{
	struct browsing *b = r->browsing;
	struct arena *a = arena_new(1 * MIB);
	struct str from = json_get_str(s, "source"), sink = json_get_str(s, "sink"), url = json_get_str(s, "url");
	struct str param = json_get_str(s, "name"), payload = json_get_str(s, "payload");
	struct str en = steps(a, s, false), zh = steps(a, s, true);
	if (!param.len && str_eq(from, STR("query")))
		param = parameter_name(a, b->now.via ? str_c(b->now.via) : str_c(b->now.url), json_get_int(s, "param", -1));
	struct scan_report rep = {
		.exchange = &b->evidence->x,
		.parameter = param.len ? param : from,
		.proof = arena_printf(a, "%.*s -> %.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(from), STR_ARG(sink), STR_ARG(url),
				      STR_ARG(str_sub(payload, 0, 400)), STR_ARG(en),
				      STR_ARG(str_sub(json_get_str(s, "stack"), 0, 1200))),
		.detail_zh = arena_printf(a, "%s里的内容未经处理到达 %.*s，在真实浏览器中执行了验证代码；触发网址：%.*s ；验证内容：%.*s ；复现：%.*s",
					  sources[source_number(from)].zh, STR_ARG(sink), STR_ARG(str_sub(url, 0, 400)),
					  STR_ARG(str_sub(payload, 0, 200)), STR_ARG(zh)),
		.detail_en = arena_printf(a, "Text from %.*s reached %.*s and ran a harmless call in a real browser; at %.*s ; payload: %.*s ; to see it: %.*s",
					  STR_ARG(from), STR_ARG(sink), STR_ARG(str_sub(url, 0, 400)),
					  STR_ARG(str_sub(payload, 0, 200)), STR_ARG(en)),
		.confidence_set = true, .confidence = CONFIDENCE_CERTAIN,
		.place_key = arena_printf(a, "%.*s>%.*s", STR_ARG(from), STR_ARG(sink)),
	};
	finding_report(r, &check_xss_dom, &rep, NULL);
	arena_free(a);
}

static void report_sinks(struct run *r)
{
	struct browsing *b = r->browsing;
	for (size_t i = 0; b->evidence && !b->evidence->error[0] && i < json_array_size(b->sinks); i++)
		report_sink(r, json_array_get(b->sinks, i));
}

/* ---- turning ---- */

/* The first slot's job is over. */
static void finish(struct run *r)
{
	struct browsing *b = r->browsing;
	journal(r, &b->now);
	free_wish(&b->now);
	b->now = (struct wish){ 0 };
	json_decref(b->slots[0].answer);
	json_decref(take_ptr(b->sinks));
	answer_unref(take_ptr(b->evidence));
	b->fetched = false;
	b->busy--;
	for (size_t i = 0; i < b->busy; i++)
		b->slots[i] = b->slots[i + 1];
}

static void failed(struct run *r, const json_t *answer)
{
	struct browsing *b = r->browsing;
	const json_t *why = json_object_get(answer, "error");
	struct str code = json_get_str(why, "code");
	b->failed++;
	if (str_eq(code, STR("net.browser-missing")) || str_eq(code, STR("net.browser-start")) || b->failed >= 10) {
		char zh[400], en[400];
		b->gone = true;
		snprintf(zh, sizeof(zh), "浏览器不可用，只做普通爬取：%.*s", STR_ARG(str_sub(json_get_str(why, "zh"), 0, 250)));
		snprintf(en, sizeof(en), "The browser cannot be used, crawling without it: %.*s",
			 STR_ARG(str_sub(json_get_str(why, "en"), 0, 250)));
		run_log(r, zh, en);
	}
}

static void note_flows(struct run *r, const json_t *answer)
{
	struct browsing *b = r->browsing;
	if (json_array_size(json_object_get(answer, "writes")) && b->writers.len < BROWSE_FLOWS)
		*vec_push(&b->writers) = str_dup(str_c(b->now.url));
	if (json_get_bool(answer, "stores", false) && b->readers.len < BROWSE_FLOWS)
		*vec_push(&b->readers) = str_dup(str_c(b->now.url));
}

/* The whole answer is there, and the plain crawl rests. */
static void take_answer(struct run *r)
{
	struct browsing *b = r->browsing;
	const json_t *answer = b->slots[0].answer;
	b->now = b->slots[0].wish;
	if (b->sinks) { /* waits for its evidence */
		if (!b->fetched)
			return;
		report_sinks(r);
		finish(r);
		return;
	}
	struct scan_check_stat *stat = run_check_stat(r, &check_xss_dom);
	stat->tasks += b->now.xss;
	stat->skipped += b->now.xss && !json_get_bool(answer, "ok", false);
	if (b->now.xss && !b->now.via)
		note_flows(r, answer);
	if (!json_get_bool(answer, "ok", false)) {
		failed(r, answer);
	} else if (b->now.xss && json_array_size(json_object_get(answer, "sinks"))) {
		b->failed = 0;
		b->sinks = json_incref(json_object_get(answer, "sinks"));
		fetch_evidence(r);
		return;
	} else if (!b->now.xss) {
		b->failed = 0;
		take_visit(r, &b->now, answer);
	}
	finish(r);
}

static void take_in(struct browsing *b, json_t *answer)
{
	for (size_t i = 0; i < b->busy; i++)
		if (!b->slots[i].answer && b->slots[i].n == (unsigned)json_get_int(answer, "n", b->slots[i].n)) {
			b->slots[i].answer = answer;
			return;
		}
	json_decref(answer);
}

/* Answers that have come; true while one is still missing. */
static bool poll_answers(struct run *r)
{
	struct browsing *b = r->browsing;
	struct buf text;
	size_t missing = 0;
	int n = 1;
	for (size_t i = 0; i < b->busy; i++)
		missing += !b->slots[i].answer;
	if (!missing)
		return false;
	buf_init(&text, LIMIT_BROWSE_ANSWER + 64 * KIB);
	for (; missing && (n = r->events->browser->poll(r->events->browser->ctx, &text)) > 0; missing--) {
		json_t *answer = json_parse(buf_view(&text), NULL);
		take_in(b, answer ? answer : json_object());
	}
	for (; n < 0 && missing; missing--) {
		b->gone = true;
		take_in(b, json_object());
	}
	buf_free(&text);
	return missing > 0;
}

bool browsing_answers_due(struct run *r)
{
	return r->browsing && r->browsing->busy && poll_answers(r);
}

bool browsing_under_way(const struct run *r)
{
	return r->browsing && r->browsing->busy;
}

static bool begin(struct run *r)
{
	struct browsing *b = r->browsing;
	struct slot *s = &b->slots[b->busy];
	if (!next_wish(r, &s->wish))
		return false;
	s->n = ++b->asked;
	s->answer = NULL;
	b->busy++;
	if (ask(r, &s->wish, s->n) < 0) {
		b->gone = true;
		s->answer = json_object();
	}
	run_doing(r, s->wish.xss ? "正在浏览器中检查" : "正在浏览器中爬取", s->wish.xss ? "checking in the browser" : "browsing",
		  str_c(s->wish.url));
	return true;
}

/* Pages that the browser has not opened: the check was done in part. */
void browsing_end(struct run *r)
{
	const struct browsing *b = r->browsing;
	struct scan_check_stat *stat = run_check_stat(r, &check_xss_dom);
	if (!browsing_wanted(r) || !stat->tasks)
		return;
	for (const struct wishes *l = b->lines; l < b->lines + WISH_LINES; l++)
		stat->skipped += l->list.len - l->next;
	stat->skipped += b->looked.len - b->xss_next;
}

bool browsing_turn(struct run *r, bool crawl_rests)
{
	struct browsing *b = r->browsing;
	if (!browsing_wanted(r))
		return false;
	poll_answers(r);
	if (b->busy && b->slots[0].answer && crawl_rests)
		take_answer(r);
	while (!b->gone && crawl_rests && !b->sinks && b->busy < SCAN_BROWSER_TABS && begin(r))
		;
	return b->busy > 0;
}
