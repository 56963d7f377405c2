/* Packs: files of a bundle compiled to templates, in order. Each file is parsed in a scratch
 * arena that is emptied afterwards; only the compiled form stays. */
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "scan/template/pack_private.h"
#include "scan/template/yaml.h"

#define PACK_ARENA (512 * MIB)

struct template_files {
	struct map *by_path; /* path -> struct str *, of this bundle */
	struct arena *arena;
	struct map *lists; /* path -> struct template_payload *: payload lists, split once */
};

const char *template_protocol_name(enum template_protocol p)
{
	static const char *const names[] = { "http", "dns", "tcp", "ssl" };
	check((size_t)p < ARRAY_SIZE(names));
	return names[p];
}

struct template_pack *template_pack_new(void)
{
	struct template_pack *p = mem_alloc(sizeof(*p));
	p->arena = arena_new(PACK_ARENA);
	p->ids = map_new();
	p->words = map_new();
	return p;
}

void template_pack_free(struct template_pack *p)
{
	if (!p)
		return;
	template_index_free(p->index);
	for (size_t i = 0; i < p->regexes.len; i++)
		regex_free(p->regexes.ptr[i]->compiled);
	vec_free(&p->regexes);
	map_free(p->ids);
	map_free(p->words);
	arena_free(p->arena);
	free(p->list);
	free(p);
}

/* ---- small strings that many templates share ---- */

struct str template_intern(struct template_pack *p, struct str s)
{
	if (str_empty(s))
		return STR("");
	struct str *known = map_get(p->words, s);
	if (!known) {
		known = arena_new_of(p->arena, struct str);
		*known = arena_str(p->arena, s);
		map_put(p->words, s, known);
	}
	return *known;
}

int template_text_make(struct template_pack *p, struct str text, struct template_text *ret, struct error *e)
{
	struct template_text t = { 0 };
	if (str_has(text, STR("{{")) || str_has(text, STR("\xC2\xA7"))) {
		struct expr_text *x;
		if (expr_text_compile(p->arena, text, EXPR_DSL, &x, e) < 0)
			return -1;
		if (!expr_text_fixed(x))
			t.mixed = x;
		t.text = expr_text_source(x);
	} else {
		t.text = text.len <= 40 ? template_intern(p, text) : arena_str(p->arena, text);
	}
	*ret = t;
	return 0;
}

/* ---- payload files ---- */

static struct str folder_of(struct str path)
{
	ssize_t slash = str_rchr(path, '/');
	return str_sub(path, 0, slash < 0 ? 0 : (size_t)slash);
}

static bool leaves(struct str name)
{
	struct str rest = name, part;
	if (str_empty(name) || name.ptr[0] == '/' || str_chr(name, '\\') >= 0)
		return true;
	while (str_split(&rest, '/', &part))
		if (str_eq(part, STR("..")))
			return true;
	return false;
}

static struct str *find_file(const struct template_pack *p, struct str from, struct str name, struct str *ret_path)
{
	const struct template_files *f = p->files;
	struct str dir = folder_of(from);
	while (str_starts(name, STR("./")))
		name = str_from(name, 2);
	if (!f || leaves(name))
		return NULL;
	for (;;) {
		struct str path = dir.len ? arena_printf(f->arena, "%.*s/%.*s", STR_ARG(dir), STR_ARG(name)) : name;
		struct str *s = map_get(f->by_path, path);
		*ret_path = path;
		if (s || str_empty(dir))
			return s;
		dir = folder_of(dir);
	}
}

struct str template_file(const struct template_pack *p, struct str from, struct str name)
{
	struct str path;
	const struct str *s = find_file(p, from, name, &path);
	return s ? *s : STR_NULL;
}

/* Lines of a payload file as values; shared by all templates that name it. */
const struct template_payload *template_file_list(struct template_pack *p, struct str from, struct str name,
						  struct error *e)
{
	struct str path, rest, line;
	const struct str *s = find_file(p, from, name, &path);
	if (!s) {
		error_set(e, "template.missing-file", "找不到载荷文件 %.*s（规则包内）。",
			  "The payload file %.*s is not in the pack.", STR_ARG(name));
		return NULL;
	}
	struct template_payload *l = map_get(p->files->lists, path);
	if (l)
		return l;
	size_t n = 0;
	for (rest = *s; str_split(&rest, '\n', &line);)
		n += !str_empty(str_trim(line));
	if (n > LIMIT_TEMPLATE_PAYLOADS) {
		error_set(e, "template.too-many-payloads", "载荷文件 %.*s 行数过多。",
			  "The payload file %.*s has too many lines.", STR_ARG(name));
		return NULL;
	}
	struct template_text *values = arena_array(p->arena, n, sizeof(*values));
	l = arena_new_of(p->arena, struct template_payload);
	for (rest = arena_str(p->arena, *s); str_split(&rest, '\n', &line);) {
		while (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!str_empty(str_trim(line)))
			values[l->len++].text = line;
	}
	l->values = values;
	map_put(p->files->lists, path, l);
	return l;
}

/* ---- loading ---- */

static const struct template_loader *const loaders[] = {
#define LOADER(x) &x,
#include "scan/template/loaders.h"
#undef LOADER
};

static bool is_yaml(struct str path)
{
	ssize_t slash = str_rchr(path, '/');
	struct str name = str_from(path, slash < 0 ? 0 : (size_t)slash + 1);
	return (str_iends(name, STR(".yaml")) || str_iends(name, STR(".yml"))) && !str_starts(name, STR("."));
}

void template_refuse(struct template_pack *p, struct template *t, const struct error *e)
{
	t->ok = false;
	t->reason_code = template_intern(p, str_c(e->code)).ptr;
	t->reason_zh = arena_str(p->arena, str_c(e->zh));
	t->reason_en = arena_str(p->arena, str_c(e->en));
}

static struct template *add(struct template_pack *p)
{
	if (p->len == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 256;
		p->list = mem_resize(p->list, p->cap, sizeof(*p->list));
	}
	struct template *t = &p->list[p->len++];
	memset(t, 0, sizeof(*t));
	return t;
}

static int load_document(struct template_pack *p, const struct yaml *doc, struct template *t, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (loaders[i]->is_mine(doc)) {
			t->format = loaders[i]->format;
			return loaders[i]->load(p, doc, t, e);
		}
	return error_set(e, "template.unknown-format", "不是可识别的模板（需要 id 与 info，或 rules 与 expression）。",
			 "Not a template that we know (id and info, or rules and expression, are needed).");
}

static void load_file(struct template_pack *p, struct arena *scratch, struct str path, struct str bytes)
{
	struct error e = { 0 };
	const struct yaml *doc;
	struct template t = { .path = arena_str(p->arena, path), .id = STR("") };
	int r = yaml_parse(scratch, bytes, &doc, &e);
	if (r == 0)
		r = load_document(p, doc, &t, &e);
	if (r == 0 && map_has(p->ids, t.id))
		r = error_set(&e, "template.duplicate-id", "id “%.*s”已被前面的文件使用。",
			      "The id \"%.*s\" is taken by an earlier file.", STR_ARG(t.id));
	if (r == 0) {
		t.ok = true;
		map_add(p->ids, t.id);
	} else {
		template_refuse(p, &t, &e);
	}
	*add(p) = t;
}

/* Next file of a bundle. */
static bool next_file(struct reader *r, struct str *path, struct str *bytes)
{
	return r->ptr < r->end && reader_blob(r, path) == 0 && reader_blob(r, bytes) == 0;
}

void template_pack_load(struct template_pack *p, struct str bundle)
{
	struct arena *scratch = arena_new(96 * MIB), *kept = arena_new(64 * MIB);
	struct template_files files = { map_new(), kept, map_new() };
	struct reader r = reader_of(bundle);
	struct str path, bytes;

	while (next_file(&r, &path, &bytes)) {
		struct str *s = arena_new_of(kept, struct str);
		*s = bytes;
		map_put(files.by_path, path, s);
	}
	p->files = &files;
	p->scratch = scratch;
	r = reader_of(bundle);
	while (next_file(&r, &path, &bytes) && p->len < LIMIT_TEMPLATES && arena_left(p->arena) > 64 * MIB) {
		if (!is_yaml(path))
			continue;
		load_file(p, scratch, path, bytes);
		arena_reset(scratch);
	}
	p->files = NULL;
	p->scratch = NULL;
	map_free(files.by_path);
	map_free(files.lists);
	arena_free(kept);
	arena_free(scratch);
}
