/* How content gets into rule packs: an upload waits as a blob until the job of kind "pack"
 * reads it in a jail; the built-in pack comes with the program. */
#include "app/pack_private.h"

#include <sodium.h>

#include "app/view.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/template/run.h"
#include "store/blob.h"

/* ---- keeping ---- */

int pack_version_drop(struct app_call *c, const struct store_ruleversion *v, struct error *e)
{
	if (v->blob.len && store_blob_delete(c->db, v->tenant, v->blob, e) < 0)
		return -1;
	if (v->upload.len && store_blob_delete(c->db, v->tenant, v->upload, e) < 0)
		return -1;
	return store_ruleversion_delete(c->db, v->tenant, v->id, e);
}

struct prune {
	struct app_call *c;
	const struct store_rulepack *pack;
	size_t seen;
	int r;
	struct error *e;
};

static void prune_one(const struct store_ruleversion *v, void *user)
{
	struct prune *p = user;

	if (p->r == 0 && p->seen++ >= LIMIT_PACK_VERSIONS && !str_eq(v->id, p->pack->version) &&
	    !str_eq(v->state, STR("checking")))
		p->r = pack_version_drop(p->c, v, p->e);
}

static int prune(struct app_call *c, const struct store_rulepack *pack, struct error *e)
{
	struct prune p = { c, pack, 0, 0, e };

	if (store_ruleversion_list(c->db, pack->tenant, pack->id, c->arena, prune_one, &p, e) < 0)
		return -1;
	return p.r;
}

int pack_keep(struct app_call *c, struct store_rulepack *p, struct store_ruleversion *v,
	      const struct packread *read, struct error *e)
{
	struct blob_id blob;
	int r;

	if (store_blob_put(c->db, p->tenant, buf_view(&read->bundle), c->now, &blob, e) < 0)
		return -1;
	v->blob = arena_str(c->arena, blob_id_str(&blob));
	for (size_t i = 0; i < read->rules_len; i++)
		if (store_template_insert(c->db, v->id, &read->rules[i], e) < 0)
			return -1;
	if (v->upload.len && store_blob_delete(c->db, v->tenant, v->upload, e) < 0)
		return -1;
	v->upload = v->error = STR("");
	v->state = STR("ready");
	v->size = (int64_t)read->bundle.len;
	v->good = (int64_t)read->good;
	v->bad = (int64_t)read->bad;
	v->ignored = (int64_t)read->ignored;
	v->finished = c->now;
	p->version = v->id;
	p->updated = c->now;
	if (store_ruleversion_save(c->db, v, e) < 0)
		return -1;
	r = store_rulepack_save(c->db, p, e);
	if (r <= 0)
		return r < 0 ? -1 : app_conflict(e, "rule-pack");
	return prune(c, p, e);
}

/* ---- the built-in pack ---- */

static void note_newest(const struct store_ruleversion *v, void *user)
{
	struct store_ruleversion *newest = user;

	if (!newest->id.len)
		*newest = *v;
}

static struct str digest(struct arena *a, struct str bytes)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(hash) + 1];

	crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return arena_str(a, str_c(hex));
}

/* 1 when the tenant's newest version is this program's. */
static int is_current(struct app_call *c, struct store_rulepack *p, struct str hash, struct error *e)
{
	struct store_ruleversion newest = { .id = STR("") };
	int found = store_rulepack_builtin(c->db, c->actor->tenant_id, c->arena, p, e);

	if (found <= 0)
		return found;
	if (store_ruleversion_list(c->db, p->tenant, p->id, c->arena, note_newest, &newest, e) < 0)
		return -1;
	return str_eq(newest.blob, hash);
}

static int sync_tx(struct app_call *c, void *arg, struct error *e)
{
	const struct packread *read = arg;
	struct id pack = id_new(c->now), version = id_new(c->now);
	struct store_rulepack p = { .id = STR("") };
	struct store_ruleversion v = { .state = STR("ready"), .label = STR(ZHANWEI_TEMPLATES_VERSION),
				       .created = c->now };
	int current = is_current(c, &p, digest(c->arena, buf_view(&read->bundle)), e);

	if (current)
		return current < 0 ? -1 : 0;
	if (!p.id.len) {
		p = (struct store_rulepack){ .id = arena_str(c->arena, id_str(&pack)),
					     .tenant = c->actor->tenant_id, .kind = STR("builtin"),
					     .name = STR("builtin"), .enabled = true, .created = c->now,
					     .updated = c->now, .revision = 1 };
		if (store_rulepack_insert(c->db, &p, e) < 0)
			return -1;
	}
	v.id = arena_str(c->arena, id_str(&version));
	v.tenant = p.tenant;
	v.pack = p.id;
	v.number = ++p.last_number;
	return store_ruleversion_insert(c->db, &v, e) < 0 || pack_keep(c, &p, &v, read, e) < 0 ? -1 : 0;
}

int pack_sync(struct app_call *c, struct error *e)
{
	struct str bundle = template_builtin();
	_cleanup_packread_ struct packread read = { 0 };
	struct store_rulepack p = { .id = STR("") };
	int current = is_current(c, &p, digest(c->arena, bundle), e);

	if (current)
		return current < 0 ? -1 : 0;
	app_packread_own(bundle, c->arena, &read);
	if (app_tx(c, sync_tx, &read, e) == 0)
		return 0;
	/* another process did it at the same moment */
	if (!error_is(e, "store.unique") && !error_is(e, "rule-pack.conflict"))
		return -1;
	error_clear(e);
	return 0;
}

/* ---- uploads ---- */

struct upload {
	const json_t *in;
	struct str pack; /* "" a new one */
	struct str made; /* the pack it went into */
	struct str bytes, source;
};

static int take_file(struct app_call *c, const json_t *in, struct buf *bytes, struct upload *u, struct error *e)
{
	struct str name = utf8_truncate(str_trim(json_get_str(in, "file_name")), 200);

	if (decode_base64(bytes, json_get_str(in, "file_base64")) < 0)
		return error_field(e, "file_base64", "input.base64", "文件内容不是有效的 Base64",
				   "file_base64 is not valid Base64");
	if (bytes->overflow)
		return error_field(e, "file_base64", "pack.too-large", "压缩包超过 %zu MiB",
				   "the archive has more than %zu MiB", LIMIT_PACK_UPLOAD / MIB);
	if (!str_starts(buf_view(bytes), STR("PK")))
		return error_field(e, "file_base64", "pack.bad-zip", "不是有效的 ZIP 压缩包", "it is no valid ZIP archive");
	u->bytes = buf_view(bytes);
	u->source = name.len ? name : STR("pack.zip");
	return 0;
}

static int new_pack(struct app_call *c, const struct upload *u, struct store_rulepack *p, struct error *e)
{
	struct id id = id_new(c->now);
	struct str name = str_trim(json_get_str(u->in, "name"));
	int64_t n;

	if (store_rulepack_count(c->db, c->actor->tenant_id, &n, e) < 0)
		return -1;
	if (n >= LIMIT_PACKS)
		return error_set(e, "rule-pack.exceeded", "规则包最多 %d 个，请先删除不用的",
				 "at most %d rule packs: delete one first", LIMIT_PACKS);
	if (!name.len)
		name = str_iends(u->source, STR(".zip")) ? str_sub(u->source, 0, u->source.len - 4) : u->source;
	*p = (struct store_rulepack){ .id = arena_str(c->arena, id_str(&id)), .tenant = c->actor->tenant_id,
				      .kind = STR("imported"), .name = utf8_truncate(name, 200),
				      .enabled = true, .created_by = c->actor->user_name, .created = c->now,
				      .updated = c->now, .revision = 1 };
	return store_rulepack_insert(c->db, p, e);
}

static int enqueue(struct app_call *c, struct str version, struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct job_request job = { .tenant = c->actor->tenant_id, .kind = STR("pack"), .priority = 40 };
	struct id id;

	json_put(payload, "version_id", json_str(version));
	json_put(payload, "user_id", json_str(c->actor->user_id));
	json_put(payload, "user_name", json_str(c->actor->user_name));
	job.payload = app_json_text(c->arena, payload);
	return job_enqueue(c->db, &job, c->now, &id, NULL, e);
}

static int upload_tx(struct app_call *c, void *arg, struct error *e)
{
	struct upload *u = arg;
	struct id id = id_new(c->now);
	struct store_rulepack p;
	struct store_ruleversion v = { .id = arena_str(c->arena, id_str(&id)), .source = u->source,
				       .label = utf8_truncate(str_trim(json_get_str(u->in, "label")), 60),
				       .state = STR("checking"), .created_by = c->actor->user_name,
				       .created = c->now };
	_cleanup_json_ json_t *detail = json_object();
	struct blob_id blob;

	if (u->pack.len ? pack_load(c, u->pack, &p, e) < 0 : new_pack(c, u, &p, e) < 0)
		return -1;
	if (str_eq(p.kind, STR("builtin")))
		return error_set(e, "rule-pack.builtin.state", "内置规则包随程序更新，不能导入",
				 "the built-in pack comes with the program");
	if (str_eq(p.newest_state, STR("checking")))
		return error_set(e, "rule-pack.running", "上一次导入还在检查，请稍候", "the last import is still being checked");
	v.tenant = p.tenant;
	v.pack = p.id;
	v.number = ++p.last_number;
	p.updated = c->now;
	if (store_blob_put(c->db, p.tenant, u->bytes, c->now, &blob, e) < 0)
		return -1;
	v.upload = arena_str(c->arena, blob_id_str(&blob));
	if (store_ruleversion_insert(c->db, &v, e) < 0 || store_rulepack_save(c->db, &p, e) < 0 ||
	    enqueue(c, v.id, e) < 0)
		return -1;
	json_put(detail, "file", json_str(u->source));
	json_put(detail, "version", json_integer(v.number));
	json_put(detail, "sha256", json_str(v.upload));
	u->made = p.id;
	if (app_audit(c, "rule-pack.import", "rule-pack", p.id, p.name, detail, e) < 0)
		return -1;
	return pack_tell(c, p.id, "rule-pack.changed", e);
}

int app_pack_add_version(struct app_call *c, struct str id, const json_t *in, json_t **ret,
			 struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_PACK_UPLOAD);
	struct upload u = { .in = in, .pack = id };

	if (app_require(c, PERM_PACK_WRITE, e) < 0 || take_file(c, in, &bytes, &u, e) < 0)
		return -1;
	if (app_tx(c, upload_tx, &u, e) < 0)
		return -1;
	return app_pack_get(c, u.made, ret, e);
}

int app_pack_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	return app_pack_add_version(c, STR(""), in, ret, e);
}

/* ---- the job ---- */

struct done {
	struct job_ctx *ctx;
	struct str version;
	const struct packread *read; /* NULL: refused */
	const struct error *why;
};

static int refuse(struct app_call *c, struct store_rulepack *p, struct store_ruleversion *v,
		  const struct error *why, struct error *e)
{
	_cleanup_json_ json_t *o = app_error_json(why);

	v->state = STR("failed");
	v->error = app_json_text(c->arena, o);
	v->finished = c->now;
	if (v->upload.len && store_blob_delete(c->db, v->tenant, v->upload, e) < 0)
		return -1;
	v->upload = STR("");
	if (store_ruleversion_save(c->db, v, e) < 0)
		return -1;
	return app_audit(c, "rule-pack.import-failed", "rule-pack", p->id, p->name, o, e);
}

static int done_tx(struct app_call *c, void *arg, struct error *e)
{
	struct done *d = arg;
	struct store_rulepack p;
	struct store_ruleversion v;
	_cleanup_json_ json_t *detail = json_object();
	int found;

	if (d->ctx && job_fence(d->ctx, e) < 0)
		return -1;
	found = store_ruleversion_get(c->db, c->actor->tenant_id, d->version, c->arena, &v, e);
	if (found <= 0 || !str_eq(v.state, STR("checking")))
		return found < 0 ? -1 : 0; /* deleted meanwhile */
	if (pack_load(c, v.pack, &p, e) < 0)
		return -1;
	if (!d->read)
		return refuse(c, &p, &v, d->why, e) < 0 ? -1 : pack_tell(c, p.id, "rule-pack.changed", e);
	if (pack_keep(c, &p, &v, d->read, e) < 0)
		return -1;
	json_put(detail, "version", json_integer(v.number));
	json_put(detail, "good", json_integer(v.good));
	json_put(detail, "bad", json_integer(v.bad));
	if (app_audit(c, "rule-pack.ready", "rule-pack", p.id, p.name, detail, e) < 0)
		return -1;
	return pack_tell(c, p.id, "rule-pack.changed", e);
}

static int pack_run(struct job_ctx *ctx, struct error *e)
{
	const json_t *in = job_payload(ctx);
	struct app_actor actor;
	struct app_call c = { .app = job_app(ctx), .actor = &actor, .db = job_conn(ctx),
			      .arena = job_arena(ctx), .now = job_now(ctx) };
	_cleanup_buf_ struct buf zip = BUF_INIT(LIMIT_PACK_UPLOAD + KIB);
	_cleanup_packread_ struct packread read = { 0 };
	struct done d = { ctx, json_get_str(in, "version_id"), NULL, NULL };
	struct store_ruleversion v;
	struct error why = { 0 };
	int r;

	app_actor_system(&actor, APP_VIA_JOB, job_self(ctx)->tenant);
	actor.user_id = json_get_str(in, "user_id");
	actor.user_name = json_get_str(in, "user_name");
	r = store_ruleversion_get(c.db, actor.tenant_id, d.version, c.arena, &v, e);
	if (r <= 0 || !str_eq(v.state, STR("checking")))
		return r < 0 ? -1 : JOB_DONE;
	if (!c.app->spawner)
		return error_set(e, "pack.no-spawner", "本进程不能读取规则包", "this process may not read packs");
	job_progress(ctx, 1000, STR("正在解压并检查规则"), STR("Unpacking and checking templates"), -1);
	if (store_blob_get(c.db, actor.tenant_id, v.upload, &zip, e) < 0)
		return -1;
	if (app_packread_run(c.app->spawner, buf_view(&zip), c.arena, &read, &why) == 0)
		d.read = &read;
	else if (str_starts(str_c(why.code), STR("pack.")))
		d.why = &why;
	else {
		*e = why;
		return -1;
	}
	job_progress(ctx, 8000, STR("正在保存"), STR("Saving"), -1);
	c.now = job_now(ctx);
	return app_tx(&c, done_tx, &d, e) < 0 ? -1 : JOB_DONE;
}

/* The job came to no end of its own: the version must not wait for ever. */
static int pack_ended(struct store_conn *db, const struct job *job, const struct error *err, int64_t now,
		      struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *payload = json_parse(job->payload, NULL);
	struct app_actor actor;
	struct app_call c = { .actor = &actor, .db = db, .arena = a, .now = now };
	struct store_ruleversion v;
	struct error gone = { 0 };
	int found;

	app_actor_system(&actor, APP_VIA_JOB, job->tenant);
	found = store_ruleversion_get(db, job->tenant, json_get_str(payload, "version_id"), a, &v, e);
	if (found <= 0 || !str_eq(v.state, STR("checking")))
		return found < 0 ? -1 : 0;
	error_set(&gone, "pack.cancelled", "导入已取消", "the import was cancelled");
	_cleanup_json_ json_t *o = app_error_json(err ? err : &gone);

	v.state = STR("failed");
	v.error = app_json_text(a, o);
	v.finished = now;
	if (v.upload.len && store_blob_delete(db, v.tenant, v.upload, e) < 0)
		return -1;
	v.upload = STR("");
	return store_ruleversion_save(db, &v, e) < 0 ? -1 : pack_tell(&c, v.pack, "rule-pack.changed", e);
}

const struct job_kind app_job_pack = {
	.name = "pack",
	.max_attempts = 3,
	.run = pack_run,
	.ended = pack_ended,
};
