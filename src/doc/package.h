/* An office document's package: a ZIP archive of parts (OOXML, ODF). The bytes are foreign, so
 * callers are jailed children. Sizes that the archive claims are not believed: what is inflated
 * is counted over the life of the package, and inflating stops at LIMIT_DOC_INFLATED. */
#ifndef DOC_PACKAGE_H
#define DOC_PACKAGE_H
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

struct doc_package;

/* `bytes` stay the caller's and must outlive the package. Errors "doc.not-package" (also for old
 * binary and for encrypted documents, which it says), "doc.too-many-parts". */
int doc_package_open(struct str bytes, struct doc_package **ret, struct error *e);
void doc_package_free(struct doc_package *p);
DEFINE_CLEANUP(struct doc_package *, doc_package_free);
#define _cleanup_package_ _cleanup_(doc_package_freep)

/* Names as in the archive; case does not matter, a leading slash is ignored. */
bool doc_package_has(struct doc_package *p, struct str name);
/* The part in pieces. What `on_piece` answers other than 0 ends it and is the result. Errors
 * "doc.no-part", "doc.damaged", "doc.encrypted", "doc.too-large". */
typedef int doc_piece_fn(void *ctx, struct str piece, struct error *e);
int doc_package_read(struct doc_package *p, struct str name, doc_piece_fn *on_piece, void *ctx, struct error *e);
/* Where a relation of the part `from` ("xl/workbook.xml") points: "worksheets/a.xml" is
 * "xl/worksheets/a.xml". Into out; -1 when that would leave the package. */
int doc_package_target(struct str from, struct str target, struct buf *out);
#endif
