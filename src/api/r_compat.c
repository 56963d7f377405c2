/* Other text services' doors: the same checks, asked and answered in their shapes. */
#include "api/api_private.h"
#include "app/text.h"
#include "app/textcompat.h"
#include "base/check.h"
#include "base/limits.h"

static const struct api_field aliyun_fields[] = {
	API_LINE("Action", 0, 0, 64, "TextModeration 或 TextModerationPlus", "TextModeration or TextModerationPlus"),
	API_LINE("Service", 0, 0, 64, "检测服务，如 comment_detection", "Service, e.g. comment_detection"),
	API_STR("ServiceParameters", API_RAW, 0, 0, "JSON：{\"content\":\"…\"}", "JSON: {\"content\":\"…\"}"),
	API_END,
};
static const struct api_schema aliyun_schema = { "CompatAliyun", aliyun_fields, true };
static const struct api_field tencent_fields[] = {
	API_STR("Content", 0, 0, 0, "文本的 Base64", "The text in Base64"),
	API_LINE("BizType", 0, 0, 64, "策略", "Strategy"),
	API_LINE("DataId", 0, 0, 128, "调用方的编号", "The caller's reference"),
	API_END,
};
static const struct api_schema tencent_schema = { "CompatTencent", tencent_fields, true };
static const struct api_field baidu_fields[] = {
	API_STR("text", API_RAW, 0, 0, "文本", "The text"),
	API_END,
};
static const struct api_schema baidu_schema = { "CompatBaidu", baidu_fields, true };
static const struct api_schema any_schema = { "CompatAnswer", (const struct api_field[]){ API_END }, true };

static int answer(struct api_request *r, enum text_vendor v, struct str action, struct error *e)
{
	_cleanup_json_ json_t *in = NULL;
	_cleanup_json_ json_t *doc = NULL;

	if (text_compat_request(v, r->query, r->body, &in, e) < 0 || app_text_check(&r->call, in, "compat", &doc, e) < 0)
		return -1; /* see compat_refuse() */
	api_reply(r, text_compat_answer(v, r->query, r->body, action, doc, r->call.actor->request_id, r->call.now));
	return 0;
}

static int aliyun(struct api_request *r, struct error *e)
{
	return answer(r, TEXT_ALIYUN, http_header(r->x, "x-acs-action"), e);
}

static int tencent(struct api_request *r, struct error *e)
{
	return answer(r, TEXT_TENCENT, STR(""), e);
}

static int baidu(struct api_request *r, struct error *e)
{
	return answer(r, TEXT_BAIDU, STR(""), e);
}

/* The token is the key itself, which the request has just proven. */
static int token(struct api_request *r, struct error *e)
{
	json_t *v = json_object();
	struct str key = compat_key(r->x, r->call.arena);

	if (app_require(&r->call, PERM_TEXT_CHECK, e) < 0) {
		json_decref(v);
		return -1;
	}
	json_put(v, "access_token", json_str(key));
	json_put(v, "expires_in", json_integer(2592000));
	api_reply(r, v);
	return 0;
}

/* The token's clients know OAuth's errors (RFC 6749 §5.2). */
static json_t *token_error(int status, const struct error *why)
{
	json_t *v = json_object();

	json_put(v, "error", json_c(status == 401 ? "invalid_client" : status == 403 ? "unauthorized_client" :
				    status >= 500 ? "server_error" : "invalid_request"));
	json_put(v, "error_description", json_c(why->zh));
	return v;
}

void compat_refuse(struct api_request *r, int status, const struct error *why)
{
	static const struct {
		struct str path;
		enum text_vendor vendor;
	} vendors[] = { { STR_INIT("/compat/aliyun"), TEXT_ALIYUN }, { STR_INIT("/compat/tencent"), TEXT_TENCENT },
			{ STR_INIT("/compat/baidu"), TEXT_BAIDU } };
	struct str path = str_c(r->route->path);
	struct error hidden = { 0 };

	if (status >= 500) { /* what went wrong inside is for the log */
		error_set(&hidden, "internal", "服务器内部错误，请稍后重试", "Something failed inside; try again.");
		why = &hidden;
	}
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (str_eq(path, vendors[i].path))
			api_reply_status(r, text_compat_status(vendors[i].vendor, status),
					 text_compat_error(vendors[i].vendor, status, why, r->call.actor->request_id, r->call.now));
	if (!r->reply)
		api_reply_status(r, status, token_error(status, why));
}

#define NOTE_ZH "地址也可写作 /compat/…，后面的路径不限。密钥放在 Authorization: Bearer、x-api-key、access_token，或作为 AccessKeyId、SecretId；不校验这些服务的签名，请使用 HTTPS。标签对照见 data/compat。"
#define NOTE_EN "Also at /compat/… with any path behind. The key goes as Authorization: Bearer, x-api-key, access_token, or as AccessKeyId or SecretId; those services' signatures are not checked, so use HTTPS. Labels as in data/compat."
static const struct api_route routes[] = {
	{ HTTP_POST, "/compat/aliyun", aliyun, PERM_TEXT_CHECK, API_COMPAT | API_BODY_OPTIONAL, .body = &aliyun_schema,
	  .reply = &any_schema,
	  .example = "{\"Action\":\"TextModerationPlus\",\"Service\":\"comment_detection_pro\",\"ServiceParameters\":\"{\\\"content\\\":\\\"今天天气不错\\\"}\"}",
	  .zh = "阿里云文本审核的形式", .en = "In the shape of Aliyun's text moderation", .note_zh = NOTE_ZH, .note_en = NOTE_EN },
	{ HTTP_POST, "/compat/tencent", tencent, PERM_TEXT_CHECK, API_COMPAT, .body = &tencent_schema, .reply = &any_schema,
	  .example = "{\"Content\":\"5LuK5aSp5aSp5rCU5LiN6ZSZ\"}", .zh = "腾讯云文本内容安全的形式",
	  .en = "In the shape of Tencent's text moderation", .note_zh = NOTE_ZH, .note_en = NOTE_EN },
	{ HTTP_POST, "/compat/baidu", baidu, PERM_TEXT_CHECK, API_COMPAT, .body = &baidu_schema, .reply = &any_schema,
	  .example = "{\"text\":\"今天天气不错\"}", .zh = "百度文本审核的形式", .en = "In the shape of Baidu's text censoring",
	  .note_zh = NOTE_ZH, .note_en = NOTE_EN },
	{ HTTP_POST, "/compat/baidu/token", token, PERM_TEXT_CHECK, API_COMPAT | API_BODY_OPTIONAL, .reply = &any_schema,
	  .zh = "百度客户端换取 access_token", .en = "Baidu's clients get their access_token",
	  .note_zh = "把接口密钥作为 client_secret；得到的就是它。", .note_en = "Give the API key as client_secret; it comes back." },
	{ HTTP_GET, "/compat/baidu/token", token, PERM_TEXT_CHECK, API_COMPAT, .reply = &any_schema,
	  .zh = "百度客户端换取 access_token（GET）", .en = "Baidu's clients get their access_token (GET)" },
	API_ROUTES_END,
};
const struct api_resource api_r_compat = { "compat", "兼容接口", "Other services' shapes", routes };
