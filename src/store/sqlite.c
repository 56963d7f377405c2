/* SQLite: one file in the data directory, write-ahead log, one writer at a time
 * (transactions are immediate, so that waiting happens at the start and never as a
 * deadlock in the middle). Answers are read whole before anything else runs: an
 * open read would keep an old snapshot, and a write after it would fail. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "store/store_private.h"

#define POLL_MS 200 /* how often another process's commit is looked for */

struct sqlite_impl {
	sqlite3 *db;
	struct map *statements; /* SQL as written -> sqlite3_stmt */
	int64_t data_version;
};

static int fail(sqlite3 *db, int rc, struct error *e)
{
	int x = db ? sqlite3_extended_errcode(db) : rc;
	const char *m = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);

	switch (x) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return error_set(e, "store.unique", "已有相同的记录（%s）",
				 "such a record exists already (%s)", m);
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return error_set(e, "store.foreign", "关联的记录不存在或仍被引用（%s）",
				 "a related record is missing or still in use (%s)", m);
	default:
		break;
	}
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(e, "store.busy", "数据库正忙，请稍后再试（%s）",
				 "the database is busy, try again (%s)", m);
	case SQLITE_CONSTRAINT:
		return error_set(e, "store.check", "数据不符合约束（%s）",
				 "the data break a constraint (%s)", m);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(e, "store.corrupt", "数据库文件已损坏（%s）：请从备份恢复",
				 "the database file is damaged (%s): restore a backup", m);
	case SQLITE_FULL:
		return error_set(e, "store.full", "磁盘空间不足，无法写入数据库（%s）",
				 "no space left to write the database (%s)", m);
	case SQLITE_TOOBIG:
		return error_set(e, "store.too-big", "数据过大（%s）", "data too big (%s)", m);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return error_set(e, "store.unavailable", "无法读写数据库文件（%s）",
				 "cannot read or write the database file (%s)", m);
	default:
		return error_set(e, "store.sql", "数据库语句出错（%s）", "SQL error (%s)", m);
	}
}

/* ---- connection ---- */

/* The directory and the file are for the owner alone; log and index files take
 * their mode from the database file. */
static int prepare_file(const char *dir, const char *path, struct error *e)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_os(e, errno, dir);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_os(e, errno, path);
	return 0;
}

static int script(struct store_conn *c, const char *sql, struct error *e)
{
	struct sqlite_impl *m = c->impl;
	int rc = sqlite3_exec(m->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(m->db, rc, e);
}

static void close_conn(struct store_conn *c)
{
	struct sqlite_impl *m = c->impl;
	struct map_iter it = { 0 };
	void *stmt;
	struct str key;

	while (m->statements && map_next(m->statements, &it, &key, &stmt))
		sqlite3_finalize(stmt);
	map_free(m->statements);
	sqlite3_close(m->db);
	free(m);
	c->impl = NULL;
}

/* Two processes that open a new file at once may both want to switch its journal
 * mode, which does not wait for locks by itself. */
static int journal_mode(struct store_conn *c, struct error *e)
{
	for (int i = 0;; i++) {
		struct error mine = { 0 };
		struct timespec ts = { 0, 20 * 1000000 };

		if (script(c, "PRAGMA journal_mode = WAL", &mine) == 0)
			return 0;
		if (!error_is(&mine, "store.busy") || i >= 250) {
			if (e)
				*e = mine;
			return -1;
		}
		nanosleep(&ts, NULL);
	}
}

static int open_conn(struct store_conn *c, struct error *e)
{
	struct sqlite_impl *m;
	char path[2100];
	int rc;

	snprintf(path, sizeof(path), "%s/zhanwei.db", c->store->url);
	if (prepare_file(c->store->url, path, e) < 0)
		return -1;
	if (!c->store->describe) {
		struct buf b = BUF_INIT(4096);

		buf_printf(&b, "SQLite %s", path);
		c->store->describe = buf_take(&b, NULL);
	}
	c->impl = m = mem_alloc(sizeof(*m));
	m->data_version = -1;
	m->statements = map_new();
	rc = sqlite3_open_v2(path, &m->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		fail(m->db, rc, e);
		close_conn(c);
		return -1;
	}
	sqlite3_extended_result_codes(m->db, 1);
	sqlite3_busy_timeout(m->db, c->store->busy_ms);
	sqlite3_db_config(m->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	if (journal_mode(c, e) < 0 ||
	    script(c,
		   "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
		   "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
		   "PRAGMA cache_size = -8000; PRAGMA journal_size_limit = 67108864",
		   e) < 0) {
		close_conn(c);
		return -1;
	}
	return 0;
}

static bool alive(struct store_conn *c)
{
	return c->impl != NULL;
}

static void rolled_back(struct store_conn *c)
{
	struct sqlite_impl *m = c->impl;

	/* Some errors (disk full) have rolled back already. */
	if (!sqlite3_get_autocommit(m->db))
		sqlite3_exec(m->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- statements ---- */

static void forget_statements(struct sqlite_impl *m)
{
	struct map_iter it = { 0 };
	struct str key;
	void *stmt;

	while (map_next(m->statements, &it, &key, &stmt))
		sqlite3_finalize(stmt);
	map_free(m->statements);
	m->statements = map_new();
}

static int prepare(struct sqlite_impl *m, const char *sql, sqlite3_stmt **ret, struct error *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_STORE_SQL * 2);
	int rc;

	*ret = map_get(m->statements, str_c(sql));
	if (*ret)
		return 0;
	if (map_len(m->statements) >= STORE_STATEMENTS)
		forget_statements(m);
	if (store_sql_translate(STORE_SQLITE, true, sql, &text, e) < 0)
		return -1;
	rc = sqlite3_prepare_v3(m->db, text.ptr, (int)text.len + 1, SQLITE_PREPARE_PERSISTENT, ret,
				NULL);
	if (rc != SQLITE_OK)
		return fail(m->db, rc, e);
	if (!*ret)
		return error_set(e, "store.sql", "空的 SQL 语句", "empty SQL statement");
	map_put(m->statements, str_c(sql), *ret);
	return 0;
}

static int bind_one(sqlite3_stmt *s, int i, const struct store_value *v)
{
	if (v->null)
		return sqlite3_bind_null(s, i);
	switch (v->type) {
	case STORE_INT:
		return sqlite3_bind_int64(s, i, v->i);
	case STORE_REAL:
		return sqlite3_bind_double(s, i, v->d);
	case STORE_TEXT:
		return sqlite3_bind_text64(s, i, v->s.len ? v->s.ptr : "", v->s.len, SQLITE_STATIC,
					   SQLITE_UTF8);
	case STORE_BLOB:
		return sqlite3_bind_blob64(s, i, v->s.len ? v->s.ptr : "", v->s.len,
					   SQLITE_STATIC);
	case STORE_NULL:
		break;
	}
	return sqlite3_bind_null(s, i);
}

static int bind(struct sqlite_impl *m, sqlite3_stmt *s, const char *sql,
		const struct store_value *args, size_t n, struct error *e)
{
	if (sqlite3_bind_parameter_count(s) != (int)n)
		return error_set(e, "store.sql", "SQL 参数个数不符：%.80s",
				 "wrong number of SQL arguments: %.80s", sql);
	for (size_t i = 0; i < n; i++) {
		int rc = bind_one(s, (int)i + 1, &args[i]);

		if (rc != SQLITE_OK)
			return fail(m->db, rc, e);
	}
	return 0;
}

static void cell_bytes(struct store_rows *rows, struct store_cell *cell, const void *p, int len)
{
	char *copy = arena_alloc(rows->arena, (size_t)len + 1);

	if (len)
		memcpy(copy, p, (size_t)len);
	cell->v.p = copy;
	cell->len = (uint32_t)len;
}

static void take_cell(struct store_rows *rows, sqlite3_stmt *s, int i)
{
	struct store_cell *cell = vec_push(&rows->cells);

	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		cell->type = STORE_INT;
		cell->v.i = sqlite3_column_int64(s, i);
		break;
	case SQLITE_FLOAT:
		cell->type = STORE_REAL;
		cell->v.d = sqlite3_column_double(s, i);
		break;
	case SQLITE_TEXT:
		cell->type = STORE_TEXT;
		cell_bytes(rows, cell, sqlite3_column_text(s, i), sqlite3_column_bytes(s, i));
		break;
	case SQLITE_BLOB:
		cell->type = STORE_BLOB;
		cell_bytes(rows, cell, sqlite3_column_blob(s, i), sqlite3_column_bytes(s, i));
		break;
	default:
		cell->type = STORE_NULL;
	}
}

static size_t row_size(sqlite3_stmt *s, int cols)
{
	size_t n = 0;

	for (int i = 0; i < cols; i++)
		if (sqlite3_column_type(s, i) == SQLITE_TEXT ||
		    sqlite3_column_type(s, i) == SQLITE_BLOB)
			n += (size_t)sqlite3_column_bytes(s, i) + 32;
	return n + (size_t)cols * sizeof(struct store_cell);
}

static int step_all(struct store_conn *c, sqlite3_stmt *s, struct store_rows *rows,
		    struct error *e)
{
	struct sqlite_impl *m = c->impl;
	size_t used = 0;
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (!rows)
			continue;
		used += row_size(s, rows->cols);
		if (used > LIMIT_STORE_RESULT)
			return error_set(e, "store.too-big", "查询结果过大", "answer too big");
		for (int i = 0; i < rows->cols; i++)
			take_cell(rows, s, i);
		rows->count++;
	}
	if (rc != SQLITE_DONE)
		return fail(m->db, rc, e);
	c->changed = sqlite3_changes64(m->db);
	return 0;
}

static int run(struct store_conn *c, struct store_rows **ret, const char *sql,
	       const struct store_value *args, size_t n, struct error *e)
{
	struct sqlite_impl *m = c->impl;
	_cleanup_rows_ struct store_rows *rows = NULL;
	sqlite3_stmt *s = NULL;
	int r;

	if (prepare(m, sql, &s, e) < 0)
		return -1;
	if (ret)
		rows = store_rows_new(sqlite3_column_count(s));
	r = bind(m, s, sql, args, n, e);
	if (r == 0)
		r = step_all(c, s, rows, e);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (r == 0 && ret)
		*ret = take_ptr(rows);
	return r;
}

/* ---- waiting ---- */

/* Changes whenever another connection, of this process or another, commits. */
static int data_version(struct store_conn *c, int64_t *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (run(c, &rows, "PRAGMA data_version", NULL, 0, e) < 0)
		return -1;
	*ret = store_next(rows) ? store_col_int(rows, 0) : 0;
	return 0;
}

/* One short sleep, ended by this process's own notifications. */
static bool sleep_step(struct store_conn *c, int channel, int ms)
{
	struct store *s = c->store;
	struct timespec until;
	bool woken;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&s->lock);
	for (int r = 0; r == 0 && ms > 0;) {
		if (c->seen[channel] != s->channels[channel].generation ||
		    c->wakes_seen != s->wakes)
			break;
		r = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	}
	woken = c->seen[channel] != s->channels[channel].generation || c->wakes_seen != s->wakes;
	c->seen[channel] = s->channels[channel].generation;
	c->wakes_seen = s->wakes;
	pthread_mutex_unlock(&s->lock);
	return woken;
}

static int wait_for(struct store_conn *c, const char *channel, int timeout_ms, struct error *e)
{
	struct sqlite_impl *m = c->impl;
	int index = store_channel_index(c->store, channel);
	int64_t end = store_mono_ms() + timeout_ms, left = timeout_ms, version;
	bool first = !c->waited[index], woken = first;

	c->waited[index] = true;
	for (;;) {
		if (sleep_step(c, index, woken ? 0 : (int)(left < POLL_MS ? left : POLL_MS)))
			woken = true;
		if (data_version(c, &version, e) < 0)
			return -1;
		if (version != m->data_version)
			woken = true;
		m->data_version = version;
		left = end - store_mono_ms();
		if (woken || left <= 0)
			return woken;
	}
}

const struct store_driver store_sqlite = {
	.dialect = STORE_SQLITE,
	.begin = "BEGIN IMMEDIATE",
	.begin_serializable = "BEGIN IMMEDIATE",
	.open = open_conn,
	.close = close_conn,
	.run = run,
	.script = script,
	.alive = alive,
	.wait = wait_for,
	.rolled_back = rolled_back,
};
