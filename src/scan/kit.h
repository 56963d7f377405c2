/* The comparison kit: is this answer the same page as that one? Cheap histogram
 * signatures first (after skipfish), token sequences with learned dynamic zones and
 * undone reflections when it matters. */
#ifndef SCAN_KIT_H
#define SCAN_KIT_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Histogram of the lengths of words and gaps: insensitive to dates and tokens,
 * sensitive to structure. One pass, no memory. */
struct kit_sig {
	uint32_t bucket[10];
	int status;
	bool has_text;
};
void kit_sign(struct str body, int status, struct kit_sig *ret);
bool kit_same_sig(const struct kit_sig *a, const struct kit_sig *b);

/* Appends `text` with every reflection of `sent` (plain, HTML, URL, JavaScript escaped,
 * any mix, any case) replaced by `original`. Values shorter than 3 bytes stay. */
void kit_unreflect(struct buf *out, struct str text, struct str sent, struct str original);
/* True when `sent` stands somewhere in `text` in any of those encodings. */
bool kit_reflects(struct str text, struct str sent);
/* Where it stands first, and how long it is there. */
bool kit_find(struct str text, struct str sent, size_t *ret_at, size_t *ret_len);

/* A page as a sequence of words. */
struct kit_seq {
	uint64_t *hash;
	uint32_t *weight;
	size_t len;
	uint64_t total;
};
struct kit_seq kit_seq_of(struct arena *a, struct str text);

/* Where two answers to the same request differed. */
struct kit_zones {
	struct kit_zone {
		uint64_t before, after; /* the two words before it; the word behind it */
	} *ptr;
	size_t len;
};
#define KIT_MAX_ZONES 256
/* Adds what differs between a and b. */
void kit_zones_learn(struct arena *a, struct kit_zones *z, const struct kit_seq *x, const struct kit_seq *y);
/* Leaves the zones out, in place. */
void kit_zones_drop(const struct kit_zones *z, struct kit_seq *s);
/* 0.0 … 1.0; 1.0 only when equal word for word. */
double kit_similarity(const struct kit_seq *a, const struct kit_seq *b);
/* "/news/2024/0117/a1b2c3d4e5f6.html" -> "/news/N/N/H.html". Strict: only segments that are
 * a number or an identifier altogether; loose: digits inside words too ("page7" "pageN"). */
void kit_path_pattern(struct buf *out, struct str path, bool loose);
/* 32 hex digits of a 128-bit FNV-1a. */
void kit_hash(struct str s, char out[33]);
#endif
