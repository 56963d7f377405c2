/* Words and forms of notices. Formats and signatures of the robots are those their
 * makers document: 企业微信 群机器人 (markdown), 钉钉 自定义机器人 (markdown, sign in the
 * address), 飞书 自定义机器人 (card, sign in the body). */
#include "app/message.h"

#include <sodium.h>
#include <time.h>

#include "app/notify.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

static void counts_line(struct buf *b, const json_t *counts, bool zh)
{
	for (int i = SEVERITY_COUNT - 1; i >= 0; i--) {
		const char *name = severity_name((enum severity)i);

		buf_printf(b, "%s%s %lld", i == SEVERITY_COUNT - 1 ? "" : zh ? "，" : ", ",
			   zh ? severity_zh((enum severity)i) : name,
			   (long long)json_get_int(counts, name, 0));
	}
}

static void scan_lines(struct buf *b, const json_t *p, bool zh)
{
	const json_t *score = json_object_get(p, "score");

	if (json_is_integer(score))
		buf_printf(b, zh ? "健康分：%lld\n" : "Health score: %lld\n",
			   (long long)json_integer_value(score));
	else if (score)
		buf_c(b, zh ? "健康分：--（扫描未完成，不计分）\n" : "Health score: -- (partial scan)\n");
	if (json_object_get(p, "counts")) {
		buf_c(b, zh ? "未处理漏洞：" : "Open findings: ");
		counts_line(b, json_object_get(p, "counts"), zh);
		buf_char(b, '\n');
	}
	if (json_object_get(p, "new"))
		buf_printf(b, zh ? "新发现 %lld 个，复现 %lld 个，已修复 %lld 个\n" :
				   "New %lld, reappeared %lld, fixed %lld\n",
			   (long long)json_get_int(p, "new", 0),
			   (long long)json_get_int(p, "reappeared", 0),
			   (long long)json_get_int(p, "fixed", 0));
}

static struct str body(struct arena *a, const struct store_notice *n, const json_t *p, bool zh,
		       struct str url)
{
	_cleanup_buf_ struct buf b = BUF_INIT(16 * KIB);
	struct str reason = json_get_str(p, zh ? "reason" : "reason_en");
	char time[CLOCK_RFC3339_SIZE];

	if (json_get_str(p, "site_name").len)
		buf_printf(&b, zh ? "网站：%.*s（%.*s）\n" : "Site: %.*s (%.*s)\n",
			   STR_ARG(json_get_str(p, "site_name")), STR_ARG(json_get_str(p, "url")));
	if (json_get_str(p, "monitor_name").len)
		buf_printf(&b, zh ? "监测任务：%.*s\n" : "Monitoring task: %.*s\n",
			   STR_ARG(json_get_str(p, "monitor_name")));
	scan_lines(&b, p, zh);
	if (reason.len)
		buf_printf(&b, zh ? "原因：%.*s\n" : "Reason: %.*s\n", STR_ARG(reason));
	clock_format_rfc3339(n->created, time);
	buf_printf(&b, zh ? "时间：%s\n" : "Time: %s\n", time);
	if (url.len)
		buf_printf(&b, zh ? "查看：%.*s\n" : "See: %.*s\n", STR_ARG(url));
	return arena_str(a, buf_view(&b));
}

static struct str link_of(struct arena *a, const json_t *p, struct str public_url)
{
	struct str scan = json_get_str(p, "scan_id"), site = json_get_str(p, "site_id");

	if (!public_url.len)
		return STR_NULL;
	if (str_ends(public_url, STR("/")))
		public_url.len--;
	if (scan.len)
		return arena_printf(a, "%.*s/scan/runs/%.*s", STR_ARG(public_url), STR_ARG(scan));
	if (site.len)
		return arena_printf(a, "%.*s/scan/sites/%.*s", STR_ARG(public_url), STR_ARG(site));
	return arena_printf(a, "%.*s/scan/monitors", STR_ARG(public_url));
}

void app_message_make(struct arena *a, const struct store_notice *n, struct str public_url,
		      struct app_message *ret)
{
	const struct app_notify_event *ev = app_notify_event_find(n->event);
	_cleanup_json_ json_t *p = n->payload.len ? json_parse(n->payload, NULL) : NULL;
	struct str name = json_get_str(p, "site_name");
	struct app_message m;

	if (!name.len)
		name = json_get_str(p, "monitor_name");
	m.url = link_of(a, p, public_url);
	m.title = arena_printf(a, "【站卫】%s%s%.*s", ev ? ev->zh : "测试消息", name.len ? "：" : "",
			       STR_ARG(name));
	m.title_en = arena_printf(a, "[Zhanwei] %s%s%.*s", ev ? ev->en : "Test message",
				  name.len ? ": " : "", STR_ARG(name));
	m.text = body(a, n, p, true, m.url);
	m.text_en = body(a, n, p, false, m.url);
	if (!ev) {
		m.text = arena_printf(a, "这是一条测试消息，收到说明通知渠道可用。\n%.*s", STR_ARG(m.text));
		m.text_en = arena_printf(a, "This is a test; the channel works.\n%.*s",
					 STR_ARG(m.text_en));
	}
	*ret = m;
}

/* ---- webhook ---- */

json_t *app_message_webhook(const struct store_notice *n, const struct app_message *m)
{
	json_t *o = json_object(), *data = n->payload.len ? json_parse(n->payload, NULL) : NULL;

	json_put(o, "id", json_str(n->id));
	json_put(o, "event", json_str(n->event));
	json_put(o, "time", json_time(n->created));
	json_put(o, "severity", json_c(severity_name((enum severity)n->severity)));
	json_put(o, "title", json_str(m->title));
	json_put(o, "title_en", json_str(m->title_en));
	json_put(o, "text", json_str(m->text));
	json_put(o, "text_en", json_str(m->text_en));
	json_put(o, "url", m->url.len ? json_str(m->url) : json_null());
	json_put(o, "data", data ? data : json_object());
	return o;
}

static void hmac(struct str key, struct str text, unsigned char ret[crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, (const unsigned char *)key.ptr, key.len);
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)text.ptr, text.len);
	crypto_auth_hmacsha256_final(&st, ret);
}

void app_message_sign(struct str secret, struct str id, int64_t timestamp_s, struct str text,
		      struct buf *out)
{
	_cleanup_buf_ struct buf b = BUF_INIT(text.len + 256);
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	buf_printf(&b, "%.*s.%lld.", STR_ARG(id), (long long)timestamp_s);
	buf_str(&b, text);
	hmac(secret, buf_view(&b), mac);
	buf_c(out, "v1=");
	encode_hex(out, str_make(mac, sizeof(mac)));
}

/* ---- robots ---- */

/* Site names are a user's, but what they name may be anything: links, mentions and
 * code lose their signs to full-width twins, which no renderer understands. */
static void markdown(struct buf *b, struct str text)
{
	static const char from[] = "<>[]`*";
	static const char *const to[] = { "＜", "＞", "［", "］", "｀", "＊" };

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		const char *hit = c ? strchr(from, c) : NULL;

		if (hit)
			buf_c(b, to[hit - from]);
		else if (c == '\n')
			buf_c(b, "\n\n"); /* one alone is no line break in markdown */
		else
			buf_char(b, c);
	}
}

static json_t *markdown_json(const struct app_message *m, bool title)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4000);

	if (title) {
		buf_c(&b, "### ");
		markdown(&b, m->title);
		buf_c(&b, "\n\n");
	}
	markdown(&b, m->text);
	return json_str(utf8_truncate(buf_view(&b), 4000));
}

json_t *app_message_wecom(const struct app_message *m)
{
	json_t *o = json_object(), *md = json_object();

	json_put(md, "content", markdown_json(m, true));
	json_put(o, "msgtype", json_c("markdown"));
	json_put(o, "markdown", md);
	return o;
}

json_t *app_message_dingtalk(const struct app_message *m)
{
	json_t *o = json_object(), *md = json_object();

	json_put(md, "title", json_str(m->title));
	json_put(md, "text", markdown_json(m, true));
	json_put(o, "msgtype", json_c("markdown"));
	json_put(o, "markdown", md);
	return o;
}

/* The text to sign is also the key's partner: "TIMESTAMP\nSECRET". */
static void signed_text(struct buf *b, int64_t timestamp, struct str secret)
{
	buf_printf(b, "%lld\n%.*s", (long long)timestamp, STR_ARG(secret));
}

void app_message_dingtalk_url(struct str url, struct str secret, int64_t now_ms, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT(8 * KIB);
	_cleanup_buf_ struct buf sign = BUF_INIT(KIB);
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	buf_str(out, url);
	if (!secret.len)
		return;
	signed_text(&text, now_ms, secret);
	hmac(secret, buf_view(&text), mac);
	encode_base64(&sign, str_make(mac, sizeof(mac)));
	buf_printf(out, "%ctimestamp=%lld&sign=", str_has(url, STR("?")) ? '&' : '?',
		   (long long)now_ms);
	encode_percent(out, buf_view(&sign));
}

json_t *app_message_feishu(const struct app_message *m, struct str secret, int64_t now_ms)
{
	_cleanup_buf_ struct buf text = BUF_INIT(8 * KIB);
	_cleanup_buf_ struct buf sign = BUF_INIT(KIB);
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	json_t *o = json_object(), *card = json_object(), *header = json_object();
	json_t *title = json_object(), *elements = json_array(), *md = json_object();

	if (secret.len) { /* here the text is the key and nothing is signed */
		signed_text(&text, now_ms / 1000, secret);
		hmac(buf_view(&text), STR(""), mac);
		encode_base64(&sign, str_make(mac, sizeof(mac)));
		json_put(o, "timestamp", json_str(str_sub(buf_view(&text), 0,
							  text.len - secret.len - 1)));
		json_put(o, "sign", json_str(buf_view(&sign)));
	}
	json_put(title, "tag", json_c("plain_text"));
	json_put(title, "content", json_str(m->title));
	json_put(header, "title", title);
	json_put(header, "template", json_c("blue"));
	json_put(md, "tag", json_c("markdown"));
	json_put(md, "content", markdown_json(m, false));
	json_array_append_new(elements, md);
	json_put(card, "header", header);
	json_put(card, "elements", elements);
	json_put(o, "msg_type", json_c("interactive"));
	json_put(o, "card", card);
	return o;
}

int app_message_answer(struct str kind, int status, struct str text, struct error *e)
{
	_cleanup_json_ json_t *o = NULL;
	const char *name = str_eq(kind, STR("feishu")) ? "code" : "errcode";
	struct str said;

	if (status < 200 || status > 299)
		return error_set(e, "notify.status", "接收方返回状态 %d", "the receiver answered %d", status);
	if (str_eq(kind, STR("webhook")))
		return 0;
	o = json_parse(text, NULL);
	if (o && json_get_int(o, name, -1) == 0)
		return 0;
	said = json_get_str(o, str_eq(kind, STR("feishu")) ? "msg" : "errmsg");
	return error_set(e, "notify.refused", "机器人拒绝了消息：%.*s（%lld）", "the robot refused: %.*s (%lld)",
			 (int)(said.len > 150 ? 150 : said.len), said.len ? said.ptr : "?",
			 (long long)json_get_int(o, name, -1));
}

/* ---- mail ---- */

static void encoded_word(struct buf *b, struct str text)
{
	size_t at = 0;

	/* At most 45 bytes per word, whole code points (RFC 2047). */
	while (at < text.len) {
		struct str part = utf8_truncate(str_from(text, at), 42);

		buf_c(b, at ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
		encode_base64(b, part);
		buf_c(b, "?=");
		at += part.len ? part.len : 1;
	}
}

static void base64_lines(struct buf *b, struct str text)
{
	_cleanup_buf_ struct buf all = BUF_INIT(text.len * 2 + 16);

	encode_base64(&all, text);
	for (size_t at = 0; at < all.len; at += 76) {
		buf_str(b, str_sub(buf_view(&all), at, at + 76));
		buf_c(b, "\r\n");
	}
}

void app_message_mail(const struct app_message *m, struct str id, struct str from,
		      const struct str *to, size_t n, int64_t now_ms, struct buf *out)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	ssize_t at = str_rchr(from, '@');
	struct str domain = at < 0 ? STR("localhost") : str_from(from, (size_t)at + 1);
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\nFrom: ", days[tm.tm_wday],
		   tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		   tm.tm_sec);
	encoded_word(out, STR("站卫 Zhanwei"));
	buf_printf(out, " <%.*s>\r\nTo: ", STR_ARG(from));
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s<%.*s>", i ? ",\r\n " : "", STR_ARG(to[i]));
	buf_c(out, "\r\nSubject: ");
	encoded_word(out, m->title);
	/* The stable id: a mail that arrives twice is recognised by its Message-ID. */
	buf_printf(out, "\r\nMessage-ID: <%.*s@%.*s>\r\nX-Zhanwei-Id: %.*s\r\n", STR_ARG(id),
		   STR_ARG(domain), STR_ARG(id));
	buf_c(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: text/plain; charset=UTF-8\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n");
	buf_printf(&text, "%.*s\n----\n%.*s\n%.*s", STR_ARG(m->text), STR_ARG(m->title_en),
		   STR_ARG(m->text_en));
	base64_lines(out, buf_view(&text));
}
