/* Small conveniences over jansson. */
#include "base/json.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"

/* jansson limits recursion at 2,048 by itself; ours is lower, counted ahead. */
static bool too_deep(struct str text)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > LIMIT_JSON_DEPTH)
				return true;
		} else if ((c == ']' || c == '}') && depth) {
			depth--;
		}
	}
	return false;
}

json_t *json_parse(struct str text, struct error *e)
{
	json_error_t je;

	if (too_deep(text)) {
		error_set(e, "json.too-deep", "JSON 嵌套超过 %d 层", "JSON is nested deeper than %d levels",
			  LIMIT_JSON_DEPTH);
		return NULL;
	}
	json_t *v = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);

	if (!v)
		error_set(e, "json.bad", "JSON 格式错误（第 %d 行第 %d 列）：%s",
			  "malformed JSON (line %d, column %d): %s", je.line, je.column, je.text);
	return v;
}

static int write_chunk(const char *p, size_t n, void *data)
{
	buf_add(data, p, n);
	return 0;
}

void json_write(struct buf *b, const json_t *v)
{
	json_dump_callback(v, write_chunk, b, JSON_COMPACT | JSON_ENCODE_ANY |
						   JSON_REAL_PRECISION(15));
}

json_t *json_str(struct str s)
{
	json_t *v = NULL;

	if (!str_has(s, str_make("", 1)))
		v = json_stringn(s.ptr ? s.ptr : "", s.len);
	if (!v) {
		_cleanup_buf_ struct buf clean = BUF_INIT(SIZE_MAX / 2);

		for (size_t i = 0; i < s.len;) {
			uint32_t cp = utf8_next(s, &i);

			utf8_append(&clean, cp == UTF8_BAD || cp == 0 ? UTF8_REPLACEMENT : cp);
		}
		v = json_stringn(buf_view(&clean).ptr, clean.len);
	}
	check(v != NULL);
	return v;
}

struct str json_get_str(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return v && json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) :
					str_make("", 0);
}

int64_t json_get_int(const json_t *obj, const char *key, int64_t fallback)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool json_get_bool(const json_t *obj, const char *key, bool fallback)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

void json_put(json_t *obj, const char *key, json_t *value)
{
	check(json_object_set_new(obj, key, value) == 0);
}

json_t *json_time(int64_t wall_ms)
{
	char text[CLOCK_RFC3339_SIZE];

	if (wall_ms == 0)
		return json_null();
	clock_format_rfc3339(wall_ms, text);
	return json_c(text);
}
