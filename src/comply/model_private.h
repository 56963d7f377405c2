/* What the model and its trainer share: the file's shape and the features of a text. */
#ifndef COMPLY_MODEL_PRIVATE_H
#define COMPLY_MODEL_PRIVATE_H
#include "comply/model.h"

/* The file: this header, MODEL_SLOTS 16-bit fingerprints a bucket, then MODEL_SLOTS rows a bucket of
 * one signed byte a class, each bucket on its own cache line
 * (buckets are a multiple of 4); then the neural model, if any. Little-endian, mapped as it is. */
#define MODEL_MAGIC "ZWMODEL"
#define MODEL_FORMAT 4 /* changes with the features, too */
#define MODEL_ROW 8   /* classes besides "clean" */
#define MODEL_SLOTS 8 /* rows a bucket */
#define MODEL_BUCKETS_MAX 1000000
#define MODEL_NAME 16
#define MODEL_LEAF 32

struct model_header {
	char magic[8];
	uint32_t format;
	uint32_t buckets;
	uint32_t classes; /* at most MODEL_ROW; "clean" is one more, whose score is 0 */
	uint32_t net; /* bytes of the neural model behind the rows (net.h), 0: none */
	uint64_t checksum; /* FNV-1a of all behind this field */
	char version[32];
	float scale[MODEL_ROW]; /* of a row's byte, calibration included */
	float bias[MODEL_ROW];
	char name[MODEL_ROW][MODEL_NAME];
	char leaf[MODEL_ROW][MODEL_LEAF];
	char pad[64];
};
_Static_assert(sizeof(struct model_header) % 64 == 0, "buckets start on a cache line");

/* Keys of symbols: characters and syllables, independent of the language pack's numbering. */
struct model_keys {
	uint32_t *chr;	/* by symbol: code point; 0: none */
	uint32_t *syl;	/* by symbol: packed syllable, 0: none */
	uint32_t *known; /* open-addressed set of packed syllables, for pinyin in Latin letters */
	uint32_t some;	 /* the syllable of 某 */
};
void model_keys_init(struct model_keys *k, const struct lang *l);
void model_keys_free(struct model_keys *k);

/* Keys that are no characters: what a run of letters or digits is told by, and where clauses and sentences end. */
enum {
	KEY_LATIN = 1,
	KEY_DIGITS4 = 0x110000, KEY_DIGITS5, KEY_DIGITS8, KEY_DIGITS11, KEY_DIGITS12, KEY_NAME, KEY_CLAUSE, KEY_STOP,
	KEY_SOME = 0x67d0, /* 某 */
};
/* At most MODEL_CHUNK symbols are read in one go and give at most MODEL_FEATURES hashes. */
#define MODEL_CHUNK 256
#define MODEL_FEATURES (MODEL_CHUNK * 5)
/* Of the symbols from..end; the first *ret_sounds of them (the pointer may be NULL) are those of syllables. */
size_t model_features(const struct model_keys *k, const struct fold_text *t, size_t from, size_t end, uint64_t *out, size_t *ret_sounds);

/* The symbols from..end as one stream of pairs, character and syllable, with breaks between sentences and clauses, for models
 * that read in order: at most MODEL_CHUNK. */
size_t model_tokens(const struct model_keys *k, const struct fold_text *t, size_t from, size_t end, uint32_t *chr, uint32_t *syl);

static inline uint32_t model_bucket(uint64_t hash, uint32_t buckets)
{
	return (uint32_t)(((hash >> 32) * buckets) >> 32);
}
/* Never 0, which marks an empty slot. */
static inline uint16_t model_print(uint64_t hash)
{
	return (uint16_t)((uint16_t)hash + ((uint16_t)hash == 0));
}
/* Sums of a text of n features are divided by this. */
static inline float model_norm(size_t n)
{
	return __builtin_sqrtf((float)n + 16.0f);
}
uint64_t model_checksum(struct str bytes);
/* The scores of the linear model alone, log odds against "clean" for each class but that: of the whole text and
 * of the clause or two of it that it finds worst (the same in a short text). */
struct linear_scores {
	float whole[MODEL_ROW], piece[MODEL_ROW];
};
void model_linear(const struct comply_model *m, const struct fold_text *t, size_t from, size_t to, struct linear_scores *ret);
/* Those of the neural one, which must be there. False: nothing to read. */
bool model_neural(const struct comply_model *m, const struct fold_text *t, size_t from, size_t to, float *out);
#endif
