/* The OpenAPI 3.1 document and the Markdown reference, both from the route table. */
#include "api/api_private.h"

#include "base/limits.h"

static void param(json_t *list, struct str name, const char *in, bool required, json_t *schema)
{
	json_t *p = json_object();
	json_put(p, "name", json_str(name));
	json_put(p, "in", json_c(in));
	json_put(p, "required", json_boolean(required));
	json_t *description = json_object_get(schema, "description");
	if (description)
		json_object_set(p, "description", description);
	json_object_del(schema, "description");
	json_put(p, "schema", schema);
	json_array_append_new(list, p);
}

static json_t *ref(const char *kind, const char *name)
{
	char text[160];
	snprintf(text, sizeof(text), "#/components/%s/%s", kind, name);
	json_t *v = json_object();
	json_put(v, "$ref", json_c(text));
	return v;
}

static const struct api_field id_field = API_ID("id", API_REQUIRED, "标识（ULID）", "Id (ULID)");
static const struct api_field paging[] = {
	API_INT("limit", 0, 1, LIMIT_API_PAGE, "每页条数，默认 50", "Rows of a page, 50 by default"),
	API_LINE("cursor", 0, 1, 4096, "上一页给出的 next_cursor", "next_cursor of the page before"),
	API_BOOL("total", 0, "是否统计总数", "Whether to count them all"),
	API_END,
};
static const struct api_field key_field =
	API_LINE("Idempotency-Key", 0, 1, LIMIT_API_IDEMPOTENCY_KEY, "重试同一请求时保持不变，24 小时内返回同一结果",
		 "Kept when the same request is tried again; the same answer for 24 hours");
static const struct api_field match_field =
	API_LINE("If-Match", 0, 1, 200, "上次读到的 ETag；已被他人修改时 412",
		 "The ETag last read; 412 when somebody changed it");

static json_t *parameters(const struct api_route *r)
{
	json_t *list = json_array();
	struct str rest = str_c(r->path), part;
	while (str_split(&rest, '/', &part))
		if (str_starts(part, STR("{")))
			param(list, str_sub(part, 1, part.len - 1), "path", true, api_field_json(&id_field));
	for (const struct api_field *f = r->query ? r->query->fields : NULL; f && f->name; f++)
		param(list, str_c(f->name), "query", f->flags & API_REQUIRED, api_field_json(f));
	for (const struct api_field *f = paging; f->name && (r->flags & API_LISTS); f++)
		param(list, str_c(f->name), "query", false, api_field_json(f));
	if (r->method == HTTP_POST && !(r->flags & (API_PUBLIC | API_OWN)))
		param(list, STR("Idempotency-Key"), "header", r->flags & API_IDEMPOTENCY_REQUIRED,
		      api_field_json(&key_field));
	if ((r->flags & API_ETAG) && r->method != HTTP_GET)
		param(list, STR("If-Match"), "header", false, api_field_json(&match_field));
	return list;
}

static json_t *content(const char *type, json_t *schema)
{
	json_t *v = json_object(), *media = json_object();
	json_put(media, "schema", schema);
	json_put(v, type, media);
	return v;
}

static json_t *list_schema(const struct api_schema *item)
{
	json_t *v = json_object(), *properties = json_object(), *items = json_object();
	json_t *required = json_array(), *cursor = json_object(), *total = json_object(), *t;
	json_put(items, "type", json_c("array"));
	json_put(items, "items", ref("schemas", item->name));
	t = json_array();
	json_array_append_new(t, json_c("string"));
	json_array_append_new(t, json_c("null"));
	json_put(cursor, "type", t);
	t = json_array();
	json_array_append_new(t, json_c("integer"));
	json_array_append_new(t, json_c("null"));
	json_put(total, "type", t);
	json_put(properties, "items", items);
	json_put(properties, "next_cursor", cursor);
	json_put(properties, "total", total);
	json_put(v, "type", json_c("object"));
	json_put(v, "properties", properties);
	json_array_append_new(required, json_c("items"));
	json_put(v, "required", required);
	return v;
}

static json_t *success(const struct api_route *r)
{
	json_t *v = json_object();
	json_put(v, "description", json_c(r->en));
	if (r->flags & API_STREAMS) {
		json_t *s = json_object();
		json_put(s, "type", json_c("string"));
		json_put(v, "content", content("text/event-stream", s));
	} else if (r->flags & API_FILE) {
		json_t *s = json_object();
		json_put(s, "type", json_c("string"));
		json_put(s, "format", json_c("binary"));
		json_put(v, "content", content("application/octet-stream", s));
	} else if (r->reply) {
		json_put(v, "content", content("application/json", r->flags & API_LISTS ?
							  list_schema(r->reply) :
							  ref("schemas", r->reply->name)));
	}
	return v;
}

static int success_status(const struct api_route *r)
{
	if (r->status)
		return r->status;
	return r->reply || (r->flags & (API_FILE | API_STREAMS)) ? 200 : 204;
}

static json_t *responses(const struct api_route *r)
{
	json_t *v = json_object();
	char code[8];
	snprintf(code, sizeof(code), "%d", success_status(r));
	json_put(v, code, success(r));
	json_put(v, "400", ref("responses", "Problem"));
	if (!(r->flags & API_PUBLIC)) {
		json_put(v, "401", ref("responses", "Problem"));
		json_put(v, "403", ref("responses", "Problem"));
	}
	if (strchr(r->path, '{'))
		json_put(v, "404", ref("responses", "Problem"));
	if (r->method != HTTP_GET) {
		json_put(v, "409", ref("responses", "Problem"));
		json_put(v, "415", ref("responses", "Problem"));
		json_put(v, "422", ref("responses", "Problem"));
	}
	if ((r->flags & API_ETAG) && r->method != HTTP_GET)
		json_put(v, "412", ref("responses", "Problem"));
	json_put(v, "429", ref("responses", "Problem"));
	json_put(v, "503", ref("responses", "Problem"));
	return v;
}

static void operation_id(struct buf *b, const struct api_route *r)
{
	struct str method = str_c(http_method_name(r->method));
	for (size_t i = 0; i < method.len; i++)
		buf_char(b, ascii_lower(method.ptr[i]));
	for (const char *p = r->path; *p; p++)
		if (*p == '/' || *p == '-')
			buf_char(b, '_');
		else if (*p != '{' && *p != '}' && *p != '.')
			buf_char(b, *p);
}

static json_t *security(const struct api_route *r)
{
	json_t *list = json_array();
	if (r->flags & API_PUBLIC)
		return list;
	json_t *key = json_object(), *cookie = json_object();
	json_put(key, "apiKey", json_array());
	json_put(cookie, "session", json_array());
	if (r->method != HTTP_GET)
		json_put(cookie, "csrf", json_array());
	json_array_append_new(list, key);
	json_array_append_new(list, cookie);
	return list;
}

static json_t *operation(const struct api_resource *res, const struct api_route *r)
{
	json_t *v = json_object(), *tags = json_array();
	_cleanup_buf_ struct buf id = BUF_INIT(256), text = BUF_INIT(4096);
	operation_id(&id, r);
	json_put(v, "operationId", json_str(buf_view(&id)));
	json_array_append_new(tags, json_c(res->name));
	json_put(v, "tags", tags);
	buf_printf(&text, "%s · %s", r->zh, r->en);
	json_put(v, "summary", json_str(buf_view(&text)));
	buf_clear(&text);
	if (r->note_zh)
		buf_printf(&text, "%s\n\n%s\n\n", r->note_zh, r->note_en ? r->note_en : "");
	if (r->need != PERM_NONE)
		buf_printf(&text, "权限 Permission: `%s`", app_permission_info(r->need)->code);
	json_put(v, "description", json_str(str_trim(buf_view(&text))));
	json_put(v, "parameters", parameters(r));
	json_put(v, "security", security(r));
	if (r->body) {
		json_t *body = json_object(), *media;
		json_put(body, "required", json_boolean(!(r->flags & API_BODY_OPTIONAL)));
		json_t *c = content("application/json", ref("schemas", r->body->name));
		media = json_object_get(c, "application/json");
		json_t *example = r->example ? json_parse(str_c(r->example), NULL) : NULL;
		if (example)
			json_put(media, "example", example);
		json_put(body, "content", c);
		json_put(v, "requestBody", body);
	}
	json_put(v, "responses", responses(r));
	return v;
}

/* ---- schemas, each once, with those inside them ---- */

static void add_schema(json_t *all, const struct api_schema *s)
{
	if (!s || json_object_get(all, s->name))
		return;
	json_put(all, s->name, api_schema_json(s));
	for (const struct api_field *f = s->fields; f->name; f++)
		add_schema(all, f->sub);
}

static const struct api_field fault_fields[] = {
	API_STR("field", 0, 0, 96, "出错的字段", "The field at fault"),
	API_STR("code", 0, 0, 48, "代码", "Code"),
	API_STR("detail", 0, 0, 320, "说明", "Sentence in Chinese"),
	API_STR("detail_en", 0, 0, 320, "英文说明", "Sentence in English"),
	API_END,
};
static const struct api_schema fault_schema = { "Fault", fault_fields, true };
static const struct api_field problem_fields[] = {
	API_STR("type", API_REQUIRED, 0, 0, "urn:zhanwei:error:代码", "urn:zhanwei:error:CODE"),
	API_STR("title", API_REQUIRED, 0, 0, "状态的名称", "Name of the status"),
	API_INT("status", API_REQUIRED, 400, 599, "状态码", "Status"),
	API_STR("detail", API_REQUIRED, 0, 0, "发生了什么、该怎么办", "What happened and what to do, in Chinese"),
	API_STR("detail_en", API_REQUIRED, 0, 0, "英文说明", "The same in English"),
	API_STR("code", API_REQUIRED, 0, 0, "稳定的错误代码", "Stable code"),
	API_STR("instance", API_REQUIRED, 0, 0, "请求路径", "Path of the request"),
	API_LIST("errors", API_REQUIRED, &fault_schema, 0, 0, "逐字段的错误", "What is wrong, field by field"),
	API_END,
};
static const struct api_schema problem_schema = { "Problem", problem_fields, true };

static json_t *components(void)
{
	json_t *v = json_object(), *schemas = json_object(), *rs = json_object();
	json_t *problem = json_object(), *schemes = json_object(), *s;
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++) {
			add_schema(schemas, r->body);
			add_schema(schemas, r->reply);
		}
	add_schema(schemas, &problem_schema);
	json_put(v, "schemas", schemas);
	json_put(problem, "description", json_c("RFC 9457 problem"));
	json_put(problem, "content", content("application/problem+json", ref("schemas", "Problem")));
	json_put(rs, "Problem", problem);
	json_put(v, "responses", rs);
	s = json_object();
	json_put(s, "type", json_c("http"));
	json_put(s, "scheme", json_c("bearer"));
	json_put(s, "description", json_c("接口密钥 API key: Authorization: Bearer zw_…"));
	json_put(schemes, "apiKey", s);
	s = json_object();
	json_put(s, "type", json_c("apiKey"));
	json_put(s, "in", json_c("cookie"));
	json_put(s, "name", json_c(API_COOKIE));
	json_put(schemes, "session", s);
	s = json_object();
	json_put(s, "type", json_c("apiKey"));
	json_put(s, "in", json_c("header"));
	json_put(s, "name", json_c("X-CSRF-Token"));
	json_put(schemes, "csrf", s);
	json_put(v, "securitySchemes", schemes);
	return v;
}

json_t *api_openapi(const char *version)
{
	json_t *doc = json_object(), *info = json_object(), *servers = json_array();
	json_t *server = json_object(), *tags = json_array(), *paths = json_object();
	json_put(doc, "openapi", json_c("3.1.0"));
	json_put(info, "title", json_c("站卫 Zhanwei API"));
	json_put(info, "version", json_c(version));
	json_put(info, "description",
		 json_c("错误一律为 application/problem+json；列表用游标翻页；时间为 UTC 的 RFC 3339。 "
			"Errors are problem+json, lists have cursors, times are RFC 3339 in UTC."));
	json_put(doc, "info", info);
	json_put(server, "url", json_c(API_PREFIX));
	json_array_append_new(servers, server);
	json_put(doc, "servers", servers);
	for (size_t i = 0; api_resources[i]; i++) {
		const struct api_resource *res = api_resources[i];
		json_t *tag = json_object();
		_cleanup_buf_ struct buf text = BUF_INIT(256);
		buf_printf(&text, "%s · %s", res->zh, res->en);
		json_put(tag, "name", json_c(res->name));
		json_put(tag, "description", json_str(buf_view(&text)));
		json_array_append_new(tags, tag);
		for (const struct api_route *r = res->routes; r->path; r++) {
			json_t *path = json_object_get(paths, r->path);
			char method[8] = { 0 };
			if (!path)
				json_put(paths, r->path, path = json_object());
			for (size_t n = 0; http_method_name(r->method)[n] && n < 7; n++)
				method[n] = ascii_lower(http_method_name(r->method)[n]);
			json_put(path, method, operation(res, r));
		}
	}
	json_put(doc, "tags", tags);
	json_put(doc, "paths", paths);
	json_put(doc, "components", components());
	return doc;
}

/* ---- Markdown ---- */

static void type_text(struct buf *b, const struct api_field *f)
{
	static const char *const names[] = { "", "string", "string", "integer", "number", "boolean",
					     "time", "id", "e-mail", "URL", "", "object", "array",
					     "map", "any JSON" };
	if (f->type == API_T_ENUM || (f->type == API_T_ARRAY && f->item == API_T_ENUM)) {
		struct str rest = str_c(f->values), one;
		const char *sep = "";
		while (str_split(&rest, '|', &one)) {
			buf_printf(b, "%s`%.*s`", sep, STR_ARG(one));
			sep = ", ";
		}
	} else if (f->sub) {
		buf_printf(b, "[%s](#%s)", f->sub->name, f->sub->name);
	} else {
		buf_c(b, names[f->type]);
	}
	if (f->type == API_T_ARRAY)
		buf_c(b, f->item == API_T_ENUM ? " []" : "[]");
	if (f->type == API_T_ARRAY && !f->sub && f->item != API_T_ENUM)
		buf_printf(b, " of %s", names[f->item]);
	if (f->flags & API_NULL)
		buf_c(b, " \\| null");
	if ((f->type == API_T_INT || f->type == API_T_NUM) && f->max > f->min)
		buf_printf(b, " %lld…%lld", (long long)f->min, (long long)f->max);
	if ((f->type == API_T_STR || f->type == API_T_LINE || f->type == API_T_URL) && f->max > 0)
		buf_printf(b, " ≤ %lld", (long long)f->max);
}

static void field_rows(struct buf *b, const struct api_field *fields)
{
	buf_c(b, "| 字段 Field | 类型 Type | 说明 Meaning |\n| --- | --- | --- |\n");
	for (const struct api_field *f = fields; f->name; f++) {
		buf_printf(b, "| `%s`%s | ", f->name, f->flags & API_REQUIRED ? " *" : "");
		type_text(b, f);
		buf_printf(b, " | %s · %s |\n", f->zh ? f->zh : "", f->en ? f->en : "");
	}
	buf_c(b, "\n");
}

static void route_text(struct buf *b, const struct api_route *r)
{
	buf_printf(b, "### %s %s\n\n%s · %s", http_method_name(r->method), r->path, r->zh, r->en);
	if (r->flags & API_PUBLIC)
		buf_c(b, "（无需登录 no login）");
	else if (r->need != PERM_NONE)
		buf_printf(b, "（权限 permission `%s`）", app_permission_info(r->need)->code);
	buf_c(b, "\n\n");
	if (r->note_zh)
		buf_printf(b, "%s\n\n%s\n\n", r->note_zh, r->note_en ? r->note_en : "");
	if (r->flags & API_IDEMPOTENCY_REQUIRED)
		buf_c(b, "必须带 `Idempotency-Key` · `Idempotency-Key` is required.\n\n");
	if (r->flags & API_LISTS)
		buf_c(b, "分页 · paged: `limit` 1…200, `cursor`, `total`.\n\n");
	if (r->query) {
		buf_c(b, "查询参数 Query:\n\n");
		field_rows(b, r->query->fields);
	}
	if (r->body)
		buf_printf(b, "请求 Body: [%s](#%s)\n\n", r->body->name, r->body->name);
	if (r->example)
		buf_printf(b, "```json\n%s\n```\n\n", r->example);
	buf_printf(b, "成功 Success: `%d`", success_status(r));
	if (r->flags & API_STREAMS)
		buf_c(b, " text/event-stream");
	else if (r->flags & API_FILE)
		buf_c(b, " 附件 attachment");
	else if (r->reply)
		buf_printf(b, " [%s](#%s)%s", r->reply->name, r->reply->name,
			   r->flags & API_LISTS ? "[]" : "");
	buf_c(b, "\n\n");
}

static void schema_text(struct buf *b, json_t *seen, const struct api_schema *s)
{
	if (!s || json_object_get(seen, s->name))
		return;
	json_put(seen, s->name, json_true());
	buf_printf(b, "### %s\n\n", s->name);
	field_rows(b, s->fields);
	for (const struct api_field *f = s->fields; f->name; f++)
		schema_text(b, seen, f->sub);
}

void api_reference(struct buf *out)
{
	_cleanup_json_ json_t *seen = json_object();
	buf_c(out,
	      "# 接口参考 · API reference\n\n"
	      "由路由表生成，请勿手改：`zhanwei apidoc > docs/api.md`。 Generated from the route table.\n\n"
	      "前缀 Base: `/api/v1`。`*` 表示必填 required。错误 errors: [Problem](#Problem)。\n\n"
	      "登录 Login: `POST /session` 得到 Cookie，写操作带 `X-CSRF-Token`；或使用接口密钥 "
	      "`Authorization: Bearer zw_…`。\n\n");
	for (size_t i = 0; api_resources[i]; i++) {
		buf_printf(out, "## %s · %s\n\n", api_resources[i]->zh, api_resources[i]->en);
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++)
			route_text(out, r);
	}
	buf_c(out, "## 数据结构 · Schemas\n\n");
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++) {
			schema_text(out, seen, r->body);
			schema_text(out, seen, r->reply);
		}
	schema_text(out, seen, &problem_schema);
}
