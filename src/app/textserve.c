/* The engine, tenants' states and API keys of a process: see textserve.h. One lock guards the
 * tables; it is held for look-ups only, never while the database is asked or a list compiled. */
#include "app/textserve_private.h"

#include <time.h>

#include "app/secret.h"
#include "app/session.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "lang/fold.h"
#include "store/policy.h"

struct slot { /* of a tenant */
	pthread_mutex_t refresh;
	struct text_tenant *now;
	int64_t seen;	/* monotonic ms of the last look */
	bool sent;	/* somebody is on the way to look */
	bool busy;	/* looks */
	bool building;	/* and found a newer generation */
};

struct known_key {
	struct app_actor actor;
	struct arena *arena;
	int64_t seen;
	bool sent; /* somebody is on the way to ask the database */
};

static void key_free(void *p)
{
	struct known_key *k = p;

	arena_free(k->arena);
}

static void slot_free(void *p)
{
	struct slot *s = p;

	text_tenant_unref(s->now);
	pthread_mutex_destroy(&s->refresh);
	free(s);
}

struct app_texts *app_texts_new(void)
{
	struct app_texts *s = mem_alloc(sizeof(*s));

	s->magic = TEXTS_MAGIC;
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->open, NULL);
	pthread_mutex_init(&s->write, NULL);
	pthread_cond_init(&s->wake, NULL);
	s->tenants = map_new();
	s->keys = map_new();
	s->rates = map_new();
	text_counts_init(s);
	return s;
}

void app_texts_free(struct app_texts *s)
{
	if (!s)
		return;
	CHECK_OBJ(s, TEXTS_MAGIC);
	check(!s->running);
	map_free_values(s->tenants, slot_free);
	map_free_values(s->keys, key_free);
	map_free_values(s->rates, free);
	text_counts_free(s);
	comply_close(s->engine);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->open);
	pthread_mutex_destroy(&s->write);
	pthread_cond_destroy(&s->wake);
	s->magic = 0;
	free(s);
}

int64_t text_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int app_texts_engine(struct app *app, const struct comply **ret, struct error *e)
{
	struct app_texts *s;
	_cleanup_arena_ struct arena *a = NULL;
	struct comply *engine;
	int r = 0;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	*ret = __atomic_load_n(&s->engine, __ATOMIC_ACQUIRE);
	if (*ret)
		return 0;
	a = arena_new(MIB);
	pthread_mutex_lock(&s->open);
	if (!s->engine) {
		r = comply_open(lang_pack_dir(a), &engine, e);
		if (r == 0)
			__atomic_store_n(&s->engine, engine, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&s->open);
	*ret = s->engine;
	return r;
}

/* ---- tenants ---- */

void text_tenant_unref(struct text_tenant *t)
{
	if (t && __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0)
		text_tenant_free(t);
}

void app_text_tenant_put(struct app *app, const struct text_tenant *t)
{
	union {
		const struct text_tenant *in;
		struct text_tenant *out;
	} u = { t };

	text_tenant_unref(u.out);
}

static struct slot *slot_of(struct app_texts *s, struct str tenant)
{
	struct slot *slot = map_get(s->tenants, tenant);

	if (slot)
		return slot;
	slot = mem_alloc(sizeof(*slot));
	pthread_mutex_init(&slot->refresh, NULL);
	map_put(s->tenants, tenant, slot);
	return slot;
}

/* What is there and may be used, counted; with the lock held. NULL: somebody must look, and that
 * is the caller, or where the caller without a connection sends its request. */
static const struct text_tenant *usable(struct slot *slot, bool can_look)
{
	int64_t age = text_mono_ms() - slot->seen;
	bool use = age < LIMIT_TEXT_FRESH_MS;

	if (!slot->now)
		return NULL;
	if (!use && can_look)
		use = slot->building || (slot->busy && age < LIMIT_TEXT_STALE_MS);
	else if (!use)
		use = slot->building || ((slot->busy || slot->sent) && age < LIMIT_TEXT_STALE_MS);
	if (!use) {
		slot->sent = true;
		return NULL;
	}
	__atomic_add_fetch(&slot->now->refs, 1, __ATOMIC_ACQ_REL);
	return slot->now;
}

static void set(struct app_texts *s, struct slot *slot, struct text_tenant *fresh, bool looked)
{
	struct text_tenant *old = NULL;

	pthread_mutex_lock(&s->lock);
	if (fresh) {
		old = slot->now;
		slot->now = fresh;
	}
	slot->sent = slot->busy = slot->building = false;
	if (looked)
		slot->seen = text_mono_ms();
	pthread_mutex_unlock(&s->lock);
	text_tenant_unref(old);
}

static int look(struct app_call *c, struct app_texts *s, struct slot *slot, struct error *e)
{
	const struct comply *engine;
	struct text_tenant *fresh = NULL;
	int64_t generation;
	int r = app_texts_engine(c->app, &engine, e);

	pthread_mutex_lock(&s->lock);
	slot->busy = true;
	pthread_mutex_unlock(&s->lock);
	if (r == 0)
		r = store_text_generation(c->db, c->actor->tenant_id, &generation, e);
	if (r == 0 && (!slot->now || slot->now->generation != generation)) {
		pthread_mutex_lock(&s->lock);
		slot->building = slot->now != NULL;
		pthread_mutex_unlock(&s->lock);
		r = text_tenant_load(c, engine, &fresh, e);
	}
	set(s, slot, fresh, r == 0);
	return r;
}

int app_text_tenant(struct app_call *c, const struct text_tenant **ret, struct error *e)
{
	struct app_texts *s;
	struct slot *slot;
	int r = 0;

	CAST_OBJ(s, c->app->texts, TEXTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	slot = slot_of(s, c->actor->tenant_id);
	*ret = usable(slot, c->db != NULL);
	pthread_mutex_unlock(&s->lock);
	if (*ret)
		return 0;
	if (!c->db)
		return error_set(e, "text.later", "需要读取租户的设置", "the tenant's settings must be read");
	/* Callers meet here; whoever comes second finds it fresh. */
	pthread_mutex_lock(&slot->refresh);
	pthread_mutex_lock(&s->lock);
	*ret = usable(slot, true);
	pthread_mutex_unlock(&s->lock);
	if (!*ret && (r = look(c, s, slot, e)) == 0) {
		pthread_mutex_lock(&s->lock);
		__atomic_add_fetch(&slot->now->refs, 1, __ATOMIC_ACQ_REL);
		*ret = slot->now;
		pthread_mutex_unlock(&s->lock);
	}
	pthread_mutex_unlock(&slot->refresh);
	return r;
}

void app_text_touch(struct app *app, struct str tenant)
{
	struct app_texts *s;
	struct slot *slot;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	slot = map_get(s->tenants, tenant);
	if (slot)
		slot->seen = text_mono_ms() - 10 * LIMIT_TEXT_STALE_MS;
	pthread_mutex_unlock(&s->lock);
}

/* ---- keys ---- */

static void copy_actor(const struct app_actor *from, struct arena *a, struct app_actor *to)
{
	*to = *from;
	to->user_id = arena_str(a, from->user_id);
	to->user_name = arena_str(a, from->user_name);
	to->email = arena_str(a, from->email);
	to->lang = arena_str(a, from->lang);
	to->tenant_id = arena_str(a, from->tenant_id);
	to->tenant_name = arena_str(a, from->tenant_name);
	to->key_id = arena_str(a, from->key_id);
	to->session_id = to->ip = to->user_agent = to->request_id = STR("");
}

bool app_text_key(struct app *app, struct str key, int64_t now, struct arena *a, struct app_actor *ret)
{
	struct app_texts *s;
	struct known_key *k;
	char hash[65];
	bool good = false;
	int64_t age;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	app_token_hash(app, "api-key", key, hash);
	pthread_mutex_lock(&s->lock);
	k = map_get(s->keys, str_c(hash));
	age = k ? text_mono_ms() - k->seen : 0;
	if (k && age < LIMIT_TEXT_STALE_MS && (!k->actor.key_expires || k->actor.key_expires > now)) {
		good = age < LIMIT_TEXT_FRESH_MS || k->sent;
		if (good)
			copy_actor(&k->actor, a, ret);
		else
			k->sent = true;
	}
	pthread_mutex_unlock(&s->lock);
	return good;
}

static void remember(struct app_texts *s, const char *hash, const struct app_actor *actor)
{
	struct arena *a = arena_new(64 * KIB);
	struct known_key *k = arena_new_of(a, struct known_key), *old;

	k->arena = a;
	k->seen = text_mono_ms();
	copy_actor(actor, a, &k->actor);
	pthread_mutex_lock(&s->lock);
	if (map_len(s->keys) >= LIMIT_TEXT_KEYS) {
		map_free_values(s->keys, key_free);
		s->keys = map_new();
	}
	old = map_put(s->keys, str_c(hash), k);
	pthread_mutex_unlock(&s->lock);
	if (old)
		key_free(old);
}

int app_text_key_resume(struct app_call *c, struct str key, struct app_actor *ret, struct error *e)
{
	struct app_texts *s;
	struct known_key *old = NULL;
	char hash[65];
	int r = app_key_resume(c, key, ret, e);

	CAST_OBJ(s, c->app->texts, TEXTS_MAGIC);
	if (r < 0)
		return -1;
	app_token_hash(c->app, "api-key", key, hash);
	if (r > 0) {
		remember(s, hash, ret);
		return r;
	}
	pthread_mutex_lock(&s->lock);
	old = map_remove(s->keys, str_c(hash));
	pthread_mutex_unlock(&s->lock);
	if (old)
		key_free(old);
	return 0;
}

void app_text_keys_forget(struct app *app)
{
	struct app_texts *s;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	map_free_values(s->keys, key_free);
	s->keys = map_new();
	pthread_mutex_unlock(&s->lock);
}
