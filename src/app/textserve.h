/* What a process keeps in memory to check texts fast: the engine (opened at first use), each
 * tenant's state (compiled lexicons, policies, settings; immutable, counted, loaded anew when its
 * generation has grown), API keys seen within the last two seconds, rate limits, counts and texts
 * waiting to be written. None of it waits for the database but where `c->db` is used.
 *
 * Freshness: state and keys are used for LIMIT_TEXT_FRESH_MS without a look; then one caller with a
 * connection looks while others go on; after LIMIT_TEXT_STALE_MS nobody uses them unseen. */
#ifndef APP_TEXTSERVE_H
#define APP_TEXTSERVE_H
#include "app/context.h"
#include "comply/comply.h"

struct app_texts *app_texts_new(void);
void app_texts_free(struct app_texts *s);
/* Begins writing counts and kept texts once a second, until stopped (then what is left). */
int app_texts_start(struct app *app, struct error *e);
void app_texts_stop(struct app *app);
/* Writes now, on this connection. */
int app_texts_flush(struct app *app, struct store_conn *db, struct error *e);

int app_texts_engine(struct app *app, const struct comply **ret, struct error *e);

/* ---- a tenant's state ---- */

enum text_keep { TEXT_KEEP_NONE, TEXT_KEEP_FLAGGED, TEXT_KEEP_ALL };
struct text_settings {
	bool keep_console;
	bool second_look; /* letting through what would be blocked needs two people */
	enum text_keep keep_key;
	enum comply_action queue; /* suggestions from this on go to the review queue; PASS: none */
	int64_t retention_days, rate_per_second; /* 0: unlimited */
};
struct text_policy {
	struct str id, name, scene, base;
	const struct comply_rule *rules;
	size_t rules_len;
	int64_t starts, ends;
};
struct text_person {
	struct str account;
	struct comply_lexicon *lexicon;
};
struct text_tenant {
	unsigned refs;
	int64_t generation;
	struct arena *arena;
	struct text_settings settings;
	struct comply_lexicon *shared; /* NULL: no entries */
	struct text_person *persons;
	size_t persons_len;
	struct text_policy *policies;
	size_t policies_len;
};
/* With c->db: loads or refreshes. Without: "text.later" unless it is fresh enough. Give back
 * with app_text_tenant_put(). */
int app_text_tenant(struct app_call *c, const struct text_tenant **ret, struct error *e);
void app_text_tenant_put(struct app *app, const struct text_tenant *t);
/* Somebody of this process has changed it. */
void app_text_touch(struct app *app, struct str tenant);
/* textstate.c: reads rows and compiles. */
int text_tenant_load(struct app_call *c, const struct comply *engine, struct text_tenant **ret, struct error *e);
void text_tenant_free(struct text_tenant *t);
void text_settings_read(struct str json, struct text_settings *ret);

/* ---- API keys ---- */

/* The actor of a key seen lately, its texts copied into the arena; false: ask the database. */
bool app_text_key(struct app *app, struct str key, int64_t now, struct arena *a, struct app_actor *ret);
/* The same with the database (c->db) when needed; 1, 0 no such key, negative. */
int app_text_key_resume(struct app_call *c, struct str key, struct app_actor *ret, struct error *e);
/* Keys were changed or deleted. */
void app_text_keys_forget(struct app *app);

/* ---- rates, counts, texts to keep ---- */

/* 0 when `n` more are within the rate, else seconds to wait. */
unsigned app_text_rate(struct app *app, struct str key, int64_t rate, unsigned n);

struct text_note { /* one text that was checked */
	struct str tenant, source, scene;
	const struct comply_result *result;
	int64_t now;
};
void app_text_count(struct app *app, const struct text_note *n);
struct store_text;
/* Queues a copy. False when there is no room: the text is not kept, and counted so. */
bool app_text_keep(struct app *app, const struct store_text *t, bool review);
#endif
