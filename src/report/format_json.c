/* JSON for programs, exactly the shape that the issue of `zhanwei scan --format json`
 * fixes (report.h); the same from the server. And the whole model, to be rendered
 * again later. */
#include "base/limits.h"
#include "report/report_private.h"

static void copy(json_t *to, const json_t *from, const char *key)
{
	json_t *v = json_object_get(from, key);

	json_put(to, key, v ? json_incref(v) : json_null());
}

static void copy_str(json_t *to, const json_t *from, const char *key)
{
	json_put(to, key, json_str(json_get_str(from, key)));
}

static json_t *one_finding(const struct report_ctx *c, const struct report_finding *f)
{
	const json_t *from = f->json, *ev = json_object_get(from, "evidence");
	json_t *o = json_object(), *evidence = json_object();

	copy_str(o, from, "fingerprint");
	copy_str(o, from, "check");
	json_put(o, "title", json_str(finding_title(c, f)));
	json_put(o, "severity", json_c(severity_name(f->severity)));
	copy_str(o, from, "confidence");
	copy_str(o, from, "url");
	copy_str(o, from, "method");
	copy_str(o, from, "parameter");
	json_put(o, "cwe", json_integer(f->cwe));
	copy_str(o, from, "owasp");
	copy_str(evidence, ev, "request");
	copy_str(evidence, ev, "response");
	copy_str(evidence, ev, "proof");
	json_put(o, "evidence", evidence);
	json_put(o, "advice", json_str(finding_advice(c, f)));
	return o;
}

static json_t *pages(const json_t *list)
{
	json_t *out = json_array(), *v;
	size_t i;

	json_array_foreach(list, i, v) {
		json_t *p = json_object();

		copy_str(p, v, "url");
		copy_str(p, v, "method");
		json_put(p, "status", json_integer(json_get_int(v, "status", 0)));
		json_array_append_new(out, p);
	}
	return out;
}

static json_t *technologies(const json_t *list)
{
	json_t *out = json_array(), *v;
	size_t i;

	json_array_foreach(list, i, v) {
		json_t *t = json_object();

		copy_str(t, v, "id");
		copy_str(t, v, "name");
		copy_str(t, v, "version");
		copy_str(t, v, "cpe");
		copy_str(t, v, "category");
		json_put(t, "confidence", json_integer(json_get_int(v, "confidence", 100)));
		json_array_append_new(out, t);
	}
	return out;
}

static json_t *counts(const struct report_ctx *c)
{
	json_t *o = json_object();

	for (int i = SEVERITY_COUNT - 1; i >= 0; i--)
		json_put(o, severity_name((enum severity)i), json_integer(c->counts[i]));
	return o;
}

static json_t *stats(const json_t *from)
{
	static const char *const keys[] = { "requests", "pages", "bytes", "seconds" };
	json_t *o = json_object();

	for (size_t i = 0; i < 4; i++) {
		json_t *v = json_object_get(from, keys[i]);

		json_put(o, keys[i], json_is_number(v) ? json_incref(v) : json_integer(0));
	}
	return o;
}

/* What the scan left on the site; the same as findings of that check, by themselves. */
static json_t *left_behind(const struct report_ctx *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->open_len; i++) {
		const struct report_finding *f = c->open[i];

		if (!report_left_behind(f))
			continue;
		json_t *o = json_object();

		copy_str(o, f->json, "url");
		copy_str(o, f->json, "method");
		copy_str(o, f->json, "parameter");
		json_put(o, "what", json_str(finding_detail(c, f)));
		json_array_append_new(list, o);
	}
	return list;
}

void report_json(const struct report_ctx *c, struct buf *out)
{
	_cleanup_json_ json_t *o = json_object();
	json_t *findings = json_array(), *assets = json_object();

	copy_str(o, c->model, "target");
	copy(o, c->model, "started");
	copy(o, c->model, "finished");
	json_put(o, "complete", json_boolean(c->complete));
	json_put(o, "score", c->has_score ? json_integer(c->score) : json_null());
	json_put(o, "counts", counts(c));
	json_put(o, "stats", stats(json_object_get(c->model, "stats")));
	json_put(o, "pages", pages(json_object_get(c->model, "pages")));
	for (size_t i = 0; i < c->open_len; i++)
		json_array_append_new(findings, one_finding(c, c->open[i]));
	json_put(o, "findings", findings);
	json_t *left = left_behind(c);
	if (json_array_size(left))
		json_put(o, "left_behind", left);
	else
		json_decref(left);
	json_put(assets, "technologies",
		 technologies(json_object_get(json_object_get(c->model, "assets"), "technologies")));
	json_put(o, "assets", assets);
	json_write(out, o);
	buf_char(out, '\n');
}

static int too_large(const struct buf *out, struct error *e)
{
	return error_set(e, "report.too-large", "报告超过 %zu MB，请缩小范围后重试",
			 "the report is larger than %zu MB: narrow its scope", out->max / MIB);
}

static int render_json(const json_t *model, const struct report_options *o, struct buf *out,
		       struct error *e)
{
	struct report_ctx c;

	if (report_ctx_open(&c, model, o->lang, e) < 0)
		return -1;
	report_json(&c, out);
	report_ctx_close(&c);
	return out->overflow ? too_large(out, e) : 0;
}

static int render_model(const json_t *model, const struct report_options *o, struct buf *out,
			struct error *e)
{
	json_write(out, model);
	buf_char(out, '\n');
	return out->overflow ? too_large(out, e) : 0;
}

const struct report_format report_format_json = {
	.name = "json", .extension = "json", .media_type = "application/json",
	.title = "JSON 数据", .title_en = "JSON", .render = render_json,
};

const struct report_format report_format_model = {
	.name = "model", .extension = "model.json", .media_type = "application/json",
	.title = "报告数据", .title_en = "Report data", .render = render_model,
};
