/* The threads behind the door. The second one and its browser begin when there is work for
 * two, and only where memory allows. */
#include "scan/browse.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse/browse_private.h"

#define HOST_MAGIC 0x42776f72u
#define TAB_MEMORY (700 * MIB) /* what must be free for one more tab */

struct done {
	json_t *answer;
	struct buf png;
	int width, height;
};

struct scan_browser_host {
	unsigned magic;
	const struct net_policy *policy;
	void (*shot)(void *ctx, const struct scan_shot *s);
	void *shot_ctx;
	struct scan_options options; /* completed copy */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t threads[SCAN_BROWSER_TABS];
	size_t tabs; /* at most so many threads; those begun are under the lock, as all below */
	size_t begun, idle;
	json_t *jobs[SCAN_BROWSER_TABS];
	struct done done[SCAN_BROWSER_TABS];
	size_t njobs, ndone, pending;
	bool stop;
	atomic_bool cancel;
	struct browse_shared shared;
};

bool scan_browser_there(void)
{
	return net_browser_program(NULL) != NULL;
}

static json_t *no_driver(const struct error *e)
{
	json_t *o = json_object(), *why = json_object();
	json_put(o, "ok", json_false());
	json_put(why, "code", json_c(e->code));
	json_put(why, "zh", json_c(e->zh));
	json_put(why, "en", json_c(e->en));
	json_put(o, "error", why);
	return o;
}

static json_t *next_job(struct scan_browser_host *h)
{
	json_t *job = h->jobs[0];
	h->njobs--;
	for (size_t i = 0; i < h->njobs; i++)
		h->jobs[i] = h->jobs[i + 1];
	return job;
}

/* One tab: a browser of its own, with its first job. */
static void *tab_main(void *arg)
{
	struct scan_browser_host *h = arg;
	struct driver *d = NULL;
	struct error e = { 0 };
	if (driver_new(&h->options, h->policy, &d, &e) == 0) {
		d->cancel = &h->cancel;
		d->shared = &h->shared;
	}
	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		if (!h->njobs) {
			h->idle++;
			pthread_cond_wait(&h->changed, &h->lock);
			h->idle--;
			continue;
		}
		json_t *job = next_job(h);
		pthread_mutex_unlock(&h->lock);
		json_t *answer = d ? driver_do(d, job) : no_driver(&e);
		json_put(answer, "n", json_integer(json_get_int(job, "n", 0)));
		json_decref(job);
		pthread_mutex_lock(&h->lock);
		struct done *into = &h->done[h->ndone++];
		*into = (struct done){ .answer = answer };
		buf_init(&into->png, 8 * MIB);
		if (d) {
			buf_str(&into->png, buf_view(&d->png));
			into->width = d->png_width;
			into->height = d->png_height;
		}
	}
	pthread_mutex_unlock(&h->lock);
	driver_free(d);
	return NULL;
}

/* Bytes that could be had without pushing anything out; a large number when nobody says. */
static uint64_t free_memory(void)
{
	char line[128];
	unsigned long long kib = 1ull << 40;
	FILE *f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * KIB;
}

int scan_browser_start(const struct scan_options *o, const struct net_policy *policy,
		       void (*shot)(void *ctx, const struct scan_shot *s), void *ctx,
		       struct scan_browser_host **ret, struct error *e)
{
	struct scan_browser_host *h = mem_alloc(sizeof(*h));
	h->magic = HOST_MAGIC;
	h->options = *o;
	if (scan_options_complete(&h->options, e) < 0) {
		free(h);
		return -1;
	}
	h->tabs = free_memory() > SCAN_BROWSER_TABS * TAB_MEMORY ? SCAN_BROWSER_TABS : 1;
	if (h->options.rate && h->options.rate < h->tabs)
		h->tabs = 1;
	if (h->options.rate) /* shared out */
		h->options.rate /= (unsigned)h->tabs;
	h->policy = policy;
	h->shot = shot;
	h->shot_ctx = ctx;
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_init(&h->shared.lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	*ret = h;
	return 0;
}

int scan_browser_ask(struct scan_browser_host *h, struct str job)
{
	CHECK_OBJ(h, HOST_MAGIC);
	json_t *j = job.len <= LIMIT_BROWSE_JOB ? json_parse(job, NULL) : NULL;
	if (!json_is_object(j)) {
		json_decref(j);
		return -1;
	}
	pthread_mutex_lock(&h->lock);
	bool room = h->pending < SCAN_BROWSER_TABS;
	if (room && h->begun < h->tabs && h->idle <= h->njobs &&
	    pthread_create(&h->threads[h->begun], NULL, tab_main, h) == 0)
		h->begun++;
	room = room && h->begun > 0;
	if (room) {
		h->jobs[h->njobs++] = j;
		h->pending++;
		pthread_cond_broadcast(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
	if (!room)
		json_decref(j);
	return room ? 0 : -1;
}

int scan_browser_poll(struct scan_browser_host *h, struct buf *answer)
{
	CHECK_OBJ(h, HOST_MAGIC);
	struct done done = { 0 };
	pthread_mutex_lock(&h->lock);
	if (h->ndone) {
		done = h->done[0];
		h->ndone--;
		h->pending--;
		for (size_t i = 0; i < h->ndone; i++)
			h->done[i] = h->done[i + 1];
	}
	pthread_mutex_unlock(&h->lock);
	if (!done.answer)
		return 0;
	json_t *a = done.answer;
	buf_clear(answer);
	json_write(answer, a);
	if (answer->overflow || answer->len > LIMIT_BROWSE_ANSWER) { /* the states are what is large */
		json_object_del(a, "html");
		buf_clear(answer);
		json_write(answer, a);
	}
	if (done.png.len && h->shot) {
		struct scan_shot s = { json_get_str(a, "picture"), json_get_str(a, "url"), json_get_str(a, "title"),
				       buf_view(&done.png), done.width, done.height };
		h->shot(h->shot_ctx, &s);
	}
	buf_free(&done.png);
	json_decref(a);
	return 1;
}

static int door_ask(void *ctx, struct str job)
{
	return scan_browser_ask(ctx, job);
}

static int door_poll(void *ctx, struct buf *answer)
{
	return scan_browser_poll(ctx, answer);
}

struct scan_browser scan_browser_door(struct scan_browser_host *h)
{
	return (struct scan_browser){ h, door_ask, door_poll };
}

void scan_browser_stop(struct scan_browser_host *h)
{
	if (!h)
		return;
	CHECK_OBJ(h, HOST_MAGIC);
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	atomic_store(&h->cancel, true);
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < h->begun; i++)
		pthread_join(h->threads[i], NULL);
	for (size_t i = 0; i < h->njobs; i++)
		json_decref(h->jobs[i]);
	for (size_t i = 0; i < h->ndone; i++) {
		json_decref(h->done[i].answer);
		buf_free(&h->done[i].png);
	}
	free(h->shared.storage);
	pthread_mutex_destroy(&h->lock);
	pthread_mutex_destroy(&h->shared.lock);
	pthread_cond_destroy(&h->changed);
	h->magic = 0;
	free(h);
}
