/* Pictures of pages, kept by scans that used the browser: of the first pages, and of what a
 * finding looked like when it was proved. Re-encoded by us, bounded in size and number. */
#ifndef APP_SHOT_H
#define APP_SHOT_H
#include "app/context.h"
#include "store/scan.h"
#include "store/select.h"

struct scan_shot;

/* Inside a transaction. What is beyond a scan's share is passed over. */
int app_shot_keep(struct app_call *c, const struct store_scan *scan, const struct scan_shot *s,
		  struct error *e);
/* finding: the pictures of its page in the scan that saw it last. Any may be empty. */
int app_shot_list(struct app_call *c, struct str site, struct str scan, struct str finding,
		  struct str kind, struct store_page *page, json_t **ret, struct error *e);
int app_shot_image(struct app_call *c, struct str id, struct str *ret_name, struct buf *out,
		   struct error *e);
/* Those of a scan with their bytes, [{kind, url, title, created, width, height, png}], proofs first, for
 * its report; at most `room` bytes of pictures. */
int app_shot_model(struct app_call *c, struct str scan, size_t room, json_t **ret, struct error *e);
/* Before a site goes: its pictures' bytes. */
int app_shot_forget(struct app_call *c, struct str tenant, struct str site, struct error *e);
#endif
