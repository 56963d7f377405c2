/* Inside the room: the state behind textserve.h, shared by textserve.c and textcount.c. */
#ifndef APP_TEXTSERVE_PRIVATE_H
#define APP_TEXTSERVE_PRIVATE_H
#include <pthread.h>

#include "app/textserve.h"
#include "base/map.h"

#define TEXTS_MAGIC 0x74787473u

struct kept; /* a text waiting to be written */

struct app_texts {
	unsigned magic;
	pthread_mutex_t lock; /* of all below */
	pthread_mutex_t open; /* while the engine is opened */
	pthread_mutex_t write; /* one writer at a time */
	struct comply *engine;
	struct map *tenants, *keys, *rates;
	struct map *counts, *terms; /* of struct counter */
	struct kept *first, **last;
	size_t kept, kept_bytes, lost;
	pthread_t thread;
	pthread_cond_t wake;
	bool running, stopping;
};

void text_counts_init(struct app_texts *s);
void text_counts_free(struct app_texts *s);
void text_tenant_unref(struct text_tenant *t);
int64_t text_mono_ms(void);
#endif
