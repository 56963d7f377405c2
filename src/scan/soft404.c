/* What a site answers for things that are not there, per folder and extension: learned
 * by asking for two nonsense names, kept as signatures. A page is missing when it looks
 * like one of them. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define SOFT404_SIGS 4

struct soft404 {
	int state; /* 0 being asked, 1 known, 2 could not be asked */
	unsigned pending; /* answers that are still to come, during the crawl */
	unsigned hard; /* answers 404 or 410, as it should */
	struct kit_sig sigs[SOFT404_SIGS];
	char location[SOFT404_SIGS][128]; /* of redirects; nonsense name taken out */
	size_t len;
	bool fixed; /* every nonsense name got the same words */
	char words[33]; /* hash of those */
};

static struct str class_key(struct arena *a, struct str dir, struct str ext)
{
	return arena_printf(a, "%.*s|%.*s", STR_ARG(dir), STR_ARG(ext));
}

static void location_of(const struct scan_exchange *x, struct str name, char out[128])
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	kit_unreflect(&b, scan_header_get(&x->headers, "location"), name, STR("*"));
	snprintf(out, 128, "%.*s", (int)(b.len < 127 ? b.len : 127), b.ptr ? b.ptr : "");
	buf_free(&b);
}

static bool looks_like(const struct soft404 *s, struct answer *a, struct str name)
{
	char location[128];
	location_of(&a->x, name, location);
	for (size_t i = 0; i < s->len; i++)
		if (s->sigs[i].status == a->x.status && strcmp(s->location[i], location) == 0 &&
		    kit_same_sig(&s->sigs[i], answer_sig(a)))
			return true;
	return false;
}

static struct str last_segment(struct str path)
{
	ssize_t slash = str_rchr(path, '/');
	return str_from(path, slash < 0 ? 0 : (size_t)slash + 1);
}

bool soft404_matches(struct run *r, struct answer *a, struct str dir, struct str ext, bool *ret_known)
{
	struct arena *t = arena_new(1 * MIB);
	struct soft404 *s = map_get(r->soft404, class_key(t, dir, ext));
	arena_free(t);
	*ret_known = s && s->state == 1;
	return *ret_known && looks_like(s, a, last_segment(a->x.path));
}

/* Hash of what a visitor reads, without the name in it and without digits: times and counts. */
static void words_of(const struct scan_exchange *x, struct str name, char out[33])
{
	struct str text = x->page ? x->page->visible : x->text;
	struct buf b, plain;
	buf_init(&b, 4 * text.len + 64);
	buf_init(&plain, 4 * text.len + 64);
	kit_unreflect(&b, text, name, STR("*"));
	for (size_t i = 0; i < b.len; i++)
		if (!ascii_digit(b.ptr[i]))
			buf_char(&plain, b.ptr[i]);
	kit_hash(buf_view(&plain), out);
	buf_free(&plain);
	buf_free(&b);
}

bool soft404_other_words(struct run *r, const struct answer *a, struct str dir, struct str ext)
{
	char words[33];
	struct arena *t = arena_new(1 * MIB);
	const struct soft404 *s = map_get(r->soft404, class_key(t, dir, ext));
	arena_free(t);
	if (!s || s->state != 1 || !s->fixed || !s->words[0])
		return false;
	words_of(&a->x, last_segment(a->x.path), words);
	return strcmp(words, s->words) != 0;
}

static void learn_words(struct soft404 *s, const struct answer *a, struct str name)
{
	char words[33];
	words_of(&a->x, name, words);
	s->fixed = !s->words[0] || (s->fixed && strcmp(words, s->words) == 0);
	memcpy(s->words, words, sizeof(words));
}

static void learn(struct soft404 *s, struct answer *a, struct str name)
{
	learn_words(s, a, name);
	if (a->x.status == 404 || a->x.status == 410) {
		s->hard++;
		return;
	}
	if (s->len == SOFT404_SIGS || looks_like(s, a, name))
		return;
	s->sigs[s->len] = *answer_sig(a);
	location_of(&a->x, name, s->location[s->len]);
	s->len++;
}

static int ask_class(struct probe *p, struct soft404 *s, struct str origin, struct str dir, struct str ext)
{
	for (int i = 0; i < 2; i++) {
		struct str name = probe_word(p, i ? 7 : 12);
		struct str file = ext.len ? arena_printf(p->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(ext)) : name;
		struct str url = arena_printf(p->arena, "%.*s%.*s%.*s", STR_ARG(origin), STR_ARG(dir), STR_ARG(file));
		struct send *q;
		if (points_apply(p, NULL, &(struct scan_mutation){ .url = url }, &q) < 0)
			return -1;
		struct answer *a = probe_ask(p, q);
		if (!a)
			return -1;
		learn(s, a, file);
	}
	return 0;
}

static void journal(struct run *r, struct str key, const struct soft404 *s)
{
	run_journal(r, "soft404", key, str_make((const char *)s, sizeof(*s)));
}

void soft404_replayed(struct run *r, struct str key, struct str bytes)
{
	if (bytes.len != sizeof(struct soft404))
		return;
	struct soft404 *s = mem_alloc(sizeof(*s));
	memcpy(s, bytes.ptr, sizeof(*s));
	if (s->len > SOFT404_SIGS)
		s->len = 0;
	for (size_t i = 0; i < SOFT404_SIGS; i++)
		s->location[i][sizeof(s->location[i]) - 1] = 0;
	s->words[sizeof(s->words) - 1] = 0;
	free(map_put(r->soft404, key, s));
}

/* ---- during the crawl ---- */

struct nonsense {
	struct soft404 *class;
	struct str key, name;
};

static void on_nonsense(struct send *s)
{
	struct nonsense *n = s->owner;
	struct soft404 *c = n->class;
	if (s->answer->error[0])
		c->state = 2;
	else
		learn(c, s->answer, n->name);
	if (--c->pending == 0 && c->state == 0) {
		c->state = 1;
		journal(s->run, n->key, c);
	}
	send_free(s);
}

static struct str word(struct run *r, struct arena *a, struct str key, unsigned len)
{
	uint64_t v = (r->seed ^ str_hash(key)) + len;
	char *p = arena_alloc(a, len + 1);
	for (unsigned i = 0; i < len; i++) {
		v = v * 6364136223846793005ull + 1442695040888963407ull;
		p[i] = (char)('a' + (v >> 33) % 26);
	}
	return str_make(p, len);
}

static void ask(struct run *r, struct soft404 *c, const struct url *u, struct str key, struct str ext, unsigned len)
{
	struct arena *t = arena_new(1 * MIB);
	struct buf b;
	struct str name = word(r, t, key, len);
	if (ext.len)
		name = arena_printf(t, "%.*s.%.*s", STR_ARG(name), STR_ARG(ext));
	buf_init(&b, 16 * KIB);
	url_write_origin(&b, u);
	buf_str(&b, url_directory(u));
	buf_str(&b, name);
	struct send *s = send_new(r, STR("GET"), buf_view(&b), 0, NULL);
	if (s) {
		struct nonsense *n = arena_new_of(s->answer->arena, struct nonsense);
		n->class = c;
		n->key = arena_str(s->answer->arena, key);
		n->name = arena_str(s->answer->arena, name);
		s->owner = n;
		s->done = on_nonsense;
		points_headers(r, s, &(struct spec){ .method = STR("GET"), .url = buf_view(&b) });
		c->pending++;
		send_queue(s);
	}
	buf_free(&b);
	arena_free(t);
}

struct soft404 *soft404_begin(struct run *r, const struct url *u)
{
	size_t most = r->o.mode == SCAN_QUICK ? 6 : r->o.mode == SCAN_STANDARD ? 40 : 150;
	most += r->stats.pages / 4 < most ? r->stats.pages / 4 : most; /* what is there grows: so may this */
	struct arena *t = arena_new(1 * MIB);
	struct str ext = url_extension(t, u), key = class_key(t, url_directory(u), ext);
	struct soft404 *s = map_get(r->soft404, key);
	if (most > r->o.max_pages / 4)
		most = r->o.max_pages / 4;
	if (!s && !r->o.retest_len && r->phase == PHASE_CRAWL && map_len(r->soft404) < most) {
		s = mem_alloc(sizeof(*s));
		map_put(r->soft404, key, s);
		ask(r, s, u, key, ext, 12);
		ask(r, s, u, key, ext, 7);
		if (!s->pending)
			s->state = 2;
	}
	arena_free(t);
	return s;
}

struct str soft404_above(const struct url *u)
{
	struct str dir = url_directory(u);
	ssize_t slash = dir.len > 1 ? str_rchr(str_sub(dir, 0, dir.len - 1), '/') : -1;
	return slash < 0 ? STR("") : str_sub(dir, 0, (size_t)slash + 1);
}

bool soft404_pending(const struct soft404 *s)
{
	return s && s->pending > 0;
}

/* ---- later ---- */

/* Inside a fiber: 1 missing, 0 there, -1 could not tell. */
int soft404_ask(struct probe *p, const struct scan_exchange *x)
{
	struct run *r = p->run;
	struct answer *a = answer_of(x);
	struct str dir = url_directory(&a->url), ext = url_extension(p->arena, &a->url);
	struct str key = class_key(p->arena, dir, ext);
	struct soft404 *s = map_get(r->soft404, key);
	if (s && s->state == 2) {
		free(map_remove(r->soft404, key));
		s = NULL;
	}
	if (!s) {
		s = mem_alloc(sizeof(*s));
		map_put(r->soft404, key, s);
		if (ask_class(p, s, x->origin, dir, ext) < 0) {
			map_remove(r->soft404, key);
			free(s);
			return -1;
		}
		s->state = 1;
		journal(r, key, s);
	}
	while (s->state == 0) {
		if (r->stopping)
			return -1;
		probe_park(p);
		s = map_get(r->soft404, key);
		if (!s)
			return -1;
	}
	return looks_like(s, a, last_segment(x->path)) ? 1 : 0;
}
