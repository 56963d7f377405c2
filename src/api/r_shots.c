/* Screenshots that scans with the browser keep. */
#include "api/api_private.h"
#include "app/shot.h"
#include "base/limits.h"

static const struct api_field shot_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_ID("scan_id", API_REQUIRED, "扫描", "Scan"),
	API_ENUM("kind", API_REQUIRED, "page|proof", "页面，或漏洞验证成功时", "The page, or a finding as it was proved"),
	API_STR("url", API_REQUIRED, 0, 0, "页面地址", "Address of the page"),
	API_STR("title", API_REQUIRED, 0, 0, "页面标题", "Title of the page"),
	API_INT("width", API_REQUIRED, 0, 0, "宽（像素）", "Width in pixels"),
	API_INT("height", API_REQUIRED, 0, 0, "高（像素）", "Height in pixels"),
	API_INT("size", API_REQUIRED, 0, 0, "字节数", "Bytes"),
	API_TIME("created", API_REQUIRED, "时间", "Time"),
	API_END,
};
static const struct api_schema shot_schema = { "Screenshot", shot_fields, true };
static const struct api_field query_fields[] = {
	API_ID("site_id", 0, "网站", "Site"),
	API_ID("scan_id", 0, "扫描", "Scan"),
	API_ID("finding_id", 0, "漏洞：其页面在最近一次扫描中的截图", "Finding: its page in the scan that saw it last"),
	API_ENUM("kind", 0, "page|proof", "种类", "Kind"),
	API_ENUM("sort", 0, "created|-created|url|-url", "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "ScreenshotQuery", query_fields, false };

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_shot_list(&r->call, api_query_str(r, "site_id"), api_query_str(r, "scan_id"),
			  api_query_str(r, "finding_id"), api_query_str(r, "kind"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int image(struct api_request *r, struct error *e)
{
	struct str name;
	struct buf b = BUF_INIT(LIMIT_BLOB);

	if (app_shot_image(&r->call, api_param(r, "shot"), &name, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	api_reply_file(r, name, "image/png", &b);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/shots", list, PERM_SCAN_READ, API_LISTS, .query = &query_schema, .reply = &shot_schema,
	  .zh = "页面截图列表", .en = "Screenshots",
	  .note_zh = "使用浏览器的扫描保存前几个页面与漏洞验证时的截图，每张不超过 200 KB。",
	  .note_en = "Scans with the browser keep pictures of their first pages and of proved findings, 200 KB each at most." },
	{ HTTP_GET, "/shots/{shot}/image", image, PERM_SCAN_READ, API_FILE, .zh = "截图（PNG）", .en = "The picture (PNG)" },
	API_ROUTES_END,
};
const struct api_resource api_r_shots = { "shots", "页面截图", "Screenshots", routes };
