/* Active work. Every request with inputs becomes a target, every input of it a unit; so do
 * folders, files and the site. A unit is one fiber that runs the checks which apply to it
 * one after another, so that a later check knows what an earlier one found. Units run side
 * by side, as many as the politeness allows. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/diff.h"
#include "scan/scan_private.h"
#include "scan/template/run.h"
#include "scan/values.h"

#define ATTACK_FIBERS 48
#define LIMIT_ATTACK_DIRS 2000
#define LIMIT_ATTACK_FILES 2000
#define LIMIT_ATTACK_TARGETS 20000

static const char *unit_kinds[] = { "point", "dir", "file", "site", "route", "request", "store", "show",
				     "template", "file-name" };

bool attack_check_wanted(const struct run *r, const struct scan_check *c)
{
	unsigned modes = c->modes ? c->modes : SCAN_ALL_MODES;
	/* what needs leave needs it however it is asked for */
	if (((c->flags & SCAN_INTRUSIVE) && !r->o.intrusive) || ((c->flags & SCAN_TRIES_LOGINS) && !r->o.try_logins))
		return false;
	if (r->o.retest_len) {
		for (size_t i = 0; i < r->o.retest_len; i++)
			if (str_eq(r->o.retest[i].check, str_c(c->id)))
				return true;
		return false;
	}
	for (size_t i = 0; i < r->o.skip_checks_len; i++)
		if (str_eq(r->o.skip_checks[i], str_c(c->id)))
			return false;
	if (r->o.templates_only)
		return str_eq(str_c(c->id), STR("templates"));
	if (r->o.only_checks_len) {
		for (size_t i = 0; i < r->o.only_checks_len; i++)
			if (str_eq(r->o.only_checks[i], str_c(c->id)))
				return true;
		return false;
	}
	return (modes & r->o.mode) != 0;
}

/* One that the answers depend on: as good as a parameter. */
static bool own_header(const struct run *r, const struct unit *u)
{
	struct str rest = map_has(r->attack.vary, u->spec->url) ? str_c(map_get(r->attack.vary, u->spec->url)) : STR(""), part;
	while (str_split(&rest, ',', &part))
		if (str_ieq(part, u->name))
			return true;
	return false;
}

static bool applies(const struct run *r, const struct scan_check *c, const struct unit *u)
{
	if (!attack_check_wanted(r, c))
		return false;
	switch (u->kind) {
	case UNIT_FILE_NAME:
		return c->on_point && (c->flags & SCAN_FILE_NAMES);
	case UNIT_POINT:
		if (!c->on_point)
			return false;
		return u->where != WHERE_HEADER || r->o.mode == SCAN_DEEP || own_header(r, u) ||
		       (c->flags & SCAN_DEEP_POINTS);
	case UNIT_DIR:
		return c->on_dir != NULL;
	case UNIT_FILE:
		return c->on_file && (!c->wants_file || c->wants_file(u->name));
	case UNIT_SITE:
		return c->on_site != NULL;
	case UNIT_ROUTE:
		return c->on_route != NULL;
	case UNIT_REQUEST:
		return c->on_request != NULL;
	case UNIT_STORE:
		return c->on_store != NULL;
	case UNIT_SHOW:
		return c->on_show != NULL;
	case UNIT_TEMPLATE:
		break;
	}
	return false;
}

struct str attack_unit_key(struct arena *a, const struct spec *s, enum unit_kind kind, enum scan_where where,
			   struct str name)
{
	char hash[33];
	if (s->body.len)
		kit_hash(s->body, hash);
	return arena_printf(a, "%s %.*s %.*s %.*s %d %.*s", unit_kinds[kind], STR_ARG(s->method), STR_ARG(s->url),
			    s->body.len ? 32 : 0, s->body.len ? hash : "", (int)where, STR_ARG(name));
}

void attack_add_unit(struct run *r, struct target *t, enum unit_kind kind, enum scan_where where,
		     struct str name, struct str value)
{
	struct unit u = { .kind = kind, .where = where, .spec = t->spec, .target = t, .name = name };
	for (size_t i = 0; scan_checks[i]; i++)
		u.checks += applies(r, scan_checks[i], &u);
	if (r->o.retest_len && (kind == UNIT_POINT || kind == UNIT_FILE_NAME) && u.checks) {
		bool asked = false;
		for (size_t i = 0; i < r->o.retest_len; i++)
			asked = asked || str_empty(r->o.retest[i].parameter) ||
				str_eq(r->o.retest[i].parameter, name);
		if (!asked)
			return;
	}
	if (u.checks == 0)
		return;
	u.name = arena_str(r->arena, name);
	u.value = arena_str(r->arena, value);
	u.key = attack_unit_key(r->arena, t->spec, kind, where, name);
	u.first = !t->has_units;
	t->has_units = true;
	struct unit *kept = arena_new_of(r->arena, struct unit);
	*kept = u;
	*vec_push(&r->attack.units) = kept;
	r->attack.weight_total += u.checks;
}

/* A parameter as its kind is told by: its name, whether it is empty, the page it chooses. */
static void add_kind(struct buf *b, struct str pair)
{
	ssize_t eq = str_chr(pair, '=');
	struct str name = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
	struct str value = eq < 0 ? STR("") : str_from(pair, (size_t)eq + 1);
	buf_char(b, '&');
	buf_str(b, name);
	if (eq >= 0 && str_empty(value))
		buf_char(b, '=');
	if (points_choose_page(name, value)) {
		buf_char(b, '=');
		buf_str(b, value);
	}
}

/* The path with its known parameters left out. */
static void add_path(struct buf *b, const struct spec *s, struct str path)
{
	struct str part;
	if (!s->path_inputs) {
		kit_path_pattern(b, path, false);
		return;
	}
	for (unsigned n = 0; str_split(&path, '/', &part); n++) {
		buf_char(b, '/');
		buf_str(b, n < 32 && (s->path_inputs >> n & 1) ? STR("*") : part);
	}
}

void attack_add_wrapped(struct run *r, struct target *t, enum scan_where where, struct str name, const struct wrap *w)
{
	size_t before = r->attack.units.len;
	attack_add_unit(r, t, UNIT_POINT, where, name, w->value);
	if (r->attack.units.len == before)
		return;
	struct unit *u = r->attack.units.ptr[before];
	struct wrap *copy = arena_new_of(r->arena, struct wrap);
	*copy = (struct wrap){ .kind = w->kind, .outer = arena_str(r->arena, w->outer), .inner = arena_str(r->arena, w->inner), .value = u->value };
	u->wrap = copy;
	u->key = arena_printf(r->arena, "%.*s inside %.*s", STR_ARG(u->key), STR_ARG(copy->inner));
}

/* Path and parameter names; how many of these were taken already. */
static bool too_many_alike(struct run *r, const struct spec *s, const struct url *u)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_str(&b, s->method);
	buf_char(&b, ' ');
	add_path(&b, s, u->path);
	if (values_is_json(s->type) || values_is_xml(s->type))
		points_body_names(s, &b);
	for (int body = 0; body < 2; body++) {
		struct str rest = body ? (str_starts(s->type, STR("application/x-www")) ? s->body : s->type) : u->query;
		struct str pair;
		while (str_split(&rest, '&', &pair))
			add_kind(&b, pair);
	}
	uintptr_t n = (uintptr_t)map_get(r->attack.kinds, buf_view(&b));
	uintptr_t most = r->o.mode == SCAN_QUICK ? 1 : r->o.mode == SCAN_STANDARD ? 2 : 4;
	if (n < most)
		map_put(r->attack.kinds, buf_view(&b), (void *)(n + 1));
	buf_free(&b);
	return n >= most;
}

void attack_add_target(struct run *r, struct spec *s)
{
	struct target *t = mem_alloc(sizeof(*t));
	t->spec = s;
	t->found = map_new();
	*vec_push(&r->attack.targets) = t;
}

/* The same request with no file chosen, as a target of its own. */
struct target *attack_add_bare(struct run *r, const struct target *t)
{
	struct spec *bare = caution_without_file(t->spec);
	attack_add_target(r, bare);
	return r->attack.targets.ptr[r->attack.targets.len - 1];
}

/* step1.php, step2.php, /lesson-3/: a program's own files and folders are numbered by hand. */
static bool few_numbers(struct str path)
{
	size_t run = 0, most = 0;
	ssize_t dot = str_rchr(path, '.'), slash;
	for (size_t i = 0; i < path.len; i++) {
		run = ascii_digit(path.ptr[i]) ? run + 1 : 0;
		most = run > most ? run : most;
	}
	while (path.len > 1 && str_ends(path, STR("/")))
		path = str_sub(path, 0, path.len - 1);
	slash = str_rchr(path, '/');
	bool folder = dot < 0 && slash >= 0 && (size_t)slash + 1 < path.len && ascii_alpha(path.ptr[slash + 1]);
	return most < 3 && (folder || (dot > 0 && !str_starts(str_from(path, (size_t)dot), STR(".htm"))));
}

/* Files named alike (page-0001.html, page-0002.html …) are one kind. `query`: the page that it
 * chooses behind a front controller is one, too. */
static bool file_kind_full(struct run *r, const char *kind, struct str path, struct str query)
{
	struct buf b;
	struct str pair;
	bool chosen = false;
	buf_init(&b, 16 * KIB);
	buf_c(&b, kind);
	kit_path_pattern(&b, path, true);
	while (r->o.mode != SCAN_QUICK && str_split(&query, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		if (eq > 0 && points_choose_page(str_sub(pair, 0, (size_t)eq), str_from(pair, (size_t)eq + 1))) {
			chosen = true;
			buf_char(&b, '&');
			buf_str(&b, pair);
		}
	}
	uintptr_t n = (uintptr_t)map_get(r->attack.kinds, buf_view(&b));
	uintptr_t most = r->o.mode == SCAN_QUICK ? 1 : r->o.mode == SCAN_STANDARD ? 3 : 10;
	if (few_numbers(path) && r->o.mode != SCAN_QUICK)
		most *= 16;
	if (chosen)
		most = r->o.mode == SCAN_DEEP ? 2 : 1;
	if (n < most)
		map_put(r->attack.kinds, buf_view(&b), (void *)(n + 1));
	buf_free(&b);
	return n >= most;
}

static void note_place(struct run *r, struct map *places, const char *kind, struct str key, const struct spec *s)
{
	struct buf b;
	buf_init(&b, 4 * MIB);
	spec_encode(s, &b);
	run_journal(r, kind, key, buf_view(&b));
	buf_free(&b);
	map_put(places, key, spec_new(s));
}

/* A form that stands on page after page and posts to the page itself (a choice of language, a search
 * box): the same request to ever new addresses is probed on a few of them. Where the page is little
 * else, the form is what it is for. */
static bool everywhere(struct run *r, const struct spec *s, const struct scan_exchange *x)
{
	struct buf b;
	if (str_empty(s->body) || s->kind != LINK_FORM || !str_eq(s->from, s->url))
		return false;
	buf_init(&b, 2 * MIB);
	buf_c(&b, "everywhere ");
	buf_str(&b, s->body);
	uintptr_t n = (uintptr_t)map_get(r->attack.kinds, buf_view(&b));
	bool bare = x->page && x->page->visible.len < 800;
	uintptr_t most = (r->o.mode == SCAN_DEEP ? 12 : 4) * (bare && r->o.mode != SCAN_QUICK ? 8 : 1);
	if (n < most)
		map_put(r->attack.kinds, buf_view(&b), (void *)(n + 1));
	buf_free(&b);
	return n >= most;
}

static void note_target(struct run *r, const struct spec *spec)
{
	struct buf b;
	if (r->attack.targets.len >= LIMIT_ATTACK_TARGETS)
		return;
	buf_init(&b, 4 * MIB);
	spec_encode(spec, &b);
	run_journal(r, "target", STR(""), buf_view(&b));
	buf_free(&b);
	attack_add_target(r, spec_new(spec));
}

void attack_consider(struct run *r, const struct spec *s, const struct answer *a)
{
	const struct scan_exchange *x = &a->x;
	if (x->status > 500 || run_excluded(r, x->url))
		return;
	struct spec mine = *s;
	mine.url = x->url;
	points_note_cookies(r, a);
	if (x->missing) { /* by its look only: the words of the path or the query may still be values */
		if ((x->status == 200 ? points_lost(r, a) : points_unfound(r, a)) && !too_many_alike(r, s, &a->url))
			note_target(r, &mine);
		return;
	}
	bool redirect = x->status >= 300 && x->status < 400;
	bool input = x->query.len > 0 || s->body.len > 0;
	bool page = x->media != MEDIA_SCRIPT && x->media != MEDIA_STYLE && x->media != MEDIA_BINARY;
	bool path_input = page && (!redirect || points_path_moves(a)) && (s->path_inputs || points_in_path(r, &a->url));
	bool bare = page && !input && (x->status == 200 ? points_bare(r, a) : redirect && points_moved_by_cookie(r, a));
	/* a file that a program hands out: its name may be the input */
	bool handed = x->query.len > 0 && x->media == MEDIA_BINARY && !points_static(&a->url);
	if (((input && page) || path_input || bare || handed) && !everywhere(r, &mine, x) && !too_many_alike(r, s, &a->url))
		note_target(r, &mine);
	if (str_eq(x->method, STR("GET")) && !s->body.len && !str_eq(x->path, STR("/robots.txt")) && map_len(r->attack.routes) < LIMIT_ATTACK_FILES &&
	    !map_has(r->attack.routes, x->url) && !file_kind_full(r, "route ", x->path, x->query)) {
		mine.body = mine.type = STR("");
		note_place(r, r->attack.routes, "route", x->url, &mine);
	}
	if (str_eq(x->method, STR("GET")) && !redirect) {
		struct str dir = url_directory(&a->url);
		mine.body = mine.type = STR("");
		if (map_len(r->attack.dirs) < LIMIT_ATTACK_DIRS && !map_has(r->attack.dirs, dir) && !file_kind_full(r, "dir ", dir, STR("")))
			note_place(r, r->attack.dirs, "dir", dir, &mine);
		if (x->status == 200 && map_len(r->attack.files) < LIMIT_ATTACK_FILES && !map_has(r->attack.files, x->path) &&
		    !file_kind_full(r, "file ", x->path, STR("")))
			note_place(r, r->attack.files, "file", x->path, &mine);
	}
}

bool probe_new_input(struct probe *p, struct str url)
{
	struct run *r = p->run;
	struct url u;
	struct spec s = { .method = STR("GET"), .url = url, .from = p->unit->spec->url, .kind = LINK_GUESS };
	if (url_parse(p->arena, url, NULL, 0, &u, NULL) < 0 || !run_in_scope(r, &u) || run_excluded(r, url) || too_many_alike(r, &s, &u))
		return false;
	note_target(r, &s);
	points_of(r, r->attack.targets.ptr[r->attack.targets.len - 1]);
	return true;
}

/* Of a route's key, which is an address; files are kept by their path. */
struct str attack_path_of(struct str key)
{
	ssize_t scheme = str_find(key, STR("://")), slash, mark = str_chr(key, '?');
	key = mark < 0 ? key : str_sub(key, 0, (size_t)mark);
	if (scheme < 0)
		return key;
	slash = str_chr(str_from(key, (size_t)scheme + 3), '/');
	return slash < 0 ? STR("/") : str_from(key, (size_t)(scheme + 3 + slash));
}

static struct str query_of(struct str key)
{
	ssize_t mark = str_chr(key, '?');
	return mark < 0 ? STR("") : str_from(key, (size_t)mark + 1);
}

void attack_replayed(struct run *r, struct str kind, struct str key, struct str bytes)
{
	struct spec *s = spec_decode(bytes);
	struct map *places = str_eq(kind, STR("dir"))	  ? r->attack.dirs
			     : str_eq(kind, STR("route")) ? r->attack.routes
							  : r->attack.files;
	if (!s)
		return;
	if (str_eq(kind, STR("target"))) {
		struct arena *a = arena_new(1 * MIB);
		struct url u;
		if (url_parse(a, s->url, NULL, 0, &u, NULL) == 0)
			too_many_alike(r, s, &u); /* counts it */
		arena_free(a);
		attack_add_target(r, s);
		return;
	}
	file_kind_full(r, places == r->attack.dirs ? "dir " : places == r->attack.files ? "file " : "route ", attack_path_of(key), query_of(key)); /* counts it */
	free(map_put(places, key, s));
}

static void place_units(struct run *r, struct map *specs, enum unit_kind kind)
{
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	while (map_next(specs, &it, &key, &value)) {
		struct target *t = mem_alloc(sizeof(*t));
		t->spec = spec_new(value);
		t->found = map_new();
		*vec_push(&r->attack.targets) = t;
		attack_add_unit(r, t, kind, WHERE_NONE, key, STR(""));
	}
}

/* Folders above those that were seen: "/a/b/" also means "/a/". */
static void parent_dirs(struct run *r)
{
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	VEC(struct str) more = { 0 };
	while (map_next(r->attack.dirs, &it, &key, &value))
		for (size_t i = 1; i + 1 < key.len; i++)
			if (key.ptr[i] == '/')
				*vec_push(&more) = arena_str(r->arena, str_sub(key, 0, i + 1));
	for (size_t i = 0; i < more.len && map_len(r->attack.dirs) < LIMIT_ATTACK_DIRS; i++)
		if (!map_has(r->attack.dirs, more.ptr[i]) && !file_kind_full(r, "dir ", more.ptr[i], STR(""))) {
			struct buf b;
			buf_init(&b, 64 * KIB);
			url_write_origin(&b, &r->target);
			buf_str(&b, more.ptr[i]);
			map_put(r->attack.dirs, more.ptr[i],
				spec_new(&(struct spec){ .method = STR("GET"), .url = buf_view(&b), .kind = LINK_GUESS }));
			buf_free(&b);
		}
	vec_free(&more);
}

#define LIMIT_SHOW_PAGES 2500
#define LIMIT_STORE_PAGES 2500 /* pages without input that may keep what a browser says of itself */

/* Behind everything else: input is left behind once more, then pages are looked at again. */
static void late_units(struct run *r, size_t requests)
{
	struct attack *k = &r->attack;
	size_t shown = 0, most = r->o.mode == SCAN_DEEP ? LIMIT_SHOW_PAGES * 4 : LIMIT_SHOW_PAGES, all = k->targets.len;
	for (size_t i = 0; i < requests; i++)
		if (k->targets.ptr[i]->spec->body.len || str_chr(k->targets.ptr[i]->spec->url, '?') > 0)
			attack_add_unit(r, k->targets.ptr[i], UNIT_STORE, WHERE_NONE, STR(""), STR(""));
	struct map *seen = map_new();
	size_t kept = 0, keep = r->o.mode == SCAN_DEEP ? LIMIT_STORE_PAGES * 4 : LIMIT_STORE_PAGES;
	for (size_t i = 0; i < all && kept < keep; i++) {
		struct target *t = k->targets.ptr[i];
		if (map_has(k->routes, t->spec->url) && str_chr(t->spec->url, '?') < 0 && !t->spec->body.len &&
		    map_add(seen, t->spec->url)) {
			attack_add_unit(r, t, UNIT_STORE, WHERE_NONE, STR(""), STR(""));
			kept++;
		}
	}
	map_free(seen);
	seen = map_new();
	for (size_t i = 0; i < all && shown < most; i++) {
		struct target *t = k->targets.ptr[i];
		if (t->spec->body.len || !str_eq(t->spec->method, STR("GET")) || !map_add(seen, t->spec->url))
			continue;
		attack_add_unit(r, t, UNIT_SHOW, WHERE_NONE, STR(""), STR(""));
		shown++;
	}
	map_free(seen);
}

void attack_prepare(struct run *r)
{
	struct attack *k = &r->attack;
	struct target *site = mem_alloc(sizeof(*site));
	size_t requests = k->targets.len;
	site->spec = spec_new(&(struct spec){ .method = STR("GET"), .url = r->o.target, .kind = LINK_SEED });
	site->found = map_new();
	*vec_push(&k->targets) = site;
	attack_add_unit(r, site, UNIT_SITE, WHERE_NONE, STR(""), STR(""));
	parent_dirs(r);
	place_units(r, k->dirs, UNIT_DIR);
	place_units(r, k->files, UNIT_FILE);
	place_units(r, k->routes, UNIT_ROUTE);
	gate_prepare(r);
	for (size_t i = 0; i < requests; i++) {
		points_of(r, k->targets.ptr[i]);
		if (k->targets.ptr[i]->spec->body.len)
			attack_add_unit(r, k->targets.ptr[i], UNIT_REQUEST, WHERE_NONE, STR(""), STR(""));
	}
	late_units(r, requests);
	templates_prepare(r);
}

/* Checks to come for what was found so far, two inputs to a request. */
uint64_t attack_expected(const struct run *r)
{
	uint64_t dir = 0, file = 0, route = 0, point = 0;
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *c = scan_checks[i];
		if (!attack_check_wanted(r, c))
			continue;
		dir += c->on_dir != NULL;
		file += c->on_file != NULL && !c->wants_file;
		route += c->on_route != NULL;
		point += c->on_point != NULL;
	}
	return map_len(r->attack.dirs) * dir + map_len(r->attack.files) * file + map_len(r->attack.routes) * route +
	       r->attack.targets.len * point * 2;
}

static void target_free(struct target *t)
{
	answer_unref(t->base);
	arena_free(t->zones_arena);
	map_free(t->found);
	free(t->spec);
	free(t);
}

void attack_free(struct run *r)
{
	struct attack *k = &r->attack;
	check(k->probes.len == 0);
	for (size_t i = 0; i < k->targets.len; i++)
		target_free(k->targets.ptr[i]);
	vec_free(&r->attack.again);
	vec_free(&k->targets);
	vec_free(&k->units);
	vec_free(&k->probes);
	if (k->dirs)
		map_free_values(k->dirs, free);
	if (k->files)
		map_free_values(k->files, free);
	if (k->routes)
		map_free_values(k->routes, free);
	map_free(k->kinds);
	map_free_values(k->vary, free);
	map_free(k->once);
	if (k->alike)
		map_free_values(k->alike, free);
	if (k->tags)
		map_free_values(k->tags, free);
}

/* ---- units ---- */

static struct str done_key(struct arena *a, const struct unit *u, const struct scan_check *c)
{
	char hash[33];
	kit_hash(arena_printf(a, "%s %.*s", c->id, STR_ARG(u->key)), hash);
	return arena_str(a, str_make(hash, 32));
}

static void drop_held(struct probe *p)
{
	for (size_t i = 0; i < p->held.len; i++)
		answer_unref(p->held.ptr[i]);
	vec_clear(&p->held);
	p->run->held_bytes -= p->held_bytes;
	p->held_bytes = 0;
}

static void run_check(struct probe *p, const struct scan_check *c, const struct scan_exchange *base)
{
	struct unit *u = p->unit;
	p->check = c;
	run_check_stat(p->run, c)->tasks++;
	switch (u->kind) {
	case UNIT_POINT:
	case UNIT_FILE_NAME:
		c->on_point(p, &p->point);
		break;
	case UNIT_DIR:
		c->on_dir(p, base, arena_printf(p->arena, "%.*s%.*s", STR_ARG(base->origin), STR_ARG(u->name)));
		break;
	case UNIT_FILE:
		c->on_file(p, base);
		break;
	case UNIT_SITE:
		c->on_site(p, base);
		break;
	case UNIT_ROUTE:
		c->on_route(p, base);
		break;
	case UNIT_REQUEST:
		c->on_request(p, base);
		break;
	case UNIT_STORE:
		c->on_store(p);
		break;
	case UNIT_SHOW: /* asked for once, unless a check has sent something of its own */
		if (p->shown && p->shown_requests == p->requests)
			c->on_show(p, &p->shown->x);
		else if (probe_send(p, &(struct scan_mutation){ .fresh = true }, &base) == 0) {
			answer_unref(p->shown);
			p->shown = answer_ref(answer_of(base));
			p->shown_requests = p->requests;
			c->on_show(p, base);
		}
		break;
	case UNIT_TEMPLATE: /* template_main() */
		break;
	}
}

static void note_done(struct run *r, struct str key)
{
	struct buf b;
	buf_init(&b, 64);
	run_put_stats(r, &b);
	run_journal(r, "done", key, buf_view(&b));
	buf_free(&b);
	run_flush(r);
}

static void template_main(struct probe *p)
{
	struct run *r = p->run;
	char hash[33];
	kit_hash(p->unit->key, hash);
	p->check = scan_check_find(STR("templates"));
	if (!seen_has(r->done, str_make(hash, 32))) {
		run_check_stat(r, p->check)->tasks++;
		if (templates_unit(p) && !r->stopping)
			note_done(r, str_make(hash, 32));
	}
	templates_unit_ended(r, p->unit->job);
	r->attack.weight_done++;
}

/* Is a word of the path a value? Then another word brings another page, and not the page for
 * what is missing. */
static bool is_value(struct probe *p)
{
	struct diff_side base, other;
	if (p->unit->kind != UNIT_POINT || p->unit->where != WHERE_PATH || points_like_value(p->unit->value) ||
	    points_known_in_path(p->unit))
		return true;
	for (size_t i = 0; scan_checks[i] && !p->check; i++)
		if (applies(p->run, scan_checks[i], p->unit))
			p->check = scan_checks[i];
	p->point.base = probe_base_answer(p);
	if (!p->check || !p->point.base)
		return true;
	base = diff_base(&p->point);
	struct str word = probe_word(p, 8);
	bool yes = diff_value(p, word, &other) == 0 && other.x->status < 400 &&
		   (!diff_same(p, &base, &other) || kit_reflects(other.x->text, word) || kit_reflects(other.x->head, word));
	const struct scan_exchange *lost;
	/* the same for any nonsense at the top of the site: that is how it says "no such page" */
	if (yes && probe_get(p, arena_printf(p->arena, "/%.*s", STR_ARG(probe_word(p, 9))), &lost) == 0)
		yes = lost->status != other.x->status || !kit_same_sig(answer_sig(answer_of(lost)), answer_sig(answer_of(other.x)));
	drop_held(p);
	arena_reset(p->arena);
	return yes;
}

/* The whole life of a unit, inside its fiber. */
static void unit_main(void *arg)
{
	struct probe *p = arg;
	struct run *r = p->run;
	struct unit *u = p->unit;
	if (u->kind == UNIT_TEMPLATE) {
		template_main(p);
		return;
	}
	struct arena *keys = arena_new(4 * MIB);
	if (!is_value(p)) {
		r->attack.weight_done += u->checks;
		arena_free(keys);
		return;
	}
	bool alike = false;
	for (size_t i = 0; scan_checks[i] && !r->stopping; i++) {
		const struct scan_check *c = scan_checks[i];
		if (!applies(r, c, u))
			continue;
		struct str key = done_key(keys, u, c);
		if (!seen_has(r->done, key) && !probe_too_slow(p, c)) {
			bool late = u->kind == UNIT_STORE || u->kind == UNIT_SHOW;
			struct scan_exchange *base = late ? NULL : probe_base_answer(p);
			if ((!base && !late) || r->stopping)
				break;
			p->point.base = base;
			p->check = c;
			alike = alike || reaction_alike(p);
			if (!alike)
				run_check(p, c, base);
			drop_held(p);
			arena_reset(p->arena);
			if (r->stopping)
				break;
			note_done(r, key);
		}
		r->attack.weight_done++;
	}
	if (!alike && !r->stopping)
		reaction_done(p, p->found);
	arena_reset(p->arena);
	arena_free(keys);
}

static void start_unit(struct run *r, struct unit *u)
{
	struct probe *p = mem_alloc(sizeof(*p));
	p->run = r;
	p->unit = u;
	p->arena = arena_new(64 * MIB);
	p->has_point = u->kind == UNIT_POINT || u->kind == UNIT_FILE_NAME;
	p->point = (struct scan_point){ .where = u->where, .name = u->name, .value = u->value, .own = u->where == WHERE_HEADER && own_header(r, u),
					.inside = !u->wrap ? WHERE_NONE : u->wrap->kind & WRAP_JSON ? WHERE_JSON
								      : u->wrap->kind & WRAP_XML    ? WHERE_XML : WHERE_NONE };
	p->random = r->seed ^ str_hash(u->key);
	p->fiber = fiber_new(r->fibers, unit_main, p);
	p->ready = true;
	u->begun_us = run_now_us(r);
	u->target->running++;
	*vec_push(&r->attack.probes) = p;
}

static void end_unit(struct run *r, struct probe *p)
{
	struct target *t = p->unit->target;
	drop_held(p);
	answer_unref(p->word_answer);
	answer_unref(p->shown);
	vec_free(&p->held);
	arena_free(p->arena);
	if (r->attack.token_lock == p)
		r->attack.token_lock = NULL;
	if (r->wire.alone == p)
		r->wire.alone = NULL;
	probe_store_unlock(p);
	if (--t->running == 0) { /* the next unit of it is rarely far: but memory counts more */
		answer_unref(t->base);
		t->base = NULL;
	}
	r->attack.finished++;
	struct unit *u = p->unit;
	free(p);
	session_unit_ended(r, u);
}

void attack_again(struct run *r, struct unit *u)
{
	if (u->redone || u->kind == UNIT_TEMPLATE)
		return;
	u->redone = true;
	*vec_push(&r->attack.again) = u;
}

bool attack_ready(const struct run *r)
{
	for (size_t i = 0; i < r->attack.probes.len; i++)
		if (r->attack.probes.ptr[i]->ready)
			return true;
	return false;
}

int attack_wake_ms(const struct run *r)
{
	int64_t now = run_now_us(r), next = -1;
	for (size_t i = 0; i < r->attack.probes.len; i++) {
		int64_t at = r->attack.probes.ptr[i]->wake_us;
		if (at && (next < 0 || at < next))
			next = at;
	}
	return next < 0 ? -1 : next <= now ? 0 : (int)((next - now) / 1000) + 1;
}

static void wake_sleepers(struct run *r)
{
	int64_t now = run_now_us(r);
	for (size_t i = 0; i < r->attack.probes.len; i++) {
		struct probe *p = r->attack.probes.ptr[i];
		if (p->wake_us && (p->wake_us <= now || r->stopping)) {
			p->wake_us = 0;
			p->ready = true;
		}
	}
}

/* Storing begins when all probing has ended, looking when all is stored. */
static bool may_start(const struct attack *k)
{
	enum unit_kind next = k->units.ptr[k->next]->kind;
	if (next != UNIT_STORE && next != UNIT_SHOW)
		return true;
	for (size_t i = 0; i < k->probes.len; i++)
		if (k->probes.ptr[i]->unit->kind != next)
			return false;
	return true;
}

bool attack_turn(struct run *r)
{
	struct attack *k = &r->attack;
	size_t most = r->wire.max_concurrency * 2 < ATTACK_FIBERS ? r->wire.max_concurrency * 2 : ATTACK_FIBERS;
	while (!r->stopping && k->again.len && k->probes.len < most && may_start(k))
		start_unit(r, vec_pop(&k->again));
	while (!r->stopping && k->next < k->units.len && k->probes.len < most && may_start(k))
		start_unit(r, k->units.ptr[k->next++]);
	bool progress = r->stopping;
	wake_sleepers(r);
	for (size_t i = 0; i < k->probes.len;) {
		struct probe *p = k->probes.ptr[i];
		if (!p->ready) {
			i++;
			continue;
		}
		p->ready = p->parked = false;
		if (!p->resumed)
			run_doing(r, "正在检测", "probing", p->unit->spec->url);
		p->resumed = true;
		bool lives = fiber_resume(p->fiber);
		progress = progress || !lives || !p->parked;
		if (lives) {
			i++;
			continue;
		}
		end_unit(r, p);
		memmove(&k->probes.ptr[i], &k->probes.ptr[i + 1], (k->probes.len - i - 1) * sizeof(p));
		k->probes.len--;
	}
	/* What a parked fiber waits for is changed by other fibers only. */
	for (size_t i = 0; progress && i < k->probes.len; i++)
		k->probes.ptr[i]->ready = k->probes.ptr[i]->ready || k->probes.ptr[i]->parked;
	return k->probes.len > 0 || (!r->stopping && (k->next < k->units.len || k->again.len));
}
