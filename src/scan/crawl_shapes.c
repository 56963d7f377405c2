/* Requests of interface documents whose path takes a value ("/books/{title}"): the sample of a
 * document rarely exists on the site. They are asked for again with values the site itself gives:
 * a member of that name in a JSON answer, or the id of what the collection above them lists. */
#include "base/encode.h"
#include "base/limits.h"
#include "base/vec.h"
#include "scan/api.h"
#include "scan/scan_private.h"
#include "scan/values.h"

#define LIMIT_SHAPES 500
#define VALUES_PER_SHAPE 2
#define LIMIT_SHAPE_LEAVES 400

struct shape {
	struct spec *spec;
	char name[64];	   /* of the parameter, folded */
	struct str above;  /* path of the collection, without the last slash; within spec's memory */
	unsigned segment;  /* its number: what follows the n-th slash */
	unsigned taken;
};
struct shapes {
	VEC(struct shape) list;
};

/* "book_title", "bookTitle" and "BookTitle" are the same. */
static void fold(struct str name, char *ret, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < name.len && n + 1 < max; i++)
		if (name.ptr[i] != '_' && name.ptr[i] != '-')
			ret[n++] = ascii_lower(name.ptr[i]);
	ret[n] = 0;
}

static struct str segment_of(struct str path, unsigned number)
{
	struct str part = STR("");
	for (unsigned i = 0; i <= number; i++)
		if (!str_split(&path, '/', &part))
			return STR("");
	return part;
}

void shapes_note(struct run *r, const struct api_request *q)
{
	struct url u;
	if (!q->path_inputs || (q->path_inputs & (q->path_inputs - 1)))
		return;
	if (!r->shapes)
		r->shapes = mem_alloc(sizeof(*r->shapes));
	if (r->shapes->list.len >= LIMIT_SHAPES)
		return;
	struct arena *a = arena_new(1 * MIB);
	struct shape s = { .segment = (unsigned)__builtin_ctz(q->path_inputs) };
	struct str template = q->template, part;
	while (str_split(&template, '/', &part))
		if (str_starts(part, STR("{")) && str_ends(part, STR("}")))
			fold(str_sub(part, 1, part.len - 1), s.name, sizeof(s.name));
	if (s.name[0] && url_parse(a, q->url, NULL, URL_RAW_PATH, &u, NULL) == 0) {
		struct str value = segment_of(u.path, s.segment);
		s.spec = spec_new(&(struct spec){ .method = q->method, .url = q->url, .body = q->body, .type = q->type,
						  .path_inputs = q->path_inputs, .kind = LINK_API });
		ssize_t at = str_find(s.spec->url, str_sub(u.path, 0, (size_t)(value.ptr - u.path.ptr)));
		s.above = at < 0 || value.ptr == u.path.ptr ? STR("") : str_sub(s.spec->url, (size_t)at, (size_t)at + (size_t)(value.ptr - u.path.ptr) - 1);
		*vec_push(&r->shapes->list) = s;
	}
	arena_free(a);
}

/* Is this leaf of that answer what the shape asks for? */
static bool fits(const struct shape *s, struct str pointer, struct str path)
{
	char member[64];
	ssize_t slash = str_rchr(pointer, '/');
	fold(str_from(pointer, (size_t)(slash + 1)), member, sizeof(member));
	if (strcmp(member, s->name) == 0)
		return true;
	while (str_ends(path, STR("/")))
		path = str_sub(path, 0, path.len - 1);
	return s->above.len && str_eq(path, s->above) && str_eq(str_c(member), STR("id")) && str_ends(str_c(s->name), STR("id"));
}

static void ask_with(struct run *r, struct shape *s, struct str value, const struct answer *from, unsigned depth)
{
	struct arena *a = arena_new(1 * MIB);
	struct buf b;
	struct url u;
	buf_init(&b, 8 * KIB);
	encode_percent(&b, value);
	if (url_parse(a, s->spec->url, NULL, URL_RAW_PATH, &u, NULL) == 0) {
		struct str old = segment_of(u.path, s->segment);
		size_t at = (size_t)(old.ptr - u.path.ptr);
		u.path = arena_printf(a, "%.*s%.*s%.*s", (int)at, u.path.ptr, STR_ARG(buf_view(&b)), STR_ARG(str_from(u.path, at + old.len)));
		struct spec asked = *s->spec;
		asked.url = url_text(a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO);
		asked.from = from->x.url;
		asked.depth = depth;
		s->taken += frontier_push(r, &asked);
	}
	buf_free(&b);
	arena_free(a);
}

void shapes_fill(struct run *r, const struct answer *answer, unsigned depth)
{
	const struct scan_exchange *x = &answer->x;
	if (!r->shapes || x->status < 200 || x->status > 299 || x->text.len > 1 * MIB)
		return;
	struct arena *a = arena_new(16 * MIB);
	struct body_value *leaves = arena_array(a, LIMIT_SHAPE_LEAVES, sizeof(*leaves));
	size_t n = values_of_json(a, x->text, leaves, LIMIT_SHAPE_LEAVES);
	for (size_t i = 0; i < n; i++) {
		struct str v = leaves[i].value;
		if (leaves[i].kind == VALUE_JSON_WORD || v.len == 0 || v.len > 100)
			continue;
		for (size_t k = 0; k < r->shapes->list.len; k++) {
			struct shape *s = &r->shapes->list.ptr[k];
			if (s->taken < VALUES_PER_SHAPE && fits(s, leaves[i].name, x->path))
				ask_with(r, s, v, answer, depth);
		}
	}
	arena_free(a);
}

void shapes_free(struct run *r)
{
	if (!r->shapes)
		return;
	for (size_t i = 0; i < r->shapes->list.len; i++)
		free(r->shapes->list.ptr[i].spec);
	vec_free(&r->shapes->list);
	free(r->shapes);
	r->shapes = NULL;
}
