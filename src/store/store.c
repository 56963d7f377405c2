/* The door: pool of connections, statements with checked text, nested
 * transactions, repetition after conflicts, in-process wake-ups. What differs
 * between databases is in sqlite.c and pgsql.c behind struct store_driver.
 * Invariant: after a statement failed inside a transaction nothing but a rollback
 * (of the savepoint or of all) runs, on both databases. */
#include "store/store.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/utf8.h"
#include "store/store_private.h"

#define ACQUIRE_WAIT_S 30
#define TX_TRIES 12
#define STALE_MS 1000 /* unused for so long: look whether the server is still there */

int64_t store_mono_ms(void)
{
	return clock_mono_ms(&clock_system);
}

/* ---- open and close ---- */

bool store_url_is_pgsql(struct str url)
{
	return str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://"));
}

static char *blob_dir_of(struct str url, const struct store_options *o)
{
	if (o && !str_empty(o->blob_dir))
		return str_dup(o->blob_dir);
	if (store_url_is_pgsql(url))
		return NULL;
	struct buf b = BUF_INIT(4096);

	buf_printf(&b, "%.*s/blobs", STR_ARG(url));
	return buf_take(&b, NULL);
}

int store_open(struct str url, const struct store_options *opts, struct store **ret,
	       struct error *e)
{
	struct store *s;
	struct store_conn *c = NULL;
	pthread_condattr_t attr;

	if (str_empty(url) || url.len > 2000)
		return error_field(e, "db", "store.url", "数据库地址为空或过长",
				   "the database URL is empty or too long");
	s = mem_alloc(sizeof(*s));
	s->magic = STORE_MAGIC;
	s->driver = store_url_is_pgsql(url) ? &store_pgsql : &store_sqlite;
	s->url = str_dup(url);
	s->blob_dir = blob_dir_of(url, opts);
	s->busy_ms = opts && opts->busy_ms ? opts->busy_ms : 10000;
	s->max_conns = opts && opts->max_conns ? opts->max_conns : 16;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (store_acquire(s, &c, e) < 0) {
		store_close(s);
		return -1;
	}
	store_release(c);
	*ret = s;
	return 0;
}

static void conn_free(struct store_conn *c)
{
	if (c->impl)
		c->store->driver->close(c);
	c->magic = 0;
	free(c);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	CHECK_OBJ(s, STORE_MAGIC);
	check(s->conns == s->idle.len);
	for (size_t i = 0; i < s->idle.len; i++)
		conn_free(s->idle.ptr[i]);
	vec_free(&s->idle);
	vec_free(&s->wake_fds);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s->url);
	free(s->describe);
	free(s->blob_dir);
	s->magic = 0;
	free(s);
}

enum store_dialect store_dialect(const struct store *s)
{
	CHECK_OBJ(s, STORE_MAGIC);
	return s->driver->dialect;
}

struct str store_describe(const struct store *s)
{
	CHECK_OBJ(s, STORE_MAGIC);
	return str_c(s->describe);
}

/* ---- pool ---- */

static int conn_open(struct store *s, struct store_conn **ret, struct error *e)
{
	struct store_conn *c = mem_alloc(sizeof(*c));

	c->magic = STORE_CONN_MAGIC;
	c->store = s;
	c->used_ms = store_mono_ms();
	if (s->driver->open(c, e) < 0) {
		conn_free(c);
		return -1;
	}
	*ret = c;
	return 0;
}

/* An idle connection, or NULL with a place reserved in s->conns, or -1. */
static int pool_take(struct store *s, struct store_conn **ret)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ACQUIRE_WAIT_S;
	pthread_mutex_lock(&s->lock);
	while (!s->idle.len && s->conns >= s->max_conns && r == 0)
		r = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	if (s->idle.len) {
		*ret = vec_pop(&s->idle);
		r = 0;
	} else if (s->conns < s->max_conns) {
		*ret = NULL;
		s->conns++;
		r = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return r ? -1 : 0;
}

static void pool_forget(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->conns--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

int store_acquire(struct store *s, struct store_conn **ret, struct error *e)
{
	struct store_conn *c = NULL;

	CHECK_OBJ(s, STORE_MAGIC);
	if (pool_take(s, &c) < 0)
		return error_set(e, "store.busy", "数据库连接都在使用中，请稍后再试",
				 "all database connections are in use, try again later");
	if (c && (c->broken || !s->driver->alive(c))) {
		conn_free(c);
		c = NULL;
	}
	if (!c && conn_open(s, &c, e) < 0) {
		pool_forget(s);
		return -1;
	}
	*ret = c;
	return 0;
}

void store_release(struct store_conn *c)
{
	if (!c)
		return;
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	struct store *s = c->store;

	while (c->depth)
		store_rollback(c);
	if (c->broken) {
		conn_free(c);
		pool_forget(s);
		return;
	}
	pthread_mutex_lock(&s->lock);
	*vec_push(&s->idle) = c;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

struct store *store_of(struct store_conn *c)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	return c->store;
}

void store_reserve(struct store *s, int n)
{
	CHECK_OBJ(s, STORE_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->max_conns = (unsigned)((int)s->max_conns + n);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* ---- statements ---- */

/* A connection that was lost is opened again, but never inside a transaction:
 * what went before is gone with it. */
static int conn_ready(struct store_conn *c, struct error *e)
{
	const struct store_driver *d = c->store->driver;
	int64_t now = store_mono_ms();

	CHECK_OBJ(c, STORE_CONN_MAGIC);
	if (!c->depth && !c->broken && now - c->used_ms > STALE_MS && !d->alive(c))
		c->broken = true;
	c->used_ms = now;
	if (!c->broken)
		return 0;
	if (c->depth)
		return error_set(e, "store.unavailable", "数据库连接在事务中断开，事务已取消",
				 "the database connection was lost inside a transaction");
	if (c->impl)
		d->close(c);
	c->impl = NULL;
	memset(c->waited, 0, sizeof(c->waited));
	if (d->open(c, e) < 0)
		return -1;
	c->broken = false;
	return 0;
}

static bool text_is_clean(struct str s)
{
	return !s.len || (utf8_invalid_at(s) < 0 && !memchr(s.ptr, 0, s.len));
}

/* Both databases get valid UTF-8 without NUL: PostgreSQL insists, SQLite would
 * hand the mess to every reader. Returns the arguments to use. */
static const struct store_value *clean_args(const struct store_value *args, size_t n,
					    struct buf *space)
{
	struct store_value *copy;
	size_t need = 0;

	for (size_t i = 0; i < n; i++)
		if (args[i].type == STORE_TEXT && !args[i].null && !text_is_clean(args[i].s))
			need += args[i].s.len * 3;
	if (!need)
		return args;
	buf_init(space, n * sizeof(*args) + need + n * 4 + 64);
	copy = (struct store_value *)(void *)buf_reserve(space, space->max - 8);
	memcpy(copy, args, n * sizeof(*args));
	space->len = n * sizeof(*args);
	for (size_t i = 0; i < n; i++) {
		if (args[i].type != STORE_TEXT || args[i].null || text_is_clean(args[i].s))
			continue;
		size_t from = space->len;

		for (size_t k = 0, bad; k < args[i].s.len; k = bad + 1) {
			const char *nul = memchr(args[i].s.ptr + k, 0, args[i].s.len - k);

			bad = nul ? (size_t)(nul - args[i].s.ptr) : args[i].s.len;
			utf8_sanitize(space, str_sub(args[i].s, k, bad));
			if (nul)
				utf8_append(space, UTF8_REPLACEMENT);
		}
		copy[i].s = str_make(space->ptr + from, space->len - from);
	}
	return copy;
}

static int run(struct store_conn *c, struct store_rows **ret, const char *sql,
	       const struct store_value *args, size_t n, struct error *e)
{
	_cleanup_buf_ struct buf space = { 0 };

	if (conn_ready(c, e) < 0)
		return -1;
	if (c->failed)
		return error_set(e, "store.aborted", "事务中已有语句失败，须先回滚",
				 "a statement of this transaction has failed: roll back first");
	if (c->store->driver->run(c, ret, sql, clean_args(args, n, &space), n, e) < 0) {
		c->failed = c->depth;
		return -1;
	}
	return 0;
}

int store_execv(struct store_conn *c, struct error *e, const char *sql,
		const struct store_value *args, size_t n)
{
	return run(c, NULL, sql, args, n, e);
}

int store_queryv(struct store_conn *c, struct store_rows **ret, struct error *e, const char *sql,
		 const struct store_value *args, size_t n)
{
	struct store_rows *rows = NULL;

	if (run(c, &rows, sql, args, n, e) < 0)
		return -1;
	*ret = rows;
	return 0;
}

int store_rowv(struct store_conn *c, struct store_rows **ret, struct error *e, const char *sql,
	       const struct store_value *args, size_t n)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (run(c, &rows, sql, args, n, e) < 0)
		return -1;
	if (!store_next(rows))
		return 0;
	*ret = take_ptr(rows);
	return 1;
}

int store_intv(struct store_conn *c, int64_t *ret, struct error *e, const char *sql,
	       const struct store_value *args, size_t n)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_rowv(c, &rows, e, sql, args, n);

	if (r > 0)
		*ret = store_col_int(rows, 0);
	return r;
}

int64_t store_changed(const struct store_conn *c)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	return c->changed;
}

/* ---- transactions ---- */

static int control(struct store_conn *c, const char *sql, struct error *e)
{
	return c->store->driver->script(c, sql, e);
}

static int begin(struct store_conn *c, const char *how, struct error *e)
{
	char sql[40];

	if (conn_ready(c, e) < 0)
		return -1;
	if (c->failed)
		return error_set(e, "store.aborted", "事务中已有语句失败，须先回滚",
				 "a statement of this transaction has failed: roll back first");
	snprintf(sql, sizeof(sql), "SAVEPOINT s%d", c->depth);
	if (control(c, c->depth ? sql : how, e) < 0)
		return -1;
	c->depth++;
	return 0;
}

int store_begin(struct store_conn *c, struct error *e)
{
	return begin(c, c->store->driver->begin, e);
}

/* In-process listeners hear at commit; PostgreSQL's own NOTIFY does the same. */
static void notify_flush(struct store_conn *c)
{
	struct store *s = c->store;

	if (!c->notify_pending)
		return;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < STORE_CHANNELS; i++)
		if (c->notify_pending & (1u << i))
			s->channels[i].generation++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	c->notify_pending = 0;
}

int store_commit(struct store_conn *c, struct error *e)
{
	char sql[40];

	CHECK_OBJ(c, STORE_CONN_MAGIC);
	check(c->depth > 0);
	if (c->failed) {
		store_rollback(c);
		return error_set(e, "store.aborted", "事务中已有语句失败，未提交",
				 "a statement of this transaction has failed: not committed");
	}
	snprintf(sql, sizeof(sql), "RELEASE SAVEPOINT s%d", c->depth - 1);
	if ((c->depth == 1 && store_event_flush(c, e) < 0) ||
	    control(c, c->depth > 1 ? sql : "COMMIT", e) < 0) {
		store_rollback(c);
		return -1;
	}
	c->depth--;
	store_event_keep(c, c->depth);
	if (!c->depth)
		notify_flush(c);
	return 0;
}

void store_rollback(struct store_conn *c)
{
	char sql[80];
	int level = c->depth - 1;

	CHECK_OBJ(c, STORE_CONN_MAGIC);
	check(c->depth > 0);
	c->depth--;
	store_event_discard(c, c->depth);
	if (c->failed > c->depth)
		c->failed = 0;
	if (!c->depth)
		c->notify_pending = 0;
	if (c->broken)
		return;
	snprintf(sql, sizeof(sql), "ROLLBACK TO SAVEPOINT s%d; RELEASE SAVEPOINT s%d", level,
		 level);
	if (level > 0) {
		if (control(c, sql, NULL) < 0)
			c->failed = c->depth;
		return;
	}
	c->store->driver->rolled_back(c);
}

bool store_in_tx(const struct store_conn *c)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	return c->depth > 0;
}

static void pause_before_retry(int attempt)
{
	uint32_t r;
	int64_t us = 2000LL << (attempt < 7 ? attempt : 7);

	random_bytes(&r, sizeof(r));
	us = us / 2 + (int64_t)(r % (uint32_t)us);
	struct timespec ts = { us / 1000000, (us % 1000000) * 1000 };

	nanosleep(&ts, NULL);
}

static int tx(struct store_conn *c, const char *how,
	      int (*fn)(struct store_conn *c, void *arg, struct error *e), void *arg,
	      struct error *e)
{
	bool nested = c->depth > 0;

	for (int attempt = 0;; attempt++) {
		struct error mine = { 0 };
		int r = -1;

		if (begin(c, how, &mine) == 0) {
			r = fn(c, arg, &mine);
			if (r < 0)
				store_rollback(c);
			else if (store_commit(c, &mine) < 0)
				r = -1;
		}
		if (r >= 0)
			return r;
		if (nested || !error_is(&mine, "store.busy") || attempt + 1 >= TX_TRIES) {
			if (e)
				*e = mine;
			return r;
		}
		pause_before_retry(attempt);
	}
}

int store_tx(struct store_conn *c, int (*fn)(struct store_conn *c, void *arg, struct error *e),
	     void *arg, struct error *e)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	return tx(c, c->store->driver->begin_serializable, fn, arg, e);
}

int store_tx_locking(struct store_conn *c,
		     int (*fn)(struct store_conn *c, void *arg, struct error *e), void *arg,
		     struct error *e)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	return tx(c, c->store->driver->begin, fn, arg, e);
}

int store_lock(struct store_conn *c, struct str name, struct error *e)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	check(c->depth > 0);
	if (c->store->driver->dialect == STORE_SQLITE)
		return 0; /* a transaction is alone with the file already */
	return store_exec(c, e, "SELECT pg_advisory_xact_lock(?)",
			  SV_INT((int64_t)str_hash(name)));
}

/* ---- waking each other ---- */

int store_channel_index(struct store *s, const char *name)
{
	int found = -1;

	check(name[0] && strlen(name) < sizeof(s->channels[0].name));
	for (const char *p = name; *p; p++)
		check((*p >= 'a' && *p <= 'z') || ascii_digit(*p) || *p == '_');
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < STORE_CHANNELS && found < 0; i++) {
		if (!s->channels[i].name[0])
			snprintf(s->channels[i].name, sizeof(s->channels[i].name), "%s", name);
		if (!strcmp(s->channels[i].name, name))
			found = i;
	}
	pthread_mutex_unlock(&s->lock);
	check(found >= 0);
	return found;
}

int store_notify(struct store_conn *c, const char *channel, struct error *e)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	c->notify_pending |= 1u << store_channel_index(c->store, channel);
	if (c->store->driver->notify && c->store->driver->notify(c, channel, e) < 0)
		return -1;
	if (!c->depth)
		notify_flush(c);
	return 0;
}

int store_wait(struct store_conn *c, const char *channel, int timeout_ms, struct error *e)
{
	CHECK_OBJ(c, STORE_CONN_MAGIC);
	check(!c->depth);
	if (conn_ready(c, e) < 0)
		return -1;
	return c->store->driver->wait(c, channel, timeout_ms, e);
}

void store_wake(struct store *s)
{
	CHECK_OBJ(s, STORE_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->wakes++;
	pthread_cond_broadcast(&s->changed);
	for (size_t i = 0; i < s->wake_fds.len; i++)
		(void)eventfd_write(s->wake_fds.ptr[i], 1);
	pthread_mutex_unlock(&s->lock);
}

int store_wake_fd_add(struct store *s)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	check(fd >= 0);
	pthread_mutex_lock(&s->lock);
	*vec_push(&s->wake_fds) = fd;
	pthread_mutex_unlock(&s->lock);
	return fd;
}

void store_wake_fd_drop(struct store *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->wake_fds.len; i++)
		if (s->wake_fds.ptr[i] == fd)
			s->wake_fds.ptr[i] = vec_pop(&s->wake_fds);
	pthread_mutex_unlock(&s->lock);
	close(fd);
}

int store_clock_offset(struct store_conn *c, const struct clock *clock, int64_t *ret_ms,
		       struct error *e)
{
	int64_t server, before = clock_wall_ms(clock);

	if (c->store->driver->dialect == STORE_SQLITE) {
		*ret_ms = 0;
		return 0;
	}
	if (store_int(c, &server, e,
		      "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)") < 0)
		return -1;
	*ret_ms = server - (before + clock_wall_ms(clock)) / 2;
	return 0;
}
