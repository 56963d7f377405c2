/* Regular expressions run by PCRE2 within limits. A pattern is compiled to machine code only
 * when it is used again or on a long text: most stand behind a literal that seldom occurs. */
#include "scan/template/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

#define REGEX_MAGIC 0x5e6e7c01u
#define JIT_AFTER 3
#define JIT_LENGTH (16 * KIB)

struct regex {
	unsigned magic;
	pcre2_code *code;
	pcre2_match_context *limits;
	unsigned uses;
	bool jit;
	uint64_t tick; /* of the cache */
};

static pcre2_code *compile(struct str translated, bool utf, struct error *e)
{
	uint32_t flags = PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C |
			 (utf ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0);
	pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
	int code = 0;
	size_t offset = 0;

	check(ctx);
	pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(ctx, 100);
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)translated.ptr, translated.len, flags, &code,
				      &offset, ctx);
	pcre2_compile_context_free(ctx);
	if (!c) {
		unsigned char why[160] = "";
		pcre2_get_error_message(code, why, sizeof(why));
		error_set(e, "regex.syntax", "正则表达式有误（第 %zu 字节附近：%s）。",
			  "The regular expression is wrong (near byte %zu: %s).", offset, why);
	}
	return c;
}

int regex_compile(struct str pattern, struct regex **ret, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(LIMIT_REGEX_SOURCE * 8 + 64 * KIB);
	struct str translated;
	bool utf;

	if (regex_translate(a, pattern, &translated, &utf, e) < 0)
		return -1;
	pcre2_code *code = compile(translated, utf, e);
	if (!code)
		return -1;
	struct regex *r = mem_alloc(sizeof(*r));
	r->magic = REGEX_MAGIC;
	r->code = code;
	r->limits = pcre2_match_context_create(NULL);
	check(r->limits);
	pcre2_set_match_limit(r->limits, LIMIT_REGEX_STEPS);
	pcre2_set_depth_limit(r->limits, LIMIT_REGEX_STEPS);
	pcre2_set_heap_limit(r->limits, LIMIT_REGEX_HEAP_KIB);
	*ret = r;
	return 0;
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	CHECK_OBJ(r, REGEX_MAGIC);
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
	r->magic = 0;
	free(r);
}

/* PCRE2 leaves its backtracking frames, 20 KiB and more, with the match data: those of
 * thousands of patterns are not kept. */
static void free_data(pcre2_match_data **data)
{
	pcre2_match_data_free(*data);
}
#define _cleanup_data_ __attribute__((cleanup(free_data)))

static pcre2_match_data *new_data(const struct regex *r)
{
	CHECK_OBJ(r, REGEX_MAGIC);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(r->code, NULL);
	check(data);
	return data;
}

static int run(struct regex *r, pcre2_match_data *data, struct str text, size_t from)
{
	const char *p = text.ptr ? text.ptr : "";
	int rc;

	if (!r->jit && (++r->uses >= JIT_AFTER || text.len > JIT_LENGTH)) {
		r->jit = true;
		pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* without it: slower, not wrong */
	}
	rc = pcre2_match(r->code, (PCRE2_SPTR)p, text.len, from, 0, data, r->limits);
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(r->code, (PCRE2_SPTR)p, text.len, from, PCRE2_NO_JIT, data,
				 r->limits);
	return rc;
}

bool regex_match(struct regex *r, struct str text, size_t from, struct regex_match *ret,
		 bool *ret_limit)
{
	_cleanup_data_ pcre2_match_data *data = new_data(r);
	int rc = from > text.len ? PCRE2_ERROR_NOMATCH : run(r, data, text, from);
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
	uint32_t count = pcre2_get_ovector_count(data);

	if (ret_limit)
		*ret_limit = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
	if (rc < 0)
		return false;
	ret->len = count < ARRAY_SIZE(ret->groups) ? count : ARRAY_SIZE(ret->groups);
	for (size_t i = 0; i < ret->len; i++)
		ret->groups[i] = (int)i < rc && at[2 * i] != PCRE2_UNSET ?
					 str_sub(text, at[2 * i], at[2 * i + 1]) :
					 STR_NULL;
	return true;
}

bool regex_test(struct regex *r, struct str text)
{
	_cleanup_data_ pcre2_match_data *data = new_data(r);
	return run(r, data, text, 0) >= 0;
}

size_t regex_all(struct regex *r, struct str text, size_t group, struct str *ret, size_t max)
{
	struct regex_match m;
	size_t n = 0, at = 0;

	while (n < max && regex_match(r, text, at, &m, NULL)) {
		const char *base = text.ptr ? text.ptr : "";
		size_t end = (size_t)(m.groups[0].ptr - base) + m.groups[0].len;
		at = m.groups[0].len ? end : end + 1;
		if (group < m.len && m.groups[group].ptr)
			ret[n++] = m.groups[group];
		else if (group >= m.len)
			break;
	}
	return n;
}

int regex_group(const struct regex *r, struct str name)
{
	char tmp[64];

	if (name.len >= sizeof(tmp))
		return -1;
	memcpy(tmp, name.ptr, name.len);
	tmp[name.len] = 0;
	int n = pcre2_substring_number_from_name(r->code, (PCRE2_SPTR)tmp);
	return n > 0 ? n : -1;
}

size_t regex_names(const struct regex *r, struct arena *a, const struct str **ret_names,
		   const unsigned **ret_numbers)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
	if (arena_left(a) < count * 64 + 4096)
		count = 0;
	struct str *names = arena_array(a, count + 1, sizeof(*names));
	unsigned *numbers = arena_array(a, count + 1, sizeof(*numbers));
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *row = table + (size_t)i * size;
		names[i] = arena_str(a, str_c((const char *)row + 2));
		numbers[i] = (unsigned)row[0] << 8 | row[1];
	}
	*ret_names = names;
	*ret_numbers = numbers;
	return count;
}

/* ---- cache ---- */

#define CACHE_MAGIC 0x5e6e7c02u

struct regex_cache {
	unsigned magic;
	struct map *map;
	size_t max;
	uint64_t tick;
};
static const char bad_mark; /* stands for a pattern that does not compile */

static void *bad_pattern(void)
{
	return (void *)(uintptr_t)&bad_mark;
}

struct regex_cache *regex_cache_new(size_t max)
{
	struct regex_cache *c = mem_alloc(sizeof(*c));

	c->magic = CACHE_MAGIC;
	c->map = map_new();
	c->max = max < 4 ? 4 : max;
	return c;
}

static void free_entry(void *v)
{
	if (v != bad_pattern())
		regex_free(v);
}

void regex_cache_free(struct regex_cache *c)
{
	if (!c)
		return;
	CHECK_OBJ(c, CACHE_MAGIC);
	map_free_values(c->map, free_entry);
	c->magic = 0;
	free(c);
}

/* Half of them leave: those that were not used for longest. */
static void make_room(struct regex_cache *c)
{
	uint64_t line = c->tick > c->max / 2 ? c->tick - c->max / 2 : 0;
	VEC(struct str) old = { 0 };
	struct map_iter it = { 0 };
	struct str key;
	void *v;

	while (map_next(c->map, &it, &key, &v))
		if (v == bad_pattern() || ((struct regex *)v)->tick < line)
			*vec_push(&old) = key;
	for (size_t i = 0; i < old.len; i++) {
		_cleanup_free_ char *copy = str_dup(old.ptr[i]);
		free_entry(map_remove(c->map, str_make(copy, old.ptr[i].len)));
	}
	vec_free(&old);
}

struct regex *regex_cache_get(struct regex_cache *c, struct str pattern)
{
	struct regex *r = NULL;
	void *known;

	CHECK_OBJ(c, CACHE_MAGIC);
	known = map_get(c->map, pattern);
	c->tick++;
	if (known == bad_pattern())
		return NULL;
	if (!known) {
		if (map_len(c->map) >= c->max)
			make_room(c);
		if (regex_compile(pattern, &r, NULL) < 0) {
			map_put(c->map, pattern, bad_pattern());
			return NULL;
		}
		map_put(c->map, pattern, r);
		known = r;
	}
	r = known;
	r->tick = c->tick;
	return r;
}
