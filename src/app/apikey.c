/* API keys: "zw_" and 43 characters of base64url, 256 random bits. */
#include "app/apikey.h"

#include "app/secret.h"
#include "app/textserve.h"
#include "base/encode.h"
#include "base/limits.h"
#include "store/apikey.h"

static json_t *view(const struct store_apikey *k)
{
	json_t *v = json_object(), *scopes = json_array(), *by = json_object();
	struct str rest = k->scopes, one;
	while (str_split(&rest, ' ', &one))
		json_array_append_new(scopes, json_str(one));
	json_put(by, "id", json_str(k->account_id));
	json_put(by, "name", json_str(k->account_name));
	json_put(v, "id", json_str(k->id));
	json_put(v, "name", json_str(k->name));
	json_put(v, "prefix", json_str(k->prefix));
	json_put(v, "scopes", scopes);
	json_put(v, "expires", json_time(k->expires));
	json_put(v, "last_used", json_time(k->last_used));
	json_put(v, "created", json_time(k->created));
	json_put(v, "created_by", by);
	return v;
}

static void collect(void *arg, const struct store_apikey *k)
{
	json_array_append_new(arg, view(k));
}

int app_apikey_list(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	if (app_require(c, PERM_KEY_READ, e) < 0 ||
	    store_apikey_list(c->db, c->actor->tenant_id, c->arena, collect, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int read_scopes(const struct app_call *c, const json_t *in, struct buf *out, struct error *e)
{
	size_t i;
	json_t *s;
	uint64_t seen = 0;
	json_array_foreach(json_object_get(in, "scopes"), i, s)
	{
		struct str code = str_c(json_string_value(s));
		enum app_permission p = app_permission_find(code);
		if (p == PERM_COUNT || !(app_role_permissions(c->actor->role) & app_permission_bit(p)))
			return error_field(e, "scopes", "input.scope", "您没有权限“%.*s”，密钥也不能有。",
					   "You lack the permission \"%.*s\", so a key cannot have it.",
					   STR_ARG(code));
		if (seen & app_permission_bit(p))
			continue;
		seen |= app_permission_bit(p);
		if (out->len)
			buf_char(out, ' ');
		buf_str(out, code);
	}
	return 0;
}

static int add(struct app_call *c, void *arg, struct error *e)
{
	const struct store_apikey *k = arg;
	int64_t n;
	_cleanup_json_ json_t *detail = json_object();
	if (store_apikey_count(c->db, c->actor->tenant_id, &n, e) < 0)
		return -1;
	if (n >= LIMIT_API_KEYS)
		return error_set(e, "key.exceeded", "密钥已达 %d 个，请先删除不用的。",
				 "There are %d keys already; delete unused ones first.", LIMIT_API_KEYS);
	json_put(detail, "scopes", json_str(k->scopes));
	json_put(detail, "expires", json_time(k->expires));
	if (store_apikey_add(c->db, k, e) < 0)
		return -1;
	return app_audit(c, "key.add", "api-key", k->id, k->name, detail, e);
}

int app_apikey_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	unsigned char raw[32];
	char hash[65];
	_cleanup_buf_ struct buf scopes = BUF_INIT(4096), key = BUF_INIT(128);
	struct id id = id_new(c->now);
	int64_t expires = 0;
	if (app_require(c, PERM_KEY_WRITE, e) < 0 || read_scopes(c, in, &scopes, e) < 0)
		return -1;
	struct str when = json_get_str(in, "expires");
	if (!str_empty(when) && (clock_parse_rfc3339(when, &expires) < 0 || expires <= c->now))
		return error_field(e, "expires", "input.past", "到期时间必须晚于现在。",
				   "The expiry must lie in the future.");
	random_bytes(raw, sizeof(raw));
	buf_c(&key, "zw_");
	encode_base64url(&key, str_make(raw, sizeof(raw)));
	app_token_hash(c->app, "api-key", buf_view(&key), hash);
	struct store_apikey k = { .id = id_str(&id), .tenant_id = c->actor->tenant_id,
				  .account_id = c->actor->user_id, .account_name = c->actor->user_name,
				  .name = json_get_str(in, "name"), .prefix = str_sub(buf_view(&key), 0, 9),
				  .hash = str_c(hash), .scopes = buf_view(&scopes), .expires = expires,
				  .created = c->now };
	if (app_tx(c, add, &k, e) < 0)
		return -1;
	*ret = view(&k);
	json_put(*ret, "key", json_str(buf_view(&key)));
	return 0;
}

static int remove_key(struct app_call *c, void *arg, struct error *e)
{
	const struct str *id = arg;
	struct store_apikey k;
	int r = store_apikey_get(c->db, c->actor->tenant_id, *id, c->arena, &k, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "key.not-found", "没有这个密钥。", "No such key.");
	if (store_apikey_delete(c->db, c->actor->tenant_id, *id, e) < 0)
		return -1;
	return app_audit(c, "key.remove", "api-key", *id, k.name, NULL, e);
}

int app_apikey_remove(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_KEY_WRITE, e) < 0)
		return -1;
	if (app_tx(c, remove_key, &id, e) < 0)
		return -1;
	app_text_keys_forget(c->app);
	return 0;
}
