/* Technologies of one run: feeds the tech room with every exchange that passes, keeps what
 * was recognised in the journal, tells it on, and fetches the favicon of each origin
 * once. */
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"
#include "scan/tech/tech_private.h"

#define TECH_SURE 50 /* confidence from which run_has_tech() says yes */
#define TECH_ICONS 8 /* origins whose icon is fetched */

struct technologies {
	struct tech *tech;
	struct map *icons; /* URLs and origins already asked for */
};

static void journal_match(void *ctx, struct str id, size_t signal, const char *version, struct str url)
{
	struct run *r = ctx;
	struct buf b;
	buf_init(&b, 16 * KIB);
	buf_u32(&b, (uint32_t)signal);
	buf_blob(&b, str_c(version));
	buf_blob(&b, url);
	run_journal(r, "tech", id, buf_view(&b));
	buf_free(&b);
}

void technologies_replayed(struct run *r, struct str key, struct str bytes)
{
	struct reader rd = reader_of(bytes);
	uint32_t signal;
	struct str version, url;
	if (str_starts(key, STR("icon "))) {
		map_add(r->technologies->icons, str_from(key, 5));
		return;
	}
	if (reader_u32(&rd, &signal) == 0 && reader_blob(&rd, &version) == 0 && reader_blob(&rd, &url) == 0)
		tech_replay(r->technologies->tech, key, signal, version, url);
}

static void say_import(struct run *r, size_t file, const struct tech_import *m)
{
	char zh[400], en[400];
	size_t at = 0;
	char kinds[200] = "";
	for (size_t i = 0; i < ARRAY_SIZE(m->by_kind); i++)
		if (m->by_kind[i] && at < sizeof(kinds) - 30)
			at += (size_t)snprintf(kinds + at, sizeof(kinds) - at, " %s %zu", tech_import_kinds[i], m->by_kind[i]);
	snprintf(zh, sizeof(zh), "指纹文件 %zu：采用 %zu 条指纹（%zu 个特征），不支持的特征 %zu 个%s%s，未采用 %zu 条。", file,
		 m->taken, m->signals, m->unsupported, kinds[0] ? "：" : "", kinds, m->refused);
	snprintf(en, sizeof(en), "Fingerprint file %zu: %zu taken (%zu signals), %zu signals not supported%s%s, %zu left out.",
		 file, m->taken, m->signals, m->unsupported, kinds[0] ? ":" : "", kinds, m->refused);
	run_log(r, zh, en);
}

void technologies_start(struct run *r)
{
	struct tech_set *set = tech_set_new();
	for (size_t i = 0; i < tech_table_count; i++)
		tech_set_add(set, &tech_table[i]);
	for (size_t i = 0; i < r->o.fingerprints_len; i++) {
		struct tech_import m = { 0 };
		struct error e = { 0 };
		if (tech_import(set, r->o.fingerprints[i], &m, &e) < 0)
			run_log(r, e.zh, e.en);
		else
			say_import(r, i + 1, &m);
	}
	tech_set_done(set);
	r->technologies = mem_alloc(sizeof(*r->technologies));
	r->technologies->icons = map_new();
	r->technologies->tech = tech_new(set);
	r->technologies->tech->on_match = journal_match;
	r->technologies->tech->ctx = r;
}

void technologies_free(struct run *r)
{
	if (!r->technologies)
		return;
	tech_free(r->technologies->tech);
	map_free(r->technologies->icons);
	free(r->technologies);
	r->technologies = NULL;
}

const struct scan_check *technologies_check(const struct run *r)
{
	return &r->technologies->tech->set->check;
}

void technologies_begin(struct run *r, const struct scan_exchange *x)
{
	tech_begin(r->technologies->tech, x);
}

void technologies_hit(struct run *r, size_t which, size_t at)
{
	tech_hit(r->technologies->tech, which, at);
}

/* Tells what is new or known better. */
static void tell(struct run *r)
{
	struct tech *t = r->technologies->tech;
	for (size_t i = 0; i < t->list.len && r->events->tech; i++) {
		const struct scan_tech *k = &t->list.ptr[i];
		struct tech_state *s = tech_state_of(t, k->id);
		if (s->told_confidence >= k->confidence && str_eq(str_c(s->told_version), k->version))
			continue;
		s->told_confidence = k->confidence;
		snprintf(s->told_version, sizeof(s->told_version), "%.*s", STR_ARG(k->version));
		r->events->tech(r->events->ctx, k, s->url.len ? s->url : r->o.target);
	}
}

void technologies_end(struct run *r)
{
	tech_end(r->technologies->tech, r->literals);
	if (r->phase >= PHASE_ATTACK)
		tell(r);
}

void technologies_tell(struct run *r)
{
	struct tech *t = r->technologies->tech;
	if (t->changed)
		tech_resolve(t);
	tell(r);
}

size_t run_techs(struct run *r, const struct scan_tech **ret)
{
	struct tech *t = r->technologies->tech;
	if (t->changed)
		tech_resolve(t);
	*ret = t->list.ptr;
	return t->list.len;
}

bool run_has_tech(struct run *r, struct str id)
{
	const struct scan_tech *list;
	size_t low = 0, high = run_techs(r, &list);
	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = str_cmp(id, list[mid].id);
		if (c == 0)
			return list[mid].confidence >= TECH_SURE;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

/* ---- favicons ---- */

static void on_icon(struct send *s)
{
	struct run *r = s->run;
	const struct scan_exchange *x = &s->answer->x;
	if (!s->answer->error[0] && x->status == 200 && !x->page && x->body.len <= 1 * MIB)
		tech_icon(r->technologies->tech, x->body, x->url);
	send_free(s);
}

static void fetch_icon(struct run *r, struct str url)
{
	struct url u;
	struct buf b;
	struct send *s;
	if (url_parse(r->arena, url, &r->target, 0, &u, NULL) < 0 || !run_in_scope(r, &u) || run_excluded(r, url))
		return;
	struct str whole = url_text(r->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO);
	if (!map_add(r->technologies->icons, whole) || !(s = send_new(r, STR("GET"), whole, 0, NULL)))
		return;
	s->done = on_icon;
	points_headers(r, s, &(struct spec){ .method = STR("GET"), .url = whole });
	send_queue(s);
	buf_init(&b, 16 * KIB);
	buf_printf(&b, "icon %.*s", STR_ARG(whole));
	run_journal(r, "tech", buf_view(&b), STR(""));
	buf_free(&b);
}

/* The first page of an origin: its icon, where the page says or where browsers look. */
void technologies_page(struct run *r, const struct scan_exchange *x)
{
	size_t at = 0;
	const struct scan_tag *t;
	bool named = false;
	struct map *icons = r->technologies->icons;
	if (!x->page || x->missing || r->o.retest_len || map_len(icons) >= 2 * TECH_ICONS || !map_add(icons, x->origin))
		return;
	while (!named && (t = scan_page_tag(x->page, "link", &at))) {
		struct str rel = scan_tag_attr(t, "rel"), href = scan_tag_attr(t, "href");
		struct url u, base;
		if (!(str_ieq(rel, STR("icon")) || str_ieq(rel, STR("shortcut icon"))) || !href.len || href.len > 2000)
			continue;
		if (url_parse(r->arena, x->url, NULL, 0, &base, NULL) < 0 || url_parse(r->arena, href, &base, 0, &u, NULL) < 0)
			continue;
		fetch_icon(r, url_text(r->arena, &u, URL_NO_FRAGMENT | URL_NO_USERINFO));
		named = true;
	}
	fetch_icon(r, arena_printf(r->arena, "%.*s/favicon.ico", STR_ARG(x->origin)));
}
