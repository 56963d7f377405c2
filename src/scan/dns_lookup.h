/* Records of a name for templates that look at the DNS. Asked outside the jail. */
#ifndef SCAN_DNS_LOOKUP_H
#define SCAN_DNS_LOOKUP_H
#include "base/buf.h"
#include "base/str.h"

/* Only names at or below the domain of the host that is scanned. */
bool scan_dns_allowed(struct str name, struct str host);
/* type: "A" "CNAME" "TXT" …; five blobs into ret: rcode, question, answer, authority,
 * additional; lines as name servers write them ("name. 60 IN A 192.0.2.1"). 0 or -1. */
int scan_dns_lookup(struct str name, struct str type, struct buf *ret);
#endif
