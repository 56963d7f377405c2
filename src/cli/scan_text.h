/* The report for a terminal or a plain file. */
#ifndef CLI_SCAN_TEXT_H
#define CLI_SCAN_TEXT_H
#include "base/buf.h"
#include "base/json.h"

void scan_text_write(struct buf *b, const json_t *model, bool colour);
#endif
