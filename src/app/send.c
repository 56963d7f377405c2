/* Sending: see send.h. Redirects are not followed and little of the answer is read:
 * a receiver either takes a notice or says why not. */
#include "app/send.h"

#include "app/channel.h"
#include "app/message.h"
#include "app/settings.h"
#include "app/view.h"
#include "base/limits.h"
#include "net/http.h"

struct sending {
	struct app_call *c;
	const struct store_channel *channel;
	const struct store_notice *notice;
	struct app_message message;
	json_t *config, *secrets;
	struct net_connector *connector;
	struct app_settings settings;
};

static int post(struct sending *s, struct str address, struct str body,
		const struct http_header *extra, size_t n, struct error *e)
{
	struct http_header headers[8] = {
		{ STR("Content-Type"), STR("application/json; charset=utf-8") },
		{ STR("User-Agent"), STR("zhanwei-notify/1.0") },
	};
	struct http_client_options o = { .connector = s->connector, .max_parallel = 1,
					 .timeout_ms = LIMIT_SEND_MS, .max_body = 64 * KIB,
					 .verify_tls = true };
	struct http_request q = { .method = STR("POST"), .headers = headers, .nheaders = 2,
				  .body = body, .has_body = true };
	struct http_response *r = NULL;
	struct http_client *client;
	struct url u;
	int result;

	for (size_t i = 0; i < n; i++)
		headers[q.nheaders++] = extra[i];
	if (url_parse(s->c->arena, address, NULL, 0, &u, e) < 0)
		return -1;
	q.url = &u;
	if (http_client_new(&o, &client, e) < 0)
		return -1;
	result = http_fetch(client, &q, &r, e);
	if (result == 0 && !http_response_usable(r)) {
		if (e)
			*e = r->error;
		result = -1;
	}
	if (result == 0)
		result = app_message_answer(s->channel->kind, r->status, r->body, e);
	http_response_free(r);
	http_client_free(client);
	return result;
}

static int send_webhook(struct sending *s, struct error *e)
{
	_cleanup_json_ json_t *o = app_message_webhook(s->notice, &s->message);
	struct str secret = json_get_str(s->secrets, "secret");
	struct str body = app_json_text(s->c->arena, o);
	_cleanup_buf_ struct buf sign = BUF_INIT(256);
	int64_t now = s->c->now / 1000;
	struct http_header extra[4] = {
		{ STR("X-Zhanwei-Event"), s->notice->event },
		{ STR("X-Zhanwei-Id"), s->notice->id },
		{ STR("X-Zhanwei-Timestamp"), arena_printf(s->c->arena, "%lld", (long long)now) },
	};
	size_t n = 3;

	if (secret.len) {
		app_message_sign(secret, s->notice->id, now, body, &sign);
		extra[n++] = (struct http_header){ STR("X-Zhanwei-Signature"), buf_view(&sign) };
	}
	return post(s, json_get_str(s->config, "url"), body, extra, n, e);
}

static int send_robot(struct sending *s, struct error *e)
{
	struct str url = json_get_str(s->secrets, "url");
	struct str secret = json_get_str(s->secrets, "secret");
	_cleanup_buf_ struct buf address = BUF_INIT(16 * KIB);
	_cleanup_json_ json_t *o = NULL;

	if (str_eq(s->channel->kind, STR("dingtalk"))) {
		o = app_message_dingtalk(&s->message);
		app_message_dingtalk_url(url, secret, s->c->now, &address);
	} else {
		o = str_eq(s->channel->kind, STR("wecom")) ?
			    app_message_wecom(&s->message) :
			    app_message_feishu(&s->message, secret, s->c->now);
		buf_str(&address, url);
	}
	return post(s, buf_view(&address), app_json_text(s->c->arena, o), NULL, 0, e);
}

static int send_mail(struct sending *s, struct error *e)
{
	const json_t *own = json_object_get(s->config, "smtp");
	const struct app_settings *set = &s->settings;
	struct app_smtp m;
	struct str *to;
	_cleanup_buf_ struct buf text = BUF_INIT(256 * KIB);

	if (json_get_str(own, "host").len)
		m = (struct app_smtp){ json_get_str(own, "host"), json_get_str(own, "security"),
				       json_get_str(own, "username"),
				       json_get_str(s->secrets, "password"),
				       json_get_str(own, "from"), json_get_int(own, "port", 25), NULL, 0 };
	else if (set->has_smtp)
		m = (struct app_smtp){ set->smtp.host, set->smtp.security, set->smtp.username,
				       set->smtp.password, set->smtp.from, set->smtp.port, NULL, 0 };
	else
		return error_set(e, "mail.no-server", "没有设置邮件服务器：请在渠道或平台设置中填写",
				 "no mail server: set one in the channel or in the platform settings");
	if (app_json_strings(s->c->arena, json_object_get(s->config, "to"), "to", LIMIT_MAIL_TO, &to,
			     &m.to_len, e) < 0)
		return -1;
	m.to = to;
	app_message_mail(&s->message, s->notice->id, m.from, to, m.to_len, s->c->now, &text);
	return app_smtp_send(s->connector, &m, buf_view(&text), e);
}

static int send_by_kind(struct sending *s, struct error *e)
{
	if (str_eq(s->channel->kind, STR("email")))
		return send_mail(s, e);
	if (str_eq(s->channel->kind, STR("webhook")))
		return send_webhook(s, e);
	return send_robot(s, e);
}

int app_send(struct app_call *c, const struct store_channel *channel,
	     const struct store_notice *notice, struct error *e)
{
	_cleanup_outgoing_ struct app_outgoing out = { 0 };
	_cleanup_connector_ struct net_connector *connector = NULL;
	_cleanup_json_ json_t *config = NULL;
	_cleanup_json_ json_t *secrets = NULL;
	struct sending s = { .c = c, .channel = channel, .notice = notice };

	config = json_parse(channel->config, e);
	if (!config || app_channel_secrets(c, channel, &secrets, e) < 0 ||
	    app_settings_load(c->app, c->db, c->arena, &s.settings, e) < 0 ||
	    app_outgoing_open(c, &out, e) < 0)
		return -1;
	/* A forward proxy speaks HTTP; mail goes straight. */
	if (str_eq(channel->kind, STR("email")))
		out.proxy = STR_NULL;
	if (app_outgoing_connector(&out, &connector, e) < 0)
		return -1;
	s.config = config;
	s.secrets = secrets;
	s.connector = connector;
	app_message_make(c->arena, notice, s.settings.public_url, &s.message);
	return send_by_kind(&s, e);
}
