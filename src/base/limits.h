/* Every limit of the product, with its reason. A limit that an operator may
 * change is a setting whose default stands here. Sizes are bytes, times are
 * milliseconds unless the name says otherwise. One section per room. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * 1024)

/* base */
#define LIMIT_LOG_LINE (16 * KIB)  /* one write(2) stays atomic enough and lines readable */
#define LIMIT_LOG_FIELD (2 * KIB)  /* a URL or an error fits, a body does not */
#define LIMIT_JSON_DEPTH 64	   /* deeper documents are an attack, not data */

#endif
