/* The crawl: up to CRAWL_WINDOW requests are under way, and their answers are looked at
 * in the order in which they were asked for, whatever order they come in. So two runs
 * over the same site make the same decisions. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/cookie.h"
#include "scan/api.h"
#include "scan/link.h"
#include "scan/login_private.h"
#include "scan/scan_private.h"

#define CRAWL_WINDOW 64

struct slot {
	struct spec *spec;
	struct answer *answer; /* NULL until it is there */
	/* what the site answers for nonsense there and a folder above; must be known first */
	const struct soft404 *beside, *above;
};
struct crawl {
	struct slot slots[CRAWL_WINDOW];
	size_t head, len; /* ring */
	struct seen *done; /* spec keys of pages that an earlier process finished */
};

static void on_answer(struct send *s)
{
	struct slot *slot = s->owner;
	slot->answer = s->answer; /* takes the reference; s lives in its arena */
}

/* Does somebody who uses the site get there? Not by a guess of ours. */
static bool is_linked(const struct spec *s)
{
	return s->kind == LINK_A || s->kind == LINK_FRAME || s->kind == LINK_FORM || s->kind == LINK_SITEMAP || s->kind == LINK_API ||
	       s->kind == LINK_SEED;
}

static void start_fetch(struct run *r, struct slot *slot)
{
	struct send *s = send_new(r, slot->spec->method, slot->spec->url, 0, NULL);
	if (!s) {
		slot->answer = NULL;
		free(slot->spec);
		slot->spec = NULL;
		return;
	}
	s->owner = slot;
	s->done = on_answer;
	s->q.depth = slot->spec->depth;
	points_headers(r, s, slot->spec);
	known_headers(r, s, slot->spec);
	slot->beside = soft404_begin(r, &s->url);
	if (is_linked(slot->spec)) {
		struct url above = s->url;
		above.path = soft404_above(&s->url);
		slot->above = above.path.len ? soft404_begin(r, &above) : NULL;
	}
	send_queue(s);
}

struct push_from {
	struct run *r;
	const struct spec *spec;
	struct str from;       /* the page */
	const struct url *url; /* of it */
	struct arena *arena;
	bool outside; /* the page is one for who has no session */
	bool script; /* what is read is a script file: its relative addresses belong to `from` of spec */
};

static void push_url(struct push_from *p, enum scan_link_kind kind, struct str url)
{
	struct spec s = { .method = STR("GET"), .url = url, .from = p->from, .kind = kind,
			  .depth = p->spec->depth + 1 };
	if (kind == LINK_HEADER || kind == LINK_REFRESH || kind == LINK_SCRIPT || kind == LINK_STYLE)
		s.depth = p->spec->depth; /* what the page is made of is no step away from it */
	frontier_push(p->r, &s);
}

/* link_found over raw text: resolves first. */
static bool push_raw(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct push_from *p = ctx;
	struct url u;
	if (arena_left(p->arena) < 1 * MIB)
		return true;
	if (url_parse(p->arena, raw, p->url, 0, &u, NULL) == 0)
		push_url(p, kind, url_text(p->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO));
	return frontier_len(p->r) > 4000000;
}

/* Relative strings of a script file belong to the page that loads it. */
static bool push_script(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct push_from *p = ctx;
	struct url page, u;
	bool relative = raw.len && raw.ptr[0] != '/' && str_find(raw, STR("://")) < 0;
	if (kind == LINK_SCRIPT || !relative || str_empty(p->spec->from) || arena_left(p->arena) < 1 * MIB ||
	    url_parse(p->arena, p->spec->from, NULL, 0, &page, NULL) < 0 ||
	    url_parse(p->arena, raw, &page, 0, &u, NULL) < 0)
		return push_raw(ctx, kind, raw);
	push_url(p, kind, url_text(p->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO));
	return frontier_len(p->r) > 4000000;
}

/* What a script would send, when sending it is no more than what a visitor does by a click: as for
 * interface documents. */
static bool push_request(void *ctx, const struct link_request *q)
{
	struct push_from *p = ctx;
	struct url page, u;
	const struct url *base = p->url;
	bool get = str_eq(q->method, STR("GET")), post = str_eq(q->method, STR("POST"));
	if (p->script && url_parse(p->arena, p->spec->from, NULL, 0, &page, NULL) == 0)
		base = &page;
	if (q->headers.len && arena_left(p->arena) > 1 * MIB && url_parse(p->arena, q->url, base, 0, &u, NULL) == 0 && run_in_scope(p->r, &u))
		points_note_headers(p->r, url_text(p->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO), q->headers);
	if ((get && str_chr(q->url, '?') < 0) || arena_left(p->arena) < 1 * MIB)
		return false; /* a plain address: among the others */
	if (!get && (p->r->o.mode == SCAN_QUICK || (!post && !(p->r->o.mode == SCAN_DEEP && p->r->o.intrusive)) ||
		     form_says_destroy(q->body) || form_says_destroy(q->url)))
		return false;
	if (url_parse(p->arena, q->url, base, 0, &u, NULL) < 0)
		return false;
	frontier_push(p->r, &(struct spec){ .method = q->method, .url = url_text(p->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO),
					    .body = q->body, .type = q->type, .from = p->from, .kind = LINK_JS,
					    .depth = p->spec->depth + 1 });
	return false;
}

static void push_requests(struct push_from *p, const struct scan_exchange *x)
{
	p->script = x->media == MEDIA_SCRIPT && p->spec->from.len;
	if (x->media == MEDIA_SCRIPT)
		link_requests(x->text, push_request, p);
	for (size_t i = 0; x->page && i < x->page->tags_len; i++)
		if (str_eq(x->page->tags[i].name, STR("script")))
			link_requests(x->page->tags[i].inner, push_request, p);
}

static void push_links(struct push_from *p, const struct scan_page *page)
{
	for (size_t i = 0; i < page->links_len; i++) {
		const struct scan_link *l = &page->links[i];
		struct str text = l->tag && l->kind == LINK_A ? l->tag->inner : STR("");
		if (l->kind == LINK_FORM && !(l->tag && scan_tag_attr(l->tag, "formaction").ptr))
			continue; /* filled in below; what another button of a form calls is asked for as it is */
		if (l->kind == LINK_A && (form_link_logs_out(l->url, text) || form_link_destroys(l->url, text)))
			continue;
		push_url(p, l->kind, l->url);
	}
}

static bool may_submit(const struct run *r, const struct scan_form *f)
{
	bool post = str_eq(f->method, STR("POST"));
	if (post && r->o.mode == SCAN_QUICK)
		return false;
	switch (form_danger_of(f)) {
	case FORM_HARMLESS:
		return true;
	case FORM_DESTRUCTIVE:
		return r->o.mode == SCAN_DEEP && r->o.intrusive;
	case FORM_PASSWORD:
	case FORM_PAYMENT:
		return r->o.mode == SCAN_DEEP && r->o.intrusive;
	case FORM_LOGOUT:
		return false;
	}
	return false;
}

static bool has_password(const struct scan_form *f)
{
	for (size_t i = 0; i < f->fields_len; i++)
		if (str_eq(f->fields[i].type, STR("password")))
			return true;
	return false;
}

static void push_submission(struct push_from *p, const struct scan_form *f, const struct form_submission *sub)
{
	struct url u;
	if (url_parse(p->arena, sub->url, p->url, 0, &u, NULL) < 0)
		return;
	struct spec s = { .method = sub->method,
			  .url = url_text(p->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO),
			  .body = sub->body, .type = sub->content_type, .from = p->from,
			  .kind = LINK_FORM, .depth = p->spec->depth + 1, .outside = p->outside && has_password(f) };
	frontier_push(p->r, &s);
}

static void push_forms(struct push_from *p, const struct scan_page *page)
{
	for (size_t i = 0; i < page->forms_len; i++) {
		struct form_submission sub;
		if (!may_submit(p->r, &page->forms[i]))
			continue;
		for (enum form_choice choice = FORM_FULL; choice < FORM_CHOICES; choice++)
			if (form_fill(p->arena, &page->forms[i], choice, &sub))
				push_submission(p, &page->forms[i], &sub);
		if (!p->outside)
			menus_form(p->r, &page->forms[i], p->from, p->spec->depth + 1);
	}
}

/* Headers that carry addresses among other words. */
static void push_headers(struct push_from *p, const struct scan_headers *h)
{
	static const char *const names[] = { "content-security-policy", "content-security-policy-report-only",
					     "report-to", "reporting-endpoints", "sourcemap", "x-sourcemap",
					     "x-pingback", "p3p", "service-worker-allowed", "x-redirect-to" };
	struct str v;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t at = 0;
		while (scan_header_next(h, names[i], &at, &v))
			link_text(v, push_raw, p);
	}
	size_t at = 0;
	while (scan_header_next(h, "set-cookie", &at, &v)) { /* an application's folder */
		struct set_cookie c;
		if (cookie_parse(v, clock_wall_ms(p->r->clock), &c) == 0 && c.path.len > 1)
			push_raw(p, LINK_GUESS, c.path);
	}
}

static void push_all(struct run *r, const struct spec *spec, struct answer *a)
{
	struct push_from p = { .r = r, .spec = spec, .from = a->x.url, .url = &a->url, .arena = arena_new(64 * MIB) };
	const struct scan_exchange *x = &a->x;
	struct str v;
	size_t at = 0;
	if (x->status >= 300 && x->status < 400 && (v = scan_header_get(&x->headers, "location")).len)
		push_raw(&p, LINK_HEADER, v);
	while (scan_header_next(&x->headers, "link", &at, &v))
		link_header(v, push_raw, &p);
	if ((v = scan_header_get(&x->headers, "content-location")).len)
		push_raw(&p, LINK_HEADER, v);
	if ((v = scan_header_get(&x->headers, "refresh")).len && str_ifind(v, STR("url=")) >= 0)
		push_raw(&p, LINK_REFRESH, str_from(v, (size_t)str_ifind(v, STR("url=")) + 4));
	if (str_ends(x->path, STR("/robots.txt")) && !x->missing && x->media == MEDIA_TEXT)
		link_robots(x->text, push_raw, &p);
	else if (!x->missing && (str_ihas(x->path, STR("sitemap")) || spec->kind == LINK_SITEMAP) &&
		 (x->media == MEDIA_XML || x->media == MEDIA_TEXT))
		link_sitemap(x->text, push_raw, &p);
	else if (x->media == MEDIA_STYLE)
		link_css(x->text, push_raw, &p);
	else if (x->media == MEDIA_JSON && str_has(x->text, STR("\"sourcesContent\"")))
		link_source_map(x->text, push_script, &p);
	else if (x->media == MEDIA_SCRIPT || x->media == MEDIA_JSON)
		link_script(x->text, x->media == MEDIA_SCRIPT ? push_script : push_raw, &p);
	else if (!x->missing && (x->media == MEDIA_XML || x->media == MEDIA_TEXT))
		link_text(x->text, push_raw, &p);
	push_headers(&p, &x->headers);
	if (!x->missing && x->media != MEDIA_HTML && r->o.max_depth > 0 && api_likely(x->text))
		crawl_api(r, x->text, &a->url, spec->depth + 1);
	if (!x->missing && x->media == MEDIA_JSON)
		shapes_fill(r, a, spec->depth + 1);
	if (x->page) {
		push_links(&p, x->page);
		push_forms(&p, x->page);
	}
	push_requests(&p, x);
	arena_free(p.arena);
}

void crawl_push_page(struct run *r, const struct spec *spec, const struct url *url, const struct scan_page *page)
{
	struct push_from p = { .r = r, .spec = spec, .url = url, .arena = arena_new(64 * MIB) };
	p.from = url_text(p.arena, url, URL_NO_FRAGMENT | URL_NO_USERINFO);
	push_links(&p, page);
	push_forms(&p, page);
	arena_free(p.arena);
}

#define LIMIT_OUTSIDE 3 /* pages: the start, and what it offers to who wants to log in */

/* A link that a visitor without a session would take to get one. */
static bool leads_in(const struct scan_link *l)
{
	static const char *const words[] = { "login", "log-in", "signin", "sign-in", "登录", "登陆" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (l->kind == LINK_A && (str_ihas(l->url, str_c(words[i])) || (l->tag && str_ihas(l->tag->inner, str_c(words[i])))))
			return true;
	return false;
}

void crawl_outside(struct run *r)
{
	struct arena *a = arena_new(4 * MIB);
	struct str urls[LIMIT_OUTSIDE] = { r->o.target };
	size_t n = 1;
	for (size_t i = 0; i < n && people_has_session(r, AS_FIRST) && r->o.max_depth > 0; i++) {
		struct answer *x = session_fetch(r, &(struct fetch){ .who = AS_NOBODY, .url = urls[i], .follow = true });
		if (!x)
			break;
		struct push_from p = { .r = r, .spec = &(struct spec){ .method = STR("GET"), .url = x->x.url, .kind = LINK_A },
				       .from = x->x.url, .url = &x->url, .arena = arena_new(64 * MIB), .outside = true };
		for (size_t k = 0; x->x.page && k < x->x.page->links_len && n < LIMIT_OUTSIDE; k++)
			if (leads_in(&x->x.page->links[k]) && !str_eq(x->x.page->links[k].url, urls[n - 1]))
				urls[n++] = arena_str(a, x->x.page->links[k].url);
		if (x->x.page && x->x.status < 400) {
			push_links(&p, x->x.page);
			push_forms(&p, x->x.page);
		}
		arena_free(p.arena);
		answer_unref(x);
	}
	arena_free(a);
}

static void keep_cookies(struct run *r, const struct answer *a)
{
	size_t at = 0;
	struct str v;
	bool changed = false;
	while (scan_header_next(&a->x.headers, "set-cookie", &at, &v)) {
		struct set_cookie c;
		if (cookie_parse(v, clock_wall_ms(r->clock), &c) < 0)
			continue;
		changed = cookie_jar_set(r->people[AS_FIRST].jar, &a->url, v, clock_wall_ms(r->clock)) || changed;
	}
	if (!changed)
		return;
	struct buf b;
	buf_init(&b, 1 * MIB);
	cookie_jar_save(r->people[AS_FIRST].jar, &b);
	run_journal(r, "jar", STR(""), buf_view(&b));
	buf_free(&b);
}

static struct scan_page_info page_info(const struct answer *a)
{
	const struct scan_exchange *x = &a->x;
	struct scan_page_info info = { .url = x->url, .method = x->method, .mime = x->mime,
				       .title = x->page ? x->page->title : STR(""), .status = x->status,
				       .depth = x->depth, .size = x->body.len, .missing = x->missing };
	info.etag = str_sub(scan_header_get(&x->headers, "etag"), 0, 200);
	info.modified = str_sub(scan_header_get(&x->headers, "last-modified"), 0, 60);
	info.digest = x->status ? known_digest(x) : 0;
	return info;
}

static void tell_page(struct run *r, const struct scan_page_info *p)
{
	r->stats.pages++;
	r->stats.unchanged += p->unchanged;
	if (r->events->page)
		r->events->page(r->events->ctx, p);
}

static void journal_page(struct run *r, const struct spec *spec, struct answer *a, const struct scan_page_info *p,
			 const char *words)
{
	struct buf b;
	char key[33];
	buf_init(&b, 64 * KIB);
	page_info_encode(p, &b);
	run_put_stats(r, &b);
	buf_blob(&b, str_make((const char *)answer_sig(a), sizeof(struct kit_sig)));
	buf_blob(&b, str_c(words));
	spec_key(spec, key);
	run_journal(r, "page", str_make(key, 32), buf_view(&b));
	buf_free(&b);
}

static void remember_words(struct run *r, struct str url, struct reader *rd)
{
	struct str words;
	struct url u;
	if (rd->ptr >= rd->end || reader_blob(rd, &words) < 0 || words.len != 32)
		return;
	struct arena *t = arena_new(1 * MIB);
	if (url_parse(t, url, NULL, 0, &u, NULL) == 0)
		alias_remember(r, &u, arena_cstr(t, words));
	arena_free(t);
}

/* A page of an earlier process. */
void crawl_replayed(struct run *r, struct str key, struct str bytes)
{
	struct reader rd = reader_of(bytes);
	struct scan_page_info i = { 0 };
	struct str sig;
	if (page_info_decode(&rd, &i) < 0 || run_take_stats(r, &rd) < 0 || reader_blob(&rd, &sig) < 0)
		return;
	seen_add(r->crawl->done, key);
	if (i.status == 0)
		return; /* it failed; so it was done */
	tell_page(r, &i);
	if (sig.len == sizeof(struct kit_sig)) {
		struct kit_sig k;
		struct spec s = { .method = i.method, .url = i.url };
		memcpy(&k, sig.ptr, sizeof(k));
		frontier_learn(r, &s, &k);
	}
	remember_words(r, i.url, &rd);
}

/* A page that is only the frame of the site with a line in it looks like the one for what is
 * missing; when it is linked to, the words decide. So does a page that stands for everything
 * below a folder ("/orders/7/view"): it is there when the folder above says other words. */
static bool is_missing(struct run *r, const struct spec *spec, struct answer *a)
{
	bool known;
	struct str dir = url_directory(&a->url), ext = url_extension(a->arena, &a->url), above = soft404_above(&a->url);
	if (a->x.status != 200 || !soft404_matches(r, a, dir, ext, &known))
		return false;
	/* a folder's index that also answers for everything below it: it is there when what lies
	 * beside the folder looks otherwise */
	if (str_eq(a->url.path, dir) && (!above.len || (!soft404_matches(r, a, above, STR(""), &known) && known)))
		return false;
	return !is_linked(spec) || (!soft404_other_words(r, a, dir, ext) && !(above.len && soft404_other_words(r, a, above, STR(""))));
}

/* Looks at an answer: what it is, what it links to, what is to be probed. */
static void look_at(struct run *r, const struct spec *spec, struct answer *a, struct scan_page_info *info, char words[33])
{
	if (is_missing(r, spec, a))
		a->x.missing = true;
	bool alias = alias_page(r, a, words);
	alias_guess_learn(r, spec, !alias && !a->x.missing);
	if ((spec->kind == LINK_API_GUESS && (a->x.page || a->x.status >= 300)) || alias) {
		a->x.missing = true;
		*info = page_info(a);
		tell_page(r, info);
		return;
	}
	if (!spec->outside) /* what a stranger is given is nobody's session, least of all ours */
		keep_cookies(r, a);
	*info = page_info(a);
	known_unchanged(r, spec, a, info);
	tell_page(r, info);
	if (a->x.status == 304 && info->unchanged)
		return; /* nothing came with it */
	frontier_learn(r, spec, answer_sig(a));
	menus_answer(r, spec, a);
	/* what every address below a folder answers would lead from there to ever new ones */
	if (!(a->x.missing && (a->x.status == 200 || !is_linked(spec))))
		push_all(r, spec, a);
	passive_run(r, &a->x);
	technologies_page(r, &a->x);
	if (!info->unchanged) {
		attack_consider(r, spec, a);
		browsing_consider(r, spec, a);
	}
	session_page(r, spec, a);
}

/* One page in its turn: report, learn, follow. */
static void commit(struct run *r, struct slot *slot)
{
	struct answer *a = slot->answer;
	struct spec *spec = slot->spec;
	if (a && r->phase == PHASE_START)
		run_started(r, a);
	if (a && !(r->stopping && a->error[0])) {
		struct scan_page_info info = page_info(a);
		char words[33] = "";
		if (!a->error[0])
			look_at(r, spec, a, &info, words);
		journal_page(r, spec, a, &info, words);
		run_flush(r);
	}
	answer_unref(a);
	free(spec);
	slot->spec = NULL;
	slot->answer = NULL;
}

static bool already_done(struct run *r, const struct spec *s)
{
	char key[33];
	if (seen_len(r->crawl->done) == 0)
		return false;
	spec_key(s, key);
	return seen_has(r->crawl->done, str_make(key, 32));
}

static bool fill_one(struct run *r)
{
	struct crawl *c = r->crawl;
	if (c->len == CRAWL_WINDOW || r->stopping)
		return false;
	struct spec *s;
	while ((s = frontier_pop(r)) && (already_done(r, s) || !alias_guess_wanted(r, s)))
		free(s);
	if (!s)
		return false;
	if (r->stats.pages + c->len >= r->o.max_pages) {
		run_note_limit(r, "limit.pages");
		free(s);
		return false;
	}
	struct slot *slot = &c->slots[(c->head + c->len) % CRAWL_WINDOW];
	slot->spec = s;
	slot->answer = NULL;
	slot->beside = slot->above = NULL;
	start_fetch(r, slot);
	c->len += slot->spec != NULL;
	return true;
}

void crawl_start(struct run *r)
{
	r->crawl = mem_alloc(sizeof(*r->crawl));
	r->crawl->done = seen_new();
}

size_t crawl_under_way(const struct run *r)
{
	return r->crawl->len;
}

void crawl_free(struct run *r)
{
	struct crawl *c = r->crawl;
	if (!c)
		return;
	for (size_t i = 0; i < c->len; i++) {
		struct slot *s = &c->slots[(c->head + i) % CRAWL_WINDOW];
		answer_unref(s->answer);
		free(s->spec);
	}
	seen_free(c->done);
	free(c);
	r->crawl = NULL;
}

bool crawl_ready(const struct run *r)
{
	const struct crawl *c = r->crawl;
	const struct slot *s = &c->slots[c->head];
	return c->len > 0 && s->answer && !soft404_pending(s->beside) && !soft404_pending(s->above);
}

/* What is asked for next depends only on how many answers were looked at before. */
bool crawl_turn(struct run *r)
{
	struct crawl *c = r->crawl;
	while (fill_one(r))
		;
	for (size_t n = 0; n < 8 && crawl_ready(r); n++) {
		struct slot *s = &c->slots[c->head];
		struct slot mine = *s;
		s->spec = NULL;
		s->answer = NULL;
		c->head = (c->head + 1) % CRAWL_WINDOW;
		c->len--;
		run_doing(r, "正在爬取", "crawling", mine.spec->url);
		commit(r, &mine);
		while (fill_one(r))
			;
	}
	return c->len > 0;
}
