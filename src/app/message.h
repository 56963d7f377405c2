/* A notice in words, and in the form each kind of channel wants. Pure functions. */
#ifndef APP_MESSAGE_H
#define APP_MESSAGE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "store/notify.h"

struct app_message {
	struct str title, title_en; /* one line each */
	struct str text, text_en;   /* some lines, plain */
	struct str url;		    /* where to read on; "" unknown */
};
/* public_url: of this installation, may be "". */
void app_message_make(struct arena *a, const struct store_notice *n, struct str public_url,
		      struct app_message *ret);

/* JSON body of a webhook: {"id","event","time","severity","data",…}. */
json_t *app_message_webhook(const struct store_notice *n, const struct app_message *m);
/* "v1=" + hex of HMAC-SHA256 over "ID.TIMESTAMP.BODY". */
void app_message_sign(struct str secret, struct str id, int64_t timestamp_s, struct str body,
		      struct buf *out);
/* 企业微信: markdown message. */
json_t *app_message_wecom(const struct app_message *m);
/* 钉钉: markdown message; the address gets "&timestamp=MS&sign=…" when there is a secret. */
json_t *app_message_dingtalk(const struct app_message *m);
void app_message_dingtalk_url(struct str url, struct str secret, int64_t now_ms, struct buf *out);
/* 飞书: interactive card, with timestamp and sign when there is a secret. */
json_t *app_message_feishu(const struct app_message *m, struct str secret, int64_t now_ms);
/* RFC 5322 message with both languages, UTF-8 in base64. */
void app_message_mail(const struct app_message *m, struct str id, struct str from,
		      const struct str *to, size_t n, int64_t now_ms, struct buf *out);
/* Did a robot take it? 0, or -1 with what it said. wecom, dingtalk: errcode; feishu: code. */
int app_message_answer(struct str kind, int status, struct str body, struct error *e);
#endif
