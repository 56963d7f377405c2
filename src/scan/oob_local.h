/* The out-of-band door over a listener in this process. */
#ifndef SCAN_OOB_LOCAL_H
#define SCAN_OOB_LOCAL_H
#include "net/oob_server.h"
#include "scan/oob.h"

/* domain and url are borrowed; see scan_oob. */
struct scan_oob scan_oob_local(struct oob_server *s, struct str domain, struct str url);
#endif
