/* Notification rows: see notify.h. */
#include "store/notify.h"

#define CHANNEL                                                                                    \
	"id, tenant_id, name, kind, config, secrets, last_result, enabled, created, updated, "     \
	"revision"
#define RULE "id, tenant_id, name, rule, enabled, created, updated, revision"
#define NOTICE "id, tenant_id, event, site_id, payload, severity, created, spread"
#define DELIVERY                                                                                   \
	"id, tenant_id, channel_id, channel_name, notice_id, event, state, last_error, attempts, " \
	"not_before, created, sent"

static const struct store_sort sorts[] = {
	{ "created", "created", false, true },
	{ 0 },
};

/* ---- channels ---- */

static void read_channel(struct store_reader *r, struct store_channel *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->name = store_read_str(r);
	v->kind = store_read_str(r);
	v->config = store_read_str(r);
	v->secrets = store_read_blob(r);
	v->last_result = store_read_str(r);
	v->enabled = store_read_bool(r);
	v->created = store_read_int(r);
	v->updated = store_read_int(r);
	v->revision = store_read_int(r);
}

int store_channel_insert(struct store_conn *c, const struct store_channel *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO notify_channel (id, tenant_id, name, kind, config, secrets, "
			  "enabled, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->name), SV_STR(v->kind),
			  SV_STR(v->config), SV_BLOB(v->secrets), SV_BOOL(v->enabled),
			  SV_INT(v->created), SV_INT(v->updated));
}

int store_channel_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_channel *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " CHANNEL " FROM notify_channel WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_channel(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_channel_save(struct store_conn *c, const struct store_channel *v, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE notify_channel SET name = ?, config = ?, secrets = ?, enabled = ?, "
		       "updated = ?, revision = revision + 1 "
		       "WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(v->name), SV_STR(v->config), SV_BLOB(v->secrets), SV_BOOL(v->enabled),
		       SV_INT(v->updated), SV_STR(v->id), SV_STR(v->tenant),
		       SV_INT(v->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_channel_set_result(struct store_conn *c, struct str tenant, struct str id,
			     struct str result, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE notify_channel SET last_result = ? WHERE id = ? AND tenant_id = ?",
			  SV_STR(result), SV_STR(id), SV_STR(tenant));
}

int store_channel_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM notify_channel WHERE id = ? AND tenant_id = ?",
			  SV_STR(id), SV_STR(tenant));
}

struct each_channel {
	void (*fn)(const struct store_channel *v, void *user);
	void *user;
};

static void each_channel(struct store_reader *r, void *user)
{
	struct each_channel *each = user;
	struct store_channel v = { 0 };

	read_channel(r, &v);
	each->fn(&v, each->user);
}

int store_channel_list(struct store_conn *c, struct str tenant, struct store_page *page,
		       struct arena *a,
		       void (*fn)(const struct store_channel *v, void *user), void *user,
		       struct error *e)
{
	struct each_channel each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, CHANNEL, "notify_channel");
	store_select_str(&q, "tenant_id = ?", tenant);
	return store_select_page(c, &q, sorts, "id", page, a, each_channel, &each, e);
}

/* ---- rules ---- */

static void read_rule(struct store_reader *r, struct store_rule *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->name = store_read_str(r);
	v->rule = store_read_str(r);
	v->enabled = store_read_bool(r);
	v->created = store_read_int(r);
	v->updated = store_read_int(r);
	v->revision = store_read_int(r);
}

int store_rule_insert(struct store_conn *c, const struct store_rule *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO notify_rule (id, tenant_id, name, rule, enabled, created, "
			  "updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->name), SV_STR(v->rule),
			  SV_BOOL(v->enabled), SV_INT(v->created), SV_INT(v->updated));
}

int store_rule_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_rule *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " RULE " FROM notify_rule WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_rule(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_rule_save(struct store_conn *c, const struct store_rule *v, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE notify_rule SET name = ?, rule = ?, enabled = ?, updated = ?, "
		       "revision = revision + 1 WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(v->name), SV_STR(v->rule), SV_BOOL(v->enabled), SV_INT(v->updated),
		       SV_STR(v->id), SV_STR(v->tenant), SV_INT(v->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_rule_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM notify_rule WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

struct each_rule {
	void (*fn)(const struct store_rule *v, void *user);
	void *user;
};

static void each_rule(struct store_reader *r, void *user)
{
	struct each_rule *each = user;
	struct store_rule v = { 0 };

	read_rule(r, &v);
	each->fn(&v, each->user);
}

int store_rule_list(struct store_conn *c, struct str tenant, struct store_page *page,
		    struct arena *a, void (*fn)(const struct store_rule *v, void *user),
		    void *user, struct error *e)
{
	struct each_rule each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, RULE, "notify_rule");
	store_select_str(&q, "tenant_id = ?", tenant);
	return store_select_page(c, &q, sorts, "id", page, a, each_rule, &each, e);
}

/* ---- notices ---- */

static void read_notice(struct store_reader *r, struct store_notice *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->event = store_read_str(r);
	v->site = store_read_str(r);
	v->payload = store_read_str(r);
	v->severity = store_read_int(r);
	v->created = store_read_int(r);
	v->spread = store_read_bool(r);
}

int store_notice_insert(struct store_conn *c, const struct store_notice *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO notice (" NOTICE ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->event), SV_STR(v->site),
			  SV_STR(v->payload), SV_INT(v->severity), SV_INT(v->created),
			  SV_BOOL(v->spread));
}

int store_notice_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_notice *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " NOTICE " FROM notice WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_notice(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_notice_set_spread(struct store_conn *c, struct str tenant, struct str id,
			    struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE notice SET spread = 1 WHERE id = ? AND tenant_id = ? AND spread = 0",
		       SV_STR(id), SV_STR(tenant)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_notice_recent(struct store_conn *c, struct str tenant, int limit, struct arena *a,
			void (*fn)(const struct store_notice *v, void *user), void *user,
			struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " NOTICE " FROM notice WHERE tenant_id = ? AND event <> 'test' "
			"ORDER BY created DESC, id DESC LIMIT ?",
			SV_STR(tenant), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_notice v = { 0 };

		read_notice(&(struct store_reader){ rows, a, 0 }, &v);
		fn(&v, user);
	}
	return 0;
}

int store_notice_prune(struct store_conn *c, int64_t before, struct error *e)
{
	if (store_exec(c, e, "DELETE FROM delivery WHERE created < ? AND state <> 'queued'",
		       SV_INT(before)) < 0)
		return -1;
	return store_exec(c, e,
			  "DELETE FROM notice WHERE created < ? AND NOT EXISTS "
			  "(SELECT 1 FROM delivery d WHERE d.notice_id = notice.id)",
			  SV_INT(before));
}

/* ---- deliveries ---- */

static void read_delivery(struct store_reader *r, struct store_delivery *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->channel = store_read_str(r);
	v->channel_name = store_read_str(r);
	v->notice = store_read_str(r);
	v->event = store_read_str(r);
	v->state = store_read_str(r);
	v->last_error = store_read_str(r);
	v->attempts = store_read_int(r);
	v->not_before = store_read_int(r);
	v->created = store_read_int(r);
	v->sent = store_read_int(r);
}

int store_delivery_insert(struct store_conn *c, const struct store_delivery *v, struct error *e)
{
	if (store_exec(c, e,
		       "INSERT INTO delivery (" DELIVERY ") "
		       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		       "ON CONFLICT (notice_id, channel_id) DO NOTHING",
		       SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->channel),
		       SV_STR(v->channel_name), SV_STR(v->notice), SV_STR(v->event),
		       SV_STR(v->state), SV_STR(v->last_error), SV_INT(v->attempts),
		       SV_INT(v->not_before), SV_INT(v->created), SV_INT(v->sent)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_delivery_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct store_delivery *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " DELIVERY " FROM delivery WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_delivery(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_delivery_save(struct store_conn *c, const struct store_delivery *v, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE delivery SET state = ?, last_error = ?, attempts = ?, "
			  "not_before = ?, sent = ? WHERE id = ? AND tenant_id = ?",
			  SV_STR(v->state), SV_STR(v->last_error), SV_INT(v->attempts),
			  SV_INT(v->not_before), SV_INT(v->sent), SV_STR(v->id), SV_STR(v->tenant));
}

struct each_delivery {
	void (*fn)(const struct store_delivery *v, void *user);
	void *user;
};

static void each_delivery(struct store_reader *r, void *user)
{
	struct each_delivery *each = user;
	struct store_delivery v = { 0 };

	read_delivery(r, &v);
	each->fn(&v, each->user);
}

int store_delivery_list(struct store_conn *c, struct str tenant, struct str channel,
			struct str state, struct store_page *page, struct arena *a,
			void (*fn)(const struct store_delivery *v, void *user), void *user,
			struct error *e)
{
	struct each_delivery each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, DELIVERY, "delivery");
	store_select_str(&q, "tenant_id = ?", tenant);
	if (channel.len)
		store_select_str(&q, "channel_id = ?", channel);
	store_select_in(&q, "state", state);
	return store_select_page(c, &q, sorts, "id", page, a, each_delivery, &each, e);
}
