/* PostgreSQL through libpq. Every statement is prepared once per connection and
 * signature of argument types: types are always said, so the server never guesses
 * (an untyped "? + 1" would become a 4-byte integer). Answers come in binary form.
 * A lost connection fails the statement with store.unavailable; the next use
 * outside a transaction connects again. */
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "store/store_private.h"

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25,
       OID_OID = 26, OID_FLOAT4 = 700, OID_FLOAT8 = 701, OID_NUMERIC = 1700, OID_VOID = 2278 };

struct pgsql_impl {
	PGconn *pg;
	struct map *statements; /* types, ' ', SQL as written -> struct statement */
	unsigned next_name;
	struct map *listening; /* channels */
	bool heard[STORE_CHANNELS];
	int wake_fd; /* among the store's; -1 until the first wait */
};

struct statement {
	char name[16];
	int params;
};

/* The server's first line without its trailing newline. */
static struct str message(const PGresult *r, PGconn *pg)
{
	const char *m = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	struct str s = str_trim(str_c(m ? m : PQerrorMessage(pg)));
	ssize_t nl = str_chr(s, '\n');

	return nl < 0 ? s : str_sub(s, 0, (size_t)nl);
}

struct cause {
	const char *state; /* SQLSTATE or the start of one */
	const char *code, *zh, *en;
};

static const struct cause causes[] = {
	{ "23505", "store.unique", "已有相同的记录（%.*s）", "such a record exists already (%.*s)" },
	{ "23503", "store.foreign", "关联的记录不存在或仍被引用（%.*s）",
	  "a related record is missing or still in use (%.*s)" },
	{ "23", "store.check", "数据不符合约束（%.*s）", "the data break a constraint (%.*s)" },
	{ "40", "store.busy", "数据被同时修改，请再试（%.*s）", "changed at the same time, try again (%.*s)" },
	{ "55P03", "store.busy", "数据库正忙，请稍后再试（%.*s）", "the database is busy, try again (%.*s)" },
	{ "25P02", "store.aborted", "事务中已有语句失败，须先回滚（%.*s）",
	  "a statement of this transaction has failed: roll back first (%.*s)" },
	{ "25", "store.unavailable", "数据库不接受写入（%.*s）", "the database refuses to write (%.*s)" },
	{ "53100", "store.full", "数据库磁盘空间不足（%.*s）", "the database has no space left (%.*s)" },
	{ "53", "store.unavailable", "数据库资源不足（%.*s）", "the database is out of resources (%.*s)" },
	{ "57", "store.unavailable", "数据库中断了操作（%.*s）", "the database stopped the operation (%.*s)" },
	{ "08", "store.unavailable", "数据库连接已断开（%.*s）", "lost the database connection (%.*s)" },
	{ "28", "store.unavailable", "数据库拒绝登录（%.*s）", "the database refused the login (%.*s)" },
	{ "54", "store.too-big", "数据过大（%.*s）", "data too big (%.*s)" },
	{ "XX", "store.corrupt", "数据库内部错误（%.*s）", "internal database error (%.*s)" },
	{ "", "store.sql", "数据库语句出错（%.*s）", "SQL error (%.*s)" },
};

static int fail(struct store_conn *c, const PGresult *r, struct error *e)
{
	struct pgsql_impl *m = c->impl;
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	struct str text = message(r, m->pg);

	if (PQstatus(m->pg) != CONNECTION_OK) {
		c->broken = true;
		state = "08";
	}
	if (!state)
		state = "08";
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (!strncmp(causes[i].state, state, strlen(causes[i].state)))
			return error_set(e, causes[i].code, causes[i].zh, causes[i].en,
					 STR_ARG(text));
	return -1; /* not reached: the last cause matches all */
}

/* ---- connection ---- */

static void quiet(void *arg, const PGresult *r)
{
	(void)arg; /* notices (IF NOT EXISTS and the like) are not for stderr */
	(void)r;
}

static void forget_statements(struct pgsql_impl *m)
{
	if (m->statements)
		map_free_values(m->statements, free);
	m->statements = map_new();
}

static void close_conn(struct store_conn *c)
{
	struct pgsql_impl *m = c->impl;

	if (m->wake_fd >= 0)
		store_wake_fd_drop(c->store, m->wake_fd);
	if (m->statements)
		map_free_values(m->statements, free);
	map_free(m->listening);
	PQfinish(m->pg);
	free(m);
	c->impl = NULL;
}

static int script(struct store_conn *c, const char *sql, struct error *e)
{
	struct pgsql_impl *m = c->impl;
	PGresult *r = PQexec(m->pg, sql);
	ExecStatusType s = PQresultStatus(r);
	int rc = 0;

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && s != PGRES_EMPTY_QUERY)
		rc = fail(c, r, e);
	PQclear(r);
	return rc;
}

static void describe(struct store_conn *c)
{
	struct pgsql_impl *m = c->impl;
	struct buf b = BUF_INIT(1024);

	if (c->store->describe)
		return;
	buf_printf(&b, "PostgreSQL %s@%s:%s/%s", PQuser(m->pg), PQhost(m->pg), PQport(m->pg),
		   PQdb(m->pg));
	c->store->describe = buf_take(&b, NULL);
}

static int open_conn(struct store_conn *c, struct error *e)
{
	/* Ours first: what the URL says wins. */
	const char *const keys[] = { "connect_timeout", "fallback_application_name",
				     "tcp_user_timeout", "dbname", "client_encoding", NULL };
	const char *const values[] = { "10", "zhanwei", "30000", c->store->url, "UTF8", NULL };
	struct pgsql_impl *m = mem_alloc(sizeof(*m));
	char settings[400];

	c->impl = m;
	m->wake_fd = -1;
	m->pg = PQconnectdbParams(keys, values, 1);
	m->statements = map_new();
	m->listening = map_new();
	if (PQstatus(m->pg) != CONNECTION_OK) {
		struct str text = message(NULL, m->pg);

		error_set(e, "store.unavailable", "无法连接 PostgreSQL：%.*s",
			  "cannot connect to PostgreSQL: %.*s", STR_ARG(text));
		close_conn(c);
		return -1;
	}
	PQsetNoticeReceiver(m->pg, quiet, NULL);
	describe(c);
	snprintf(settings, sizeof(settings),
		 "SET lock_timeout = %d; SET standard_conforming_strings = on;"
		 "SET idle_in_transaction_session_timeout = 600000; SET TimeZone = 'UTC'",
		 c->store->busy_ms);
	if (PQserverVersion(m->pg) < 130000) {
		error_set(e, "store.unavailable", "PostgreSQL 版本过低（%d），需要 13 或更高",
			  "PostgreSQL is too old (%d), 13 or later is needed",
			  PQserverVersion(m->pg) / 10000);
		close_conn(c);
		return -1;
	}
	if (script(c, settings, e) < 0) {
		close_conn(c);
		return -1;
	}
	c->broken = false;
	return 0;
}

/* A server that went away leaves an end of file on the socket. */
static bool alive(struct store_conn *c)
{
	struct pgsql_impl *m = c->impl;
	struct pollfd p;

	if (!m || PQstatus(m->pg) != CONNECTION_OK)
		return false;
	p = (struct pollfd){ .fd = PQsocket(m->pg), .events = POLLIN };
	if (poll(&p, 1, 0) > 0 && !PQconsumeInput(m->pg))
		return false;
	return PQstatus(m->pg) == CONNECTION_OK;
}

static void rolled_back(struct store_conn *c)
{
	struct pgsql_impl *m = c->impl;

	if (PQtransactionStatus(m->pg) != PQTRANS_IDLE && script(c, "ROLLBACK", NULL) < 0)
		c->broken = true;
}

/* ---- statements ---- */

static Oid oid_of(const struct store_value *v)
{
	static const Oid oids[] = { [STORE_NULL] = 0,
				    [STORE_INT] = OID_INT8,
				    [STORE_REAL] = OID_FLOAT8,
				    [STORE_TEXT] = OID_TEXT,
				    [STORE_BLOB] = OID_BYTEA };

	return oids[v->type];
}

static int prepare_new(struct store_conn *c, const char *sql, const struct store_value *args,
		       size_t n, struct statement *st, struct error *e)
{
	struct pgsql_impl *m = c->impl;
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_STORE_SQL * 2);
	Oid types[256];
	PGresult *r;
	int rc = 0;

	st->params = store_sql_translate(STORE_PGSQL, true, sql, &text, e);
	if (st->params < 0)
		return -1;
	if (st->params != (int)n || n > ARRAY_SIZE(types))
		return error_set(e, "store.sql", "SQL 参数个数不符：%.80s",
				 "wrong number of SQL arguments: %.80s", sql);
	for (size_t i = 0; i < n; i++)
		types[i] = oid_of(&args[i]);
	snprintf(st->name, sizeof(st->name), "s%u", m->next_name++);
	r = PQprepare(m->pg, st->name, text.ptr, (int)n, types);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = fail(c, r, e);
	PQclear(r);
	return rc;
}

static int prepare(struct store_conn *c, const char *sql, const struct store_value *args,
		   size_t n, struct statement **ret, struct error *e)
{
	static const char letters[] = "nirtb"; /* by enum store_type */
	struct pgsql_impl *m = c->impl;
	_cleanup_buf_ struct buf key = BUF_INIT(LIMIT_STORE_SQL * 2);
	struct statement *st;

	for (size_t i = 0; i < n; i++)
		buf_char(&key, letters[args[i].type]);
	buf_char(&key, ' ');
	buf_c(&key, sql);
	*ret = map_get(m->statements, buf_view(&key));
	if (*ret)
		return 0;
	if (map_len(m->statements) >= STORE_STATEMENTS) {
		if (script(c, "DEALLOCATE ALL", e) < 0)
			return -1;
		forget_statements(m);
	}
	st = mem_alloc(sizeof(*st));
	if (prepare_new(c, sql, args, n, st, e) < 0) {
		free(st);
		return -1;
	}
	map_put(m->statements, buf_view(&key), st);
	*ret = st;
	return 0;
}

static uint64_t big_endian(const char *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* NUMERIC, what SUM(BIGINT) gives: groups of four decimal digits. Whole numbers
 * that fit become integers, the rest reals. */
static void numeric_cell(struct store_cell *cell, const char *p, int len)
{
	int digits, weight, sign;
	double d = 0, scale = 1;
	int64_t i = 0;
	bool whole = true;

	if (len < 8)
		return;
	digits = (int)big_endian(p, 2);
	weight = (int16_t)big_endian(p + 2, 2);
	sign = (int)big_endian(p + 4, 2);
	for (int k = 0; k < weight && k < 300; k++)
		scale *= 10000;
	for (int k = 0; k > weight; k--)
		scale /= 10000;
	for (int k = 0; k < digits && 8 + k * 2 + 2 <= len; k++, scale /= 10000) {
		int64_t digit = (int64_t)big_endian(p + 8 + k * 2, 2);

		d += (double)digit * scale;
		if (k > weight && digit)
			whole = false;
		if (k <= weight && (__builtin_mul_overflow(i, (int64_t)10000, &i) ||
				    __builtin_add_overflow(i, digit, &i)))
			whole = false;
	}
	for (int k = digits; k <= weight && whole; k++)
		if (__builtin_mul_overflow(i, (int64_t)10000, &i))
			whole = false;
	cell->type = whole ? STORE_INT : STORE_REAL;
	if (whole)
		cell->v.i = sign ? -i : i;
	else
		cell->v.d = sign ? -d : d;
}

static void fill_cell(struct store_cell *cell, Oid type, const char *p, int len)
{
	union {
		uint64_t u;
		double d;
	} f8;
	union {
		uint32_t u;
		float f;
	} f4;

	cell->type = STORE_INT;
	switch (type) {
	case OID_BOOL:
		cell->v.i = *p != 0;
		return;
	case OID_INT2:
		cell->v.i = (int16_t)big_endian(p, 2);
		return;
	case OID_INT4:
		cell->v.i = (int32_t)big_endian(p, 4);
		return;
	case OID_OID:
		cell->v.i = (int64_t)big_endian(p, 4);
		return;
	case OID_INT8:
		cell->v.i = (int64_t)big_endian(p, 8);
		return;
	case OID_FLOAT4:
		f4.u = (uint32_t)big_endian(p, 4);
		cell->type = STORE_REAL;
		cell->v.d = (double)f4.f;
		return;
	case OID_FLOAT8:
		f8.u = big_endian(p, 8);
		cell->type = STORE_REAL;
		cell->v.d = f8.d;
		return;
	case OID_NUMERIC:
		numeric_cell(cell, p, len);
		return;
	default:
		cell->type = type == OID_BYTEA ? STORE_BLOB : STORE_TEXT;
		cell->v.p = p;
		cell->len = (uint32_t)len;
	}
}

static void result_free(void *p)
{
	PQclear(p);
}

static int take_rows(PGresult *r, struct store_rows **ret, struct error *e)
{
	int cols = PQnfields(r), count = PQntuples(r);
	struct store_rows *rows;

	if (PQresultMemorySize(r) > LIMIT_STORE_RESULT) {
		PQclear(r);
		return error_set(e, "store.too-big", "查询结果过大", "answer too big");
	}
	rows = store_rows_new(cols);
	rows->driver = r;
	rows->driver_free = result_free;
	rows->count = (size_t)count;
	for (int row = 0; row < count; row++)
		for (int i = 0; i < cols; i++) {
			struct store_cell *cell = vec_push(&rows->cells);

			if (!PQgetisnull(r, row, i))
				fill_cell(cell, PQftype(r, i), PQgetvalue(r, row, i),
					  PQgetlength(r, row, i));
		}
	*ret = rows;
	return 0;
}

static PGresult *execute(struct pgsql_impl *m, const struct statement *st,
			 const struct store_value *args, size_t n)
{
	const char *values[256];
	int lengths[256], formats[256];
	char numbers[256][32];

	for (size_t i = 0; i < n; i++) {
		lengths[i] = formats[i] = 0;
		values[i] = NULL;
		if (args[i].null)
			continue;
		values[i] = numbers[i];
		if (args[i].type == STORE_INT) {
			snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)args[i].i);
		} else if (args[i].type == STORE_REAL) {
			snprintf(numbers[i], sizeof(numbers[i]), "%.17g", args[i].d);
		} else {
			/* Binary text is its bytes: no NUL behind it needed. */
			values[i] = args[i].s.len ? args[i].s.ptr : "";
			lengths[i] = (int)args[i].s.len;
			formats[i] = 1;
		}
	}
	return PQexecPrepared(m->pg, st->name, (int)n, values, lengths, formats, 1);
}

/* A plan whose tables a migration changed: prepare anew at the next try. */
static bool plan_is_stale(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state && (!strcmp(state, "0A000") || !strcmp(state, "26000"));
}

static int run(struct store_conn *c, struct store_rows **ret, const char *sql,
	       const struct store_value *args, size_t n, struct error *e)
{
	struct pgsql_impl *m = c->impl;
	struct statement *st;
	PGresult *r;
	int64_t changed = 0;

	for (size_t i = 0; i < n; i++)
		if ((args[i].type == STORE_TEXT || args[i].type == STORE_BLOB) &&
		    args[i].s.len > LIMIT_STORE_RESULT)
			return error_set(e, "store.too-big", "数据过大", "data too big");
	if (prepare(c, sql, args, n, &st, e) < 0)
		return -1;
	r = execute(m, st, args, n);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		if (plan_is_stale(r)) {
			error_set(e, "store.busy", "数据库结构刚刚更新，请再试",
				  "the schema has just changed, try again");
			forget_statements(m);
		} else {
			fail(c, r, e);
		}
		PQclear(r);
		return -1;
	}
	(void)str_to_i64(str_c(PQcmdTuples(r)), &changed);
	c->changed = changed;
	if (ret)
		return take_rows(r, ret, e);
	PQclear(r);
	return 0;
}

/* ---- waiting ---- */

static int notify(struct store_conn *c, const char *channel, struct error *e)
{
	struct store_value v = SV_C(channel);
	int r = run(c, NULL, "SELECT pg_notify(?, '')", &v, 1, e);

	if (r < 0)
		c->failed = c->depth;
	return r;
}

static void take_notifications(struct store_conn *c)
{
	struct pgsql_impl *m = c->impl;
	PGnotify *n;

	while ((n = PQnotifies(m->pg)) != NULL) {
		if (map_has(m->listening, str_c(n->relname)))
			m->heard[store_channel_index(c->store, n->relname)] = true;
		PQfreemem(n);
	}
}

static int listen_to(struct store_conn *c, const char *channel, int index, struct error *e)
{
	struct pgsql_impl *m = c->impl;
	char sql[64];

	if (map_has(m->listening, str_c(channel)))
		return 0;
	snprintf(sql, sizeof(sql), "LISTEN \"%s\"", channel);
	if (script(c, sql, e) < 0)
		return -1;
	map_add(m->listening, str_c(channel));
	m->heard[index] = true; /* what came before could not be heard: look now */
	return 0;
}

static bool woken(struct store_conn *c)
{
	struct store *s = c->store;
	bool r;

	pthread_mutex_lock(&s->lock);
	r = c->wakes_seen != s->wakes;
	c->wakes_seen = s->wakes;
	pthread_mutex_unlock(&s->lock);
	return r;
}

static int wait_for(struct store_conn *c, const char *channel, int timeout_ms, struct error *e)
{
	struct pgsql_impl *m = c->impl;
	int index = store_channel_index(c->store, channel);
	int64_t end = store_mono_ms() + timeout_ms;

	if (listen_to(c, channel, index, e) < 0)
		return -1;
	if (m->wake_fd < 0)
		m->wake_fd = store_wake_fd_add(c->store);
	for (;;) {
		struct pollfd p[] = { { .fd = PQsocket(m->pg), .events = POLLIN },
				      { .fd = m->wake_fd, .events = POLLIN } };
		eventfd_t drained;
		int64_t left = end - store_mono_ms();

		take_notifications(c);
		if (m->heard[index] || woken(c)) {
			m->heard[index] = false;
			return 1;
		}
		if (left <= 0)
			return 0;
		if (poll(p, 2, (int)left) <= 0)
			continue;
		if (p[1].revents)
			(void)eventfd_read(m->wake_fd, &drained);
		if (p[0].revents && !PQconsumeInput(m->pg))
			return fail(c, NULL, e);
	}
}

const struct store_driver store_pgsql = {
	.dialect = STORE_PGSQL,
	.begin = "BEGIN ISOLATION LEVEL READ COMMITTED",
	.begin_serializable = "BEGIN ISOLATION LEVEL SERIALIZABLE",
	.open = open_conn,
	.close = close_conn,
	.run = run,
	.script = script,
	.alive = alive,
	.notify = notify,
	.wait = wait_for,
	.rolled_back = rolled_back,
};
