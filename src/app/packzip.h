/* The files of an uploaded archive of templates, as a bundle (scan/template/template.h). Only
 * for jailed children: the archive is foreign. Nothing is written anywhere, so no path can
 * leave the pack; an archive that tries to is refused whole, and named.
 *
 * Refused: what is no ZIP; absolute names, "..", backslashes, drive letters, control
 * characters, malformed UTF-8; links and devices; encrypted entries; two names that differ in
 * case only; too many, too big, too deep, or packed beyond belief.
 * Left out: folders, hidden files, and what is neither a template nor a word list. */
#ifndef APP_PACKZIP_H
#define APP_PACKZIP_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct packzip_result {
	size_t files;	/* in the bundle */
	size_t ignored; /* left out */
};
/* Appends to *bundle, in the order of the archive; a folder that all files share is dropped
 * from their paths. Errors "pack.…". */
int packzip_read(struct str zip, struct buf *bundle, struct packzip_result *ret, struct error *e);
/* Whether a name may stand in a pack; the reason in *e. */
int packzip_name(struct str name, struct error *e);
#endif
