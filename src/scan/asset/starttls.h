/* From plain text to TLS on one connection, as mail, file, directory and database servers
 * do it. */
#ifndef SCAN_ASSET_STARTTLS_H
#define SCAN_ASSET_STARTTLS_H
#include "base/buf.h"
#include "base/str.h"

enum asset_start { START_NONE, START_SMTP, START_IMAP, START_POP3, START_FTP, START_LDAP, START_POSTGRES, START_MYSQL };
/* Of a service as the table names it. */
enum asset_start asset_start_of(struct str service);
const char *asset_start_name(enum asset_start s);
/* Does the client begin? */
bool asset_start_speaks_first(enum asset_start s);
/* One step: `heard` is what came since the last time something was said (stage counts those
 * times). 1: TLS may begin, after sending what is in say; 0: send say, or wait for more when
 * it is empty; -1: no TLS here. */
int asset_start_step(enum asset_start s, unsigned stage, struct str heard, struct buf *say);
/* On a connected socket (blocks, bounded by LIMIT_ASSET_OPEN_MS): 0, or -1: no TLS. */
int asset_start_tls(int fd, enum asset_start s);
#endif
