/* Small shapes that several use cases show: counts by level, errors as data, short
 * scans; and JSON to and from columns of text. */
#ifndef APP_VIEW_H
#define APP_VIEW_H
#include "app/context.h"
#include "scan/severity.h"
#include "store/page.h"
#include "store/scan.h"

/* {"critical","high","medium","low","info"} */
json_t *app_counts_json(const int64_t counts[SEVERITY_COUNT]);
/* {"code","detail","detail_en"} */
json_t *app_error_json(const struct error *e);
/* A stored document again; null for "" and for what is none. */
json_t *app_text_json(struct str text);
/* Compact text in the arena; for columns. */
struct str app_json_text(struct arena *a, const json_t *v);
json_t *app_str_or_null(struct str s);
/* {id,name}; null without an id. */
json_t *app_person_json(struct str id, struct str name);
/* {url,method,status,type,title,depth,size} */
json_t *app_scan_page_json(const struct store_scan_page *p);
/* Score or null for -1. */
json_t *app_score_json(int64_t score);
/* Basis points as a number with two decimals. */
json_t *app_progress_json(int64_t basis);
/* {id,state,mode,progress,score,counts,finished} */
json_t *app_scan_short_json(const struct store_scan *s);
/* A whole array of strings; -1 "input.type" when it is none. At most max items. */
int app_json_strings(struct arena *a, const json_t *v, const char *field, size_t max,
		     struct str **ret, size_t *ret_n, struct error *e);
/* An error that names a missing thing: code "<what>.not-found". */
int app_missing(struct error *e, const char *what, const char *zh, const char *en);
/* "<what>.conflict": somebody else changed it. */
int app_conflict(struct error *e, const char *what);
#endif
