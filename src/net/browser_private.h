/* Between browser.c (the protocol) and browser_process.c (the process). */
#ifndef NET_BROWSER_PRIVATE_H
#define NET_BROWSER_PRIVATE_H
#include "net/browser.h"

struct os_process;

struct browser_process {
	struct os_process *process;
	int in;  /* we write commands, non-blocking */
	int out; /* we read answers, non-blocking */
	bool sandboxed;
	char *dir; /* profile, TMPDIR and HOME of the browser */
};

int browser_process_start(const struct net_browser_options *o, const char *program,
			  struct browser_process *ret, struct error *e);
/* Takes what it wrote on stderr, so that it never blocks on it. */
void browser_process_tend(struct browser_process *p);
/* Kills the group, reaps, removes the folder. Idempotent. */
void browser_process_stop(struct browser_process *p);
/* The last words on its stderr, for the log: at most n-1 bytes, printable. */
void browser_process_last_words(const struct browser_process *p, char *out, size_t n);
#endif
