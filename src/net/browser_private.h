/* Between browser.c (the protocol) and browser_process.c (the process). */
#ifndef NET_BROWSER_PRIVATE_H
#define NET_BROWSER_PRIVATE_H
#include <sys/types.h>

#include "net/browser.h"

struct browser_process {
	pid_t pid; /* leader of its own process group; 0 when none */
	int in;    /* we write commands, non-blocking */
	int out;   /* we read answers, non-blocking */
	bool sandboxed;
	char dir[256]; /* profile, TMPDIR and stderr of the browser; "" when none */
};

int browser_process_start(const struct net_browser_options *o, const char *program,
			  struct browser_process *ret, struct error *e);
/* Kills the group, reaps, removes the directory. Idempotent. */
void browser_process_stop(struct browser_process *p);
/* The last words on its stderr, for the log: at most n-1 bytes, printable. */
void browser_process_last_words(const struct browser_process *p, char *out, size_t n);
#endif
