/* Our answers in the shapes of other text services, so that their clients work when the address is
 * changed: requests as they send them, labels translated by data/compat. */
#ifndef APP_TEXTCOMPAT_H
#define APP_TEXTCOMPAT_H
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

enum text_vendor { TEXT_ALIYUN, TEXT_TENCENT, TEXT_BAIDU };

/* What to check: {text, scene}; -1 when the request has no text. query and body: objects (body may be
 * NULL). action: header of that name or "". */
int text_compat_request(enum text_vendor v, const json_t *query, const json_t *body, json_t **ret, struct error *e);
/* A check's document in the vendor's shape. */
json_t *text_compat_answer(enum text_vendor v, const json_t *query, const json_t *body, struct str action,
			   const json_t *doc, struct str request_id, int64_t now);
/* An error in the vendor's shape; status: what it is over HTTP with us. */
json_t *text_compat_error(enum text_vendor v, int status, const struct error *why, struct str request_id, int64_t now);

/* The status it goes out with: clients of two of them look into the document only when that is 200. */
int text_compat_status(enum text_vendor v, int status);

extern const char compat_aliyun_tsv[], compat_tencent_tsv[], compat_baidu_tsv[];
#endif
