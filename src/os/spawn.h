/* The spawner: a process forked by main() before any thread exists, which makes
 * jailed children on request. Hostile bytes (HTTP responses, HTML, documents) are
 * parsed in such children only. A child holds what it was handed - one channel,
 * a few descriptors, one argument - and nothing else: no network of its own, no
 * files but its kind's read_paths, no other process, bounded memory and CPU time.
 * Its death is a failed unit of work with a reason, see os_child_wait().
 *
 *     static int title_main(int chan, const int *fds, size_t nfds, struct str arg);
 *     static const struct os_jail_kind title_kind = {
 *             .name = "title", .main = title_main, .max_memory = 128 * MIB,
 *             .max_cpu_s = 30, .max_files = 16 };
 *     static const struct os_jail_kind *const kinds[] = { &title_kind, NULL };
 *     os_spawner_start(kinds, &spawner, e);                   // early in main()
 *     os_spawner_spawn(spawner, STR("title"), NULL, 0, arg, &child, e);
 *     ... os_frame_send(child.chan, ...), os_frame_recv(child.chan, ...)
 *     os_child_wait(&child, 1000, &how); os_child_free(&child);
 *
 * A program has one spawner; a process that serve's supervisor made starts its own.
 * When the process that started the spawner ends, by whatever signal, the spawner
 * and all its children end too. */
#ifndef OS_SPAWN_H
#define OS_SPAWN_H
#include "base/cleanup.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

struct os_spawner;

#define OS_SPAWN_MAX_ARG LIMIT_SPAWN_ARG
#define OS_SPAWN_MAX_FDS LIMIT_SPAWN_FDS

struct os_jail_kind {
	const char *name;
	/* Runs in the child, single-threaded, already jailed. chan is one end of a
	 * SOCK_STREAM socket pair, fds are those given to os_spawner_spawn() (new
	 * numbers, same order), arg is its bytes. All are the child's for its whole
	 * life. The result, 0..127, is the exit code; exit handlers do not run.
	 * Allowed: read and write descriptors it has (also to receive more by
	 * SCM_RIGHTS), poll/epoll, memory, time, random. socket() gives EACCES;
	 * connect() says that it is done and does nothing (for libcurl); fork, threads,
	 * exec, ptrace end the child. What must be loaded from disk later (iconv tables,
	 * certificates) has to be loaded by prepare(). stdin and stdout are /dev/null,
	 * the first 16 KiB of stderr reach ours. SIGINT, SIGTERM and SIGHUP are ignored. */
	int (*main)(int chan, const int *fds, size_t nfds, struct str arg);
	/* Or NULL. Called once in the spawner, unjailed, before its first child: load
	 * libraries' tables, certificates, dictionaries here; every child inherits
	 * them without cost. Must not create threads or read foreign input. */
	int (*prepare)(struct error *e);
	size_t max_memory; /* bytes of heap the child may add to what it inherits */
	unsigned
		max_cpu_s; /* CPU seconds, not wall time: for that the caller has os_child_wait() */
	unsigned max_files; /* descriptors open at once, chan and standard ones included; 0: 32 */
	/* NULL-terminated absolute paths of files or folders that may be read inside,
	 * or NULL for none. Missing ones are skipped. Where the kernel has no Landlock
	 * nothing can be opened at all: hand descriptors over instead. */
	const char *const *read_paths;
	bool allow_jit; /* may map executable memory (PCRE2-JIT) */
};

/* Bits of os_spawner_options.off */
enum {
	OS_JAIL_NO_NAMESPACES = 1, /* as on a system that forbids them */
};
struct os_spawner_options {
	int landlock_abi; /* use at most this ABI; -1: what the kernel offers; 0: none */
	unsigned off;
};

/* What the running system gives, for `zhanwei doctor`. */
struct os_jail_facts {
	int landlock_abi; /* 0: none */
	bool namespaces;  /* user, pid, net, ipc and mount */
	bool own_user;    /* children run under a user of their own (started as root) */
};

/* kinds: NULL-terminated, must stay valid. Call before any thread exists, from the
 * thread that lives as long as the process. Thread-safe afterwards. */
int os_spawner_start(const struct os_jail_kind *const *kinds, struct os_spawner **ret,
		     struct error *e);
/* For tests: the jail with less help from the kernel. */
int os_spawner_start_with(const struct os_jail_kind *const *kinds,
			  const struct os_spawner_options *opts, struct os_spawner **ret,
			  struct error *e);
/* Ends all children and the spawner, frees. NULL is fine. */
void os_spawner_stop(struct os_spawner *s);
struct os_jail_facts os_spawner_facts(const struct os_spawner *s);
/* Is the calling process a jailed child? */
bool os_jailed(void);
DEFINE_CLEANUP(struct os_spawner *, os_spawner_stop);

/* Handle of one child. chan is the caller's: he may close it and set it to -1, or
 * leave it to os_child_free(). */
struct os_child {
	int chan;   /* our end, blocking, close-on-exec */
	int status; /* private */
};
#define OS_CHILD_NONE ((struct os_child){ .chan = -1, .status = -1 })

enum os_child_reason {
	OS_CHILD_DONE,    /* main() returned; see code */
	OS_CHILD_FAILED,  /* main() returned or exited with code != 0 */
	OS_CHILD_MEMORY,  /* went beyond max_memory */
	OS_CHILD_CPU,     /* went beyond max_cpu_s */
	OS_CHILD_SYSCALL, /* asked the kernel for something forbidden */
	OS_CHILD_CRASH,   /* SIGSEGV, SIGABRT and the like */
	OS_CHILD_KILLED,  /* by os_child_kill() */
	OS_CHILD_LOST,    /* killed from outside, or with its spawner */
};

struct os_child_exit {
	enum os_child_reason reason;
	int code;   /* exit code, or -1 when ended by a signal */
	int signal; /* or 0 */
	int64_t cpu_us;
	size_t max_rss;      /* bytes, includes what it shared with its spawner */
	const char *zh, *en; /* a static sentence for the reason */
};

/* fds stay open here; the child gets copies. Errors: "spawn.unknown-kind",
 * "spawn.too-big", "spawn.jail" (the jail could not be closed: nothing ran),
 * "spawn.gone" (the spawner died: end this process, its supervisor restarts it). */
int os_spawner_spawn(struct os_spawner *s, struct str kind, const int *fds, size_t nfds,
		     struct str arg, struct os_child *ret, struct error *e);
/* 1 and *ret once the child has ended (again and again), 0 when timeout_ms passed
 * first; -1 waits for ever, 0 looks only. */
int os_child_wait(struct os_child *c, int timeout_ms, struct os_child_exit *ret);
/* SIGKILL. Never hits another process, however late. */
void os_child_kill(struct os_child *c);
/* Readable once the child has ended; for poll(). Not to be read. */
int os_child_poll_fd(const struct os_child *c);
/* Kills it when it still runs, closes chan and status. */
void os_child_free(struct os_child *c);
#define _cleanup_child_ _cleanup_(os_child_free)
#endif
