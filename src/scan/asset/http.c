/* Technologies of an HTTP port: its start page through the fingerprints of the scan
 * (data/fingerprints). What the service rules said already is not said twice. */
#include "scan/asset/asset_private.h"
#include "scan/fixture.h"
#include "scan/literals.h"
#include "scan/tech/tech_private.h"

#define LEAST 50 /* confidence */

static const struct asset_answer *start_page(const struct asset_port *p)
{
	for (size_t i = 0; i < p->answers_len; i++)
		if (strcmp(p->answers[i].probe, "http") == 0)
			return &p->answers[i];
	return NULL;
}

static struct scan_exchange *exchange_of(struct asset_run *r, const struct asset_port *p, struct str answer,
					 struct arena *a)
{
	_cleanup_buf_ struct buf b = BUF_INIT(2 * LIMIT_ASSET_ANSWER);
	struct scan_exchange *x = NULL;

	buf_printf(&b, "@url http%s://%.*s:%u/\nGET / HTTP/1.1\nHost: %.*s\n\n", p->tls ? "s" : "", STR_ARG(r->o->host),
		   p->number, STR_ARG(r->o->host));
	buf_str(&b, answer);
	return fixture_parse(arena_str(a, buf_view(&b)), a, &x, NULL) < 0 ? NULL : x;
}

static void on_literal(void *arg, const struct scan_check *check, size_t which, size_t at)
{
	tech_hit(arg, which, at);
}

static struct str vendor_product(struct str cpe)
{
	size_t colons = 0, i = 0;

	while (i < cpe.len && (colons += cpe.ptr[i] == ':') < 5)
		i++;
	return str_sub(cpe, 0, i);
}

static bool same(const struct service_match *m, const struct scan_tech *t)
{
	return (t->cpe.len && m->cpe.len && str_eq(vendor_product(m->cpe), vendor_product(t->cpe))) ||
	       str_ieq(m->product, t->name);
}

static void tell(struct asset_run *r, const struct asset_port *p, const struct scan_tech *t)
{
	char key[200];
	json_t *d;
	bool said = same(&p->match, t);

	for (size_t i = 0; i < p->also_len && !said; i++)
		said = same(&p->also[i], t);
	if (said || t->confidence < LEAST)
		return;
	snprintf(key, sizeof(key), "%.*s@%u", STR_ARG(str_sub(t->id, 0, 150)), p->number);
	for (char *c = key; *c; c++)
		*c = *c == ' ' ? '-' : ascii_lower(*c);
	d = json_object();
	json_put(d, "from", json_c("page"));
	json_put(d, "category", json_str(t->category));
	asset_emit(r, &(struct asset_fact){
			      .kind = STR("software"), .key = str_c(key), .port = p->number, .product = t->name,
			      .title = t->version.len ? arena_printf(r->arena, "%.*s %.*s", STR_ARG(t->name), STR_ARG(t->version)) :
							t->name,
			      .version = t->version, .cpe = t->cpe, .confidence = t->confidence },
		   d);
}

void asset_http(struct asset_run *r, const struct asset_port *p)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	const struct asset_answer *answer = start_page(p);
	struct scan_exchange *x = answer ? exchange_of(r, p, answer->bytes, a) : NULL;
	struct tech_set *set;
	struct tech *t;

	if (!x)
		return;
	set = tech_set_new();
	for (size_t i = 0; i < tech_table_count; i++)
		tech_set_add(set, &tech_table[i]);
	tech_set_done(set);
	t = tech_new(set);
	const struct scan_check *list[] = { &set->check, NULL };
	struct literals *l = literals_new(list);

	tech_begin(t, x);
	literals_scan(l, x->text.len ? x->text : x->body, on_literal, t);
	tech_end(t, l);
	literals_free(l);
	tech_resolve(t);
	for (size_t i = 0; i < t->list.len; i++)
		tell(r, p, &t->list.ptr[i]);
	tech_free(t);
}
