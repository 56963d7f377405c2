/* The review queue: see review.h. Every step is an event of the item and an audit event; neither
 * carries the text. */
#include "app/review.h"

#include "app/lexicon.h"
#include "app/textserve.h"
#include "app/text.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/policy.h"
#include "store/tenant.h"
#include "store/text.h"

static json_t *view(const struct store_review *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "text_id", json_str(v->check));
	json_put(o, "state", json_str(v->state));
	json_put(o, "source", json_str(v->source));
	json_put(o, "scene", json_str(v->scene));
	app_text_verdict(o, v->suggestion, v->score, v->label, v->sub_label);
	json_put(o, "excerpt", json_str(v->excerpt));
	json_put(o, "assignee", app_person_json(v->assignee_id, v->assignee_name));
	json_put(o, "decision", app_str_or_null(v->decision));
	json_put(o, "reason", json_str(v->reason));
	json_put(o, "decided_by", app_person_json(v->decided_by, v->decided_by_name));
	json_put(o, "decided", json_time(v->decided));
	json_put(o, "first_decision", app_str_or_null(v->first_decision));
	json_put(o, "first_by", app_person_json(v->first_by, v->first_by_name));
	json_put(o, "created", json_time(v->created));
	json_put(o, "updated", json_time(v->updated));
	return o;
}

static void list_one(const struct store_review *v, void *user)
{
	json_array_append_new(user, view(v));
}

int app_review_list(struct app_call *c, const struct store_review_filter *f, struct store_page *page, json_t **ret,
		    struct error *e)
{
	struct store_review_filter own = *f;
	_cleanup_json_ json_t *items = json_array();

	own.tenant = c->actor->tenant_id;
	if (str_eq(own.assignee, STR("me")))
		own.assignee = c->actor->user_id;
	if (app_require(c, PERM_REVIEW_READ, e) < 0 ||
	    store_review_list(c->db, &own, page, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

struct counts {
	json_t *states, *labels, *decisions;
	struct str me;
	int64_t mine, unassigned;
};

static void add_to(json_t *o, struct str key, int64_t n)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(key));
	if (key.len)
		json_put(o, name, json_integer(json_get_int(o, name, 0) + n));
}

static void count_one(struct str state, struct str label, struct str decision, struct str assignee, int64_t n,
		      void *user)
{
	struct counts *k = user;
	bool waits = !str_eq(state, STR("decided"));

	add_to(k->states, state, n);
	add_to(k->decisions, decision, n);
	if (!waits)
		return;
	add_to(k->labels, label, n);
	k->unassigned += assignee.len ? 0 : n;
	k->mine += assignee.len && str_eq(assignee, k->me) ? n : 0;
}

int app_review_counts(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *v = json_object();
	struct counts k = { json_object(), json_object(), json_object(), c->actor->user_id, 0, 0 };

	json_put(v, "states", k.states);
	json_put(v, "labels", k.labels);
	json_put(v, "decisions", k.decisions);
	if (app_require(c, PERM_REVIEW_READ, e) < 0 ||
	    store_review_counts(c->db, c->actor->tenant_id, c->arena, count_one, &k, e) < 0)
		return -1;
	json_put(v, "mine", json_integer(k.mine));
	json_put(v, "unassigned", json_integer(k.unassigned));
	*ret = take_ptr(v);
	return 0;
}

static int load(struct app_call *c, struct str id, struct store_review *ret, struct error *e)
{
	int r = store_review_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "review", "复核事项", "review item");
}

static void list_event(const struct store_review_event *v, void *user)
{
	json_t *o = json_object();

	json_put(o, "action", json_str(v->action));
	json_put(o, "detail", json_str(v->detail));
	json_put(o, "by", app_person_json(v->account_id, v->account_name));
	json_put(o, "created", json_time(v->created));
	json_array_append_new(user, o);
}

int app_review_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *events = json_array();
	struct store_review v;
	struct store_text text;
	int found;

	if (app_require(c, PERM_REVIEW_READ, e) < 0 || load(c, id, &v, e) < 0 ||
	    store_review_event_list(c->db, v.tenant, v.id, c->arena, list_event, events, e) < 0)
		return -1;
	found = store_text_get(c->db, v.tenant, v.check, c->arena, &text, e);
	if (found < 0)
		return -1;
	*ret = view(&v);
	json_put(*ret, "events", take_ptr(events));
	json_put(*ret, "text", found ? json_str(text.text) : json_null());
	json_put(*ret, "result", found ? app_text_json(text.result) : json_null());
	json_put(*ret, "marks", found ? app_text_json(text.marks) : json_null());
	return 0;
}

/* ---- steps ---- */

static int note(struct app_call *c, const struct store_review *v, const char *action, struct str detail, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_review_event ev = { .id = id_str(&id), .review = v->id, .tenant = v->tenant, .action = str_c(action),
					 .detail = detail, .account_id = c->actor->user_id,
					 .account_name = c->actor->user_name, .created = c->now };
	_cleanup_json_ json_t *o = json_object();
	char audit[64];

	if (store_review_event_insert(c->db, &ev, e) < 0)
		return -1;
	json_put(o, "state", json_str(v->state));
	json_put(o, "detail", json_str(detail));
	json_put(o, "review_id", json_str(v->id));
	snprintf(audit, sizeof(audit), "review.%s", action);
	if (app_audit(c, audit, "review", v->id, STR(""), o, e) < 0)
		return -1;
	return app_event(c, "review", "review.changed", o, e);
}

static int save(struct app_call *c, struct store_review *v, struct error *e)
{
	int r;

	v->updated = c->now;
	r = store_review_save(c->db, v, e);
	return r > 0 ? 0 : r < 0 ? -1 : app_conflict(e, "review");
}

struct step {
	struct str id;
	const json_t *in;
};

static int find_assignee(struct app_call *c, const json_t *in, struct store_review *v, struct error *e)
{
	const json_t *who = json_object_get(in, "account_id");
	struct store_member m;
	enum app_role role;
	int r;

	if (json_is_null(who)) {
		v->assignee_id = v->assignee_name = STR("");
		return 0;
	}
	if (!who) {
		v->assignee_id = c->actor->user_id;
		v->assignee_name = c->actor->user_name;
		return 0;
	}
	r = store_member_find(c->db, v->tenant, json_get_str(in, "account_id"), c->arena, &m, e);
	if (r < 0)
		return -1;
	role = r ? app_role_find(m.role) : ROLE_NONE;
	if (!(app_role_permissions(role) & app_permission_bit(PERM_REVIEW_DECIDE)))
		return error_field(e, "account_id", "review.assignee", "这个人不是本租户可以复核的成员",
				   "this person is no member who may review");
	v->assignee_id = m.account_id;
	v->assignee_name = m.name;
	return 0;
}

static int assign_tx(struct app_call *c, void *arg, struct error *e)
{
	struct step *k = arg;
	struct store_review v;

	if (load(c, k->id, &v, e) < 0)
		return -1;
	if (str_eq(v.state, STR("decided")))
		return error_set(e, "review.state", "已有结论，如有疑问请申请二次复核", "it is decided: ask for a second look");
	if (find_assignee(c, k->in, &v, e) < 0)
		return -1;
	if (str_eq(v.state, STR("second")) && v.assignee_id.len && str_eq(v.assignee_id, v.first_by))
		return error_field(e, "account_id", "review.same-person", "二次复核须由另一个人进行",
				   "the second look must be another person's");
	if (!str_eq(v.state, STR("second")))
		v.state = v.assignee_id.len ? STR("assigned") : STR("open");
	return save(c, &v, e) < 0 ? -1 : note(c, &v, "assign", v.assignee_name, e);
}

static int run(struct app_call *c, struct str id, const json_t *in,
	       int (*tx)(struct app_call *c, void *arg, struct error *e), json_t **ret, struct error *e)
{
	struct step k = { id, in };

	if (app_require(c, PERM_REVIEW_DECIDE, e) < 0 || app_tx(c, tx, &k, e) < 0)
		return -1;
	return app_review_get(c, id, ret, e);
}

int app_review_assign(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	return run(c, id, in, assign_tx, ret, e);
}

/* A decision that lets through what the machine would block is overturning it. */
static int needs_second(struct app_call *c, const struct store_review *v, struct str decision, bool *ret,
			struct error *e)
{
	struct text_settings s;
	struct str text;
	int64_t generation;

	if (store_text_state(c->db, v->tenant, c->arena, &generation, &text, e) < 0)
		return -1;
	text_settings_read(text, &s);
	*ret = s.second_look && str_eq(v->suggestion, STR("block")) && !str_eq(decision, STR("confirm"));
	return 0;
}

static int allow_terms(struct app_call *c, const json_t *in, struct error *e)
{
	struct str *terms, reason = json_get_str(in, "reason");
	size_t n;

	if (app_json_strings(c->arena, json_object_get(in, "allow_terms"), "allow_terms", 50, &terms, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (app_lexicon_allow_hit(c, json_get_str(in, "lexicon_id"), terms[i], reason, e) < 0)
			return -1;
	return 0;
}

static int take_decision(struct app_call *c, const json_t *in, struct store_review *v, struct error *e)
{
	struct str decision = json_get_str(in, "decision");
	bool second = str_eq(v->state, STR("second")), again = false;

	if (str_eq(v->state, STR("decided")))
		return error_set(e, "review.state", "已有结论，如有疑问请申请二次复核", "it is decided: ask for a second look");
	if (second && str_eq(v->first_by, c->actor->user_id))
		return error_set(e, "review.same-person", "二次复核须由另一个人进行", "the second look must be another person's");
	if (!second && needs_second(c, v, decision, &again, e) < 0)
		return -1;
	v->decision = decision;
	v->reason = json_get_str(in, "reason");
	v->decided_by = c->actor->user_id;
	v->decided_by_name = c->actor->user_name;
	v->decided = c->now;
	v->state = again ? STR("second") : STR("decided");
	if (again) {
		v->first_decision = decision;
		v->first_by = c->actor->user_id;
		v->first_by_name = c->actor->user_name;
		v->assignee_id = v->assignee_name = STR("");
	}
	return 0;
}

static int decide_tx(struct app_call *c, void *arg, struct error *e)
{
	struct step *k = arg;
	struct store_review v;
	bool overturns;

	if (load(c, k->id, &v, e) < 0 || take_decision(c, k->in, &v, e) < 0 || save(c, &v, e) < 0)
		return -1;
	/* What is allowed from now on waits for the second look too. */
	if (str_eq(v.state, STR("decided")) && !str_eq(v.decision, STR("confirm")) && allow_terms(c, k->in, e) < 0)
		return -1;
	overturns = v.first_decision.len && str_eq(v.state, STR("decided")) && !str_eq(v.first_decision, v.decision);
	return note(c, &v, overturns ? "overturn" : "decide",
		    arena_printf(c->arena, "%.*s %.*s", STR_ARG(v.decision), STR_ARG(utf8_truncate(v.reason, 300))), e);
}

int app_review_decide(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	int r = run(c, id, in, decide_tx, ret, e);

	if (r == 0)
		app_text_touch(c->app, c->actor->tenant_id);
	return r;
}

static int second_tx(struct app_call *c, void *arg, struct error *e)
{
	struct step *k = arg;
	struct store_review v;

	if (load(c, k->id, &v, e) < 0)
		return -1;
	if (!str_eq(v.state, STR("decided")))
		return error_set(e, "review.state", "还没有结论，不能申请二次复核", "it is not decided yet");
	v.first_decision = v.decision;
	v.first_by = v.decided_by;
	v.first_by_name = v.decided_by_name;
	v.state = STR("second");
	v.assignee_id = v.assignee_name = STR("");
	return save(c, &v, e) < 0 ? -1 : note(c, &v, "second-look", utf8_truncate(json_get_str(k->in, "reason"), 300), e);
}

int app_review_second(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	return run(c, id, in, second_tx, ret, e);
}

/* ---- who may ---- */

static void list_reviewer(void *arg, const struct store_member *m)
{
	enum app_role role = app_role_find(m->role);

	if (str_eq(m->state, STR("active")) &&
	    (app_role_permissions(role) & app_permission_bit(PERM_REVIEW_DECIDE)))
		json_array_append_new(arg, app_person_json(m->account_id, m->name));
}

int app_review_people(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_page page = { .limit = 200 };

	if (app_require(c, PERM_REVIEW_READ, e) < 0 ||
	    store_member_list(c->db, c->actor->tenant_id, &page, STR(""), STR(""), c->arena, list_reviewer, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}
