/* Menus that are a form: one list to choose from and a button, and each choice leads to a page of
 * its own by a redirect. Two of the choices are sent; when one of them leads elsewhere the others
 * are, too. Bounded: a menu once in a scan, so many menus, so many choices. */
#include "base/map.h"
#include "base/vec.h"
#include "scan/form.h"
#include "scan/scan_private.h"

#define LIMIT_MENUS 20
#define LIMIT_MENU_CHOICES 250
#define MENU_CHOICES_MIN 8

struct menu {
	VEC(struct spec *) choices;
	bool open; /* the others were sent */
};
struct menus {
	struct map *samples; /* key of a choice that was sent -> its menu */
	struct map *known;   /* name and number of choices */
	VEC(struct menu *) list;
};

/* The only field that takes something, a list; NULL otherwise. */
static const struct scan_field *only_list(const struct scan_form *f)
{
	const struct scan_field *list = NULL;
	for (size_t i = 0; i < f->fields_len; i++) {
		const struct scan_field *d = &f->fields[i];
		if (str_eq(d->type, STR("hidden")) || str_eq(d->type, STR("submit")) || str_eq(d->type, STR("button")) || str_eq(d->type, STR("image")))
			continue;
		if (list || !str_eq(d->type, STR("select")) || d->options_len < MENU_CHOICES_MIN || str_empty(d->name))
			return NULL;
		list = d;
	}
	return list;
}

/* The form as sent with that choice. */
static struct spec *choose(struct arena *a, const struct scan_form *f, const struct scan_field *list, struct str value, struct str from,
			   unsigned depth)
{
	struct scan_form copy = *f;
	struct form_submission sub;
	struct url u;
	struct scan_field *fields = arena_array(a, f->fields_len, sizeof(*fields));
	for (size_t i = 0; i < f->fields_len; i++) {
		fields[i] = f->fields[i];
		if (&f->fields[i] == list)
			fields[i].value = value;
	}
	copy.fields = fields;
	if (!form_fill(a, &copy, FORM_FULL, &sub) || url_parse(a, sub.url, NULL, 0, &u, NULL) < 0)
		return NULL;
	return spec_new(&(struct spec){ .method = sub.method, .url = url_text(a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO), .body = sub.body,
					.type = sub.content_type, .from = from, .kind = LINK_FORM, .depth = depth });
}

static bool is_new(struct run *r, const struct scan_field *list)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	buf_printf(&b, "%zu ", list->options_len);
	buf_str(&b, list->name);
	if (!r->menus) {
		r->menus = mem_alloc(sizeof(*r->menus));
		r->menus->samples = map_new();
		r->menus->known = map_new();
	}
	bool fresh = r->menus->list.len < LIMIT_MENUS && map_add(r->menus->known, buf_view(&b));
	buf_free(&b);
	return fresh;
}

void menus_form(struct run *r, const struct scan_form *f, struct str from, unsigned depth)
{
	const struct scan_field *list = only_list(f);
	if (!list || depth > r->o.max_depth || !is_new(r, list))
		return;
	struct arena *a = arena_new(16 * 1024 * 1024);
	struct menu *m = mem_alloc(sizeof(*m));
	size_t n = list->options_len < LIMIT_MENU_CHOICES ? list->options_len : LIMIT_MENU_CHOICES;
	*vec_push(&r->menus->list) = m;
	for (size_t i = 0; i < n; i++) {
		struct spec *s = choose(a, f, list, list->options[i], from, depth);
		if (s)
			*vec_push(&m->choices) = s;
	}
	for (size_t i = 1; i <= 2 && m->choices.len; i++) {
		const struct spec *s = m->choices.ptr[m->choices.len * i / 3];
		char key[33];
		spec_key(s, key);
		map_put(r->menus->samples, str_make(key, 32), m);
		frontier_push(r, s);
	}
	arena_free(a);
}

void menus_answer(struct run *r, const struct spec *s, const struct answer *a)
{
	char key[33];
	struct url to;
	if (!r->menus || a->x.status < 300 || a->x.status > 399)
		return;
	spec_key(s, key);
	struct menu *m = map_get(r->menus->samples, str_make(key, 32));
	struct str location = scan_header_get(&a->x.headers, "location");
	if (!m || m->open || !location.len)
		return;
	struct arena *t = arena_new(1024 * 1024);
	if (url_parse(t, location, &a->url, 0, &to, NULL) == 0 && run_in_scope(r, &to) && !str_eq(to.path, a->url.path)) {
		m->open = true;
		for (size_t i = 0; i < m->choices.len; i++)
			frontier_push(r, m->choices.ptr[i]);
	}
	arena_free(t);
}

void menus_free(struct run *r)
{
	if (!r->menus)
		return;
	for (size_t i = 0; i < r->menus->list.len; i++) {
		struct menu *m = r->menus->list.ptr[i];
		for (size_t k = 0; k < m->choices.len; k++)
			free(m->choices.ptr[k]);
		vec_free(&m->choices);
		free(m);
	}
	vec_free(&r->menus->list);
	map_free(r->menus->samples);
	map_free(r->menus->known);
	free(r->menus);
	r->menus = NULL;
}
