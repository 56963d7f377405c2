/* The report for a terminal or a plain file. */
#ifndef CLI_SCAN_TEXT_H
#define CLI_SCAN_TEXT_H
#include "base/buf.h"
#include "base/json.h"

void scan_text_write(struct buf *b, const json_t *model, bool colour);
/* One line per technology; `list` as scan_model_techs() makes it. */
void scan_text_techs(struct buf *b, const json_t *list);
#endif
