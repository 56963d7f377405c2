/* A tenant's lexicon is edited while threads check texts, some without a connection as the short way
 * does: every answer agrees with the version it names, and the last edit is seen by all. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "app/lexicon.h"
#include "app/text.h"
#include "app/textserve.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/tenant.h"
#include "store/test_db.h"

#define THREADS 8
#define TENANT STR("01testtenant0000000000000a")

static struct app app;
static struct app_actor actor;
static atomic_bool stop;
static atomic_long checks, short_way, wrong;
static atomic_int last_seen[THREADS];

static int64_t version_of(const json_t *doc)
{
	struct str v = json_get_str(doc, "versions");
	ssize_t at = str_rchr(v, '@');
	int64_t n = -1;

	if (at >= 0)
		str_to_i64(str_from(v, (size_t)at + 1), &n);
	return n;
}

static bool hit(const json_t *doc)
{
	size_t i;
	json_t *h;

	json_array_foreach(json_object_get(doc, "hits"), i, h)
		if (str_eq(json_get_str(h, "text"), STR("甲山寨")))
			return true;
	return false;
}

/* First as the event thread would, then with the connection. */
static int check_once(struct store_conn *db, struct arena *a, const json_t *in, json_t **doc)
{
	struct app_actor key = actor;
	struct app_call c = { .app = &app, .actor = &key, .arena = a, .now = clock_wall_ms(&clock_system) };
	struct error e = { 0 };

	key.via = APP_VIA_KEY;
	key.key_id = STR("k");
	if (app_text_check(&c, in, "key", doc, &e) == 0) {
		atomic_fetch_add(&short_way, 1);
		return 0;
	}
	if (strcmp(e.code, "text.later") != 0)
		return -1;
	c.db = db;
	return app_text_check(&c, in, "key", doc, &e);
}

static void *hammer(void *arg)
{
	int number = (int)(intptr_t)arg;
	_cleanup_json_ json_t *in = json_pack("{s:s,s:b}", "text", "请看甲山寨，今天天气不错", "keep", 0);
	struct store_conn *db = NULL;
	struct error e = { 0 };

	if (store_acquire(app.store, &db, &e) < 0)
		atomic_fetch_add(&wrong, 1);
	while (db && !atomic_load(&stop)) {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
		json_t *doc = NULL;
		int64_t version;

		if (check_once(db, a, in, &doc) < 0) {
			atomic_fetch_add(&wrong, 1);
			break;
		}
		version = version_of(doc);
		if (version < 1 || hit(doc) != (version % 2 == 1))
			atomic_fetch_add(&wrong, 1);
		atomic_store(&last_seen[number], (int)version);
		json_decref(doc);
		if (atomic_fetch_add(&checks, 1) % 64 == 0)
			usleep(1000); /* leaves the editor a share of two cores */
	}
	store_release(db);
	return NULL;
}

static json_t *must(int r, json_t *v, const struct error *e)
{
	if (r < 0)
		fail_msg("%s: %s", e->code, e->en);
	return v;
}

static void edit(struct test_db *db, struct str lexicon, bool add)
{
	_cleanup_arena_ struct arena *a = arena_new(256 * MIB);
	struct app_call c = { .app = &app, .actor = &actor, .db = db->conn, .arena = a, .now = clock_wall_ms(&clock_system) };
	_cleanup_json_ json_t *in = json_pack("{s:[{s:s,s:s},{s:s}]}", "entries", "term", "甲山寨", "level", "block", "term", "常驻词条");
	_cleanup_json_ json_t *ids = NULL, *out = NULL, *page = NULL;
	struct error e = { 0 };
	struct store_page p = { .limit = 10 };
	struct store_entry_filter f = { .q = STR("甲山寨") };

	if (add) {
		must(app_entry_add(&c, lexicon, in, &out, &e), out, &e);
		return;
	}
	must(app_entry_list(&c, lexicon, &f, &p, &page, &e), page, &e);
	ids = json_pack("{s:[O]}", "ids", json_object_get(json_array_get(page, 0), "id"));
	must(app_entry_delete_many(&c, lexicon, ids, &out, &e), out, &e);
}

static void test_swap(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *in = json_pack("{s:s}", "name", "词库"), *made = NULL;
	struct error e = { 0 };
	struct app_call c = { .app = &app, .actor = &actor, .db = db->conn, .arena = a, .now = db->now };
	const struct store_tenant t = { .id = TENANT, .name = STR("云梦"), .kind = STR("company"), .edition = STR("standard"),
					.timezone = STR("Asia/Shanghai"), .state = STR("active"), .created = db->now,
					.updated = db->now };
	const char *wish = getenv("TEST_SWAPS");
	int64_t swaps = 16; /* TEST_SWAPS=1000 for a long look */
	pthread_t threads[THREADS];

	if (wish)
		str_to_i64(str_c(wish), &swaps);
	assert_ok(app_init(&app, db->store, &clock_system, str_c(db->dir), STR("test"), &e));
	assert_ok(store_tenant_add(db->conn, &t, &e));
	app_actor_system(&actor, APP_VIA_SESSION, TENANT);
	must(app_lexicon_add(&c, in, &made, &e), made, &e);
	struct str lexicon = json_get_str(made, "id");
	edit(db, lexicon, true);
	for (intptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)i), 0);
	for (int i = 0; i < swaps; i++)
		edit(db, lexicon, i % 2 == 1);
	for (int waited = 0; waited < 40; waited++) { /* a second is usual; a sanitizer takes longer */
		bool all = true;

		for (int i = 0; i < THREADS; i++)
			all &= atomic_load(&last_seen[i]) == (int)swaps + 1;
		if (all)
			break;
		usleep(100000);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(atomic_load(&last_seen[i]), (int)swaps + 1);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_true(atomic_load(&checks) > 0 && atomic_load(&short_way) > 0);
	print_message("%ld checks, %ld without a connection, %d versions\n", atomic_load(&checks), atomic_load(&short_way), (int)swaps + 1);
	assert_ok(app_texts_flush(&app, db->conn, &e));
	app_free(&app);
	atomic_store(&stop, false);
	atomic_store(&checks, 0);
	atomic_store(&short_way, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_DB(test_swap) };
	return test_db_run("textserve", tests, ARRAY_SIZE(tests));
}
