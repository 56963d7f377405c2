/* Events and blobs, on both databases. */
#include <pthread.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/blob.h"
#include "store/event.h"
#include "store/store_private.h"
#include "store/test_db.h"

static struct error e;

struct seen {
	int64_t last;
	int n;
	char types[400];
};

static int see(void *arg, const struct store_event *ev)
{
	struct seen *s = arg;
	size_t at = strlen(s->types);

	assert_true(ev->id > s->last);
	s->last = ev->id;
	s->n++;
	snprintf(s->types + at, sizeof(s->types) - at, "%.*s ", STR_ARG(ev->type));
	return 0;
}

static struct seen read_all(struct test_db *db, const char *tenant, const char *topic,
			    int64_t after)
{
	struct seen s = { .last = after };
	struct str t = str_c(topic);

	assert_true(store_events_after(db->conn, str_c(tenant), &t, str_empty(t) ? 0 : 1, after, 50,
				       see, &s, &e) >= 0);
	return s;
}

static void append(struct test_db *db, const char *tenant, const char *topic, const char *type)
{
	assert_ok(store_event_append(db->conn, str_c(tenant), topic, type, STR("{\"a\":1}"),
				     db->now++, &e));
}

static void test_events(void **state)
{
	struct test_db *db = *state;
	int64_t first, last;
	struct seen s;

	assert_ok(store_event_last(db->conn, &last, &e));
	assert_int_equal(last, 0);
	append(db, "ta", "scan", "s1");
	append(db, "tb", "scan", "s2");
	append(db, "ta", "job", "j1");
	append(db, "ta", "scan", "s3");
	assert_string_equal(read_all(db, "ta", "", 0).types, "s1 j1 s3 ");
	assert_string_equal(read_all(db, "tb", "", 0).types, "s2 ");
	assert_string_equal(read_all(db, "", "", 0).types, "s1 s2 j1 s3 ");
	s = read_all(db, "ta", "scan", 0);
	assert_string_equal(s.types, "s1 s3 ");
	assert_int_equal(read_all(db, "ta", "scan", s.last).n, 0);
	assert_ok(store_event_prune(db->conn, db->now - 2, &e));
	assert_string_equal(read_all(db, "", "", 0).types, "j1 s3 ");
	assert_ok(store_event_last(db->conn, &last, &e));
	assert_ok(store_event_first(db->conn, &first, &e));
	assert_int_equal(last, s.last);
	assert_int_equal(first, last - 1);
	assert_ok(store_event_prune(db->conn, db->now + 9, &e));
	assert_ok(store_event_last(db->conn, &first, &e));
	assert_int_equal(first, last);
}

static void test_events_follow_their_transaction(void **state)
{
	struct test_db *db = *state;

	assert_ok(store_begin(db->conn, &e));
	append(db, "t", "x", "a");
	assert_ok(store_begin(db->conn, &e));
	append(db, "t", "x", "gone");
	store_rollback(db->conn);
	assert_ok(store_begin(db->conn, &e));
	append(db, "t", "x", "b");
	assert_ok(store_commit(db->conn, &e));
	assert_int_equal(read_all(db, "t", "", 0).n, 0); /* not before the commit */
	assert_ok(store_commit(db->conn, &e));
	assert_string_equal(read_all(db, "t", "", 0).types, "a b ");
	assert_ok(store_begin(db->conn, &e));
	append(db, "t", "x", "gone");
	store_rollback(db->conn);
	append(db, "t", "x", "c");
	assert_string_equal(read_all(db, "t", "", 0).types, "a b c ");
}

/* A reader that follows while four writers append misses none. */
static void *write_events(void *arg)
{
	struct test_db *db = arg;
	struct store_conn *c;
	struct error err;

	if (store_acquire(db->store, &c, &err) < 0)
		return NULL;
	for (int i = 0; i < 25; i++)
		if (store_begin(c, &err) < 0 ||
		    store_event_append(c, STR("t"), "x", "n", STR("{}"), i, &err) < 0 ||
		    store_commit(c, &err) < 0)
			break;
	store_release(c);
	return NULL;
}

static void test_events_in_order(void **state)
{
	struct test_db *db = *state;
	struct seen s = { 0 };
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, write_events, db);
	for (int i = 0; i < 500 && s.n < 100; i++) {
		s.types[0] = 0;
		assert_true(store_events_after(db->conn, STR(""), NULL, 0, s.last, 20, see, &s,
					       &e) >= 0);
		store_wait(db->conn, STORE_EVENT_CHANNEL, 20, &e);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(s.n, 100);
}

/* ---- blobs ---- */

static struct blob_id put(struct test_db *db, struct store_conn *c, const char *tenant,
			  struct str bytes)
{
	struct blob_id id;

	assert_ok(store_blob_put(c, str_c(tenant), bytes, db->now, &id, &e));
	return id;
}

static int get(struct store_conn *c, const char *tenant, const struct blob_id *id,
	       struct buf *out)
{
	return store_blob_get(c, str_c(tenant), blob_id_str(id), out, &e);
}

static void check_blobs(struct test_db *db, struct store_conn *c)
{
	_cleanup_buf_ struct buf out = BUF_INIT(8 * MIB);
	struct str text = STR("站卫\0\xff bytes");
	struct blob_id a = put(db, c, "ta", text), again = put(db, c, "ta", text), b;
	int64_t n;

	assert_string_equal(a.text, again.text);
	assert_ok(get(c, "ta", &a, &out));
	assert_str(buf_view(&out), text);
	assert_ok(store_blob_size(c, STR("ta"), blob_id_str(&a), &n, &e));
	assert_int_equal(n, text.len);
	assert_ok(store_blob_usage(c, STR("ta"), &n, &e));
	assert_int_equal(n, text.len);
	/* Another tenant knows nothing of it. */
	assert_true(get(c, "tb", &a, &out) < 0);
	assert_string_equal(e.code, "blob.missing");
	assert_ok(store_blob_delete(c, STR("tb"), blob_id_str(&a), &e));
	b = put(db, c, "tb", text);
	/* Two puts want two deletes. */
	assert_ok(store_blob_delete(c, STR("ta"), blob_id_str(&a), &e));
	assert_int_equal(store_blob_sweep(c, &e), 0);
	assert_ok(get(c, "ta", &a, &out));
	assert_ok(store_blob_delete(c, STR("ta"), blob_id_str(&a), &e));
	assert_true(get(c, "ta", &a, &out) < 0);
	assert_int_equal(store_blob_sweep(c, &e), 1);
	assert_ok(store_blob_delete(c, STR("ta"), blob_id_str(&a), &e));
	assert_ok(get(c, "tb", &b, &out));
	/* And it may come again. */
	a = put(db, c, "ta", text);
	assert_ok(get(c, "ta", &a, &out));
	(void)put(db, c, "", STR(""));
	assert_ok(store_blob_usage(c, STR(""), &n, &e));
	assert_int_equal(n, 0);
}

static void test_blobs(void **state)
{
	struct test_db *db = *state;

	check_blobs(db, db->conn);
}

/* Files also serve PostgreSQL when machines share a folder. */
static void test_blobs_in_given_folder(void **state)
{
	struct test_db *db = *state;
	char dir[300], path[600];
	struct store_options o = { .blob_dir = STR_NULL };
	struct store *s;
	struct store_conn *c;
	struct blob_id id;
	struct stat st;
	_cleanup_buf_ struct buf out = BUF_INIT(1000);
	FILE *f;

	snprintf(dir, sizeof(dir), "%s/shared", db->dir);
	o.blob_dir = str_c(dir);
	assert_ok(store_open(str_c(db->url), &o, &s, &e));
	assert_ok(store_acquire(s, &c, &e));
	check_blobs(db, c);
	id = put(db, c, "tz", STR("precious"));
	snprintf(path, sizeof(path), "%s/tz/%.2s/%s", dir, id.text, id.text);
	assert_ok(stat(path, &st));
	assert_int_equal(st.st_mode & 0777, 0600);
	f = fopen(path, "w");
	fputs("preciouS", f);
	fclose(f);
	assert_true(get(c, "tz", &id, &out) < 0);
	assert_string_equal(e.code, "blob.corrupt");
	assert_int_equal(out.len, 0);
	/* A lost file is written again by the next put of the same. */
	unlink(path);
	assert_true(get(c, "tz", &id, &out) < 0);
	id = put(db, c, "tz", STR("precious"));
	assert_ok(get(c, "tz", &id, &out));
	store_release(c);
	store_close(s);
}

static void test_blob_names_are_checked(void **state)
{
	struct test_db *db = *state;
	_cleanup_buf_ struct buf out = BUF_INIT(1000);
	struct blob_id id;
	static const char *const bad[] = {
		"", "abc", "../../../../../../../../../../../../../../../../../../../etc/passwd",
		"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(store_blob_get(db->conn, STR("t"), str_c(bad[i]), &out, &e) < 0);
		assert_string_equal(e.code, "blob.missing");
	}
	assert_true(store_blob_put(db->conn, STR("../t"), STR("x"), 0, &id, &e) < 0);
}

static void test_blob_rolls_back(void **state)
{
	struct test_db *db = *state;
	_cleanup_buf_ struct buf out = BUF_INIT(1000);
	struct blob_id id;

	assert_ok(store_begin(db->conn, &e));
	id = put(db, db->conn, "t", STR("undone"));
	assert_ok(get(db->conn, "t", &id, &out));
	store_rollback(db->conn);
	assert_true(get(db->conn, "t", &id, &out) < 0);
	assert_string_equal(e.code, "blob.missing");
}

static void test_big_blob(void **state)
{
	struct test_db *db = *state;
	_cleanup_buf_ struct buf out = BUF_INIT(8 * MIB);
	size_t n = 5 * MIB + 3;
	char *p = mem_alloc(n);
	struct blob_id id;

	random_bytes(p, n);
	id = put(db, db->conn, "t", str_make(p, n));
	assert_ok(get(db->conn, "t", &id, &out));
	assert_true(out.len == n && !memcmp(out.ptr, p, n));
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_events),
		TEST_DB(test_events_follow_their_transaction),
		TEST_DB(test_events_in_order),
		TEST_DB(test_blobs),
		TEST_DB(test_blobs_in_given_folder),
		TEST_DB(test_blob_names_are_checked),
		TEST_DB(test_blob_rolls_back),
		TEST_DB(test_big_blob),
	};

	return test_db_run("events and blobs", tests, ARRAY_SIZE(tests));
}
