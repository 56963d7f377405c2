/* Notification: what happened is written as a notice in the transaction of the event
 * (an outbox), a job spreads it to the channels that the rules name, and one job per
 * delivery sends it until it is taken or given up. A receiver may get a notice twice
 * after a crash, never under two ids. */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H
#include "app/context.h"
#include "job/job.h"
#include "scan/severity.h"
#include "store/notify.h"
#include "store/page.h"

extern const struct job_kind app_job_notify;  /* notice -> deliveries */
extern const struct job_kind app_job_deliver; /* one delivery */

/* Inside the transaction of the event. event: one of app_notify_events. payload is
 * borrowed; "time" and "event" are added. */
int app_notify_raise(struct app_call *c, const char *event, enum severity severity,
		     struct str site, const json_t *payload, struct error *e);

struct app_notify_event {
	const char *name, *zh, *en;
	bool by_level; /* rules compare min_severity */
};
extern const struct app_notify_event app_notify_events[]; /* ends with name NULL */
const struct app_notify_event *app_notify_event_find(struct str name);

/* ---- channels, rules, deliveries ---- */

int app_channel_list(struct app_call *c, struct store_page *page, json_t **ret, struct error *e);
int app_channel_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_channel_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_channel_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		       struct error *e);
int app_channel_delete(struct app_call *c, struct str id, struct error *e);
/* Sends a test at once; *ret is the delivery, sent or failed with the reason. */
int app_channel_test(struct app_call *c, struct str id, json_t **ret, struct error *e);

int app_rule_list(struct app_call *c, struct store_page *page, json_t **ret, struct error *e);
int app_rule_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_rule_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
int app_rule_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		    struct error *e);
int app_rule_delete(struct app_call *c, struct str id, struct error *e);

int app_delivery_list(struct app_call *c, struct str channel, struct str state,
		      struct store_page *page, json_t **ret, struct error *e);
int app_delivery_retry(struct app_call *c, struct str id, json_t **ret, struct error *e);
#endif
