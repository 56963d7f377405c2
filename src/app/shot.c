/* Pictures of pages: see shot.h. */
#include "app/shot.h"

#include "app/finding.h"
#include "app/scans.h"
#include "app/view.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/browse.h"
#include "store/blob.h"
#include "store/shot.h"

#define SHOTS_PAGES 12	/* of a scan's pages */
#define SHOTS_PROOFS 30 /* of a scan's findings */
#define SHOTS_SITE 300	/* of all scans of a site; the oldest go */

int app_shot_keep(struct app_call *c, const struct store_scan *scan, const struct scan_shot *s,
		  struct error *e)
{
	struct blob_id blob;
	const struct id id = id_new(c->now);
	int64_t n = 0;
	bool proof = str_eq(s->kind, STR("proof"));
	ssize_t hash = str_chr(s->url, '#');

	if (s->png.len == 0 || s->png.len > LIMIT_SHOT || (!proof && !str_eq(s->kind, STR("page"))))
		return 0;
	if (store_shot_count(c->db, scan->id, s->kind, &n, e) < 0)
		return -1;
	if (n >= (proof ? SHOTS_PROOFS : SHOTS_PAGES))
		return 0;
	if (store_blob_put(c->db, scan->tenant, s->png, c->now, &blob, e) < 0)
		return -1;

	const struct store_shot row = {
		.id = id_str(&id), .tenant = scan->tenant, .site = scan->site, .scan = scan->id, .kind = s->kind,
		.url = str_sub(hash < 0 ? s->url : str_sub(s->url, 0, (size_t)hash), 0, 4000),
		.title = utf8_truncate(s->title, 300), .blob = blob_id_str(&blob),
		.width = s->width, .height = s->height, .size = (int64_t)s->png.len, .created = c->now };

	if (store_shot_put(c->db, &row, e) < 0)
		return -1;
	return n ? 0 : store_shot_trim(c->db, scan->tenant, scan->site, SHOTS_SITE, e);
}

static void list_one(const struct store_shot *s, void *user)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(s->id));
	json_put(o, "site_id", json_str(s->site));
	json_put(o, "scan_id", json_str(s->scan));
	json_put(o, "kind", json_str(s->kind));
	json_put(o, "url", json_str(s->url));
	json_put(o, "title", json_str(s->title));
	json_put(o, "width", json_integer(s->width));
	json_put(o, "height", json_integer(s->height));
	json_put(o, "size", json_integer(s->size));
	json_put(o, "created", json_time(s->created));
	json_array_append_new(user, o);
}

int app_shot_list(struct app_call *c, struct str site, struct str scan, struct str finding,
		  struct str kind, struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_shot_filter f = { .site = site, .scan = scan, .kind = kind };

	if (app_require(c, PERM_SCAN_READ, e) < 0)
		return -1;
	if (finding.len) {
		struct store_finding v;

		if (app_finding_load(c, finding, &v, e) < 0)
			return -1;
		ssize_t hash = str_chr(v.url, '#');

		f.scan = v.scan;
		f.url = hash < 0 ? v.url : str_sub(v.url, 0, (size_t)hash);
	}
	if (store_shot_list(c->db, c->actor->tenant_id, &f, page, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_shot_image(struct app_call *c, struct str id, struct str *ret_name, struct buf *out,
		   struct error *e)
{
	struct store_shot s;
	int found;

	if (app_require(c, PERM_SCAN_READ, e) < 0)
		return -1;
	found = store_shot_get(c->db, c->actor->tenant_id, id, c->arena, &s, e);
	if (found <= 0)
		return found < 0 ? -1 : app_missing(e, "shot", "截图", "screenshot");
	if (store_blob_get(c->db, s.tenant, s.blob, out, e) < 0)
		return -1;
	*ret_name = arena_printf(c->arena, "%.*s.png", STR_ARG(s.id));
	return 0;
}

struct gather {
	struct app_call *c;
	json_t *list;
	size_t room;
	struct error *e;
	bool failed;
};

static void gather_one(const struct store_shot *s, void *user)
{
	struct gather *g = user;
	_cleanup_buf_ struct buf png = BUF_INIT(LIMIT_SHOT), text = BUF_INIT(LIMIT_SHOT * 2);
	json_t *o;

	if (g->failed || (size_t)s->size > g->room)
		return;
	if (store_blob_get(g->c->db, s->tenant, s->blob, &png, g->e) < 0) {
		g->failed = true;
		return;
	}
	g->room -= (size_t)s->size;
	encode_base64(&text, buf_view(&png));
	o = json_object();
	json_put(o, "kind", json_str(s->kind));
	json_put(o, "url", json_str(s->url));
	json_put(o, "title", json_str(s->title));
	json_put(o, "created", json_time(s->created));
	json_put(o, "width", json_integer(s->width));
	json_put(o, "height", json_integer(s->height));
	json_put(o, "png", json_str(buf_view(&text)));
	json_array_append_new(g->list, o);
}

int app_shot_model(struct app_call *c, struct str scan, size_t room, json_t **ret, struct error *e)
{
	static const char *const kinds[] = { "proof", "page" };
	_cleanup_json_ json_t *list = json_array();
	struct gather g = { c, list, room, e, false };

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !g.failed; i++) {
		struct store_shot_filter f = { .scan = scan, .kind = str_c(kinds[i]) };
		struct store_page page = { .limit = SHOTS_PROOFS };

		if (store_shot_list(c->db, c->actor->tenant_id, &f, &page, c->arena, gather_one, &g, e) < 0)
			return -1;
	}
	if (g.failed)
		return -1;
	*ret = take_ptr(list);
	return 0;
}

int app_shot_forget(struct app_call *c, struct str tenant, struct str site, struct error *e)
{
	return store_shot_trim(c->db, tenant, site, 0, e);
}
