/* What a site answers for things that are not there, per folder and extension: learned
 * by asking for two nonsense names, kept as signatures. A page is missing when it looks
 * like one of them. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define SOFT404_SIGS 4

struct soft404 {
	int state; /* 0 being asked, 1 known */
	unsigned hard; /* answers 404 or 410, as it should */
	struct kit_sig sigs[SOFT404_SIGS];
	char location[SOFT404_SIGS][128]; /* of redirects; nonsense name taken out */
	size_t len;
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

static void learn(struct soft404 *s, struct answer *a, struct str name)
{
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

/* Inside a fiber: 1 missing, 0 there, -1 could not tell. */
int soft404_ask(struct probe *p, const struct scan_exchange *x)
{
	struct run *r = p->run;
	struct answer *a = answer_of(x);
	struct str dir = url_directory(&a->url), ext = url_extension(p->arena, &a->url);
	struct str key = class_key(p->arena, dir, ext);
	struct soft404 *s = map_get(r->soft404, key);
	if (!s) {
		s = mem_alloc(sizeof(*s));
		map_put(r->soft404, key, s);
		if (ask_class(p, s, x->origin, dir, ext) < 0) {
			map_remove(r->soft404, key);
			free(s);
			return -1;
		}
		s->state = 1;
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
