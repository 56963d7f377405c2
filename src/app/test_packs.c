/* Rule packs as their users meet them: archives made here, good and hostile, read in the real
 * jail by the real job; versions, switches, roll-back; on both databases. */
#include <sys/stat.h>
#include <zip.h>

#include "app/jobs.h"
#include "app/pack.h"
#include "app/packzip.h"
#include "base/check.h"
#include "base/encode.h"
#include "app/test_world.h"

/* ---- archives ---- */

struct file {
	const char *name, *text;
	unsigned mode;	/* of a link or device; 0: regular */
	size_t zeros;	/* instead of text */
};

#define TEMPLATE(id)                                                                               \
	"id: " id "\ninfo:\n  name: 测试 " id "\n  author: t\n  severity: high\n  tags: demo\n"    \
	"http:\n  - method: GET\n    path:\n      - '{{BaseURL}}/" id "'\n    matchers:\n"          \
	"      - type: word\n        words:\n          - found-" id "\n"

static void add_file(zip_t *z, const struct file *f)
{
	static const char zeros[8 * MIB];
	zip_source_t *s = zip_source_buffer(z, f->zeros ? zeros : f->text, f->zeros ? f->zeros : strlen(f->text), 0);
	zip_int64_t i = zip_file_add(z, f->name, s, ZIP_FL_ENC_UTF_8);

	assert_true(i >= 0);
	if (f->mode)
		assert_int_equal(zip_file_set_external_attributes(z, (zip_uint64_t)i, 0, ZIP_OPSYS_UNIX,
								  (zip_uint32_t)f->mode << 16), 0);
}

static void make_zip(const struct file *files, size_t n, struct buf *out)
{
	zip_error_t why;
	zip_source_t *s;
	zip_t *z;
	zip_stat_t st;

	zip_error_init(&why);
	s = zip_source_buffer_create(NULL, 0, 0, &why);
	z = zip_open_from_source(s, ZIP_TRUNCATE, &why);
	assert_non_null(z);
	zip_source_keep(s);
	for (size_t i = 0; i < n; i++)
		add_file(z, &files[i]);
	assert_int_equal(zip_close(z), 0);
	zip_stat_init(&st);
	assert_int_equal(zip_source_open(s), 0);
	assert_int_equal(zip_source_stat(s, &st), 0);
	char *to = buf_reserve(out, st.size + 1);
	assert_non_null(to);
	assert_int_equal(zip_source_read(s, to, st.size), (zip_int64_t)st.size);
	out->len += st.size;
	zip_source_close(s);
	zip_source_free(s);
	zip_error_fini(&why);
}

/* libzip will not write a name with a backslash or an absolute one differently from others:
 * same-length names are exchanged in the bytes. */
static void rename_in(struct buf *zip, const char *from, const char *to)
{
	size_t n = strlen(from);

	assert_int_equal(n, strlen(to));
	for (size_t i = 0; i + n <= zip->len; i++)
		if (memcmp(zip->ptr + i, from, n) == 0)
			memcpy(zip->ptr + i, to, n);
}

static void refused(const struct file *files, size_t n, const char *from, const char *to, const char *code)
{
	_cleanup_buf_ struct buf zip = BUF_INIT(64 * MIB), bundle = BUF_INIT(80 * MIB);
	struct packzip_result r;

	make_zip(files, n, &zip);
	if (from)
		rename_in(&zip, from, to);
	error_clear(&e);
	assert_int_equal(packzip_read(buf_view(&zip), &bundle, &r, &e), -1);
	assert_string_equal(e.code, code);
}

#define ONE(...) (const struct file[]){ { __VA_ARGS__ } }, 1

static void test_hostile(void **state)
{
	_cleanup_buf_ struct buf bundle = BUF_INIT(80 * MIB);
	struct packzip_result r;

	refused(ONE("../a.yaml", "x"), NULL, NULL, "pack.escapes");
	refused(ONE("a/../../b.yaml", "x"), NULL, NULL, "pack.escapes");
	refused(ONE("a/./b.yaml", "x"), NULL, NULL, "pack.escapes");
	refused(ONE("a//b.yaml", "x"), NULL, NULL, "pack.escapes");
	refused(ONE("a/c!/b.yaml", "x"), "a/c!/b.yaml", "a/c:/b.yaml", "pack.escapes");
	refused(ONE("Xetc/a.yaml", "x"), "Xetc/a.yaml", "/etc/a.yaml", "pack.escapes");
	refused(ONE("c!/a.yaml", "x"), "c!/a.yaml", "c:/a.yaml", "pack.escapes");
	refused(ONE("a!b.yaml", "x"), "a!b.yaml", "a\\b.yaml", "pack.escapes");
	refused(ONE("a!b.yaml", "x"), "a!b.yaml", "a\nb.yaml", "pack.bad-name");
	refused(ONE("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q.yaml", "x"), NULL, NULL, "pack.too-deep");
	refused(ONE("link.yaml", "/etc/passwd", S_IFLNK | 0777), NULL, NULL, "pack.link");
	refused(ONE("pipe.yaml", "", S_IFIFO | 0644), NULL, NULL, "pack.link");
	refused(ONE("bomb.txt", NULL, 0, 3 * MIB), NULL, NULL, "pack.bomb");
	refused(ONE("a.md", "no template"), NULL, NULL, "pack.empty");
	static const struct file twins[] = { { "A.yaml", "x" }, { "a.yaml", "y" } };
	refused(twins, 2, NULL, NULL, "pack.case-collision");
	assert_int_equal(packzip_read(STR("PK not a zip"), &bundle, &r, &e), -1);
	assert_string_equal(e.code, "pack.bad-zip");
}

static void test_names(void **state)
{
	_cleanup_buf_ struct buf zip = BUF_INIT(MIB), bundle = BUF_INIT(MIB);
	static const struct file files[] = {
		{ "top-main/http/a.yaml", "A" }, { "top-main/.git/config.yaml", "no" }, { "top-main/README.md", "no" },
		{ "top-main/lists/w.txt", "one\ntwo\n" }, { "top-main/.nuclei-ignore", "no" } };
	struct packzip_result r;
	struct str path, bytes;

	make_zip(files, ARRAY_SIZE(files), &zip);
	assert_ok(packzip_read(buf_view(&zip), &bundle, &r, &e));
	assert_int_equal(r.files, 2);
	assert_int_equal(r.ignored, 3);
	struct reader rd = reader_of(buf_view(&bundle));
	assert_int_equal(reader_blob(&rd, &path), 0);
	assert_int_equal(reader_blob(&rd, &bytes), 0);
	assert_str_c(path, "http/a.yaml");
	assert_str_c(bytes, "A");
	assert_int_equal(reader_blob(&rd, &path), 0);
	assert_int_equal(reader_blob(&rd, &bytes), 0);
	assert_str_c(path, "lists/w.txt");
	assert_true(rd.ptr == rd.end);
	/* a damaged archive is an error, whatever byte it is */
	for (size_t i = 0; i < zip.len; i += 7) {
		_cleanup_buf_ struct buf again = BUF_INIT(MIB), out = BUF_INIT(MIB);

		buf_str(&again, buf_view(&zip));
		again.ptr[i] = (char)(again.ptr[i] ^ 0x5a);
		packzip_read(buf_view(&again), &out, &r, &e);
	}
}

/* ---- with a database ---- */

/* Imports into the pack ("" a new one) and gives its state after the job. */
static json_t *import(struct world *w, struct str pack, const struct file *files, size_t n)
{
	_cleanup_buf_ struct buf zip = BUF_INIT(16 * MIB), text = BUF_INIT(24 * MIB);
	_cleanup_json_ json_t *body = json_object(), *v = NULL;
	json_t *out = NULL;
	int r;

	make_zip(files, n, &zip);
	encode_base64(&text, buf_view(&zip));
	json_put(body, "file_name", json_c("我的规则.zip"));
	json_put(body, "file_base64", json_str(buf_view(&text)));
	r = pack.len ? app_pack_add_version(&w->c, pack, body, &v, &e) : app_pack_add(&w->c, body, &v, &e);
	if (r < 0)
		fail_msg("%s: %s", e.code, e.en);
	assert_str_c(json_get_str(v, "newest_state"), "checking");
	run_jobs(w);
	assert_ok(app_pack_get(&w->c, json_get_str(v, "id"), &out, &e));
	return out;
}

static size_t count_templates(struct world *w, struct str pack, const char *state)
{
	struct store_template_filter f = { .state = str_c(state) };
	struct store_page page = { .limit = 200, .sort = STR("path") };
	_cleanup_json_ json_t *items = NULL;

	assert_ok(app_pack_templates(&w->c, pack, &f, &page, &items, &e));
	return json_array_size(items);
}

static void set_switch(struct world *w, struct str pack, const char *json, int changed)
{
	_cleanup_json_ json_t *body = json_parse(str_c(json), &e), *v = NULL;

	assert_non_null(body);
	assert_ok(app_pack_switch(&w->c, pack, body, &v, &e));
	assert_int_equal(json_get_int(v, "changed", -1), changed);
}

static const struct file first[] = { { "a.yaml", TEMPLATE("demo-a") }, { "b.yaml", TEMPLATE("demo-b") },
				     { "broken.yaml", "id: [" }, { "notes.md", "x" } };
static const struct file second[] = { { "a.yaml", TEMPLATE("demo-a") } };

static void test_life(void **state)
{
	struct world *w = *state;
	_cleanup_json_ json_t *p = import(w, STR(""), first, ARRAY_SIZE(first));
	struct str id = arena_str(w->c.arena, json_get_str(p, "id"));
	_cleanup_json_ json_t *again = NULL, *versions = NULL, *used = NULL, *back = NULL;
	struct app_pack_set set;

	assert_str_c(json_get_str(p, "newest_state"), "ready");
	assert_str_c(json_get_str(p, "name"), "我的规则");
	assert_int_equal(json_get_int(p, "good", -1), 2);
	assert_int_equal(json_get_int(p, "bad", -1), 1);
	assert_int_equal(count_templates(w, id, "bad"), 1);
	assert_int_equal(count_templates(w, id, "on"), 2);

	int64_t all, later = w->c.now + 1000;
	bool runs;
	assert_ok(store_template_runs(w->c.db, w->c.actor->tenant_id, STR("demo-b"), false, later, &runs, &all, &e));
	assert_true(runs);
	assert_ok(store_template_runs(w->c.db, w->c.actor->tenant_id, STR("demo-b"), false, 0, &runs, &all, &e));
	assert_false(runs); /* not since before the pack was there */
	set_switch(w, id, "{\"enabled\":false,\"ids\":[\"demo-b\"]}", 1);
	assert_ok(store_template_runs(w->c.db, w->c.actor->tenant_id, STR("demo-b"), false, later, &runs, &all, &e));
	assert_false(runs); /* what is off finds nothing and mends nothing */
	assert_int_equal(count_templates(w, id, "on"), 1);
	assert_int_equal(count_templates(w, id, "off"), 1);
	assert_ok(app_pack_set(&w->c, &set, &e));
	assert_int_equal(set.packs_len, 2); /* the built-in one first */
	assert_int_equal(set.off_len, 1);
	assert_str_c(set.off[0], "demo-b");

	again = import(w, id, second, 1);
	assert_int_equal(json_get_int(again, "good", -1), 1);
	assert_int_equal(json_get_int(again, "versions", -1), 2);
	assert_ok(app_pack_versions(&w->c, id, &versions, &e));
	const json_t *old = json_array_get(versions, 1);
	assert_false(json_get_bool(old, "current", true));
	used = json_object();
	json_put(used, "version_id", json_str(json_get_str(old, "id")));
	assert_ok(app_pack_use(&w->c, id, used, &back, &e));
	assert_int_equal(json_get_int(back, "good", -1), 2);
	assert_int_equal(json_get_int(back, "off", -1), 1); /* still off */
	set_switch(w, id, "{\"enabled\":true,\"filter\":{\"state\":\"off\"}}", 1);
	assert_int_equal(count_templates(w, id, "on"), 2);

	_cleanup_json_ json_t *off = json_pack("{s:b}", "enabled", 0), *changed = NULL;
	assert_ok(app_pack_change(&w->c, id, off, &changed, &e));
	assert_ok(app_pack_set(&w->c, &set, &e));
	assert_int_equal(set.packs_len, 1);
	assert_ok(store_template_runs(w->c.db, w->c.actor->tenant_id, STR("demo-a"), false, later, &runs, &all, &e));
	assert_false(runs);
	assert_ok(app_pack_delete(&w->c, id, &e));
	assert_int_equal(app_pack_get(&w->c, id, &used, &e), -1);
	assert_string_equal(e.code, "rule-pack.not-found");
}

static void test_refused(void **state)
{
	struct world *w = *state;
	static const struct file bad[] = { { "../../etc/cron.yaml", "x" } };
	_cleanup_json_ json_t *p = import(w, STR(""), bad, 1), *again = NULL;
	struct str id = arena_str(w->c.arena, json_get_str(p, "id"));

	assert_str_c(json_get_str(p, "newest_state"), "failed");
	assert_str_c(json_get_str(json_object_get(p, "error"), "code"), "pack.escapes");
	again = import(w, id, second, 1); /* the next try works */
	assert_str_c(json_get_str(again, "newest_state"), "ready");
	_cleanup_json_ json_t *back = import(w, id, bad, 1);
	assert_str_c(json_get_str(back, "newest_state"), "failed");
	assert_int_equal(json_get_int(back, "good", -1), 1); /* what ran still runs */
}

static void test_builtin(void **state)
{
	struct world *w = *state;
	_cleanup_json_ json_t *items = NULL, *again = NULL, *source = NULL;
	const json_t *p;

	assert_ok(app_pack_list(&w->c, &items, &e));
	assert_int_equal(json_array_size(items), 1);
	p = json_array_get(items, 0);
	assert_str_c(json_get_str(p, "kind"), "builtin");
	assert_true(json_get_int(p, "good", 0) >= 150);
	assert_int_equal(json_get_int(p, "bad", -1), 0);
	assert_ok(app_pack_list(&w->c, &again, &e));
	assert_int_equal(json_get_int(json_array_get(again, 0), "versions", -1), 1);
	assert_int_equal(app_pack_delete(&w->c, json_get_str(p, "id"), &e), -1);
	assert_string_equal(e.code, "rule-pack.builtin.state");

	struct store_template_filter f = { .q = STR("nacos-panel") };
	struct store_page page = { .limit = 10, .sort = STR("path") };
	_cleanup_json_ json_t *found = NULL;
	assert_ok(app_pack_templates(&w->c, json_get_str(p, "id"), &f, &page, &found, &e));
	assert_int_equal(json_array_size(found), 1);
	assert_ok(app_pack_source(&w->c, json_get_str(p, "id"), STR(""),
				  json_get_str(json_array_get(found, 0), "path"), &source, &e));
	assert_true(str_has(json_get_str(source, "text"), STR("id: nacos-panel")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_names),
		TEST_WORLD(test_life),
		TEST_WORLD(test_refused),
		TEST_WORLD(test_builtin),
	};

	return world_run("packs", app_jail_kinds, tests);
}
