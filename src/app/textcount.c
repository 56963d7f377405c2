/* Counts, rates and kept texts of a process: gathered in memory, written by one thread once a
 * second. A burst larger than the queue is checked and counted all the same, but not kept; the
 * log says how many. Texts never go to the log. */
#include "app/text.h"
#include "app/textserve_private.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/review.h"
#include "store/text.h"

#define HOUR_MS (3600 * 1000LL)

struct kept {
	struct kept *next;
	struct arena *arena;
	struct store_text row;
	bool review;
	size_t bytes;
};

/* Key of the map: "tenant\x1fsource\x1fscene\x1flabel\x1fsuggestion" or "tenant\x1flabel\x1fterm". */
struct counter {
	int64_t when, n; /* hour or day */
};

void text_counts_init(struct app_texts *s)
{
	s->counts = map_new();
	s->terms = map_new();
	s->last = &s->first;
}

static void kept_free(struct kept *k)
{
	arena_free(k->arena); /* k itself lies in it */
}

void text_counts_free(struct app_texts *s)
{
	while (s->first) {
		struct kept *k = s->first;

		s->first = k->next;
		kept_free(k);
	}
	map_free_values(s->counts, free);
	map_free_values(s->terms, free);
}

/* ---- gathering ---- */

static void add_one(struct map *m, struct str key, int64_t when)
{
	struct counter *c = map_get(m, key);

	if (!c) {
		if (map_len(m) >= LIMIT_TEXT_COUNTERS)
			return;
		c = mem_alloc(sizeof(*c));
		c->when = when;
		map_put(m, key, c);
	}
	c->n++;
}

static void count_label(struct app_texts *s, const struct text_note *n, struct str label, enum comply_action action)
{
	char key[400];
	int len = snprintf(key, sizeof(key), "%lld\x1f%.*s\x1f%.*s\x1f%.*s\x1f%.*s\x1f%s",
			   (long long)(n->now / HOUR_MS), STR_ARG(n->tenant), STR_ARG(n->source), STR_ARG(n->scene),
			   STR_ARG(label), comply_action_name(action));

	if (len > 0 && (size_t)len < sizeof(key))
		add_one(s->counts, str_make(key, (size_t)len), n->now / HOUR_MS);
}

static void count_terms(struct app_texts *s, const struct text_note *n)
{
	const struct comply_result *r = n->result;

	for (size_t i = 0; i < r->hits_len && i < 50; i++) {
		const struct comply_hit *h = &r->hits[i];
		char key[400];
		int len;
		bool again = false;

		/* What the model says is a class, no word. */
		if (h->action == COMPLY_PASS || h->layer == COMPLY_LAYER_MODEL || !h->term.len || h->term.len > 200)
			continue;
		for (size_t k = 0; k < i && !again; k++)
			again = str_eq(r->hits[k].term, h->term) && str_eq(r->hits[k].label, h->label);
		len = snprintf(key, sizeof(key), "%lld\x1f%.*s\x1f%.*s%s%.*s\x1f%.*s",
			       (long long)(n->now / (24 * HOUR_MS)), STR_ARG(n->tenant), STR_ARG(h->label),
			       h->sub_label.len ? "." : "", STR_ARG(h->sub_label), STR_ARG(h->term));
		if (!again && len > 0 && (size_t)len < sizeof(key))
			add_one(s->terms, str_make(key, (size_t)len), n->now / (24 * HOUR_MS));
	}
}

void app_text_count(struct app *app, const struct text_note *n)
{
	struct app_texts *s;
	const struct comply_result *r = n->result;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	count_label(s, n, STR(""), r->suggestion);
	for (size_t i = 0; i < r->labels_len; i++) {
		bool again = r->labels[i].action == COMPLY_PASS;

		for (size_t k = 0; k < i && !again; k++)
			again = str_eq(r->labels[k].label, r->labels[i].label) && r->labels[k].action != COMPLY_PASS;
		if (!again)
			count_label(s, n, r->labels[i].label, r->labels[i].action);
	}
	if (r->suggestion != COMPLY_PASS)
		count_terms(s, n);
	pthread_mutex_unlock(&s->lock);
}

static void copy_row(struct arena *a, const struct store_text *t, struct store_text *out)
{
	*out = *t;
	struct str *texts[] = { &out->id, &out->tenant, &out->source, &out->account_id, &out->account_name,
				&out->key_id, &out->task, &out->scene, &out->policy, &out->suggestion, &out->label,
				&out->sub_label, &out->text, &out->result, &out->marks };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = arena_str(a, *texts[i]);
}

bool app_text_keep(struct app *app, const struct store_text *t, bool review)
{
	struct app_texts *s;
	size_t bytes = t->text.len + t->result.len + 1024;
	struct arena *a;
	struct kept *k;
	bool room;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	a = arena_new(bytes * 2 + 64 * KIB);
	k = arena_new_of(a, struct kept);
	k->arena = a;
	k->review = review;
	k->bytes = bytes;
	copy_row(a, t, &k->row);
	pthread_mutex_lock(&s->lock);
	room = s->running && s->kept < LIMIT_TEXT_QUEUE && s->kept_bytes + bytes <= LIMIT_TEXT_QUEUE_BYTES;
	if (room) {
		*s->last = k;
		s->last = &k->next;
		s->kept++;
		s->kept_bytes += bytes;
	} else {
		s->lost++;
	}
	pthread_mutex_unlock(&s->lock);
	if (!room)
		kept_free(k);
	return room;
}

/* A token bucket that holds one second's worth: `at` is when it will be full. */
unsigned app_text_rate(struct app *app, struct str key, int64_t rate, unsigned n)
{
	struct app_texts *s;
	int64_t *full_us, now_us = text_mono_ms() * 1000, cost = rate > 0 ? (int64_t)n * 1000000 / rate : 0;
	unsigned wait = 0;

	if (rate <= 0)
		return 0;
	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	full_us = map_get(s->rates, key);
	if (!full_us) {
		if (map_len(s->rates) >= LIMIT_TEXT_KEYS) {
			map_free_values(s->rates, free);
			s->rates = map_new();
		}
		full_us = mem_alloc(sizeof(*full_us));
		map_put(s->rates, key, full_us);
	}
	if (*full_us < now_us)
		*full_us = now_us;
	if (*full_us > now_us && *full_us + cost > now_us + 1000000)
		wait = (unsigned)((*full_us + cost - now_us - 1000000 + 999999) / 1000000);
	else
		*full_us += cost;
	pthread_mutex_unlock(&s->lock);
	return wait;
}

/* ---- writing ---- */

struct batch {
	struct map *counts, *terms;
	struct kept *first;
	size_t lost;
};

static struct str part(struct str *rest)
{
	struct str one = STR("");

	str_split(rest, '\x1f', &one);
	return one;
}

static int write_counts(struct store_conn *db, void *arg, struct error *e)
{
	const struct batch *b = arg;
	struct map_iter it = { 0 };
	struct str key;
	void *value;

	while (map_next(b->counts, &it, &key, &value)) {
		const struct counter *c = value;
		struct store_text_count v = { .hour = c->when, .n = c->n };

		part(&key);
		v.tenant = part(&key);
		v.source = part(&key);
		v.scene = part(&key);
		v.label = part(&key);
		v.suggestion = part(&key);
		if (store_text_count_add(db, &v, e) < 0)
			return -1;
	}
	it = (struct map_iter){ 0 };
	while (map_next(b->terms, &it, &key, &value)) {
		const struct counter *c = value;
		struct store_term_count v = { .day = c->when, .n = c->n };

		part(&key);
		v.tenant = part(&key);
		v.label = part(&key);
		v.term = part(&key);
		if (store_term_count_add(db, &v, e) < 0)
			return -1;
	}
	return 0;
}

int text_row_write(struct store_conn *db, const struct store_text *t, bool review, struct error *e)
{
	struct id id = id_new(t->created);
	struct store_review v = { .id = id_str(&id), .tenant = t->tenant, .check = t->id, .state = STR("open"),
				  .source = t->source, .scene = t->scene, .suggestion = t->suggestion,
				  .label = t->label, .sub_label = t->sub_label, .score = t->score,
				  .excerpt = utf8_truncate(t->text, 300), .created = t->created };

	if (store_text_insert(db, t, e) < 0)
		return -1;
	return review ? store_review_insert(db, &v, e) : 0;
}

static int write_rows(struct store_conn *db, void *arg, struct error *e)
{
	struct kept *k = *(struct kept **)arg;

	for (size_t n = 0; k && n < LIMIT_TEXT_BATCH_ROWS; k = k->next, n++)
		if (text_row_write(db, &k->row, k->review, e) < 0)
			return -1;
	return 0;
}

static void take(struct app_texts *s, struct batch *b)
{
	pthread_mutex_lock(&s->lock);
	*b = (struct batch){ s->counts, s->terms, s->first, s->lost };
	s->counts = map_new();
	s->terms = map_new();
	s->first = NULL;
	s->last = &s->first;
	s->kept = s->kept_bytes = s->lost = 0;
	pthread_mutex_unlock(&s->lock);
}

int app_texts_flush(struct app *app, struct store_conn *db, struct error *e)
{
	struct app_texts *s;
	struct batch b;
	int r = 0;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	pthread_mutex_lock(&s->write);
	take(s, &b);
	if (map_len(b.counts) || map_len(b.terms))
		r = store_tx(db, write_counts, &b, e);
	while (b.first) {
		int one = r < 0 ? -1 : store_tx(db, write_rows, &b.first, e);

		for (size_t n = 0; b.first && n < LIMIT_TEXT_BATCH_ROWS; n++) {
			struct kept *k = b.first;

			b.first = k->next;
			kept_free(k);
			b.lost += one < 0;
		}
		r = one < 0 ? one : r;
	}
	pthread_mutex_unlock(&s->write);
	map_free_values(b.counts, free);
	map_free_values(b.terms, free);
	if (b.lost)
		log_event(LOG_WARN, "text", "text.not-kept", LOG_INT("texts", (int64_t)b.lost), LOG_END);
	return r;
}

static void flush_now(struct app *app)
{
	struct store_conn *db = NULL;
	struct error e = { 0 };
	int r = store_acquire(app->store, &db, &e);

	if (r == 0)
		r = app_texts_flush(app, db, &e);
	if (r < 0)
		log_event(LOG_WARN, "text", "text.unsaved", LOG_ERR(&e), LOG_END);
	store_release(db);
}

static bool anything(struct app_texts *s)
{
	return map_len(s->counts) || s->first || s->lost;
}

static void *writer(void *arg)
{
	struct app *app = arg;
	struct app_texts *s;
	bool stop = false;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	while (!stop) {
		struct timespec until;
		bool work;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_mutex_lock(&s->lock);
		while (!s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) != ETIMEDOUT)
			;
		stop = s->stopping;
		work = anything(s);
		pthread_mutex_unlock(&s->lock);
		if (work)
			flush_now(app);
	}
	return NULL;
}

int app_texts_start(struct app *app, struct error *e)
{
	struct app_texts *s;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	check(!s->running);
	s->stopping = false;
	s->running = true;
	if (pthread_create(&s->thread, NULL, writer, app) == 0)
		return 0;
	s->running = false;
	return error_set(e, "os.thread", "无法建立线程。", "A thread could not be made.");
}

void app_texts_stop(struct app *app)
{
	struct app_texts *s;

	CAST_OBJ(s, app->texts, TEXTS_MAGIC);
	if (!s->running)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->running = false;
}
