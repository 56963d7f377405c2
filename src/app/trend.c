/* Trends of text checks from counters: how many texts per hour or day came to what, which labels,
 * scenes, sources and terms. No text is read for it. */
#include "app/text.h"
#include "base/limits.h"

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

struct trend {
	struct app_call *c;
	json_t *series, *labels, *scenes, *sources, *terms, *totals;
	int64_t unit; /* hours */
	int64_t slot; /* of the last item of series */
};

static void add_to(json_t *o, const char *key, int64_t n)
{
	json_put(o, key, json_integer(json_get_int(o, key, 0) + n));
}

static json_t *new_item(const char *key, json_t *value)
{
	json_t *o = json_object();

	json_put(o, key, value);
	json_put(o, "pass", json_integer(0));
	json_put(o, "review", json_integer(0));
	json_put(o, "block", json_integer(0));
	return o;
}

static json_t *item_of(json_t *list, const char *key, struct str value)
{
	size_t i;
	json_t *o;

	json_array_foreach(list, i, o)
		if (str_eq(json_get_str(o, key), value))
			return o;
	o = new_item(key, json_str(value));
	json_array_append_new(list, o);
	return o;
}

static void add_action(json_t *o, struct str suggestion, int64_t n)
{
	char key[16];

	snprintf(key, sizeof(key), "%.*s", STR_ARG(suggestion));
	add_to(o, key, n);
}

static void note_count(const struct store_text_count *v, void *user)
{
	struct trend *t = user;
	int64_t slot = v->hour / t->unit * t->unit;
	json_t *item = json_array_get(t->series, json_array_size(t->series) - 1);

	if (!item || slot != t->slot) {
		item = new_item("time", json_time(slot * HOUR_MS));
		json_put(item, "labels", json_object());
		json_array_append_new(t->series, item);
		t->slot = slot;
	}
	if (!v->label.len) {
		add_action(item, v->suggestion, v->n);
		add_action(t->totals, v->suggestion, v->n);
		return;
	}
	char label[64];
	snprintf(label, sizeof(label), "%.*s", STR_ARG(v->label));
	add_to(json_object_get(item, "labels"), label, v->n);
	add_action(item_of(t->labels, "label", v->label), v->suggestion, v->n);
}

static void note_split(const struct store_text_count *v, void *user)
{
	struct trend *t = user;

	add_action(item_of(t->scenes, "scene", v->scene), v->suggestion, v->n);
	add_action(item_of(t->sources, "source", v->source), v->suggestion, v->n);
}

static void note_term(const struct store_term_count *v, void *user)
{
	struct trend *t = user;
	json_t *o = json_object();

	json_put(o, "term", json_str(v->term));
	json_put(o, "label", json_str(v->label));
	json_put(o, "n", json_integer(v->n));
	json_array_append_new(t->terms, o);
}

static int read_span(const struct app_call *c, const struct app_trend_wish *w, bool days, int64_t *from, int64_t *to,
		     struct error *e)
{
	*to = w->to ? w->to : c->now + 1;
	*from = w->from ? w->from : days ? *to - 30 * DAY_MS : *to - DAY_MS;
	if (*from >= *to)
		return error_field(e, "to", "input.order", "结束时间应晚于开始时间", "to must lie after from");
	if (*to - *from > LIMIT_TEXT_TREND_DAYS * DAY_MS || (!days && *to - *from > 31 * DAY_MS))
		return error_field(e, "from", "input.range", "按天最多查 %d 天，按小时最多 31 天",
				   "at most %d days by day, 31 by hour", LIMIT_TEXT_TREND_DAYS);
	return 0;
}

int app_text_trends(struct app_call *c, const struct app_trend_wish *w, json_t **ret, struct error *e)
{
	bool days = !str_eq(w->unit, STR("hour"));
	_cleanup_json_ json_t *v = json_object();
	struct trend t = { c, json_array(), json_array(), json_array(), json_array(), json_array(),
			   new_item("unit", json_c(days ? "day" : "hour")), days ? 24 : 1, -1 };
	struct store_trend_filter f = { .tenant = c->actor->tenant_id, .source = w->source, .scene = w->scene };
	int64_t from, to;

	json_put(v, "series", t.series);
	json_put(v, "labels", t.labels);
	json_put(v, "scenes", t.scenes);
	json_put(v, "sources", t.sources);
	json_put(v, "terms", t.terms);
	json_put(v, "totals", t.totals);
	if (app_require(c, PERM_TEXT_READ, e) < 0 || read_span(c, w, days, &from, &to, e) < 0)
		return -1;
	f.from = from / HOUR_MS;
	f.to = (to + HOUR_MS - 1) / HOUR_MS;
	if (store_text_count_list(c->db, &f, c->arena, note_count, &t, e) < 0 ||
	    store_text_count_split(c->db, &f, c->arena, note_split, &t, e) < 0 ||
	    store_term_count_top(c->db, f.tenant, from / DAY_MS, (to + DAY_MS - 1) / DAY_MS, 50, c->arena, note_term, &t, e) < 0)
		return -1;
	json_put(v, "from", json_time(from));
	json_put(v, "to", json_time(to));
	*ret = take_ptr(v);
	return 0;
}
