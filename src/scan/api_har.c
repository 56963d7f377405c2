/* HAR, what a browser's network panel saves: recorded requests, each sent as it was. Pictures,
 * styles and scripts are left out; so are log-outs, which would end the session. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/api_private.h"

#define HAR_BODY (64 * KIB)

bool api_is_har(const json_t *root)
{
	return json_is_array(json_object_get(json_object_get(root, "log"), "entries"));
}

/* By what was answered: the page's furniture is no interface. */
static bool furniture(const json_t *entry)
{
	static const char *const kinds[] = { "image/", "font/", "video/", "audio/", "text/css", "javascript", "font-woff" };
	struct str mime = json_get_str(json_object_get(json_object_get(entry, "response"), "content"), "mimeType");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_ihas(mime, str_c(kinds[i])))
			return true;
	return false;
}

/* Requests to other places are those places' own. */
static bool ours(const struct api_reader *r, struct str address)
{
	struct url u;

	return url_parse(r->a, address, r->base, 0, &u, NULL) == 0 && url_same_origin(&u, r->base) &&
	       !str_ihas(u.path, STR("logout")) && !str_ihas(u.path, STR("signout"));
}

void api_read_har(struct api_reader *r)
{
	const json_t *entries = json_object_get(json_object_get(r->root, "log"), "entries");

	for (size_t i = 0; i < json_array_size(entries) && !r->stopped; i++) {
		const json_t *entry = json_array_get(entries, i), *q = json_object_get(entry, "request");
		const json_t *post = json_object_get(q, "postData");
		struct str method = json_get_str(q, "method"), address = json_get_str(q, "url");
		struct str body = json_get_str(post, "text");

		if (!method.len || !address.len || address.len > 8 * KIB || body.len > HAR_BODY || furniture(entry) ||
		    str_ieq(method, STR("OPTIONS")) || !ours(r, address))
			continue;
		if (!api_room(r))
			return;
		api_give(r, method, arena_str(r->a, address), arena_str(r->a, body),
			 arena_str(r->a, str_sub(json_get_str(post, "mimeType"), 0, 200)),
			 str_ieq(method, STR("DELETE")), STR(""));
	}
}
