/* Makers of things for the generated tests, where no route makes them. */
#include "api/test_generated.h"
#include "base/limits.h"
#include "store/account.h"
#include "store/approval.h"

static void count_session(void *arg, const struct store_session *s)
{
	snprintf(arg, ID_LEN + 1, "%.*s", STR_ARG(s->id));
}

void sample_session(struct world *w, const struct who *who, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	struct who other;
	int64_t now = clock_wall_ms(&clock_system);
	world_login(w, who, &other);
	assert_ok(store_session_list(w->db->conn, str_c(who->account), now, now - LIMIT_SESSION_IDLE_MS, a,
				     count_session, id, &e));
}

void sample_approval(struct world *w, const struct who *who, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	int64_t now = clock_wall_ms(&clock_system);
	struct id made = id_new(now);
	const struct store_approval p = {
		.id = id_str(&made), .tenant_id = str_c(who->tenant), .kind = STR("site.delete"),
		.object_type = STR("site"), .object_id = STR("x"), .object_name = STR("x"),
		.detail = STR("{}"), .reason = STR("测试"), .state = STR("pending"),
		.account_id = STR("nobody"), .account_name = STR("x"), .expires = now + 3600000,
		.created = now };
	assert_ok(store_approval_add(w->db->conn, &p, &e));
	memcpy(id, made.text, ID_LEN + 1);
}
