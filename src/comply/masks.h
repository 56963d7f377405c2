/* Placeholders: words in capitals that stand for what was taken out of a text before it was passed on, as the usual tools write
 * them (PHONE, URL, MONEY, the entities of OntoNotes 5). The engine reads them as what they stand for. */
#ifndef COMPLY_MASKS_H
#define COMPLY_MASKS_H
#include <stddef.h>
#include <stdint.h>

#include "lang/fold.h"

enum mask_kind {
	MASK_PHONE,
	MASK_CARD,
	MASK_URL,
	MASK_ACCOUNT, /* mail, names of users */
	MASK_CODE,
	MASK_DIGIT,   /* numbers, sums, dates */
	MASK_SOME,    /* persons, places, organizations */
};

/* The kinds of the placeholders that the letters from..to are made of, at most `max`; 0: they are something else. "PHONE" is
 * one, "phone" is none. */
size_t masks_read(const struct fold_text *t, size_t from, size_t to, uint8_t *ret_kinds, size_t max);
#endif
