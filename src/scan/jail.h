/* The kind of jailed child in which the engine runs; programs put it into the list they
 * give to os_spawner_start(). */
#ifndef SCAN_JAIL_H
#define SCAN_JAIL_H
#include "os/spawn.h"

extern const struct os_jail_kind scan_jail_kind;
#endif
