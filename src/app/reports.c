/* Reports: asking for one, making it in a job, fetching and deleting it. */
#include "app/reports.h"

#include "app/scans.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "report/report.h"
#include "store/blob.h"

static int load(struct app_call *c, struct str id, struct store_report *ret, struct error *e)
{
	int r = store_report_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "report", "报告", "report");
}

static void list_file(const struct store_report_file *f, void *user)
{
	json_t *o = json_object();

	json_put(o, "format", json_str(f->format));
	json_put(o, "size", json_integer(f->size));
	json_put(o, "sha256", json_str(f->sha256));
	json_array_append_new(user, o);
}

static json_t *report_json(struct app_call *c, const struct store_report *r)
{
	json_t *o = json_object(), *formats = json_array(), *files = json_array();
	struct str rest = r->formats, part;

	while (str_split(&rest, ',', &part))
		json_array_append_new(formats, json_str(part));
	store_report_files(c->db, r->tenant, r->id, c->arena, list_file, files, NULL);
	json_put(o, "id", json_str(r->id));
	json_put(o, "title", json_str(r->title));
	json_put(o, "scan_id", json_str(r->scan));
	json_put(o, "site_id", json_str(r->site));
	json_put(o, "site_name", json_str(r->site_name));
	json_put(o, "lang", json_str(r->lang));
	json_put(o, "state", json_str(r->state));
	json_put(o, "formats", formats);
	json_put(o, "files", files);
	json_put(o, "created", json_time(r->created));
	json_put(o, "finished", json_time(r->finished));
	json_put(o, "created_by", json_str(r->created_by));
	json_put(o, "error", app_text_json(r->error));
	return o;
}

struct listing {
	struct app_call *c;
	json_t *items;
};

static void list_one(const struct store_report *r, void *user)
{
	struct listing *l = user;

	json_array_append_new(l->items, report_json(l->c, r));
}

int app_report_list(struct app_call *c, struct str site, struct str scan, struct str q,
		    struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { c, items };

	if (app_require(c, PERM_REPORT_READ, e) < 0 ||
	    store_report_list(c->db, c->actor->tenant_id, site, scan, q, page, c->arena, list_one, &l,
			      e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_report_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_report r;

	if (app_require(c, PERM_REPORT_READ, e) < 0 || load(c, id, &r, e) < 0)
		return -1;
	*ret = report_json(c, &r);
	return 0;
}

/* ---- asking ---- */

static int take_formats(struct app_call *c, const json_t *in, struct store_report *r,
			struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	struct str *list;
	size_t n;

	if (app_json_strings(c->arena, json_object_get(in, "formats"), "formats", 10, &list, &n, e) < 0)
		return -1;
	if (!n)
		return error_field(e, "formats", "input.required", "请至少选择一种格式",
				   "choose at least one format");
	for (size_t i = 0; i < n; i++) {
		if (!report_format_find(list[i]) || str_eq(list[i], STR("model")))
			return error_field(e, "formats", "input.enum", "没有“%.*s”这种格式",
					   "no such format: %.*s", STR_ARG(list[i]));
		if (b.len)
			buf_char(&b, ',');
		buf_str(&b, list[i]);
	}
	r->formats = arena_str(c->arena, buf_view(&b));
	return 0;
}

static int take(struct app_call *c, const json_t *in, struct store_report *r, struct error *e)
{
	struct id id = id_new(c->now);
	struct str title = utf8_truncate(str_trim(json_get_str(in, "title")), 300);
	struct store_scan s;

	if (app_scan_load(c, json_get_str(in, "scan_id"), &s, e) < 0)
		return -1;
	if (!app_scan_ended(&s) || !s.started)
		return error_field(e, "scan_id", "scan.state", "扫描结束之后才能生成报告",
				   "a report needs a scan that has ended");
	*r = (struct store_report){
		.id = arena_str(c->arena, id_str(&id)), .tenant = s.tenant, .scan = s.id,
		.site = s.site, .site_name = s.site_name,
		.lang = str_c(lang_name(lang_parse(json_get_str(in, "lang")))),
		.state = STR("queued"), .created_by = c->actor->user_name, .created = c->now,
	};
	r->title = title.len ? title :
		   str_eq(r->lang, STR("en")) ?
			       arena_printf(c->arena, "Security scan report: %.*s", STR_ARG(s.site_name)) :
			       arena_printf(c->arena, "%.*s 网站安全扫描报告", STR_ARG(s.site_name));
	return take_formats(c, in, r, e);
}

static int tell(struct app_call *c, const struct store_report *r, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "report_id", json_str(r->id));
	json_put(o, "state", json_str(r->state));
	return app_event(c, "report", "report.changed", o, e);
}

struct add {
	const json_t *in;
	struct store_report row;
};

static int add_tx(struct app_call *c, void *arg, struct error *e)
{
	struct add *add = arg;
	struct store_report *r = &add->row;
	_cleanup_json_ json_t *payload = json_object();
	struct job_request job = { .tenant = c->actor->tenant_id, .kind = STR("report") };
	struct id id;

	if (take(c, add->in, r, e) < 0)
		return -1;
	json_put(payload, "report_id", json_str(r->id));
	job.payload = app_json_text(c->arena, payload);
	if (job_enqueue(c->db, &job, c->now, &id, NULL, e) < 0)
		return -1;
	r->job = arena_str(c->arena, id_str(&id));
	if (store_report_insert(c->db, r, e) < 0 ||
	    app_audit(c, "report.create", "report", r->id, r->title, NULL, e) < 0)
		return -1;
	return tell(c, r, e);
}

int app_report_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct add add = { .in = in };

	if (app_require(c, PERM_REPORT_WRITE, e) < 0 || app_tx(c, add_tx, &add, e) < 0)
		return -1;
	*ret = report_json(c, &add.row);
	return 0;
}

/* ---- files ---- */

struct files {
	struct store_report_file list[16];
	size_t n;
};

static void note_file(const struct store_report_file *f, void *user)
{
	struct files *files = user;

	if (files->n < 16)
		files->list[files->n++] = *f;
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_report r;
	struct files files = { .n = 0 };

	if (load(c, *(struct str *)arg, &r, e) < 0 ||
	    store_report_files(c->db, r.tenant, r.id, c->arena, note_file, &files, e) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (store_blob_delete(c->db, r.tenant, files.list[i].blob, e) < 0)
			return -1;
	if (store_report_delete(c->db, r.tenant, r.id, e) < 0 ||
	    app_audit(c, "report.delete", "report", r.id, r.title, NULL, e) < 0)
		return -1;
	r.state = STR("deleted");
	return tell(c, &r, e);
}

int app_report_delete(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_REPORT_WRITE, e) < 0)
		return -1;
	return app_tx(c, delete_tx, &id, e);
}

int app_report_file(struct app_call *c, struct str id, struct str format, struct str *ret_name,
		    const char **ret_type, struct buf *out, struct error *e)
{
	const struct report_format *f = report_format_find(format);
	struct store_report r;
	struct files files = { .n = 0 };

	if (app_require(c, PERM_REPORT_READ, e) < 0 || load(c, id, &r, e) < 0 ||
	    store_report_files(c->db, r.tenant, r.id, c->arena, note_file, &files, e) < 0)
		return -1;
	for (size_t i = 0; f && i < files.n; i++) {
		if (!str_eq(files.list[i].format, format))
			continue;
		if (store_blob_get(c->db, r.tenant, files.list[i].blob, out, e) < 0)
			return -1;
		*ret_name = arena_printf(c->arena, "%.*s.%s", STR_ARG(r.title), f->extension);
		*ret_type = f->media_type;
		return 0;
	}
	return app_missing(e, "report-file", "报告文件", "report file");
}

/* ---- the job ---- */

struct made {
	struct job_ctx *ctx;
	const struct store_report *report;
	struct str format, bytes;
};

static int save_tx(struct app_call *c, void *arg, struct error *e)
{
	struct made *m = arg;
	struct blob_id blob;
	struct store_report_file f = { .format = m->format, .size = (int64_t)m->bytes.len };

	if (job_fence(m->ctx, e) < 0 ||
	    store_blob_put(c->db, m->report->tenant, m->bytes, c->now, &blob, e) < 0)
		return -1;
	f.blob = f.sha256 = blob_id_str(&blob);
	return store_report_file_put(c->db, m->report->tenant, m->report->id, &f, e);
}

static bool has_file(const struct files *files, struct str format)
{
	for (size_t i = 0; i < files->n; i++)
		if (str_eq(files->list[i].format, format))
			return true;
	return false;
}

static int make_all(struct job_ctx *ctx, struct app_call *c, const struct store_report *r,
		    const json_t *model, struct error *e)
{
	struct files done = { .n = 0 };
	struct str rest = r->formats, format;
	int i = 0;

	/* A retry after a crash makes only what is not there yet. */
	if (store_report_files(c->db, r->tenant, r->id, c->arena, note_file, &done, e) < 0)
		return -1;
	while (str_split(&rest, ',', &format)) {
		const struct report_format *f = report_format_find(format);
		_cleanup_buf_ struct buf out = BUF_INIT(LIMIT_BLOB);
		struct made m = { ctx, r, format, STR_NULL };

		job_progress(ctx, 1000 + i++ * 1500, STR("正在生成报告"), STR("Rendering"), -1);
		if (!f || has_file(&done, format))
			continue;
		if (report_render(f, model, lang_parse(r->lang), &out, e) < 0)
			return -1;
		if (out.overflow)
			return error_set(e, "report.too-large", "报告过大", "the report is too large");
		m.bytes = buf_view(&out);
		if (app_tx(c, save_tx, &m, e) < 0)
			return -1;
	}
	return 0;
}

static int finish(struct store_conn *db, struct app_call *c, struct store_report *r,
		  const char *state, const struct error *err, struct error *e)
{
	_cleanup_json_ json_t *why = err ? app_error_json(err) : NULL;

	r->state = str_c(state);
	r->error = why ? app_json_text(c->arena, why) : STR_NULL;
	r->finished = c->now;
	if (store_report_save(db, r, e) < 0)
		return -1;
	return tell(c, r, e);
}

static int report_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c = { .app = job_app(ctx), .actor = &actor, .db = job_conn(ctx),
			      .arena = job_arena(ctx), .now = job_now(ctx) };
	_cleanup_json_ json_t *model = NULL;
	struct store_report r;

	app_actor_system(&actor, APP_VIA_JOB, job_self(ctx)->tenant);
	if (load(&c, json_get_str(job_payload(ctx), "report_id"), &r, e) < 0)
		return error_is(e, "report.not-found") ? JOB_DONE : -1;
	r.state = STR("running");
	if (store_report_save(c.db, &r, e) < 0 || tell(&c, &r, e) < 0 ||
	    app_report_model(&c, r.scan, r.title, r.created_by, &model, e) < 0)
		return -1;
	json_put(model, "id", json_str(r.id));
	if (make_all(ctx, &c, &r, model, e) < 0)
		return -1;
	c.now = job_now(ctx);
	return finish(c.db, &c, &r, "done", NULL, e) < 0 ? -1 : JOB_DONE;
}

static int report_ended(struct store_conn *db, const struct job *job, const struct error *err,
			int64_t now, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	struct app_actor actor;
	struct app_call c = { .actor = &actor, .db = db, .arena = a, .now = now };
	struct error cancelled = { .code = "report.cancelled", .zh = "报告任务已取消",
				   .en = "the report was cancelled" };
	struct store_report r;

	app_actor_system(&actor, APP_VIA_JOB, job->tenant);
	if (store_report_get(db, job->tenant, json_get_str(payload, "report_id"), a, &r, NULL) <= 0 ||
	    str_eq(r.state, STR("done")))
		return 0;
	return finish(db, &c, &r, "failed", err ? err : &cancelled, e);
}

const struct job_kind app_job_report = {
	.name = "report",
	.max_attempts = 3,
	.run = report_run,
	.ended = report_ended,
};
