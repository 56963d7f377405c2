/* Small conveniences over jansson. Borrowed slices live as long as the value. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include <jansson.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#define _cleanup_json_ _cleanup_(json_decrefp) /* jansson brings the function */

/* Parses a whole document with a depth limit, duplicate keys refused.
 * NULL and "json.bad" with line and column on failure. */
json_t *json_parse(struct str text, struct error *e);
/* Compact, keys in insertion order, UTF-8. */
void json_write(struct buf *b, const json_t *v);
/* JSON string; malformed UTF-8 becomes U+FFFD, NUL is kept out. Never NULL. */
json_t *json_str(struct str s);
static inline json_t *json_c(const char *s)
{
	return json_str(str_c(s));
}
/* Member of an object as slice; the empty slice when absent or not a string. */
struct str json_get_str(const json_t *obj, const char *key);
int64_t json_get_int(const json_t *obj, const char *key, int64_t fallback);
bool json_get_bool(const json_t *obj, const char *key, bool fallback);
/* Set and steal; abort on out of memory. */
void json_put(json_t *obj, const char *key, json_t *value);
/* RFC 3339 time or null when 0. */
json_t *json_time(int64_t wall_ms);
#endif
