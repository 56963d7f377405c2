/* ClientHellos of our own, for what OpenSSL no longer says. */
#ifndef NET_TLS_HELLO_PRIVATE_H
#define NET_TLS_HELLO_PRIVATE_H
#include "base/buf.h"
#include "net/tlsfacts.h"

enum { TLS_WIRE_SSL3 = 0x0300, TLS_WIRE_10, TLS_WIRE_11, TLS_WIRE_12 };

/* A hello of that version; sni may be empty (SSL 3 has none). */
void tls_hello_write(struct buf *b, uint16_t version, const uint16_t *suites, size_t nsuites,
		     struct str sni);
void tls_hello_write_ssl2(struct buf *b);

enum tls_reply { TLS_REPLY_MORE, TLS_REPLY_HELLO, TLS_REPLY_ALERT, TLS_REPLY_OTHER };
/* First record(s) of the answer; on HELLO the chosen version and suite. */
enum tls_reply tls_hello_read(struct str bytes, uint16_t *ret_version, uint16_t *ret_suite);
enum tls_reply tls_hello_read_ssl2(struct str bytes);
#endif
