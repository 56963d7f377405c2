/* Facts about what a site stands on, and their history: see asset.h. */
#include "app/asset.h"

#include "base/limits.h"

struct str app_asset_software_key(struct arena *a, struct str product, int64_t port)
{
	char *key = arena_cstr(a, product);

	for (size_t i = 0; i < product.len; i++)
		key[i] = key[i] == ' ' ? '-' : ascii_lower(key[i]);
	return arena_printf(a, "%s@%lld", key, (long long)port);
}

static int note(struct app_call *c, const struct store_asset_fact *f, const char *type,
		struct str was, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_asset_event v = { .id = id_str(&id), .tenant = f->tenant, .site = f->site,
				       .fact = f->id, .time = c->now, .type = str_c(type),
				       .kind = f->kind, .title = f->title, .was = was,
				       .run = f->run };

	return store_asset_event_add(c->db, &v, e) < 0 ? -1 : 1;
}

static struct str bounded(struct str s, size_t max)
{
	return str_sub(s, 0, max);
}

static void take(struct store_asset_fact *row, const struct app_asset_fact *f)
{
	row->title = bounded(f->title, LIMIT_ASSET_TITLE);
	row->host = bounded(f->host, LIMIT_NET_HOST);
	row->port = f->port;
	row->product = bounded(f->product, 128);
	row->version = bounded(f->version, 128);
	row->cpe = bounded(f->cpe, 256);
	row->confidence = f->confidence > 100 ? 100 : f->confidence;
	row->detail = f->detail.len && f->detail.len <= LIMIT_ASSET_DETAIL ? f->detail : STR("{}");
	row->source = str_c(f->source);
	row->run = f->run;
}

static int add(struct app_call *c, struct str site, const struct app_asset_fact *f, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_asset_fact row = { .id = id_str(&id), .tenant = c->actor->tenant_id, .site = site,
					.kind = str_c(f->kind), .key = bounded(f->key, 512),
					.state = STR("present"), .first_seen = c->now,
					.last_seen = c->now };

	take(&row, f);
	if (store_asset_fact_insert(c->db, &row, e) < 0)
		return -1;
	return note(c, &row, "appeared", STR_NULL, e);
}

int app_asset_fact_put(struct app_call *c, struct str site, const struct app_asset_fact *f,
		       struct error *e)
{
	struct app_asset_fact want = *f;
	struct store_asset_fact row, was;
	int found = store_asset_fact_find(c->db, c->actor->tenant_id, site, str_c(f->kind),
					  bounded(f->key, 512), c->arena, &row, e);
	bool gone, changed;

	if (found <= 0)
		return found < 0 ? -1 : add(c, site, f, e);
	was = row;
	gone = str_eq(row.state, STR("gone"));
	if (!want.version.len && row.version.len && !gone && str_eq(row.product, f->product)) {
		want.version = row.version;
		want.title = row.title;
		want.cpe = row.cpe;
	}
	take(&row, &want);
	changed = !str_eq(row.title, was.title) || !str_eq(row.version, was.version) ||
		  !str_eq(row.product, was.product) || !str_eq(row.cpe, was.cpe);
	row.state = STR("present");
	row.last_seen = c->now;
	row.gone_at = 0;
	if (changed || gone)
		row.changed_at = c->now;
	if (store_asset_fact_save(c->db, &row, e) < 0)
		return -1;
	if (gone)
		return note(c, &row, "returned", changed ? was.title : STR_NULL, e);
	return changed ? note(c, &row, "changed", was.title, e) : 0;
}

struct stale {
	struct app_call *c;
	struct str run;
	bool (*ours)(const struct store_asset_fact *f, void *user);
	void *user;
	int n;
	struct error *e;
};

static void mark_gone(const struct store_asset_fact *f, void *user)
{
	struct stale *s = user;
	struct store_asset_fact row = *f;

	if (s->n < 0 || (s->ours && !s->ours(f, s->user)))
		return;
	row.state = STR("gone");
	row.gone_at = s->c->now;
	row.run = s->run;
	if (store_asset_fact_save(s->c->db, &row, s->e) < 0 ||
	    note(s->c, &row, "gone", STR_NULL, s->e) < 0)
		s->n = -1;
	else
		s->n++;
}

int app_asset_facts_gone(struct app_call *c, struct str site, const char *source, struct str run,
			 bool (*ours)(const struct store_asset_fact *f, void *user), void *user,
			 struct error *e)
{
	struct stale s = { c, run, ours, user, 0, e };

	if (store_asset_fact_stale(c->db, c->actor->tenant_id, site, source, run, LIMIT_ASSET_FACTS,
				   c->arena, mark_gone, &s, e) < 0)
		return -1;
	return s.n;
}
