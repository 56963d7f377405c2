/* The small neural model of texts: each character and its syllable become a vector, dilated
 * convolutions with residual connections and layer normalization look at their neighbours (van den
 * Oord et al. 2016, Ba et al. 2016), and what is found anywhere in the text decides. Trained by
 * tools/train/comply_net.py; lies behind the linear model in the same file. */
#ifndef COMPLY_NET_H
#define COMPLY_NET_H
#include "comply/model_private.h"

#define NET_MAGIC "ZWNET"
#define NET_FORMAT 2
#define NET_TOKENS 160 /* more are not read */
#define NET_LAYERS 8
#define NET_WIDTH 256 /* of a layer, at most; a multiple of 64 */
#define NET_DIM 256

/* Behind it: uint32_t keys of characters, then of syllables; the matrices of characters (chars + 3 rows,
 * the first three for padding, unknown, end), syllables, input, layers (each with bias, gain, shift),
 * output. A matrix is a float scale a row, then the rows of signed bytes, then zeros up to four bytes;
 * a bias is floats. Little-endian. */
struct net_header {
	char magic[8];
	uint32_t format, chars, sounds, dim, hidden, layers, classes, reserved;
	uint32_t dilation[NET_LAYERS];
	float gate, piece_gate; /* texts that the linear model finds this little suspicious, whole and in their worst piece, are not read */
	float linear, piece, net; /* weights of the log odds against "clean" */
	float bias[MODEL_ROW];	  /* added to them */
	uint32_t pad;
};
_Static_assert(sizeof(struct net_header) == 128, "written by a script");

struct net;
/* The bytes stay where they are while the net lives. NULL and *ret_why, what is wrong with them. */
struct net *net_open(struct str bytes, const char **ret_why);
void net_close(struct net *n);
const struct net_header *net_head(const struct net *n);
/* Raw scores of the classes, "clean" last. */
void net_score(const struct net *n, const uint32_t *chr, const uint32_t *syl, size_t len, float *out);
#endif
