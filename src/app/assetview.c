/* Assets as people look at them: lists with what hangs on each, history, export. */
#include "app/asset.h"
#include "app/finding.h"
#include "app/site.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/map.h"
#include "net/url.h"
#include "scan/asset/asset.h"

/* ---- what weakness hangs on what ---- */

struct live {
	struct app_call *c;
	struct store_finding *list;
	size_t n;
};

static void note_live(const struct store_finding *f, void *user)
{
	struct live *l = user;

	if (l->n < LIMIT_SCAN_SEEDS)
		l->list[l->n++] = *f;
}

/* "tcp://host:6379/" too, which is no URL of the web. */
static int64_t port_of(struct arena *a, struct str url)
{
	struct str rest;
	ssize_t at = str_find(url, STR("://"));
	struct url u;
	uint64_t n;

	if (str_starts(url, STR("http")))
		return url_parse(a, url, NULL, URL_RAW_PATH, &u, NULL) < 0 ? 0 : u.port;
	rest = str_from(url, at < 0 ? url.len : (size_t)at + 3);
	at = str_chr(rest, '/');
	rest = at < 0 ? rest : str_sub(rest, 0, (size_t)at);
	at = str_rchr(rest, ':');
	return at >= 0 && str_to_u64(str_from(rest, (size_t)at + 1), &n) == 0 ? (int64_t)n : 0;
}

static bool hangs_on(struct arena *a, const struct store_finding *f, const struct store_asset_fact *x)
{
	bool same_port = x->port && port_of(a, f->url) == x->port;

	if (str_eq(x->kind, STR("dns")) || str_eq(x->kind, STR("subdomain")))
		return str_eq(f->check, STR("asset-zone-transfer")) && str_starts(x->key, STR("NS"));
	if (!same_port)
		return false;
	if (str_eq(x->kind, STR("certificate")))
		return str_has(f->check, STR("certificate")) || str_starts(f->check, STR("tls-cert"));
	if (str_eq(x->kind, STR("tls")))
		return str_has(f->check, STR("tls"));
	if (str_eq(x->kind, STR("software"))) /* one that names it */
		return x->product.len && str_istarts(f->parameter, x->product);
	return (str_eq(x->kind, STR("port")) || str_eq(x->kind, STR("service"))) &&
	       str_starts(x->key, STR("udp/")) == str_starts(f->url, STR("udp:"));
}

static struct live *live_of(struct app_call *c, struct map *cache, struct str site)
{
	struct live *l = map_get(cache, site);
	struct store_site s;

	if (l)
		return l;
	l = arena_new_of(c->arena, struct live);
	l->c = c;
	l->list = arena_array(c->arena, LIMIT_SCAN_SEEDS, sizeof(*l->list));
	if (app_may(c, PERM_FINDING_READ) && app_site_load(c, site, &s, NULL) == 0)
		store_finding_live(c->db, s.tenant, s.id, s.origin, false, LIMIT_SCAN_SEEDS, c->arena, note_live, l,
				   NULL);
	map_put(cache, site, l);
	return l;
}

static json_t *findings_json(struct app_call *c, const struct live *l, const struct store_asset_fact *x, bool full)
{
	json_t *list = json_array();
	int64_t worst = -1;
	int n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (!hangs_on(c->arena, &l->list[i], x))
			continue;
		n++;
		if (l->list[i].severity > worst)
			worst = l->list[i].severity;
		if (full && n <= 100)
			json_array_append_new(list, app_finding_json(c, &l->list[i]));
	}
	if (full)
		return list;
	json_decref(list);
	json_t *o = json_object();

	json_put(o, "count", json_integer(n));
	json_put(o, "worst", worst < 0 ? json_null() : json_c(severity_name((enum severity)worst)));
	return o;
}

static json_t *fact_json(const struct store_asset_fact *f)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(f->id));
	json_put(o, "site_id", json_str(f->site));
	json_put(o, "site_name", json_str(f->site_name));
	json_put(o, "kind", json_str(f->kind));
	json_put(o, "key", json_str(f->key));
	json_put(o, "title", json_str(f->title));
	json_put(o, "host", json_str(f->host));
	json_put(o, "port", f->port ? json_integer(f->port) : json_null());
	json_put(o, "product", json_str(f->product));
	json_put(o, "version", json_str(f->version));
	json_put(o, "cpe", json_str(f->cpe));
	json_put(o, "confidence", json_integer(f->confidence));
	json_put(o, "detail", app_text_json(f->detail));
	json_put(o, "source", json_str(f->source));
	json_put(o, "state", json_str(f->state));
	json_put(o, "first_seen", json_time(f->first_seen));
	json_put(o, "last_seen", json_time(f->last_seen));
	json_put(o, "changed_at", json_time(f->changed_at));
	json_put(o, "gone_at", json_time(f->gone_at));
	return o;
}

struct listing {
	struct app_call *c;
	json_t *items;
	struct map *cache;
};

static void list_fact(const struct store_asset_fact *f, void *user)
{
	struct listing *l = user;
	json_t *o = fact_json(f);

	json_put(o, "findings", findings_json(l->c, live_of(l->c, l->cache, f->site), f, false));
	json_array_append_new(l->items, o);
}

int app_asset_list(struct app_call *c, const struct store_asset_filter *f, struct store_page *page, json_t **ret,
		   struct error *e)
{
	struct store_asset_filter own = *f;
	_cleanup_json_ json_t *items = json_array();
	_cleanup_map_ struct map *cache = map_new();
	struct listing l = { c, items, cache };

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_SITE_READ, e) < 0 ||
	    store_asset_fact_list(c->db, &own, page, c->arena, list_fact, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static void list_event(const struct store_asset_event *v, void *user)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "site_id", json_str(v->site));
	json_put(o, "site_name", json_str(v->site_name));
	json_put(o, "asset_id", json_str(v->fact));
	json_put(o, "time", json_time(v->time));
	json_put(o, "type", json_str(v->type));
	json_put(o, "kind", json_str(v->kind));
	json_put(o, "title", json_str(v->title));
	json_put(o, "port", v->port ? json_integer(v->port) : json_null());
	json_put(o, "was", app_str_or_null(v->was));
	json_array_append_new(user, o);
}

int app_asset_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_page page = { .limit = LIMIT_API_PAGE };
	_cleanup_json_ json_t *history = json_array();
	_cleanup_map_ struct map *cache = map_new();
	struct store_asset_fact f;
	int found;

	if (app_require(c, PERM_SITE_READ, e) < 0)
		return -1;
	found = store_asset_fact_get(c->db, c->actor->tenant_id, id, c->arena, &f, e);
	if (found <= 0)
		return found < 0 ? -1 : app_missing(e, "asset", "资产", "asset");
	if (store_asset_event_list(c->db, f.tenant, STR_NULL, f.id, &page, c->arena, list_event, history, e) < 0)
		return -1;
	json_t *o = fact_json(&f);

	json_put(o, "findings", findings_json(c, live_of(c, cache, f.site), &f, true));
	json_put(o, "history", take_ptr(history));
	*ret = o;
	return 0;
}

static void put_count(struct str kind, int64_t n, void *user)
{
	char name[32];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(kind));
	json_put(user, name, json_integer(n));
}

int app_asset_summary(struct app_call *c, struct str site, json_t **ret, struct error *e)
{
	static const char *const kinds[] = { "port", "service", "system", "software", "certificate", "tls", "dns",
					     "subdomain" };
	_cleanup_json_ json_t *o = json_object();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		json_put(o, kinds[i], json_integer(0));
	if (app_require(c, PERM_SITE_READ, e) < 0 ||
	    store_asset_fact_counts(c->db, c->actor->tenant_id, site, c->arena, put_count, o, e) < 0)
		return -1;
	*ret = take_ptr(o);
	return 0;
}

int app_asset_history(struct app_call *c, struct str site, struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_SITE_READ, e) < 0 ||
	    store_asset_event_list(c->db, c->actor->tenant_id, site, STR_NULL, page, c->arena, list_event, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

/* ---- export ---- */

static void csv_fact(const struct store_asset_fact *f, void *user)
{
	const struct str cells[] = { f->site_name, f->kind, f->title, f->host, f->product, f->version, f->cpe, f->state };
	struct buf *out = user;
	char when[CLOCK_RFC3339_SIZE];

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		app_csv_cell(out, cells[i]);
		buf_char(out, ',');
	}
	buf_printf(out, "%lld,%lld,", (long long)f->port, (long long)f->confidence);
	clock_format_rfc3339(f->first_seen, when);
	buf_printf(out, "%s,", when);
	clock_format_rfc3339(f->last_seen, when);
	buf_printf(out, "%s\r\n", when);
}

int app_asset_csv(struct app_call *c, const struct store_asset_filter *f, struct buf *out, struct error *e)
{
	struct store_asset_filter own = *f;
	struct store_page page = { .limit = LIMIT_API_PAGE, .sort = STR("site") };

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_SITE_READ, e) < 0)
		return -1;
	buf_c(out, "\xef\xbb\xbf网站,种类,名称,主机,产品,版本,CPE,状态,端口,可信度,首次发现,最近发现\r\n");
	for (int i = 0; i < LIMIT_EXPORT_PAGES; i++) {
		if (store_asset_fact_list(c->db, &own, &page, c->arena, csv_fact, out, e) < 0)
			return -1;
		if (!page.next.len)
			break;
		page.after = page.next;
	}
	return 0;
}
