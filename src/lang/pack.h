/* Data packs: one file of named sections, mapped read-only and shared by all processes. The
 * language pack, lexicons and models are such files; tools/packfile.py writes them at build
 * time, pack_build() at run time. A pack carries a version that answers name. Nothing is
 * parsed: a section is used where it lies, 64-byte aligned, little-endian. */
#ifndef LANG_PACK_H
#define LANG_PACK_H
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

struct pack;

/* Maps the file. Header and directory are checked (sums, bounds, alignment); the content is not
 * read: pack_verify() does that. "pack.missing", "pack.damaged". */
int pack_open(const char *path, struct pack **ret, struct error *e);
/* The same over bytes that stay where they are while the pack lives (64-byte aligned). */
int pack_open_bytes(struct str bytes, struct pack **ret, struct error *e);
void pack_close(struct pack *p);
struct str pack_version(const struct pack *p);
/* The section, or the empty slice with a NULL pointer when there is none of this name. */
struct str pack_section(const struct pack *p, const char *name);
/* The section as an array of elements of `size` bytes; "pack.damaged" when it is missing or no
 * whole number of them. */
int pack_array(const struct pack *p, const char *name, size_t size, const void **ret,
	       size_t *ret_n, struct error *e);
size_t pack_sections(const struct pack *p);
struct str pack_section_name(const struct pack *p, size_t i);
/* Reads everything and compares the sums: about 1 ms per MB. */
int pack_verify(const struct pack *p, struct error *e);

struct pack_part {
	const char *name; /* at most 15 characters */
	struct str bytes;
};
/* Appends the file's bytes to *ret. */
void pack_build(struct str version, const struct pack_part *parts, size_t n, struct buf *ret);

DEFINE_CLEANUP(struct pack *, pack_close);
#define _cleanup_pack_ _cleanup_(pack_closep)
#endif
