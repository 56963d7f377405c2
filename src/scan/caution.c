/* What a request could write where it must not, decided in one place for every active check
 * (points_apply() asks for each request that is about to leave):
 *  - A form that brings a file: no field of it gets a value with a path separator or "..", no
 *    file is named with one, and few requests bring a file at all. Its other fields are probed
 *    with no file chosen; the name of the file belongs to checks flagged SCAN_FILE_NAMES.
 *  - A request that brings text to be kept (an editor's, a comment): no other input of it gets
 *    a value that names a place in the file system, since that may be where the text goes.
 * What the page itself has in its form is always allowed, also with something harmless behind. */
#include "base/encode.h"
#include "base/limits.h"
#include "scan/scan_private.h"
#include "scan/values.h"

#define LIMIT_UPLOADS 24	/* files that the upload check may leave per form */
#define LIMIT_UPLOADS_NAMED 4	/* files whose name is tried as input */
#define LIMIT_UPLOADS_OTHER 4	/* the form as it is, for what all other checks need of it */
#define CAUTION_FIELDS 64

static struct str boundary_of(struct str type)
{
	ssize_t at = str_ifind(type, STR("boundary="));
	if (at < 0)
		return STR_NULL;
	struct str b = str_from(type, (size_t)at + 9);
	ssize_t end = str_starts(b, STR("\"")) ? str_chr(b = str_from(b, 1), '"') : str_chr(b, ';');
	return str_trim(end < 0 ? b : str_sub(b, 0, (size_t)end));
}

/* Where the value ends: at a line that begins with two dashes and the boundary. */
static size_t end_of_value(struct str body, struct str boundary)
{
	size_t from = 0;
	ssize_t at;
	while ((at = str_find(str_from(body, from), STR("\r\n--"))) >= 0) {
		from += (size_t)at;
		if (str_starts(str_from(body, from + 4), boundary))
			return from;
		from += 4;
	}
	return body.len;
}

static bool next_part(struct str *body, struct str boundary, struct form_value *ret)
{
	ssize_t at = boundary.len ? str_find(*body, boundary) : -1;
	if (at < 0)
		return false;
	*body = str_from(*body, (size_t)at + boundary.len);
	ssize_t head = str_find(*body, STR("\r\n\r\n"));
	ssize_t name = str_find(*body, STR(" name=\""));
	if (head < 0 || name < 0 || name > head)
		return false;
	struct str rest = str_sub(*body, (size_t)name + 7, (size_t)head);
	ssize_t end = str_chr(rest, '"');
	ret->name = str_sub(rest, 0, end < 0 ? 0 : (size_t)end);
	rest = str_from(rest, end < 0 ? rest.len : (size_t)end + 1); /* a field may be called "filename=" */
	ssize_t file = str_find(rest, STR(" filename=\""));
	*body = str_from(*body, (size_t)head + 4);
	ret->value = str_sub(*body, 0, end_of_value(*body, boundary));
	ret->file = file >= 0;
	if (ret->file) {
		ret->value = str_from(rest, (size_t)file + 11);
		end = str_chr(ret->value, '"');
		ret->value = str_sub(ret->value, 0, end < 0 ? 0 : (size_t)end);
	}
	return true;
}

size_t caution_parts(struct str body, struct str type, struct form_value *list, size_t max)
{
	struct str rest = body, boundary = boundary_of(type);
	size_t n = 0;
	if (!str_istarts(type, STR("multipart/")))
		return 0;
	while (n < max && next_part(&rest, boundary, &list[n]))
		n++;
	return n;
}

bool caution_has_file(struct str body, struct str type)
{
	return str_istarts(type, STR("multipart/")) && str_has(body, STR("filename=\""));
}

/* Is there a file, or only the place for one? */
static bool brings_file(struct str body, struct str type)
{
	struct form_value list[CAUTION_FIELDS];
	size_t n = caution_has_file(body, type) ? caution_parts(body, type, list, CAUTION_FIELDS) : 0;
	for (size_t i = 0; i < n; i++)
		if (list[i].file && list[i].value.len)
			return true;
	return false;
}

struct spec *caution_without_file(const struct spec *s)
{
	struct form_value list[CAUTION_FIELDS];
	struct arena *a = arena_new(8 * MIB);
	struct spec bare = *s;
	size_t n = caution_parts(s->body, s->type, list, CAUTION_FIELDS);
	for (size_t i = 0; i < n; i++)
		if (list[i].file)
			list[i].value = STR("");
	form_encode(a, list, n, true, &bare.body, &bare.type);
	struct spec *r = spec_new(&bare);
	arena_free(a);
	return r;
}

/* ---- values ---- */

static bool separates(struct str v)
{
	return str_chr(v, '/') >= 0 || str_chr(v, '\\') >= 0 || str_has(v, STR(".."));
}

static bool names_place(struct str v)
{
	static const char *const schemes[] = { "file:", "php:", "phar:", "zip:", "data:", "expect:", "glob:", "jar:", "netdoc:" };
	v = str_trim(v);
	if (str_has(v, STR("../")) || str_has(v, STR("..\\")) || str_has(v, STR("/..")) || str_has(v, STR("..;")))
		return true;
	if (v.len >= 2 && ((v.ptr[0] == '/' && v.ptr[1] != '/') || v.ptr[0] == '\\'))
		return true;
	if (v.len >= 3 && ascii_alpha(v.ptr[0]) && v.ptr[1] == ':' && (v.ptr[2] == '/' || v.ptr[2] == '\\'))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (str_istarts(v, str_c(schemes[i])))
			return true;
	return false;
}

/* What stands behind the page's own value, as it is and as whoever decodes it once or twice
 * more sees it. */
static bool any_depth(struct str v, struct str own, bool (*bad)(struct str))
{
	struct buf one, two;
	if (own.len && str_starts(v, own))
		v = str_from(v, own.len);
	buf_init(&one, 4 * MIB);
	buf_init(&two, 4 * MIB);
	bool yes = bad(v);
	if (!yes && str_chr(v, '%') >= 0) {
		decode_percent(&one, v, true);
		decode_percent(&two, buf_view(&one), true);
		/* the overlong forms of a slash and a dot */
		yes = bad(buf_view(&one)) || bad(buf_view(&two)) || str_ihas(v, STR("%c0%af")) || str_ihas(v, STR("%c0%ae"));
	}
	buf_free(&one);
	buf_free(&two);
	return yes;
}

/* A button of the form ("text-viewer-submit"): nothing is written into it. */
static bool is_button(struct str name)
{
	return str_iends(name, STR("submit")) || str_iends(name, STR("button")) || str_iends(name, STR("btn")) || str_istarts(name, STR("btn"));
}

/* Does another input than `own` look as if it were text to be kept? */
static bool brings_text(const struct spec *s, struct str own)
{
	static const char *const words[] = { "content", "text", "body", "data", "source", "code", "html", "markdown" };
	struct buf b;
	buf_init(&b, 64 * KIB);
	if (values_is_json(s->type) || values_is_xml(s->type))
		points_body_names(s, &b);
	struct str rest = b.len ? buf_view(&b) : s->body, pair;
	bool yes = false;
	while (!yes && str_split(&rest, '&', &pair)) {
		ssize_t eq = b.len ? -1 : str_chr(pair, '=');
		struct str name = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
		for (size_t i = 0; i < ARRAY_SIZE(words) && !yes; i++)
			yes = str_ihas(name, str_c(words[i])) && !str_eq(name, own) && !is_button(name);
	}
	buf_free(&b);
	return yes;
}

bool caution_allows(const struct spec *s, const struct scan_point *pt, struct str value)
{
	bool header = pt->where == WHERE_HEADER || pt->where == WHERE_COOKIE;
	if (str_empty(s->body) || str_eq(value, pt->value))
		return true;
	if (caution_has_file(s->body, s->type)) /* a cookie may well say where the files go */
		return pt->where == WHERE_HEADER || !any_depth(value, pt->value, separates);
	return header || !brings_text(s, pt->name) || !any_depth(value, pt->value, names_place);
}

/* ---- files ---- */

/* The upload check's files bear names that nobody else has: one folder above the form's own and a
 * slash at the end of a name overwrite nothing. */
static struct str without_leave(struct str value, struct str was)
{
	if (was.len && (value.len == was.len || str_eq(str_from(value, was.len), STR("../"))))
		return was;
	return str_ends(value, STR("/")) ? str_sub(value, 0, value.len - 1) : value;
}

/* Names of files, and fields that a check wrote anew. */
static bool parts_are_tame(const struct spec *s, struct str body, struct str type, bool upload_check)
{
	struct form_value list[CAUTION_FIELDS], own[CAUTION_FIELDS];
	size_t n = caution_parts(body, type, list, CAUTION_FIELDS), m = caution_parts(s->body, s->type, own, CAUTION_FIELDS);
	for (size_t i = 0; i < n; i++) {
		struct str was = STR("");
		for (size_t k = 0; k < m; k++)
			if (str_eq(own[k].name, list[i].name) && str_starts(list[i].value, own[k].value) && own[k].value.len > was.len)
				was = own[k].value;
		if (any_depth(upload_check ? without_leave(list[i].value, was) : list[i].value, was, separates))
			return false;
	}
	return true;
}

bool caution_body(struct probe *p, struct str body, struct str type)
{
	struct run *r = p->run;
	struct url u;
	struct buf key;
	if (!brings_file(body, type))
		return true;
	bool own = p->check && strcmp(p->check->id, "file-upload") == 0;
	if (!parts_are_tame(p->unit->spec, body, type, own) || url_parse(p->arena, p->unit->spec->url, NULL, 0, &u, NULL) < 0)
		return false;
	buf_init(&key, 64 * KIB);
	bool xml = p->check && strcmp(p->check->id, "xxe-upload") == 0;
	buf_c(&key, p->has_point ? "upload-name " : own ? "upload " : xml ? "upload-xml " : "upload-other ");
	kit_path_pattern(&key, u.path, false);
	uintptr_t most = p->has_point ? LIMIT_UPLOADS_NAMED : own ? LIMIT_UPLOADS : LIMIT_UPLOADS_OTHER;
	uintptr_t n = (uintptr_t)map_get(r->attack.kinds, buf_view(&key));
	if (n < most)
		map_put(r->attack.kinds, buf_view(&key), (void *)(n + 1));
	buf_free(&key);
	return n < most;
}
