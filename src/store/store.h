/* The door to the database: rows in, rows out, the same on SQLite and PostgreSQL.
 * All SQL lives in src/store/<entity>.[ch]; nothing above this floor writes any.
 *
 *     static int rename_site(struct store_conn *c, void *arg, struct error *e) ...
 *
 *     _cleanup_rows_ struct store_rows *rows = NULL;
 *     if (store_query(c, &rows, e, "SELECT id, name FROM site WHERE tenant_id = ?",
 *                     SV_STR(tenant)) < 0)
 *             return -1;
 *     while (store_next(rows))
 *             use(store_col_str(rows, 0), store_col_str(rows, 1));
 *
 * SQL that runs on both (the subset we write):
 *   - parameters are '?', in order; no '?' operators; string literals in '...';
 *   - types in migrations: TEXT, BIGINT, INTEGER, {{blob}}, {{real}}, and
 *     `id {{serial}}` for a number that counts up (includes PRIMARY KEY);
 *   - booleans are INTEGER 0/1 columns: write `flag = 1`, pass SV_BOOL();
 *   - INSERT ... ON CONFLICT (cols) DO UPDATE SET x = excluded.x / DO NOTHING;
 *     RETURNING; row values `(a, b) < (?, ?)`; NULLS FIRST/LAST (the two differ by
 *     default); LIMIT ? OFFSET ?;
 *   - substring search: `lower(x) LIKE lower(?) ESCAPE '!'` with store_like();
 *   - {{for_update}} / {{skip_locked}} become FOR UPDATE [SKIP LOCKED] on
 *     PostgreSQL and nothing on SQLite, whose writers are alone anyway;
 *   - casts: CAST(x AS BIGINT); a bare `SELECT ?` is typed by its SV_ macro;
 *   - no JSON operators, no date functions: time is a BIGINT of ms that we compute.
 *
 * Threads: `struct store` is thread safe; a connection belongs to one thread at a
 * time. Errors (codes): store.unique, store.foreign, store.check (a constraint),
 * store.busy (locked or serialization failure: try again, store_tx() does),
 * store.unavailable (no connection), store.aborted (an earlier statement of this
 * transaction failed: roll back), store.too-big, store.sql (our mistake),
 * store.corrupt, store.full. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include <stdbool.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/str.h"

struct store;
struct store_conn;
struct store_rows;

enum store_dialect { STORE_SQLITE, STORE_PGSQL };

struct store_options {
	unsigned max_conns;	/* 0: 16. acquire waits when all are out */
	int busy_ms;		/* 0: 10,000. How long a statement waits for a lock */
	struct str blob_dir;	/* empty: DIR/blobs for SQLite, rows for PostgreSQL */
};

/* url: postgres://… or postgresql://… for PostgreSQL, anything else is a data
 * directory (made with 0700 when missing) that holds zhanwei.db. opts may be NULL.
 * Opens one connection to prove that it works; does not migrate. */
int store_open(struct str url, const struct store_options *opts, struct store **ret,
	       struct error *e);
/* Every connection must have been released. NULL is fine. */
void store_close(struct store *s);
enum store_dialect store_dialect(const struct store *s);
/* For a person, without a password: "SQLite /var/lib/zhanwei/zhanwei.db". */
struct str store_describe(const struct store *s);
bool store_url_is_pgsql(struct str url);

/* A connection of the pool; waits up to 30 s for one, then store.busy. A
 * connection that broke is replaced by a new one here. Releasing rolls an open
 * transaction back. */
int store_acquire(struct store *s, struct store_conn **ret, struct error *e);
void store_release(struct store_conn *c);
struct store *store_of(struct store_conn *c);
/* Makes the pool larger (or smaller again) by n, for those who keep connections for
 * as long as they live; the rest stay for those who come and go. */
void store_reserve(struct store *s, int n);

/* ---- values ---- */

struct store_value {
	enum store_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT, STORE_BLOB } type;
	bool null; /* a NULL that keeps its type */
	int64_t i;
	double d;
	struct str s;
};

#define SV_INT(x) ((struct store_value){ .type = STORE_INT, .i = (int64_t)(x) })
#define SV_BOOL(x) ((struct store_value){ .type = STORE_INT, .i = (x) ? 1 : 0 })
#define SV_REAL(x) ((struct store_value){ .type = STORE_REAL, .d = (x) })
/* Text must be UTF-8 without NUL; malformed bytes are stored as U+FFFD. */
#define SV_STR(x) ((struct store_value){ .type = STORE_TEXT, .s = (x) })
#define SV_C(x) SV_STR(str_c(x)) /* const char * */
#define SV_ID(x) SV_STR(id_str(x)) /* const struct id * */
#define SV_BLOB(x) ((struct store_value){ .type = STORE_BLOB, .s = (x) })
#define SV_NULL ((struct store_value){ .type = STORE_NULL, .null = true })
/* NULL for the empty slice / for zero. */
#define SV_STR_OR_NULL(x) store_value_str_or_null(x)
#define SV_INT_OR_NULL(x) store_value_int_or_null(x)

static inline struct store_value store_value_str_or_null(struct str s)
{
	return (struct store_value){ .type = STORE_TEXT, .null = s.len == 0, .s = s };
}
static inline struct store_value store_value_int_or_null(int64_t i)
{
	return (struct store_value){ .type = STORE_INT, .null = i == 0, .i = i };
}

/* ---- statements ---- */

int store_execv(struct store_conn *c, struct error *e, const char *sql,
		const struct store_value *args, size_t n);
int store_queryv(struct store_conn *c, struct store_rows **ret, struct error *e, const char *sql,
		 const struct store_value *args, size_t n);
int store_rowv(struct store_conn *c, struct store_rows **ret, struct error *e, const char *sql,
	       const struct store_value *args, size_t n);
int store_intv(struct store_conn *c, int64_t *ret, struct error *e, const char *sql,
	       const struct store_value *args, size_t n);

#define STORE_ARGS_(...) ((const struct store_value[]){ SV_NULL, ##__VA_ARGS__ }) + 1
#define STORE_COUNT_(...)                                                                          \
	(sizeof((const struct store_value[]){ SV_NULL, ##__VA_ARGS__ }) /                          \
		 sizeof(struct store_value) -                                                      \
	 1)
/* One statement; 0 or negative. store_changed() then tells how many rows. */
#define store_exec(c, e, sql, ...)                                                                 \
	store_execv(c, e, sql, STORE_ARGS_(__VA_ARGS__), STORE_COUNT_(__VA_ARGS__))
/* The whole answer is fetched at once (≤ LIMIT_STORE_RESULT), so the loop over it
 * may run other statements. Free with store_rows_free(). 0 or negative. */
#define store_query(c, ret, e, sql, ...)                                                           \
	store_queryv(c, ret, e, sql, STORE_ARGS_(__VA_ARGS__), STORE_COUNT_(__VA_ARGS__))
/* As store_query, standing on the first row: 1, or 0 when there is none (*ret is
 * then untouched), or negative. */
#define store_row(c, ret, e, sql, ...)                                                             \
	store_rowv(c, ret, e, sql, STORE_ARGS_(__VA_ARGS__), STORE_COUNT_(__VA_ARGS__))
/* First column of the first row as a number: 1, 0 (no row), negative. */
#define store_int(c, ret, e, sql, ...)                                                             \
	store_intv(c, ret, e, sql, STORE_ARGS_(__VA_ARGS__), STORE_COUNT_(__VA_ARGS__))
/* Rows touched by the last INSERT, UPDATE or DELETE on this connection. */
int64_t store_changed(const struct store_conn *c);

/* True and on the next row, or false at the end. */
bool store_next(struct store_rows *rows);
size_t store_count(const struct store_rows *rows);
/* Columns count from 0. A NULL gives the empty slice / 0. Slices live until
 * store_rows_free(). Numbers are converted to text and back as asked. */
struct str store_col_str(struct store_rows *rows, int i);
struct str store_col_blob(struct store_rows *rows, int i);
int64_t store_col_int(struct store_rows *rows, int i);
double store_col_real(struct store_rows *rows, int i);
bool store_col_bool(struct store_rows *rows, int i);
bool store_col_is_null(struct store_rows *rows, int i);
int store_cols(const struct store_rows *rows);
void store_rows_free(struct store_rows *rows);
DEFINE_CLEANUP(struct store_rows *, store_rows_free);
#define _cleanup_rows_ _cleanup_(store_rows_freep)

/* A statement put together piece by piece (lists with filters). The texts are
 * ours; what a user gave goes through the arguments.
 *
 *     struct store_sql q;
 *     store_sql_init(&q, "SELECT … FROM finding WHERE tenant_id = ?", SV_STR(tenant));
 *     if (!str_empty(state))
 *             store_sql_add(&q, " AND state = ?", SV_STR(state));
 *     store_sql_add(&q, " ORDER BY id DESC LIMIT ?", SV_INT(limit));
 *     r = store_sql_query(c, &rows, e, &q);
 *     store_sql_free(&q);
 *
 * Text arguments are borrowed until it has run. At most 200 arguments, 32 KiB. */
struct store_sql {
	struct buf text;
	struct store_value args[200];
	size_t n;
	bool overflow;
};
void store_sql_initv(struct store_sql *q, const char *text, const struct store_value *args,
		     size_t n);
void store_sql_addv(struct store_sql *q, const char *text, const struct store_value *args,
		    size_t n);
#define store_sql_init(q, text, ...)                                                               \
	store_sql_initv(q, text, STORE_ARGS_(__VA_ARGS__), STORE_COUNT_(__VA_ARGS__))
#define store_sql_add(q, text, ...)                                                                \
	store_sql_addv(q, text, STORE_ARGS_(__VA_ARGS__), STORE_COUNT_(__VA_ARGS__))
/* " <prefix> (?, ?, ?)": for IN lists; an empty list gives "(NULL)", no match. */
void store_sql_add_list(struct store_sql *q, const char *prefix, const struct str *items,
			size_t n);
int store_sql_query(struct store_conn *c, struct store_rows **ret, struct error *e,
		    struct store_sql *q);
int store_sql_exec(struct store_conn *c, struct error *e, struct store_sql *q);
void store_sql_free(struct store_sql *q);
#define _cleanup_sql_ _cleanup_(store_sql_free)

/* "%" + text + "%" with !, % and _ escaped by '!', for LIKE ? ESCAPE '!'. */
void store_like(struct buf *b, struct str text);

/* ---- transactions ---- */

/* Runs fn in a transaction; commits when it returns >= 0 (which is passed on),
 * rolls back when negative. SERIALIZABLE on PostgreSQL, an immediate one on
 * SQLite: "read, decide, write" is safe without further locks. After store.busy
 * (conflict, deadlock, locked) it is run again, up to 12 times with a growing
 * random pause: fn must only touch the database and what it can redo. Inside
 * another transaction it is a savepoint and never repeated. */
int store_tx(struct store_conn *c, int (*fn)(struct store_conn *c, void *arg, struct error *e),
	     void *arg, struct error *e);
/* The same with READ COMMITTED on PostgreSQL, for queues that lock rows with
 * {{for_update}} {{skip_locked}} or take store_lock() first. */
int store_tx_locking(struct store_conn *c,
		     int (*fn)(struct store_conn *c, void *arg, struct error *e), void *arg,
		     struct error *e);
/* Plain forms (READ COMMITTED); they nest as savepoints. After a failed statement
 * the transaction must be rolled back: both drivers then answer store.aborted. */
int store_begin(struct store_conn *c, struct error *e);
int store_commit(struct store_conn *c, struct error *e);
void store_rollback(struct store_conn *c);
bool store_in_tx(const struct store_conn *c);
/* Holds a named lock to the end of the transaction; others wait. */
int store_lock(struct store_conn *c, struct str name, struct error *e);

/* ---- schema ---- */

/* Brings the schema to this program's version. Two processes may start at once.
 * store.schema-newer when the database was written by a newer program. */
int store_migrate(struct store *s, struct error *e);
/* Version of the database (0: empty) and of this program. */
int store_schema_version(struct store_conn *c, int *ret, struct error *e);
int store_schema_latest(void);

/* ---- waiting for each other ---- */

/* Wakes whoever waits on the channel, at commit when in a transaction.
 * channel: lower-case letters, digits and '_', at most 40. */
int store_notify(struct store_conn *c, const char *channel, struct error *e);
/* 1 when something may have happened since the last call on this connection (look
 * for yourself), 0 at the timeout, negative on error. Other processes are heard by
 * LISTEN on PostgreSQL; on SQLite by looking at the file 5 times a second. */
int store_wait(struct store_conn *c, const char *channel, int timeout_ms, struct error *e);
/* Ends every store_wait() of this process soon (shutdown). */
void store_wake(struct store *s);

/* Milliseconds to add to `clock` to have the database server's time (0 on SQLite):
 * workers on several machines compare leases by it. */
int store_clock_offset(struct store_conn *c, const struct clock *clock, int64_t *ret_ms,
		       struct error *e);

#endif
