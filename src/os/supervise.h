/* The supervisor of `zhanwei serve`: keeps a table of child processes alive. A child
 * that dies comes back after a pause that doubles from 1 s to 30 s and starts over
 * when it has lived for a minute. SIGTERM or SIGINT: SIGTERM to all, 10 s of grace,
 * SIGKILL, result 0; a second one ends the grace. If the supervisor itself is
 * killed, the kernel ends the children. */
#ifndef OS_SUPERVISE_H
#define OS_SUPERVISE_H
#include "base/error.h"
#include "base/str.h"

/* A child that exits with this code must not be started again (its port is taken, its
 * configuration is wrong): the supervisor ends all others and returns it. */
#define OS_SERVICE_FATAL 78

struct os_service {
	const char *name;
	/* Runs in a fresh process with one thread, default signal actions and nothing
	 * blocked; its result is the exit code. index: 0..count-1. */
	int (*main)(void *arg, unsigned index);
	void *arg;
	unsigned count;
};

struct os_supervise_event {
	enum {
		OS_SERVICE_STARTED,
		OS_SERVICE_ENDED,    /* code or signal; restart_ms until it is back, -1 never */
		OS_SERVICE_STOPPING, /* a signal asked us to end */
		OS_SERVICE_KILLED,   /* had not ended in time */
	} what;
	const char *name; /* or NULL for STOPPING */
	unsigned index;
	pid_t pid;
	int code, signal;
	int restart_ms;
};

struct os_supervise_options {
	int grace_ms;       /* 0: 10000 */
	int backoff_min_ms; /* 0: 1000 */
	int backoff_max_ms; /* 0: 30000 */
	int healthy_ms;     /* 0: 60000; a child that lived so long starts afresh */
	void (*on_event)(void *arg, const struct os_supervise_event *ev); /* or NULL: for logs */
	void *arg;
};

/* Blocks until stopped. Call before any thread exists. 0 after a requested stop,
 * OS_SERVICE_FATAL, or -1 when nothing could be started. opts may be NULL. */
int os_supervise(const struct os_service *services, size_t n,
		 const struct os_supervise_options *opts, struct error *e);

/* For the children and for programs without supervisor: blocks SIGTERM and SIGINT
 * (call before any thread exists, so that all threads inherit it), ignores SIGPIPE,
 * and gives a descriptor that becomes readable when one arrives. */
int os_stop_signal_fd(struct error *e);
/* True once one has arrived; never blocks. */
bool os_stop_signal_seen(int fd);
#endif
