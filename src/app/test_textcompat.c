/* Shapes of other services' answers, from documents of checks as the engine makes them. */
#include "app/textcompat.h"
#include "base/encode.h"
#include "base/test.h"

static json_t *doc_of(const char *suggestion)
{
	json_t *v = json_pack("{s:s,s:f,s:[{s:s,s:s,s:s,s:s,s:f,s:s}],s:[{s:i,s:i,s:s,s:s,s:s,s:s,s:s}]}", "suggestion",
			      suggestion, "score", .92, "labels", "label", "porn", "sub_label", "teasing", "label_zh", "涉黄",
			      "sub_label_zh", "色情挑逗", "score", .92, "suggestion", suggestion, "hits", "start", 2, "end", 4,
			      "text", "坏词", "label", "porn", "sub_label", "teasing", "layer", "term", "suggestion", suggestion);

	assert_non_null(v);
	return v;
}

static struct str at(const json_t *v, const char *key)
{
	return json_get_str(v, key);
}

#define assert_text(s, want)                                                                       \
	do {                                                                                       \
		if (!str_eq((s), STR(want)))                                                       \
			fail_msg("want %s, have %.*s", want, STR_ARG(s));                          \
	} while (0)

static void test_aliyun(void **state)
{
	_cleanup_json_ json_t *doc = doc_of("block"), *in = NULL;
	_cleanup_json_ json_t *body = json_pack("{s:s,s:s}", "Service", "ad_compliance_detection_pro", "ServiceParameters",
						"{\"content\":\"看坏词\",\"dataId\":\"7\"}");
	struct error e = { 0 };

	assert_int_equal(text_compat_request(TEXT_ALIYUN, NULL, body, &in, &e), 0);
	assert_text(at(in, "text"), "看坏词");
	assert_text(at(in, "scene"), "ad");
	_cleanup_json_ json_t *plus = text_compat_answer(TEXT_ALIYUN, NULL, body, STR(""), doc, STR("rid"), 1);
	assert_int_equal(json_get_int(plus, "Code", 0), 200);
	const json_t *data = json_object_get(plus, "Data"), *first = json_array_get(json_object_get(data, "Result"), 0);
	assert_text(at(first, "Label"), "sexual_suggestive");
	assert_text(at(first, "RiskWords"), "坏词");
	assert_text(at(data, "RiskLevel"), "high");
	_cleanup_json_ json_t *old = text_compat_answer(TEXT_ALIYUN, NULL, body, STR("TextModeration"), doc, STR("rid"), 1);
	data = json_object_get(old, "Data");
	assert_text(at(data, "labels"), "sexual_content");
	assert_true(str_has(at(data, "reason"), STR("\"riskLevel\":\"high\"")));
	_cleanup_json_ json_t *clean = json_pack("{s:s,s:f,s:[],s:[]}", "suggestion", "pass", "score", 0.0, "labels", "hits");
	_cleanup_json_ json_t *none = text_compat_answer(TEXT_ALIYUN, NULL, body, STR(""), clean, STR("rid"), 1);
	data = json_object_get(none, "Data");
	assert_text(at(json_array_get(json_object_get(data, "Result"), 0), "Label"), "nonLabel");
	assert_text(at(data, "RiskLevel"), "none");
}

static void test_tencent(void **state)
{
	_cleanup_json_ json_t *doc = doc_of("review"), *in = NULL, *body = json_object(), *bad = json_object();
	_cleanup_buf_ struct buf b = BUF_INIT(100);
	struct error e = { 0 };

	encode_base64(&b, STR("看坏词"));
	json_put(body, "Content", json_str(buf_view(&b)));
	json_put(body, "DataId", json_c("d1"));
	assert_int_equal(text_compat_request(TEXT_TENCENT, NULL, body, &in, &e), 0);
	assert_text(at(in, "text"), "看坏词");
	_cleanup_json_ json_t *v = text_compat_answer(TEXT_TENCENT, NULL, body, STR(""), doc, STR("rid"), 1);
	const json_t *r = json_object_get(v, "Response"), *d = json_array_get(json_object_get(r, "DetailResults"), 0);
	assert_text(at(r, "Suggestion"), "Review");
	assert_text(at(r, "Label"), "Porn");
	assert_text(at(r, "DataId"), "d1");
	assert_int_equal(json_get_int(r, "Score", 0), 92);
	assert_string_equal(json_string_value(json_array_get(json_object_get(r, "Keywords"), 0)), "坏词");
	const json_t *hit = json_array_get(json_object_get(d, "HitInfos"), 0);
	assert_int_equal(json_get_int(json_array_get(json_object_get(hit, "Positions"), 0), "Start", 0), 2);
	json_put(bad, "Content", json_c("!!"));
	assert_true(text_compat_request(TEXT_TENCENT, NULL, bad, &in, &e) < 0);
	_cleanup_json_ json_t *wrong = text_compat_error(TEXT_TENCENT, 422, &e, STR("rid"), 1);
	assert_text(at(json_object_get(json_object_get(wrong, "Response"), "Error"), "Code"), "InvalidParameterValue");
	_cleanup_json_ json_t *unknown = text_compat_error(TEXT_TENCENT, 401, &e, STR("rid"), 1);
	assert_text(at(json_object_get(json_object_get(unknown, "Response"), "Error"), "Code"), "AuthFailure.SecretIdNotFound");
	assert_int_equal(text_compat_status(TEXT_TENCENT, 401), 200);
	_cleanup_json_ json_t *key = text_compat_error(TEXT_ALIYUN, 401, &e, STR("rid"), 1);
	assert_text(at(key, "Code"), "InvalidAccessKeyId.NotFound");
	assert_text(at(key, "RequestId"), "rid");
	assert_int_equal(text_compat_status(TEXT_ALIYUN, 401), 401);
	_cleanup_json_ json_t *token = text_compat_error(TEXT_BAIDU, 401, &e, STR("rid"), 1);
	assert_int_equal(json_get_int(token, "error_code", 0), 110);
}

static void test_baidu(void **state)
{
	_cleanup_json_ json_t *doc = doc_of("block"), *in = NULL, *body = json_pack("{s:s}", "text", "看坏词");
	struct error e = { 0 };

	assert_int_equal(text_compat_request(TEXT_BAIDU, NULL, body, &in, &e), 0);
	_cleanup_json_ json_t *v = text_compat_answer(TEXT_BAIDU, NULL, body, STR(""), doc, STR("rid"), 5);
	assert_text(at(v, "conclusion"), "不合规");
	assert_int_equal(json_get_int(v, "conclusionType", 0), 2);
	const json_t *d = json_array_get(json_object_get(v, "data"), 0), *h = json_array_get(json_object_get(d, "hits"), 0);
	assert_int_equal(json_get_int(d, "type", 0), 12);
	assert_int_equal(json_get_int(d, "subType", 0), 2);
	const json_t *place = json_array_get(json_object_get(h, "wordHitPositions"), 0);
	assert_text(at(place, "keyword"), "坏词");
	const json_t *pair = json_array_get(json_object_get(place, "positions"), 0);
	assert_int_equal(json_integer_value(json_array_get(pair, 0)), 2);
	assert_int_equal(json_integer_value(json_array_get(pair, 1)), 3);
	/* a label that nobody else has */
	json_object_set_new(json_array_get(json_object_get(doc, "labels"), 0), "label", json_string("自有"));
	_cleanup_json_ json_t *own = text_compat_answer(TEXT_BAIDU, NULL, body, STR(""), doc, STR("rid"), 5);
	assert_int_equal(json_get_int(json_array_get(json_object_get(own, "data"), 0), "type", 0), 13);
	_cleanup_json_ json_t *clean = json_pack("{s:s,s:f,s:[],s:[]}", "suggestion", "pass", "score", 0.0, "labels", "hits");
	_cleanup_json_ json_t *good = text_compat_answer(TEXT_BAIDU, NULL, body, STR(""), clean, STR("rid"), 5);
	assert_text(at(good, "conclusion"), "合规");
	assert_null(json_object_get(good, "data"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_aliyun), cmocka_unit_test(test_tencent),
					    cmocka_unit_test(test_baidu) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
