/* Inside the room: what the door and its two drivers share. */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H
#include <pthread.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "store/store.h"

#define STORE_MAGIC 0x5a570001u
#define STORE_CONN_MAGIC 0x5a570002u
#define STORE_ROWS_MAGIC 0x5a570003u

#define STORE_CHANNELS 32 /* channel names are ours; there are a handful */
#define STORE_STATEMENTS 256

/* One value of an answer. */
struct store_cell {
	union {
		int64_t i;
		double d;
		const char *p;
	} v;
	uint32_t len;
	uint8_t type; /* enum store_type */
};

struct store_rows {
	unsigned magic;
	struct arena *arena;
	VEC(struct store_cell) cells;
	int cols;
	size_t count, at; /* at: rows handed out; the current one is at - 1 */
	void *driver;	  /* what the cells point into, if not the arena */
	void (*driver_free)(void *p);
};

struct store_driver {
	enum store_dialect dialect;
	const char *begin, *begin_serializable;
	/* Connects; on success c->impl is set. */
	int (*open)(struct store_conn *c, struct error *e);
	void (*close)(struct store_conn *c);
	/* One statement; ret NULL when no answer is wanted. Sets c->changed. */
	int (*run)(struct store_conn *c, struct store_rows **ret, const char *sql,
		   const struct store_value *args, size_t n, struct error *e);
	/* Several statements without arguments. */
	int (*script)(struct store_conn *c, const char *sql, struct error *e);
	/* True while the connection is usable, as far as can be told without asking. */
	bool (*alive)(struct store_conn *c);
	int (*notify)(struct store_conn *c, const char *channel, struct error *e);
	int (*wait)(struct store_conn *c, const char *channel, int timeout_ms, struct error *e);
	void (*rolled_back)(struct store_conn *c);
};

extern const struct store_driver store_sqlite, store_pgsql;

struct store_wake_channel {
	char name[41];
	uint64_t generation; /* in-process notifications so far */
};

struct store {
	unsigned magic;
	const struct store_driver *driver;
	char *url, *describe, *blob_dir; /* blob_dir NULL: rows */
	int busy_ms;
	unsigned max_conns;

	pthread_mutex_t lock; /* everything below */
	pthread_cond_t changed;
	VEC(struct store_conn *) idle;
	unsigned conns; /* open, idle or out */
	struct store_wake_channel channels[STORE_CHANNELS];
	uint64_t wakes;
	VEC(int) wake_fds; /* eventfds of those who wait in poll() */
};

struct store_conn {
	unsigned magic;
	struct store *store;
	void *impl;
	int depth;	 /* 0 outside, 1 transaction, 2… savepoints */
	int failed;	 /* depth at which a statement failed, 0 when none */
	bool broken;	 /* the connection is gone: open again before the next use */
	int64_t changed; /* rows */
	int64_t used_ms; /* monotonic */
	uint32_t notify_pending; /* bit per channel, sent at commit (SQLite) */
	uint64_t seen[STORE_CHANNELS], wakes_seen;
	bool waited[STORE_CHANNELS];
	struct store_pending_event *events; /* written at commit (event.c) */
};

/* Our portable SQL in the words of a dialect. numbered: '?' becomes $1, $2 …
 * Returns how many parameters, or negative on an unknown {{word}}. */
int store_sql_translate(enum store_dialect dialect, bool params, const char *sql,
			struct buf *out, struct error *e);
/* Index of a channel, added when new. Takes the lock. */
int store_channel_index(struct store *s, const char *name);
/* An eventfd that store_wake() writes to. */
int store_wake_fd_add(struct store *s);
void store_wake_fd_drop(struct store *s, int fd);
struct store_rows *store_rows_new(int cols);
/* event.c: what store_commit() and store_rollback() do with events in memory. */
int store_event_flush(struct store_conn *c, struct error *e);
void store_event_discard(struct store_conn *c, int deeper_than);
void store_event_keep(struct store_conn *c, int depth);
int64_t store_mono_ms(void);

struct store_migration {
	int number;
	const char *name, *sql;
};
/* Made from migrations/ by embed_migrations.py; in order of number. */
extern const struct store_migration store_migrations[];
extern const size_t store_migrations_len;

#endif
