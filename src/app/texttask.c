/* Tasks of many texts: making, looking, cancelling, exporting. The input lies in a blob as pairs of
 * reference and text until the task has ended; the work itself is in textjob.c. */
#include "app/texttask.h"

#include "app/table.h"
#include "app/text.h"
#include "app/textserve.h"
#include "app/view.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/blob.h"

#define PIECE LIMIT_TEXT_CHARS

static json_t *view(const struct store_text_task *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "name", json_str(v->name));
	json_put(o, "state", json_str(v->state));
	json_put(o, "scene", json_str(v->scene));
	json_put(o, "policy", json_str(v->policy));
	json_put(o, "whole", json_boolean(v->whole));
	json_put(o, "total", json_integer(v->total));
	json_put(o, "done", json_integer(v->done));
	json_put(o, "progress", app_progress_json(v->total ? v->done * 10000 / v->total : 0));
	json_put(o, "pass", json_integer(v->passed));
	json_put(o, "review", json_integer(v->review));
	json_put(o, "block", json_integer(v->block));
	json_put(o, "chars", json_integer(v->chars));
	json_put(o, "error", app_text_json(v->error));
	json_put(o, "created_by", app_person_json(v->account_id, v->account_name));
	json_put(o, "created", json_time(v->created));
	json_put(o, "finished", json_time(v->finished));
	return o;
}

static int load(struct app_call *c, struct str id, struct store_text_task *ret, struct error *e)
{
	int r = store_text_task_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "text_task", "检测任务", "text task");
}

/* ---- input ---- */

struct input {
	struct buf bytes;
	size_t n;
	bool whole;
};

static int put(struct input *in, struct str ref, struct str text, struct error *e)
{
	ssize_t bad = utf8_invalid_at(text);

	if (bad >= 0)
		return error_set(e, "text.not-utf8", "第 %zu 个文本不是 UTF-8 编码（第 %zd 字节）",
				 "text %zu is not UTF-8 (byte %zd)", in->n + 1, bad);
	if (memchr(text.ptr, 0, text.len))
		return error_set(e, "text.not-utf8", "第 %zu 个文本含有空字符，不是纯文本", "text %zu contains NUL: it is no plain text",
				 in->n + 1);
	if (text.len > LIMIT_COMPLY_TEXT)
		return error_set(e, "text.too-large", "第 %zu 个文本超过 %zu MiB", "text %zu has more than %zu MiB", in->n + 1,
				 LIMIT_COMPLY_TEXT / MIB);
	if (in->n == LIMIT_TEXT_TASK_TEXTS)
		return error_set(e, "text.too-large", "一个任务最多 %d 个文本", "a task has at most %d texts",
				 LIMIT_TEXT_TASK_TEXTS);
	buf_blob(&in->bytes, ref);
	buf_blob(&in->bytes, text);
	in->n++;
	if (in->bytes.overflow)
		return error_set(e, "text.too-large", "一个任务的文本合计最多 %zu MiB", "the texts of a task have at most %zu MiB",
				 LIMIT_TEXT_TASK / MIB);
	return 0;
}

static int put_list(struct input *in, const json_t *texts, struct error *e)
{
	for (size_t i = 0; i < json_array_size(texts); i++) {
		const json_t *t = json_array_get(texts, i);

		if (put(in, utf8_truncate(json_get_str(t, "ref"), 200), json_get_str(t, "text"), e) < 0)
			return -1;
	}
	return 0;
}

static int put_lines(struct input *in, struct str text, struct error *e)
{
	struct str line;
	char ref[32];
	int64_t n = 0;

	while (str_split(&text, '\n', &line)) {
		n++;
		if (str_ends(line, STR("\r")))
			line.len--;
		if (!str_trim(line).len)
			continue;
		snprintf(ref, sizeof(ref), "%lld", (long long)n);
		if (put(in, str_c(ref), line, e) < 0)
			return -1;
	}
	return 0;
}

/* End of the piece that starts at `from`: at most PIECE characters, cut behind a line break or a full
 * stop in its last fifth when there is one. */
static size_t piece_end(struct str text, size_t from, size_t *ret_cp, size_t *ret_utf16)
{
	size_t at = from, cp = 0, u16 = 0, best = 0, best_cp = 0, best_u16 = 0;

	while (at < text.len && cp < PIECE) {
		uint32_t ch = utf8_next(text, &at);

		cp++;
		u16 += ch > 0xffff ? 2 : 1;
		if (cp > PIECE * 4 / 5 && (ch == '\n' || ch == 0x3002 || ch == 0xff01 || ch == 0xff1f)) {
			best = at;
			best_cp = cp;
			best_u16 = u16;
		}
	}
	bool cut = at < text.len && best;
	*ret_cp = cut ? best_cp : cp;
	*ret_utf16 = cut ? best_u16 : u16;
	return cut ? best : at;
}

/* The reference of a piece says where it begins: "characters:UTF-16 units". */
static int put_whole(struct input *in, struct str text, struct error *e)
{
	size_t at = 0, cp = 0, u16 = 0;
	ssize_t bad = utf8_invalid_at(text);

	in->whole = true;
	if (bad >= 0)
		return error_set(e, "text.not-utf8", "文本不是 UTF-8 编码（第 %zd 字节）", "the text is not UTF-8 (byte %zd)", bad);
	while (at < text.len) {
		size_t n, n16, end = piece_end(text, at, &n, &n16);
		char ref[64];

		snprintf(ref, sizeof(ref), "%zu:%zu", cp, u16);
		if (put(in, str_c(ref), str_sub(text, at, end), e) < 0)
			return -1;
		at = end;
		cp += n;
		u16 += n16;
	}
	return 0;
}

static int put_file(struct input *in, const json_t *v, struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_TEXT_TASK);
	struct str s;

	if (decode_base64(&bytes, json_get_str(v, "file_base64")) < 0)
		return error_field(e, "file_base64", "input.base64", "文件内容不是有效的 Base64", "file_base64 is not valid Base64");
	if (bytes.overflow)
		return error_field(e, "file_base64", "text.too-large", "文件最大 %zu MiB", "the file has at most %zu MiB",
				   LIMIT_TEXT_TASK / MIB);
	s = buf_view(&bytes);
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_from(s, 3);
	return str_eq(json_get_str(v, "split"), STR("whole")) ? put_whole(in, s, e) : put_lines(in, s, e);
}

static int take_input(struct input *in, const json_t *v, struct error *e)
{
	bool texts = json_object_get(v, "texts"), text = json_object_get(v, "text"),
	     file = json_object_get(v, "file_base64");
	int r;

	if (texts + text + file != 1)
		return error_field(e, "texts", "input.required", "请给出 texts、text、file_base64 其中之一",
				   "give one of texts, text and file_base64");
	r = texts ? put_list(in, json_object_get(v, "texts"), e) :
	    text  ? put_whole(in, json_get_str(v, "text"), e) :
		    put_file(in, v, e);
	if (r == 0 && !in->n)
		return error_set(e, "text.empty", "没有可检测的文本", "there is no text to check");
	return r;
}

/* ---- making ---- */

struct add {
	const struct input *in;
	struct store_text_task v;
};

static int add_tx(struct app_call *c, void *arg, struct error *e)
{
	struct add *k = arg;
	_cleanup_json_ json_t *payload = json_object();
	struct job_request r = { .tenant = k->v.tenant, .kind = STR("text-check"), .priority = 10, .max_attempts = 5 };
	struct blob_id blob;
	struct id job;

	json_put(payload, "task_id", json_str(k->v.id));
	r.payload = app_json_text(c->arena, payload);
	if (store_blob_put(c->db, k->v.tenant, buf_view(&k->in->bytes), c->now, &blob, e) < 0 ||
	    job_enqueue(c->db, &r, c->now, &job, NULL, e) < 0)
		return -1;
	k->v.blob = arena_str(c->arena, blob_id_str(&blob));
	k->v.job = arena_str(c->arena, id_str(&job));
	if (store_text_task_insert(c->db, &k->v, e) < 0)
		return -1;
	return app_audit(c, "text-task.add", "text-task", k->v.id, k->v.name, NULL, e);
}

/* That the scene and policy exist, and that the key may check so many, is said now, not by a failed task. */
static int check_way(struct app_call *c, const json_t *in, size_t texts, struct error *e)
{
	struct app_text_way way = { .scene = json_get_str(in, "scene"), .policy = json_get_str(in, "policy") };
	const struct text_tenant *t;
	struct comply_options o;
	int r;

	if (app_text_tenant(c, &t, e) < 0)
		return -1;
	r = app_text_options(c, t, &way, &o, e);
	if (r == 0)
		r = app_text_take(c, t, texts, e);
	app_text_tenant_put(c->app, t);
	return r;
}

int app_text_task_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct input input = { .bytes = BUF_INIT(LIMIT_TEXT_TASK + LIMIT_TEXT_TASK_TEXTS * (size_t)256) };
	struct id id = id_new(c->now);
	struct str name = str_trim(json_get_str(in, "name"));
	struct add k = { &input, { .id = id_str(&id), .tenant = c->actor->tenant_id, .state = STR("queued"),
				   .scene = json_get_str(in, "scene"), .policy = json_get_str(in, "policy"),
				   .account_id = c->actor->user_id, .account_name = c->actor->user_name,
				   .created = c->now } };
	int r;

	if (app_require(c, PERM_TEXT_CHECK, e) < 0)
		return -1;
	r = take_input(&input, in, e);
	if (r == 0)
		r = check_way(c, in, input.n, e);
	k.v.name = name.len ? name : STR("文本检测");
	k.v.total = (int64_t)input.n;
	k.v.whole = input.whole;
	if (r == 0)
		r = app_tx(c, add_tx, &k, e);
	buf_free(&input.bytes);
	if (r < 0)
		return -1;
	*ret = view(&k.v);
	return 0;
}

/* ---- looking ---- */

static void list_one(const struct store_text_task *v, void *user)
{
	json_array_append_new(user, view(v));
}

int app_text_task_list(struct app_call *c, struct str state, struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_TEXT_READ, e) < 0 ||
	    store_text_task_list(c->db, c->actor->tenant_id, state, page, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_text_task_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_text_task v;

	if (app_require(c, PERM_TEXT_READ, e) < 0 || load(c, id, &v, e) < 0)
		return -1;
	*ret = view(&v);
	return 0;
}

static json_t *item_view(const struct store_text_item *v)
{
	json_t *o = json_object();

	json_put(o, "n", json_integer(v->n));
	json_put(o, "ref", json_str(v->ref));
	app_text_verdict(o, v->suggestion, v->score, v->label, v->sub_label);
	json_put(o, "chars", json_integer(v->chars));
	json_put(o, "merged_count", json_integer(v->merged));
	json_put(o, "text", json_str(v->text));
	json_put(o, "result", app_text_json(v->result));
	return o;
}

static void list_item(const struct store_text_item *v, void *user)
{
	json_array_append_new(user, item_view(v));
}

int app_text_task_items(struct app_call *c, struct str id, struct str suggestion, struct store_page *page,
			json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_text_task v;

	if (app_require(c, PERM_TEXT_READ, e) < 0 || load(c, id, &v, e) < 0 ||
	    store_text_item_list(c->db, v.id, suggestion, page, c->arena, list_item, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

/* ---- ending early ---- */

static int cancel_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_text_task *v = arg;
	int state;

	if (load(c, v->id, v, e) < 0)
		return -1;
	if (!str_eq(v->state, STR("queued")) && !str_eq(v->state, STR("running")))
		return error_set(e, "text_task.state", "任务已经结束", "the task has ended");
	state = job_cancel(c->db, v->tenant, v->job, c->now, e);
	if (state < 0)
		return -1;
	if (state == JOB_ENDED_CANCELLED) { /* it was not running: nobody else will say so */
		v->state = STR("cancelled");
		v->finished = c->now;
		if (store_blob_delete(c->db, v->tenant, v->blob, e) < 0)
			return -1;
		v->blob = STR("");
		if (store_text_task_save(c->db, v, e) < 0)
			return -1;
	}
	return app_audit(c, "text-task.cancel", "text-task", v->id, v->name, NULL, e);
}

int app_text_task_cancel(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_text_task v = { .id = id };

	if (app_require(c, PERM_TEXT_CHECK, e) < 0 || app_tx(c, cancel_tx, &v, e) < 0)
		return -1;
	*ret = view(&v);
	return 0;
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_text_task v;

	if (load(c, *(struct str *)arg, &v, e) < 0)
		return -1;
	if (!v.finished)
		return error_set(e, "text_task.state", "任务还在进行，请先取消", "the task is under way: cancel it first");
	if (store_text_task_delete(c->db, v.tenant, v.id, e) < 0)
		return -1;
	return app_audit(c, "text-task.delete", "text-task", v.id, v.name, NULL, e);
}

int app_text_task_delete(struct app_call *c, struct str id, struct error *e)
{
	return app_require(c, PERM_TEXT_CHECK, e) < 0 ? -1 : app_tx(c, delete_tx, &id, e);
}

/* ---- files ---- */

struct out {
	struct buf *b;
	struct app_table table;
	bool lines; /* JSON, no table */
	int64_t next;
	int n;
};

static const char *const heads[] = { "n", "ref", "suggestion", "score", "label", "sub_label", "chars", "hits", "text" };

static void hit_words(const json_t *result, struct buf *out)
{
	size_t i;
	json_t *h;

	json_array_foreach(json_object_get(result, "hits"), i, h)
		buf_printf(out, "%s%.*s", i ? "；" : "", STR_ARG(json_get_str(h, "text")));
}

static void write_item(const struct store_text_item *v, void *user)
{
	struct out *o = user;
	_cleanup_buf_ struct buf words = BUF_INIT(MIB);
	_cleanup_json_ json_t *item = item_view(v);
	char n[24], score[24], chars[24];

	o->n++;
	o->next = v->n + 1;
	if (o->lines) {
		json_write(o->b, item);
		buf_char(o->b, '\n');
		return;
	}
	snprintf(n, sizeof(n), "%lld", (long long)v->n);
	snprintf(score, sizeof(score), "%.4f", (double)v->score / 10000);
	snprintf(chars, sizeof(chars), "%lld", (long long)v->chars);
	hit_words(json_object_get(item, "result"), &words);
	const struct str cells[] = { str_c(n), v->ref,	     v->suggestion, str_c(score), v->label,
				     v->sub_label, str_c(chars), buf_view(&words), v->text };
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		app_table_cell(&o->table, cells[i]);
	app_table_row(&o->table);
}

static int write_all(struct app_call *c, struct str task, struct out *o, struct error *e)
{
	for (size_t i = 0; !o->lines && i < ARRAY_SIZE(heads); i++)
		app_table_cell(&o->table, str_c(heads[i]));
	if (!o->lines)
		app_table_row(&o->table);
	do {
		_cleanup_arena_ struct arena *a = arena_new(512 * MIB);

		o->n = 0;
		if (store_text_item_from(c->db, task, o->next, 200, a, write_item, o, e) < 0)
			return -1;
	} while (o->n == 200 && !o->b->overflow);
	return 0;
}

int app_text_task_export(struct app_call *c, struct str id, struct str format, struct buf *out, struct str *ret_name,
			 struct error *e)
{
	struct out o = { .b = out, .lines = str_eq(format, STR("jsonl")) };
	struct store_text_task v;
	int r;

	if (app_require(c, PERM_TEXT_READ, e) < 0 || load(c, id, &v, e) < 0)
		return -1;
	app_table_begin(&o.table, format, out);
	r = app_table_end(&o.table, write_all(c, v.id, &o, e), e);
	if (r == 0 && out->overflow)
		return error_set(e, "text.too-large", "导出文件超过 %zu MiB，请分页读取结果", "the file would have more than %zu MiB: read the results page by page",
				 LIMIT_EXPORT / MIB);
	*ret_name = arena_printf(c->arena, "%.*s.%.*s", STR_ARG(v.name), STR_ARG(format));
	return r;
}
