/* Any bytes as the three services' requests, and the answers to them: what goes in comes out as a text
 * in UTF-8 or is refused with a reason, and every answer is a document. */
#include "app/textcompat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *any = json_parse(str_make((const char *)data, size), NULL);
	_cleanup_json_ json_t *body = json_object();
	struct str text = str_make((const char *)data, size);

	json_put(body, "ServiceParameters", json_str(text));
	json_put(body, "Content", json_str(text));
	json_put(body, "text", json_str(text));
	for (int v = TEXT_ALIYUN; v <= TEXT_BAIDU; v++) {
		_cleanup_json_ json_t *in = NULL, *answer = NULL;
		struct error e = { 0 };

		if (text_compat_request((enum text_vendor)v, NULL, json_is_object(any) ? any : body, &in, &e) == 0)
			check(utf8_invalid_at(json_get_str(in, "text")) < 0);
		else
			check(e.code[0] && e.zh[0]);
		/* A document of any shape, as labels of an operator make it. */
		answer = text_compat_answer((enum text_vendor)v, body, json_is_object(any) ? any : body, STR(""),
					    json_is_object(any) ? any : body, STR("r"), 1);
		check(json_is_object(answer));
	}
	return 0;
}
