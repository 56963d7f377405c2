/* Checking texts: one at once, a hundred at once, and what was kept of it. The document of a check
 * is the engine's (comply_result_json) with `id` when it was kept and `masked` when asked for. */
#ifndef APP_TEXT_H
#define APP_TEXT_H
#include "app/context.h"
#include "base/json.h"
#include "comply/comply.h"
#include "store/text.h"

/* {text, scene?, policy?, mask?, replace?, keep?}. c->db may be NULL: then "text.later" (nothing
 * done) when the database is needed. */
int app_text_check(struct app_call *c, const json_t *in, const char *source, json_t **ret, struct error *e);
/* {texts:[{id?, text}], scene?, …} -> {items:[…]} in order. */
int app_text_batch(struct app_call *c, const json_t *in, json_t **ret, struct error *e);

/* For other use cases: a check by the tenant's lexicons and policies. Lexicons of `person` too. */
struct app_text_way {
	struct str scene, policy, person;
	bool no_model;
};
struct text_tenant;
/* The engine's options of that way, in the arena. "text.scene" / "text.policy" when unknown. */
int app_text_options(struct app_call *c, const struct text_tenant *t, const struct app_text_way *way,
		     struct comply_options *ret, struct error *e);

/* Takes n texts off what the caller's key may check this second; "text.too-many" with c->retry_after. */
int app_text_take(struct app_call *c, const struct text_tenant *t, size_t n, struct error *e);

/* Writes the row of a kept text, with its item of the review queue when asked. In a transaction. */
int text_row_write(struct store_conn *db, const struct store_text *t, bool review, struct error *e);

int app_text_labels(struct app_call *c, json_t **ret, struct error *e);
/* Built-in scenes and those of the tenant's policies. */
int app_text_scenes(struct app_call *c, json_t **ret, struct error *e);
int app_text_lookup(struct app_call *c, struct str term, struct str scene, int64_t max, json_t **ret, struct error *e);

/* ---- history ---- */
/* {suggestion, score, label, sub_label} of a stored row: score in basis points there, 0..1 here; no
 * label is null. */
void app_text_verdict(json_t *o, struct str suggestion, int64_t score, struct str label, struct str sub_label);
int app_text_list(struct app_call *c, const struct store_text_filter *f, struct store_page *page, json_t **ret,
		  struct error *e);
/* Those that the filter finds, newest first, with whole texts; format "tsv" or "xlsx". */
int app_text_export(struct app_call *c, const struct store_text_filter *f, struct str format, struct buf *out,
		    struct error *e);
int app_text_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_text_delete(struct app_call *c, struct str id, struct error *e);
/* 误报 on a hit: {hit, reason?, allow?, lexicon_id?}. */
int app_text_mark(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
/* Forgets what is older than each tenant keeps. */
int app_text_prune(struct app_call *c, struct error *e);

/* ---- settings ---- */
int app_text_settings_view(struct app_call *c, json_t **ret, struct error *e);
int app_text_settings_change(struct app_call *c, const json_t *in, json_t **ret, struct error *e);

/* ---- trends (trend.c) ---- */
struct app_trend_wish {
	struct str scene, source, unit; /* "hour" or "day" */
	int64_t from, to;		/* ms; 0: the last 24 hours or 30 days */
};
int app_text_trends(struct app_call *c, const struct app_trend_wish *w, json_t **ret, struct error *e);
#endif
