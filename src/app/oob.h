/* The platform's out-of-band listener, and the door through which a scan in any worker asks
 * for its hits. Where to listen is a setting of the platform; empty: no listener. */
#ifndef APP_OOB_H
#define APP_OOB_H
#include "app/context.h"
#include "scan/oob.h"

struct app_oob;
/* For the process that listens; opens nothing yet. */
struct app_oob *app_oob_new(struct app *app);
/* Every few seconds: starts, stops or moves the listener when the settings have changed, and
 * prunes old hits. Failures are logged and tried again. */
void app_oob_tick(struct app_oob *o);
void app_oob_free(struct app_oob *o);

/* For a scan: false when the platform has no listener. Lives as long as c and a. */
bool app_oob_door(struct app_call *c, struct arena *a, struct scan_oob *ret);
#endif
