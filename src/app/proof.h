/* Looks for a proof where it should stand; decides nothing else. */
#ifndef APP_PROOF_H
#define APP_PROOF_H
#include "app/outgoing.h"
#include "base/json.h"
#include "os/spawn.h"
#include "store/site.h"

struct app_proof {
	struct str method, origin, host, token, id; /* id: names the file */
	int64_t now;
};
/* "https://host/.well-known/zhanwei-verify-ID.txt" and the one at the root. */
struct str app_proof_file_name(struct arena *a, struct str id);
struct str app_proof_file_url(struct arena *a, const struct app_proof *p, bool well_known);
struct str app_proof_meta_tag(struct arena *a, struct str token);
struct str app_proof_dns_name(struct arena *a, struct str host);
struct str app_proof_dns_value(struct arena *a, struct str token);

/* Appends one {target,ok,code,detail,detail_en} per place looked at to *attempts;
 * *ret_ok when one of them holds the proof, else *why is the most telling reason.
 * -1 only when looking was impossible here. */
int app_proof_look(struct os_spawner *spawner, const struct app_outgoing *out,
		   const struct app_proof *p, struct arena *a, json_t *attempts, bool *ret_ok,
		   struct error *why, struct error *e);
/* A TXT record's text: does it carry the token, unexpired? 1 yes, 0 no, -1 expired. */
int app_proof_txt(struct str record, struct str token, int64_t now);
#endif
