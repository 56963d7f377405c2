/* Vulnerable JavaScript libraries: see jslibs.h. Facts in one setting, the bytes as a blob of
 * the platform's; checked by the engine's own reader before they are kept. */
#include "app/jslibs.h"

#include "app/view.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/jslib.h"
#include "store/blob.h"
#include "store/setting.h"

#define SETTING STR("js_libraries")

DEFINE_CLEANUP(struct jslib *, jslib_free);

static int load(struct app_call *c, json_t **ret, struct error *e)
{
	struct str text;
	int r = store_setting_get(c->db, SETTING, c->arena, &text, e);

	if (r < 0)
		return -1;
	*ret = r ? json_parse(text, e) : json_object();
	return *ret ? 0 : -1;
}

static json_t *view(const json_t *doc)
{
	static const char *const names[] = { "name", "size", "libraries", "dropped", "updated", "updated_by" };
	_cleanup_(jslib_freep) struct jslib *own = jslib_new(STR(""), NULL);
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *v = json_object_get(doc, names[i]);

		json_put(o, names[i], v ? json_deep_copy(v) : json_null());
	}
	json_put(o, "builtin", json_integer(own ? (json_int_t)jslib_count(own) : 0));
	return o;
}

int app_jslibs_view(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *doc = NULL;

	if (app_require(c, PERM_SETTINGS_READ, e) < 0 || load(c, &doc, e) < 0)
		return -1;
	*ret = view(doc);
	return 0;
}

struct put {
	struct str bytes;
	json_t *doc; /* without the blob */
};

static int forget_blob(struct app_call *c, struct error *e)
{
	_cleanup_json_ json_t *old = NULL;

	if (load(c, &old, e) < 0)
		return -1;
	struct str blob = json_get_str(old, "blob");

	return blob.len ? store_blob_delete(c->db, APP_PLATFORM, blob, e) : 0;
}

static int put_tx(struct app_call *c, void *arg, struct error *e)
{
	struct put *p = arg;
	_cleanup_json_ json_t *detail = json_object();
	_cleanup_buf_ struct buf text = BUF_INIT(8 * KIB);
	struct blob_id blob;

	if (forget_blob(c, e) < 0)
		return -1;
	if (p->bytes.len) {
		if (store_blob_put(c->db, APP_PLATFORM, p->bytes, c->now, &blob, e) < 0)
			return -1;
		json_put(p->doc, "blob", json_str(blob_id_str(&blob)));
		json_put(detail, "sha256", json_str(blob_id_str(&blob)));
		json_put(detail, "file", json_str(json_get_str(p->doc, "name")));
	}
	json_write(&text, p->doc);
	if (store_setting_put(c->db, SETTING, buf_view(&text), c->now, e) < 0)
		return -1;
	return app_audit_in(c, APP_PLATFORM, p->bytes.len ? "settings.js-libraries" : "settings.js-libraries-delete",
			    "settings", STR(""), STR(""), detail, e);
}

static int bad_format(const struct error *why, struct error *e)
{
	return error_field(e, "file_base64", "jslib.bad", "不是 retire.js 仓库格式的文件：%s",
			   "it is no file in the repository format of retire.js: %s", why->zh);
}

int app_jslibs_put(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_JS_LIBRARIES);
	_cleanup_json_ json_t *doc = json_object();
	struct error why = { 0 };

	if (app_require(c, PERM_SETTINGS_WRITE, e) < 0)
		return -1;
	if (decode_base64(&bytes, json_get_str(in, "file_base64")) < 0)
		return error_field(e, "file_base64", "input.base64", "文件内容不是有效的 Base64",
				   "file_base64 is not valid Base64");
	if (bytes.overflow)
		return error_field(e, "file_base64", "jslib.too-large", "文件超过 %zu KiB", "the file has more than %zu KiB",
				   LIMIT_JS_LIBRARIES / KIB);
	struct put p = { buf_view(&bytes), doc };
	_cleanup_(jslib_freep) struct jslib *own = jslib_new(STR(""), NULL);
	_cleanup_(jslib_freep) struct jslib *l = p.bytes.len ? jslib_new(p.bytes, &why) : NULL;
	struct str name = utf8_truncate(str_trim(json_get_str(in, "name")), 200);

	if (!l)
		return bad_format(&why, e);
	json_put(doc, "name", json_str(name.len ? name : STR("jsrepository.json")));
	json_put(doc, "size", json_integer((json_int_t)p.bytes.len));
	json_put(doc, "libraries", json_integer((json_int_t)jslib_count(l)));
	json_put(doc, "dropped", json_integer((json_int_t)(jslib_dropped(l) - (own ? jslib_dropped(own) : 0))));
	json_put(doc, "updated", json_time(c->now));
	json_put(doc, "updated_by", json_str(c->actor->user_name));
	if (app_tx(c, put_tx, &p, e) < 0)
		return -1;
	*ret = view(doc);
	return 0;
}

int app_jslibs_delete(struct app_call *c, struct error *e)
{
	_cleanup_json_ json_t *doc = json_object();
	struct put p = { STR(""), doc };

	return app_require(c, PERM_SETTINGS_WRITE, e) < 0 ? -1 : app_tx(c, put_tx, &p, e);
}

int app_jslibs_text(struct app_call *c, struct str *ret, struct error *e)
{
	_cleanup_json_ json_t *doc = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_JS_LIBRARIES + KIB);

	*ret = STR("");
	if (load(c, &doc, e) < 0)
		return -1;
	struct str blob = json_get_str(doc, "blob");

	if (!blob.len)
		return 0;
	if (store_blob_get(c->db, APP_PLATFORM, blob, &b, e) < 0)
		return -1;
	*ret = arena_str(c->arena, buf_view(&b));
	return 0;
}
