/* `zhanwei pack list|import`: rule packs without the console. What is imported is read in the
 * same jail and by the same job as an upload. A folder becomes an archive first; links in it
 * are not followed. */
#include <stdio.h>
#include <sys/stat.h>
#include <zip.h>

#include "app/jobs.h"
#include "app/pack.h"
#include "base/encode.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/place.h"
#include "os/file.h"
#include "os/spawn.h"
#include "scan/template/template.h"
#include "store/tenant.h"

struct args {
	struct cli_place place;
	struct str tenant, pack, name, label;
};

static const struct cli_option table[] = {
	CLI_STR(0, "tenant", struct args, tenant, "ID", "租户；只有一个时不用填", "tenant; not needed when there is one only"),
	CLI_STR(0, "pack", struct args, pack, "ID", "作为这个规则包的新版本", "as the next version of this pack"),
	CLI_STR(0, "name", struct args, name, "NAME", "规则包名称，默认用文件名", "name; the file's by default"),
	CLI_STR(0, "label", struct args, label, "TEXT", "版本说明", "what this version is called"),
	CLI_PLACE_OPTIONS(struct args),
	CLI_END,
};

/* ---- a folder as an archive ---- */

static int zip_done(zip_t *z, zip_source_t *s, struct buf *out, struct error *e)
{
	zip_stat_t st;
	char *to;

	if (zip_close(z) < 0)
		return error_set(e, "pack.zip", "无法打包", "cannot pack the folder");
	zip_stat_init(&st);
	if (zip_source_open(s) < 0 || zip_source_stat(s, &st) < 0 || !(to = buf_reserve(out, st.size + 1)) ||
	    zip_source_read(s, to, st.size) != (zip_int64_t)st.size)
		return error_set(e, "pack.too-large", "打包后超过 %zu MiB", "packed it has more than %zu MiB",
				 LIMIT_PACK_UPLOAD / MIB);
	out->len += st.size;
	zip_source_close(s);
	return 0;
}

static int zip_bundle(struct str bundle, struct str folder, struct buf *out, struct error *e)
{
	zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = s ? zip_open_from_source(s, ZIP_TRUNCATE, NULL) : NULL;
	struct reader r = reader_of(bundle);
	struct str path, bytes;
	int result;

	if (!z) {
		zip_source_free(s);
		return error_set(e, "pack.zip", "无法打包", "cannot pack the folder");
	}
	zip_source_keep(s);
	while (r.ptr < r.end && reader_blob(&r, &path) == 0 && reader_blob(&r, &bytes) == 0) {
		_cleanup_arena_ struct arena *a = arena_new(64 * KIB);

		if (str_starts(path, folder))
			path = str_from(path, folder.len);
		while (path.len && path.ptr[0] == '/')
			path = str_from(path, 1);
		zip_source_t *one = zip_source_buffer(z, bytes.ptr, bytes.len, 0);
		if (!one || zip_file_add(z, arena_cstr(a, path), one, ZIP_FL_ENC_UTF_8) < 0)
			zip_source_free(one);
	}
	result = zip_done(z, s, out, e);
	zip_source_free(s);
	return result;
}

static int read_source(const char *path, struct buf *out, struct error *e)
{
	_cleanup_buf_ struct buf bundle = BUF_INIT(LIMIT_TEMPLATE_BUNDLE);
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return os_file_read(path, out, e);
	if (template_bundle_add(&bundle, path, e) < 0)
		return -1;
	return zip_bundle(buf_view(&bundle), str_c(path), out, e);
}

/* ---- the store ---- */

static void note_tenant(void *arg, const struct store_tenant *t)
{
	struct str *found = arg; /* id, then a second one */

	if (!str_eq(t->id, APP_PLATFORM)) {
		if (!found[0].len)
			found[0] = t->id;
		else
			found[1] = t->id;
	}
}

static int pick_tenant(struct app_call *c, struct str *ret, struct error *e)
{
	struct str found[2] = { STR(""), STR("") };
	struct store_page page = { .limit = 10 };

	if (ret->len)
		return 0;
	if (store_tenant_list(c->db, &page, STR(""), c->arena, note_tenant, found, e) < 0)
		return -1;
	if (!found[0].len || found[1].len)
		return error_set(e, "pack.tenant", "请用 --tenant 指定租户", "say which tenant: --tenant ID");
	*ret = found[0];
	return 0;
}

static void show(const json_t *p)
{
	const json_t *v = json_object_get(p, "version"), *why = json_object_get(p, "error");

	printf("%s  %s  第 %lld 版 %s  可用 ok %lld，不可用 bad %lld，已关闭 off %lld%s\n",
	       json_string_value(json_object_get(p, "id")), json_string_value(json_object_get(p, "name")),
	       (long long)json_get_int(v, "number", 0), json_is_object(v) ? json_string_value(json_object_get(v, "label")) : "",
	       (long long)json_get_int(p, "good", 0), (long long)json_get_int(p, "bad", 0),
	       (long long)json_get_int(p, "off", 0), json_get_bool(p, "enabled", true) ? "" : "  [已停用 disabled]");
	if (str_eq(json_get_str(p, "newest_state"), STR("failed")))
		printf("    %.*s\n    %.*s\n", STR_ARG(json_get_str(why, "detail")), STR_ARG(json_get_str(why, "detail_en")));
}

/* The job runs here unless a worker of the server takes it first. */
static int wait_checked(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	static const struct job_kind *const kinds[] = { &app_job_pack, NULL };
	struct job_worker_config config = { .store = c->app->store, .kinds = kinds, .app = c->app };

	for (int i = 0; i < LIMIT_PACK_MS / 200; i++) {
		json_t *p;
		int r = job_run_one(&config, e);

		if (r < 0 || app_pack_get(c, id, &p, e) < 0)
			return -1;
		if (!str_eq(json_get_str(p, "newest_state"), STR("checking"))) {
			*ret = p;
			return 0;
		}
		json_decref(p);
		if (!r)
			clock_system.sleep_ms(&clock_system, 200);
	}
	return error_set(e, "pack.busy", "检查尚未完成", "the check has not finished");
}

static int import(struct app_call *c, const struct args *a, const char *path, struct error *e)
{
	_cleanup_buf_ struct buf zip = BUF_INIT(LIMIT_PACK_UPLOAD), text = BUF_INIT(2 * LIMIT_PACK_UPLOAD);
	_cleanup_json_ json_t *in = json_object(), *made = NULL, *p = NULL;
	struct str name = str_c(path);
	ssize_t slash;

	if (read_source(path, &zip, e) < 0)
		return -1;
	if (zip.overflow)
		return error_set(e, "pack.too-large", "压缩包超过 %zu MiB", "the archive has more than %zu MiB",
				 LIMIT_PACK_UPLOAD / MIB);
	encode_base64(&text, buf_view(&zip));
	while (name.len > 1 && name.ptr[name.len - 1] == '/')
		name.len--;
	slash = str_rchr(name, '/');
	json_put(in, "file_name", json_str(str_from(name, slash < 0 ? 0 : (size_t)slash + 1)));
	json_put(in, "file_base64", json_str(buf_view(&text)));
	if (a->name.len)
		json_put(in, "name", json_str(a->name));
	if (a->label.len)
		json_put(in, "label", json_str(a->label));
	if ((a->pack.len ? app_pack_add_version(c, a->pack, in, &made, e) : app_pack_add(c, in, &made, e)) < 0 ||
	    wait_checked(c, json_get_str(made, "id"), &p, e) < 0)
		return -1;
	show(p);
	return str_eq(json_get_str(p, "newest_state"), STR("ready")) ? CLI_OK : CLI_FOUND;
}

static int list(struct app_call *c, struct error *e)
{
	_cleanup_json_ json_t *items = NULL;
	const json_t *p;
	size_t i;

	if (app_pack_list(c, &items, e) < 0)
		return -1;
	json_array_foreach(items, i, p)
		show(p);
	return CLI_OK;
}

static int act(struct args *a, const char *path, struct os_spawner *spawner, struct error *e)
{
	_cleanup_arena_ struct arena *arena = arena_new(512 * MIB);
	struct cli_home h;
	struct app_actor actor;
	int r;

	if (cli_home_open(&h, &a->place, e) < 0)
		return -1;
	h.app.spawner = spawner;
	struct app_call c = { .app = &h.app, .actor = &actor, .arena = arena,
			      .now = clock_wall_ms(&clock_system) };

	r = store_migrate(h.store, e);
	if (r == 0)
		r = store_acquire(h.store, &c.db, e);
	if (r == 0) {
		r = pick_tenant(&c, &a->tenant, e);
		app_actor_system(&actor, APP_VIA_CLI, a->tenant);
		actor.user_name = STR("命令行");
		if (r == 0)
			r = path ? import(&c, a, path, e) : list(&c, e);
		store_release(c.db);
	}
	cli_home_close(&h);
	return r;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct error e = { 0 };
	struct str words[2] = { STR_INIT(""), STR_INIT("") };
	struct os_spawner *spawner = NULL;
	size_t n = 0;
	int code, r;

	if (!cli_begin(&cli_command_pack, table, &a, argc, argv, words, 2, &n, &code))
		return code;
	bool importing = n == 2 && str_eq(words[0], STR("import"));
	if (!importing && !(n == 1 && str_eq(words[0], STR("list")))) {
		fputs("用法：zhanwei pack list 或 zhanwei pack import 文件.zip|目录，见 --help。\n"
		      "Usage: zhanwei pack list, or zhanwei pack import FILE.zip|DIR; see --help.\n", stderr);
		return CLI_USAGE;
	}
	if (importing && os_spawner_start(app_jail_kinds, &spawner, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	r = act(&a, importing ? words[1].ptr : NULL, spawner, &e);
	os_spawner_stop(spawner);
	return r < 0 ? cli_fail(CLI_FAILED, &e) : r;
}

const struct cli_command cli_command_pack = {
	.name = "pack",
	.args = "list | import FILE.zip|DIR [--pack ID] [--name NAME] [--tenant ID]",
	.help_zh = "列出或导入租户的规则包",
	.help_en = "list or import rule packs of a tenant",
	.run = run,
};
