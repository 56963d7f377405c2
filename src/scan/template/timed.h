/* Templates that prove something by a delay: is it the delay that was asked for? */
#ifndef SCAN_TEMPLATE_TIMED_H
#define SCAN_TEMPLATE_TIMED_H
#include "scan/template/run_private.h"

/* True for what is not about time at all, and for delays that follow the seconds in the
 * request. */
bool timed_confirmed(struct trun *tr);
#endif
