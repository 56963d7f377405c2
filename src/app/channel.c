/* Channels: e-mail, signed webhook and the robots of 企业微信, 钉钉, 飞书. Passwords,
 * signing secrets and robot addresses (which carry a token) are sealed and shown as
 * "***"; what comes back as "***" stays as it is. */
#include "app/channel.h"

#include "app/notify.h"
#include "app/secret.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/url.h"

#define HIDDEN "***"

static bool is_robot(struct str kind)
{
	return str_eq(kind, STR("wecom")) || str_eq(kind, STR("dingtalk")) ||
	       str_eq(kind, STR("feishu"));
}

static struct str purpose(struct app_call *c, const struct store_channel *v)
{
	return arena_printf(c->arena, "channel:%.*s", STR_ARG(v->id));
}

int app_channel_secrets(struct app_call *c, const struct store_channel *v, json_t **ret,
			struct error *e)
{
	_cleanup_buf_ struct buf plain = BUF_INIT(64 * KIB);

	if (!v->secrets.len) {
		*ret = json_object();
		return 0;
	}
	if (app_unseal(c->app, purpose(c, v), v->secrets, &plain, e) < 0)
		return -1;
	*ret = json_parse(buf_view(&plain), e);
	return *ret ? 0 : -1;
}

static void seal(struct app_call *c, struct store_channel *v, const json_t *secrets)
{
	_cleanup_buf_ struct buf plain = BUF_INIT(64 * KIB);
	_cleanup_buf_ struct buf sealed = BUF_INIT(128 * KIB);

	json_write(&plain, secrets);
	app_seal(c->app, purpose(c, v), buf_view(&plain), &sealed);
	v->secrets = arena_str(c->arena, buf_view(&sealed));
}

json_t *app_channel_json(const struct store_channel *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "name", json_str(v->name));
	json_put(o, "kind", json_str(v->kind));
	json_put(o, "config", app_text_json(v->config));
	json_put(o, "enabled", json_boolean(v->enabled));
	json_put(o, "last_result", app_text_json(v->last_result));
	json_put(o, "created", json_time(v->created));
	json_put(o, "updated", json_time(v->updated));
	json_put(o, "revision", json_integer(v->revision));
	return o;
}

static int bad(struct error *e, const char *field, const char *zh, const char *en)
{
	return error_field(e, field, "channel.bad-config", zh, en);
}

static int check_url(struct app_call *c, struct str text, struct error *e)
{
	struct url u;
	struct error why = { 0 };

	if (!text.len)
		return bad(e, "config.url", "请填写地址", "give the address");
	if (url_parse(c->arena, text, NULL, 0, &u, &why) < 0)
		return error_field(e, "config.url", why.code, "%s", "%s", why.zh);
	return 0;
}

/* "https://host/path?…" without what is secret in it. */
static json_t *masked_url(struct app_call *c, struct str text)
{
	struct url u;
	_cleanup_buf_ struct buf b = BUF_INIT(16 * KIB);

	if (url_parse(c->arena, text, NULL, 0, &u, NULL) == 0)
		url_write_origin(&b, &u);
	buf_c(&b, "/" HIDDEN);
	return json_str(buf_view(&b));
}

static bool no_ctl(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == '<' || s.ptr[i] == '>')
			return false;
	return true;
}

static bool is_mail(struct str s)
{
	ssize_t at = str_rchr(s, '@');

	return at > 0 && (size_t)at + 1 < s.len && s.len <= 254 && no_ctl(s) &&
	       !str_has(s, STR(" "));
}

static void take_secret(json_t *secrets, const char *name, const json_t *in, const char *from)
{
	struct str value = json_get_str(in, from);

	if (!json_object_get(in, from) || str_eq(value, STR(HIDDEN)))
		return;
	if (value.len)
		json_put(secrets, name, json_str(value));
	else
		json_object_del(secrets, name);
}

static json_t *hidden(const json_t *secrets, const char *name)
{
	return json_object_get(secrets, name) ? json_c(HIDDEN) : json_null();
}

static int take_smtp(const json_t *in, json_t *config, json_t *secrets, struct error *e)
{
	const json_t *s = json_object_get(in, "smtp");
	struct str security = json_get_str(s, "security");
	int64_t port;
	json_t *o;

	if (!s || json_is_null(s))
		return 0;
	port = json_get_int(s, "port", 0);
	if (!json_get_str(s, "host").len || !no_ctl(json_get_str(s, "host")))
		return bad(e, "config.smtp.host", "请填写邮件服务器地址", "give the mail server");
	if (port < 1 || port > 65535)
		return bad(e, "config.smtp.port", "端口应为 1 到 65535", "port must be from 1 to 65535");
	if (!str_eq(security, STR("none")) && !str_eq(security, STR("starttls")) &&
	    !str_eq(security, STR("tls")))
		return bad(e, "config.smtp.security", "加密方式只能是 none、starttls 或 tls",
			   "security must be none, starttls or tls");
	if (!is_mail(json_get_str(s, "from")))
		return bad(e, "config.smtp.from", "发件人邮箱无效", "bad sender address");
	take_secret(secrets, "password", s, "password");
	o = json_object();
	json_put(o, "host", json_str(json_get_str(s, "host")));
	json_put(o, "port", json_integer(port));
	json_put(o, "security", json_str(security));
	json_put(o, "username", json_str(json_get_str(s, "username")));
	json_put(o, "password", hidden(secrets, "password"));
	json_put(o, "from", json_str(json_get_str(s, "from")));
	json_put(config, "smtp", o);
	return 0;
}

static int take_email(struct app_call *c, const json_t *in, json_t *config, json_t *secrets,
		      struct error *e)
{
	const json_t *list = json_object_get(in, "to");
	struct str *to;
	size_t n;

	if (app_json_strings(c->arena, list, "config.to", LIMIT_MAIL_TO, &to, &n, e) < 0)
		return -1;
	if (!n)
		return bad(e, "config.to", "请填写收件人", "name at least one recipient");
	for (size_t i = 0; i < n; i++)
		if (!is_mail(to[i]))
			return bad(e, "config.to", "收件人邮箱无效", "bad recipient address");
	json_put(config, "to", json_deep_copy(list));
	return take_smtp(in, config, secrets, e);
}

static int take_config(struct app_call *c, const json_t *in, struct store_channel *v,
		       json_t *secrets, struct error *e)
{
	_cleanup_json_ json_t *config = json_object();
	struct str url = json_get_str(in, "url");

	if (str_eq(v->kind, STR("email"))) {
		if (take_email(c, in, config, secrets, e) < 0)
			return -1;
	} else {
		take_secret(secrets, "secret", in, "secret");
		if (is_robot(v->kind)) {
			if (!str_ends(url, STR("/" HIDDEN)))
				take_secret(secrets, "url", in, "url");
			url = json_get_str(secrets, "url");
		}
		if (check_url(c, url, e) < 0)
			return -1;
		json_put(config, "url", is_robot(v->kind) ? masked_url(c, url) : json_str(url));
		json_put(config, "secret", hidden(secrets, "secret"));
	}
	v->config = app_json_text(c->arena, config);
	seal(c, v, secrets);
	return 0;
}

int app_channel_take(struct app_call *c, const json_t *in, struct store_channel *v,
		     struct error *e)
{
	struct str name = str_trim(json_get_str(in, "name"));
	const json_t *config = json_object_get(in, "config");
	_cleanup_json_ json_t *secrets = NULL;

	if (json_object_get(in, "name")) {
		if (!name.len || utf8_count(name) > LIMIT_SITE_NAME)
			return error_field(e, "name", "input.length", "名称应为 1 到 %d 个字",
					   "name: 1 to %d characters", LIMIT_SITE_NAME);
		v->name = name;
	}
	v->enabled = json_get_bool(in, "enabled", v->enabled);
	if (!config)
		return 0;
	if (app_channel_secrets(c, v, &secrets, e) < 0)
		return -1;
	return take_config(c, config, v, secrets, e);
}
