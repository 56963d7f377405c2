/* Shapes shared by use cases: see view.h. */
#include "app/view.h"

#include "base/limits.h"

json_t *app_counts_json(const int64_t counts[SEVERITY_COUNT])
{
	json_t *o = json_object();

	for (int i = SEVERITY_COUNT - 1; i >= 0; i--)
		json_put(o, severity_name((enum severity)i), json_integer(counts[i]));
	return o;
}

json_t *app_error_json(const struct error *e)
{
	json_t *o = json_object();

	json_put(o, "code", json_c(e->code));
	json_put(o, "detail", json_c(e->zh));
	json_put(o, "detail_en", json_c(e->en));
	return o;
}

json_t *app_text_json(struct str text)
{
	json_t *v = text.len ? json_parse(text, NULL) : NULL;

	return v ? v : json_null();
}

struct str app_json_text(struct arena *a, const json_t *v)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_APP_DOCUMENT);

	json_write(&b, v);
	return arena_str(a, buf_view(&b));
}

json_t *app_str_or_null(struct str s)
{
	return s.len ? json_str(s) : json_null();
}

json_t *app_person_json(struct str id, struct str name)
{
	if (str_empty(id))
		return json_null();
	json_t *v = json_object();
	json_put(v, "id", json_str(id));
	json_put(v, "name", json_str(name));
	return v;
}

json_t *app_scan_page_json(const struct store_scan_page *p)
{
	json_t *o = json_object();

	json_put(o, "url", json_str(p->url));
	json_put(o, "method", json_str(p->method));
	json_put(o, "status", json_integer(p->status));
	json_put(o, "type", json_str(p->type));
	json_put(o, "title", json_str(p->title));
	json_put(o, "depth", json_integer(p->depth));
	json_put(o, "size", json_integer(p->size));
	return o;
}

json_t *app_score_json(int64_t score)
{
	return score < 0 ? json_null() : json_integer(score);
}

json_t *app_progress_json(int64_t basis)
{
	return json_real((double)basis / 100.0);
}

json_t *app_scan_short_json(const struct store_scan *s)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(s->id));
	json_put(o, "state", json_str(s->state));
	json_put(o, "mode", json_str(s->mode));
	json_put(o, "progress", app_progress_json(s->progress));
	json_put(o, "complete", json_boolean(s->complete));
	json_put(o, "score", app_score_json(s->score));
	json_put(o, "counts", app_counts_json(s->counts));
	json_put(o, "started", json_time(s->started));
	json_put(o, "finished", json_time(s->finished));
	return o;
}

int app_json_strings(struct arena *a, const json_t *v, const char *field, size_t max,
		     struct str **ret, size_t *ret_n, struct error *e)
{
	size_t n = json_array_size(v);
	struct str *list;

	if (v && !json_is_null(v) && !json_is_array(v))
		return error_field(e, field, "input.type", "%s 应为数组", "%s must be an array", field);
	if (n > max)
		return error_field(e, field, "input.length", "%s 最多 %zu 项", "%s: at most %zu items",
				   field, max);
	list = arena_array(a, n + 1, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(v, i);

		if (!json_is_string(item))
			return error_field(e, field, "input.type", "%s 的每一项应为文本",
					   "%s: every item must be text", field);
		list[i] = arena_str(a, str_make(json_string_value(item), json_string_length(item)));
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int app_missing(struct error *e, const char *what, const char *zh, const char *en)
{
	char code[48];

	snprintf(code, sizeof(code), "%s.not-found", what);
	if (e) {
		/* The two sentences name the thing differently, so they are written apart. */
		error_set(e, code, "%s", "%s", "");
		snprintf(e->zh, sizeof(e->zh), "没有找到这个%s", zh);
		snprintf(e->en, sizeof(e->en), "no such %s", en);
	}
	return -1;
}

int app_conflict(struct error *e, const char *what)
{
	char code[48];

	snprintf(code, sizeof(code), "%s.conflict", what);
	return error_set(e, code, "内容已被他人修改，请刷新后重试",
			 "somebody else has changed it: reload and try again");
}
