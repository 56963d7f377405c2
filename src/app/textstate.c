/* A tenant's state from its rows: settings, policies, and its lexicons compiled: one for all
 * shared lists together, one for each person's. Immutable once made. */
#include "app/textserve.h"
#include "app/lexicon.h"
#include "app/lexicon.h"
#include "app/policy.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vec.h"
#include "store/lexicon.h"
#include "store/policy.h"

#define STATE_ARENA ((size_t)1024 * MIB)

void text_settings_read(struct str json, struct text_settings *ret)
{
	_cleanup_json_ json_t *v = json_parse(json, NULL);
	struct str keep = json_get_str(v, "keep_key"), queue = json_get_str(v, "queue");

	ret->keep_console = json_get_bool(v, "keep_console", true);
	ret->second_look = json_get_bool(v, "second_look", true);
	ret->keep_key = str_eq(keep, STR("none")) ? TEXT_KEEP_NONE : str_eq(keep, STR("all")) ? TEXT_KEEP_ALL : TEXT_KEEP_FLAGGED;
	ret->queue = str_eq(queue, STR("none")) ? COMPLY_PASS : str_eq(queue, STR("block")) ? COMPLY_BLOCK : COMPLY_REVIEW;
	ret->retention_days = json_get_int(v, "retention_days", 90);
	ret->rate_per_second = json_get_int(v, "rate_per_second", 0);
}

/* ---- policies ---- */

struct loading {
	struct app_call *c;
	struct text_tenant *t;
	struct arena *a; /* the state's */
	VEC(struct text_policy) policies;
	VEC(struct store_lexicon) lists;
};

static void note_policy(const struct store_policy *v, void *user)
{
	struct loading *l = user;
	struct text_policy *p;

	if (!v->enabled)
		return;
	p = vec_push(&l->policies);
	*p = (struct text_policy){ .id = arena_str(l->a, v->id), .name = arena_str(l->a, v->name),
				   .scene = arena_str(l->a, v->scene), .base = arena_str(l->a, v->base),
				   .starts = v->starts, .ends = v->ends };
	p->rules = app_policy_rules(v->rules, l->a, &p->rules_len);
}

/* Time-limited ones over the permanent ones. */
static void order_policies(struct loading *l)
{
	size_t n = 0;

	l->t->policies = arena_array(l->a, l->policies.len + 1, sizeof(*l->t->policies));
	for (int limited = 0; limited < 2; limited++)
		for (size_t i = 0; i < l->policies.len; i++) {
			const struct text_policy *p = &l->policies.ptr[i];

			if ((p->starts || p->ends) == (bool)limited)
				l->t->policies[n++] = *p;
		}
	l->t->policies_len = n;
}

/* ---- lexicons ---- */

static void note_list(const struct store_lexicon *v, void *user)
{
	struct loading *l = user;

	if (v->enabled && v->entries > 0)
		*vec_push(&l->lists) = *v;
}

struct entries {
	struct arena *a;
	VEC(struct comply_entry) v;
};

static void note_entry(const struct store_entry *v, void *user)
{
	struct entries *list = user;

	if (list->v.len < LIMIT_LEXICON_ENTRIES)
		app_lexicon_entry(v, vec_push(&list->v));
}

/* An entry that this version of the engine does not take is left out, not the whole list. */
static int compile(const struct comply *engine, struct entries *list, struct str version, struct comply_lexicon **ret,
		   struct error *e)
{
	for (int tries = 0; list->v.len; tries++) {
		struct error why = { 0 };
		size_t bad;

		if (comply_lexicon_build(engine, list->v.ptr, list->v.len, version, ret, &why) == 0)
			return 0;
		if (tries == 200 || !app_lexicon_bad_entry(&why, &bad) || bad >= list->v.len) {
			if (e)
				*e = why;
			return -1;
		}
		log_event(LOG_WARN, "text", "lexicon.entry-left-out", LOG_STR("entry", list->v.ptr[bad].id), LOG_ERR(&why), LOG_END);
		list->v.ptr[bad] = list->v.ptr[--list->v.len];
	}
	return 0;
}

/* The lists [from, to) of one owner together. */
static int load_owner(struct loading *l, const struct comply *engine, size_t from, size_t to, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(STATE_ARENA);
	struct entries list = { .a = a };
	_cleanup_buf_ struct buf version = BUF_INIT(4 * KIB);
	struct comply_lexicon *made = NULL;
	struct str owner = l->lists.ptr[from].owner;
	int r = 0;

	for (size_t i = from; i < to && r == 0; i++) {
		buf_printf(&version, "%s%.*s@%lld", i > from ? "+" : "", STR_ARG(str_from(l->lists.ptr[i].id, 18)),
			   (long long)l->lists.ptr[i].version);
		/* Of the version that is named: somebody may have gone on to the next one since. */
		r = store_entry_at(l->c->db, l->lists.ptr[i].id, l->lists.ptr[i].version, a, note_entry, &list, e);
	}
	if (r == 0)
		r = compile(engine, &list, buf_view(&version), &made, e);
	vec_free(&list.v);
	if (r < 0 || !made)
		return r;
	if (!owner.len)
		l->t->shared = made;
	else
		l->t->persons[l->t->persons_len++] = (struct text_person){ arena_str(l->a, owner), made };
	return 0;
}

static int load_lists(struct loading *l, const struct comply *engine, struct error *e)
{
	size_t from = 0;

	l->t->persons = arena_array(l->a, l->lists.len + 1, sizeof(*l->t->persons));
	while (from < l->lists.len) {
		size_t to = from + 1;

		while (to < l->lists.len && str_eq(l->lists.ptr[to].owner, l->lists.ptr[from].owner))
			to++;
		if (load_owner(l, engine, from, to, e) < 0)
			return -1;
		from = to;
	}
	return 0;
}

void text_tenant_free(struct text_tenant *t)
{
	comply_lexicon_free(t->shared);
	for (size_t i = 0; i < t->persons_len; i++)
		comply_lexicon_free(t->persons[i].lexicon);
	arena_free(t->arena);
	free(t);
}

struct read {
	struct loading *l;
	struct str settings;
};

/* One moment of the database. */
static int read_rows(struct app_call *c, void *arg, struct error *e)
{
	struct read *r = arg;
	struct str tenant = c->actor->tenant_id;

	vec_clear(&r->l->policies);
	vec_clear(&r->l->lists);
	if (store_text_state(c->db, tenant, r->l->a, &r->l->t->generation, &r->settings, e) < 0 ||
	    store_policy_list(c->db, tenant, r->l->a, note_policy, r->l, e) < 0)
		return -1;
	return store_lexicon_list(c->db, tenant, STR("*"), r->l->a, note_list, r->l, e);
}

int text_tenant_load(struct app_call *c, const struct comply *engine, struct text_tenant **ret, struct error *e)
{
	struct text_tenant *t = mem_alloc(sizeof(*t));
	struct loading l = { .c = c, .t = t };
	struct read rows = { .l = &l };
	int r;

	t->refs = 1;
	l.a = t->arena = arena_new(64 * MIB);
	/* The generation is read first: what changes meanwhile only makes the next look load again. */
	r = read_rows(c, &rows, e);
	if (r == 0) {
		text_settings_read(rows.settings, &t->settings);
		order_policies(&l);
		r = load_lists(&l, engine, e);
	}
	vec_free(&l.policies);
	vec_free(&l.lists);
	if (r < 0) {
		text_tenant_free(t);
		return -1;
	}
	*ret = t;
	return 0;
}
