/* Fingerprints of the Wappalyzer JSON shape: {"Name": {…}} or {"technologies": {"Name": {…}}}.
 * What can be seen without a browser is taken (headers, cookies, meta, scriptSrc, scripts,
 * html, text, url, robots, certIssuer); js, dom, dns, xhr and css are counted and said.
 * The file is foreign: sizes, counts and patterns are bounded, and a pattern that cannot
 * be looked for by a fixed text is left out. */
#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "scan/tech/tech_private.h"

const char *const tech_import_kinds[8] = { "js", "dom", "dns", "xhr", "css", "other", "no-literal", "bad" };
enum { KIND_JS, KIND_DOM, KIND_DNS, KIND_XHR, KIND_CSS, KIND_OTHER, KIND_SLOW, KIND_BAD };

struct build {
	struct tech_set *set;
	struct tech_import *said;
	struct tech_signal list[LIMIT_TECH_SIGNALS];
	size_t len;
};

static void refuse(struct build *b, int kind, size_t n)
{
	b->said->unsupported += n;
	b->said->by_kind[kind] += n;
}

static struct str slug(struct arena *a, struct str name)
{
	struct buf b;
	buf_init(&b, 256);
	for (size_t i = 0; i < name.len && b.len < 100; i++) {
		char c = ascii_lower(name.ptr[i]);
		if (ascii_alnum(c) || c == '.')
			buf_char(&b, c);
		else if (b.len && b.ptr[b.len - 1] != '-')
			buf_char(&b, '-');
	}
	while (b.len && (b.ptr[b.len - 1] == '-' || b.ptr[b.len - 1] == '.'))
		b.len--;
	struct str s = arena_str(a, buf_view(&b));
	buf_free(&b);
	return s;
}

/* "pattern\;version:\1\;confidence:50": the pattern, and what its marks say. */
static struct str take_marks(struct str text, struct tech_signal *g)
{
	ssize_t mark = str_find(text, STR("\\;"));
	struct str rest = mark < 0 ? STR("") : str_from(text, (size_t)mark + 2);
	uint64_t n;
	while (rest.len) {
		ssize_t next = str_find(rest, STR("\\;"));
		struct str one = str_sub(rest, 0, next < 0 ? rest.len : (size_t)next);
		rest = next < 0 ? STR("") : str_from(rest, (size_t)next + 2);
		if (str_starts(one, STR("version:")))
			g->version = str_from(one, 8);
		else if (str_starts(one, STR("confidence:")) && str_to_u64(str_from(one, 11), &n) == 0 && n <= 100)
			g->confidence = (uint8_t)n;
	}
	return mark < 0 ? text : str_sub(text, 0, (size_t)mark);
}

static bool compiles(struct str pattern)
{
	int code;
	size_t at;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, PCRE2_CASELESS, &code, &at, NULL);
	pcre2_code_free(c);
	return c != NULL;
}

static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);
	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(p[i]);
	return str_make(p, s.len);
}

static void add(struct build *b, enum tech_place place, struct str key, struct str text)
{
	struct arena *a = b->set->arena;
	struct tech_signal g = { .place = place, .regex = true, .confidence = 100 };
	struct str literals[TECH_LITERALS], value = take_marks(text, &g);
	if (b->len == LIMIT_TECH_SIGNALS || arena_left(a) < 1 * MIB || value.len > LIMIT_TECH_PATTERN || key.len > 200 || g.version.len > 100 ||
	    (value.len && !compiles(value))) {
		refuse(b, KIND_BAD, 1);
		return;
	}
	bool by_name = place <= TECH_META && key.len >= 3;
	if (!tech_required(value, a, literals) && !by_name) {
		refuse(b, KIND_SLOW, 1);
		return;
	}
	g.key = lower(a, key);
	g.value = arena_str(a, value);
	g.version = arena_str(a, g.version);
	b->list[b->len++] = g;
}

/* A string or a list of them. */
static void add_all(struct build *b, enum tech_place place, struct str key, const json_t *v)
{
	size_t i;
	const json_t *one;
	if (json_is_string(v))
		add(b, place, key, str_make(json_string_value(v), json_string_length(v)));
	json_array_foreach(v, i, one)
		if (json_is_string(one))
			add(b, place, key, str_make(json_string_value(one), json_string_length(one)));
}

static void add_object(struct build *b, enum tech_place place, const json_t *o)
{
	const char *key;
	const json_t *v;
	void *it = json_object_iter(json_is_object(o) ? (json_t *)(uintptr_t)o : NULL);
	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)o, it)) {
		key = json_object_iter_key(it);
		v = json_object_iter_value(it);
		add_all(b, place, str_c(key), v);
	}
}

static size_t count_of(const json_t *v)
{
	return json_is_array(v) ? json_array_size(v) : json_is_object(v) ? json_object_size(v) : 1;
}

static const struct {
	const char *name;
	bool object;
	int place;
} fields[] = {
	{ "headers", true, TECH_HEADER },    { "cookies", true, TECH_COOKIE }, { "meta", true, TECH_META },
	{ "scriptSrc", false, TECH_SCRIPT }, { "scripts", false, TECH_HTML },  { "html", false, TECH_HTML },
	{ "text", false, TECH_HTML },	     { "url", false, TECH_URL },       { "robots", false, TECH_ROBOTS },
	{ "certIssuer", false, TECH_CERT },
};

static const struct {
	const char *name;
	int kind;
} strangers[] = { { "js", KIND_JS }, { "dom", KIND_DOM }, { "dns", KIND_DNS }, { "xhr", KIND_XHR }, { "css", KIND_CSS },
		  { "probe", KIND_OTHER } };

static void take_signals(struct build *b, const json_t *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const json_t *v = json_object_get(t, fields[i].name);
		if (v && fields[i].object)
			add_object(b, (enum tech_place)fields[i].place, v);
		else if (v)
			add_all(b, (enum tech_place)fields[i].place, STR(""), v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		const json_t *v = json_object_get(t, strangers[i].name);
		if (v)
			refuse(b, strangers[i].kind, count_of(v));
	}
}

/* Names of other technologies as ids separated by blanks. */
static struct str names(struct arena *a, const json_t *v)
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	for (size_t i = 0; i < (json_is_array(v) ? json_array_size(v) : json_is_string(v)); i++) {
		const json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
		struct tech_signal marks = { .confidence = 100 };
		if (!json_is_string(one) || i >= 32)
			continue;
		struct str name = take_marks(str_make(json_string_value(one), json_string_length(one)), &marks);
		struct str id = slug(a, name);
		if (!id.len)
			continue;
		if (b.len)
			buf_char(&b, ' ');
		buf_str(&b, id);
		if (marks.confidence < 100)
			buf_printf(&b, "@%u", marks.confidence);
	}
	struct str s = arena_str(a, buf_view(&b));
	buf_free(&b);
	return s;
}

/* The numbers of that data's categories that have a counterpart here. */
static struct str category(const json_t *t)
{
	static const struct {
		int cat;
		const char *id;
	} map[] = { { 1, "cms" },	 { 2, "forum" },	 { 3, "database-admin" }, { 4, "wiki" },   { 6, "ecommerce" },
		    { 8, "wiki" },	 { 9, "panel" },	 { 10, "analytics" },	  { 11, "blog" },  { 12, "js-framework" },
		    { 14, "media" },	 { 16, "captcha" },	 { 18, "framework" },	  { 21, "lms" },   { 22, "web-server" },
		    { 23, "proxy" },	 { 24, "editor" },	 { 25, "chart" },	  { 27, "language" }, { 28, "os" },
		    { 30, "mail" },	 { 31, "cdn" },		 { 34, "database" },	  { 35, "chart" }, { 36, "ads" },
		    { 37, "network" },	 { 39, "camera" },	 { 40, "printer" },	  { 44, "devops" }, { 47, "devops" },
		    { 48, "storage" },	 { 52, "chat" },	 { 53, "crm" },		  { 57, "ssg" },   { 59, "js-library" },
		    { 62, "cloud" },	 { 63, "cloud" },	 { 64, "proxy" },	  { 65, "proxy" }, { 66, "ui" },
		    { 69, "auth" },	 { 16, "security" } };
	int64_t cat = json_integer_value(json_array_get(json_object_get(t, "cats"), 0));
	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].cat == cat)
			return str_c(map[i].id);
	return STR("other");
}

static void take_one(struct build *b, struct str name, const json_t *t)
{
	struct arena *a = b->set->arena;
	if (arena_left(a) < 4 * MIB || name.len > 200) {
		b->said->refused++;
		return;
	}
	struct tech_print p = { .id = slug(a, name), .name = arena_str(a, name), .imported = true };
	b->len = 0;
	take_signals(b, t);
	if (!json_is_object(t) || !p.id.len || map_has(b->set->ids, p.id) || b->len == 0) {
		b->said->refused++;
		return;
	}
	struct tech_signal *list = arena_array(a, b->len, sizeof(*list));
	memcpy(list, b->list, b->len * sizeof(*list));
	p.signals = list;
	p.signals_len = b->len;
	p.categories = category(t);
	p.cpe = arena_str(a, str_sub(json_get_str(t, "cpe"), 0, 300));
	p.implies = names(a, json_object_get(t, "implies"));
	p.excludes = names(a, json_object_get(t, "excludes"));
	p.requires = names(a, json_object_get(t, "requires"));
	tech_set_add(b->set, &p);
	b->said->taken++;
	b->said->signals += b->len;
}

int tech_import(struct tech_set *s, struct str text, struct tech_import *ret, struct error *e)
{
	_cleanup_json_ json_t *j = json_parse(text, e);
	struct build b = { .set = s, .said = ret };
	if (!j)
		return -1;
	const json_t *list = json_object_get(j, "technologies");
	if (!list)
		list = json_object_get(j, "apps");
	if (!list)
		list = j;
	if (!json_is_object(list))
		return error_set(e, "fingerprint.shape", "指纹文件不是 Wappalyzer 的 JSON 形式。",
				 "The file of fingerprints is not of the Wappalyzer JSON shape.");
	for (void *it = json_object_iter((json_t *)(uintptr_t)list); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)list, it)) {
		if (ret->taken >= LIMIT_TECH_IMPORT)
			break;
		take_one(&b, str_c(json_object_iter_key(it)), json_object_iter_value(it));
	}
	return 0;
}
