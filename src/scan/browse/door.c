/* The thread behind the door: takes one job, does it, lays the answer down. */
#include "scan/browse.h"

#include <errno.h>
#include <pthread.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse/browse_private.h"

#define HOST_MAGIC 0x42776f72u

struct scan_browser_host {
	unsigned magic;
	const struct scan_options *o;
	const struct net_policy *policy;
	void (*shot)(void *ctx, const struct scan_shot *s);
	void *shot_ctx;
	struct scan_options options; /* completed copy */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	json_t *job, *answer;
	struct buf png;
	int width, height;
	bool busy, done, stop;
	atomic_bool cancel;
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

static void *host_main(void *arg)
{
	struct scan_browser_host *h = arg;
	struct driver *d = NULL;
	struct error e = { 0 };
	if (driver_new(&h->options, h->policy, &d, &e) == 0)
		d->cancel = &h->cancel;
	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		if (!h->job) {
			pthread_cond_wait(&h->changed, &h->lock);
			continue;
		}
		json_t *job = take_ptr(h->job);
		pthread_mutex_unlock(&h->lock);
		json_t *answer = d ? driver_do(d, job) : no_driver(&e);
		json_decref(job);
		pthread_mutex_lock(&h->lock);
		h->answer = answer;
		buf_clear(&h->png);
		if (d) {
			buf_str(&h->png, buf_view(&d->png));
			h->width = d->png_width;
			h->height = d->png_height;
		}
		h->done = true;
	}
	pthread_mutex_unlock(&h->lock);
	driver_free(d);
	return NULL;
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
	h->policy = policy;
	h->shot = shot;
	h->shot_ctx = ctx;
	buf_init(&h->png, 8 * MIB);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	if (pthread_create(&h->thread, NULL, host_main, h) != 0) {
		free(h);
		return error_set(e, "browse.thread", "无法启动浏览器线程", "cannot start the browser's thread");
	}
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
	bool busy = h->busy;
	if (!busy) {
		h->busy = true;
		h->done = false;
		h->job = j;
		pthread_cond_signal(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
	if (busy)
		json_decref(j);
	return busy ? -1 : 0;
}

int scan_browser_poll(struct scan_browser_host *h, struct buf *answer)
{
	CHECK_OBJ(h, HOST_MAGIC);
	pthread_mutex_lock(&h->lock);
	bool done = h->busy && h->done;
	_cleanup_json_ json_t *a = done ? take_ptr(h->answer) : NULL;
	_cleanup_buf_ struct buf png = BUF_INIT(8 * MIB);
	int width = h->width, height = h->height;
	if (done) {
		h->busy = h->done = false;
		buf_str(&png, buf_view(&h->png));
	}
	pthread_mutex_unlock(&h->lock);
	if (!done)
		return 0;
	buf_clear(answer);
	json_write(answer, a);
	if (answer->overflow || answer->len > LIMIT_BROWSE_ANSWER) { /* the states are what is large */
		json_object_del(a, "html");
		buf_clear(answer);
		json_write(answer, a);
	}
	if (png.len && h->shot) {
		struct str kind = json_get_str(a, "picture");
		struct scan_shot s = { kind, json_get_str(a, "url"), json_get_str(a, "title"), buf_view(&png), width, height };
		h->shot(h->shot_ctx, &s);
	}
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
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	json_decref(h->job);
	json_decref(h->answer);
	buf_free(&h->png);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->changed);
	h->magic = 0;
	free(h);
}
