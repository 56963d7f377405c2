/* What a notification channel's configuration holds and hides. */
#ifndef APP_CHANNEL_H
#define APP_CHANNEL_H
#include "app/context.h"
#include "store/notify.h"

/* {"password","secret","url"}: whichever the kind has. */
int app_channel_secrets(struct app_call *c, const struct store_channel *v, json_t **ret,
			struct error *e);
json_t *app_channel_json(const struct store_channel *v);
/* Checks and takes `in` over what v holds; "***" keeps a secret. */
int app_channel_take(struct app_call *c, const json_t *in, struct store_channel *v,
		     struct error *e);
#endif
