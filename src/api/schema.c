/* Checking JSON against the field tables. Every fault is reported, not only the first;
 * unknown members are faults, so that a misspelt name is not silently ignored. */
#include "api/schema.h"

#include <math.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/utf8.h"

__attribute__((format(printf, 4, 6), format(printf, 5, 6)))
static void fault(struct api_faults *fs, const char *field, const char *code, const char *zh,
		  const char *en, ...)
{
	va_list ap;
	if (fs->n == API_FAULTS_MAX)
		return;
	struct api_fault *f = &fs->f[fs->n++];
	snprintf(f->field, sizeof(f->field), "%s", field);
	snprintf(f->code, sizeof(f->code), "%s", code);
	va_start(ap, en);
	vsnprintf(f->zh, sizeof(f->zh), zh, ap);
	va_end(ap);
	va_start(ap, en);
	vsnprintf(f->en, sizeof(f->en), en, ap);
	va_end(ap);
}

static void type_fault(struct api_faults *fs, const char *path, const char *zh, const char *en)
{
	size_t at = fs->n;
	fault(fs, path, "input.type", "类型不对。", "Wrong type.");
	if (fs->n == at)
		return;
	snprintf(fs->f[at].zh, sizeof(fs->f[at].zh), "应为%s。", zh);
	snprintf(fs->f[at].en, sizeof(fs->f[at].en), "Must be %s.", en);
}

/* ---- texts ---- */

static bool clean_text(struct str s, bool line)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];
		bool space = ch == '\n' || ch == '\r' || ch == '\t';
		if (ch == 0x7f || (ch < 0x20 && (line || !space)))
			return false;
	}
	return true;
}

static bool email_ok(struct str s)
{
	ssize_t at = str_chr(s, '@');
	if (at < 1 || at > 64 || str_rchr(s, '@') != at || (size_t)at + 3 > s.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f || strchr("<>()[]\\,;:\"", s.ptr[i]))
			return false;
	struct str domain = str_from(s, (size_t)at + 1);
	return domain.ptr[0] != '.' && domain.ptr[0] != '-' && domain.ptr[domain.len - 1] != '.' &&
	       !str_has(domain, STR(".."));
}

static bool one_of(const char *values, struct str s)
{
	struct str rest = str_c(values), one;
	while (str_split(&rest, '|', &one))
		if (str_eq(one, s))
			return true;
	return false;
}

static void check_length(const struct api_field *f, struct str s, const char *path,
			 struct api_faults *fs)
{
	int64_t n = (int64_t)utf8_count(s);
	if (n < f->min && n == 0)
		fault(fs, path, "input.required", "不能为空。", "Must not be empty.");
	else if (n < f->min)
		fault(fs, path, "input.length", "至少 %lld 个字符。", "At least %lld characters.",
		      (long long)f->min);
	else if (f->max > 0 && n > f->max)
		fault(fs, path, "input.length", "最多 %lld 个字符。", "At most %lld characters.",
		      (long long)f->max);
}

static void check_string(const struct api_field *f, enum api_type type, struct str s,
			 const char *path, struct api_faults *fs)
{
	int64_t ms;
	switch (type) {
	case API_T_STR:
	case API_T_LINE:
		check_length(f, s, path, fs);
		if (!(f->flags & API_RAW) && !clean_text(s, type == API_T_LINE))
			fault(fs, path, "input.characters", "含有不允许的控制字符。",
			      "Contains control characters.");
		break;
	case API_T_TIME:
		if (clock_parse_rfc3339(s, &ms) < 0)
			fault(fs, path, "input.time", "应为 RFC 3339 时间，例如 2026-11-22T08:00:00Z。",
			      "Must be an RFC 3339 time such as 2026-11-22T08:00:00Z.");
		break;
	case API_T_ID:
		if (!id_valid(s))
			fault(fs, path, "input.id", "不是有效的标识。", "Is not a valid id.");
		break;
	case API_T_EMAIL:
		if (s.len > 254 || !email_ok(s))
			fault(fs, path, "input.email", "邮箱格式不正确。", "Is not an e-mail address.");
		break;
	case API_T_URL:
		check_length(f, s, path, fs);
		if (!clean_text(s, true))
			fault(fs, path, "input.characters", "含有不允许的控制字符。",
			      "Contains control characters.");
		break;
	case API_T_ENUM:
		if (!one_of(f->values, s))
			fault(fs, path, "input.value", "应为其中之一：%.100s", "Must be one of: %.100s", f->values);
		break;
	default:
		break;
	}
}

static bool is_string_type(enum api_type t)
{
	return t == API_T_STR || t == API_T_LINE || t == API_T_TIME || t == API_T_ID ||
	       t == API_T_EMAIL || t == API_T_URL || t == API_T_ENUM;
}

/* ---- values ---- */

static void check_object(const struct api_schema *s, json_t *v, const char *path,
			 struct api_faults *fs);

static void check_number(const struct api_field *f, enum api_type type, const json_t *v,
			 const char *path, struct api_faults *fs)
{
	double d = json_number_value(v);
	if (type == API_T_INT && !json_is_integer(v))
		type_fault(fs, path, "整数", "an integer");
	else if (!json_is_number(v) || !isfinite(d))
		type_fault(fs, path, "数字", "a number");
	else if (f->max > f->min && (d < (double)f->min || d > (double)f->max))
		fault(fs, path, "input.range", "应在 %lld 与 %lld 之间。", "Must be between %lld and %lld.",
		      (long long)f->min, (long long)f->max);
}

/* Items and map values have no limits of their own; a line of 2,048 is the most. */
static const struct api_field *item_field(const struct api_field *f, struct api_field *item)
{
	*item = (struct api_field){ .name = f->name, .type = f->item, .values = f->values,
				    .sub = f->sub };
	if (f->item == API_T_LINE || f->item == API_T_STR || f->item == API_T_URL)
		item->max = 2048;
	return item;
}

static void check_value(const struct api_field *f, enum api_type type, json_t *v,
			const char *path, struct api_faults *fs);

static void check_array(const struct api_field *f, json_t *v, const char *path,
			struct api_faults *fs)
{
	struct api_field item;
	size_t n = json_array_size(v);
	if (!json_is_array(v)) {
		type_fault(fs, path, "数组", "an array");
		return;
	}
	if ((int64_t)n < f->min || (f->max > 0 && (int64_t)n > f->max)) {
		fault(fs, path, "input.count", "应有 %lld 到 %lld 项。", "Must have %lld to %lld items.",
		      (long long)f->min, (long long)f->max);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		char at[128];
		snprintf(at, sizeof(at), "%s[%zu]", path, i);
		check_value(item_field(f, &item), f->item, json_array_get(v, i), at, fs);
	}
}

static void check_map(const struct api_field *f, json_t *v, const char *path,
		      struct api_faults *fs)
{
	struct api_field item;
	const char *key;
	json_t *member;
	if (!json_is_object(v)) {
		type_fault(fs, path, "对象", "an object");
		return;
	}
	if (json_object_size(v) > 64)
		fault(fs, path, "input.count", "最多 64 项。", "At most 64 members.");
	json_object_foreach(v, key, member)
	{
		char at[192];
		snprintf(at, sizeof(at), "%s.%.64s", path, key);
		if (strlen(key) > 64)
			fault(fs, at, "input.length", "名称过长。", "The name is too long.");
		else
			check_value(item_field(f, &item), f->item, member, at, fs);
	}
}

static void check_any(const struct api_field *f, const json_t *v, const char *path,
		      struct api_faults *fs)
{
	_cleanup_buf_ struct buf text = BUF_INIT((size_t)(f->max > 0 ? f->max : 4096));
	json_write(&text, v);
	if (text.overflow)
		fault(fs, path, "input.length", "内容过长。", "Is too long.");
}

static void check_value(const struct api_field *f, enum api_type type, json_t *v,
			const char *path, struct api_faults *fs)
{
	if (is_string_type(type)) {
		if (!json_is_string(v)) {
			type_fault(fs, path, "字符串", "a string");
			return;
		}
		struct str s = str_make(json_string_value(v), json_string_length(v));
		if (type == API_T_LINE && (s.len != str_trim(s).len)) {
			struct str t = str_trim(s);
			json_string_setn(v, t.ptr, t.len);
			s = str_make(json_string_value(v), json_string_length(v));
		}
		check_string(f, type, s, path, fs);
		return;
	}
	switch (type) {
	case API_T_INT:
	case API_T_NUM:
		check_number(f, type, v, path, fs);
		break;
	case API_T_BOOL:
		if (!json_is_boolean(v))
			type_fault(fs, path, "true 或 false", "true or false");
		break;
	case API_T_OBJECT:
		if (json_is_object(v))
			check_object(f->sub, v, path, fs);
		else
			type_fault(fs, path, "对象", "an object");
		break;
	case API_T_ARRAY:
		check_array(f, v, path, fs);
		break;
	case API_T_MAP:
		check_map(f, v, path, fs);
		break;
	case API_T_ANY:
		check_any(f, v, path, fs);
		break;
	default:
		break;
	}
}

static const struct api_field *find(const struct api_schema *s, struct str name)
{
	for (const struct api_field *f = s->fields; f->name; f++)
		if (str_eq(str_c(f->name), name))
			return f;
	return NULL;
}

static void join(char *out, size_t n, const char *path, const char *name)
{
	snprintf(out, n, "%s%s%.64s", path, *path ? "." : "", name);
}

static void check_object(const struct api_schema *s, json_t *v, const char *path,
			 struct api_faults *fs)
{
	char at[256];
	const char *key;
	json_t *member;
	json_object_foreach(v, key, member)
	{
		join(at, sizeof(at), path, key);
		const struct api_field *f = find(s, str_c(key));
		if (!f && !s->open)
			fault(fs, at, "input.unknown", "没有这个字段。", "There is no such field.");
		else if (f && !(json_is_null(member) && (f->flags & API_NULL)))
			check_value(f, f->type, member, at, fs);
	}
	for (const struct api_field *f = s->fields; f->name; f++) {
		if (!(f->flags & API_REQUIRED) || json_object_get(v, f->name))
			continue;
		join(at, sizeof(at), path, f->name);
		fault(fs, at, "input.required", "必须填写。", "Is required.");
	}
}

bool api_schema_check(const struct api_schema *s, json_t *body, struct api_faults *faults)
{
	static const struct api_field none[] = { API_END };
	static const struct api_schema empty = { "Empty", none, false };
	if (!json_is_object(body))
		type_fault(faults, "", "JSON 对象", "a JSON object");
	else
		check_object(s ? s : &empty, body, "", faults);
	return faults->n == 0;
}

bool api_schema_check_text(const struct api_field *f, struct str text, json_t **ret,
			   struct api_faults *faults)
{
	size_t before = faults->n;
	int64_t i;
	double d;
	json_t *v = NULL;
	if (utf8_invalid_at(text) >= 0 || memchr(text.ptr ? text.ptr : "", 0, text.len))
		fault(faults, f->name, "input.characters", "不是有效的 UTF-8。", "Is not valid UTF-8.");
	else if (f->type == API_T_INT && str_to_i64(text, &i) == 0)
		v = json_integer(i);
	else if (f->type == API_T_NUM && str_to_double(text, &d) == 0)
		v = json_real(d);
	else if (f->type == API_T_BOOL && str_eq(text, STR("true")))
		v = json_true();
	else if (f->type == API_T_BOOL && str_eq(text, STR("false")))
		v = json_false();
	else
		v = json_str(text);
	if (v)
		check_value(f, f->type, v, f->name, faults);
	if (faults->n > before) {
		json_decref(v);
		return false;
	}
	*ret = v;
	return true;
}

/* ---- as JSON Schema ---- */

static json_t *type_json(const char *type, unsigned flags)
{
	if (!(flags & API_NULL))
		return json_c(type);
	json_t *both = json_array();
	json_array_append_new(both, json_c(type));
	json_array_append_new(both, json_c("null"));
	return both;
}

static json_t *reference(const struct api_schema *s)
{
	char text[128];
	snprintf(text, sizeof(text), "#/components/schemas/%s", s->name);
	json_t *v = json_object();
	json_put(v, "$ref", json_c(text));
	return v;
}

static json_t *enum_json(const char *values, unsigned flags)
{
	json_t *list = json_array();
	struct str rest = str_c(values), one;
	while (str_split(&rest, '|', &one))
		json_array_append_new(list, json_str(one));
	if (flags & API_NULL)
		json_array_append_new(list, json_null());
	return list;
}

static json_t *nullable(json_t *v, unsigned flags)
{
	if (!(flags & API_NULL))
		return v;
	json_t *any = json_array(), *null = json_object(), *out = json_object();
	json_put(null, "type", json_c("null"));
	json_array_append_new(any, v);
	json_array_append_new(any, null);
	json_put(out, "anyOf", any);
	return out;
}

static void string_json(const struct api_field *f, enum api_type type, json_t *v)
{
	static const struct {
		enum api_type type;
		const char *format;
	} formats[] = { { API_T_TIME, "date-time" }, { API_T_EMAIL, "email" }, { API_T_URL, "uri" } };
	json_put(v, "type", type_json("string", f->flags));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].type == type)
			json_put(v, "format", json_c(formats[i].format));
	if (type == API_T_ENUM)
		json_put(v, "enum", enum_json(f->values, f->flags));
	else if (type == API_T_ID)
		json_put(v, "pattern", json_c("^[0-9a-hjkmnp-tv-z]{26}$"));
	else if (type != API_T_TIME && f->max > 0)
		json_put(v, "maxLength", json_integer(f->max));
	if ((type == API_T_STR || type == API_T_LINE) && f->min > 0)
		json_put(v, "minLength", json_integer(f->min));
}

static json_t *value_json(const struct api_field *f, enum api_type type)
{
	struct api_field item;
	json_t *v = json_object();
	if (is_string_type(type)) {
		string_json(f, type, v);
		return v;
	}
	switch (type) {
	case API_T_INT:
	case API_T_NUM:
		json_put(v, "type", type_json(type == API_T_INT ? "integer" : "number", f->flags));
		if (f->max > f->min) {
			json_put(v, "minimum", json_integer(f->min));
			json_put(v, "maximum", json_integer(f->max));
		}
		break;
	case API_T_BOOL:
		json_put(v, "type", type_json("boolean", f->flags));
		break;
	case API_T_OBJECT:
		json_decref(v);
		return nullable(reference(f->sub), f->flags);
	case API_T_ARRAY:
		json_put(v, "type", type_json("array", f->flags));
		json_put(v, "items", value_json(item_field(f, &item), f->item));
		if (f->max > 0)
			json_put(v, "maxItems", json_integer(f->max));
		if (f->min > 0)
			json_put(v, "minItems", json_integer(f->min));
		break;
	case API_T_MAP:
		json_put(v, "type", type_json("object", f->flags));
		json_put(v, "additionalProperties", value_json(item_field(f, &item), f->item));
		break;
	default:
		break;
	}
	return v;
}

json_t *api_field_json(const struct api_field *f)
{
	json_t *v = value_json(f, f->type);
	if (f->zh && f->en) {
		_cleanup_buf_ struct buf text = BUF_INIT(1024);
		buf_printf(&text, "%s · %s", f->zh, f->en);
		json_put(v, "description", json_str(buf_view(&text)));
	}
	if (f->flags & API_WRITE_ONLY)
		json_put(v, "writeOnly", json_true());
	return v;
}

json_t *api_schema_json(const struct api_schema *s)
{
	json_t *v = json_object(), *properties = json_object(), *required = json_array();
	json_put(v, "type", json_c("object"));
	for (const struct api_field *f = s->fields; f->name; f++) {
		json_put(properties, f->name, api_field_json(f));
		if (f->flags & API_REQUIRED)
			json_array_append_new(required, json_c(f->name));
	}
	json_put(v, "properties", properties);
	if (json_array_size(required))
		json_put(v, "required", required);
	else
		json_decref(required);
	if (!s->open)
		json_put(v, "additionalProperties", json_false());
	return v;
}
