/* Text encodings of bytes: hex, base64 (RFC 4648 §4 and §5), base32 lower case
 * without padding (§6), percent-encoding (RFC 3986), HTML and XML escapes.
 * Encoders append to a buffer; decoders return 0 or -1 on malformed input. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H
#include "base/buf.h"
#include "base/str.h"

void encode_hex(struct buf *b, struct str bytes);
int decode_hex(struct buf *b, struct str text);
void encode_base64(struct buf *b, struct str bytes);
/* '-' and '_' in place of '+' and '/', no padding. */
void encode_base64url(struct buf *b, struct str bytes);
/* Accepts both alphabets, padded or not, and skips white space. */
int decode_base64(struct buf *b, struct str text);
void encode_base32(struct buf *b, struct str bytes);
int decode_base32(struct buf *b, struct str text);
/* Everything but RFC 3986 "unreserved" becomes %XX. */
void encode_percent(struct buf *b, struct str s);
/* plus_is_space: application/x-www-form-urlencoded. A lone % stays as it is. */
void decode_percent(struct buf *b, struct str s, bool plus_is_space);
/* & < > " ' ; safe in element content and in quoted attributes. */
void encode_html(struct buf *b, struct str s);
/* As encode_html, and control characters that XML 1.0 forbids become U+FFFD. */
void encode_xml(struct buf *b, struct str s);
/* Inside a JSON string, without the quotes; also escapes < > & and U+2028/9 so
 * that it may stand in a script element. Malformed UTF-8 becomes U+FFFD. */
void encode_json(struct buf *b, struct str s);
#endif
