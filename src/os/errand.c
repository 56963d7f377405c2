/* Threads for waiting: started when there is something to do, at most a few, all signals blocked,
 * detached. Who is last (the owner or a thread) frees the rest, so that a name server that does
 * not answer holds up nobody's end. */
#include "os/errand.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

#define ERRANDS_MAGIC 0x65727264u
#define THREADS 4
#define STACK (1024 * 1024)

struct os_errands {
	unsigned magic;
	pthread_mutex_t lock;
	pthread_cond_t work, news;
	struct os_errand *todo, **todo_end, *done, **done_end;
	unsigned threads, idle, queued;
	bool closed;
	int fd;
};

struct os_errands *os_errands_new(void)
{
	struct os_errands *s = mem_alloc(sizeof(*s));
	pthread_condattr_t attr;

	s->magic = ERRANDS_MAGIC;
	s->todo_end = &s->todo;
	s->done_end = &s->done;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	check(s->fd >= 0);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->news, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

static void free_list(struct os_errand *e)
{
	while (e) {
		struct os_errand *next = e->next;

		e->free(e);
		e = next;
	}
}

/* Called by the last one, without the lock. */
static void destroy(struct os_errands *s)
{
	free_list(s->todo);
	free_list(s->done);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->news);
	close(s->fd);
	s->magic = 0;
	free(s);
}

static struct os_errand *shift(struct os_errand **list, struct os_errand ***end)
{
	struct os_errand *e = *list;

	if (e && !(*list = e->next))
		*end = list;
	if (e)
		e->next = NULL;
	return e;
}

static void *helper(void *arg)
{
	struct os_errands *s;
	bool last;

	CAST_OBJ(s, arg, ERRANDS_MAGIC);
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->todo && !s->closed) {
			s->idle++;
			pthread_cond_wait(&s->work, &s->lock);
			s->idle--;
		}
		if (s->closed)
			break;
		struct os_errand *e = shift(&s->todo, &s->todo_end);
		uint64_t one = 1;

		s->queued--;
		pthread_mutex_unlock(&s->lock);
		e->run(e);
		pthread_mutex_lock(&s->lock);
		*s->done_end = e;
		s->done_end = &e->next;
		(void)!write(s->fd, &one, sizeof(one));
		pthread_cond_signal(&s->news);
	}
	last = --s->threads == 0;
	pthread_mutex_unlock(&s->lock);
	if (last)
		destroy(s);
	return NULL;
}

/* Under the lock. Signals are for the loop's thread. */
static void start_helper(struct os_errands *s)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, &attr, helper, s) == 0)
		s->threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	check(s->threads); /* not even one: nothing would ever be done */
}

void os_errands_send(struct os_errands *s, struct os_errand *e)
{
	CHECK_OBJ(s, ERRANDS_MAGIC);
	pthread_mutex_lock(&s->lock);
	e->next = NULL;
	*s->todo_end = e;
	s->todo_end = &e->next;
	if (++s->queued > s->idle && s->threads < THREADS)
		start_helper(s);
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

struct os_errand *os_errands_take(struct os_errands *s, int wait_ms)
{
	struct timespec until;

	CHECK_OBJ(s, ERRANDS_MAGIC);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000l;
	if (until.tv_nsec >= 1000000000l) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000l;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->done && wait_ms > 0 && pthread_cond_timedwait(&s->news, &s->lock, &until) == 0)
		;
	struct os_errand *e = shift(&s->done, &s->done_end);
	uint64_t count;

	if (!s->done)
		(void)!read(s->fd, &count, sizeof(count));
	pthread_mutex_unlock(&s->lock);
	return e;
}

int os_errands_fd(const struct os_errands *s)
{
	CHECK_OBJ(s, ERRANDS_MAGIC);
	return s->fd;
}

void os_errands_free(struct os_errands *s)
{
	bool last;

	if (!s)
		return;
	CHECK_OBJ(s, ERRANDS_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	pthread_cond_broadcast(&s->work);
	last = s->threads == 0;
	pthread_mutex_unlock(&s->lock);
	if (last)
		destroy(s);
}
