/* What a scan found, as the JSON model that every report is made from (report/report.h). */
#ifndef CLI_SCAN_MODEL_H
#define CLI_SCAN_MODEL_H
#include "base/json.h"
#include "scan/scan.h"

struct scan_model;

struct scan_model *scan_model_new(void);
void scan_model_free(struct scan_model *m);
/* Takes what the events of a scan bring. */
void scan_model_finding(struct scan_model *m, const struct scan_finding *f);
/* A finding of an earlier scan whose place was left out now, unless it was reported again. */
void scan_model_carry(struct scan_model *m, json_t *finding);
void scan_model_page(struct scan_model *m, const struct scan_page_info *p);
void scan_model_tech(struct scan_model *m, const struct scan_tech *t, struct str url);
/* {"id","name","version","cpe","category","note","note_en","confidence","url"}, by id. */
json_t *scan_model_techs(const struct scan_model *m);
/* Number of findings at or above a level. */
size_t scan_model_count(const struct scan_model *m, enum severity least);
/* The whole model; the caller drops the reference. */
json_t *scan_model_json(const struct scan_model *m, const struct scan_options *o, const struct scan_summary *s);
#endif
