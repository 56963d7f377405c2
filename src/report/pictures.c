/* Pictures of pages in documents: bytes of ours, re-encoded when they were taken. They come in the
 * model as base64 of a PNG; anything else is passed over, for a model may come from a file. */
#include "base/limits.h"
#include "report/report_private.h"

#define PICTURES_OF_PLACE 2
#define PICTURES_OF_SITE 6

static bool is_png(struct str b64)
{
	if (b64.len < 64 || b64.len > LIMIT_SHOT * 4 / 3 + 8 || !str_starts(b64, STR("iVBORw0KGgo")))
		return false;
	for (size_t i = 0; i < b64.len; i++)
		if (!ascii_alnum(b64.ptr[i]) && b64.ptr[i] != '+' && b64.ptr[i] != '/' && b64.ptr[i] != '=')
			return false;
	return true;
}

static struct str without_fragment(struct str url)
{
	ssize_t hash = str_chr(url, '#');

	return hash < 0 ? url : str_sub(url, 0, (size_t)hash);
}

static void write_one(struct report_ctx *c, struct report_sink *s, const json_t *v, bool proof)
{
	struct str title = json_get_str(v, "title"), url = json_get_str(v, "url");
	struct report_picture p = {
		.base64 = json_get_str(v, "png"),
		.width = (unsigned)json_get_int(v, "width", 0),
		.height = (unsigned)json_get_int(v, "height", 0),
		.caption = report_printf(c, "%s · %.*s · %.*s", proof ? T(c, "验证时", "when it was proved") :
									T(c, "页面", "page"),
					 STR_ARG(title.len ? title : url), STR_ARG(report_time(c, json_get_str(v, "created")))),
	};

	s->ops->picture(s, &p);
}

/* Of the page at url, when the url is given; else of the site's pages. */
void report_pictures(struct report_ctx *c, struct report_sink *s, struct str url)
{
	const json_t *list = json_object_get(c->model, "shots"), *v;
	size_t i, n = 0, most = url.len ? PICTURES_OF_PLACE : PICTURES_OF_SITE;

	if (!s->ops->picture)
		return;
	json_array_foreach(list, i, v) {
		bool proof = str_eq(json_get_str(v, "kind"), STR("proof"));

		if (n == most)
			break;
		if (url.len ? !str_eq(json_get_str(v, "url"), without_fragment(url)) : proof)
			continue;
		if (!is_png(json_get_str(v, "png")))
			continue;
		if (!n++)
			s->ops->para(s, PARA_LABEL, TS(c, "页面截图", "Pictures of the page"));
		write_one(c, s, v, proof);
	}
}
