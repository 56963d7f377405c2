/* Schema versions. Migrations are numbered by area (store and jobs 1–9, accounts
 * 10–19, sites 20–39), so a number missing in the middle is applied like one at
 * the end. All that are missing run in one transaction under a lock: two processes
 * that start at once do it once, and a failure leaves the schema as it was. */
#include "store/store_private.h"

#define MIGRATION_LOCK STR("zhanwei.migrate")

int store_schema_latest(void)
{
	return store_migrations[store_migrations_len - 1].number;
}

static int table_exists(struct store_conn *c, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e,
			 "{{sqlite}}SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND "
			 "name = 'schema_migration'{{end}}"
			 "{{pgsql}}SELECT COUNT(to_regclass('schema_migration')){{end}}");
}

int store_schema_version(struct store_conn *c, int *ret, struct error *e)
{
	int64_t n = 0, version = 0;

	if (table_exists(c, &n, e) < 0)
		return -1;
	if (n && store_int(c, &version, e,
			   "SELECT COALESCE(MAX(number), 0) FROM schema_migration") < 0)
		return -1;
	*ret = (int)version;
	return 0;
}

static bool known(int64_t number)
{
	for (size_t i = 0; i < store_migrations_len; i++)
		if (store_migrations[i].number == number)
			return true;
	return false;
}

static int refuse_newer(struct store_conn *c, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e, "SELECT number, name FROM schema_migration") < 0)
		return -1;
	while (store_next(rows)) {
		struct str name = store_col_str(rows, 1);

		if (!known(store_col_int(rows, 0)))
			return error_set(e, "store.schema-newer",
					 "数据库由更新版本的站卫写入（迁移 %04d %.*s），本程序只认识到 %04d：请升级程序，或恢复升级前的备份",
					 "the database was written by a newer zhanwei (migration %04d %.*s) "
					 "than this program knows (%04d): upgrade, or restore a backup",
					 (int)store_col_int(rows, 0), STR_ARG(name),
					 store_schema_latest());
	}
	return 0;
}

static int apply(struct store_conn *c, const struct store_migration *m, struct error *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(1 * MIB);
	struct error why = { 0 };
	int64_t n = 0;

	if (store_int(c, &n, e, "SELECT COUNT(*) FROM schema_migration WHERE number = ?",
		      SV_INT(m->number)) < 0)
		return -1;
	if (n)
		return 0;
	if (store_sql_translate(c->store->driver->dialect, false, m->sql, &text, e) < 0)
		return -1;
	if (c->store->driver->script(c, text.ptr, &why) < 0) {
		c->failed = c->depth;
		return error_set(e, error_is(&why, "store.busy") ? why.code : "store.migration",
				 "数据库迁移 %04d %s 失败：%.200s", "migration %04d %s failed: %.200s",
				 m->number, m->name, why.en);
	}
	return store_exec(c, e, "INSERT INTO schema_migration (number, name, applied) VALUES (?, ?, ?)",
			  SV_INT(m->number), SV_C(m->name), SV_INT(clock_wall_ms(&clock_system)));
}

static int migrate(struct store_conn *c, void *arg, struct error *e)
{
	(void)arg;
	if (store_lock(c, MIGRATION_LOCK, e) < 0)
		return -1;
	if (store_exec(c, e,
		       "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY, "
		       "name TEXT NOT NULL, applied BIGINT NOT NULL)") < 0 ||
	    refuse_newer(c, e) < 0)
		return -1;
	for (size_t i = 0; i < store_migrations_len; i++)
		if (apply(c, &store_migrations[i], e) < 0)
			return -1;
	return 0;
}

/* Nothing to do is the usual case and must not wait for a writer. */
static int up_to_date(struct store_conn *c, bool *ret, struct error *e)
{
	int64_t n = 0, have = 0;

	*ret = false;
	if (table_exists(c, &n, e) < 0)
		return -1;
	if (!n)
		return 0;
	if (refuse_newer(c, e) < 0 ||
	    store_int(c, &have, e, "SELECT COUNT(*) FROM schema_migration") < 0)
		return -1;
	*ret = (size_t)have == store_migrations_len;
	return 0;
}

int store_migrate(struct store *s, struct error *e)
{
	struct store_conn *c;
	bool done;
	int r;

	if (store_acquire(s, &c, e) < 0)
		return -1;
	r = up_to_date(c, &done, e);
	if (r == 0 && !done)
		r = store_tx_locking(c, migrate, NULL, e);
	store_release(c);
	return r;
}
