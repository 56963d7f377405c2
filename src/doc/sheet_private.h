/* Between the files that read workbooks: sheet.c (cells and rows) and workbook.c (what stands
 * around them: relations, sheets, styles, shared strings). */
#ifndef DOC_SHEET_PRIVATE_H
#define DOC_SHEET_PRIVATE_H
#include "base/arena.h"
#include "base/vec.h"
#include "doc/package.h"
#include "doc/sheet.h"
#include "doc/xml.h"

struct relation {
	struct str id, type, target; /* target: as a part's name */
};

struct workbook {
	struct doc_package *package;
	struct arena *arena;
	VEC(struct relation) relations; /* of the workbook */
	struct str part;		/* its own name */
	struct str sheet;		/* part of the sheet to read */
	bool from_1904;
	struct buf strings; /* shared ones, one behind the other */
	VEC(size_t) ends;
	VEC(uint8_t) dates; /* of each cell format: shows a date */
	struct doc_sheet_facts facts;
};

int workbook_open(struct workbook *w, struct str bytes, struct error *e);
void workbook_close(struct workbook *w);
/* The shared string; false when there is none of that number. */
bool workbook_string(const struct workbook *w, size_t n, struct str *ret);

/* What <t> elements say, through runs, without phonetic guides: for <si> and <is>. */
struct rich_text {
	struct buf text;
	unsigned guide; /* nested <rPh> */
	bool open;	/* in <t> */
};
void rich_start(struct rich_text *r, struct str name);
void rich_end(struct rich_text *r, struct str name);
int rich_text(struct rich_text *r, struct str text, struct error *e);
/* Appends with "_x000D_" and the like decoded. */
void sheet_unescape(struct buf *out, struct str s);
#endif
