/* Interface documents: see document.h. Bounded in number and in bytes together, because they
 * travel into the jail of a scan in one frame. */
#include "app/document.h"

#include "app/site.h"
#include "app/view.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/blob.h"
#include "store/document.h"

#define KIND "document"

static json_t *view(const struct store_document *d)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(d->id));
	json_put(o, "site_id", json_str(d->site));
	json_put(o, "name", json_str(d->name));
	json_put(o, "kind", app_str_or_null(d->kind));
	json_put(o, "state", json_str(d->state));
	json_put(o, "requests", json_integer(d->requests));
	json_put(o, "size", json_integer(d->size));
	json_put(o, "error", app_text_json(d->error));
	json_put(o, "created_by", json_str(d->created_by));
	json_put(o, "created", json_time(d->created));
	return o;
}

static int tell(struct app_call *c, struct str site, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "site_id", json_str(site));
	return app_event(c, "site", "site.documents", o, e);
}

static int load(struct app_call *c, struct str site, struct str id, struct store_document *ret, struct error *e)
{
	int found = store_document_get(c->db, c->actor->tenant_id, site, id, c->arena, ret, e);

	return found > 0 ? 0 : found < 0 ? -1 : app_missing(e, "document", "接口文档", "interface document");
}

/* ---- looking ---- */

static void list_one(const struct store_document *d, void *user)
{
	json_array_append_new(user, view(d));
}

int app_document_list(struct app_call *c, struct str site, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_site s;

	if (app_require(c, PERM_SITE_READ, e) < 0 || app_site_load(c, site, &s, e) < 0 ||
	    store_document_list(c->db, s.tenant, s.id, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_document_get(struct app_call *c, struct str site, struct str id, json_t **ret, struct error *e)
{
	struct store_document d;
	struct store_site s;

	if (app_require(c, PERM_SITE_READ, e) < 0 || app_site_load(c, site, &s, e) < 0 || load(c, s.id, id, &d, e) < 0)
		return -1;
	*ret = view(&d);
	return 0;
}

/* ---- uploading ---- */

struct sum {
	int64_t bytes;
	size_t n;
};

static void add_up(const struct store_document *d, void *user)
{
	struct sum *s = user;

	s->n++;
	if (!str_eq(d->state, STR("failed")))
		s->bytes += d->size;
}

static int enqueue(struct app_call *c, const struct store_document *d, struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct job_request r = { .tenant = d->tenant, .kind = STR(KIND), .priority = 45, .max_attempts = 3 };
	struct id job;

	json_put(payload, "document_id", json_str(d->id));
	r.payload = app_json_text(c->arena, payload);
	return job_enqueue(c->db, &r, c->now, &job, NULL, e);
}

struct add {
	struct str site, name, bytes;
	struct store_document d;
};

static int room_for(struct app_call *c, const struct store_site *s, size_t more, struct error *e)
{
	struct sum sum = { 0 };

	if (store_document_list(c->db, s->tenant, s->id, c->arena, add_up, &sum, e) < 0)
		return -1;
	if (sum.n >= LIMIT_SITE_DOCUMENTS)
		return error_set(e, "document.exceeded", "每个网站最多 %d 份接口文档，请先删除不用的",
				 "at most %d interface documents a site: delete one first", LIMIT_SITE_DOCUMENTS);
	if ((size_t)sum.bytes + more > LIMIT_SITE_DOCUMENT_BYTES)
		return error_set(e, "document.exceeded", "一个网站的接口文档合计最多 %zu KiB，请先删除不用的",
				 "the interface documents of a site have at most %zu KiB together: delete one first",
				 LIMIT_SITE_DOCUMENT_BYTES / KIB);
	return 0;
}

static int add_tx(struct app_call *c, void *arg, struct error *e)
{
	struct add *add = arg;
	struct id id = id_new(c->now);
	struct store_site s;
	struct blob_id blob;
	_cleanup_json_ json_t *detail = json_object();

	if (app_site_load(c, add->site, &s, e) < 0 || room_for(c, &s, add->bytes.len, e) < 0 ||
	    store_blob_put(c->db, s.tenant, add->bytes, c->now, &blob, e) < 0)
		return -1;
	add->d = (struct store_document){ .id = arena_str(c->arena, id_str(&id)), .tenant = s.tenant, .site = s.id,
					  .name = add->name, .state = STR("checking"),
					  .blob = arena_str(c->arena, blob_id_str(&blob)),
					  .created_by = c->actor->user_name, .size = (int64_t)add->bytes.len,
					  .created = c->now };
	if (store_document_insert(c->db, &add->d, e) < 0 || enqueue(c, &add->d, e) < 0)
		return -1;
	json_put(detail, "file", json_str(add->name));
	json_put(detail, "sha256", json_str(add->d.blob));
	if (app_audit(c, "site.document-add", "site", s.id, s.name, detail, e) < 0)
		return -1;
	return tell(c, s.id, e);
}

int app_document_add(struct app_call *c, struct str site, const json_t *in, json_t **ret, struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_SITE_DOCUMENT_BYTES);
	struct add add = { .site = site, .name = utf8_truncate(str_trim(json_get_str(in, "name")), 200) };

	if (app_require(c, PERM_SITE_WRITE, e) < 0)
		return -1;
	if (decode_base64(&bytes, json_get_str(in, "file_base64")) < 0)
		return error_field(e, "file_base64", "input.base64", "文件内容不是有效的 Base64",
				   "file_base64 is not valid Base64");
	if (bytes.overflow)
		return error_field(e, "file_base64", "document.too-large", "接口文档超过 %zu KiB",
				   "the document has more than %zu KiB", LIMIT_SITE_DOCUMENT_BYTES / KIB);
	if (!str_trim(buf_view(&bytes)).len)
		return error_field(e, "file_base64", "document.empty", "文件是空的", "the file is empty");
	add.bytes = buf_view(&bytes);
	if (app_tx(c, add_tx, &add, e) < 0)
		return -1;
	*ret = view(&add.d);
	return 0;
}

/* ---- deleting ---- */

static int drop(struct app_call *c, const struct store_document *d, struct error *e)
{
	return store_document_delete(c->db, d->tenant, d->id, e) < 0 ? -1 :
	       store_blob_delete(c->db, d->tenant, d->blob, e);
}

struct gone {
	struct str site, id;
};

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct gone *g = arg;
	struct store_document d;
	struct store_site s;
	_cleanup_json_ json_t *detail = json_object();

	if (app_site_load(c, g->site, &s, e) < 0 || load(c, s.id, g->id, &d, e) < 0 || drop(c, &d, e) < 0)
		return -1;
	json_put(detail, "file", json_str(d.name));
	if (app_audit(c, "site.document-delete", "site", s.id, s.name, detail, e) < 0)
		return -1;
	return tell(c, s.id, e);
}

int app_document_delete(struct app_call *c, struct str site, struct str id, struct error *e)
{
	struct gone g = { site, id };

	return app_require(c, PERM_SITE_WRITE, e) < 0 ? -1 : app_tx(c, delete_tx, &g, e);
}

/* ---- for other use cases ---- */

struct all {
	struct store_document list[LIMIT_SITE_DOCUMENTS];
	size_t n;
};

static void note(const struct store_document *d, void *user)
{
	struct all *all = user;

	all->list[all->n++] = *d;
}

int app_document_drop_all(struct app_call *c, struct str site, struct error *e)
{
	struct all all = { .n = 0 };

	if (store_document_list(c->db, c->actor->tenant_id, site, c->arena, note, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (drop(c, &all.list[i], e) < 0)
			return -1;
	return 0;
}

int app_document_texts(struct app_call *c, struct str site, int64_t before, const struct str **ret, size_t *ret_len,
		       struct error *e)
{
	struct str *texts = arena_array(c->arena, LIMIT_SITE_DOCUMENTS, sizeof(*texts));
	struct all all = { .n = 0 };
	size_t n = 0;

	if (store_document_list(c->db, c->actor->tenant_id, site, c->arena, note, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_SITE_DOCUMENT_BYTES + KIB);
		const struct store_document *d = &all.list[i];

		if (!str_eq(d->state, STR("ready")) || d->created > before)
			continue;
		if (store_blob_get(c->db, d->tenant, d->blob, &b, e) == 0)
			texts[n++] = arena_str(c->arena, buf_view(&b));
		else if (!error_is(e, "blob.missing"))
			return -1;
		error_clear(e);
	}
	*ret = texts;
	*ret_len = n;
	return 0;
}

/* ---- the job ---- */

struct done {
	struct job_ctx *ctx;
	struct str id;
	const struct document_facts *facts; /* NULL: refused */
	const struct error *why;
};

static int done_tx(struct app_call *c, void *arg, struct error *e)
{
	struct done *k = arg;
	struct store_document d;
	int found;

	if (k->ctx && job_fence(k->ctx, e) < 0)
		return -1;
	found = store_document_get(c->db, c->actor->tenant_id, STR(""), k->id, c->arena, &d, e);
	if (found <= 0 || !str_eq(d.state, STR("checking")))
		return found < 0 ? -1 : 0; /* deleted meanwhile */
	d.state = k->facts ? STR("ready") : STR("failed");
	if (k->facts) {
		d.kind = k->facts->kind;
		d.requests = (int64_t)k->facts->requests;
	} else {
		_cleanup_json_ json_t *o = app_error_json(k->why);

		d.error = app_json_text(c->arena, o);
	}
	return store_document_save(c->db, &d, e) < 0 ? -1 : tell(c, d.site, e);
}

static int document_run(struct job_ctx *ctx, struct error *e)
{
	struct app_actor actor;
	struct app_call c = { .app = job_app(ctx), .actor = &actor, .db = job_conn(ctx), .arena = job_arena(ctx),
			      .now = job_now(ctx) };
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_SITE_DOCUMENT_BYTES + KIB);
	struct done done = { ctx, json_get_str(job_payload(ctx), "document_id"), NULL, NULL };
	struct document_facts facts;
	struct store_document d;
	struct store_site s;
	struct error why = { 0 };
	int found;

	app_actor_system(&actor, APP_VIA_JOB, job_self(ctx)->tenant);
	found = store_document_get(c.db, actor.tenant_id, STR(""), done.id, c.arena, &d, e);
	if (found <= 0)
		return found < 0 ? -1 : JOB_DONE;
	if (!c.app->spawner)
		return error_set(e, "document.no-spawner", "本进程不能读取文档", "this process may not read documents");
	if (app_site_load(&c, d.site, &s, e) < 0 || store_blob_get(c.db, d.tenant, d.blob, &text, e) < 0)
		return -1;
	if (app_document_read(c.app->spawner, buf_view(&text), s.url, c.arena, &facts, &why) == 0)
		done.facts = &facts;
	else if (str_starts(str_c(why.code), STR("document.")))
		done.why = &why;
	else {
		*e = why;
		return -1;
	}
	c.now = job_now(ctx);
	return app_tx(&c, done_tx, &done, e) < 0 ? -1 : JOB_DONE;
}

/* The job came to no end of its own: the document must not wait for ever. */
static int document_ended(struct store_conn *db, const struct job *job, const struct error *err, int64_t now,
			  struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	struct app_actor actor;
	struct app_call c = { .actor = &actor, .db = db, .arena = a, .now = now };
	struct error gone = { 0 };
	struct done done = { NULL, json_get_str(payload, "document_id"), NULL, err ? err : &gone };

	app_actor_system(&actor, APP_VIA_JOB, job->tenant);
	error_set(&gone, "document.cancelled", "检查已取消", "the check was cancelled");
	return done_tx(&c, &done, e);
}

const struct job_kind app_job_document = {
	.name = KIND,
	.max_attempts = 3,
	.run = document_run,
	.ended = document_ended,
};
