/* The checklist: dispatcher, and the step that is about people. */
#include "app/guide.h"

#include "app/guide_list.h"
#include "base/check.h"
#include "store/tenant.h"

#define X(name) extern const struct app_guide_step app_guide_##name;
APP_GUIDE_STEPS(X)
#undef X

static const struct app_guide_step *const steps[] = {
#define X(name) &app_guide_##name,
	APP_GUIDE_STEPS(X)
#undef X
};

int app_guide(struct app_call *c, json_t **ret, struct error *e)
{
	struct store_tenant t;
	_cleanup_json_ json_t *items = json_array();
	int r = store_tenant_get(c->db, c->actor->tenant_id, c->arena, &t, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "tenant.not-found", "没有这个租户。", "No such tenant.");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int done = steps[i]->done(c, e);
		if (done < 0)
			return -1;
		json_t *v = json_object();
		json_put(v, "id", json_c(steps[i]->id));
		json_put(v, "title", json_c(steps[i]->zh));
		json_put(v, "title_en", json_c(steps[i]->en));
		json_put(v, "done", json_boolean(done));
		json_put(v, "url", json_c(steps[i]->url));
		json_array_append_new(items, v);
	}
	json_t *out = json_object();
	json_put(out, "items", take_ptr(items));
	json_put(out, "dismissed", json_boolean(t.guide_dismissed));
	*ret = out;
	return 0;
}

struct dismiss {
	bool dismissed;
};

static int dismiss(struct app_call *c, void *arg, struct error *e)
{
	struct store_tenant t;
	int r = store_tenant_get(c->db, c->actor->tenant_id, c->arena, &t, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "tenant.not-found", "没有这个租户。", "No such tenant.");
	t.guide_dismissed = ((struct dismiss *)arg)->dismissed;
	return store_tenant_update(c->db, &t, e);
}

int app_guide_dismiss(struct app_call *c, bool dismissed, json_t **ret, struct error *e)
{
	struct dismiss d = { dismissed };
	if (app_tx(c, dismiss, &d, e) < 0)
		return -1;
	return app_guide(c, ret, e);
}

static int invited(struct app_call *c, struct error *e)
{
	int64_t n;
	if (store_member_count_all(c->db, c->actor->tenant_id, &n, e) < 0)
		return -1;
	return n > 1;
}

const struct app_guide_step app_guide_invite = { "invite", "邀请同事", "Invite a colleague",
						 "/admin/members", invited };
