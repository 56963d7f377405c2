/* Many texts at once, or one long one: a task that a worker does, its progress, its results. */
#ifndef APP_TEXTTASK_H
#define APP_TEXTTASK_H
#include "app/context.h"
#include "base/json.h"
#include "job/job.h"
#include "store/text.h"

extern const struct job_kind app_job_text;

/* {name?, scene?, policy?} and one of texts:[{ref?, text}], text, file_base64 (split "lines" or "whole"). */
int app_text_task_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_text_task_list(struct app_call *c, struct str state, struct store_page *page, json_t **ret, struct error *e);
int app_text_task_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_text_task_cancel(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_text_task_delete(struct app_call *c, struct str id, struct error *e);
int app_text_task_items(struct app_call *c, struct str id, struct str suggestion, struct store_page *page,
			json_t **ret, struct error *e);
/* "jsonl", "tsv" or "xlsx". */
int app_text_task_export(struct app_call *c, struct str id, struct str format, struct buf *out, struct str *ret_name,
			 struct error *e);
#endif
