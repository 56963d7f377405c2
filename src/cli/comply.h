/* What the subcommands about text compliance share (check.c). */
#ifndef CLI_COMPLY_H
#define CLI_COMPLY_H
#include "base/limits.h"
#include "comply/comply.h"

int cli_comply_open(struct comply **ret, struct error *e);
/* A term file as text; XLSX is read in a jail. At most CLI_LEXICON_TEXT bytes. */
#define CLI_LEXICON_TEXT (2 * LIMIT_SHEET_TEXT)
int cli_comply_file(struct str path, struct buf *text, struct error *e);
/* A file of own terms, compiled; its problems go to standard error. */
int cli_comply_own(const struct comply *c, struct str path, struct comply_lexicon **ret, struct error *e);
void cli_comply_problem(void *ctx, struct str path, size_t line, const struct error *e);
#endif
