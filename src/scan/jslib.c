/* The repository stays the JSON it is; patterns are compiled when their library is first asked
 * for and kept. A pattern runs only when a literal it cannot do without stands in the text. */
#include "scan/jslib.h"

#include <openssl/sha.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"
#include "scan/template/regex.h"

#define LIMIT_JSLIB_TEXT (512 * KIB) /* of a script that is looked through; banners stand at its head */
#define LIMIT_JSLIB_PATTERNS 4000

extern const unsigned char jslib_starter[];
extern const size_t jslib_starter_len;

enum from { FROM_URI, FROM_FILENAME, FROM_TEXT };

struct pattern {
	struct str library;
	enum from from;
	struct regex *regex;
	const struct regex_literal *literals;
	size_t literals_len;
};
struct jslib {
	struct arena *a;
	json_t *roots[2]; /* the operator's, ours */
	VEC(struct pattern) patterns;
	size_t libraries, dropped;
};

/* "§§version§§" is a version; what is after it in a filename pattern ends the name. */
static struct str expand(struct arena *a, struct str p, enum from from)
{
	static const char mark[] = "§§version§§";
	struct buf b;
	buf_init(&b, 64 * KIB);
	if (from == FROM_FILENAME)
		buf_char(&b, '^');
	for (;;) {
		ssize_t at = str_find(p, str_c(mark));
		buf_str(&b, at < 0 ? p : str_sub(p, 0, (size_t)at));
		if (at < 0)
			break;
		buf_c(&b, "[0-9][0-9.a-z_-]*");
		p = str_from(p, (size_t)at + sizeof(mark) - 1);
	}
	if (from == FROM_FILENAME)
		buf_char(&b, '$');
	struct str s = arena_str(a, buf_view(&b));
	buf_free(&b);
	return s;
}

static void add_pattern(struct jslib *l, struct str library, enum from from, const json_t *text)
{
	struct pattern p = { .library = library, .from = from };
	struct str s = str_make(json_string_value(text), json_string_length(text));
	if (!json_is_string(text) || l->patterns.len >= LIMIT_JSLIB_PATTERNS)
		return;
	s = expand(l->a, s, from);
	if (regex_compile(s, &p.regex, NULL) < 0) {
		l->dropped++;
		return;
	}
	p.literals_len = regex_literals(l->a, s, &p.literals);
	*vec_push(&l->patterns) = p;
}

static void add_libraries(struct jslib *l, size_t which)
{
	static const struct {
		const char *key;
		enum from from;
	} kinds[] = { { "uri", FROM_URI }, { "filename", FROM_FILENAME }, { "filecontent", FROM_TEXT } };
	const char *name;
	json_t *lib;
	json_object_foreach(l->roots[which], name, lib) {
		const json_t *x = json_object_get(lib, "extractors");
		if (!json_is_object(x) || (which == 1 && json_object_get(l->roots[0], name)))
			continue;
		l->libraries++;
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			const json_t *list = json_object_get(x, kinds[k].key);
			for (size_t i = 0; i < json_array_size(list); i++)
				add_pattern(l, str_c(name), kinds[k].from, json_array_get(list, i));
		}
	}
}

struct jslib *jslib_new(struct str repository, struct error *e)
{
	struct jslib *l = mem_alloc(sizeof(*l));
	l->a = arena_new(64 * MIB);
	l->roots[1] = json_parse(str_make(jslib_starter, jslib_starter_len), NULL);
	if (repository.len) {
		l->roots[0] = json_parse(repository, e);
		if (l->roots[0] && !json_is_object(l->roots[0]))
			error_set(e, "jslib.bad", "前端库漏洞文件不是 retire.js 的格式。", "The library file is not in the format of retire.js.");
		if (!json_is_object(l->roots[0])) {
			jslib_free(l);
			return NULL;
		}
		add_libraries(l, 0);
	}
	add_libraries(l, 1);
	return l;
}

void jslib_free(struct jslib *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->patterns.len; i++)
		regex_free(l->patterns.ptr[i].regex);
	vec_free(&l->patterns);
	json_decref(l->roots[0]);
	json_decref(l->roots[1]);
	arena_free(l->a);
	free(l);
}

size_t jslib_count(const struct jslib *l)
{
	return l->libraries;
}

size_t jslib_dropped(const struct jslib *l)
{
	return l->dropped;
}

/* ---- finding ---- */

static bool may_match(const struct pattern *p, struct str text)
{
	if (p->literals_len == 0)
		return true;
	for (size_t i = 0; i < p->literals_len; i++)
		if (p->literals[i].nocase ? str_ihas(text, p->literals[i].text) : str_has(text, p->literals[i].text))
			return true;
	return false;
}

static bool known(const struct jslib_hit *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].name, name))
			return true;
	return false;
}

static size_t look(struct jslib *l, enum from from, struct str text, struct jslib_hit *ret, size_t n, size_t max)
{
	for (size_t i = 0; i < l->patterns.len && n < max; i++) {
		struct pattern *p = &l->patterns.ptr[i];
		struct regex_match m;
		if (p->from != from || known(ret, n, p->library) || !may_match(p, text) || !regex_match(p->regex, text, 0, &m, NULL))
			continue;
		struct str version = m.len > 1 && m.groups[1].ptr ? m.groups[1] : STR("");
		if (str_ends(version, STR(".min")))
			version.len -= 4;
		while (version.len && strchr(".-_", version.ptr[version.len - 1]))
			version.len--;
		if (version.len)
			ret[n++] = (struct jslib_hit){ p->library, version, m.groups[0] };
	}
	return n;
}

size_t jslib_in_url(struct jslib *l, struct str url, struct jslib_hit *ret, size_t max)
{
	ssize_t mark = str_chr(url, '?');
	struct str path = mark < 0 ? url : str_sub(url, 0, (size_t)mark);
	struct str file = str_from(path, (size_t)(str_rchr(path, '/') + 1));
	size_t n = look(l, FROM_FILENAME, file, ret, 0, max);
	return look(l, FROM_URI, url, ret, n, max);
}

static size_t by_hash(struct jslib *l, struct str text, struct jslib_hit *ret, size_t n, size_t max)
{
	unsigned char sum[20];
	struct buf hex;
	SHA1((const unsigned char *)text.ptr, text.len, sum);
	buf_init(&hex, 64);
	encode_hex(&hex, str_make(sum, sizeof(sum)));
	buf_char(&hex, 0);
	for (size_t k = 0; k < 2; k++) {
		const char *name;
		json_t *lib;
		json_object_foreach(l->roots[k], name, lib) {
			struct str v = json_get_str(json_object_get(json_object_get(lib, "extractors"), "hashes"), hex.ptr);
			if (v.len && n < max && !known(ret, n, str_c(name)))
				ret[n++] = (struct jslib_hit){ str_c(name), v, STR("") };
		}
	}
	buf_free(&hex);
	return n;
}

size_t jslib_in_text(struct jslib *l, struct str text, struct jslib_hit *ret, size_t max)
{
	size_t n = look(l, FROM_TEXT, str_sub(text, 0, LIMIT_JSLIB_TEXT), ret, 0, max);
	return text.len < 4 * MIB ? by_hash(l, text, ret, n, max) : n;
}

/* ---- judging ---- */

static const json_t *library(const struct jslib *l, struct str name)
{
	char key[128];
	snprintf(key, sizeof(key), "%.*s", STR_ARG(name));
	const json_t *lib = json_object_get(l->roots[0], key);
	return lib ? lib : json_object_get(l->roots[1], key);
}

struct str jslib_title(const struct jslib *l, struct str name)
{
	struct str title = json_get_str(library(l, name), "title");
	return title.len ? title : name;
}

static bool next_part(struct str *v, struct str *ret)
{
	size_t n = 0;
	if (str_empty(*v))
		return false;
	while (n < v->len && v->ptr[n] != '.' && v->ptr[n] != '-')
		n++;
	*ret = str_sub(*v, 0, n);
	*v = str_from(*v, n < v->len ? n + 1 : n);
	return true;
}

int jslib_version_cmp(struct str a, struct str b)
{
	while (a.len || b.len) {
		struct str x = STR("0"), y = STR("0");
		uint64_t m = 0, n = 0;
		next_part(&a, &x);
		next_part(&b, &y);
		bool p = str_to_u64(x, &m) == 0, q = str_to_u64(y, &n) == 0;
		int c = p && q ? (m > n) - (m < n) : p != q ? (p ? 1 : -1) : str_cmp(x, y);
		if (c)
			return c;
	}
	return 0;
}

static bool concerns(const json_t *v, struct str version)
{
	struct str below = json_get_str(v, "below"), from = json_get_str(v, "atOrAbove");
	const json_t *not = json_object_get(v, "excludes");
	if (str_empty(below) || jslib_version_cmp(version, below) >= 0 || (from.len && jslib_version_cmp(version, from) < 0))
		return false;
	for (size_t i = 0; i < json_array_size(not); i++)
		if (str_eq(version, str_c(json_string_value(json_array_get(not, i)))))
			return false;
	return true;
}

static enum severity severity_of(const json_t *v)
{
	struct str s = json_get_str(v, "severity");
	return str_eq(s, STR("critical")) ? SEVERITY_CRITICAL : str_eq(s, STR("high")) ? SEVERITY_HIGH :
	       str_eq(s, STR("low"))	  ? SEVERITY_LOW :
					    SEVERITY_MEDIUM;
}

static void put_ids(struct buf *b, const json_t *ids, size_t *n)
{
	const json_t *cve = json_object_get(ids, "CVE");
	struct str other = json_get_str(ids, "githubID");
	for (size_t i = 0; i < json_array_size(cve) && *n < 5; i++) {
		struct str id = str_c(json_string_value(json_array_get(cve, i)));
		if (id.len && !str_has(buf_view(b), id)) {
			buf_printf(b, "%s%.*s", b->len ? " " : "", STR_ARG(id));
			(*n)++;
		}
	}
	if (json_array_size(cve) == 0 && other.len && *n < 5 && !str_has(buf_view(b), other)) {
		buf_printf(b, "%s%.*s", b->len ? " " : "", STR_ARG(other));
		(*n)++;
	}
}

bool jslib_judge(struct jslib *l, struct arena *a, const struct jslib_hit *hit, struct jslib_verdict *ret)
{
	bool any = false;
	struct buf ids;
	size_t n = 0;
	const json_t *list = json_object_get(library(l, hit->name), "vulnerabilities");
	*ret = (struct jslib_verdict){ 0 };
	buf_init(&ids, 1 * KIB);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i), *id = json_object_get(v, "identifiers");
		if (!concerns(v, hit->version))
			continue;
		struct str below = json_get_str(v, "below");
		if (!any || severity_of(v) > ret->severity) {
			ret->severity = severity_of(v);
			ret->summary = arena_str(a, json_get_str(id, "summary"));
		}
		if (jslib_version_cmp(below, ret->fixed) > 0 && !str_starts(below, STR("99")))
			ret->fixed = arena_str(a, below);
		put_ids(&ids, id, &n);
		any = true;
	}
	ret->ids = arena_str(a, buf_view(&ids));
	buf_free(&ids);
	return any;
}
