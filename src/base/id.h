/* Row identifiers: ULID (github.com/ulid/spec) in lower case, 26 characters of
 * Crockford base32: 48 bits of milliseconds, 80 random bits. They sort by time
 * of creation and cannot be guessed. */
#ifndef BASE_ID_H
#define BASE_ID_H
#include "base/str.h"

#define ID_LEN 26
struct id {
	char text[ID_LEN + 1];
};

struct id id_new(int64_t wall_ms);
bool id_valid(struct str s);
static inline struct str id_str(const struct id *id)
{
	return str_make(id->text, strlen(id->text));
}
/* Cryptographically random bytes; aborts when the kernel has none. */
void random_bytes(void *out, size_t n);
#endif
