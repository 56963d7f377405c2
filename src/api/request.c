/* What handlers use: parameters, query, pages, answers; and the reading and checking of
 * a request before its handler runs. */
#include "api/api_private.h"

#include <string.h>

#include "app/secret.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

struct str api_param(const struct api_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_params; i++)
		if (str_eq(r->params[i].name, str_c(name)))
			return r->params[i].value;
	check(!"no such parameter in the path");
	return STR("");
}

struct str api_query_str(const struct api_request *r, const char *name)
{
	return json_get_str(r->query, name);
}

int64_t api_query_int(const struct api_request *r, const char *name, int64_t fallback)
{
	return json_get_int(r->query, name, fallback);
}

bool api_query_bool(const struct api_request *r, const char *name)
{
	return json_get_bool(r->query, name, false);
}

int64_t api_query_time(const struct api_request *r, const char *name)
{
	int64_t ms = 0;
	struct str text = json_get_str(r->query, name);
	if (!str_empty(text))
		clock_parse_rfc3339(text, &ms);
	return ms;
}

/* ---- pages ---- */

/* A cursor is good for the list, tenant and filters that gave it. */
static void cursor_mac(const struct api_request *r, struct str key, char hex[65])
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	_cleanup_json_ json_t *filters = json_deep_copy(r->query);
	json_object_del(filters, "limit");
	json_object_del(filters, "cursor");
	json_object_del(filters, "total");
	char *dump = json_dumps(filters, JSON_COMPACT | JSON_SORT_KEYS);
	buf_blob(&text, r->call.actor->tenant_id);
	buf_blob(&text, str_c(r->route->path));
	buf_blob(&text, str_c(dump));
	buf_blob(&text, key);
	free(dump);
	app_token_hash(r->call.app, "cursor", buf_view(&text), hex);
	hex[32] = '\0';
}

static struct str cursor_make(const struct api_request *r, struct str key)
{
	char hex[65];
	_cleanup_buf_ struct buf b = BUF_INIT(16 * KIB);
	cursor_mac(r, key, hex);
	encode_base64url(&b, key);
	buf_char(&b, '.');
	buf_c(&b, hex);
	return arena_str(r->call.arena, buf_view(&b));
}

static int cursor_read(const struct api_request *r, struct str cursor, struct str *ret,
		       struct error *e)
{
	char hex[65];
	_cleanup_buf_ struct buf key = BUF_INIT(16 * KIB);
	ssize_t dot = str_rchr(cursor, '.');
	if (dot > 0 && decode_base64(&key, str_sub(cursor, 0, (size_t)dot)) == 0) {
		cursor_mac(r, buf_view(&key), hex);
		if (str_eq(str_from(cursor, (size_t)dot + 1), str_c(hex))) {
			*ret = arena_str(r->call.arena, buf_view(&key));
			return 0;
		}
	}
	return error_field(e, "cursor", "cursor.bad", "翻页标记无效，请从第一页重新开始。",
			   "The cursor is not valid here; start from the first page.");
}

int api_page(struct api_request *r, struct store_page *ret, struct error *e)
{
	struct store_page p = { .limit = (unsigned)api_query_int(r, "limit", 50),
				.want_total = api_query_bool(r, "total"), .total = -1 };
	struct str sort = api_query_str(r, "sort"), cursor = api_query_str(r, "cursor");
	p.desc = str_starts(sort, STR("-"));
	p.sort = p.desc ? str_from(sort, 1) : sort;
	if (!str_empty(cursor) && cursor_read(r, cursor, &p.after, e) < 0)
		return -1;
	*ret = p;
	return 0;
}

/* ---- answers ---- */

void request_free_reply(struct api_request *r)
{
	json_decref(r->reply);
	if (r->bytes) {
		buf_free(r->bytes);
		free(r->bytes);
	}
	r->reply = NULL;
	r->bytes = NULL;
	r->status = 0;
	r->location = STR_NULL;
}

void api_reply_status(struct api_request *r, int status, json_t *v)
{
	request_free_reply(r);
	r->status = v ? status : status == 200 ? 204 : status;
	r->reply = v;
}

void api_reply(struct api_request *r, json_t *v)
{
	api_reply_status(r, r->route->status ? r->route->status : 200, v);
}

void api_reply_page(struct api_request *r, json_t *items, const struct store_page *page)
{
	json_t *v = json_object();
	json_put(v, "items", items);
	json_put(v, "next_cursor", str_empty(page->next) ? json_null() :
							   json_str(cursor_make(r, page->next)));
	json_put(v, "total", page->want_total && page->total >= 0 ? json_integer(page->total) : json_null());
	api_reply_status(r, 200, v);
}

void api_reply_items(struct api_request *r, json_t *items)
{
	json_t *v = json_object();
	json_put(v, "items", items);
	json_put(v, "next_cursor", json_null());
	json_put(v, "total", json_integer((json_int_t)json_array_size(items)));
	api_reply_status(r, 200, v);
}

void api_reply_location(struct api_request *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct str path = arena_vprintf(r->call.arena, fmt, ap);
	va_end(ap);
	r->location = arena_printf(r->call.arena, API_PREFIX "%.*s", STR_ARG(path));
}

void api_reply_file(struct api_request *r, struct str name, const char *content_type,
		    struct buf *bytes)
{
	request_free_reply(r);
	r->status = 200;
	r->bytes = mem_alloc(sizeof(*r->bytes));
	*r->bytes = *bytes;
	*bytes = (struct buf){ .max = bytes->max };
	r->content_type = str_c(content_type);
	r->file_name = arena_str(r->call.arena, name);
}

/* ---- reading ---- */

static const struct api_field page_fields[] = {
	API_INT("limit", 0, 1, LIMIT_API_PAGE, "每页条数，默认 50", "Rows of a page, 50 by default"),
	API_LINE("cursor", 0, 1, 4096, "上一页给出的 next_cursor", "next_cursor of the page before"),
	API_BOOL("total", 0, "是否统计总数", "Whether to count them all"),
	API_END,
};

static const struct api_field *query_field(const struct api_route *route, struct str name)
{
	for (const struct api_field *f = route->query ? route->query->fields : NULL; f && f->name; f++)
		if (str_eq(str_c(f->name), name))
			return f;
	for (const struct api_field *f = page_fields; f->name && (route->flags & API_LISTS); f++)
		if (str_eq(str_c(f->name), name))
			return f;
	return NULL;
}

static void query_fault(struct api_faults *fs, struct str name, const char *code, const char *zh,
			const char *en)
{
	if (fs->n == API_FAULTS_MAX)
		return;
	struct api_fault *f = &fs->f[fs->n++];
	struct str shown = utf8_truncate(name, 60);
	_cleanup_buf_ struct buf clean = BUF_INIT(256);
	utf8_sanitize(&clean, shown);
	snprintf(f->field, sizeof(f->field), "%.*s", STR_ARG(buf_view(&clean)));
	snprintf(f->code, sizeof(f->code), "%s", code);
	snprintf(f->zh, sizeof(f->zh), "%s", zh);
	snprintf(f->en, sizeof(f->en), "%s", en);
}

static void read_query(struct api_request *r, struct str text, struct api_faults *fs)
{
	struct str pair;
	int n = 0;
	while (str_split(&text, '&', &pair)) {
		if (str_empty(pair))
			continue;
		if (++n > LIMIT_API_QUERY) {
			query_fault(fs, STR(""), "input.count", "查询参数过多。", "Too many query parameters.");
			return;
		}
		_cleanup_buf_ struct buf name = BUF_INIT(LIMIT_API_URL), value = BUF_INIT(LIMIT_API_URL);
		ssize_t eq = str_chr(pair, '=');
		decode_percent(&name, eq < 0 ? pair : str_sub(pair, 0, (size_t)eq), true);
		if (eq >= 0)
			decode_percent(&value, str_from(pair, (size_t)eq + 1), true);
		const struct api_field *f = query_field(r->route, buf_view(&name));
		json_t *v = NULL;
		if (!f)
			query_fault(fs, buf_view(&name), "input.unknown", "没有这个查询参数。",
				    "There is no such query parameter.");
		else if (value.len > 0 && json_object_get(r->query, f->name))
			query_fault(fs, buf_view(&name), "input.twice", "参数出现了两次。", "Given twice.");
		else if (value.len > 0 && api_schema_check_text(f, buf_view(&value), &v, fs))
			json_put(r->query, f->name, v);
	}
}

static void check_required_query(struct api_request *r, struct api_faults *fs)
{
	for (const struct api_field *f = r->route->query ? r->route->query->fields : NULL; f && f->name;
	     f++)
		if ((f->flags & API_REQUIRED) && !json_object_get(r->query, f->name))
			query_fault(fs, str_c(f->name), "input.required", "必须填写。", "Is required.");
}

static int depth(struct str text)
{
	int deep = 0, most = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		char ch = text.ptr[i];
		if (quoted) {
			if (ch == '\\')
				i++;
			else if (ch == '"')
				quoted = false;
			continue;
		}
		quoted = ch == '"';
		if (ch == '{' || ch == '[')
			most = ++deep > most ? deep : most;
		else if (ch == '}' || ch == ']')
			deep--;
	}
	return most;
}

static int read_body(struct api_request *r, struct str text, struct api_faults *fs,
		     struct error *e)
{
	const struct api_route *route = r->route;
	bool none = str_empty(str_trim(text));
	if (!route->body && none)
		return 0;
	if (none && !(route->flags & API_BODY_OPTIONAL))
		return error_set(e, "json.bad", "请求体为空，应为 JSON 对象。",
				 "The body is empty; it must be a JSON object.");
	if (depth(text) > LIMIT_API_DEPTH)
		return error_set(e, "json.bad", "JSON 嵌套过深（最多 %d 层）。",
				 "The JSON is nested too deeply (at most %d levels).", LIMIT_API_DEPTH);
	r->body = none ? json_object() : json_parse(text, e);
	if (!r->body)
		return -1;
	if (!api_schema_check(route->body, r->body, fs))
		return error_set(e, "input.invalid", "提交的内容有误，请检查标出的字段。",
				 "Some fields are wrong; see errors.");
	return 0;
}

int request_read(struct api_request *r, struct http_exchange *x, struct api_faults *faults,
		 struct error *e)
{
	if (r->route->flags & API_COMPAT) {
		r->query = compat_params(http_query(x));
		if (compat_form(x)) {
			r->body = compat_params(http_body(x));
			return 0;
		}
		return read_body(r, http_body(x), faults, e);
	}
	r->query = json_object();
	read_query(r, http_query(x), faults);
	check_required_query(r, faults);
	if (faults->n)
		return error_set(e, "input.bad-query", "查询参数有误，请检查标出的参数。",
				 "Some query parameters are wrong; see errors.");
	return read_body(r, http_body(x), faults, e);
}
