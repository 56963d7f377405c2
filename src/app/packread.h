/* Reads an uploaded pack of templates: what is in it, which of it runs, and why the rest does
 * not. The archive is unpacked and its templates compiled in a jailed child of kind "pack"
 * that has neither files nor network; the answer is plain rows and one bundle of bytes, which
 * only jailed children will ever look into. */
#ifndef APP_PACKREAD_H
#define APP_PACKREAD_H
#include "base/arena.h"
#include "base/buf.h"
#include "os/spawn.h"
#include "store/rulepack.h"

extern const struct os_jail_kind app_pack_jail;

struct packread {
	size_t files, ignored, good, bad;
	struct store_template *rules; /* in the arena */
	size_t rules_len;
	struct buf bundle; /* heap; packread_free() */
};
void packread_free(struct packread *p);
#define _cleanup_packread_ _cleanup_(packread_free)

/* 0; -1 with "pack.…" when the archive is refused, "os.…" and the like when the jail failed. */
int app_packread_run(struct os_spawner *spawner, struct str zip, struct arena *a, struct packread *ret,
		     struct error *e);
/* The same for a bundle of our own: in this process. */
void app_packread_own(struct str bundle, struct arena *a, struct packread *ret);
#endif
