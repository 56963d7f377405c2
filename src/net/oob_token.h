/* Tokens of out-of-band probes: a name that nothing but one request of one scan has.
 * 26 characters of [a-z0-9]: "zw", ten of the scan, ten of the request, four that check
 * the rest, so that noise which resolvers and scanners of others bring is not kept. */
#ifndef NET_OOB_TOKEN_H
#define NET_OOB_TOKEN_H
#include "base/str.h"

#define OOB_PREFIX_LEN 12
#define OOB_TOKEN_LEN 26

/* The scan's part; random. */
void oob_prefix_make(char out[OOB_PREFIX_LEN + 1]);
/* Token number n of that scan. */
void oob_token_make(const char prefix[OOB_PREFIX_LEN + 1], uint64_t n, char out[OOB_TOKEN_LEN + 1]);
/* The first well-formed token in foreign bytes, in any case, written in lower case. */
bool oob_token_find(struct str text, char out[OOB_TOKEN_LEN + 1]);
#endif
