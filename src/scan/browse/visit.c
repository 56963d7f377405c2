/* One page as a visitor would use it: let it load, fill in what is empty, press what can
 * be pressed, the newest first, so that what a press reveals is pressed next. A press that
 * leaves the page is noted and taken back. Time, presses, reloads and kept states are
 * bounded; what destroys or logs out is left alone. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse/browse_private.h"
#include "scan/form.h"
#include "scan/scan_private.h"

#define VISIT_SCROLLS 4
#define VISIT_STATES 6	   /* pages as they became, kept for the engine */
#define VISIT_RELOADS 8
#define VISIT_OF_A_SHAPE 15 /* entries of a menu */
#define VISIT_ALIKE 2	    /* the same words in the same place: rows of a table */
#define VISIT_HTML (1 * MIB)
#define VISIT_LIST 200 /* candidates asked for at once; a hostile page may give more */

struct candidate {
	json_t *v;
	bool stale; /* of an earlier load: its element is to be found again */
};

struct visit {
	struct driver *d;
	struct str url, here; /* as asked, as loaded */
	VEC(struct candidate) stack;
	struct map *shapes, *states;
	struct script_words words;
	json_t *keys; /* handled, for after a reload */
	unsigned presses, reloads, max_presses;
	int64_t until_ms;
};

bool visit_dangerous(const struct driver *d, const json_t *c)
{
	struct str text = json_get_str(c, "text"), form = json_get_str(c, "form");
	bool all = d->o->mode == SCAN_DEEP && d->o->intrusive;
	struct buf b;
	buf_init(&b, 4 * KIB);
	buf_c(&b, "http://x/");
	struct str ids = json_get_str(c, "id");
	for (size_t i = 0; i < ids.len; i++)
		buf_char(&b, ascii_space(ids.ptr[i]) ? '/' : ids.ptr[i]);
	struct str href = json_get_str(c, "href");
	bool logout = form_link_logs_out(buf_view(&b), text) || form_link_logs_out(href, STR(""));
	bool destroys = form_link_destroys(buf_view(&b), text) || form_link_destroys(href, STR(""));
	if (json_get_bool(c, "submit", false)) {
		struct scan_form f = { .text = form, .action = STR("") };
		enum form_danger danger = form_danger_of(&f);
		logout = logout || danger == FORM_LOGOUT;
		destroys = destroys || danger != FORM_HARMLESS || json_get_int(c, "passwords", 0) > 1 ||
			   d->o->mode == SCAN_QUICK;
	}
	buf_free(&b);
	return logout || (destroys && !all);
}

/* The document as it is now, when it is not one of those already kept. */
static void keep_state(struct visit *v)
{
	_cleanup_json_ json_t *html = NULL;
	char key[33];
	struct driver *d = v->d;
	if (json_array_size(d->html) >= VISIT_STATES ||
	    driver_eval(d, STR("document.documentElement?document.documentElement.outerHTML.slice(0,1000000):''"), &html, NULL) < 0 ||
	    !json_is_string(html))
		return;
	struct str text = str_make(json_string_value(html), json_string_length(html));
	kit_hash(text, key);
	if (text.len == 0 || text.len > VISIT_HTML || !map_add(v->states, str_make(key, 32)))
		return;
	json_array_append(d->html, html);
}

static void fill_fields(struct visit *v)
{
	_cleanup_json_ json_t *list = NULL;
	if (driver_do_in_page(v->d, "fields", NULL, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < json_array_size(list) && i < 60; i++) {
		const json_t *f = json_array_get(list, i);
		struct str value = form_guess(json_get_str(f, "name"), json_get_str(f, "type"));
		int64_t max = json_get_int(f, "max", 0);
		if (max > 0 && (size_t)max < value.len)
			value = str_sub(value, 0, (size_t)max);
		json_t *args = json_array();
		json_array_append_new(args, json_integer(json_get_int(f, "i", 0)));
		json_array_append_new(args, json_str(value));
		driver_do_in_page(v->d, "fill", args, NULL, NULL);
	}
}

static bool count_up(struct map *m, struct str key, uintptr_t most)
{
	uintptr_t n = (uintptr_t)map_get(m, key);
	map_put(m, key, (void *)(n + 1));
	return n < most;
}

static bool not_too_many(struct visit *v, const json_t *c)
{
	struct str shape = json_get_str(c, "shape"), text = json_get_str(c, "text");
	struct buf b;
	buf_init(&b, 8 * KIB);
	buf_blob(&b, shape);
	buf_str(&b, text);
	bool ok = count_up(v->shapes, buf_view(&b), VISIT_ALIKE) && count_up(v->shapes, shape, VISIT_OF_A_SHAPE);
	buf_free(&b);
	return ok;
}

/* New candidates onto the stack, so that the first of them is pressed next. */
static void take_candidates(struct visit *v)
{
	_cleanup_json_ json_t *list = NULL;
	json_t *args = json_array();
	json_array_append_new(args, json_integer(VISIT_LIST));
	if (driver_do_in_page(v->d, "list", args, &list, NULL) < 0)
		return;
	size_t from = v->stack.len;
	for (int submit = 0; submit <= 1; submit++)
		for (size_t i = 0; i < json_array_size(list) && i < VISIT_LIST; i++) {
			json_t *c = json_array_get(list, i);
			if (json_get_bool(c, "submit", false) != (submit == 1))
				continue;
			if (json_get_str(c, "key").len > 4 * KIB)
				continue;
			json_array_append_new(v->keys, json_str(json_get_str(c, "key")));
			if (!visit_dangerous(v->d, c) && not_too_many(v, c))
				*vec_push(&v->stack) = (struct candidate){ json_incref(c), false };
		}
	for (size_t a = from, b = v->stack.len; a + 1 < b; a++) { /* the last one is taken first */
		struct candidate t = v->stack.ptr[--b];
		v->stack.ptr[b] = v->stack.ptr[a];
		v->stack.ptr[a] = t;
	}
}

static struct str location(struct visit *v)
{
	_cleanup_json_ json_t *q = NULL;
	if (driver_do_in_page(v->d, "quiet", NULL, &q, NULL) < 0)
		return STR("");
	return arena_str(v->d->job_arena, str_sub(json_get_str(q, "url"), 0, 16 * KIB));
}

/* Bodies that only the page knew. */
static void take_sent(struct visit *v)
{
	_cleanup_json_ json_t *list = NULL;
	struct driver *d = v->d;
	struct buf b;
	buf_init(&b, 1 * KIB);
	buf_printf(&b, "window.%s?window.%s.sent:[]", d->key, d->key);
	driver_eval(d, buf_view(&b), &list, NULL);
	buf_free(&b);
	for (size_t i = 0; i < json_array_size(list) && i < 50; i++) {
		const json_t *s = json_array_get(list, i);
		json_t *r = json_object();
		if (!requests_in_scope(d, json_get_str(s, "url")) || json_get_str(s, "body").len > 64 * KIB) {
			json_decref(r);
			continue;
		}
		json_put(r, "method", json_c("POST"));
		json_put(r, "url", json_str(json_get_str(s, "url")));
		json_put(r, "kind", json_c("Ping"));
		json_put(r, "body", json_str(json_get_str(s, "body")));
		json_put(r, "type", json_str(json_get_str(s, "type")));
		json_put(r, "sent", json_true());
		json_array_append_new(d->requests, r);
	}
}

/* The page again as it was at first; indices of elements are void, keys hold. */
static int load_again(struct visit *v, struct error *e)
{
	driver_collect_routes(v->d);
	take_sent(v);
	v->reloads++;
	v->d->stay = false;
	/* the same address but for its fragment would not load anything */
	if (driver_navigate(v->d, STR("about:blank"), STR(""), e) < 0 ||
	    driver_navigate(v->d, v->url, STR(""), e) < 0)
		return -1;
	v->d->stay = true;
	if (driver_settle(v->d, 250, 5000, e) < 0)
		return -1;
	for (size_t i = 0; i < v->stack.len; i++)
		v->stack.ptr[i].stale = true;
	_cleanup_json_ json_t *list = NULL;
	json_t *args = json_array();
	json_array_append_new(args, json_integer(1000));
	fill_fields(v);
	if (driver_do_in_page(v->d, "list", args, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(list) && i < 1000; i++) {
		json_t *c = json_array_get(list, i);
		struct str key = json_get_str(c, "key");
		for (size_t k = 0; k < v->stack.len; k++)
			if (v->stack.ptr[k].stale && str_eq(json_get_str(v->stack.ptr[k].v, "key"), key)) {
				json_decref(v->stack.ptr[k].v);
				v->stack.ptr[k] = (struct candidate){ json_incref(c), false };
			}
	}
	args = json_array();
	json_array_append(args, v->keys);
	return driver_do_in_page(v->d, "skip", args, NULL, e);
}

static int press(struct visit *v, const json_t *c, struct error *e)
{
	_cleanup_json_ json_t *did = NULL;
	json_t *args = json_array();
	json_array_append_new(args, json_integer(json_get_int(c, "i", 0)));
	if (driver_do_in_page(v->d, "act", args, &did, e) < 0)
		return -1;
	if (!json_is_true(did))
		return 0;
	v->presses++;
	if (driver_settle(v->d, 80, 3000, e) < 0)
		return -1;
	struct str now = location(v);
	if (now.len && !str_eq(now, v->here)) { /* a route of its own: it is visited in its turn */
		if (requests_in_scope(v->d, now))
			driver_note(v->d, v->d->routes, now, 300);
		keep_state(v);
		return v->reloads < VISIT_RELOADS ? load_again(v, e) : 0;
	}
	keep_state(v);
	fill_fields(v);
	take_candidates(v);
	return 0;
}

static int press_all(struct visit *v, struct error *e)
{
	while (v->stack.len && v->presses < v->max_presses && driver_now_ms() < v->until_ms) {
		struct candidate c = vec_pop(&v->stack);
		int r = c.stale ? 0 : press(v, c.v, e);
		json_decref(c.v);
		if (r < 0)
			return -1;
	}
	return 0;
}

/* As far down as there is more. */
static int scroll(struct visit *v, struct error *e)
{
	json_int_t last = 0;
	for (int i = 0; i < VISIT_SCROLLS; i++) {
		_cleanup_json_ json_t *height = NULL;
		size_t requests = json_array_size(v->d->requests);
		if (driver_do_in_page(v->d, "scroll", NULL, &height, e) < 0 || driver_settle(v->d, 100, 1500, e) < 0)
			return -1;
		json_int_t now = json_integer_value(height);
		if (now == last && requests == json_array_size(v->d->requests))
			break;
		last = now;
	}
	return 0;
}

static int use_page(struct visit *v, struct error *e)
{
	struct driver *d = v->d;
	keep_state(v);
	driver_shot(d);
	v->here = location(v);
	if (scroll(v, e) < 0)
		return -1;
	keep_state(v);
	fill_fields(v);
	take_candidates(v);
	int r = press_all(v, e);
	driver_collect_routes(d);
	take_sent(v);
	if (r == 0)
		script_words_read(d, &v->words);
	/* what a press began may still be on its way */
	if (r == 0 && v->presses)
		r = driver_settle(d, 300, 2000, e);
	return r;
}

int visit_job(struct driver *d, json_t *answer, struct error *e)
{
	bool quick = d->o->mode == SCAN_QUICK, deep = d->o->mode == SCAN_DEEP;
	struct visit v = { .d = d, .url = json_get_str(d->job, "url"), .shapes = map_new(), .states = map_new(),
			   .keys = json_array(), .max_presses = quick ? 15 : deep ? 120 : 50,
			   .until_ms = driver_now_ms() + (quick ? 15000 : deep ? 60000 : 30000) };
	int r = driver_ready(d, "", e);
	if (r == 0)
		r = driver_set_cookies(d, v.url, json_get_str(d->job, "cookie"), e);
	if (r == 0)
		r = driver_navigate(d, v.url, json_get_str(d->job, "referrer"), e);
	d->stay = true;
	if (r == 0)
		r = driver_settle(d, 450, 8000, e);
	if (r == 0) {
		_cleanup_json_ json_t *title = NULL;
		driver_eval(d, STR("document.title"), &title, NULL);
		json_put(answer, "title", title ? json_incref(title) : json_null());
		json_put(answer, "status", json_integer(d->status));
		r = use_page(&v, e);
		json_put(answer, "url", json_str(v.here));
		json_put(answer, "presses", json_integer(v.presses));
		json_put(answer, "listens", json_boolean(v.words.listens || r < 0));
	}
	/* A page that hung half-way has still shown what came before. */
	if (r < 0 && json_array_size(d->html) > 0 && !d->crashed) {
		driver_end_browser(d);
		error_clear(e);
		r = 0;
	}
	for (size_t i = 0; i < v.stack.len; i++)
		json_decref(v.stack.ptr[i].v);
	vec_free(&v.stack);
	map_free(v.shapes);
	map_free(v.states);
	json_decref(v.keys);
	return r;
}
