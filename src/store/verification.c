/* Proofs of ownership that were asked for, and letters that stand in for one. */
#include "store/site.h"

#define VERIFICATION                                                                               \
	"id, tenant_id, site_id, origin, method, token, state, attempts, created_by, expires, "    \
	"checked_at, created"

static void read_verification(struct store_reader *r, struct store_verification *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->site = store_read_str(r);
	v->origin = store_read_str(r);
	v->method = store_read_str(r);
	v->token = store_read_str(r);
	v->state = store_read_str(r);
	v->attempts = store_read_str(r);
	v->created_by = store_read_str(r);
	v->expires = store_read_int(r);
	v->checked_at = store_read_int(r);
	v->created = store_read_int(r);
}

int store_verification_insert(struct store_conn *c, const struct store_verification *v,
			      struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO site_verification (" VERIFICATION ") "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->site), SV_STR(v->origin),
			  SV_STR(v->method), SV_STR(v->token), SV_STR(v->state),
			  SV_STR(v->attempts), SV_STR(v->created_by), SV_INT(v->expires),
			  SV_INT(v->checked_at), SV_INT(v->created));
}

int store_verification_get(struct store_conn *c, struct str tenant, struct str site, struct str id,
			   struct arena *a, struct store_verification *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " VERIFICATION " FROM site_verification "
			      "WHERE id = ? AND site_id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(site), SV_STR(tenant));

	if (found > 0)
		read_verification(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_verification_save(struct store_conn *c, const struct store_verification *v,
			    struct error *e)
{
	return store_exec(c, e,
			  "UPDATE site_verification SET state = ?, attempts = ?, checked_at = ? "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(v->state), SV_STR(v->attempts), SV_INT(v->checked_at),
			  SV_STR(v->id), SV_STR(v->tenant));
}

int store_verification_pending(struct store_conn *c, struct str tenant, struct str site,
			       struct str origin, struct str method, int64_t now, struct arena *a,
			       struct store_verification *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " VERIFICATION " FROM site_verification WHERE site_id = ? "
			      "AND tenant_id = ? AND origin = ? AND method = ? "
			      "AND state IN ('pending', 'failed') AND expires > ? "
			      "ORDER BY created DESC, id DESC LIMIT 1",
			      SV_STR(site), SV_STR(tenant), SV_STR(origin), SV_STR(method),
			      SV_INT(now));

	if (found > 0)
		read_verification(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

struct each_verification {
	void (*fn)(const struct store_verification *v, void *user);
	void *user;
};

static void each_verification(struct store_reader *r, void *user)
{
	struct each_verification *each = user;
	struct store_verification v = { 0 };

	read_verification(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "created", false, true },
	{ 0 },
};

int store_verification_list(struct store_conn *c, struct str tenant, struct str site,
			    struct store_page *page, struct arena *a,
			    void (*fn)(const struct store_verification *v, void *user), void *user, struct error *e)
{
	struct each_verification each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, VERIFICATION, "site_verification");
	store_select_str(&q, "tenant_id = ?", tenant);
	store_select_str(&q, "site_id = ?", site);
	return store_select_page(c, &q, sorts, "id", page, a, each_verification, &each, e);
}

#define LETTER_COLUMNS(t)                                                                          \
	t "id, " t "tenant_id, " t "site_id, " t "origin, " t "letter_name, " t "letter_type, " t  \
	  "letter_blob, " t "letter_sha256, " t "ranges, " t "note, " t "state, " t                \
	  "requested_by, " t "requested_name, " t "decided_by, " t "decided_name, " t "reason, " t \
	  "letter_size, " t "expires, " t "decided_at, " t "created"
#define LETTER LETTER_COLUMNS("l.") ", s.name"
#define LETTER_FROM "site_authorization l JOIN site s ON s.id = l.site_id"

static void read_letter(struct store_reader *r, struct store_authorization *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->site = store_read_str(r);
	v->origin = store_read_str(r);
	v->letter_name = store_read_str(r);
	v->letter_type = store_read_str(r);
	v->letter_blob = store_read_str(r);
	v->letter_sha256 = store_read_str(r);
	v->ranges = store_read_str(r);
	v->note = store_read_str(r);
	v->state = store_read_str(r);
	v->requested_by = store_read_str(r);
	v->requested_name = store_read_str(r);
	v->decided_by = store_read_str(r);
	v->decided_name = store_read_str(r);
	v->reason = store_read_str(r);
	v->letter_size = store_read_int(r);
	v->expires = store_read_int(r);
	v->decided_at = store_read_int(r);
	v->created = store_read_int(r);
	v->site_name = store_read_str(r);
}

int store_authorization_insert(struct store_conn *c, const struct store_authorization *v,
			       struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO site_authorization (" LETTER_COLUMNS("") ") VALUES "
			  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->site), SV_STR(v->origin),
			  SV_STR(v->letter_name), SV_STR(v->letter_type), SV_STR(v->letter_blob),
			  SV_STR(v->letter_sha256), SV_STR(v->ranges), SV_STR(v->note),
			  SV_STR(v->state), SV_STR(v->requested_by), SV_STR(v->requested_name),
			  SV_STR(v->decided_by), SV_STR(v->decided_name), SV_STR(v->reason),
			  SV_INT(v->letter_size), SV_INT(v->expires), SV_INT(v->decided_at),
			  SV_INT(v->created));
}

int store_authorization_get(struct store_conn *c, struct str tenant, struct str id,
			    struct arena *a, struct store_authorization *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " LETTER " FROM " LETTER_FROM
			      " WHERE l.id = ? AND (l.tenant_id = ? OR ? = '')",
			      SV_STR(id), SV_STR(tenant), SV_STR(tenant));

	if (found > 0)
		read_letter(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_authorization_decide(struct store_conn *c, const struct store_authorization *v,
			       struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE site_authorization SET state = ?, decided_by = ?, decided_name = ?, "
		       "decided_at = ?, reason = ? WHERE id = ? AND state = 'pending'",
		       SV_STR(v->state), SV_STR(v->decided_by), SV_STR(v->decided_name),
		       SV_INT(v->decided_at), SV_STR(v->reason), SV_STR(v->id)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_authorization_approved(struct store_conn *c, struct str tenant, struct str site,
				 struct str origin, struct arena *a,
				 struct store_authorization *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " LETTER " FROM " LETTER_FROM
			      " WHERE l.tenant_id = ? AND l.site_id = ? AND l.origin = ? "
			      "AND l.state = 'approved' ORDER BY l.expires DESC, l.id DESC LIMIT 1",
			      SV_STR(tenant), SV_STR(site), SV_STR(origin));

	if (found > 0)
		read_letter(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

struct each_letter {
	void (*fn)(const struct store_authorization *v, void *user);
	void *user;
};

static void each_letter(struct store_reader *r, void *user)
{
	struct each_letter *each = user;
	struct store_authorization v = { 0 };

	read_letter(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort letter_sorts[] = {
	{ "created", "l.created", false, true },
	{ "expires", "l.expires", false, false },
	{ 0 },
};

int store_authorization_list(struct store_conn *c, struct str tenant, struct str site,
			     struct str state, struct store_page *page, struct arena *a,
			     void (*fn)(const struct store_authorization *v, void *user),
			     void *user, struct error *e)
{
	struct each_letter each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, LETTER, LETTER_FROM);
	if (tenant.len)
		store_select_str(&q, "l.tenant_id = ?", tenant);
	if (site.len)
		store_select_str(&q, "l.site_id = ?", site);
	store_select_in(&q, "l.state", state);
	return store_select_page(c, &q, letter_sorts, "l.id", page, a, each_letter, &each, e);
}
